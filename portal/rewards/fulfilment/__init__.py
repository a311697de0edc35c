"""How each kind of reward reaches its owner: one module a kind, found by itself.

A module has a class that says what is different about its kind, and one instance of it named `FULFILMENT`. What a kind
does not say is as for something that is had at once and given back within ten minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from portal.accounts.models import Person
from portal.kernel.form import FlaskForm
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind

UNDO_FOR = timedelta(minutes=10)
HOLD_FOR_PAYMENT = timedelta(minutes=30)


class Next(StrEnum):
    """What comes after a redemption is reserved, or paid."""

    DONE = "done"
    """Its owner has it: fulfilled at once."""
    WORK = "work"
    """Approved; the job `fulfil_redemption` asks the outside world for it."""
    STAFF = "staff"
    """Approved; people do the rest."""
    PAYMENT = "payment"
    """Points and stock are held for `HOLD_FOR_PAYMENT`, until the payment arrives or they go back."""


class Payment(StrEnum):
    """What is known of a payment."""

    PAID = "paid"
    NOT_PAID = "not_paid"
    """And it can't be paid any more."""


@dataclass(frozen=True)
class Undo:
    """Its owner may give it back; None: without a time limit."""

    until: datetime | None


class CannotBeHad(Exception):
    """The outside world said no for good: points and stock go back. `code` is kept, `sentence` is what people read."""

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(code)
        self.code, self.sentence = code, sentence


class Fulfilment:
    """One kind of reward. What works in the caller's transaction gets `now`; what does not is called with none open."""

    KIND: ClassVar[RewardKind]
    label: ClassVar[LazyString]
    """Its name, where staff choose a kind."""
    explanation: ClassVar[LazyString]
    """What staff should know when they choose it."""
    icon: ClassVar[str] = "gift"
    """Stands beside both."""
    is_unlimited: ClassVar[bool] = False
    """Nothing of it runs out, so it has no stock."""
    undo_for: ClassVar[timedelta] = timedelta()
    """For how long a fulfilled one can be given back by its owner, until they have seen it."""
    can_be_given: ClassVar[bool] = True
    """Staff may give one by hand: nothing has to be asked of its owner."""
    can_replace: ClassVar[bool] = False
    """A bad one can be replaced by another (`replace`)."""
    had: ClassVar[LazyString] = lazy_gettext("It is all yours")
    """Stands over a fulfilled one."""
    tells_when_fulfilled: ClassVar[bool] = True
    """Its owner hears that it is ready; a kind that tells them itself, with more to say, says no."""
    template: ClassVar[str | None] = None
    """A partial of its own on the page of a redemption; `shown` gives what it needs."""
    offer_template: ClassVar[str | None] = None
    """A partial of its own on the fans' page of a reward; `offered` gives what it needs."""
    staff_template: ClassVar[str | None] = None
    """A partial of its own on the staff page of a reward; `staff_shown` gives what it needs."""

    # What staff and people read

    def missing(self, reward: Reward) -> LazyString | None:
        """What the reward still needs before it can be listed; None when it is complete."""
        if reward.stock == 0 and not reward.is_unlimited:
            return lazy_gettext("There is nothing to give away yet. Say what is in stock first, then list it.")
        return None

    def ends_at(self, reward: Reward) -> datetime | None:
        """Until when anybody may have it; in queries, `kind_models.ENDS_AT`."""
        return reward.available_until

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        return {}

    def offered(self, reward: Reward) -> dict[str, Any]:
        return {}

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        return {}

    def what_next(self, reward: Reward) -> list[str]:
        """What happens after the button is pressed, and when: the sentences of the confirmation."""
        return [_("You get it at once.")]

    def heading(self, redemption: Redemption) -> str:
        """What stands over a fulfilled one."""
        return str(self.had)

    def status(self, redemption: Redemption) -> str:
        """Where it is, in a sentence for its owner."""
        paid = redemption.price_points > 0
        return {
            RedemptionState.RESERVED: _("It is set aside for you."),
            RedemptionState.AWAITING_PAYMENT: _("It is held for you until the rest is paid."),
            RedemptionState.APPROVED: _("It is being made ready for you."),
            RedemptionState.FULFILLED: _("It is yours."),
            RedemptionState.CANCELLED: _("It was cancelled, and your points came back.")
            if paid
            else _("It was cancelled."),
            RedemptionState.FAILED: _("It did not work, and your points came back.") if paid else _("It did not work."),
        }[RedemptionState(redemption.state)]

    # Redeeming

    def details_form(self, reward: Reward, person: Person) -> FlaskForm | None:
        """What is asked besides the price, filled from the open request; None when nothing is."""
        return None

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        """Take what this redemption will get, so that nobody else does, and keep `details`. Raises OutOfStock."""

    def next_step(self, redemption: Redemption) -> Next:
        """What comes after the reservation; asked again after a payment, when it must not be PAYMENT."""
        return Next.DONE

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        """Give back what `reserve` took: cancelled or failed. What the outside world must hear is a job's work."""

    def goes_back(self, redemption: Redemption, *, wished: bool) -> bool:
        """Does one more come into the stock, as whoever gives it back wishes? What somebody has seen may not."""
        return wished

    def lose(self, redemption: Redemption, *, now: datetime) -> None:
        """It is given back, but nobody else may have it: broken, lost, seen."""
        self.cancel(redemption, now=now)

    def replace(self, redemption: Redemption, *, now: datetime) -> None:
        """Its owner gets another one for a bad one, out of the stock: at once, or by the kind's next step.

        Raises CannotBeHad: none left, or no such.
        """
        raise CannotBeHad("not_replaceable")

    def why_not_replaced(self, redemption: Redemption) -> LazyString | None:
        """What keeps staff from replacing one that its owner has; None where `replace` works as things stand."""
        return None if self.can_replace else lazy_gettext("This kind can’t be replaced.")

    def undo(self, redemption: Redemption) -> Undo | None:
        """May its owner give it back? While nothing was sent, yes."""
        match RedemptionState(redemption.state):
            case RedemptionState.RESERVED | RedemptionState.AWAITING_PAYMENT:
                return Undo(None)
            case RedemptionState.APPROVED if self.next_step(redemption) != Next.WORK:
                return Undo(None)
            case RedemptionState.FULFILLED if self.undo_for and redemption.fulfilled_at and not redemption.revealed_at:
                return Undo(redemption.fulfilled_at + self.undo_for)
        return None

    # Work in the outside world, for kinds whose next step is WORK

    def brief(self, redemption: Redemption) -> Any:
        """What `carry_out` has to know, read while a transaction is open; plain data, no rows."""
        return redemption.id

    def carry_out(self, brief: Any) -> Any:
        """Get it, with no transaction open; what came of it. Called again after a crash, so it must be safe to repeat.

        Raises jobs.RetryLater when the outside world is away (`free` while it may come back), CannotBeHad for a no.
        """
        raise NotImplementedError(self.KIND)

    def record(self, redemption: Redemption, result: Any, *, now: datetime) -> None:
        """Keep the result, in the transaction in which the redemption becomes fulfilled."""

    def came_too_late(self, redemption: Redemption, result: Any, *, now: datetime) -> None:
        """The redemption was given back while `carry_out` was at it: see that the result does no harm."""

    # Payments, for kinds whose next step is PAYMENT

    def way_on(self, redemption_id: str) -> str | None:
        """Where the browser goes once it is redeemed, if not to its page; called with no transaction open."""
        return None

    def payment(self, brief: Any) -> Payment:
        """Asked when the time is over, with no transaction open, for the news may have been lost on its way.

        Raises jobs.RetryLater when nobody can say.
        """
        return Payment.NOT_PAID


@cache
def all_kinds() -> dict[RewardKind, Fulfilment]:
    """Every kind that can be fulfilled."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    found: list[Fulfilment] = [module.FULFILMENT for module in modules if hasattr(module, "FULFILMENT")]
    return {each.KIND: each for each in sorted(found, key=lambda each: list(RewardKind).index(each.KIND))}


def fulfilment_of(kind: str) -> Fulfilment:
    """What is different about `kind`. Raises LookupError for one that nobody wrote."""
    return all_kinds()[RewardKind(kind)]
