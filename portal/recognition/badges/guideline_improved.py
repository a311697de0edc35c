"""A guideline became better through them: no program can tell, so that staff give it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

CODE, ICON = "guideline_improved", "book-open"
NAME = _l("A guideline improved")
RULE = _l("Given by staff, with a reason, when a comment or question of theirs changed a guideline.")
