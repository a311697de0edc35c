"""Discord: messages in a server's channels.

Sources: discord.com/developers/docs (snowflakes; a message is read by a bot of that server), gallery-dl (August 2026).
"""

from __future__ import annotations

from portal.shares.platforms import id_times
from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import COLLECTION, INVITE, PRIVATE
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "discord", "Discord",
    frozenset({"discord.com", "discordapp.com", "discord.gg", "discordapp.net", "discord.new", "discord.gift"}),
    without_key="nothing; the time from the id",
    with_key="author, text, time, where a bot of ours is a member of that server",
    with_login="nothing about messages",
    never="everything on servers without our bot: a person",
    profile_example="discord.com/users/1250000000000000000",
    why_a_person="members_only",
)  # fmt: skip
_FRONTS = frozenset({"ptb", "canary"})
_ID = r"[1-9]\d{14,19}"
_POST = shape(rf"channels/(?P<guild>{_ID})/(?P<channel>{_ID})/(?P<id>{_ID})")
_CHANNELS = shape(r"channels/\d+(?:/.*)?")
_PROFILE = shape(rf"users/(?P<id>{_ID})")


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if domain == "discord.gg":
        return ABOUT.other(INVITE)
    if domain not in ("discord.com", "discordapp.com") or not (is_usual_front(front) or front in _FRONTS):
        return ABOUT.page(address)
    found = _POST.fullmatch(address.path)
    if found:
        at = id_times.of_discord(int(found["id"]))
        canonical = f"https://discord.com/channels/{found['guild']}/{found['channel']}/{found['id']}"
        return ABOUT.post(canonical, found["id"], posted_at=at)
    someone = _PROFILE.fullmatch(address.path)
    if someone:
        return ABOUT.profile(f"https://discord.com/users/{someone['id']}", someone["id"])
    if address.path.lower().startswith("channels/@me"):
        return ABOUT.other(PRIVATE)
    return ABOUT.other(COLLECTION) if _CHANNELS.fullmatch(address.path) else ABOUT.page(address)
