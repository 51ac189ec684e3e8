"""`atttcli detect logs`: logs through Sigma rules, indicators and YARA rules for log text, with no workspace."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import ALL_RULES, Rows, Tally, disabled_here, existing, finish
from atttcli.text.messages import _

PATHS = click.Path(path_type=Path)


@click.command("logs")
@click.argument("paths", nargs=-1, required=True, type=PATHS)
@click.option("--rules", multiple=True, type=PATHS, help="Sigma or YARA rules (repeatable; default: shipped).")
@click.option("--indicators", multiple=True, type=PATHS, help="Indicator file or folder (repeatable).")
@click.option("--source-tz", metavar="ZONE", default="Asia/Ho_Chi_Minh", help="Zone of stamps that carry none.")
@ALL_RULES
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: the rule and the event.")
@with_app
def logs(
    app: App,
    paths: tuple[Path, ...],
    rules: tuple[Path, ...],
    indicators: tuple[Path, ...],
    source_tz: str,
    all_rules: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Logs, recognised by content (gz, bz2, xz and zst too), through Sigma rules, indicators and YARA rules for log text.

    With neither --rules nor --indicators the shipped packs run.

    \b
    Examples:
      atttcli detect logs /var/log/auth.log /var/log/nginx --json
      atttcli detect logs access.log.gz --indicators c2.csv --rules my-sigma/
    """
    from atttcli.cli.alert_view import detection_title, severity_word
    from atttcli.cli.log_run import LogRun, as_json_object
    from atttcli.engine import EngineProblem

    tally = Tally(strict=strict)
    run = LogRun.load(existing(rules), existing(indicators), source_tz, tally)
    disabled = disabled_here(app, all_rules)
    disabled.tell(run.rule_ids)
    rows = Rows((_("File"), _("Line"), _("Rule"), _("Severity"), _("Title"), _("Event")), wide=(4, 5))
    with render.progress(_("Reading"), quiet=as_json) as progress:
        for result in run.judge(paths, lambda path: progress(run.events, 0, path)):
            if isinstance(result, EngineProblem):
                tally.problem(result)
                continue
            found, event = result
            if disabled.covers(found.rule_id):
                continue
            tally.found += 1
            if as_json:
                render.emit_json(as_json_object(found, event))
            else:
                line, text = found.origin.line or "", (event.raw if event else "; ".join(found.why))[:160]
                severity = severity_word(found.severity)
                rows.add(found.origin.path, line, found.rule_id, severity, detection_title(found), text)
    rows.show()
    if sys.stderr.isatty() or tally.problems:
        text = _("{files} log files read: {events} events, {matches} matches.",
                 files=run.files, events=run.events, matches=tally.found)  # fmt: skip
        render.warn(text)
    finish(tally)
