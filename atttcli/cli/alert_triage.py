"""`alert triage` by flags: one decision about a group of alerts, or about single ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from atttcli.cli.alert_view import decided
from atttcli.errors import NotFound, UsageError
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.triage.groups import Group


def by_flags(
    app: App,
    group_name: str,
    numbers: Sequence[str],
    decision: dict[str, Any],
    as_json: bool = False,
) -> None:
    """One decision about one group, or about single alerts."""
    from atttcli.store.numbers import resolve_number
    from atttcli.triage.groups import group_named
    from atttcli.triage.groups import numbers as numbers_of

    given = [name for name in ("link", "verdict", "mute_until") if decision[name]]
    if len(given) != 1 or bool(group_name) == bool(numbers):
        raise UsageError(
            _("one of --group and --alert, and one of --link, --close and --mute"), hint="atttcli alert triage --help"
        )
    group = group_named(app.store, group_name) if group_name else None
    if group_name and group is None:
        raise NotFound(_("no open group {name}", name=group_name[:80]), hint="atttcli alert list --group")
    chosen = numbers_of(app.store, group) if group else [resolve_number(app.store, "alert", n) for n in numbers]
    if decision["link"]:
        link_group(app, decision["link"], chosen, as_json)
    elif decision["verdict"]:
        close_group(app, chosen, decision["verdict"], decision["reason"], as_json)
    elif group is not None:
        mute_group(app, group, decision["mute_until"], decision["reason"], as_json)
    else:
        raise UsageError(_("muting is by group"), hint="atttcli alert mute RULE --agency CODE --reason …")


def link_group(app: App, incident: str, numbers: Sequence[str], as_json: bool = False) -> None:
    """Link alerts to an incident."""
    from atttcli.incident.casework import find_incident, link_alerts

    name = find_incident(app.journal, incident)
    linked = link_alerts(app.journal, name, numbers)
    text = ngettext(
        "{count} alert linked to {incident}.", "{count} alerts linked to {incident}.", len(linked), incident=name
    )
    decided(as_json, text, "linked", alerts=list(linked), incident=name)


def close_group(app: App, numbers: Sequence[str], verdict: str, reason: str, as_json: bool = False) -> None:
    """Close alerts with a verdict."""
    from atttcli.triage.decide import close_alerts

    count = close_alerts(app.journal, numbers, verdict, reason)
    text = ngettext("{count} alert closed.", "{count} alerts closed.", count)
    decided(as_json, text, "closed", alerts=list(dict.fromkeys(numbers)), verdict=verdict)


def mute_group(app: App, group: Group, until: str, reason: str, as_json: bool = False) -> None:
    """Mute the group's rule for its agency."""
    from atttcli.triage.decide import mute

    identity = mute(app.journal, rule_id=group.rule_id, agency=group.agency, reason=reason, until=until)
    muted = app.store.value("SELECT count(*) FROM alert WHERE muted != 0")
    decided(as_json, _("Mute {id} is in force.", id=identity), "muted", mute=identity, muted_alerts=muted)
