"""Why a network rule did not hold, in sentences: one for each step, and what stood nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atttcli.text.messages import _


def reason_line(step: str, facts: Mapping[str, Any]) -> str:
    """The step that failed."""
    header = _of_header(step, facts)
    return header or _of_mark(step, facts) or _of_buffer(step, facts)


def _of_header(step: str, facts: Mapping[str, Any]) -> str:
    match step:
        case "protocol":
            return _("the flow is {is_}, the rule wants {wanted}", is_=facts["is"], wanted=facts["wanted"])
        case "address":
            side = _("source") if facts["side"] == "source" else _("destination")
            return _("address: {side} is not in {wanted}", side=side, wanted=facts["wanted"])
        case "port":
            side = _("source") if facts["side"] == "source" else _("destination")
            return _("port: {side} {value} is not in {wanted}", side=side, value=facts["is"], wanted=facts["wanted"])
        case "header":
            return _("the packet is not of {wanted}", wanted=facts["wanted"])
        case "direction":
            wanted = _("to the server") if facts["wanted"] == "to_server" else _("to the client")
            return _("direction: nothing went {wanted} that the rule could be judged on", wanted=wanted)
        case "application":
            wanted = _(" or ").join(facts["wanted"])
            return _("application: the flow speaks {is_}, the rule wants {wanted}", is_=facts["is"], wanted=wanted)
        case "state":
            if facts["wanted"] == "established":
                return _("state: the connection was not established (its beginning or the other side is not captured)")
            return _("state: the connection was established, the rule wants one that is not")
        case "no_data":
            return _("no data: the flow showed no payload or transaction that this rule looks at")
    return ""


def _of_mark(step: str, facts: Mapping[str, Any]) -> str:
    match step:
        case "dsize":
            text = _("dsize: the payload is not between {low} and {high} bytes", low=facts["low"], high=facts["high"])
            if facts["high"] >= 1 << 24 and not facts["negated"]:
                text = _("dsize: the payload has less than {low} bytes", low=facts["low"])
            if facts["negated"]:
                text = _("dsize: the payload is between {low} and {high} bytes", low=facts["low"], high=facts["high"])
            return text
        case "packet":
            return _("{keyword}: no packet has what the rule wants in its header", keyword=facts["keyword"])
        case "xbits":
            return _("xbits: {command} {name} does not hold ({track})", **facts)
        case "flowint":
            return _("flowint: {name} {operator} {value} does not hold", **facts)
        case "flowbits":
            names = " | ".join(facts["names"])
            if facts["command"] == "isnotset":
                return _("flowbits: {names} is set, the rule wants it unset", names=names)
            setters = ", ".join(str(sid) for sid in facts.get("set_by", ())) or _("no loaded rule")
            return _("flowbits: {names} is not set (it is set by: {setters})", names=names, setters=setters)
    return ""


def _of_buffer(step: str, facts: Mapping[str, Any]) -> str:
    buffer = facts["buffer"] + "".join(f"; {name}" for name in facts.get("transforms", ()))
    if step == "buffer":
        return _("buffer: {buffer} is absent", buffer=buffer)
    what = facts.get("what", "")
    if what.startswith("!"):
        return _(
            "{step}: {what} is there in {buffer}, the rule wants it absent", step=step, what=what[1:], buffer=buffer
        )
    if step in ("content", "pcre"):
        return _("{step}: {what} is not found in {buffer}", step=step, what=what, buffer=buffer)
    name = {"size": "bsize/urilen"}.get(step, step)
    return _("{step}: {what} does not hold in {buffer}", step=name, what=what, buffer=buffer)


def near_lines(near: Mapping[str, Any]) -> Iterator[str]:
    """What stood nearest in one of the flows."""
    if "found_at" in near:
        yield _("found at offset {at}, outside of {low} to {high}: {excerpt}",
                at=near["found_at"], low=near["from"], high=near["to"], excerpt=near["excerpt"])  # fmt: skip
    elif "case_at" in near:
        yield _("found at offset {at} in another case: {excerpt}", at=near["case_at"], excerpt=near["excerpt"])
    elif "unwanted_at" in near:
        yield _("found at offset {at}", at=near["unwanted_at"])
    elif near.get("part"):
        yield _("its first {part} of {of} bytes stand at offset {at}",
                part=near["part"], of=near["of"], at=near["part_at"])  # fmt: skip
    if "value" in near:
        value = near["value"] if near["value"] is not None else _("no number there")
        yield _("the value is {value}", value=value)
    if "is" in near:
        yield _("it is {value}", value=near["is"] if near["is"] is not None else _("unknown"))
    if "begins" in near:
        yield _("the buffer has {size} bytes and begins: {begins}", size=near["size"], begins=near["begins"])


def fate_line(match: Mapping[str, Any]) -> str:
    """Whether a match became an alert, and if not why."""
    match match["fate"]:
        case "alert":
            return _("alert")
        case "noalert":
            return _("matched; the rule says noalert")
        case "suppress":
            return _("matched; silenced by a line of threshold.config")
        case "threshold":
            return _("matched; {kind}: {count} in {seconds} s by {track} kept it silent", kind=match["kind"],
                     count=match["count"], seconds=match["seconds"], track=match["track"])  # fmt: skip
        case "passed":
            by = match.get("by")
            return _("matched; a pass rule came first") + (f" (sid {by})" if by else "")
    return _("matched; the packet has {count} alerts already, which is the most", count=match["count"])
