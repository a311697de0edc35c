"""`disclosure check` as it is typed: an object for each line, in order, whatever the line holds."""

import json

import pytest


@pytest.fixture
def check(sqlite_app):
    def run(lines):
        text = b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines)
        ran = sqlite_app.test_cli_runner().invoke(args=["disclosure", "check"], input=text)
        assert ran.exit_code == 0, ran.output
        return [json.loads(line) for line in ran.output.splitlines()]

    return run


def test_each_line_gets_an_object_in_order(check):
    asked = {"lang": "en", "jurisdiction": "GB", "platform": "instagram"}
    found = check([{"caption": "Ad: warm toes", **asked}, {"caption": "warm toes", "extra": 1, **asked}])
    assert found[0] == {
        "verdict": "clear", "rule": "R-TERM", "why": "accepted term for this place, whole word, before the fold",
        "suggestion": None, "source": found[0]["source"],
    }  # fmt: skip
    assert found[0]["source"].startswith("ASA and CMA")
    assert (found[1]["verdict"], found[1]["rule"], found[1]["suggestion"]) == ("missing", "R-NONE", "Ad: warm toes")


def test_several_places_and_missing_fields(check):
    found = check([
        {"caption": "Ad: warm toes", "jurisdiction": ["UK", "DE"]},
        {"caption": "Ad: warm toes", "jurisdiction": "gb", "lang": None, "platform": None},
        {"caption": "Ad: warm toes", "jurisdiction": "GB", "lang": "en-GB", "platform": "nowhere"},
    ])  # fmt: skip
    assert [each["rule"] for each in found] == ["R-LANG", "R-TERM", "R-TERM"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", "not_json"), (b"ad", "not_json"), (b"[" * 90_000, "not_json"), (b"[]", "not_json"),
        (b"\xff{", "not_json"),
        ({}, "no_caption"), ({"caption": 1}, "no_caption"), ({"caption": "x"}, "no_jurisdiction"),
        ({"caption": "x", "jurisdiction": []}, "no_jurisdiction"),
        ({"caption": "x", "jurisdiction": [1]}, "no_jurisdiction"),
        ({"caption": "x", "jurisdiction": "XX"}, "no_rules_for_place"),
        ({"caption": "x", "jurisdiction": "GB", "lang": 3}, "not_a_text"),
        ({"caption": "x", "jurisdiction": "GB", "platform": {}}, "not_a_text"),
    ],
)  # fmt: skip
def test_a_bad_line_is_answered_in_its_place(check, line, error):
    good = {"caption": "\ud800 Ad: warm toes", "jurisdiction": "GB"}
    found = check([good, line, good])
    assert [each.get("error") for each in found] == [None, error, None]
    assert found[1]["verdict"] is None
