"""Check one YARA rule file: take out what cannot be used, say why, keep what belongs to the scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from atttcli.engine import RuleProblem
from atttcli.errors import Where
from atttcli.rulepack.yara_source import RuleText, YaraSource, blanked, culprit
from atttcli.rulepack.yara_values import LINE_SCOPES, MODULES, RuleFile, YaraRule

_BAD_RULES: Final = 64  # beyond that a file is refused whole


class RuleFileChecker:
    """Compiles one file alone, takes out rules that do not compile, and says why."""

    def __init__(self, file: RuleFile, scope: str, externals: Mapping[str, Any]) -> None:
        self._file = file
        self._scope = scope
        self._externals = dict(externals)

    def check(self) -> None:
        """Fill the file's `text`, `rules`, `logs` and `problems`."""
        file = self._file
        source = YaraSource(file.source_text())
        if (line := source.include_line()) is not None:
            self._refuse(
                "includes are not followed", line, hint="give the folder itself; every rule file in it is read"
            )
            return
        text = self._without_foreign_modules(source)
        kept = self._without_bad_rules(text, list(source.rules))
        if kept is None:
            return
        text, compiled = kept
        self._warn(compiled)
        lines = {rule.name: rule.line for rule in reversed(source.rules)}
        rules = [
            YaraRule(
                rule.identifier,
                file.namespace,
                tuple(rule.tags),
                dict(rule.meta),
                file.path,
                lines.get(rule.identifier, 1),
            )
            for rule in compiled
        ]
        private = {rule.identifier for rule in compiled if rule.is_private}
        file.text, file.rules = self._scoped(source, text, rules, private)

    def _without_foreign_modules(self, source: YaraSource) -> str:
        spans = []
        for name, start, end in source.imports():
            if name not in MODULES:
                spans.append((start, end))
                self._refuse(
                    f'import of the module "{name}" is not allowed',
                    source.line_of(start),
                    hint="only modules that look at the file itself: " + ", ".join(sorted(MODULES)),
                )
        return blanked(source.text, spans)

    def _without_bad_rules(self, text: str, rules: list[RuleText]) -> tuple[str, Any] | None:
        """What compiles of a file, None when nothing can be used."""
        import yara

        for _ in range(_BAD_RULES):
            try:
                return text, yara.compile(source=text, includes=False, externals=self._externals)
            except (yara.Error, ValueError, TypeError) as error:
                line, message = _parse_message(str(error))
                bad = culprit(rules, line, message) if isinstance(error, yara.SyntaxError) else None
                self._refuse(message, line, bad.name if bad else "", _hint(message))
                if bad is None:
                    return None
                if bad.is_global:
                    self._refuse("the file's other rules hang on a global rule that was refused", bad.line)
                    return None
                text = blanked(text, [(bad.start, bad.end)])
                rules.remove(bad)
        self._refuse(f"more than {_BAD_RULES} bad rules; the file was not used", None)
        return None

    def _scoped(
        self, source: YaraSource, text: str, rules: list[YaraRule], private: set[str]
    ) -> tuple[str, list[YaraRule]]:
        """Leave only the rules of the scope; others stay compiled, unseen, where one of them is referred to."""
        if self._scope == "all":
            return text, rules
        wanted = [rule for rule in rules if rule.name not in private and in_scope(rule, self._scope)]
        if self._scope in LINE_SCOPES:
            wanted = self._for_log_text(source, wanted)
        names = {rule.name for rule in wanted} | private
        spans = [(rule.start, rule.end) for rule in source.rules if rule.name not in names and not rule.is_global]
        slim = blanked(text, spans)
        return (slim if self._compiles(slim) else text), wanted

    def _for_log_text(self, source: YaraSource, rules: list[YaraRule]) -> list[YaraRule]:
        places = {rule.name: rule for rule in source.rules}
        usable, pieces = [], []
        for rule in rules:
            place = places.get(rule.name)
            obstacle = source.obstacle_to_line_search(place) if place else "it could not be found in its file"
            piece = source.any_string(place) if place and not obstacle else ""
            if not piece or not self._compiles(piece):
                hint = "put the condition `at 0` in place of ^" if "^" in obstacle else ""
                self._refuse(obstacle or "its strings cannot be searched in log text", rule.line, rule.name, hint)
                continue
            usable.append(rule)
            pieces.append(piece)
        self._file.logs = "\n".join(pieces)
        return usable

    def _compiles(self, text: str) -> bool:
        import yara

        try:
            yara.compile(source=text, includes=False, externals=self._externals)
        except yara.Error:
            return False
        return True

    def _warn(self, compiled: Any) -> None:
        for warning in getattr(compiled, "warnings", ())[:_BAD_RULES]:
            line, message = _parse_message(str(warning))
            self._file.problems.append(RuleProblem(Where(self._file.path, line), message, refused=False))

    def _refuse(self, reason: str, line: int | None, rule: str = "", hint: str = "") -> None:
        self._file.problems.append(RuleProblem(Where(self._file.path, line, rule=rule), reason, hint))


def in_scope(rule: YaraRule, scope: str) -> bool:
    """Whether a rule belongs to `file` or `log`: tag `log` or meta `scope` (`log`, `file`, `any`) decide; else `file`."""
    stated = str(rule.meta.get("scope", "log" if "log" in rule.tags else "file")).lower()
    return scope in ("all", "lines") or stated in (scope, "any")


def _parse_message(text: str) -> tuple[int, str]:
    """`line 3: undefined identifier "x"` to its parts; line 1 where none is given."""
    head, colon, rest = text.partition(": ")
    word, _, number = head.rpartition(" ")
    if colon and word.endswith("line") and number.isdigit():
        return max(int(number), 1), rest
    return 1, text


def _hint(message: str) -> str:
    if "undefined identifier" in message:
        return "an external variable, module or rule that is not there; a rule may refer only to rules of its own file"
    if "duplicated identifier" in message:
        return "two rules of one file bear this name"
    if "unexpected end of file" in message or "expecting" in message:
        return "look for a missing brace, quote or section just before this line"
    return ""
