"""The handlers of every verb, a module per aggregate; `HANDLERS` is the whole vocabulary of decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from atttcli.store.projected import (
    advisories,
    casework,
    clocks,
    drills,
    fleet,
    hunts,
    mail,
    papers,
    people,
    place,
    rulepacks,
    triage,
)

HANDLERS: dict[str, Callable[[Any, Any], None]] = {
    **place.HANDLERS,
    **triage.HANDLERS,
    **casework.HANDLERS,
    **advisories.HANDLERS,
    **people.HANDLERS,
    **clocks.HANDLERS,
    **papers.HANDLERS,
    **drills.HANDLERS,
    **fleet.HANDLERS,
    **rulepacks.HANDLERS,
    **hunts.HANDLERS,
    **mail.HANDLERS,
}
