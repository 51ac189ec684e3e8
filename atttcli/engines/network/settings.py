"""How a capture is judged, where that is a choice. The defaults are those of the reference engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`midstream`: connections whose beginning was not captured are followed too. `one_sided`: what only one side sent
    is judged without the other's acknowledgements. `inline`: as if the engine stood in the line: bytes are judged when
    they are seen, and `drop` and `reject` end what they match. `checksums`: packets with a wrong checksum (IPv4, TCP, UDP,
    ICMP) count only for rules that ask for checksums, as a receiver would throw them away. `layers`: content codings of
    one HTTP body that are undone. `vlans`: the tags of a packet are part of what makes its flow; without them the two
    directions may carry different ones. `dns_ports`: other ports than 53 where DNS is looked for.
    """

    midstream: bool = False
    one_sided: bool = False
    inline: bool = False
    checksums: bool = False
    layers: int = 2
    vlans: bool = True
    dns_ports: frozenset[int] = frozenset()


DEFAULTS = Settings()
