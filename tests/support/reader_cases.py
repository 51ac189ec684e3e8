"""Lines of other projects with what they expect of each (../shared/data/logs), and what our readers make of them.

Three sets: crowdsec's parser cases, fail2ban's failJSON, Wazuh's decoder tests. Every expectation is one `Check`: a family, a
kind (address, user, time, status, host, decoder), what was wanted and what was read. The reader is the one that recognises.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from atttcli.clock import from_micros, rfc3339, to_micros
from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.source import Input, Record, Source
from atttcli.sources import LOG_SOURCES

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "logs"
CROWDSEC, FAIL2BAN, WAZUH = (
    DATA / "scenarios" / "crowdsec",
    DATA / "mail-auth" / "fail2ban",
    DATA / "decoders" / "wazuh",
)

# crowdsec's parser -> family; those of the goal first, others are told without one
PARSERS = {
    "sshd-logs": "sshd", "dovecot-logs": "dovecot", "postfix-logs": "postfix", "postscreen-logs": "postfix",
    "exim-logs": "exim", "exchange-imap-logs": "exchange", "exchange-pop-logs": "exchange", "exchange-smtp-logs": "exchange",
    "zimbra-logs": "zimbra", "nginx-logs": "nginx", "apache2-logs": "apache", "haproxy-logs": "haproxy",
    "mikrotik-logs": "mikrotik", "pf-logs": "pf", "pf-logs-drop": "pf", "iptables-logs": "iptables", "pam-logs": "pam",
    "suricata-evelogs": "suricata", "suricata-fastlogs": "suricata", "mariadb-logs": "mariadb", "pgsql-logs": "postgresql",
    "supabase-docker-pgsql": "postgresql", "modsecurity": "modsecurity", "caddy-logs": "caddy", "traefik-logs": "traefik",
    "nginx-proxy-manager-logs": "npm",
}  # fmt: skip
GOAL_CROWDSEC = ("sshd", "dovecot", "postfix", "exim", "exchange", "zimbra", "nginx", "apache", "haproxy", "mikrotik", "pf",
                 "iptables", "pam", "suricata", "mariadb", "postgresql")  # fmt: skip
FILES = {
    "exim": ("exim", "exim-spam"), "courier": ("courier-auth", "courier-smtp"), "cyrus": ("cyrus-imap",), "sieve": ("sieve",),
    "squid": ("squid",), "routeros": ("routeros-auth",),
    "nginx": ("nginx-botsearch", "nginx-http-auth", "nginx-limit-req"),
    "apache": ("apache-auth", "apache-botsearch", "apache-fakegooglebot", "apache-modsecurity", "apache-nohome",
               "apache-noscript", "apache-overflows", "apache-shellshock"),
    "proftpd": ("proftpd",), "vsftpd": ("vsftpd",),
    "sendmail": ("sendmail-auth", "sendmail-reject"), "fail2ban": ("recidive",), "php": ("php-url-fopen",),
    "traefik": ("traefik-auth",), "perdition": ("perdition",), "uwimap": ("uwimap-auth",), "stunnel": ("stunnel",),
    "squirrelmail": ("squirrelmail",), "horde": ("horde",), "slapd": ("slapd",),
}  # fmt: skip
GOAL_FAIL2BAN = ("exim", "courier", "cyrus", "sieve", "squid", "routeros", "nginx", "apache", "proftpd", "vsftpd")
DECODERS = {"sshd": "sshd", "sudo": "sudo", "su": "su", "pam": "", "postfix": "postscreen", "exim": ""}
GOAL = 0.98
_ASSERT = re.compile(
    r'results\["(s0[12]-\w+)"\]\["([^"]+)"\]\[(\d+)\]\.Evt\.(Meta|Parsed|Enriched)\["(\w+)"\](\[4:\])? == "((?:[^"\\]|\\.)*)"'
)
_META = {"source_ip": "address", "user": "user", "target_user": "user", "username": "user", "http_status": "status"}
_PARSED = {"dovecot_user": "user", "response": "status", "status": "status"}


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and what was read."""

    peer: str
    family: str
    case: str
    kind: str
    wanted: str
    got: str
    met: bool
    line: str
    reader: str


def opened(data: bytes, modified: str = "2026-11-23T00:00:00+00:00", zone: str = "UTC", name: str = "x.log") -> Input:
    """Bytes as the router hands them to a source."""
    when = to_micros(datetime.fromisoformat(modified))
    return Input(name, "", len(data), data[:65536], io.BytesIO(data), modified=when, zone=ZoneInfo(zone))


def chosen(given: Input) -> Source:
    """The reader that is surest of this input."""
    return max(LOG_SOURCES, key=lambda source: source.recognise(given))


@cache
def _read(log: Path) -> tuple[str, dict[int, Record]]:
    data = log.read_bytes()
    source = chosen(opened(data, name=log.name))
    by_line: dict[int, Record] = {}
    for record in source.read(opened(data, name=log.name)):
        number = record.origin.line if isinstance(record, Alert) else getattr(record, "line", None)
        if number is not None:
            by_line.setdefault(number, record)
    return source.name, by_line


def _unquoted(text: str) -> str:
    """The value of a Go string literal: JSON's escapes, and `\\xNN` and `\\a`."""
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\x([0-9a-f]{2})", r"\1\\u00\2", text).replace("\\a", "\\u0007")
    return str(json.loads(f'"{text}"', strict=False))


def _results(text: str) -> dict[tuple[str, int], dict[str, str]]:
    """(parser, index) -> {kind: value} of stage s01, with the time of stage s02 found by its message."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    times: dict[tuple[str, int], dict[str, str]] = {}
    for stage, parser, index, part, name, cut, quoted in _ASSERT.findall(text):
        value = _unquoted(quoted)
        key = (parser.rpartition("/")[2], int(index))
        if stage == "s01-parse":
            entry = found.setdefault(key, {})
            if name == "message" and part == "Parsed":
                entry["message"] = value
            elif part == "Meta" and name in _META:
                entry[_META[name]] = value
            elif part == "Parsed" and name in _PARSED:
                entry.setdefault(_PARSED[name], value)
        elif name == "message" and part == "Parsed":
            times.setdefault(key, {})["message"] = value
        elif name == "MarshaledTime":
            times.setdefault(key, {})["time"] = ("####" if cut else "") + value
    by_message: dict[str, list[str]] = {}
    for _, entry in sorted(times.items()):
        if "time" in entry and "message" in entry:
            by_message.setdefault(entry["message"], []).append(entry["time"])
    for _, entry in sorted(found.items()):
        waiting = by_message.get(entry.get("message", ""))
        if waiting:
            entry["time"] = waiting.pop(0)
    return found


def _line_of(lines: list[str], index: int, message: str, after: int) -> int | None:
    """The place of the result's line: the one at its index if its message stands there, else the next that has it."""
    if not message:
        return index if index < len(lines) else None
    parts = [part for part in message.split("\n") if part] or [message]
    if index < len(lines) and parts[0] in lines[index]:
        return index
    return next((at for at in range(after, len(lines)) if parts[0] in lines[at]), None)


def crowdsec(only: str = "") -> Iterator[Check]:
    """All checks of the parser cases whose parser has a family."""
    for case in sorted(CROWDSEC.iterdir()):
        expectations, logs = case / "parser.assert", sorted(case.glob("*.log"))
        if not expectations.is_file() or len(logs) != 1:
            continue
        results = {
            key: entry
            for key, entry in _results(expectations.read_text(encoding="utf-8")).items()
            if key[0] in PARSERS and only in ("", PARSERS[key[0]])
        }
        if results:
            yield from _crowdsec_case(case.name, logs[0], results)


def _crowdsec_case(name: str, log: Path, results: dict[tuple[str, int], dict[str, str]]) -> Iterator[Check]:
    raw = log.read_bytes().decode("utf-8", "replace").split("\n")
    numbered = [(number, line) for number, line in enumerate(raw, 1) if line.strip()]
    texts = [line.replace("\r", "") for _, line in numbered]
    reader, records = _read(log)
    after: dict[str, int] = {}
    for (parser, index), entry in sorted(results.items()):
        at = _line_of(texts, index, entry.get("message", ""), after.get(parser, 0))
        if at is None:
            continue
        after[parser] = at + 1
        number, line = numbered[at]
        record = records.get(number)
        for kind in ("address", "user", "time", "status"):
            if kind in entry:
                wanted, got = entry[kind], read_of(record, kind)
                met = _same(kind, wanted, got, line)
                yield Check("crowdsec", PARSERS[parser], name, kind, wanted, got, met, line, reader)


def read_of(record: Record | None, kind: str) -> str:
    """What a record says of a kind, as text."""
    if isinstance(record, Alert):
        if kind == "address":
            return next((item.value for item in record.observables if item.role == "source"), "")
        return (rfc3339(record.time) if record.time is not None else "") if kind == "time" else ""
    if not isinstance(record, Event):
        return ""
    if kind == "time":
        return rfc3339(record.time) if record.time is not None else ""
    if kind == "status":
        return str(record.fields.get("sc-status", ""))
    return record.src_ip or _named(record.fields) if kind == "address" else record.user


def _named(fields: dict[str, Any]) -> str:
    return str(next((fields[name] for name in ("src_host", "c-host") if fields.get(name)), ""))


def _same(kind: str, wanted: str, got: str, line: str) -> bool:
    if kind == "time":
        if not wanted.strip("#"):
            return True
        cut = 4 if wanted.startswith("####") or wanted[:4] not in line else 0
        wanted = wanted.removeprefix("####") if wanted.startswith("####") else wanted[cut:]
        return wanted[: 19 - cut].rstrip("Z") == got[cut:19].rstrip("Z")
    if kind == "address":
        return wanted.removeprefix("::ffff:").lower() == got.lower()
    return wanted == got or (wanted in ("-", "") and not got)


def fail_json(path: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    """(expectation, line) of one file."""
    want: dict[str, Any] | None = None
    for line in path.read_bytes().split(b"\n"):
        if line.startswith(b"# failJSON:"):
            want = json.loads(line.partition(b":")[2])
        elif line.strip() and not line.startswith(b"#") and want is not None:
            yield want, line
            want = None


def fail2ban(only: str = "") -> Iterator[Check]:
    """Time and host of every failJSON line that is to match; each line is an input of its own."""
    for family, names in FILES.items():
        if only not in ("", family):
            continue
        for name in names:
            for want, line in fail_json(FAIL2BAN / name):
                if want.get("match") and "time" in want:
                    yield from _fail2ban_line(family, name, want, line)


def _fail2ban_line(family: str, name: str, want: dict[str, Any], line: bytes) -> Iterator[Check]:
    given = opened(line, "2005-08-14T12:00:00+02:00", "Europe/Zurich")
    source = chosen(given)
    record = next(iter(source.read(given)), None)
    time = getattr(record, "time", None)
    local = from_micros(time, ZoneInfo("Europe/Zurich")).isoformat()[:19] if isinstance(time, int) else ""
    text = line.decode("utf-8", "replace")
    wanted = str(want["time"])[:19]
    met = local == wanted
    if not met and local and re.search(r"\D\d{13}\D|\b\d{10}\.\d{3}\b", text):  # their test reads epochs with rounding
        met = abs(datetime.fromisoformat(local) - datetime.fromisoformat(wanted)) <= timedelta(seconds=1)
    yield Check("fail2ban", family, name, "time", wanted, local, met, text, source.name)
    if want.get("host"):
        host = read_of(record, "address")
        yield Check("fail2ban", family, name, "host", want["host"], host, host == want["host"], text, source.name)


def wazuh(only: str = "") -> Iterator[Check]:
    """Every line of the decoder tests: read by a reader that knows its program."""
    for family, service in DECODERS.items():
        if only not in ("", family):
            continue
        text = (WAZUH / f"{family}.ini").read_text(encoding="utf-8", errors="replace")
        for line in re.findall(r"^log \d+ \w+ = (.+)$", text, re.MULTILINE):
            given = opened(line.encode())
            source = chosen(given)
            record = next(iter(source.read(given)), None)
            met, got = False, ""
            if isinstance(record, Event):
                got = "/".join((record.category, record.product, record.service, record.action))
                known = record.category in ("authentication", "mail") and service in (record.service, "")
                met = known and (family == "sshd" or bool(record.action))
            yield Check("wazuh", family, f"{family}.ini", "decoder", service or family, got, met, line, source.name)


def checks(only: str = "") -> Iterator[Check]:
    """All three sets."""
    yield from crowdsec(only)
    yield from fail2ban(only)
    yield from wazuh(only)


def goal_of(peer: str, family: str) -> float | None:
    """The share that a family has to reach, None where none is set."""
    families = {"crowdsec": GOAL_CROWDSEC, "fail2ban": GOAL_FAIL2BAN, "wazuh": tuple(DECODERS)}[peer]
    return GOAL if family in families else None
