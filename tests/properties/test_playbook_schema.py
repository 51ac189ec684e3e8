"""Never laxer than the published schemas: what they refuse, read as the draft-07 that they declare, lint refuses too."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.playbook.lint import is_valid, lint
from atttcli.playbook.load import load_playbook, playbook_files
from tests.support.workflow_graphs import TREES, build

DATA = Path(__file__).parents[3] / "shared" / "data" / "cacao"
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not DATA.is_dir(), reason="no shared/data/cacao"),
]
JUNK: tuple[Any, ...] = (None, True, 5, -1, 1.5, "", "x", [], {}, [1], {"a": 1}, ["x"], {"type": "x"})


@pytest.fixture(scope="module")
def schema() -> Any:
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource

    resources = []
    for path in (DATA / "schemas" / "schemas").rglob("*.json"):
        body = json.loads(path.read_text(encoding="utf-8"))
        resources.append((body["$id"], Resource.from_contents(body)))
    registry: Any = Registry().with_resources(resources)
    main = next(one.contents for uri, one in resources if uri.endswith("/playbook.json"))
    return Draft7Validator(main, registry=registry)


def _documents() -> list[Any]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("cases/valid/*.json"))]
    return found + [load_playbook(path).document for path in playbook_files()]


def _break(document: Any, rng: random.Random) -> Any:
    """One value anywhere taken away or replaced."""
    broken = copy.deepcopy(document)
    place: Any = broken
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys)
        inner = place[key]
        if isinstance(inner, (dict, list)) and inner and rng.random() < 0.8:
            place = inner
            continue
        if rng.random() < 0.4:
            del place[key]
        else:
            place[key] = rng.choice(JUNK)
        return broken


def test_what_is_valid_here_is_valid_there(schema: Any) -> None:
    for document in _documents():
        assert is_valid(lint(document, "x.json"))
        assert list(schema.iter_errors(document)) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40))
def test_what_the_schemas_refuse_is_refused(schema: Any, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(10):
        broken = _break(rng.choice(_documents_once()), rng)
        if not schema.is_valid(broken):
            assert not is_valid(lint(broken, "x.json")), next(schema.iter_errors(broken)).message


_KEPT: list[Any] = []


def _documents_once() -> list[Any]:
    if not _KEPT:
        _KEPT.extend(_documents())
    return _KEPT


@settings(max_examples=60, deadline=None)
@given(TREES, st.randoms(use_true_random=False))
def test_generated_workflows_too(schema: Any, tree: Any, rng: random.Random) -> None:
    document = build(tree)
    assert schema.is_valid(document)
    broken = _break(document, rng)
    if not schema.is_valid(broken):
        assert not is_valid(lint(broken, "x.json"))
