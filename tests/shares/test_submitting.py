"""Handing in: one post counts once, for whoever hands it in first; asked twice, it is the same share."""

import pytest

from portal.accounts.standing import pause
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.jobs import Job
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import ClaimState
from portal.shares import queries
from portal.shares.models import Share, ShareState
from portal.shares.platforms.registry import NotAPost
from portal.shares.submitting import CHECK, ClaimOver, OtherShareOpen, PersonPaused, PostTaken, submit_share, withdraw
from tests.accounts.factories import a_manager, a_person, a_proved_handle
from tests.missions.factories import a_claim, a_mission
from tests.shares.factories import a_share, perch_id, perch_url

pytestmark = pytest.mark.usefixtures("app", "now")


def hand_in(claim, url):
    with unit_of_work():
        return submit_share(claim, person=person_of(claim), typed_url=url, now=clock.now())


def person_of(claim):
    from portal.accounts.models import Person

    return db.session.get_one(Person, claim.person_id)


def test_a_post_that_is_handed_in_stops_the_clock_and_makes_a_check_due():
    claim = a_claim()
    share = hand_in(claim, f" {perch_url(perch_id())}?utm_source=x ")
    assert (share.state, share.platform, share.submitted_at) == (ShareState.RECEIVED, "perch", clock.now())
    assert "utm" not in share.url
    assert (claim.state, claim.clock_stopped_at) == (ClaimState.SUBMITTED, clock.now())
    assert db.session.query(Job).filter_by(kind=CHECK, key=share.id).count() == 1
    assert [(change.from_state, change.to_state) for change in queries.changes_of(share)] == [(None, "received")]


def test_who_is_paused_hands_nothing_in():
    claim, manager = a_claim(), a_manager()
    with unit_of_work():
        pause(person_of(claim), actor=manager, why="We look into it", now=clock.now())
    with pytest.raises(PersonPaused):
        hand_in(claim, perch_url())
    assert claim.state == ClaimState.ACTIVE
    assert db.session.query(Share).count() == 0


def test_the_same_post_for_the_same_claim_is_the_same_share():
    claim, post_id = a_claim(), perch_id()
    first = hand_in(claim, perch_url(post_id))
    again = hand_in(claim, perch_url(post_id).replace("/@", "/m/@"))
    assert first.id == again.id
    assert db.session.query(Share).count() == 1


def test_another_post_for_the_same_claim_has_to_wait_until_the_first_is_taken_back():
    claim = a_claim()
    first = hand_in(claim, perch_url())
    with pytest.raises(OtherShareOpen) as refused:
        hand_in(claim, perch_url())
    assert refused.value.share_id == first.id
    assert db.session.query(Share).count() == 1


def test_a_post_counts_once_whoever_hands_it_in():
    mission = a_mission()
    mine, theirs, post_id = a_claim(mission), a_claim(mission), perch_id()
    hand_in(mine, perch_url(post_id))
    with pytest.raises(PostTaken) as refused:
        hand_in(theirs, perch_url(post_id, handle="ADA"))
    assert refused.value.share_id is None
    assert theirs.state == ClaimState.ACTIVE


def test_my_own_post_in_another_mission_is_told_to_be_mine():
    person, post_id = a_person(), perch_id()
    first = hand_in(a_claim(person=person), perch_url(post_id))
    with pytest.raises(PostTaken) as refused:
        hand_in(a_claim(person=person), perch_url(post_id))
    assert refused.value.share_id == first.id


def test_what_was_taken_back_or_declined_locks_nobody_out():
    post_id = perch_id()
    for state in (ShareState.WITHDRAWN, ShareState.REJECTED):
        a_share(state=state, url=perch_url(post_id))
    assert hand_in(a_claim(), perch_url(post_id)).state == ShareState.RECEIVED


def test_a_stranger_who_handed_in_my_post_first_makes_way():
    post_id = perch_id()
    stranger = a_share(state=ShareState.NEEDS_FIX, url=perch_url(post_id))
    ada = a_person()
    a_proved_handle(ada, name="ada", external_id="id-ada")
    share = hand_in(a_claim(person=ada), perch_url(post_id))
    assert share.state == ShareState.RECEIVED
    assert (stranger.state, stranger.reason_code) == (ShareState.REJECTED, "author.another_member")


def test_somebody_who_has_proved_another_account_does_not_push_a_share_aside():
    post_id = perch_id()
    first = a_share(state=ShareState.NEEDS_FIX, url=perch_url(post_id))
    bo = a_person()
    a_proved_handle(bo, name="bo", external_id="id-bo")
    with pytest.raises(PostTaken):
        hand_in(a_claim(person=bo), perch_url(post_id))
    assert first.state == ShareState.NEEDS_FIX


@pytest.mark.parametrize("state", [ShareState.CHECKING, ShareState.NEEDS_REVIEW, ShareState.VERIFIED])
def test_a_share_that_is_looked_at_or_counts_is_not_pushed_aside(state):
    """What was seen of it names `ada`, and no check has failed it for that: a person decides, or has decided."""
    post_id = perch_id()
    first = a_share(state=state, url=perch_url(post_id))
    ada = a_person()
    a_proved_handle(ada, name="ada", external_id="id-ada")
    with pytest.raises(PostTaken):
        hand_in(a_claim(person=ada), perch_url(post_id))
    assert first.state == state


def test_what_was_drafted_is_gone_once_it_is_handed_in():
    claim = a_claim()
    with unit_of_work():
        claim.draft = {"url": "https://half.example/"}
    hand_in(claim, perch_url())
    db.session.refresh(claim)
    assert claim.draft == {}


@pytest.mark.parametrize("typed", ["", "hello there", "@ada", "https://x.com/ada/status/20", "https://no.example/"])
def test_what_is_no_post_changes_nothing(typed):
    claim = a_claim()
    with pytest.raises(NotAPost):
        hand_in(claim, typed)
    assert claim.state == ClaimState.ACTIVE
    assert db.session.query(Share).count() == 0


def test_a_post_on_a_network_that_the_mission_does_not_take_is_refused():
    claim = a_claim(a_mission(platforms=["perch"]))
    with pytest.raises(NotAPost) as refused:
        hand_in(claim, "https://social.example/@ada/114477182939377350")
    assert refused.value.reason_code == "network_not_asked"


def test_a_claim_whose_time_is_over_takes_no_share():
    claim = a_claim()
    clock.advance(claim.expires_at - clock.now())
    with pytest.raises(ClaimOver):
        hand_in(claim, perch_url())
    assert db.session.query(Share).count() == 0


def test_taking_back_gives_the_claim_its_time_again_and_frees_the_post():
    claim, post_id = a_claim(), perch_id()
    share = hand_in(claim, perch_url(post_id))
    with unit_of_work():
        withdraw(share, person=person_of(claim), now=clock.now())
    assert (share.state, claim.state) == (ShareState.WITHDRAWN, ClaimState.ACTIVE)
    assert db.session.query(Job).filter_by(kind=CHECK).count() == 0
    assert hand_in(claim, perch_url(post_id)).id != share.id
