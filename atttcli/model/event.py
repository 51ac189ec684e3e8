"""Event: something that happened, read from a log.

A msgspec struct rather than a dataclass: a million lines a run go through it, and it is built and written by C code
(docs/decisions/0003).
"""

from __future__ import annotations

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A small typed head over the native fields, which stay unchanged in `fields` so that Sigma rules work as written.

    `time` is microseconds UTC (None: the record has none). `line` counts records from 1 in the decompressed file.
    `category`, `product`, `service` are Sigma's log source words (webserver/nginx, authentication/linux/sshd, mail/postfix).
    `action` is what was tried (`login`, `request`, `send`, `deliver`, `alert` ...), `outcome` is `success`, `failure` or ``.
    `src_ip` is always the remote party's real address where the log knows it (Zimbra's oip before ip).
    """

    time: int | None
    line: int
    raw: str
    category: str = ""
    product: str = ""
    service: str = ""
    host: str = ""
    user: str = ""
    src_ip: str = ""
    src_port: int = 0
    dst_ip: str = ""
    dst_port: int = 0
    domain: str = ""
    url: str = ""
    hash: str = ""
    action: str = ""
    outcome: str = ""
    fields: dict[str, Any] = {}
