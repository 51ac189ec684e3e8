"""What a rule looks for: the steps that the engine will take, its text as it stands in the file, and its samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atttcli.cli.rules import entry_object
from atttcli.errors import InputError
from atttcli.limits import MIB
from atttcli.rulepack.network.lines import decode, logical_lines
from atttcli.rulepack.network.load import read_rules
from atttcli.rulepack.samples import read_case
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.rulepack.catalogue import Catalogue, RuleEntry
    from atttcli.rulepack.network.values import Rule
    from atttcli.rulepack.sigma_nodes import CorrelationRule, Node, SigmaRule

_MOST_LINES = 400
_FILE = 64 * MIB


def explanation(entry: RuleEntry, catalogue: Catalogue, places: Sequence[Path]) -> dict[str, Any]:
    """The stable form (docs/json/rules-explain.schema.json)."""
    names = {entry.id, entry.id.rpartition(":")[2]}
    return {
        **entry_object(entry, False),
        "description": entry.description,
        "steps": list(_steps(entry, catalogue)),
        "cases": list(_cases(places, names)),
        "source": source_text(entry),
    }


def source_text(entry: RuleEntry) -> str:
    """The rule as it stands in its file: a network rule's logical line, else from its line to where the next one begins."""
    path, line = Path(entry.where.path), entry.where.line
    if entry.kind == "network":
        return next((text for number, text in logical_lines(decode(read_rules(path))) if number == line), "")
    with path.open("rb") as stream:
        lines = stream.read(_FILE).decode("utf-8-sig", "backslashreplace").splitlines()
    if entry.kind == "indicators":
        value = entry.id.partition(":")[2]
        return "\n".join([text for text in lines if value in text][:5])
    start = (line or 1) - 1
    taken = lines[start : start + 1]
    for text in lines[start + 1 : start + _MOST_LINES]:
        if entry.kind == "yara":
            taken.append(text)
            if text.startswith("}"):
                break
        elif text.startswith("---"):
            break
        else:
            taken.append(text)
    return "\n".join(taken).rstrip()


def _cases(places: Sequence[Path], names: set[str]) -> Iterator[dict[str, Any]]:
    for place in places:
        for path in sorted(place.rglob("case.yaml")):
            if path.parent.name not in names:
                continue
            try:
                case = read_case(path.parent)
            except InputError:
                continue  # `rules test` tells what is wrong with it
            yield {
                "path": str(path.parent), "why": case.why,
                "positive": len(case.positives), "negative": len(case.negatives),
            }  # fmt: skip


def _steps(entry: RuleEntry, catalogue: Catalogue) -> Iterator[str]:
    if entry.kind == "network" and catalogue.network is not None:
        gid, _sign, sid = entry.id.partition(":")
        rule = catalogue.network.by_sid(int(sid), int(gid))
        if rule is not None:
            yield from _network_steps(rule)
    elif entry.kind in ("sigma", "correlation") and catalogue.sigma is not None:
        for one in catalogue.sigma.rules:
            if entry.id in (one.meta.id, one.meta.name):
                yield from _sigma_steps(one)
        for many in catalogue.sigma.correlations:
            if entry.id in (many.meta.id, many.meta.name):
                yield from _correlation_steps(many)


def _network_steps(rule: Rule) -> Iterator[str]:
    yield _("protocol {name}", name=rule.protocol)
    if rule.apps:
        yield _("application {names}", names=", ".join(rule.apps))
    if rule.flow is not None:
        yield "flow: " + (", ".join(word for word in (rule.flow.direction, rule.flow.state) if word) or _("any"))
    for bit in rule.flowbits:
        yield f"flowbits {bit.command} {' | '.join(bit.names)}".rstrip()
    if rule.dsize is not None:
        yield _("payload size {low} to {high}", low=rule.dsize.low, high=rule.dsize.high)
    for group in rule.groups:
        after = " → ".join(group.transforms)
        yield _("in {buffer}:", buffer=f"{group.buffer} → {after}" if after else group.buffer)
        for op in group.ops:
            yield f"  {type(op).__struct_config__.tag}: {_fields(op)}"
    for threshold in rule.thresholds:
        yield f"{threshold.kind}: {threshold.count} in {threshold.seconds} s, by {threshold.track}"


def _fields(op: Any) -> str:
    """The fields of an option that are not at their default; the first always."""
    names = op.__struct_fields__
    defaults = dict(zip(names[len(names) - len(op.__struct_defaults__) :], op.__struct_defaults__, strict=True))
    shown = []
    for name in names:
        value = getattr(op, name)
        if name in defaults and value == defaults[name]:
            continue
        shown.append(f"{name}={value.decode('latin-1')!r}" if isinstance(value, bytes) else f"{name}={value}")
    return " ".join(shown)


def _sigma_steps(rule: SigmaRule) -> Iterator[str]:
    yield _("log source: {name}", name="/".join(word for word in rule.logsource if word) or _("any"))
    yield from _node(rule.node, 0)


def _node(node: Node, depth: int) -> Iterator[str]:
    from atttcli.rulepack.sigma_nodes import Field, Not

    indent = "  " * depth
    if isinstance(node, Field):
        joined = (_(" and ") if node.every else _(" or ")).join(
            f"{test.kind} {test.value!r}" for test in node.tests[:12]
        )
        more = " " + _("… {count} more", count=len(node.tests) - 12) if len(node.tests) > 12 else ""
        yield f"{indent}{node.name or _('the whole record')}: {joined}{more}"
    elif isinstance(node, Not):
        yield indent + _("not:")
        yield from _node(node.child, depth + 1)
    else:
        yield indent + (_("all of:") if type(node).__name__ == "And" else _("any of:"))
        for child in node.children:
            yield from _node(child, depth + 1)


def _correlation_steps(rule: CorrelationRule) -> Iterator[str]:
    yield _("{kind} of {rules}", kind=rule.kind, rules=", ".join(rule.rules))
    if rule.group_by:
        yield _("grouped by {fields}", fields=", ".join(rule.group_by))
    if rule.kind == "new_value":
        yield _(
            "a {view} of {field} not seen before, once {count} events are known",
            view=rule.view,
            field=rule.field,
            count=rule.learn,
        )
        return
    span = rule.timespan // 1_000_000
    if rule.field:
        yield _("at least {count} values of {field} within {span} s", count=rule.threshold, field=rule.field, span=span)
    else:
        yield _("at least {count} within {span} s", count=rule.threshold, span=span)
