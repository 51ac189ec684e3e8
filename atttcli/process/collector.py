"""The collector of cyclic garbage, told what is there to stay."""

from __future__ import annotations

import gc

_YOUNG = 50_000  # new objects before a first look


def settle() -> None:
    """What was loaded until now is for the whole run (rules, tables): it is not looked through again, and cycles are looked
    for less often. Nothing is freed later than at the end that was not held anyway."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
