"""How fast the portal is, compared with bare Flask in the same run: `python -m benchmarks`, or `make bench`.

Figures, not tests: what they promise stands in docs/promises.md, P-41 to P-46.
"""
