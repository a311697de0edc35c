"""The three ways in which asking Stripe can fail; Stripe's own exceptions end here.

*Refused*: Stripe says no, and nothing was done. *Unknown*: nobody can say whether it was done (time ran out, the
connection broke, Stripe was down or busy); it is asked before it is tried again (PROMISES P-27). *Misconfigured*: the
key, its rights or the address are wrong; people wait until the operator has mended it.
Source: docs.stripe.com/api/errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import stripe


class StripeFailed(Exception):
    """Stripe could not be used; `code` is for logs and pages of staff, and holds nothing secret."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StripeRefused(StripeFailed):
    """Stripe said no: nothing was done, and asking again changes nothing."""


class StripeUnknown(StripeFailed):
    """Nobody can say whether it was done."""


class StripeMisconfigured(StripeFailed):
    """The portal is not let in, or has no key at all."""


@contextmanager
def sorted_errors() -> Iterator[None]:
    """Each of Stripe's errors as one of ours. Its text may quote what was sent, so only codes go on."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise StripeMisconfigured(_code_of(error, "not_let_in")) from None
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:  # 409, a key in use, too
        raise StripeUnknown(_code_of(error, type(error).__name__)) from None
    except stripe.IdempotencyError as error:
        raise StripeRefused(_code_of(error, "idempotency_key_reused")) from None
    except stripe.InvalidRequestError as error:
        raise StripeRefused(_code_of(error, "invalid_request")) from None
    except stripe.StripeError as error:
        raise StripeRefused(_code_of(error, type(error).__name__)) from None


def _code_of(error: stripe.StripeError, otherwise: str) -> str:
    return str(error.code or otherwise)
