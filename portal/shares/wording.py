"""What checks found and what states mean, in words. A stored finding is a code with details until a page shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.kernel.formatting import either, moment, number
from portal.missions.asks import MEDIA, language_name
from portal.missions.models import MediaAsked
from portal.shares import asked_words
from portal.shares.guide import networks
from portal.shares.platforms.registry import NotAPost
from portal.shares.verdict import UNREAD

LABELS: Mapping[str, LazyString] = {
    "recognised": _l("It is a post on a network we know"),
    "reachable": _l("The post exists and is public"),
    "author": _l("It is yours"),
    "posted_after_claim": _l("Posted after you claimed"),
    "link_or_tag": _l("Your link or the tag is in it"),
    "disclosed": _l("It says that we reward you"),
    "not_used_before": _l("Not used before"),
    **asked_words.LABELS,
    "new_pictures": _l("Pictures that are new to us"),
}

_NOT_READ, _ONLY_PICTURES = asked_words.NOT_READ, asked_words.ONLY_PICTURES
_TEXT_NOT_TOLD = _l(
    "%(network)s tells us the headline, not the text. A person will look: it does not count against you."
)

_NEED_THE_TEXT = (
    "link_or_tag", "disclosed", "mentions", "words", "no_forbidden_claims", "brand_safe", "original_work",
)  # fmt: skip

SENTENCES: Mapping[str, LazyString] = {
    **{f"{check}.text_not_told": _TEXT_NOT_TOLD for check in _NEED_THE_TEXT},
    "recognised.recognised": _l("Recognised as a post on %(network)s."),
    "recognised.network_not_asked": _l(
        "This is a post on %(network)s; the mission asks for %(asked)s. Post it there, take this share "
        "back and hand in that address."
    ),
    "recognised.not_that_network": _l(
        "%(host)s is no %(network)s server that we can read. Take this share back and hand in a post from "
        "a network of the mission."
    ),
    "reachable.public": _l("We read it signed out, like any visitor."),
    "reachable.not_public": _l("Only some people can see the post. Make it public, then check again."),
    "reachable.gone": _l(
        "We looked, waited and looked again: nobody who is signed out sees a post at this address. If only some people "
        "can see it, make it public, then check again; if you posted it anew, take this share back and hand in the new "
        "address."
    ),
    "reachable.not_read_yet": _NOT_READ,
    "reachable.gone_once": _l("We found no post there. Sometimes that passes: we look again in a few minutes."),
    "reachable.login_wall": _l(
        "Only people who are signed in can see it. Make the post public; if it is, a person will look. It "
        "does not count against you."
    ),
    "reachable.unreachable": _l(
        "%(network)s does not answer right now. We ask again, then a person looks. It does not count "
        "against you."
    ),
    "reachable.rate_limited": _l(
        "%(network)s asked us to slow down. We ask again, then a person looks. It does not count against "
        "you."
    ),
    "reachable.unexpected": _l(
        "%(network)s answered with something that we don’t understand. A person will look: it does not "
        "count against you."
    ),
    "reachable.no_way": _l(
        "We may not read this post on %(network)s without a login there, so a person opens it. It does not count "
        "against you."
    ),
    "reachable.wrong_network": _l("The address answers, but not as %(network)s does."),
    "author.yours": _l("Posted by %(author)s, an account that you proved."),
    "author.post_unreadable": _NOT_READ,
    "author.no_proved_handle": _l(
        "The post is by %(author)s. Prove under You that this %(network)s account is yours, then check "
        "again."
    ),
    "author.not_yours": _l(
        "The post is by %(author)s; the %(network)s account that you proved is %(yours)s. Prove the other "
        "account under You and check again, or hand in a post of your own."
    ),
    "author.name_has_another_owner": _l(
        "%(author)s on %(network)s is not the account that you proved any more: somebody else has its "
        "name now. Prove your account under You again, then check again."
    ),
    "author.author_not_told": _l(
        "%(network)s does not say who posted it. A person will look: it does not count against you."
    ),
    "author.id_not_told": _l(
        "%(network)s told us the name %(author)s alone, and names can move. A person will look: it does not count "
        "against you."
    ),
    "posted_after_claim.after_claim": _l("Posted %(posted_at)s; you claimed your place %(claimed_at)s."),
    "posted_after_claim.after_opening": _l("Posted %(posted_at)s, since the mission opened."),
    "posted_after_claim.time_as_written": _l(
        "It says that it was posted %(posted_at)s; you claimed your place %(claimed_at)s."
    ),
    "posted_after_claim.older_than_opening": _l(
        "The post is from %(posted_at)s, and the mission opened %(opened_at)s. Older posts don’t count: post anew, "
        "take this share back and hand in the new address."
    ),
    "posted_after_claim.older_than_claim": _l(
        "The post is from %(posted_at)s, and you claimed your place %(claimed_at)s. Older posts don’t "
        "count: post anew, take this share back and hand in the new address."
    ),
    "posted_after_claim.time_not_told": _l(
        "%(network)s does not say when it was posted. A person will look: it does not count against you."
    ),
    "posted_after_claim.time_in_future": _l(
        "The post says that it is from %(posted_at)s, which has not come yet. A person will look."
    ),
    "posted_after_claim.post_unreadable": _NOT_READ,
    "link_or_tag.nothing_asked": _l("This mission asks for no link and no tag."),
    "link_or_tag.link_found": _l("Your tracked link is in it."),
    "link_or_tag.tag_found": _l("%(tag)s is in it."),
    "link_or_tag.both_found": _l("Your tracked link and %(tag)s are in it."),
    "link_or_tag.neither_found": _l(
        "We found neither your link %(link)s nor %(tag)s. Edit the post so that one of them is in its "
        "text, then check again."
    ),
    "link_or_tag.both_missing": _l(
        "We found neither your link %(link)s nor %(tag)s, and the mission asks for both. Edit the post, "
        "then check again."
    ),
    "link_or_tag.link_missing": _l(
        "Your link %(link)s is not in the post. Edit the post so that it is in its text, then check "
        "again."
    ),
    "link_or_tag.tag_missing": _l(
        "%(tag)s is not in the post. Edit the post so that it is in its text, then check again."
    ),
    "link_or_tag.only_pictures": _ONLY_PICTURES,
    "link_or_tag.post_unreadable": _NOT_READ,
    "disclosed.clear": _l("“%(term)s” says it, where people see it first."),
    "disclosed.native_label": _l(
        "The network’s own paid label stands on the post, and that is enough in your country."
    ),
    "disclosed.passed_on_undisclosed": _l(
        "The post that you passed on doesn’t say that it is advertising, and passing it on can’t add that. Quote it "
        "instead, with a first line that says you are rewarded, and hand in the quote."
    ),
    "disclosed.post_unreadable": _NOT_READ,
    "disclosed.only_pictures": _ONLY_PICTURES,
    "disclosed.no_rules_for_place": _l(
        "We have no list of words for your country. A person will look: it does not count against you."
    ),
    "new_pictures.new": _l("Nobody handed these pictures in before."),
    "new_pictures.seen_before": _l(
        "One of them looks like a picture that was handed in before. That can be fine: a person will look."
    ),
    "not_used_before.not_used_before": _l("Nobody handed this post in before."),
    "not_used_before.short_link_not_followed": _l("This is a short link. We compare once we know where it leads."),
    "not_used_before.used_by_you": _l(
        "You handed this post in before, and one post counts once. Hand in another one."
    ),
    "not_used_before.used_by_another": _l(
        "Somebody else handed this post in before. If it is yours, appeal and tell us."
    ),
}  # fmt: skip

_START_WITH = _l("Start the post with “%(suggestion)s”, then check again.")

DISCLOSURE: Mapping[str, LazyString] = {
    "R-NEG": _l("“%(term)s” says that it is no advertising, but you earn points for it."),
    "R-CONTRA": _l("The post says that it is advertising, and “%(term)s” takes it back."),
    "R-FOLD": _l("“%(term)s” comes late, where people have to tap to see it."),
    "R-RUN": _l("“%(term)s” hides in a row of hashtags."),
    "R-LANG": _l("“%(term)s” is not in the language of the people who read it."),
    "R-JOIN": _l("“%(term)s” is hard to spot: the word has to stand alone."),
    "R-AMBIG": _l("“%(term)s” is too vague: it does not say that you are rewarded."),
    "R-PROFILE": _l("The post sends people elsewhere to read it; it has to stand in the post itself."),
    "R-SUBSTR": _l("We found no disclosure in the text."),
    "R-BRAND": _l("Naming us, or a code, does not say that you are rewarded."),
    "R-NONE": _l("We found no disclosure in the text."),
}

REASONS: Mapping[str, LazyString] = {
    "all_passed": _l("All checks passed."),
    "still_there": _l("The post is still there."),
    "a_person_saw_it": _l("We may not look at this network ourselves: what a person saw there counts."),
    "could_not_tell": _l("Some of the checks could not tell, so a person looks at it."),
    "flagged": _l("Something in it needs a person’s eyes. It does not count against you by itself."),
    "newcomer": _l("Every check is content. A person looks at the first shares of everybody who is new."),
    "no_record": _l("Every check is content. A person looks at it too before it counts."),
    "signals": _l(
        "Every check is content. Something about it is unusual, so a person looks too. That says nothing against you."
    ),
    "sampled": _l("Every check is content. Now and then a person looks too, and this time it is your share."),
    "checks_broke": _l("Our checks stumbled over this post. The fault is ours; a person looks at it."),
    "pictures_to_look_at": _l("A person looks at your pictures."),
    "pictures_seen_before": _l(
        "One of your pictures looks like one that was handed in before, so a person looks with care. That can be fine."
    ),
    "report_to_read": _l("A person reads your report."),
    "comment_to_look_up": _l("We can’t read comments there by ourselves, so a person looks yours up."),
    "answered": _l("Your answers arrived. Only staff who plan missions read them, without your name."),
    "newcomer_joined_in": _l("Somebody you invited got their first share verified."),
    "second_account": _l(
        "Something about the account that was invited needs a look by a person before it counts. You need do nothing."
    ),
    "newcomer_share_gone": _l("Nothing that the person you invited shared stands any more."),
    "hold_over": _l("The hold is over."),
    "network_gone": _l("We can’t read this network any more, so a person looks at it."),
    "appealed": _l("You asked for another look. Somebody who did not decide the first time takes it."),
    "undone": _l("The decision was taken back a moment later. A person looks at it again."),
    "time_ran_out": _l("The time to change the post is over."),
    "author.another_member": _l("The post belongs to another member, who proved the account."),
}

MISSING: Mapping[str, LazyString] = {
    "reachable.gone": _l("We looked at it again, and there is no post at its address any more."),
    "reachable.not_public": _l("We looked at it again, and only some people can see it now."),
    "author.not_yours": _l("We looked at it again, and it belongs to another account now."),
    "author.name_has_another_owner": _l("We looked at it again, and it belongs to another account now."),
    "link_or_tag": _l(
        "We looked at it again, and the link or the tag that the mission asks for is not in it any more."
    ),
    "disclosed": _l("We looked at it again, and it does not say clearly any more that we reward you."),
    "no_forbidden_claims": _l("We looked at it again, and it claims now what our guidelines forbid."),
    "brand_safe": _l("We looked at it again, and a word is in it now that we can’t stand beside."),
}
MISSING_OTHERWISE = _l("We looked at it again, and it is gone, hidden or changed.")

NOT_A_POST: Mapping[str, LazyString] = {
    "empty": _l("Paste the address of your post, like https://social.example/@ada/1138820."),
    "words": _l("This is not an address. Open your post, choose Share, then Copy link, and paste it here."),
    "no_host": _l("This address is not whole. Open your post, choose Share, then Copy link, and paste it here."),
    "too_long": _l("This is longer than any post’s address. Copy the link of the post alone."),
    "handle_only": _l("This is an account, not a post. Open the post itself and copy its link."),
    "hidden_characters": _l(
        "There are characters in it that no address has. Copy the link once more, straight from the post."
    ),
    "scheme": _l("A post’s address begins with https://. Open the post in a browser and copy its address."),
    "userinfo": _l("This address pretends to be another one. Copy the link straight from the post."),
    "port": _l("Posts don’t live at such an address. Copy the link straight from the post."),
    "ip_address": _l("Posts don’t live at such an address. Copy the link straight from the post."),
    "look_alike": _l(
        "This address has letters that only look like ordinary ones. Copy the link straight from the "
        "post."
    ),
    "own_link": _l(
        "This is a page of ours, perhaps your tracked link. We need the address of the post that you put "
        "it in."
    ),
    "network_not_asked": _l("This is a post on %(network)s. This mission asks for %(asked)s."),
    "comment_without_address": _l(
        "This is a post on %(network)s, where a comment may have no address of its own. Tell us about your comment "
        "instead: choose “It has no address” above."
    ),
    "redirector": _l("This address leads to another one. Open it, and copy the address of the post itself."),
    "unknown_page": _l("We don’t know a social network at this address. Copy the link straight from the post."),
    "profile": _l("This is a profile on %(network)s, not a post. Open the post itself and copy its link."),
    "search": _l("This is a search page on %(network)s. Open your post itself and copy its link."),
    "share_dialog": _l(
        "This is where a post is written on %(network)s. Publish it first, then copy the link of the "
        "post."
    ),
    "sign_in": _l("This is a sign-in page of %(network)s. Open your post itself and copy its link."),
    "not_a_post": _l("This is a page on %(network)s, but not a post. Open your post itself and copy its link."),
}  # fmt: skip


def check_label(check: str) -> str:
    """The question of a check as a fan reads it."""
    return str(LABELS.get(check, check))


def check_sentence(check: str, reason_code: str, details: Mapping[str, Any]) -> str:
    """Why a check answered as it did, and what would mend it."""
    if check == "disclosed" and details.get("suggestion"):
        return disclosure_sentence(details, _START_WITH)
    if reason_code == UNREAD:
        return str(_NOT_READ)
    key = f"{check}.{reason_code}"
    sentence = str(SENTENCES.get(key) or asked_words.SENTENCES[key]) % filled(details)
    return f"{sentence} {asked_words.FLAG}" if (check, reason_code) in asked_words.FLAGGED else sentence


def disclosure_sentence(details: Mapping[str, Any], mend: LazyString) -> str:
    """What is wrong with the disclosure, and `mend`: what to do about it."""
    why = DISCLOSURE.get(str(details.get("rule")), DISCLOSURE["R-NONE"])
    return f"{why} {mend}" % filled(details)


_DECISIONS: dict[str, LazyString] = {}


def explains_decisions(sentences: Mapping[str, LazyString]) -> None:
    """Called once, when the moderation room starts: by code, what fans read as the reason of a person's decision."""
    _DECISIONS.update(sentences)


def reason_sentence(reason_code: str | None) -> str:
    """Why a share is in its state. A check's reason is told by the check itself, so it gives nothing."""
    code = reason_code or ""
    return str(REASONS.get(code) or _DECISIONS.get(code, ""))


def missing_sentence(code: str | None) -> str:
    """What the latest look found wrong with a verified post; `code`: check and reason."""
    code = (code or "").replace("gone_once", "gone")
    return str(MISSING.get(code) or MISSING.get(code.partition(".")[0]) or MISSING_OTHERWISE)


def not_a_post_sentence(problem: NotAPost) -> str:
    """What was pasted, and what to paste instead."""
    return str(NOT_A_POST[problem.reason_code]) % filled(problem.details)


def seen_by(check: str, details: Mapping[str, Any]) -> str:
    """What was seen, where it is worth showing as it is."""
    if check == "recognised":
        return str(details.get("url", ""))
    if check == "link_or_tag":
        return str(details.get("link", ""))
    return ""


def source_name(source: str) -> str:
    """By which means something was read."""
    if source == "mastodon_api":
        return _("the server’s interface")
    platform, _underscore, means = source.rpartition("_")
    if not networks().knows(platform):
        return source
    network = networks().name_of(platform)
    if means == "own":
        return _("the author’s own login on %(network)s", network=network)
    if means == "oembed":
        return _("what %(network)s tells sites that embed a post", network=network)
    return _("%(network)s’s interface", network=network)


def filled(details: Mapping[str, Any]) -> Mapping[str, str]:
    """A finding's details as sentences say them; what is not told is empty."""
    said: defaultdict[str, str] = defaultdict(str)
    for name, value in details.items():
        if name in ("network", "asked") and not isinstance(value, str):
            said[name] = either(networks().name_of(code) for code in value)
        elif name == "network":
            said[name] = networks().name_of(value) if networks().knows(value) else str(value)
        elif name in ("posted_at", "claimed_at", "opened_at", "first", "at"):
            said[name] = moment(datetime.fromisoformat(value))
        elif name in _SAID:
            said[name] = _SAID[name](value)
        else:
            said[name] = str(value)
    return said


_ACCEPTED: Mapping[str, LazyString] = {
    "original": _l("a post of your own"),
    "quote": _l("a quote of our post"),
    "repost": _l("a repost of our post"),
}

_SAID: Mapping[str, Callable[[Any], str]] = {
    "accepts": lambda value: ", ".join(str(_ACCEPTED.get(each, each)) for each in value),
    "words": lambda value: ", ".join(f"“{each}”" for each in value),
    "accounts": ", ".join,
    "language": language_name,
    "asked_language": language_name,
    "media": lambda value: str(MEDIA[MediaAsked(value)]),
    **dict.fromkeys(("days", "days_min", "count", "least", "percent"), number),
}
"""How a detail is said, by its name; all others as they are."""
