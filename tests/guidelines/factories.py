"""Guidelines for the tests of every room. Each function commits."""

from __future__ import annotations

from itertools import count

from portal.accounts.models import Person
from portal.guidelines.acknowledging import acknowledge
from portal.guidelines.models import Acknowledgement, Guideline, GuidelineKind, GuidelineVersion
from portal.guidelines.publishing import create_guideline, publish, save_draft, start_version
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work

BODY = "## Say that you are rewarded\n\nBegin your post with “Ad:”, in the language of the post."

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run


def a_draft(
    title: str = "",
    *,
    body: str = BODY,
    kind: GuidelineKind = GuidelineKind.GUIDELINE,
    needed_to_claim: bool = True,
    actor: Person | None = None,
) -> GuidelineVersion:
    """The draft of a new guideline's first version."""
    with unit_of_work():
        return create_guideline(
            title=title or f"Posting guideline {next(_numbers)}",
            kind=kind,
            body=body,
            needed_to_claim=needed_to_claim,
            actor=actor,
            now=clock.now(),
        )


def a_published_guideline(
    title: str = "", *, needed_to_claim: bool = True, body: str = BODY, actor: Person | None = None
) -> GuidelineVersion:
    """Version 1 of a new guideline, in force."""
    draft = a_draft(title, body=body, needed_to_claim=needed_to_claim, actor=actor)
    with unit_of_work():
        return publish(draft, actor=actor, now=clock.now())


def a_next_version(
    guideline: Guideline,
    *,
    major: bool = True,
    body: str = BODY + "\n\nAsk before you show a face.",
    what_changed: str = "Faces.",
) -> GuidelineVersion:
    """The guideline's next version, in force."""
    with unit_of_work():
        draft = start_version(guideline, actor=None, now=clock.now())
        save_draft(draft, body=body, what_changed=what_changed, major=major, actor=None, now=clock.now())
        return publish(draft, actor=None, now=clock.now())


def an_acknowledgement(person: Person, version: GuidelineVersion) -> Acknowledgement:
    with unit_of_work():
        return acknowledge(person.id, version, clock.now())
