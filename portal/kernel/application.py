"""The Flask application of the portal: it builds each address once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request

from portal.kernel.templating import Templates

REMEMBERED = 4096
"""How many addresses are kept: a page has a hundred, nearly all of them on the page before as well."""


class Portal(Flask):
    """`url_for` remembers paths; within a request they depend on nothing but the folder the portal is served from."""

    jinja_environment = Templates

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remembered_path = lru_cache(REMEMBERED)(self._build_path)

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """As Flask's. Only text is remembered by its value: of 1 and True, which are equal, addresses differ."""
        is_plain = not (_anchor or _method or _scheme or _external)
        if is_plain and has_request_context() and all(isinstance(value, str) for value in values.values()):
            blueprint = request.blueprint if endpoint.startswith(".") else ""
            return self._remembered_path(request.root_path, blueprint, endpoint, tuple(values.items()))
        return super().url_for(
            endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
        )

    def _build_path(
        self, _root: str, _blueprint: str | None, endpoint: str, values: tuple[tuple[str, str], ...]
    ) -> str:
        named: dict[str, Any] = dict(values)
        return super().url_for(endpoint, **named)
