"""Durations as people and ISO 8601 write them: `4h`, `1d12h`, `90m`, `PT4H`, `P1DT12H`."""

from __future__ import annotations

import re

from atttcli.clock import DAY, HOUR, MINUTE, SECOND

_ISO = re.compile(r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,6})S)?)?\Z")
_PLAIN = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?\Z")
_UNITS = (DAY, HOUR, MINUTE, SECOND)


def duration(text: str) -> int | None:
    """An ISO 8601 duration of days, hours, minutes, seconds in microseconds; None when it is none."""
    return _sum(_ISO.match(text))


def plain_duration(text: str) -> int | None:
    """`4h`, `1d12h`, `30m` in microseconds; None when it is none."""
    return _sum(_PLAIN.match(text))


def any_duration(text: str) -> int | None:
    """Either spelling."""
    found = duration(text)
    return plain_duration(text) if found is None else found


def _sum(match: re.Match[str] | None) -> int | None:
    if match is None or not any(match.groups()):
        return None
    return sum(int(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True))


def iso_duration(micros: int) -> str:
    """Microseconds as ISO 8601, whole seconds: `PT4H`, `P1DT12H`."""
    seconds = micros // SECOND
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return "P" + (text or "T0S")
