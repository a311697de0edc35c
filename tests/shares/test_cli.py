"""`platforms identify` and `platforms list`: the operators' commands, as they are typed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.shares.hosts import StoredHosts

KEYS = ["url", "platform", "kind", "canonical", "post_id", "author", "posted_at", "reason"]


@pytest.fixture
def identify(sqlite_app):
    def run(lines: list[object], *arguments: str) -> list[dict[str, object]]:
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        run = sqlite_app.test_cli_runner().invoke(args=["platforms", "identify", *arguments], input=text)
        assert run.exit_code == 0, run.output
        return [json.loads(line) for line in run.output.splitlines()]

    return run


def test_each_line_gets_an_object_in_order(identify):
    urls = [
        "https://twitter.com/Ada_Mends/status/1790000000000000001?s=20",
        "https://www.tiktok.com/@ada.mends",
        "https://vm.tiktok.com/ZNaB3dE6g/",
        "look: https://youtu.be/aB3dE6-H_9k !",
        "https://blog.example/2026/10/mended",
    ]
    found = identify([{"url": url, "more": 1} for url in urls])
    assert [each["url"] for each in found] == urls
    assert all(list(each) == KEYS for each in found)
    assert [(each["platform"], each["kind"], each["reason"]) for each in found] == [
        ("x", "post", None), ("tiktok", "profile", "profile"), ("tiktok", "short", "short_link"),
        ("youtube", "post", None), (None, "other", "web_page"),
    ]  # fmt: skip
    assert found[0] == {
        "url": urls[0], "platform": "x", "kind": "post", "canonical": "https://x.com/ada_mends/status/1790000000000000001",
        "post_id": "1790000000000000001", "author": "ada_mends", "posted_at": "2024-05-13T12:43:51Z", "reason": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "not_json"),
        ("https://x.com/ada/status/27", "not_json"),
        ("[" * 100_000, "not_json"),
        ("[]", "not_json"),
        ("null", "not_json"),
        ("{}", "no_url"),
        ({"url": None}, "no_url"),
        ({"url": 27}, "no_url"),
        ({"url": ""}, "empty"),
        ('{"url": "https://x.com/\\ud800/status/27"}', "hidden_characters"),
    ],
)
def test_a_bad_line_is_told_apart_and_stops_nothing(identify, line, reason):
    bad, good = identify([line, {"url": "https://x.com/ada/status/27"}])
    assert (bad["platform"], bad["kind"], bad["reason"]) == (None, "other", reason)
    assert (good["platform"], good["kind"]) == ("x", "post")


def test_bytes_that_are_no_text_stop_nothing(sqlite_app):
    run = sqlite_app.test_cli_runner().invoke(args=["platforms", "identify"], input=b'{"url": "\xff"}\n')
    assert json.loads(run.output)["reason"] == "not_json"


SERVERS = [
    {"url": "https://social.example/@Ada/114000000000000001"},
    {"url": "https://video.example/w/4kcjg9T4XnuUQ9hHtD6JCe"},
    {"url": "https://forum.example/post/123456"},
]


def test_servers_are_known_by_a_file(identify, tmp_path):
    known = tmp_path / "hosts.json"
    known.write_text(json.dumps({"fediverse": ["Social.Example"], "peertube": ["video.example"], "lemmy": []}))
    found = identify(SERVERS, "--known", str(known))
    assert [each["platform"] for each in found] == ["mastodon", "peertube", None]


@pytest.mark.parametrize("content", ["[]", "{", '{"lemmy": "forum.example"}'])
def test_a_file_of_another_shape_is_refused_with_its_name(sqlite_app, tmp_path, content):
    known = tmp_path / "hosts.json"
    known.write_text(content)
    run = sqlite_app.test_cli_runner().invoke(args=["platforms", "identify", "--known", str(known)])
    assert run.exit_code == 2
    assert "hosts.json" in run.output


def test_servers_are_known_by_what_they_once_said(identify, monkeypatch):
    assert {each["platform"] for each in identify(SERVERS)} == {None}
    for host, software in (("social.example", "mastodon"), ("video.example", "peertube"), ("forum.example", "")):
        StoredHosts().remember(host, software)
    assert [each["platform"] for each in identify(SERVERS)] == ["mastodon", "peertube", None]
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert {each["platform"] for each in identify(SERVERS)} == {None}


def test_without_a_database_no_server_is_known(sqlite_app, identify):
    from portal.extensions import db
    from portal.shares.models import NetworkHost

    with unit_of_work():
        NetworkHost.__table__.drop(db.session.connection())
    assert {each["platform"] for each in identify(SERVERS)} == {None}
    with unit_of_work():
        NetworkHost.__table__.create(db.session.connection())


def test_every_network_says_what_can_be_known_of_it(sqlite_app):
    run = sqlite_app.test_cli_runner().invoke(args=["platforms", "list"])
    assert run.exit_code == 0
    for name in ("X (x)", "Bluesky (bluesky)", "WhatsApp (whatsapp)", "Web page or blog (web)"):
        assert f"{name}" in run.output
    assert run.output.count("without a key:") == run.output.count("never:") >= 25
    assert "WhatsApp (whatsapp) · read by: a person" in run.output
    assert "Mastodon (mastodon)\n" in run.output
