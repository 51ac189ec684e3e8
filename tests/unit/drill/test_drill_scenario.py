"""Scenarios: those that are shipped are right, those that are wrong are refused with file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.drill.lint import lint
from atttcli.drill.payload import make
from atttcli.drill.places import resolve_places
from atttcli.drill.scenario import find_scenario, load_scenario, parse_scenario, shipped_names
from atttcli.drill.spans import parse_span, span_text
from atttcli.errors import AtttError, InputError, NotFound
from atttcli.inventory import load_organisation
from atttcli.packaged import packaged

SOURCE = (packaged("seeds") / "drills" / "ransomware-commune-flash.yaml").read_bytes()


def codes(data: bytes) -> set[str]:
    return {one.code for one in lint(parse_scenario(data, "s.yaml"))}


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_scenarios_have_nothing_wrong(name: str) -> None:
    scenario = load_scenario(find_scenario(name))
    assert lint(scenario) == []
    assert scenario.code == name
    if scenario.format == "log":
        assert scenario.scope and not scenario.injects
        return
    minutes = scenario.duration // 60_000_000
    assert minutes == 20 if name.endswith("-flash") else 60 <= minutes <= 120
    assert any(one.truth and not one.truth.malicious for one in scenario.injects), "no decoy"


@pytest.mark.parametrize("organisation", ["bac-kan", "thai-nguyen"])
@pytest.mark.parametrize("name", shipped_names())
def test_shipped_scenarios_find_their_places_in_every_province(name: str, organisation: str) -> None:
    found = resolve_places(load_scenario(find_scenario(name)), load_organisation(organisation))
    assert all(facts["name"] and facts["address"] for facts in found.values())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"kind: detect", b"kind: detekt", "is not known"),
        (b"within: 3m", b"within: bald", "no span of time"),
        (b"version: 1", b"version: 1\ncolour: red", "'colour' is not known"),
        (b"  - id: A2\n    at: 5m", b"  - id: A2", "needs `at` or `when`"),
        (b"    phone:", b"    letter: {text: {vi: a, en: b}}\n    phone:", "exactly one channel"),
        (b"attack: [T1486]}", b"attack: [X1]}", "no ATT&CK technique"),
        (b"id: A1", b"id: ../a", "is no id"),
        (b'grade: "1"', b'grade: "2"', "is not known"),
        (b"limit: 10m, points: 15", b"limit: 1m, points: 15", "not before the target"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(old: bytes, new: bytes, said: str) -> None:
    assert old in SOURCE
    with pytest.raises(InputError) as caught:
        parse_scenario(SOURCE.replace(old, new, 1), "s.yaml")
    assert said in caught.value.message
    assert caught.value.where is not None and caught.value.where.path == "s.yaml" and caught.value.where.line


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"goal: G2", b"goal: G9", "goal"),
        (b"malicious: true", b"malicious: false", "truth"),
        (b"to: xa", b"to: nobody", "role"),
        (b"    at: 10m", b"    at: 50m", "late"),
        (b"    at: 10m", b"    when: {after: Z9}", "condition"),
        (b"    at: 10m", b"    when: {done: E4}", "unreachable"),
        (b"id: E4", b"id: E1", "double"),
        (b"HUONG_DAN.txt. L", b"8.8.8.8 HUONG_DAN.txt. L", "address"),
        (b"HUONG_DAN.txt. L", b"http://somebody.com/x L", "domain"),
        (b"HUONG_DAN.txt. L", b"{nowhere} L", "place"),
        (b"HUONG_DAN.txt. L", b"EICAR L", "eicar"),
    ],
)
def test_what_is_wrong_beyond_the_form_is_found(old: bytes, new: bytes, code: str) -> None:
    assert old in SOURCE and codes(SOURCE) == set()
    assert code in codes(SOURCE.replace(old, new, 1))


def test_injects_that_wait_on_each_other_are_found() -> None:
    data = SOURCE.replace(b"    at: 5m", b"    when: {after: B1}").replace(b"    at: 10m", b"    when: {after: A2}")
    assert "unreachable" in codes(data)


def test_no_scenario_of_that_name() -> None:
    with pytest.raises(NotFound):
        find_scenario("../../etc/passwd-not-there")


@given(st.binary(max_size=400))
def test_anything_may_be_given_as_a_scenario(data: bytes) -> None:
    try:
        parse_scenario(data, "x")
    except AtttError:
        pass


@given(st.integers(0, 9 * 24 * 3600))
def test_spans_are_read_as_they_are_written(seconds: int) -> None:
    assert parse_span(f"{seconds}s") == seconds * 1_000_000
    assert span_text(seconds * 1_000_000)


def test_the_marker_stands_nowhere_in_what_is_shipped() -> None:
    """Neither in a scenario nor in a rule: no scan of the package itself may find an artefact."""
    marker = b"ATTTCLI-DRILL-" + b"INERT{DT"
    for folder in ("seeds", "rules"):
        for path in packaged(folder).rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert marker not in data and b"X5O!P%@AP" not in data, path


def test_what_is_said_has_no_file() -> None:
    scenario = parse_scenario(SOURCE)
    assert make(scenario.injects[0], None) == []  # type: ignore[arg-type]
