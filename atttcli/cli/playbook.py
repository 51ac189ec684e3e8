"""`atttcli playbook`: what playbooks there are, checking, drawing, taking in and handing on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.casework_words import moment
from atttcli.cli.context import App, with_app
from atttcli.cli.lazy import LazyGroup
from atttcli.clock import parse_moment
from atttcli.text.messages import _, language, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.model.playbook import Playbook
    from atttcli.playbook.library import Library

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_FILES = (".yaml", ".yml", ".json")
_MORE = {
    "run": ("atttcli.cli.playbook_run", "run", "Start, show, pause and cancel runs."),
    "import": ("atttcli.cli.playbook_keep", "import_", "Take a playbook into this workspace, pinned by its digest."),
    "export": ("atttcli.cli.playbook_keep", "export", "Print a playbook as CACAO JSON, or as YAML."),
    "new": ("atttcli.cli.playbook_keep", "new", "Print a whole, valid beginning of a playbook."),
    "remove": ("atttcli.cli.playbook_keep", "remove", "No longer offer an imported playbook."),
    "trust": ("atttcli.cli.playbook_keep", "trust", "Let commands of exactly this playbook run on this machine."),
    "distrust": ("atttcli.cli.playbook_keep", "distrust", "No command of it runs here any more."),
}


@click.group(cls=LazyGroup, lazy=_MORE)
def playbook() -> None:
    """List, check, draw and run playbooks (CACAO 2.0).

    \b
    Example:
      atttcli playbook run start tt20 --incident @
    """


def library(app: App) -> Library:
    """All playbooks within reach: of the workspace if there is one, and the shipped ones."""
    from atttcli.playbook.library import Library

    workspace = app.workspace_if_any()
    return Library(workspace.root, app.store) if workspace else Library()


def is_file(name: str) -> bool:
    """Whether people mean a file and not a name."""
    return name.lower().endswith(_FILES) or "/" in name


def book_or_file(app: App, name: str, *, lenient: bool = False) -> Playbook:
    """A playbook by name, or of a file."""
    from atttcli.playbook.load import load_playbook

    if is_file(name):
        return load_playbook(Path(name), lenient=lenient)
    return library(app).find(name, lenient=lenient)


@playbook.command("list")
@_json
@with_app
def list_(app: App, as_json: bool) -> None:
    """The playbooks that are shipped and imported.

    \b
    Example:
      atttcli playbook list
    """
    books = library(app)
    found = books.all()
    trusted = _trusted(app)
    for broken in books.broken.values():
        render.warn(retell(broken.message))
    if as_json:
        render.emit_json_lines(summary(book, book.digest in trusted) for book in found)
        return
    words = {"shipped": _("shipped"), "imported": _("imported")}
    render.table(
        [_("Name"), _("Steps"), _("Changed"), _("From"), _("Title")],
        (
            (
                book.short, _actions(book), moment(parse_moment(book.modified))[:10], words[book.origin],
                book.name_en if language() == "en" else book.name,
            )
            for book in found
        ),
        wide=(4,),
    )  # fmt: skip


def _trusted(app: App) -> frozenset[str]:
    if app.workspace_if_any() is None:
        return frozenset()
    rows = app.store.rows("SELECT digest FROM playbook_trust WHERE revoked IS NULL")
    return frozenset(row["digest"] for row in rows)


def _actions(book: Playbook) -> int:
    return sum(1 for step in book.steps.values() if step.type == "action")


def summary(book: Playbook, trusted: bool = False) -> dict[str, Any]:
    """One line of `playbook list --json`."""
    return {
        "id": book.id, "name": book.short, "title": book.name, "title_en": book.name_en, "modified": book.modified,
        "digest": book.digest, "actions": _actions(book), "origin": book.origin, "fits": list(book.fits),
        "process": book.process, "trusted": trusted,
    }  # fmt: skip


@playbook.command()
@click.argument("name", metavar="NAME|FILE")
@_json
@with_app
def show(app: App, name: str, as_json: bool) -> None:
    """One playbook: its steps with lead, due time and what each demands. --json prints its CACAO document.

    \b
    Example:
      atttcli playbook show tt20
    """
    book = book_or_file(app, name, lenient=True)
    if as_json:
        render.emit_json(book.document)
        return
    english = language() == "en"
    render.line(f"{book.short}  {book.name_en if english else book.name}")
    render.line(f"{book.id}  {book.modified}  sha256 {book.digest[:16]}…")
    render.table(
        [_("Step"), _("Title"), _("Lead"), _("Due"), _("Demands")],
        (
            (
                step.code or step.type,
                (english and step.name_en) or step.name,
                "; ".join(book.roles.get(role, role) for role in step.lead),
                _span(step.due),
                _demands(step),
            )
            for step in book.steps.values()
            if step.type in {"action", "playbook-action"} or step.condition
        ),
        wide=(1,),
    )


def _span(due: int | None) -> str:
    from atttcli.clock import HOUR, MINUTE

    if due is None:
        return "-"
    return f"+{due // HOUR} h" if due % HOUR == 0 else f"+{due // MINUTE} min"


def _demands(step: Any) -> str:
    words = [_("evidence")] if step.needs_evidence else []
    words += [_("yes or no")] if step.asks else list(step.out_args)
    words += [_("approval: {roles}", roles=", ".join(step.approval))] if step.approval else []
    words += [command.type for command in step.commands if command.type != "manual"]
    words += [_("optional")] if step.optional else []
    return ", ".join(words) or "-"


@playbook.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lenient", is_flag=True, help="Accept what others' tools write though CACAO does not allow it.")
@_json
@click.pass_context
def lint(ctx: click.Context, file: Path, lenient: bool, as_json: bool) -> None:
    """Check a playbook file (YAML or CACAO JSON); exits 0 only when it is valid.

    \b
    Example:
      atttcli playbook lint my-playbook.yaml
    """
    from atttcli.playbook.lint import is_valid
    from atttcli.playbook.load import check_file

    problems = check_file(file)
    valid = is_valid(problems, lenient=lenient)
    if as_json:
        render.emit_json_lines(
            {
                "path": p.where.path, "line": p.where.line, "message": p.message, "fatal": p.fatal, "level": p.level,
                "place": p.place,
            }
            for p in problems
        )  # fmt: skip
    else:
        words = {"error": _("error"), "lax": _("not allowed"), "warning": _("warning")}
        for problem in problems:
            render.line(f"{problem.where}: {words[problem.level]}: {retell(problem.message)}")
        count = ngettext("{count} problem", "{count} problems", len(problems))
        render.warn(f"{count}: {_('valid') if valid else _('not valid')}")
    ctx.exit(0 if valid else 2)


@playbook.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="A mermaid flow chart for a document.")
@_json
@with_app
def graph(app: App, name: str, as_mermaid: bool, as_json: bool) -> None:
    """Draw a playbook: what follows stands below, branches are indented.

    \b
    Example:
      atttcli playbook graph tt20
      atttcli playbook graph tt20 --mermaid > tt20.mmd
    """
    from atttcli.playbook.graph import mermaid, tree, ways

    book = book_or_file(app, name, lenient=True)
    english = language() == "en"
    if as_json:
        for key, step in book.steps.items():
            found = [{"label": label, "to": target} for label, target in ways(step)]
            render.emit_json({"id": key, "type": step.type, "code": step.code, "name": step.name, "ways": found})
        return
    words = {"yes": _("yes"), "no": _("no"), "failed": _("failed"), "exception": _("exception")}
    for text in mermaid(book, english) if as_mermaid else tree(book, english, words):
        render.line(text)
