"""A rule while its options are read: the sticky buffer in force, contents that later modifiers change, flags."""

from __future__ import annotations

from dataclasses import dataclass, field

from atttcli.errors import RuleError
from atttcli.rulepack.network.buffers import BUFFERS, PAYLOAD
from atttcli.rulepack.network.values import (
    Amount,
    Base64,
    Content,
    Flowbit,
    Flowint,
    FlowTest,
    Op,
    PacketTest,
    Pcre,
    SetSource,
    Size,
    Threshold,
    Xbit,
)


class NotMeant(RuleError):
    """A rule that says itself that it is not for this engine (`requires`): left out, which is no fault of the pack."""


@dataclass(slots=True)
class ContentDraft:
    """A content whose modifiers are still coming; None means not given."""

    pattern: bytes
    negated: bool
    nocase: bool = False
    offset: Amount | None = None
    depth: Amount | None = None
    distance: Amount | None = None
    within: Amount | None = None
    startswith: bool = False
    endswith: bool = False
    fast: bool = False

    def freeze(self) -> Content:
        """The value, with `startswith` as offset 0 and depth of its length."""
        depth = len(self.pattern) if self.startswith else self.depth
        return Content(
            self.pattern,
            self.nocase,
            self.negated,
            self.offset or 0,
            depth,
            self.distance,
            self.within,
            self.endswith,
            self.fast,
        )


@dataclass(slots=True)
class Base64Draft:
    """A `base64_decode` whose `base64_data` is still to come."""

    bytes: Amount
    offset: Amount
    relative: bool
    data: GroupDraft | None = None


DraftOp = Op | ContentDraft | Base64Draft


@dataclass(slots=True)
class GroupDraft:
    """The options of one buffer so far."""

    buffer: str
    transforms: list[str] = field(default_factory=list)
    ops: list[DraftOp] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """Everything an option may change."""

    protocol: str
    msg: str = ""
    gid: int = 1
    sid: int = 0
    rev: int = 0
    classtype: str = ""
    category: str = ""
    priority: int | None = None
    class_priority: int | None = None
    flow: FlowTest | None = None
    flowbits: list[Flowbit] = field(default_factory=list)
    xbits: list[Xbit] = field(default_factory=list)
    dsize: Size | None = None
    packet: list[PacketTest] = field(default_factory=list)
    groups: list[GroupDraft] = field(default_factory=list)
    current: GroupDraft | None = None
    last: ContentDraft | None = None
    last_group: GroupDraft | None = None
    thresholds: list[Threshold] = field(default_factory=list)
    noalert: bool = False
    points_at: str = ""
    metadata: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # byte_extract variables
    flowints: list[Flowint] = field(default_factory=list)
    protocols: list[tuple[str, bool]] = field(default_factory=list)  # app-layer-protocol
    tag: str = ""
    told: bool = False  # `alert`: a pass rule that alerts
    base64: Base64Draft | None = None
    sets: list[SetSource] = field(default_factory=list)

    def group(self) -> GroupDraft:
        """Where an option without its own buffer goes: the sticky buffer, else the payload."""
        return self.current if self.current is not None else self.find(PAYLOAD)

    def find(self, buffer: str) -> GroupDraft:
        """The group of a buffer without transforms, made when missing."""
        for group in self.groups:
            if group.buffer == buffer and not group.transforms:
                return group
        made = GroupDraft(buffer)
        self.groups.append(made)
        return made

    def stick(self, buffer: str) -> None:
        """A sticky buffer begins. Naming it again goes on with it, unless it may occur several times."""
        if self.current is not None and not self.current.ops:
            raise RuleError(f"{self.current.buffer} is named but nothing is asked of it")
        if buffer == PAYLOAD:
            self.current = None
        else:
            again = None if BUFFERS[buffer].multi else self._same(buffer)
            if again is None:
                again = GroupDraft(buffer)
                self.groups.append(again)
            self.current = again
        self.last = None

    def decoded(self) -> None:
        """`base64_data`: what follows is asked of what the `base64_decode` before it gives."""
        if self.base64 is None:
            raise RuleError("base64_data without a base64_decode before it")
        if self.base64.data is not None:
            raise RuleError("base64_data twice for one base64_decode")
        if self.current is not None and not self.current.ops:
            raise RuleError(f"{self.current.buffer} is named but nothing is asked of it")
        self.current = self.base64.data = GroupDraft("base64_data")
        self.last = None

    def split(self) -> None:
        """A transform in the middle: what follows is asked of the same buffer, transformed."""
        if self.current is not None:
            self.current = GroupDraft(self.current.buffer, list(self.current.transforms))
            self.groups.append(self.current)
            self.last = None

    def _same(self, buffer: str) -> GroupDraft | None:
        return next((g for g in self.groups if g.buffer == buffer and not g.transforms), None)

    def add(self, op: DraftOp) -> None:
        """An option of the buffer in force."""
        group = self.group()
        group.ops.append(op)
        if isinstance(op, ContentDraft):
            self.last, self.last_group = op, group

    def content(self, keyword: str) -> ContentDraft:
        """The content that a modifier binds, or RuleError."""
        if self.last is None:
            raise RuleError(f"{keyword} without a content before it")
        return self.last

    def rebind(self, buffer: str, keyword: str) -> None:
        """An older modifier: the last content moves into `buffer`."""
        content = self.content(keyword)
        if self.current is not None:
            raise RuleError(f"{keyword} after the sticky buffer {self.current.buffer}")
        group = self.last_group
        if group is None or group.buffer != PAYLOAD:
            raise RuleError(f"{keyword} on a content that has a buffer already")
        group.ops.pop()
        if not group.ops:
            self.groups.remove(group)
        self.last_group = self.find(buffer)
        self.last_group.ops.append(content)


def freeze_op(op: DraftOp) -> Op:
    """A draft option as a value."""
    if isinstance(op, Base64Draft):
        if op.data is None or not op.data.ops:
            raise RuleError("base64_decode without base64_data: nothing is asked of what it decodes")
        return Base64(op.bytes, op.offset, op.relative, tuple(freeze_op(inner) for inner in op.data.ops))
    return op.freeze() if isinstance(op, ContentDraft) else op


__all__ = ["Base64Draft", "ContentDraft", "Draft", "DraftOp", "GroupDraft", "Pcre", "freeze_op"]
