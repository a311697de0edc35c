"""The share kit of one fan: captions with the disclosure first and the tracked link in, and where to post them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.accounts.models import Handle, Person
from portal.missions.composers import Composer, composers_for
from portal.missions.disclosure_texts import NETWORK_LABELS, first_line
from portal.missions.models import KitImage, Mission


@dataclass(frozen=True)
class KitText:
    """A caption to start from."""

    id: str
    """For the page's anchors."""
    text: str
    disclosure: str
    """The part of `text` that has to stay."""
    locale: str
    composers: list[Composer]


@dataclass(frozen=True)
class Kit:
    """All of it; `link` is empty until the place is claimed, or where the mission has none."""

    texts: list[KitText]
    images: Sequence[KitImage]
    link: str
    labels: list[str]
    """What the mission's networks want beside the words."""


def kit_for(
    mission: Mission, person: Person, *, brand: str, link: str, handles: Sequence[Handle], sandbox_url: str
) -> Kit:
    """The kit as `person` sees it. `handles`: their proved accounts; those that the mission takes get a composer."""
    usable = [handle for handle in handles if not mission.platforms or handle.platform in mission.platforms]
    drafts = [(caption.id, caption.text, caption.locale) for caption in mission.captions]
    texts = []
    for id_, body, locale in drafts or [("own", "", person.locale)]:
        disclosure = first_line(jurisdiction=mission.jurisdiction, country=person.country, language=locale, brand=brand)
        text = _caption(disclosure, body, mission.required_tag, link)
        composers = composers_for(usable, text, link, sandbox_url=sandbox_url)
        texts.append(KitText(id_, text, disclosure, locale, composers))
    labels = sorted({str(NETWORK_LABELS[each]) for each in mission.platforms if each in NETWORK_LABELS})
    return Kit(texts, mission.images, link, labels)


def _caption(disclosure: str, body: str, tag: str, link: str) -> str:
    """Disclosure, words, tag and link, each once and each where a reader and a check find it."""
    closing = [part for part in (tag, link) if part and part not in body]
    return "\n\n".join(part for part in (disclosure, body.strip(), " ".join(closing)) if part)
