"""Load YARA rules: find, check each file, take out what cannot be used, compile the rest together, cache.

Every problem is a RuleProblem with file, line, rule and hint; one bad rule costs that rule, one bad file that file. A
rule's namespace is its file's path below the folder given, so that equal names in different files are no conflict.
Includes are off, only file-format modules may be imported, and compiled rules are never accepted from outside.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from atttcli.engine import RuleProblem
from atttcli.errors import Where
from atttcli.field.opening import NotReadable, open_regular, read_content
from atttcli.limits import MIB
from atttcli.rulepack.cache import Parts, PrivateCache
from atttcli.rulepack.yara_values import EXTERNALS, LINE_SCOPES, MODULES, RuleFile, YaraRule

__all__ = ["EXTERNALS", "YaraPack", "YaraRule", "load_yara_rules"]
_SUFFIXES: Final = frozenset({".yar", ".yara", ".rule"})
_FILE_BYTES: Final = 8 * MIB
_TOTAL_BYTES: Final = 512 * MIB
_FILES: Final = 50_000
_CHECK_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class YaraPack:
    """Compiled rules. `digest` covers rule bytes, version, externals, scope and what is disabled.

    With scope `log` or `lines`, `prefilter` holds the same rules with the condition `any of them`: run over many lines at once, it
    finds the lines worth a look; `compiled` then judges each of those. None when there is no rule.
    """

    compiled: Any
    digest: str
    rules: tuple[YaraRule, ...]
    problems: tuple[RuleProblem, ...]
    disabled: frozenset[str] = frozenset()
    scope: str = "all"
    prefilter: Any = None


class _Stored(NamedTuple):
    rules: list[tuple[str, str, list[str], dict[str, Any], str, int]]
    problems: list[tuple[str, int | None, str, str, str, bool]]

    def encoded(self) -> bytes:
        return json.dumps(self).encode("ascii")


def load_yara_rules(
    paths: Sequence[Path],
    cache: Path | None = None,
    disabled: Collection[str] = (),
    scope: str = "all",
    externals: Mapping[str, Any] = EXTERNALS,
) -> YaraPack:
    """Load rule files and folders (recursively: .yar, .yara).

    `scope`: `all`; `file` leaves out rules for log text (tag `log` or meta `scope = "log"`); `log` takes only those;
    `lines` takes every rule and makes it ready for log text (for rules that somebody named for it).
    `disabled`: rule names or `namespace:rule` ids that stay compiled (others may refer to them) but never report.
    `externals`: external variables that rules may use, with a value of the right type.
    """
    problems: list[RuleProblem] = []
    files = list(_read_files(paths, problems))
    content = _digest(files, scope, externals)
    digest = _hash(content, *sorted(disabled))
    key = _hash(content, *(file.path for file in files))  # problems and rules carry paths
    store = PrivateCache(cache) if cache is not None else None
    if store is not None and store.refused:
        problems.append(
            RuleProblem(Where(str(cache)), store.refused, "rules are compiled anew each time", refused=False)
        )
    parts = store.get(key) if store is not None else None
    if parts is None:
        parts = _compile_all(files, scope, externals)
        if store is not None:
            store.put(key, parts)
    about = _Stored(*json.loads(parts.about))
    compiled = [_load_private(blob) for blob in parts.blobs]
    return YaraPack(
        compiled[0] if compiled else None,
        digest,
        tuple(
            YaraRule(name, space, tuple(tags), meta, _path_of(file), line)
            for name, space, tags, meta, file, line in about.rules
        ),
        (*problems, *(_problem(*values) for values in about.problems)),
        frozenset(disabled),
        scope,
        compiled[1] if len(compiled) > 1 else None,
    )


def checked_sources(
    paths: Sequence[Path], scope: str = "all", externals: Mapping[str, Any] = EXTERNALS
) -> tuple[dict[str, str], tuple[YaraRule, ...], tuple[RuleProblem, ...]]:
    """The rules that would be loaded, as source by namespace (refused ones blanked), for who compiles them elsewhere."""
    problems: list[RuleProblem] = []
    files = list(_read_files(paths, problems))
    _check_each(files, scope, externals)
    kept = [file for file in files if file.rules]
    told = (*problems, *(problem for file in files for problem in file.problems))
    return {file.namespace: file.text for file in kept}, tuple(rule for file in kept for rule in file.rules), told


def _load_private(blob: bytes | memoryview) -> Any:
    """The only place where compiled rules are read: bytes that this process compiled, or that PrivateCache authenticated.

    libyara asks a file object for a few bytes at a time, three times the cost of a file of the system: where there are
    files in memory that nobody else can open, the bytes are handed over in one.
    """
    import yara

    try:
        held = os.memfd_create("rules") if hasattr(os, "memfd_create") else -1
    except OSError:
        held = -1
    if held < 0:
        return yara.load(file=io.BytesIO(blob))  # noqa: TID251
    with os.fdopen(held, "wb") as file:
        file.write(blob)
        file.flush()
        try:
            return yara.load(f"/proc/self/fd/{held}")  # noqa: TID251
        except yara.Error:  # no /proc here
            return yara.load(file=io.BytesIO(blob))  # noqa: TID251


def _compile_all(files: Sequence[RuleFile], scope: str, externals: Mapping[str, Any]) -> Parts:
    return (_compile_at_once(files, externals) if scope == "all" else None) or _compile_each(files, scope, externals)


def _compile_at_once(files: Sequence[RuleFile], externals: Mapping[str, Any]) -> Parts | None:
    """Compile a set without any problem in one go, half the work; None when there is anything to say about it."""
    import yara

    from atttcli.rulepack.yara_source import YaraSource

    sources = {file.namespace: YaraSource(file.source_text()) for file in files}
    for source in sources.values():
        if source.include_line() is not None or any(name not in MODULES for name, _, _ in source.imports()):
            return None
    try:
        texts = {namespace: source.text for namespace, source in sources.items()}
        compiled = yara.compile(sources=texts, includes=False, externals=dict(externals))
    except yara.Error:
        return None
    places = [(file, rule) for file in files for rule in sources[file.namespace].rules]
    rules = list(compiled)
    if not rules or compiled.warnings or [rule.identifier for rule in rules] != [place.name for _, place in places]:
        return None
    about = [
        (rule.identifier, file.namespace, list(rule.tags), dict(rule.meta), _as_text(file.path), place.line)
        for rule, (file, place) in zip(rules, places, strict=True)
    ]
    return Parts(_Stored(about, []).encoded(), [_saved(compiled)])


def _check_each(files: Sequence[RuleFile], scope: str, externals: Mapping[str, Any]) -> None:
    from atttcli.rulepack.yara_check import RuleFileChecker

    deadline = time.monotonic() + _CHECK_SECONDS
    for file in files:
        if time.monotonic() > deadline:
            file.problems.append(
                RuleProblem(Where(file.path), "checking the rules took too long; this file was not read")
            )
            continue
        RuleFileChecker(file, scope, externals).check()
        file.problems.sort(key=lambda problem: problem.where.line or 0)


def _compile_each(files: Sequence[RuleFile], scope: str, externals: Mapping[str, Any]) -> Parts:
    _check_each(files, scope, externals)
    about = _Stored(
        [(r.name, r.namespace, list(r.tags), r.meta, _as_text(r.file), r.line) for f in files for r in f.rules],
        [_flat(problem) for f in files for problem in f.problems],
    )
    blobs: list[bytes | memoryview] = []
    if about.rules:
        blobs.append(_compiled_bytes({f.namespace: f.text for f in files if f.rules}, externals))
        if scope in LINE_SCOPES:
            blobs.append(_compiled_bytes({f.namespace: f.logs for f in files if f.rules}, externals))
    return Parts(about.encoded(), blobs)


def _compiled_bytes(sources: Mapping[str, str], externals: Mapping[str, Any]) -> bytes:
    import yara

    return _saved(yara.compile(sources=dict(sources), includes=False, externals=dict(externals)))


def _saved(compiled: Any) -> bytes:
    out = io.BytesIO()
    compiled.save(file=out)
    return out.getvalue()


def _read_files(paths: Sequence[Path], problems: list[RuleProblem]) -> Iterator[RuleFile]:
    taken: set[str] = set()
    total = 0
    for namespace, path in _rule_paths(paths, problems):
        if len(taken) >= _FILES or total > _TOTAL_BYTES:
            problems.append(
                RuleProblem(Where(str(path)), "too many rule files; this one and those after it were not read")
            )
            return
        data = _read(path, problems)
        if data is None:
            continue
        total += len(data)
        unique, number = namespace, 1
        while unique in taken:
            number += 1
            unique = f"{namespace}#{number}"
        taken.add(unique)
        yield RuleFile(unique, str(path), data)


def _rule_paths(paths: Sequence[Path], problems: list[RuleProblem]) -> Iterator[tuple[str, Path]]:
    for given in paths:
        if not given.is_dir():
            yield _namespace(given.name), given
            continue
        found = False
        for folder, folders, names in os.walk(given):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix.lower() in _SUFFIXES:
                    found = True
                    yield _namespace(path.relative_to(given).as_posix()), path
        if not found:
            problems.append(
                RuleProblem(Where(str(given)), "no rule file in this folder", "rule files end in .yar or .yara")
            )


def _namespace(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read(path: Path, problems: list[RuleProblem]) -> bytes | None:
    try:
        fd, info = open_regular(os.path.realpath(path))
        try:
            if info.st_size > _FILE_BYTES:
                raise NotReadable("failed", f"larger than {_FILE_BYTES // MIB} MiB")
            data = bytes(read_content(fd, info.st_size))
        finally:
            os.close(fd)
    except NotReadable as error:
        problems.append(RuleProblem(Where(str(path)), error.why))
        return None
    if data.startswith(b"YARA"):
        hint = "give the rules as text; a damaged or crafted compiled file can crash the engine"
        problems.append(RuleProblem(Where(str(path)), "compiled rules are not accepted", hint))
        return None
    if (at := data.find(b"\x00")) >= 0:
        line = data.count(b"\n", 0, at) + 1
        problems.append(RuleProblem(Where(str(path), line), "not a text file (NUL byte)", "save it as UTF-8"))
        return None
    return data


def _digest(files: Sequence[RuleFile], scope: str, externals: Mapping[str, Any]) -> str:
    import yara

    digest = hashlib.sha256()
    about = [
        yara.__version__,
        yara.YARA_VERSION,
        sys.byteorder,
        str(sys.maxsize),
        scope,
        repr(sorted(externals.items())),
    ]
    for text in about:
        digest.update(text.encode() + b"\x00")
    for file in files:
        digest.update(file.namespace.encode() + b"\x00")
        digest.update(hashlib.sha256(file.data).digest())
    return digest.hexdigest()


def _hash(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogateescape")).hexdigest()


def _flat(problem: RuleProblem) -> tuple[str, int | None, str, str, str, bool]:
    where = problem.where
    return _as_text(where.path), where.line, where.rule, problem.reason, problem.hint, problem.refused


def _problem(path: str, line: int | None, rule: str, reason: str, hint: str, refused: bool) -> RuleProblem:
    return RuleProblem(Where(_path_of(path), line, rule=rule), reason, hint, refused)


def _as_text(path: str) -> str:
    """A path in a form that JSON holds whatever its bytes are: one character a byte."""
    return os.fsencode(path).decode("latin-1")


def _path_of(text: str) -> str:
    return os.fsdecode(text.encode("latin-1"))
