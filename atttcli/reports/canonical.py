"""The report as its own JSON: the lossless form, from which every other can be made again."""

from __future__ import annotations

from atttcli.report import IncidentReport
from atttcli.report_json import to_json


class JsonRenderer:
    """Canonical JSON, the same in every language."""

    format = "json"
    suffix = ".json"
    media_type = "application/json"

    def render(self, report: IncidentReport, language: str) -> bytes:
        """See `atttcli.report_json.to_json`."""
        return to_json(report)
