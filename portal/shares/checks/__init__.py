"""The checks on a share, one module each: `CODE`, `ORDER` and a pure `check(context)` that gives a finding.

A module of this package becomes a check by offering these; `running` finds it by itself. With `applies(asked)` it is
put only where a mission asks for it; its defaults in the verdict policy stand in `portal/shares/verdict.py`.
"""
