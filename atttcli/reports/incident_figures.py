"""What the figures of an incident's report were counted from: the alerts, indicators and exhibits that its annexes list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atttcli.reports.paper import Figure, figure
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.report import IncidentReport


def incident_figures(report: IncidentReport) -> tuple[Figure, ...]:
    """The figures that the report prints, each with its objects."""
    alerts = [row.number for row in report.alerts]
    sightings = sum(row.count for row in report.alerts)
    return (
        figure("alerts", _("alerts"), alerts, query=_("alerts linked to the incident")),
        figure("sightings", _("sightings"), alerts, value=sightings, query=_("sightings of these alerts, added up")),
        figure(
            "indicators",
            _("indicators"),
            (row.value for row in report.indicators),
            query=_("indicators of these alerts"),
        ),
        figure("evidence", _("exhibits"), (row.number for row in report.evidence), query=_("exhibits of the incident")),
    )
