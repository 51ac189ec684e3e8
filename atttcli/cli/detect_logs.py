"""`atttcli detect logs`: logs through Sigma rules, indicators and YARA rules for log text, with no workspace."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import ALL_RULES, Tally, disabled_here, existing, finish
from atttcli.errors import UsageError
from atttcli.model.severity import Severity, parse_severity
from atttcli.text.messages import _

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
@click.option("--password", "passwords", multiple=True, metavar="P", help="Password of archives (repeatable).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that judge.")
@ALL_RULES
@click.option("--log-format", metavar="FORMAT", help="LogFormat (Apache) or log_format (nginx) of these access logs.")
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@click.option(
    "--min-level", type=click.Choice([one.label for one in Severity]), default=Severity.INFORMATIONAL.label, metavar="LEVEL",
    help="Only findings from this level on: informational, low, medium, high, critical.",
)  # fmt: skip
@click.option("--since", default="", metavar="TIME", help="From this moment on.")
@click.option("--until", default="", metavar="TIME", help="Until before this moment.")
@click.option("--by-time", is_flag=True, help="In order of time, over all logs; told when all have been read.")
@click.option(
    "--summary", is_flag=True, help="One row a rule: how often, where, from when to when; no finding by itself."
)
@click.option("--csv", "as_csv", is_flag=True, help="CSV for spreadsheets; no cell of it is run as a formula.")
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
    passwords: tuple[str, ...],
    workers: int,
    all_rules: bool,
    strict: bool,
    min_level: str,
    since: str,
    until: str,
    by_time: bool,
    summary: bool,
    as_csv: bool,
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
      atttcli detect logs evtx/ --rules sigma/rules --min-level high --summary
      atttcli detect logs evtx/ --since '2021-05-12 08:00' --by-time --csv > findings.csv
      atttcli detect logs mailbox.log --yara webshell.yar
      atttcli detect logs access.log --log-format '%v %h %u %t "%r" %>s %b'
    """
    from contextlib import closing

    from atttcli.cli.log_forms import Presenter, listing
    from atttcli.cli.log_network import network_variables, tell_coverage
    from atttcli.cli.log_run import LogRun, sigma_kept
    from atttcli.cli.log_workers import judge_beside
    from atttcli.engine import EngineProblem

    form = _form(as_csv, summary, as_json)
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
    run.passwords = (*(one.encode() for one in passwords), *run.passwords)
    if log_format:
        from atttcli.sources.logs.webformat import web_format

        run.mapping = web_format(log_format)
    judge = partial(run.judge, paths) if workers == 1 else partial(judge_beside, run, paths, workers)
    disabled = disabled_here(app, all_rules)
    disabled.tell(run.rule_ids)
    run.present = Presenter(
        form, by_time and not summary, parse_severity(min_level), disabled, _moment(since), _moment(until)
    )
    findings = listing(form, by_time and not summary)
    with (
        render.progress(_("Reading"), quiet=as_json) as progress,
        closing(judge(lambda path: progress(run.events, 0, path))) as told,  # however it ends, copies of it end too
    ):
        for result in told:
            if isinstance(result, EngineProblem):
                tally.problem(result)
                continue
            tally.found += 1
            findings.add(result)
    findings.close()
    if run.network is not None:
        tell_coverage(run.network)
    if sys.stderr.isatty() or tally.problems:
        text = _("log files: {files}, events: {events}, matches: {matches}",
                 files=run.files, events=run.events, matches=tally.found)  # fmt: skip
        render.warn(text)
    _say_next(tally.found, form)
    finish(tally)


def _moment(text: str) -> int | None:
    from atttcli.clock import parse_moment

    try:
        return parse_moment(text) if text else None
    except (ValueError, OverflowError):
        raise UsageError(_("{text} is no moment", text=text), hint="--since '2021-05-13 08:00'") from None


def _form(as_csv: bool, summary: bool, as_json: bool) -> str:
    if as_csv and (as_json or summary):
        raise UsageError(_("--csv goes with neither --json nor --summary"), hint="atttcli detect logs PATH --csv")
    if summary:
        return "summary-json" if as_json else "summary"
    return "json" if as_json else "csv" if as_csv else "rows"


def _say_next(found: int, form: str) -> None:
    """What a person at a screen may do now."""
    if not render.is_terminal() or form not in ("rows", "summary"):
        return
    if not found:
        render.warn(_("No rule matched. What is understood of a log: atttcli source test FILE"))
        return
    if form == "rows":
        render.warn(_("A row a rule: --summary; the gravest alone: --min-level high; in order of time: --by-time"))
    render.warn(_("Next: keep these as alerts and work on them: atttcli ingest PATH"))
