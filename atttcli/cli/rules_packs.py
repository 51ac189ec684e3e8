"""`atttcli rules pack|sign|install|packs`: rules and indicators on their way to other places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.clock import VIETNAM, from_micros, local_text, parse_moment, rfc3339
from atttcli.errors import Conflict, UsageError, Where, WorkspaceError
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.exchange.rulepacks import Installed
    from atttcli.store.facts.rulepacks import InstalledPack

_PATH = click.Path(path_type=Path)
_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


@click.command()
@click.argument("paths", nargs=-1, type=_PATH)
@click.option("-o", "--output", type=_PATH, required=True, metavar="FILE.attr", help="The file to write; a new one.")
@click.option(
    "--version",
    "version",
    type=click.IntRange(1, 10**15 - 1),
    help="Its number (default: the moment, as 202611231730).",
)
@click.option("--name", default="", help="What it is called.")
@click.option("--tlp", type=click.Choice(_TLPS), default="AMBER", show_default=True, help="To whom it may be given.")
@click.option(
    "--created", default="", metavar="TIME", help="Its moment (default: now); the same one gives the same bytes."
)
@_json
@with_app
def pack(
    app: App,
    paths: tuple[Path, ...],
    output: Path,
    version: int | None,
    name: str,
    tlp: str,
    created: str,
    as_json: bool,
) -> None:
    """Gather rules and indicators into one file with a version; PATHS default to what this workspace added itself.

    Refused when a rule cannot be used, or an indicator's TLP mark is stricter than the pack's. Sign it next.

    \b
    Example:
      atttcli rules pack rules/ -o luat.attr --name "Tháng 11"
    """
    from atttcli.cli.matching import existing
    from atttcli.exchange.rulepack_file import PackReader, pack_bytes
    from atttcli.exchange.rulepacks import gather
    from atttcli.store.durable import write_first

    moment = _moment(created) if created else app.clock.now()
    number = version or int(from_micros(moment, VIETNAM).strftime("%Y%m%d%H%M"))
    data = pack_bytes(
        gather(existing(paths) or _own(app), tlp), version=number, name=name.strip(), created=moment, tlp=tlp
    )
    try:
        if not write_first(output, data, 0o644):
            raise Conflict(f"{output} exists", hint="name another file")
    except OSError as error:
        raise WorkspaceError(f"{output} cannot be written: {error.strerror}") from None
    manifest = PackReader(data).manifest
    if as_json:
        told = {
            "path": str(output),
            "version": number,
            "digest": manifest.digest,
            "files": len(manifest.members),
            "bytes": len(data),
        }
        render.emit_json(told | {"tlp": tlp, "signer": ""})
    else:
        render.line(
            _("{path}: version {version}, {files} files", path=output, version=number, files=len(manifest.members))
        )
        render.line(_("Next: {command}", command=f"atttcli rules sign {output}"))


def _moment(text: str) -> int:
    try:
        return parse_moment(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no moment", hint="--created 2026-11-23T10:00:00+07:00") from None


def _own(app: App) -> list[Path]:
    from atttcli.rulepack.catalogue import kind_of
    from atttcli.store.facts.rulepacks import PACKS

    folder = app.workspace.rules
    own = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [one for one in own if one.name not in (PACKS, "countries") and (one.is_dir() or kind_of(one))]
    if not found:
        raise UsageError("this workspace has added no rules", hint="atttcli rules pack FOLDER -o FILE.attr")
    return found


@click.command()
@click.argument("file", type=_PATH)
@click.option("--key", "identity", default="", help="An own key (default: the one in use).")
@_json
@with_app
def sign(app: App, file: Path, identity: str, as_json: bool) -> None:
    """Sign a rule pack with the centre's key; the signature stands beside it, and both travel together.

    \b
    Example:
      atttcli rules sign luat.attr
    """
    from atttcli.cli.key import key_ring
    from atttcli.errors import IntegrityError
    from atttcli.exchange.rulepack_file import MAX_FILE, PackReader
    from atttcli.limits import read_bounded
    from atttcli.signing.files import RULES, sign_file, verify_file
    from atttcli.signing.registry import current_key, find_key

    app.permit("rules.signed")
    known = find_key(app.store, identity) if identity else current_key(app.store)
    if known.revoked is not None or not known.own:
        raise UsageError(f"the key {known.public.id} does not sign here", hint="atttcli key list")
    try:
        with file.open("rb") as stream:
            data = read_bounded(stream, MAX_FILE, Where(str(file)))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="atttcli rules pack -o FILE.attr") from None
    reader = PackReader(data)
    for _member, _data in reader.members():  # nobody signs what nobody can open
        pass
    manifest = reader.manifest
    beside = sign_file(
        key_ring(app).pair(known.public.id), file, RULES, f"version {manifest.version} {manifest.digest}"
    )
    _key, signature = verify_file(file, [known.public], RULES)
    if signature.note != f"version {manifest.version} {manifest.digest}":
        raise IntegrityError("the file changed while it was signed", hint="sign it again")
    app.journal.append(
        "rules.signed", str(manifest.version), {"digest": manifest.digest, "key": known.public.id, "tlp": manifest.tlp}
    )
    if as_json:
        told = {
            "path": str(file),
            "version": manifest.version,
            "digest": manifest.digest,
            "files": len(manifest.members),
        }
        render.emit_json(told | {"bytes": len(data), "tlp": manifest.tlp, "signer": known.public.id})
    else:
        render.line(_("{path}: signed with key {key}", path=beside, key=known.public.id))


@click.command()
@click.argument("file", type=_PATH, required=False)
@click.option("--allow-older", is_flag=True, help="Also a version that is older than the one in force; needs --reason.")
@click.option("--undo", is_flag=True, help="Put the pack in force that was so before; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the journal.")
@_json
@with_app
def install(app: App, file: Path | None, allow_older: bool, undo: bool, reason: str, as_json: bool) -> None:
    """Put a signed rule pack in force, after its signature was verified with a key that is trusted here. No network needed.

    The pack before is kept for --undo. Older versions, unknown signers and altered files are refused (exit 4, 7).

    \b
    Examples:
      atttcli rules install /media/usb/luat.attr
      atttcli rules install --undo --reason "báo nhầm hàng loạt"
    """
    from atttcli.exchange.rulepacks import install as put_in_force
    from atttcli.exchange.rulepacks import open_verified, revert
    from atttcli.signing.registry import trusted_keys

    if (file is None) != undo:
        raise UsageError("either a file or --undo", hint="atttcli rules install FILE.attr")
    if file is None:
        _tell(app, revert(app.workspace, app.journal, reason), as_json)
        return
    app.permit("rules.installed")
    verified = open_verified(file, trusted_keys(app.store))
    done = put_in_force(app.workspace, app.journal, verified, allow_older=allow_older, reason=reason)
    _tell(app, done, as_json)
    _tell_refused(app)


def _tell(app: App, done: Installed, as_json: bool) -> None:
    if as_json:
        render.emit_json(
            {"version": done.version, "digest": done.digest, "previous": done.previous, "changed": done.changed}
        )
    elif not done.changed:
        render.line(_("Version {version} is in force already.", version=done.version))
    elif not done.digest:
        render.line(_("No rule pack is in force now: only the shipped rules and those added here."))
    else:
        render.line(
            _("Version {version} is in force; before: {previous}.", version=done.version, previous=done.previous or "-")
        )


def _tell_refused(app: App) -> None:
    """A pack from a newer tool may hold rules that this one cannot use: that is said, the others run."""
    from atttcli.rulepack.catalogue import load_catalogue
    from atttcli.store.facts.rulepacks import current_folder

    folder = current_folder(app.workspace, app.store)
    kinds = ("yara", "network", "sigma")  # lists were read whole when they were packed
    refused = sum(one.refused for one in load_catalogue([folder], kinds=kinds).problems) if folder is not None else 0
    if refused:
        text = ngettext("{count} rule was refused.", "{count} rules were refused.", refused)
        render.warn(text + " " + _("They did not run: atttcli rules check PATH"))


@click.command()
@_json
@with_app
def packs(app: App, as_json: bool) -> None:
    """Rule packs that were put in force here, the latest first; of the present one and the one before also their files.

    Exit codes: 0, or 7 when files of the pack in force are missing or were changed.

    \b
    Example:
      atttcli rules packs --json
    """
    from atttcli.exchange.rulepacks import state_of
    from atttcli.store.facts.rulepacks import current_pack, installs

    now, found = current_pack(app.store), installs(app.store)
    kept = {now.digest, now.previous} if now is not None else set()
    states = {one.digest: state_of(app.workspace, one) for one in found if one.digest in kept and one.digest}
    if as_json:
        render.emit_json_lines(_as_json(one, one == now, states.get(one.digest, "")) for one in found)
    else:
        render.table(
            (_("Version"), _("Name"), "TLP", _("Signed by"), _("In force since"), _("By"), _("State"), _("Reason")),
            (
                (
                    one.version or "-", one.name, one.tlp, one.signer, local_text(one.at, seconds=False), one.actor,
                    _state(one == now, states.get(one.digest, "")), one.reason,
                )
                for one in found
            ),
            wide=(1, 7),
        )  # fmt: skip
    damaged = now is not None and states[now.digest] != "ok"
    click.get_current_context().exit(7 if damaged else 0)


def _state(is_current: bool, files: str) -> str:
    words = {
        "ok": _("in force") if is_current else _("kept"),
        "missing": _("files are missing"),
        "changed": _("files were changed"),
    }
    return words.get(files, "")


def _as_json(one: InstalledPack, is_current: bool, files: str) -> dict[str, Any]:
    return {
        "version": one.version, "digest": one.digest, "name": one.name, "tlp": one.tlp, "signer": one.signer,
        "created": rfc3339(one.created) if one.created else None, "files": one.files, "at": rfc3339(one.at), "actor": one.actor,
        "reason": one.reason, "reverted": bool(one.reverted), "current": is_current, "state": files,
    }  # fmt: skip


def tell_pack(app: App) -> None:
    """One line on stderr: which pack is in force."""
    if app.workspace_if_any() is None:
        return
    from atttcli.store.facts.rulepacks import current_pack

    now = current_pack(app.store)
    if now is not None:
        render.warn(
            _(
                "Rule pack {version} is in force since {time}: atttcli rules packs",
                version=now.version,
                time=local_text(now.at, seconds=False),
            )
        )
