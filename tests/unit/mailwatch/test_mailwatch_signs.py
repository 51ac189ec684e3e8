"""Signs: what no rule can tell, from logins in the order of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import DAY, HOUR, MINUTE, SECOND
from atttcli.engines.correlation import CountryRanges
from atttcli.mailwatch.places import Places, distance_km
from atttcli.mailwatch.reasons import Finding
from atttcli.mailwatch.seen import FAILURE, LOGIN, USE, Seen
from atttcli.mailwatch.signs import Signs

T0 = 1_780_000_000 * SECOND
RANGES = (
    ("2001:db8:1000::/36", "VN"),
    ("2001:db8:5000::/36", "US"),
    ("2001:db8:3000::/36", "SG"),
    ("198.51.100.0/24", "RU"),
)
OFFICE, HOME, ABROAD, RUSSIA = "10.1.2.3", "2001:db8:1001::1", "2001:db8:5001::1", "198.51.100.9"
BOX = "an@backan.gov.vn"


def signs(**more: object) -> Signs:
    return Signs(Places(CountryRanges(RANGES)), **more)  # type: ignore[arg-type]


def login(at: int, address: str = OFFICE, account: str = BOX, kind: str = LOGIN, **more: str) -> Seen:
    return Seen(T0 + at, account, address, kind, **{"protocol": "web", "agent": "GC", **more})


def settled(days: int = 12, account: str = BOX) -> list[Seen]:
    return [login(day * DAY - 40 * DAY, account=account) for day in range(days)]


def found(watch: Signs, items: Iterable[Seen]) -> list[Finding]:
    told = [finding for item in items for finding in watch.see(item)]
    return [*told, *watch.finish()]


def families(items: Iterable[Seen], **more: object) -> list[str]:
    return [finding.family for finding in found(signs(**more), items)]


def test_no_flight_joins_the_office_and_another_continent_within_an_hour() -> None:
    told = found(signs(), [*settled(), login(0), login(50 * MINUTE, ABROAD)])
    travel = [one for one in told if one.family == "impossible-travel"]
    assert [(one.addresses, one.countries) for one in travel] == [((OFFICE, ABROAD), ("VN", "US"))]
    assert int(str(travel[0].detail["km"])) > 10_000


def test_a_flight_of_a_day_is_possible() -> None:
    assert "impossible-travel" not in families([*settled(), login(0), login(20 * HOUR, ABROAD)])


def test_back_and_forth_for_weeks_is_a_vpn_and_two_days_are_not() -> None:
    def days(count: int) -> list[Seen]:
        return [
            login(day * DAY + turn * HOUR // 2, where)
            for day in range(count)
            for turn, where in enumerate((HOME, ABROAD))
        ]

    assert set(families(days(20))) >= {"quick-change"} and "impossible-travel" not in families(days(20))
    assert "impossible-travel" in families([*settled(), *days(2)])


def test_an_address_that_tried_many_accounts_opens_one() -> None:
    tries = [login(n * SECOND, RUSSIA, f"b{n}@x.example", FAILURE) for n in range(6)]
    assert "spray-success" in families([*settled(), *tries, login(MINUTE, RUSSIA)])
    assert "spray-success" not in families([*settled(), *tries[:2], login(MINUTE, RUSSIA)])
    inside = [replace(one, address=OFFICE) for one in tries]
    assert "spray-success" not in families([*inside, login(MINUTE)]), "people behind one proxy"


def test_success_after_failures_counts_from_elsewhere_only() -> None:
    tries = [login(n * MINUTE, f"2001:db8:50{n:02x}::1", kind=FAILURE) for n in range(9)]
    assert "success-after-failures" in families([*settled(), *tries, login(HOUR, "2001:db8:5fff::1")])
    assert "success-after-failures" not in families([*settled(), *tries, login(HOUR)]), "the owner at the office"
    assert "success-after-failures" not in families([*settled(), *tries[:5], login(HOUR, "2001:db8:5fff::1")])


def test_dormant_accounts_wake_from_outside_in_logs_and_by_the_imported_last_login() -> None:
    old = login(-100 * DAY)
    assert "dormant" in families([old, login(0, HOME)])
    assert "dormant" not in families([old, login(0)]), "back from leave, at the office"
    assert "dormant" in families([login(0, HOME)], last_logins={BOX: T0 - 90 * DAY})
    assert "dormant" not in families([login(0, HOME)], last_logins={BOX: T0 - 9 * DAY})


def test_a_locked_account_that_is_opened() -> None:
    assert families([login(0)], locked=frozenset((BOX,))) == ["locked-login"]


def test_first_imap_from_a_strange_network_and_not_from_the_phone_that_always_did() -> None:
    assert "legacy-first" in families([*settled(), login(0, HOME, protocol="imap")])
    always = [*settled(), login(-DAY, HOME), login(0, HOME, protocol="imap"), login(HOUR, HOME, protocol="imap")]
    assert "legacy-first" not in families(always)


def test_one_address_opens_five_accounts_that_never_came_from_there() -> None:
    boxes = [f"b{n}@x.example" for n in range(6)]
    known = sorted((one for box in boxes for one in settled(account=box)), key=lambda one: one.time)
    fresh = [login(n * MINUTE, HOME, box) for n, box in enumerate(boxes)]
    told = [one for one in found(signs(), [*known, *fresh]) if one.family == "shared-address"]
    assert [one.account for one in told] == boxes
    assert not [one for one in found(signs(), [*known, *fresh[:4]]) if one.family == "shared-address"]


def test_a_session_in_two_countries_at_once() -> None:
    pair = [login(0, HOME, kind=USE, session="s1"), login(5 * MINUTE, ABROAD, kind=USE, session="s1")]
    assert "session-two-networks" in families(pair)
    assert "session-two-networks" not in families([pair[0], replace(pair[1], session="s2")])
    assert "session-two-networks" not in families([pair[0], replace(pair[1], time=T0 + 3 * HOUR)])
    assert "session-two-networks" not in families([pair[0], replace(pair[1], address="2001:db8:1fff::1")]), (
        "wifi to mobile"
    )


def test_a_mailbox_used_where_nobody_logged_in() -> None:
    use = login(10 * MINUTE, ABROAD, kind=USE)
    assert "session-two-networks" in families([*settled(), login(0), use]), "with the owner's own browser"
    assert "token-use" in families([*settled(), login(0), replace(use, agent="curl")])
    assert not families([*settled(), login(0), replace(use, time=T0 + 9 * HOUR)])


def test_somebody_who_is_never_outside_appears_abroad() -> None:
    assert "new-country" in families([*settled(), login(9 * HOUR, ABROAD)])
    assert "new-country" not in families([*settled(4), login(9 * HOUR, ABROAD)])


def test_a_clock_that_jumps_back_neither_crashes_nor_alarms() -> None:
    assert not families([*settled(), login(0), login(-3000 * DAY), login(HOUR)])


def test_accounts_are_bounded() -> None:
    watch = signs(accounts=100)
    for number in range(5_000):
        list(watch.see(login(number * SECOND, account=f"b{number}@x.example")))
        list(watch.see(login(number * SECOND, account=f"c{number}@x.example", kind=FAILURE)))
    assert len(watch.accounts) == 100 and watch.evicted == 4_900


@pytest.mark.parametrize(
    ("one", "other", "km"), [((21, 106), (39, -95), 12_900), ((0, 0), (0, 180), 20_015), ((5, 5), (5, 5), 0)]
)
def test_distances(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert distance_km(one, other) == pytest.approx(km, rel=0.01)


@given(st.lists(st.tuples(st.integers(-(10**15), 10**15), st.sampled_from((OFFICE, HOME, ABROAD, RUSSIA, "", "x\x1b[2J")),
                          st.sampled_from((LOGIN, FAILURE, USE)), st.sampled_from(("", "s"))), max_size=40))  # fmt: skip
def test_any_order_of_any_times_is_taken(rows: list[tuple[int, str, str, str]]) -> None:
    watch = signs()
    for at, address, kind, session in rows:
        list(watch.see(login(at, address, kind=kind, session=session)))
    assert all(one.account == BOX for one in watch.finish())
