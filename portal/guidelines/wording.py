"""The words for what the room stores as codes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.guidelines.models import GuidelineKind

KINDS = {
    GuidelineKind.GUIDELINE: _l("Guideline"),
    GuidelineKind.VOICE: _l("Voice"),
    GuidelineKind.TRAINING: _l("Training"),
    GuidelineKind.POLICY: _l("Policy"),
}

KIND_DETAILS = {
    GuidelineKind.GUIDELINE: _l("What every post keeps to."),
    GuidelineKind.VOICE: _l("How the brand speaks, with examples."),
    GuidelineKind.TRAINING: _l("How to do something well, step by step."),
    GuidelineKind.POLICY: _l("What the law or the company asks for."),
}

IMPORTANCES = {"major": _l("Major"), "minor": _l("Minor")}

IMPORTANCE_DETAILS = {
    "major": _l("Rules changed. Everybody is asked to read it before their next claim, and gets an e-mail."),
    "minor": _l("Spelling, examples, clearer words. Who acknowledged the version before is not asked again."),
}
