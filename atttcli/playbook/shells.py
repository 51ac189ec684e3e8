"""Commands that can run on this machine, as argument lists; values reach them through the environment, never as code.

A reference `__name__:value` in a command becomes a use of the environment variable `ATTT_name`, quoted as the place
where it stands demands: what a variable holds is data to the shell, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atttcli.playbook.condition import variable_name
from atttcli.playbook.variables import REFERENCE, shown

LOCAL = ("bash", "powershell")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command ready to run: its arguments, and the environment variables that carry the values."""

    arguments: tuple[str, ...]
    variables: dict[str, str]


def prepare(kind: str, text: str, values: Mapping[str, Any]) -> Prepared:
    """The argument list for a local command of a kind in LOCAL."""
    used: dict[str, str] = {}

    def take(match: re.Match[str]) -> str | None:
        name = variable_name(match[0])
        if values.get(name) is None:
            return None
        variable = "ATTT_" + re.sub(r"[^A-Za-z0-9_]", "_", name.strip("_"))
        used[variable] = shown(values[name]).replace("\x00", "")
        return variable

    if kind == "powershell":
        script = REFERENCE.sub(lambda match: f"${{env:{name}}}" if (name := take(match)) else match[0], text)
        return Prepared(("powershell", "-NoProfile", "-NonInteractive", "-Command", script), used)
    script, last = "", 0
    for match in REFERENCE.finditer(text):
        script += text[last : match.start()]
        last = match.end()
        name = take(match)
        script += _in_quotes(_quote_at(text, match.start()), name) if name else match[0]
    return Prepared(("bash", "--noprofile", "--norc", "-c", script + text[last:]), used)


def _in_quotes(quote: str, name: str) -> str:
    if quote == "'":
        return f"'\"${{{name}}}\"'"
    return f"${{{name}}}" if quote == '"' else f'"${{{name}}}"'


def _quote_at(text: str, at: int) -> str:
    """The quotation that a position of a bash command lies in: `'`, `"` or none."""
    quote, index = "", 0
    while index < at:
        char = text[index]
        if char == "\\" and quote != "'":
            index += 1
        elif not quote and char in "'\"":
            quote = char
        elif char == quote:
            quote = ""
        index += 1
    return quote


def runs_here(targets: list[dict[str, Any]]) -> bool:
    """Whether a command is meant for this machine: it names no target, or only people or the loopback address."""
    return all(
        target["type"] in {"individual", "group", "organization"}
        or (target["addresses"] and all(one in _LOOPBACK for one in target["addresses"]))
        for target in targets
    )
