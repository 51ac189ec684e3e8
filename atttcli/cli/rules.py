"""`atttcli rules`: list, check, test, explain, disable and enable rules of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.alert_view import severity_word
from atttcli.cli.capture_settings import Manner, manner_by
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import existing, ranges_here
from atttcli.cli.rules_chosen import catalogue_of, disabled_rules, find_rule, idle_rules, places_of
from atttcli.cli.rules_convert import convert
from atttcli.cli.rules_packs import install, pack, packs, sign, tell_pack
from atttcli.cli.rules_ranges import ranges
from atttcli.errors import InputError, UsageError, Where
from atttcli.text.messages import _, language, ngettext, speaking

if TYPE_CHECKING:
    from atttcli.engine import RuleProblem
    from atttcli.rulepack.catalogue import Catalogue, RuleEntry

PATHS = click.Path(path_type=Path)
KINDS = ("yara", "network", "sigma", "correlation", "indicators")


@click.group()
def rules() -> None:
    """List, check, test, explain and disable rules.

    \b
    Examples:
      atttcli rules list --kind network
      atttcli rules check my-rules/
      atttcli rules explain attt-auth-0010
    """


for _command in (convert, ranges, pack, sign, install, packs):
    rules.add_command(_command)


@rules.command("list")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--kind", type=click.Choice(KINDS), help="Only rules of this kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each rule.")
@with_app
def list_(app: App, paths: tuple[Path, ...], kind: str | None, as_json: bool) -> None:
    """The shipped rules and those of the workspace (or those of PATHS).

    \b
    Example:
      atttcli rules list --kind yara --json
    """
    catalogue = catalogue_of(app, paths, kind)
    disabled, idle = disabled_rules(app), idle_rules(app, catalogue)
    chosen = [entry for entry in catalogue.entries if kind in (None, entry.kind)]
    if as_json:
        for entry in chosen:
            render.emit_json(entry_object(entry, entry.id in disabled) | {"idle": entry.id in idle})
    else:
        columns = (_("Rule"), _("Kind"), _("Severity"), _("Category"), _("Title"), _("Where"), _("State"))
        render.table(columns, (_row(entry, entry.id in disabled, entry.id in idle) for entry in chosen), wide=(4,))
    shown = sum(entry.id in idle for entry in chosen)
    if shown:
        text = ngettext(
            "{count} rule is idle: it needs a table of address ranges and countries: {command}",
            "{count} rules are idle: they need a table of address ranges and countries: {command}",
            shown,
            command="atttcli rules ranges add FILE",
        )
        render.warn(text)
    if not paths:
        tell_pack(app)
    refused = sum(problem.refused for problem in catalogue.problems)
    if refused:
        text = ngettext("{count} rule was refused.", "{count} rules were refused.", refused)
        render.warn(text + " " + _("They did not run: atttcli rules check PATH"))


@rules.command("check")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: problems, then the counts.")
@with_app
def check(app: App, paths: tuple[Path, ...], as_json: bool) -> None:
    """Every problem of every rule below PATHS, with file, line and hint (default: shipped and workspace rules).

    Exit codes: 0 all rules can be used (there may be warnings), 2 a rule was refused.

    \b
    Example:
      atttcli rules check my-rules/ suricata.rules
    """
    catalogue = catalogue_of(app, paths, None)
    problems = sorted(all_problems(catalogue), key=lambda one: (one.where.path, one.where.line or 0))
    if not catalogue.entries and not problems:
        raise UsageError("no rule file was found", hint="rule files: .yar, .rules, Sigma .yml, indicators .csv")
    for problem in problems:
        if as_json:
            render.emit_json(problem_object(problem))
        else:
            word = _("refused") if problem.refused else _("warning")
            render.line(f"{problem.where}: {word}: {problem.reason}")
            if problem.hint:
                render.line(f"  → {problem.hint}")
    refused = sum(problem.refused for problem in problems)
    kinds = Counter(entry.kind for entry in catalogue.entries)
    if as_json:
        counts = {"loaded": len(catalogue.entries), "refused": refused, "warnings": len(problems) - refused}
        render.emit_json({"kind": "counts", **counts, "by_kind": dict(sorted(kinds.items()))})
    else:
        each = ", ".join(f"{name} {count}" for name, count in sorted(kinds.items())) or "-"
        text = _("{loaded} rules can be used ({each}); {refused} refused, {warnings} warnings.",
                 loaded=len(catalogue.entries), each=each, refused=refused, warnings=len(problems) - refused)  # fmt: skip
        render.line(text)
    click.get_current_context().exit(2 if refused else 0)


def all_problems(catalogue: Catalogue) -> Iterator[RuleProblem]:
    """What loading said, and what only the engine that compiles a rule can say."""
    from atttcli.engine import RuleProblem
    from atttcli.engines.correlation import CorrelationEngine, CountryRanges

    seen = set(catalogue.problems)
    yield from catalogue.problems
    ranges: CountryRanges | None = None
    for path in catalogue.files["countries"]:
        try:
            ranges = CountryRanges.load(path)
        except InputError as error:
            yield RuleProblem(error.where or Where(str(path)), error.message, error.hint)
    if catalogue.sigma is not None:
        for problem in CorrelationEngine(catalogue.sigma, countries=ranges).problems:
            if problem not in seen:
                yield problem


@rules.command("test")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each case.")
@with_app
def test(app: App, paths: tuple[Path, ...], as_json: bool) -> None:
    """Run each rule's own samples: its positives must match, its negatives must not.

    PATHS are rule packs with a folder cases/ in them (default: shipped and workspace rules). Exit codes: 0 all hold,
    2 a case failed or could not be read.

    \b
    Example:
      atttcli rules test my-rules/
    """
    from atttcli.cli.rules_test import run_cases

    failed = count = 0
    rows: list[tuple[object, ...]] = []
    for result in run_cases(existing(paths) or places_of(app)):
        count += 1
        failed += not result.passed
        if as_json:
            render.emit_json(result.to_json())
        elif not result.passed:
            rows.append((result.engine, result.rule, "; ".join(result.faults), result.path))
    if rows:
        render.table((_("Engine"), _("Rule"), _("What failed"), _("Case")), rows, wide=(2,))
    if not as_json:
        render.line(
            _("{count} cases: {passed} hold, {failed} failed.", count=count, passed=count - failed, failed=failed)
        )
    if not count:
        raise UsageError("no case was found", hint="a pack's samples stand in its folder cases/")
    click.get_current_context().exit(2 if failed else 0)


@rules.command("explain")
@click.argument("rule", required=False)
@click.option("--sigma", metavar="ID", help="A Sigma rule or correlation, as RULE.")
@click.option("--event", metavar="FILE[:N]", help="Why a Sigma rule holds for that event of a log, or does not.")
@click.option("--file", "log", type=PATHS, help="The log, as --event.")
@click.option("--line", type=click.IntRange(1), help="The line of --file.")
@click.option("--sid", type=click.IntRange(1, 0xFFFFFFFF), help="A network rule, as RULE.")
@click.option("--capture", metavar="FILE", help="Why a network rule alerts on the flows of a capture, or does not.")
@click.option(
    "--flow", default="", metavar="A:P-B:P", help="Only this flow of --capture: 192.0.2.1:4711-198.51.100.7:80."
)
@click.option("--rule", "text", default="", metavar="TEXT", help="A network rule given here, for --capture.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Address or port variable (repeatable).")
@manner_by
@click.option("--rules", "paths", multiple=True, type=PATHS, help="Look in these packs instead (repeatable).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_app
def explain(
    app: App,
    rule: str | None,
    sigma: str | None,
    event: str | None,
    log: Path | None,
    line: int | None,
    sid: int | None,
    capture: str | None,
    flow: str,
    text: str,
    variables: tuple[str, ...],
    manner: Manner,
    paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """What a rule looks for, where it stands, its text and its samples.

    RULE is an id as `rules list` shows it, a YARA rule's name or a sid. With --event it is told why a Sigma rule holds for
    an event or does not: its log source, each selection, field, value and test. Of a correlation: groups and counts.
    With --capture it is told for the flows of a capture at which step a network rule failed: protocol, address, port,
    application, state, buffer, the content and what stood nearest to it, flowbit, threshold; or what matched where.

    \b
    Examples:
      atttcli rules explain 9910003
      atttcli rules explain --sid 9910003 --capture office.pcap --flow 192.0.2.1:4711-198.51.100.7:80
      atttcli rules explain --rule 'alert http any any -> any any (http.uri; content:"/a"; sid:1;)' --capture office.pcap
      atttcli rules explain --sigma attt-auth-0010 --event /var/log/auth.log
      atttcli rules explain --sigma attt-web-0001 --event access.log:17 --rules my-sigma/
    """
    from atttcli.cli.rules_explain import explanation
    from atttcli.cli.rules_trace import split_place, tell, trace

    if capture is not None:
        from atttcli.cli.rules_capture import explain_on_capture

        named = rule or (str(sid) if sid else "")
        explain_on_capture(named, text, capture, flow, existing(paths), variables, manner, ranges_here(app), as_json)
        return
    asked = rule or sigma or (str(sid) if sid else None)
    if asked is None or (rule is not None and sigma is not None):
        raise UsageError("name one rule", hint="atttcli rules explain RULE")
    catalogue = catalogue_of(app, paths, "sigma" if sigma else None)
    entry = find_rule(catalogue, asked)
    if event is not None or log is not None:
        place, number = split_place(event) if event is not None else (log or Path(), line)
        seen = trace(entry, catalogue, existing((place,))[0], number)
        if as_json:
            render.emit_json(seen)
        else:
            tell(seen, _title(entry))
        return
    with speaking("en") if as_json else nullcontext():  # what programs read is in one language
        told = explanation(entry, catalogue, existing(paths) or places_of(app))
    told["disabled"] = entry.id in disabled_rules(app)
    if as_json:
        render.emit_json(told)
        return
    render.line(f"{entry.id}  {_title(entry)}")
    facts = [(_("Kind"), entry.kind), (_("Severity"), severity_word(entry.severity)), (_("Category"), entry.category)]
    facts += [("ATT&CK", " ".join(entry.attack)), (_("Where"), f"{entry.where.path}:{entry.where.line or ''}")]
    facts += [(_("State"), _("disabled") if told["disabled"] else "")]
    for name, value in facts:
        if value:
            render.line(f"  {name}: {value}")
    for step in told["steps"]:
        render.line(f"  - {step}")
    for case in told["cases"]:
        render.line("  " + _("Samples ({positive} must match, {negative} must not): {why}", **case))
    render.line()
    render.block(told["source"])


@rules.command("disable")
@click.argument("rule")
@click.option("--reason", required=True, help="Why; it stands in the journal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_app
def disable(app: App, rule: str, reason: str, as_json: bool) -> None:
    """Silence a rule in this workspace, with a reason (false alarms of one place: alert mute).

    \b
    Example:
      atttcli rules disable 1:9920001 --reason "our own scanner, agreed with the operator"
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint="--reason TEXT")
    _decide(app, rule, "rule.disabled", reason.strip(), as_json)


@rules.command("enable")
@click.argument("rule")
@click.option("--reason", default="", help="Why; it stands in the journal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_app
def enable(app: App, rule: str, reason: str, as_json: bool) -> None:
    """Let a disabled rule report again.

    \b
    Example:
      atttcli rules enable 1:9920001
    """
    _decide(app, rule, "rule.enabled", reason.strip(), as_json)


def _decide(app: App, rule: str, verb: str, reason: str, as_json: bool) -> None:
    """Record the decision once: asking for the state that is there already changes nothing."""
    journal = app.journal
    disabled = disabled_rules(app)
    wanted = verb == "rule.disabled"
    identity = rule if rule in disabled else find_rule(catalogue_of(app, (), None), rule).id
    changed = (identity in disabled) != wanted
    if changed:
        journal.append(verb, identity, {"reason": reason})
    if as_json:
        render.emit_json({"rule": identity, "disabled": wanted, "reason": reason, "changed": changed})
    elif not changed:
        render.line(_("{rule}: nothing to change", rule=identity))
    else:
        render.line(_("{rule}: disabled", rule=identity) if wanted else _("{rule}: enabled", rule=identity))


def _title(entry: RuleEntry) -> str:
    return entry.title_vi if language() == "vi" and entry.title_vi else entry.title


def _row(entry: RuleEntry, is_disabled: bool, is_idle: bool) -> tuple[object, ...]:
    state = _("disabled") if is_disabled else _("idle: no range table") if is_idle else ""
    state = state or (_("part of others") if entry.silent else "")
    where = f"{entry.where.path}:{entry.where.line}" if entry.where.line else entry.where.path
    return entry.id, entry.kind, severity_word(entry.severity), entry.category, _title(entry), where, state


def entry_object(entry: RuleEntry, is_disabled: bool) -> dict[str, Any]:
    """The stable form of one rule (docs/json/rules-list.schema.json)."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "title": entry.title,
        "severity": entry.severity.label,
        "category": entry.category,
        "attack": list(entry.attack),
        "file": entry.where.path,
        "line": entry.where.line,
        "silent": entry.silent,
        "disabled": is_disabled,
    }


def problem_object(problem: RuleProblem) -> dict[str, Any]:
    """The stable form of one problem (docs/json/rules-check.schema.json)."""
    return {
        "kind": "problem",
        "file": problem.where.path,
        "line": problem.where.line,
        "rule": problem.where.rule,
        "refused": problem.refused,
        "reason": problem.reason,
        "hint": problem.hint,
    }
