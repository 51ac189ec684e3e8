"""What an antivirus found: one event, and the alert that it becomes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from atttcli.model.alert import Detection, Origin
from atttcli.model.canonical import canonical_address
from atttcli.model.event import Event
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.text.fold import fold

ENGINE: Final = "antivirus"
_LONGEST_KEY: Final = 400
_ENCRYPTED: Final = "mahoa"  # the type of incident that a name of ransomware stands for, whatever a rule calls it
_HEX: Final = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})(?![0-9A-Fa-f])")
_KINDS: Final = {64: ObservableType.SHA256, 40: ObservableType.SHA1, 32: ObservableType.MD5}
_NOT_DONE: Final = re.compile(
    r"\b(?:khong (?:the )?(?:diet|xoa|xu ly|lam sach|cach ly)|chua (?:diet|xoa|xu ly|duoc)|that bai|not (?:cleaned|deleted|"
    r"processed|cured|disinfected|removed)|unprocessed|fail(?:ed|ure)?|skipped|ignored|no action|bo qua|left alone|cannot be)\b"
)
_DONE: Final = re.compile(
    r"\b(?:da (?:diet|xoa|xu ly|lam sach|cach ly|khu)|cleaned|deleted|quarantined?|cured|disinfected|removed|blocked|processed|"
    r"cach ly|diet|xoa|clean|delete|remove|block|success(?:ful(?:ly)?)?|thanh cong)\b"
)
_GRAVE: Final = re.compile(
    r"ransom|cobalt|mimikatz|meterpreter|webshell|backdoor|wannacry|lockbit|conti|rootkit|exploit|hacktool|pwdump|psexec|emotet",
    re.IGNORECASE,
)
_SLIGHT: Final = re.compile(
    r"adware|riskware|not-a-virus|pua[.:/]|pup[.:/]|potentially unwanted|toolbar|keygen|cookie", re.IGNORECASE
)
_WORDS: Final = {
    "critical": Severity.CRITICAL, "severe": Severity.CRITICAL, "nghiem trong": Severity.CRITICAL, "rat cao": Severity.CRITICAL,
    "high": Severity.HIGH, "cao": Severity.HIGH, "major": Severity.HIGH, "medium": Severity.MEDIUM, "moderate": Severity.MEDIUM,
    "trung binh": Severity.MEDIUM, "warning": Severity.MEDIUM, "low": Severity.LOW, "thap": Severity.LOW, "minor": Severity.LOW,
}  # fmt: skip


def outcome_of(words: str) -> str:
    """`success` when the malware was dealt with, `failure` when not, "" when the words (in either language) do not say."""
    folded = fold(words[:400])
    return "failure" if _NOT_DONE.search(folded) else "success" if _DONE.search(folded) else ""


def severity_of(signature: str, words: str, outcome: str) -> Severity:
    """By what was found, what the product called it, and whether it is still there."""
    if _GRAVE.search(signature):
        return Severity.CRITICAL if outcome == "failure" else Severity.HIGH
    said = _WORDS.get(fold(words[:40]))
    if said is None:
        said = Severity.LOW if _SLIGHT.search(signature) else Severity.MEDIUM
    return max(said, Severity.HIGH) if outcome == "failure" and not _SLIGHT.search(signature) else said


def hash_of(text: str) -> str:
    """The first digest in a text, in lower case."""
    found = _HEX.search(text[:2000])
    return found[0].lower() if found else ""


def detection_of(event: Event, origin: Origin) -> Detection | None:
    """The claim that an event of category antivirus makes; None for any other event."""
    if event.category != ENGINE:
        return None
    fields = event.fields
    signature = _text(fields, "Signature") or _text(fields, "Name") or "malware"
    path = _text(fields, "Filename")
    action = _text(fields, "Action") or _text(fields, "Action Name") or _text(fields, "act")
    outcome = event.outcome or outcome_of(action)
    address = event.src_ip or event.dst_ip
    where = event.host or address
    grave = severity_of(signature, _text(fields, "Severity") or _text(fields, "Severity Name"), outcome)
    return Detection(
        engine=ENGINE,
        rule_id=signature[:200],
        title=f"{signature[:160]} ({where[:80]})" if where else signature[:200],
        severity=grave,
        origin=Origin(origin.sha256, origin.path, event.line),
        time=event.time,
        key=_key(where, event.hash or path),
        tags=tuple(word for word in (event.product, outcome and f"outcome:{outcome}") if word),
        observables=tuple(_observables(event, address)),
        why=tuple(part[:300] for part in (path, action, event.raw) if part),
        detail={
            "category": _ENCRYPTED if "ransom" in signature.lower() else "madoc",
            "victim": address or event.host,
            "host": event.host,
            "user": event.user,
            "file": path,
            "action": action,
            "outcome": outcome,
        },
    )


def _key(*parts: str) -> str:
    """Of machine and file. One that is too long ends in its digest: deep folders differ at their end."""
    key = "|".join(part for part in parts if part)
    if len(key) <= _LONGEST_KEY:
        return key
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{key[: _LONGEST_KEY - len(digest) - 1]}|{digest}"


def joined(said: Detection, rules: Sequence[Detection]) -> Detection:
    """One finding of what the product said and what rules on single events (detections of `sigma`) say of the same event.

    It stays the product's finding (signature, machine, file); the gravest rule gives its title, its type of incident and the
    playbook, and its severity where that is higher. Every rule stands in `detail["rules"]`, and its reasons before the product's.
    """
    if not rules:
        return said
    ranked = sorted(rules, key=lambda one: one.severity, reverse=True)
    best = ranked[0]
    titles = {
        name: f"{text}: {said.title}" for name, text in best.detail.get("titles", {"en": best.title}).items() if text
    }
    playbook = next((one.detail["playbook"] for one in ranked if one.detail.get("playbook")), "")
    category = said.detail["category"] if said.detail["category"] == _ENCRYPTED else best.detail.get("category")
    reasons = [
        f"{one.rule_id}: {text}" for one in ranked for text in (one.why[:-1] or (one.title,))
    ]  # last: the record
    return replace(
        said,
        title=f"{best.title}: {said.title}",
        severity=max(said.severity, best.severity),
        pack=best.pack,
        tags=tuple(dict.fromkeys((*said.tags, *(tag for one in ranked for tag in one.tags)))),
        why=tuple(dict.fromkeys((*reasons, *said.why))),
        detail=said.detail
        | {"category": category or said.detail["category"], "titles": titles, "level": best.detail.get("level", "")}
        | {"rules": [one.rule_id for one in ranked], "rule": best.detail.get("rule", {})}
        | {"matched": [field for one in ranked for field in _matched(one)]}
        | ({"playbook": playbook} if playbook else {}),
    )


def _matched(one: Detection) -> list[Any]:
    found = one.detail.get("matched")
    return found if isinstance(found, list) else []


def _observables(event: Event, address: str) -> list[Observable]:
    found: list[Observable] = []
    if address and (pair := canonical_address(address)):
        found.append(Observable(*pair, "victim"))
    digests = [event.hash, *(_text(event.fields, name) for name in ("MD5", "SHA1", "SHA256"))]
    known = dict.fromkeys(hash_of(text) for text in digests if text)
    found += [Observable(_KINDS[len(digest)], digest) for digest in known if digest]
    return found


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
