"""`atttcli agency set` and `import`: group, parent, networks, domains, and how something is emptied again."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.cli.workspace import make_workspace
from atttcli.clock import Clock
from atttcli.inventory import load_organisation
from tests.support.cli_run import tell


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ws"
    make_workspace(folder, load_organisation("bac-kan"), "vn-2017", "en", Clock(), "lan")
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(folder))
    return folder


def agency(capsys: pytest.CaptureFixture, code: str) -> dict:
    (found,) = tell(capsys, "agency", "show", code, "--json").checked("agency-agency")
    return found


def test_group_parent_networks_and_domains(root: Path, capsys: pytest.CaptureFixture) -> None:
    before = agency(capsys, "x-vi-huong")
    words = (
        "--group",
        "so_ban_nganh",
        "--parent",
        "so-nv",
        "--network",
        "2001:db8:77::/48",
        "--domain",
        "vihuong.example",
    )
    assert tell(capsys, "agency", "set", "x-vi-huong", *words).code == 0
    after = agency(capsys, "x-vi-huong")
    assert (after["group"], after["parent"]) == ("so_ban_nganh", "so-nv")
    assert "x-vi-huong" in tell(capsys, "agency", "whois", "2001:db8:77::5").out
    assert "x-vi-huong" in tell(capsys, "agency", "whois", "mail.vihuong.example").out
    kept = {one["cidr"] for one in before["networks"]} if "networks" in before else set()
    assert kept <= {one["cidr"] for one in after.get("networks", [])}, "what it had stays"
    gone = ("--drop-network", "2001:db8:77::/48", "--drop-domain", "vihuong.example", "--parent", "")
    assert tell(capsys, "agency", "set", "x-vi-huong", *gone).code == 0
    assert agency(capsys, "x-vi-huong")["parent"] == ""
    assert "x-vi-huong" not in tell(capsys, "agency", "whois", "2001:db8:77::5").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--group", "none"), 2, "so_ban_nganh"),
        (("--parent", "khong-co"), 3, "agency list"),
        (("--parent", "x-vi-huong"), 4, "itself"),
        (("--network", "999.1.1.1"), 2, "no address"),
        (("--network", "10.0.0.0/8 "), 0, ""),
        (("--domain", "-bad-"), 2, "no domain"),
        (("--drop-network", "192.0.2.200/32"), 3, "has no network"),
    ],
)
def test_what_is_wrong_is_refused(
    root: Path, capsys: pytest.CaptureFixture, words: tuple[str, ...], code: int, said: str
) -> None:
    told = tell(capsys, "agency", "set", "x-vi-huong", *words)
    assert (told.code, said in told.err) == (code, True), told.err


def test_a_network_of_somebody_else_is_refused(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert tell(capsys, "agency", "set", "x-vi-huong", "--network", "2001:db8:78::/48").code == 0
    told = tell(capsys, "agency", "set", "so-nv", "--network", "2001:db8:78::/48")
    assert told.code == 4
    assert "x-vi-huong" in told.err


def test_an_import_empties_a_field_only_when_it_is_named(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert tell(capsys, "agency", "set", "x-vi-huong", "--antivirus", "ClamAV", "--machines", "14").code == 0
    table = tmp_path / "don-vi.csv"
    assert tell(capsys, "agency", "export", table).code == 0
    text = table.read_text(encoding="utf-8-sig").replace("ClamAV", "")
    table.write_text(text, encoding="utf-8-sig")
    assert tell(capsys, "agency", "import", table).code == 0
    assert agency(capsys, "x-vi-huong")["antivirus"] == "ClamAV"
    assert tell(capsys, "agency", "import", table, "--clear", "antivirus").code == 0
    assert agency(capsys, "x-vi-huong")["antivirus"] == ""
    assert agency(capsys, "x-vi-huong")["machines"] == 14
