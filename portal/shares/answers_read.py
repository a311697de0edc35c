"""Answers to the questions of a mission, added up. No name and no order of arrival goes with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.extensions import db
from portal.missions.models import Mission, MissionQuestion, QuestionKind
from portal.shares.handed_in_models import GivenAnswer
from portal.shares.kind_forms import SCALE
from portal.shares.models import Share
from portal.shares.queries import STANDS

TEXTS_MAX = 200


@dataclass(frozen=True)
class ReadQuestion:
    """One question with everything that was answered to it."""

    question: MissionQuestion
    count: int
    counts: list[tuple[str, int]]
    """Of a choice or a scale: how often each was chosen."""
    mean: float | None
    """Of a scale."""
    texts: list[str]
    """By the alphabet, at most TEXTS_MAX."""


def read_answers(mission: Mission) -> list[ReadQuestion]:
    """Two queries: texts are read, the rest is counted by the database."""
    of_mission = select(GivenAnswer).join(Share, Share.id == GivenAnswer.share_id).where(
        Share.mission_id == mission.id, STANDS
    )  # fmt: skip
    texts_at = [each.position for each in mission.questions if each.kind == QuestionKind.TEXT]
    counted = of_mission.with_only_columns(GivenAnswer.position, GivenAnswer.answer, func.count()).where(
        GivenAnswer.position.not_in(texts_at)
    )
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for position, answer, count in db.session.execute(counted.group_by(GivenAnswer.position, GivenAnswer.answer)):
        counts[position][answer] = count
    texts: dict[int, list[str]] = defaultdict(list)
    written = of_mission.with_only_columns(GivenAnswer.position, GivenAnswer.answer)
    for position, answer in db.session.execute(
        written.where(GivenAnswer.position.in_(texts_at)).order_by(GivenAnswer.answer).limit(TEXTS_MAX * 10)
    ):
        texts[position].append(answer)
    return [_read(each, counts[each.position], texts[each.position]) for each in mission.questions]


def _read(question: MissionQuestion, counts: Counter[str], texts: list[str]) -> ReadQuestion:
    if question.kind == QuestionKind.TEXT:
        return ReadQuestion(question, len(texts), [], None, texts[:TEXTS_MAX])
    values = question.choices if question.kind == QuestionKind.CHOICE else [str(each) for each in SCALE]
    total = sum(counts.values())
    mean = None
    if question.kind == QuestionKind.SCALE and total:
        mean = sum(int(value) * count for value, count in counts.items()) / total
    return ReadQuestion(question, total, [(value, counts[value]) for value in values], mean, [])
