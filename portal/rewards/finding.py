"""Finding orders by what staff have at hand: a number, a name, a handle, or what the reward is called."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, exists, literal_column, or_, select, union

from portal.accounts.models import Handle, Person
from portal.extensions import db
from portal.kernel.base import ID_LENGTH
from portal.kernel.folding import folded
from portal.rewards.kind_models import Parcel
from portal.rewards.models import Redemption, Reward

SEARCH_LENGTH_MAX = 100
NUMBER_LENGTH_MIN = 6
LOOKED_THROUGH_MAX = 5_000
"""So many of a list's orders, the newest, are looked through for parts of names and numbers, however many there are."""


def is_found(text: str, within: Select[Any]) -> ColumnElement[bool]:
    """Of orders in a query: those that `text` is about, among those of `within`.

    Whole numbers and whole names are found however old the order is: by the primary key, `ix_parcel_tracking`,
    `ix_person_name_key` and `ix_redemption_person`. Parts of them, handles and rewards are looked for in the newest
    `LOOKED_THROUGH_MAX` of `within`. Capitals and accents don't count, in any alphabet.
    """
    newest = within.with_only_columns(
        Redemption.id, Redemption.person_id, Redemption.reward_id, maintain_column_froms=True
    )
    newest = newest.order_by(Redemption.reserved_at.desc(), Redemption.id.desc()).limit(LOOKED_THROUGH_MAX)
    return Redemption.id.in_(union(*_known_by_number(text), *_called(text), _looked_through(text, newest.subquery())))


def _known_by_number(text: str) -> list[Select[str]]:
    number = "".join(text.split())
    has_number: ColumnElement[bool] = literal_column("parcel.tracking <> ''")  # as its index says
    as_written = {text, text.upper(), text.lower(), number, number.upper(), number.lower()}
    found = [select(Parcel.redemption_id).where(has_number, Parcel.tracking.in_(sorted(as_written)))]
    if len(number) == ID_LENGTH:
        found.append(select(Redemption.id).where(Redemption.id == number.lower()))
    return found


def _called(text: str) -> list[Select[str]]:
    """Orders of whoever is called exactly that."""
    name = folded(text)
    people = select(Person.id).where(Person.name_key == name)
    return [select(Redemption.id).where(Redemption.person_id.in_(people))] if name else []


def _looked_through(text: str, newest: Subquery) -> Select[str]:
    """Order by order, so that no table of people is read through."""
    name, number, handle = folded(text), "".join(text.split()), text.removeprefix("@").split("@")[0]
    theirs = Parcel.redemption_id == newest.c.id
    options: list[ColumnElement[bool]] = [exists().where(theirs, Parcel.tracking.icontains(number, autoescape=True))]
    if len(number) >= NUMBER_LENGTH_MIN and number.isalnum():
        options.append(newest.c.id.startswith(number.lower(), autoescape=True))
    if handle:
        alike = Handle.name.icontains(handle, autoescape=True)
        options.append(exists().where(Handle.person_id == newest.c.person_id, alike))
    if name:
        alike = Person.name_key.contains(name, autoescape=True)
        options.append(exists().where(Person.id == newest.c.person_id, alike))
        options.append(newest.c.reward_id.in_(_rewards_called(name, newest)))
    return select(newest.c.id).where(or_(*options))


def _rewards_called(name: str, newest: Subquery) -> list[str]:
    """Compared here: SQLite by itself knows capitals of English only."""
    rewards = db.session.execute(select(Reward.id, Reward.name).where(Reward.id.in_(select(newest.c.reward_id))))
    return [reward.id for reward in rewards if name in folded(reward.name)]
