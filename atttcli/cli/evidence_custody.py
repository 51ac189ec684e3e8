"""`atttcli evidence seal | unseal | move | form`: the chain of custody, and its printed form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.incident_input import vault_of
from atttcli.errors import UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.model.evidence import Exhibit
    from atttcli.reports.custody import CustodyForm

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.command()
@click.argument("number", metavar="ID")
@click.option("--seal", "mark", required=True, metavar="NUMBER", help="Number of the seal.")
@click.option("--place", default="", help="Where it is kept.")
@click.option("--note", default="", help="What is to be known of it.")
@_json
@with_app
def seal(app: App, number: str, mark: str, place: str, note: str, as_json: bool) -> None:
    """Put a piece under a numbered seal; it is re-hashed first.

    \b
    Example:
      atttcli evidence seal CC-2026-0001 --seal NP-0012 --place "tủ số 2"
    """
    from atttcli.evidence.custody import seal as record

    _tell(record(app.journal, vault_of(app), number, mark, place=place, note=note), as_json)


@click.command()
@click.argument("number", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def unseal(app: App, number: str, reason: str, as_json: bool) -> None:
    """Break a seal, with a reason.

    \b
    Example:
      atttcli evidence unseal CC-2026-0001 --reason "giám định"
    """
    from atttcli.evidence.custody import unseal as record

    _tell(record(app.journal, vault_of(app), number, reason), as_json)


@click.command()
@click.argument("number", metavar="ID")
@click.option("--to", "to", default="", metavar="NAME", help="Who takes it: person or office.")
@click.option("--why", default="", metavar="TEXT", help="Why.")
@click.option("--place", default="", help="Where it will be kept.")
@click.option("--paper", default="", metavar="NUMBER", help="Number of the minutes of hand-over.")
@click.option("--seal-intact/--seal-broken", "intact", default=None, help="State of the seal, asked of a sealed piece.")
@_json
@with_app
def move(app: App, number: str, to: str, why: str, place: str, paper: str, intact: bool | None, as_json: bool) -> None:
    """Hand a piece over; it is re-hashed first, and refused when it is not what was collected.

    \b
    Example:
      atttcli evidence move CC-2026-0001 --to "Công an tỉnh, PA05" --why "bàn giao điều tra" --paper 03/BB --seal-intact
    """
    from atttcli.evidence.custody import HandOver
    from atttcli.evidence.custody import move as record

    step = HandOver(to=to, why=why, place=place, paper=paper, seal_intact=intact)
    _tell(record(app.journal, vault_of(app), number, step), as_json)


@click.command()
@click.argument("number", metavar="ID")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(("docx", "pdf", "html", "txt", "json")),
    help="Repeatable; docx.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Else the outbox."
)
@click.option("--lang", "spoken", type=click.Choice(("vi", "en")), help="Language of the form; else the workspace's.")
@_json
@with_app
def form(
    app: App, number: str, formats: tuple[str, ...], spoken: str | None, output: Path | None, as_json: bool
) -> None:
    """The custody form to print and sign: what it is, its whole chain, room for the next hand-overs.

    \b
    Example:
      atttcli evidence form CC-2026-0001 --format docx --format html
    """
    from atttcli.reports.custody import render_custody
    from atttcli.store.durable import write_whole

    made = _form(app, number, spoken or app.workspace.language)
    folder = output or app.workspace.outbox
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in formats or ("docx",):
        path = folder / f"phieu-{made.number}.{made.language}.{kind}"
        write_whole(path, render_custody(made, kind))
        paths.append(path)
    if as_json:
        render.emit_json({"number": made.number, "files": [str(path) for path in paths]})
        return
    for path in paths:
        render.line(_("Written: {path}", path=path))


def _form(app: App, text: str, language: str) -> CustodyForm:
    from atttcli.evidence.custody import chain
    from atttcli.evidence.vault import exhibit
    from atttcli.incident.metrics import is_drill
    from atttcli.incident.notice import specialised_organ
    from atttcli.people.users import full_names
    from atttcli.reports.custody import CustodyForm, CustodyStep

    item = exhibit(app.store, text)
    of = app.store.row("SELECT title, exercise FROM incident WHERE number = ?", item.incident)
    organ = specialised_organ(app.organisation)
    spoken: Literal["vi", "en"] = "en" if language == "en" else "vi"
    head = app.store.value("SELECT hash FROM journal ORDER BY seq DESC LIMIT 1")
    names = full_names(app.store)
    holder = item.holder or item.actor
    steps = tuple(
        CustodyStep(
            one.at, names.get(one.actor, one.actor), one.action,
            {key: names.get(str(value), value) if key in {"from", "to"} else value for key, value in one.detail.items()},
            one.note,
        )
        for one in chain(app.store, item.number)
    )  # fmt: skip
    return CustodyForm(
        item.number, item.incident, of["title"] if of else "", item.name, item.serial, item.sha256, item.size, item.source,
        names.get(holder, holder), item.seal, steps, organ.superior, organ.name, organ.place, head, app.clock.now(), spoken,
        is_drill(app.workspace.root) or bool(of and of["exercise"]),
    )  # fmt: skip


def _tell(item: Exhibit, as_json: bool) -> None:
    from atttcli.cli.evidence import exhibit_json

    if as_json:
        render.emit_json(exhibit_json(item))
        return
    sealed = _("seal {seal}", seal=item.seal) if item.seal else _("no seal")
    render.line(f"{item.number}  {item.name}  {_('held by {who}', who=item.holder)}  {item.place or '-'}  {sealed}")


def thing_given(files: tuple[Path, ...], item: str) -> bool:
    """Whether `evidence add` is about a thing; UsageError when it is about both or neither."""
    if bool(files) == bool(item):
        raise UsageError("name files, or a thing with --item", hint="atttcli evidence add --help")
    return bool(item)
