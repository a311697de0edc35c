"""Forms that stand on a page with others."""

from __future__ import annotations

from typing import Any, ClassVar

from portal.kernel.form import FlaskForm


class ApartForm(FlaskForm):
    """Its fields' ids begin with `own_name`, so that labels, hints and errors lead to them and not to a namesake.

    The names under which they are sent stay as they are.
    """

    own_name: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.id = field.label.field_id = f"{self.own_name}-{field.short_name}"
