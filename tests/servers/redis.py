"""A Redis (or Valkey) server that keeps nothing."""

import shutil
from pathlib import Path

from tests.servers.process import HOST, Process, free_port


class RedisServer:
    def __init__(self, *, log: Path) -> None:
        command = shutil.which("redis-server") or shutil.which("valkey-server")
        if command is None:
            raise RuntimeError("Redis is not installed. Run: apt-get install redis-server")
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"
        self.process = Process(
            [command, "--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no"],
            log=log,
            ready_port=self.port,
            cwd=log.parent,
        )

    def start(self) -> "RedisServer":
        self.process.start()
        return self

    def stop(self) -> None:
        self.process.stop()
