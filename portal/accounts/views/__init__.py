"""The pages of the accounts room: one module per subject, one blueprint."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("accounts", __name__)

HOME = "/home"
"""Where somebody who is signed in goes when nothing else is asked for."""
