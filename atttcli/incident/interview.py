"""The telephone interview as data and pure functions: what is asked next, what an answer means, which card is read aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from atttcli.clock import parse_moment
from atttcli.errors import InputError, UsageError
from atttcli.incident.assigning import yes
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
_NOT_KNOWN = frozenset({"", "?", "khong ro", "khong biet", UNKNOWN, "not known"})


@dataclass(frozen=True, slots=True)
class Option:
    """An answer to choose. `tag` is a detection tag: by it the profile finds the incident type."""

    code: str
    vi: str
    en: str
    tag: str = ""


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
        Option(each.code(), each.text("vi"), each.text("en"), each.text("tag", "")) for each in one.records("options")
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


def read_answer(question: Question, text: str, inventory: Inventory) -> str:
    """What was typed as it is kept: a code, a number, a moment, a text; UNKNOWN is always allowed. UsageError otherwise."""
    given = nfc(text.strip())
    if fold(given) in _NOT_KNOWN:
        return UNKNOWN
    if len(given) > LONGEST:
        raise UsageError(f"an answer has at most {LONGEST} characters")
    if question.kind == "yes":
        return yes(question.key, given)
    if question.kind == "choice":
        return _chosen(question, given)
    if question.kind == "number":
        digits = given.replace(".", "").replace(" ", "")
        if not digits.isdecimal() or len(digits) > 9:
            raise UsageError(f"not a number: {given[:40]!r}", hint="digits, or ? when not known")
        return str(int(digits))
    if question.kind == "moment":
        try:
            return str(parse_moment(given))
        except (ValueError, OverflowError):
            raise UsageError(f"not a time: {given[:40]!r}", hint="as 23/11/2026 08:30, or ? when not known") from None
    if question.kind == "agency":
        return _agency(given, inventory)
    if question.kind == "system":
        system = inventory.system(given)
        if system is None:
            raise UsageError(f"no system {given[:40]!r}", hint="atttcli system list; or ? when not known")
        return system.code
    return given


def _chosen(question: Question, given: str) -> str:
    """By number as listed, by code, or by a beginning of its text that only one has."""
    if given.isdecimal() and 1 <= int(given) <= len(question.options):
        return question.options[int(given) - 1].code
    wanted = fold(given)
    found = [one for one in question.options if fold(one.code) == wanted] or [
        one for one in question.options if fold(one.vi).startswith(wanted) or fold(one.en).startswith(wanted)
    ]
    if len(found) != 1:
        raise UsageError(
            f"not one of the answers: {given[:40]!r}", hint="one of: " + ", ".join(one.code for one in question.options)
        )
    return found[0].code


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
