"""`atttcli playbook import | export | new | remove | trust | distrust`: files in, files out, and what may run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.playbook import book_or_file, is_file, library, summary
from atttcli.errors import Conflict, InputError, Where
from atttcli.text.messages import _

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_out = click.option("--output", "-o", type=click.Path(path_type=Path), help="A new file instead of the screen.")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="", help="What people type; the file's name by default.")
@click.option("--lenient", is_flag=True, help="Keep one that is not valid as others write it; it cannot be run.")
@_json
@with_app
def import_(app: App, file: Path, name: str, lenient: bool, as_json: bool) -> None:
    """Take a playbook into this workspace, unchanged and pinned by its digest.

    \b
    Example:
      atttcli playbook import partner.json
    """
    from atttcli.playbook.library import import_playbook

    book = import_playbook(app.journal, app.workspace.root, file, name=name, lenient=lenient)
    if as_json:
        render.emit_json(summary(book))
    else:
        render.line(_("{name}: {title} (sha256 {digest}…)", name=book.short, title=book.name, digest=book.digest[:16]))


@click.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--yaml", "as_yaml", is_flag=True, help="YAML that reads back equal instead of JSON.")
@_out
@_json
@with_app
def export(app: App, name: str, as_yaml: bool, output: Path | None, as_json: bool) -> None:
    """Print a playbook as CACAO JSON, or as YAML; a file is converted as it is, valid or not.

    \b
    Example:
      atttcli playbook export tt20 > tt20.json
      atttcli playbook export partner.json --yaml -o partner.yaml
    """
    from atttcli.playbook.document import json_text, read_document
    from atttcli.playbook.yaml_out import to_yaml

    document = read_document(Path(name)) if is_file(name) else library(app).document(name)
    if as_json:
        render.emit_json(document)
    else:
        _write(to_yaml(document) if as_yaml else json_text(document), output)


def _write(text: str, output: Path | None) -> None:
    """A document for a file: not made safe for a screen, as it must read back equal; a terminal gets it escaped."""
    if output is not None:
        try:
            with output.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except FileExistsError as error:
            raise Conflict(f"{output} exists", hint="name another file") from error
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=Where(str(output))) from error
    elif sys.stdout.isatty():
        render.block(text)
    else:
        click.echo(text, nl=False)


@click.command()
@click.argument("name")
@click.option("--title", default="", help="Its title; the name by default.")
@_out
@_json
@with_app
def new(app: App, name: str, title: str, output: Path | None, as_json: bool) -> None:
    """Print a whole, valid beginning of a playbook.

    \b
    Example:
      atttcli playbook new ro-ri-du-lieu --title "Rò rỉ dữ liệu" -o ro-ri-du-lieu.yaml
    """
    from atttcli.clock import from_micros
    from atttcli.playbook.document import parse_document
    from atttcli.playbook.template import new_playbook

    today = from_micros(app.clock.now()).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    text = new_playbook(name, title or name, today)
    if as_json:
        render.emit_json(parse_document(text.encode(), "new.yaml"))
    else:
        _write(text, output)


@click.command()
@click.argument("name")
@click.option("--reason", default="", help="Why.")
@_json
@with_app
def remove(app: App, name: str, reason: str, as_json: bool) -> None:
    """No longer offer an imported playbook; its runs go on.

    \b
    Example:
      atttcli playbook remove partner --reason "bản cũ"
    """
    from atttcli.playbook.library import remove_playbook

    book = library(app).find(name, lenient=True)
    remove_playbook(app.journal, book.short, reason)
    _said(book, as_json, _("{name} is removed.", name=book.short))


@click.command()
@click.argument("name")
@click.option("--reason", default="", help="Why: who read it, what it does.")
@_json
@with_app
def trust(app: App, name: str, reason: str, as_json: bool) -> None:
    """Let commands of exactly this playbook run on this machine, when somebody says yes to each.

    \b
    Example:
      atttcli playbook trust partner --reason "đã đọc từng lệnh"
    """
    from atttcli.playbook import execute

    book = _known(app, name)
    execute.trust(app.journal, book, reason)
    _said(
        book, as_json, _("{name} is trusted: sha256 {digest}…", name=book.short, digest=book.digest[:16]), trusted=True
    )


@click.command()
@click.argument("name")
@click.option("--reason", default="", help="Why.")
@_json
@with_app
def distrust(app: App, name: str, reason: str, as_json: bool) -> None:
    """No command of it runs here any more.

    \b
    Example:
      atttcli playbook distrust partner
    """
    from atttcli.playbook import execute

    book = _known(app, name)
    execute.distrust(app.journal, book, reason)
    _said(book, as_json, _("{name} is no longer trusted.", name=book.short))


def _known(app: App, name: str) -> Any:
    return book_or_file(app, name) if is_file(name) else library(app).find(name)


def _said(book: Any, as_json: bool, text: str, *, trusted: bool = False) -> None:
    if as_json:
        render.emit_json(summary(book, trusted))
    else:
        render.line(text)
