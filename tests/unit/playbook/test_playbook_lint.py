from __future__ import annotations

import copy
import json

import pytest

from atttcli.errors import InputError
from atttcli.playbook.condition import check_condition, holds
from atttcli.playbook.durations import duration
from atttcli.playbook.lint import lint
from atttcli.playbook.load import check_file, load_playbook, playbook_files

SHIPPED = next(path for path in playbook_files() if path.stem == "tt20-art11-ordinary")


@pytest.fixture
def doc():
    return copy.deepcopy(load_playbook(SHIPPED).document)


def step(doc, kind):
    return next(key for key, body in doc["workflow"].items() if body["type"] == kind)


def mutants():
    def drop_end(d):
        del d["workflow"][step(d, "end")]

    def unknown_type(d):
        d["workflow"][step(d, "action")]["type"] = "playbook-action"

    def unreachable(d):
        d["workflow"]["end--00000000-0000-4000-8000-000000000001"] = {"type": "end"}

    def endless(d):
        steps = d["workflow"]
        steps[step(d, "if-condition")]["on_true"] = steps[step(d, "if-condition")]["on_false"]

    def silent_loop(d):
        key = step(d, "if-condition")
        d["workflow"][key]["on_false"] = key

    def agent(d):
        d["workflow"][step(d, "action")]["agent"] = "group--00000000-0000-4000-8000-000000000009"

    def variable(d):
        d["playbook_variables"] = {}

    def condition(d):
        d["workflow"][step(d, "if-condition")]["condition"] = "__stable__:value MATCHES '(a+'"

    def start(d):
        d["workflow_start"] = step(d, "end")

    def version(d):
        d["spec_version"] = "cacao-1.1"

    def shape(d):
        d["workflow"] = ["x"]

    def both(d):
        d["workflow"][step(d, "action")]["on_success"] = step(d, "end")

    def time(d):
        d["modified"] = "hôm qua"

    return [v for v in locals().values() if callable(v)]


@pytest.mark.parametrize("mutate", mutants(), ids=lambda f: f.__name__)
def test_every_mutant_is_found(doc, mutate):
    assert list(lint(doc, "x.yaml")) == []
    mutate(doc)
    assert any(problem.fatal for problem in lint(doc, "x.yaml"))


def test_a_dangling_step_is_told_with_file_and_line(tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    line = next(i for i, row in enumerate(text.splitlines(), 1) if row.startswith("  action--"))
    broken = text.replace("    on_completion: action--", "    on_completion: action--0", 2)
    path = tmp_path / "p.yaml"
    path.write_text(broken, encoding="utf-8")
    problems = check_file(path)
    assert any(p.where.path == str(path) and p.where.line and p.where.line >= line - 3 for p in problems)
    with pytest.raises(InputError):
        load_playbook(path)


def test_json_is_read_as_well_and_gives_the_same_digest(tmp_path):
    book = load_playbook(SHIPPED)
    path = tmp_path / "p.json"
    path.write_text(json.dumps(book.document, ensure_ascii=False), encoding="utf-8")
    assert load_playbook(path).digest == book.digest


@pytest.mark.parametrize("junk", ["[]", "x: *a", "a: [", "{type: playbook}", "workflow: {a: 1}", ""])
def test_junk_is_a_problem_or_an_input_error_never_a_crash(tmp_path, junk):
    path = tmp_path / "p.yaml"
    path.write_text(junk, encoding="utf-8")
    try:
        assert check_file(path)
    except InputError as error:
        assert error.where


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__a__:value = true", True),
        ("__a__:value = 'true'", True),
        ("__a__:value != true", False),
        ("__n__:value >= 5", True),
        ("__n__:value < 5", False),
        ("__missing__:value = true", False),
        ("__a__:value = false OR __n__:value = 5", True),
        ("__a__:value = true AND __n__:value > 5", False),
    ],
)
def test_conditions(text, expected):
    assert holds(text, {"__a__": True, "__n__": 5}) is expected


@pytest.mark.parametrize("text", ["", "true", "__a__ LIKE 5", "__a__:value = __b__", "x" * 2001, "__a__:value = 1 AND"])
def test_other_conditions_are_refused(text):
    assert check_condition(text)


@pytest.mark.parametrize(
    ("text", "hours"), [("PT4H", 4), ("P1D", 24), ("P2DT1H", 49), ("", None), ("P", None), ("4h", None)]
)
def test_durations(text, hours):
    assert duration(text) == (None if hours is None else hours * 3_600_000_000)
