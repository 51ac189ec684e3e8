"""The lines of a bundle: a finding of the scanner, an observation of the host; written within bounds, read strictly.

A finding is written as the scanner knows it (rules with their meta, strings with offsets) and read back as the same
FileFinding, so that the centre makes of it what it makes of its own. Python 3.8-clean.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from atttcli.field import strict_json
from atttcli.field.bundle import MAX_LINE
from atttcli.field.examine import FileFinding
from atttcli.field.match import RuleHit, StringHit
from atttcli.field.strict_json import NotCanonical, plain

_PATH = 4096
_TEXT = 500
_STRINGS = 32  # of one rule; what is left out is counted
_EXCERPT = 64
_MOST_HITS = 1000
_LINE_OF_HITS = 100 * 1024
_KNOWN = 8  # indicators of one line
_META = 32
_SHA256 = re.compile(r"(?:[0-9a-f]{64})?\Z")  # empty: only its name was seen, it could not be read
_HEX = re.compile(r"(?:[0-9a-f]{2}){0,64}\Z")
_LARGEST = 1 << 53
OBSERVATION, HIT, PROBLEM = "observation", "hit", "problem"
HASHES = ("md5", "sha1", "sha256", "name")  # what an indicator of the kit may be about


class KnownBad(NamedTuple):
    """An indicator of the kit's lists that a file met. `type`: one of HASHES; `severity` 0 to 4."""

    type: str
    value: str
    source: str
    description: str = ""
    kind: str = "malware"
    severity: int = 3


class HostRecord(NamedTuple):
    """One thing seen on the host. `kind`: observation, hit (then `rule`, `title`, `severity` say of what) or problem.

    `check` is the module that saw it (`autoruns`, `processes` …), `subject` what it is about (a path, a command line, an
    address), `detail` anything else: scalars, lists and objects of them, three levels deep.
    """

    check: str
    kind: str
    subject: str
    detail: Dict[str, Any]
    rule: str = ""
    title: str = ""
    severity: int = 2
    category: str = ""


def finding_records(found: FileFinding, known: Sequence[KnownBad] = ()) -> Iterator[Dict[str, Any]]:
    """A finding as it is written: one line, or several of the same file where one would be too long. Nothing is left out
    but strings beyond 32 of a rule (counted) and the ends of absurdly long texts.
    """
    hits: List[Dict[str, Any]] = []
    size = 0
    for one in map(_hit, found.hits):
        weight = len(strict_json.dumps(one))
        if hits and size + weight > _LINE_OF_HITS:
            yield _finding(found, hits, [])
            hits, size = [], 0
        hits.append(one)
        size += weight
    words = [{**_texts(one), "severity": one.severity} for one in known]
    first = words[:_KNOWN]
    if hits or first:
        yield _finding(found, hits, first)
    for start in range(_KNOWN, len(words), _KNOWN):
        yield _finding(found, [], words[start : start + _KNOWN])


def _finding(found: FileFinding, hits: List[Dict[str, Any]], known: List[Dict[str, Any]]) -> Dict[str, Any]:
    return {
        "path": plain(found.path)[:_PATH],
        "member": plain(found.member)[:_PATH],
        "sha256": found.sha256,
        "size": found.size,
        "hits": hits,
        "known": known,
    }


def read_finding(line: bytes) -> Tuple[FileFinding, Tuple[KnownBad, ...]]:
    """The finding of one line; NotCanonical says what is wrong with it."""
    value = strict_json.loads(line, MAX_LINE, 6)
    _keys(value, ("path", "member", "sha256", "size", "hits", "known"))
    hits = tuple(_read_hit(item) for item in _list(value["hits"], _MOST_HITS, "hits"))
    known = tuple(_read_known(item) for item in _list(value["known"], _KNOWN, "known"))
    if not hits and not known:
        raise NotCanonical("a finding without a rule or an indicator")
    path, member = _text(value["path"], "path", _PATH), _text(value["member"], "member", _PATH)
    if not path:
        raise NotCanonical("its field path is out of bounds")
    sha256 = _matching(value["sha256"], _SHA256, "sha256")
    return FileFinding(path, member, sha256, _number(value["size"], "size"), hits), known


def host_record(record: HostRecord) -> Dict[str, Any]:
    """An observation as it is written."""
    return {**record._asdict(), "subject": plain(record.subject)[:_PATH], "title": plain(record.title)[:_TEXT]}


def read_host(line: bytes) -> HostRecord:
    """The observation of one line; NotCanonical says what is wrong with it."""
    value = strict_json.loads(line, MAX_LINE, 5)
    _keys(value, HostRecord._fields)
    if value["kind"] not in (OBSERVATION, HIT, PROBLEM):
        raise NotCanonical("its field kind is out of bounds")
    if not isinstance(value["detail"], dict):
        raise NotCanonical("its field detail is no object")
    texts = {name: _text(value[name], name, 64) for name in ("check", "kind", "category")}
    if not texts["check"] or (value["kind"] == HIT and not value["rule"]):
        raise NotCanonical("its field check or rule is empty")
    return HostRecord(
        **texts,
        subject=_text(value["subject"], "subject", _PATH),
        detail=value["detail"],
        rule=_text(value["rule"], "rule", 256),
        title=_text(value["title"], "title", _TEXT),
        severity=_number(value["severity"], "severity", 4),
    )


def _hit(hit: RuleHit) -> Dict[str, Any]:
    shown = hit.strings[:_STRINGS]
    return {
        "namespace": plain(hit.namespace)[:256],
        "rule": plain(hit.rule)[:256],
        "tags": [plain(tag)[:256] for tag in hit.tags[:_META]],
        "meta": {plain(key)[:256]: _scalar(hit.meta[key]) for key in list(hit.meta)[:_META]},
        "strings": [[plain(s.identifier)[:256], s.offset, s.length, s.excerpt[:_EXCERPT].hex()] for s in shown],
        "truncated": hit.truncated + len(hit.strings) - len(shown),
    }


def _scalar(value: Any) -> Any:
    if isinstance(value, (bool, int)):
        return value if -_LARGEST < value < _LARGEST else str(value)
    return plain(value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value))[:_TEXT]


def _read_hit(value: Any) -> RuleHit:
    _keys(value, ("namespace", "rule", "tags", "meta", "strings", "truncated"))
    meta = value["meta"]
    if not isinstance(meta, dict) or len(meta) > _META:
        raise NotCanonical("its field meta is out of bounds")
    for key, item in meta.items():
        if len(key) > 256 or not isinstance(item, (str, int)) or (isinstance(item, str) and len(item) > _TEXT):
            raise NotCanonical("its field meta is out of bounds")
    strings = tuple(_read_string(item) for item in _list(value["strings"], _STRINGS, "strings"))
    tags = tuple(_text(tag, "tags", 256) for tag in _list(value["tags"], _META, "tags"))
    namespace, rule = _text(value["namespace"], "namespace", 256), _text(value["rule"], "rule", 256)
    if not rule:
        raise NotCanonical("its field rule is out of bounds")
    return RuleHit(namespace, rule, tags, meta, strings, _number(value["truncated"], "truncated"))


def _read_string(value: Any) -> StringHit:
    parts = _list(value, 4, "strings")
    if len(parts) != 4:
        raise NotCanonical("its field strings is out of bounds")
    excerpt = bytes.fromhex(_matching(parts[3], _HEX, "strings"))
    return StringHit(
        _text(parts[0], "strings", 256), _number(parts[1], "strings"), _number(parts[2], "strings"), excerpt
    )


def _read_known(value: Any) -> KnownBad:
    _keys(value, KnownBad._fields)
    if value["type"] not in HASHES or not value["value"]:
        raise NotCanonical("its field known is out of bounds")
    texts = {name: _text(value[name], "known", _TEXT) for name in KnownBad._fields if name != "severity"}
    return KnownBad(**texts, severity=_number(value["severity"], "known", 4))


def _texts(one: KnownBad) -> Dict[str, str]:
    return {name: plain(getattr(one, name))[:_TEXT] for name in KnownBad._fields if name != "severity"}


def _keys(value: Any, names: Sequence[str]) -> None:
    if not isinstance(value, dict) or value.keys() != set(names):
        raise NotCanonical("not the fields that such a record has")


def _list(value: Any, most: int, name: str) -> List[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise NotCanonical(f"its field {name} is out of bounds")
    return value


def _text(value: Any, name: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise NotCanonical(f"its field {name} is out of bounds")
    return value


def _matching(value: Any, pattern: "re.Pattern[str]", name: str) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise NotCanonical(f"its field {name} is out of bounds")
    return value


def _number(value: Any, name: str, most: int = _LARGEST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise NotCanonical(f"its field {name} is out of bounds")
    return value
