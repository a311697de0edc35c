"""A listener's name waits in jobs: it says the room, it never changes, and what waits under an older one is known."""

from __future__ import annotations

import pytest

from portal.kernel import events

pytestmark = pytest.mark.usefixtures("sqlite_app")

ONCE_PATHS = {
    "portal.messages.listeners": """
        welcome tell_of_share warn_of_missing_post tell_of_post_back tell_of_bonus tell_of_bonus_taken_back
        take_decision_back warn_of_expiry tell_of_expiry tell_of_login tell_of_reward tell_of_held_place
        tell_of_closed_line tell_of_wish tell_of_answer tell_staff_of_low_stock tell_of_parcel take_reward_back
        tell_of_tier tell_of_grace tell_of_eased_tier tell_of_money tell_of_badge take_badge_back tell_of_thanks
        take_thanks_back tell_of_removed_thanks tell_of_thanks_again tell_of_kept_thanks tell_of_team
        announce_guideline
    """,
    "portal.messages.points_news": "warn_of_expiring_points tell_of_expired_points tell_of_adjustment",
    "portal.recognition.listeners": "weigh_after_share weigh_after_undo",
    "portal.shares.inviting_jobs": "note_newcomer let_newcomers_count",
    "portal.shares.bonus_jobs": "count_conversions",
    "portal.shares.counting_jobs": "count_first",
}
"""The names that jobs were written under while names were paths of functions, by module."""


def test_each_listener_is_named_after_its_room() -> None:
    homes = {name: listener.__module__.split(".")[1] for name, listener in events._listeners.items()}
    assert homes
    assert {name: name.split(".")[0] for name in homes} == homes


def test_every_name_that_was_a_path_leads_to_a_listener() -> None:
    paths = [f"{module}.{function}" for module, functions in ONCE_PATHS.items() for function in functions.split()]
    assert [path for path in paths if events._name_today(path) not in events._listeners] == []
