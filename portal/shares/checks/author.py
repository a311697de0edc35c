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
    """Unknown while nothing was read: the name in an address is anybody's claim."""
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    here = [h for h in context.handles if (h.platform, h.host) == (post.platform, post.host)]
    author = f"@{post.author_name}@{post.host}" if post.host else f"@{post.author_name}"
    if any(_is_by(handle, post) for handle in here):
        return Finding.passed("yours", author=author, network=post.platform)
    if any(handle.name == post.author_name for handle in here):
        return Finding.failed("name_has_another_owner", author=author, network=post.platform)
    if not here:
        return Finding.failed("no_proved_handle", author=author, network=post.platform)
    yours = ", ".join(f"@{h.name}@{h.host}" if h.host else f"@{h.name}" for h in here)
    return Finding.failed("not_yours", author=author, network=post.platform, yours=yours)


def _is_by(handle: ProvedHandle, post: Post) -> bool:
    if handle.external_id is not None:
        return handle.external_id == post.author_id
    return handle.name == post.author_name
