from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.report import Incident, IncidentReport, report_from_json

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"


@pytest.fixture(scope="session")
def golden() -> Path:
    return GOLDEN


@pytest.fixture(scope="session")
def made_up() -> IncidentReport:
    """A rich, made-up incident: every part filled."""
    return report_from_json((GOLDEN / "incident.json").read_bytes())


@pytest.fixture(scope="session")
def bare() -> IncidentReport:
    """The least that a report can be: a number and a title."""
    return IncidentReport(as_of=1_795_000_000_000_000, incident=Incident(number="SC-2026-0001", title="Trống"))
