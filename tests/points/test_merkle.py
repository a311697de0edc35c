"""The tree is RFC 6962's, and a path proves its own leaf in its own place, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.points.merkle import Tree
from portal.points.verify_statement import GENESIS, broken_links, chain, hash_leaf, hash_node, root_by_path

DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Leaves and roots of Certificate Transparency's own tests (certificate-transparency-go, merkletree)."""

leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)
FEW = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    tree = Tree([hash_leaf(bytes.fromhex(data)) for data in DATA[:size]])
    assert tree.root.hex() == ROOTS[size - 1]


def test_a_day_without_movements_has_the_empty_root() -> None:
    assert Tree([]).root == hashlib.sha256(b"").digest()


def by_the_book(rows: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(rows) == 1:
        return rows[0]
    split = 1
    while split * 2 < len(rows):
        split *= 2
    return hash_node(by_the_book(rows[:split]), by_the_book(rows[split:]))


@FEW
@given(leaves)
def test_pairing_gives_the_tree_of_the_book(rows: list[bytes]) -> None:
    assert Tree(rows).root == by_the_book(rows)


@FEW
@given(leaves, st.data())
def test_every_leaf_is_proved_in_its_place_and_in_no_other(rows: list[bytes], data: st.DataObject) -> None:
    tree, size = Tree(rows), len(rows)
    place = data.draw(st.integers(0, size - 1))
    path = tree.path(place)
    assert root_by_path(rows[place], place, size, path) == tree.root
    other = data.draw(st.integers(-1, size))
    if other != place and not (0 <= other < size and rows[other] == rows[place]):
        assert root_by_path(rows[place], other, size, path) != tree.root


@FEW
@given(leaves, st.data())
def test_a_changed_leaf_or_path_leads_elsewhere(rows: list[bytes], data: st.DataObject) -> None:
    tree, size = Tree(rows), len(rows)
    place = data.draw(st.integers(0, size - 1))
    path = tree.path(place)
    flipped = bytes([rows[place][0] ^ 1]) + rows[place][1:]
    assert root_by_path(flipped, place, size, path) != tree.root
    assert root_by_path(rows[place], place, size, [*path, rows[0]]) != tree.root
    if path:
        spoiled = data.draw(st.integers(0, len(path) - 1))
        changed = [bytes(32) if number == spoiled else each for number, each in enumerate(path)]
        assert root_by_path(rows[place], place, size, changed) != tree.root
        assert root_by_path(rows[place], place, size, path[:-1]) != tree.root


def test_a_path_that_is_too_long_or_too_short_fits_no_tree() -> None:
    rows = [hash_leaf(bytes([number])) for number in range(5)]
    path = Tree(rows).path(2)
    assert root_by_path(rows[2], 2, 5, [*path, rows[0]]) is None
    assert root_by_path(rows[2], 2, 5, path[:-1]) is None


@pytest.mark.parametrize("position", [-1, 2])
def test_there_is_no_path_from_a_place_without_a_leaf(position: int) -> None:
    with pytest.raises(IndexError):
        Tree([hash_leaf(b"a"), hash_leaf(b"b")]).path(position)


def test_a_node_is_never_taken_for_a_leaf() -> None:
    first, second = hash_leaf(b"a"), hash_leaf(b"b")
    assert hash_leaf(first + second) != hash_node(first, second)


@FEW
@given(st.lists(st.tuples(st.integers(0, 9), st.binary(min_size=32, max_size=32)), min_size=2, max_size=9), st.data())
def test_a_chain_shows_what_was_changed_left_out_or_exchanged(
    days: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    seals, previous = [], GENESIS
    for number, (movements, root) in enumerate(days, 1):
        day = f"2026-10-{number:02}"
        value = chain(previous, day, movements, root.hex())
        seals.append({"number": number, "day": day, "movements": movements, "root": root.hex(),
                      "previous": previous, "chain": value})  # fmt: skip
        previous = value
    assert broken_links(seals) == []
    at = data.draw(st.integers(0, len(seals) - 1))
    more = [{**seal, "movements": seal["movements"] + (number == at)} for number, seal in enumerate(seals)]
    assert broken_links(more)
    first = {**seals[0], "previous": "1" * 64, "chain": chain("1" * 64, seals[0]["day"], days[0][0], days[0][1].hex())}
    assert broken_links([first])
    if at:
        assert broken_links([{**seal, "number": seal["number"] + (place >= at)} for place, seal in enumerate(seals)])
    if 0 < at < len(seals) - 1:
        assert broken_links(seals[:at] + seals[at + 1 :])
