"""Instagram.

Sources: developers.facebook.com (Instagram API: business and creator accounts; oEmbed: token and review, no author
since 3 November 2025, and terms that forbid all but display, read May 2026), yt-dlp and gallery-dl (August 2026) for
addresses and for private posts' codes, which are the post's code with 28 characters of a key behind it.
"""

from __future__ import annotations

from portal.shares.platforms import id_times
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import COMMENT, NOT_A_POST, REDIRECTOR, STORY
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape, words

ABOUT = About(
    "instagram", "Instagram", frozenset({"instagram.com", "instagr.am", "ig.me"}),
    without_key="nothing; the time from the code",
    with_key="nothing we may use: the oEmbed terms allow display only",
    with_login="of business and creator accounts: id, caption, link, time (Instagram API)",
    never="posts of private and of consumer accounts; stories",
    profile_form="https://www.instagram.com/{name}/",
    why_a_person="terms",
)  # fmt: skip
KEY_LENGTH = 28
_POST = shape(r"(?:(?P<author>[\w.]{0,29}\w)/)?(?P<form>p|reels?|tv)/(?P<code>[\w-]{1,56})(?:/(?P<tail>\w+).*)?")
_SHORT = shape(r"share/(?:p/|reel/|tv/)?(?P<code>[\w-]{5,})")
_PROFILE = shape(r"(?:_u/)?@?(?P<name>[\w.]{0,29}\w)")
_RESERVED = words(
    """
    about accounts ads api ar audio business challenge create creators developer direct directory download
    emails explore graphql guides help igtv legal lite live locations login logout oauth p popular press privacy
    reel reels s safety session share stories terms topics tv web your_activity reels_tab
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if front == "l":
        return ABOUT.other(REDIRECTOR)
    if domain == "ig.me" or not is_usual_front(front):
        return ABOUT.page(address)
    short = _SHORT.fullmatch(address.path)
    if short:
        return ABOUT.short(f"https://www.instagram.com/{address.path}")
    found = _POST.fullmatch(address.path)
    if found and (found["author"] or "").lower() not in _RESERVED:
        return _post(found["form"].lower(), found["code"], found["author"] or "", found["tail"] or "")
    if address.path[:2].lower() == "s/":
        return ABOUT.other(STORY)
    someone = _PROFILE.fullmatch(address.path)
    if someone and someone["name"].lower() not in _RESERVED:
        name = someone["name"].lower()
        return ABOUT.profile(f"https://www.instagram.com/{name}/", name)
    return ABOUT.page(address)


def _post(form: str, code: str, author: str, tail: str) -> Identified:
    if tail.lower() in ("c", "liked_by") or code.lower() in ("audio", "videos"):
        return ABOUT.other(COMMENT if tail.lower() == "c" else NOT_A_POST)
    if len(code) > KEY_LENGTH:
        code = code[:-KEY_LENGTH]
    form = "reel" if form == "reels" else form
    return ABOUT.post(
        f"https://www.instagram.com/{form}/{code}/", code, author=author.lower(),
        posted_at=id_times.of_meta_code(code),
    )  # fmt: skip
