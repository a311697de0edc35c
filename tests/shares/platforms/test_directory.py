"""Which network answers for an address, what strangers' text does to that, and that the docs agree with the code."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.shares.platforms.describing import as_markdown
from portal.shares.platforms.directory import network_modules
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.pages import MEANINGS
from portal.shares.platforms.reading import Kind
from portal.shares.platforms.registry import Networks
from tests.conftest import settings_for

DOC = Path(__file__).parents[3] / "docs" / "networks.md"


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return Networks(settings_for(tmp_path_factory.mktemp("data"), sandbox=False), KnownHosts({}))


def test_no_two_networks_have_one_host(networks):
    hosts = [host for module in network_modules() for host in module.ABOUT.hosts]
    assert len(hosts) == len(set(hosts))
    codes = [module.ABOUT.code for module in network_modules()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("host", ["notx.com", "x.com.example", "xx.com", "fakeyoutu.be", "mytiktok.com", "nott.me"])
def test_a_host_is_never_known_by_its_mere_ending(networks, host):
    assert networks.look_at(f"https://{host}/ada/status/27").platform in ("", "web")


def test_every_module_says_where_its_facts_are_from():
    for module in network_modules():
        assert "Source" in (module.__doc__ or "") or module.ABOUT.code == "perch", module.__name__
        about = module.ABOUT
        assert all((about.without_key, about.with_key, about.with_login, about.never)), about.code


def test_every_network_can_be_handed_in_and_have_handles(networks):
    offered = {guide.code for guide in networks.guides()}
    assert offered >= {about.code for about in networks.about()} - {"web"}
    assert len(networks.about()) >= 25


def test_each_network_understands_the_example_that_it_gives_for_an_account(networks):
    for guide in networks.guides():
        assert networks.understand(guide.code, guide.example).platform == guide.code


def test_a_network_is_read_here_or_says_why_a_person_reads_it(networks):
    for about in networks.about():
        assert not (networks.reads(about.code) and about.why_a_person), about.code


def test_an_address_may_have_words_around_it(networks):
    found = networks.identify("Here it is: https://social.example/@Ada/114000000000000001 — enjoy!")
    assert found.canonical == "https://social.example/@Ada/114000000000000001"


ANYTHING = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=st.characters(max_codepoint=127), max_size=300).map(lambda text: f"https://{text}"),
    st.text(max_size=100).map(lambda text: f"https://x.com/{text}"),
    st.text(alphabet="/.%@:#?&=-_~aA0\\ \t\n\u200b", max_size=200).map(lambda text: f"https://www.facebook.com/{text}"),
    st.binary(max_size=100).map(lambda data: data.decode("latin-1")),
)


@given(typed=ANYTHING)
@settings(max_examples=10_000, deadline=None)
def test_no_text_breaks_identification(networks, typed):
    found = networks.look_at(typed)
    assert found.kind is Kind.POST or found.reason in MEANINGS


HOSTS = [
    "x.com", "www.instagram.com", "www.facebook.com", "www.linkedin.com", "www.reddit.com", "www.youtube.com",
    "medium.com", "bsky.app", "www.dailymotion.com", "vimeo.com", "ada.tumblr.com", "www.tumblr.com", "dev.to",
    "t.me", "unknown.example",
]  # fmt: skip
PIECES = ["a-", "a_", "/a", "a.", "%41", "/posts/", "activity-", "-a/", "@a/", "1/", "_1", "((", "a ", "://", "r/a/"]


@pytest.mark.parametrize("host", HOSTS)
def test_no_text_costs_more_time_than_its_length(networks, host):
    """Patterns meet strangers' text: the longest that is looked at must not cost many times a short one's share."""
    for piece in PIECES:
        seconds = min(seconds_of(networks, f"https://{host}/" + (piece * 2000)[:1900]) for _ in range(3))
        assert seconds < 0.02, piece


def seconds_of(networks: Networks, typed: str) -> float:
    began = time.process_time()
    networks.look_at(typed)
    return time.process_time() - began


def test_the_docs_say_of_each_network_what_the_code_knows(networks):
    text = DOC.read_text("utf-8")
    assert as_markdown(networks.about(), networks.reads) in text, "flask --app wsgi platforms list --markdown"
    for reason, meaning in MEANINGS.items():
        assert f"| `{reason}` | {meaning} |\n" in text
