"""`atttcli advisory letter | answer | isp`: letters into the outbox with a manifest. Nothing is sent by the tool itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.advisory_view import AS_JSON, moment_of, numbered
from atttcli.cli.context import App, with_app
from atttcli.clock import rfc3339
from atttcli.errors import NotFound, WorkspaceError
from atttcli.text.fold import nfc
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.advisory.letters import LetterDesk
    from atttcli.model.letter import LetterModel

FORMATS = ("docx", "pdf", "html", "txt", "json")
_FORMAT = click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, help="Repeatable; docx if absent."
)
_NOT_NAME = re.compile(r"[^A-Za-z0-9._-]+")
MANIFEST = "manifest.json"


def letter_desk(app: App) -> LetterDesk:
    """The builder of letters, on this workspace."""
    from atttcli.advisory.letters import LetterDesk

    return LetterDesk(app.store, app.inventory, app.workspace.profile, app.clock.now())


def write_letters(
    app: App, letters: Iterable[LetterModel], formats: Sequence[str], folder: str, kind: str
) -> list[dict[str, Any]]:
    """Render into `outbox/FOLDER` and bring its manifest up to date; what was written, a line a file."""
    from atttcli.incident.metrics import is_drill
    from atttcli.reports.letter import render_letter

    place, exercise = app.workspace.outbox / folder, is_drill(app.workspace.root)
    written = []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for letter in letters:
            for format_ in formats:
                data = render_letter(replace(letter, exercise=letter.exercise or exercise), format_)
                name = f"{_name(kind, letter)}.{format_}"
                _write(place / name, data)
                written.append(_entry(app, letter, name, format_, kind, data))
        _write_manifest(place / MANIFEST, written)
    except OSError as error:
        raise WorkspaceError(
            f"{place} cannot be written: {error.strerror}", hint="is a paper open in another program?"
        ) from error
    return written


def _name(kind: str, letter: LetterModel) -> str:
    parts = (kind, letter.code, letter.addressee, f"so-{letter.number}" if letter.number else "du-thao")
    return _NOT_NAME.sub("-", "-".join(part for part in parts if part))


def _entry(app: App, letter: LetterModel, name: str, format_: str, kind: str, data: bytes) -> dict[str, Any]:
    copies = []
    for code in letter.copies:
        agency = app.inventory.agency(code)
        copies.append({"agency": code, "email": agency.contact_email if agency else ""})
    return {
        "file": name,
        "kind": kind,
        "format": format_,
        "bytes": len(data),
        "sha256": sha256(data).hexdigest(),
        "number": f"{letter.number}/{letter.symbol}" if letter.number else "",
        "dated": letter.date,
        "state": letter.state,
        "to": [nfc(name) for name in letter.addressees],
        "copies": copies,
        "as_of": rfc3339(letter.as_of),
    }


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and flushed: a letter that is open elsewhere, or a power cut, leaves none half written."""
    from atttcli.store.durable import write_whole

    write_whole(path, data)


def _write_manifest(path: Path, written: Sequence[dict[str, Any]]) -> None:
    """Files rendered before keep their line until a file of the same name replaces it, or they are gone from the folder."""
    known: dict[str, dict[str, Any]] = {}
    if path.is_file():
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            known = {one["file"]: one for one in held["files"] if (path.parent / str(one["file"])).is_file()}
        except (ValueError, KeyError, TypeError):
            known = {}
    known |= {one["file"]: one for one in written}
    text = json.dumps({"files": [known[name] for name in sorted(known)]}, ensure_ascii=False, indent=1) + "\n"
    _write(path, text.encode("utf-8"))


def _tell(app: App, folder: str, written: list[dict[str, Any]], as_json: bool) -> None:
    place = app.workspace.outbox / folder
    if as_json:
        render.emit_json({"folder": str(place), "files": written})
        return
    for one in written[:5]:
        render.line(_("Written: {path}", path=place / one["file"]))
    if len(written) > 5:
        render.line(_("… and {n} more; all are listed in {path}", n=len(written) - 5, path=place / MANIFEST))


@click.command()
@click.argument("number")
@_FORMAT
@AS_JSON
@with_app
def letter(app: App, number: str, formats: tuple[str, ...], as_json: bool) -> None:
    """Render the letters of an advisory into the outbox: before it is numbered with room for number and date.

    \b
    Examples:
      atttcli advisory letter CV-2026-0001
      atttcli advisory letter 1 --format docx --format txt --json
    """
    found = numbered(app, number)
    written = write_letters(app, letter_desk(app).warnings(found), formats or ("docx",), found, "canh-bao")
    _tell(app, found, written, as_json)


def write_reminder(app: App, number: str, codes: Sequence[str], due: int, quiet: bool) -> None:
    """The letter to those that were reminded."""
    made = letter_desk(app).reminder(number, codes, due)
    written = write_letters(app, [made], ("docx",), number, "don-doc")
    if not quiet:
        _tell(app, number, written, False)


@click.command()
@click.argument("number")
@_FORMAT
@click.option(
    "--document", default="", metavar="NUMBER", help="It went out under this number: recorded in the journal."
)
@click.option("--at", default="", metavar="TIME", help="When it went out (else now).")
@AS_JSON
@with_app
def answer(app: App, number: str, formats: tuple[str, ...], document: str, at: str, as_json: bool) -> None:
    """The consolidated answer to whoever sent the list or warning: counts, and the result of each agency.

    \b
    Examples:
      atttcli advisory answer CV-2026-0001
      atttcli advisory answer 1 --document 51/STTTT-CNTT
    """
    from dataclasses import replace

    from atttcli.advisory import desk
    from atttcli.clock import VIETNAM, from_micros

    found = numbered(app, number)
    row = desk.advisory_row(app.store, found)
    source = json.loads(row["source"])
    unowned = len(_unowned(app, source["list"])) if source.get("list") else 0
    made = letter_desk(app).answer(found, unowned)
    if document:
        moment = moment_of(app, at)
        desk.answer_source(app.journal, found, document, moment)
        day = from_micros(moment, VIETNAM).date().isoformat()
        made = replace(
            made, number=document.partition("/")[0], symbol=document.partition("/")[2] or made.symbol, date=day
        )
    _tell(app, found, write_letters(app, [made], formats or ("docx",), found, "tra-loi"), as_json)


def _unowned(app: App, name: str) -> list[Any]:
    from atttcli.advisory.targets import unresolved_rows

    try:
        return unresolved_rows(app.store, name)
    except NotFound:  # the facts of an old list may have been purged
        return []


@click.command()
@click.option(
    "--from-list",
    "from_list",
    default="",
    metavar="LIST",
    help="Only of this ingested list: file, letter's number, or `last`.",
)
@click.option("--due", default="10d", show_default=True, metavar="10d|DATE", help="When the provider answers.")
@click.option("--organ", default="", metavar="CODE", help="Who signs.")
@click.option(
    "--document", default="", metavar="NUMBER", help="It went out under this number: recorded in the journal."
)
@click.option(
    "--paper-language", type=click.Choice(("vi", "en")), default="vi", show_default=True, help="Language of the letter."
)
@_FORMAT
@AS_JSON
@with_app
def isp(
    app: App,
    from_list: str,
    due: str,
    organ: str,
    document: str,
    paper_language: str,
    formats: tuple[str, ...],
    as_json: bool,
) -> None:
    """The letter to the internet provider: whose are the addresses that no agency owns? Then `agency learn-ip`.

    \b
    Examples:
      atttcli advisory isp --from-list last
      atttcli agency learn-ip 203.0.113.7 so-y-te --from 2026-01-01 --note "VNPT, công văn 12"
    """
    from dataclasses import replace

    from atttcli.advisory.targets import unresolved_rows
    from atttcli.clock import VIETNAM, from_micros
    from atttcli.text.moments import due_moment

    now = app.clock.now()
    rows = unresolved_rows(app.store, from_list)
    if not rows:
        raise NotFound("no address without an agency", hint="atttcli alert unresolved")
    day = from_micros(now, VIETNAM).date().isoformat()
    made = letter_desk(app).provider(rows, paper_language, organ, due_moment(due, now), f"ISP-{day}")
    if document:
        made = replace(
            made, number=document.partition("/")[0], symbol=document.partition("/")[2] or made.symbol, date=day
        )
        body = {"document": document, "addresses": [row.address for row in rows], "due": due_moment(due, now)}
        app.journal.append("letter.issued", made.code, body)
    _tell(app, "isp", write_letters(app, [made], formats or ("docx",), "isp", "xac-minh"), as_json)
