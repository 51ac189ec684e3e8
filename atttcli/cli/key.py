"""`atttcli key`: the centre's keys and those of others that it trusts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.clock import local_text, rfc3339
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.signing.registry import KeyRing, KnownKey

_HOW = "ATTTCLI_PASSPHRASE_FILE=… atttcli …"
_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group()
def key() -> None:
    """The centre's keys: kits seal to them, and they sign kits and rules; keys of others whose signatures count here.

    The secrets stand in the workspace's folder keys and nowhere else: `db backup` takes none of them, `key backup` makes a
    locked copy for the safe.

    \b
    Example:
      atttcli key create --name "Trung tâm ATTT" --passphrase
      atttcli key show
    """


@key.command()
@click.option("--name", default="", help="What it is called.")
@click.option("--passphrase", "locked", is_flag=True, help="Lock it (asks; or ATTTCLI_PASSPHRASE_FILE).")
@_json
@with_app
def create(app: App, name: str, locked: bool, as_json: bool) -> None:
    """Make the key that is used from now on; earlier ones go on opening what was sealed to them.

    \b
    Example:
      atttcli key create --name "Trung tâm ATTT 2026" --passphrase
    """
    from atttcli.signing.registry import create_key

    passphrase = _new_passphrase(_("the new key")) if locked else None
    made = create_key(app.journal, app.workspace.keys, name, passphrase)
    _tell(app, made, as_json)
    if not as_json:
        render.line(_("Keep a copy in the safe: atttcli key backup FILE"))


@key.command("list")
@_json
@with_app
def list_(app: App, as_json: bool) -> None:
    """Own keys, newest first, then those of others.

    \b
    Example:
      atttcli key list --json
    """
    from atttcli.signing.registry import known_keys

    found = known_keys(app.store)
    if as_json:
        render.emit_json_lines(_as_json(app, one) for one in found)
        return
    render.table(
        (_("Key"), _("Whose"), _("Fingerprint"), _("Since"), _("State"), _("Secrets")),
        (
            (
                one.public.id, one.name or (_("our own") if one.own else ""), one.public.fingerprint,
                local_text(one.since, seconds=False), _state(one), _secrets(app, one) if one.own else "-",
            )
            for one in found
        ),
        wide=(1,),
    )  # fmt: skip


@key.command()
@click.argument("identity", required=False, metavar="[KEY]")
@click.option("--output", type=click.Path(path_type=Path), help="Write the public key to a file that minisign reads.")
@_json
@with_app
def show(app: App, identity: str | None, output: Path | None, as_json: bool) -> None:
    """The public half of a key (by default the one in use): its fingerprint is read out over the telephone.

    \b
    Example:
      atttcli key show --output trung-tam.pub
    """
    from atttcli.signing.files import public_text
    from atttcli.signing.registry import current_key, find_key

    found = find_key(app.store, identity) if identity else current_key(app.store)
    if output is not None:
        _write_new(output, public_text(found.public))
    _tell(app, found, as_json)


@key.command()
@click.argument("text", metavar="FILE|KEY")
@click.option("--name", default="", help="Whose it is.")
@click.option("--fingerprint", default="", metavar="DIGITS", help="As its owner read it out on the telephone.")
@_json
@with_app
def trust(app: App, text: str, name: str, fingerprint: str, as_json: bool) -> None:
    """Let signatures of another's key count here: a public key as minisign writes it, a file or the line itself.

    \b
    Example:
      atttcli key trust vung.pub --name "Trung tâm vùng" --fingerprint "1234 5678 9012 3456 7890 1234"
    """
    from atttcli.errors import InputError, Where
    from atttcli.limits import read_bounded
    from atttcli.signing.files import read_public
    from atttcli.signing.registry import trust_key

    data, path = text.encode("utf-8", "backslashreplace"), Path(text)
    try:
        if path.is_file():
            with path.open("rb") as stream:
                data = read_bounded(stream, 4096, Where(text))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(text)) from None
    _tell(app, trust_key(app.journal, read_public(data), name, fingerprint), as_json)


@key.command()
@click.argument("identity", metavar="KEY")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@_json
@with_app
def revoke(app: App, identity: str, reason: str, as_json: bool) -> None:
    """Nothing that a key signs counts any more; an own one still opens the bundles that were sealed to it.

    \b
    Example:
      atttcli key revoke 3f2a90c1 --reason "mất máy"
    """
    from atttcli.signing.registry import revoke_key

    _tell(app, revoke_key(app.journal, identity, reason), as_json)


@key.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@_json
@with_app
def backup(app: App, target: Path, as_json: bool) -> None:
    """A copy of all own keys for the safe, locked under a passphrase of its own (asks; or ATTTCLI_PASSPHRASE_FILE).

    \b
    Example:
      atttcli key backup /media/ket-sat/khoa-trung-tam.keys
    """
    from atttcli.signing.safekeeping import back_up_keys

    app.permit("key.created")
    ids = back_up_keys(app.workspace.keys, key_ring(app), target, _new_passphrase(_("the copy")))
    _tell_copied(target, ids, as_json, _("{count} keys are in {path}: keep it in the safe, its passphrase elsewhere."))


@key.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@_json
@with_app
def restore(app: App, source: Path, as_json: bool) -> None:
    """Put keys back that are missing here, from a copy; they stay locked under the copy's passphrase.

    \b
    Example:
      atttcli key restore /media/ket-sat/khoa-trung-tam.keys
    """
    from atttcli.signing.safekeeping import restore_keys

    app.permit("key.created")
    ids = restore_keys(app.store, app.workspace.keys, source)
    _tell_copied(source, ids, as_json, _("{count} keys were put back from {path}."))


def key_ring(app: App) -> KeyRing:
    """This centre's secrets; the passphrase of a locked key is asked when it is needed."""
    from atttcli.signing.registry import KeyRing, own_keys

    return KeyRing(app.workspace.keys, _passphrase, own_keys(app.store))


def _passphrase(identity: str) -> str:
    from atttcli.cli.user import read_passphrase

    return read_passphrase(_("key {id}", id=identity), hint=_HOW)


def _new_passphrase(name: str) -> str:
    from atttcli.cli.user import read_passphrase

    return read_passphrase(name, confirm=True, hint=_HOW)


def _write_new(path: Path, text: str) -> None:
    from atttcli.errors import Conflict, WorkspaceError
    from atttcli.store.durable import write_first

    try:
        if not write_first(path, text.encode(), 0o644):
            raise Conflict(f"{path} exists", hint="name another file")
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}") from None


def _tell_copied(path: Path, ids: list[str], as_json: bool, text: str) -> None:
    if as_json:
        render.emit_json({"path": str(path), "keys": ids})
    else:
        render.line(text.format(count=len(ids), path=path))


def _tell(app: App, one: KnownKey, as_json: bool) -> None:
    if as_json:
        render.emit_json(_as_json(app, one))
        return
    from atttcli.signing.files import public_line

    render.table(
        (_("Field"), _("Value")),
        [
            (_("Key"), one.public.id),
            (_("Whose"), one.name or (_("our own") if one.own else "")),
            (_("Fingerprint"), one.public.fingerprint),
            (_("State"), _state(one)),
            (_("Public key"), public_line(one.public)),
        ],
        wide=(1,),
    )


def _state(one: KnownKey) -> str:
    if one.revoked is not None:
        return _("revoked: {why}", why=one.why)
    return _("in force")


def _secrets(app: App, one: KnownKey) -> str:
    held = _held(app, one)
    return {"missing": _("missing"), "locked": _("locked"), "open": _("not locked")}[held]


def _held(app: App, one: KnownKey) -> str:
    from atttcli.errors import IntegrityError, NotFound
    from atttcli.signing.keys import find_key_file

    try:
        return "locked" if find_key_file(app.workspace.keys, one.public.id).locked else "open"
    except (NotFound, IntegrityError):
        return "missing"


def _as_json(app: App, one: KnownKey) -> dict[str, Any]:
    from atttcli.signing.files import public_line

    return {
        "id": one.public.id, "name": one.name, "own": one.own, "fingerprint": one.public.fingerprint,
        "public_key": public_line(one.public), "seal_public": one.public.seal.hex(), "since": rfc3339(one.since),
        "revoked": None if one.revoked is None else rfc3339(one.revoked), "why": one.why,
        "secrets": _held(app, one) if one.own else "",
    }  # fmt: skip
