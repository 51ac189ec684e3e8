"""Against what other projects expect of the same lines (../shared/data; skipped, visibly, where it is absent)."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from atttcli.clock import from_micros, rfc3339, to_micros
from atttcli.model.event import Event
from atttcli.source import Input, Source
from atttcli.sources import LOG_SOURCES

DATA = Path(__file__).parents[4] / "shared" / "data" / "logs"
pytestmark = [pytest.mark.reference, pytest.mark.skipif(not DATA.is_dir(), reason=f"no reference data at {DATA}")]

CROWDSEC = (
    "sshd-logs", "sshd-invalid-bf", "ssh-slow-bf", "sshd-refused-conn", "sshd-bad-keyexchange-bf", "sshd-impossible-travel",
    "dovecot-logs", "dovecot-slow-bf", "dovecot-time-based-bf", "postfix-logs", "postfix-helo", "postfix-relay", "postfix-spam",
    "postscreen-logs", "zimbra-logs", "zimbra-bf", "nginx-mail-bf", "nginx-http-malformed", "apache2-malformed", "traefik_clf",
    "nginx-http-path-traversal", "nginx-bad-user-agent", "nginx-http-sqli-probing", "nginx-http-xss-probing", "pam-logs",
    "apache2-http-sensitive-files", "suricata-logs-evelog",
)  # fmt: skip
_ASSERT = re.compile(
    r'results\["s01-parse"\]\["[^"]+"\]\[(\d+)\]\.Evt\.(?:Meta|Parsed)\["(\w+)"\](\[4:\])? == "((?:[^"\\]|\\.)*)"'
)
_WANTED = {"source_ip": "src_ip", "user": "user", "target_user": "user", "username": "user", "timestamp": "time",
           "machine": "host", "http_status": "status", "http_path": "url"}  # fmt: skip


def best(given: Input) -> Source:
    return max(LOG_SOURCES, key=lambda source: source.recognise(given))


def opened(data: bytes, modified: str = "2026-11-23T00:00:00+00:00", zone: str = "UTC") -> Input:
    when = to_micros(datetime.fromisoformat(modified))
    return Input("x.log", "", len(data), data[:65536], io.BytesIO(data), modified=when, zone=ZoneInfo(zone))


def expected(folder: Path) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    if not (folder / "parser.assert").is_file():  # some cases state only which scenario fires
        return found
    for number, name, cut, value in _ASSERT.findall((folder / "parser.assert").read_text(encoding="utf-8")):
        if name in _WANTED:
            found.setdefault(int(number), {})[name + cut] = json.loads(f'"{value}"')
    return found


def got(record: object, name: str) -> str:
    if name in ("timestamp", "timestamp[4:]"):
        time = getattr(record, "time", None)
        return rfc3339(time) if time is not None else ""
    wanted = _WANTED[name]
    if wanted == "status":
        return str(getattr(record, "fields", {}).get("sc-status", ""))
    if not isinstance(record, Event):
        return next((item.value for item in getattr(record, "observables", ()) if item.role == "source"), "")
    if wanted == "url":  # bytes that are no request are a path to crowdsec; to us they stay the whole request
        return record.url or str(record.fields.get("cs-request", ""))
    return str(getattr(record, wanted))


def same(name: str, value: str, ours: str) -> bool:
    if name == "timestamp[4:]":
        return value.rstrip("Z").partition(".")[0] == ours[4:].rstrip("Z").partition(".")[0]
    if name == "timestamp":
        return value[:4].isdigit() is False or value.rstrip("Z")[:19] == ours[:19]
    return (
        value == ours or (value == "-" and not ours) or (name == "source_ip" and value.removeprefix("::ffff:") == ours)
    )


def test_crowdsec_parser_cases() -> None:
    hits, all_of, misses = Counter[str](), Counter[str](), []
    for case in CROWDSEC:
        folder = DATA / "scenarios" / "crowdsec" / case
        (log,) = folder.glob("*.log")
        data = log.read_bytes()
        records = list(best(opened(data)).read(opened(data)))
        lines = [number for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
        by_line = {getattr(record, "line", None) or record.origin.line: record for record in records}  # type: ignore[union-attr]
        for index, wanted in expected(folder).items():
            record = by_line.get(lines[index]) if index < len(lines) else None
            for name, value in wanted.items():
                kind = name.partition("[")[0]
                all_of[kind] += 1
                if same(name, value, got(record, name)):
                    hits[kind] += 1
                else:
                    misses.append((case, index, name, value, got(record, name)))
    shares = {name: f"{hits[name]}/{all_of[name]}" for name in sorted(all_of)}
    print("crowdsec:", shares, *misses, sep="\n  ")
    assert sum(all_of.values()) > 300
    assert sum(hits.values()) >= 0.98 * sum(all_of.values()), misses


FAIL2BAN = ("apache-auth", "apache-botsearch", "apache-fakegooglebot", "apache-modsecurity", "apache-nohome", "apache-noscript",
            "apache-overflows", "apache-shellshock", "nginx-botsearch", "nginx-http-auth", "nginx-limit-req", "php-url-fopen",
            )  # fmt: skip


def fail_json(path: Path) -> Iterator[tuple[dict[str, object], bytes]]:
    want: dict[str, object] | None = None
    for line in path.read_bytes().split(b"\n"):
        if line.startswith(b"# failJSON:"):
            want = json.loads(line.partition(b":")[2])
        elif line.strip() and not line.startswith(b"#") and want is not None:
            yield want, line
            want = None


def test_fail2ban_times_and_hosts() -> None:
    hits, total, misses = Counter[str](), 0, []
    for name in FAIL2BAN:
        for want, line in fail_json(DATA / "mail-auth" / "fail2ban" / name):
            if not want.get("match") or "time" not in want:
                continue
            total += 1
            given = opened(line, "2005-08-14T12:00:00+02:00", "Europe/Zurich")
            records = list(best(given).read(given))
            event = records[0] if records and isinstance(records[0], Event) else None
            local = (
                ""
                if event is None or event.time is None
                else from_micros(event.time, ZoneInfo("Europe/Zurich")).isoformat()[:19]
            )
            for what, good in (
                ("time", local == want["time"]),
                ("host", event is not None and event.src_ip == want["host"]),
            ):
                hits[what] += good
                if not good:
                    misses.append((name, what, want, line[:200]))
    print(f"fail2ban: time {hits['time']}/{total}, host {hits['host']}/{total}", *misses, sep="\n  ")
    assert total > 80
    assert hits["time"] >= 0.98 * total
    assert hits["host"] >= 0.98 * total


WAZUH = {"sshd": "sshd", "su": "su", "sudo": "sudo", "pam": "", "postfix": "postscreen"}


def test_wazuh_decoders() -> None:
    total, misses = 0, []
    for name, service in WAZUH.items():
        text = (DATA / "decoders" / "wazuh" / f"{name}.ini").read_text(encoding="utf-8", errors="replace")
        for line in re.findall(r"^log \d+ \w+ = (.+)$", text, re.MULTILINE):
            total += 1
            given = opened(line.encode())
            (record,) = best(given).read(given)
            good = (
                isinstance(record, Event)
                and record.category in ("authentication", "mail")
                and service in (record.service, "")
            )
            if name in ("su", "sudo", "pam", "postfix"):
                good = good and isinstance(record, Event) and bool(record.action)
            if not good:
                misses.append((name, line))
    print(f"wazuh: {total - len(misses)}/{total}", *misses, sep="\n  ")
    assert total > 40
    assert len(misses) <= 0.02 * total, misses
