"""What people change beside the organisation's file; tables out and in again; addresses shared behind NAT; mergers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.clock import parse_moment
from atttcli.errors import InputError
from atttcli.inventory import Inventory, load_organisation
from atttcli.inventory.changes import differences, with_changes
from atttcli.inventory.ranges import parse_ports
from atttcli.inventory.sheets import read_sheets
from atttcli.inventory.tables import pages, to_csv, to_xlsx
from atttcli.model.inventory import Network

ORG = load_organisation("bac-kan")
HEADER = replace(ORG, agencies=(), systems=(), networks=(), domains=(), mailboxes=())


def written(folder: Path, kind: str) -> Path:
    if kind == "xlsx":
        path = folder / "don-vi.xlsx"
        path.write_bytes(to_xlsx(pages(ORG)))
        return path
    path = folder / "bang"
    path.mkdir()
    for page in pages(ORG):
        (path / f"{page.name}.csv").write_bytes(to_csv(page))
    return path


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_tables_come_back_as_they_went(tmp_path: Path, kind: str) -> None:
    back = read_sheets(written(tmp_path, kind), HEADER)
    assert back.agencies == ORG.agencies
    assert back.systems == ORG.systems
    assert sorted(back.networks, key=repr) == sorted(ORG.networks, key=repr)
    assert set(back.domains) == set(ORG.domains)
    assert {(box.address, box.agency) for box in back.mailboxes} == {(box.address, box.agency) for box in ORG.mailboxes}
    assert list(differences(ORG, back)) == []


@pytest.mark.parametrize("text", ["=1+1", "+84 209 000", "@SUM(A1)", "-1", "＝cmd"])
def test_no_cell_is_a_formula_and_its_text_comes_back(tmp_path: Path, text: str) -> None:
    org = with_changes(ORG, [("agency", "so-xd", {"phone": text, "antivirus": text})])
    made = to_csv(pages(org)[0]).decode("utf-8-sig")
    assert f"'{text}" in made
    path = tmp_path / "don_vi.csv"
    path.write_bytes(to_csv(pages(org)[0]))
    assert read_sheets(path, HEADER).agency("so-xd").phone == text


def test_only_what_differs_is_a_change() -> None:
    new = with_changes(ORG, [("agency", "so-xd", {"machines": 99}), ("system", "lgsp", {"version": "4.0"})])
    assert list(differences(ORG, new)) == [
        ("agency", "so-xd", {"machines": 99}),
        ("system", "lgsp", {"version": "4.0"}),
    ]


def test_a_new_contact_has_a_mailbox_and_the_old_one_goes() -> None:
    old = ORG.agency("so-xd").contact_email
    changed = Inventory(with_changes(ORG, [("agency", "so-xd", {"contact_email": "moi.soxd@backan.gov.vn"})]))
    assert changed.owner_of_mailbox("moi.soxd@backan.gov.vn") == changed.agency("so-xd")
    assert changed.agency_of_mailbox(old) is None


def test_networks_of_an_agency_are_replaced_whole() -> None:
    changed = with_changes(ORG, [("agency", "so-xd", {"networks": [{"cidr": "198.51.100.4/30", "note": "public"}]})])
    inventory = Inventory(changed)
    assert inventory.owner_of_address("198.51.100.5") == changed.agency("so-xd")
    assert inventory.owner_of_address(ORG.networks_of("so-xd")[0].cidr.partition("/")[0]) is None


@pytest.mark.parametrize(
    "fields", [{"secret": "x"}, {"machines": "many"}, {"networks": "all"}, {"networks": [{"cidr": 4}]}]
)
def test_what_is_no_field_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InputError):
        with_changes(ORG, [("agency", "so-xd", fields)])


def test_an_agency_that_was_merged_is_looked_up_as_its_successor() -> None:
    org = with_changes(ORG, [("agency", "so-khdt", {"valid_until": "2025-02-28", "successor": "so-tc"})])
    inventory = Inventory(org)
    address = org.networks_of("so-khdt")[0].cidr.partition("/")[0]
    before, after = parse_moment("2025-02-28 23:59"), parse_moment("2025-03-01 00:00")
    assert inventory.owner_of_address(address, before) == org.agency("so-khdt")
    assert inventory.owner_of_address(address, after) == org.agency("so-tc")
    assert inventory.owner_of(org.agency("so-khdt").contact_email, after) == org.agency("so-tc")
    assert inventory.owner_of_address(address) == org.agency("so-tc")
    assert Inventory(org, today="2025-02-01").owner_of_address(address) == org.agency("so-khdt"), "not merged yet"


def test_successors_in_a_circle_end() -> None:
    circle = {"valid_until": "2025-01-01"}
    org = with_changes(
        ORG,
        [("agency", "so-xd", circle | {"successor": "so-tc"}), ("agency", "so-tc", circle | {"successor": "so-xd"})],
    )
    assert Inventory(org).current("so-xd", "2026-01-01") in {"so-xd", "so-tc"}


def test_ports_and_minutes_tell_apart_who_shares_an_address() -> None:
    learned = [
        Network("198.51.100.9/32", "so-xd", ports="1024-2047"),
        Network("198.51.100.9/32", "so-nv", "2026-11-20T08:00", "2026-11-20T08:30", ports="2048-4095"),
        Network("198.51.100.9/32", "tt-cntt"),
    ]
    inventory = Inventory(ORG, learned)
    at = parse_moment("2026-11-20 08:30:59")

    def owner(port: int | None, moment: int | None = at) -> str:
        found = inventory.owner_of_address("198.51.100.9", moment, port)
        return found.code if found else ""

    assert owner(1500) == "so-xd"
    assert owner(3000) == "so-nv"
    assert owner(3000, parse_moment("2026-11-20 08:31")) == "tt-cntt"
    assert owner(None) == "tt-cntt", "the port is not known: whose the whole address is"
    assert owner(1500, None) == "so-xd"


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("443", (443, 443)),
        ("1024-2047", (1024, 2047)),
        ("0-65535", (0, 65535)),
        ("9-1", None),
        ("70000", None),
        ("a", None),
        ("", None),
    ],
)
def test_ports(text: str, ports: tuple[int, int] | None) -> None:
    assert parse_ports(text) == ports


def test_a_table_of_some_columns_changes_only_those(tmp_path: Path) -> None:
    path = tmp_path / "don_vi.csv"
    path.write_text(
        "Mã,Tên đơn vị,Nhóm,Số máy\nso-xd,Sở Xây dựng,so_ban_nganh,99\nmoi,Sở Mới,so_ban_nganh,3\n", encoding="utf-8"
    )
    changes = list(differences(ORG, read_sheets(path, HEADER)))
    assert changes == [
        ("agency", "so-xd", {"machines": 99}),
        ("agency", "moi", {"name": "Sở Mới", "group": "so_ban_nganh", "machines": 3}),
    ]
    after = with_changes(ORG, changes)
    assert after.agency("so-xd").contact_email == ORG.agency("so-xd").contact_email
    assert after.networks_of("so-xd") == ORG.networks_of("so-xd")
    assert after.agency("moi").machines == 3


def test_a_networks_own_dates_survive_a_table_without_them(tmp_path: Path) -> None:
    shared = Network("198.51.100.9/32", "so-xd", ports="1-9")
    old = replace(ORG, networks=(*ORG.networks, shared))
    path = tmp_path / "don_vi.csv"
    path.write_text("Mã,Tên đơn vị,Dải IP công cộng,Số máy\nso-xd,Sở Xây dựng,198.51.100.4/30,9\n", encoding="utf-8")
    after = with_changes(old, differences(old, read_sheets(path, HEADER)))
    assert {net.cidr for net in after.networks_of("so-xd")} == {"198.51.100.4/30", "198.51.100.9/32"}
