"""Put a kit together: everything is checked before its number is taken, and what cannot start on that machine is not built."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import atttcli
from atttcli.errors import Conflict, UsageError, WorkspaceError
from atttcli.field import strict_json
from atttcli.field.kit import contents
from atttcli.field.kit.passport import COLLECTOR, FILE, LIB, OUT, RULES, SCANNER, SEED, STATE, KitLimits, Passport
from atttcli.field.manifest import RuleSet
from atttcli.field.seal import public_of
from atttcli.fleet.collector.files import CollectorFiles, CollectorKit, collector_files
from atttcli.fleet.kits import Kit, NewKit, issue_kit, revoke_kit
from atttcli.fleet.stick.interpreter import LINUX, WINDOWS, Interpreter, inspect_python
from atttcli.fleet.stick.modules import ARCHES, ModuleSet, module_sets, write_modules
from atttcli.fleet.stick.rules import KitRules, write_rules
from atttcli.fleet.stick.starters import PAGE, page, starter
from atttcli.signing.files import KIT, sign_file
from atttcli.signing.keys import KeyPair

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal

_PACKAGE = Path(atttcli.__file__).resolve().parent
_IMPORT = re.compile(r"^[ \t]*(?:from|import) (atttcli[\w.]*)", re.MULTILINE)
_FLOOR = ("__init__.py", "errors.py", "limits.py", "clock.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class KitPlan:
    """What is to be built. `python`: an unpacked interpreter that goes along; `system_python`: the machine's own is used;
    neither: the collectors without Python. `expires` in microseconds UTC.
    """

    agency: str
    agency_name: str
    os: str
    arch: str
    folder: Path
    expires: int
    team: str = ""
    call: str = ""
    note: str = ""
    python: Path | None = None
    system_python: bool = False
    wheels: Path | None = None
    limits: KitLimits = field(default_factory=KitLimits)
    rules_version: str = ""


@dataclass(frozen=True, slots=True)
class BuiltKit:
    """A kit that stands in its folder. Sizes in bytes; `glibc`: the oldest C library of Linux that it runs with."""

    kit: Kit
    passport: Passport
    folder: Path
    files: int
    size: int
    rules_size: int
    collector: CollectorFiles
    glibc: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was found fit before anything is written."""

    interpreter: Interpreter | None = None
    modules: tuple[ModuleSet, ...] = ()


def build_kit(journal: Journal, pair: KeyPair, plan: KitPlan, rules: KitRules) -> BuiltKit:
    """Build, issue and sign. `pair`: the centre's key in use. Refusals come before the kit has a number."""
    parts = _checked(plan)
    fresh = _take_folder(plan.folder)
    seed = KeyPair.new().sign
    new = NewKit(
        agency=plan.agency, os=plan.os, arch=plan.arch, public_key=public_of(seed), centre=pair.public.seal,
        expires=plan.expires, note=plan.note,
    )  # fmt: skip
    kit = issue_kit(journal, new)
    try:
        return _write(plan, kit, pair, seed, rules, parts)
    except BaseException as error:
        revoke_kit(journal, kit.number, "it was not built to the end")
        _empty(plan.folder, fresh)
        if isinstance(error, OSError):
            raise WorkspaceError(f"{plan.folder} cannot be written: {error.strerror}") from None
        raise


def _checked(plan: KitPlan) -> _Parts:
    if plan.arch not in ARCHES.get(plan.os, ()):
        known = "; ".join(f"{name}: {', '.join(arches)}" for name, arches in ARCHES.items())
        raise UsageError(f"there are no kits for {plan.os} {plan.arch}", hint=known)
    if plan.python is not None and plan.system_python:
        raise UsageError("either a Python goes along or the machine's own is used", hint="--python DIR")
    if plan.system_python and plan.os == WINDOWS:
        raise UsageError("Windows has no Python of its own", hint="--python DIR, or none of both: the collector")
    if plan.python is not None:
        interpreter = inspect_python(plan.python, plan.os, plan.arch)
        return _Parts(interpreter, tuple(module_sets(plan.wheels, plan.os, plan.arch, interpreter.tag)))
    if plan.system_python:
        return _Parts(None, tuple(module_sets(plan.wheels, plan.os, plan.arch)))
    return _Parts()


def _take_folder(folder: Path) -> bool:
    """Whether it was made now; Conflict when something stands in it that no operating system left there."""
    try:
        if folder.is_dir():
            if any(not contents.is_litter(path.name) for path in folder.iterdir()):
                raise Conflict(f"{folder} is not empty", hint="name a new folder, or empty the stick first")
            return False
        folder.mkdir(parents=True)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be made: {error.strerror}") from None
    return True


def _empty(folder: Path, fresh: bool) -> None:
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if contents.is_litter(path.name):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _write(plan: KitPlan, kit: Kit, pair: KeyPair, seed: bytes, rules: KitRules, parts: _Parts) -> BuiltKit:
    folder = plan.folder
    scans = bool(parts.modules)
    for name in (STATE, OUT):
        (folder / name).mkdir()
    named = write_rules(rules, folder / RULES, plan.rules_version) if scans else RuleSet()
    passport = _passport(plan, kit, pair, named, parts)
    collector = _collector(passport, rules)
    files = {path: data for path, data in collector.files.items() if not scans or "/" in path}
    if scans:
        files |= starter(passport, parts.interpreter.program if parts.interpreter else "")
        files[SEED] = seed
        _write_program(folder, parts)
    files[PAGE] = page(passport)
    files[FILE] = strict_json.dumps(passport.to_json()) + b"\n"
    for path, data in files.items():
        _put(folder / path, data)
    made = contents.contents_of(str(folder), kit.number)
    _put(folder / contents.FILE, made.encoded())
    sign_file(pair, folder / contents.FILE, KIT, f"{kit.number} {plan.agency}")
    sizes = {path: size for path, (size, _) in made.files.items()}
    return BuiltKit(
        kit, passport, folder, len(sizes), sum(sizes.values()),
        sum(size for path, size in sizes.items() if path.startswith((RULES + "/", "collector/indicators/"))),
        collector, max((one.glibc for one in parts.modules), default=(0, 0)),
    )  # fmt: skip


def _passport(plan: KitPlan, kit: Kit, pair: KeyPair, rules: RuleSet, parts: _Parts) -> Passport:
    public = pair.public
    return Passport(
        kit.number, plan.agency, plan.agency_name, SCANNER if parts.modules else COLLECTOR, plan.os, plan.arch, kit.issued,
        kit.expires, public.seal.hex(), public.sign.hex(), plan.team, plan.call, atttcli.__version__, "AMBER", rules,
        plan.limits, tuple(one.tag for one in parts.modules),
    )  # fmt: skip


def _collector(passport: Passport, rules: KitRules) -> CollectorFiles:
    """The collector goes along with the scanner, too: for machines on which that does not start."""
    about = CollectorKit(
        number=passport.number, agency=passport.agency, call=passport.call, issued=passport.issued, expires=passport.expires,
        rules_version=passport.rules.version, rules_digest=passport.rules.digest,
    )  # fmt: skip
    return collector_files(about, rules.indicators, system=passport.os)


def _write_program(folder: Path, parts: _Parts) -> None:
    for path in _program():
        target = folder / LIB / "atttcli" / path.relative_to(_PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _is_closed(folder / LIB)
    for one in parts.modules:
        write_modules(one, folder / LIB / one.tag)
    if parts.interpreter is not None:
        for path in parts.interpreter.files():
            target = folder / "python" / path.relative_to(parts.interpreter.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)  # with its mode: the program must start


def _program() -> Iterator[Path]:
    """Floor 0 and nothing above it."""
    yield from (_PACKAGE / name for name in _FLOOR)
    yield from sorted((_PACKAGE / "field").rglob("*.py"))


def _is_closed(lib: Path) -> None:
    """Every module of ours that the program imports went along: a kit is first started far from anybody who could help."""
    for path in lib.rglob("*.py"):
        for name in _IMPORT.findall(path.read_text(encoding="utf-8")):
            place = lib.joinpath(*name.split("."))
            if not place.with_suffix(".py").is_file() and not (place / "__init__.py").is_file():
                raise WorkspaceError(
                    f"the kit's program lacks {name}", hint="is atttcli installed whole? then build again"
                )


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


__all__ = ["LINUX", "WINDOWS", "BuiltKit", "KitPlan", "build_kit"]
