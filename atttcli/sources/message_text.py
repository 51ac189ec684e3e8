"""A message of people as a plain text file: a chat message saved, a warning typed down. Read as `alert add --from-text` reads.

Taken for one only when it is short text that speaks as people do: it names an indicator defanged (`hxxp`, `[.]`, `[@]`), or it
addresses somebody and names one. A list of rules, a note, a ransom demand or a page of source is none (docs/decisions/0088).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from atttcli.errors import Where
from atttcli.limits import MIB, read_bounded
from atttcli.model.alert import Alert, Origin
from atttcli.model.observable import Indicator, Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.source import Input, Letter, Record, Source
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.observables import extract, host_of
from atttcli.sources.pasted import PastedAlert, is_bad, read_pasted
from atttcli.sources.scope import Scope

LARGEST: Final = 64 * 1024
_MOST_LINES = 200
_MOST_VICTIMS = 20
_SCORE = 30  # more than text that nobody knows, less than any list
_DEFANGED = re.compile(r"h(?:xx|\*\*)ps?\b|\[(?:\.|dot|@|at|:)\]|\(\.\)|\{\.\}", re.IGNORECASE)
_ADDRESSED = re.compile(
    r"\s*(?:\[[^\]\n]{4,40}\]\s*)?(?:[^\n:]{2,40}:\s*)?"
    r"(?:kính gửi|kinh gui|gửi (?:anh|chị|các|đơn vị|bộ phận)|gui (?:anh|chi|cac|don vi|bo phan)|chào (?:anh|chị|các)"
    r"|dear|hi|hello)\b",
    re.IGNORECASE,
)
_SIGNS: Final = frozenset(';{}=$<>\\|"`')  # programs and rules are full of them
_HEAD = 5  # lines in which somebody is addressed


class MessageText:
    """See the module. One message is one record: an alert for each of ours that it names, and indicators."""

    name = "message-text"
    kind = "text"

    def recognise(self, given: Input) -> int:
        """30 or 0."""
        if not given.size or given.size > LARGEST:
            return 0
        lines = head_lines(given, _MOST_LINES + 1)
        if not lines or len(lines) > _MOST_LINES:
            return 0
        text = "\n".join(lines)
        if _DEFANGED.search(text) is None and not any(_ADDRESSED.match(line) for line in lines[:_HEAD]):
            return 0
        return _SCORE if _speaks(text, lines) and any(True for _ in extract(text)) else 0

    def read(self, given: Input) -> Iterator[Record]:
        """The letter that it quotes, its alerts, its indicators. SecretDocument if marked so."""
        data = read_bounded(given.stream, MIB, Where(given.path))
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = data.decode(encoding, "backslashreplace")
        pasted = read_pasted(text, given.own_networks, given.own_domains, given.allow, given.zone)
        scope = Scope(given.own_networks, given.own_domains, given.allow)
        time = pasted.times[-1] if pasted.times else given.modified
        if pasted.letter.number:
            yield pasted.letter
        yield from _alerts(pasted, given, text, time)
        source = pasted.sender or re.split(r"[\\/!]", given.path)[-1]
        for one in pasted.observables:
            if is_bad(one, scope):
                yield Indicator(one.type, one.value, source, pasted.title[:200], valid_from=time)


def _speaks(text: str, lines: list[str]) -> bool:
    """Words in sentences: rules, programs and tables have more signs than words."""
    letters = sum(char.isalpha() or char == " " for char in text)
    signs = sum(char in _SIGNS for char in text)
    return letters * 2 > len(text) > signs * 33 and any(len(line.split()) >= 5 for line in lines)


def _alerts(pasted: PastedAlert, given: Input, text: str, time: int | None) -> Iterator[Alert]:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    victims = list(dict.fromkeys(_name(one) for one in pasted.observables if one.role == "victim"))
    victims = [victim for victim in victims if victim != pasted.sender][:_MOST_VICTIMS]
    letter = pasted.letter
    alert = Alert(
        kind="message",
        rule_id="message",
        title=pasted.title,
        severity=Severity.MEDIUM,
        origin=Origin(given.sha256, given.path),
        occurrence=digest[:32],
        time=time,
        key=digest[:32],
        sender=pasted.sender,
        observables=pasted.observables,
        why=tuple(line.strip()[:300] for line in text.splitlines()[:10] if line.strip()),
        detail={"letter": _quoted(letter)} if letter.number else {},
    )
    if not victims:
        yield alert
    for victim in victims:  # the others of ours that it names would lend theirs an agency and a system
        parties = [one for one in pasted.observables if one.role != "victim" or _name(one) == victim]
        yield replace(alert, victim=victim, observables=tuple(parties))


def _name(one: Observable) -> str:
    """A page of a site of ours concerns the site."""
    return host_of(one) if one.type is ObservableType.URL else one.value


def _quoted(letter: Letter) -> dict[str, str]:
    return {"number": letter.number, "date": letter.date, "deadline": letter.deadline}


TEXT_SOURCES: Final[tuple[Source, ...]] = (MessageText(),)
