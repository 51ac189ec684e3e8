"""Network rules over logs, as `detect logs` tells them: variables, what was judged, and why the rest was not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from atttcli.cli import render
from atttcli.errors import UsageError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.engines.network_logs.engine import NetworkLogEngine

_SHOWN = 12


def network_variables(given: Iterable[str]) -> dict[str, str]:
    """`--var NAME=VALUE` options; UsageError for one without a value."""
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError("--var takes NAME=VALUE", hint="--var 'HOME_NET=[10.0.0.0/8]'")
        found[name.strip().lstrip("$")] = value
    return found


def tell_coverage(engine: NetworkLogEngine) -> None:
    """On stderr: rules that no log record decides, by reason; then for each sort of record what was judged."""
    left = sum(engine.reasons.values())
    render.warn(
        _("Network rules: {loaded} loaded, {judged} can be judged on log records, {left} not applicable:",
          loaded=engine.loaded, judged=engine.loaded - left, left=left)
    )  # fmt: skip
    for reason, count in list(engine.reasons.items())[:_SHOWN]:
        render.warn("  " + _rules(count) + ": " + _reason(reason))
    if len(engine.reasons) > _SHOWN:
        rest = sum(list(engine.reasons.values())[_SHOWN:])
        render.warn("  " + _rules(rest) + ": " + _("other reasons"))
    for one in engine.coverage():
        text = _("{records} records of the sort {kind}: {rules} rules judged",
                 records=one.records, kind=one.kind, rules=one.rules)  # fmt: skip
        lacking = ", ".join(f"{buffer} ({count})" for buffer, count in list(one.missing.items())[:6])
        render.warn(text + ("; " + _("not in these records: {buffers}", buffers=lacking) if lacking else "") + ".")


def _reason(reason: str) -> str:
    """`applicable.obstacle` in the reader's language."""
    head, sign, buffer = reason.partition("missing buffer ")
    return _("missing buffer {name}", name=buffer) if sign and not head else retell(reason)


def _rules(count: int) -> str:
    return ngettext("{count} rule", "{count} rules", count)
