"""`atttcli hunt`: ask the events that are kept, by fields or by SQL."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.hunt_output import FORMS, OF_EVENTS, show
from atttcli.errors import LimitExceeded, UsageError
from atttcli.text.messages import _, ngettext, translated

if TYPE_CHECKING:
    from atttcli.hunt.fields import FieldHunt

_MOST = 10_000_000


class HuntGroup(click.Group):
    """`hunt "SELECT ..."` and `hunt --field ...` need no name of a command: whatever is none is a question."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["ask", *args]
        return super().parse_args(ctx, args)


def _asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a hunt by fields."""
    for option in (
        click.option(
            "--field", "fields", multiple=True, metavar="NAME=VALUE",
            help="A column or native field; = != < <= > >=, * and networks; repeatable.",
        ),
        click.option("--text", default="", help="Stands in the raw record, in any case."),
        click.option("--day", default="", metavar="DAY", help="Only this day (Viet Nam's)."),
        click.option("--since", default="", metavar="TIME", help="From this moment on."),
        click.option("--until", default="", metavar="TIME", help="Until before this moment."),
        click.option("--source", default="", metavar="NAME", help="Only this log: its name, reader, or a part of its path."),
    ):  # fmt: skip
        command = option(command)
    return command


def _bounded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of what a hunt may use and how it is written."""
    for option in (
        click.option(
            "--limit", "-n", type=click.IntRange(1, _MOST), default=1000, show_default=True, help="How many rows at most."
        ),
        click.option(
            "--timeout", type=click.FloatRange(0.1, 86_400), default=60.0, show_default=True, metavar="SECONDS",
            help="How long at most.",
        ),
        click.option("--memory", default="1GB", show_default=True, metavar="SIZE", help="How much memory at most."),
        click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="How many threads."),
        click.option("--as", "form", type=click.Choice(FORMS), default="table", show_default=True, help="How it is written."),
        click.option("--json", "form", flag_value="json", help="JSON lines on stdout."),
        click.option("--csv", "form", flag_value="csv", help="CSV whose cells no spreadsheet will run."),
        click.option("--ecs", "form", flag_value="ecs", help="Elastic Common Schema documents, JSON lines."),
        click.option("--columns", default="", metavar="A,B", help="Only these columns (hunts by fields)."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group(cls=HuntGroup)
def hunt() -> None:
    """Ask the events that are kept: hunt "SELECT ...", or hunt --field NAME=VALUE --day DAY (all options: hunt ask --help).

    What SQL may ask is the table `events`, and nothing else: no files, no network, nothing is changed.

    \b
    Examples:
      atttcli hunt --field user=root --field src_ip=203.0.113.0/24 --day 2021-05-13
      atttcli hunt "SELECT src_ip, count(*) AS n FROM events GROUP BY ALL ORDER BY n DESC"
      atttcli hunt --text union+select --since 2021-05-13T08:00 --as timesketch > events.csv
    """


@hunt.command()
@click.argument("sql", required=False, default="")
@_asking
@_bounded
@with_app
def ask(
    app: App, sql: str, limit: int, timeout: float, memory: str, threads: int, form: str, columns: str, **asked: Any
) -> None:
    """Ask by SQL or by fields; `ask` itself need not be typed.

    Several --field must all hold; the same name twice is either. Days and times are Viet Nam's, in SQL they are UTC.

    \b
    Examples:
      atttcli hunt ask --field 'sc-status>=500' --day 13/05/2021 --json
      atttcli hunt ask "SELECT day, count(*) FROM events GROUP BY day ORDER BY day"
    """
    _run(app, sql, _fields(asked), limit, timeout, memory, threads, form, columns)


@hunt.command()
@click.argument("name")
@click.argument("sql", required=False, default="")
@_asking
@click.option("--note", default="", help="What it is for.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@with_app
def save(app: App, name: str, sql: str, note: str, as_json: bool, **asked: Any) -> None:
    """Keep a hunt under a name; one of that name is replaced.

    \b
    Examples:
      atttcli hunt save root-ssh --field user=root --field service=sshd --note "root must never log in"
      atttcli hunt save loud "SELECT src_ip, count(*) n FROM events GROUP BY ALL ORDER BY n DESC LIMIT 20"
    """
    from atttcli.hunt.saved import one
    from atttcli.hunt.saved import save as keep

    fields = _fields(asked)
    _check(app, sql, fields)
    keep(app.journal, name, sql, fields, note)
    if as_json:
        render.emit_json(_saved(one(app.store, name)))
    else:
        render.line(_("Saved: {command}", command=f"atttcli hunt run {name}"))


@hunt.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@with_app
def list_(app: App, as_json: bool) -> None:
    """Hunts that are saved.

    \b
    Example:
      atttcli hunt list
    """
    from atttcli.cli.casework_words import moment
    from atttcli.hunt.saved import every

    found = every(app.store)
    if as_json:
        render.emit_json_lines(map(_saved, found))
        return
    rows = ((one.name, one.sql or _asked_words(one.fields), one.note, one.actor, moment(one.at)) for one in found)
    render.table([_("Name"), _("Asks"), _("Note"), _("By"), _("When")], rows, wide=(1, 2))


@hunt.command()
@click.argument("name")
@_bounded
@with_app
def run(app: App, name: str, limit: int, timeout: float, memory: str, threads: int, form: str, columns: str) -> None:
    """Ask what was saved under a name.

    \b
    Example:
      atttcli hunt run root-ssh --json
    """
    from atttcli.hunt.saved import one

    found = one(app.store, name)
    _run(app, found.sql, found.fields, limit, timeout, memory, threads, form, columns)


@hunt.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@with_app
def remove(app: App, name: str, as_json: bool) -> None:
    """Forget a saved hunt.

    \b
    Example:
      atttcli hunt remove root-ssh
    """
    from atttcli.hunt.saved import one
    from atttcli.hunt.saved import remove as forget

    body = _saved(one(app.store, name))
    forget(app.journal, name)
    if as_json:
        render.emit_json(body)
    else:
        render.line(_("Removed: {name}", name=name))


@hunt.command()
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def schema(as_json: bool) -> None:
    """The columns of the table `events`.

    \b
    Example:
      atttcli hunt schema
    """
    from atttcli.hunt.columns import COLUMNS

    if as_json:
        render.emit_json_lines({"name": one.name, "type": one.type, "meaning": one.meaning} for one in COLUMNS)
        return
    rows = ((one.name, one.type, translated(one.meaning)) for one in COLUMNS)
    render.table([_("Column"), _("Type"), _("Meaning")], rows, wide=(2,), whole=(0, 1))


@hunt.command()
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@with_app
def sources(app: App, as_json: bool) -> None:
    """The logs that are kept, for --source.

    \b
    Example:
      atttcli hunt sources
    """
    from atttcli.cli.casework_words import moment
    from atttcli.clock import rfc3339

    rows = app.store.rows(
        "SELECT log_source, reader, min(source_path) AS path, sum(count) AS events, min(time_min) AS first,"
        " max(time_max) AS last FROM segment GROUP BY log_source, reader ORDER BY log_source"
    )
    if as_json:
        for row in rows:
            times = {name: None if row[name] is None else rfc3339(row[name]) for name in ("first", "last")}
            render.emit_json(
                {
                    "name": row["log_source"],
                    "reader": row["reader"],
                    "path": row["path"],
                    "events": row["events"],
                    **times,
                }
            )
        return
    told = (
        (row["log_source"], row["reader"], row["events"], moment(row["first"]), moment(row["last"]), row["path"])
        for row in rows
    )
    render.table([_("Name"), _("Reader"), _("Events"), _("From"), _("To"), _("File")], told, wide=(0, 5))


@hunt.command()
@click.option("--anew", is_flag=True, help="Take away all that was derived, and write it again.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@with_app
def build(app: App, anew: bool, as_json: bool) -> None:
    """Bring the Parquet files up to date with the segments; a hunt does it by itself.

    \b
    Example:
      atttcli hunt build --anew
    """
    from atttcli.hunt.build import bring_up_to_date

    with render.progress(_("Hunting files"), quiet=as_json) as report:
        done = bring_up_to_date(app.workspace, app.store, report, anew=anew)
    if as_json:
        render.emit_json({"segments": done.segments, "events": done.events, "removed": done.removed})
    else:
        render.line(
            ngettext("{count} segment written to Parquet.", "{count} segments written to Parquet.", done.segments)
        )


def _fields(asked: dict[str, Any]) -> FieldHunt:
    from atttcli.hunt.fields import FieldHunt

    return FieldHunt(**asked)


def _check(app: App, sql: str, fields: FieldHunt) -> None:
    """Not understood when it is saved, not when it is needed."""
    from atttcli.hunt.ask import Bounds, hunting
    from atttcli.hunt.choose import Chosen
    from atttcli.hunt.parts import folder_of

    statement, values = (sql, []) if sql else fields.select()
    with (
        hunting(
            folder_of(app.workspace.root), Chosen(), Bounds(seconds=10), fields.window, partial(_give_up, 10)
        ) as opened,
        opened.ask(statement, values),
    ):
        pass


def _give_up(seconds: float) -> None:
    """From another thread, while the main one is inside DuckDB and hears nothing: a hunt only reads, so nothing is lost."""
    from atttcli.cli.main import report_error

    report_error(LimitExceeded(f"the hunt took longer than {seconds:g} seconds"))
    sys.stderr.flush()
    os._exit(2)


def _run(
    app: App,
    sql: str,
    fields: FieldHunt,
    limit: int,
    timeout: float,
    memory: str,
    threads: int,
    form: str,
    columns: str,
) -> None:
    from atttcli.hunt.ask import Bounds, hunting
    from atttcli.hunt.build import bring_up_to_date
    from atttcli.hunt.choose import files
    from atttcli.hunt.derived import is_behind
    from atttcli.hunt.fields import EVERY, FieldHunt
    from atttcli.hunt.parts import folder_of

    if sql and (fields.fields or fields.text):
        raise UsageError("SQL or fields, not both", hint="write the condition into the SELECT")
    if not sql and fields == FieldHunt():
        raise UsageError(
            "what is to be hunted?", hint='atttcli hunt --field user=root, or hunt "SELECT ... FROM events"'
        )
    if sql and (form in OF_EVENTS or columns):
        raise UsageError(f"--as {form} and --columns are for hunts by fields", hint="--field, --text, --day; or --json")
    chosen = tuple(part.strip() for part in columns.split(",")) if columns and form not in OF_EVENTS else EVERY
    if not set(chosen) <= set(EVERY):
        raise UsageError(f"no column {sorted(set(chosen) - set(EVERY))[0][:40]!r}", hint="atttcli hunt schema")
    if is_behind(app.workspace, app.store):
        with render.progress(_("Hunting files"), quiet=form != "table") as report:
            bring_up_to_date(app.workspace, app.store, report)
    window = fields.window
    paths = files(app.workspace, app.store, window, fields.source)
    statement, values = (sql, []) if sql else fields.select(chosen, limit + 1)
    bounds = Bounds(memory, threads, timeout, limit)
    with (
        hunting(folder_of(app.workspace.root), paths, bounds, window, partial(_give_up, timeout)) as opened,
        opened.ask(statement, values) as answer,
    ):
        show(answer, form, by_fields=not sql, chosen=bool(columns))
    if answer.truncated:
        render.warn(_("Only the first {count} rows: --limit N gives more.", count=limit))


def _saved(one: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from atttcli.clock import rfc3339

    asked = {
        key: list(value) if isinstance(value, tuple) else value for key, value in asdict(one.fields).items() if value
    }
    return {"name": one.name, "sql": one.sql, "filter": asked, "note": one.note, "by": one.actor, "at": rfc3339(one.at)}


def _asked_words(fields: FieldHunt) -> str:
    words = [f"--field {one}" for one in fields.fields]
    words += [
        f"--{name} {value}" for name in ("text", "day", "since", "until", "source") if (value := getattr(fields, name))
    ]
    return " ".join(words)
