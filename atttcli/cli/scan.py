"""`atttcli scan`: files on this machine, bounded and incremental, with a complete account at the end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.detect import PATHS, by_yara_x, yara_engine
from atttcli.cli.matching import ALL_RULES, Tally, disabled_here
from atttcli.cli.scan_bounds import Bounds, bounded
from atttcli.cli.scan_host import HostAsk, HostLook, hosted, show_host_records
from atttcli.cli.scan_lists import file_lookup
from atttcli.cli.scan_store import Storage, added_rules, show_scans
from atttcli.cli.scan_tell import Telling, told_by
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.scan.account import ScanAccount


@click.command()
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--rules", multiple=True, type=PATHS, help="YARA rule file or folder (repeatable; default: shipped).")
@click.option(
    "--indicators", multiple=True, type=PATHS, help="File hashes and names to look for (indicator file or folder)."
)
@bounded
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["yara", "yara-x"]),
    default="yara",
    show_default=True,
    help="What matches: YARA, or YARA-X in processes of its own.",
)
@click.option("--archives", type=click.IntRange(0, 10), default=3, show_default=True, help="Depth of nested archives.")
@click.option("--exclude", multiple=True, type=PATHS, help="Leave this file or folder out (repeatable).")
@click.option("--cross-devices", is_flag=True, help="Also other file systems below the paths.")
@click.option("--fresh", is_flag=True, help="Read every file anew; earlier results are neither used nor kept.")
@click.option("--no-store", is_flag=True, help="Only print: the workspace is told nothing.")
@click.option(
    "--host", default="", metavar="NAME", help="Whose files these are (a mounted disk); default: this machine."
)
@hosted
@click.option("--host-records", type=click.IntRange(1), metavar="SCAN", help="What an earlier scan saw of the host.")
@click.option("--runs", "show_runs", is_flag=True, help="List the scans that this workspace knows of; scan nothing.")
@ALL_RULES
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@told_by
@with_app
def scan(
    app: App,
    paths: tuple[Path, ...],
    rules: tuple[Path, ...],
    indicators: tuple[Path, ...],
    bounds: Bounds,
    engine_name: str,
    archives: int,
    exclude: tuple[Path, ...],
    cross_devices: bool,
    fresh: bool,
    no_store: bool,
    host: str,
    host_ask: HostAsk,
    host_records: int | None,
    show_runs: bool,
    all_rules: bool,
    strict: bool,
    telling: Telling,
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
      atttcli scan --only-host --json
      atttcli scan --only-host --root /mnt/pc-17 --host pc-17.bac-kan.example
    """
    from atttcli.engine import EngineProblem
    from atttcli.field.examine import ARCHIVE_LIMITS
    from atttcli.field.walk import WalkOptions
    from atttcli.scan.account import ScanAccount
    from atttcli.scan.run import ScanSettings
    from atttcli.scan.run import scan as run_scan
    from atttcli.store.workspace import private_folder

    if show_runs:
        show_scans(app, telling.as_json)
        return
    click.get_current_context().with_resource(bounds.given_way(str(private_folder("scan") / "scan.lock")))
    if host_records is not None:
        show_host_records(app, host_records, telling.as_json)
        return
    tally = Tally(strict=strict)
    disabled, added = disabled_here(app, all_rules), added_rules(app)
    engine = yara_engine(rules, tally, disabled, added)
    if engine_name == "yara-x":
        by_yara_x(engine, rules, tally, disabled, added)
    roots = host_ask.roots(paths)
    if not no_store and app.workspace_if_any() is not None:  # an alert names a place that anybody finds
        app.permit("facts.ingested")
        roots = tuple(Path(os.path.abspath(path)) for path in roots)
    storage = Storage.open(app, no_store, host, roots)
    look_up = file_lookup(app, indicators, tally, with_workspace=not no_store)
    looking = HostLook(app, host_ask, engine, look_up, indicators, disabled, not no_store)
    settings = ScanSettings(
        bounds.limits(),
        replace(ARCHIVE_LIMITS, depth=archives),
        WalkOptions(cross_devices=cross_devices, exclude=frozenset(os.path.abspath(path) for path in exclude)),
        cache=None if fresh else private_folder("scan") / "files.db",
    )
    account: ScanAccount | None = None
    with telling.begun() as listing, render.progress(_("Scanning"), quiet=telling.quiet) as progress:
        for result in run_scan(
            roots,
            engine,
            look_up,
            settings,
            app.clock,
            lambda done, path: progress(done.found, 0, path),
        ):
            if isinstance(result, ScanAccount):
                account = result
            elif isinstance(result, EngineProblem):
                listing.problem(result, tally)
            else:
                tally.found += 1
                storage.add(result)
                listing.found(result)
        if account is None:
            raise AssertionError("a scan ends with its account")
        looking.run(listing, storage, tally)
        account = looking.joined(account)
        listing.ended(account, storage)
    looking.close(telling.quiet)
    if storage.failed:
        tally.note("", storage.failed)
    tally.close()
    click.get_current_context().exit(max(account.exit_code, tally.exit_code))
