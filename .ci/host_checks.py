"""docs/host-checks.md is made of the modules: `python .ci/host_checks.py write`; `check` fails when it is not what they say."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.field.host.catalogue import CHECKS  # noqa: E402 - found by the line above
from atttcli.field.host.check import Bounds  # noqa: E402
from atttcli.field.host.rules import RULES  # noqa: E402

PAGE = ROOT / "docs" / "host-checks.md"
SEVERITIES = ("informational", "low", "medium", "high", "critical")
HEAD = """# Checks of the host

What `atttcli scan --host-checks` (`--only-host`: without files) and a kit look at beside files. This page is made of
the modules in `atttcli/field/host/` by `python .ci/host_checks.py write`; a test holds it to them.

Every check only reads: files through descriptors that follow no link out of the root and wait for no pipe, the
registry, and interfaces of Windows by ctypes. None starts a program, stops a process or attaches to one. Each has its
bounds ({seconds:.0f} s, {observations:,} things, {mib} MiB of files; what is beyond is told). What cannot be looked at
is a problem of the run (exit 2), never silence.

`--root DIR` looks at a mounted disk or a test tree: what only a running system has is left out then. `--check NAME`
(repeatable) runs some of them.

    atttcli scan --only-host
    atttcli scan --only-host --check processes --check sockets --json
    atttcli scan --only-host --memory --indicators c2.csv
    atttcli scan --only-host --root /mnt/pc-17 --host pc-17.bac-kan.example
    atttcli scan --host-records 12        # what scan 12 of this workspace saw

Indicator lists are asked about addresses (sockets, log-ons, neighbours, command lines), names (hosts file, resolvers,
command lines), hashes of running programs, and paths. Our own addresses and names are never bad.

## Checks
"""
MIDDLE = """
## Rules

Conservative: `high` and `critical` are kept for what hardly ever happens on a healthy machine. Every finding says what
innocent thing looks the same.
"""
TAIL = """
## What is not there

- **Not run on Windows.** The Windows checks were written from Microsoft's documentation and tried with stand-ins for
  winreg and ctypes; task files, shortcuts and tables of connections are parsed from bytes made to their published
  layouts. Nothing of it has run on Windows itself.
- **WMI event subscriptions** are not read (their repository has no published layout, and COM by ctypes was left out):
  the collector's PowerShell part lists them. Registry hives of a mounted disk and of users that are not logged on are
  not read either.
- Accounts of a directory service, log-ons that only the journal or wtmpdb holds, Windows event logs (`detect logs` and
  `ingest` read those).
- The memory of a process is read while it runs on: what it changes meanwhile is seen as it is at that moment. On
  Windows libyara reads it.
- A rootkit in the kernel can lie to all of this. `host.process-hidden` and `host.module-hidden` find the clumsy ones;
  for the others look at the disk from another system with `--root`.
- Linux keeps no list of USB storage; hidden processes are looked for among the first 65,536 numbers.
"""


def page() -> str:
    """The whole page."""
    bounds = Bounds()
    head = HEAD.format(seconds=bounds.seconds, observations=bounds.observations, mib=bounds.bytes >> 20)
    return head + "\n" + "\n".join(checks()) + "\n" + MIDDLE + "\n" + "\n".join(rules()) + "\n" + TAIL


def checks() -> Iterator[str]:
    """A row for each check."""
    yield "| check | system | what it looks at | reads | needs | misses without |"
    yield "|---|---|---|---|---|---|"
    for one in CHECKS:
        where = ", ".join(one.systems) + ("" if not one.live else ", running only")
        yield f"| `{one.name}` | {where} | {one.title} | {one.reads} | {one.permission} | {one.misses} |"


def rules() -> Iterator[str]:
    """A row for each rule."""
    yield "| rule | severity | ATT&CK | what | innocent |"
    yield "|---|---|---|---|---|"
    for one in RULES.values():
        yield f"| `{one.id}` | {SEVERITIES[one.severity]} | {one.technique} | {one.title} | {one.innocent} |"


def main() -> int:
    """Write the page, or compare it."""
    if sys.argv[1:] == ["write"]:
        PAGE.write_text(page(), "utf-8")
        return 0
    same = PAGE.is_file() and PAGE.read_text("utf-8") == page()
    print("host checks: as in docs/host-checks.md" if same else "docs/host-checks.md: python .ci/host_checks.py write")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
