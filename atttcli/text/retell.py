"""Errors, reasons and findings are written and stored in English; here they are told in the reader's language.

A sentence with values inside ("no incident SC-2021-0042") has no entry of its own in a catalogue, but the template that it
was written from has: `no incident {0}`. `.ci/messages.py` takes these templates out of the code and compiles them with their
translations into `told.json`; `retell` finds the template whose own words stand in the sentence and puts the values into
its translation (docs/decisions/0093).

The translation says how a value is taken: `{0}` as it is, `{r0}` told in its turn (a reason within a sentence), `{w0}` only
if it is one word, `{rw0}` both. Values are hostile: they are cut out and put in, never read as templates. Python 3.8-clean.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from atttcli.text import messages

FIELD = re.compile(r"\{(r?w?)([0-9]{1,2})\}")
LONGEST = 4_000  # longer texts are not ours
_DEPTH = 4
_JOINT = "; "  # between the reasons of one record
_MOST_PIECES = 40
_HEAD = 4  # characters: templates are looked up by how they begin


class _Field(NamedTuple):
    kind: str
    number: int


class _Template(NamedTuple):
    literals: Tuple[str, ...]  # of the English sentence; a value stands between each two
    order: Tuple[int, ...]  # which field each of the values is
    told: Tuple[Union[str, _Field], ...]  # the translation
    words: Tuple[int, ...]  # fields that are one word
    weight: int  # how many characters are the template's own


def retell(text: str) -> str:
    """The sentence in the language in use; as it is where no template fits, and in English."""
    said = messages.language()
    return text if said == "en" or not text or len(text) > LONGEST else _retold(said, text, _DEPTH)


@lru_cache(maxsize=512)
def _retold(said: str, text: str, depth: int) -> str:
    whole = messages.translated(text)
    if whole != text or depth == 0:
        return whole
    pieces = text.split(_JOINT) if _JOINT in text else []
    if 1 < len(pieces) <= _MOST_PIECES and not any(piece.count("'") % 2 or piece.count('"') % 2 for piece in pieces):
        told = [_retold(said, piece, depth - 1) for piece in pieces]
        if all(after != before for before, after in zip(pieces, told)):  # noqa: B905 - Python 3.8 has no strict
            return _JOINT.join(told)
    best: Optional[Tuple[_Template, Dict[int, str]]] = None
    templates = _templates(said)
    for template in (*templates.get(text[:_HEAD], ()), *templates.get("", ())):
        if best is None or template.weight > best[0].weight:
            values = _values(template, text)
            best = (template, values) if values is not None else best
    if best is None:
        return text
    template, values = best
    return "".join(
        part if isinstance(part, str) else _shown(said, part, values.get(part.number, ""), depth)
        for part in template.told
    )


def _shown(said: str, field: _Field, value: str, depth: int) -> str:
    return _retold(said, value, depth - 1) if "r" in field.kind and value else value


def _values(template: _Template, text: str) -> Optional[Dict[int, str]]:
    """The values of a sentence that was written from this template, the shortest first; None for any other sentence."""
    first, inner, last = template.literals[0], template.literals[1:-1], template.literals[-1]
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return None
    found: List[str] = []
    for literal in inner:
        here = text.find(literal, at, end)
        if here < 0:
            return None
        found.append(text[at:here])
        at = here + len(literal)
    found.append(text[at:end])
    values = {number: found[place] for place, number in enumerate(template.order)}
    return None if any(len(values[number].split()) != 1 for number in template.words) else values


@lru_cache(maxsize=4)
def _templates(said: str) -> Dict[str, Tuple[_Template, ...]]:
    """All templates by how they begin; under "" those that begin with a value or with less."""
    try:
        given = json.loads((messages.catalogue_folder(said) / "told.json").read_text("utf-8"))
    except FileNotFoundError:  # a language without this file speaks English here
        return {}
    found: Dict[str, List[_Template]] = {}
    for english, translation in given.items():
        template = _template(english, translation)
        head = template.literals[0][:_HEAD]
        found.setdefault(head if len(head) == _HEAD else "", []).append(template)
    return {head: tuple(templates) for head, templates in found.items()}


def _template(english: str, translation: str) -> _Template:
    pieces = FIELD.split(english)
    literals = tuple(pieces[0::3])
    told: List[Union[str, _Field]] = []
    words = []
    shown = FIELD.split(translation)
    for place in range(0, len(shown), 3):
        told.append(shown[place])
        if place + 2 < len(shown):
            told.append(_Field(shown[place + 1], int(shown[place + 2])))
            if "w" in shown[place + 1]:
                words.append(int(shown[place + 2]))
    order = tuple(int(number) for number in pieces[2::3])
    return _Template(literals, order, tuple(told), tuple(words), sum(map(len, literals)))
