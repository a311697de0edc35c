"""LinkedIn.

Sources: learn.microsoft.com/linkedin (URNs; `r_member_social` is restricted), yt-dlp and iframely (June to August 2026)
for addresses. The activity, the share and the ugcPost of one post have three numbers: nothing offline tells that they
are the same.
"""

from __future__ import annotations

import re

from portal.shares.platforms import id_times
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import SHARE_DIALOG
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape, spelled

ABOUT = About(
    "linkedin", "LinkedIn", frozenset({"linkedin.com", "linkedin.cn", "lnkd.in"}),
    without_key="nothing; the time from the id",
    with_key="nothing: there is no public API",
    with_login="nothing: r_member_social is given to few",
    never="author, text and audience; that an activity, a share and a ugcPost are one post",
    profile_form="https://www.linkedin.com/in/{name}",
    why_a_person="no_api",
)  # fmt: skip
_PREFIX = re.compile(r"\A(?:comm|mwlite|amp|m)/(?=.)", re.I)
_KIND_ID = r"(?P<kind>activity|share|ugcpost)[-:](?P<id>[1-9]\d{14,19})"
_UPDATE = shape(
    rf"(?:embed/)?(?:feed/(?:update|posts)|video/(?:live|event)|posts|wall)/(?:urn:li:)?(?:\w+:\((?:urn:li:)?)?{_KIND_ID}(?:\D.*)?"
)
_POST = re.compile(rf"posts/(?P<slug>[^/]*[_-]|){_KIND_ID}(?:-[^/]*)?(?:/.*)?", re.I)
_ARTICLE = shape(r"(?:pulse|article)/(?P<slug>[^/]{3,300})(?:/.*)?")
_PROFILE = re.compile(r"(?P<base>in|company|school|showcase)/(?P<name>[^/]{1,150})(?:/.*)?", re.I)
_KINDS = {"activity": "activity", "share": "share", "ugcpost": "ugcPost"}


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "lnkd.in":
        return ABOUT.short(f"https://lnkd.in/{address.path}") if address.path else ABOUT.other()
    if front != "touch" and not is_usual_front(front):
        return ABOUT.page(address)
    path = _PREFIX.sub("", address.path, count=1)
    found = _POST.fullmatch(path)
    if found:
        return _post(found["kind"], found["id"], found["slug"])
    update = _UPDATE.fullmatch(path)
    if update:
        return _post(update["kind"], update["id"], "")
    return _other(path, address)


def _other(path: str, address: Address) -> Identified:
    article = _ARTICLE.fullmatch(path)
    if article and article["slug"].lower() not in ("new", "topics"):
        slug = article["slug"].lower()
        return ABOUT.post(f"https://www.linkedin.com/pulse/{spelled(slug)}", slug)
    someone = _PROFILE.fullmatch(path)
    if someone:
        base, name = someone["base"].lower(), someone["name"].lower()
        return ABOUT.profile(f"https://www.linkedin.com/{base}/{spelled(name)}", name)
    return ABOUT.other(SHARE_DIALOG) if "shareActive" in address.query else ABOUT.page(address)


def _post(kind: str, post_id: str, slug: str) -> Identified:
    """The slug is `{who}_{words}-`: names here have no underscore."""
    author = slug.partition("_")[0].lower() if "_" in slug else ""
    return ABOUT.post(
        f"https://www.linkedin.com/feed/update/urn:li:{_KINDS[kind.lower()]}:{post_id}", post_id, author=author,
        posted_at=id_times.of_linkedin(int(post_id)),
    )  # fmt: skip
