"""`--json` is an interface: every command has it, a schema says what it prints, and no reader's language changes it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from atttcli.cli.main import cli
from atttcli.packaged import packaged
from tests.support.json_steps import STEPS, Answer, Day, Step, two_days

pytestmark = pytest.mark.timeout(900)  # its two days are made once, by every command there is
SCHEMAS = packaged("schemas")
NO_JSON = {
    "demo": "tells a story on the screen by running other commands; each of those has its own JSON",
    "drill do": "runs another command inside a drill; the JSON is that command's",
}
OF_FILES = {"report-incident": "a paper", "paper": "a paper", "playbook-extension": "a part of CACAO documents"}
OF_FILES |= {path.name.removesuffix(".schema.json"): "a paper" for path in SCHEMAS.glob("paper-*.schema.json")}
_ROW = re.compile(r"\| `([a-z -]+)` \| (`[a-z`, -]+`) \|\Z")


def _leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _leaves(inner, (*path, name))


def _table() -> dict[str, list[str]]:
    rows = map(_ROW.match, (SCHEMAS / "README.md").read_text(encoding="utf-8").splitlines())
    return {row[1]: re.findall(r"`([a-z-]+)`", row[2]) for row in rows if row}


LEAVES = dict(_leaves(cli))
TABLE = _table()


def _command(step: Step) -> str:
    """The command of a step: the longest name of one that its words begin with."""
    words = shlex.split(step.words)
    words = words[2:] if words[0] == "-w" else words
    return next(name for size in (3, 2, 1) if (name := " ".join(words[:size])) in LEAVES)


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("command", sorted(LEAVES.keys() - NO_JSON))
def test_every_command_has_json_and_a_schema(command: str) -> None:
    assert any("--json" in parameter.opts for parameter in LEAVES[command].params), "no --json"
    assert TABLE.get(command), "not in the table of docs/json/README.md"
    ran = {step.schema for step in STEPS if _command(step) == command}
    assert set(TABLE[command]) - OF_FILES.keys() == ran, "the schemas of the table are those that a step runs"


def test_the_table_names_only_commands_and_schemas_that_exist() -> None:
    assert TABLE.keys() == LEAVES.keys() - NO_JSON.keys()
    named = {name for names in TABLE.values() for name in names} | OF_FILES.keys()
    assert named == {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json")}


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda path: path.name)
def test_schemas_are_schemas_and_say_what_they_are_of(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json")


@pytest.fixture(scope="module")
def days(base: Path) -> dict[str, Day]:
    return two_days(base)


def _values(answer: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.out.splitlines()]


@pytest.mark.parametrize("place", range(len(STEPS)), ids=[str(step) for step in STEPS])
def test_json_is_what_its_schema_says_in_every_language(days: dict[str, Day], place: int) -> None:
    step, vietnamese, english = STEPS[place], days["vi"].answers[place], days["en"].answers[place]
    validator = _validator(step.schema)
    for answer in (vietnamese, english):
        assert answer.code == step.code, answer.err
        values = _values(answer)
        assert values or step.empty
        for value in values:
            validator.validate(value)
    assert _values(vietnamese) == _values(english)


def test_the_paper_that_report_incident_writes_is_what_its_schema_says(days: dict[str, Day], base: Path) -> None:
    paper = json.loads((base / "desk" / "paper.json").read_text(encoding="utf-8"))
    _validator("report-incident").validate(paper)


def test_people_were_spoken_to_in_their_language_meanwhile(days: dict[str, Day]) -> None:
    """Else the days above were equal for the wrong reason."""
    told = {language: "".join(answer.err for answer in day.answers) for language, day in days.items()}
    assert told["vi"] != told["en"]


def test_the_schemas_close_what_they_describe() -> None:
    """A key that nobody documented is a fault: only what others define (CACAO, EVE, rows of tables) is open."""
    open_ones = {
        path.name.removesuffix(".schema.json")
        for path in SCHEMAS.glob("*.schema.json")
        if '"additionalProperties": false' not in path.read_text(encoding="utf-8")
    }
    assert open_ones == {"playbook-document"}
