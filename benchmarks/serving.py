"""One server of the comparison: `python -m benchmarks.serving portal|bare PORT`, set up alike but for the app.

The rate limits stay on: they are part of what a request costs, and no person of the benchmark asks often enough to meet
them. The worker doesn't run: what it does later is no part of a request.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces

import config
from benchmarks.bare import make_bare
from benchmarks.pages import pages_of
from portal import create_app

WORLD_FILE = "BENCH_WORLD"


def main() -> None:
    which, port = sys.argv[1], int(sys.argv[2])
    multiprocessing.set_start_method("spawn")
    settings = config.load()
    Granian(
        which, address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=settings.web_workers,
        blocking_threads=settings.web_threads, log_enabled=False, websockets=False,
    ).serve(target_loader=_bare if which == "bare" else _portal, wrap_loader=False)  # fmt: skip


def _portal() -> Any:
    return create_app()


def _bare() -> Any:
    world = pickle.loads(Path(os.environ[WORLD_FILE]).read_bytes())
    return make_bare(create_app(), pages_of(world))


if __name__ == "__main__":
    main()
