"""Header masks of a record's two sides: of an address, of our own side without one, of the outside without one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from atttcli.engines.network.admit import Masks
from atttcli.engines.network.flow import Flow
from atttcli.engines.network.headers import Headers
from atttcli.engines.network.judge import Judge, Match, Scene
from atttcli.engines.network_logs.columns import OUTSIDE, OWN
from atttcli.rulepack.network.values import AddressSet, NetworkPack

_TOP4, _TOP6 = (1 << 32) - 1, (1 << 128) - 1
Spans = list[tuple[int, int]]


class RecordFlow(Flow):
    """A record's conversation; `masks` are the header groups of its sides, which may have no address."""

    __slots__ = ("masks",)
    masks: Masks


class RecordJudge(Judge):
    """The judge of captures, told what is known of sides without an address."""

    def _masks(self, flow: Flow) -> Masks:
        return flow.masks if isinstance(flow, RecordFlow) else super()._masks(flow)

    def decide(self, numbers: Iterable[int], scene: Scene) -> list[Match]:
        """The matches among rules whose header and state are known to hold."""
        return self._among(sorted(numbers), scene, None, True)


class Sides:
    """What a rule's header may hold of a side.

    A side without an address satisfies a group only if every address it could have is in it: all of HOME_NET for our
    own side, all that is not HOME_NET for the outside, every address for one of which nothing is known.
    """

    def __init__(self, pack: NetworkPack, headers: Headers, home: AddressSet) -> None:
        own = (_v4(home), _v6(home))
        outside = (_rest(own[0], _TOP4), _rest(own[1], _TOP6))
        everything: tuple[Spans, Spans] = ([(0, _TOP4)], [(0, _TOP6)])
        groups = [(_v4(group), _v6(group)) for group in pack.addresses]
        self._headers = headers
        self._unknown = {
            OWN: _mask(groups, own), OUTSIDE: _mask(groups, outside), "": _mask(groups, everything)
        }  # fmt: skip
        self._any_port = sum(1 << number for number, ports in enumerate(pack.ports) if ports == ((0, 65_535),))

    def address(self, raw: bytes, nature: str) -> int:
        """Groups that hold this side; `raw` is empty where the record does not know its address."""
        return self._headers.address(raw) if raw else self._unknown[nature]

    def port(self, port: int) -> int:
        """Groups that hold this port; where it is unknown (0) only those that hold every port."""
        return self._headers.port(port) if port else self._any_port


@lru_cache(16_384)
def packed(text: str) -> bytes:
    """4 or 16 bytes of an address; nothing for what is none."""
    try:
        return ipaddress.ip_address(text).packed if text else b""
    except ValueError:
        return b""


def _v4(group: AddressSet) -> Spans:
    return list(group.v4)


def _v6(group: AddressSet) -> Spans:
    return [(int.from_bytes(low, "big"), int.from_bytes(high, "big")) for low, high in group.v6]


def _rest(spans: Spans, top: int) -> Spans:
    """All that lies in none of the spans."""
    left: Spans = []
    at = 0
    for low, high in sorted(spans):
        if low > at:
            left.append((at, low - 1))
        at = max(at, high + 1)
    if at <= top:
        left.append((at, top))
    return left


def _mask(groups: list[tuple[Spans, Spans]], wanted: tuple[Spans, Spans]) -> int:
    """Groups that hold all of `wanted`. IPv6 is asked only where IPv4 is not: most networks name no IPv6 of theirs."""
    made = 0
    for number, (v4, v6) in enumerate(groups):
        holds = _holds(v4, wanted[0]) if wanted[0] else _holds(v6, wanted[1])
        made |= holds << number
    return made


def _holds(spans: Spans, wanted: Spans) -> bool:
    return bool(spans) and all(any(low <= first and last <= high for low, high in spans) for first, last in wanted)
