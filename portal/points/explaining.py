"""What a movement's cause is called and where it is seen: said by the rooms above, which the ledger does not know.

@explains("share")
def _(share_ids: Sequence[str]) -> Mapping[str, Explained]: …      # one query, whatever the number of ids
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask_babel import LazyString

from portal.points.ledger import Cause


@dataclass(frozen=True)
class Explained:
    """A cause in words for the person whose points it moved."""

    name: str
    """What it is called: the mission's title, the reward's name."""
    url: str | None = None
    label: str = ""
    """The words of the link, like "Share and checks"."""
    because: str = ""
    """What was reached for it, in a sentence."""
    when_undone: str = ""
    """What is said instead of an undone one: what was reached no longer holds, or staff say why."""
    earned: str = ""
    """The heading of its award, where it is not the verified thing itself; `taken_back` likewise."""
    taken_back: str = ""
    staff_url: str | None = None
    """Where staff look at it."""


Explainer = Callable[[Sequence[str]], Mapping[str, Explained]]
_Registered = TypeVar("_Registered", bound=Explainer)

_explainers: dict[str, Explainer] = {}
_reasons: dict[str, LazyString | str] = {}


def explains(cause_kind: str) -> Callable[[_Registered], _Registered]:
    """Register the function that names causes of `cause_kind`, asked once for all ids of a page."""

    def register(explainer: _Registered) -> _Registered:
        _explainers[cause_kind] = explainer
        return explainer

    return register


def explains_reasons(sentences: Mapping[str, LazyString | str]) -> None:
    """Register the sentence of each reason code that a room gives to movements."""
    _reasons.update(sentences)


def explained(causes: Iterable[Cause]) -> dict[Cause, Explained]:
    """Each of `causes` that some room can name."""
    ids_by_kind: dict[str, list[str]] = {}
    for cause in sorted(set(causes)):
        ids_by_kind.setdefault(cause.kind, []).append(cause.id)
    return {
        Cause(kind, cause_id): words
        for kind, ids in ids_by_kind.items()
        if kind in _explainers
        for cause_id, words in _explainers[kind](ids).items()
    }


def reason_sentence(code: str) -> LazyString | str:
    """The sentence of `code`; nothing for a code that nobody explains."""
    return _reasons.get(code, "")
