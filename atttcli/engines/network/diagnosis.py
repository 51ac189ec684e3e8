"""Why a rule does not hold for a scene: the first of its steps that fails, and what stood nearest to what it asks.

Every step is asked of the very functions that judge (`admit`, `compile_ops`), so that what is told is what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from atttcli.engines.network.admit import admits, in_state, may_ever
from atttcli.engines.network.byte_steps import read_number
from atttcli.engines.network.evaluate import _place, compile_ops
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.judge import Scene
from atttcli.engines.network.judgement import Run, Text
from atttcli.engines.network.marks import Marks
from atttcli.engines.network.ruleset import RuleSet
from atttcli.engines.network.shown import excerpt, quoted
from atttcli.rulepack.network.values import (
    ByteExtract,
    ByteJump,
    ByteMath,
    ByteTest,
    Content,
    DataAt,
    Group,
    InSet,
    Op,
    Pcre,
    Rule,
    Size,
)
from atttcli.sources.capture.decode import ICMP, ICMP6, TCP, UDP

MOST_PLACES = 256  # places of what stands before, from which an option is tried


class Rank:
    """How far a rule came: a later step is the nearer miss."""

    PROTOCOL, ADDRESS, PORT, HEADER, APPLICATION, NO_DATA, STATE, DIRECTION, PACKET, MARK = range(10)
    BUFFER = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """The step that failed. `facts` are the same for all flows that failed alike; `nearest` is of this one."""

    step: str
    rank: float
    facts: Mapping[str, Any] = field(default_factory=dict)
    nearest: Mapping[str, Any] = field(default_factory=dict)


class Sides(NamedTuple):
    """The four words of a rule's header as they are written, for people."""

    source: str
    source_ports: str
    target: str
    target_ports: str


def transport_of(protocol: int) -> str:
    """The transport as rules name it."""
    if protocol in (ICMP, ICMP6):
        return "icmp"
    return {TCP: "tcp", UDP: "udp"}.get(protocol, "ip")


def header_reason(rule: Rule, rules: RuleSet, sides: Sides, flow: Flow, direction: int) -> Reason | None:
    """What of the header does not fit this direction of a flow; None where all of it does."""
    masks = header_masks(rules, flow)
    if may_ever(rule, masks, flow.protocol, len(flow.client), direction) and transport_fits(rule, flow.protocol):
        return None
    if not transport_fits(rule, flow.protocol):
        return Reason(
            "protocol", Rank.PROTOCOL, {"wanted": rule.protocol, "is": transport_of(flow.protocol), "apps": rule.apps}
        )
    tries = [direction] if not rule.both_ways else [direction, 1 - direction]
    reasons = [one for one in (_side_reason(rule, masks, sides, flow, way) for way in tries) if one is not None]
    if rule.direction and (rule.direction == "to_server") != (direction == 0):
        reasons.append(Reason("direction", Rank.DIRECTION, {"wanted": rule.direction}))
    return max(reasons, key=lambda one: one.rank, default=Reason("header", Rank.HEADER, {"wanted": rule.protocol}))


def header_masks(rules: RuleSet, flow: Flow) -> tuple[int, int, int, int]:
    """The groups that hold client, server and their ports."""
    headers = rules.headers
    ends = headers.address(flow.client), headers.address(flow.server)
    if flow.protocol in (ICMP, ICMP6):
        return (*ends, -1, -1)
    return (*ends, headers.port(flow.client_port), headers.port(flow.server_port))


def transport_fits(rule: Rule, protocol: int) -> bool:
    """Whether the rule is judged on flows of this transport at all."""
    from atttcli.engines.network.ruleset import _transports

    name = {"icmp": "icmp", "tcp": "tcp", "udp": "udp"}.get(transport_of(protocol), "other")
    return name in _transports(rule)


def _side_reason(
    rule: Rule, masks: tuple[int, int, int, int], sides: Sides, flow: Flow, direction: int
) -> Reason | None:
    """The first of the four sides that does not hold."""
    from atttcli.engines.network.sightings import address_text

    src, dst, sport, dport = masks
    ends = [(flow.client, flow.client_port), (flow.server, flow.server_port)]
    if direction:
        src, dst, sport, dport = dst, src, dport, sport
        ends.reverse()
    checks = (
        (src, rule.source, "address", "source", address_text(ends[0][0]), sides.source),
        (dst, rule.target, "address", "destination", address_text(ends[1][0]), sides.target),
        (dport, rule.target_ports, "port", "destination", ends[1][1], sides.target_ports),
        (sport, rule.source_ports, "port", "source", ends[0][1], sides.source_ports),
    )
    for mask, number, step, side, value, words in checks:
        if not mask >> number & 1:
            rank = Rank.ADDRESS if step == "address" else Rank.PORT
            told = {"side": side, "wanted": words}
            return Reason(step, rank, told if step == "address" else told | {"is": value}, {"is": value})
    return None


def diagnose(rule: Rule, rules: RuleSet, sides: Sides, scene: Scene, marks: Marks) -> Reason | None:
    """The first step that fails for a scene; None where the rule holds."""
    flow, direction = scene.flow, scene.direction
    reason = header_reason(rule, rules, sides, flow, direction) or _state_reason(rule, flow)
    if reason is not None:
        return reason
    if not admits(rule, flow, direction, scene.packet, marks):
        return _guard_reason(rule, scene, marks)
    for index, group in enumerate(rule.groups):
        reason = _group_reason(rule, rules, index, group, scene)
        if reason is not None:
            return reason
    return None


def _state_reason(rule: Rule, flow: Flow) -> Reason | None:
    if in_state(rule, flow.app, flow.established):
        return None
    wanted = rule.apps or tuple(("not " if negated else "") + name for name, negated in rule.protocols)
    if wanted and not in_state(rule, flow.app, True) and not in_state(rule, flow.app, False):
        return application_reason(wanted, flow.app)
    state = rule.flow.state if rule.flow is not None else ""
    return Reason("state", Rank.STATE, {"wanted": state})


def application_reason(wanted: Sequence[str], is_: str | None) -> Reason:
    """The flow speaks something else."""
    return Reason("application", Rank.APPLICATION, {"wanted": tuple(wanted), "is": is_ or "unknown"})


def _guard_reason(rule: Rule, scene: Scene, marks: Marks) -> Reason:
    """Which of the packet's options or marks it was: each is asked alone, by the same function."""
    from msgspec.structs import replace

    bare = replace(rule, packet=(), dsize=None, xbits=(), flowints=(), flowbits=())
    flow, direction, packet = scene.flow, scene.direction, scene.packet

    def holds(**only: Any) -> bool:
        return admits(replace(bare, **only), flow, direction, packet, marks)

    if rule.dsize is not None and not holds(dsize=rule.dsize):
        is_ = len(packet.payload) if packet is not None else None
        wanted = {"low": rule.dsize.low, "high": rule.dsize.high, "negated": rule.dsize.negated}
        return Reason("dsize", Rank.PACKET, wanted, {"is": is_})
    for test in rule.packet:
        if not holds(packet=(test,)):
            return Reason("packet", Rank.PACKET, {"keyword": test.keyword, "low": test.low, "high": test.high})
    for xbit in rule.xbits:
        if not holds(xbits=(xbit,)):
            return Reason("xbits", Rank.MARK, {"command": xbit.command, "name": xbit.name, "track": xbit.track})
    for flowint in rule.flowints:
        if not holds(flowints=(flowint,)):
            told = {"name": flowint.name, "operator": flowint.operator, "value": flowint.value}
            return Reason("flowint", Rank.MARK, told, {"is": flow.ints.get(flowint.name)})
    bit = next((one for one in rule.flowbits if not holds(flowbits=(one,))), rule.flowbits[0])
    return Reason("flowbits", Rank.MARK, {"command": bit.command, "names": bit.names})


def _group_reason(rule: Rule, rules: RuleSet, index: int, group: Group, scene: Scene) -> Reason | None:
    """What a buffer fails at; of several instances the one that came farthest."""
    from atttcli.engines.network.ruleset import _key

    facts = {"buffer": group.buffer, "transforms": group.transforms, "index": index}
    texts = scene.texts(_key(group))
    rank = Rank.BUFFER + 2.0 * index
    if not texts:
        return Reason("buffer", rank, facts)
    ops = tuple(op for op in group.ops if not (isinstance(op, InSet) and op.command in ("set", "unset")))
    farthest: tuple[int, Text] | None = None
    for text in texts:
        count = reach(ops, text, rules)
        if count == len(ops):
            return None
        if farthest is None or count > farthest[0]:
            farthest = count, text
    assert farthest is not None
    count, text = farthest
    op = ops[count]
    step = type(op).__struct_config__.tag
    told = facts | {"option": count, "what": words_of(op)}
    return Reason(str(step), rank + 1 + count / (len(ops) + 1), told, nearest(ops, count, text, rules))


def reach(ops: Sequence[Op], text: Text, rules: RuleSet) -> int:
    """How many of the options hold together, all before them included."""
    if compile_ops(ops, rules.sets)(text, 0, Run()):
        return len(ops)
    count = 0
    while count < len(ops) - 1 and compile_ops(ops[: count + 1], rules.sets)(text, 0, Run()):
        count += 1
    return count


def words_of(op: Op) -> str:
    """An option in the words of the language."""
    if isinstance(op, Content):
        more = [
            f"{name} {getattr(op, name)}" for name in ("depth", "distance", "within") if getattr(op, name) is not None
        ]
        more += [f"offset {op.offset}"] if op.offset else []
        more += [name for name in ("nocase", "endswith") if getattr(op, name)]
        return ("!" if op.negated else "") + "; ".join([quoted(op.pattern), *more])
    if isinstance(op, Pcre):
        return (
            ("!" if op.negated else "") + f"/{op.pattern.decode('latin-1')}/" + (" (relative)" if op.relative else "")
        )
    optional = op.__struct_fields__[len(op.__struct_fields__) - len(op.__struct_defaults__) :]
    defaults = dict(zip(optional, op.__struct_defaults__, strict=True))
    pairs = ((name, getattr(op, name)) for name in op.__struct_fields__)
    return " ".join(f"{name} {value}" for name, value in pairs if name not in defaults or value != defaults[name])


def nearest(ops: Sequence[Op], count: int, text: Text, rules: RuleSet) -> dict[str, Any]:
    """What stood nearest to the option that failed, tried from every place where those before it hold."""
    op = ops[count]
    places: list[int] = []
    run = Run()

    def gather(text: Text, cursor: int, run: Run) -> bool:
        places.append(cursor)
        return len(places) >= MOST_PLACES

    compile_ops(ops[:count], rules.sets, gather)(text, 0, run)
    told: dict[str, Any] = {"size": len(text.raw), "begins": excerpt(text.raw)}
    if isinstance(op, Content):
        told |= _near_content(op, text, places or [0], run)
    elif isinstance(op, Pcre):
        told["from"] = places[0] if op.relative and places else 0
    elif isinstance(op, ByteTest | ByteJump | ByteExtract | ByteMath):
        found = read_number(op, text, places[0] if places else 0, run)
        told["value"] = found[0] if found is not None else None
    elif isinstance(op, DataAt):
        told["after"] = places[0] if op.relative and places else 0
    elif isinstance(op, Size):
        told["size"] = len(text.raw)
    return told


def _near_content(op: Content, text: Text, places: Sequence[int], run: Run) -> dict[str, Any]:
    """Where the content lies outside its range, or in another case, or how much of its beginning there is."""
    size = len(text.raw)
    low, high = _place(op)(text, places[0], run, size)
    told: dict[str, Any] = {"from": low, "to": max(high, 0)}
    if op.negated:
        at = (text.low if op.nocase else text.raw).find(
            op.pattern.lower() if op.nocase else op.pattern, low, max(high, 0)
        )
        return told | {"unwanted_at": at + text.start} if at >= 0 else told
    data, pattern = (text.low, op.pattern.lower()) if op.nocase else (text.raw, op.pattern)
    elsewhere = _closest(data, pattern, low, max(high, 0))
    if elsewhere is not None:
        return told | {"found_at": elsewhere + text.start, "excerpt": excerpt(text.raw, elsewhere)}
    other = text.low.find(op.pattern.lower())
    if other >= 0:
        return told | {"case_at": other + text.start, "excerpt": excerpt(text.raw, other)}
    length, at = _longest(data, pattern)
    return told | {"part": length, "of": len(pattern), "part_at": at + text.start} if length > 1 else told


def _closest(data: bytes, pattern: bytes, low: int, high: int) -> int | None:
    """The offset of the pattern that lies nearest to a range."""
    before = data.rfind(pattern, 0, max(low + len(pattern) - 1, 0))
    after = data.find(pattern, max(low, 0))
    if before >= 0 and (after < 0 or low - before <= after - high):
        return before
    return after if after >= 0 else None


def _longest(data: bytes, pattern: bytes) -> tuple[int, int]:
    """The longest beginning of a pattern that there is, and where."""
    low, high, where = 0, len(pattern), -1
    while low < high:
        middle = (low + high + 1) // 2
        at = data.find(pattern[:middle])
        if at >= 0:
            low, where = middle, at
        else:
            high = middle - 1
    return low, where
