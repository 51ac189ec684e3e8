"""What other tools' importers ask of our exports, as their documentation and sources state it.

Timesketch (docs/guides/user/import-from-json-csv): `message`, `datetime` (ISO 8601), `timestamp_desc` in every row, `timestamp` in
microseconds; a row whose datetime cannot be read is dropped, and a column `tag` would be split. plaso: eight columns of
`dynamic`, seventeen of `l2tcsv`; without a time `0000-00-00T00:00:00.000000+00:00`, `00/00/0000` and `--:--:--`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.hunt import exports
from atttcli.hunt.columns import COLUMNS, NUMBERS

ROW: dict[str, Any] = {c.name: 0 if c.name in NUMBERS else "" for c in COLUMNS} | {
    "time": None,
    "fields": "{}",
    "kind": "syslog",
}
TIMES = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1))  # noqa: DTZ001 - as DuckDB gives it
TEXT = st.text(max_size=120)


@given(TIMES, TEXT, TEXT)
def test_timesketch_can_read_every_row(time: datetime | None, raw: str, user: str) -> None:
    row = exports.timesketch(ROW | {"time": time, "raw": raw, "user": user})
    assert tuple(row) == exports.TIMESKETCH
    assert "tag" not in row
    read = datetime.fromisoformat(row["datetime"])
    assert read.utcoffset() is not None
    assert isinstance(row["timestamp"], int)
    assert round(read.timestamp() * 1_000_000) == pytest.approx(
        row["timestamp"], abs=64
    )  # a double of seconds is that coarse
    assert row["timestamp_desc"] == ("Event Logged" if time is not None else "Not a time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", row["datetime"]), (
        "one form in all rows: pandas takes the first's"
    )


@given(TIMES, TEXT)
def test_plaso_and_l2t(time: datetime | None, raw: str) -> None:
    row = ROW | {"time": time, "raw": raw}
    dynamic, legacy = exports.plaso(row), exports.l2tcsv(row)
    assert tuple(dynamic) == exports.PLASO
    assert tuple(legacy) == exports.L2T
    assert len(legacy) == 17
    if time is None:
        assert dynamic["datetime"] == "0000-00-00T00:00:00.000000+00:00"
        assert (legacy["date"], legacy["time"], legacy["type"]) == ("00/00/0000", "--:--:--", "Not a time")
    else:
        again = datetime.strptime(f"{legacy['date']} {legacy['time']}", "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
        assert again == time.replace(microsecond=0, tzinfo=UTC)
        assert datetime.fromisoformat(dynamic["datetime"]) == time.replace(tzinfo=UTC)
    assert len(legacy["short"]) <= 80
    assert (legacy["version"], legacy["MACB"], legacy["timezone"]) == (2, "....", "UTC")
    assert all(
        value not in ("", None)
        for name, value in legacy.items()
        if name not in ("short", "desc", "filename", "extra", "notes")
    )
