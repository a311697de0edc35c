# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's clock, which a test can set ahead."""

import time as real_time


class Moments:
    """Stands in for the module `time` in localstripe: the same, `ahead_seconds` later."""

    def __init__(self):
        self.ahead_seconds = 0

    def time(self):
        return real_time.time() + self.ahead_seconds

    def __getattr__(self, name):
        return getattr(real_time, name)


moments = Moments()


def now():
    """Seconds since the epoch, whole."""
    return int(moments.time())
