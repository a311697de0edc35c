"""Is the post by an account that this person has proved? The network's stable id decides before the name does.

Source: names move between accounts, ids don't (each network's own documentation of its account object).
"""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding, ProvedHandle
from portal.shares.platforms.reading import Post

CODE = "author"
ORDER = 30
NEEDS_READING = True


def check(context: Context) -> Finding:
    """Unknown while nothing was read: the name in an address is anybody's claim.

    Where the network told the name alone, it says nothing about an account that was proved by its id.
    """
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    if not post.author_id and not post.author_name:
        return Finding.unknown("author_not_told", network=post.platform)
    here = [h for h in context.handles if (h.platform, h.host) == (post.platform, post.host)]
    name = post.author_name or post.author_id
    author = f"@{name}@{post.host}" if post.host else f"@{name}"
    if any(_is_by(handle, post) for handle in here):
        return Finding.passed("yours", author=author, network=post.platform)
    if not here:
        return Finding.failed("no_proved_handle", author=author, network=post.platform)
    if not all(_is_comparable(handle, post) for handle in here):
        return Finding.unknown("id_not_told", author=author, network=post.platform)
    if any(handle.name == post.author_name for handle in here):
        return Finding.failed("name_has_another_owner", author=author, network=post.platform)
    yours = ", ".join(f"@{h.name}@{h.host}" if h.host else f"@{h.name}" for h in here)
    return Finding.failed("not_yours", author=author, network=post.platform, yours=yours)


def _is_by(handle: ProvedHandle, post: Post) -> bool:
    if handle.external_id is not None:
        return handle.external_id == post.author_id
    return handle.name == post.author_name


def _is_comparable(handle: ProvedHandle, post: Post) -> bool:
    """Did the network tell what the account was proved by?"""
    return bool(post.author_id if handle.external_id is not None else post.author_name)
