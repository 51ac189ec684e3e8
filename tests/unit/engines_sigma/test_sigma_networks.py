"""Several networks asked at once say what each of them says."""

from __future__ import annotations

import ipaddress
import random

from atttcli.engines.sigma.networks import within

_FIRST = (0, 10 << 24, 192 << 24 | 168 << 16, 2**32 - 1)


def network(draw: random.Random) -> str:
    if draw.random() < 0.7:
        first = draw.choice([*_FIRST, draw.getrandbits(32)])
        return str(ipaddress.ip_network((first, draw.choice([0, 1, 8, 12, 16, 24, 31, 32])), strict=False))
    six = ipaddress.IPv6Address(draw.choice([0, 1, draw.getrandbits(128), 2**128 - 1]))
    return str(ipaddress.ip_network((six, draw.choice([0, 7, 10, 48, 64, 127, 128])), strict=False))


def around(text: str) -> list[str]:
    one = ipaddress.ip_network(text)
    kind = ipaddress.IPv4Address if one.version == 4 else ipaddress.IPv6Address
    first, last = int(one.network_address), int(one.broadcast_address)
    return [str(kind(at)) for at in (first - 1, first, last, last + 1) if 0 <= at < 2**one.max_prefixlen]


def test_networks_at_once_and_one_by_one() -> None:
    draw = random.Random(3)
    for _ in range(300):
        networks = [network(draw) for _ in range(draw.randrange(1, 7))]
        check = within(networks)
        for text in [asked for one in networks for asked in around(one)]:
            address = ipaddress.ip_address(text)
            assert check(text) is any(address in ipaddress.ip_network(one) for one in networks), (networks, text)


def test_what_is_no_address_is_nowhere() -> None:
    check = within(["0.0.0.0/0", "::/0"])
    assert [check(given) for given in (None, "", "x", 7, "1" * 65, ["10.0.0.1"])] == [False] * 6
