"""`atttcli scan`: files on this machine, bounded and incremental, with a complete account at the end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.alert_view import severity_word
from atttcli.cli.context import App, with_app
from atttcli.cli.detect import PATHS, yara_engine
from atttcli.cli.matching import ALL_RULES, Rows, Tally, disabled_here
from atttcli.cli.scan_bounds import Bounds, bounded
from atttcli.cli.scan_lists import file_lookup
from atttcli.cli.scan_store import Storage, added_rules, show_scans
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.model.alert import Detection
    from atttcli.scan.account import ScanAccount


@click.command()
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--rules", multiple=True, type=PATHS, help="YARA rule file or folder (repeatable; default: shipped).")
@click.option(
    "--indicators", multiple=True, type=PATHS, help="File hashes and names to look for (indicator file or folder)."
)
@bounded
@click.option("--archives", type=click.IntRange(0, 10), default=3, show_default=True, help="Depth of nested archives.")
@click.option("--exclude", multiple=True, type=PATHS, help="Leave this file or folder out (repeatable).")
@click.option("--cross-devices", is_flag=True, help="Also other file systems below the paths.")
@click.option("--fresh", is_flag=True, help="Read every file anew; earlier results are neither used nor kept.")
@click.option("--no-store", is_flag=True, help="Only print: the workspace is told nothing.")
@click.option(
    "--host", default="", metavar="NAME", help="Whose files these are (a mounted disk); default: this machine."
)
@click.option("--runs", "show_runs", is_flag=True, help="List the scans that this workspace knows of; scan nothing.")
@ALL_RULES
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: detections, then the account.")
@with_app
def scan(
    app: App,
    paths: tuple[Path, ...],
    rules: tuple[Path, ...],
    indicators: tuple[Path, ...],
    bounds: Bounds,
    archives: int,
    exclude: tuple[Path, ...],
    cross_devices: bool,
    fresh: bool,
    no_store: bool,
    host: str,
    show_runs: bool,
    all_rules: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Scan files on this machine (default: the home folder), bounded and incremental.

    Files that an earlier run judged with the same rules and that have not changed are not read again; what was found in
    them is listed all the same. Exit codes: 0 nothing found, 1 found, 2 the coverage has holes.

    Inside a workspace its own rules and file hashes are looked for too, and what was found becomes alerts of this machine
    (the same scan again adds nothing); --no-store only prints.

    \b
    Examples:
      atttcli scan /srv/www --max-time 30m
      atttcli scan / --exclude /srv/backup --no-store --json
      atttcli scan /mnt/pc-17 --host pc-17.bac-kan.example
    """
    from atttcli.engine import EngineProblem
    from atttcli.field.examine import ARCHIVE_LIMITS
    from atttcli.field.walk import WalkOptions
    from atttcli.scan.account import ScanAccount
    from atttcli.scan.run import ScanSettings
    from atttcli.scan.run import scan as run_scan
    from atttcli.store.workspace import private_folder

    if show_runs:
        show_scans(app, as_json)
        return
    click.get_current_context().with_resource(bounds.given_way(str(private_folder("scan") / "scan.lock")))
    tally = Tally(strict=strict)
    engine = yara_engine(rules, tally, disabled_here(app, all_rules), added_rules(app))
    roots = paths or (Path.home(),)
    if not no_store and app.workspace_if_any() is not None:  # an alert names a place that anybody finds
        app.permit("facts.ingested")
        roots = tuple(Path(os.path.abspath(path)) for path in roots)
    storage = Storage.open(app, no_store, host, roots)
    settings = ScanSettings(
        bounds.limits(),
        replace(ARCHIVE_LIMITS, depth=archives),
        WalkOptions(cross_devices=cross_devices, exclude=frozenset(os.path.abspath(path) for path in exclude)),
        cache=None if fresh else private_folder("scan") / "files.db",
    )
    rows = Rows((_("File"), _("Rule"), _("Severity"), _("Why")), wide=(0, 3))
    account: ScanAccount | None = None
    with render.progress(_("Scanning"), quiet=as_json) as progress:
        for result in run_scan(
            roots,
            engine,
            file_lookup(app, indicators, tally, with_workspace=not no_store),
            settings,
            app.clock,
            lambda done, path: progress(done.found, 0, path),
        ):
            if isinstance(result, ScanAccount):
                account = result
            elif isinstance(result, EngineProblem):
                tally.problem(result)
            else:
                tally.found += 1
                storage.add(result)
                if as_json:
                    render.emit_json({"kind": "detection", **detection_object(result)})
                else:
                    rows.add(
                        result.origin.path, result.rule_id, severity_word(result.severity), "; ".join(result.why[:2])
                    )
    rows.show()
    if account is None:
        raise AssertionError("a scan ends with its account")
    stored = storage.finish(account)
    if as_json:
        render.emit_json({"kind": "account", **account.to_json(), "stored": stored})
    else:
        show_account(account)
        storage.tell()
    if storage.failed:
        tally.note("", storage.failed)
    tally.close()
    click.get_current_context().exit(max(account.exit_code, tally.exit_code))


def detection_object(found: Detection) -> dict[str, object]:
    """A finding of a scan, whichever engine made it."""
    return {
        "engine": found.engine,
        "path": found.origin.path,
        "rule": found.rule_id,
        "title": found.title,
        "severity": found.severity.label,
        "sha256": found.origin.sha256,
        "why": list(found.why),
        "strings": found.detail.get("strings", []),
    }


def show_account(account: ScanAccount) -> None:
    """The columns, line by line; they add up to the files met."""
    files = account.files
    rows: list[tuple[object, object]] = [
        (_("scanned"), files.scanned),
        (_("unchanged since an earlier scan"), files.unchanged),
    ]
    rows += [(_("skipped: {why}", why=_(why)), count) for why, count in sorted(files.skipped.items())]
    rows += [(_("failed: {why}", why=_(why)), count) for why, count in sorted(files.failed.items())]
    rows += [
        (_("files met"), files.found),
        (_("archive members"), files.members),
        (_("archive members not judged"), files.member_problems),
        (_("rules"), account.rules),
        (_("rules refused"), account.rules_refused),
        (_("findings"), account.detections),
    ]
    render.table((_("Account"), _("Number")), rows)
    for note in account.notes:
        render.warn(note)
    if files.stopped:
        render.warn(_("Stopped early: {limit}. Run it again to go on.", limit=_(files.stopped)))
    if not files.complete:
        render.warn(_("The coverage has holes: see the lines above."))
