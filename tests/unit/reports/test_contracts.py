"""Each paper's contract is exactly what its builder gives; models say which they are, and newer ones are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from atttcli.clock import HOUR, FixedClock, parse_moment
from atttcli.errors import InputError
from atttcli.inventory import Inventory, load_organisation
from atttcli.journal.journal import Journal
from atttcli.model.letter import LetterForm, LetterModel, LetterTable, LetterText
from atttcli.model.record import FIELDS
from atttcli.packaged import packaged
from atttcli.profile import load_profile
from atttcli.reports.contract import departures, names_of
from atttcli.reports.contract_schema import contract_schema
from atttcli.reports.custody import CUSTODY_MODEL, CustodyForm, CustodyStep, render_custody
from atttcli.reports.letter import render_letter
from atttcli.reports.paper import PAPER_SCHEMA, Fact, Paper, Rows, paper_from_json, paper_json, replaced
from atttcli.reports.paper_formats import render_paper
from atttcli.reports.papers.catalog import CATALOG, PaperKind, build_paper, find_kind
from atttcli.reports.papers.contracts import contract_of, contracts
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.period import parse_period
from atttcli.reports.structure_json import structure_from_json
from atttcli.reports.templating.sample import sample_paper
from atttcli.store.connection import Store
from tests.support.reported_case import NUMBER, build_case

NOW = parse_moment("2021-05-14 10:00")
EVERY = [
    (kind, language, variant) for kind in CATALOG for language in kind.languages for variant in kind.variants or ("",)
]
_SAID: dict[str, Any] = {
    "text": "x", "number": 3, "yes": "yes", "moment": NOW - HOUR, "list": ["x"], "addresses": ["203.0.113.9"], "attack": ["T1486"],
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_case(tmp_path_factory.mktemp("plain") / "w").root


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same case with every field of the record given."""
    case = build_case(tmp_path_factory.mktemp("filled") / "w")
    fields = {
        name: _SAID.get(one.kind) or (list(one.choices[:1]) if one.many else one.choices[0])
        for name, one in FIELDS.items()
    }
    with Store(case.database) as store:
        journal = Journal(store, "truc.ban", FixedClock(NOW - HOUR))
        journal.append("incident.set", NUMBER, {"fields": fields})
    return case.root


@pytest.fixture(params=["plain", "filled"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    root: Path = request.getfixturevalue(request.param)
    with Store(root / "workspace.db") as store:
        journal = Journal(store, "truc.ban", FixedClock(NOW))
        inventory = Inventory(load_organisation("bac-kan"), (), (), "2021-05-14")
        yield Desk(journal, inventory, load_profile("vn-2017"), NOW)


def _made(desk: Desk, kind: PaperKind, language: str = "vi", variant: str = "") -> Paper:
    about = {"incident": NUMBER, "card": "ma-hoa"}.get(kind.about, "")
    period = parse_period("2021-H1") if kind.about == "period" else None
    spoken: Any = {"language": language}
    return build_paper(kind, replace(desk, **spoken), Ask(subject=about, period=period, variant=variant))


@pytest.mark.parametrize(("kind", "language", "variant"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_a_builder_gives_exactly_what_its_contract_says(
    desk: Desk, kind: PaperKind, language: str, variant: str
) -> None:
    made = _made(desk, kind, language, variant)
    assert departures(made, contract_of(kind)) == []
    body = json.loads(paper_json(made))
    assert body["schema"] == kind.model
    name = kind.model.split("/")[1]
    jsonschema.validate(body, json.loads((packaged("schemas") / f"{name}.schema.json").read_text("utf-8")))


def test_every_field_that_people_can_give_is_a_fact(filled: Path) -> None:
    with Store(filled / "workspace.db") as store:
        journal = Journal(store, "truc.ban", FixedClock(NOW))
        inventory = Inventory(load_organisation("bac-kan"), (), (), "2021-05-14")
        made = _made(Desk(journal, inventory, load_profile("vn-2017"), NOW), find_kind("notice"))
    assert set(FIELDS) <= {one.name for one in made.facts}


def test_a_name_more_a_name_less_or_a_column_more_is_a_departure(desk: Desk) -> None:
    kind = find_kind("week")
    made, contract = _made(desk, kind), contract_of(kind)
    more = replaced(made, facts=(Fact(name="new", value="x"),))
    assert departures(more, contract) == ["facts: unknown 'new'"]
    less = replaced(made, figures=tuple(one for one in made.figures if one.key != "incidents"))
    assert "figures: 'incidents' is missing" in departures(less, contract)
    wide = replaced(made, parts=(*made.parts, Rows("figures", (), ())))
    assert any("has 0 columns" in one for one in departures(wide, contract))
    assert departures(replaced(made, schema="atttcli/paper-mau-03/1"), contract)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(paper_json(more)), contract_schema(contract))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(paper_json(less)), contract_schema(contract))


def test_contracts_name_each_thing_once_in_both_languages() -> None:
    for one in contracts():
        for _group, terms in one.groups():
            assert len({term.key for term in terms}) == len(terms), one.model
            assert all(term.vi.strip() and term.en.strip() for term in terms), one.model


@pytest.mark.parametrize("kind", CATALOG, ids=lambda kind: kind.name)
def test_the_sample_of_a_paper_keeps_its_contract(kind: PaperKind) -> None:
    made = sample_paper(contract_of(kind), "paper", "vi")
    unknown = [one for one in departures(made, contract_of(kind)) if "annex" not in one]
    assert unknown == []
    assert any(names_of(made).values())


def test_models_of_before_are_read_and_give_the_same_papers(desk: Desk) -> None:
    made = _made(desk, find_kind("notice"))
    body = json.loads(paper_json(made)) | {"schema": PAPER_SCHEMA}
    body["provenance"].pop("templates")  # what the first version did not write
    old = paper_from_json(json.dumps(body).encode())
    assert old.schema == PAPER_SCHEMA
    for name in ("docx", "html", "txt"):
        assert render_paper(old, name) == render_paper(made, name)
    assert json.loads(paper_json(old))["schema"] == PAPER_SCHEMA


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("atttcli/paper-mau-03/2", "is newer than this atttcli reads"),
        ("atttcli/paper-mau-03/0", "is newer than this atttcli reads"),
        ("atttcli/paper-mau-99/1", "no model of a paper that this version knows"),
        ("atttcli/paper/2", "no model of a paper that this version knows"),
        ("", "it names none"),
    ],
)
def test_a_model_of_tomorrow_is_refused_in_one_line(desk: Desk, schema: str, said: str) -> None:
    body = json.loads(paper_json(_made(desk, find_kind("initial")))) | {"schema": schema}
    with pytest.raises(InputError, match=said) as error:
        paper_from_json(json.dumps(body).encode())
    assert error.value.hint and "\n" not in error.value.message


def test_a_letter_is_kept_as_json_that_its_schema_describes() -> None:
    blocks = (LetterText("x"), LetterTable("t", (), ()), LetterForm("f", (("a", "b"),)))
    letter = LetterModel("CV-2026-0001", "Cảnh báo", NOW, blocks=blocks)
    data = render_letter(letter, "json")
    assert data == render_letter(letter, "json")
    body = json.loads(data)
    assert (body["schema"], [one["type"] for one in body["blocks"]]) == ("atttcli/letter/1", ["text", "table", "form"])
    jsonschema.validate(body, json.loads((packaged("schemas") / "paper-letter.schema.json").read_text("utf-8")))


def test_a_custody_form_comes_back_from_its_json() -> None:
    step = CustodyStep(NOW, "truc.ban", "moved", {"to": "PA05", "seal_intact": True}, "")
    form = CustodyForm(
        "CC-2026-0001",
        "SC-2026-0001",
        "x",
        "Ổ cứng",
        "",
        "ab" * 32,
        1,
        "x",
        "x",
        "",
        (step,),
        "",
        "Sở",
        "Bắc Kạn",
        "cd" * 32,
        NOW,
    )
    data = render_custody(form, "json")
    jsonschema.validate(
        json.loads(data), json.loads((packaged("schemas") / "paper-custody.schema.json").read_text("utf-8"))
    )
    again = structure_from_json(data, CUSTODY_MODEL, CustodyForm)
    assert render_custody(again, "docx") == render_custody(form, "docx")
    with pytest.raises(InputError, match="custody-form/2"):
        structure_from_json(data.replace(b"custody-form/1", b"custody-form/2"), CUSTODY_MODEL, CustodyForm)
