"""What is made from the papers' contracts: docs/json/paper*.schema.json and docs/templates.md.

`python .ci/contracts.py write` writes them, `check` fails when a kept one is not what the contracts give.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.model.drill_report import DrillPlan, DrillReport  # noqa: E402
from atttcli.report import schema  # noqa: E402
from atttcli.reports.contract_schema import contract_schema, model_schema  # noqa: E402
from atttcli.reports.custody import CUSTODY_MODEL, CustodyForm  # noqa: E402
from atttcli.reports.letter_json import LETTER_MODEL, letter_shape  # noqa: E402
from atttcli.reports.paper import PAPER_SCHEMA, Paper  # noqa: E402
from atttcli.reports.papers.contracts import contracts  # noqa: E402
from atttcli.reports.templating.pages import handbook  # noqa: E402

JSON = ROOT / "docs" / "json"


def made() -> Iterator[tuple[Path, str]]:
    yield JSON / "paper.schema.json", _text(schema(Paper, PAPER_SCHEMA))
    for one in contracts():
        name = one.model.split("/")[1]
        yield JSON / f"{name}.schema.json", _text(contract_schema(one))
    structures = (
        ("drill-report", DrillReport, "atttcli/drill-report/1"),
        ("drill-plan", DrillPlan, "atttcli/drill-plan/1"),
        ("letter", letter_shape(), LETTER_MODEL),
        ("custody", CustodyForm, CUSTODY_MODEL),
    )
    for name, kind, model in structures:
        yield JSON / f"paper-{name}.schema.json", _text(model_schema(kind, model, named=True))
    yield ROOT / "docs" / "templates.md", handbook()


def _text(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(what: str) -> int:
    stale = []
    for path, text in made():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if what == "write":
                path.write_text(text, encoding="utf-8")
    kept = {path for path, _text in made()}
    stale += [path for path in JSON.glob("paper*.schema.json") if path not in kept]
    names = [f"{path.relative_to(ROOT)}: not what the contracts give: python .ci/contracts.py write" for path in stale]
    print("\n".join(names) if what == "check" and stale else "contracts: schemas and docs/templates.md agree")
    return 1 if what == "check" and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
