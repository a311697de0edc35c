"""The checks on a share, one module each: `CODE`, `ORDER` and a pure `check(context)` that gives a finding.

A module of this package becomes a check by offering these three; `running` finds it by itself.
"""
