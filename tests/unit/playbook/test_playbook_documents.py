"""Files in, files out: the corpus, round trips, the short forms, and hostile input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from atttcli.errors import AtttError, InputError
from atttcli.playbook.document import digest, json_text, parse_document, parse_json, read_document
from atttcli.playbook.lint import is_valid, lint
from atttcli.playbook.load import check_file, from_document, load_playbook
from atttcli.playbook.sugar import expand
from atttcli.playbook.template import new_playbook
from atttcli.playbook.yaml_out import to_yaml
from atttcli.text.strict_yaml import load
from tests.support.playbook_books import PARENT, write_books
from tests.support.workflow_graphs import TREES, build

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "cacao" / "cases"
CASES = sorted(CORPUS.glob("*/*.json")) or [pytest.param(None, marks=pytest.mark.skip(reason="no shared/data/cacao"))]


@pytest.mark.reference
@pytest.mark.parametrize("path", CASES, ids=lambda path: path and f"{path.parent.name}/{path.stem}")
def test_the_corpus_is_judged_as_its_folders_say_and_goes_round_without_loss(path):
    problems = check_file(path)
    assert is_valid(problems) is (path.parent.name == "valid")
    assert is_valid(problems, lenient=True) is (path.parent.name != "invalid")
    original = json.loads(path.read_text(encoding="utf-8"))
    document = read_document(path)
    yaml = to_yaml(document).encode()
    back = parse_document(yaml, "x.yaml")
    assert back == original
    assert json.dumps(back) == json.dumps(original)  # the order of keys too
    assert parse_json(json_text(back).encode(), "x.json") == original


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("COSSAS_SOARCA__missing_step_playbook", "which is no step"),
        ("COSSAS_SOARCA__invalid_playbook", "is not of type 'invalid'"),
        ("oasis-tcs_cacao__signature-example-rsa__block2", "`workflow` is missing"),
    ],
)
@pytest.mark.reference
def test_the_reason_of_a_refusal_is_the_files_own_fault(name, said):
    path = CORPUS / "invalid" / f"{name}.json"
    if not path.exists():
        pytest.skip("no shared/data/cacao")
    assert any(said in p.message for p in check_file(path) if p.level == "error")


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_generated_documents_go_round(tree):
    document = build(tree)
    assert parse_document(to_yaml(document).encode(), "x.yaml") == document
    assert digest(parse_document(json_text(document).encode(), "x.json")) == digest(document)


TEXTS = st.text(max_size=12)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(TEXTS, JSON, min_size=1, max_size=4))
def test_any_json_becomes_yaml_that_reads_back_equal(value):
    try:
        text = to_yaml(value)
    except AtttError as error:  # half a surrogate pair, a number that YAML would change
        assert error.message
        return
    back = load(text)
    assert json.dumps(back) == json.dumps(value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b"[" * 60 + b"]" * 60, "deeper"),
        (b'{"a":' * 50_000, ""),
        (b"\xff\xfe{", ""),
        (b'{"a": ' + b"9" * 5000 + b"}", ""),
    ],
)
def test_hostile_json_is_refused_with_the_file_named(data, said):
    with pytest.raises(InputError) as caught:
        parse_json(data, "evil.json")
    assert said in caught.value.message
    assert caught.value.where.path == "evil.json"


@given(st.dictionaries(st.sampled_from(["type", "id", "workflow", "workflow_start", "playbook_variables", "atttcli", "roles",
       "agent_definitions", "created", "modified", "markings", "signatures"]), JSON, max_size=8))  # fmt: skip
@example({"type": None, "id": [], "workflow": {"a": None}})
def test_lint_and_the_short_forms_survive_anything(value):
    for document in (value, expand({"atttcli": 1, **value})):
        assert any(problem.fatal for problem in lint(document, "x.yaml"))


def test_a_problem_names_file_and_line_in_yaml_and_json(tmp_path):
    path = write_books(tmp_path)["cha"]
    text = path.read_text(encoding="utf-8").replace("on_completion: contained", "on_completion: nowhere")
    path.write_text(text, encoding="utf-8")
    line = next(i for i, row in enumerate(text.splitlines(), 1) if row.strip().startswith("contain:"))
    assert any(p.where.line == line and "nowhere" in p.message for p in check_file(path))
    other = tmp_path / "cha.json"
    other.write_text(json_text(read_document(path)), encoding="utf-8")
    found = [p for p in check_file(other) if "nowhere" in p.message]
    assert found
    assert other.read_text(encoding="utf-8").splitlines()[found[0].where.line - 1].strip().startswith('"action--')


def test_the_short_form_spells_out_ids_that_stay_the_same():
    one, two = expand(load(PARENT)), expand(load(PARENT))
    assert one == two
    book = from_document(one)
    sub = next(step for step in book.steps.values() if step.type == "playbook-action")
    child = expand(load(PARENT.replace("id: cha", "id: con")))
    assert sub.playbook_id == child["id"]  # a short name gives the same id wherever it is written
    assert set(child["workflow"]).isdisjoint(one["workflow"])  # steps are the playbook's own
    assert book.variables["__hosts__"].value == "3"
    assert book.roles == {"van_hanh": "Đơn vị vận hành"}
    assert all(step.agent in book.parties for step in book.steps.values() if step.type == "action")


def test_without_the_mark_nothing_is_added():
    plain = load("type: playbook\nworkflow: {start: {type: start}}\nroles: {a: b}\n")
    assert expand(plain) is plain


def test_a_new_playbook_is_whole_and_valid():
    document = parse_document(
        new_playbook("1 Rò rỉ/dữ liệu", 'Tiêu "đề"', "2026-01-01T00:00:00.000Z").encode(), "new.yaml"
    )
    assert list(lint(document, "new.yaml")) == []
    assert document["name"] == 'Tiêu "đề"'


def test_numbers_that_were_meant_as_text_are_warned_of(tmp_path):
    path = tmp_path / "p.yaml"
    text = new_playbook("x", "x", "2026-01-01T00:00:00.000Z") + "x_version: 1.10\n"
    path.write_text(text.replace('code: "1"', "code: 1"), encoding="utf-8")
    messages = [p.message for p in check_file(path)]
    assert any("1.1 is read as a number" in message for message in messages)
    assert any("`code` is a number where text stands" in message for message in messages)


def test_unknown_keys_are_kept_and_only_warned_of(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(new_playbook("x", "x", "2026-01-01T00:00:00.000Z") + "x_house: {a: [1]}\n", encoding="utf-8")
    problems = check_file(path)
    assert [p.level for p in problems] == ["warning"]
    assert load_playbook(path).document["x_house"] == {"a": [1]}


def test_the_manual_holds_a_whole_example_that_is_valid():
    text = (Path(__file__).parents[3] / "docs" / "how-to-add-a-playbook.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example
    assert list(lint(parse_document(example[1].encode(), "manual.yaml"), "manual.yaml")) == []
