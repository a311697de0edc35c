"""A form's field for a moment: on the reader's own clock outside, in UTC inside."""

from __future__ import annotations

from datetime import datetime

from flask_babel import get_timezone
from wtforms import DateTimeLocalField

from portal.kernel.typed import utc_from_local


class LocalMomentField(DateTimeLocalField):
    """A moment in the reader's zone on the page, an aware one in UTC inside."""

    data: datetime | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            try:
                self.data = utc_from_local(self.data)
            except ValueError:
                self.data = None
                raise ValueError(self.gettext("Not a valid datetime value.")) from None

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return self.data.astimezone(get_timezone()).strftime("%Y-%m-%dT%H:%M") if self.data else ""
