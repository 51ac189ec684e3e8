"""What a log message says, found by a table of patterns. Shared by the syslog, Zimbra and error-log readers.

Group names with a meaning of their own go to the event's head (`user ip port host domain`), all others to its `fields`.
Every pattern is anchored so that a value chosen by an attacker (a user name such as `x from 192.0.2.1 port 22 ssh2`) cannot
put another address in place of the real one, and is linear in the message's length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from atttcli.sources.logs.address import address, address_port
from atttcli.sources.logs.address import port as port_number

MESSAGE_LIMIT = 8_192  # longer messages are kept whole, but only this much is looked at


@dataclass(slots=True)
class Said:
    """What was understood of a message; empty strings where it says nothing."""

    category: str = ""
    product: str = ""
    service: str = ""
    action: str = ""
    outcome: str = ""
    user: str = ""
    src_ip: str = ""
    src_port: int = 0
    dst_ip: str = ""
    dst_port: int = 0
    domain: str = ""
    url: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


class Expression:
    """A regular expression that is compiled when it is first asked: most of some hundred never are."""

    __slots__ = ("_text", "match", "search")

    search: Callable[[str], re.Match[str] | None]
    match: Callable[[str], re.Match[str] | None]

    def __init__(self, text: str) -> None:
        self._text = text
        self.search = lambda message: self.compiled().search(message)
        self.match = lambda message: self.compiled().match(message)

    def compiled(self) -> re.Pattern[str]:
        """From now on asked without a way round."""
        compiled = re.compile(self._text, re.DOTALL)
        self.search, self.match = compiled.search, compiled.match
        return compiled


@dataclass(frozen=True, slots=True)
class Pattern:
    """`needle` must be in the message before the regex is tried; `reason` goes to the fields."""

    needle: str
    regex: Expression
    action: str
    outcome: str = ""
    reason: str = ""


def pattern(needle: str, regex: str, action: str, outcome: str = "", reason: str = "") -> Pattern:
    """A Pattern by its texts."""
    return Pattern(needle, Expression(regex), action, outcome, reason)


def first_match(message: str, patterns: Sequence[Pattern], words: tuple[str, str, str]) -> Said | None:
    """The first pattern that matches, as Said; `words` are its category, product and service."""
    for candidate in patterns:
        if candidate.needle in message and (found := candidate.regex.search(message)):
            said = Said(*words, candidate.action, candidate.outcome)
            if candidate.reason:
                said.fields["reason"] = candidate.reason
            fill(said, found.groupdict())
            return said
    return None


def fill(said: Said, values: dict[str, str | None]) -> None:
    """Put a pattern's groups where they belong."""
    for name, value in values.items():
        if value is None:
            continue
        if name == "user":
            said.user = value
        elif name == "ip":
            said.src_ip, found = address_port(value)
            said.src_port = said.src_port or found
            if not said.src_ip and value not in ("", "-", "unknown"):
                said.fields["src_host"] = value
        elif name == "port":
            said.src_port = port_number(value)
        elif name == "dst_ip":
            said.dst_ip, said.dst_port = address_port(value)
        elif name == "domain":
            said.domain = value.lower().rstrip(".")
        elif value != "":
            said.fields[name] = value


def first_address(text: str) -> str:
    """The first address of a comma-separated list, "" if there is none."""
    for part in text.split(",", 32):
        if found := address(part.strip()):
            return found
    return ""
