"""Signals of fraud, one module each, found by themselves.

A signal is a pure question over `facts.Facts`. It explains itself and decides nothing: together they raise a share's
risk, and from `weighing.RISK_MAX` on a person looks, with the reasons. Staff try each on past shares before they switch
it on.

A module has `CODE`, `WEIGHT` (1 to 3), and `notice(facts)`, which gives what was noticed as words for its sentence, or
None. What is not known is never noticed.
"""
