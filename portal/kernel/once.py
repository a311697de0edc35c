"""Reads that several parts of one page ask for, asked once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import has_request_context, request

P = ParamSpec("P")
T = TypeVar("T")


def once_a_page(read: Callable[P, T]) -> Callable[P, T]:
    """Answer `read` from memory for the rest of a GET request, which writes nothing; anywhere else, read each time."""

    @wraps(read)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
        if not has_request_context() or request.method != "GET":
            return read(*args, **kwargs)
        known: dict[Any, Any] = request.environ.setdefault("portal.once", {})
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in known:
            known[key] = read(*args, **kwargs)
        return cast("T", known[key])

    return remembered
