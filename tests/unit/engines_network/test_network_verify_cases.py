"""The runner of conformance cases: what it counts, where, and with which exit status."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.network_run import http
from tests.support.network_wire import pcap

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_cases", ROOT / "bench" / "verify_cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def case(folder: Path, name: str, options: str, count: int, keywords: list[str], **more: object) -> dict[str, object]:
    place = folder / "cases" / name
    place.mkdir(parents=True)
    (place / "rules.rules").write_text(f"alert http any any -> any any ({options} sid:1;)\n")
    (place / "input.pcap").write_bytes(pcap(http(b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n").frames))
    check = {"count": count, "match": {"event_type": "alert", "alert.signature_id": 1}, "peer": "pass"}
    return {"name": name, "checks": [check], "keywords": keywords, "evader": False, "plain": True} | more


def run(runner: ModuleType, folder: Path, cases: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> int:
    (folder / "manifest.json").write_text(json.dumps(cases))
    monkeypatch.setattr("sys.argv", ["verify_cases.py", str(folder)])
    return int(runner.main())


def test_families_apart_with_reasons(runner, tmp_path: Path, monkeypatch, capsys):
    uri = 'http.uri; content:"/a";'
    cases = [
        case(tmp_path, "met", uri, 1, ["http.uri", "content", "sid"]),
        case(tmp_path, "wrong", uri, 2, ["http.uri", "content", "sid"]),
        case(tmp_path, "strange", "made-up:1;", 1, ["made-up", "sid"]),
        case(tmp_path, "own", uri, 7, ["http.uri"], plain=False),
        case(tmp_path, "evader", uri, 1, ["http.uri"], evader=True),
    ]
    assert run(runner, tmp_path, cases, monkeypatch) == 1
    lines = capsys.readouterr().out.splitlines()
    families = {line[:26].strip(): line[26:].split()[:5] for line in lines[1:4]}
    assert families == {
        "http-evader": ["1", "1", "0", "0", "100.0%"],
        "plain, ET keywords": ["2", "1", "1", "0", "50.0%"],
        "plain, other keywords": ["1", "0", "0", "1", "0.0%"],
    }
    text = "\n".join(lines)
    assert "1  keyword made-up is not supported" in text
    assert "wrong: 1 instead of 2" in text
    assert "own:" not in text


def test_all_met_is_status_0_and_no_manifest_2(runner, tmp_path: Path, monkeypatch):
    cases = [case(tmp_path, "met", 'http.uri; content:"/a";', 1, ["http.uri"])]
    assert run(runner, tmp_path, cases, monkeypatch) == 0
    (tmp_path / "manifest.json").unlink()
    monkeypatch.setattr("sys.argv", ["verify_cases.py", str(tmp_path)])
    assert runner.main() == 2
