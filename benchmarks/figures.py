"""One measured figure beside its promise, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured for a promise. `limit`: at most that, or at least where `at_least`; None: for information."""

    promise: str
    what: str
    value: float
    limit: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def holds(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def as_table(figures: list[Figure]) -> str:
    """For the terminal: promise, what, value, limit, verdict, detail."""
    rows = [("", "figure", "measured", "promised", "", "")]
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        promised = "" if figure.limit is None else f"{sign} {figure.limit:g}"
        verdict = "" if figure.limit is None else "holds" if figure.holds else "MISSED"
        rows.append((figure.promise, figure.what, f"{figure.value:.2f}", promised, verdict, figure.detail))
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
        for row in rows
    )
