"""Any order of claims, clocks, decisions and time: places, points and claims stay what a simple model says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim
from portal.missions.claiming import claim_place
from portal.missions.claims import (
    fulfil_claim,
    reactivate_claim,
    release_claim,
    reopen_claim,
    restart_clock,
    stop_clock,
)
from portal.missions.errors import ClaimMoved, ClaimRefused
from portal.missions.models import Mission
from portal.points import budgets
from portal.points.ledger import balance
from portal.points.postings import campaign_account
from tests.campaigns.factories import a_campaign
from tests.conftest import NOW
from tests.missions.factories import a_mission, a_ready_fan

POINTS = 120
BUDGET = 5 * POINTS
PLACES = 3
LIVE = ("active", "submitted")


class Claims(RuleBasedStateMachine):
    """Four fans and one mission of three places, whose budget pays five; each fan may fulfil it twice."""

    @initialize()
    def begin(self) -> None:
        self.season = a_campaign(points_budget=BUDGET)
        self.mission = a_mission(self.season, places_total=PLACES, per_person_max=2, deliver_hours=24)
        self.fans = [a_ready_fan() for _each in range(4)]
        self.states: dict[str, str] = {}
        self.owners: dict[str, int] = {}
        self.places_total = PLACES

    @rule(fan=st.integers(0, 3))
    def claim(self, fan: int) -> None:
        mine = [self.states[claim] for claim, owner in self.owners.items() if owner == fan]
        allowed = (
            self.taken() < self.places_total
            and (self.taken() + 1) * POINTS <= BUDGET
            and not any(state in LIVE for state in mine)
            and mine.count("fulfilled") < 2
        )
        made = self.attempt(lambda: claim_place(self.mission, self.fans[fan], now=clock.now()))
        assert (made is not None) == allowed
        if made is not None:
            self.states[made.id], self.owners[made.id] = "active", fan

    @precondition(lambda self: self.states)
    @rule(data=st.data(), step=st.sampled_from(["release", "stop", "restart", "fulfil", "reactivate", "reopen"]))
    def step(self, data: st.DataObject, step: str) -> None:
        claim = db.session.get(Claim, data.draw(st.sampled_from(sorted(self.states))))
        before, expires_at, stopped_at = claim.state, claim.expires_at, claim.clock_stopped_at
        now = clock.now()
        verbs = {
            "release": lambda: release_claim(claim, actor_id=claim.person_id, now=now),
            "stop": lambda: stop_clock(claim, now=now),
            "restart": lambda: restart_clock(claim, now=now),
            "fulfil": lambda: fulfil_claim(claim, now=now),
            "reactivate": lambda: reactivate_claim(claim, now=now),
            "reopen": lambda: reopen_claim(claim, now=now),
        }
        left = expires_at + (now - stopped_at if stopped_at else timedelta()) > now
        expected = {
            ("release", "active"): "released",
            ("stop", "active"): "submitted" if left else None,
            ("stop", "submitted"): "submitted",
            ("restart", "submitted"): "submitted",
            ("fulfil", "submitted"): "fulfilled",
            ("reactivate", "submitted"): "active" if left else "released",
            ("reactivate", "fulfilled"): "submitted" if not self.other_live(claim.id) else None,
            ("reopen", "submitted"): "submitted",
            ("reopen", "active"): "submitted",
            ("reopen", "expired"): "submitted" if self.can_come_back(claim.id) else None,
            ("reopen", "released"): "submitted" if self.can_come_back(claim.id) else None,
        }.get((step, before))
        done = self.attempt(lambda: verbs[step]() or claim)
        assert (done is not None) == (expected is not None), (step, before)
        if expected is None:
            return
        if step == "reopen" and before in ("expired", "released"):
            self.places_total = max(self.places_total, self.taken() + 1)
        self.states[claim.id] = expected

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        clock.advance(timedelta(hours=hours))
        jobs.run_due()
        for claim in db.session.scalars(select(Claim)):
            if self.states[claim.id] == "active" and claim.expires_at <= clock.now():
                self.states[claim.id] = "expired"

    @invariant()
    def model_holds(self) -> None:
        db.session.rollback()
        db.session.expire_all()
        stored = dict(db.session.execute(select(Claim.id, Claim.state)).all())
        assert stored == self.states
        mission = db.session.get(Mission, self.mission.id)
        assert mission.places_taken == self.taken()
        assert mission.places_total == self.places_total
        assert balance(campaign_account(self.season.id, "reserved")) == self.taken() * POINTS
        assert budgets.left(self.season.id) == BUDGET - self.taken() * POINTS
        live = select(func.count()).select_from(Claim).where(Claim.state.in_(LIVE)).group_by(Claim.person_id)
        assert all(count == 1 for count in db.session.scalars(live))

    def taken(self) -> int:
        """A fulfilled claim keeps its place (and, here where nothing pays it out, its reservation)."""
        return sum(state in (*LIVE, "fulfilled") for state in self.states.values())

    def other_live(self, claim_id: str) -> bool:
        owner = self.owners[claim_id]
        return any(
            state in LIVE and self.owners[other] == owner for other, state in self.states.items() if other != claim_id
        )

    def can_come_back(self, claim_id: str) -> bool:
        return not self.other_live(claim_id) and (self.taken() + 1) * POINTS <= BUDGET

    def attempt(self, verb: Any) -> Claim | None:
        try:
            with unit_of_work():
                return verb()
        except (ClaimRefused, ClaimMoved):
            return None


@pytest.mark.parametrize(("database", "examples"), [("sqlite", 12), ("postgresql", 6)])
def test_places_points_and_claims_agree_with_the_model(
    database: str, examples: int, request: pytest.FixtureRequest
) -> None:
    prepared = request.getfixturevalue(f"prepared_{database}")

    class Fresh(Claims):
        """Each example starts with a fresh database and a clock that stands still."""

        def __init__(self) -> None:
            super().__init__()
            db.session.remove()
            prepared.restore()
            self.frozen = clock.frozen(NOW)
            self.frozen.__enter__()

        def teardown(self) -> None:
            db.session.remove()
            self.frozen.__exit__(None, None, None)

    chosen = settings(
        max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with prepared.app.app_context():
        jobs.hint_with(prepared.app, None)
        run_state_machine_as_test(Fresh, settings=chosen)
        db.engine.dispose()
