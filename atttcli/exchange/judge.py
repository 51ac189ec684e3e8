"""May this parcel be believed now, and what is to be said of it? Its kit's term, its turn, its machine's clock, its claims.

What proves somebody lied, or cannot be told from it, refuses the parcel (BundleRefused); what an honest mishap explains is
a remark that stays with it. Pure: the turns known so far, the time and the inventory are handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from atttcli.clock import DAY, HOUR, local_text
from atttcli.errors import BundleRefused
from atttcli.exchange.parcel import Parcel
from atttcli.field.manifest import Manifest, adds_up
from atttcli.fleet.kits import GRACE, Kit
from atttcli.inventory import Inventory

UNSIGNED = "unsigned"
UNSIGNED_TEXT = "unsigned: nobody can say that nothing was changed on the way"
_SHOWN = 5
Turns = Mapping[int, Sequence[tuple[str, str]]]
_NO_NEW = "keep the file; look at the stick and its machine before anything else"


class Remark(NamedTuple):
    """Something to know of a parcel that is taken all the same: a stable word and a sentence."""

    word: str
    text: str


def judge(parcel: Parcel, turns: Turns, now: int, inventory: Inventory) -> tuple[Remark, ...]:
    """Remarks on a parcel that may be taken; BundleRefused for one that may not.

    `turns`: sequence -> (digest, digest of the one before) of each of the bundles of this kit and machine that are here already.
    """
    manifest = parcel.manifest
    found: list[Remark] = []
    if parcel.kit is not None:
        found += _term(parcel.kit, manifest, now)
    if parcel.signed:
        found += _turn(parcel, turns)
    else:
        found.append(Remark(UNSIGNED, UNSIGNED_TEXT))
    found += _clock(parcel, now)
    found += _claims(manifest, inventory)
    return tuple(found)


def clock_is_wrong(parcel: Parcel, now: int) -> bool:
    """Whether the machine's clock is plainly wrong: before the kit was issued, or what it knew already, or after now."""
    manifest = parcel.manifest
    issued = parcel.kit.issued if parcel.kit is not None else 0
    earliest = max(manifest.clock.not_before, issued) - HOUR
    return not earliest <= manifest.started <= manifest.made <= now + DAY


def missing_turns(sequence: int, turns: Turns) -> range:
    """Those between the newest one before this and this one."""
    before = max((one for one in turns if one < sequence), default=0)
    return range(before + 1, sequence)


def _term(kit: Kit, manifest: Manifest, now: int) -> Iterator[Remark]:
    """A stick comes back later than its last run, so what it says it made in time is taken for a while."""
    if now <= kit.expires:
        return
    day = local_text(kit.expires, seconds=False)
    if manifest.made > kit.expires or now > kit.expires + GRACE:
        raise BundleRefused(
            f"the key of {kit.number} expired on {day}", fault="expired", hint="build a new kit for that agency"
        )
    yield Remark("expired", f"the key of {kit.number} expired on {day}; made before that by its own clock")


def _turn(parcel: Parcel, turns: Turns) -> Iterator[Remark]:
    """Two that follow one and the same bundle prove a copied or set back stick. Two first ones do not: results are kept beside
    a stick that is write-protected, and people copy kits before they use them (0207).
    """
    manifest = parcel.manifest
    name, number = f"{manifest.kit}, {manifest.host.name}", manifest.sequence
    here, before = turns.get(number, ()), turns.get(number - 1, ())
    known = {digest for digest, _previous in here}
    if parcel.digest in known:
        return
    if number > 1 and any(previous == manifest.previous for _digest, previous in here):
        raise BundleRefused(
            f"bundle {number} of {name} came before with other content: the stick was copied or set back",
            fault="replay",
            hint=_NO_NEW,
        )
    if before and all(digest != manifest.previous for digest, _previous in before):
        raise BundleRefused(
            f"bundle {number} of {name} does not follow bundle {number - 1} that is here", fault="chain", hint=_NO_NEW
        )
    waited_for = {previous for _digest, previous in turns.get(number + 1, ())} - known
    strange = bool(waited_for) and parcel.digest not in waited_for
    if strange and number > 1:
        raise BundleRefused(
            f"bundle {number} of {name} is not the one that bundle {number + 1}, which is here, follows",
            fault="chain",
            hint=_NO_NEW,
        )
    if number == 1 and (here or strange):
        yield Remark(
            "anew",
            f"the numbers of {name} begin anew: results were kept beside the stick, what it had written down was lost,"
            " or there are two copies of it",
        )
        return
    yield from _order(name, number, turns)


def _order(name: str, number: int, turns: Turns) -> Iterator[Remark]:
    missing = missing_turns(number, turns)
    if missing:
        shown = ", ".join(map(str, missing[:_SHOWN])) + (" …" if len(missing) > _SHOWN else "")
        yield Remark("gap", f"bundle {number} of {name} came, {shown} is missing")
    if turns and number < max(turns):
        yield Remark("late", f"bundle {number} of {name} came after bundle {max(turns)}")


def _clock(parcel: Parcel, now: int) -> Iterator[Remark]:
    if clock_is_wrong(parcel, now):
        said = local_text(parcel.manifest.made, seconds=False)
        yield Remark("clock", f"the machine's clock is wrong: it said {said}; the time of import stands instead")


def _claims(manifest: Manifest, inventory: Inventory) -> Iterator[Remark]:
    host, agency = manifest.host.name, manifest.agency
    if inventory.agency(agency) is None:
        yield Remark("agency", f"the agency {agency} is not in the inventory")
    owner = inventory.owner_of(host)
    system = inventory.system_of(host)
    others = {owner.code if owner else "", system.owner if system else ""} - {"", agency}
    if others:
        yield Remark(
            "host", f"the host calls itself {host}, which belongs to {min(others)}; it counts as one of {agency}"
        )
    if not adds_up(manifest.account):
        yield Remark("account", "its account does not add up to the files that it met")
