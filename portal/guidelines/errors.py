"""What can't be done with a guideline, each in a sentence that says what to do instead."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.kernel.rich_text import RichTextRefused


class GuidelineRefused(Exception):
    """Base of the room's refusals; `sentence` is for the person who asked, `status` for the answer."""

    sentence: LazyString
    status = 409


class VersionNotInForce(GuidelineRefused):
    """Somebody acknowledges a version that another one has replaced, or that nobody published."""

    sentence = _l("There is a newer version by now. Read what changed, then acknowledge that one.")


class DraftMoved(GuidelineRefused):
    """Somebody else saved the draft since it was opened."""

    sentence = _l(
        "Somebody else saved this draft while you were typing. Your text is kept below: compare it with the draft as "
        "it is now, then save again."
    )


class ConfirmedAnotherText(GuidelineRefused):
    """The draft was saved after the page that asks to confirm was shown."""

    sentence = _l("Somebody saved this draft since you looked at it. Read it once more below, then publish it.")


class NotADraft(GuidelineRefused):
    """It was published in the meantime: what people have read never changes."""

    sentence = _l("This version is published, so its text stays as people read it. Start a new version to change it.")


class DraftExists(GuidelineRefused):
    """A guideline has one draft at a time."""

    sentence = _l("Somebody else started the next version already. Open that draft.")


class ChangeUnexplained(GuidelineRefused):
    """A version that follows another says what changed."""

    sentence = _l("Say in a sentence or two what changed and why. People read it first.")
    status = 422


class NothingToRead(GuidelineRefused):
    """The text is empty."""

    sentence = _l("Write the text that people are to read.")
    status = 422


class TextRefused(GuidelineRefused):
    """The text can't be shown: too long, or nested too deeply."""

    status = 422

    def __init__(self, refusal: RichTextRefused) -> None:
        super().__init__(refusal.reason_code)
        self.sentence = refusal.sentence
