"""Files: taken along by a signed address that holds for some minutes, as often as its owner likes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from portal.extensions import db
from portal.rewards.fulfilment import Fulfilment
from portal.rewards.kind_models import Download, DownloadCount
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind


class DownloadKind(Fulfilment):
    KIND = RewardKind.DOWNLOAD
    icon = "download"
    label = lazy_gettext("A file")
    explanation = lazy_gettext("You upload it once; whoever redeems it takes it along, as often as they like.")
    is_unlimited = True
    can_replace = True
    template = "rewards/kinds/download.html"
    staff_template = "rewards/kinds/download_staff.html"

    def missing(self, reward: Reward) -> LazyString | None:
        if db.session.get(Download, reward.id) is None:
            return lazy_gettext("Upload the file first, then list it.")
        return None

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        from portal.rewards.kind_forms import FileForm  # forms list the kinds

        return {"download": db.session.get(Download, reward.id), "file_form": FileForm(formdata=None)}

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _("You can take the file along at once, and again whenever you come back."),
            _("As you have it then, it can’t be given back."),
        ]

    def status(self, redemption: Redemption) -> str:
        if redemption.state == RedemptionState.FULFILLED:
            return _("Your file is here, as often as you need it.")
        return super().status(redemption)

    def replace(self, redemption: Redemption, *, now: datetime) -> None:
        """A new address, for whatever file is stored by now: the count of times begins anew."""
        count = db.session.get(DownloadCount, redemption.id)
        if count is not None:
            db.session.delete(count)
        db.session.flush()

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        is_good = redemption.state == RedemptionState.FULFILLED
        return {
            "download": db.session.get(Download, redemption.reward_id) if is_good else None,
            "taken": db.session.get(DownloadCount, redemption.id),
        }


FULFILMENT = DownloadKind()
