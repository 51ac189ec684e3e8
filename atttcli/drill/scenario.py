"""A scenario's YAML as a Scenario: every key known, every error with file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atttcli.clock import DAY, MINUTE
from atttcli.drill.channels import read_payload
from atttcli.drill.condition import leaves, read_condition, span
from atttcli.errors import InputError, NotFound, Where
from atttcli.journal.chain import canonical
from atttcli.limits import read_bounded
from atttcli.model.drill import (
    CAPABILITIES,
    CHANNELS,
    DIMENSIONS,
    FORMATS,
    KINDS,
    WEIGHTS,
    Condition,
    Expectation,
    Goal,
    Inject,
    Matcher,
    Module,
    Option,
    Place,
    Role,
    Said,
    Scenario,
    Scope,
    Truth,
)
from atttcli.packaged import packaged
from atttcli.profile.record import Record
from atttcli.text import strict_yaml

MAX_BYTES = 1024 * 1024
MAX_TIME = 30 * DAY
# How many of each a scenario may have: six times what the longest shipped one has, and still read in a second.
MOST = {
    "injects": 200, "expect": 30, "options": 20, "goals": 40, "roles": 40, "rules": 40, "on": 20, "modules": 40, "targets": 200,
}  # fmt: skip
MOST_PLACES, MOST_CONDITIONS = 60, 100
MATCHERS = ("step", "moved", "paper", "deadline", "advisory", "evidence", "opened")
_ID = re.compile(r"[A-Z][A-Z0-9]{0,7}\Z")
_ATTACK = re.compile(r"T\d{4}(\.\d{3})?\Z")
_DIM_OF = {
    "detect": "detect", "dismiss": "detect", "classify": "triage", "contain": "contain", "report": "report",
    "step": "playbook", "decision": "contain", "evidence": "evidence",
}  # fmt: skip


def shipped_names() -> list[str]:
    """Names of the scenarios that are shipped."""
    return sorted(path.stem for path in (packaged("seeds") / "drills").glob("*.yaml"))


def find_scenario(name: str) -> Path:
    """A shipped scenario by its name, or a file; NotFound."""
    shipped = packaged("seeds") / "drills" / f"{name}.yaml"
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name) and shipped.is_file():
        return shipped
    path = Path(name)
    if path.is_file():
        return path
    raise NotFound(f"no scenario {name[:60]!r}", hint="shipped: " + ", ".join(shipped_names()))


def load_scenario(path: Path) -> Scenario:
    """Read and check the form of a scenario. What it means is checked by `lint`."""
    try:
        with path.open("rb") as stream:
            data = read_bounded(stream, MAX_BYTES)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(str(path))) from error
    return parse_scenario(data, str(path))


def parse_scenario(data: bytes, path: str = "") -> Scenario:
    """A scenario from its bytes."""
    top = Record(strict_yaml.load(data, path, max_bytes=MAX_BYTES), path, what="drill")
    injects = tuple(_inject(one) for one in _records(top, "injects"))
    if not injects and top.text("format", "") != "log":
        raise top.refuse("a scenario has injects", "injects")
    found = Scenario(
        code=top.code("drill"),
        version=top.integer("version", low=1),
        name=said(top, "name"),
        situation=said(top, "situation"),
        format=top.choice("format", FORMATS),
        category=top.code("category"),
        duration=_time(top),
        roles=tuple(_role(one) for one in _records(top, "roles")),
        places=_places(top.record("places")),
        goals=tuple(_goal(one) for one in _records(top, "goals")),
        injects=injects,
        weights=_weights(top.record("weights")),
        techniques=_techniques(top, "techniques"),
        rules=tuple(_said_record(one) for one in _records(top, "rules")),
        digest=hashlib.sha256(data).hexdigest(),
        truth_digest=_seal(injects),
        path=path,
        modules=tuple(_module(one) for one in _records(top, "modules")),
        scope=_scope(top.record("scope")) if top.has("scope") else None,
    )
    top.finish()
    return found


def _records(given: Record, key: str) -> Iterator[Record]:
    """The mappings of a list that has at most so many."""
    value = given.mapping.get(key)
    if isinstance(value, list) and len(value) > MOST[key]:
        raise given.refuse(f"{key} has {len(value)} entries, at most {MOST[key]}", key)
    yield from given.records(key)


def said(given: Record, key: str, default: Said | None = None) -> Said:
    """A wording: `{vi, en}`; both are needed."""
    if not given.has(key):
        if default is None:
            raise given.refuse(f"{key} is missing")
        return default
    return _said_record(given.record(key))


def _said_record(inner: Record) -> Said:
    found = Said(inner.text("vi"), inner.text("en"))
    inner.finish()
    return found


def _role(given: Record) -> Role:
    found = Role(given.code("code"), said(given, "name"))
    given.finish()
    return found


def _time(top: Record) -> int:
    found = span(top, "time")
    if not 0 < found <= MAX_TIME:
        raise top.refuse("a scenario lasts some time, and at most 30 days", "time")
    return found


def _places(given: Record) -> tuple[Place, ...]:
    if len(given.mapping) > MOST_PLACES:
        raise given.refuse(f"{len(given.mapping)} places, at most {MOST_PLACES}")
    return tuple(_place(name, given) for name in given.mapping)


def _place(name: str, places: Record) -> Place:
    given = places.record(name)
    if given.has("system"):
        found = Place(name, "system", words=given.texts("system"))
    else:
        found = Place(name, "agency", given.code("agency"), given.integer("at", 1, low=1, high=500))
    given.finish()
    return found


def _goal(given: Record) -> Goal:
    found = Goal(
        _id(given), said(given, "text"), given.choice("capability", CAPABILITIES), given.integer("weight", 1, 1, 10)
    )
    given.finish()
    return found


def _weights(given: Record) -> dict[str, int]:
    found = {name: given.integer(name, WEIGHTS[name], low=0, high=100) for name in DIMENSIONS}
    given.finish()
    if not any(found.values()):
        raise given.refuse("some dimension must weigh something")
    return found


def _techniques(given: Record, key: str) -> tuple[str, ...]:
    codes = given.texts(key)
    for code in codes:
        if not _ATTACK.match(code):
            raise given.refuse(f"{code[:20]!r} is no ATT&CK technique", key, hint="as T1486 or T1566.002")
    return codes


def _module(given: Record) -> Module:
    found = Module(_id(given), said(given, "name"), said(given, "text"), span(given, "time", "0m") // MINUTE)
    given.finish()
    return found


def _scope(given: Record) -> Scope:
    """Everything that has to be said before anybody works on a real system."""
    targets = []
    for one in _records(given, "targets"):
        targets.append((_id(one), said(one, "text")))
        one.finish()
    times = given.record("times")
    found = Scope(
        targets=tuple(targets),
        forbidden=tuple(_said_record(one) for one in given.records("forbidden")),
        tools=tuple(_said_record(one) for one in given.records("tools")),
        depth=said(given, "depth"),
        stop=said(given, "stop"),
        times=tuple((name, *_times(times.record(name))) for name in ("detect", "contain") if times.has(name)),
    )
    times.finish()
    given.finish()
    return found


def _times(given: Record) -> tuple[int, int]:
    target = span(given, "within")
    limit = span(given, "limit", "0s") or 3 * target
    given.finish()
    return target, max(target, limit)


def _id(given: Record, key: str = "id") -> str:
    found = given.text(key)
    if not _ID.match(found):
        raise given.refuse(f"{found[:20]!r} is no id", key, hint="a capital letter, then capitals and digits: A1")
    return found


def _inject(given: Record) -> Inject:
    identity = _id(given)
    channels = [name for name in CHANNELS if given.has(name)]
    if len(channels) != 1:
        raise given.refuse(f"{identity} needs exactly one channel", hint="one of: " + ", ".join(CHANNELS))
    when, unless = (_condition(given, key) for key in ("when", "unless"))
    at = span(given, "at") if given.has("at") else None
    if (at is None) == (when is None):
        raise given.refuse(f"{identity} needs `at` or `when`, one of the two")
    found = Inject(
        id=identity,
        channel=channels[0],
        payload=read_payload(channels[0], given.record(channels[0])),
        to=given.code("to", ""),
        at=at,
        when=when,
        unless=unless,
        truth=_truth(given.record("truth")) if given.has("truth") else None,
        hint=said(given, "hint", Said()),
        branch=given.flag("branch", False),
        expects=tuple(_expectation(one, identity) for one in _records(given, "expect")),
        line=given.line,
        module=_id(given, "module") if given.has("module") else "",
    )
    given.finish()
    return found


def _condition(given: Record, key: str) -> Condition | None:
    if not given.has(key):
        return None
    found = read_condition(given.record(key))
    if sum(1 for _leaf in leaves(found)) > MOST_CONDITIONS:
        raise given.refuse(f"{key} has more than {MOST_CONDITIONS} conditions", key)
    return found


def _truth(given: Record) -> Truth:
    found = Truth(
        given.flag("malicious"),
        given.code("category", ""),
        given.code("severity", ""),
        _techniques(given, "attack"),
        said(given, "why", Said()),
    )
    given.finish()
    return found


def _expectation(given: Record, inject: str) -> Expectation:
    kind = given.choice("kind", KINDS)
    target = span(given, "within", "0s")
    limit = span(given, "limit", "0s") or 3 * target
    if limit and not target:
        raise given.refuse("a limit needs the target that it goes with: within", "limit")
    if limit < target:
        raise given.refuse("the limit is not before the target", "limit")
    found = Expectation(
        id=_id(given),
        inject=inject,
        kind=kind,
        text=said(given, "text"),
        points=given.integer("points", 10, low=1, high=100),
        goal=given.code("goal"),
        dim=given.choice("dim", DIMENSIONS, _DIM_OF[kind]),
        target=target,
        limit=limit,
        critical=given.flag("critical", False),
        evidence=given.flag("evidence", False),
        measure=given.code("measure", ""),
        addressee=given.code("addressee", ""),
        category=given.code("class", ""),
        severity=given.code("severity", ""),
        after=given.texts("after"),
        on=tuple(_matcher(one) for one in _records(given, "on")),
        fields=given.pairs("fields"),
        options=tuple(_option(one) for one in _records(given, "options")),
    )
    given.finish()
    return found


def _matcher(given: Record) -> Matcher:
    kind = next((name for name in MATCHERS if given.has(name)), "")
    if not kind or len(given.mapping) != 1:
        raise given.refuse("one of: " + ", ".join(MATCHERS))
    return Matcher(kind, given.text(kind))


def _option(given: Record) -> Option:
    grade = given.choice("grade", ("0", "0.5", "1"))
    found = Option(given.code("id"), said(given, "text"), float(grade))
    given.finish()
    return found


def _seal(injects: tuple[Inject, ...]) -> str:
    """The digest that proves, after the drill, that what is true was not changed during it."""
    truths: list[Any] = [
        [one.id, [one.truth.malicious, one.truth.category, one.truth.severity, list(one.truth.attack)]]
        if one.truth
        else [one.id, []]
        for one in injects
    ]
    answers = [
        [e.id, [list(pair) for pair in e.fields], [[o.id, str(o.grade)] for o in e.options], e.category, e.severity, e.addressee]
        for one in injects
        for e in one.expects
    ]  # fmt: skip
    return hashlib.sha256(canonical([truths, answers]).encode()).hexdigest()
