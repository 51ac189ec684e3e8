"""`schedule`: from the plan through the entry that a scheduler starts to what `show` says of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from atttcli.fleet import schedule_files, scheduling
from tests.support.cli_run import tell

RULE = 'rule planted { strings: $a = "planted-marker-77" condition: $a }'


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cron = str(tmp_path / "cron.d" / "atttcli-scan")
    for module in (schedule_files, scheduling):
        monkeypatch.setattr(module, "CRON_PATH", cron)
    monkeypatch.setattr(scheduling, "SERVICE_PATH", str(tmp_path / "none"))
    monkeypatch.setattr(scheduling, "TIMER_PATH", str(tmp_path / "none"))
    monkeypatch.setattr("atttcli.field.throttle.on_battery", lambda: False)
    monkeypatch.setattr("atttcli.field.throttle.be_nice", lambda: True)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("nothing here")
    return tmp_path


def install(capsys: pytest.CaptureFixture, machine: Path, *more: str) -> None:
    words = ("--system", "cron", "--path", machine / "files", "--state", machine / "state", "--at", "12:30")
    told = tell(capsys, *more, "schedule", "install", *words)
    assert told.code == 0, told.err


def test_a_scheduled_run_is_one_line_and_a_record(capsys: pytest.CaptureFixture, machine: Path) -> None:
    install(capsys, machine)
    ran = tell(capsys, "schedule", "run", "--state", machine / "state")
    assert ran.code == 0 and len(ran.out.splitlines()) == 1 and "1 file" in ran.out
    shown = tell(capsys, "schedule", "show", "--state", machine / "state", "--json").checked("schedule")[0]
    assert (shown["last"]["result"], shown["files"][0]["state"]) == ("clean", "ours")
    log = (machine / "state" / "scan.log").read_text()
    assert json.loads(log.splitlines()[-1])["kind"] == "account"
    assert not (Path(os.environ["ATTTCLI_HOME"]) / "scan").exists()  # the cache stands with the state, not in a home


def test_what_is_found_in_a_workspace_becomes_an_alert(capsys: pytest.CaptureFixture, machine: Path) -> None:
    place = machine / "ws"
    assert tell(capsys, "init", place, "--organisation", "bac-kan").code == 0
    (place / "rules" / "yara").mkdir()
    (place / "rules" / "yara" / "p.yar").write_text(RULE)
    (machine / "files" / "b.txt").write_text("planted-marker-77")
    install(capsys, machine, "-w", str(place))
    assert f"--workspace {place} schedule run" in Path(schedule_files.CRON_PATH).read_text()
    assert tell(capsys, "-w", place, "schedule", "run", "--state", machine / "state").code == 1
    (alert,) = tell(capsys, "-w", place, "alert", "list", "--json").lines()
    assert "planted" in json.dumps(alert)
    shown = tell(capsys, "schedule", "show", "--state", machine / "state", "--json").lines()[0]
    assert (shown["last"]["result"], shown["last"]["code"]) == ("found", 1)


def test_on_battery_nothing_is_run_and_that_counts_as_missed(
    capsys: pytest.CaptureFixture, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(capsys, machine)
    monkeypatch.setattr("atttcli.field.throttle.on_battery", lambda: True)
    ran = tell(capsys, "schedule", "run", "--state", machine / "state")
    assert ran.code == 4 and len((ran.out + ran.err).splitlines()) == 1
    assert (
        tell(capsys, "schedule", "show", "--state", machine / "state", "--json").lines()[0]["last"]["result"]
        == "battery"
    )


def test_what_was_missed_is_made_up_for_once(capsys: pytest.CaptureFixture, machine: Path) -> None:
    install(capsys, machine)
    path = machine / "state" / "schedule" / "plan.json"
    path.write_text(
        path.read_text()
        .replace('"spread":45', '"spread":0')
        .replace('"since":', '"since":1,"x":')
        .replace(',"x":', ',"x":', 1)
    )
    value = json.loads(path.read_text())
    value.pop("x")
    path.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n")
    assert tell(capsys, "schedule", "show", "--state", machine / "state").code == 2
    first = tell(capsys, "schedule", "run", "--if-missed", "--state", machine / "state", "--json").checked(
        "schedule-run"
    )[0]
    second = tell(capsys, "schedule", "run", "--if-missed", "--state", machine / "state", "--json").checked(
        "schedule-run"
    )[0]
    assert (first["ran"], second["ran"]) == (True, False)
    assert tell(capsys, "schedule", "show", "--state", machine / "state").code == 0


def test_print_writes_nothing(capsys: pytest.CaptureFixture, machine: Path) -> None:
    for system in ("systemd", "cron", "windows"):
        told = tell(capsys, "schedule", "install", "--system", system, "--print", "--json").checked("schedule-file")
        assert all(one["state"] == "shown" and "atttcli" in one["text"] for one in told)
    assert {path.name for path in machine.iterdir()} == {"files"}


def test_without_a_schedule_there_is_nothing_to_run(capsys: pytest.CaptureFixture, machine: Path) -> None:
    for word in ("show", "run", "remove"):
        told = tell(capsys, "schedule", word, "--state", machine / "state")
        assert told.code == 3 and "schedule install" in told.err


def test_a_kit_that_stays_on_a_machine_makes_its_next_bundle(
    capsys: pytest.CaptureFixture, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    import tempfile

    from tests.support.stick_case import Centre

    for name in ("TMPDIR",):
        monkeypatch.setenv(name, tempfile.gettempdir())
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)
    monkeypatch.setattr("atttcli.field.main.be_nice", lambda: True)
    (machine / "files" / "b.txt").write_text("MARKER")
    centre = Centre(machine / "centre")
    kit = centre.build().folder
    words = (
        "--system",
        "cron",
        "--path",
        machine / "files",
        "--state",
        machine / "state",
        "--kit",
        kit,
        "--at",
        "12:30",
    )
    assert tell(capsys, "schedule", "install", *words).code == 0
    ran = tell(capsys, "schedule", "run", "--state", machine / "state")
    assert ran.code == 1 and len(ran.out.splitlines()) == 1, ran.out + ran.err
    (taken,) = centre.take(kit / "out")
    assert taken.state == "new" and len(centre.alerts()) == 1
    assert tell(capsys, "schedule", "run", "--state", machine / "state").code == 1
    assert len(list((kit / "out").glob("*.attb"))) == 2
    centre.app.close()
