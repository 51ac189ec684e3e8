"""The collector of cyclic garbage, told what is there to stay."""

from __future__ import annotations

import gc

_YOUNG = 50_000  # new objects before a first look
_LOADED = 100_000


def expect_rules() -> None:
    """Rules will be loaded, which are to stay: looking for cycles among them while they come is waste."""
    gc.set_threshold(_LOADED, 20, 50)


def settle(young: int = _YOUNG) -> None:
    """What was loaded until now is for the whole run (rules, tables): it is not looked through again, and cycles are looked
    for less often, after `young` new objects. Nothing is freed later than at the end that was not held anyway."""
    gc.freeze()
    gc.set_threshold(young, 20, 50)
