"""A message of the monitoring vendor, copied from a chat: taken from the clipboard by whatever program the desk has."""

from __future__ import annotations

import json
import os

import pytest

from tests.support.cli_run import tell

SAID = "Phát hiện máy 203.0.113.9 kết nối máy chủ điều khiển xau[.]example lúc 09:12"


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert tell(capsys, "init", "ws", "--organisation", "bac-kan").code == 0
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(tmp_path / "ws"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def put_program(folder, name, body):
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)
    os.environ["PATH"] = f"{path.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
def test_the_clipboard_becomes_an_alert_with_its_times(desk, capsys, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("DISPLAY", ":0")
    put_program(desk, "xclip", f"printf '%s' '{SAID}'\n")
    told = tell(
        capsys, "alert", "add", "--clipboard", "--sender", "giám sát", "--channel", "zalo",
        "--received", "23/11/2026 10:04", "--detected", "23/11/2026 09:12", "--json",
    )  # fmt: skip
    assert told.code == 0, told.err
    shown = json.loads(tell(capsys, "alert", "show", json.loads(told.out)["number"], "--json").out)
    assert shown["first_seen"].startswith("2026-11-23T02:12")
    assert (shown["sender"], shown["detail"]["channel"]) == ("giám sát", "zalo")
    assert "xau.example" in {one["value"] for one in shown["observables"]}


@pytest.mark.skipif(os.name == "nt", reason="Windows always has PowerShell")
def test_without_a_clipboard_the_officer_is_told_what_to_do(desk, capsys):
    told = tell(capsys, "alert", "add", "--clipboard")
    assert told.code == 2
    assert "--from-text -" in told.err


def test_windows_programs_are_named_by_their_place(monkeypatch):
    """Windows looks for a program in the current folder first, and that may be the inbox."""
    from atttcli.process import clipboard

    monkeypatch.setattr(clipboard.sys, "platform", "win32")
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    assert clipboard._programs()[0][0] == r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
def test_a_program_in_the_current_folder_is_not_run(desk, capsys, monkeypatch):
    """Not even with `.` in PATH: programs are started in an empty folder of their own."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", os.environ["PATH"])))
    for name in ("xclip", "xsel"):
        (desk / name).write_text(f"#!/bin/sh\ntouch {desk}/ran\necho x\n")
        (desk / name).chmod(0o755)
    tell(capsys, "alert", "add", "--clipboard", "--sender", "x")
    assert not (desk / "ran").exists()
