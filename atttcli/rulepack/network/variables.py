"""Address and port variables: the usual defaults, and what `--var NAME=VALUE` makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from atttcli.errors import UsageError

DEFAULTS: Final[dict[str, str]] = {
    "HOME_NET": "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]",
    "EXTERNAL_NET": "!$HOME_NET",
    "HTTP_SERVERS": "$HOME_NET",
    "SMTP_SERVERS": "$HOME_NET",
    "SQL_SERVERS": "$HOME_NET",
    "DNS_SERVERS": "$HOME_NET",
    "TELNET_SERVERS": "$HOME_NET",
    "AIM_SERVERS": "$EXTERNAL_NET",
    "DC_SERVERS": "$HOME_NET",
    "DNP3_SERVER": "$HOME_NET",
    "DNP3_CLIENT": "$HOME_NET",
    "MODBUS_CLIENT": "$HOME_NET",
    "MODBUS_SERVER": "$HOME_NET",
    "ENIP_CLIENT": "$HOME_NET",
    "ENIP_SERVER": "$HOME_NET",
    "HTTP_PORTS": "80",
    "SHELLCODE_PORTS": "!80",
    "ORACLE_PORTS": "1521",
    "SSH_PORTS": "22",
    "DNP3_PORTS": "20000",
    "MODBUS_PORTS": "502",
    "FILE_DATA_PORTS": "[$HTTP_PORTS,110,143]",
    "FTP_PORTS": "21",
    "GENEVE_PORTS": "6081",
    "VXLAN_PORTS": "4789",
    "TEREDO_PORTS": "3544",
}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


def effective(given: Mapping[str, str] | None) -> dict[str, str]:
    """Defaults overridden by `given`; UsageError for a name that cannot be a variable."""
    result = dict(DEFAULTS)
    for name, value in (given or {}).items():
        if not _NAME.match(name) or not value.strip():
            raise UsageError(f"{name[:60]!r} is no variable", hint="--var HOME_NET=[10.0.0.0/8]")
        result[name] = value.strip()
    return result
