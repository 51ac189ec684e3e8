"""A syslog message of any device that we know, told from its first characters: used by the syslog reader for mixed files
and by the readers of one device's file."""

from __future__ import annotations

from atttcli.sources.firewall import checkpoint, cisco, fortigate, mikrotik, netfilter, paloalto, pfsense, sophos
from atttcli.sources.firewall.heard import Heard, sigma_names
from atttcli.sources.sensors import nameservers

_BY_PROGRAM = {
    "kernel": netfilter.understand,
    "filterlog": pfsense.understand,
    "php-fpm": pfsense.understand,
    "php": pfsense.understand,
    "ulogd": sophos.understand,
    "httpproxy": sophos.understand,
    "aua": sophos.understand,
    "CheckPoint": checkpoint.understand,
    "named": nameservers.named,
    "dnsmasq": nameservers.dnsmasq,
    "unbound": nameservers.unbound,
}


def understand(program: str, body: str) -> Heard | None:
    """What a device says, or None. Cheap for the messages of ordinary programs."""
    known = _BY_PROGRAM.get(program)
    if known is not None:
        return known(body)
    if program == "audit" and "GUI" in body:
        return pfsense.understand(body)
    if program.startswith("%"):
        return cisco.understand(f"{program}: {body}")
    if program and not program.startswith(("date=", "logid=")):
        return mikrotik.understand(body) if body[:24].partition(" ")[0].count(",") else None
    return untagged(body)


def untagged(body: str) -> Heard | None:
    """A message without a program's tag: by what it begins with."""
    first = body[:1]
    if first == "%" or body.startswith(": %"):
        return cisco.understand(body)
    if first == "[":
        return checkpoint.understand(body) or netfilter.understand(body)
    if first.isdigit():
        return paloalto.understand(body) or pfsense.understand(body)
    if "=" in body[:256]:
        return (
            fortigate.understand(body)
            or sophos.understand(body)
            or netfilter.understand(body)
            or checkpoint.understand(body)
        )
    return mikrotik.understand(body)


def in_syslog(program: str, body: str) -> Heard | None:
    """As `understand`, with Sigma's names in the fields: for lines whose envelope the syslog reader has opened."""
    heard = understand(program, body)
    if heard is not None and heard.category == "firewall":
        sigma_names(heard, heard.fields)
    return heard
