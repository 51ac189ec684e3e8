"""The README says what `--help` says: every command of the tool stands in both READMEs, and no other."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.cli.main import COMMANDS  # noqa: E402


def main() -> int:
    problems = []
    for name in ("README.md", "README.vi.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        listed = set(re.findall(r"^\| `atttcli ([a-z]+)", text, re.MULTILINE))
        problems += [f"{name}: the command `{command}` is missing" for command in sorted(set(COMMANDS) - listed)]
        problems += [f"{name}: there is no command `{command}`" for command in sorted(listed - set(COMMANDS))]
        problems += [
            f"{name}: `{target}` is not mentioned" for target in ("make demo", "make test") if target not in text
        ]
    print("\n".join(problems) or "readme: agrees with --help")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
