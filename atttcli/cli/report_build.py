"""`atttcli report build`: a paper again from its kept model, without any workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.paper_layout import TEMPLATE, incident_bytes, layouts, paper_bytes, tell_changed, with_given
from atttcli.cli.report_output import Written, chosen_formats, write_all
from atttcli.cli.report_paper import FORMATS, JSON
from atttcli.errors import WorkspaceError

if TYPE_CHECKING:
    from atttcli.reports.paper import Paper


@click.command()
@click.option(
    "--from",
    "source",
    metavar="MODEL.json",
    required=True,
    type=click.Path(path_type=Path),
    help="A model that was kept.",
)
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, help="Repeatable; docx and html if absent."
)
@click.option("--output", "-o", metavar="PATH", help="File, folder, or - for stdout; else beside the model.")
@TEMPLATE
@JSON
@with_app
def build(
    app: App, source: Path, formats: tuple[str, ...], output: str | None, templates: tuple[Path, ...], as_json: bool
) -> None:
    """Render again from a model, years later, without any workspace: the same model gives the same bytes.

    \b
    Example:
      atttcli report build --from initial-SC-2026-0001.vi.model.json --format docx
    """
    from atttcli.report import SCHEMA, report_from_json
    from atttcli.report_json import schema_of
    from atttcli.reports.paper import paper_from_json

    data = read_bytes(source)
    stem = source.name.removesuffix(".json").removesuffix(".model")
    place = str(source.parent) if output is None else output
    wanted = with_given(formats, templates)
    chosen = chosen_formats(wanted, place, as_json)
    if schema_of(data) == SCHEMA:
        model = report_from_json(data)
        found = layouts(app, "incident", model.header.language, templates)
        facts = Written("incident", model.incident.number, model.as_of, templates=found.used(chosen))
        write_all(app, facts, lambda name: incident_bytes(found, model, name), stem, wanted, place, as_json)
        tell_changed(model.provenance.templates, facts.templates, chosen)
        return
    made = paper_from_json(data)
    found = layouts(app, made.code.partition("-")[0], made.header.language, templates)
    facts = Written(made.code, made.subject, made.as_of, made, found.used(chosen))
    write_all(app, facts, lambda name: paper_bytes(found, made, name), stem, wanted, place, as_json)
    tell_changed(made.provenance.templates, facts.templates, chosen)


def read_model(source: Path) -> Paper:
    """A paper's model from a file; InputError, WorkspaceError."""
    from atttcli.reports.paper import paper_from_json

    return paper_from_json(read_bytes(source))


def read_bytes(source: Path) -> bytes:
    """A model's bytes; InputError, WorkspaceError."""
    from atttcli.errors import InputError, Where
    from atttcli.report_json import MAX_JSON

    try:
        if source.stat().st_size > MAX_JSON:
            raise InputError("larger than a model may be", where=Where(str(source)))
        return source.read_bytes()
    except OSError as error:
        raise WorkspaceError(f"{source} cannot be read: {error.strerror}") from error
