"""YARA source text cut into rules, so that a bad rule can be taken out and the rest of its file stays.

Not a parser: libyara decides what is a rule. A mistake here can only make libyara refuse a file, never change a rule's
meaning, because whole rules are blanked and what remains is compiled. Everything is linear in the text's length.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# `/` never divides in YARA, so outside strings it opens a comment or a regular expression. Unclosed ones end with the line.
_TOKEN = re.compile(r'//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*"?|/(?:\\.|[^/\\\n])+/?', re.DOTALL)
_RULE = re.compile(r"\brule\s+([A-Za-z_]\w*)")
_MODIFIERS = re.compile(r"(?:\b(?:global|private)\s+){1,2}\Z")
_IMPORT = re.compile(r'\bimport\s*"(\s*)"')
_INCLUDE = re.compile(r'\binclude\s*"')
_CONDITION = re.compile(r"\bcondition\s*:")
_STRINGS = re.compile(r"\bstrings\s*:")
_PRIVATE_STRING = re.compile(r"\$\w*\s*=[^$]*?\bprivate\b")
_NOT_NEWLINE = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule's place in its file: offsets of the first modifier, of `rule`, and just after its closing brace."""

    name: str
    start: int
    keyword: int
    end: int
    line: int
    is_global: bool
    is_private: bool


class YaraSource:
    """One rule file's text with comments, strings and regular expressions masked for looking at its structure."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.masked = _TOKEN.sub(_mask, text)
        self._lines = [match.end() for match in re.finditer("\n", text)]
        self.rules = tuple(self._find_rules())

    def line_of(self, offset: int) -> int:
        """Line number, from 1."""
        return bisect_right(self._lines, offset) + 1

    def imports(self) -> Iterator[tuple[str, int, int]]:
        """Name and span of every import; the name is the literal as written, escapes and all."""
        for match in _IMPORT.finditer(self.masked):
            yield self.text[match.start(1) : match.end(1)], match.start(), match.end()

    def include_line(self) -> int | None:
        """Line of the first include statement."""
        match = _INCLUDE.search(self.masked)
        return self.line_of(match.start()) if match else None

    def any_string(self, rule: RuleText) -> str:
        """The rule with its condition replaced by `any of them`: matches wherever the rule could. Empty: not possible."""
        masked = self.masked[rule.keyword : rule.end]
        condition = max((match.start() for match in _CONDITION.finditer(masked)), default=-1)
        if condition < 0 or not _STRINGS.search(masked):
            return ""
        return self.text[rule.keyword : rule.keyword + condition] + "condition: any of them }"

    def obstacle_to_line_search(self, rule: RuleText) -> str:
        """Why a rule's strings cannot be looked for in many lines at once; empty when they can."""
        masked = self.masked[rule.keyword : rule.end]
        if not _STRINGS.search(masked):
            return "a rule for log text needs strings of its own"
        if _PRIVATE_STRING.search(masked):
            return "private strings cannot be located in log text"
        for token in _TOKEN.finditer(self.text, rule.keyword, rule.end):
            word = token.group()
            if word[0] == "/" and word[1:2] not in ("/", "*") and _anchored(word):
                return "^ and $ mean the start and end of the data, not of a line"
        return ""

    def _find_rules(self) -> Iterator[RuleText]:
        matches = list(_RULE.finditer(self.masked))
        for index, match in enumerate(matches):
            before = self.masked[max(0, match.start() - 64) : match.start()]
            modifiers = _MODIFIERS.search(before)
            words = modifiers.group() if modifiers else ""
            limit = matches[index + 1].start() if index + 1 < len(matches) else len(self.masked)
            end = self.masked.rfind("}", match.end(), limit) + 1
            yield RuleText(
                match.group(1),
                match.start() - len(words),
                match.start(),
                end or limit,
                self.line_of(match.start()),
                "global" in words,
                "private" in words,
            )


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The same text with spans (in order, apart) blanked; every line and offset keeps its place."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], _NOT_NEWLINE.sub(" ", text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def culprit(rules: Sequence[RuleText], line: int, message: str) -> RuleText | None:
    """The rule that a compiler message at `line` speaks of: an unclosed rule is noticed only at the next one's start."""
    lines = [rule.line for rule in rules]
    index = bisect_right(lines, line) - 1
    if index < 0:
        return None
    if index > 0 and lines[index] == line and "unexpected <" in message and "expecting" in message:
        index -= 1
    return rules[index]


def _mask(match: re.Match[str]) -> str:
    word = match.group()
    blank = _NOT_NEWLINE.sub(" ", word)
    return '"' + blank[1:-1] + '"' if word[0] == '"' and len(word) > 1 and word[-1] == '"' else blank


def _anchored(regex: str) -> bool:
    in_class = escaped = False
    previous = ""
    for char in regex[1:]:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]" or previous in ("[", "^")
        elif char == "[":
            in_class = True
        elif char in "^$":
            return True
        previous = char
    return False
