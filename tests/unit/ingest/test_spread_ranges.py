"""A row of a list that names a range reaches every agency in it, and what nobody owns stays unresolved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.inventory import Inventory, load_organisation
from atttcli.inventory.ranges import parse_address
from tests.support.ingest_case import attt, ingest_json, new_workspace, rows

INVENTORY = Inventory(load_organisation("bac-kan"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def listed(path: Path, *victims: str) -> Path:
    lines = [f"{n},{victim},conficker,12/05/2021 08:00" for n, victim in enumerate(victims, 1)]
    path.write_text("\n".join(["STT,IP nhiễm,Mã độc,Thời gian", *lines]), encoding="utf-8")
    return path


def reached(place: Path) -> dict[str, str]:
    return dict(rows(place, "SELECT agency, victim FROM alert WHERE kind = 'national-list'"))


def test_every_agency_of_a_range_gets_its_alert(place: Path, tmp_path: Path) -> None:
    path = listed(tmp_path / "list.csv", "203.0.113.64/29")
    told = ingest_json(place, path)
    assert reached(place) == {"vp-ubnd": "203.0.113.64", "vp-dbqh-hdnd": "203.0.113.68"}
    assert (told["total"]["read"], told["total"]["stored"], told["total"]["alerts"]) == (1, 1, 2)
    ingest_json(place, path)
    assert len(reached(place)) == 2
    (why,) = rows(place, "SELECT why FROM alert WHERE agency = 'vp-dbqh-hdnd'")
    assert "203.0.113.68 - 203.0.113.71" in json.loads(why[0])[-1]


def test_what_nobody_owns_stays_on_the_list_and_finds_its_owner_later(place: Path, tmp_path: Path) -> None:
    ingest_json(place, listed(tmp_path / "list.csv", "192.0.2.104/29"))
    found = reached(place)
    assert set(found) > {""} and len(found) == 6
    assert found[""] == "192.0.2.109"
    unresolved = [json.loads(line) for line in attt(place, "alert", "unresolved", "--json").stdout.splitlines()]
    assert [one["victim"] for one in unresolved] == ["192.0.2.109"]
    attt(place, "agency", "learn-ip", "192.0.2.108/30", "so-nv")
    assert rows(place, "SELECT agency FROM alert WHERE victim = '192.0.2.109'") == [("so-nv",)]


def test_a_span_of_several_networks_is_one_alert_for_an_agency(place: Path, tmp_path: Path) -> None:
    ingest_json(place, listed(tmp_path / "list.csv", "203.0.113.1-203.0.113.67"))
    assert rows(place, "SELECT agency, victim, count FROM alert ORDER BY agency") == [
        ("tt-cntt", "203.0.113.1", 1),
        ("vp-ubnd", "203.0.113.64", 1),
    ]


@pytest.mark.parametrize("victim", ["203.0.113.64/30", "198.51.100.0/24", "203.0.113.9", "8.0.0.0/6"])
def test_one_owner_or_none_or_half_the_world_is_one_alert_as_ever(place: Path, tmp_path: Path, victim: str) -> None:
    ingest_json(place, listed(tmp_path / "list.csv", victim))
    assert rows(place, "SELECT victim, key FROM alert") == [(victim.partition("/")[0], victim)]


@given(st.integers(0, 255), st.integers(24, 32), st.sampled_from(["192.0.2", "203.0.113", "10.23.13", "198.51.100"]))
def test_shares_cover_the_range_and_say_what_the_single_look_up_says(last: int, bits: int, net: str) -> None:
    size = 2 ** (32 - bits)
    base = f"{net}.{last // size * size}/{bits}"
    covered: dict[int, str] = {}
    for share in INVENTORY.shares_of(base):
        for first, end in share.spans:
            low, high = parse_address(first), parse_address(end)
            assert low is not None and high is not None
            for number in range(low[1], high[1] + 1):
                assert number not in covered
                covered[number] = share.agency
    assert len(covered) == size
    for number, agency in covered.items():
        owner = INVENTORY.owner_of_address(".".join(str(part) for part in number.to_bytes(4, "big")))
        assert (owner.code if owner else "") == agency
