"""Who is concerned: by product and version, by CVE, by an incident, by name and group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atttcli.advisory import targets
from atttcli.advisory.draft import Wish, make_plan, reworded
from atttcli.advisory.templates import fill, known_products, load_template, read_template, template_codes, template_for
from atttcli.cli.context import App
from atttcli.errors import InputError, NotFound, UsageError
from atttcli.incident.casework import NewIncident, open_incident
from atttcli.inventory import Inventory, load_organisation
from atttcli.inventory.versions import version_matches, version_words
from atttcli.text.moments import due_moment
from tests.support.advisory_case import listed_app
from tests.support.casework import START

TODAY = "2026-03-02"


@pytest.fixture
def app(tmp_path: Path) -> App:
    return listed_app(tmp_path)


def plan(app: App, **wish: object) -> list[str]:
    made = make_plan(app.store, app.inventory, "vn-2017", Wish(**wish), START)  # type: ignore[arg-type]
    return [one.agency for one in made.recipients]


def test_a_product_reaches_who_runs_it(app: App) -> None:
    assert plan(app, product="zimbra") == ["tt-cntt"]
    assert plan(app, product="zimbra", version="<=8.8.15") == ["tt-cntt"]
    with pytest.raises(UsageError):
        plan(app, product="zimbra", version="<8.8.15")


def test_a_cve_of_the_table_needs_no_product(app: App) -> None:
    assert plan(app, cves=("cve-2023-37580",)) == ["tt-cntt"]
    with pytest.raises(UsageError, match="CVE-2020-1"):
        plan(app, cves=("CVE-2020-11111",))
    with pytest.raises(InputError):
        plan(app, cves=("37580",))


def test_a_cve_warning_to_everybody_needs_no_product(app: App) -> None:
    assert len(plan(app, cves=("CVE-2020-11111",), to=("all",))) == 146


@pytest.mark.parametrize(
    ("version", "condition", "meant"),
    [
        ("8.8.15", "<8.8.15_p34|>=9,<9.0.0_p27", True),
        ("8.8.15_p40", "<8.8.15_p34|>=9,<9.0.0_p27", False),
        ("9.0.0_p2", "<8.8.15_p34|>=9,<9.0.0_p27", True),
        ("9.0.0_p28", "<8.8.15_p34|>=9,<9.0.0_p27", False),
        ("7.9", "<7.58", True),
        ("7.78", "<7.58", False),
        ("", "<7.58", True),
    ],
)
def test_versions_are_compared_as_versions(version: str, condition: str, meant: bool) -> None:
    assert version_matches(version, condition) is meant


def test_groups_and_names(app: App) -> None:
    assert len(plan(app, template="general", title="x", to=("huyen",))) == 8
    assert plan(app, template="general", title="x", to=("Sở Xây dựng", "x-vi-huong")) == ["so-xd", "x-vi-huong"]
    with pytest.raises(NotFound):
        plan(app, template="general", title="x", to=("so-khong-co",))


def test_an_incident_reaches_its_agencies_and_who_shows_its_indicators(app: App) -> None:
    number = open_incident(
        app.journal, "bac-kan", "vn-2017", NewIncident("Botnet", agencies=("so-nv",)), ["CB-2026-0001"]
    )
    found = plan(app, affected_by=number)
    assert set(found) == {"so-nv", "x-vi-huong", "so-xd", "vp-ubnd"}, "two others connect to the same control server"
    made = make_plan(app.store, app.inventory, "vn-2017", Wish(affected_by=number), START)
    assert [one["value"] for one in made.body["markers"]] == ["198.51.100.7"]
    assert made.incident == number


def test_a_merged_agency_is_written_to_under_its_successor() -> None:
    org = load_organisation("bac-kan")
    agencies = tuple(
        replace(a, successor="so-xd", valid_until="2026-01-31") if a.code == "so-nv" else a for a in org.agencies
    )
    inventory = Inventory(replace(org, agencies=agencies))
    assert targets.agency_code(inventory, "so-nv", TODAY) == "so-xd"
    assert targets.agency_code(inventory, "so-nv", "2026-01-15") == "so-nv"
    assert "so-nv" not in targets.active_agencies(inventory, TODAY)


def test_every_template_is_whole_in_both_languages() -> None:
    for code in template_codes():
        template = load_template(code)
        for texts in (template.vi, template.en):
            assert texts.subject and texts.opening and texts.actions and texts.closing and texts.annex, code
            assert any("{due}" in text for text in texts.actions), code
    assert template_for("madoc").code == "malware"
    assert template_for("no-such").code == "general"
    assert all(version_matches("", one.version or "1") for one in known_products().values())


def test_a_line_without_its_field_is_left_out_and_nothing_is_run() -> None:
    assert fill("theo {source}", {"source": ""}) == ""
    assert fill("{title}", {"title": "{source.__class__}"}) == "{source.__class__}"
    bad = load_template("general")
    assert bad.vi.name
    with pytest.raises(InputError, match="secret"):
        read_template(
            b"format: atttcli/advisory-template/1\ncode: x\nvi: {name: a, subject: '{secret}'}\nen: {name: a, subject: b}\n",
            "x.yaml",
        )


def test_terms() -> None:
    assert due_moment("5d", START) == due_moment("07/03/2026", START)
    with pytest.raises(UsageError):
        due_moment("soon", START)


def test_a_text_of_ones_own() -> None:
    body = reworded(
        {"subject": "a", "opening": [], "actions": []}, subject="b  c", text="Đoạn một.\n\n- Việc một\n– Việc hai"
    )
    assert body["subject"] == "b c"
    assert body["opening"] == ["Đoạn một."]
    assert body["actions"] == ["Việc một", "Việc hai"]


def test_versions_as_a_letter_says_them(app: App) -> None:
    assert version_words("<8.8.15_p34|>=9,<9.0.0_p27", "vi") == "trước 8.8.15_p34; từ 9 và trước 9.0.0_p27"
    assert version_words("7.78", "en") == "7.78"
    made = make_plan(app.store, app.inventory, "vn-2017", Wish(product="zimbra", cves=("CVE-2023-37580",)), START)
    assert made.title == "cảnh báo lỗ hổng bảo mật CVE-2023-37580 trong Zimbra Collaboration"
    assert "Phiên bản bị ảnh hưởng: trước 8.8.15_p41." in made.body["opening"], (
        "our table knows, though a product was given"
    )


def test_a_group_of_alerts_is_named_by_its_malware(app: App) -> None:
    made = make_plan(app.store, app.inventory, "vn-2017", Wish(group="so-xd/r1"), START)
    assert [one.agency for one in made.recipients] == ["so-xd"]
    assert made.title == "cảnh báo, phòng ngừa mã độc: Andromeda"
    with pytest.raises(NotFound):
        make_plan(app.store, app.inventory, "vn-2017", Wish(group="so-xd/none"), START)
