"""The table of networks, for a terminal and for docs/networks.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from portal.shares.platforms.about import About

_NOTHING = "nothing"
_BY_WHOM = {"no_key": "with a key"}


def as_lines(networks: Iterable[About], is_read: Callable[[str], bool]) -> str:
    """A paragraph for each network."""
    return "\n".join(
        f"{about.name} ({about.code}){'' if is_read(about.code) else f' · read by: {_by_whom(about)}'}\n"
        f"  without a key:     {about.without_key or _NOTHING}\n"
        f"  with a key:        {about.with_key or _NOTHING}\n"
        f"  with the fan's login: {about.with_login or _NOTHING}\n"
        f"  never:             {about.never or _NOTHING}\n"
        for about in networks
    )


def as_markdown(networks: Iterable[About], is_read: Callable[[str], bool]) -> str:
    """One row for each network."""
    rows = [
        ("network", "read here", "without a key", "with a key", "with the fan's own login", "never"),
        ("---",) * 6,
        *(
            (
                f"**{about.name}** `{about.code}`", "yes" if is_read(about.code) else _by_whom(about),
                about.without_key, about.with_key, about.with_login, about.never,
            )
            for about in networks
        ),
    ]  # fmt: skip
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _by_whom(about: About) -> str:
    """Who reads its posts where this portal does not."""
    return _BY_WHOM.get(about.why_a_person, "a person")
