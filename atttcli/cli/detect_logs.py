"""`atttcli detect logs`: logs through Sigma rules, indicators and YARA rules for log text, with no workspace."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import ALL_RULES, Disabled, Rows, Tally, disabled_here, existing, finish
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.cli.log_steps import Shown
    from atttcli.model.alert import Detection
    from atttcli.model.event import Event

PATHS = click.Path(path_type=Path)


@click.command("logs")
@click.argument("paths", nargs=-1, required=True, type=PATHS)
@click.option("--rules", multiple=True, type=PATHS, help="Sigma or YARA rules (repeatable; default: shipped).")
@click.option("--indicators", multiple=True, type=PATHS, help="Indicator file or folder (repeatable).")
@click.option("--yara", "yara", multiple=True, type=PATHS, help="YARA rules for the text of each line (repeatable).")
@click.option("--network-rules", multiple=True, type=PATHS, help="Suricata rules, those that a log record can decide.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Address variable of network rules.")
@click.option("--placeholders", type=PATHS, metavar="FILE", help="Values of %name% in Sigma rules: name: [value, ...].")
@click.option("--pipeline", "pipelines", multiple=True, type=PATHS, help="pySigma processing pipeline (repeatable).")
@click.option("--source-tz", metavar="ZONE", default="Asia/Ho_Chi_Minh", help="Zone of stamps that carry none.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that judge.")
@ALL_RULES
@click.option("--log-format", metavar="FORMAT", help="LogFormat (Apache) or log_format (nginx) of these access logs.")
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: the rule and the event.")
@with_app
def logs(
    app: App,
    paths: tuple[Path, ...],
    rules: tuple[Path, ...],
    indicators: tuple[Path, ...],
    yara: tuple[Path, ...],
    network_rules: tuple[Path, ...],
    variables: tuple[str, ...],
    placeholders: Path | None,
    pipelines: tuple[Path, ...],
    source_tz: str,
    log_format: str | None,
    workers: int,
    all_rules: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Logs, recognised by content, compressed or in archives too, through Sigma rules, indicators and YARA rules for log text.

    With no rules and no indicators named the shipped packs run. --network-rules takes Suricata rules: one whose every
    buffer stands in a record (web, proxy, DNS, Zeek, EVE, firewall) is judged on it, the others are counted.

    \b
    Examples:
      atttcli detect logs /var/log/auth.log /var/log/nginx --json
      atttcli detect logs access.log.gz logs.zip --indicators c2.csv --rules my-sigma/
      atttcli detect logs access.log --network-rules et.rules --var 'HOME_NET=[10.0.0.0/8]'
      atttcli detect logs mailbox.log --yara webshell.yar
      atttcli detect logs access.log --log-format '%v %h %u %t "%r" %>s %b'
    """
    from contextlib import closing

    from atttcli.cli.log_network import network_variables, tell_coverage
    from atttcli.cli.log_run import LogRun, sigma_kept
    from atttcli.cli.log_workers import judge_beside
    from atttcli.engine import EngineProblem

    tally = Tally(strict=strict)
    names = network_variables(variables)
    settings = sigma_kept(placeholders, existing(pipelines))
    run = LogRun.load(
        existing(rules),
        existing(indicators),
        source_tz,
        tally,
        existing(network_rules),
        names,
        existing(yara),
        settings,
    )
    if log_format:
        from atttcli.sources.logs.webformat import web_format

        run.mapping = web_format(log_format)
    judge = partial(run.judge, paths) if workers == 1 else partial(judge_beside, run, paths, workers)
    disabled = disabled_here(app, all_rules)
    disabled.tell(run.rule_ids)
    run.present = partial(_shown, disabled, as_json)
    rows = Rows((_("File"), _("Line"), _("Rule"), _("Severity"), _("Title"), _("Event")), wide=(4, 5))
    with (
        render.progress(_("Reading"), quiet=as_json) as progress,
        closing(judge(lambda path: progress(run.events, 0, path))) as told,  # however it ends, copies of it end too
    ):
        for result in told:
            if isinstance(result, EngineProblem):
                tally.problem(result)
                continue
            tally.found += 1
            if isinstance(result, str):
                render.emit_json_text(result)
            else:
                rows.add(*result)
    rows.show(_draw)
    if run.network is not None:
        tell_coverage(run.network)
    if sys.stderr.isatty() or tally.problems:
        text = _("log files: {files}, events: {events}, matches: {matches}",
                 files=run.files, events=run.events, matches=tally.found)  # fmt: skip
        render.warn(text)
    finish(tally)


def _shown(disabled: Disabled, as_json: bool, found: Detection, event: Event | None) -> Shown | None:
    """A line of JSON or the cells of a row; nothing of a rule that was switched off."""
    from atttcli.cli.alert_view import detection_title, severity_word
    from atttcli.cli.log_findings import as_json_object

    if disabled.covers(found.rule_id):
        return None
    if as_json:
        return render.json_text(as_json_object(found, event))
    severity, title = severity_word(found.severity), detection_title(found)
    line = str(found.origin.line or "")
    return (found.origin.path, line, found.rule_id, severity, title, _text(found, event)[:240])


def _text(found: Detection, event: Event | None) -> str:
    """What a correlation adds up to, or the event that a rule matched."""
    from atttcli.cli.alert_view import said_why
    from atttcli.cli.event_lines import record

    if event is None or found.engine == "correlation":
        return "; ".join(said_why(text) for text in found.why)
    return record(event.raw, event.fields)


def _draw(row: tuple[object, ...]) -> None:
    """A finding on a narrow screen."""
    from atttcli.cli.event_lines import entry

    path, line, rule, severity, title, text = map(str, row)
    entry(f"{severity}  {rule}  {title}", (f"{path}:{line}" if line else path, text))
