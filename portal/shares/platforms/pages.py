"""What a page is that is no post: one word for each kind, the same on every network."""

from __future__ import annotations

PROFILE = "profile"
SHORT_LINK = "short_link"
SEARCH = "search"
SHARE_DIALOG = "share_dialog"
SIGN_IN = "sign_in"
STORY = "story"
LIVE = "live"
COMMENT = "comment"
COLLECTION = "collection"
PRIVATE = "private"
INVITE = "invite"
REDIRECTOR = "redirector"
COPY = "copy"
LOOK_ALIKE = "look_alike"
WEB_PAGE = "web_page"
NOT_A_POST = "not_a_post"

MEANINGS = {
    PROFILE: "somebody's page, not one of their posts",
    SHORT_LINK: "a short link: which post it is, is known once it has been followed",
    SEARCH: "a search, a tag, or what the network itself selects",
    SHARE_DIALOG: "where a post is written, before there is one",
    SIGN_IN: "a sign-in, sign-up or consent page",
    STORY: "a story or highlight, which is gone after a day or shown to those who are signed in",
    LIVE: "a live stream, an audio room or an event",
    COMMENT: "a comment under somebody's post",
    COLLECTION: "a list, playlist, album, board, channel or group, not one post in it",
    PRIVATE: "a page that its owner alone sees, or a conversation",
    INVITE: "an invitation",
    REDIRECTOR: "an address that leads elsewhere: the address at its end is asked for",
    COPY: "a copy of a post, on somebody else's site",
    LOOK_ALIKE: "a host that resembles a network and is none of its hosts",
    WEB_PAGE: "a page of none of the networks",
    NOT_A_POST: "another page of the network",
    "own_link": "a page of this portal",
    "empty": "nothing was pasted",
    "too_long": "longer than an address may be",
    "words": "no address, or more than one",
    "handle_only": "an account's name, without any address",
    "hidden_characters": "it has characters that nobody sees, or a backslash",
    "scheme": "no web address",
    "no_host": "it names no host",
    "userinfo": "it has something before an @ that pretends to be the host",
    "port": "a port where no network is",
    "ip_address": "a machine's number instead of a name",
    "not_json": "the line is no JSON object",
    "no_url": "the line has no text under `url`",
}
"""All reasons that identification gives."""

_WORDS = {
    SEARCH: "search explore discover tag tags tagged hashtag hashtags topic topics trending results directory ideas",
    SHARE_DIALOG: "share sharer sharer.php share.php sharing share-offsite sharearticle intent compose publish submit "
    "upload create dialog create_post pin-builder new reblog authorize_interaction send",
    SIGN_IN: "login login.php signin sign_in sign-in signup sign_up sign-up register auth oauth oauth2 accounts "
    "authwall checkpoint uas logout consent enter join flow",
    STORY: "story stories highlight highlights",
    LIVE: "live lives broadcasts spaces event events watchparty webinars",
    COMMENT: "comment comments",
    COLLECTION: "playlist playlists album albums collection collections list lists sets set board boards channel "
    "channels series showcase group groups community communities galleries feed c",
    PRIVATE: "messages message direct inbox notifications settings saved bookmarks favourites favorites dashboard "
    "account manage @me home",
    INVITE: "invite joinchat",
    REDIRECTOR: "redirect redir l.php out away offsite url go",
}  # fmt: skip
_REASONS = {word: reason for reason, words in _WORDS.items() for word in words.split()}
_DEPTH = 4


def reason_of(segments: tuple[str, ...]) -> str:
    """What a page that is no post probably is, by the first word in its path that tells."""
    for segment in segments[:_DEPTH]:
        reason = _REASONS.get(segment.lower())
        if reason is not None:
            return reason
    return NOT_A_POST
