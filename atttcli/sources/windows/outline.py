"""Events written in one level, judged by the fields that rules ask for: the rest of a line is not even turned into values.

Lines of one number, channel and provider share an outline: the names that decide about them, and what was decided. Lines whose
asked fields say the same, word by word, get the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import astuple

from atttcli.source import Sieve
from atttcli.sources.windows.event import Kind, deciding, kind_of
from atttcli.sources.windows.shapes import FLAT, SYSMON, is_flat, sysmon_event_type

# An object as the value of a name, which a flat line has not: in the usual spellings, and all that have unusual blanks there.
NESTED: Final = tuple(f"{end}:{then}" for end in '" \t\r' for then in ("{", " {", "  ", " \t", " \r", "\t", "\r"))
_HEADS: Final = (
    *(name for name, full in FLAT.items() if full in ("EventID", "Channel", "Provider_Name")), "Id", "log_name", "source_name",
)  # fmt: skip
_NUMBER: Final = b'"EventID":'
_HINT: Final = len(_NUMBER) + 6
_ASKED: Final = slice(len(_HEADS), None)
_SEVERAL: Final = 8  # events of one outline, from which a decoder of its own pays
_OUTLINES: Final = 4096
_LISTS: Final = 31  # more may be nested too deep
_REMEMBERED: Final = 4096  # characters of the values that are worth remembering
_ROOM: Final = 6_000_000  # characters that all outlines remember together
_WAYS: Final = 8  # to read one line
_EACH: Final = 300  # that an entry takes besides its own
_WHOLE: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder()

Said = tuple[Any, ...]


class Outlines:
    """The outlines met, whatever the input."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self._by_heads: dict[Said, _Outline] = {}
        self._first = _Outline((UNSET,) * len(_HEADS))
        self._first.prepare()
        self._likely: dict[bytes, _Outline] = {}  # by what stands about the number, as a guess
        self._free = _ROOM

    def may_match(self, line: bytes) -> bool | None:
        """Whether a rule may match the event on a line (valid UTF-8, with none of NESTED); None where that cannot be told
        so: it is no event, has another shape, or says something twice."""
        if line.count(b"[") > _LISTS:
            return None
        at = line.find(_NUMBER)
        hint = line[at : at + _HINT]
        likely = self._likely.get(hint, self._first)
        try:
            said = astuple(likely.decode(line))
            if likely.typed:
                said = likely.told(said)
            verdict = likely.known.get(said)
            return self._judged(line, said, hint, likely) if verdict is None else verdict
        except msgspec.ValidationError:  # values that are neither text nor whole numbers
            return self._whole(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None

    def _judged(self, line: bytes, said: Said, hint: bytes, likely: _Outline) -> bool | None:
        outline = self._outline(said[: len(_HEADS)])
        if not outline.ready:
            return self._whole(line)
        if not outline.flat:
            return None
        if outline is not likely:
            if len(self._likely) >= _OUTLINES:
                self._likely.clear()
            self._likely[hint] = outline
            said = astuple(outline.decode(line))
            if outline.typed:
                said = outline.told(said)
            if (verdict := outline.known.get(said)) is not None:
                return verdict
        may: bool | None = None
        for fields in outline.readings(said):
            kind = outline.fixed or kind_of(fields, fields)
            if kind is not None and (kind, fields["EventID"]) not in outline.kinds:
                return self._whole(line)
            may = may or kind is None or self._sieve.may_match(kind, fields["EventID"], fields)
        if may is not None:
            self._remember(outline, said, may)
        return may

    def _whole(self, line: bytes) -> bool | None:
        """By all values of the line; what its kind asks for is read from the next ones."""
        try:
            record = _WHOLE.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
        heads = tuple([record.get(name, UNSET) for name in _HEADS]) if type(record) is dict else ()
        if not heads or not all(type(value) in (str, int) or value is None or value is UNSET for value in heads):
            return None
        outline = self._outline(heads)
        fields = _native(record) if outline.flat else None
        if fields is None:
            return None
        if "EventType" in fields:
            fields["EventType"] = sysmon_event_type(fields, fields.get("Channel"))
        kind = kind_of(fields, fields)
        if kind is None:
            return True
        if (kind, fields["EventID"]) not in outline.kinds:
            outline.learn(kind, fields["EventID"], self._sieve.asks(kind, fields["EventID"]) or frozenset())
        outline.met += 1
        if not outline.ready and outline.met >= _SEVERAL:
            outline.prepare()
        return self._sieve.may_match(kind, fields["EventID"], fields)

    def _outline(self, heads: Said) -> _Outline:
        found = self._by_heads.get(heads)
        if found is None:
            if len(self._by_heads) >= _OUTLINES:  # crafted: forget and go on
                self._by_heads.clear()
                self._likely.clear()
            found = self._by_heads[heads] = _Outline(heads)
        return found

    def _remember(self, outline: _Outline, said: Said, verdict: bool) -> None:
        size = sum([len(value) for value in said[_ASKED] if type(value) is str])
        if size > _REMEMBERED:
            return
        self._free -= size + _EACH
        if self._free < 0:
            self._free = _ROOM
            for one in self._by_heads.values():
                one.known.clear()
        outline.known[outline.heads + said[_ASKED]] = verdict


@lru_cache(maxsize=1)
def outlines_of(sieve: Sieve) -> Outlines:
    """What was met by one sieve: parts of a log that was divided, and the next logs, begin with what others taught."""
    return Outlines(sieve)


class _Outline:
    """The events of one number, channel and provider."""

    def __init__(self, heads: Said) -> None:
        self.heads = heads
        given = {name: value for name, value in zip(_HEADS, heads, strict=True) if value is not UNSET}
        self._given = _readings([{}], given.items())
        # with these two names it is EvtxECmd's if it has a payload
        self.flat = bool(self._given) and is_flat(given) and not {"EventId", "Provider"} <= given.keys()
        self._sysmon = any(str(one.get("Channel")).startswith(SYSMON) for one in self._given)
        self._decided = frozenset[str]().union(
            *(deciding(one.get("Channel"), one.get("Provider_Name"), one.get("EventID")) for one in self._given)
        )
        self._wanted = self._decided
        self.kinds: set[tuple[Kind, int]] = set()  # and numbers: where two names tell one each, either may count
        self.fixed: Kind | None = None  # the only one, where nothing else in an event has a say
        self.known: dict[Said, bool] = {}
        self.met = 0
        self.ready = False
        self.names: tuple[str, ...] = ()
        self.typed = False  # EventType and Message stand last, the first is told by the second

    def learn(self, kind: Kind, number: int, asked: frozenset[str]) -> None:
        """Another kind of its events, and what is asked of that."""
        self.kinds.add((kind, number))
        if not self._decided and len(self._given) == 1:
            self.fixed, self._given[0]["EventID"] = kind, number
        if not asked <= self._wanted:
            self._wanted |= asked
            if self.ready:
                self.prepare()

    def prepare(self) -> None:
        """Be ready to read what is wanted."""
        names = self._wanted | {name for name, full in FLAT.items() if full in self._wanted}
        self.typed = self._sysmon and "EventType" in names
        self._keeps = "Message" in names
        last = ("EventType", "Message") if self.typed else ()
        self.names = (*_HEADS, *sorted(names.difference(_HEADS, last)), *last)
        self._asked = self.names[_ASKED]
        self._renamed = not FLAT.keys().isdisjoint(self._asked)
        self.decode = _decoder(self.names)
        self.known = {}
        self.ready = True

    def readings(self, said: Said) -> list[dict[str, Any]]:
        """The native fields that were read; of names that mean the same the first counts, which it was is not known: each
        way to read them."""
        read = {name: value for name, value in zip(self._asked, said[_ASKED], strict=True) if value is not UNSET}
        return _readings(self._given, read.items()) if self._renamed else [{**one, **read} for one in self._given]

    def told(self, said: Said) -> Said:
        """With the type of the event as Sysmon's message says it; the message only where rules ask for it."""
        *others, kind, message = said
        if kind is not UNSET:
            kind = sysmon_event_type({"EventType": kind, "Message": message}, SYSMON)
        return (*others, kind, message if self._keeps else UNSET)


@lru_cache(maxsize=256)
def _decoder(names: tuple[str, ...]) -> Callable[[bytes], Any]:
    """Reads some names of a line, in this order: what is text or a whole number, UNSET where there is none. 1 is not true, nor
    1.0: values that are equal were written alike."""
    places = {f"f{place}": name for place, name in enumerate(names)}
    fields = [(place, str | int | None | UnsetType, UNSET) for place in places]
    return msgspec.json.Decoder(msgspec.defstruct("Said", fields, rename=places, gc=False)).decode


def _native(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields as `event_of` would give them: of two that mean the same the first. None for an object among them."""
    fields: dict[str, Any] = {}
    for name, value in record.items():
        if type(value) is dict or (type(value) is list and name in FLAT):
            return None
        if (full := FLAT.get(name, name)) != "SystemTime":
            fields.setdefault(full, value)
    return fields


def _readings(given: Sequence[dict[str, Any]], pairs: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Fields with more of them: one for each way to choose among names that mean the same; [] for too many of them."""
    found = [dict(one) for one in given]
    for name, value in pairs:
        if (full := FLAT.get(name, name)) == "SystemTime":
            continue
        others = [{**one, full: value} for one in found if full in one and one[full] != value]
        for one in found:
            one.setdefault(full, value)
        found += others
        if len(found) > _WAYS:
            return []
    return found
