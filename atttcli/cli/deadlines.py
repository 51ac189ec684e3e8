"""`atttcli deadlines` and `atttcli tick`: what the law and our own promises demand, by when, of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import distance, localised, moment
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.clock import DAY, rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _, language, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.deadline.reminders import Reminder, Watched
    from atttcli.profile import Deadline, Profile

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.command()
@click.option("--incident", metavar="ID", help="Of one incident; @ is the current one.")
@click.option("--within", type=click.IntRange(0, 3650), metavar="DAYS", help="Only what ends within so many days.")
@click.option("--all", "everything", is_flag=True, help="Tasks, letters, findings and contracts too.")
@click.option("--explain", is_flag=True, help="Cite the article, what it says, and whether we read its text.")
@click.option("--met", metavar="CODE", help="Record that the paper of a calendar duty went out.")
@click.option("--period", default="", metavar="KEY", help="With --met: which turn, as listed.")
@click.option("--paper", default="", metavar="NUMBER", help="With --met: the paper's number.")
@_json
@with_app
def deadlines(
    app: App, incident: str | None, within: int | None, everything: bool, explain: bool, met: str | None, period: str,
    paper: str, as_json: bool,
) -> None:  # fmt: skip
    """What is due by law: when, from whom to whom, with which paper, and what happens if it is missed.

    \b
    Examples:
      atttcli deadlines --explain
      atttcli deadlines --incident @ --json
      atttcli deadlines --met A9 --period 2026-12-15 --paper 45/BC-STTTT
    """
    if met:
        _meet(app, met, period, paper, as_json)
        return
    from atttcli.deadline.watch import watched

    number = incident_number(app, incident) if incident else ""
    now = app.clock.now()
    kinds = {"deadline"} if number else {"deadline", "calendar"}
    found = sorted(
        (
            one
            for one in watched(app.store, app.workspace.profile, now)
            if (everything or one.kind in kinds)
            and (not number or one.incident == number)
            and (within is None or one.due <= now + within * DAY)
        ),
        key=lambda one: (one.due, one.object, one.code),
    )
    laws: dict[str, Profile] = {}
    if as_json:
        render.emit_json_lines(_as_json(one, _duty(app, one, laws), now) for one in found)
        return
    if not found:
        render.line(_("No deadline runs."))
    for one in found:
        _tell(one, _duty(app, one, laws), now, explain, _profile_of(app, one, laws))


def _meet(app: App, code: str, period: str, paper: str, as_json: bool) -> None:
    from atttcli.deadline.papers import meet_period

    if not period:
        raise UsageError("which period is meant?", hint="atttcli deadlines --met CODE --period KEY --paper NUMBER")
    meet_period(app.journal, _law(app), code, period, app.clock.now(), paper)
    if as_json:
        render.emit_json({"code": code.upper(), "period": period, "paper": paper, "met": True})
    else:
        render.line(_("{code} of {period}: met with {paper}.", code=code.upper(), period=period, paper=paper))


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be recorded.")
@_json
@with_app
def tick(app: App, dry_run: bool, as_json: bool) -> None:
    """Record reminders and escalations that fell due, once. For cron, systemd timers and Task Scheduler.

    `next` and `status` compute the same without writing. Nothing is sent.

    \b
    Examples:
      atttcli tick
      */15 * * * * atttcli --workspace /srv/attt tick --json >> /var/log/attt-tick.jsonl
    """
    from atttcli.deadline.tick import pending
    from atttcli.deadline.tick import tick as record

    profile = app.workspace.profile
    found = pending(app.store, profile, app.clock.now()) if dry_run else record(app.journal, profile)
    if as_json:
        render.emit_json_lines(_reminder_json(one, recorded=not dry_run) for one in found)
        return
    for one in found:
        render.line(
            f"{stage_word(one.stage)} → {retell(one.to)}: {one.watched.object} {_title(one.watched)} ({moment(one.watched.due)})"
        )
        render.line(f"      → {one.watched.command}")
    if not found:
        render.line(_("Nothing new fell due."))
    elif not dry_run:
        render.line(ngettext("{count} reminder recorded", "{count} reminders recorded", len(found)))


def stage_word(stage: str) -> str:
    """A reminder's stage as people say it."""
    return {"soon": _("due soon"), "overdue": _("overdue"), "escalated": _("escalated")}.get(stage, stage)


def _law(app: App) -> Profile:
    from atttcli.profile import load_profile

    return load_profile(app.workspace.profile)


def _profile_of(app: App, one: Watched, laws: dict[str, Profile]) -> Profile:
    """An incident keeps the profile that it was opened under."""
    from atttcli.profile import load_profile

    name = (
        app.store.value("SELECT profile FROM incident WHERE number = ?", one.object) if one.kind == "deadline" else None
    )
    name = name or app.workspace.profile
    if name not in laws:
        laws[name] = load_profile(name)
    return laws[name]


def _duty(app: App, one: Watched, laws: dict[str, Profile]) -> Deadline | None:
    if one.kind not in {"deadline", "calendar"}:
        return None
    law = _profile_of(app, one, laws)
    code = one.code if one.kind == "deadline" else one.object
    return next((duty for duty in law.deadlines if duty.id == code), None)


def _title(one: Watched) -> str:
    return localised({"title": one.title, "title_en": one.title_en}, "title")


def _tell(one: Watched, duty: Deadline | None, now: int, explain: bool, law: Profile) -> None:
    mark = "! " if one.due < now else "  "
    code = f" {one.code}" if one.kind == "deadline" else ""
    render.line(f"{mark}{moment(one.due)}  {distance(one.due, now)}  {one.object}{code}  {_title(one)}")
    if duty is not None:
        render.line(
            "    "
            + _("{sender} → {recipients}", sender=_parties(law, duty.sender), recipients=_parties(law, duty.recipients))
        )
        if duty.penalty:
            render.line("    " + _("if missed: {penalty}", penalty=duty.penalty))
    if duty is not None and explain:
        read = _("we read this text") if duty.verified else _("from a secondary source: check before citing")
        render.line(
            "    " + _("basis: {basis} ({source}; {read})", basis=duty.legal_base, source=duty.source, read=read)
        )
        render.line("    " + _("clock: {rule}", rule=_rule(duty)))
        if duty.note:
            render.line("    " + _("note: {note}", note=duty.note))
    render.line(f"    → {one.command}")


def _parties(law: Profile, codes: tuple[str, ...]) -> str:
    others = {
        "all": _("everybody"), "earlier_recipients": _("whoever was told before"),
        "sender_of_notice": _("whoever sent the notice"), "data_protection": _("the personal data authority"),
    }  # fmt: skip
    names = {role.code: role.name if language() == "vi" else role.name_en for role in law.roles}
    return "; ".join(others.get(code) or names.get(code, code) for code in codes)


def _rule(duty: Deadline) -> str:
    if duty.kind == "after":
        days = duty.unit == "day"
        kind = _("working days") if duty.calendar == "working" else _("calendar days")
        return _(
            "{n} {unit} after: {trigger}", n=duty.amount, unit=kind if days else _("hours"), trigger=_trigger(duty)
        )
    if duty.kind == "at_once":
        return _("at once after: {trigger}", trigger=_trigger(duty))
    return (
        _("every year before {days}", days=", ".join("/".join(reversed(one.split("-"))) for one in duty.dates))
        if duty.dates
        else _("every {cycle}", cycle=_cycles(duty))
    )


def _cycles(duty: Deadline) -> str:
    words = {
        "week": _("week"), "month": _("month"), "quarter": _("quarter"), "half_year": _("half-year"), "year": _("year"),
        "two_years": _("two years"),
    }  # fmt: skip
    return ", ".join(words.get(cycle, cycle) for cycle in duty.every)


def _trigger(duty: Deadline) -> str:
    words = {
        "detected": _("the incident was detected"),
        "handling_ended": _("handling ended"),
        "response_ended": _("the response ended"),
        "beyond_capacity": _("it was found to exceed the unit's capacity"),
        "notice_received": _("the notice was received"),
        "found_by_specialised_unit": _("the specialised unit found it"),
        "contact_changed": _("the contact point changed"),
        "incident_closed": _("the incident was closed"),
    }
    return words.get(duty.trigger, duty.trigger)


def _as_json(one: Watched, duty: Deadline | None, now: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": one.kind, "object": one.object, "code": one.code, "title": one.title, "title_en": one.title_en,
        "due": rfc3339(one.due), "overdue": one.due < now, "who": one.who, "escalates_to": one.above,
        "incident": one.incident, "command": one.command, "law": None,
    }  # fmt: skip
    if duty is not None:
        body["law"] = {
            "id": duty.id, "from": list(duty.sender), "to": list(duty.recipients), "document": duty.document,
            "basis": duty.legal_base, "source": duty.source, "verified": duty.verified, "penalty": duty.penalty,
            "note": duty.note, "kind": duty.kind, "amount": duty.amount, "unit": duty.unit, "calendar": duty.calendar,
        }  # fmt: skip
    return body


def _reminder_json(one: Reminder, *, recorded: bool) -> dict[str, Any]:
    what = one.watched
    return {
        "stage": one.stage, "to": one.to, "kind": what.kind, "object": what.object, "code": what.code, "title": what.title,
        "due": rfc3339(what.due), "incident": what.incident, "command": what.command, "recorded": recorded,
    }  # fmt: skip
