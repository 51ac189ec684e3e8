"""Indicator packs: what is read, and that every refused row is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.clock import parse_moment
from atttcli.model.observable import Indicator, ObservableType
from atttcli.packaged import packaged
from atttcli.rulepack.indicators import IndicatorPack, load_indicator_packs

T = ObservableType


def load(tmp_path: Path, name: str, text: str) -> IndicatorPack:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load_indicator_packs([tmp_path])


def test_csv(tmp_path: Path) -> None:
    pack = load(
        tmp_path, "thang11.csv",
        "# danh sách\nType,Value,description,kind,valid_from,valid_until\n"
        'domain-name,hxxp[.]example,"mô tả, có dấu phẩy",c2,2026-11-01,2026-11-30\n'
        "ip,203.0.113.0/24,,,,\n"
        "ipv4-addr,203.0.113.9,,,,\nipv4-addr,203.0.113.9,,,,\n",
    )  # fmt: skip
    assert [(problem.where.line, problem.reason) for problem in pack.problems] == [
        (4, "'203.0.113.0/24' is no ipv4-addr")
    ]
    first, second = pack.indicators
    end = parse_moment("2026-12-01") - 1
    assert first == Indicator(
        T.DOMAIN, "hxxp.example", "thang11", "mô tả, có dấu phẩy", "c2", parse_moment("2026-11-01"), end
    )
    assert second.value == "203.0.113.9"


def test_text(tmp_path: Path) -> None:
    pack = load(
        tmp_path, "a.txt", "# type: domain-name\n# kind: phishing\n\nevil[.]example  # seen twice\nnot a name\n"
    )
    assert [(one.value, one.kind) for one in pack.indicators] == [("evil.example", "phishing")]
    assert pack.problems[0].where.line == 5


def test_yaml(tmp_path: Path) -> None:
    text = (
        "kind: malware\nindicators:\n  - {type: md5, value: "
        + "AB" * 16
        + "}\n  - {type: md5, value: short}\n  - [x]\n"
    )
    pack = load(tmp_path, "a.yml", text)
    assert [(one.value, one.kind) for one in pack.indicators] == [("ab" * 16, "malware")]
    assert pack.problems[0].where.line == 4 and len(pack.problems) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("domain-name,com,,,,", "is no domain-name"),
        ("banana,x,,,,", "unknown type"),
        ("cidr,0.0.0.0/0,,,,", "too wide"),
        ("ipv4-addr,010.1.1.1,,,,", "is no ipv4-addr"),
        ("ipv4-addr,203.0.113.9,,nice,,", "unknown kind"),
        ("ipv4-addr,203.0.113.9,,,yesterday,", "is no date"),
        ("ipv4-addr,203.0.113.9,,,2026-11-23T10:00:00,", "no zone"),
        ("ipv4-addr,203.0.113.9,,,2026-11-23,2026-11-01", "before"),
        ("ipv4-addr,203.0.113.9", "2 cells, 6 columns"),
        ('ipv4-addr,"203.0.113.9,,,,', "not CSV"),
    ],
)
def test_rows_that_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    pack = load(tmp_path, "a.csv", "type,value,description,kind,valid_from,valid_until\n" + row + "\n")
    assert not pack.indicators
    (problem,) = pack.problems
    assert reason in problem.reason and problem.where.line == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "value\n1\n"), ("a.csv", "type,value,colour\n"), ("a.txt", "evil.example\n"), ("a.yml", "- x\n"),
        ("a.yml", "indicators: []\ncolour: red\n"), ("a.yml", "indicators: &a [*a]\n"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, name: str, text: str) -> None:
    pack = load(tmp_path, name, text)
    assert not pack.indicators and pack.problems[0].where.line is not None


def test_one_bad_file_does_not_take_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe")
    pack = load(tmp_path, "b.txt", "# type: ip\n203.0.113.9\n")
    assert len(pack.indicators) == 1 and len(pack.problems) == 1
    assert load_indicator_packs([tmp_path / "absent.csv"]).problems


def test_shipped_packs_load_whole() -> None:
    pack = load_indicator_packs([packaged("rules") / "indicators"])
    assert pack.indicators and not pack.problems
