"""The worked example of docs/networks.md, "A network more": its blocks are put where they say, and a post is read."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from portal.shares.platforms.addresses import read_address
from portal.shares.platforms.known_hosts import KnownHosts
from portal.shares.platforms.reading import Post, Problem
from tests.conftest import settings_for
from tests.kernel.authority import Authority
from tests.shares.platforms.replay import exchanges_in, replaying
from tests.shares.platforms.test_urls import LABELS, labels_of

DOC = Path(__file__).parents[3] / "docs" / "networks.md"
BLOCK = re.compile(r"^   ```(\w+)\n(.*?)^   ```$", re.M | re.S)


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[str]]:
    """By language, in their order."""
    found: dict[str, list[str]] = {}
    for language, block in BLOCK.findall(DOC.read_text("utf-8").partition("## A network more")[2]):
        found.setdefault(language, []).append(dedent(block))
    return found


@pytest.fixture
def perchlet(blocks, monkeypatch) -> ModuleType:
    """Its module, from the blocks of step 1 and step 4."""
    module = ModuleType("portal.shares.platforms.perchlet")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile("\n\n".join(blocks["python"]), str(DOC), "exec"), module.__dict__)
    return module


def test_its_addresses_are_understood(blocks, perchlet):
    for line in blocks["json"][0].splitlines():
        wanted = json.loads(line)
        found = labels_of(perchlet.identify(read_address(wanted["url"])))
        assert {name: found[name] for name in LABELS} == {name: wanted[name] for name in LABELS}


def test_its_post_is_read_and_a_deleted_one_is_gone(blocks, perchlet, tmp_path):
    expected, [answer] = json.loads(blocks["json"][1]), blocks["http"]
    assert perchlet.understand_profile(perchlet, "@Ada").name == "ada"
    reader = perchlet.reader(settings_for(tmp_path), KnownHosts({}))
    identified = perchlet.identify(read_address(expected["url"]))
    authority = Authority(tmp_path)
    for state, text in {"success": answer, "deleted": answer.replace(" 200", " 404")}.items():
        (tmp_path / f"{state}.http").write_text(text, "utf-8")
        with replaying(exchanges_in(tmp_path / f"{state}.http"), authority) as replay:
            reading = reader.read_post(replay.fetcher, identified)
        wanted = expected["states"][state]
        if isinstance(reading, Problem):
            assert reading.trouble == wanted["trouble"]
        else:
            assert isinstance(reading, Post)
            assert {name: getattr(reading, name) for name in wanted["post"]} == wanted["post"]
