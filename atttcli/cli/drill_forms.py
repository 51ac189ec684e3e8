"""`atttcli drill forms`: what people fill in by hand, blank or filled from the drill's journal."""

from __future__ import annotations

from pathlib import Path

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import code_argument, json_option, open_drill
from atttcli.cli.drill_papers import _formats, _language, _output, _write
from atttcli.errors import NotFound, Refused
from atttcli.text.messages import _

_FORMS = ("scope", "ruling", "red", "blue", "sheet")


@click.command("forms")
@code_argument
@click.option(
    "--form", "names", multiple=True, type=click.Choice(_FORMS),
    help="Scope and pledge, judges' sheet, reports of red and blue, answer sheets; all that fit by default.",
)  # fmt: skip
@click.option("--blank", is_flag=True, help="Nothing of what happened: to be filled in by hand.")
@click.option("--module", default="", metavar="ID", help="One part of a tabletop, to be handed out when it begins.")
@_formats
@_language
@_output
@json_option
@with_app
def forms(
    app: App, code: str, names: tuple[str, ...], blank: bool, module: str, formats: tuple[str, ...], language: str | None,
    output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Forms of an exercise on real systems, and answer sheets of a tabletop; blank, or filled from what was entered.

    \b
    Examples:
      atttcli drill forms last --blank
      atttcli drill forms last --form ruling --format docx --format pdf
      atttcli drill forms last --form sheet --module M1 --blank
    """
    from atttcli.drill.forms import build_forms
    from atttcli.reports.drill import render_drill
    from atttcli.reports.drill_forms import compose_form

    with open_drill(app, code) as room:
        model = build_forms(room, app.organisation, app.clock.now())
        live = room.scenario.format == "log"
        if module and module.upper() not in {one.id for one in model.modules}:
            raise NotFound(f"no module {module[:20]!r}", hint=", ".join(one.id for one in model.modules))
        if not live and any(name != "sheet" for name in names):
            raise Refused(_("only an exercise on real systems has these forms"), guard="format", hint="--form sheet")
        wanted = names or (("scope", "ruling", "red", "blue") if live else ("sheet",))
        papers: dict[tuple[str, str], bytes] = {}
        for name in wanted:
            outline = compose_form(model, language or model.head.language, name, blank=blank, module=module.upper())
            mark = "-".join(filter(None, (name, module.upper(), "blank" if blank else "")))
            papers |= {(mark, one): render_drill(outline, one) for one in formats or ("docx",) if one != "json"}
        if "json" in formats:
            raise Refused(_("forms are for people: no JSON"), guard="format", hint="--format docx")
        _write(room, output, room.code, {f"{mark}.{one}": data for (mark, one), data in papers.items()}, as_json)
