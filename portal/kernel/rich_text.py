"""Text that people format: Markdown in, inert HTML out.

What is stored is what was typed. It becomes HTML when it is shown, in three steps: Markdown (which turns
typed tags into text), bleach with one allow-list, and nh3 with the same list as the last filter. bleach has
had its last release and by itself lets a few odd link schemes through; nh3 removes them, and can replace it
behind this module.

A fix in any of the three reaches old text: whatever caches the result does so under `CLEANER_VERSION`.
"""

import re
from functools import cache, lru_cache
from importlib.metadata import version

import bleach
import nh3
from flask_babel import LazyString, lazy_gettext
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token
from markupsafe import Markup, escape

BYTES_MAX = 64 * 1024
DEPTH_MAX = 100
CELLS_MAX = 1000
"""Of all tables: four typed characters can become a row, and a wide head fills up every row below it."""
BLOCKS_MAX = 4000
"""Lines, quotes and list items that are formatted. What has more, which nobody writes, is shown as it was typed."""
MARKS_MAX = 8000
"""Asterisks, underscores, tildes and backticks, of which it is the same."""
BRACKETS_MAX = 16
"""Brackets open at once among which links are looked for; each of them is a search through all that follow it."""
TAGS = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
ATTRIBUTES = {"a": ["href", "title"], "ol": ["start"]}
LINK_SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "noopener nofollow ugc"

# Raise the number whenever the rules above or the code below change what comes out.
CLEANER_VERSION = "-".join(("2", *map(version, ("markdown-it-py", "bleach", "nh3"))))

_TABLE_RULE = re.compile(r"[ \t>*+.)\d|:-]*-[ \t|:-]*")
"""The line under a table's head, also inside quotes and lists."""
_CONTAINER_MARKERS = re.compile(r"(?:[ \t]|>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))*")
_MARKER = re.compile(r">|[-+*]|\d+[.)]")
_INDENT_COLUMNS = 2  # the narrowest step by which a list nests
_LINK_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class RichTextRefused(Exception):
    """This text is not rendered. `reason_code`: too_long, too_many_cells, too_deep; `sentence` says what to do."""

    def __init__(self, reason_code: str, sentence: LazyString) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.sentence = sentence


def check(text: str) -> None:
    """Raises RichTextRefused for text too long, with too large tables or nested too deeply; parses nothing."""
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        raise RichTextRefused(
            "too_long",
            lazy_gettext("This text is longer than 64 KB. Shorten it, or split it into several parts."),
        )
    if table_cells(text) > CELLS_MAX:
        raise RichTextRefused(
            "too_many_cells",
            lazy_gettext("The tables in this text have more than 1,000 cells. Use smaller ones."),
        )
    if nesting_depth(text) > DEPTH_MAX:
        raise RichTextRefused(
            "too_deep",
            lazy_gettext("This text nests quotes, lists or brackets more than 100 levels deep. Use fewer levels."),
        )


def table_cells(text: str) -> int:
    """How many cells the tables in `text` could have, never fewer than they do: a short row is filled up with them."""
    cells = 0
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.splitlines()
        if any(_TABLE_RULE.fullmatch(line) for line in lines):
            cells += len(lines) * (1 + max(line.count("|") for line in lines))
    return cells


def is_hardly_text(text: str) -> bool:
    """Is it made of more signs than anybody writes? Each becomes an element, which costs as much as a sentence."""
    return sum(map(text.count, "*_~`")) > MARKS_MAX or blocks(text) > BLOCKS_MAX


def blocks(text: str) -> int:
    """How many paragraphs, quotes and list items `text` could have, hardly fewer than it does."""
    count, prefix_before = 0, ""
    for line in text.splitlines():
        prefix = _CONTAINER_MARKERS.match(line).group()  # type: ignore[union-attr]
        goes_on = prefix == prefix_before and not prefix.strip("> \t")  # in the quotes of the line before
        count += (len(prefix) < len(line)) + (0 if goes_on else len(_MARKER.findall(prefix)))
        prefix_before = prefix
    return count


def nesting_depth(text: str) -> int:
    """How many levels of quotes, lists and brackets `text` could open at once, never less than it does."""
    deepest = 0
    for line in text.splitlines():
        prefix = _CONTAINER_MARKERS.match(line).group().expandtabs(4)  # type: ignore[union-attr]
        blanks = prefix.count(" ")
        deepest = max(deepest, len(_MARKER.findall(prefix)) + blanks // _INDENT_COLUMNS)
    for paragraph in re.split(r"\n\s*\n", text):
        deepest = max(deepest, _brackets_open_at_once(paragraph))
    return deepest


def _brackets_open_at_once(paragraph: str) -> int:
    depth = deepest = 0
    for character in re.findall(r"[\[\]]", paragraph):
        depth = depth + 1 if character == "[" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def render(text: str) -> Markup:
    """`text` as HTML that can't run, load or send anything. Raises RichTextRefused."""
    return _rendered(CLEANER_VERSION, text)


@lru_cache(maxsize=256)
def _rendered(cleaner_version: str, text: str) -> Markup:
    check(text)
    if is_hardly_text(text):
        return clean(f"<pre><code>{escape(text)}</code></pre>")
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"  # the page's own title is its only h1
    return clean(_parser().renderer.render(tokens, _parser().options, {}))


def clean(html: str) -> Markup:
    """`html` reduced to the allow-list. Unknown tags stay as visible text; a second time changes nothing."""
    shown = bleach.clean(html, tags=TAGS, attributes=ATTRIBUTES, protocols=LINK_SCHEMES, strip=False)
    inert = nh3.clean(
        shown,
        tags=set(TAGS),
        clean_content_tags=set(),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        generic_attribute_prefixes=set(),
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        link_rel=LINK_REL,
    )
    return Markup(inert)  # noqa: S704  the one place that says HTML is safe


def plain(text: str) -> str:
    """`text` for a reader without HTML: links followed by their address, lists and quotes marked, no tags.

    Raises RichTextRefused.
    """
    check(text)
    if is_hardly_text(text):
        return text.strip("\n")
    writer = _PlainWriter()
    for token in _parser().parse(text):
        writer.take(token)
    return "\n".join(writer.lines).strip("\n")


class _PlainWriter:
    """Turns Markdown's blocks into lines, each led by the marks of the quotes and list items it stands in."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._marks: list[str] = []
        self._next_numbers: list[int | None] = []
        self._cells: list[str] | None = None

    def take(self, token: Token) -> None:
        act = getattr(self, f"_{token.type}", None)
        if act:
            act(token)

    def _write(self, text: str) -> None:
        for line in text.split("\n"):
            self.lines.append("".join(self._marks) + line)
            # an item's mark stands at its first line only, a quote's at each
            self._marks = [mark if mark == "> " else " " * len(mark) for mark in self._marks]

    def _end_block(self, token: Token) -> None:
        between = "".join(self._marks).rstrip()
        if not token.hidden and self.lines and self.lines[-1] != between:
            self.lines.append(between)

    _paragraph_close = _heading_close = _table_close = _end_block

    def _blockquote_open(self, token: Token) -> None:
        self._marks.append("> ")

    def _blockquote_close(self, token: Token) -> None:
        if self.lines and self.lines[-1] == "".join(self._marks).rstrip():
            self.lines.pop()  # the gap after its last paragraph belongs outside
        self._marks.pop()
        self._end_block(token)

    def _bullet_list_open(self, token: Token) -> None:
        self._next_numbers.append(None)

    def _ordered_list_open(self, token: Token) -> None:
        self._next_numbers.append(int(token.attrGet("start") or 1))

    def _list_close(self, token: Token) -> None:
        self._next_numbers.pop()
        if not self._next_numbers:
            self._end_block(token)

    _bullet_list_close = _ordered_list_close = _list_close

    def _list_item_open(self, token: Token) -> None:
        number = self._next_numbers[-1]
        self._marks.append("- " if number is None else f"{number}. ")
        if number is not None:
            self._next_numbers[-1] = number + 1

    def _list_item_close(self, token: Token) -> None:
        self._marks.pop()

    def _tr_open(self, token: Token) -> None:
        self._cells = []

    def _tr_close(self, token: Token) -> None:
        self._write(" | ".join(self._cells or []))
        self._cells = None

    def _inline(self, token: Token) -> None:
        if self._cells is None:
            self._write(_inline_text(token))
        else:
            self._cells.append(_inline_text(token))

    def _code_block(self, token: Token) -> None:
        self._write(token.content.rstrip("\n"))
        self._end_block(token)

    _fence = _code_block

    def _hr(self, token: Token) -> None:
        self._write("---")
        self._end_block(token)


def _inline_text(inline: Token) -> str:
    written: list[str] = []
    link_starts: list[tuple[int, str]] = []
    for token in inline.children or []:
        if token.type == "link_open":
            link_starts.append((len(written), str(token.attrGet("href"))))
        elif token.type == "link_close":
            start, address = link_starts.pop()
            if "".join(written[start:]) not in (address, address.removeprefix("mailto:")):
                written.append(f" ({address})")
        elif token.type in ("softbreak", "hardbreak"):
            written.append("\n")
        else:
            written.append(token.content)
    return "".join(written)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEPTH_MAX})
    parser.enable(["table", "strikethrough"]).disable("image")  # a picture from elsewhere would tell who reads
    parser.inline.ruler.at("link", _link)
    parser.validateLink = _is_allowed_link  # type: ignore[method-assign, assignment]
    return parser


def _link(state: StateInline, silent: bool) -> bool:
    """Markdown's rule, but in a paragraph with too many brackets open at once, where all of them stay text."""
    if state.src[state.pos] != "[":
        return False
    known = state.env.get("brackets")
    if known is None or known[0] is not state.src:
        known = state.env["brackets"] = state.src, _brackets_open_at_once(state.src)
    return known[1] <= BRACKETS_MAX and link(state, silent)


def _is_allowed_link(address: str) -> bool:
    scheme = _LINK_SCHEME.match(address)
    return scheme is not None and scheme[1].lower() in LINK_SCHEMES
