"""Whatever a reader understood of its sample is what a hunt finds after the sample was ingested: nothing lost on the way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.ingest_case import attt, new_workspace
from tests.support.reader_samples import ReaderCase, cases

TEXTS = (
    "category",
    "product",
    "service",
    "host",
    "user",
    "src_ip",
    "dst_ip",
    "domain",
    "url",
    "hash",
    "action",
    "outcome",
)
NUMBERS = ("src_port", "dst_port")
CASES = [case for case in cases() if not (case.folder / "mapping.yaml").is_file()]


def row(told: dict[str, Any]) -> tuple[Any, ...]:
    """An event of either command, without what only one of them says."""
    fields = told.get("fields") or {}
    fields = json.loads(fields) if isinstance(fields, str) else fields  # SQL tells a column of JSON as text
    return (
        told["line"], told.get("time"), *(told.get(name) or "" for name in TEXTS), *(told.get(name) or 0 for name in NUMBERS),
        json.dumps(fields, sort_keys=True),
    )  # fmt: skip


@pytest.fixture(scope="module")
def hunted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """Sample's name -> its events as a hunt tells them."""
    place = tmp_path_factory.mktemp("readers")
    patch = pytest.MonkeyPatch()
    patch.setenv("ATTTCLI_HOME", str(place / "home"))
    workspace = new_workspace(place / "ws")
    for case in CASES:
        shutil.copy(case.sample, place / (case.name + case.sample.suffix))
    files = [str(place / (case.name + case.sample.suffix)) for case in CASES]
    done = attt(workspace, "ingest", *files, "--json")
    assert done.exit_code in (0, 1, 2), done.output
    found: dict[str, list[tuple[Any, ...]]] = {}
    asked = attt(workspace, "hunt", "--since", "1900-01-01", "-n", "100000", "--json")
    untimed = attt(workspace, "hunt", "SELECT * FROM events WHERE time IS NULL", "-n", "100000", "--json")
    for line in (*asked.stdout.splitlines(), *untimed.stdout.splitlines()):
        told = json.loads(line)
        found.setdefault(Path(told["source"]).name, []).append(row(told))
    patch.undo()
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hunt_finds_what_the_reader_understood(case: ReaderCase, hunted: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / (case.name + case.sample.suffix)
    shutil.copy2(case.sample, copy)
    done = attt(tmp_path, "source", "test", str(copy), "--fields", "--lines", "100000", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    understood = [row(one) for one in told if one["kind"] == "event"]
    assert sorted(hunted.get(copy.name, []), key=str) == sorted(understood, key=str)
