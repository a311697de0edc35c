"""Every template and static file: nothing inline, colours by token, icons that exist, vendored files as pinned."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))

COMMENT = re.compile(r"\{#.*?#\}", re.S)
EXPRESSION = re.compile(r"\{[{%].*?[}%]\}", re.S)
TAG = re.compile(r"<[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)

INLINE = {
    "style attribute": re.compile(r"\sstyle\s*="),
    "event handler": re.compile(r"\s(?:on[a-z]+|hx-on[:\w-]*)\s*="),
    "javascript address": re.compile(r"=\s*[\"']?\s*javascript:", re.I),
    "script without src": re.compile(r"<script(?![^>]*\ssrc=)"),
    "style element": re.compile(r"<style\b"),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def inline_parts(markup: str) -> list[str]:
    """What a strict Content-Security-Policy would refuse in this template."""
    tags = TAG.findall(EXPRESSION.sub("", COMMENT.sub("", markup)))
    return [what for what, pattern in INLINE.items() if any(pattern.search(tag) for tag in tags)]


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_templates_hold_nothing_inline(template: Path) -> None:
    assert inline_parts(template.read_text()) == []


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ('<p style="color:red">', "style attribute"),
        ('<p {% if x %}class="a"{% endif %} style=x>', "style attribute"),
        ('<button onclick="go()">', "event handler"),
        ("<script>go()</script>", "script without src"),
        ('<a href="javascript:go()">', "javascript address"),
        ("<style>p{}</style>", "style element"),
    ],
)
def test_inline_parts_would_be_found(markup: str, what: str) -> None:
    assert inline_parts(markup) == [what]


COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|color)\(|oklch\((?!from var)"
    r"|:[^;{}]*\b(?:white|black|red|green|blue|grey|gray|yellow|orange|purple)\b",
    re.I,
)


@pytest.mark.parametrize("sheet", [s for s in SHEETS if s.name != "tokens.css"], ids=name_of)
def test_colours_are_named_in_tokens_alone(sheet: Path) -> None:
    assert COLOUR.findall(CSS_COMMENT.sub("", sheet.read_text())) == []


def test_every_custom_property_in_use_is_defined() -> None:
    text = "".join(CSS_COMMENT.sub("", sheet.read_text()) for sheet in SHEETS)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) - defined == set()


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_every_rule_is_in_a_layer(sheet: Path) -> None:
    text = CSS_COMMENT.sub("", sheet.read_text())
    if sheet.name == "tokens.css":
        order, text = text.split(";", 1)
        assert order.strip() == "@layer reset, tokens, base, layout, components, utilities"
    outside, depth = "", 0
    for character in text:
        depth -= character == "}"
        if depth == 0:
            outside += character
        depth += character == "{"
    starts = [start.strip("{} \n") for start in re.findall(r"[^}]+", outside)]
    allowed = re.compile(r"@layer (?:reset|tokens|base|layout|components|utilities)|@font-face")
    assert [start for start in starts if start and not allowed.fullmatch(start)] == []


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_only_hiding_is_important(sheet: Path) -> None:
    rules = re.findall(r"([^{};]+)\{[^{}]*!important", CSS_COMMENT.sub("", sheet.read_text()))
    on_paper = ".side, .tabs, .topbar, .toasts, .btn, .crumb, .no-print, .site-foot"
    assert {rule.strip() for rule in rules} <= {"[hidden]", ".only-phone", ".only-desk", on_paper}


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_sheets_fetch_nothing_from_elsewhere(sheet: Path) -> None:
    text = sheet.read_text()
    assert "@import" not in text
    for address in re.findall(r"url\(\"?([^\")]+)", text):
        assert (sheet.parent / address.partition("?")[0]).is_file()


CLASSES = {
    found
    for sheet in SHEETS
    for found in re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"url\([^)]*\)", "", CSS_COMMENT.sub("", sheet.read_text())))
}


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_templates_use_classes_that_exist(template: Path) -> None:
    markup = COMMENT.sub("", template.read_text())
    written = re.findall(r'\sclass="([^"{}]*)"', markup)
    assert {name for names in written for name in names.split()} - CLASSES == set()


ICON_USES = (
    re.compile(r"\b(?:icon|empty)\(\s*\"([a-z][\w-]*)\"\s*[,)]"),
    re.compile(r"\bicon(?:_name)?\s*=\s*\"([a-z][\w:-]*)\""),
    re.compile(r"[\"']icon[\"']\s*:\s*[\"']([a-z][\w:-]*)[\"']"),
    re.compile(r"\bicon_button\([^()]*(?:\([^()]*\))?[^()]*,\s*\"([a-z][\w-]*)\""),
    re.compile(r"\[\"(?:ok|warn|bad|info|wait|)\", N_\([^)]*\), \"([a-z][\w-]*)\"\]"),
    re.compile(r"\bpill\([^()]*(?:\([^()]*\))?,\s*\"([a-z][\w-]*)\"\)"),
)


def test_every_icon_in_use_is_in_the_sprite() -> None:
    sources = [*TEMPLATES, *(ROOT / "portal").rglob("*.py")]
    used = {
        name: name_of(source)
        for source in sources
        for pattern in ICON_USES
        for name in pattern.findall(source.read_text())
    }
    missing = {n: where for n, where in used.items() if n.replace("net:", "net-") not in SPRITE}
    assert len(used) > 40
    assert missing == {}


def test_the_sprite_holds_what_its_list_names() -> None:
    listed = (STATIC / "vendor" / "icons.txt").read_text().splitlines()
    names = {line for line in listed if line and not line.startswith("#")}
    marks = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "vendor" / "marks.svg").read_text()))
    assert names | marks == SPRITE


def test_vendored_files_are_those_of_the_manifest() -> None:
    vendor = STATIC / "vendor"
    entries = json.loads((vendor / "manifest.json").read_text())["files"]
    for entry in entries:
        digest = hashlib.sha384((vendor / entry["file"]).read_bytes()).digest()
        assert entry["integrity"] == "sha384-" + base64.b64encode(digest).decode(), entry["file"]
        assert (vendor / entry["licence_file"]).stat().st_size > 100
    scripts = {entry["file"] for entry in entries} & {p.name for p in vendor.glob("*.js")}
    assert scripts == {p.name for p in vendor.glob("*.js")}
    base = (ROOT / "templates" / "layouts" / "_assets.html").read_text()
    assert all(entry["integrity"] in base for entry in entries if entry["file"] in scripts)


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_scripts_never_write_markup_or_run_text(script: Path) -> None:
    danger = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b")
    assert danger.findall(script.read_text()) == []


def test_a_first_view_stays_light() -> None:
    """P-41: at most 100 KB compressed, photos apart; what is left to the page itself is 8 KB."""
    base = (ROOT / "templates" / "layouts" / "_assets.html").read_text()
    linked = [
        *[path for path in (*SHEETS, *SCRIPTS) if f'"{path.stem}"' in base or path.name in base],
        STATIC / "vendor" / "htmx.min.js",
        STATIC / "icons.svg",
    ]
    font = (STATIC / "fonts" / "inter-latin-wght-normal.woff2").stat().st_size
    assert font + sum(len(gzip.compress(path.read_bytes())) for path in linked) <= 92_000
    assert len(linked) > 15
