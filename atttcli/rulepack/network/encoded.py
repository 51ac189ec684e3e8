"""`base64_decode`, `base64_data` and `asn1`: what stands in a buffer in another coding."""

from __future__ import annotations

from atttcli.errors import RuleError
from atttcli.rulepack.network.contents import MAX_SIZE, amount, number
from atttcli.rulepack.network.draft import Base64Draft, Draft
from atttcli.rulepack.network.values import Amount, Asn1


def base64_decode(draft: Draft, value: str) -> None:
    """`base64_decode[:[bytes N][, offset N][, relative]]`; `base64_data` must follow."""
    size: Amount = 0
    offset: Amount = 0
    relative = False
    for part in (word.strip() for word in value.split(",") if word.strip()):
        name, _, rest = part.partition(" ")
        if part == "relative":
            relative = True
        elif name == "bytes" and rest:
            size = amount(draft, rest, "base64_decode", 1)
        elif name == "offset" and rest:
            offset = amount(draft, rest, "base64_decode")
        else:
            raise RuleError(f"base64_decode: unknown word {part[:40]!r}")
    if draft.base64 is not None and draft.base64.data is None:
        raise RuleError("base64_decode twice without base64_data")
    draft.base64 = Base64Draft(size, offset, relative)
    draft.add(draft.base64)
    draft.last = None


def base64_data(draft: Draft, value: str) -> None:
    """`base64_data`: the following contents look at what was decoded."""
    draft.decoded()


def asn1(draft: Draft, value: str) -> None:
    """`asn1:[bitstring_overflow][, double_overflow][, oversize_length N], relative_offset N | absolute_offset N`."""
    faults: set[str] = set()
    oversize = offset = 0
    relative = False
    for part in (word.strip() for word in value.split(",") if word.strip()):
        name, _, rest = part.partition(" ")
        if part in ("bitstring_overflow", "double_overflow"):
            faults.add(part)
        elif name == "oversize_length":
            oversize = number(rest, "asn1", 1, MAX_SIZE)
        elif name in ("relative_offset", "absolute_offset"):
            relative = name == "relative_offset"
            offset = number(rest, "asn1", -65_535 if relative else 0, 65_535)
        else:
            raise RuleError(f"asn1: unknown word {part[:40]!r}")
    if not faults and not oversize:
        raise RuleError("asn1: no fault is asked for")
    draft.add(Asn1("bitstring_overflow" in faults, "double_overflow" in faults, oversize, offset, relative))
    draft.last = None
