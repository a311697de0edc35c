"""The environment of the templates: what all of them know is one plain dictionary."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class Templates(Environment):
    """Jinja gives each template a chain of two dictionaries, the first for globals of its own, which none here has.

    A page looks through them at each of its dozen imports: in one dictionary that takes a tenth of the time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals
