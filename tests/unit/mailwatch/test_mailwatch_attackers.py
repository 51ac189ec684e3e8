"""Addresses that try passwords: who is named, who is not, and that a flood of addresses does not hide the widest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atttcli.mailwatch.attackers import Attackers
from atttcli.mailwatch.seen import FAILURE, LOGIN, Seen


def seen(time: int, account: str, address: str, kind: str = FAILURE) -> Seen:
    return Seen(time, account, address, kind)


def test_an_address_is_named_from_the_fifth_account_that_it_never_opened() -> None:
    attackers = Attackers()
    for number in range(4):
        attackers.see(seen(number, f"cb{number}@x.example", "198.51.100.9"))
    assert list(attackers) == []
    attackers.see(seen(9, "cb9@x.example", "198.51.100.9"))
    (found,) = attackers
    assert (found.address, found.failures, found.first, found.last) == ("198.51.100.9", 5, 0, 9)
    assert found.forced == {}


def test_people_who_mistype_behind_one_address_do_not_name_it() -> None:
    attackers = Attackers()
    for number in range(60):
        attackers.see(seen(number * 10, f"cb{number}@x.example", "192.0.2.1"))
        attackers.see(seen(number * 10 + 1, f"cb{number}@x.example", "192.0.2.1", LOGIN))
    for number in range(6):  # names that nobody has, over the months
        attackers.see(seen(1000 + number, f"cbb{number}@x.example", "192.0.2.1"))
    assert list(attackers) == []


def test_what_a_sprayer_opens_is_told_and_puts_it_first() -> None:
    attackers = Attackers()
    for number in range(30):
        attackers.see(seen(number, f"cb{number}@x.example", "198.51.100.9"))
    for number in range(6):
        attackers.see(seen(number, f"cb{number}@x.example", "203.0.113.5"))
    attackers.see(seen(50, "cb3@x.example", "203.0.113.5", LOGIN))
    attackers.see(seen(51, "khac@x.example", "203.0.113.5", LOGIN))
    assert [(one.address, one.forced) for one in attackers] == [
        ("203.0.113.5", {"cb3@x.example": 50, "khac@x.example": 51}),
        ("198.51.100.9", {}),
    ]


def test_one_account_opened_after_many_wrong_passwords_is_forced() -> None:
    attackers = Attackers()
    for number in range(8):
        attackers.see(seen(number, "an@x.example", "203.0.113.5"))
    attackers.see(seen(9, "an@x.example", "203.0.113.5", LOGIN))
    assert [one.forced for one in attackers] == [{"an@x.example": 9}]


def test_an_owner_who_mistypes_now_and_then_for_months_is_none() -> None:
    attackers = Attackers()
    for number in range(40):
        attackers.see(seen(number * 10, "an@x.example", "10.0.0.4"))
        attackers.see(seen(number * 10 + 1, "an@x.example", "10.0.0.4", LOGIN))
    assert list(attackers) == []


def test_a_flood_of_addresses_lets_the_widest_stay() -> None:
    attackers = Attackers(addresses=100)
    for number in range(7):
        attackers.see(seen(number, f"cb{number}@x.example", "198.51.100.9"))
    for number in range(5000):
        attackers.see(seen(100 + number, "an@x.example", f"2001:db8:0:{number:x}::1"))
    assert [one.address for one in attackers] == ["198.51.100.9"]
    assert attackers.let_go >= 4900


def test_a_flood_does_not_hide_who_opened_something() -> None:
    attackers = Attackers(addresses=100)
    for number in range(8):
        attackers.see(seen(number, "an@x.example", "203.0.113.5"))
    attackers.see(seen(9, "an@x.example", "203.0.113.5", LOGIN))
    for number in range(5000):
        for account in ("binh@x.example", "chi@x.example"):
            attackers.see(seen(100 + number, account, f"198.18.{number // 250}.{number % 250}"))
    assert [one.address for one in attackers] == ["203.0.113.5"]


def test_names_stay_within_their_bound_when_addresses_that_are_held_try_more() -> None:
    attackers = Attackers(addresses=1000, names=2000)
    for account in range(300):
        for address in range(500):
            attackers.see(seen(account, f"a{account}@x.example", f"198.18.{address // 250}.{address % 250}"))
    assert attackers._names <= 2000 + 500 * 5
    assert all(one.failures == 300 and one.more for one in attackers)


def test_one_who_takes_another_ipv6_address_each_time_is_one() -> None:
    attackers = Attackers()
    for number in range(6):
        attackers.see(seen(number, f"cb{number}@x.example", f"2001:db8:0:7::{number:x}"))
    attackers.see(seen(9, "cb3@x.example", "2001:db8:0:7::abcd", LOGIN))
    attackers.see(seen(9, "cb3@x.example", "2001:db8:0:8::1", LOGIN))
    (found,) = attackers
    assert (found.address, found.failures, found.forced) == ("2001:db8:0:7::/64", 6, {"cb3@x.example": 9})
    for number in range(5):
        attackers.see(seen(number, f"cb{number}@x.example", "2001:db8:0:9::1"))
    assert [one.address for one in attackers] == ["2001:db8:0:7::/64", "2001:db8:0:9::1"], "a single one is itself"


def test_asked_for_one_account_a_sprayer_of_many_is_told() -> None:
    attackers = Attackers("an@x.example")
    for number in range(700):
        attackers.see(seen(number, f"cb{number}@x.example", "198.51.100.9"))
        attackers.see(seen(number, f"cb{number}@x.example", "203.0.113.5"))
    attackers.see(seen(800, "an@x.example", "198.51.100.9"))
    (found,) = attackers
    assert found.address == "198.51.100.9"
    assert "an@x.example" in found.tried


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.booleans()), max_size=300))
def test_what_is_held_stays_within_its_bounds(steps: list[tuple[int, int, bool]]) -> None:
    attackers = Attackers(addresses=8, names=40)
    for time, (account, address, opened) in enumerate(steps):
        attackers.see(seen(time, f"a{account}", f"192.0.2.{address}", LOGIN if opened else FAILURE))
        assert len(attackers._held) <= 8
        held = sum(len(one.tried) + len(one.opened) for one in attackers._held.values())
        assert attackers._names == held <= 40 + 8 * 2 * 5
    for one in attackers:
        assert one.failures == sum(one.tried.values()) and one.first <= one.last
