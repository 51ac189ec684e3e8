"""`atttcli source`: which logs can be read, what was understood of one line by line, and a mapping file for one that is unknown."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.errors import InputError, UsageError, Where
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atttcli.ingest.route import Failure, Item

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line.")
ZONE = click.option("--source-tz", "zone", default="", metavar="+07:00", help="Zone of stamps that carry none.")


@click.group()
def source() -> None:
    """Log formats: what can be read, and what was understood of a file.

    \b
    Example:
      atttcli source test fortigate.log
    """


@source.command("test")
@click.argument("file", metavar="FILE")
@click.option("--mapping", type=click.Path(dir_okay=False), metavar="YAML", help="Read it by this mapping file.")
@click.option(
    "--lines",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="How many records are shown; all are counted.",
)
@click.option("--fields", is_flag=True, help="The native fields of each record too.")
@ZONE
@AS_JSON
@with_app
def test(app: App, file: str, mapping: str | None, lines: int, fields: bool, zone: str, as_json: bool) -> None:
    """What was understood of a log, line by line: time, log source, head fields, and what was not and why.

    Nothing is stored. Archives and compressed files are opened. Exit code 2 if no reader knows the file, or
    it cannot be read to its end.

    \b
    Examples:
      atttcli source test fortigate.log --lines 5 --fields
      atttcli source test phan-mem.log --mapping phan-mem.yaml
    """
    from atttcli.cli import source_view
    from atttcli.ingest.route import Failure

    known, failed = False, 0
    for item in _items(file, mapping, zone):
        try:
            known |= source_view.show(item, lines, fields, as_json)
            failed += isinstance(item, Failure)
        except InputError as error:  # one file of an archive; the others are still shown
            known, failed = True, failed + 1
            render.warn(f"{error.where or file}: {retell(error.message)}")
    if failed:
        render.warn(ngettext("{count} file could not be read whole.", "{count} files could not be read whole.", failed))
        click.get_current_context().exit(2)
    if not known:
        raise InputError("no log that any reader knows", where=Where(file), hint=f"atttcli source mapping {file}")


@source.command("list")
@AS_JSON
@with_app
def list_(app: App, as_json: bool) -> None:
    """Every log reader: what it reads, the log sources that its events have, the head fields that it fills.

    \b
    Example:
      atttcli source list
    """
    from atttcli.cli.source_words import words
    from atttcli.sources import LOG_SOURCES

    told, readers = words(), _readers()
    if as_json:
        for one in LOG_SOURCES:
            found = readers.get(one.name, {})
            render.emit_json(
                {"reader": one.name, **{key: list(found.get(key, ())) for key in ("sources", "head", "fields")}}
            )
        return
    rows = [
        (one.name, told.get(one.name, ""), " ".join(readers.get(one.name, {}).get("head", ()))) for one in LOG_SOURCES
    ]
    render.table((_("reader"), _("what it reads"), _("head fields")), rows, wide=(1, 2), whole=(0,))


@source.command("mapping")
@click.argument("file", metavar="FILE")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="YAML", help="Write it there instead of to the screen."
)
@AS_JSON
@with_app
def mapping(app: App, file: str, output: Path | None, as_json: bool) -> None:
    """Draft a mapping file from a sample (JSON lines, CSV or name=value): fields guessed by their names and values.

    Look it over, then: atttcli source test FILE --mapping YAML; atttcli ingest FILE --mapping YAML.

    \b
    Example:
      atttcli source mapping phan-mem.json -o phan-mem.yaml
    """
    from atttcli.cli.source_view import draft

    text, told = draft(next((item for item in _items(file, None, "") if not _failed(item)), None), file)
    if output is not None:
        if output.exists():
            raise UsageError(_("{path} exists", path=str(output)), hint="-o another.yaml")
        output.write_text(text, encoding="utf-8")
    if as_json:
        render.emit_json({"file": file, "mapping": text, "guessed": told, "output": str(output) if output else None})
    elif output is None:
        render.block(text.rstrip("\n"))
        render.warn(_("Guessed: {fields}", fields=told or _("nothing")))
    else:
        render.line(_("Written: {path}. Guessed: {fields}", path=str(output), fields=told or _("nothing")))
        quoted, made = shlex.quote(file), shlex.quote(str(output))
        render.line(_("Look it over, then: {command}", command=f"atttcli source test {quoted} --mapping {made}"))
        render.line(_("Then: {command}", command=f"atttcli ingest {quoted} --mapping {made}"))


def _readers() -> dict[str, dict[str, list[str]]]:
    """What each reader makes of our samples; `.ci/readers.py` writes it."""
    import json
    from importlib.resources import files

    found: dict[str, dict[str, list[str]]] = json.loads(
        (files("atttcli.sources") / "readers.json").read_text(encoding="utf-8")
    )
    return found


def _failed(item: Item | Failure) -> bool:
    from atttcli.ingest.route import Failure

    return isinstance(item, Failure) or item.kind == "archive"


def _items(file: str, mapping: str | None, zone: str) -> Iterator[Item | Failure]:
    from atttcli.cli.ingest import zone_of
    from atttcli.ingest.route import Manner, Router
    from atttcli.limits import MIB, read_bounded
    from atttcli.sources.mapping import MappedLog, load_mapping

    made: Any = None
    if mapping is not None:
        with Path(mapping).open("rb") as stream:
            made = MappedLog(load_mapping(read_bounded(stream, MIB), mapping))
    if file != "-" and not Path(file).exists():
        raise InputError("no such file", where=Where(file))
    yield from Router([file], Manner(zone=zone_of(zone), mapping=made)).items()
