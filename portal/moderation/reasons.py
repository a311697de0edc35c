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
from portal.shares.models import ShareForm
from portal.shares.screenshots import ASKED_FOR


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
        Reason(
            ASKED_FOR, _l("Add a screenshot"),
            _l("We could not see the post ourselves. Add a screenshot of it to your share, then let us look again."),
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
        Reason(
            "not_explained", _l("Figures that nobody explains"),
            _l("We can’t explain how this came about, such as so many visitors at once. Appeal, and tell us."),
        ),
        Reason("decline_other", _l("Something else: write it below"), _l("A person declined it. You can appeal.")),
    ),
}  # fmt: skip
"""In the order of the keys 1 to 9."""


THINGS: Mapping[Verdict, Sequence[Reason]] = {
    Verdict.VERIFY: (
        REASONS[Verdict.VERIFY][0],
        Reason("made_well", _l("Well made"), _l("A person looked, and liked it: it is as the mission asks.")),
        REASONS[Verdict.VERIFY][2],
        REASONS[Verdict.VERIFY][3],
    ),
    Verdict.ASK_CHANGE: (
        Reason(
            "other_pictures", _l("Other pictures"),
            _l("The pictures don’t show what the mission asks for. Take them out, add others, and hand it in again."),
        ),
        Reason(
            "clearer_pictures", _l("Clearer pictures"),
            _l("One can’t make out enough in the pictures. Add clearer ones and hand it in again."),
        ),
        Reason(
            "tell_more", _l("Tell more"),
            _l("Tell a little more, so that somebody who was not there understands it. Then hand it in again."),
        ),
        Reason(
            "people_agree", _l("Ask the people shown"),
            _l("Somebody can be recognised. Ask them first or take the picture out, then hand it in again."),
        ),
        REASONS[Verdict.ASK_CHANGE][-1],
    ),
    Verdict.DECLINE: (
        Reason(
            "not_their_work", _l("Not their own work"),
            _l("It looks as if somebody else made this. Hand in work of your own, or appeal."),
        ),
        Reason(
            "not_found_there", _l("Not to be found there"),
            _l("We could not find it where you said. Hand it in with its exact place, or appeal."),
        ),
        Reason(
            "fits_not", _l("About something else"),
            _l("It is about something else than the mission. Hand in something that fits, or appeal."),
        ),
        Reason(
            "not_as_told", _l("It was not so"),
            _l("What we know does not agree with what you told us. Appeal if we have that wrong."),
        ),
        Reason(
            "own_second_account", _l("A second account of their own"),
            _l("The account that was invited looks like your own, so it does not count. Appeal if we have that wrong."),
        ),
        REASONS[Verdict.DECLINE][5],
        REASONS[Verdict.DECLINE][-1],
    ),
}  # fmt: skip
"""The same for what is no post: pictures, reports, comments, people who were invited."""
NOTHING_TO_MEND: Mapping[Verdict, Sequence[Reason]] = {**THINGS, Verdict.ASK_CHANGE: ()}
"""For a newcomer, who can't be handed in otherwise."""


def reasons_for(form: str) -> Mapping[Verdict, Sequence[Reason]]:
    """What a moderator can pick for a share of this form."""
    if form == ShareForm.POST:
        return REASONS
    return NOTHING_TO_MEND if form == ShareForm.NEWCOMER else THINGS


def reason_of(verdict: Verdict, code: str) -> Reason | None:
    """The reason of that code, if it belongs to `verdict`."""
    return next((reason for reason in (*REASONS[verdict], *THINGS[verdict]) if reason.code == code), None)


def sentences() -> Mapping[str, LazyString]:
    """By code, what fans read."""
    return {
        reason.code: reason.sentence for every in (REASONS, THINGS) for reasons in every.values() for reason in reasons
    }


def label_of(verdict: str, code: str) -> str:
    """A stored decision's reason in the moderator's words."""
    reason = reason_of(Verdict(verdict), code)
    return str(reason.label) if reason else code
