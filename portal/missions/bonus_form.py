"""The part of a mission's form that sets a bonus and its cap."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField
from wtforms.validators import ValidationError

from portal.missions.bonus import STEPS_MAX, BonusMeasure
from portal.missions.bonus_words import MEASURES
from portal.missions.fields import number
from portal.missions.kinds_form import NOT_ON_NETWORKS

POINTS_MAX, FIGURE_MAX = 100_000, 1_000_000
NUMBERS = ("bonus_points", "bonus_step", "bonus_cap")


class BonusAsks:
    """Fields that `MissionForm` takes over."""

    bonus_measure = SelectField(
        _l("Bonus for"), choices=[SelectChoice(each.value, MEASURES[each]) for each in BonusMeasure], default=""
    )
    bonus_points = number(_l("Points for each step"), 0, POINTS_MAX, needed=False)
    bonus_step = number(_l("How many make a step"), 0, FIGURE_MAX, needed=False)
    bonus_cap = number(_l("The most points as a bonus"), 0, POINTS_MAX, needed=False)

    kind: Any
    link_target: Any
    hold_days: Any

    @property
    def has_bonus(self) -> bool:
        return bool(self.bonus_measure.data) and self.kind.data not in NOT_ON_NETWORKS

    def validate_bonus_measure(self, field: Any) -> None:
        if not self.has_bonus:
            return
        if not all(self._typed(name) for name in NUMBERS):
            raise ValidationError(_("Say how many points a step brings, how many make a step, and the most points."))
        if field.data == BonusMeasure.VISITORS and not self.link_target.data:
            raise ValidationError(_("A bonus for visitors needs a tracked link: say where it goes."))
        if field.data == BonusMeasure.CONVERSIONS:
            self._shop_can_tell()
        if not self.hold_days.data:
            raise ValidationError(_("A bonus is earned while the post stays up. Set at least one day."))

    def _shop_can_tell(self) -> None:
        if not self.link_target.data:
            raise ValidationError(_("A bonus for purchases and sign-ups needs a tracked link: say where it goes."))
        if not current_app.config["SETTINGS"].conversion_secrets:
            raise ValidationError(
                _("The shop does not tell us of purchases and sign-ups yet: whoever runs the portal connects it first.")
            )

    def validate_bonus_cap(self, field: Any) -> None:
        points = self._typed("bonus_points")
        if not self.has_bonus or not points or not field.data:
            return
        if field.data % points:
            raise ValidationError(_("The most points have to be whole steps: a multiple of the points for each step."))
        if field.data // points > STEPS_MAX:
            raise ValidationError(_("Fifty steps are the most. Make the steps larger, or the most points fewer."))

    def bonus_values(self) -> dict[str, Any]:
        """What was typed; nothing where there is no bonus."""
        if not self.has_bonus:
            return {"bonus_measure": "", **dict.fromkeys(NUMBERS, 0)}
        return {"bonus_measure": self.bonus_measure.data, **{name: self._typed(name) for name in NUMBERS}}

    def _typed(self, name: str) -> int:
        return int(getattr(self, name).data or 0)
