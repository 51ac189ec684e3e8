"""A child of this very process, killed at a moment that nobody chose; it tells over a pipe what was acknowledged to it."""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from atttcli.journal.head import read_head
from atttcli.journal.verify import verify_journal
from atttcli.store.connection import Store
from atttcli.store.verify import database_faults
from atttcli.store.workspace import Workspace

Tell = Callable[[str], None]


def killed_after(seconds: float, work: Callable[[Tell], None], *, from_first: bool = False) -> tuple[list[str], bool]:
    """Lines that the child told, whole ones only, and whether it came to its end before the kill.

    `from_first`: the time runs from the first line on, so that a busy machine does not make it a kill of nothing.
    A fork has everything imported already, so that a thousand kills are a matter of minutes, and the moment falls into the
    work and not into the start of Python.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            work(lambda line: _tell(writing, line))
            status = 0
        except BaseException:  # noqa: BLE001
            traceback.print_exc()  # what went wrong there is seen nowhere else
        finally:
            os._exit(status)
    os.close(writing)
    if from_first:
        select.select([reading], [], [], 60)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), f"the child ended by itself: {status}"
    return told[: told.rfind(b"\n") + 1].decode().splitlines(), status == 0


def _tell(descriptor: int, line: str) -> None:
    os.write(descriptor, line.encode() + b"\n")


def assert_kept(workspace: Workspace, acknowledged: dict[int, str]) -> int:
    """Everything acknowledged is there, the chain holds, projections equal a fold; the number of entries."""
    head = read_head(workspace.id)
    with Store(workspace.database) as store:
        faults = [*database_faults(store.connection), *verify_journal(store.connection, head)]
        assert faults == [], faults[:3]
        present = dict(tuple(row) for row in store.rows("SELECT seq, hash FROM journal"))
    assert acknowledged.items() <= present.items(), "an acknowledged entry is not there"
    return len(present)


def evidence_problems(workspace: Workspace) -> list[str]:
    """Exhibits whose bytes are not whole."""
    from atttcli.evidence.vault import Vault

    vault = Vault(Path(workspace.vault))
    with Store(workspace.database) as store:
        return [p for (sha256,) in store.rows("SELECT sha256 FROM evidence") if (p := vault.problem(sha256))]
