"""Known travel: who is where from when to when, told by people, so that their logins from there are no reason."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from atttcli.clock import DAY, VIETNAM, from_micros
from atttcli.errors import Conflict, NotFound, UsageError
from atttcli.mailwatch.places import in_network
from atttcli.mailwatch.reasons import Finding
from atttcli.people.records import require_day

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store

KIND = "DL"


@dataclass(frozen=True, slots=True)
class Journey:
    """One journey: days are ISO and inclusive; a country's code or a network, or both. `ended`: cut short on that day."""

    number: str
    account: str
    country: str
    network: str
    valid_from: str
    valid_until: str
    reason: str
    ended: str = ""


class Travel:
    """Journeys by account, asked by finding."""

    def __init__(self, journeys: Iterable[Journey] = ()) -> None:
        self._by_account: dict[str, list[Journey]] = {}
        for one in journeys:
            self._by_account.setdefault(one.account, []).append(one)

    def silences(self, found: Finding) -> str:
        """The number of the journey that explains a finding; empty when none does. A day is left at either end for the way."""
        journeys = self._by_account.get(found.account)
        if not journeys:
            return ""
        try:
            day = from_micros(found.time, VIETNAM).date().isoformat()
            around = [from_micros(found.time + shift, VIETNAM).date().isoformat() for shift in (-DAY, DAY)]
        except (OverflowError, ValueError):
            return ""
        moved = len(found.addresses) > 1  # a journey begins or ends with a login at home
        for one in journeys:
            last = min(one.valid_until, one.ended) if one.ended else one.valid_until
            days = [day, *around] if moved else [day]
            if any(one.valid_from <= given <= last for given in days) and _explains(one, found):
                return one.number
        return ""


def _explains(one: Journey, found: Finding) -> bool:
    if one.network and any(in_network(address, one.network) for address in found.addresses):
        return True
    return bool(one.country) and one.country in found.countries


def add_journey(journal: Journal, journey: dict[str, str]) -> str:
    """Record a journey; its number (DL-…). Keys: account, country, network, valid_from, valid_until, reason."""
    account = journey["account"].strip().lower()
    country, network = journey["country"].strip().upper(), journey["network"].strip()
    if not account or len(account) > 254:
        raise UsageError("a journey needs an account", hint="atttcli mail travel add an@backan.gov.vn --country LA …")
    if not country and not network:
        raise UsageError("a journey needs a country or a network", hint="--country LA or --network 192.0.2.0/24")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise UsageError(f"no country's code: {country[:8]!r}", hint="two letters: LA, TH, CN")
    if network:
        try:
            network = str(ipaddress.ip_network(network, strict=False))
        except ValueError as error:
            raise UsageError(f"no address or range: {network[:60]!r}", hint="192.0.2.0/24") from error
    if not journey["reason"].strip():
        raise UsageError("a journey needs a reason", hint='--reason "công tác theo quyết định …"')
    if require_day(journey["valid_from"], "the first day") > require_day(journey["valid_until"], "the last day"):
        raise UsageError("the journey ends before it begins", hint="--from DAY --to DAY")
    with journal.transaction():
        number = journal.next_number(KIND)
        body = {**journey, "number": number, "account": account, "country": country, "network": network}
        journal.append("mail.travel.added", number, body)
    return number


def end_journey(journal: Journal, number: str, on: str, reason: str) -> Journey:
    """Record that a journey ended early (its last day); NotFound, Conflict."""
    require_day(on, "the day it ended")
    if not reason.strip():
        raise UsageError("ending a journey needs a reason", hint="--reason …")
    with journal.transaction():
        one = next((one for one in journeys(journal.store) if one.number == number), None)
        if one is None:
            raise NotFound(f"no journey {number[:40]!r}", hint="atttcli mail travel list")
        if one.ended:
            raise Conflict(f"{number} ended on {one.ended} already")
        journal.append("mail.travel.ended", number, {"on": on, "reason": reason})
    return next(one for one in journeys(journal.store) if one.number == number)


def journeys(store: Store) -> list[Journey]:
    """All journeys, the latest first."""
    names = ", ".join(Journey.__dataclass_fields__)
    rows = store.rows(f"SELECT {names} FROM mail_travel ORDER BY valid_from DESC, number DESC")
    return [Journey(*tuple(row)) for row in rows]


def as_json(one: Journey) -> dict[str, Any]:
    """docs/json/mail-travel.schema.json."""
    return asdict(one)
