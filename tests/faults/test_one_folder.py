"""One server at a time over a folder: a second one would share its queue, its spool and its sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from tests.conftest import TEST_SECRET
from tests.faults.running import ROOT, RunningPortal
from tests.servers.process import free_port

MakePortal = Callable[..., RunningPortal]


def test_a_second_server_over_the_same_folder_is_refused_and_the_first_goes_on(make_portal: MakePortal) -> None:
    portal = make_portal()
    settings = {
        "PORTAL_ENV": "test", "PORTAL_SECRET_KEYS": TEST_SECRET, "PORTAL_DATA": str(portal.folder),
        "PORTAL_SANDBOX": "true", "PORTAL_SANDBOX_URL": f"http://127.0.0.1:{free_port()}",
    }  # fmt: skip
    second = subprocess.run(
        [sys.executable, "-m", "portal.serving", "--port", str(free_port()), "--no-demo"],
        cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert f"is running over {portal.folder} already (process {portal.server.pid})" in second.stderr
    assert portal.status_of("/readyz") == 200
    assert (portal.folder / "run" / "portal.pid").read_text() == str(portal.server.pid)
