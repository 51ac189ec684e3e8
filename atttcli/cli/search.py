"""`atttcli search`: one search over incidents, notes, tasks, evidence, advisories and alerts."""

from __future__ import annotations

import click

from atttcli.cli import render
from atttcli.cli.casework_words import moment
from atttcli.cli.context import App, with_app
from atttcli.clock import rfc3339
from atttcli.text.messages import _

_KINDS = ("incident", "note", "task", "evidence", "advisory", "alert")


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only these; repeatable.")
@click.option("--limit", "-n", default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@with_app
def search(app: App, text: tuple[str, ...], kinds: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Search what people wrote and what alerts are called, with or without diacritics.

    Every word must stand there, or a word that begins with it; what has the very diacritics comes first. Writes nothing.

    \b
    Examples:
      atttcli search ma hoa du lieu
      atttcli search "mật khẩu" --kind note --json
    """
    from atttcli.store.search import search as look

    found = look(app.store, " ".join(text), kinds, max(limit, 1))
    if as_json:
        render.emit_json_lines(
            {
                "kind": hit.kind, "object": hit.object, "incident": hit.incident, "exact": hit.exact, "text": hit.text,
                "time": None if hit.at is None else rfc3339(hit.at),
            }
            for hit in found
        )  # fmt: skip
        return
    for hit in found:
        place = f" ({hit.incident})" if hit.incident and hit.incident != hit.object else ""
        render.line(f"{hit.object}{place}  {moment(hit.at)}  {hit.text}")
    if not found:
        render.line(_("Nothing found."))
