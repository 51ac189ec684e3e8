"""Alert: somebody's or some rule's claim that needs a look. Detection: a rule of ours matched, where and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from atttcli.model.observable import Observable
from atttcli.model.severity import Severity


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the input a thing stands: sha256 of the file, its path as given (`archive.zip!member`), line, record or byte."""

    sha256: str = ""
    path: str = ""
    line: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """An engine's rule matched. `rule_id` is unique within its pack; `detail` is JSON-serialisable and engine-specific.

    Engines: `yara`, `network`, `indicator`, `correlation`, `sigma`. `key` says what makes two matches the same finding
    (a file's sha256; `src>dst`; the mailbox): the repeat counter grows instead of a new alert.
    """

    engine: str
    rule_id: str
    title: str
    severity: Severity
    origin: Origin
    time: int | None = None
    pack: str = ""  # digest of the rule pack
    key: str = ""
    tags: tuple[str, ...] = ()
    observables: tuple[Observable, ...] = ()
    why: tuple[str, ...] = ()  # matched strings with offsets, matched buffers: readable, not yet escaped
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """A claim before it is stored: what a source states (a list's row, EVE) or what a Detection became.

    `occurrence` identifies this one sighting within its source (line digest and count, packet and tx): storing the same
    occurrence again changes nothing. `victim` is one of our own addresses, mailboxes or domains; agency and system are
    found from it by triage.
    """

    kind: str  # yara, network, indicator, correlation, sigma, antivirus, eve, zeek, national-list, mail, manual
    rule_id: str
    title: str
    severity: Severity
    origin: Origin
    occurrence: str
    time: int | None = None
    key: str = ""
    category: str = ""  # incident-type hint, a code of the profile (madoc, giamao ...)
    victim: str = ""
    sender: str = ""
    tags: tuple[str, ...] = ()
    observables: tuple[Observable, ...] = ()
    why: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)
