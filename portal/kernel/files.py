"""Uploaded files: a folder or any S3-compatible store, behind one address.

A key is made here and never taken from an upload, so nobody chooses where a file lies or what it is called.
"""

import mimetypes
import re
import secrets
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote

from obstore.store import LocalStore, MemoryStore, S3Store

SHOWN_INLINE = frozenset({"image/webp", "image/png", "image/jpeg", "image/gif"})
PRIVATE_FOLDER = "handed-in"
"""What fans hand in: served only by routes that ask who wants it, never by `/files`."""
DOWNLOADS_FOLDER = "downloads"
"""Files that are rewards: served by signed addresses alone."""
PRIVATE_FOLDERS = frozenset({PRIVATE_FOLDER, DOWNLOADS_FOLDER})
CACHE_SECONDS = 365 * 24 * 3600

_FOLDER = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ENDING = re.compile(r"[a-z0-9]{1,8}")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}/[0-9a-f]{32}\.[a-z0-9]{1,8}")
_NAME_UNSAFE = re.compile(r"[^\w. -]+", re.ASCII)
_NAME_FORBIDDEN = frozenset('<>:"|?*')
"""Beside what can't be printed, and folders: what no file may be called somewhere."""


class FileMissing(Exception):
    """There is no file under this key, or it is no key of ours."""


@dataclass(frozen=True)
class Stored:
    """What is known of a file without reading it."""

    key: str
    size_bytes: int
    stored_at: datetime
    etag: str | None


class Files:
    """The files at `url`: `file:///folder` (made if missing), `s3://bucket/prefix`, or `memory:///` in tests.

    The S3 store's options (endpoint, region, access_key_id, secret_access_key …) follow as a query, or as `options`.
    Raises ValueError for another kind of address.
    """

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        self._store: LocalStore | MemoryStore | S3Store
        if url.startswith("file://"):
            self._store = LocalStore.from_url(url, mkdir=True)
        elif url.startswith("s3://"):
            address, _, query = url.partition("?")
            self._store = S3Store.from_url(address, **{**dict(parse_qsl(query)), **(options or {})})
        elif url == "memory:///":
            self._store = MemoryStore()
        else:
            raise ValueError("files live at file:///a/folder or s3://bucket/prefix")

    def put(self, data: bytes, *, folder: str, ending: str) -> str:
        """Store `data` under a new random key like `avatars/5f….webp`, and return the key.

        Raises ValueError for a folder or ending that is more than a plain word.
        """
        if not _FOLDER.fullmatch(folder) or not _ENDING.fullmatch(ending):
            raise ValueError("folder and ending are plain words in lower case")
        key = f"{folder}/{secrets.token_hex(16)}.{ending}"
        self._store.put(key, data, mode="create")
        return key

    def get(self, key: str) -> bytes:
        """The whole file. Raises FileMissing."""
        try:
            return bytes(self._store.get(_checked(key)).bytes())
        except FileNotFoundError:
            raise FileMissing(key) from None

    def describe(self, key: str) -> Stored:
        """Size, age and validator of a file. Raises FileMissing."""
        try:
            found = self._store.head(_checked(key))
        except FileNotFoundError:
            raise FileMissing(key) from None
        return Stored(key, found["size"], found["last_modified"], found["e_tag"])

    def exists(self, key: str) -> bool:
        """Is there a file under this key?"""
        try:
            self.describe(key)
        except FileMissing:
            return False
        return True

    def delete(self, key: str) -> None:
        """Remove the file; one that is gone already is no error. Raises FileMissing for what is no key at all."""
        with suppress(FileNotFoundError):
            self._store.delete(_checked(key))


def media_type_of(key: str) -> str:
    """What the ending says, since the ending was given by us; `application/octet-stream` if it says nothing."""
    return "image/webp" if key.endswith(".webp") else mimetypes.guess_type(key)[0] or "application/octet-stream"


def tidy_name(given: str) -> str:
    """What an uploaded file is called, in its own letters: without folders and whatever could mislead or break.

    May be empty. It names nothing of ours: files lie under keys.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", given)[-1])
    fit = "".join(each if each.isprintable() and each not in _NAME_FORBIDDEN else "_" for each in name)
    return fit.strip(" .")


def headers_for(key: str, *, download_name: str | None = None, private: bool = True) -> dict[str, str]:
    """The headers under which a file is served: never guessed at, never run, and shown in place only as a picture.

    A key's content never changes, so browsers may keep it; shared caches only with `private=False`.
    """
    media_type = media_type_of(key)
    inline = media_type in SHOWN_INLINE and download_name is None
    return {
        "Content-Type": media_type,
        "Content-Disposition": "inline" if inline else _attached(download_name or key.rpartition("/")[2]),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": f"{'private' if private else 'public'}, max-age={CACHE_SECONDS}, immutable",
    }


def _attached(name: str) -> str:
    """In letters that every browser reads, and in its own where they are others. Source: RFC 6266, appendix D."""
    plain, own = _NAME_UNSAFE.sub("_", name), tidy_name(name)
    return f'attachment; filename="{plain}"' + (f"; filename*=UTF-8''{quote(own, safe='')}" if own != plain else "")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise FileMissing(key)
    return key
