"""The sandbox: what surrounds the portal while somebody develops or tries it, on a port of its own.

An OpenID Connect provider (`identity`), a tiny social network called Perch (`perch`), a stand-in for Stripe
(`till`) and a mail reader (`mail`). The portal reaches all of it over HTTP, as it would reach the real thing:
nothing here imports a room, and no room imports this. Never for production: the demo people have no passwords.
"""
