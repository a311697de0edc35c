"""Thanks: kind words that only those read who should, taken off at will, looked after by staff, never for points."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages.models import Notification
from portal.points.models import Entry
from portal.recognition import leagues, thanking, thanks_queries
from portal.recognition.dealing import deal_some
from portal.recognition.league_models import LeaguePlace
from portal.recognition.league_rules import first_day
from portal.recognition.thanking import ThanksRefused
from portal.recognition.thanks_models import Thanks
from portal.recognition.thanks_rules import A_DAY_MAX, AGAIN_AFTER, refused_text
from portal.recognition.thanks_rules import tidied as tidied_text
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from tests.accounts.factories import a_fan, a_manager, a_moderator
from tests.recognition.factories import a_thanks

ClientOf = Callable[[Person], FlaskClient]
WORDS = "You lent me your pump at the ford. I got home dry."


def dealt() -> None:
    with unit_of_work():
        deal_some(first_day(clock.now().date()), now=clock.now())


def slot_of(person: Person) -> int:
    db.session.commit()
    return db.session.scalars(select(LeaguePlace.slot).where(LeaguePlace.person_id == person.id)).one()


def on_the_wall(browser: FlaskClient) -> str:
    db.session.commit()
    return browser.get("/thanks").text


def inbox_of(person: Person) -> list[str]:
    jobs.run_due()
    db.session.commit()
    lines = db.session.scalars(select(Notification).where(Notification.person_id == person.id))
    return sorted(line.topic for line in lines if line.topic.startswith("thanks"))


def refused(giver: Person, receiver: Person, text: str = WORDS, **how: bool) -> str:
    with pytest.raises(ThanksRefused) as told, unit_of_work():
        thanking.thank(
            db.session.get_one(Person, giver.id), receiver.id, text, now=clock.now(),
            **{"is_public": True, "as_staff": False, **how},
        )  # fmt: skip
    return told.value.reason_code


def test_from_the_league_to_the_wall_and_the_inbox(app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan("Ada Lind"), a_fan("Teo Brandt")
    dealt()
    browser, path = client_of(ada), f"/thanks/to/league/{slot_of(teo)}"
    assert f'href="{path}"' in browser.get("/leagues").text
    page = browser.get(path).text
    assert "Thank Teo B." in page
    assert teo.id not in page, "an id would tie a pseudonym to a person"
    form = {"text": f" {WORDS} ", "reading": "public", "meant": _meant(page)}
    assert browser.post(path, data=form).status_code == 303
    assert browser.post(path, data=form).status_code == 303, "sent twice, it is one"
    assert "Ada L. thanks Teo B." in on_the_wall(client_of(a_fan()))
    assert inbox_of(teo) == ["thanks_received"]
    assert WORDS in client_of(teo).get("/inbox").text
    assert db.session.scalar(select(func.count()).select_from(Thanks)) == 1
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 0, "no points for praise"
    other = browser.post(path, data=form | {"text": "And thanks for the tea"})
    assert (other.status_code, other.headers["Retry-After"]) == (429, str(7 * 24 * 3600))
    assert "From Wednesday 21 October" in other.text
    assert browser.get(f"/thanks/to/league/{slot_of(ada)}").status_code == 404, "nobody thanks themselves"


def _meant(page: str) -> str:
    found = re.search(r'name="meant"[^>]*value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_a_page_that_grew_stale_thanks_nobody_else(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo, ines = a_fan(), a_fan("Teo Brandt"), a_fan("Ines Carvalho")
    dealt()
    browser = client_of(ada)
    for_teo = _meant(browser.get(f"/thanks/to/league/{slot_of(teo)}").text)
    form = {"text": WORDS, "reading": "private", "meant": for_teo}
    answer = browser.post(f"/thanks/to/league/{slot_of(ines)}", data=form)
    assert answer.status_code == 409
    assert "The board has changed" in answer.text
    assert WORDS in answer.text
    assert thanks_queries.given(ada.id) == []


def test_private_words_and_hidden_people_stand_on_no_wall(app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo, reader = a_fan("Ada Lind"), a_fan("Teo Brandt"), client_of(a_fan())
    a_thanks(ada, teo, "Only for you, friend", is_public=False)
    a_thanks(teo, ada, WORDS)
    page = on_the_wall(reader)
    assert WORDS in page
    assert "Only for you" not in page
    assert "Only for you" in client_of(teo).get("/thanks/mine").text
    for person in (teo, ada):
        with unit_of_work():
            leagues.choose(person.id, shown=False, pseudonym="", now=clock.now())
        assert WORDS not in on_the_wall(reader)
        with unit_of_work():
            leagues.choose(person.id, shown=True, pseudonym="", now=clock.now())
    assert WORDS in on_the_wall(reader)
    with unit_of_work():
        leagues.choose(ada.id, shown=True, pseudonym="Blue Heron", now=clock.now())
    page = on_the_wall(reader)
    assert "Teo B. thanks Blue Heron" in page
    assert "Ada L" not in page
    with unit_of_work():
        db.session.get_one(Person, teo.id).state = PersonState.REMOVED
    assert WORDS not in on_the_wall(reader)


def test_whoever_is_removed_is_thanked_on_no_wall(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan(), a_fan()
    a_thanks(ada, teo, WORDS)
    with unit_of_work():
        db.session.get_one(Person, teo.id).state = PersonState.REMOVED
    assert WORDS not in on_the_wall(client_of(a_fan()))


def test_what_staff_took_down_is_not_read_by_who_got_it(sqlite_app: Flask, now: datetime) -> None:
    ada, teo, greta = a_fan(), a_fan(), a_manager()
    thanks = a_thanks(ada, teo, WORDS)
    assert thanks_queries.other_of(teo.id, thanks.id) == ada.id
    with unit_of_work():
        mine, manager = db.session.get_one(Thanks, thanks.id), db.session.get_one(Person, greta.id)
        thanking.remove(mine, reason="Unkind", actor=manager, now=now)
    assert list(thanks_queries.received(teo.id, None).rows) == []
    assert thanks_queries.received_one(teo.id, thanks.id) is None


def test_who_hides_is_found_in_no_league_and_finds_nobody(sqlite_app: Flask, now: datetime) -> None:
    ada, teo = a_fan(), a_fan()
    dealt()
    month, slot, mine = first_day(now.date()), slot_of(teo), slot_of(ada)
    assert thanks_queries.in_league(ada.id, month, slot) == teo.id
    with unit_of_work():
        leagues.choose(teo.id, shown=False, pseudonym="", now=now)
    assert thanks_queries.in_league(ada.id, month, slot) is None
    assert thanks_queries.in_league(teo.id, month, mine) is None


def test_whom_somebody_reported_sends_them_no_more_and_everybody_else_does(sqlite_app: Flask, now: datetime) -> None:
    ada, teo, bo, rests, greta = a_fan(), a_fan(), a_fan(), a_fan(), a_manager()
    for giver in (ada, greta):
        thanks = a_thanks(giver, teo, as_staff=giver is greta)
        for later in (timedelta(0), timedelta(hours=1)):
            with unit_of_work():
                thanking.report(db.session.get_one(Thanks, thanks.id), now=now + later)
        assert db.session.get_one(Thanks, thanks.id).hidden_at == now, "since it was reported first"
    clock.advance(AGAIN_AFTER)
    assert refused(ada, teo) == "not_wanted"
    assert a_thanks(bo, teo)
    assert a_thanks(greta, teo, as_staff=True), "the team has to be able to write"
    with unit_of_work():
        db.session.get_one(Person, rests.id).state = PersonState.PAUSED
    assert refused(bo, rests) == "not_here"


def test_who_opted_out_is_thanked_in_private_at_most(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo, manager = a_fan(), a_fan("Teo Brandt"), a_manager("Greta Holm")
    with unit_of_work():
        leagues.choose(teo.id, shown=False, pseudonym="", now=clock.now())
    assert refused(ada, teo) == "not_publicly"
    assert refused(teo, ada) == "you_are_hidden"
    staff, path = client_of(manager), f"/staff/thanks/people/{teo.id}"
    assert 'value="public"' not in staff.get(path).text
    assert staff.post(path, data={"text": WORDS, "reading": "public"}).status_code == 409
    assert staff.post(path, data={"text": WORDS, "reading": "private"}).status_code == 303
    assert inbox_of(teo) == ["thanks_received"]
    assert "Greta H. from the team thanks you" in client_of(teo).get("/inbox").text


def test_what_a_thanks_may_say(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo, manager = a_fan(), a_fan(), a_manager()
    with unit_of_work():
        watch_word("bombproof", severity=Severity.DOUBTFUL, reason="No jacket is.", actor=manager, now=clock.now())
    for text, code in (
        ("…", "too_short"), ("See www.shop.example now", "address"), ("Write to me@mail.example", "address"),
        ("You are b0mbproof, friend", "watched"), ("x" * 281, "too_long"),
    ):  # fmt: skip
        assert refused(ada, teo, text) == code
    dealt()
    browser, path = client_of(ada), f"/thanks/to/league/{slot_of(teo)}"
    answer = browser.post(path, data={"text": "Your jacket is bombproof", "reading": "private"})
    assert answer.status_code == 422
    assert "No jacket is." in answer.text
    assert "Your jacket is bombproof" in answer.text, "what was typed stays"
    assert browser.post(path, data={"text": "<b>Bold</b> of you, thanks", "reading": "public"}).status_code == 303
    assert "&lt;b&gt;Bold&lt;/b&gt;" in on_the_wall(browser)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thanks. See you", None), ("Thanks for 3.5 hours at the bench", None), ("e.g. the pump", None),
        ("http://a", "address"), ("go to evil.com", "address"), ("12345678", "too_short"),
    ],
)  # fmt: skip
def test_addresses_are_told_from_sentences(text: str, code: str | None) -> None:
    assert refused_text(text) == code


def test_typed_text_keeps_its_lines_and_nothing_unseen() -> None:
    assert tidied_text(" One \u202eline\r\n\n\n\nTwo\x00 ") == "One line\n\nTwo"
    assert tidied_text("👩\u200d💻 می\u200cخواهم") == "👩\u200d💻 می\u200cخواهم"


def test_so_many_a_day_and_then_a_sentence(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada = a_fan()
    for _ in range(A_DAY_MAX):
        a_thanks(ada, a_fan())
        clock.advance(timedelta(hours=1))
    teo = a_fan()
    assert refused(ada, teo) == "many"
    dealt()
    answer = client_of(ada).post(f"/thanks/to/league/{slot_of(teo)}", data={"text": WORDS, "reading": "public"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str((24 - A_DAY_MAX) * 3600))
    assert "That is a lot of thanks for one day" in answer.text
    clock.advance(timedelta(hours=24 - A_DAY_MAX))
    assert a_thanks(ada, teo), "at the very moment that was named"


def test_staff_thank_more_people_a_day(sqlite_app: Flask, now: datetime) -> None:
    greta = a_manager()
    for _each in range(A_DAY_MAX + 1):
        assert a_thanks(greta, a_fan(), as_staff=True)


def test_a_form_that_could_only_be_refused_is_not_offered(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:  # fmt: skip
    """Nobody writes three lines to learn that they may not send them."""
    ada, teo, manager = a_fan(), a_fan(), a_manager()
    dealt()
    fan, desk = client_of(ada), client_of(manager)
    pages = {fan: f"/thanks/to/league/{slot_of(teo)}", desk: f"/staff/thanks/people/{teo.id}"}
    for browser, path in pages.items():
        assert "Send thanks" in browser.get(path).text
        assert browser.post(path, data={"text": WORDS, "reading": "private"}).status_code == 303
        again = browser.get(path).text
        assert "You thanked them within the last week" in again
        assert "Send thanks" not in again
    clock.advance(AGAIN_AFTER)
    assert "Send thanks" in client_of(manager).get(pages[desk]).text


def test_the_same_words_are_the_first_ones_for_the_same_readers_and_for_a_week(
    sqlite_app: Flask, now: datetime
) -> None:  # fmt: skip
    ada, teo = a_fan(), a_fan()
    first = a_thanks(ada, teo, WORDS, is_public=False)
    assert a_thanks(ada, teo, WORDS, is_public=False).id == first.id
    assert refused(ada, teo) == "again", "in public it would be another"
    clock.advance(AGAIN_AFTER - timedelta(seconds=1))
    assert refused(ada, teo) == "again"
    clock.advance(timedelta(seconds=1))
    assert a_thanks(ada, teo, WORDS).id != first.id, "at the very moment that was named"


def test_staff_thank_in_public_though_they_are_on_no_board(sqlite_app: Flask, now: datetime) -> None:
    manager, teo = a_manager(), a_fan()
    with unit_of_work():
        leagues.choose(manager.id, shown=False, pseudonym="", now=clock.now())
    assert refused(manager, teo) == "you_are_hidden", "for themselves"
    assert a_thanks(manager, teo, as_staff=True).is_public


def test_a_crowd_of_windows_outruns_no_limit(app: Flask, now: datetime) -> None:
    ada, people = a_fan(), [a_fan() for _ in range(A_DAY_MAX + 4)]
    barrier, ids, ada_id = Barrier(len(people)), [each.id for each in people], ada.id
    sent: list[str] = []
    late: list[str] = []
    db.session.commit()

    def run(to_id: str) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with unit_of_work():
                    giver = db.session.get_one(Person, ada_id)
                    thanking.thank(giver, to_id, WORDS, is_public=False, as_staff=False, now=now)
                sent.append(to_id)
            except ThanksRefused as told:
                late.append(told.reason_code)
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sent), late) == (A_DAY_MAX, ["many"] * 4)
    assert db.session.scalar(select(func.count()).select_from(Thanks)) == A_DAY_MAX


def test_the_receiver_hides_shows_and_reports(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan("Ada Lind"), a_fan()
    thanks = a_thanks(ada, teo, WORDS)
    browser, moderator = client_of(teo), client_of(a_moderator())
    for _ in range(2):
        assert browser.post(f"/thanks/{thanks.id}/hide").status_code == 303
    assert WORDS not in on_the_wall(client_of(ada))
    assert browser.post(f"/thanks/{thanks.id}/show").status_code == 303
    assert WORDS in on_the_wall(client_of(ada))
    assert client_of(ada).post(f"/thanks/{thanks.id}/hide").status_code == 404, "only who got it"
    assert browser.post(f"/thanks/{thanks.id}/report").status_code == 303
    assert WORDS not in on_the_wall(client_of(ada))
    assert "Reported, waiting for you" in moderator.get("/staff/thanks").text
    clock.advance(timedelta(days=8))
    assert refused(ada, teo, is_public=False) == "not_wanted"
    moderator = client_of(a_moderator())
    assert moderator.post(f"/staff/thanks/{thanks.id}/keep", data={"reason": ""}).status_code == 422
    assert moderator.post(f"/staff/thanks/{thanks.id}/keep", data={"reason": "It is friendly"}).status_code == 303
    assert "Reported, waiting for you" not in moderator.get("/staff/thanks").text
    assert inbox_of(teo) == ["thanks_kept", "thanks_received"]


def test_staff_take_it_down_tell_both_and_put_it_back(app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo, moderator = a_fan("Ada Lind"), a_fan("Teo Brandt"), client_of(a_moderator())
    thanks = a_thanks(ada, teo, WORDS)
    private = a_thanks(teo, ada, "Only for you, friend", is_public=False)
    assert inbox_of(teo) == ["thanks_received"]
    page = moderator.get("/staff/thanks").text
    assert "Ada Lind thanks Teo Brandt" in page
    assert "Only for you" not in page, "private words are theirs alone"
    for path in ("remove", "keep", "put-back"):
        assert moderator.post(f"/staff/thanks/{private.id}/{path}", data={"reason": "x"}).status_code == 404
    remove = f"/staff/thanks/{thanks.id}/remove"
    assert moderator.post(remove, data={"reason": " "}).status_code == 422
    for _ in range(2):
        assert moderator.post(remove, data={"reason": "It names a third person"}).status_code == 303
    assert WORDS not in on_the_wall(client_of(teo))
    assert refused(ada, teo, WORDS) == "again", "the same words are not sent again as if nothing had happened"
    assert inbox_of(teo) == ["thanks_removed"], "the words are gone from the inbox too"
    assert inbox_of(ada) == ["thanks_received", "thanks_removed"]
    assert "It names a third person" in client_of(ada).get("/thanks/mine").text
    assert client_of(ada).post(f"/thanks/{thanks.id}/take-back").status_code == 404
    back = f"/staff/thanks/{thanks.id}/put-back"
    assert moderator.post(back, data={"reason": "It was fine"}).status_code == 303
    assert inbox_of(teo) == ["thanks_received"]
    assert inbox_of(ada) == ["thanks_received"]
    assert WORDS in on_the_wall(client_of(teo))


def test_what_staff_took_down_is_not_kept_as_well(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    """Two colleagues, two windows: whoever reported it hears one answer."""
    ada, teo, moderator = a_fan(), a_fan(), client_of(a_moderator())
    thanks = a_thanks(ada, teo)
    client_of(teo).post(f"/thanks/{thanks.id}/report")
    for path in ("remove", "keep"):
        moderator.post(f"/staff/thanks/{thanks.id}/{path}", data={"reason": "It names a third person"})
    assert inbox_of(teo) == ["thanks_removed"]


def test_who_said_it_unsays_it(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo = a_fan(), a_fan()
    thanks = a_thanks(ada, teo)
    assert inbox_of(teo) == ["thanks_received"]
    assert client_of(teo).post(f"/thanks/{thanks.id}/take-back").status_code == 404
    assert client_of(ada).post(f"/thanks/{thanks.id}/take-back").status_code == 303
    assert inbox_of(teo) == []
    assert db.session.scalar(select(func.count()).select_from(Thanks)) == 0


def test_what_was_reported_is_not_unsaid_before_staff_have_read_it(
    sqlite_app: Flask, now: datetime, client_of: ClientOf
) -> None:
    ada, teo = a_fan(), a_fan()
    thanks = a_thanks(ada, teo, WORDS)
    assert "Take back" in client_of(ada).get("/thanks/mine").text
    assert client_of(teo).post(f"/thanks/{thanks.id}/report").status_code == 303
    assert "Take back" not in client_of(ada).get("/thanks/mine").text
    assert client_of(ada).post(f"/thanks/{thanks.id}/take-back").status_code == 404
    assert WORDS in client_of(a_moderator()).get("/staff/thanks").text
    clock.advance(timedelta(days=8))
    with pytest.raises(ThanksRefused, match="not_wanted"):
        a_thanks(ada, teo)


def test_from_the_wall_one_thanks_too_and_thanks_back(sqlite_app: Flask, now: datetime, client_of: ClientOf) -> None:
    ada, teo, ines = a_fan("Ada Lind"), a_fan("Teo Brandt"), a_fan()
    thanks = a_thanks(ada, teo, WORDS)
    path = f"/thanks/{thanks.id}/answer"
    assert path in on_the_wall(client_of(ines))
    assert "Thank Teo B." in client_of(ines).get(path).text
    assert "Thank Ada L." in client_of(teo).get(path).text
    private = a_thanks(teo, ada, is_public=False)
    assert client_of(ines).get(f"/thanks/{private.id}/answer").status_code == 404
    assert client_of(ada).get(path).status_code == 200
    assert client_of(ines).post(path, data={"text": WORDS, "reading": "private"}).status_code == 303


def test_the_wall_is_read_page_by_page(app: Flask, now: datetime, client_of: ClientOf) -> None:
    teo = a_fan()
    for number in range(thanks_queries.WALL_LENGTH + 2):
        a_thanks(a_fan(), teo, f"Number {number:02d} says thanks")
    browser = client_of(a_fan())
    first = on_the_wall(browser)
    after = re.search(r'href="(/thanks\?after=[^"]+)"', first)
    assert after is not None
    rest = browser.get(after[1]).text
    seen = re.findall(r"Number (\d\d)", first + rest)
    assert len(seen) == len(set(seen)) == thanks_queries.WALL_LENGTH + 2


def test_the_database_refuses_thanks_to_oneself_and_unreasoned_removal(app: Flask, now: datetime) -> None:
    ada, teo = a_fan(), a_fan()
    thanks_id = a_thanks(ada, teo).id
    for values in ({"to_id": ada.id}, {"removed_at": now}, {"seen_by_staff": False}):
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.execute(update(Thanks).where(Thanks.id == thanks_id).values(**values))
