"""A fan's own login on a network, lent to this portal so that it can read the posts they hand in, and nothing else.

`network` is the port, one module a network behind it; `granting`, `forgetting` and `keeping` are what happens to a
login, `using` gives whoever reads a post the key that was lent for it.
"""
