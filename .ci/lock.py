"""requirements.lock holds every dependency that pyproject.toml names, at a version it allows, and no address."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", re.MULTILINE)


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {canonicalize_name(name): version for name, version in PINNED.findall(text)}
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    problems = []
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if name == "atttcli":
            continue
        if name not in pinned:
            problems.append(f"requirements.lock: {name} is missing: run make lock")
        elif pinned[name] not in requirement.specifier:
            problems.append(f"requirements.lock: {name} {pinned[name]} is not {requirement.specifier}: run make lock")
    if "://" in text:
        problems.append("requirements.lock: an address stands in it")
    print("\n".join(problems) or "lock: agrees with pyproject.toml")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
