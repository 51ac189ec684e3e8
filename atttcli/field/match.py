"""YARA over one file's bytes: external variables, a timeout that grows with the size, a bounded number of strings.

The rules come compiled (atttcli.rulepack.yara); libyara releases the interpreter's lock, so matching runs in threads.
Python 3.8-clean.
"""

from __future__ import annotations

import os
from typing import Any, Collection, Dict, List, NamedTuple, Optional, Protocol, Set, Tuple, Union

from atttcli.field import account
from atttcli.field.opening import Content

SECONDS_FLOOR = 10
BYTES_PER_SECOND = 1024 * 1024  # a slow machine matches UTF-16 text, the worst seen, at about this pace
PROCESS_SECONDS = 120
_EXCERPT = 64


class StringHit(NamedTuple):
    """One matched string: where, how long, and its first bytes."""

    identifier: str
    offset: int
    length: int
    excerpt: bytes


class RuleHit(NamedTuple):
    """One rule that matched. `truncated` counts the strings beyond the limit that were left out.

    `encoding` is empty, or that of the text in which it matched (`utf-16-le`); offsets are always bytes of the file.
    """

    namespace: str
    rule: str
    tags: Tuple[str, ...]
    meta: Dict[str, Any]
    strings: Tuple[StringHit, ...]
    truncated: int = 0
    encoding: str = ""


class MatchFailed(NamedTuple):
    """The bytes could not be judged: `reason` says why. Never cached."""

    reason: str


class Subject(NamedTuple):
    """What rules may ask about a file beside its bytes."""

    path: str  # as shown: `folder/archive.zip!inner/name` for a member
    member: str = ""  # `inner/name`
    file_type: str = ""
    owner: str = ""


class Judge(Protocol):
    """What judges bytes: libyara here, or another engine elsewhere. `mapped` says whether it may be given a mapping of a
    file (which kills whoever touches it when the file is cut, but for libyara); `most_bytes` what it takes (0: anything).
    """

    mapped: bool
    most_bytes: int

    def spent(self) -> float:
        """Processor seconds used outside this process."""

    def match(
        self, data: Union[Content, memoryview], subject: Optional[Subject] = None
    ) -> Union[List[RuleHit], MatchFailed]:
        """Rules that match, in the order of the rule files."""


class Matcher:
    """Compiled rules, ready for any number of threads.

    `disabled` are rules that stay silent (`rule` or `namespace:rule`); `only`, when not empty, the ids that may report.
    """

    mapped = True
    most_bytes = 0

    def __init__(
        self, compiled: Any, disabled: Collection[str] = (), only: Collection[str] = (), most_strings: int = 4096
    ) -> None:
        import yara

        self._rules = compiled
        self._disabled = frozenset(disabled)
        self._only = frozenset(only)
        self._most = most_strings
        self._timeout: Any = yara.TimeoutError
        self._error: Any = yara.Error
        self._goes_on = yara.CALLBACK_CONTINUE

    def match(
        self, data: Union[Content, memoryview], subject: Optional[Subject] = None
    ) -> Union[List[RuleHit], MatchFailed]:
        """Rules that match, in the order of the rule files."""
        externals = externals_of(subject) if subject else {}
        size = len(data)
        try:
            found = self._rules.match(
                data=data,
                externals=externals,
                timeout=SECONDS_FLOOR + size // BYTES_PER_SECOND,
                warnings_callback=self._warned,
            )
        except MemoryError:
            return MatchFailed(account.NO_MEMORY)
        except self._timeout:
            return MatchFailed(account.TIMEOUT)
        except self._error as error:
            return MatchFailed(account.CHANGED if "map" in str(error) else str(error))
        return [self._hit(match) for match in found if self._wanted(match)] if found else []

    def spent(self) -> float:
        """None: it works in this process."""
        return 0.0

    def match_process(self, pid: int) -> Union[List[RuleHit], MatchFailed]:
        """Rules that match in the memory of a process, as libyara reads it; on Linux that stops the process meanwhile."""
        try:
            found = self._rules.match(pid=pid, timeout=PROCESS_SECONDS, warnings_callback=self._warned)
        except self._timeout:
            return MatchFailed(account.TIMEOUT)
        except self._error as error:
            return MatchFailed(account.DENIED if "access" in str(error) or "attach" in str(error) else str(error))
        return [self._hit(match) for match in found if self._wanted(match)]

    def offsets(self, data: bytes) -> Optional[Set[int]]:
        """Where any string of any rule begins; None when the data could not be searched to its end."""
        overflow: List[int] = []

        def overflowed(kind: int, message: object) -> int:
            overflow.append(kind)
            return int(self._goes_on)

        timeout = SECONDS_FLOOR + len(data) // BYTES_PER_SECOND
        try:
            found = self._rules.match(data=data, timeout=timeout, warnings_callback=overflowed)
        except self._error:  # TimeoutError is one of them
            return None
        if overflow:
            return None
        return {instance.offset for match in found for string in match.strings for instance in string.instances}

    def _warned(self, kind: int, message: object) -> int:
        """A string matched a million times: libyara stops counting it and goes on, and so do we (see `truncated`)."""
        return int(self._goes_on)

    def _wanted(self, match: Any) -> bool:
        if not self._disabled and not self._only:
            return True
        name = "%s:%s" % (match.namespace, match.rule)
        return not (name in self._disabled or match.rule in self._disabled) and (not self._only or name in self._only)

    def _hit(self, match: Any) -> RuleHit:
        strings: List[StringHit] = []
        total = 0
        for string in match.strings:
            instances = string.instances
            total += len(instances)
            for instance in instances[: max(0, self._most - len(strings))]:
                excerpt = instance.matched_data[:_EXCERPT]
                strings.append(StringHit(string.identifier, instance.offset, instance.matched_length, excerpt))
        return RuleHit(
            match.namespace, match.rule, tuple(match.tags), dict(match.meta), tuple(strings), total - len(strings)
        )


def externals_of(subject: Subject) -> Dict[str, str]:
    """The five external variables; `filepath` is the folder, `extension` lower case with its dot, as public rules expect."""
    folder, name = os.path.split(subject.path)
    if subject.member:
        inner, _, name = subject.member.replace("\\", "/").rpartition("/")
        folder = os.path.join(subject.path[: -len(subject.member) - 1], *inner.split("/"))
    folder, name = _plain(folder), _plain(name)
    _, dot, extension = name.rpartition(".")
    return {
        "filename": name,
        "filepath": folder,
        "extension": (dot + extension).lower() if dot else "",
        "filetype": subject.file_type,
        "owner": subject.owner,
    }


def _plain(text: str) -> str:
    """libyara takes UTF-8 without NUL; a name that is neither is shown to rules with replacement characters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "\ufffd")


class Owners:
    """User names by number, read once from the local user file: a directory service that hangs is never asked."""

    def __init__(self, table: str = "/etc/passwd") -> None:
        self._names: Dict[int, str] = {}
        try:
            with open(table, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    words = line.split(":")
                    if len(words) > 2 and words[2].isdigit():
                        self._names.setdefault(int(words[2]), words[0])
        except OSError:
            return  # not a POSIX system: owners stay empty

    def name(self, uid: int) -> str:
        """The user's name, or the number as text; empty where the system has no user file."""
        return self._names.get(uid, str(uid)) if self._names else ""
