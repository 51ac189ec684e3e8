"""A person at the command line of a workspace, with the clock on the wall and a home of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from atttcli.cli.context import App
from atttcli.cli.main import cli, report_error
from atttcli.errors import AtttError
from atttcli.store.connection import Store
from tests.support.casework import SetClock

MINUTE = 60_000_000


class DrillDesk:
    """`desk("drill", "run")` runs a command; `code` is the exit code that it must have."""

    def __init__(self, folder: Path, home: Path | None = None, clock: SetClock | None = None) -> None:
        self.root = folder / "ws"
        self.home = home
        self.clock = clock or SetClock()

    def begin(self) -> DrillDesk:
        self("init", str(self.root), "--organisation", "bac-kan")
        return self

    def __call__(self, *words: str, code: int = 0) -> str:
        if self.home is not None:
            os.environ["ATTTCLI_HOME"] = str(self.home)
        app = App(str(self.root), clock=self.clock)
        ran = CliRunner().invoke(cli, ["--lang", "en", *words], obj=app)
        app.close()
        ended = report_error(ran.exception) if isinstance(ran.exception, AtttError) else ran.exit_code
        assert ended == code, (words, ran.output, ran.exception)
        return ran.output

    def json(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*words, "--json").splitlines() if line.startswith("{")]

    def later(self, minutes: float) -> None:
        self.clock.at += int(minutes * MINUTE)

    def rows(self, sql: str, drill: str = "") -> list[tuple[Any, ...]]:
        path = self.root / "drills" / drill if drill else self.root
        with Store(path / "workspace.db") as store:
            return [tuple(row) for row in store.rows(sql)]


def handed_over(drill: Path, name: str) -> Path:
    """Where an artefact of this name lies in a drill's inbox: its folder says nothing of the inject."""
    (found,) = (drill / "inbox").glob(f"*/{name}")
    return found
