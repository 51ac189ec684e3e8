"""`atttcli report all`: every paper of the workspace into one folder, to be looked at page by page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.paper_layout import layouts, paper_bytes, told_json
from atttcli.cli.render import emit_json_lines, line
from atttcli.cli.report_output import file_stem, write_file
from atttcli.cli.report_paper import FORMATS, JSON, desk_of, make_paper
from atttcli.clock import rfc3339
from atttcli.errors import WorkspaceError
from atttcli.text.messages import language, ngettext, use_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atttcli.reports.paper import Paper
    from atttcli.reports.papers.catalog import PaperKind


@click.command("all")
@click.argument("number", metavar="[ID]", required=False, default="")
@click.option(
    "--of", "of", metavar="PERIOD", default="", help="Period of the periodic papers; else the one that runs now."
)
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, help="Repeatable; docx and html if absent."
)
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder; else `papers` in the outbox.",
)
@JSON
@with_app
def all_(app: App, number: str, of: str, formats: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Draft every paper there is, in each of its languages and kinds: about an incident, a period, the unit, and the cards.

    \b
    Example:
      atttcli report all SC-2026-0001 --of 2026 -o /tmp/papers
    """
    folder = output or app.workspace.outbox / "papers"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be made: {error.strerror}", hint="-o DIR") from error
    told: list[dict[str, Any]] = []
    for kind, made in _every(app, number, of):
        stem = file_stem(made, kind.name)
        files = []
        chosen = formats or ("docx", "html")
        chain = layouts(app, kind.name, made.header.language)
        used = chain.used(chosen)
        for name in chosen:
            data = paper_bytes(chain, made, name)
            files.append({"path": str(write_file(folder / f"{stem}.{name}", data)), "format": name, "bytes": len(data)})
        missing = [{"fields": list(gap.fields), "required": gap.required} for gap in made.missing]
        told.append(
            {
                "paper": made.code, "subject": made.subject, "as_of": rfc3339(made.as_of), "internal": made.internal,
                "files": files, "templates": told_json(used), "missing": missing,
            }
        )  # fmt: skip
    if as_json:
        emit_json_lines(told)
        return
    line(ngettext("{count} paper in {folder}", "{count} papers in {folder}", len(told), folder=folder))


def _every(app: App, number: str, of: str) -> Iterator[tuple[PaperKind, Paper]]:
    from atttcli.cli.current import incident_number
    from atttcli.reports.papers.catalog import CATALOG

    incident = incident_number(app, number or "@")
    spoken = language()
    try:
        for kind in CATALOG:
            for subject in _subjects(kind, incident):
                for variant in kind.variants or ("",):
                    for said in kind.languages:
                        use_language(said)
                        yield kind, _one(app, kind, subject, variant, said, of)
    finally:
        use_language(spoken)


def _one(app: App, kind: PaperKind, subject: str, variant: str, said: str, of: str) -> Paper:
    from dataclasses import replace

    from atttcli.reports.papers.desk import Ask
    from atttcli.reports.papers.period import current, parse_period

    now = app.clock.now()
    period = None
    if kind.about == "period":
        period = parse_period(of) if of and kind.period != "week" else current(kind.period, now)
    chosen: Any = {"language": said}
    desk = replace(desk_of(app, kind, subject), **chosen)
    return make_paper(kind, desk, Ask(subject=subject, period=period, variant=variant))


def _subjects(kind: PaperKind, incident: str) -> Sequence[str]:
    from atttcli.incident.interview import load_cards

    if kind.about == "card":
        return [one.code for one in load_cards()]
    return [incident if kind.about == "incident" else ""]
