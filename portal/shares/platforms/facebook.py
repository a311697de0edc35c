"""Facebook.

Sources: developers.facebook.com (oEmbed: token and review, display only; embedded posts and videos), yt-dlp, gallery-dl
and iframely (June to August 2026) for addresses. One post can have two names, a number and a `pfbid…`: nothing offline
tells that they are the same.
"""

from __future__ import annotations

import re

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address, NotAnAddress, read_address
from portal.shares.platforms.pages import REDIRECTOR
from portal.shares.platforms.reading import Identified, Kind
from portal.shares.platforms.shapes import is_usual_front, shape, spelled, words

ONION = "facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion"
ABOUT = About(
    "facebook", "Facebook", frozenset({"facebook.com", "fb.com", "fb.watch", "fb.me", "fb.gg", ONION}),
    without_key="nothing",
    with_key="nothing we may use: the oEmbed terms allow display only",
    with_login="own posts, once Facebook has reviewed the app (user_posts)",
    never="most personal posts, groups, the audience setting; that a number and a pfbid name one post",
    profile_form="https://www.facebook.com/{name}",
    why_a_person="terms",
)  # fmt: skip
_FRONTS = frozenset({"mbasic", "web", "touch", "free", "iphone", "x", "p", "d", "n", "0", "business"})
_ID = r"(?P<id>pfbid\w{10,100}|\d{1,20})"
_ID_ALONE = shape(_ID)
_OF_SOMEBODY = shape(rf"(?P<author>[^/]{{1,100}})/(?P<form>posts|videos|photos)/(?:[^/]+/)?{_ID}(?:/.*)?")
_IN_GROUP = shape(rf"groups/(?P<group>[\w.-]*[\w-])/(?:permalink|posts)/(?:[^/]+/)?{_ID}(?:/.*)?")
_GROUP = shape(r"groups/(?P<group>[\w.-]*[\w-])")
_REEL = shape(r"(?:[\w.-]+/)?reels?/(?P<id>\d{1,20})(?:/.*)?")
_VIDEO = shape(r"watch|watch/live|video\.php|video/video\.php|video/embed|photo\.php")
_PLUGIN = shape(r"(?:v[\d.]+/)?plugins/(?:post|video)\.php")
_SHORT = shape(r"share/(?:[pvrg]/)?[\w-]{6,}|l/[\w-]+")
_PROFILE_ID = shape(
    r"(?:people/[^/]+|pages/(?:category/[^/]+/)?[^/]+)/(?P<id>\d{4,20})(?:/.*)?|p/(?:[^/]*-)?(?P<end>\d{4,20})"
)
_PROFILE = re.compile(
    r"(?:pg/)?(?P<name>[\w.%-]{1,100})"
    r"(?:/(?:about|photos|videos|posts|reels|reels_tab|followers|mentions|community|reviews|timeline|live_videos|photos_\w+))?",
    re.I,
)
_RESERVED = words(
    """
    about ads api business careers checkpoint dialog directory events feed flx friends fundraisers gaming groups
    hashtag help home.php index.php l.php legal live login login.php lite marketplace me media memories messages
    mobile notes notifications offers pages people permalink.php photo photo.php photos places plugins policies
    posts privacy profile.php public r.php recover reel reels saved search settings share share.php sharer
    sharer.php stories story.php terms tr transparency video video.php videos watch watchparty campaign donate
    find-friends gaming-video pg p games jobs business_login onthisday
    """
)


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if front in ("l", "lm"):
        return ABOUT.other(REDIRECTOR)
    if domain in ("fb.watch", "fb.me", "fb.gg"):
        return ABOUT.short(f"https://{domain}/{address.path}") if address.path else ABOUT.other()
    if not (is_usual_front(front) or front in _FRONTS or is_usual_front(front.removesuffix(".m"))):
        return ABOUT.page(address)
    if _SHORT.fullmatch(address.path):
        return ABOUT.short(f"https://www.facebook.com/{address.path}")
    return _by_path(address) or _by_query(address) or _profile(address) or ABOUT.page(address)


def _by_path(address: Address) -> Identified | None:
    found = _OF_SOMEBODY.fullmatch(address.path)
    if found and found["author"].lower() not in _RESERVED:
        author, form = found["author"].lower(), found["form"].lower()
        return _post(f"{spelled(author)}/{form}/{found['id']}", found["id"], author)
    in_group = _IN_GROUP.fullmatch(address.path)
    if in_group:
        return _post(f"groups/{in_group['group'].lower()}/posts/{in_group['id']}", in_group["id"])
    reel = _REEL.fullmatch(address.path)
    if reel:
        return _post(f"reel/{reel['id']}", reel["id"])
    return None


def _by_query(address: Address) -> Identified | None:
    query, path = address.query, address.path.lower()
    if path in ("permalink.php", "story.php"):
        story, owner = _id(query.get("story_fbid")), _id(query.get("id"))
        if story and owner:
            return _post(f"permalink.php?story_fbid={story}&id={owner}", story, owner)
    if _VIDEO.fullmatch(path) and (video := _id(query.get("v") or query.get("video_id"))):
        return _post(f"watch/?v={video}", video)
    if path in ("photo", "photo.php") and (photo := _id(query.get("fbid"))):
        return _post(f"photo/?fbid={photo}", photo)
    group = _GROUP.fullmatch(path)
    if group:
        in_view = query.get("id") if query.get("view") == "permalink" else None
        inside = _id(query.get("multi_permalinks") or in_view)
        return _post(f"groups/{group['group']}/posts/{inside}", inside) if inside else None
    return _embedded(query.get("href", "")) if _PLUGIN.fullmatch(path) else None


def _embedded(href: str) -> Identified | None:
    """The post that a frame for other sites shows."""
    try:
        inside = read_address(href)
    except NotAnAddress:
        return None
    if inside.path.lower().endswith(".php") and "plugins/" in inside.path.lower():
        return None
    domains = {inside.host, inside.host.partition(".")[2]}
    found = identify(inside) if domains & {"facebook.com"} else None
    return found if found and found.kind is Kind.POST else None


def _profile(address: Address) -> Identified | None:
    named = _PROFILE_ID.fullmatch(address.path)
    name = (named["id"] or named["end"]) if named else ""
    if address.path.lower() == "profile.php":
        name = _id(address.query.get("id"))
    if not name:
        someone = _PROFILE.fullmatch(address.path)
        name = someone["name"].lower() if someone else ""
    if not name or name in _RESERVED:
        return None
    return ABOUT.profile(f"https://www.facebook.com/{spelled(name)}", name)


def _post(path: str, post_id: str, author: str = "") -> Identified:
    return ABOUT.post(f"https://www.facebook.com/{path}", post_id, author=author)


def _id(text: str | None) -> str:
    """`text` where it is the name of a post, else nothing."""
    found = _ID_ALONE.fullmatch(text.strip()) if text else None
    return found["id"] if found else ""
