"""The capture from the commune of Vi Hương: one machine calls home, the others read the news."""

from __future__ import annotations

from typing import Any

import inbox_story as story

from atttcli.rulepack.recipes import build_capture, parse_recipe
from atttcli.rulepack.samples import pack

_OLD = {"User-Agent": "Mozilla/4.0 (compatible; MSIE 8.0)", "Host": story.C2_NAME}


def capture() -> bytes:
    """A pcap of half an hour: look-up, check-ins every two minutes, a program dressed as a picture, TLS, ordinary traffic."""
    return build_capture(parse_recipe(_flows()), story.BEACON_AT.timestamp())


def _flows() -> list[dict[str, Any]]:
    dns, c2 = f"{story.COMMUNE_LAN}.1:53", f"{story.C2_IP}:80"
    check_in = {"http": "GET /gate.php?hwid=7F21A0C4&os=Win7&av=none HTTP/1.1", "headers": _OLD}
    program = pack(b"MZ" + bytes(76) + b"This program cannot be run in DOS mode. MAU VO HAI").replace("\n", "")
    reply = {"http": "HTTP/1.1 200 OK", "headers": {"Content-Type": "image/jpeg"}, "body_packed": program}
    ok = {"http": "HTTP/1.1 200 OK", "headers": {"Content-Type": "text/html"}, "body": "<html>ok</html>"}
    page = {"http": "GET /tin-tuc HTTP/1.1", "headers": {"Host": story.PORTAL_NAME, "User-Agent": "Mozilla/5.0"}}
    return [
        _flow(
            f"{story.COMMUNE_PC}:51000", dns, 0, {"dns": story.C2_NAME, "answer": story.C2_IP}, repeat=15, every=120.0
        ),
        _flow(
            f"{story.COMMUNE_PC}:49200",
            c2,
            0.5,
            check_in,
            {"http": "HTTP/1.1 200 OK", "body": "cho"},
            repeat=15,
            every=120.0,
        ),
        _flow(f"{story.COMMUNE_PC}:49300", c2, 130, {"http": "GET /anh.jpg HTTP/1.1", "headers": _OLD}, reply),
        _flow(f"{story.COMMUNE_PC}:52000", dns, 200, {"dns": story.C2_TLS_NAME, "answer": story.C2_IP}),
        _flow(f"{story.COMMUNE_PC}:49400", f"{story.C2_IP}:443", 201, {"sni": story.C2_TLS_NAME}),
        *(
            _flow(
                f"{story.COMMUNE_LAN}.{20 + index}:5{index:02d}00",
                f"{story.PORTAL_IP}:80",
                17.0 * index,
                page,
                ok,
                repeat=5,
                every=61.0,
            )
            for index in range(8)
        ),
        _flow(
            f"{story.COMMUNE_LAN}.31:50500",
            dns,
            33,
            {"dns": story.PORTAL_NAME, "answer": story.PORTAL_IP},
            repeat=6,
            every=90.0,
        ),
        _flow(
            f"{story.COMMUNE_LAN}.32:50600",
            f"{story.NEWS_SITE}:443",
            60,
            {"sni": "www.tintuc.example"},
            repeat=4,
            every=100.0,
        ),
    ]


def _flow(client: str, server: str, at: float, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"client": client, "server": server, "at": at, "messages": list(messages), **more}
