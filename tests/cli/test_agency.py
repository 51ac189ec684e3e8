"""`atttcli agency` and `atttcli system` from outside, on the shipped organisation."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from atttcli.cli.main import run
from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.inventory import load_organisation
from atttcli.packaged import packaged
from atttcli.store.connection import Store

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "json"


def call(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as stop:
        run([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(tmp_path_factory.mktemp("home")))
        root = tmp_path_factory.mktemp("w")
        make_workspace(root, load_organisation("bac-kan"), "vn-2017", "en", Clock())
    return root


@pytest.fixture
def root(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(made))
    return made


def told(capsys: pytest.CaptureFixture, schema: str) -> list[dict]:
    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    values = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for value in values:
        jsonschema.validate(value, rules)
    return values


def test_every_system_has_its_level_and_something_that_concerns_it(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("system", "list", "--json") == 0
    systems = told(capsys, "system-system")
    assert len(systems) >= 19
    for item in systems:
        assert item["level"] or item["external"], item["code"]
        concerns = item["log_sources"] + item["rules"] + item["playbooks"] + item["drills"]
        assert concerns, item["code"]
        for rule in item["rules"]:
            assert (packaged("rules") / rule).exists(), (item["code"], rule)
        for playbook in item["playbooks"]:
            assert (packaged("playbooks") / f"{playbook}.yaml").exists(), (item["code"], playbook)
        assert item["owner_name"] != item["owner"], item["code"]


def test_systems_by_level_and_word(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("system", "list", "--level", "3", "--json") == 0
    assert {item["level"] for item in told(capsys, "system-system")} == {3}
    assert call("system", "list", "thu dien tu") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t")[:4] == ["code", "name", "level", "product"]
    assert len(lines) >= 2
    assert call("system", "show", "lgsp", "--json") == 0
    assert told(capsys, "system-system")[0]["code"] == "lgsp"
    assert call("system", "show", "lgsp") == 0
    assert "network/portal_attacks.rules" in capsys.readouterr().out
    assert call("system", "show", "nothing-like-it") == 3


def test_agencies_are_found_without_diacritics(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("agency", "list", "--json") == 0
    assert len(told(capsys, "agency-agency")) == 146
    assert call("agency", "list", "so y te", "--json") == 0
    assert [item["code"] for item in told(capsys, "agency-agency")] == ["so-yt"]
    assert call("agency", "show", "so y te") == 0
    assert "Sở Y tế" in capsys.readouterr().out
    assert call("agency", "show", "ubnd") == 3
    assert "so-yt" not in capsys.readouterr().out


def test_whose_it_is(root: Path, capsys: pytest.CaptureFixture) -> None:
    place = load_organisation("bac-kan")
    network = place.networks[0]
    for value in (network.cidr, network.cidr.partition("/")[0]):
        assert call("agency", "whois", value, "--json") == 0
        assert told(capsys, "agency-whois")[0]["own"]
    assert call("agency", "whois", "vanthu.soyt@backan.gov.vn", "--json") == 0
    assert told(capsys, "agency-whois")[0]["agency"] == "so-yt"
    assert call("agency", "whois", "https://example.net/x") == 3


def test_a_learned_address_is_journaled_and_used(root: Path, capsys: pytest.CaptureFixture) -> None:
    address = "2001:db8:ffff::7"
    with Store(root / "workspace.db") as store, store.transaction() as db:
        db.execute(
            "INSERT INTO alert (number, fingerprint, kind, rule_id, title, severity, victim, count, created)"
            " VALUES ('CB-2026-0001', 'f', 'listed', 'r', 't', 2, ?, 1, 1)",
            (address,),
        )
    assert call("agency", "whois", address) == 3
    capsys.readouterr()
    assert call("agency", "learn-ip", address, "so-yt", "--from", "2024-01-01", "--note", "=call", "--json") == 0
    learned = told(capsys, "agency-learned")[0]
    assert (learned["cidr"], learned["agency"], learned["alerts"]) == (f"{address}/128", "so-yt", 1)
    assert call("agency", "whois", address, "--json") == 0
    assert told(capsys, "agency-whois")[0]["agency"] == "so-yt"
    with Store(root / "workspace.db") as store:
        assert store.value("SELECT agency FROM alert WHERE number = 'CB-2026-0001'") == "so-yt"
    assert call("agency", "learn-ip", address, "so-yt", "--from", "2024-01-01") == 5
    assert call("db", "verify") == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["999.1.1.1", "so-yt"], 2),
        (["192.0.2.1", "nobody"], 3),
        (["0.0.0.0/0", "so-yt"], 2),
        (["192.0.2.1", "so-yt", "--from", "01/02/2024"], 2),
        (["192.0.2.1", "so-yt", "--from", "2024-02-01", "--to", "2024-01-01"], 2),
    ],
)
def test_what_cannot_be_learned(root: Path, words: list[str], code: int) -> None:
    with Store(root / "workspace.db") as store:
        before = store.value("SELECT count(*) FROM journal")
        assert call("agency", "learn-ip", *words) == code
        assert store.value("SELECT count(*) FROM journal") == before


def test_check_lists_what_is_missing(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("agency", "check", "--json") == 0
    file = tmp_path / "x.yaml"
    file.write_text(
        "format: atttcli/organisation/1\ncode: x\nname: X\nprofiles:\n  - {profile: vn-2026}\nagencies:\n"
        "  - {code: a, name: A, group: xa, parent: nobody}\n"
    )
    capsys.readouterr()
    assert call("agency", "check", file, "--json") == 1
    found = told(capsys, "agency-finding")
    assert found[0]["severity"] == "error"
    assert {"unknown-parent", "no-contact", "no-network"} <= {item["code"] for item in found}
    assert call("agency", "check", file) == 1
    assert "nobody" in capsys.readouterr().out
