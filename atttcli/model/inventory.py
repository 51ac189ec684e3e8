"""Agency, network, system: who owns what. All have validity dates: provinces and agencies merge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agency:
    """One of the province's agencies. Dates are ISO `YYYY-MM-DD`; empty is open. `successor` is another agency's code."""

    code: str
    name: str
    short_name: str = ""
    group: str = ""  # so_ban_nganh, huyen, xa, su_nghiep, doan_the
    parent: str = ""
    contact_role: str = ""
    contact_email: str = ""
    backup_email: str = ""
    phone: str = ""
    machines: int = 0
    old_machines: int = 0
    antivirus: str = ""
    has_it_officer: bool = False
    valid_from: str = ""
    valid_until: str = ""
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """An address range of an agency in a time span: days, or minutes as `2026-11-20T08:00`.

    `ports` (`1024-2047`) where several agencies share one address behind NAT; empty is every port.
    """

    cidr: str
    agency: str
    valid_from: str = ""
    valid_until: str = ""
    note: str = ""
    ports: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """An information system with its level (1-5). `concerns` names log sources, rules, playbooks and drills about it."""

    code: str
    name: str
    level: int | None = None
    external: bool = False
    product: str = ""
    version: str = ""
    owner: str = ""
    operator: str = ""
    provider: str = ""
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    users: int = 0
    monitored_by: str = ""
    note: str = ""
    log_sources: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    playbooks: tuple[str, ...] = ()
    drills: tuple[str, ...] = ()
