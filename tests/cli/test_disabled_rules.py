"""`rules disable` is heeded by `scan` and `detect` inside the workspace, is said, and can be overridden for once."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.packaged import packaged
from atttcli.rulepack.samples import read_case
from tests.support.ingest_case import attt, new_workspace
from tests.support.network_wire import dns_query, pcap, udp_frame

RULE = 'rule marked { strings: $m = "MARKER" condition: $m } rule other { strings: $m = "MARKER" condition: $m }\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = new_workspace(tmp_path / "ws")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"..MARKER..")
    for kind, name, text in (
        ("yara", "r.yar", RULE),
        (
            "network",
            "n.rules",
            'alert dns any any -> any any (msg:"asked"; dns.query; content:"bad.example"; sid:7;)\n',
        ),
    ):
        folder = made / "rules" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (tmp_path / name).write_text(text)
    (tmp_path / "asked.pcap").write_bytes(pcap([udp_frame(dns_query("bad.example"))]))
    burst = read_case(packaged("rules") / "cases" / "sigma" / "attt-auth-0010")
    (tmp_path / "auth.log").write_bytes(dict(burst.positives)["positive-1.log"])
    for rule in ("r.yar:marked", "1:7", "attt-auth-0010"):
        assert attt(made, "--lang", "en", "rules", "disable", rule, "--reason", "false alarms").exit_code == 0
    return tmp_path


COMMANDS = (
    (("scan", "in", "--rules", "r.yar", "--fresh", "--no-store"), "r.yar:marked", "r.yar:other"),
    (("scan", "in", "--rules", "r.yar"), "r.yar:marked", "r.yar:other"),
    (("detect", "files", "in", "--rules", "r.yar"), "r.yar:marked", "r.yar:other"),
    (("detect", "capture", "asked.pcap", "--rules", "n.rules"), "1:7", ""),
    (("detect", "logs", "auth.log"), "attt-auth-0010", ""),
)


@pytest.mark.parametrize(("words", "silent", "heard"), COMMANDS, ids=lambda value: " ".join(value[:2])[:14])
def test_a_disabled_rule_is_silent_and_that_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], silent: str, heard: str
) -> None:
    monkeypatch.chdir(place)
    told = attt(place / "ws", "--lang", "en", *words)
    assert silent not in told.stdout.split()
    assert heard in told.stdout
    assert told.exit_code == (1 if heard else 0)
    assert "1 rule is disabled in this workspace" in told.stderr
    every = attt(place / "ws", "--lang", "en", *words, "--all-rules")
    assert silent in every.stdout.split()
    assert (every.exit_code, "disabled in this workspace" in every.stderr) == (1, False)


def test_nothing_is_said_where_no_loaded_rule_is_disabled(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (place / "third.yar").write_text('rule third { strings: $m = "MARKER" condition: $m }\n')
    told = attt(place / "ws", "--lang", "en", "detect", "files", "in", "--rules", "third.yar")
    assert (told.exit_code, told.stderr) == (1, "")


def test_a_broken_workspace_does_not_keep_anybody_from_matching(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (place / "ws" / "workspace.db").write_bytes(b"no database at all" * 400)
    told = attt(place / "ws", "--lang", "en", "detect", "files", "in", "--rules", "r.yar")
    assert told.exit_code == 1
    assert "r.yar:marked" in told.stdout
    assert "cannot be read, so no rule counts as disabled" in told.stderr
