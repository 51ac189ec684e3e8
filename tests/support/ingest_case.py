"""Shared by the ingest tests: a workspace, the sample inbox, and a dump of all that must not differ."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from atttcli.archive.reading import read_segment
from atttcli.cli.context import App
from atttcli.cli.main import cli, report_error
from atttcli.errors import AtttError

ROOT = Path(__file__).resolve().parent.parent.parent


def attt(workspace: Path, *arguments: str, stdin: str = "") -> Result:
    """Run a command in this process; AtttError becomes its exit code as in the console script."""
    app = App(str(workspace), "en")
    result = CliRunner().invoke(cli, list(arguments), obj=app, input=stdin)
    app.close()
    if isinstance(result.exception, AtttError):
        result.exit_code = report_error(result.exception)
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def new_workspace(path: Path) -> Path:
    assert attt(path, "init", str(path), "--organisation", "bac-kan").exit_code == 0
    return path


def sample_inbox(target: Path) -> Path:
    sys.path.insert(0, str(ROOT / "seeds" / "samples"))
    try:
        import build

        build.build_inbox(target)
    finally:
        sys.path.remove(str(ROOT / "seeds" / "samples"))
    return target


def ingest_json(workspace: Path, *paths: object, extra: tuple[str, ...] = ()) -> dict[str, Any]:
    result = attt(workspace, "ingest", *map(str, paths), "--json", *extra)
    assert result.exit_code in (0, 1, 2), result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def rows(workspace: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with sqlite3.connect(workspace / "workspace.db") as db:
        return db.execute(sql, values).fetchall()


def events(workspace: Path) -> Counter[str]:
    """The multiset of kept lines, read from the segments that the store knows."""
    found: Counter[str] = Counter()
    on_disk = {str(p.relative_to(workspace / "events")) for p in (workspace / "events").rglob("*.zst")}
    known = [row[0] for row in rows(workspace, "SELECT path FROM segment")]
    assert set(known) == on_disk
    for path in known:
        found.update(f"{event.time} {event.raw}" for event in read_segment(workspace / "events" / path))
    return found


def dump(workspace: Path) -> dict[str, Any]:
    """Everything that a killed and repeated ingest must share with a clean one."""
    kept = events(workspace)
    lines = json.dumps(sorted(kept.items())).encode()
    return {
        "events": (sum(kept.values()), hashlib.sha256(lines).hexdigest()),
        "alerts": rows(
            workspace,
            "SELECT fingerprint, kind, rule_id, agency, system, severity, count, first_seen, last_seen FROM alert ORDER BY 1",
        ),
        "sightings": rows(
            workspace,
            "SELECT a.fingerprint, s.occurrence, s.time, s.line FROM sighting s JOIN alert a ON a.id = s.alert ORDER BY 1, 2",
        ),
        "files": rows(
            workspace,
            "SELECT sha256, reader, kind, state, read, stored, duplicate, rejected, alerts, indicators FROM source_file"
            " ORDER BY 1",
        ),
        "indicators": rows(workspace, "SELECT type, value, source FROM indicator ORDER BY 1, 2, 3"),
        "problems": rows(workspace, "SELECT path, line, offset, reason FROM read_problem ORDER BY 1, 2, 3, 4"),
        "learned": rows(
            workspace, "SELECT rule, grp, value, first, last, count, told FROM learned_value ORDER BY 1, 2, 3"
        ),
        "unlearned": rows(workspace, "SELECT count(*) FROM unlearned_segment"),
        "owed": rows(workspace, "SELECT count(*) FROM ingest_run WHERE correlate_from IS NOT NULL"),
    }


def start_ingest(workspace: Path, *paths: Path) -> subprocess.Popen[bytes]:
    """The tool as a process of its own, to be killed."""
    # Small blocks and segments, so that the samples already take many commits.
    small = "from atttcli.ingest import claims, logs; logs.BLOCK, logs.SEGMENT, claims.BATCH = 128, 256, 8; "
    script = small + "from atttcli.cli.main import run; run()"
    command = [sys.executable, "-c", script, "-w", str(workspace), "ingest", *map(str, paths)]
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
