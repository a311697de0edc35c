"""Why a redemption or a change in the catalogue is refused, each with a sentence that says what to do."""

from __future__ import annotations

from datetime import datetime

from flask_babel import LazyString, lazy_gettext, lazy_ngettext

from portal.rewards.listed import Listed
from portal.rewards.models import Redemption, Reward


class RedemptionRefused(Exception):
    """Nothing was taken; `sentence` says why and what to do, `status` is the answer's."""

    status = 409
    title: LazyString = lazy_gettext("Nothing was taken")

    def __init__(self, sentence: LazyString) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class OutOfStock(RedemptionRefused):
    title = lazy_gettext("Somebody was faster")

    def __init__(self, reward: Reward) -> None:
        super().__init__(
            lazy_gettext("The last one is gone and your points are still yours. Have a look at the other rewards.")
        )
        self.reward = reward


class PersonPaused(RedemptionRefused):
    """Who is paused takes part in nothing; their points stay."""

    status = 403
    title = lazy_gettext("Your account is paused")

    def __init__(self, reward: Reward) -> None:
        super().__init__(
            lazy_gettext(
                "You can look at everything, and take part again once staff have brought you back. "
                "Write to us if you want to know why."
            )
        )
        self.reward = reward


class RewardPaused(RedemptionRefused):
    def __init__(self, reward: Reward) -> None:
        super().__init__(
            lazy_gettext("This reward is paused at the moment. Your points are still yours; look again later.")
        )
        self.reward = reward


class PriceChanged(RedemptionRefused):
    title = lazy_gettext("The price has changed")

    def __init__(self, reward: Reward) -> None:
        super().__init__(
            lazy_gettext("The price changed while you were looking. Check the new one below and confirm again.")
        )
        self.reward = reward


class NotForYou(RedemptionRefused):
    """For other people; `because` says what leaves them out: `track` or `country`."""

    title = lazy_gettext("Not for you right now")

    def __init__(self, reward: Reward | Listed, because: str) -> None:
        super().__init__(_NOT_FOR_YOU[because])
        self.reward, self.because = reward, because


_NOT_FOR_YOU = {
    "track": lazy_gettext("This reward is for other people. Your points are still yours."),
    "country": lazy_gettext(
        "This reward can be had in other countries than yours: its page says in which. Your points are still yours."
    ),
}


class TierTooLow(RedemptionRefused):
    """It is for a higher tier; `left` points are to be earned until there."""

    title = lazy_gettext("Not yet")

    def __init__(self, reward: Reward | Listed, *, tier: str, left: int) -> None:
        super().__init__(
            lazy_ngettext(
                "This one is for the tier “%(tier)s” and above. Earn %(num)d more point and you are there; what you "
                "have stays yours.",
                "This one is for the tier “%(tier)s” and above. Earn %(num)d more points and you are there; what you "
                "have stays yours.",
                left, tier=tier,
            )
        )  # fmt: skip
        self.reward, self.tier, self.left = reward, tier, left


class NotNow(RedemptionRefused):
    """Before its time, which begins at `begins`, or after it: None."""

    title = lazy_gettext("Not now")

    def __init__(self, reward: Reward | Listed, begins: datetime | None) -> None:
        super().__init__(
            lazy_gettext("This reward can be had later: its page says from when on. Your points are still yours.")
            if begins
            else lazy_gettext("The time of this reward is over. Your points are still yours.")
        )
        self.reward, self.begins = reward, begins


class LimitReached(RedemptionRefused):
    def __init__(self, reward: Reward) -> None:
        super().__init__(
            lazy_ngettext(
                "Everybody can have this once, and you have it already. You find it under “Yours”.",
                "Everybody can have this %(num)d times, and you do already. You find them under “Yours”.",
                reward.per_person_max,
            )
        )
        self.reward = reward


class TooFewPoints(RedemptionRefused):
    title = lazy_gettext("Not enough points")

    def __init__(self, reward: Reward, *, missing: int) -> None:
        super().__init__(
            lazy_ngettext(
                "You need %(num)d more point. Nothing was taken; a mission brings you there.",
                "You need %(num)d more points. Nothing was taken; a mission brings you there.",
                missing,
            )
        )
        self.reward, self.missing = reward, missing


class CancellationRefused(RedemptionRefused):
    """A redemption stays as it is: its code was seen, its ten minutes are over, or it is cancelled already."""

    title = lazy_gettext("This can’t be undone any more")

    def __init__(self, redemption: Redemption) -> None:
        super().__init__(
            lazy_gettext("It could be undone for ten minutes, until the code was shown. Your reward is still yours.")
        )
        self.redemption = redemption


class NotRevealable(RedemptionRefused):
    def __init__(self, redemption: Redemption) -> None:
        super().__init__(lazy_gettext("This redemption has no code any more: its points went back to you."))
        self.redemption = redemption


class StateRefused(Exception):
    """A reward can't go from its state to that one."""

    def __init__(self, reward: Reward, sentence: LazyString) -> None:
        super().__init__(sentence)
        self.reward, self.sentence = reward, sentence


class EditedMeanwhile(Exception):
    """Somebody saved the reward after this form was opened; `reward` is as it is now."""

    def __init__(self, reward: Reward) -> None:
        super().__init__(reward.id)
        self.reward = reward


class OrderRefused(Exception):
    """Staff can't do that with an order as it is now; nothing changed."""

    def __init__(self, sentence: LazyString) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class OwnOrder(OrderRefused):
    """Nobody decides about what they redeemed themselves."""

    def __init__(self) -> None:
        super().__init__(lazy_gettext("This is your own order. A colleague decides about it."))
