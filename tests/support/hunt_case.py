"""A workspace whose segments are written by hand, and the plain fold over them that hunts must equal."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from atttcli.archive.layout import SegmentHeader, SegmentInfo
from atttcli.archive.reading import read_segment
from atttcli.archive.writing import write_segment
from atttcli.hunt.ask import Bounds, hunting
from atttcli.hunt.build import bring_up_to_date
from atttcli.hunt.choose import files
from atttcli.hunt.fields import FieldHunt
from atttcli.hunt.parts import folder_of
from atttcli.model.event import Event
from atttcli.store.connection import Store
from atttcli.store.facts.segments import add_segment
from atttcli.store.workspace import Workspace

NUMBERS = ("src_port", "dst_port", "line")
HEAD = (
    "category", "product", "service", "host", "user", "src_ip", "dst_ip", "domain", "url", "hash", "action", "outcome",
)  # fmt: skip


def bare_workspace(root: Path) -> tuple[Workspace, Store]:
    """Only what hunting needs."""
    (root / "events").mkdir(parents=True)
    workspace = Workspace(root, "id", "bac-kan", "vn-2017", "en", b"\0" * 32)
    return workspace, Store(workspace.database, create=True)


def keep(
    workspace: Workspace, store: Store, events: Sequence[Event], name: str = "a", reader: str = "test"
) -> SegmentInfo:
    """One segment, known to the store."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    header = SegmentHeader(sha256, reader, f"/logs/{name}.log", f"{reader}:{name}")
    info = write_segment(workspace.events, header, events, b"\0" * 16 * len(events))
    assert info is not None
    with store.transaction() as db:
        add_segment(db, info, header.log_source)
    return info


def found(workspace: Workspace, store: Store, asked: FieldHunt, **bounds: Any) -> list[tuple[str, int]]:
    """(file's digest, line) of what a hunt by fields finds, sorted."""
    bring_up_to_date(workspace, store)
    paths = files(workspace, store, asked.window, asked.source)
    statement, values = asked.select(("source_sha256", "line"))
    limits = Bounds(rows=100_000, **bounds)
    with (
        hunting(folder_of(workspace.root), paths, limits, asked.window) as opened,
        opened.ask(statement, values) as answer,
    ):
        return sorted((str(row[0]), int(row[1])) for row in answer.rows)


def folded(workspace: Workspace, store: Store, asked: FieldHunt) -> list[tuple[str, int]]:
    """The same by reading every segment, one event after the other."""
    kept: list[tuple[str, int]] = []
    for row in store.rows("SELECT path, source_sha256 FROM segment"):
        held = read_segment(workspace.events / row["path"])
        kept += [(row["source_sha256"], event.line) for event in held if _matches(event, asked)]
    return sorted(kept)


def _matches(event: Event, asked: FieldHunt) -> bool:
    window = asked.window
    if window.since is not None and (event.time is None or event.time < window.since):
        return False
    if window.until is not None and (event.time is None or event.time >= window.until):
        return False
    if asked.text and asked.text.lower() not in event.raw.lower():
        return False
    names: dict[str, list[str]] = {}
    for one in asked.fields:
        name, _, value = one.partition("=")
        names.setdefault(name, []).append(value)
    return all(any(_equal(event, name, value) for value in values) for name, values in names.items())


def _equal(event: Event, name: str, value: str) -> bool:
    if name in NUMBERS:
        return bool(getattr(event, name) == int(value))
    held = getattr(event, name) if name in HEAD else event.fields.get(name)
    if held is None:
        return False
    text = ("true" if held else "false") if isinstance(held, bool) else str(held)
    if "/" in value and name in ("src_ip", "dst_ip"):
        try:
            return ipaddress.ip_address(text) in ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
    return text.lower() == value.lower()


def many(count: int, start: int = 1_620_842_400_000_000) -> Iterable[Event]:
    """Web requests, one a second."""
    for number in range(count):
        yield Event(
            start + number * 1_000_000, number + 1, f"GET /p{number}", category="webserver", service="access",
            src_ip=f"203.0.113.{number % 250}", url=f"/p{number}", action="request", fields={"sc-status": 200 + number % 3},
        )  # fmt: skip
