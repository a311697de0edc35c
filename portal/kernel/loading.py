"""A room names the modules whose decorators register pages, jobs, listeners and the like when they are imported."""

from __future__ import annotations

from importlib import import_module


def load_modules(room: str, *names: str) -> None:
    """Import those modules of `room`, the room's package. Raises ModuleNotFoundError for a name that isn't there.

    Nothing else need mention them: without this, a page or job of theirs exists only if somebody happens to import it.
    """
    for name in names:
        import_module(f"{room}.{name}")
