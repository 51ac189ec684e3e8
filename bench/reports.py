"""CPU seconds and memory of reports of about 20 pages, beside the budgets of DESIGN section 7. Each case in its own process.

.venv/bin/python bench/reports.py
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

MODEL = Path(__file__).parents[1] / "tests" / "golden" / "reports" / "incident.json"
BUDGETS = {"html": (0.2, 60), "docx": (1.0, 60), "md": (0.2, 60), "json": (0.2, 60)}  # CPU seconds, MiB
ALERTS, TIMELINE, TASKS = 110, 120, 33  # about 20 pages of A4 in LibreOffice


def enlarged() -> bytes:
    """The made-up incident with its lists repeated to about 20 pages."""
    plain = json.loads(MODEL.read_bytes())
    for name, count in (("alerts", ALERTS), ("timeline", TIMELINE), ("tasks", TASKS)):
        rows = plain[name]
        plain[name] = [rows[at % len(rows)] for at in range(count)]
    return json.dumps(plain).encode()


def measure(kind: str) -> None:
    """In the child: CPU from before the first import of ours to the bytes, then once more warm."""
    data = sys.stdin.buffer.read()
    before = time.process_time()
    from atttcli.report import report_from_json
    from atttcli.reports import render

    report = report_from_json(data)
    size = len(render(report, kind, "vi"))
    cold = time.process_time() - before
    before = time.process_time()
    render(report, kind, "vi")
    warm = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cold": cold, "warm": warm, "peak": peak, "size": size}))


def main() -> int:
    data = enlarged()
    failed = 0
    print(f"{'format':8}{'cold s':>8}{'warm s':>8}{'budget':>8}{'MiB':>6}{'budget':>8}{'bytes':>9}")
    for kind, (seconds, memory) in BUDGETS.items():
        ran = subprocess.run([sys.executable, __file__, kind], input=data, capture_output=True, check=True)
        found = json.loads(ran.stdout)
        late = found["cold"] > seconds or found["peak"] > memory
        failed += late
        figures = (
            f"{found['cold']:8.3f}{found['warm']:8.3f}{seconds:8.1f}{found['peak']:6.0f}{memory:8}{found['size']:9}"
        )
        print(f"{kind:8}{figures}{'  OVER' if late else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        sys.exit(main())
