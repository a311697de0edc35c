"""The operators' tool for disclosures: `flask --app wsgi disclosure check`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portal.shares.caption_lengths import fold_of
from portal.shares.disclosure.judging import WHY, Verdict, judge
from portal.shares.disclosure.mending import mended
from portal.shares.disclosure.places import RuleBook

disclosure_commands = AppGroup("disclosure", help="Words that say that a post is advertising.")
_TEXTS = ("caption", "lang", "platform", "brand")


@disclosure_commands.command("check")
@with_appcontext
def check() -> None:
    """Judge captions: JSON lines with `caption`, `lang`, `jurisdiction`, `platform` on standard input.

    One JSON object for each, in order: verdict, rule, why, suggestion, source. A `jurisdiction` may be a list: the
    strictest verdict counts. A line that can't be judged gets an object with `error` in its place.
    """
    book, out = current_app.extensions["portal_disclosure"], sys.stdout
    for line in sys.stdin.buffer:
        out.write(json.dumps(_answer(book, line), ensure_ascii=True) + "\n")


def _answer(book: RuleBook, line: bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return _error("not_json")
    if not isinstance(asked, dict):
        return _error("not_json")
    if not isinstance(asked.get("caption"), str):
        return _error("no_caption")
    if not all(isinstance(asked.get(key), str | None) for key in _TEXTS):
        return _error("not_a_text")
    places = asked.get("jurisdiction")
    places = [places] if isinstance(places, str) else places
    if not isinstance(places, list) or not places or not all(isinstance(each, str) for each in places):
        return _error("no_jurisdiction")
    return _judged(book, asked, places)


def _judged(book: RuleBook, asked: Mapping[str, Any], places: list[str]) -> Mapping[str, Any]:
    language = (asked.get("lang") or "").lower()[:2]
    fold, brand = fold_of((asked.get("platform") or "").lower()), asked.get("brand") or ""
    found = judge(asked["caption"], places, book, language=language, fold=fold, brand=brand)
    if found is None:
        return _error("no_rules_for_place")
    suggestion = None
    if found.verdict is not Verdict.CLEAR:
        suggestion = mended(asked["caption"], found, places, book, language=language, fold=fold, brand=brand)
    why = {"why": WHY[found.rule], "suggestion": suggestion, "source": found.source}
    return {"verdict": found.verdict, "rule": found.rule, **why}


def _error(reason: str) -> Mapping[str, Any]:
    return {"verdict": None, "rule": None, "why": None, "suggestion": None, "error": reason}
