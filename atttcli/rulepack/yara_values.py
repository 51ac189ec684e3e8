"""What YARA rules are loaded into: a rule, a file on its way, and what rules may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from atttcli.engine import RuleProblem

EXTERNALS: Final[Mapping[str, Any]] = {"filename": "", "filepath": "", "extension": "", "filetype": "", "owner": ""}
LINE_SCOPES: Final = ("log", "lines")  # with these, rules are made ready for lines of text
MODULES: Final = frozenset({"pe", "elf", "math", "hash", "time", "string", "dotnet", "macho", "dex", "lnk", "magic"})


@dataclass(frozen=True, slots=True)
class YaraRule:
    """One loaded rule. `file` and `line` say where it stands; `namespace:name` is its id."""

    name: str
    namespace: str
    tags: tuple[str, ...]
    meta: dict[str, Any]
    file: str
    line: int


@dataclass(slots=True)
class RuleFile:
    """One rule file on its way: `text` is what will be compiled, `logs` what the prefilter is made of."""

    namespace: str
    path: str
    data: bytes
    text: str = ""
    rules: list[YaraRule] = field(default_factory=list)
    problems: list[RuleProblem] = field(default_factory=list)
    logs: str = ""

    def source_text(self) -> str:
        """A byte that is not UTF-8 becomes the escape that means this very byte in strings and regular expressions."""
        return self.data.decode("utf-8-sig", "backslashreplace")
