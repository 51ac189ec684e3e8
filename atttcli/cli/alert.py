"""`atttcli alert`: what machines and people claim, looked at in groups, decided one key each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.alert_avreport import avreport
from atttcli.cli.alert_list import show_alerts, show_groups
from atttcli.cli.alert_view import decided, show_alert
from atttcli.cli.capture import BYTES, OUTPUT
from atttcli.cli.context import App, with_app
from atttcli.text.messages import _, ngettext

_SEVERITIES = ("informational", "low", "medium", "high", "critical")
_STATES = ("open", "linked", "closed", "muted", "all")
_MUTED = "atttcli alert list --state muted"
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON.")
_LIMIT = click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="At most so many rows (on a terminal 200, in a pipe all)."
)


@click.group()
def alert() -> None:
    """List, show, add, triage and mute alerts.

    \b
    Example:
      atttcli alert list --group
      atttcli alert triage
    """


alert.add_command(avreport)


@alert.command("list")
@click.option("--group", is_flag=True, help="One row for each agency and rule.")
@click.option("--agency", default="", metavar="CODE", help="Of one agency (`-`: of none).")
@click.option("--severity", type=click.Choice(_SEVERITIES), default="informational", help="At least this.")
@click.option("--state", type=click.Choice(_STATES), default="open", help="Default: open and not muted.")
@click.option("--rule", default="", metavar="RULE", help="Of one rule.")
@_LIMIT
@_JSON
@with_app
def list_(
    app: App, group: bool, agency: str, severity: str, state: str, rule: str, limit: int | None, as_json: bool
) -> None:
    """List alerts, worst first."""
    from atttcli.model.severity import parse_severity
    from atttcli.triage.groups import Wanted

    wanted = Wanted(agency, parse_severity(severity), state, rule)
    if group:
        show_groups(app, wanted, limit, as_json)
    else:
        show_alerts(app, wanted, limit, as_json)
    muted = app.store.value("SELECT count(*) FROM alert WHERE muted != 0")
    if muted and not as_json and state == "open":
        text = ngettext(
            "{count} alert is muted: {command}", "{count} alerts are muted: {command}", muted, command=_MUTED
        )
        render.line(text)


@alert.command()
@click.argument("number")
@_JSON
@with_app
def show(app: App, number: str, as_json: bool) -> None:
    """Show one alert with its sightings."""
    from atttcli.store.facts.alerts import alert_rows, sightings
    from atttcli.store.numbers import resolve_number

    found = alert_rows(app.store, "a.number = ?", resolve_number(app.store, "alert", number))[0]
    show_alert(app, found, sightings(app.store, found["id"]), as_json)


@alert.command()
@click.argument("number")
@click.option("--capture", metavar="FILE", help="The capture, where it is not the one that was ingested (or moved).")
@click.option("--sighting", type=click.IntRange(1), default=1, help="Which of its sightings, oldest first.")
@OUTPUT
@click.option(
    "--evidence", default="", metavar="INCIDENT", help="Keep the flow as evidence of it (@: the current one)."
)
@BYTES
@_JSON
@with_app
def packets(
    app: App, number: str, capture: str | None, sighting: int, output: Path | None, evidence: str, most_bytes: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Show the packet that an alert is about, layer by layer, with the flow around it; -o keeps the flow.

    \b
    Example:
      atttcli alert packets CB-2026-0007 -o flow.pcap
      atttcli alert packets CB-2026-0007 --evidence @
    """
    from atttcli.cli.alert_packets import show_packets

    show_packets(app, number, capture, sighting, output, most_bytes, as_json, evidence)


@alert.command()
@_LIMIT
@_JSON
@with_app
def unresolved(app: App, limit: int | None, as_json: bool) -> None:
    """Alerts about addresses that no agency owns; teach them with `agency learn-ip`."""
    from atttcli.triage.desk import assign_again
    from atttcli.triage.groups import Wanted

    assign_again(app.store, app.inventory)
    shown = show_alerts(app, Wanted("-", state="waiting", victim=True), limit, as_json)
    if shown and not as_json:
        render.line(_("When you know whose it is: atttcli agency learn-ip ADDRESS CODE"))


@alert.command()
@click.argument("numbers", nargs=-1, required=True)
@click.option("--verdict", required=True, help="false-positive, benign, duplicate, handled or not-ours.")
@click.option("--reason", required=True, help="Why.")
@_JSON
@with_app
def close(app: App, numbers: tuple[str, ...], verdict: str, reason: str, as_json: bool) -> None:
    """Close alerts with a verdict."""
    from atttcli.store.numbers import resolve_number
    from atttcli.triage.decide import close_alerts

    chosen = list(dict.fromkeys(resolve_number(app.store, "alert", n) for n in numbers))
    count = close_alerts(app.journal, chosen, verdict, reason)
    text = ngettext("{count} alert closed.", "{count} alerts closed.", count)
    decided(as_json, text, "closed", alerts=chosen, verdict=verdict)


@alert.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why.")
@_JSON
@with_app
def reopen(app: App, number: str, reason: str, as_json: bool) -> None:
    """Open a closed alert again."""
    from atttcli.store.numbers import resolve_number
    from atttcli.triage.decide import reopen_alert

    found = resolve_number(app.store, "alert", number)
    reopen_alert(app.journal, found, reason)
    decided(as_json, _("Open again."), "reopened", alerts=[found])


@alert.command()
@click.argument("rule", default="")
@click.option("--agency", default="", metavar="CODE", help="Only of this agency.")
@click.option("--host", default="", help="Only about this host or mailbox.")
@click.option("--address", default="", metavar="CIDR", help="Only about this address or range.")
@click.option("--reason", required=True, help="Why it is a false alarm.")
@click.option("--until", default="30d", metavar="30d|DATE", help="When it ends; at most a year.")
@_JSON
@with_app
def mute(app: App, rule: str, agency: str, host: str, address: str, reason: str, until: str, as_json: bool) -> None:
    """Silence a false alarm for a while; it is still stored and counted."""
    from atttcli.triage.decide import mute as decide

    identity = decide(app.journal, rule_id=rule, agency=agency, host=host, address=address, reason=reason, until=until)
    muted = app.store.value("SELECT count(*) FROM alert WHERE muted != 0")
    text = ngettext(
        "Mute {id} is in force; {count} alert is muted now.",
        "Mute {id} is in force; {count} alerts are muted now.",
        muted,
        id=identity,
    )
    decided(as_json, text, "muted", mute=identity, muted_alerts=muted)


@alert.command()
@click.argument("identity", metavar="ID")
@_JSON
@with_app
def unmute(app: App, identity: str, as_json: bool) -> None:
    """Lift a mute."""
    from atttcli.triage.decide import unmute as decide

    lifted = decide(app.journal, identity)
    muted = app.store.value("SELECT count(*) FROM alert WHERE muted != 0")
    decided(as_json, _("Mute {id} is lifted.", id=lifted), "unmuted", mute=lifted, muted_alerts=muted)


@alert.command()
@_JSON
@with_app
def mutes(app: App, as_json: bool) -> None:
    """List the mutes in force."""
    from atttcli.clock import local_text, rfc3339
    from atttcli.store.facts.alerts import mutes as in_force

    found = in_force(app.store, app.clock.now())
    if as_json:
        render.emit_json_lines(m | {name: rfc3339(m[name]) for name in ("created", "until")} for m in found)
        return
    rows = [
        (
            m["id"],
            m["rule_id"],
            m["agency"],
            m["host"],
            m["address"],
            local_text(m["until"], seconds=False),
            m["actor"],
            m["reason"],
        )
        for m in found
    ]
    columns = (_("Mute"), _("Rule"), _("Agency"), _("Host"), _("Address"), _("Until"), _("By"), _("Reason"))
    render.table(columns, rows, wide=(7,))


@alert.command()
@click.option("--from-text", "text_file", metavar="FILE|-", help="Pasted text: indicators are found in it.")
@click.option("--clipboard", is_flag=True, help="Pasted text, taken from the clipboard.")
@click.option("--image", type=click.Path(exists=True, dir_okay=False), help="A picture, kept as evidence of the alert.")
@click.option("--title", default="", help="What it is about.")
@click.option("--sender", default="", help="Who told us.")
@click.option("--channel", default="", help="How: telephone, chat, mail, letter …")
@click.option("--received", default="", metavar="TIME", help="When we were told.")
@click.option("--detected", default="", metavar="TIME", help="When they saw it: the clocks of an incident start here.")
@click.option("--victim", default="", help="Our address, mailbox or domain that it is about.")
@click.option("--severity", type=click.Choice(_SEVERITIES), default="medium", help="How bad.")
@click.option("--category", default="", help="Incident type of the profile.")
@_JSON
@with_app
def add(app: App, text_file: str | None, clipboard: bool, image: str | None, as_json: bool, **typed: str) -> None:
    """Add an alert by hand, from pasted text or with a picture.

    \b
    Examples:
      atttcli alert add --clipboard --sender "dịch vụ giám sát" --channel zalo --received "23/11/2026 10:04"
      atttcli alert add --from-text - < tin-nhan.txt
    """
    from atttcli.cli.alert_add import add_alert

    number, indicators, matched = add_alert(app, text_file, image, typed, clipboard)
    if as_json:
        render.emit_json({"number": number, "indicators": indicators, "kept_alerts": matched})
        return
    render.line(_("{number} added; {count} new indicators.", number=number, count=indicators))
    if matched:
        render.line(_("They were met in events already kept: {count} new alerts.", count=matched))


@alert.command()
@click.option("--group", "group_name", default="", metavar="AGENCY/RULE", help="Decide about one group.")
@click.option("--alert", "numbers", multiple=True, metavar="CB-…", help="Decide about single alerts (repeatable).")
@click.option("--link", default="", metavar="SC-…", help="Link to this incident.")
@click.option("--close", "verdict", default="", metavar="VERDICT", help="Close with a verdict.")
@click.option("--mute", "mute_until", default="", metavar="30d|DATE", help="Mute the group's rule for its agency.")
@click.option("--reason", default="", help="Why (close, mute).")
@_JSON
@with_app
def triage(app: App, group_name: str, numbers: tuple[str, ...], as_json: bool, **decision: Any) -> None:
    """Decide about open alerts in groups: on a terminal one key each, else by flags."""
    from atttcli.cli.alert_triage import by_flags
    from atttcli.triage.groups import Wanted, groups

    if group_name or numbers:
        by_flags(app, group_name, numbers, decision, as_json)
    elif as_json or not render.is_interactive():
        show_groups(app, Wanted(), None, as_json)
    else:
        from atttcli.cli.alert_keys import by_keys

        by_keys(app, groups(app.store, Wanted()))
