"""Opening a drill: the real workspace is read, all that is written goes into the drill's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App
from atttcli.clock import DAY, VIETNAM, Clock, from_micros, parse_moment, rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room

json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
code_argument = click.argument("code", metavar="[DRILL]", default="last")
at_option = click.option("--at", "at", metavar="TIME", help="When it was (09:14, or with a date), if not now.")


def mark(code: str) -> str:
    """What stands before everything that a drill says."""
    return f"[{code}] " + _("EXERCISE - NOT A REAL INCIDENT")


@contextmanager
def open_drill(app: App, code: str, clock: Clock | None = None) -> Iterator[Room]:
    """The drill that people mean, open. Who works is known from the real workspace."""
    from atttcli.drill.room import Room, drill_root, find_code, planned_of, sealed_scenario
    from atttcli.inventory import Inventory
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store
    from atttcli.store.workspace import load_workspace

    real = app.workspace.root
    root = drill_root(real, find_code(real, code))
    workspace = load_workspace(root)
    with Store(workspace.database) as store:
        journal = Journal(store, app.identity.name, clock or app.clock)
        planned = planned_of(journal)
        scenario = sealed_scenario(root, planned)
        yield Room(workspace, store, journal, Inventory(_place(store)), scenario, planned, app.store)


def _place(store: Any) -> Any:
    import json

    from atttcli.inventory import from_payload

    text = store.value("SELECT payload FROM organisation ORDER BY adopted DESC LIMIT 1")
    return from_payload(json.loads(text))


def moment_of(room: Room, text: str | None) -> int | None:
    """What people type after --at: `09:14` is on the day on which the drill began."""
    if not text:
        return None
    cleaned = text.strip()
    start = room.play().started or room.journal.clock.now()
    if len(cleaned) <= 8 and ":" in cleaned:
        day = from_micros(start, VIETNAM).strftime("%d/%m/%Y")
        try:
            found = parse_moment(f"{day} {cleaned}")
        except ValueError:
            raise UsageError(f"{text[:20]!r} is no time", hint="as 09:14 or 23/11/2026 09:14") from None
        return found if found >= start - DAY // 2 else found + DAY
    try:
        return parse_moment(cleaned)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is no time", hint="as 09:14 or 23/11/2026 09:14") from None


def rate_of(text: str | None) -> int | None:
    """`2` or `0.5` in thousandths."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 100:
        raise UsageError("the rate is above 0 and at most 100", hint="--rate 2")
    return round(value * 1000)


def status_json(room: Room) -> dict[str, Any]:
    """A drill as it stands."""
    from atttcli.drill.score import score
    from atttcli.drill.spans import seconds_of

    play = room.play()
    now = play.now(room.journal.clock.now())
    found = score(room.scenario, play)
    return {
        "drill": room.code,
        "scenario": room.scenario.code,
        "version": room.scenario.version,
        "name": room.scenario.name.say(str(room.planned["language"])),
        "format": room.scenario.format,
        "team": room.planned["team"],
        "phase": now.phase,
        "started": None if play.started is None else rfc3339(play.started),
        "ended": None if play.ended is None else rfc3339(play.ended),
        "scenario_seconds": seconds_of(now.scenario),
        "active_seconds": seconds_of(now.active),
        "rate": now.rate / 1000,
        "injects": [
            {
                "id": one.id, "channel": one.channel, "to": one.to,
                "state": "delivered" if one.id in play.deliveries else "skipped" if one.id in play.skipped else "waiting",
                "alerts": list(play.deliveries[one.id].alerts) if one.id in play.deliveries else [],
            }
            for one in room.scenario.injects
        ],
        "score": None if room.is_sealed else round(found.total, 1),
        "valid": found.valid,
        "workspace": str(room.workspace.root),
    }  # fmt: skip


def told_json(told: Any) -> dict[str, Any]:
    """An inject that has just been delivered."""
    return {
        "inject": told.inject.id, "channel": told.inject.channel, "to": told.inject.to, "how": told.how,
        "text": told.text, "files": [str(path) for path in told.files], "alerts": list(told.alerts),
    }  # fmt: skip


def tell(room: Room, told: Any) -> None:
    """An inject for the facilitator to hand over, and what the team should do about it: for the controller's eyes."""
    from atttcli.cli.drill_words import channel_word

    to = roles_of(room).get(told.inject.to, told.inject.to)
    render.line(f"== {told.inject.id} · {channel_word(told.inject.channel)}" + (f" → {to}" if to else ""))
    render.block(told.text)
    for path in told.files:
        render.line(f"  {path}")
    if told.alerts:
        render.line(_("Alerts: {alerts}", alerts=", ".join(told.alerts)))
    for one in told.inject.expects:
        tell_expected(room, one)


def tell_expected(room: Room, one: Any) -> None:
    """What the team should do about an inject, and how it is typed when it is no plain yes."""
    render.line("  " + expected(room, one))
    for option in one.options:
        render.line(f"       {one.id} {option.id}: {filled_in(room, option.text)}")
    if one.kind == "classify":
        right = _("right: {category}, {severity}", category=one.category or "-", severity=one.severity or "-")
        render.line(f"       {one.id} category=… severity=…   ({right})")
    elif one.kind == "report":
        to = f" --addressee {one.addressee}" if one.addressee else ""
        render.line(f"       {one.id} " + " ".join(f"{name}=…" for name, _truth in one.fields) + to)


def check_choice(room: Room, identity: str, choice: str) -> None:
    """A question is answered by one of its own options: a mere yes would count as a wrong decision."""
    one = room.scenario.expectation(identity.strip().upper())
    if one is not None and one.options and choice not in (*(option.id for option in one.options), "na"):
        told = ", ".join(option.id for option in one.options)
        raise UsageError(f"{one.id} is a question: say which option", hint=f"one of: {told}")


def expected(room: Room, one: Any) -> str:
    """An expectation on one line: its id, what is to be done, within which time."""
    from atttcli.drill.spans import span_text

    within = " (" + _("within {span}", span=span_text(one.target)) + ")" if one.target else ""
    return f"{one.id:<4} {filled_in(room, one.text)}{within}"


def filled_in(room: Room, text: Any) -> str:
    """A text of the scenario in the drill's language, the places named."""
    from atttcli.drill.places import filled

    return filled(text.say(str(room.planned["language"])), room.planned["places"])


def team_word(room: Room) -> str:
    """Who plays, as people say it: the scenario's first role, with the team's own name where it was given one."""
    from atttcli.drill.after import team_name

    return team_name(room).say(str(room.planned["language"]))


def roles_of(room: Room) -> dict[str, str]:
    """Role code -> its name."""
    language = str(room.planned["language"])
    return {one.code: one.name.say(language) for one in room.scenario.roles}
