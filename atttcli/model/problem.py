"""Problems with rules, as values: rule packs (below the engines) report them, engines and commands pass them on."""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.errors import Where


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """A rule refused at load (`refused`) or worth a look (`warning`), by file, line and name, with a hint."""

    where: Where
    reason: str
    hint: str = ""
    refused: bool = True
