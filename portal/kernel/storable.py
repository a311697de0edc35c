"""Text from outside that a database can keep: JSON and HTML may name characters that no text column takes.

PostgreSQL refuses NUL in text, and half of a surrogate pair (`"\\ud800"` is valid JSON) can't be encoded at all.
"""

from __future__ import annotations

import re

_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with U+FFFD for each character that can't be kept."""
    return _NOT_KEPT.sub("\ufffd", text)


def is_storable(text: str) -> bool:
    """Can it be kept as it is? For names and keys, which a changed character would make those of somebody else."""
    return _NOT_KEPT.search(text) is None
