"""Guidelines: what people read and follow, in versions, and who acknowledged which."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Nothing to register yet beyond the tables and verbs."""
