"""A playbook drawn: a tree for the terminal, and a mermaid flow chart for a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from atttcli.model.playbook import Playbook, Step

MAX_LINES = 4000
_UNSAFE = re.compile(r'["\\\[\](){}<>|`#;&\x00-\x1f\x7f]')
_SHAPES = {
    "start": ("([", "])"), "end": ("([", "])"), "if-condition": ("{", "}"), "while-condition": ("{", "}"),
    "switch-condition": ("{", "}"), "parallel": ("[[", "]]"), "playbook-action": ("[/", "/]"),
}  # fmt: skip


def title(step: Step, english: bool = False) -> str:
    """Code and name of a step as people read it."""
    name = (english and step.name_en) or step.name or step.name_en or step.type
    return f"{step.code}  {name}" if step.code else name


def ways(step: Step) -> list[tuple[str, str]]:
    """Where a step leads: (label, step id), branches before what follows them."""
    found = [(str(index), one) for index, one in enumerate(step.branches, 1)]
    found += [(label, one) for label, one in (("yes", step.on_true), ("no", step.on_false)) if one]
    found += list(step.cases)
    found += [("failed", step.on_failure)] if step.on_failure else []
    return found + ([("", step.next)] if step.next else [])


def tree(playbook: Playbook, english: bool = False, words: Mapping[str, str] | None = None) -> Iterator[str]:
    """Lines of a tree: what follows stands below, branches are indented, a step met again is only named.

    `words`: how people say the labels `yes`, `no`, `failed` and `exception`.
    """
    said = words or {}
    seen: set[str] = set()
    todo: list[tuple[str, str, str]] = [(playbook.start, "", "")]
    if playbook.exception and playbook.exception != playbook.start:
        todo.insert(0, (playbook.exception, "", "exception"))
    lines = 0
    while todo and lines < MAX_LINES:
        key, pad, label = todo.pop()
        step = playbook.steps[key]
        mark = f"({said.get(label, label)}) " if label else ""
        again = key in seen
        lines += 1
        if again and step.type == "end":
            yield f"{pad}{mark}■"
            continue
        yield f"{pad}{mark}{_sign(step)} {title(step, english)}{' ↑' if again else ''}"
        if again:
            continue
        seen.add(key)
        found = ways(step)
        below = [(one, pad + "   ", name) for name, one in found if name]
        todo.extend((one, pad, "") for name, one in found if not name)
        todo.extend(reversed(below))


def _sign(step: Step) -> str:
    signs = {"start": "●", "end": "■", "parallel": "⇉", "playbook-action": "▶", "while-condition": "↻"}
    return signs.get(step.type, "?" if step.type.endswith("condition") else "□")


def mermaid(playbook: Playbook, english: bool = False) -> Iterator[str]:
    """Lines of a mermaid flow chart; names are made harmless."""
    yield "flowchart TD"
    names = {key: f"s{index}" for index, key in enumerate(playbook.steps)}
    for key, step in playbook.steps.items():
        left, right = _SHAPES.get(step.type, ("[", "]"))
        yield f'  {names[key]}{left}"{_safe(title(step, english))}"{right}'
    for key, step in playbook.steps.items():
        for label, target in ways(step):
            arrow = f'-->|"{_safe(label)}"|' if label else "-->"
            yield f"  {names[key]} {arrow} {names[target]}"


def _safe(text: str) -> str:
    return _UNSAFE.sub(" ", text).strip()[:120] or "-"
