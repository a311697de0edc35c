"""WhatsApp: channels. Everything else there is a conversation.

Source: faq.whatsapp.com (links of channels, groups and chats); nothing can be read by others.
"""

from __future__ import annotations

from portal.shares.platforms.about import About
from portal.shares.platforms.addresses import Address
from portal.shares.platforms.pages import INVITE, PRIVATE, SHARE_DIALOG
from portal.shares.platforms.reading import Identified
from portal.shares.platforms.shapes import is_usual_front, shape

ABOUT = About(
    "whatsapp", "WhatsApp", frozenset({"whatsapp.com", "wa.me"}),
    without_key="nothing",
    with_key="nothing",
    with_login="nothing",
    never="everything: a person",
    profile_example="whatsapp.com/channel/0029VaAbCdEfGhIjKlMnOp",
    why_a_person="members_only",
)  # fmt: skip
_CHANNEL = shape(r"channel/(?P<channel>0029[\w-]{10,40})(?:/(?P<id>[1-9]\d{0,9}))?")


def identify(address: Address) -> Identified:
    front, domain = ABOUT.place(address)
    if front == "chat":
        return ABOUT.other(INVITE)
    if domain == "wa.me" or front in ("api", "web"):
        return ABOUT.other(SHARE_DIALOG if "text" in address.query else PRIVATE)
    found = _CHANNEL.fullmatch(address.path) if is_usual_front(front) else None
    if found is None:
        return ABOUT.page(address)
    channel, number = found["channel"], found["id"]
    if number is None:
        return ABOUT.profile(f"https://whatsapp.com/channel/{channel}", channel)
    return ABOUT.post(f"https://whatsapp.com/channel/{channel}/{number}", f"{channel}/{number}", author=channel)
