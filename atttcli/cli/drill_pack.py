"""`atttcli drill pack | unpack | merge | teams`: drills of teams that no network connects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.drill_open import code_argument, json_option, mark, open_drill
from atttcli.cli.drill_words import dimension_word
from atttcli.errors import Refused
from atttcli.text.messages import _, ngettext

_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@code_argument
@click.option(
    "--for", "kind", type=click.Choice(("controller", "player", "run")), default="player", show_default=True,
    help="A controller at the site gets the whole scenario, players get no answers; run brings back what was done.",
)  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Else in the drill's outbox.")
@json_option
@with_app
def pack(app: App, code: str, kind: str, output: Path | None, as_json: bool) -> None:
    """Pack one team's drill into a signed file for a USB stick, or at the site what was done there.

    \b
    Examples:
      atttcli drill pack DT-2026-0001-xa -o /media/usb/xa.zip
      atttcli drill pack last --for run -o /media/usb/xa-ve.zip
    """
    import hashlib

    from atttcli.drill.packing import pack as make
    from atttcli.store.durable import make_folder, write_whole

    app.permit("drill.packed")
    with open_drill(app, code) as room:
        data = make(room, kind)
        path = output or room.workspace.outbox / f"{room.code}-{kind}.zip"
        make_folder(path.parent, 0o777)
        write_whole(path, data)
        digest = hashlib.sha256(data).hexdigest()
        if as_json:
            render.emit_json(
                {"drill": room.code, "kind": kind, "path": str(path), "bytes": len(data), "sha256": digest}
            )
            return
        render.line(mark(room.code))
        render.line(_("Written: {path}", path=path))
        render.line(f"SHA-256 {digest}")
        if kind != "run":
            render.line(_("At the site: {command}", command=f"atttcli drill unpack {path.name}"))
            render.line(_("From now on this drill is run at the site only."))


@click.command()
@_file
@json_option
@with_app
def unpack(app: App, file: Path, as_json: bool) -> None:
    """At a team's site: make the drill of a bundle stand here, ready to be run.

    \b
    Example:
      atttcli drill unpack /media/usb/xa.zip
    """
    from atttcli.drill.merging import unpack as take

    app.permit("drill.planned")
    found = take(app.workspace.root, file, app.identity.name)
    _tell(found, as_json)
    if not as_json:
        render.line(_("Next: {command}", command=f"atttcli drill run {found.drill}"))


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--accept-key", is_flag=True, help="The team packed on another machine than before, and you asked them.")
@json_option
@with_app
def merge(app: App, files: tuple[Path, ...], accept_key: bool, as_json: bool) -> None:
    """At the centre: take over what teams did at their sites. The same file twice changes nothing; what was altered is refused.

    \b
    Example:
      atttcli drill merge /media/usb/*-ve.zip
    """
    from atttcli.cli.drill_run import _held
    from atttcli.drill.merging import merge as take
    from atttcli.drill.merging import opened

    app.permit("drill.held")
    for file in files:
        bundle, entries = opened(file)
        with open_drill(app, bundle.manifest["drill"]) as room:
            _check_key(app, room.code, bundle.key, accept_key)
            found = take(room, bundle, entries)
            if found.new:
                body = {"entries": found.entries, "hash": bundle.manifest["hash"], "key": bundle.key}
                app.journal.append("drill.merged", room.code, body)
            if room.play().ended is not None:
                _held(app, room)
        _tell(found, as_json)


def _check_key(app: App, code: str, key: str, accepted: bool) -> None:
    """Who brings the next part of a run packs with the key of the first part; else a person has to say that it is right."""
    known = [entry.payload.get("key") for entry in app.journal.entries(code, ("drill.merged",))]
    if known and known[-1] != key and not accepted:
        raise Refused(
            f"{code} was packed with another key than before", guard="key", hint="ask the team, then: --accept-key"
        )


def _tell(found: Any, as_json: bool) -> None:
    if as_json:
        render.emit_json(
            {
                "drill": found.drill,
                "entries": found.entries,
                "new": found.new,
                "rulings": found.rulings,
                "key": found.key,
            }
        )
        return
    render.line(mark(found.drill))
    text = ngettext("{count} new entry of {all}.", "{count} new entries of {all}.", found.new, all=found.entries)
    render.line(text + " " + _("Signed by {key}.", key=found.key[:16]))
    if found.rulings:
        told = ngettext("{count} grade or ruling was made at the site: look at it.",
                        "{count} grades or rulings were made at the site: look at them.", found.rulings)  # fmt: skip
        render.warn(told)


@click.command()
@code_argument
@json_option
@with_app
def teams(app: App, code: str, as_json: bool) -> None:
    """Teams of one drill side by side. Teams closer to each other than one expectation's worth share a rank.

    \b
    Example:
      atttcli drill teams last
    """
    from atttcli.drill.room import find_code, teams_of
    from atttcli.drill.score import score
    from atttcli.drill.teams import standings
    from atttcli.model.drill import DIMENSIONS

    rows = []
    for one in teams_of(app.workspace.root, find_code(app.workspace.root, code)):
        with open_drill(app, one) as room:
            if room.is_sealed:
                raise Refused("this copy holds no answers", guard="sealed", hint="atttcli drill pack --for run")
            play = room.play()
            rows.append(
                (
                    str(room.planned["team"]),
                    room.code,
                    room.scenario,
                    score(room.scenario, play),
                    play.ended is not None,
                )
            )
    found = standings(rows)
    if as_json:
        render.emit_json_lines(
            {
                "team": one.team, "drill": one.code, "total": round(one.total, 2), "rank": one.rank or None,
                "margin": round(one.margin, 2), "valid": one.score.valid,
                "dimensions": {dim: None if value is None else round(value, 4) for dim, value in one.score.dims},
            }
            for one in found
        )  # fmt: skip
        return
    render.table(
        (_("Rank"), _("Team"), _("Total"), *(dimension_word(dim) for dim in DIMENSIONS)),
        (
            (
                one.rank or "-", one.team, f"{one.total:.1f}",
                *("-" if value is None else f"{100 * value:.0f}" for _dim, value in one.score.dims),
            )
            for one in found
        ),
    )  # fmt: skip
    if found:
        render.line(
            _("Less than {margin} points apart is no difference: one expectation can be worth that much.",
              margin=f"{found[0].margin:.1f}")
        )  # fmt: skip
