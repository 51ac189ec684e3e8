"""A row of a list that names a range: one alert for every agency that holds a part of it, and one for what nobody holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from atttcli.inventory import Inventory
from atttcli.inventory.lookup import Share
from atttcli.model.alert import Alert
from atttcli.model.observable import ObservableType

_SHOWN = 20  # spans that an alert names


def spread(alerts: Sequence[Alert], inventory: Inventory) -> Iterator[Alert]:
    """The alerts of one row. Its ranges (`a-b` is several) are counted together: an agency gets one alert of the row."""
    ranges: list[tuple[Alert, tuple[Share, ...]]] = []
    spreads = any(map(_is_range, alerts))
    for alert in alerts:
        shares = (
            inventory.shares_of(alert.key, alert.time) if spreads else ()
        )  # the ends of `a-b` may be single addresses
        if shares:
            ranges.append((alert, shares))
        else:
            yield alert
    merged: dict[tuple[str, str], tuple[Alert, list[tuple[str, str]]]] = {}
    for alert, shares in ranges:
        for share in shares:
            merged.setdefault((alert.rule_id, share.agency), (alert, []))[1].extend(share.spans)
    whole = len(merged) == len(ranges) == 1
    for (_, agency), (alert, spans) in merged.items():
        yield alert if whole else _part(alert, agency, spans)


def _is_range(alert: Alert) -> bool:
    return any(
        one.type is ObservableType.CIDR and one.role == "victim" and one.value == alert.key for one in alert.observables
    )


def _part(alert: Alert, agency: str, spans: Sequence[tuple[str, str]]) -> Alert:
    """The alert about one agency's part: its first address is who the alert concerns."""
    told = [first if first == last else f"{first} - {last}" for first, last in spans]
    more = f" (+{len(told) - _SHOWN})" if len(told) > _SHOWN else ""
    why = f"{alert.key}: {', '.join(told[:_SHOWN])}{more}"
    detail = alert.detail | {"range": {"agency": agency, "parts": told[:_SHOWN], "count": len(told)}}
    return replace(alert, victim=spans[0][0], why=(*alert.why, why), detail=detail)
