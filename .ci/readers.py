"""The table of log readers in docs/readers/README.md, from what they make of the samples in tests/cases/readers.

`write` writes it, `check` fails when it is not current or when a reader has no sample, `expect FOLDER...` writes the
`expected.jsonl` of cases (to be read by a person before it is committed: the tests compare with it).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.model.alert import Alert  # noqa: E402
from atttcli.model.event import Event  # noqa: E402
from atttcli.sources import LOG_SOURCES  # noqa: E402
from tests.support.reader_samples import ReaderCase, cases, told  # noqa: E402 - found by the line above

PAGE = ROOT / "docs" / "readers" / "README.md"
MODULE = ROOT / "atttcli" / "sources" / "readers.json"
BEGIN, END = "<!-- table: written by .ci/readers.py -->", "<!-- end of table -->"
HEAD = ("host", "user", "src_ip", "src_port", "dst_ip", "dst_port", "domain", "url", "hash", "action", "outcome")
NO_SAMPLE_NEEDED = frozenset({"text-lines"})


def row(case: ReaderCase) -> str:
    """One line of the table."""
    records = case.records()
    events = [record for record in records if isinstance(record, Event)]
    alerts = sum(isinstance(record, Alert) for record in records)
    sources = sorted({"/".join((e.category or "-", e.product or "-", e.service or "-")) for e in events})
    filled = Counter(name for event in events for name in HEAD if getattr(event, name))
    timed = sum(event.time is not None for event in events)
    head = [f"time {timed}"] + [f"{name} {filled[name]}" for name in HEAD if filled[name]]
    names = {name for event in events for name in event.fields}
    counts = f"{len(events)}" + (f" + {alerts} alerts" if alerts else "")
    problems = len(records) - len(events) - alerts
    shown = ", ".join(sources[:6]) + (f" and {len(sources) - 6} more" if len(sources) > 6 else "")
    return f"| {_linked(case.source)} | `{case.name}` | {counts} | {problems} | {shown} | {', '.join(head)} | {len(names)} |"


def _linked(name: str) -> str:
    for page in sorted(PAGE.parent.glob("*.md")):
        if page != PAGE and f"`{name}`" in page.read_text(encoding="utf-8"):
            return f"[`{name}`]({page.name})"
    return f"`{name}`"


def table() -> Iterator[str]:
    """The whole table."""
    yield "| reader | sample | events | problems | category/product/service | head fields filled | native fields |"
    yield "|---|---|---|---|---|---|---|"
    yield from (row(case) for case in cases())


def page() -> str:
    """The page with the table of today."""
    text = PAGE.read_text(encoding="utf-8")
    return re.sub(
        re.escape(BEGIN) + r".*?" + re.escape(END),
        lambda _: BEGIN + "\n" + "\n".join(table()) + "\n" + END,
        text,
        flags=re.DOTALL,
    )


def module() -> str:
    """atttcli/sources/readers.json: the same for `atttcli source list`."""
    found: dict[str, dict[str, set[str]]] = {}
    for case in cases():
        if (case.folder / "mapping.yaml").exists():
            continue
        kinds = found.setdefault(case.source, {"sources": set(), "head": set(), "fields": set()})
        for event in (record for record in case.records() if isinstance(record, Event)):
            kinds["sources"].add("/".join((event.category or "-", event.product or "-", event.service or "-")))
            kinds["head"].update(name for name in ("time", *HEAD) if getattr(event, name) not in ("", 0, None))
            kinds["fields"].update(name for name in event.fields if len(name) <= 40)
    order = {one: place for place, one in enumerate(("time", *HEAD))}
    made = {
        name: {
            "sources": sorted(kinds["sources"])[:40],
            "head": sorted(kinds["head"], key=lambda one: order[one]),
            "fields": sorted(kinds["fields"])[:200],
        }
        for name, kinds in sorted(found.items())
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def expect(folders: list[str]) -> None:
    """Write what comes out today as what must come out."""
    wanted = {Path(folder).name for folder in folders}
    for case in cases():
        if case.name in wanted:
            lines = [json.dumps(told(record), ensure_ascii=False) for record in case.records()]
            (case.folder / "expected.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
            reader = case.reader()
            print(f"{case.name}: {len(lines)} records by {reader.name if reader else 'nobody'}")


def main(words: list[str]) -> int:
    if words[:1] == ["expect"]:
        expect(words[1:])
        return 0
    if words == ["write"]:
        PAGE.write_text(page(), encoding="utf-8")
        MODULE.write_text(module(), encoding="utf-8")
        return 0
    have = {case.source for case in cases()}
    problems = [
        f"tests/cases/readers: no sample of the reader `{source.name}`"
        for source in LOG_SOURCES
        if source.name not in have | NO_SAMPLE_NEEDED
    ]
    if page() != PAGE.read_text(encoding="utf-8"):
        problems.append("docs/readers/README.md is not current: run .ci/readers.py write")
    if not MODULE.is_file() or module() != MODULE.read_text(encoding="utf-8"):
        problems.append("atttcli/sources/readers.json is not current: run .ci/readers.py write")
    print("\n".join(problems) or "readers: the table is current, every reader has a sample")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
