"""Looking at a post's pictures, so that they can be compared. No transaction may be open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import current_app

from portal.kernel.fetcher import Fetcher, FetchFailed, FetchRefused
from portal.kernel.files import FileMissing
from portal.kernel.images import ImageRefused
from portal.shares.picture_likeness import PictureHash, alike, hash_bytes
from portal.shares.platforms.reading import MediaKind, Post
from portal.shares.resembling import Pictures

LOOKED_AT_MAX = 4
"""Of a post with more pictures, the first ones are compared."""
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")


def pictures_of(post: Post, fetcher: Fetcher, *, kit_files: Sequence[str]) -> Pictures:
    """Fetch the first few and hash them; what can't be fetched is counted as shown and not as seen.

    `kit_files`: stored pictures of the mission's share kit.
    """
    images = [each for each in post.media if each.kind is MediaKind.IMAGE and each.url][:LOOKED_AT_MAX]
    hashes: list[PictureHash] = []
    nothing_to_recognise = 0
    for image in images:
        try:
            answer = fetcher.get(image.url, accept=PICTURE_TYPES)
            found = hash_bytes(answer.body) if answer.status == 200 else None
        except (FetchFailed, FetchRefused, ImageRefused):
            continue
        if found is not None:
            hashes.append(found)
        elif answer.status == 200:
            nothing_to_recognise += 1
    kit = [known for known in map(_hash_of_file, kit_files) if known] if hashes else []
    of_kit = sum(any(alike(each, known) for known in kit) for each in hashes)
    return Pictures(shown=len(images), hashes=tuple(hashes), plain=nothing_to_recognise, kit=of_kit)


@lru_cache(maxsize=512)
def _hash_of_file(key: str) -> PictureHash | None:
    """A stored picture never changes under its key."""
    try:
        return hash_bytes(current_app.extensions["portal_files"].get(key))
    except (FileMissing, ImageRefused):
        return None
