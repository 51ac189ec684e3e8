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
from atttcli.cli.scan_reach import Reach, reaching
from atttcli.cli.scan_store import Storage, added_rules, show_scans
from atttcli.cli.scan_tell import Telling, told_by
from atttcli.cli.spread import Spread, lists_digest, settings_of, spread_by
from atttcli.errors import UsageError
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
@reaching
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
@spread_by
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
    reach: Reach,
    fresh: bool,
    no_store: bool,
    host: str,
    host_ask: HostAsk,
    host_records: int | None,
    show_runs: bool,
    all_rules: bool,
    strict: bool,
    telling: Telling,
    spread: Spread,
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
      atttcli scan /srv --shard 2/4 --results part-2.jsonl
    """
    from atttcli.engine import EngineProblem
    from atttcli.field.examine import ARCHIVE_LIMITS
    from atttcli.scan.account import ScanAccount
    from atttcli.scan.run import ScanSettings
    from atttcli.scan.run import scan as run_scan
    from atttcli.store.workspace import private_folder

    if show_runs:
        show_scans(app, telling.as_json)
        return
    if host_records is not None:
        show_host_records(app, host_records, telling.as_json)
        return
    click.get_current_context().with_resource(
        bounds.given_way(str(private_folder("scan") / f"scan{spread.suffix}.lock"))
    )
    tally = Tally(strict=strict)
    disabled, added = disabled_here(app, all_rules), added_rules(app)
    engine = yara_engine(rules, tally, disabled, added)
    if engine_name == "yara-x":
        by_yara_x(engine, rules, tally, disabled, added)
    roots = host_ask.roots(paths)
    if spread.asked and host_ask.asked:
        raise UsageError("a file of results is of files alone", hint="scan the host in a run of its own: --only-host")
    stored = not no_store and not spread.asked and app.workspace_if_any() is not None
    if stored:
        app.permit("facts.ingested")
    if stored or spread.asked:  # an alert names a place that anybody finds
        roots = tuple(Path(os.path.abspath(path)) for path in roots)
    no_store = no_store or spread.asked
    storage = Storage.open(app, no_store, host, roots)
    look_up = file_lookup(app, indicators, tally, with_workspace=not no_store)
    looking = HostLook(app, host_ask, engine, look_up, indicators, disabled, not no_store, bounds.cpu_limit)
    settings = ScanSettings(
        bounds.limits(),
        replace(ARCHIVE_LIMITS, depth=archives),
        reach.options()._replace(shard=spread.shard),
        cache=None if fresh else private_folder("scan") / f"files{spread.suffix}.db",
    )
    alike = settings_of(
        "scan", roots, rules=engine.pack, engine=engine_name, lists=lists_digest(indicators), silent=sorted(disabled.rules),
        archives=archives, max_file_size=bounds.max_file_size, reach=repr(reach), host=host,
    )  # fmt: skip
    account: ScanAccount | None = None
    with (
        telling.begun() as listing,
        render.progress(_("Scanning"), quiet=telling.quiet) as progress,
        spread.writing(alike) as part,
    ):
        for result in run_scan(
            roots,
            engine,
            look_up,
            listing.heard(settings),
            app.clock,
            lambda done, path: progress(done.found, 0, path),
        ):
            if isinstance(result, ScanAccount):
                account = result
            elif isinstance(result, EngineProblem):
                listing.problem(result, tally)
                part.problem(result)
            else:
                tally.found += 1
                part.found(result)
                storage.add(result)
                listing.found(result)
        if account is None:
            raise AssertionError("a scan ends with its account")
        looking.run(listing, storage, tally)
        account = looking.joined(account)
        part.end(account.files, account.rules, account.rules_refused, account.started, account.ended)
        listing.ended(account, storage)
    looking.close(telling.quiet)
    if storage.failed:
        tally.note("", storage.failed)
    tally.close()
    click.get_current_context().exit(max(account.exit_code, tally.exit_code))
