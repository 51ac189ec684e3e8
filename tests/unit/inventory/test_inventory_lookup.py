"""Whose is it: by address, domain, mailbox, host and product, in time."""

from __future__ import annotations

import pytest

from atttcli.clock import parse_moment
from atttcli.inventory import Inventory, Organisation, load_organisation
from atttcli.inventory.organisation import Domain, Mailbox
from atttcli.model.inventory import Agency, Network, System


@pytest.fixture(scope="module")
def bac_kan() -> Inventory:
    return Inventory(load_organisation("bac-kan"))


def code(found: Agency | System | None) -> str | None:
    return found.code if found else None


@pytest.mark.parametrize(
    ("value", "agency", "system"),
    [
        ("203.0.113.12", "tt-cntt", "dvc"),
        ("203.0.113.12:443", "tt-cntt", "dvc"),
        ("203.0.113.66", "vp-ubnd", None),
        ("10.23.13.7", "x-vi-huong", "lan-co-quan"),
        ("10.2.1.9", "x-vi-huong", "vi-huong"),
        ("::ffff:192.0.2.5", "p-song-cau", None),
        ("2001:db8:bac::25", "tt-cntt", "ttdl"),
        ("[2001:db8:bac::25]:443", "tt-cntt", "ttdl"),
        ("192.0.2.200", None, None),
        ("198.51.100.7", None, None),
        ("172.16.0.1", None, None),
        ("www.backan.gov.vn", "vp-ubnd", "cong-ttdt"),
        ("BACKAN.gov.vn.", "vp-ubnd", "cong-ttdt"),
        ("https://dichvucong.backan.gov.vn/a?b=c", "tt-cntt", "dvc"),
        ("vihuong.bachthong.backan.gov.vn", "x-vi-huong", None),
        ("notbackan.gov.vn", None, None),
        ("backan.gov.vn.evil.example", None, None),
        ("vanthu.sotttt@backan.gov.vn", "so-tttt", "thu-cong-vu"),
        ("somebody.new@backan.gov.vn", "tt-cntt", "thu-cong-vu"),
        ("<CNTT.SOYT@backan.gov.vn>", "so-yt", None),
        ("x@evil.example", None, None),
        ("zstore01", None, "thu-cong-vu"),
    ],
)
def test_who_and_what(bac_kan: Inventory, value: str, agency: str | None, system: str | None) -> None:
    assert code(bac_kan.owner_of(value)) == agency
    if "<" not in value:
        assert code(bac_kan.system_of(value)) == system


@pytest.mark.parametrize(
    ("value", "own"),
    [
        ("203.0.113.12", True),
        ("192.0.2.108", True),
        ("192.0.2.109", False),
        ("203.0.113.0/26", True),
        ("203.0.0.0/8", True),  # a block that covers ours would hit us
        ("198.51.100.0/24", False),
        ("mail.backan.gov.vn", True),
        ("http://mail.backan.gov.vn:8443/x", True),
        ("gov.vn", False),
        ("anybody@backan.gov.vn", True),
        ("http://[::1", False),
        ("", False),
        ("not a value", False),
        ("1.2.3", False),
        ("0x7f.1", False),
        ("a." * 5000, False),
    ],
)
def test_what_is_ours_never_becomes_an_indicator(bac_kan: Inventory, value: str, own: bool) -> None:
    assert bac_kan.is_own(value) is own


def test_lists_of_what_is_ours(bac_kan: Inventory) -> None:
    assert {"203.0.113.0/26", "10.10.1.0/24", "192.0.2.1"} <= set(bac_kan.own_networks())
    assert "backan.gov.vn" in bac_kan.own_domains()
    assert len(bac_kan.own_networks()) == len(set(bac_kan.own_networks()))


def test_products_and_names(bac_kan: Inventory) -> None:
    assert [s.code for s in bac_kan.systems_with("ZIMBRA")] == ["thu-cong-vu"]
    assert [s.code for s in bac_kan.systems_with("dich vu cong")] == ["dvc"]
    assert list(bac_kan.systems_with(" ")) == []
    assert code(bac_kan.find_agency("so thong tin va truyen thong")) == "so-tttt"
    assert code(bac_kan.find_agency("UBND xã Vi Hương")) == "x-vi-huong"
    assert code(bac_kan.find_agency("x-vi-huong")) == "x-vi-huong"
    assert bac_kan.find_agency("nobody") is None
    assert bac_kan.find_agency("") is None


def organisation(*networks: Network, domains: tuple[Domain, ...] = ()) -> Organisation:
    agencies = tuple(Agency(name, name.upper()) for name in "abc")
    return Organisation("t", "T", agencies=agencies, networks=networks, domains=domains)


def test_longest_prefix_then_learned() -> None:
    org = organisation(Network("192.0.2.0/24", "a"), Network("192.0.2.0/28", "b"), Network("192.0.2.4", "c"))
    inventory = Inventory(org)
    assert [code(inventory.owner_of_address(f"192.0.2.{n}")) for n in (3, 4, 5, 15, 16, 255)] == list("bcbbaa")
    learned = Inventory(org, [Network("192.0.2.0/28", "a"), Network("192.0.2.77", "c")])
    assert [code(learned.owner_of_address(f"192.0.2.{n}")) for n in (3, 4, 77, 78)] == list("acca")


def test_validity_dates_are_days_of_viet_nam() -> None:
    inventory = Inventory(
        organisation(
            Network("192.0.2.0/28", "a", "", "2025-06-30"),
            Network("192.0.2.0/28", "b", "2025-07-01", ""),
            Network("192.0.2.0/24", "c"),
            Network("198.51.100.1", "a", "", "2020-01-01"),
        )
    )
    at = parse_moment
    assert code(inventory.owner_of_address("192.0.2.1", at("30/06/2025 23:59:59"))) == "a"
    assert code(inventory.owner_of_address("192.0.2.1", at("01/07/2025 00:00"))) == "b"
    assert code(inventory.owner_of_address("192.0.2.1")) == "b"
    assert code(inventory.owner_of_address("198.51.100.1", at("02/01/2020 00:00"))) is None
    assert code(inventory.owner_of_address("198.51.100.1")) == "a"  # without a time: who had it last


def test_a_domain_that_moved() -> None:
    inventory = Inventory(
        organisation(
            domains=(
                Domain("x.example", "a", "web", "", "", "2025-06-30"),
                Domain("x.example", "b", "web", "", "2025-07-01"),
                Domain("example", "c"),
            )
        )
    )
    assert code(inventory.owner_of_domain("w.x.example", parse_moment("01/06/2025"))) == "a"
    assert code(inventory.owner_of_domain("w.x.example", parse_moment("01/08/2025"))) == "b"
    assert code(inventory.owner_of_domain("w.x.example")) == "b"
    assert code(inventory.owner_of_domain("y.example")) == "c"


def test_a_broken_range_costs_only_itself() -> None:
    inventory = Inventory(organisation(Network("999.1.1.1", "a"), Network("192.0.2.9/24", "b")))
    assert code(inventory.owner_of_address("192.0.2.200")) == "b"
    assert inventory.own_networks() == ("192.0.2.9/24",)


def test_a_mailbox_beats_its_domain() -> None:
    org = organisation(domains=(Domain("m.example", "a", "mail"), Domain("m.example", "b", "web")))
    inventory = Inventory(
        Organisation("t", "T", agencies=org.agencies, domains=org.domains, mailboxes=(Mailbox("x@m.example", "c"),))
    )
    assert code(inventory.owner_of_mailbox("X@m.example")) == "c"
    assert code(inventory.owner_of_mailbox("y@m.example")) == "a"
    assert code(inventory.owner_of_domain("m.example")) == "b"
