"""Text that a duty officer pastes (`alert add --from-text -`): a chat message, a mail's text, a line of a letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from atttcli.clock import VIETNAM
from atttcli.errors import LimitExceeded, Where
from atttcli.limits import MIB
from atttcli.model.observable import Observable, ObservableType
from atttcli.source import Letter
from atttcli.sources.lists.letter import read_letter
from atttcli.sources.lists.moments import read_moment
from atttcli.sources.observables import extract
from atttcli.sources.scope import Scope
from atttcli.sources.secrecy import refuse_secret, subject_marking
from atttcli.text.fold import nfc

MAX_CHARACTERS: Final = 2 * MIB
MAX_OBSERVABLES: Final = 5000
_SUBJECT = re.compile(r"(?:subject|tiêu đề|tieu de|chủ đề|chu de)\s*:\s*(.{3,200})", re.IGNORECASE)
_SENDER = re.compile(r"(?:from|từ|tu|người gửi|nguoi gui|sender)\s*:\s*(.{3,200})", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{4}|\d{4}-\d{2}-\d{2}|\d{1,2} tháng \d{1,2} năm \d{4}")
_MAX_TIMES = 20


@dataclass(frozen=True, slots=True)
class PastedAlert:
    """What the text gave. `observables` carry the role `victim` for our own; `times` in microseconds UTC, in order, each once."""

    observables: tuple[Observable, ...]
    victims: tuple[str, ...]
    title: str
    sender: str = ""
    times: tuple[int, ...] = ()
    letter: Letter = field(default_factory=Letter)
    left_off: int = 0  # observables beyond MAX_OBSERVABLES
    allowed: tuple[Observable, ...] = ()  # on the allow-list: shown, never indicators


def read_pasted(
    text: str,
    own_networks: Iterable[str] = (),
    own_domains: Iterable[str] = (),
    allow: Iterable[str] = (),
    zone: tzinfo = VIETNAM,
) -> PastedAlert:
    """Refanged, typed, de-duplicated observables, ours told from others, with a title to edit. SecretDocument if marked so."""
    where = Where("pasted text")
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(
            "more text than a person pastes", hint="save it to a file and use `atttcli ingest`", where=where
        )
    lines = nfc(text).splitlines()
    refuse_secret(lines, where)
    scope = Scope(own_networks, own_domains, allow)
    found: list[Observable] = []
    allowed: list[Observable] = []
    left_off = 0
    for item in extract(text):
        observable = item.observable
        if len(found) + len(allowed) >= MAX_OBSERVABLES:
            left_off += 1
        elif scope.is_own(observable):
            found.append(Observable(observable.type, observable.value, "victim"))
        elif scope.is_allowed(observable):
            allowed.append(observable)
        else:
            found.append(observable)
    sender = _sender(lines)
    victims = tuple(
        observable.value for observable in found if observable.role == "victim" and observable.value != sender
    )
    return PastedAlert(
        tuple(found), victims, _title(lines), sender, _times(lines, zone), read_letter(lines), left_off, tuple(allowed)
    )


def is_bad(one: Observable, scope: Scope) -> bool:
    """Ours, private and allowed values are no indicators; a sender's mailbox of a plain chat neither."""
    if one.role == "victim" or one.type is ObservableType.EMAIL:
        return False
    return not (scope.touches_own(one) or scope.is_local(one) or scope.is_allowed(one))


def _title(lines: list[str]) -> str:
    """A subject line if the text has one, else the first line of words."""
    for line in lines[:50]:
        subject = _SUBJECT.match(line.strip())
        if subject and not subject_marking(subject[1]):
            return subject[1].strip()
    words = (" ".join(line.split()) for line in lines[:50])
    return next((line[:120] for line in words if sum(char.isalpha() for char in line) > 5), "")


def _sender(lines: list[str]) -> str:
    for line in lines[:50]:
        found = _SENDER.match(line.strip())
        if found:
            address = next(
                (item.observable for item in extract(found[1]) if item.observable.type is ObservableType.EMAIL), None
            )
            return address.value if address is not None else ""
    return ""


def _times(lines: list[str], zone: tzinfo) -> tuple[int, ...]:
    times: dict[int, None] = {}
    for line in lines:
        found = _DATE.search(line[:2000])
        if found is None:
            continue
        moment = read_moment(line[max(0, found.start() - 40) : found.end() + 25], zone)
        if moment is not None:
            times[moment] = None
        if len(times) >= _MAX_TIMES:
            break
    return tuple(times)
