"""The catalogue of reasons, by verdict: what the moderator picks, and the sentence that the fan reads for it.

A decision stores the code; the fan's page puts it into words in the fan's language, and shows what the moderator wrote
as it was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.moderation.models import Verdict


@dataclass(frozen=True)
class Reason:
    """`label` for the moderator, `sentence` for the fan. Without a sentence of its own, the message has to say it."""

    code: str
    label: LazyString
    sentence: LazyString

    @property
    def needs_message(self) -> bool:
        return self.code in ("change_other", "decline_other")


AS_ASKED = "as_asked"

REASONS: Mapping[Verdict, Sequence[Reason]] = {
    Verdict.VERIFY: (
        Reason(AS_ASKED, _l("As the mission asks"), _l("A person looked: it is as the mission asks.")),
        Reason("clear_to_people", _l("Clear to people"), _l("The checks could not tell. A person could.")),
        Reason(
            "in_doubt_for_you", _l("In doubt, for the fan"),
            _l("We could not see everything, and decided in your favour."),
        ),
        Reason("we_were_wrong", _l("We were wrong before"), _l("We looked again, and you are right. We are sorry.")),
    ),
    Verdict.ASK_CHANGE: (
        Reason(
            "clearer_disclosure", _l("Make the disclosure clearer"),
            _l("Say at the very start that you are rewarded, so that nobody misses it. Then check again."),
        ),
        Reason(
            "add_link_or_tag", _l("Add the link or the tag"),
            _l("Put your tracked link, or the tag that the mission asks for, into the text. Then check again."),
        ),
        Reason(
            "make_public", _l("Make the post public"),
            _l("Only some people can see the post. Make it public, then check again."),
        ),
        Reason(
            "follow_brief", _l("Follow the brief"),
            _l("Something that the mission asks for is missing. Read its brief, change the post, then check again."),
        ),
        Reason(
            "take_something_out", _l("Take something out"),
            _l("There is something in the post that the mission asks you to leave out. Change it, then check again."),
        ),
        Reason("change_other", _l("Something else: write it below"), _l("A person asks for a change.")),
    ),
    Verdict.DECLINE: (
        Reason(
            "not_own_post", _l("Not their own post"),
            _l("The post is not by an account that you proved. Hand in a post of your own, or appeal."),
        ),
        Reason(
            "older_than_claim", _l("Older than the claim"),
            _l("The post was there before you claimed your place. Post anew and hand that in, or appeal."),
        ),
        Reason(
            "another_subject", _l("About something else"),
            _l("The post is about something else than the mission. Hand in one that fits, or appeal."),
        ),
        Reason(
            "not_disclosed", _l("Hidden advertising"),
            _l("The post does not say that you are rewarded, as the guideline asks. Post anew with it, or appeal."),
        ),
        Reason(
            "misleading", _l("It misleads people"),
            _l("The post says something that is not so. Hand in one that is true, or appeal."),
        ),
        Reason(
            "against_guideline", _l("Against the guideline"),
            _l("The post goes against the guideline that you acknowledged. Read it once more, or appeal."),
        ),
        Reason(
            "not_to_be_seen", _l("Nobody can see it"),
            _l("We could not see the post in any way. Hand in one that anybody can open, or appeal."),
        ),
        Reason("decline_other", _l("Something else: write it below"), _l("A person declined it. You can appeal.")),
    ),
}  # fmt: skip
"""In the order of the keys 1 to 9."""


def reason_of(verdict: Verdict, code: str) -> Reason | None:
    """The reason of that code, if it belongs to `verdict`."""
    return next((reason for reason in REASONS[verdict] if reason.code == code), None)


def sentences() -> Mapping[str, LazyString]:
    """By code, what fans read."""
    return {reason.code: reason.sentence for reasons in REASONS.values() for reason in reasons}


def label_of(verdict: str, code: str) -> str:
    """A stored decision's reason in the moderator's words."""
    reason = reason_of(Verdict(verdict), code)
    return str(reason.label) if reason else code
