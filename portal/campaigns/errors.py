"""What can't be done with a season, each in a sentence that says what to do instead."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class SeasonRefused(Exception):
    """Base of the room's refusals; `sentence` is for the person who asked, `status` for the answer."""

    sentence: LazyString
    status = 409


class SlugTaken(SeasonRefused):
    """Another season has this name's address already."""

    sentence = _l("Another season has this name. Give this one a name of its own.")
    status = 422


class SeasonMoved(SeasonRefused):
    """Somebody else changed the season since the form was opened."""

    sentence = _l(
        "Somebody else changed this season while you were typing. Your text is kept below: compare it with the "
        "season as it is now, then save again."
    )


class StepNotPossible(SeasonRefused):
    """From its present state the season can't go there."""

    sentence = _l("The season can’t take that step from where it is now. Reload the page to see its state.")


class BudgetTooSmall(SeasonRefused):
    """More points than that are spent or reserved already."""

    status = 422

    def __init__(self, used: int) -> None:
        super().__init__(used)
        self.used = used
        self.sentence = _l(
            "%(used)d points of this season are spent or held for claims. The budget can’t be smaller than that.",
            used=used,
        )
