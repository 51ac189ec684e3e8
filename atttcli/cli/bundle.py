"""`atttcli bundle`: what kits bring back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.bundle_logs import keep_results, log_object, logs_found, show_logs, take_logs
from atttcli.cli.bundle_view import show_parcel
from atttcli.cli.context import App, with_app
from atttcli.clock import local_text, rfc3339
from atttcli.errors import BundleRefused
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.exchange.bundles import BundleImport, Taken
    from atttcli.exchange.collected_logs import TakenLog
    from atttcli.exchange.parcel import ParcelReader

PATHS = click.Path(path_type=Path, exists=True)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group()
def bundle() -> None:
    """Bundles: what a kit's scan of one machine found, signed by the kit, sealed to the centre's key.

    \b
    Example:
      atttcli bundle verify /media/usb/out/*.attb
      atttcli bundle import /media/usb/out
    """


@bundle.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PATHS)
@_json
@with_app
def verify(app: App, files: tuple[Path, ...], as_json: bool) -> None:
    """Open, verify and judge bundles; nothing is stored.

    Exit codes: 0 every one may be taken, 7 one is not what a kit of ours signed and sealed, or not its turn.

    \b
    Example:
      atttcli bundle verify out/K-2026-0001-PC-01-5e5e5e-00003.attb --json
    """
    _run(app, files, as_json, "", dry_run=True)


@bundle.command()
@click.argument("file", type=PATHS)
@click.option("--log", is_flag=True, help="Also the log that the scan wrote.")
@_json
@with_app
def show(app: App, file: Path, log: bool, as_json: bool) -> None:
    """What is in a bundle, and whether it would be taken; nothing is stored.

    \b
    Example:
      atttcli bundle show out/K-2026-0001-PC-01-5e5e5e-00003.attb
    """
    from atttcli.exchange.parcel import open_parcel

    importer = _importer(app)
    parcel = open_parcel(file, importer.readers)
    show_parcel(parcel, importer.opinion(parcel), log, as_json)


@bundle.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=PATHS)
@click.option("--dry-run", is_flag=True, help="Only say what would come of it.")
@click.option(
    "--incident",
    default="",
    metavar="ID",
    help="Attached samples, and what collectors brought as it came, become evidence of this incident.",
)
@_json
@with_app
def import_(app: App, paths: tuple[Path, ...], dry_run: bool, incident: str, as_json: bool) -> None:
    """Take bundles in: findings become alerts of that agency and machine, samples evidence.

    The same bundle twice adds nothing. A bundle that is refused does not hold up the others. What a collector without Python
    brought (.tar.gz, .zip, or manifest.txt of its folder) is taken too, marked as unsigned, its logs by an ingest.
    Exit codes: 0 nothing new found, 1 new alerts, 7 one was refused.

    \b
    Example:
      atttcli bundle import /media/usb/out --dry-run
      atttcli bundle import /media/usb/out --incident @
    """
    from atttcli.cli.current import incident_number
    from atttcli.store.numbers import require_open_incident

    app.permit("facts.ingested")
    number = incident_number(app, incident) if incident else ""
    if number:
        require_open_incident(app.store, number)
    _run(app, paths, as_json, number, dry_run=dry_run)


def _importer(app: App, incident: str = "") -> BundleImport:
    from atttcli.cli.key import key_ring
    from atttcli.cli.matching import Tally
    from atttcli.cli.scan_lists import file_lookup
    from atttcli.exchange.bundles import BundleImport
    from atttcli.exchange.collected import CollectedReader
    from atttcli.exchange.parcel import SealedReader
    from atttcli.fleet.kits import kits, kits_by_key

    numbered = {one.number: one for one in kits(app.store)}
    readers: list[ParcelReader] = [SealedReader(key_ring(app), kits_by_key(app.store)), CollectedReader(numbered)]
    look_up = file_lookup(app, (), Tally(), with_workspace=True)
    return BundleImport(app.workspace, app.journal, app.inventory, readers, incident, look_up)


def _run(app: App, paths: Sequence[Path], as_json: bool, incident: str, *, dry_run: bool) -> None:
    importer = _importer(app, incident)
    taken = importer.run(paths, dry_run=dry_run)
    logs = {} if dry_run else take_logs(app, importer.readers, taken)
    if incident and not dry_run:
        keep_results(app, importer.readers, taken, incident)
    if as_json:
        render.emit_json_lines(_as_json(one, logs.get(one.path, ())) for one in taken)
    else:
        _show(taken)
        show_logs(logs)
        if any(one.ledger.alerts for one in taken) or logs_found(logs):
            render.line(_("Next: atttcli alert triage"))
    codes = [one.error.exit_code for one in taken if one.error is not None]
    found = any(one.ledger.alerts for one in taken) or logs_found(logs)
    click.get_current_context().exit(max(codes) if codes else 1 if found else 0)


def _show(taken: Sequence[Taken]) -> None:
    states = {"new": _("taken in"), "known": _("known"), "refused": _("REFUSED"), "checked": _("may be taken")}
    rows = []
    for one in taken:
        manifest, ledger = one.manifest, one.ledger
        said = (manifest.kit, manifest.sequence, manifest.agency, manifest.host.name) if manifest else ("", "", "", "")
        counts = (
            (ledger.read, ledger.stored, ledger.duplicate, ledger.rejected, ledger.alerts) if manifest else ("",) * 5
        )
        rows.append((one.path.name, states[one.state], *said, *counts))
    columns = (
        _("File"), _("State"), _("Kit"), _("No."), _("Agency"), _("Host"), _("Read"), _("Stored"), _("Duplicate"),
        _("Not read"), _("New alerts"),
    )  # fmt: skip
    render.table(columns, rows, wide=(0,))
    for one in taken:
        _tell(one)
    if not taken:
        render.line(_("There is no bundle in there."))


def _tell(one: Taken) -> None:
    """What is to be known of one file beside its row."""
    name = one.path.name
    if one.error is not None:
        render.warn(f"atttcli: {name}: {retell(one.error.message)}")
        if one.error.hint:
            render.warn("  → " + retell(one.error.hint))
    for remark in one.remarks:
        render.warn(f"{name}: {retell(remark.text)}")
    for member, line, reason in one.rejected[:5]:
        render.warn(f"{name}!{member}:{line}: {retell(reason)}")
    if one.exhibits:
        text = ngettext("{count} sample is evidence: {numbers}", "{count} samples are evidence: {numbers}", len(one.exhibits),
                        numbers=", ".join(one.exhibits[:5]))  # fmt: skip
        render.line(text)
    if one.manifest is not None and one.error is None:
        _tell_coverage(one)


def _tell_coverage(one: Taken) -> None:
    manifest = one.manifest
    if manifest is None or (manifest.coverage.complete and manifest.account["complete"]):
        return
    holes = manifest.coverage.holes
    shown = "; ".join(path for path, _why in holes[:3]) or retell(manifest.account["stopped"])
    shown = shown or "; ".join(retell(why) for why in sorted(manifest.account["failed"])[:3])
    count = len(holes) + manifest.coverage.unlisted or sum(manifest.account["failed"].values())
    text = _("{name}: the scan of {day} has holes ({count}): {shown}", name=one.path.name, count=count, shown=shown,
             day=local_text(manifest.made, seconds=False))  # fmt: skip
    render.warn(text)


def _as_json(one: Taken, logs: Sequence[TakenLog]) -> dict[str, Any]:
    manifest, ledger, error = one.manifest, one.ledger, one.error
    return {
        "path": str(one.path), "state": one.state, "digest": one.digest, "signed": one.signed,
        "kit": manifest.kit if manifest else "", "agency": manifest.agency if manifest else "",
        "host": manifest.host.name if manifest else "", "sequence": manifest.sequence if manifest else 0,
        "made": rfc3339(manifest.made) if manifest else None, "tlp": manifest.tlp if manifest else "",
        "complete": bool(manifest and manifest.coverage.complete and manifest.account["complete"]),
        "remarks": [{"word": word, "text": text} for word, text in one.remarks],
        "read": ledger.read, "stored": ledger.stored, "duplicate": ledger.duplicate, "rejected": ledger.rejected,
        "alerts": ledger.alerts,
        "not_read": [{"member": member, "line": line, "reason": reason} for member, line, reason in one.rejected],
        "evidence": one.exhibits, "logs": [log_object(log) for log in logs],
        "fault": error.fault if isinstance(error, BundleRefused) else error.code if error else "",
        "reason": error.message if error else "",
    }  # fmt: skip
