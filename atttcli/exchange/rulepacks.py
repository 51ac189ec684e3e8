"""Rule packs travel: gathered and checked at the centre, signed, verified before they are opened, put in force by one commit.

The files of a pack are whole and flushed in a folder of their own before the journal says that it is in force; a cut at any
moment leaves the one before or the new one. The one before is kept, so that a bad pack can be taken back without the stick.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from atttcli.engine import RuleProblem
from atttcli.errors import Conflict, InputError, IntegrityError, NotFound, Refused, Where, WorkspaceError
from atttcli.exchange.rulepack_file import MAX_FILE, MAX_INFLATED, PackManifest, PackReader, check_name
from atttcli.field.opening import NotReadable, open_regular
from atttcli.journal.journal import Journal
from atttcli.limits import read_bounded
from atttcli.rulepack.catalogue import KINDS, load_catalogue
from atttcli.rulepack.indicators import TLPS, load_indicator_packs
from atttcli.signing.files import RULES, Signature, signature_path, verify
from atttcli.signing.keys import PublicKey
from atttcli.store.durable import make_folder, sync_folder, sync_tree
from atttcli.store.facts.rulepacks import PACKS, InstalledPack, current_pack, installs, pack_folder
from atttcli.store.workspace import Workspace

_SIGNATURE_BYTES = 4096
_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class VerifiedPack:
    """A pack whose signature was found good, and nothing of it opened yet but its manifest."""

    reader: PackReader
    key: PublicKey
    signature: Signature

    @property
    def manifest(self) -> PackManifest:
        """What it says of itself."""
        return self.reader.manifest


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation did. `changed` false: that pack was in force already."""

    version: int
    digest: str
    previous: int
    changed: bool


def gather(paths: Sequence[Path], tlp: str) -> dict[str, bytes]:
    """The rule files below `paths` under the names that they have in a pack.

    InputError when a rule cannot be used, when a name cannot travel, when an indicator's mark is stricter than the pack's.
    """
    catalogue = load_catalogue(paths, kinds=[kind for kind in KINDS if kind != "indicators"])
    refused = [one for one in catalogue.problems if one.refused]
    refused += _unusable_indicators(catalogue.files["indicators"], tlp)
    if refused:
        first = refused[0]
        raise InputError(
            f"{len(refused)} rules cannot be used: {first.reason}", hint="atttcli rules check PATH", where=first.where
        )
    files: dict[str, bytes] = {}
    left = MAX_INFLATED
    for kind in KINDS:
        for path in catalogue.files[kind]:
            name = f"{kind}/{_below(path, paths, kind)}"
            check_name(name)
            if name in files:
                raise InputError(
                    f"two files would be {name}", where=Where(str(path)), hint="pack one folder above them"
                )
            with path.open("rb") as stream:
                files[name] = read_bounded(stream, left, Where(str(path)))
            left -= len(files[name])
    if not files:
        raise InputError("no rule file was found", hint="rule files: .yar, .rules, Sigma .yml, indicators .csv")
    return files


def _unusable_indicators(paths: Iterable[Path], tlp: str) -> Iterator[RuleProblem]:
    """Rows that cannot be used; Refused for one whose mark is stricter. File by file: lists have a million rows."""
    for path in paths:
        read = load_indicator_packs([path])
        yield from (one for one in read.problems if one.refused)
        for one in read.indicators:
            if TLPS.index(one.tlp) > TLPS.index(tlp):
                raise Refused(
                    f"{path}: {one.type} {one.value} is TLP:{one.tlp}, the pack TLP:{tlp}", guard="tlp",
                    hint=f"leave it out, or: --tlp {one.tlp}",
                )  # fmt: skip


def _below(path: Path, paths: Sequence[Path], kind: str) -> str:
    """The path below the folder that was given, without a first folder that is called like the kind."""
    above = next((one for one in paths if one.is_dir() and path.is_relative_to(one)), None)
    words = (path.name,) if above is None else path.relative_to(above).parts
    return "/".join(words[1:] if len(words) > 1 and words[0] == kind else words)


def open_verified(path: Path, trusted: Sequence[PublicKey]) -> VerifiedPack:
    """Read a pack once and verify it before anything of it is opened. As `signing.files.verify`; InputError when damaged."""
    data, text = _whole(path, MAX_FILE), _whole(signature_path(path), _SIGNATURE_BYTES)
    key, signature = verify(io.BytesIO(data), text, trusted, RULES)
    return VerifiedPack(PackReader(data), key, signature)


def _whole(path: Path, most: int) -> bytes:
    try:
        descriptor, _info = open_regular(str(path))
    except NotReadable as error:
        signed = path.suffix != ".minisig"
        hint = "" if signed else "a rule pack travels with its signature beside it"
        raise InputError(
            "cannot be read" if signed else "there is no signature", where=Where(str(path)), hint=hint or error.why
        ) from None
    with os.fdopen(descriptor, "rb") as stream:
        return read_bounded(stream, most, Where(str(path)))


def install(
    workspace: Workspace, journal: Journal, pack: VerifiedPack, *, allow_older: bool = False, reason: str = ""
) -> Installed:
    """Put a verified pack in force. Refused for an older one unless allowed with a reason, Conflict for another of its version.

    The same pack again changes nothing, but puts back files that are missing or were changed.
    """
    manifest = pack.manifest
    journal.permit("rules.installed", "", {})
    now = current_pack(journal.store)
    _check_turn(now, manifest, allow_older, reason)
    _lay_down(workspace, pack)
    with journal.transaction():
        now = current_pack(journal.store)  # somebody else may have been quicker
        _check_turn(now, manifest, allow_older, reason)
        changed = now is None or now.digest != manifest.digest
        if changed:
            body = {
                "digest": manifest.digest, "version": manifest.version, "name": manifest.name, "tlp": manifest.tlp,
                "created": manifest.created, "signer": pack.key.id, "files": len(manifest.members),
                "previous": now.digest if now is not None else "", "reason": reason.strip(),
            }  # fmt: skip
            journal.append("rules.installed", str(manifest.version), body)
    _forget_others(workspace, journal)
    return Installed(manifest.version, manifest.digest, now.version if now is not None else 0, changed)


def _check_turn(now: InstalledPack | None, new: PackManifest, allow_older: bool, reason: str) -> None:
    if now is None or now.digest == new.digest:
        return
    if new.version == now.version:
        raise Conflict(f"another pack of version {now.version} is in force", hint="pack it again with a higher version")
    if new.version < now.version and not (allow_older and reason.strip()):
        raise Refused(
            f"version {new.version} is older than {now.version}, which is in force", guard="older",
            hint='if it must be: --allow-older --reason "…"; or the one before: atttcli rules install --undo --reason "…"',
        )  # fmt: skip


def revert(workspace: Workspace, journal: Journal, reason: str) -> Installed:
    """Put the pack in force that was so before the present one (or none). Its files are still here."""
    if not reason.strip():
        raise Refused("taking a rule pack back needs a reason", guard="reason", hint='--undo --reason "…"')
    with journal.transaction():
        now = current_pack(journal.store)
        if now is None:
            raise NotFound("no rule pack is in force", hint="atttcli rules packs")
        before = next((one for one in installs(journal.store) if one.digest == now.previous and not one.reverted), None)
        if before is not None and before.digest and (fault := state_of(workspace, before)) != "ok":
            raise IntegrityError(
                f"the files of version {before.version} are {fault}",
                hint="atttcli rules install FILE --allow-older --reason …",
            )
        body = {
            "digest": "",
            "version": 0,
            "name": "",
            "tlp": "",
            "created": 0,
            "signer": "",
            "files": 0,
            "previous": "",
        }
        if before is not None:
            body = {name: getattr(before, name) for name in body}
        journal.append("rules.reverted", str(now.version), {**body, "reason": reason.strip()})
    return Installed(int(str(body["version"])), str(body["digest"]), now.version, True)


def state_of(workspace: Workspace, pack: InstalledPack) -> str:
    """Whether the files of a pack are as they were signed: ok, missing or changed."""
    folder = pack_folder(workspace, pack.digest)
    if not folder.is_dir():
        return "missing"
    return "ok" if _digest_of(folder) == pack.digest else "changed"


def _digest_of(folder: Path) -> str:
    """The digest that the folder's files give together with the manifest that was kept beside them; empty when they differ."""
    import hashlib

    from atttcli.exchange.rulepack_file import MAX_MANIFEST, read_manifest

    try:
        line = _whole(folder / "pack.json", MAX_MANIFEST)
        manifest = read_manifest(line)
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
        if found != {"pack.json", *(one.name for one in manifest.members)}:
            return ""
        for one in manifest.members:
            if hashlib.sha256(_whole(folder / one.name, one.size)).hexdigest() != one.sha256:
                return ""
    except (InputError, OSError):
        return ""
    return manifest.digest


def _lay_down(workspace: Workspace, pack: VerifiedPack) -> None:
    """The pack's files in their folder, whole and flushed; what stood there of it unfinished or changed is replaced."""
    from atttcli.field import strict_json

    target = pack_folder(workspace, pack.manifest.digest)
    if target.is_dir() and _digest_of(target) == pack.manifest.digest:
        return
    part = target.with_name(f"{target.name}.{os.getpid()}{_UNFINISHED}")
    try:
        make_folder(target.parent, 0o755)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o755)
        for member, data in pack.reader.members():
            place = part.joinpath(*member.name.split("/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        (part / "pack.json").write_bytes(strict_json.dumps(pack.manifest.to_json()))
        sync_tree(part)
        if target.is_dir():  # damaged: it is in force, so it goes only when what replaces it is whole
            os.replace(target, part.with_name(part.name + "-old"))
        os.replace(part, target)
        sync_folder(target.parent)
    except OSError as error:
        raise WorkspaceError(f"the rule pack cannot be written: {error.strerror}", where=Where(str(part))) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _forget_others(workspace: Workspace, journal: Journal) -> None:
    """Folders of packs that are neither in force nor the one before, and what a cut left behind."""
    now = current_pack(journal.store)
    kept = {pack_folder(workspace, one).name for one in ((now.digest, now.previous) if now is not None else ()) if one}
    folder = workspace.rules / PACKS
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.name not in kept and not _in_use(one):
            shutil.rmtree(one, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Whether another process that lives is writing it."""
    words = folder.name.split(".")
    if os.name != "posix" or len(words) < 3 or not words[1].isdigit() or int(words[1]) == os.getpid():
        return False
    try:
        os.kill(int(words[1]), 0)
    except OSError:
        return False
    return True
