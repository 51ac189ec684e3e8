"""`atttcli detect files|capture|logs`: one engine, no workspace, one JSON object a line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.lazy import LazyGroup
from atttcli.cli.matching import ALL_RULES, Disabled, Rows, Tally, disabled_here, existing, finish, size
from atttcli.cli.spread import Spread, settings_of, spread_by
from atttcli.errors import InputError
from atttcli.packaged import packaged
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.engines.yara import YaraEngine
    from atttcli.field.account import FileAccount

PATHS = click.Path(path_type=Path)


@click.group(
    cls=LazyGroup,
    lazy={
        "capture": (
            "atttcli.cli.detect_capture",
            "capture",
            "Captures (pcap, pcapng; gzipped too; - is standard input) through network rules.",
        ),
        "logs": ("atttcli.cli.detect_logs", "logs", "Logs through Sigma rules, indicators and YARA rules."),
    },
)
def detect() -> None:
    """Match files, captures or logs with no workspace.

    Exit codes: 0 nothing found, 1 found, 2 error or incomplete.

    \b
    Examples:
      atttcli detect files ~/Downloads --rules my.yar --json
      atttcli detect capture office.pcap --rules local.rules
      atttcli detect logs /var/log/nginx
    """


@detect.command("files")
@click.argument("paths", nargs=-1, required=True, type=PATHS)
@click.option("--rules", multiple=True, type=PATHS, help="YARA rule file or folder (repeatable; default: shipped).")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Matching threads.")
@click.option(
    "--max-file-size", type=size, default="64M", metavar="SIZE", help="Larger files are not judged (64M; 0: no limit)."
)
@click.option("--archives", type=click.IntRange(0, 10), default=3, show_default=True, help="Depth of nested archives.")
@click.option("--password", multiple=True, help="Password to try on zip members (default: infected).")
@ALL_RULES
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@spread_by
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each rule that matched.")
@with_app
def files(
    app: App,
    paths: tuple[Path, ...],
    rules: tuple[Path, ...],
    threads: int,
    max_file_size: int,
    archives: int,
    password: tuple[str, ...],
    all_rules: bool,
    strict: bool,
    spread: Spread,
    as_json: bool,
) -> None:
    """Files and folders (with what is below them) through YARA rules.

    \b
    Example:
      atttcli detect files /srv/www --rules webshell.yar --json
      atttcli detect files /srv/www --shard 1/4 --results part-1.jsonl
    """
    from atttcli.engine import EngineProblem
    from atttcli.engines.yara import detect_files
    from atttcli.field.account import FileAccount
    from atttcli.field.examine import ARCHIVE_LIMITS
    from atttcli.field.scanner import ScanLimits
    from atttcli.field.walk import WalkOptions

    tally, started = Tally(strict=strict), app.clock.now()
    disabled = disabled_here(app, all_rules)
    engine = yara_engine(rules, tally, disabled)
    alike = settings_of(
        "detect files", paths, rules=engine.pack, silent=sorted(disabled.rules), archives=archives,
        max_file_size=max_file_size, passwords=len(password),
    )  # fmt: skip
    rows = Rows((_("File"), _("Rule"), _("Severity"), _("Why")), wide=(0, 3))
    account: FileAccount | None = None
    with render.progress(_("Matching"), quiet=as_json) as progress, spread.writing(alike) as part:
        for result in detect_files(
            paths,
            engine,
            limits=ScanLimits(max_file_size, threads=threads),
            archives=replace(ARCHIVE_LIMITS, depth=archives),
            passwords=[word.encode() for word in password] or (b"infected",),
            progress=lambda done, path: progress(done.found, 0, path),
            options=WalkOptions(shard=spread.shard),
        ):
            if isinstance(result, FileAccount):
                account = result
                part.end(account, len(engine.rules), tally.refused, started, app.clock.now())
            elif isinstance(result, EngineProblem):
                tally.problem(result)
                part.problem(result)
            else:
                tally.found += 1
                part.found(result)
                if as_json:
                    render.emit_json(result.detail)
                else:
                    from atttcli.cli.alert_view import severity_word

                    rows.add(
                        result.origin.path, result.rule_id, severity_word(result.severity), "; ".join(result.why[:2])
                    )
    rows.show()
    if account is not None and account.stopped:
        tally.note("", account.stopped)
    if account is not None and (sys.stderr.isatty() or tally.problems):
        render.warn(files_summary(account, tally, len(engine.rules)))
    finish(tally)


def yara_engine(rules: Sequence[Path], tally: Tally, disabled: Disabled, added: Sequence[Path] = ()) -> YaraEngine:
    """The rules given, all of them; else those meant for files: the shipped ones and what the workspace `added`."""
    from atttcli.engines.yara import YaraEngine
    from atttcli.rulepack.yara import load_yara_rules
    from atttcli.store.workspace import home

    given = existing(rules)
    cache = home() / "rules-cache"
    places = given or [packaged("rules") / "yara", *added]
    pack = load_yara_rules(places, cache, disabled.rules, "all" if given else "file")
    tally.rules(pack.problems)
    disabled.tell(f"{rule.namespace}:{rule.name}" for rule in pack.rules)
    if not pack.rules:
        raise InputError("no rule could be loaded", hint="atttcli rules check says why")
    return YaraEngine(pack)


def by_yara_x(
    engine: YaraEngine, rules: Sequence[Path], tally: Tally, disabled: Disabled, added: Sequence[Path]
) -> None:
    """Let YARA-X judge by the engine's rules; those that it does not take are refused by name."""
    from atttcli.engines.yara_x import YaraXMatcher
    from atttcli.rulepack.yara import checked_sources

    given = existing(rules)
    sources, _rules, _problems = checked_sources(
        given or [packaged("rules") / "yara", *added], "all" if given else "file"
    )
    matcher = YaraXMatcher(sources, {f"{rule.namespace}:{rule.name}" for rule in engine.rules}, disabled.rules)
    click.get_current_context().call_on_close(matcher.close)
    tally.rules(matcher.refused())
    engine.judge_by(matcher, "yara-x")


def files_summary(account: FileAccount, tally: Tally, rules: int) -> str:
    skipped, failed = sum(account.skipped.values()), sum(account.failed.values())
    return _(
        "{found} files met: {scanned} judged, {skipped} skipped, {failed} failed; {members} archive members; "
        "{rules} rules; {matches} matches.",
        found=account.found,
        scanned=account.scanned,
        skipped=skipped,
        failed=failed,
        members=account.members,
        rules=rules,
        matches=tally.found,
    )
