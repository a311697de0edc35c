"""The statement as a page and as a table, for its owner and for staff: what was asked for, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response
from flask_babel import gettext as _

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.csv_text import Cell, csv_bytes
from portal.kernel.typed import utc_from_local
from portal.points import queries, wording
from portal.points.expiring import next_to_expire
from portal.points.explaining import Explained, explained
from portal.points.models import Kind
from portal.points.months import Month, months_between
from portal.points.ports import season_names, season_now
from portal.points.queries import Span, Wanted
from portal.points.tiers import outlook

ENTRY_NUMBER_MAX = 2**63 - 1

KINDS: dict[str, tuple[Kind, ...]] = {
    "earned": (Kind.AWARD, Kind.SETTLE),
    "spent": (Kind.RESERVE, Kind.REDEEM),
    "given_back": (Kind.REFUND,),
    "taken_back": (Kind.REVOKE,),
    "expired": (Kind.EXPIRE,),
    "put_right": (Kind.ADJUST,),
}
"""What people filter by, in their words."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for; whatever is made up is left out."""

    month: Month | None = None
    kind: str = ""
    season: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None

    @property
    def within(self) -> Span | None:
        """Days that were typed win over the month that was chosen."""
        if self.first or self.last:
            begins = datetime.combine(self.first or date(2000, 1, 1), time.min)
            ends = datetime.combine((self.last or date(2099, 12, 30)) + timedelta(days=1), time.min)
            return utc_from_local(begins), utc_from_local(ends)
        return self.month.span if self.month else None

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.within, KINDS.get(self.kind, ()), self.season)

    @property
    def is_only_month(self) -> bool:
        """A month, and nothing else: its page can say what there was when it began."""
        return self.month is not None and not (self.kind or self.season or self.first or self.last)

    @property
    def args(self) -> dict[str, str]:
        """For the links of this page."""
        values = {
            "month": self.month, "kind": self.kind, "season": self.season, "from": self.first, "to": self.last,
        }  # fmt: skip
        return {name: str(value) for name, value in values.items() if value}

    @property
    def file_name(self) -> str:
        return "-".join(["points", *self.args.values()])


def asked_by(person: Person, args: Mapping[str, str]) -> Asked:
    """What the address says, as far as it makes sense for this person."""
    months = months_between(person.joined_at, clock.now())
    kind, season = args.get("kind", ""), args.get("season", "")
    return Asked(
        month=next((month for month in months if str(month) == args.get("month")), None),
        kind=kind if kind in KINDS else "",
        season=season if season and season in season_names() else "",
        first=_day(args.get("from")), last=_day(args.get("to")), before=_cursor(args.get("before")),
    )  # fmt: skip


def statement_values(person: Person, args: Mapping[str, str]) -> dict[str, Any]:
    """What `points/_statement.html` shows."""
    asked = asked_by(person, args)
    page = queries.statement(person.id, before=asked.before, wanted=asked.wanted)
    season, waiting = season_now(), queries.waiting(person.id)
    words = explained([line.cause for line in page.lines] + [held.cause for held in waiting])
    return {
        "tier": outlook(person.id),
        "balances": queries.balances(person.id),
        "waiting": [(held, words.get(held.cause)) for held in waiting],
        "waiting_detail": wording.waiting_detail(waiting),
        "rows": [
            {
                "line": line,
                "heading": wording.heading(line, words.get(line.cause)),
                "details": wording.details(line, words.get(line.cause)),
                "words": words.get(line.cause),
            }
            for line in page.lines
        ],
        "older": page.before,
        "is_first": asked.before is None,
        "asked": asked,
        "month": asked.month,
        "months": months_between(person.joined_at, clock.now()) if page.lines or asked.args else [],
        "kinds": wording.kinds(),
        "seasons": season_names() if page.lines or asked.args else {},
        "opening": _opening(person, asked, page),
        "season": season,
        "earned": queries.earned_in(person.id, season.campaign_id) if season else 0,
        "expiring": next_to_expire(person.id),
        "whose": person.display_name,
        "drawn_at": clock.now(),
    }


def statement_csv_answer(person: Person, args: Mapping[str, str]) -> Response:
    """All that was asked for, as a table for the person's own records."""
    asked = asked_by(person, args)
    lines = list(queries.whole_statement(person.id, asked.wanted))
    words = explained(line.cause for line in lines)
    head = [_("Date"), _("What"), _("Why"), _("Points"), _("Balance"), _("Reference")]
    rows: list[list[Cell]] = [
        [line.at, *_in_words(line, words.get(line.cause)), line.points, line.balance, str(line.cause)] for line in lines
    ]
    return Response(
        csv_bytes([head, *rows]),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{asked.file_name}.csv"'},
    )


def _in_words(line: queries.Line, cause: Explained | None) -> tuple[str, str]:
    """What happened and why, as the page says it."""
    return wording.heading(line, cause), " ".join(wording.details(line, cause))


def _opening(person: Person, asked: Asked, page: queries.Statement) -> int | None:
    """What the person had when the month began, for its last page; None where no month was chosen or more follows."""
    if not asked.is_only_month or asked.month is None or page.before is not None:
        return None
    if page.lines:
        return page.lines[-1].balance - page.lines[-1].points
    return queries.balance_at(person.id, asked.month.span[0])


def _cursor(typed: str | None) -> int | None:
    """The entry number to go on from; a made-up one gives the first page."""
    if typed is None or not typed.isascii() or not typed.isdigit():
        return None
    return min(int(typed[:19]), ENTRY_NUMBER_MAX)


def _day(typed: str | None) -> date | None:
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 2099 else None
