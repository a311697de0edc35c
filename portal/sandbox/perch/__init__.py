"""Perch: a tiny social network with public pages, a JSON API, oEmbed, and switches to make it misbehave."""
