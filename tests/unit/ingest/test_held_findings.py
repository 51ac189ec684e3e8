"""Findings that wait are packed, and come out as they went in."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.ingest.held import HeldFindings
from atttcli.model.alert import Detection, Origin
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import parse_severity


def finding(number: int) -> Detection:
    return Detection(
        "correlation",
        f"attt-{number % 7}",
        "Đăng nhập từ mạng mới",
        parse_severity("high"),
        Origin("ab" * 32, "/var/log/auth.log", number),
        time=number,
        pack="p",
        key=f"u{number}|192.0.2.1",
        tags=("attack.t1110",),
        observables=(Observable(ObservableType.IPV4, "192.0.2.1", "source"),),
        why=("a", "b"),
        detail={"first": 1000 - number, "group": {"user": "x"}, "samples": [{"line": 1}], "told": None},
    )


@pytest.mark.parametrize("where", [None, "there", "missing"])
def test_they_come_out_as_they_went_in(tmp_path: Path, where: str | None) -> None:
    (tmp_path / "there").mkdir()
    held = HeldFindings(where and tmp_path / where)
    given = [finding(number) for number in range(700)]
    for one in given:
        held.add(one)
    assert list(held) == given
    assert list(held) == given  # a second time as well
    assert held.first == 1000 - 699


def test_nothing_held() -> None:
    assert list(HeldFindings()) == []
    assert HeldFindings().first is None
