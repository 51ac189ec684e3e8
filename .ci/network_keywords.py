"""The tables of keywords in docs/network-rules.md, from the tables that the parser itself uses. `write` or `check`."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.rulepack.network.buffers import BUFFERS, MODIFIERS, STICKY_ALIASES, TRANSFORMS  # noqa: E402
from atttcli.rulepack.network.keywords import KEYWORDS  # noqa: E402 - found by the line above

PAGE = ROOT / "docs" / "network-rules.md"
BEGIN, END = "<!-- table: written by .ci/network_keywords.py -->", "<!-- end of table -->"
KINDS = {
    "contents": "contents: "
    "content offset depth distance within nocase startswith endswith rawbytes fast_pattern pcre isdataat bsize dsize "
    "urilen uricontent",
    "numbers": "numbers in a buffer: byte_test byte_jump byte_extract byte_math base64_decode base64_data asn1",
    "state": "flow, marks, rates: flow flowbits xbits hostbits flowint threshold detection_filter stream_size tag "
    "app-layer-protocol app-layer-event decode-event noalert alert",
    "files": "files: filename fileext filemagic filesize filemd5 filesha1 filesha256 filestore",
    "lists": "lists beside the rules: dataset geoip iprep",
    "told": "what is told: msg sid gid rev priority classtype metadata reference target config requires prefilter",
}


def rows() -> Iterator[str]:
    """One line a kind; whatever has no kind of its own is a header or protocol option."""
    left = set(KEYWORDS)
    yield "| kind | keywords |"
    yield "|---|---|"
    for words in KINDS.values():
        kind, _, names = words.partition(": ")
        mine = [name for name in names.split() if name in left]
        left -= set(mine)
        yield _row(kind, mine)
    by_app: dict[str, list[str]] = defaultdict(list)
    for name, buffer in BUFFERS.items():
        if name in left:
            left.discard(name)
            by_app[" ".join(buffer.apps) or buffer.scope].append(name)
    for app, names in sorted(by_app.items()):
        yield _row(f"buffers of {app}", names)
    older = [f"`{alias}` ({name})" for alias, name in sorted((STICKY_ALIASES | MODIFIERS).items()) if alias in KEYWORDS]
    left -= set(STICKY_ALIASES) | set(MODIFIERS)
    yield f"| older names | {', '.join(older)} |"
    transforms = sorted(name for name in left if name in TRANSFORMS or name in ("pcrexform", "xor"))
    left -= set(transforms)
    yield _row("transforms", transforms)
    yield _row("headers and others", sorted(left))


def _row(kind: str, names: list[str]) -> str:
    return f"| {kind} | {', '.join(f'`{name}`' for name in names)} |"


def page() -> str:
    """The page with the tables of today."""
    text = PAGE.read_text(encoding="utf-8")
    table = "\n".join((f"{len(KEYWORDS)} keywords:", "", *rows()))
    return re.sub(
        re.escape(BEGIN) + r".*?" + re.escape(END), lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL
    )


def main() -> int:
    """0, or 1 where the page is not current."""
    made = page()
    if sys.argv[1:] == ["write"]:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if made != PAGE.read_text(encoding="utf-8"):
        sys.stderr.write("docs/network-rules.md is not current: .venv/bin/python .ci/network_keywords.py write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
