# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors in the shape that Stripe documents (docs.stripe.com/api/errors)."""

from localstripe.errors import UserError


def refuse(message, *, param=None, code=None, status=400):
    """Raises an `invalid_request_error`."""
    contents = {}
    if param is not None:
        contents["param"] = param
    if code is not None:
        contents["code"] = code
    raise UserError(status, message, contents)


def missing(what, id):
    """Raises the answer to an id that isn't there."""
    refuse(f"No such {what}: '{id}'", param="id", code="resource_missing", status=404)


def refuse_unknown(parameters):
    """Raises `parameter_unknown` unless everything that was sent has been taken."""
    if parameters:
        name = next(iter(parameters))
        refuse(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")


def whole(value, param):
    """An integer out of a form. Raises `parameter_invalid_integer`; None stays None."""
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        refuse(f"Invalid integer: {value}", param=param, code="parameter_invalid_integer")
