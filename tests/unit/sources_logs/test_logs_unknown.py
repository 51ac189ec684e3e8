"""A format nobody knows, odd encodings, damaged ends: indicators and YARA rules see every line all the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from log_reading import chosen, event, read

from atttcli.cli.main import cli
from atttcli.model.event import Event

ODD = "@@ 7f3a | khac | 192.0.2.66 -> noi bo | goi xau.example | dau vet PhanMemLa_9\n@@ 7f3b | khac | khong co gi\n"
YARA = 'rule dau_vet { meta: scope = "log" strings: $a = "PhanMemLa_9" condition: $a }'


def detected(path: Path, folder: Path) -> list[tuple[str, int]]:
    (folder / "ioc.csv").write_text("type,value\ndomain,xau.example\n")
    (folder / "log.yar").write_text(YARA)
    result = CliRunner().invoke(
        cli,
        [
            "detect",
            "logs",
            str(path),
            "--indicators",
            str(folder / "ioc.csv"),
            "--yara",
            str(folder / "log.yar"),
            "--json",
        ],
    )
    assert result.exit_code == 1, result.output
    found = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    return sorted((one["engine"], one["line"]) for one in found if "engine" in one)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_indicators_and_yara_see_lines_that_nobody_knows(tmp_path: Path, encoding: str) -> None:
    assert chosen(ODD) == "text-lines"
    log = tmp_path / "odd.log"
    log.write_bytes((ODD * 40).encode(encoding))
    found = detected(log, tmp_path)
    for engine in ("indicator", "yara"):
        assert (engine, 1) in found
        assert (engine, 79) in found
        assert not any(line % 2 == 0 for _, line in found)


def test_a_packed_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "odd.log.1.gz"
    log.write_bytes(gzip.compress(ODD.encode()))
    assert {engine for engine, _ in detected(log, tmp_path)} == {"indicator", "yara"}


def test_encodings_may_change_within_a_file() -> None:
    head = "Nov 23 10:04:05 web1 sshd[1]: Invalid user "
    data = (
        head.encode()
        + "Đặng".encode()
        + b" from 192.0.2.7\n"
        + head.encode()
        + "Đ".encode("cp1258")
        + b" from 192.0.2.8\n"
    )
    first, second = read("syslog", data)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert (first.user, first.src_ip, second.src_ip) == ("Đặng", "192.0.2.7", "192.0.2.8")
    assert "\\x" in second.user


def test_a_clock_that_is_ahead_does_not_lose_a_year() -> None:
    """A stamp one day after the file's change is a clock that is wrong, not a year ago."""
    assert event("syslog", "Nov 24 10:00:00 web1 sshd[1]: Invalid user x from 192.0.2.7").time > 0  # type: ignore[operator]
    ahead = event("syslog", "Nov 24 10:00:00 web1 app: x").time
    behind = event("syslog", "Nov 22 10:00:00 web1 app: x").time
    assert ahead is not None
    assert behind is not None
    assert ahead - behind == 2 * 86_400_000_000
