"""From a console's export to alerts to AVReport: by the command line, as a person would."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.support.ingest_case import attt, new_workspace
from tests.support.reader_samples import CASES


def test_findings_become_alerts_and_the_report_reads_back(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "ws")
    empty = attt(place, "alert", "avreport", str(tmp_path / "no.xml"))
    assert (empty.exit_code, (tmp_path / "no.xml").exists()) == (2, False)
    source = CASES / "antivirus-xlsx" / "sample.xlsx"
    attt(place, "ingest", str(source))
    listed = [json.loads(line) for line in attt(place, "alert", "list", "--json").stdout.splitlines()]
    assert {(one["kind"], one["rule_id"], one["victim"]) for one in listed if one["kind"] == "antivirus"} == {
        ("antivirus", "Worm.Win32.Sample.b", "10.20.1.15"),
        ("antivirus", "Ransom.Win32.Sample.c", "10.20.1.16"),
    }
    target = tmp_path / "report.xml"
    told = json.loads(attt(place, "alert", "avreport", str(target), "--json").stdout)
    schema = Path(__file__).resolve().parents[2] / "docs/json/alert-avreport.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(told)
    assert (told["findings"], told["machines"]) == (2, 2)
    again = attt(place, "detect", "logs", str(target), "--json")
    found = [json.loads(line) for line in again.stdout.splitlines()]
    names = {one["rule"] for one in found if one["engine"] == "antivirus"}
    assert names == {"Worm.Win32.Sample.b", "Ransom.Win32.Sample.c"}
