"""`atttcli results`: plain files of results of one run that was spread over processes or machines, put together."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import Tally
from atttcli.cli.scan_store import Storage
from atttcli.cli.scan_tell import Telling
from atttcli.errors import UsageError
from atttcli.text.messages import _
from atttcli.text.retell import retell

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def results() -> None:
    """Results of shards: put together, they are what one run over everything would have found.

    \b
    Example:
      atttcli scan /srv --shard 1/2 --results part-1.jsonl
      atttcli results merge part-1.jsonl part-2.jsonl
    """


@results.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option(
    "-o", "--output", type=_FILE, default=None, metavar="FILE", help="Write the whole as one file of results."
)
@click.option("--store", is_flag=True, help="Into the workspace: findings become alerts of the machine.")
@click.option("--host", default="", metavar="NAME", help="Whose files these are; default: as the shards were told.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: detections, then the account.")
@with_app
def merge(app: App, files: tuple[Path, ...], output: Path | None, store: bool, host: str, as_json: bool) -> None:
    """Put the results of all shards of one run together.

    A shard that came twice counts once. Refused are: a missing shard (named), one that was stopped, shards that were made
    with different rules, lists or options, and two of the same shard that differ. Exit codes as those of `scan`.

    \b
    Examples:
      atttcli results merge part-*.jsonl -o all.jsonl
      atttcli results merge part-*.jsonl --store --host may-chu-tep
    """
    from atttcli.model.alert import Detection
    from atttcli.scan.merge import merge_results
    from atttcli.scan.results import results_file

    merged = merge_results(files)
    for name, reason in merged.notes:
        render.warn(f"atttcli: {name}: {retell(reason)}")
    if output is not None:
        with results_file(output) as writer:
            merged.write(writer)
    account, tally = merged.account(), Tally()
    storage = _storage(app, merged.settings, host) if store else Storage()
    with Telling(as_json).begun() as listing:
        for one in merged.findings():
            if isinstance(one, Detection):
                tally.found += 1
                storage.add(replace(one, time=account.started) if one.time is None else one)
                listing.found(one)
            else:
                listing.problem(one, tally)
        listing.ended(account, storage)
    if storage.failed:
        tally.note("", storage.failed)
    tally.close()
    click.get_current_context().exit(max(account.exit_code, tally.exit_code))


def _storage(app: App, settings: dict[str, object], host: str) -> Storage:
    app.permit("facts.ingested")
    paths = settings.get("paths")
    known = str(settings.get("host") or "")
    if not host and not known and settings.get("command") != "scan":
        raise UsageError(_("whose files are these?"), hint="--host NAME")
    return Storage.open(app, False, host or known or socket.gethostname(), [Path(str(one)) for one in _list(paths)])


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
