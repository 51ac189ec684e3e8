"""The law's clocks of one incident, computed when facts change, so that `next` reads rows and no profile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from atttcli.profile import Profile, applies, due

_FLAG_TRIGGERS = ("beyond_capacity",)
FOUND_BY_US = frozenset({"ids", "log", "monitoring"})  # the specialised unit's own watch, in words of the record


def plan(
    profile: Profile,
    *,
    detected: int | None,
    opened: int,
    flags: Mapping[str, int],
    incident_class: str,
    level: int | None,
    ended: int | None,
    met: Collection[str],
    received: int | None = None,
    found_by: str = "",
) -> list[dict[str, Any]]:
    """Every deadline with a moment that follows from the facts: code, name, document, basis, due (microseconds).

    `flags`: code of a fact to when it was stated; `ended`: when handling ended; `met`: deadlines kept so far; `received`:
    when somebody told us of it; `found_by`: who found it.
    """
    moments = {
        "detected": detected if detected is not None else opened,
        "handling_ended": ended,
        "response_ended": ended,
        "notice_received": received,
        "found_by_specialised_unit": opened if found_by in FOUND_BY_US else None,
    }
    moments |= {name: flags.get(name) for name in _FLAG_TRIGGERS}
    clocks = []
    for deadline in profile.deadlines:
        at = moments.get(deadline.trigger)
        if at is None or not applies(deadline, flags=flags, incident_class=incident_class, level=level, used=met):
            continue
        moment = due(deadline, at)
        if moment is not None:
            clocks.append(
                {
                    "code": deadline.id,
                    "name": deadline.name,
                    "name_en": deadline.name_en,
                    "document": deadline.document,
                    "basis": deadline.legal_base,
                    "due": moment,
                }
            )
    return clocks
