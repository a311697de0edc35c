"""Perch: a tiny social network with public pages, an open JSON API, oEmbed, and switches that make it misbehave."""
