"""What lower rooms say with values inside: templates such as `no incident {0}`, taken out of the code.

`atttcli.text.retell` tells these sentences in the reader's language (docs/decisions/0093). A template is an f-string (or a
sum of strings, or a choice between strings) that stands in a typed error, in a problem, finding or reason, or in a variable
that is named as one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent / "atttcli"
TELLERS = {
    "ReadProblem", "EngineProblem", "MemberProblem", "UnpackProblem", "Unread", "Failure", "Finding", "Fault", "Problem",
    "Reason", "Remark", "NotCanonical", "malformed", "HostRule", "Missed", "Exceeded", "TaskRefused",
    "refuse", "note", "wrong", "problem", "_problem", "_broken", "_damaged", "_none", "_refuse", "_refused", "_bad",
}  # fmt: skip
NAMED = {"why", "reason", "message", "hint", "more", "bad", "problem", "risk", "note"}
TELLING_LISTS = {"problems", "reasons", "notes", "risks", "found", "why", "findings", "faults", "partly", "dropped"}
ENGLISH_ROOMS = {"rulepack", "engines"}  # what is wrong in a rule is said in the terms of its language's manual
SHOWING_ROOMS = {"cli", "reports"}  # what they give back has been told already
# Our own checks of our own papers; files in the words of schedulers.
NOT_TOLD = {"reports/layout.py", "reports/layout_pdf.py", "model/ledger.py", "fleet/schedule_files.py"}
COMMAND = re.compile(
    r"(atttcli( [a-z][a-z-]*)+|pip install \S+|--[a-z][a-z-]*)( (--)?[][A-Za-z0-9'\".:/={}<>,_+|-]*…?\"?)*$"
)
NUMBERED = re.compile(r"\{r?w?([0-9]{1,2})\}")
_MOST = 16

# Sentences that are put together from pieces, and words of the system and of the store that stand within others.
COMPOSED = {
    "engines/correlation/findings.py": (
        "{0} events (threshold {1} in {2}), {3} to {4}",
        "{0} different {1}: {2} (threshold {3} in {4}), {5} to {6}",
        "{0} adds up to {1} (threshold {2} in {3}), {4} to {5}",
        "{0}, {1} to {2}",
        "{0} then {1}",
        "{0} and {1}",
        "line {0}: {1}",
        "{0}, before: {1}",
    ),
    "sources/lists/rows.py": ("sheet {0}: {1}",),
    "evidence/vault.py": ("{0}: {1}",),
    "exchange/records.py": ("innocent: {0}",),
    "engines": ("correlation", "network", "indicator", "national-list", "mail", "host"),
    "deadline/watch.py": ("lead", "duty"),
    "advisory/templates.py": ("khan", "thuong_khan", "hoa_toc"),
    "answers": ("yes", "no"),
    "model/observable.py": ("ipv4-addr", "ipv6-addr", "domain-name", "email-addr", "url", "relay"),
    "sources/lists/roles.py": (
        "victim",
        "account",
        "c2",
        "phishing",
        "target",
        "malicious",
        "malware-link",
        "hash",
        "attacker",
        "sensor",
        "address",
        "link",
        "port",
        "c2-port",
        "malware",
    ),
    "organisation files": ("public", "lan"),
    "json of Python": (
        "{0}: line {1} column {2} (char {3})",
        "Expecting value",
        "Extra data",
        "Expecting ',' delimiter",
        "Expecting ':' delimiter",
        "Expecting property name enclosed in double quotes",
        "Unterminated string starting at",
        "Invalid control character at",
        "Invalid \\escape",
    ),
    "libyaml": (
        "did not find expected node content",
        "did not find expected key",
        "did not find expected ',' or ']'",
        "did not find expected ',' or '}'",
        "did not find expected '-' indicator",
        "could not find expected ':'",
        "mapping values are not allowed in this context",
        "block sequence entries are not allowed in this context",
        "found character that cannot start any token",
        "found unexpected end of stream",
        "control characters are not allowed",
    ),
    "faults": ("chain", "payload", "projection", "schema", "segment", "head", "error", "warning", "info"),
    "engines/sigma/evaluate.py": (
        "{0} contains {1}",
        "{0} startswith {1}",
        "{0} endswith {1}",
        "{0} equals {1}",
    ),
    "engines/indicators/findings.py": ("{0} {1} {2}, source: {3}",),
    "the system's own errors": (
        "No such file or directory",
        "Permission denied",
        "Operation not permitted",
        "Is a directory",
        "Not a directory",
        "Directory not empty",
        "File exists",
        "File name too long",
        "File too large",
        "No space left on device",
        "Disk quota exceeded",
        "Read-only file system",
        "Too many open files",
        "Too many levels of symbolic links",
        "Input/output error",
        "Invalid argument",
        "Device or resource busy",
        "Resource temporarily unavailable",
        "Connection refused",
        "Connection reset by peer",
        "Connection timed out",
        "No route to host",
        "Network is unreachable",
        "Name or service not known",
        "Broken pipe",
        "Cannot allocate memory",
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "file is not a database",
        "database disk image is malformed",
        "attempt to write a readonly database",
        "unable to open database file",
    ),
}


def sentences(errors: set[str]) -> Iterator[tuple[str, str]]:
    """Every told text with its place: constants and templates; commands alone read in any language."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if place not in NOT_TOLD:
            yield from _of_file(path, place, errors)
    for place, texts in COMPOSED.items():
        yield from ((text, place) for text in texts)


def fields(text: str) -> set[str]:
    """The numbers of a template's fields."""
    return set(NUMBERED.findall(text))


class _Room(NamedTuple):
    english: bool  # its errors stay English
    shown: bool  # what its functions give back is told already
    verbs: bool  # it handles the journal's verbs


def _of_file(path: Path, place: str, errors: set[str]) -> Iterator[tuple[str, str]]:
    first = place.split("/")[0]
    room = _Room(first in ENGLISH_ROOMS, first in SHOWING_ROOMS, place.startswith("store/projected/"))
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(_Spelled(tree).visit(tree)):
        for given, whole in _given(node, errors, room):
            for text in _texts(given):
                if _is_told(text, whole):
                    yield text, f"{place}:{getattr(node, 'lineno', 0)}"


class _Spelled(ast.NodeTransformer):
    """Puts the texts of a module's constants where their names stand."""

    def __init__(self, tree: ast.Module) -> None:
        self._texts: dict[str, ast.Constant] = {}
        for node in tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Constant):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self._texts |= {one.id: node.value for one in targets if isinstance(one, ast.Name)}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The text in place of the name that is read."""
        return self._texts.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _given(node: ast.AST, errors: set[str], room: _Room) -> Iterator[tuple[ast.expr, bool]]:
    """What is said at this node, and whether its place alone shows that it is a sentence."""
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name in errors and not room.english:
            yield from ((one, True) for one in node.args[:1])
            yield from ((word.value, True) for word in node.keywords if word.arg in ("hint", "message"))
        elif name in ("ReadProblem", "EngineProblem") or (name in TELLERS and not room.english):
            yield from ((one, False) for one in (*node.args, *(word.value for word in node.keywords)))
        elif name == "append" and node.args and isinstance(node.args[0], ast.Constant) and _is_verb(node.args[0].value):
            yield node.args[0], True
        elif name == "append" and not room.english and _name(getattr(node.func, "value", node)) in TELLING_LISTS:
            yield from ((one, False) for one in node.args)
    elif isinstance(node, ast.Dict) and room.verbs:
        yield from ((key, True) for key in node.keys if isinstance(key, ast.Constant) and _is_verb(key.value))
    elif isinstance(node, (ast.Return, ast.Yield)) and node.value is not None and not (room.english or room.shown):
        yield from ((one, False) for one in getattr(node.value, "elts", [node.value]))
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and not room.english:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(_name(one).lower().removeprefix("_") in NAMED for one in targets):
            yield node.value, False


def _is_verb(text: object) -> bool:
    """What the journal calls a decision: `incident.moved`; its word is shown where people read the journal."""
    return isinstance(text, str) and re.fullmatch(r"[a-z]+\.[a-z_]+", text) is not None


def _name(node: ast.AST) -> str:
    """The last word of a name: what is called, or what it is called on."""
    return str(getattr(node, "id", "") or getattr(node, "attr", ""))


def _is_told(text: str, whole: bool) -> bool:
    if not re.search(r"[A-Za-z]{2}", NUMBERED.sub("", text)) or COMMAND.match(NUMBERED.sub("x", text)):
        return False
    return (whole or " " in text.strip()) and not _is_vietnamese(text)


def _is_vietnamese(text: str) -> bool:
    """Whether it is told already: many of its words have letters that English has not."""
    words = text.split()
    return sum(not word.isascii() for word in words) > len(words) / 3


def _texts(node: ast.expr) -> Iterator[str]:
    """Every sentence that the expression may be, with numbered fields."""
    for parts in islice(_parts(node), _MOST):
        if any(isinstance(part, str) for part in parts):
            count = iter(range(100))
            yield "".join(part if isinstance(part, str) else f"{{{next(count)}}}" for part in parts)


def _parts(node: ast.expr) -> Iterator[list[str | None]]:
    """The pieces of each choice; None is a value."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and node.value:
            yield [node.value]
        elif node.value == "":
            yield []
    elif isinstance(node, ast.JoinedStr):
        yield [_piece(part) for part in node.values]
    elif isinstance(node, ast.IfExp):
        yield from _parts(node.body)
        yield from _parts(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _parts(one)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        for left, right in product(list(_parts(node.left)) or [[None]], list(_parts(node.right)) or [[None]]):
            yield [*left, *right]


def _piece(part: ast.expr) -> str | None:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
