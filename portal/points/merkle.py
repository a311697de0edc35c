"""The tree of one day's leaves (RFC 6962, 2.1): its root, and the way from a leaf up to it. Pure.

The RFC splits at the largest power of two; pairing from the left, with the last node of an odd row going up as it is,
gives the same tree and needs every node once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from portal.points.verify_statement import hash_node


class Tree:
    """All rows of nodes over `leaves`, from the leaves up to the root."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.rows: list[list[bytes]] = [list(leaves)]
        while len(row := self.rows[-1]) > 1:
            pairs = [hash_node(row[place], row[place + 1]) for place in range(0, len(row) - 1, 2)]
            self.rows.append(pairs + row[len(row) - len(row) % 2 :])

    @property
    def root(self) -> bytes:
        return self.rows[-1][0] if self.rows[-1] else hashlib.sha256().digest()

    def path(self, position: int) -> list[bytes]:
        """What stands beside the way from the leaf at `position` to the root. Raises IndexError."""
        if not 0 <= position < len(self.rows[0]):
            raise IndexError(position)
        beside = []
        for row in self.rows[:-1]:
            if (position ^ 1) < len(row):
                beside.append(row[position ^ 1])
            position >>= 1
        return beside
