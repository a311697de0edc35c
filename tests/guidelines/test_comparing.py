"""What an older reader is shown of a new version."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.guidelines.comparing import Line, Mark, compare
from portal.kernel.word_diff import WORDS_COMPARED_MAX

BEFORE = "## Disclose\n\nAdd a hashtag to your post.\n\n## Faces\n\nAsk people before you post."


def shown(line: Line) -> str:
    return line.mark + ": " + "".join(f"[{piece.text}]" if piece.changed else piece.text for piece in line.pieces)


def test_a_changed_rule_shows_its_heading_and_the_words_that_went_and_came() -> None:
    difference = compare(BEFORE, BEFORE.replace("Ask people before", "Ask everyone in it before"))
    assert [shown(line) for line in difference.lines] == [
        "same: Faces",
        "del: Ask [people] before you post.",
        "add: Ask [everyone in it] before you post.",
    ]
    assert (difference.sections_changed, difference.sections_same) == (1, 1)


def test_a_new_rule_and_a_dropped_section() -> None:
    after = "## Disclose\n\nAdd a hashtag to your post.\n\nAlways in its language."
    difference = compare(BEFORE, after)
    assert [shown(line) for line in difference.lines] == [
        "del: [Faces]",
        "same: Disclose",
        "add: [Always in its language.]",
        "del: [Ask people before you post.]",
    ]


def test_unrelated_paragraphs_are_one_gone_and_one_new() -> None:
    difference = compare("Post at dusk.", "Quote nobody without asking.")
    assert [shown(line) for line in difference.lines] == ["del: [Post at dusk.]", "add: [Quote nobody without asking.]"]


def test_wrapping_a_paragraph_another_way_is_no_change() -> None:
    assert compare("One rule\nfor all.\r\n\r\n- a\n- b", "One rule for all.\n\n- a\n\n- b").lines == ()


def test_a_list_is_compared_item_by_item() -> None:
    difference = compare("- say who pays\n- ask first", "- say who pays\n- ask twice")
    assert [shown(line) for line in difference.lines] == ["del: - ask [first]", "add: - ask [twice]"]


def test_a_very_long_paragraph_is_shown_whole() -> None:
    long = "word " * (WORDS_COMPARED_MAX + 1)
    difference = compare(long, long + "more")
    assert [line.mark for line in difference.lines] == [Mark.REMOVED, Mark.ADDED]
    assert all(piece.changed for line in difference.lines for piece in line.pieces)


texts = st.lists(
    st.sampled_from(["## One", "## Two", "Ask first.", "Ask twice, then post.", "- item", ""]), max_size=12
)


@settings(deadline=None)  # a busy machine is no failure
@given(texts, texts)
def test_nothing_that_changed_is_left_out(before: list[str], after: list[str]) -> None:
    """Every paragraph that stands in one version only is on a changed line, and equal texts have no lines."""
    difference = compare("\n\n".join(before), "\n\n".join(after))
    words = {
        mark: [" ".join("".join(p.text for p in line.pieces).split()) for line in difference.lines if line.mark == mark]
        for mark in Mark
    }
    plain = {text: text.removeprefix("## ") for text in [*before, *after] if text}
    for text in set(plain) - set(before):
        assert plain[text] in words[Mark.ADDED]
    for text in set(plain) - set(after):
        assert plain[text] in words[Mark.REMOVED]
    if [t for t in before if t] == [t for t in after if t]:
        assert not difference.lines
