"""Signing in with a social network of many servers: nobody has to be set up beforehand, each is asked when it is named.

What signs in here is an account that people post with, so the same step proves that handle.
"""
