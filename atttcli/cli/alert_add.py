"""`alert add`: from typed fields, pasted text and pictures to a stored alert."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.clock import parse_moment
from atttcli.errors import InputError, UsageError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.cli.context import App


def add_alert(
    app: App, text_file: str | None, image: str | None, typed: dict[str, str], clipboard: bool = False
) -> tuple[str, int, int]:
    """The alert's number, the new indicators, and the alerts that those made of events already kept."""
    from atttcli.model.severity import parse_severity
    from atttcli.sources.pasted import read_pasted
    from atttcli.sources.scope import Scope
    from atttcli.triage.desk import Desk
    from atttcli.triage.manual import Typed, add_manual

    app.permit("alert.added")
    if not (text_file or image or clipboard or typed["title"]):
        raise UsageError(_("nothing to add"), hint="--from-text -, --clipboard, --image FILE or --title …")
    own = (app.inventory.own_networks(), app.inventory.own_domains())
    text = _pasted() if clipboard else _text(text_file) if text_file else ""
    pasted = read_pasted(text, *own) if text else None
    sha256, name = _keep_image(app, image) if image else ("", "")
    fields = Typed(
        title=typed["title"], sender=typed["sender"], channel=typed["channel"], received=_moment(typed["received"]),
        detected=_moment(typed["detected"]), severity=parse_severity(typed["severity"]), category=typed["category"],
        victim=typed["victim"],
        image=sha256, image_name=name,
    )  # fmt: skip
    desk = Desk(app.store, app.inventory, app.clock)
    now = app.clock.now()
    number, new = add_manual(app.store, desk, fields, pasted, text, Scope(*own, ()), app.journal.actor, now)
    return number, new, _match_kept(app) if new else 0


def _match_kept(app: App) -> int:
    from atttcli.ingest.route import Manner
    from atttcli.ingest.run import Ingest

    return Ingest(app.workspace, app.store, app.inventory, app.clock, app.journal.actor, Manner()).catch_up()


def _pasted() -> str:
    from atttcli.process.clipboard import read_clipboard

    return read_clipboard()[: 4 * MIB].decode("utf-8-sig", "backslashreplace")


def _text(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(4 * MIB + 1)
        else:
            with Path(name).open("rb") as stream:
                data = read_bounded(stream, 4 * MIB, Where(name))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=Where(name)) from error
    return data.decode("utf-8-sig", "backslashreplace")


def _keep_image(app: App, image: str) -> tuple[str, str]:
    from atttcli.evidence.vault import Vault

    with Path(image).open("rb") as stream:
        sha256, _size = Vault(app.workspace.vault).keep(stream, image, 64 * MIB)
    return sha256, Path(image).name


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_moment(text)
    except ValueError as error:
        raise UsageError(_("{text} is no time", text=text), hint="--received '23/11/2026 10:04'") from error
