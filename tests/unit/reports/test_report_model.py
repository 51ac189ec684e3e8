"""The model: JSON that is the same everywhere, read back whole, and refused with a reason when it is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
import typing
from pathlib import Path

import jsonschema
import msgspec
import pytest

from atttcli import report as contract
from atttcli.errors import InputError
from atttcli.report import (
    AlertRow,
    Incident,
    IncidentReport,
    Words,
    find_missing,
    is_time,
    report_from_json,
    schema,
    to_json,
    with_missing,
)

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "json" / "report-incident.schema.json"


def _with(**changes: object) -> IncidentReport:
    incident = Incident(number="SC-1", title=str(changes.pop("title", "x")))
    return IncidentReport(as_of=typing.cast(int, changes.pop("as_of", 0)), incident=incident, **changes)


def test_json_comes_back_as_the_same_report_and_the_same_bytes(made_up: IncidentReport, golden: Path) -> None:
    assert report_from_json(to_json(made_up)) == made_up
    assert to_json(made_up) == (golden / "incident.json").read_bytes()


@pytest.mark.parametrize(
    "surroundings",
    [{"TZ": "America/Santiago", "LC_ALL": "C"}, {"TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}],
)
def test_every_format_is_the_same_in_another_process_zone_and_locale(
    made_up: IncidentReport, golden: Path, surroundings: dict[str, str]
) -> None:
    from hashlib import sha256

    from atttcli.reports import FORMATS, render

    code = (
        "import sys, hashlib; from atttcli.report import *; from atttcli.reports import *\n"
        "r = report_from_json(open(sys.argv[1], 'rb').read())\n"
        "print(*[hashlib.sha256(render(r, f, l)).hexdigest() for f in FORMATS for l in ('vi', 'en')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(golden / "incident.json")],
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [sha256(render(made_up, kind, language)).hexdigest() for kind in FORMATS for language in ("vi", "en")]
    assert ran.stdout.split() == here


def test_schema_file_is_the_models_schema_and_fits_its_json(made_up: IncidentReport, bare: IncidentReport) -> None:
    kept = json.loads(SCHEMA_FILE.read_text("utf-8"))
    assert kept == json.loads(json.dumps(schema()))
    for report in (made_up, bare):
        jsonschema.validate(json.loads(to_json(report)), kept)
    broken = json.loads(to_json(bare))
    broken["as_of"] = 5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, kept)


def test_fields_named_as_times_are_times_and_no_other_number_is() -> None:
    kinds = [
        found for found in vars(contract).values() if isinstance(found, type) and issubclass(found, msgspec.Struct)
    ]
    for kind in kinds:
        for name, hint in typing.get_type_hints(kind).items():
            if is_time(name):
                assert hint in (int, int | None), (kind, name)
            elif hint in (int, int | None):
                assert name in {"level", "count", "size", "rules"}, (
                    f"{kind.__name__}.{name}: a number that is no moment?"
                )
            assert not isinstance(hint, types.FunctionType)


def test_times_are_rfc3339_in_json_and_absurd_ones_are_kept_at_the_edge() -> None:
    assert json.loads(to_json(_with(as_of=1)))["as_of"] == "1970-01-01T00:00:00.000001Z"
    for absurd in (10**30, -(10**30)):
        again = report_from_json(to_json(_with(as_of=absurd)))
        assert to_json(again) == to_json(_with(as_of=absurd))


def test_text_is_nfc_and_nothing_a_terminal_obeys_stands_raw() -> None:
    given = "Su\u031b\u0323 co\u0302\u0301 \x1b[2J \x9b31m \u202e \u200b \U000e0041 \x7f \udc80"
    data = to_json(_with(title=given))
    assert all(char.isprintable() or char == "\n" for char in data.decode("utf-8"))
    title = report_from_json(data).incident.title
    assert title == "Sự cố \x1b[2J \x9b31m \u202e \u200b \U000e0041 \x7f \\udc80"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a report"),
        (b"\xff\xfe", "not a report"),
        (b"[" * 200_000, "not a report"),
        (b'{"a": 1}', "schema"),
        (b'[{"schema": 1}]', "schema"),
        (b'{"schema": "atttcli/report-incident/2"}', "report-incident/2"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        report_from_json(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-01-01T00:00:00"}, "as_of|naive"),
        ({"as_of": 7.5}, "as_of"),
        ({"alerts": [{"number": "CB-1"}]}, r"\$\.alerts\[0\]"),
        ({"surprise": 1}, "surprise"),
        ({"marks": {"tlp": "PINK"}}, "tlp"),
    ],
)
def test_a_wrong_field_is_named(bare: IncidentReport, change: dict[str, object], said: str) -> None:
    plain = {**json.loads(to_json(bare)), **change}
    with pytest.raises(InputError, match=said):
        report_from_json(json.dumps(plain).encode())


def test_older_json_without_later_fields_still_reads() -> None:
    least = {
        "schema": "atttcli/report-incident/1",
        "as_of": "2026-01-01T00:00:00Z",
        "incident": {"number": "SC-1", "title": "x"},
    }
    assert report_from_json(json.dumps(least).encode()).alerts == ()


def test_missing_fields_are_named_once_and_what_is_there_is_not(made_up: IncidentReport, bare: IncidentReport) -> None:
    assert find_missing(made_up) == ("incident.personal_data", "affected.level")
    gaps = find_missing(bare)
    assert {"header.organ", "incident.detected_at", "narrative.summary", "evidence"} <= set(gaps)
    assert "narrative.result" not in gaps, "an open incident has no result yet"
    twice = with_missing(with_missing(bare))
    assert twice.missing == gaps


def test_words_fall_back_to_the_other_language() -> None:
    assert Words("Đội", "Team").say("en") == "Team"
    assert Words("Đội").say("en") == "Đội"
    assert Words(en="Team").say("vi") == "Team"


def test_lists_are_accepted_where_tuples_are_declared() -> None:
    rows = typing.cast("tuple[AlertRow, ...]", [AlertRow(number="CB-1", title="x")])
    assert report_from_json(to_json(_with(alerts=rows))).alerts == tuple(rows)
