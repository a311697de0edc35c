"""What staff type about somebody: always a reason."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.accounts.wording import STAFF_ROLES
from portal.kernel.access import Role
from portal.kernel.form import FlaskForm

REASON_LENGTH_MIN = 3
REASON_LENGTH_MAX = 500


class ReasonForm(FlaskForm):
    """Why it is done; it is kept in the audit trail."""

    reason = TextAreaField(
        _l("Reason"),
        filters=[lambda text: (text or "").strip()],
        validators=[
            InputRequired(_l("Say why. Colleagues will ask, and so may they.")),
            Length(REASON_LENGTH_MIN, REASON_LENGTH_MAX, message=_l("Between 3 and 500 letters.")),
        ],
    )


class GrantForm(ReasonForm):
    """Which role, and why."""

    role = SelectField(_l("Role"), choices=[SelectChoice(role.value, name) for role, name in STAFF_ROLES.items()])

    @property
    def chosen(self) -> Role:
        return Role(self.role.data)
