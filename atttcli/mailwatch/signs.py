"""Signs that no Sigma rule can tell: they need distances, what an account usually does, or a table from outside.

Every detector takes a login (or a use of a mailbox) with what is remembered of its account, and yields findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from atttcli.clock import DAY, HOUR, MINUTE
from atttcli.mailwatch.account_state import Account, Bounded, Failures, pair_of
from atttcli.mailwatch.places import Place, Places, distance_km
from atttcli.mailwatch.reasons import Finding
from atttcli.mailwatch.seen import FAILURE, LEGACY, LOGIN, Seen

ACCOUNTS: Final = 30_000  # opened accounts that are remembered; names that were only tried have less room
_TRIED: Final = 20_000
_SPRAYERS: Final = 20_000
_SESSIONS: Final = 100_000
_SPEED_KMH: Final = 1_000
_FAR_KM: Final = 500
_HELD_JOURNEYS: Final = 20
_AT_HOME: Final = 5  # logins from a network that make it the account's own
_MANY_FAILURES: Final = 8
_SPRAYED: Final = 5  # accounts that an address tried
_SHARED: Final = 5  # accounts that were first opened from one address within a day
_DORMANT: Final = 60 * DAY
_LEARNED: Final = 5  # logins from outside with which attt-mail-0017 begins to speak
_SETTLED: Final = 10  # logins after which what is new is worth a word


class _Sprayer:
    """An address that failed: the accounts it tried, and until when."""

    __slots__ = ("accounts", "last")

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.last = 0


class _Fresh:
    """Accounts that an address opened which had never been opened from its network."""

    __slots__ = ("accounts", "first", "told")

    def __init__(self) -> None:
        self.accounts: dict[str, Seen] = {}
        self.first = 0
        self.told = False


class _Session:
    __slots__ = ("account", "address", "place", "time")

    def __init__(self) -> None:
        self.account = self.address = ""
        self.place: Place | None = None
        self.time = 0


class Signs:
    """The detectors with what they remember. `last_logins` and `locked` come from imported accounts."""

    def __init__(
        self, places: Places, last_logins: Mapping[str, int] | None = None, locked: frozenset[str] = frozenset(),
        accounts: int = ACCOUNTS,
    ) -> None:  # fmt: skip
        self._places, self._last_logins, self._locked = places, last_logins or {}, locked
        self.accounts: Bounded[str, Account] = Bounded(Account, accounts)
        self.tried: Bounded[str, Failures] = Bounded(Failures, _TRIED)
        self._sprayers: Bounded[str, _Sprayer] = Bounded(_Sprayer, _SPRAYERS)
        self._fresh: Bounded[str, _Fresh] = Bounded(_Fresh, _SPRAYERS)
        self._sessions: Bounded[str, _Session] = Bounded(_Session, _SESSIONS)
        self._journeys: Bounded[str, list[Finding]] = Bounded(list, _TRIED)

    @property
    def evicted(self) -> int:
        """Accounts that were forgotten to bound memory: of them less may be said than there was."""
        return self.accounts.evicted

    def see(self, seen: Seen) -> Iterator[Finding]:
        """Everything that this says, in order."""
        if seen.kind == FAILURE:
            self._failed(seen)
            return
        place = self._places.of(seen.address)
        if seen.session:
            yield from self._session(seen, place)
        if seen.kind != LOGIN:
            yield from self._use(seen, place)
            return
        account = self.accounts[seen.account]
        yield from self._opened(seen, place, account)
        account.learn(seen.time, place, seen.address, seen.agent, seen.protocol)

    def _failed(self, seen: Seen) -> None:
        self.tried[seen.account].add(seen.time, seen.address)
        if self._places.of(seen.address).inside:
            return  # behind an agency's proxy stand many people
        sprayer = self._sprayers[seen.address]
        if abs(seen.time - sprayer.last) > DAY:
            sprayer.accounts.clear()
        sprayer.last = seen.time
        if len(sprayer.accounts) < 50:
            sprayer.accounts.add(seen.account)

    def _opened(self, seen: Seen, place: Place, account: Account) -> Iterator[Finding]:
        yield from self._after_failures(seen, place, account)
        if seen.account in self._locked:
            yield _found("locked-login", seen, place)
        yield from self._dormant(seen, place, account)
        if self._is_abroad(place, account):
            yield _found("new-country", seen, place)
        self._travel(seen, place, account)
        yield from self._legacy(seen, place, account)
        yield from self._shared(seen, place, account)

    def _after_failures(self, seen: Seen, place: Place, account: Account) -> Iterator[Finding]:
        """An address that tried many accounts opens one; or one account is opened after many failures, from nowhere it knows."""
        failures = self.tried.get(seen.account)
        sprayer = self._sprayers.get(seen.address)
        at_home = account.knows(place.network) >= _AT_HOME
        if sprayer is not None and not at_home and abs(seen.time - sprayer.last) <= DAY:
            others = len(sprayer.accounts - {seen.account})
            if others >= _SPRAYED - 1:
                yield _found("spray-success", seen, place, accounts=others + 1)
        if failures is None or not failures.count:
            return
        recent = 0 <= seen.time - failures.last <= DAY
        if recent and failures.count >= _MANY_FAILURES and not at_home and not place.inside:
            yield _found("success-after-failures", seen, place, failures=failures.count, since=failures.first)
        if recent or failures.last < seen.time:
            failures.count = 0
            failures.addresses.clear()

    def _is_abroad(self, place: Place, account: Account) -> bool:
        """A country new for somebody who is hardly ever outside: attt-mail-0017 learns from logins from outside only."""
        if place.inside or not place.country or account.logins < _SETTLED or account.outside >= _LEARNED:
            return False
        return bool(account.countries) and place.country not in account.countries

    def _dormant(self, seen: Seen, place: Place, account: Account) -> Iterator[Finding]:
        last = account.last
        if not last:
            last = self._last_logins.get(seen.account, 0)
        if 0 < last < seen.time - _DORMANT and not place.inside:
            yield _found("dormant", seen, place, days=(seen.time - last) // DAY, since=last)

    def _travel(self, seen: Seen, place: Place, account: Account) -> None:
        """Two logins that no flight joins. Told at the end: what goes back and forth for weeks is a VPN."""
        before = account.place
        if before is None or before.network == place.network or before.country == place.country:
            return
        if not before.country or not place.country:
            return
        elapsed = abs(seen.time - account.used)
        if elapsed > DAY:
            return
        distance = distance_km(before.point, place.point) if before.point and place.point else 0.0
        far = distance >= _FAR_KM
        hours = max(elapsed / HOUR, 1 / 60)
        if (far and distance / hours <= _SPEED_KMH) or (not far and elapsed > HOUR):
            return
        account.flipped(before.country, place.country, seen.time // DAY)
        found = Finding(
            "impossible-travel" if far else "quick-change", "attt-mailbox-travel", seen.account, seen.time,
            (account.address, seen.address), (before.country, place.country), seen.path, seen.line,
            {"from": before.country, "to": place.country, "km": round(distance), "minutes": elapsed // MINUTE},
        )  # fmt: skip
        held = self._journeys[seen.account]
        if len(held) < _HELD_JOURNEYS:
            held.append(found)
        elif far:  # the first ones say what it was, the last one that it goes on
            held[-1] = found

    def finish(self) -> Iterator[Finding]:
        """Journeys, now that it is known which of them are a habit."""
        for name in self._journeys:
            account = self.accounts.get(name)
            for found in self._journeys.get(name) or ():
                pair = pair_of(found.countries[0], found.countries[1])
                habit = account is not None and account.is_habit(pair)
                yield replace(found, family="quick-change") if habit else found

    def _legacy(self, seen: Seen, place: Place, account: Account) -> Iterator[Finding]:
        """POP3, IMAP or SMTP with a password, from outside, by somebody who never used it: second factors do not see it."""
        if seen.protocol not in LEGACY or place.inside or seen.protocol in account.protocols:
            return
        if account.logins >= _SETTLED and not account.knows(place.network):
            yield _found("legacy-first", seen, place, protocol=seen.protocol)

    def _shared(self, seen: Seen, place: Place, account: Account) -> Iterator[Finding]:
        """One address opens many accounts that were never opened from its network."""
        if place.inside or account.logins < _AT_HOME or account.knows(place.network):
            return
        fresh = self._fresh[seen.address]
        if abs(seen.time - fresh.first) > DAY:
            fresh.accounts.clear()
            fresh.first, fresh.told = seen.time, False
        if len(fresh.accounts) >= 200:
            return
        fresh.accounts.setdefault(seen.account, seen)
        if fresh.told:
            yield _found("shared-address", seen, place, accounts=len(fresh.accounts))
        elif len(fresh.accounts) >= _SHARED:
            fresh.told = True
            for one in fresh.accounts.values():
                yield _found("shared-address", one, place, accounts=len(fresh.accounts))

    def _session(self, seen: Seen, place: Place) -> Iterator[Finding]:
        """One session from two networks at once, in two countries, or inside and outside."""
        session = self._sessions[f"{seen.account}\n{seen.session}"]
        before = session.place
        at_once = before is not None and abs(seen.time - session.time) <= 30 * MINUTE
        if at_once and before and (before.inside, before.country) != (place.inside, place.country):
            yield Finding(
                "session-two-networks", "attt-mailbox-session", seen.account, seen.time, (session.address, seen.address),
                _countries(before, place), seen.path, seen.line, {"minutes": abs(seen.time - session.time) // MINUTE},
            )  # fmt: skip
        session.place, session.address, session.time = place, seen.address, seen.time

    def _use(self, seen: Seen, place: Place) -> Iterator[Finding]:
        """A mailbox used from a network where nobody logged in, while its owner is at work elsewhere: a stolen session."""
        account = self.accounts.get(seen.account)
        if account is None or account.place is None or account.logins < _AT_HOME:
            return
        before = account.place
        if account.knows(place.network):
            if place.network == before.network:
                account.used = max(account.used, seen.time)
                account.agent = seen.agent or account.agent
            return
        if place.inside or abs(seen.time - account.used) > 30 * MINUTE:
            return
        same = bool(seen.agent) and seen.agent == account.agent
        if same or before.country != place.country or before.inside:
            yield Finding(
                "session-two-networks" if same else "token-use", "attt-mailbox-token", seen.account, seen.time,
                (account.address, seen.address), _countries(before, place), seen.path, seen.line,
                {"minutes": abs(seen.time - account.used) // MINUTE},
            )  # fmt: skip


def _countries(*places: Place) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.country for place in places if place.country))


def _found(family: str, seen: Seen, place: Place, **detail: object) -> Finding:
    return Finding(
        family, f"attt-mailbox-{family}", seen.account, seen.time, (seen.address,), (place.country,) if place.country else (),
        seen.path, seen.line, detail,
    )  # fmt: skip
