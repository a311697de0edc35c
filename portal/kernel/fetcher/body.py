"""Reading what came back: decompressed within a cap, and turned into text by what it says of itself."""

import codecs
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from portal.kernel.fetcher.transport import FetchFailed

_STEP_BYTES = 64 * 1024
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECLARATION_WITHIN_BYTES = 1024
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Python also offers codecs that are no charsets (idna, punycode, unicode_escape), some with quadratic running
# time. Source of the list and of the renamings: WHATWG Encoding Standard.
_CHARSETS = frozenset(
    {
        "utf-8",
        "utf-16-le",
        "utf-16-be",
        "big5",
        "cp932",
        "euc_jp",
        "euc_kr",
        "gb18030",
        "gb2312",
        "gbk",
        "iso2022_jp",
        "koi8-r",
        "koi8-u",
        "mac-roman",
        "shift_jis",
        "tis-620",
        *(f"cp125{n}" for n in range(9)),
        "cp866",
        "cp874",
        *(f"iso8859-{n}" for n in range(2, 17)),
    }
)
_RENAMED = {"ascii": "cp1252", "iso8859-1": "cp1252", "utf-16": "utf-16-le"}


def read_body(chunks: Iterable[bytes], *, encoding: str, bytes_max: int) -> bytes:
    """All of the body, decompressed. At no time is more than `bytes_max` and one step held in memory.

    Raises FetchFailed: too_large, wrong_encoding (one we did not ask for), protocol (broken compression).
    """
    encoding = encoding.strip().lower()
    if encoding in ("gzip", "x-gzip"):
        chunks = _gunzipped(chunks, bytes_max)
    elif encoding not in ("", "identity"):
        raise FetchFailed("wrong_encoding")
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > bytes_max:
            raise FetchFailed("too_large")
    return bytes(body)


def _gunzipped(chunks: Iterable[bytes], bytes_max: int) -> Iterator[bytes]:
    """Decompressed in small steps, so that a bomb is noticed before it is unpacked."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    received_bytes = 0
    for chunk in chunks:
        received_bytes += len(chunk)
        if received_bytes > bytes_max:
            raise FetchFailed("too_large")  # else many empty members would never reach the cap
        while chunk:
            if member.eof:  # a gzip file may be several, one after the other (RFC 1952 §2.2)
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                yield member.decompress(chunk, _STEP_BYTES)
            except zlib.error as error:
                raise FetchFailed("protocol") from error
            chunk = member.unused_data if member.eof else member.unconsumed_tail
    if received_bytes and not member.eof:
        raise FetchFailed("protocol")


def decode_text(body: bytes, declared: str | None) -> str:
    """`body` as text, whatever it is: nothing is raised, what can't be read becomes U+FFFD.

    Its charset is told by its byte order mark, else `declared` (by the header), else by the document itself,
    else it is UTF-8 where that is valid, else Windows-1252.
    """
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    known = charset_named(declared) or _charset_in(body[:_DECLARATION_WITHIN_BYTES])
    if known:
        return body.decode(known, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _charset_in(head: bytes) -> str | None:
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(head)
    charset = charset_named(found[1].decode("ascii", "replace")) if found else None
    # The declaration was readable as ASCII, so the document is not UTF-16, whatever it claims.
    return "utf-8" if charset and charset.startswith("utf-16") else charset


def charset_named(name: str | None) -> str | None:
    """Python's name of a charset that documents may use, or None."""
    if not name:
        return None
    try:
        charset = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    charset = _RENAMED.get(charset, charset)
    return charset if charset in _CHARSETS else None


def read_json(text: str) -> Any:
    """`text` as JSON. Half a surrogate pair, which JSON can spell and no database keeps, becomes U+FFFD.

    Raises ValueError, or RecursionError for what is nested deeper than anybody would write.
    """
    found = json.loads(text)
    if _SURROGATE.search(text):
        whole = json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        found = json.loads(whole)
    return found
