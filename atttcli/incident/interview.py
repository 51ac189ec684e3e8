"""The telephone interview as data and pure functions: what is asked next, what an answer means, which card is read aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from atttcli.errors import InputError, UsageError
from atttcli.incident.spoken import NOT_KNOWN, said_moment, said_number, said_yes
from atttcli.inventory import Inventory
from atttcli.model.inventory import Agency
from atttcli.model.record import FIELDS
from atttcli.packaged import packaged
from atttcli.profile.record import Record
from atttcli.text import strict_yaml
from atttcli.text.fold import fold, nfc

INTERVIEW, CARDS = "atttcli/interview/1", "atttcli/call-cards/1"
KINDS = ("text", "agency", "system", "yes", "choice", "number", "moment", "list")
UNKNOWN = "unknown"
LONGEST = 2_000
_OFFICES = frozenset({"xa", "huyen"})


@dataclass(frozen=True, slots=True)
class Option:
    """An answer to choose. `tag` is a detection tag: by it the profile finds the incident type; `words`: as people say it."""

    code: str
    vi: str
    en: str
    tag: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `field`: where the answer stands in the incident's record; `when`: asked only after such answers."""

    key: str
    kind: str
    vi: str
    en: str
    field: str = ""
    options: tuple[Option, ...] = ()
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def option(self, code: str) -> Option | None:
        """The option of this code."""
        return next((one for one in self.options if one.code == code), None)


@dataclass(frozen=True, slots=True)
class CardText:
    """One language of a card: lines to say, and what must never be done."""

    title: str
    say: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A page to read aloud. `fits`: incident types; none is the card for when nobody knows."""

    code: str
    fits: tuple[str, ...]
    vi: CardText
    en: CardText


@cache
def load_interview() -> tuple[Question, ...]:
    """The shipped interview, in its order."""
    path = packaged("seeds") / "calls" / "interview.yaml"
    return read_interview(path.read_bytes(), str(path))


@cache
def load_cards() -> tuple[Card, ...]:
    """The shipped cards."""
    path: Path = packaged("seeds") / "calls" / "cards.yaml"
    root = Record(strict_yaml.load(path.read_bytes(), str(path)), str(path), 1, "cards")
    if root.text("format") != CARDS:
        raise root.refuse(f"the format is not {CARDS}", "format")
    return tuple(
        Card(one.code(), one.texts("fits"), _card_text(one.record("vi")), _card_text(one.record("en")))
        for one in root.records("cards")
    )


def read_interview(data: bytes, path: str) -> tuple[Question, ...]:
    """Parse and check an interview; InputError with file and line."""
    root = Record(strict_yaml.load(data, path), path, 1, "interview")
    if root.text("format") != INTERVIEW:
        raise root.refuse(f"the format is not {INTERVIEW}", "format")
    found: list[Question] = []
    for one in root.records("questions"):
        question = _question(one)
        if question.key in {other.key for other in found}:
            raise one.refuse(f"{question.key!r} is asked twice", "key")
        if question.field and question.field not in FIELDS:
            raise one.refuse(f"the record has no field {question.field!r}", "field")
        if any(key not in {other.key for other in found} for key, _values in question.when):
            raise one.refuse("when speaks of a question that is not asked before", "when")
        found.append(question)
    root.finish()
    return tuple(found)


def _question(one: Record) -> Question:
    options = tuple(
        Option(each.code(), each.text("vi"), each.text("en"), each.text("tag", ""), each.texts("words"))
        for each in one.records("options")
    )
    when = one.record("when")
    question = Question(
        key=one.code("key"), kind=one.choice("kind", KINDS), vi=one.text("vi"), en=one.text("en"),
        field=one.text("field", ""), options=options, when=tuple((key, when.texts(key)) for key in when.mapping),
    )  # fmt: skip
    if (question.kind == "choice") != bool(options):
        raise one.refuse("a choice needs options, and only it has them", "options")
    one.finish()
    return question


def _card_text(one: Record) -> CardText:
    return CardText(one.text("title"), one.texts("say"), one.texts("never"))


def next_question(questions: Sequence[Question], answers: Mapping[str, str]) -> Question | None:
    """The first question that is to be asked and has no answer; None at the end."""
    return next((one for one in questions if one.key not in answers and asked(one, answers)), None)


def asked(question: Question, answers: Mapping[str, str]) -> bool:
    """Whether earlier answers call for this question."""
    return all(answers.get(key, "") in values for key, values in question.when)


def read_answer(question: Question, text: str, inventory: Inventory, *, now: int = 0) -> str:
    """What was typed as it is kept: a code, a number, a moment, a text; UNKNOWN is always allowed. UsageError otherwise.

    `now`: the moment of the call, so that `8h30 hôm qua` is a time and one that is still to come is none.
    """
    given = nfc(text.strip())
    if fold(given) in NOT_KNOWN:
        return UNKNOWN
    if len(given) > LONGEST:
        raise UsageError(f"an answer has at most {LONGEST} characters")
    if question.kind == "yes":
        return said_yes(question.key, given)
    if question.kind == "choice":
        return _chosen(question, given)
    if question.kind == "number":
        return said_number(given)
    if question.kind == "moment":
        return str(said_moment(given, now))
    if question.kind == "agency":
        return _agency(given, inventory)
    if question.kind == "system":
        system = inventory.system(given)
        if system is None:
            raise UsageError(f"no system {given[:40]!r}", hint="atttcli system list; or ? when not known")
        return system.code
    return given


def _chosen(question: Question, given: str) -> str:
    """By number as listed, by code or a word people say for it, or by words that only one of the answers has."""
    if given.isdecimal() and 1 <= int(given) <= len(question.options):
        return question.options[int(given) - 1].code
    wanted = fold(given)
    for fits in (_is_called, _begins, _holds):
        found = [one for one in question.options if fits(one, wanted)]
        if len(found) == 1:
            return found[0].code
    raise UsageError(
        f"not one of the answers: {given[:40]!r}",
        hint=f"a number from 1 to {len(question.options)}, or ? when not known",
    )


def _is_called(option: Option, wanted: str) -> bool:
    return wanted in (fold(option.code), *map(fold, option.words))


def _begins(option: Option, wanted: str) -> bool:
    return any(fold(text).startswith(wanted) for text in (option.vi, option.en))


def _holds(option: Option, wanted: str) -> bool:
    known = set(fold(f"{option.vi} {option.en} {' '.join(option.words)}").replace(",", " ").replace(";", " ").split())
    return bool(wanted) and set(wanted.split()) <= known


def _agency(given: str, inventory: Inventory) -> str:
    found = inventory.find_agency(given)
    if found is not None:
        return found.code
    near = like_agencies(given, inventory.organisation.agencies)
    offices = [one for one in near if one.group in _OFFICES]  # "xã Vi Hương" is its People's Committee, not its school
    if len(near) == 1 or len(offices) == 1:
        return (offices or near)[0].code
    raise UsageError(
        f"no single agency is called {given[:40]!r}",
        hint="did you mean " + ", ".join(one.code for one in near[:8]) if near else "atttcli agency list; or ?",
    )


def like_agencies(text: str, agencies: Sequence[Agency]) -> list[Agency]:
    """Agencies whose code or name holds every word of the text, diacritics or not; failing that, as beginnings of words."""
    wanted = fold(text).split()
    names = [(one, fold(f"{one.code} {one.name} {one.short_name}").split()) for one in agencies]
    whole = [one for one, words in names if all(word in words for word in wanted)]
    return whole or [
        one for one, words in names if all(any(known.startswith(word) for known in words) for word in wanted)
    ]


def card_for(category: str) -> Card:
    """The card of an incident type, else the general one."""
    cards = load_cards()
    return next((one for one in cards if category in one.fits), next(one for one in cards if not one.fits))


def find_card(code: str) -> Card:
    """A card by its code or an incident type; InputError."""
    for one in load_cards():
        if code == one.code or code in one.fits:
            return one
    raise InputError(f"no card {code[:40]!r}", hint="one of: " + ", ".join(one.code for one in load_cards()))
