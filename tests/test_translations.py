"""Every visible string is translatable, and translated: English and German are complete."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "portal" / "translations"
LANGUAGES = ("de", "en")
KEYWORDS = ("lazy_gettext", "_l", "lazy_ngettext:1,2", "lazy_pgettext:1c,2")
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every message of the source as it is now."""
    path = tmp_path_factory.mktemp("messages") / "messages.pot"
    keywords = [argument for keyword in KEYWORDS for argument in ("-k", keyword)]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml", *keywords]
    subprocess.run([*command, "-o", str(path), "."], cwd=ROOT, check=True)
    with path.open("rb") as file:
        return read_po(file)


def catalogue(language: str) -> Catalog:
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def translations(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def sources(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def test_the_source_has_messages(template: Catalog) -> None:
    assert len(template) > 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing(template: Catalog, language: str) -> None:
    known = catalogue(language)
    missing = []
    for message in template:
        found = known.get(message.id, message.context) if message.id else None
        if message.id and (found is None or found.fuzzy or not all(translations(found))):
            missing.append(sources(message)[0])
    assert missing == [], "run `make messages`, then translate these"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_over(template: Catalog, language: str) -> None:
    left_over = [m.id for m in catalogue(language) if m.id and template.get(m.id, m.context) is None]
    assert left_over == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    wrong = []
    for message in catalogue(language):
        wanted = set(PLACEHOLDER.findall(" ".join(sources(message))))
        for text in translations(message) if message.id else ():
            found = set(PLACEHOLDER.findall(text))
            if found - wanted or (len(sources(message)) == 1 and found != wanted):
                wrong.append(text)
    assert wrong == []


def test_german_is_german() -> None:
    """A catalogue filled with its source would pass the tests above."""
    same = [m.id for m in catalogue("de") if isinstance(m.id, str) and len(m.id.split()) > 3 and m.string == m.id]
    assert same == []


NOT_SHOWN = re.compile(
    r"\{% block \w*class %\}.*?\{% endblock %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}"
    r"|<!--.*?-->|<script.*?</script>|<style.*?</style>|<code.*?</code>",
    re.S,
)
WORDS = re.compile(r">([^<>]*[A-Za-z]{3,}[^<>]*)<")
SPOKEN = re.compile(r"\b(?:aria-label|alt|placeholder|title)=\"([^\"]*[A-Za-z]{3,}[^\"]*)\"")


def test_no_template_holds_words_that_cannot_be_translated() -> None:
    bare = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = NOT_SHOWN.sub("", path.read_text(encoding="utf-8"))
        found = WORDS.findall(text) + SPOKEN.findall(text)
        bare += [f"{path.relative_to(ROOT)}: {words.strip()}" for words in found]
    assert bare == []


def test_no_text_hides_in_an_f_string() -> None:
    """Extraction does not look into the braces of f-strings."""
    hidden = re.compile(r"""\bf["'].*\{(?:_|_l|gettext|ngettext)\(""")
    modules = sorted((ROOT / "portal").rglob("*.py"))
    assert [str(path) for path in modules if hidden.search(path.read_text(encoding="utf-8"))] == []


def test_german_tells_a_share_from_the_post_on_a_network() -> None:
    """A share is a „Beitrag“, what stands on a network is a „Post“: one word for two things would confuse both."""
    said = [(" ".join(_forms(m.id)), " ".join(_forms(m.string))) for m in catalogue("de") if m.id]
    wrong = [
        english
        for english, german in said
        if re.search(r"\bposts?\b", english, re.I) and not re.search(r"\bshares?\b", english, re.I)
        and re.search(r"\bBeitr[aä]g", german)
    ]  # fmt: skip
    assert wrong == []


def _forms(said: str | tuple[str, ...]) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (said,)
