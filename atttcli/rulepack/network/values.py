"""What a rule file becomes: frozen values that the engine compiles lazily and the cache stores as msgpack.

Ranges are inclusive. Offsets and sizes are bytes; a `str` in their place names a `byte_extract` variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from atttcli.engine import RuleProblem

Ranges = tuple[tuple[int, int], ...]
Amount = int | str


class AddressSet(Struct, frozen=True, array_like=True, gc=False):
    """Address ranges of one header side, merged and sorted; IPv6 ends as 16 raw bytes."""

    v4: Ranges
    v6: tuple[tuple[bytes, bytes], ...]


class Content(Struct, frozen=True, array_like=True, gc=False, tag="content"):
    """A literal. `depth` counts from `offset`; `distance` and `within` from the end of the previous match."""

    pattern: bytes
    nocase: bool = False
    negated: bool = False
    offset: Amount = 0
    depth: Amount | None = None
    distance: Amount | None = None
    within: Amount | None = None
    endswith: bool = False
    fast: bool = False

    @property
    def relative(self) -> bool:
        """Whether its place depends on the previous match."""
        return self.distance is not None or self.within is not None


class Pcre(Struct, frozen=True, array_like=True, gc=False, tag="pcre"):
    """A Perl regular expression; `prefix` holds its flags as inline options, `dollar_endonly` the flag E."""

    pattern: bytes
    prefix: bytes = b""
    negated: bool = False
    relative: bool = False
    dollar_endonly: bool = False
    captures: tuple[str, ...] = ()  # what its groups are kept as: `flow:name`, `pkt:name`, `alert:name`


class DataAt(Struct, frozen=True, array_like=True, gc=False, tag="isdataat"):
    """Whether there are `amount` bytes: in the buffer, or after the previous match."""

    amount: Amount
    relative: bool = False
    negated: bool = False


class Size(Struct, frozen=True, array_like=True, gc=False, tag="size"):
    """The buffer's length lies within `low` and `high` (`bsize`, `urilen`)."""

    low: int
    high: int
    negated: bool = False


class ByteTest(Struct, frozen=True, array_like=True, gc=False, tag="byte_test"):
    """A number in the buffer compared with `value`. `base` is 0 for binary, else 8, 10, 16 for digits."""

    count: Amount
    operator: str
    value: Amount
    offset: Amount
    negated: bool = False
    relative: bool = False
    little: bool = False
    base: int = 0
    mask: int = 0
    dce: bool = False  # in the byte order that DCE/RPC announced


class ByteJump(Struct, frozen=True, array_like=True, gc=False, tag="byte_jump"):
    """A number in the buffer moves the cursor."""

    count: Amount
    offset: Amount
    relative: bool = False
    little: bool = False
    base: int = 0
    mask: int = 0
    multiplier: int = 1
    align: bool = False
    origin: str = ""  # "" the number's end, "beginning" or "end" of the buffer
    post_offset: Amount = 0
    dce: bool = False  # in the byte order that DCE/RPC announced


class ByteExtract(Struct, frozen=True, array_like=True, gc=False, tag="byte_extract"):
    """A number in the buffer kept under `name` for later options."""

    count: int
    offset: Amount
    name: str
    relative: bool = False
    little: bool = False
    base: int = 0
    mask: int = 0
    multiplier: int = 1
    align: int = 0
    dce: bool = False  # in the byte order that DCE/RPC announced


class ByteMath(Struct, frozen=True, array_like=True, gc=False, tag="byte_math"):
    """A number in the buffer reckoned with `value` and kept under `name`, in 32 bits."""

    count: Amount
    offset: Amount
    operator: str  # + - * / << >>
    value: Amount
    name: str
    relative: bool = False
    little: bool = False
    base: int = 0
    mask: int = 0
    dce: bool = False  # in the byte order that DCE/RPC announced


class Number(Struct, frozen=True, array_like=True, gc=False, tag="number"):
    """A number (the buffer holds its decimal digits) lies within one of `ranges` (`dns.opcode`, `tls.version` ...)."""

    ranges: Ranges
    negated: bool = False


class Base64(Struct, frozen=True, array_like=True, gc=False, tag="base64"):
    """What stands `offset` bytes on, decoded from at most `bytes` of Base64 (0: all), meets `ops` (of `base64_data`)."""

    bytes: Amount
    offset: Amount
    relative: bool
    ops: tuple[Op, ...]


class Asn1(Struct, frozen=True, array_like=True, gc=False, tag="asn1"):
    """An ASN.1 element with one of these faults; `oversize` 0 means that no length is too long."""

    bitstring_overflow: bool
    double_overflow: bool
    oversize: int
    offset: int
    relative: bool


class InSet(Struct, frozen=True, array_like=True, gc=False, tag="dataset"):
    """`dataset`: the whole buffer is (not) one of the values of a set, or is put into it or taken out for this run."""

    command: str  # isset, isnotset, set, unset
    name: str
    kind: str  # string, md5, sha1, sha256, ipv4, ip


Op = Content | Pcre | DataAt | Size | ByteTest | ByteJump | ByteExtract | ByteMath | Number | Base64 | Asn1 | InSet


class Group(Struct, frozen=True, array_like=True, gc=False):
    """Everything that one buffer (after its transforms) must meet, in the order written."""

    buffer: str
    transforms: tuple[str, ...]
    ops: tuple[Op, ...]


class FlowTest(Struct, frozen=True, array_like=True, gc=False):
    """`flow`: direction `to_server`, `to_client` or both (""), `established`, `not_established` or either ("")."""

    direction: str = ""
    state: str = ""
    only_stream: bool = False
    no_stream: bool = False


class Flowbit(Struct, frozen=True, array_like=True, gc=False):
    """`flowbits`: command and names (several are alternatives)."""

    command: str
    names: tuple[str, ...]


class Xbit(Struct, frozen=True, array_like=True, gc=False):
    """`xbits` and `hostbits`: a mark on addresses instead of a flow.

    `track` is ip_src, ip_dst or ip_pair; `expire` seconds, 0 for ever.
    """

    command: str
    name: str
    track: str
    expire: int


class Flowint(Struct, frozen=True, array_like=True, gc=False):
    """`flowint`: a counter of the flow. `value` is a number or the name of another counter."""

    name: str
    operator: str  # + - set < <= > >= == != isset notset
    value: Amount = 0


class Threshold(Struct, frozen=True, array_like=True, gc=False):
    """`threshold` (kind limit, threshold, both) and `detection_filter` (kind filter)."""

    kind: str
    track: str
    count: int
    seconds: int


class PacketTest(Struct, frozen=True, array_like=True, gc=False):
    """A number of the packet's header: `keyword` of `low..high`, or for `flags` mask and value."""

    keyword: str
    low: int
    high: int
    negated: bool = False
    extra: int = 0
    modifier: str = ""


class SetSource(Struct, frozen=True, array_like=True, gc=False):
    """Where a data set's values come from: `load` is a path beside the rule file, or ""."""

    name: str
    kind: str
    load: str


class Rule(Struct, frozen=True, array_like=True, gc=False):
    """One rule, whole. The four header sides are indexes into the pack's `addresses` and `ports`."""

    action: str
    protocol: str
    source: int
    source_ports: int
    both_ways: bool
    target: int
    target_ports: int
    gid: int
    sid: int
    rev: int
    msg: str
    classtype: str
    category: str
    priority: int
    file: int
    line: int
    apps: tuple[str, ...]  # application protocols the flow may have; none: any
    direction: str  # to_server, to_client or "": from `flow` and the buffers
    flow: FlowTest | None
    flowbits: tuple[Flowbit, ...]
    xbits: tuple[Xbit, ...]
    dsize: Size | None
    packet: tuple[PacketTest, ...]
    groups: tuple[Group, ...]
    lead: tuple[int, int] | None  # group and op that the prefilter looks for
    thresholds: tuple[Threshold, ...]
    noalert: bool
    points_at: str  # `target`: src_ip, dest_ip or ""
    metadata: tuple[str, ...]
    references: tuple[str, ...]
    flowints: tuple[Flowint, ...] = ()
    protocols: tuple[tuple[str, bool], ...] = ()  # `app-layer-protocol`: name, negated
    tag: str = ""
    sets: tuple[SetSource, ...] = ()
    told: bool = False  # a pass rule that alerts (`alert`)


class NetworkPack(Struct, frozen=True):
    """Loaded rules. `digest` covers files and variables; `counts` is read, loaded, refused; `cache` a private folder."""

    rules: tuple[Rule, ...]
    addresses: tuple[AddressSet, ...]
    ports: tuple[Ranges, ...]
    files: tuple[str, ...]
    problems: tuple[RuleProblem, ...]
    digest: str
    counts: dict[str, int]
    cache: Path | None = None
    datasets: dict[str, tuple[bytes, ...]] = {}
    limits: Any = None  # `limits.Limits`: what threshold.config says

    def by_sid(self, sid: int, gid: int = 1) -> Rule | None:
        """The rule of that number, if it was loaded."""
        return next((rule for rule in self.rules if rule.sid == sid and rule.gid == gid), None)

    def where(self, rule: Rule) -> dict[str, Any]:
        """File and line of a rule, for reports."""
        return {"file": self.files[rule.file], "line": rule.line}
