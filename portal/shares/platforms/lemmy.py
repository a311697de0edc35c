"""Lemmy: any server that says of itself, by nodeinfo, that it runs Lemmy.

Source: join-lemmy.org (API `GET /api/v3/post?id=`). A number belongs to its server: a copy elsewhere has another one,
and only the post's `ap_id` tells that they are the same.
"""

from __future__ import annotations

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import shape

ABOUT = About(
    "lemmy", "Lemmy", frozenset(),
    without_key="author, text, time, deleted, removed (the server's API)",
    with_key="nothing more: it takes none",
    with_login="nothing more that we ask for",
    never="offline, that posts on two servers are one",
    software=frozenset({"lemmy"}),
)  # fmt: skip
_POST = shape(r"post/(?P<id>[1-9]\d{0,15})")
_PROFILE = shape(r"u/(?P<name>\w{1,60})(?:@(?P<home>[a-z0-9.-]+[a-z0-9]))?")


def identify(address: Address) -> Identified:
    host = address.host
    found = _POST.fullmatch(address.path)
    if found:
        post_id = found["id"]
        return ABOUT.post(f"https://{host}/post/{post_id}", post_id, host=host, key=f"{host}:{post_id}")
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        home = (someone["home"] or host).lower()
        name = someone["name"].lower() + ("" if home == host else f"@{home}")
        return ABOUT.profile(f"https://{host}/u/{name}", name, host=host)
    return ABOUT.page(address, host=host)
