"""The words of the checks on what a mission asks, of the flags and of staff's lists. `wording` puts them together."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

LABELS: Mapping[str, LazyString] = {
    "accepted_form": _l("It is the kind of post that is asked for"),
    "in_conversation": _l("It is part of the conversation"),
    "handle_age": _l("The account is old enough"),
    "followers": _l("Enough people follow the account"),
    "fresh_content": _l("It is new"),
    "mentions": _l("It mentions who it should"),
    "words": _l("It says what it should"),
    "language": _l("It is in the language asked for"),
    "media": _l("It shows what it should"),
    "original_work": _l("It is your own work"),
    "text_not_repeated": _l("The text is nobody else’s"),
    "pictures_not_repeated": _l("The pictures are nobody else’s"),
    "not_posted_again": _l("Not deleted and posted again"),
    "brand_safe": _l("Nothing in it that we can’t stand beside"),
    "no_forbidden_claims": _l("No claim that the guidelines forbid"),
}

NOT_READ = _l("We could not read the post, so this has to wait. It does not count against you.")
ONLY_PICTURES = _l(
    "The post has no text, and we can’t read pictures. A person will look: it does not count against you."
)
FLAG = _l("That can be honest, so a person looks. It does not count against you by itself.")

SENTENCES: Mapping[str, LazyString] = {
    "accepted_form.is_original": _l("A post of your own."),
    "accepted_form.is_quote": _l("A quote of our post, with words of your own."),
    "accepted_form.is_repost": _l("A repost of our post."),
    "accepted_form.no_quote": _l(
        "This quotes another post; the mission asks for %(accepts)s. Post anew, take this share back and hand in the "
        "new address."
    ),
    "accepted_form.no_repost": _l(
        "This passes on another post as it is; the mission asks for %(accepts)s. Post anew, take this share back and "
        "hand in the new address."
    ),
    "accepted_form.no_reply": _l(
        "This is an answer to another post; the mission asks for %(accepts)s. Post anew, take this share back and hand "
        "in the new address."
    ),
    "accepted_form.no_original": _l(
        "This is a post of your own; the mission asks for %(accepts)s. Take this share back and hand in that address."
    ),
    "accepted_form.another_post": _l(
        "This is about another post than the mission’s. Quote or pass on the one that the mission names, take this "
        "share back and hand in the new address."
    ),
    "accepted_form.relation_not_told": _l("%(network)s does not say whether it is about another post."),
    "accepted_form.about_not_told": _l(
        "%(network)s does not say which post it is about. A person will look: it does not count against you."
    ),
    "in_conversation.is_answer": _l("It answers another post."),
    "in_conversation.no_answer": _l(
        "This is a post of its own; the mission asks for a comment or reply. Answer there, take this share back and "
        "hand in the address of your answer."
    ),
    "in_conversation.another_post": _l(
        "It answers another post than the mission names, perhaps further down the same conversation. A person will "
        "look: it does not count against you."
    ),
    "in_conversation.relation_not_told": _l(
        "%(network)s does not say what it answers. A person will look: it does not count against you."
    ),
    "in_conversation.post_unreadable": NOT_READ,
    "handle_age.old_enough": _l("The account is %(days)s days old."),
    "handle_age.too_young": _l(
        "The account is %(days)s days old, and the mission asks for %(days_min)s. A person will look."
    ),
    "handle_age.age_not_told": _l(
        "%(network)s does not say how old the account is. A person will look: it does not count against you."
    ),
    "followers.enough": _l("%(count)s people follow the account."),
    "followers.too_few": _l("%(count)s people follow the account, and the mission asks for %(least)s."),
    "followers.followers_not_told": _l(
        "%(network)s does not say how many people follow the account. A person will look: it does not count against "
        "you."
    ),
    "fresh_content.new": _l("We know nothing older of yours like it."),
    "fresh_content.own_post_again": _l("It shows an older post of yours again, which you handed in before."),
    "fresh_content.own_text_again": _l("Its text is nearly that of an older share of yours."),
    "fresh_content.own_picture_again": _l("Its picture was in an older share of yours."),
    "mentions.mentioned": _l("It mentions %(accounts)s."),
    "mentions.not_mentioned": _l("We did not find %(accounts)s in it. Edit the post so that it is, then check again."),
    "mentions.only_pictures": ONLY_PICTURES,
    "words.said": _l("It says %(words)s."),
    "words.not_said": _l("We did not find %(words)s in it. Edit the post so that it is, then check again."),
    "words.only_pictures": ONLY_PICTURES,
    "language.declared": _l("It is marked as %(language)s."),
    "language.written": _l("It is written in %(language)s."),
    "language.declared_otherwise": _l("It is marked as %(language)s, and the mission asks for %(asked_language)s."),
    "language.written_otherwise": _l(
        "It seems to be written in %(language)s, and the mission asks for %(asked_language)s."
    ),
    "language.too_little_text": _l("There is too little text to tell the language. A person will look."),
    "media.shown": _l("It shows it: %(media)s."),
    "media.not_shown": _l("The mission asks for this, and we did not find it: %(media)s. Add it, then check again."),
    "media.media_not_told": _l(
        "%(network)s does not say what is shown. A person will look: it does not count against you."
    ),
    "original_work.their_own": _l("Neither text nor pictures come from the share kit."),
    "original_work.another_post": _l("It shows another post; the mission asks for work of your own."),
    "original_work.kit_caption": _l(
        "Most of the text is the share kit’s. Say it in words of your own, then check again."
    ),
    "original_work.kit_picture": _l("A picture in it is the share kit’s. Show one of your own, then check again."),
    "original_work.pictures_not_seen": _l("We could not look at every picture. A person will look."),
    "text_not_repeated.like_no_other": _l("We know no other text like it."),
    "text_not_repeated.from_the_kit": _l("The words are the share kit’s, which are there to be used."),
    "text_not_repeated.like_another": _l("Its text is nearly that of somebody else’s share."),
    "pictures_not_repeated.like_no_other": _l("We know no other share with these pictures."),
    "pictures_not_repeated.kit_picture": _l("The picture is the share kit’s, which is there to be used."),
    "pictures_not_repeated.pictures_not_seen": _l("We could not look at every picture. That is fine."),
    "pictures_not_repeated.like_another": _l("A picture in it was in somebody else’s share."),
    "not_posted_again.first_time": _l("We know no deleted post of yours like it."),
    "not_posted_again.posted_again": _l(
        "It is like a post that you were rewarded for and that is not there any more."
    ),
    "brand_safe.nothing_found": _l("We found no word of our list in it."),
    "brand_safe.serious_word": _l("It says “%(word)s”: %(why)s"),
    "brand_safe.doubtful_word": _l("It says “%(word)s”: %(why)s"),
    "no_forbidden_claims.not_claimed": _l("We found no such claim in it."),
    "no_forbidden_claims.claimed": _l(
        "It says “%(phrase)s”, and “%(guideline)s” forbids to claim that. Take it out, then check again."
    ),
}  # fmt: skip

FLAGGED = frozenset(
    {
        ("fresh_content", "own_post_again"), ("fresh_content", "own_text_again"),
        ("fresh_content", "own_picture_again"), ("text_not_repeated", "like_another"),
        ("pictures_not_repeated", "like_another"), ("not_posted_again", "posted_again"),
        ("brand_safe", "doubtful_word"), ("language", "declared_otherwise"), ("language", "written_otherwise"),
        ("followers", "too_few"),
    }
)  # fmt: skip
"""Findings whose sentence ends with what a flag means."""

STAFF_LABELS: Mapping[str, LazyString] = {
    "recognised": _l("Recognised"),
    "reachable": _l("Public and live"),
    "author": _l("Own account"),
    "posted_after_claim": _l("Posted after the claim"),
    "link_or_tag": _l("Link or tag"),
    "disclosed": _l("Disclosure"),
    "not_used_before": _l("Not used before"),
    "accepted_form": _l("Form of the post"),
    "in_conversation": _l("Answer in a conversation"),
    "handle_age": _l("Age of the account"),
    "followers": _l("Followers"),
    "fresh_content": _l("Nothing older of their own"),
    "mentions": _l("Mentions"),
    "words": _l("Words"),
    "language": _l("Language"),
    "media": _l("Pictures"),
    "original_work": _l("Work of their own"),
    "text_not_repeated": _l("Text unlike others’"),
    "pictures_not_repeated": _l("Pictures unlike others’"),
    "not_posted_again": _l("Not deleted and posted again"),
    "brand_safe": _l("Brand safety"),
    "no_forbidden_claims": _l("Forbidden claims"),
}
