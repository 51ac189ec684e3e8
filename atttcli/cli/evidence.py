"""`atttcli evidence`: into the vault, out of it, and whether it is still what it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import moment
from atttcli.cli.context import App, with_app
from atttcli.cli.current import incident_number
from atttcli.cli.evidence_custody import form, move, seal, thing_given, unseal
from atttcli.cli.incident_input import vault_of
from atttcli.clock import rfc3339
from atttcli.errors import AtttError, IntegrityError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.model.evidence import Exhibit

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def evidence() -> None:
    """Add and list evidence in the vault.

    \b
    Example:
      atttcli evidence add capture.pcap --incident @ --note "từ tường lửa Sở Y tế"
      atttcli evidence verify
    """


for _command in (seal, unseal, move, form):
    evidence.add_command(_command)


@evidence.command()
@click.argument("files", metavar="[FILE...]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--item", default="", metavar="TEXT", help="A thing instead of a file: a disk, a telephone, a paper.")
@click.option("--serial", default="", help="Serial number of the thing.")
@click.option("--incident", default="@", metavar="ID", help="The incident; the current one by default.")
@click.option("--note", default="", help="What it is.")
@click.option("--source", default="", help="Where it was taken from; else the file's path.")
@_json
@with_app
def add(
    app: App, files: tuple[Path, ...], item: str, serial: str, incident: str, note: str, source: str, as_json: bool
) -> None:
    """Copy files into the vault with a custody record; the same bytes twice are one exhibit.

    \b
    Example:
      atttcli evidence add note.txt capture.pcap --incident SC-2026-0001 --source "máy PC-17"
      atttcli evidence add --item "Ổ cứng 1 TB" --serial S3Z8NB0K --source "máy PC-17"
    """
    from atttcli.evidence.vault import add as add_file
    from atttcli.evidence.vault import exhibit

    number = incident_number(app, incident)
    if thing_given(files, item):
        from atttcli.evidence.custody import add_item

        made = exhibit(app.store, add_item(app.journal, number, item, serial=serial, source=source, note=note))
        _say_added(made, as_json)
        return
    code = 0
    for path in files:
        try:
            kept = exhibit(app.store, add_file(app.journal, vault_of(app), number, path, source=source, note=note))
        except AtttError as error:
            if len(files) == 1:
                raise
            render.warn(f"{error.where or path}: {retell(error.message)}")
            code = error.exit_code
            continue
        _say_added(kept, as_json)
    click.get_current_context().exit(code)


def _say_added(item: Exhibit, as_json: bool) -> None:
    if as_json:
        render.emit_json(exhibit_json(item))
    else:
        render.line(f"{item.number}  {item.sha256 or item.serial or '-'}  {item.size}  {item.name}")


def exhibit_json(item: Exhibit) -> dict[str, Any]:
    """The stable JSON of an exhibit."""
    body = asdict(item) | {"collected": rfc3339(item.collected)}
    return body | {"withdrawn": item.withdrawn and rfc3339(item.withdrawn)}


@evidence.command("list")
@click.option("--incident", metavar="ID", help="Of one incident; @ is the current one.")
@_json
@with_app
def list_(app: App, incident: str | None, as_json: bool) -> None:
    """Exhibits, withdrawn ones marked.

    \b
    Example:
      atttcli evidence list --incident @
    """
    from atttcli.evidence.vault import exhibits

    found = exhibits(app.store, incident_number(app, incident) if incident else "")
    if as_json:
        render.emit_json_lines(exhibit_json(item) for item in found)
        return
    render.table(
        [_("No."), _("Incident"), _("Collected"), _("Collected by"), "sha256", _("Size"), _("Name")],
        (
            (
                item.number, item.incident, moment(item.collected), item.actor, item.sha256[:16], item.size,
                item.name if item.withdrawn is None else _("{name} (withdrawn)", name=item.name),
            )
            for item in found
        ),
    )  # fmt: skip


@evidence.command()
@click.argument("number", metavar="ID")
@_json
@with_app
def show(app: App, number: str, as_json: bool) -> None:
    """One exhibit with its chain of custody.

    \b
    Example:
      atttcli evidence show CC-2026-0001
    """
    from atttcli.evidence.vault import exhibit

    item = exhibit(app.store, number)
    chain = app.store.rows("SELECT * FROM custody WHERE evidence = ? ORDER BY seq", item.number)
    if as_json:
        steps = [
            {
                "seq": c["seq"],
                "at": rfc3339(c["at"]),
                "actor": c["actor"],
                "action": c["action"],
                "note": c["note"],
                "detail": json.loads(c["detail"]),
            }
            for c in chain
        ]
        render.emit_json(exhibit_json(item) | {"custody": steps})
        return
    render.line(f"{item.number}  {item.incident}  {item.name}")
    render.line(f"  sha256 {item.sha256}  {item.size} B" if item.sha256 else f"  {item.serial or '-'}")
    sealed = f"  {_('seal {seal}', seal=item.seal)}" if item.seal else ""
    render.line(f"  {_('held by {who}', who=item.holder or item.actor)}  {item.place}{sealed}")
    render.line(f"  {_('Source')}: {item.source}")
    render.line(f"  {_('Note')}: {item.note or '-'}")
    for step in chain:
        said = json.loads(step["detail"])
        to = f" → {said['to']}" if said.get("to") else ""
        render.line(f"  {moment(step['at'])}  {step['actor']}{to}  {_(step['action'])}  {step['note']}")


@evidence.command()
@click.argument("numbers", metavar="[ID...]", nargs=-1)
@click.option("--incident", metavar="ID", help="Of one incident.")
@_json
@with_app
def verify(app: App, numbers: tuple[str, ...], incident: str | None, as_json: bool) -> None:
    """Re-hash evidence; exits 7 when a piece is not what was collected.

    \b
    Example:
      atttcli evidence verify --incident @
    """
    from atttcli.evidence.vault import verify as verify_all
    from atttcli.store.numbers import resolve_number

    wanted = [resolve_number(app.store, "evidence", text) for text in numbers]
    scope = incident_number(app, incident) if incident else ""
    good = 0
    broken = []
    for verdict in verify_all(app.store, vault_of(app), scope, wanted):
        good += not verdict.problem
        if verdict.problem:
            broken.append(verdict.number)
        if as_json:
            render.emit_json({"number": verdict.number, "sha256": verdict.sha256, "problem": verdict.problem})
        elif verdict.problem:
            render.line(f"{verdict.number}: {retell(verdict.problem)}")
    if not as_json:
        render.line(ngettext("{count} piece verified", "{count} pieces verified", good))
    if broken:
        raise IntegrityError(
            f"{len(broken)} pieces of evidence are broken: {', '.join(broken[:5])}",
            hint="restore them: atttcli db restore BACKUP",
        )


@evidence.command()
@click.argument("number", metavar="ID")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@_json
@with_app
def export(app: App, number: str, target: Path, as_json: bool) -> None:
    """Write the bytes of an exhibit to a new file; the hand-over is recorded. It may be live malware.

    \b
    Example:
      atttcli evidence export CC-2026-0001 /media/usb/CC-2026-0001.bin
    """
    from atttcli.evidence.vault import export as export_file

    item = export_file(app.journal, vault_of(app), number, target)
    if as_json:
        render.emit_json(exhibit_json(item) | {"to": str(target)})
    else:
        render.line(f"{item.number} → {target}")


@evidence.command()
@click.argument("number", metavar="ID")
@click.option("--reason", default="", help="Why.")
@_json
@with_app
def withdraw(app: App, number: str, reason: str, as_json: bool) -> None:
    """Take an exhibit out of the file; its bytes and its record stay.

    \b
    Example:
      atttcli evidence withdraw CC-2026-0001 --reason "nhầm tệp"
    """
    from atttcli.evidence.vault import exhibit
    from atttcli.evidence.vault import withdraw as withdraw_exhibit

    withdraw_exhibit(app.journal, number, reason)
    item = exhibit(app.store, number)
    if as_json:
        render.emit_json(exhibit_json(item))
    else:
        render.line(_("{number} is withdrawn.", number=item.number))
