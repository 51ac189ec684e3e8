"""`alert triage`: groups of alerts decided one key each, or by flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.alert_view import decided, severity_word, title_of
from atttcli.errors import AtttError, NotFound, UsageError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.triage.groups import Group


def by_flags(
    app: App,
    groups: Sequence[Group],
    group_name: str,
    numbers: Sequence[str],
    decision: dict[str, Any],
    as_json: bool = False,
) -> None:
    """One decision about one group, or about single alerts."""
    from atttcli.store.numbers import resolve_number
    from atttcli.triage.groups import group_named

    given = [name for name in ("link", "verdict", "mute_until") if decision[name]]
    if len(given) != 1 or bool(group_name) == bool(numbers):
        raise UsageError(
            _("one of --group and --alert, and one of --link, --close and --mute"), hint="atttcli alert triage --help"
        )
    group = group_named(groups, group_name) if group_name else None
    if group_name and group is None:
        raise NotFound(_("no open group {name}", name=group_name[:80]), hint="atttcli alert list --group")
    chosen = [a["number"] for a in group.alerts] if group else [resolve_number(app.store, "alert", n) for n in numbers]
    if decision["link"]:
        _link(app, decision["link"], chosen, as_json)
    elif decision["verdict"]:
        _close(app, chosen, decision["verdict"], decision["reason"], as_json)
    elif group is not None:
        _mute(app, group, decision["mute_until"], decision["reason"], as_json)
    else:
        raise UsageError(_("muting is by group"), hint="atttcli alert mute RULE --agency CODE --reason …")


def by_keys(app: App, groups: Sequence[Group]) -> None:
    """On a terminal: every group in turn, one key each. What was decided is stored at once; q stops."""
    for number, group in enumerate(groups, 1):
        first = group.alerts[0]
        render.line()
        render.line(
            f"[{number}/{len(groups)}] {severity_word(group.severity)} · {group.agency or '-'} · {title_of(first)}"
        )
        count = _("{alerts} alerts, seen {times} times", alerts=len(group.alerts), times=group.count)
        render.line(f"    {group.rule_id} · {count}")
        for alert in group.alerts[:5]:
            render.line(f"    {alert['number']}  {alert['victim'] or alert['key']}  {alert['source_path']}")
        if not _ask(app, group):
            return
    render.line(_("No open group is left."))


def _ask(app: App, group: Group) -> bool:
    """False when the person quits."""
    while True:
        render.line(_("l link to incident · c close · m mute · s skip · q quit"))
        key = click.getchar().lower()
        try:
            if key == "q":
                return False
            if key == "s" or _decide(app, group, key):
                return True
        except AtttError as error:
            render.warn(f"{retell(error.message)} {retell(error.hint)}")


def _decide(app: App, group: Group, key: str) -> bool:
    numbers = [alert["number"] for alert in group.alerts]
    if key == "l":
        _link(app, click.prompt(_("Incident")), numbers)
    elif key == "c":
        from atttcli.triage.decide import VERDICTS

        verdict = click.prompt(_("Verdict"), type=click.Choice(VERDICTS))
        _close(app, numbers, verdict, click.prompt(_("Reason")))
    elif key == "m":
        _mute(app, group, click.prompt(_("Until"), default="30d"), click.prompt(_("Reason")))
    else:
        return False
    return True


def _link(app: App, incident: str, numbers: Sequence[str], as_json: bool = False) -> None:
    from atttcli.incident.casework import find_incident, link_alerts

    name = find_incident(app.journal, incident)
    linked = link_alerts(app.journal, name, numbers)
    text = ngettext(
        "{count} alert linked to {incident}.", "{count} alerts linked to {incident}.", len(linked), incident=name
    )
    decided(as_json, text, "linked", alerts=list(linked), incident=name)


def _close(app: App, numbers: Sequence[str], verdict: str, reason: str, as_json: bool = False) -> None:
    from atttcli.triage.decide import close_alerts

    count = close_alerts(app.journal, numbers, verdict, reason)
    text = ngettext("{count} alert closed.", "{count} alerts closed.", count)
    decided(as_json, text, "closed", alerts=list(dict.fromkeys(numbers)), verdict=verdict)


def _mute(app: App, group: Group, until: str, reason: str, as_json: bool = False) -> None:
    from atttcli.triage.decide import mute

    identity = mute(app.journal, rule_id=group.rule_id, agency=group.agency, reason=reason, until=until)
    muted = app.store.value("SELECT count(*) FROM alert WHERE muted = 1")
    decided(as_json, _("Mute {id} is in force.", id=identity), "muted", mute=identity, muted_alerts=muted)
