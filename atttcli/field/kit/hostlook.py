"""The checks of the host beside its files, where this kit has them; without them a kit scans files alone and says so.

Python 3.8-clean.
"""

from __future__ import annotations

from typing import Iterator, Optional

from atttcli.field.examine import Examiner
from atttcli.field.kit.known import Lists
from atttcli.field.records import HostRecord


def host_records(lists: Optional[Lists], examiner: Examiner) -> Iterator[HostRecord]:
    """Observations and hits of every check that is here; one problem when there is none."""
    yield HostRecord("host", "problem", "host checks", {"why": "this kit has no host checks"})
