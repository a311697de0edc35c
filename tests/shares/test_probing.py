"""`platforms probe URL`: what a network tells now, field by field."""

from __future__ import annotations

import pytest

from tests.kernel.local_web import page
from tests.shares.conftest import json_page


def probe(app, url):
    return app.test_cli_runner().invoke(args=["platforms", "probe", url])


def test_every_field_is_shown_with_its_source_and_certainty(sqlite_app, perch):
    url = perch.publish("Ad: mended\n\x1b[31mred #MendedWithHollin", links=["https://portal.example/l/x"])
    run = probe(sqlite_app, url)
    assert run.exit_code == 0, run.output
    lines = {line.split("  ")[0].strip(): line for line in run.output.splitlines()}
    assert "told by perch_api" in lines["author_id"]
    assert "id-ada" in lines["author_id"]
    assert "https://portal.example/l/x" in lines["links"]
    assert "[not known]" in lines["author_since"]
    assert "Ad: mended ⏎  [31mred" in lines["text"]
    assert "\x1b" not in run.output, "a stranger's words don't steer the operator's terminal"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_page({}, 410), "gone (status_410)"),
        (json_page({}, 429, retry_after="17"), "rate_limited"),
        (page(b"<h1>hi</h1>"), "unexpected (wrong_type)"),
    ],
)
def test_what_could_not_be_read_is_said_and_is_an_error(sqlite_app, perch, answer, said):
    url = perch.publish()
    perch.answer(url, answer)
    run = probe(sqlite_app, url)
    assert run.exit_code == 1
    assert said in run.output
    assert ("17 s" in run.output) is (said == "rate_limited")


def test_what_is_no_post_is_told_apart(sqlite_app, perch):
    run = probe(sqlite_app, f"{perch.url}/@ada")
    assert run.exit_code == 2
    assert "profile" in run.output
    assert perch.site.paths == []
