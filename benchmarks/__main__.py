"""`python -m benchmarks [--postgresql] [--only P-41,P-42]`: prints a table, keeps it in var/bench.json."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure, as_table
from benchmarks.measuring import Bench
from benchmarks.stage import Stage
from tests.servers.postgres import PostgresServer


def main() -> int:
    """Measure, print, keep. Exit status 1 when a figure misses its promise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of each comparison (default 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one stretch of load (default 1)")
    parser.add_argument("--only", default="", help="promises to measure, like P-41,rechecks (default: all)")
    parser.add_argument(
        "--commit-waits", type=float, default=0, metavar="MS",
        help="let PostgreSQL wait so long before each flush, as it does for a slower disk (its commit_delay)",
    )  # fmt: skip
    arguments = parser.parse_args()
    if arguments.commit_waits and not arguments.postgresql:
        parser.error("--commit-waits is a setting of PostgreSQL: add --postgresql")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end too
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    with ExitStack() as closing:
        closing.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = None
        if arguments.postgresql:
            waits = ["-c", f"commit_delay={arguments.commit_waits * 1000:.0f}", "-c", "commit_siblings=0"]
            options = waits if arguments.commit_waits else []
            postgres = PostgresServer(log=folder / "postgres.log", durable=True, options=options).start()
            closing.callback(postgres.stop)
        stage = Stage(folder, postgres)
        bench = Bench(stage, closing, rounds=arguments.rounds, seconds=arguments.seconds)
        figures = bench.run({name for name in arguments.only.split(",") if name})
    database = "postgresql" if arguments.postgresql else "sqlite"
    print(as_table(figures))
    if arguments.commit_waits:
        database += f" whose commits wait {arguments.commit_waits:g} ms"
    print(f"\n{database}, {arguments.rounds} rounds, {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    _keep(figures, database, arguments)
    return 0 if all(figure.holds for figure in figures) else 1


def _keep(figures: list[Figure], database: str, arguments: argparse.Namespace) -> None:
    path = Path(os.environ.get("PORTAL_DATA", "var")) / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "database": database, "rounds": arguments.rounds,
        "cpus": os.cpu_count(), "load_average": os.getloadavg()[0],
        "figures": [{**asdict(figure), "holds": figure.holds} for figure in figures],
    }  # fmt: skip
    path.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
