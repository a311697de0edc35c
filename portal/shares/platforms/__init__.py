"""Social networks, one module each: how its addresses look, how its posts and profiles are read.

A module becomes a network by offering `network(settings, hosts)`; `registry` finds it by itself. Reading an address is
offline; reading a post goes through the safe fetcher and never raises for what a network may do to us.
"""
