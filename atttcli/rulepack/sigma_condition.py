"""Sigma's condition language: `and`, `or`, `not`, parentheses, `1 of`, `all of`, over names of selections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from atttcli.errors import RuleError
from atttcli.rulepack.sigma_nodes import And, Node, Not, Or

_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")
MAX_TOKENS = 256
MAX_DEPTH = 16


def parse_condition(text: str, selections: Mapping[str, Node]) -> Node:
    """The condition over the rule's selections; RuleError on anything outside the sub-set."""
    if "|" in text:
        raise RuleError("aggregation in a condition (`|`) is not supported", hint="write a correlation rule")
    tokens = _TOKEN.findall(text)
    if len(tokens) > MAX_TOKENS:
        raise RuleError(f"a condition of more than {MAX_TOKENS} words")
    parser = _Parser(tokens, selections)
    node = parser.either(0)
    if parser.at < len(tokens):
        raise RuleError(f"unexpected `{tokens[parser.at]}` in the condition")
    return node


class _Parser:
    def __init__(self, tokens: Sequence[str], selections: Mapping[str, Node]) -> None:
        self._tokens = tokens
        self._selections = selections
        self.at = 0

    def _peek(self) -> str:
        return self._tokens[self.at].lower() if self.at < len(self._tokens) else ""

    def _take(self) -> str:
        if self.at >= len(self._tokens):
            raise RuleError("the condition ends too early")
        self.at += 1
        return self._tokens[self.at - 1]

    def either(self, depth: int) -> Node:
        nodes = [self._both(depth)]
        while self._peek() == "or":
            self.at += 1
            nodes.append(self._both(depth))
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _both(self, depth: int) -> Node:
        nodes = [self._one(depth)]
        while self._peek() == "and":
            self.at += 1
            nodes.append(self._one(depth))
        return nodes[0] if len(nodes) == 1 else And(tuple(nodes))

    def _one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise RuleError("a condition nested too deeply")
        given = self._take()
        word = given.lower()
        if word == "not":
            return Not(self._one(depth + 1))
        if given == "(":
            node = self.either(depth + 1)
            if self._take() != ")":
                raise RuleError("a parenthesis is not closed in the condition")
            return node
        if word in ("1", "any", "all") and self._peek() == "of":
            self.at += 1
            return self._quantified(word, self._take())
        if given not in self._selections:
            raise RuleError(f"the condition names `{given}`, which is not a selection")
        return self._selections[given]

    def _quantified(self, word: str, pattern: str) -> Node:
        if pattern.lower() == "them":
            chosen = [node for name, node in self._selections.items() if not name.startswith("_")]
        else:
            chosen = [node for name, node in self._selections.items() if fnmatchcase(name, pattern)]
        if not chosen:
            raise RuleError(f"no selection is called `{pattern}`")
        return And(tuple(chosen)) if word == "all" else Or(tuple(chosen))
