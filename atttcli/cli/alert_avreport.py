"""`atttcli alert avreport`: what antivirus found, as the edXML file of the national programme."""

from __future__ import annotations

from pathlib import Path

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.incident_input import when
from atttcli.errors import UsageError, WorkspaceError
from atttcli.text.messages import _, ngettext


@click.command("avreport")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", metavar="TIME", help="Seen since then (a date, `2d`).")
@click.option("--agency", default="", metavar="CODE", help="Of one agency.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@with_app
def avreport(app: App, path: Path, since: str | None, agency: str, as_json: bool) -> None:
    """Write what antivirus found as an edXML AVReport. Nothing is sent.

    \b
    Example:
      atttcli alert avreport bao-cao.xml --since 2026-11-01
    """
    from atttcli.reports.avreport import Sender, avreport, infections_of
    from atttcli.store.durable import write_whole
    from atttcli.store.facts.alerts import alert_rows

    org, now = app.organisation, app.clock.now()
    wanted = ["a.kind = 'antivirus'", "a.muted = 0"]
    values: list[int | str] = []
    if since and (start := when(since, now)) is not None:
        wanted.append("a.last_seen >= ?")
        values.append(start)
    if agency:
        wanted.append("a.agency = ?")
        values.append(org.agency(agency).code)
    found = list(infections_of(alert_rows(app.store, " AND ".join(wanted), *values)))
    if not found:
        raise UsageError("no antivirus alert fits; nothing was written", hint="atttcli alert list --state all")
    organ = next((one for one in org.organs if one.email or one.address), None)
    sender = Sender(
        org.code, organ.name if organ else org.name, organ.address if organ else "", organ.email if organ else ""
    )
    text = "".join(avreport(sender, _("Malware found by antivirus"), "atttcli", now, found))
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}") from error
    machines = len({(one.machine, one.ip) for one in found})
    if as_json:
        render.emit_json({"file": str(path), "findings": len(found), "machines": machines})
    else:
        text = ngettext(
            "{count} finding on {machines} machines: {path}",
            "{count} findings on {machines} machines: {path}",
            len(found),
            machines=machines,
            path=path,
        )
        render.line(text)
