"""`atttcli report template`: papers laid out by templates of one's own: list, copy, lint, vars, preview."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.render import emit_json, emit_json_lines, line, table, warn
from atttcli.errors import Conflict, UsageError
from atttcli.text.messages import LANGUAGES, _, language, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atttcli.reports.templating.chain import Template
    from atttcli.reports.templating.fault import Fault
    from atttcli.reports.templating.kinds import TemplateKind

_FORMATS = ("docx", "html", "md", "txt")
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(_FORMATS), default="docx", show_default=True, help="Which format."
)
_LANG = click.option("--lang", "spoken", type=click.Choice(LANGUAGES), help="Language of the paper.")


@click.group()
def template() -> None:
    """Lay papers out by templates of your own, in docx, html, md and txt.

    \b
    Examples:
      atttcli report template copy initial --format docx
      atttcli report template lint templates/initial.vi.docx
      atttcli report template preview initial
    """


@template.command("list")
@click.argument("paper", required=False, default="")
@_JSON
@with_app
def list_(app: App, paper: str, as_json: bool) -> None:
    """Which template lays out which paper: from the workspace, the user's folder, or ours.

    \b
    Example:
      atttcli report template list
      atttcli report template list initial
    """
    from atttcli.reports.templating.kinds import find_template_kind, template_kinds

    kinds = [find_template_kind(paper)] if paper else list(template_kinds())
    rows = list(_listed(app, kinds))
    if as_json:
        emit_json_lines(rows)
        return
    origins = {"workspace": _("workspace"), "user": _("user"), "package": _("ours")}
    table(
        (_("Paper"), _("Format"), _("Languages"), _("From"), "SHA-256", _("File")),
        (
            (
                row["paper"], row["format"], ", ".join(row["languages"]), origins[row["origin"]], row["sha256"][:16] or "-",
                row["path"] or "-",
            )
            for row in rows
        ),
    )  # fmt: skip


def _listed(app: App, kinds: list[TemplateKind]) -> Iterator[dict[str, Any]]:
    from hashlib import sha256

    from atttcli.cli.paper_layout import chain_here
    from atttcli.reports.html import page_template

    mine = list(chain_here(app).found(kinds))
    ours = sha256(page_template().encode("utf-8")).hexdigest()
    for kind in kinds:
        for name in _FORMATS:
            for one in (one for of, one in mine if of.name == kind.name and one.format == name):
                spoken = [one.language] if one.language else list(kind.languages)
                yield _row(kind, name, spoken, one.origin, one.sha256, one.path)
            yield _row(kind, name, list(kind.languages), "package", ours if name == "html" else "", "")


def _row(kind: TemplateKind, format_: str, languages: list[str], origin: str, digest: str, path: str) -> dict[str, Any]:
    return {
        "paper": kind.name, "format": format_, "languages": languages, "origin": origin, "sha256": digest, "path": path,
    }  # fmt: skip


@template.command()
@click.argument("paper")
@_FORMAT
@_LANG
@click.option("--user", "for_user", is_flag=True, help="Into the user's own folder: for every workspace.")
@click.option(
    "--output", "-o", metavar="PATH", type=click.Path(path_type=Path), help="File or folder; else where it is used."
)
@_JSON
@with_app
def copy(
    app: App, paper: str, format_: str, spoken: str | None, for_user: bool, output: Path | None, as_json: bool
) -> None:
    """A working starting file, put where it will be used. Edit it, then lint and preview it.

    \b
    Examples:
      atttcli report template copy initial --format docx
      atttcli report template copy week --format html --user
    """
    from atttcli.cli.report_output import write_file
    from atttcli.reports.templating.chain import file_name
    from atttcli.reports.templating.kinds import find_template_kind
    from atttcli.reports.templating.start import starting_file
    from atttcli.store.durable import make_folder

    kind = find_template_kind(paper)
    said = _spoken(kind, spoken)
    name = file_name(kind.name, format_, said)
    path = _place(app, output, for_user) / name if output is None or output.is_dir() else output
    if path.exists():
        raise Conflict(f"{path} is there already", hint="name another with -o, or move that one away")
    data = starting_file(format_, kind.sample(said)[0])
    make_folder(path.parent, 0o777)
    write_file(path, data)
    if as_json:
        emit_json({"paper": kind.name, "format": format_, "language": said, "path": str(path), "bytes": len(data)})
        return
    line(_("Written: {path}", path=path))
    line(_("Edit it, then: {command}", command=f"atttcli report template lint {path}"))


def _place(app: App, output: Path | None, for_user: bool) -> Path:
    from atttcli.reports.templating.chain import FOLDER
    from atttcli.store.workspace import home

    if output is not None:
        return output
    workspace = None if for_user else app.workspace_if_any()
    return (workspace.root if workspace else home()) / FOLDER


def _spoken(kind: TemplateKind, asked: str | None) -> str:
    """The language of a paper: as asked, else as we speak, where the paper is made in it."""
    if asked and asked not in kind.languages:
        raise UsageError(f"{kind.name} is made in: {', '.join(kind.languages)}", hint=f"--lang {kind.languages[0]}")
    spoken = asked or language()
    return spoken if spoken in kind.languages else kind.languages[0]


@template.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--paper", default="", metavar="NAME", help="Which paper it is for; else as its file name says.")
@_LANG
@_JSON
@with_app
def lint(app: App, file: Path, paper: str, spoken: str | None, as_json: bool) -> None:
    """What is wrong with a template: syntax, unknown names, closed things, what it leaves out; then it is tried.

    \b
    Example:
      atttcli report template lint templates/initial.vi.docx
    """
    from atttcli.reports.templating.chain import read_template
    from atttcli.reports.templating.render import lint_template

    kind = _kind_of(file, paper)
    found = read_template(file, "option")
    faults = lint_template(found, kind.context(_spoken(kind, spoken)), kind.wanted())
    if as_json:
        emit_json_lines(_fault(file, one) for one in faults)
    else:
        for one in faults:
            line(_fault_text(file, one))
        line(
            _("Nothing to say against it.")
            if not faults
            else ngettext("{count} finding", "{count} findings", len(faults))
        )
    if faults:
        click.get_current_context().exit(1)


def _kind_of(file: Path, paper: str) -> TemplateKind:
    """As said, or as the file's name begins: `initial.vi.docx`."""
    from atttcli.errors import NotFound
    from atttcli.reports.templating.kinds import find_template_kind

    try:
        return find_template_kind(paper or file.name.partition(".")[0])
    except NotFound as error:
        raise error if paper else UsageError(f"{file.name}: for which paper?", hint="--paper initial") from error


def _fault(file: Path, one: Fault) -> dict[str, Any]:
    return {"file": str(file), "line": one.line, "place": one.place, "level": one.level, "message": one.message}


def _fault_text(file: Path, one: Fault) -> str:
    where = f"{file}:{one.line}" if one.line else f"{file} ({one.place})" if one.place else str(file)
    return f"{where}: {_('error') if one.level == 'error' else _('warning')}: {retell(one.message)}"


@template.command("vars")
@click.argument("paper")
@_JSON
@with_app
def vars_(app: App, paper: str, as_json: bool) -> None:
    """The names that a paper's template may use, made from its contract.

    \b
    Example:
      atttcli report template vars initial
    """
    from atttcli.reports.templating.kinds import find_template_kind
    from atttcli.reports.templating.variables import variables

    found = list(variables(find_template_kind(paper)))
    if as_json:
        emit_json_lines(
            {
                "path": one.path, "description": one.vi, "description_en": one.en, "always": one.always,
                "columns": list(one.columns),
            }
            for one in found
        )  # fmt: skip
        return
    english = language() == "en"
    table(
        (_("Variable"), _("What it is"), _("Always"), _("Columns")),
        (
            (one.path, one.en if english else one.vi, _("yes") if one.always else "-", ", ".join(one.columns) or "-")
            for one in found
        ),
    )


@template.command()
@click.argument("paper")
@click.option(
    "--format", "format_", type=click.Choice(_FORMATS), help="Which format; else that of the template given, or docx."
)
@_LANG
@click.option(
    "--template", "file", type=click.Path(path_type=Path), metavar="FILE", help="This template; else the one in use."
)
@click.option("--output", "-o", metavar="PATH", default="", help="File, folder, or - for stdout; else this folder.")
@_JSON
@with_app
def preview(
    app: App, paper: str, format_: str | None, spoken: str | None, file: Path | None, output: str, as_json: bool
) -> None:
    """The paper filled with sample values that say which they are: no workspace and no incident is needed.

    \b
    Examples:
      atttcli report template preview initial --format docx
      atttcli report template preview week --template tuan.html.j2 -o tuan.html
    """
    from atttcli.cli.paper_layout import chain_here, with_given
    from atttcli.cli.report_output import write_file
    from atttcli.reports.templating.kinds import find_template_kind

    kind = find_template_kind(paper)
    said = _spoken(kind, spoken)
    given = [file] if file else []
    name = (with_given([format_] if format_ else [], given) or ("docx",))[0]
    used = chain_here(app, given).find(kind, name, said)
    data = _previewed(kind, said, name, used)
    if output == "-":
        if name == "docx":
            raise UsageError("a Word file does not go to a terminal", hint="-o preview.docx")
        sys.stdout.write(data.decode("utf-8"))
        return
    place = Path(output or ".")
    path = write_file(place / f"preview-{kind.name}.{said}.{name}" if place.is_dir() else place, data)
    if as_json:
        emit_json(
            {
                "paper": kind.name, "format": name, "language": said, "path": str(path), "bytes": len(data),
                "origin": used.origin if used else "package", "sha256": used.sha256 if used else "",
            }
        )  # fmt: skip
        return
    line(_("Written: {path}", path=path))
    warn(_("by {template}", template=f"{used.path} ({used.sha256[:16]}…)" if used else _("our own layout")))


def _previewed(kind: TemplateKind, said: str, format_: str, used: Template | None) -> bytes:
    from atttcli.reports.outline_formats import render_outline

    outline, values = kind.sample(said)
    if used is None:
        return render_outline(outline, format_)
    from atttcli.reports.templating.render import render_template

    return render_template(used, outline, values)
