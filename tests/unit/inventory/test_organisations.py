"""The shipped organisations: whole, without private data, and every named system watched by something."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.errors import InputError, NotFound
from atttcli.inventory import (
    Organisation,
    check_organisation,
    from_payload,
    load_organisation,
    organisations,
    to_payload,
)
from atttcli.profile import load_profile

SEEDS = Path(__file__).parents[3] / "seeds" / "organisations"
DOCUMENTATION = [
    ipaddress.ip_network(cidr) for cidr in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
# The list of the issue, each with its level by NĐ 85/2016, or None: somebody else's.
NAMED = {
    "lgsp": 3, "paygov": None, "dvc": 3, "mot-cua": 3, "qlvb": 2, "thu-cong-vu": 2, "qlcb": 2, "cong-bao": 2,
    "cong-ttdt": 2, "hoi-nghi-th": 2, "dau-thau": None, "kcb-bhyt": 2, "csdl-dat-dai": 3, "csdl-moi-truong": 2,
    "lan-co-quan": 2, "chu-ky-so": None, "vi-huong": 2, "tai-khoan-quoc-gia": None, "giam-sat-thue": None,
}  # fmt: skip
LOG_SOURCES = {
    "web-access", "syslog-auth", "zimbra-audit", "zimbra-mailbox", "postfix", "eve", "national-list", "vendor-alert",
    "capture",
}  # fmt: skip


@pytest.fixture(scope="module")
def bac_kan() -> Organisation:
    return load_organisation("bac-kan")


@pytest.fixture(scope="module", params=["bac-kan", "thai-nguyen"])
def shipped(request: pytest.FixtureRequest) -> Organisation:
    return load_organisation(request.param)


def test_both_ship() -> None:
    assert organisations() == ("bac-kan", "thai-nguyen")


def test_146_agencies_in_their_groups(bac_kan: Organisation) -> None:
    groups = Counter(agency.group for agency in bac_kan.agencies)
    assert groups == {"xa": 108, "huyen": 8, "so_ban_nganh": 20, "su_nghiep": 8, "doan_the": 2}
    assert len({agency.code for agency in bac_kan.agencies}) == 146
    communes = Counter(a.name.removeprefix("Ủy ban nhân dân ").split()[0] for a in bac_kan.agencies if a.group == "xa")
    assert communes == {"xã": 96, "phường": 6, "thị": 6}


def test_the_communes_stand_under_their_districts(bac_kan: Organisation) -> None:
    districts = {agency.code for agency in bac_kan.agencies if agency.group == "huyen"}
    under = Counter(agency.parent for agency in bac_kan.agencies if agency.group == "xa")
    assert set(under) == districts
    assert under["h-bach-thong"] == 14
    assert bac_kan.agency("x-vi-huong").parent == "h-bach-thong"


def test_every_named_system_has_its_level_and_a_concern(bac_kan: Organisation) -> None:
    for code, level in NAMED.items():
        system = bac_kan.system(code)
        assert system.level == level, code
        assert system.external == (level is None), code
    for system in bac_kan.systems:
        assert system.log_sources or system.rules or system.playbooks or system.drills, system.code
        assert set(system.log_sources) <= LOG_SOURCES, system.code


def test_the_figures_of_the_report(bac_kan: Organisation) -> None:
    assert bac_kan.system("thu-cong-vu").users == 7000
    assert bac_kan.system("thu-cong-vu").product.startswith("Zimbra")
    assert bac_kan.system("qlcb").users == 146
    assert bac_kan.system("hoi-nghi-th").users == 9


def test_the_check_finds_nothing(shipped: Organisation) -> None:
    assert [f"{f.where}: {f.message}" for f in check_organisation(shipped)] == []


def test_every_agency_can_be_reached_and_found(shipped: Organisation) -> None:
    owners = {network.agency for network in shipped.networks if network.note == "public"}
    lans = {network.agency for network in shipped.networks if network.note == "lan"}
    for agency in shipped.agencies:
        assert re.fullmatch(r"vanthu\.[a-z0-9]+@(backan|thainguyen)\.gov\.vn", agency.contact_email), agency.code
        assert agency.machines > agency.old_machines >= 0
        assert agency.code in owners
        assert agency.code in lans


def test_no_private_data(shipped: Organisation) -> None:
    for agency in shipped.agencies:
        assert agency.phone == ""
    text = json.dumps(to_payload(shipped), ensure_ascii=False)
    for found in re.findall(r"(?<![\d.])(?:\+?84|0)\d[\d .]{7,12}(?![\d.])", text):
        pytest.fail(f"looks like a telephone number: {found}")
    mailboxes = set(re.findall(r"[\w.]+@[\w.]+", text))
    assert mailboxes
    for address in mailboxes:
        assert re.fullmatch(r"(vanthu\.\w+|cntt\.\w+|ucsc|chanthurac|trucban|hotro|noc)@.+", address), address


def test_public_addresses_are_for_documentation_only(shipped: Organisation) -> None:
    cidrs = [network.cidr for network in shipped.networks] + [a for s in shipped.systems for a in s.addresses]
    for cidr in cidrs:
        network = ipaddress.ip_network(cidr)
        private = network.version == 4 and network.subnet_of(ipaddress.IPv4Network("10.0.0.0/8"))
        assert private or any(network.version == d.version and network.subnet_of(d) for d in DOCUMENTATION), cidr


def test_the_outside_world_of_the_samples_is_nobodys(shipped: Organisation) -> None:
    outside = [ipaddress.ip_network("198.51.100.0/24"), ipaddress.ip_network("192.0.2.128/25")]
    for network in shipped.networks:
        assert not any(ipaddress.ip_network(network.cidr).overlaps(o) for o in outside if ":" not in network.cidr)


def test_every_agency_has_a_successor_that_exists(bac_kan: Organisation) -> None:
    assert (bac_kan.valid_until, bac_kan.successor) == ("2025-06-30", "thai-nguyen")
    after = load_organisation("thai-nguyen")
    codes = {agency.code for agency in after.agencies}
    for agency in bac_kan.agencies:
        organisation, _, code = agency.successor.partition(":")
        assert organisation == "thai-nguyen"
        assert code in codes, agency.code
    assert not after.verified
    assert len([agency for agency in after.agencies if agency.group == "xa"]) == 37
    assert not [agency for agency in after.agencies if agency.group == "huyen"]  # no district level any more


def test_roles_are_held_by_somebody_known(shipped: Organisation) -> None:
    profile = load_profile(shipped.profile)
    for role, code in shipped.roles:
        assert profile.role(role)
        assert shipped.name_of(code) != code
    assert shipped.holder("chuyen_trach").startswith("Sở")
    for code in ("steering_committee", "committee", "department", "team"):
        organ = shipped.organ(code)
        assert organ.symbol
        assert organ.place == shipped.place


def test_the_payload_carries_the_organisation_whole(shipped: Organisation) -> None:
    wire = json.dumps(to_payload(shipped), ensure_ascii=False, sort_keys=True)
    back = from_payload(json.loads(wire))
    assert back == shipped
    assert json.dumps(to_payload(back), ensure_ascii=False, sort_keys=True) == wire


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "other"),
        (("agencies",), {}),
        (("agencies", 0), []),
        (("agencies", 0, "machines"), "many"),
        (("agencies", 0, "machines"), True),
        (("agencies", 0, "name"), None),
        (("agencies", 0, "evil"), "x"),
        (("systems", 0, "domains"), [1]),
        (("systems", 0, "level"), "3"),
        (("roles",), [["a"]]),
        (("roles",), "ab"),
        (("positions",), {}),
        (("code",), 7),
        (("name",), "x" * 5000),
    ],
)
def test_a_payload_from_outside_is_checked(bac_kan: Organisation, path: tuple[str | int, ...], value: object) -> None:
    payload = json.loads(json.dumps(to_payload(bac_kan)))
    target = payload
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(InputError):
        from_payload(payload)


def test_a_payload_without_a_code_is_refused() -> None:
    with pytest.raises(InputError, match="no "):
        from_payload({"schema": "atttcli/organisation/1", "name": "x"})


def test_an_unknown_organisation_names_the_known(tmp_path: Path) -> None:
    for name in ("ha-noi", str(tmp_path / "absent.yaml")):
        with pytest.raises(NotFound) as caught:
            load_organisation(name)
        assert "bac-kan" in caught.value.hint
    other = tmp_path / "x.txt"
    other.write_text("x")
    with pytest.raises(InputError):
        load_organisation(other)


BROKEN = [
    ("group: xa, parent: h-bach-thong", "group: lang, parent: h-bach-thong", "'lang' is not known"),
    ("machines: 22", "machines: nhieu", "whole number"),
    ("it_officer: true", 'it_officer: "co"', "true or false"),
    ('valid_until: "2025-06-30"', 'valid_until: "30/06/2025"', "not a date"),
    ("contact_role:", "contact_rule:", "'contact_rule' is not known"),
    ("code: x-vi-huong", "code: 'x vi huong'", "is not a code"),
    ("agencies:\n", "agencies: 7\nold:\n", "must be a list"),
]


@pytest.mark.parametrize(("before", "after", "message"), BROKEN)
def test_a_broken_file_names_its_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    text = (SEEDS / "bac-kan.yaml").read_text("utf-8")
    assert before in text
    path = tmp_path / "p.yaml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(InputError) as caught:
        load_organisation(path)
    assert message in caught.value.message
    assert caught.value.where is not None
    wanted = text[: text.index(before)].count("\n") + 1
    assert caught.value.where.path == str(path)
    assert abs((caught.value.where.line or 0) - wanted) <= 1


SMALL = """
format: atttcli/organisation/1
code: thu-nghiem
name: "Tỉnh Thử nghiệm"
profiles: [{profile: vn-2026}]
parties: [{code: ubnd, name: UBND}]
agencies:
  - {code: a, name: A, group: xa, parent: khong-co, public: [192.0.2.0/28], email: a@a.example}
  - {code: b, name: B, group: xa, parent: c, public: [192.0.2.4/30, "300.1.1.1", 192.0.2.33/28], email: b@a.example}
  - {code: c, name: C, group: xa, parent: b, machines: 1, old_machines: 2, valid_from: "2025-01-01", valid_until: "2024-01-01"}
  - {code: a, name: A, group: xa, successor: nowhere, public: 192.0.2.4/30, email: "not an address"}
systems:
  - {code: s, name: S}
  - {code: t, name: T, level: 2, owner: nobody, operator: a, product: X, domains: ["-bad-.example"], addresses: [x], rules: [r]}
domains:
  - {name: a.example, agency: a}
  - {name: a.example, agency: b}
"""


def test_the_check_lists_everything_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, "utf-8")
    findings = check_organisation(load_organisation(path))
    found = Counter(finding.code for finding in findings)
    expected = {
        "no-place", "no-organ", "duplicate-code", "duplicate-domain", "unknown-parent", "circular-parent", "dates",
        "machine-count", "unknown-successor", "no-contact", "no-network", "invalid-cidr", "host-bits",
        "overlapping-networks", "invalid-domain", "invalid-mailbox", "no-level", "no-owner", "no-operator",
        "no-product", "no-concern", "unknown-owner",
    }  # fmt: skip
    assert expected - set(found) == set()
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    duplicate = next(finding for finding in findings if finding.code == "duplicate-code")
    assert duplicate.where.path == str(path)
    assert duplicate.where.line == 11
    level = next(finding for finding in findings if finding.code == "no-level")
    assert level.where.line == 13


def test_an_empty_organisation_is_told_what_it_needs() -> None:
    found = {finding.code for finding in check_organisation(Organisation(code="x", name="X"))}
    assert {"no-profile", "no-agencies", "no-systems", "no-place", "no-organ"} <= found


def test_a_successor_range_at_another_time_is_no_overlap(bac_kan: Organisation) -> None:
    first = bac_kan.networks[0]
    moved = replace(
        bac_kan,
        networks=(replace(first, valid_until="2024-12-31"), replace(first, agency="so-tp", valid_from="2025-01-01")),
    )
    assert "overlapping-networks" not in {finding.code for finding in check_organisation(moved)}


@pytest.mark.parametrize("folder", ["yara", "network", "sigma", "playbooks"])
def test_what_concerns_a_system_exists(shipped: Organisation, folder: str) -> None:
    root = SEEDS.parents[1]
    place = root / "playbooks" if folder == "playbooks" else root / "rules" / folder
    if not place.is_dir() or not any(place.iterdir()):
        pytest.skip(f"{place} holds nothing yet")
    for system in shipped.systems:
        for rule in system.rules:
            if rule.startswith(f"{folder}/"):
                assert list((root / "rules").glob(rule)), f"{system.code} names {rule}"
        if folder == "playbooks":
            for playbook in system.playbooks:
                assert list(place.glob(f"{playbook}*")), f"{system.code} names {playbook}"
