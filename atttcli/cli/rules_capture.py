"""`rules explain --sid N --capture FILE`: for each flow the first step of a network rule that failed, or what matched where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.rules_reasons import fate_line, near_lines, reason_line
from atttcli.errors import InputError, NotFound, UsageError
from atttcli.packaged import packaged
from atttcli.rulepack.network.lines import decode, logical_lines
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.capture_settings import Manner
    from atttcli.engine import EngineProblem
    from atttcli.engines.network import NetworkEngine, Settings
    from atttcli.engines.network.diagnosis import Reason, Sides
    from atttcli.engines.network.tracing import Trace, Watched
    from atttcli.rulepack.network import NetworkPack
    from atttcli.rulepack.network.values import Rule

_WORD = re.compile(r"(?:\[[^\]]*\]|[^\s\[\]])+")
_SHOWN_GROUPS = 40
_SHOWN_ALERTS = 20
_SETTERS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be explained: a loaded rule by its number, or a rule given as text."""

    sid: int | None
    text: str
    capture: str
    flow: str
    places: tuple[Path, ...]
    variables: Mapping[str, str]
    settings: Settings
    limits: tuple[Path, ...] = ()
    ranges: Path | None = None


def explain_on_capture(
    asked: str,
    text: str,
    capture: str,
    flow: str,
    paths: Sequence[Path],
    variables: tuple[str, ...],
    manner: Manner,
    ranges: Path | None,
    as_json: bool,
) -> None:
    """The command's part with --capture."""
    from atttcli.cli.detect_capture import variables_of

    sid = asked.rpartition(":")[2]
    if bool(text) == bool(asked) or (asked and not sid.isdigit()):
        raise UsageError("name one network rule", hint="--sid N, or --rule 'alert ...'")
    places = tuple(paths) or (() if text else (packaged("rules") / "network",))
    wanted = Asked(
        int(sid) if sid else None,
        text,
        capture,
        flow,
        places,
        variables_of(variables),
        manner.settings(),
        manner.limits,
        ranges,
    )
    told = explain_capture(wanted)
    if as_json:
        render.emit_json(told)
    else:
        tell(told)
    if told["problems"]:
        click.get_current_context().exit(2)


def explain_capture(asked: Asked) -> dict[str, Any]:
    """The stable form (docs/json/rules-explain-capture.schema.json)."""
    from atttcli.engines.network import NetworkEngine
    from atttcli.rulepack.network import with_limits

    pack = with_limits(_pack(asked), asked.limits, asked.variables)
    rule = _rule(asked, pack)
    text = asked.text or rule_text(pack, rule)
    watched = flow_of_words(asked.flow)
    engine = NetworkEngine(pack, settings=asked.settings)
    trace, problems = follow(engine, rule, sides_of(text), watched, asked.capture)
    return {
        "sid": rule.sid,
        "gid": rule.gid,
        "msg": rule.msg,
        "rule": text,
        "capture": asked.capture,
        "flow": asked.flow or None,
        "flows": trace.flows,
        "alerts": trace.alerts,
        "alerted": trace.alerted,
        "matched_quietly": trace.quiet,
        "failed": [
            {**_reason_object(group.reason, pack), "flows": group.flows, "examples": group.examples}
            for group in trace.groups()
        ],
        "unlisted_flows": trace.unlisted,
        "problems": [f"{problem.where}: {problem.reason}" for problem in problems],
    }


def follow(
    engine: NetworkEngine, rule: Rule, sides: Sides, watched: Watched, capture: str
) -> tuple[Trace, list[EngineProblem]]:
    """Judge a capture with all rules of the engine, watching one."""
    from atttcli.cli.detect_capture import opened
    from atttcli.engine import EngineProblem
    from atttcli.engines.network.tracing import Trace, traced

    number = next(place for place, one in enumerate(engine.rules.rules) if one is rule)
    trace = Trace()
    run = engine.begin(sightings=False, traffic=traced(number, sides, watched, trace))
    problems: list[EngineProblem] = []
    with opened(capture) as stream:
        problems += [one for one in run.read(stream, capture) if isinstance(one, EngineProblem)]
        problems += [one for one in run.finish() if isinstance(one, EngineProblem)]
    return trace, problems


def _pack(asked: Asked) -> NetworkPack:
    from atttcli.rulepack.network import load_network_rules
    from atttcli.store.workspace import private_folder

    if not asked.text:
        return load_network_rules(list(asked.places), asked.variables, private_folder("rules-cache"), asked.ranges)
    with TemporaryDirectory() as folder:
        own = Path(folder) / "given.rules"
        own.write_text(asked.text.replace("\n", " ") + "\n", encoding="utf-8")
        return load_network_rules([own, *asked.places], asked.variables, None, asked.ranges)


def _rule(asked: Asked, pack: NetworkPack) -> Rule:
    """The rule meant; what was refused is told with its reason."""
    if asked.text:
        found = next((rule for rule in pack.rules if rule.file == 0), None)
        if found is None:
            problem = next((one for one in pack.problems if one.where.path == pack.files[0]), None)
            reason = problem.reason if problem is not None else "not a rule"
            raise InputError(f"the rule cannot be run: {reason}", hint=problem.hint if problem is not None else "")
        return found
    rules = [rule for rule in pack.rules if rule.sid == asked.sid]
    if rules:
        return rules[0]
    for problem in pack.problems:
        if problem.where.rule in (f"sid {asked.sid}", str(asked.sid)):
            raise InputError(f"the rule cannot be run: {problem.reason}", hint=problem.hint, where=problem.where)
    raise NotFound(f"no network rule with sid {asked.sid}", hint="--rules FILE names the pack it stands in")


def rule_text(pack: NetworkPack, rule: Rule) -> str:
    """A rule as it stands in its file."""
    from atttcli.rulepack.network.load import read_rules

    data = decode(read_rules(Path(pack.files[rule.file])))
    return next((text for number, text in logical_lines(data) if number == rule.line), "")


def sides_of(text: str) -> Sides:
    """The words of a rule's header: addresses and ports as they are written."""
    from atttcli.engines.network.diagnosis import Sides

    words = _WORD.findall(text.partition("(")[0])
    if len(words) < 7:
        return Sides("any", "any", "any", "any")
    return Sides(words[2], words[3], words[5], words[6])


def flow_of_words(text: str) -> Watched:
    """`192.0.2.1:4711-198.51.100.7:80`, IPv6 in brackets; the ends in any order."""
    from ipaddress import ip_address

    from atttcli.engines.network.tracing import Watched

    if not text:
        return Watched()
    found = re.fullmatch(r"\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})-\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})", text.strip())
    try:
        if found is None:
            raise ValueError(text)
        ends = frozenset({(str(ip_address(found[1])), int(found[2])), (str(ip_address(found[3])), int(found[4]))})
    except ValueError as error:
        hint = "--flow 192.0.2.1:4711-198.51.100.7:80; IPv6 as [2001:db8::1]:4711"
        raise UsageError(f"{text[:100]!r} names no flow", hint=hint) from error
    return Watched(ends)


def _reason_object(reason: Reason, pack: NetworkPack) -> dict[str, Any]:
    facts = {name: list(value) if isinstance(value, tuple) else value for name, value in reason.facts.items()}
    if reason.step == "flowbits":
        facts["set_by"] = list(_setters(pack, facts["names"]))
    return {"step": reason.step, "facts": facts, "text": reason_line(reason.step, facts)}


def _setters(pack: NetworkPack, names: Sequence[str]) -> Iterator[int]:
    """Rules that would set one of these bits."""
    wanted = set(names)
    count = 0
    for rule in pack.rules:
        if any(bit.command in ("set", "toggle") and wanted & set(bit.names) for bit in rule.flowbits):
            yield rule.sid
            count += 1
            if count == _SETTERS:
                return


def tell(told: dict[str, Any]) -> None:
    """For people: the alerts with what matched where, then the steps at which the other flows failed."""
    render.line(f"{told['gid']}:{told['sid']}  {told['msg']}")
    flows = ngettext("{count} flow", "{count} flows", told["flows"])
    alerts = ngettext("{count} alert", "{count} alerts", told["alerts"])
    render.line("  " + _("{capture}: {flows}, {alerts}", capture=told["capture"], flows=flows, alerts=alerts))
    for one in told["alerted"][:_SHOWN_ALERTS]:
        _tell_matches(one, told["flow"] is not None)
    if len(told["alerted"]) > _SHOWN_ALERTS:
        left = len(told["alerted"]) - _SHOWN_ALERTS
        render.line("  " + _("… and {count} more flows with alerts (all of them: --json)", count=left))
    for one in told["matched_quietly"][:_SHOWN_ALERTS]:
        _tell_matches(one, True)
    for group in told["failed"][:_SHOWN_GROUPS]:
        count = ngettext("{count} flow", "{count} flows", group["flows"])
        render.line(f"  {count}: {group['text']}")
        _tell_example(group["examples"][0])
    left = len(told["failed"]) - _SHOWN_GROUPS
    if left > 0 or told["unlisted_flows"]:
        render.line("  " + _("… and {count} more reasons (all of them: --json)", count=max(left, 1)))
    for problem in told["problems"]:
        render.warn(problem)


def ends_text(one: Mapping[str, Any]) -> str:
    """`TCP 192.0.2.1:4711 > 198.51.100.7:80`."""
    source, target = (
        f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        for address, port in ((one["src_ip"], one["src_port"]), (one["dest_ip"], one["dest_port"]))
    )
    return f"{one['proto']} {source} > {target}"


def _tell_matches(one: Mapping[str, Any], whole: bool) -> None:
    render.line("  " + ends_text(one))
    shown = one["matches"] if whole else one["matches"][:1]
    for match in shown:
        render.line("    " + _("packet {packet}: {fate}", packet=match["packet"], fate=fate_line(match)))
        for buffer in match["buffers"]:
            render.line("      " + _("{buffer} ({size} bytes)", buffer=buffer["buffer"], size=buffer["size"]))
            for found in buffer["found"]:
                render.line("        " + _("offset {offset}: {what}", offset=found["offset"], what=found["what"]))
            render.line(f"        {buffer['excerpt']}")
    if len(one["matches"]) > len(shown):
        left = len(one["matches"]) - len(shown)
        render.line("    " + ngettext("… and {count} more match", "… and {count} more matches", left))


def _tell_example(example: Mapping[str, Any]) -> None:
    render.line("      " + _("such as {flow}", flow=ends_text(example)))
    for line in near_lines(example["nearest"]):
        render.line(f"        {line}")
