"""`atttcli db`: verify, rebuild, back up, restore, purge, erase and export what a workspace holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.clock import local_text, rfc3339
from atttcli.errors import Conflict, IntegrityError, UsageError
from atttcli.text.display import display
from atttcli.text.messages import _, ngettext

_RESTORE = "keep this copy as it is; then: atttcli db restore BACKUP NEW-FOLDER"
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group()
def db() -> None:
    """Verify, rebuild, back up, restore and purge the workspace."""


@db.command()
@AS_JSON
@with_app
def verify(app: App, as_json: bool) -> None:
    """Check everything: database, journal, signed head, projections, events, evidence.

    Exit 7 when something is broken; the first bad entry is named.

    \b
    Examples:
      atttcli db verify
      atttcli db verify --json
    """
    from atttcli.cli.verification import verify_workspace
    from atttcli.journal.head import ACCEPT

    with render.progress(_("verifying"), quiet=as_json) as report:
        result = verify_workspace(app, report)
    if as_json:
        render.emit_json(result.as_json())
    else:
        for note in result.notes:
            render.warn(note)
        for fault in result.faults:
            render.warn(result.text(fault))
    if result.faults:
        raise IntegrityError(
            _("the workspace is broken; first: {fault}", fault=result.text(result.first)),
            hint=_(ACCEPT) if result.only_head_lost else _(_RESTORE),
        )
    if not as_json:
        counts = (
            ngettext("{count} entry", "{count} entries", result.entries),
            ngettext("{count} segment", "{count} segments", result.segments),
            ngettext("{count} evidence object", "{count} evidence objects", result.evidence),
        )
        render.line(_("The workspace is whole: {counts}.", counts=", ".join(counts)))


@db.command("accept-head")
@click.option("--reason", required=True, help="Why the head was lost; it stands in the journal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
@with_app
def accept_head(app: App, reason: str, yes: bool, as_json: bool) -> None:
    """Keep a new signed head outside the workspace, when the old one is damaged or gone.

    Until then a cut tail of the journal could not be noticed here. Compare the last entries with a backup or a report
    first: what is accepted now counts as the truth. A head that is whole and contradicts the journal is never replaced.

    \b
    Example:
      atttcli db accept-head --reason "disk of the duty computer replaced" --yes
    """
    from atttcli.journal.accept import accept_head as accept
    from atttcli.journal.accept import lost_head

    lost = lost_head(app.journal)
    if lost and not yes:
        count = app.store.value("SELECT count(*) FROM journal")
        question = _("The journal with its {count} entries as it stands would count as the truth", count=count)
        if not render.is_interactive():
            raise UsageError(question, hint="--yes, after comparing the last entries: atttcli log")
        click.confirm(question + "?", abort=True)
    done = accept(app.journal, reason)
    if as_json:
        body = {"was": done.was, "entries": done.entries, "head": done.hash, "kept_as": done.kept_as} if done else {}
        empty = {"accepted": done is not None, "was": "", "entries": 0, "head": "", "kept_as": ""}
        render.emit_json(empty | body)
    elif done is None:
        render.line(_("The head is in order: nothing to accept."))
    else:
        render.line(_("A new head is kept; entry {seq} says why.", seq=done.entry))
        if done.kept_as:
            render.line(_("The damaged one is kept beside it: {name}", name=done.kept_as))


@db.command()
@AS_JSON
@with_app
def rebuild(app: App, as_json: bool) -> None:
    """Make the projections anew from the journal.

    \b
    Example:
      atttcli db rebuild
    """
    from atttcli.cli.verification import chain_faults
    from atttcli.journal.verify import first_fault
    from atttcli.store.verify import changed_tables, projection_digests

    with render.progress(_("rebuilding"), quiet=as_json) as report:
        broken = first_fault(chain_faults(app, report))
        if broken is not None:
            raise IntegrityError(
                _("the journal is broken at entry {seq}: {reason}", seq=broken.seq, reason=broken.reason),
                hint=_("projections of a broken journal say nothing; see: atttcli db verify"),
            )
        before = projection_digests(app.store.connection)
        count = app.journal.rebuild(report)
        changed = changed_tables(before, projection_digests(app.store.connection))
    if as_json:
        render.emit_json({"entries": count, "changed": changed})
        return
    render.line(ngettext("Rebuilt from {count} entry.", "Rebuilt from {count} entries.", count))
    render.line(_("Changed: {tables}", tables=", ".join(changed)) if changed else _("Nothing was different."))


@db.command()
@click.argument("target", metavar="FILE.zip|DIR", type=click.Path(path_type=Path))
@AS_JSON
@with_app
def backup(app: App, target: Path, as_json: bool) -> None:
    """Back up the whole workspace, in use or not, to a new folder or .zip; it is read back before it counts.

    The backup holds the workspace's secret: keep it as safe as the workspace itself.

    \b
    Examples:
      atttcli db backup /mnt/usb/bac-kan-2026-11-23.zip
      atttcli db backup ../backups/monday
    """
    from atttcli.store.backup import back_up

    with render.progress(_("backing up"), quiet=as_json) as report:
        manifest = back_up(app.workspace, app.store, target, rfc3339(app.clock.now()), report)
    if as_json:
        render.emit_json({"backup": str(target), **_figures(manifest)})
        return
    render.line(
        _(
            "Backed up to {target}: {files} files, {size} bytes, {entries} journal entries; read back and whole.",
            target=target,
            files=len(manifest.files),
            size=manifest.bytes,
            entries=manifest.entries,
        )
    )
    if app.workspace.keys.is_dir():
        render.line(_("The centre's keys are not in it: atttcli key backup FILE"))


def _figures(manifest: Any) -> dict[str, Any]:
    return {
        "workspace": manifest.workspace,
        "created": manifest.created,
        "entries": manifest.entries,
        "head": manifest.head,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
    }


@db.command()
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path))
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@AS_JSON
@with_app
def restore(app: App, source: Path, target: Path, as_json: bool) -> None:
    """Make a workspace from a backup in a new folder. An existing workspace is never written over.

    The restored workspace is told apart from the first by a new identity; its journal says where it came from.

    \b
    Example:
      atttcli db restore /mnt/usb/bac-kan-2026-11-23.zip bac-kan-restored
    """
    from atttcli.cli.verification import take_over
    from atttcli.store.backup import restore as restore_files

    with render.progress(_("restoring"), quiet=as_json) as report:
        manifest = restore_files(source, target, report)
    identity, newer = take_over(app, manifest, target)
    if newer:
        render.warn(
            ngettext(
                "warning: {count} later decision is known on this host and not in the backup",
                "warning: {count} later decisions are known on this host and not in the backup",
                newer,
            )
        )
    if as_json:
        body = {"restored": str(target), "id": identity, "later_decisions_lost": newer}
        render.emit_json({**_figures(manifest), **body})
        return
    render.line(_("Restored to {target}: {entries} journal entries.", target=target, entries=manifest.entries))
    render.line(_("Next: {command}", command=f"atttcli --workspace {target} db verify"))


@db.command()
@click.option("--events-older-than", "age", required=True, metavar="AGE", help="13mo, 2y, 400d: older events go.")
@click.option("--even-below-legal-minimum", "reason", default="", metavar="REASON", help="Why the 12 months are cut.")
@click.option("--dry-run", is_flag=True, help="Say what would go; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
@with_app
def purge(app: App, age: str, reason: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take old events away. Logs are kept at least 12 months by law; decisions are never purged.

    \b
    Examples:
      atttcli db purge --events-older-than 13mo --dry-run
      atttcli db purge --events-older-than 13mo --yes
    """
    from atttcli.cli.verification import purge_events
    from atttcli.store.purge import cutoff_of, guard_retention

    if not dry_run:
        app.permit("events.purged")
    now = app.clock.now()
    cutoff = cutoff_of(age, now)
    guard_retention(cutoff, now, reason)
    day = local_text(cutoff, seconds=False)
    if not (dry_run or yes):
        if not render.is_interactive():
            raise UsageError(_("events before {day} would go", day=day), hint="--yes, or first --dry-run")
        click.confirm(_("Take away all events before {day}?", day=day), abort=True)
    with render.progress(_("purging"), quiet=as_json) as report:
        segments, events, learned = purge_events(app, cutoff, reason, dry_run, report)
    if as_json:
        body = {
            "cutoff": rfc3339(cutoff),
            "segments": segments,
            "events": events,
            "learned": learned,
            "dry_run": dry_run,
        }
        render.emit_json(body)
        return
    gone = ngettext("{count} event before {day}", "{count} events before {day}", events, day=day)
    render.line(_("Would go: {what}", what=gone) if dry_run else _("Gone: {what}", what=gone))
    if learned:
        text = ngettext("and {count} value that rules learned", "and {count} values that rules learned", learned)
        render.line(text)


@db.command()
@click.argument("entry")
@click.option("--reason", required=True, help="Why: it stays in the journal (name nobody in it).")
@click.option("--field", "fields", multiple=True, metavar="NAME", help="Erase only this field of it; repeatable.")
@AS_JSON
@with_app
def erase(app: App, entry: str, reason: str, fields: tuple[str, ...], as_json: bool) -> None:
    """Erase personal data: the payload of one journal ENTRY (its number in `atttcli log`). The chain stays whole.

    Earlier backups and papers still hold it: erase or destroy them too.

    \b
    Examples:
      atttcli db erase 42 --reason "request of the person concerned, 12/CV-STTTT"
      atttcli db erase 42 --field title --field contact.phone --reason "personal data"
    """
    from atttcli.journal.erase import erase as erase_entry
    from atttcli.journal.erase import find_entry

    if not reason.strip():
        raise UsageError("an erasure needs a reason", hint='--reason "..."')
    found = find_entry(app.journal, entry)
    written = erase_entry(app.journal, found, reason.strip(), fields)
    if as_json:
        body = {"erased": found.seq, "verb": found.verb, "fields": list(fields), "entry": written.seq}
        render.emit_json(body)
        return
    render.line(_("Entry {seq} is erased; entry {by} says why.", seq=found.seq, by=written.seq))


@db.command()
@click.argument("table", required=False)
@click.option(
    "--csv", "form", flag_value="csv", default="csv", help="CSV whose cells no spreadsheet will run (default)."
)
@click.option("--json", "form", flag_value="json", help="One JSON object a line.")
@click.option("--where", default="", metavar="COLUMN=VALUE", help="Only rows with this value.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="A new file instead of stdout.")
@with_app
def export(app: App, table: str | None, form: str, where: str, output: Path | None) -> None:
    """Rows of a TABLE for a spreadsheet or another tool; without TABLE, the names there are.

    \b
    Examples:
      atttcli db export
      atttcli db export alert --where agency=so-y-te -o alerts.csv
      atttcli db export task --json
    """
    from atttcli.store.export import export_rows, exportable

    if table is None:
        for name in exportable(app.store):
            render.emit_json({"table": name}) if form == "json" else render.line(name)
        return
    rows = export_rows(app.store, table, where=where, for_spreadsheet=form == "csv")
    if output is None:
        _to_stdout(rows, form)
        return
    if output.exists():
        raise Conflict(f"{output} exists already", hint="name another file")
    with output.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as stream:
        stream.writelines(_lines(rows, form))


def _to_stdout(rows: Iterable[dict[str, Any]], form: str) -> None:
    if form == "json":
        render.emit_json_lines(rows)
        return
    for text in _lines(rows, form):
        render.line(text.rstrip("\n"))


def _lines(rows: Iterable[dict[str, Any]], form: str) -> Iterable[str]:
    import json

    first = True
    for row in rows:
        if form == "json":
            yield json.dumps(row, ensure_ascii=False) + "\n"
            continue
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        if first:
            writer.writerow(row)
        first = False
        writer.writerow("" if value is None else display(value) for value in row.values())
        yield from buffer.getvalue().splitlines(keepends=True)
