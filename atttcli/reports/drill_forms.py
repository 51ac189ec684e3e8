"""Forms of a drill: scope and pledge, the judges' sheet, reports of red and blue, answer sheets of a tabletop.

Each is rendered blank, to be filled in by hand, and filled from the drill's journal. The sections are those of the national live
exercises; no official file of them is at hand, so that every one is marked as an internal form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from atttcli.clock import VIETNAM, from_micros, local_text
from atttcli.errors import UsageError
from atttcli.model.drill_forms import DrillForms, FormLine, SheetModule, SheetQuestion
from atttcli.reports.drill_form_words import form_words
from atttcli.reports.drill_frame import drill_paper
from atttcli.reports.outline import Block, Bullets, Column, Fields, Heading, Outline, Paragraph, Signature, Table

FORMS = ("scope", "ruling", "red", "blue", "sheet")
_EMPTY_ROWS = 6
Words = Mapping[str, str]


def compose_form(forms: DrillForms, language: str, form: str, *, blank: bool = False, module: str = "") -> Outline:
    """One form as a paper; `blank` leaves out all that happened, `module` takes one part of a tabletop."""
    if form not in FORMS:
        raise UsageError(f"no such form: {form[:20]}", hint="one of: " + ", ".join(FORMS))
    own = form_words(language)
    blocks = {"scope": _scope, "ruling": _ruling, "red": _red, "blue": _blue}
    if form == "sheet":
        body = _sheets(forms, language, own, blank, module)
    else:
        body = blocks[form](forms, language, own, blank)
    about = own[f"about_{form}"].format(code=forms.head.code)
    made = drill_paper(forms.head, language, own[f"kind_{form}"], about, body, (), signed=form == "scope")
    if form == "scope":
        return made
    signs = Signature("", (), (own[f"signs_{form}"].upper(),), "", own["sign_here"])
    return replace(made, signature=signs)


def _signatures(own: Words, *titles: str) -> Iterator[Block]:
    """Who signs a form of the judges or of a team: not the organ, the people."""
    share = 100 // len(titles)
    columns = tuple(Column(own[title], share, "center") for title in titles)
    yield Table("signatures", columns, (tuple(own["hand"] for _title in titles),))
    yield Paragraph(own["end"], "end")


def _scope(forms: DrillForms, language: str, own: Words, blank: bool) -> Iterator[Block]:
    yield Paragraph(own["internal"], "note")
    yield Heading(1, own["scope_1"])
    yield Bullets(tuple(f"{id}: {text.say(language)}" for id, text in forms.targets) or (own["dots"],))
    for number, texts in ((2, forms.tools), (3, forms.forbidden)):
        yield Heading(1, own[f"scope_{number}"])
        yield Bullets(tuple(one.say(language) for one in texts) or (own["dots"],))
    yield Heading(1, own["scope_4"])
    yield Paragraph(forms.depth.say(language) or own["dots"])
    yield Heading(1, own["scope_5"])
    rows = [
        (own["authority"], "" if blank else forms.authority),
        (own["begins"], _clock(None if blank else forms.begins, own)),
    ]
    rows += [(own["ends"], _clock(None if blank else forms.ends, own)), (own["stop"], forms.stop.say(language))]
    yield Fields("scope", tuple((label, value or own["short"]) for label, value in rows))
    yield Heading(1, own["scope_6"])
    yield Bullets(tuple(one.say(language) for one in forms.rules))
    yield Paragraph(own["pledge"])
    columns = (Column(own["name"], 32), Column(own["unit"], 32), Column(own["role"], 18), Column(own["sign"], 18))
    yield Table("pledge", columns, ((own["line"], "", "", ""),) * _EMPTY_ROWS)
    yield Paragraph(own["end"], "end")


def _ruling(forms: DrillForms, language: str, own: Words, blank: bool) -> Iterator[Block]:
    yield Paragraph(own["internal"], "note")
    yield Heading(1, own["ruling_1"])
    columns = (
        Column(own["id"], 6, "center"), Column(own["time"], 12, "center"), Column(own["action"], 29),
        Column(own["proof"], 15, code=True), Column(own["ruling"], 17), Column(own["raters"], 21),
    )  # fmt: skip
    lines = () if blank else tuple(one for one in forms.lines if one.side != "judge")
    rows = tuple(_ruled(one, own) for one in lines) or (("", "", "", "", own["boxes"], ""),) * _EMPTY_ROWS
    yield Table("rulings", columns, rows)
    yield Paragraph(own["rule_note"], "note")
    yield Heading(1, own["ruling_2"])
    remarks = () if blank else tuple(one.text for one in forms.lines if one.side == "judge")
    yield Bullets(remarks or (own["dots"], own["dots"]))
    if not blank and forms.total is not None:
        yield Paragraph(own["total"].format(total=_number(forms.total, language)))
    yield from _signatures(own, "judge_1", "judge_2")


def _ruled(one: FormLine, own: Words) -> tuple[str, ...]:
    about = " · ".join(part for part in (own[one.side], one.target, one.technique, one.answers) if part)
    said = [about, one.text, *(own[f"outside_{kind}"] for kind in one.outside)]
    raters = [f"{rater}: {value:g} ({reason})" for rater, value, reason in one.grades]
    if one.disagreed:
        raters.append(own["disagreed"].format(who=one.disagreed))
    return (
        one.id, local_text(one.at, seconds=False), "\n".join(said), _proof(one) or "-", _said(one.ruling, own),
        "\n".join(raters) or "-",
    )  # fmt: skip


def _proof(one: FormLine) -> str:
    return "\n".join(f"{name} {digest[:16]}…" for name, digest in one.evidence)


def _said(ruling: float | None, own: Words) -> str:
    if ruling is None:
        return own["unruled"]
    return own["accepted"] if ruling == 1 else own["partly"] if ruling else own["rejected"]


def _red(forms: DrillForms, language: str, own: Words, blank: bool) -> Iterator[Block]:
    lines = () if blank else tuple(one for one in forms.lines if one.side == "red")
    yield Paragraph(own["internal"], "note")
    yield Heading(1, own["red_1"])
    times = (_clock(lines[0].at if lines else None, own), _clock(lines[-1].at if lines else None, own))
    yield Fields(
        "who",
        (
            (own["org"], own["dots"]), (own["address"], own["dots"]), (own["contact"], own["dots"]), (own["from"], times[0]),
            (own["to"], times[1]),
        ),
    )  # fmt: skip
    yield Heading(1, own["red_2"])
    counts = Counter(one.level for one in lines)
    levels = ["critical", "high", "medium", "low", *([""] if counts[""] else [])]
    rows = tuple((own[f"level_{level}"], "" if blank else str(counts[level])) for level in levels)
    yield Table("levels", (Column(own["level"], 70), Column(own["count"], 30, "center")), rows)
    yield Heading(1, own["red_3"])
    for one in lines or (None, None):
        yield from _weakness(one, own)
    for part in ("red_4", "red_5"):
        yield Heading(1, own[part])
        yield Paragraph(f"{own['terms']} {own['dots']}" if part == "red_4" else own["dots"])
    yield Paragraph(own["end"], "end")


def _weakness(one: FormLine | None, own: Words) -> Iterator[Block]:
    known = (
        {"weakness": f"{one.id}. {one.text}", "level": own[f"level_{one.level}"], "technique": one.technique}
        if one
        else {}
    )
    if one:
        known["target"], known["steps"] = one.target, _proof(one)
        known["time"] = local_text(one.at, seconds=False)
    names = ("weakness", "level", "target", "time", "technique", "describe", "fix_now", "fix_later", "steps")
    yield Fields("weakness", tuple((own[name], known.get(name) or own["short"]) for name in names))


def _blue(forms: DrillForms, language: str, own: Words, blank: bool) -> Iterator[Block]:
    lines = () if blank else forms.lines
    yield Paragraph(own["internal"], "note")
    for heading, names in (("blue_1", ("purpose",)), ("blue_2", ("process", "technology", "people"))):
        yield Heading(1, own[heading])
        targets = "; ".join(text.say(language) for _id, text in forms.targets)
        if heading == "blue_1":
            yield Paragraph(targets)
        yield Fields(heading, tuple((own[name], own["dots"]) for name in names))
    yield Heading(1, own["blue_3"])
    yield Fields("judgement", tuple((own[name], own["dots"]) for name in ("breached", "leaked", "users")))
    yield Heading(1, own["blue_4"])
    yield Heading(2, own["blue_4a"])
    columns = (
        Column(own["attack"], 30),
        Column(own["noticed"], 26),
        Column(own["stopped"], 26),
        Column(own["proof"], 18, code=True),
    )
    attacks = [one for one in lines if one.side == "red"]
    rows = tuple(_defended(one, lines, own) for one in attacks) or ((own["line"], "", "", ""),) * _EMPTY_ROWS
    yield Table("defence", columns, rows)
    yield Paragraph(own["three"], "note")
    yield Heading(2, own["blue_4b"])
    yield _by_day([one for one in lines if one.side == "blue"], own)
    yield Heading(1, own["blue_5"])
    for id, text in forms.goals:
        said = [one.text for one in lines if one.side == "blue" and one.goal == id and not one.what]
        yield Paragraph(f"{text.say(language)}: {'; '.join(said) or own['dots']}")
    yield Paragraph(own["end"], "end")


def _defended(red: FormLine, lines: tuple[FormLine, ...], own: Words) -> tuple[str, ...]:
    answers = [one for one in lines if one.side == "blue" and one.answers == red.id]

    def told(what: str) -> str:
        found = [one for one in answers if one.what == what]
        words = [
            own["after"].format(text=f"{one.id}. {one.text}", minutes=max(0, one.at - red.at) // 60_000_000)
            for one in found
        ]
        return "\n".join(words) or "-"

    attack = f"{red.id}. {red.text}\n{local_text(red.at, seconds=False)}"
    return attack, told("detect"), told("contain"), "\n".join(filter(None, map(_proof, answers))) or "-"


def _by_day(lines: list[FormLine], own: Words) -> Table:
    days: dict[str, list[str]] = {}
    for one in lines:
        days.setdefault(from_micros(one.at, VIETNAM).strftime("%d/%m/%Y"), []).append(f"{one.id}. {one.text}")
    rows = tuple((day, "", "\n".join(told)) for day, told in sorted(days.items(), key=lambda one: one[0][::-1]))
    columns = (Column(own["day"], 16, "center"), Column(own["seen"], 42), Column(own["done"], 42))
    return Table("days", columns, rows or ((own["line"], "", ""),) * 3)


def _sheets(forms: DrillForms, language: str, own: Words, blank: bool, module: str) -> Iterator[Block]:
    wanted = [one for one in forms.modules if module in ("", one.id)]
    if not wanted or not any(one.questions for one in wanted):
        raise UsageError("there are no questions to print", hint="atttcli drill graph SCENARIO")
    yield Paragraph(own["sheet_note"], "note")
    yield Fields("group", ((own["group"], own["dots"]),))
    for one in wanted:
        yield from _module(one, language, own, blank)
    yield Paragraph(own["end"], "end")


def _module(one: SheetModule, language: str, own: Words, blank: bool) -> Iterator[Block]:
    title = (
        own["module"].format(id=one.id, name=one.name.say(language), minutes=one.minutes) if one.id else own["whole"]
    )
    yield Heading(1, title)
    if one.text.say(language):
        yield Paragraph(one.text.say(language))
    said = ""
    for question in one.questions:
        if question.said != said:
            said = question.said
            yield Paragraph(said)
        yield from _question(question, language, own, blank)


def _question(one: SheetQuestion, language: str, own: Words, blank: bool) -> Iterator[Block]:
    yield Heading(2, own["question"].format(id=one.id, text=one.text.say(language)))
    votes = {} if blank else dict(one.votes)
    if one.options:
        columns = (Column(own["options"], 70), Column(own["choice"], 15, "center"), Column(own["votes"], 15, "center"))
        rows = tuple(
            (
                f"{name}: {text.say(language)}", "[x]" if not blank and name == one.choice else "[  ]",
                str(votes[name]) if name in votes else "",
            )
            for name, text in one.options
        )  # fmt: skip
        yield Table("options", columns, rows)
    at = from_micros(one.at, VIETNAM).strftime("%H:%M") if one.at is not None and not blank else own["short"]
    grades = "; ".join(f"{rater}: {value:g} ({reason})" for rater, value, reason in one.grades)
    yield Fields(
        "answer",
        (
            (own["answered"], at),
            (own["answer"], (not blank and one.answer) or own["dots"]),
            (own["grade"], (not blank and grades) or own["short"]),
        ),
    )


def _clock(at: int | None, own: Words) -> str:
    if at is None:
        return own["noclock"]
    day = from_micros(at, VIETNAM)
    return own["clock"].format(
        hour=f"{day:%H}", minute=f"{day:%M}", day=f"{day:%d}", month=f"{day:%m}", year=f"{day:%Y}"
    )


def _number(value: float, language: str) -> str:
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "vi" else text
