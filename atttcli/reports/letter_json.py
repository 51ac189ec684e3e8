"""The JSON of an official letter: its model as it stands, each block with its kind. It keeps what was on the letter."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields
from functools import cache
from typing import Any, get_type_hints

import msgspec

from atttcli.model.letter import LetterAnnex, LetterBlock, LetterForm, LetterModel, LetterTable, LetterText
from atttcli.reports.structure_json import structure_json

LETTER_MODEL = "atttcli/letter/1"
_TAGS: dict[type, str] = {LetterText: "text", LetterTable: "table", LetterForm: "form"}


def letter_json(letter: LetterModel) -> bytes:
    """Canonical JSON of a letter."""
    body = {
        **asdict(letter),
        "blocks": [_tagged(block) for block in letter.blocks],
        "annexes": [{**asdict(one), "blocks": [_tagged(block) for block in one.blocks]} for one in letter.annexes],
    }
    return structure_json(msgspec.convert(body, letter_shape()), LETTER_MODEL)


@cache
def letter_shape() -> type[Any]:
    """The model as JSON has it, for its schema: the same fields, blocks told apart by `type`."""
    blocks: Any = _mirror(LetterText) | _mirror(LetterTable) | _mirror(LetterForm)
    annex = _mirror(LetterAnnex, blocks=tuple[blocks, ...])
    found: type[Any] = _mirror(LetterModel, blocks=tuple[blocks, ...], annexes=tuple[annex, ...])  # type: ignore[valid-type]  # just made
    return found


def _mirror(kind: type[Any], **other: Any) -> Any:
    types = get_type_hints(kind) | other
    shape: list[Any] = [
        (one.name, types[one.name]) if one.default is MISSING else (one.name, types[one.name], one.default)
        for one in fields(kind)
    ]
    made = msgspec.defstruct(kind.__name__, shape, tag=_TAGS.get(kind), frozen=True)
    made.__doc__ = kind.__doc__
    return made


def _tagged(block: LetterBlock) -> dict[str, Any]:
    return {"type": _TAGS[type(block)], **asdict(block)}
