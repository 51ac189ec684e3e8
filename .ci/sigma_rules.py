"""docs/rules.md is made of `rules/sigma`: `python .ci/sigma_rules.py write`; `check` fails when it is not what the rules say,
or when a rule that alerts lacks a sample, a Vietnamese title, a type of incident, tags, a level or a note on false alarms.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli.profile import load_profile_file  # noqa: E402 - found by the line above
from atttcli.rulepack.correlation import load_correlation_rules  # noqa: E402
from atttcli.rulepack.samples import RuleCase, iter_cases  # noqa: E402
from atttcli.rulepack.sigma_nodes import CorrelationRule, SigmaRule  # noqa: E402

PAGE = ROOT / "docs" / "rules.md"
RULES = ROOT / "rules" / "sigma"
Rule = SigmaRule | CorrelationRule
# ATT&CK's tactics in the order of its matrix: the word in tags, English, Vietnamese
TACTICS = {
    "reconnaissance": ("Reconnaissance", "Trinh sát"),
    "resource-development": ("Resource development", "Chuẩn bị nguồn lực"),
    "initial-access": ("Initial access", "Xâm nhập ban đầu"),
    "execution": ("Execution", "Thực thi"),
    "persistence": ("Persistence", "Duy trì"),
    "privilege-escalation": ("Privilege escalation", "Leo thang đặc quyền"),
    "defense-evasion": ("Defense evasion", "Lẩn tránh phòng thủ"),
    "credential-access": ("Credential access", "Lấy thông tin xác thực"),
    "discovery": ("Discovery", "Dò tìm bên trong"),
    "lateral-movement": ("Lateral movement", "Di chuyển ngang"),
    "collection": ("Collection", "Thu thập"),
    "command-and-control": ("Command and control", "Điều khiển từ xa"),
    "exfiltration": ("Exfiltration", "Đưa dữ liệu ra ngoài"),
    "impact": ("Impact", "Gây tác động"),
}
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)\Z")
_TAG = re.compile(r"attack\.(?:t\d{4}(?:\.\d{3})?|[a-z-]{4,24})\Z|cve\.\d{4}-\d{4,7}\Z")
_FILE = re.compile(r"[a-z0-9-]+\.yml\Z")
HEAD = """# Our own Sigma rules

Made of `rules/sigma` by `python .ci/sigma_rules.py write`; `make check` holds it to them. {alerting} rules alert, {silent} more
only feed correlations. Every rule that alerts stands with samples that it must match and near misses that it must not
(`rules/cases/sigma`, run by `atttcli rules test`). How to add one: [how-to-add-a-rule](how-to-add-a-rule.md); the language:
[sigma](sigma.md).

    atttcli detect logs access.log /var/log/auth.log may-chu.evtx      # all of them
    atttcli rules explain --sigma attt-web-0036 --event access.log     # why it fires, or why not
    atttcli rules disable attt-win-0046 --reason "UltraViewer được phép dùng"

What is innocent and looks the same stands in the last column: read it before you telephone.
"""


def load() -> tuple[list[Rule], list[RuleCase]]:
    """The rules in the order of their files, and the cases."""
    pack = load_correlation_rules([RULES])
    rules: list[Rule] = [*pack.rules, *pack.correlations]
    rules.sort(key=lambda one: (str(one.meta.where.path), one.meta.where.line or 0))
    return rules, list(iter_cases(ROOT / "rules" / "cases" / "sigma"))


def alerting(rules: list[Rule]) -> list[Rule]:
    """Those that make alerts: informational building blocks are referred to by others."""
    return [one for one in rules if not one.silent]


def faults(rules: list[Rule], cases: list[RuleCase]) -> Iterator[str]:
    """What a rule lacks, a line each."""
    types = {one.code for one in load_profile_file(ROOT / "seeds" / "profiles" / "vn-2026.yaml").incident_types}
    books = {path.stem for path in (ROOT / "playbooks").glob("*.yaml")}
    both = {case.rule for case in cases if case.positives and case.negatives}
    for one in alerting(rules):
        meta = one.meta
        lacks = {
            "a case with samples that match and samples that do not": meta.id not in both,
            "a Vietnamese title of its own": meta.title_vi in ("", meta.title),
            f"a type of incident of the profile (is {meta.category!r})": meta.category not in types,
            f"a playbook that exists (is {meta.playbook!r})": bool(meta.playbook) and meta.playbook not in books,
            "a tag of a tactic": not any(tag.removeprefix("attack.") in TACTICS for tag in meta.tags),
            f"tags of the right form ({', '.join(meta.tags)})": not all(map(_known, meta.tags)),
            "a level above informational": meta.level == "informational",
            "a note on false alarms": not any(note.strip() for note in meta.false_positives),
        }
        yield from (f"{meta.id} lacks {what}" for what, is_so in lacks.items() if is_so)
    known = {one.meta.id for one in rules}
    yield from (f"{case.path.name} is a case of no rule" for case in cases if case.rule not in known)


def _known(tag: str) -> bool:
    word = tag.removeprefix("attack.")
    return bool(_TAG.match(tag)) and (bool(_TECHNIQUE.match(tag)) or word in TACTICS or tag.startswith("cve."))


def page(rules: list[Rule]) -> str:
    """The whole page."""
    shown = alerting(rules)
    text = HEAD.format(alerting=len(shown), silent=len(rules) - len(shown))
    return text + "\n".join(["", *_coverage(shown), *_catalogue(shown), ""])


def _coverage(rules: list[Rule]) -> Iterator[str]:
    levels = Counter(one.meta.level for one in rules)
    yield "Levels: " + ", ".join(f"{levels[word]} {word}" for word in ("critical", "high", "medium", "low")) + "."
    yield from ("", "## ATT&CK", "", "| tactic | chiến thuật | rules | techniques |", "|---|---|---|---|")
    for word, (english, vietnamese) in TACTICS.items():
        of_tactic = [one for one in rules if f"attack.{word}" in one.meta.tags]
        seen = {found[1].upper() for one in of_tactic for tag in one.meta.tags if (found := _TECHNIQUE.match(tag))}
        yield f"| {english} | {vietnamese} | {len(of_tactic)} | {', '.join(sorted(seen)) or '-'} |"
    every = {found[1] for one in rules for tag in one.meta.tags if (found := _TECHNIQUE.match(tag))}
    yield from ("", f"{len(every)} techniques and sub-techniques. A rule with several tactics counts in each.", "")


def _catalogue(rules: list[Rule]) -> Iterator[str]:
    file = ""
    for one in rules:
        name = Path(one.meta.where.path).name
        if name != file:
            file = name
            yield from (
                "",
                f"## {file}",
                "",
                "| id | title | tên | level | source | ATT&CK | playbook | innocent |",
                "|---|---|---|---|---|---|---|---|",
            )
        yield _row(one)


def _row(one: Rule) -> str:
    meta = one.meta
    codes = [found[1].upper() for tag in meta.tags if (found := _TECHNIQUE.match(tag))]
    notes = "; ".join(note.strip().rstrip(".") for note in meta.false_positives)
    cells = (
        f"`{meta.id}`",
        meta.title,
        meta.title_vi,
        meta.level,
        _source(one),
        ", ".join(codes) or "-",
        meta.playbook or "-",
        notes,
    )
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _source(one: Rule) -> str:
    if isinstance(one, SigmaRule):
        return " / ".join(word for word in one.logsource if word)
    span = one.timespan // 1_000_000
    told = next(
        (f"{span // size} {word}" for size, word in ((86400, "d"), (3600, "h"), (60, "min")) if span >= size), ""
    )
    return f"{one.kind.replace('_', ' ')}" + (f", {told}" if told else "")


def main() -> int:
    """Write the page, or compare it and look at the rules."""
    rules, cases = load()
    if sys.argv[1:] == ["write"]:
        PAGE.write_text(page(rules), "utf-8")
        return 0
    wrong = list(faults(rules, cases))
    if not PAGE.is_file() or PAGE.read_text("utf-8") != page(rules):
        wrong.append("docs/rules.md is not what the rules say: python .ci/sigma_rules.py write")
    print("\n".join(wrong) or f"Sigma rules: {len(alerting(rules))} alert, each with its cases; docs/rules.md says so")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
