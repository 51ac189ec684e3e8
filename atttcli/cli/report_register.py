"""`atttcli report issued`, `register`, `reprint`, `why`, `check`: what became of a paper, and what stands behind it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.cli.incident_input import vault_of
from atttcli.cli.paper_layout import TEMPLATE, laid_out, layouts, paper_bytes, refuse_changed, tell_used
from atttcli.cli.render import emit_json, emit_json_lines, line, table, warn
from atttcli.cli.report_build import read_model
from atttcli.cli.report_output import file_stem, write_file
from atttcli.cli.report_paper import JSON
from atttcli.clock import VIETNAM, from_micros, local_text, rfc3339
from atttcli.errors import InputError, NotFound, UsageError, Where, WorkspaceError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.reports.paper import Figure, Paper
    from atttcli.reports.register import Registered

YEAR = click.option(
    "--year", metavar="YEAR", default="", help="Year of the number, where several years have the same one."
)
MAX_SIGNED = 64 * 1024 * 1024


@click.command()
@click.argument("model", metavar="ID")
@click.option("--number", required=True, metavar="NUMBER", help="What the records office gave: 56/BC-STTTT, or 56.")
@click.option("--date", "day", type=DAY, metavar="DAY", help="The paper's day; today if absent.")
@click.option("--file", "signed", type=click.Path(path_type=Path), help="The signed file: kept as it is.")
@click.option(
    "--recipient", "recipients", multiple=True, metavar="NAME", help="Who got it; else those that the paper names."
)
@TEMPLATE
@JSON
@with_app
def issued(
    app: App, model: str, number: str, day: str | None, signed: Path | None, recipients: tuple[str, ...],
    templates: tuple[Path, ...], as_json: bool,
) -> None:  # fmt: skip
    """Record that a drafted paper went out under a number; what was sent is kept byte for byte.

    ID is the draft's name in the outbox (`initial-SC-2026-0001`) or its model file.

    \b
    Examples:
      atttcli report issued initial-SC-2026-0001 --number 56/BC-STTTT --date 2026-11-23
      atttcli report issued week-2026-11-16 --number 57 --file da-ky.pdf
    """
    from atttcli.reports.register import issue, numbered, refuse_second

    draft = read_model(_find_draft(app, model))
    today = from_micros(app.clock.now(), VIETNAM).date().isoformat()
    _refuse_day(draft, day or today, today)
    made = numbered(draft, number, day or today)
    refuse_second(app.store, f"{made.header.number}/{made.header.symbol}".rstrip("/"), made.header.date)
    formats = ("docx", "html", *(("pdf",) if find_spec("typst") else ()))
    chain = layouts(app, made.code.partition("-")[0], made.header.language, templates)
    made = laid_out(made, chain.used(formats))
    refuse_changed(draft.provenance.templates, made.provenance.templates, formats)
    papers = {name: paper_bytes(chain, made, name) for name in formats}
    held = None if signed is None else (signed.name, _read_signed(signed))
    found = issue(app.journal, vault_of(app), made, papers, recipients=recipients, signed=held)
    stem = f"{file_stem(made, found.code.partition('-')[0])}-so-{_safe(found.number)}"
    app.workspace.outbox.mkdir(exist_ok=True)
    for name, data in papers.items():
        write_file(app.workspace.outbox / f"{stem}.{name}", data)
    if as_json:
        emit_json(_json(found))
        return
    line(_("{number} of {day} is in the register: {title}.", number=found.number, day=found.day, title=found.title))
    unknown = [gap for gap in made.missing if gap.required]
    if unknown:
        warn(
            ngettext(
                "It went out with {count} obligatory line left blank: {what}",
                "It went out with {count} obligatory lines left blank: {what}",
                len(unknown),
                what="; ".join(gap.label for gap in unknown),
            )
        )
    for name in papers:
        line(_("Written: {path}", path=app.workspace.outbox / f"{stem}.{name}"))
    tell_used(made.provenance.templates)
    _tell_clock(app, found)


def _refuse_day(draft: Paper, day: str, today: str) -> None:
    """A paper has the day on which it got its number: not one to come; one before it was drafted is doubtful."""
    drafted = from_micros(draft.as_of, VIETNAM).date().isoformat()
    if day > today:
        raise UsageError(f"{day} is still to come", hint=f"--date {today}")
    if day < drafted:
        warn(
            _(
                "Its day is {day}, but it was drafted on {drafted}: is this the draft that was sent?",
                day=day,
                drafted=drafted,
            )
        )


def _tell_clock(app: App, found: Registered) -> None:
    """The law's clock that this paper meets, if one of its incident runs."""
    code = found.code.partition("-")[0]
    row = app.store.row(
        "SELECT code FROM deadline WHERE incident = ? AND document IN (?, ?) AND met IS NULL",
        found.subject,
        code,
        found.code,
    )
    if row is not None:
        line(
            _(
                "It meets a clock: {command}",
                command=f"atttcli incident met {found.subject} --deadline {row['code']} --paper {found.number}",
            )
        )


@click.command()
@click.option("--subject", default="", metavar="ID", help="Only about this incident or period.")
@click.option("--paper", "name", default="", metavar="NAME", help="Only this kind, as `report list` says.")
@JSON
@with_app
def register(app: App, subject: str, name: str, as_json: bool) -> None:
    """The register of papers that went out, oldest first.

    \b
    Example:
      atttcli report register --subject SC-2026-0001
    """
    from atttcli.cli.current import incident_number
    from atttcli.reports.papers.catalog import find_kind
    from atttcli.reports.register import registered

    about = incident_number(app, subject) if subject == "@" or subject.upper().startswith("SC") else subject
    found = registered(app.store, about, find_kind(name).code if name else "")
    if as_json:
        emit_json_lines(map(_json, found))
        return
    if not found:
        line(_("No paper went out yet."))
        return
    table(
        (_("Number and symbol"), _("Day"), _("Paper"), _("About"), _("To"), _("Kept")),
        (
            (
                one.number,
                one.day or local_text(one.at)[:10],
                one.title or one.code,
                one.subject,
                ", ".join(one.recipients),
                ", ".join(one.kept) or "-",
            )
            for one in found
        ),
    )


@click.command()
@click.argument("number")
@YEAR
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="docx, html, signed, model; all that is kept if absent.",
)
@click.option(
    "--output", "-o", metavar="DIR", type=click.Path(path_type=Path), help="Folder; else the workspace's outbox."
)
@JSON
@with_app
def reprint(app: App, number: str, year: str, formats: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Write exactly what was sent, checked against the digest in the journal.

    \b
    Example:
      atttcli report reprint 56/BC-STTTT --format docx
    """
    from atttcli.reports.register import SIGNED, find_registered, kept_bytes

    found = find_registered(app.store, number, year)
    vault = vault_of(app)
    folder = output or app.workspace.outbox
    try:
        folder.mkdir(exist_ok=True, parents=True)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be made: {error.strerror}", hint="-o DIR") from error
    files = []
    for name in formats or found.kept or ("docx",):
        data = kept_bytes(vault, found, name)
        ending = Path(found.signed_name).suffix[:8] if name == SIGNED else ".json" if name == "model" else f".{name}"
        path = write_file(folder / f"in-lai-{_safe(found.number)}-{name}{ending}", data)
        files.append({"path": str(path), "format": name, "bytes": len(data), "sha256": found.files[name]})
    if as_json:
        emit_json({"number": found.number, "files": files})
        return
    for one in files:
        line(_("Written: {path}", path=one["path"]))


@click.command()
@click.argument("paper", metavar="PAPER")
@click.argument("figure", required=False, default="")
@YEAR
@JSON
@with_app
def why(app: App, paper: str, figure: str, year: str, as_json: bool) -> None:
    """What a figure on a paper was counted from: `37/41`, `12`, or its key. Without one: all figures.

    PAPER is a model file, a draft's name in the outbox, or a number of the register.

    \b
    Examples:
      atttcli report why period-2026-07-01_2026-09-30 "37/41"
      atttcli report why 57/BC-STTTT incidents
    """
    from atttcli.reports.paper import matching

    figures = _figures_of(app, paper, year)
    if not figures:
        raise NotFound(
            "this paper counts nothing", hint="figures stand on reports of a period, of an incident, on the annex"
        )
    found = matching(figures, figure) if figure else list(figures)
    if not found:
        known = ", ".join(f"{one.key} ({one.shown()})" for one in figures[:20])
        raise NotFound(f"no figure {figure[:20]!r} on this paper", hint=known)
    if as_json:
        emit_json_lines(map(_figure_json, found))
        return
    for one in found:
        _tell_figure(one)


def _tell_figure(one: Figure) -> None:
    before = (
        ""
        if one.previous is None
        else _(
            " (last period: {value})",
            value=one.previous if one.previous_of is None else f"{one.previous}/{one.previous_of}",
        )
    )
    line(f"{one.key}: {one.label} = {one.shown()}{before}")
    if one.query:
        line("  " + _("counted: {what}", what=one.query))
    if one.objects:
        more = one.counted - len(one.objects)
        line("  " + ", ".join(one.objects) + (_(" and {count} more", count=more) if more > 0 else ""))
    if one.entries:
        line("  " + _("journal entries: {seqs}", seqs=", ".join(map(str, one.entries))))


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@JSON
@with_app
def check(app: App, files: tuple[Path, ...], as_json: bool) -> None:
    """Measure papers (docx, pdf) against Decree 30/2020, each by the rules of its own form. Exit code 1 when something departs.

    \b
    Example:
      atttcli report check outbox/*.docx
    """
    from atttcli.reports.layout import check_layout
    from atttcli.reports.layout_pdf import check_pdf

    measures = {".docx": check_layout, ".pdf": check_pdf}
    departures = 0
    unread: list[InputError] = []
    for path in files:
        measure = measures.get(path.suffix.lower())
        if measure is None:
            raise UsageError(f"{path.name[:60]} is no DOCX or PDF", hint="only .docx and .pdf are measured")
        try:
            found = measure(_read_signed(path))
        except InputError as error:  # the other papers are measured all the same
            unread.append(type(error)(error.message, hint=error.hint, where=Where(str(path))))
            continue
        for finding in found:
            departures += 1
            if as_json:
                emit_json({"file": str(path), "box": finding.box, "message": finding.message})
            else:
                line(f"{path.name}: {retell(finding.box)}: {retell(finding.message)}")
    if not as_json:
        line(ngettext("{count} departure", "{count} departures", departures))
    for one in unread[:-1]:
        warn(f"{one.where}: {retell(one.message)}")
    if unread:
        raise unread[-1]
    if departures:
        click.get_current_context().exit(1)


def _find_draft(app: App, said: str) -> Path:
    """The model of a draft: a file, or the one in the outbox whose name begins so."""
    path = Path(said)
    if path.is_file():
        return path
    found = (
        sorted(one for one in app.workspace.outbox.glob("*.model.json") if one.name.startswith(said))
        if "/" not in said
        else []
    )
    exact = [one for one in found if one.name.split(".")[0] == said]
    if len(exact or found) != 1:
        names = ", ".join(one.name.split(".")[0] for one in found[:8])
        raise NotFound(
            f"no draft {said[:60]!r}", hint=names or "atttcli report paper …; its model stands in the outbox"
        )
    return (exact or found)[0]


def _figures_of(app: App, said: str, year: str) -> tuple[Figure, ...]:
    """The figures of a paper of the register, or of a draft: of whichever kind its model is."""
    from atttcli.cli.report_build import read_bytes
    from atttcli.report import SCHEMA, report_from_json
    from atttcli.report_json import schema_of
    from atttcli.reports.incident_figures import incident_figures
    from atttcli.reports.paper import paper_from_json
    from atttcli.reports.register import MODEL, find_registered, kept_bytes

    try:
        data = kept_bytes(vault_of(app), find_registered(app.store, said, year), MODEL)
    except (NotFound, WorkspaceError):
        data = read_bytes(_find_draft(app, said))
    if schema_of(data) == SCHEMA:
        return incident_figures(report_from_json(data))
    return paper_from_json(data).figures


def _read_signed(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_SIGNED:
            raise InputError(f"larger than {MAX_SIGNED} bytes", where=Where(str(path)))
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(str(path))) from error


def _safe(number: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in number)


def _json(one: Registered) -> dict[str, Any]:
    return {
        "number": one.number, "day": one.day, "paper": one.code, "title": one.title, "subject": one.subject,
        "language": one.language, "recipients": list(one.recipients), "sha256": dict(one.files), "kept": list(one.kept),
        "head": {"count": one.head_count, "hash": one.head_hash}, "at": rfc3339(one.at), "actor": one.actor,
    }  # fmt: skip


def _figure_json(one: Figure) -> dict[str, Any]:
    return {
        "key": one.key, "label": one.label, "value": one.value, "of": one.of, "previous": one.previous,
        "previous_of": one.previous_of, "query": one.query, "objects": list(one.objects), "counted": one.counted,
        "entries": list(one.entries),
    }  # fmt: skip
