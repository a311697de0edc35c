"""What anybody may see of the ledger: the seals of its days, and the program that checks a statement against them."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from portal.kernel.access import public
from portal.points import verify_statement
from portal.points.proving import newest_seals, published_roots

bp = Blueprint("ledger", __name__, url_prefix="/ledger")

SCRIPT = Path(verify_statement.__file__)
NUMBER_MAX = 2**31 - 1


@bp.get("")
@public
def seals() -> ResponseReturnValue:
    """The sealed days, the newest first."""
    typed = request.args.get("before", "")
    before = min(int(typed[:10]), NUMBER_MAX) if typed.isascii() and typed.isdigit() else None
    rows, older = newest_seals(before)
    return render_template("points/seals.html", seals=rows, older=older, is_first=before is None)


@bp.get("/roots.json")
@public
def roots() -> ResponseReturnValue:
    """All of them, for programs and to keep."""
    body = json.dumps(published_roots(current_app.config["SETTINGS"].programme_name), ensure_ascii=False, indent=1)
    answer = Response(body + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="roots.json"'
    return answer


@bp.get("/verify_statement.py")
@public
def script() -> ResponseReturnValue:
    """The checking program: one file that needs nothing but Python."""
    answer = Response(SCRIPT.read_bytes(), mimetype="text/x-python")
    answer.headers["Content-Disposition"] = f'attachment; filename="{SCRIPT.name}"'
    return answer
