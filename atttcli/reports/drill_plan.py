"""The plan of a drill for who allows it, and the books of controller, players and observers.

The plan follows the usual outline of a Vietnamese `kế hoạch`; what only people know (place, names, money) is left to be filled by
hand. Books are working papers: nobody signs them. The player's says when, by which rules and how, and nothing of what happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

from atttcli.clock import MINUTE, VIETNAM, from_micros, local_text
from atttcli.errors import UsageError
from atttcli.model.drill_report import DrillPlan, PlannedInject
from atttcli.reports.drill_frame import drill_paper
from atttcli.reports.drill_plan_words import plan_words
from atttcli.reports.incident_annexes import roman
from atttcli.reports.outline import Annex, Block, Bullets, Column, Fields, Heading, Outline, Paragraph, Table

BOOKS = ("plan", "controller", "player", "observer", "handouts")
OPEN_BOOKS = frozenset({"player", "handouts"})  # what players hold in their hands: without answers
READY = 30 * MINUTE  # before the start, for rules and telephones; as much after the end to talk it over


def compose_plan(plan: DrillPlan, language: str, book: str = "plan") -> Outline:
    """The plan, or a book. The player's book says what is played, by which rules and when it begins: nothing else."""
    own, head = plan_words(language), plan.head
    if book not in BOOKS:
        raise UsageError(f"no such book: {book[:20]}", hint="one of: " + ", ".join(BOOKS))
    if book == "plan":
        summary = own["plan_summary"].format(name=head.name.say(language))
    elif book == "player":
        summary = f"{own['drill']} {head.code}"
    else:
        summary = f"{own['drill']} {head.code}: {head.name.say(language)}"
    body = _plan(plan, language) if book == "plan" else _book(plan, language, book)
    annexes = tuple(_annexes(plan, language, book))
    return drill_paper(head, language, own[f"kind_{book}"], summary, body, annexes, signed=book == "plan")


def _plan(plan: DrillPlan, language: str) -> Iterator[Block]:
    own, head = plan_words(language), plan.head
    for base in own["bases"].split("|"):
        yield Paragraph(base, "basis")
    yield Paragraph(own["plan_opening"].format(organ=head.organ, code=head.code))
    yield Heading(1, own["purpose"])
    yield Heading(2, own["purpose_1"])
    abilities = ", ".join(dict.fromkeys(own[f"cap_{cap}"] for _id, _text, cap in plan.goals))
    yield Bullets((*own["purposes"].split("|"), *([own["abilities"].format(abilities=abilities)] if abilities else ())))
    yield Heading(2, own["demands"])
    yield Bullets(tuple(own["demand_list"].split("|")))
    yield Heading(1, own["content"])
    yield _facts(plan, language)
    yield Paragraph(f"{own['story']}: {head.situation.say(language)} {_story(plan, language)}")
    if plan.verifies:
        told = "; ".join(f"{one.number} {one.title}" for one in plan.verifies)
        yield Paragraph(own["verifies"].format(actions=told))
    yield Heading(1, own["people"])
    yield _people(plan, language)
    yield Heading(1, own["schedule"])
    yield _schedule(plan, language)
    yield Heading(1, own["safety"])
    yield Bullets(tuple(_rules(plan, language)))
    yield Heading(1, own["budget"])
    yield Paragraph(own["budget_line"])
    yield Heading(1, own["carry_out"])
    yield Bullets(tuple(own["carry_list"].split("|")))
    yield Paragraph(own["end"], "end")


def _rules(plan: DrillPlan, language: str) -> Iterator[str]:
    """The scenario's rules, then the stop phrase: once, in words that hold for every scenario."""
    own = plan_words(language)
    yield from (told for rule in plan.rules if own["stop_phrase"] not in (told := rule.say(language)).upper())
    yield own["stop"]


def _facts(plan: DrillPlan, language: str) -> Fields:
    own, head = plan_words(language), plan.head
    start = local_text(plan.begins, seconds=False)
    rows = [
        (own["format"], own[f"format_{head.format}"]),
        (own["time_place"], own["time_value"].format(start=start, n=head.duration // MINUTE)),
        (own["place"], own["blank"]),
        (own["scope"], own["scope_value"]),
    ]
    if head.authority:
        rows.append((own["authority"], head.authority))
    return Fields("drill", tuple(rows))


def _story(plan: DrillPlan, language: str) -> str:
    """How many injects by which channels: of what happens it says nothing."""
    own = plan_words(language)
    channels = Counter(one.channel for one in plan.injects)
    told = ", ".join(f"{own['channel_' + name].lower()} ({count})" for name, count in channels.items())
    return own["story_count"].format(n=len(plan.injects), channels=told) if plan.injects else ""


def _people(plan: DrillPlan, language: str) -> Table:
    own = plan_words(language)
    parts = [(own[f"part_{one}"], own[f"task_{one}"], "") for one in ("organiser", "controller", "observer")]
    parts += [(name.say(language), own["task_player"], "") for _code, name in plan.roles]
    parts.append((own["part_duty"], own["task_duty"], ""))
    columns = (Column(own["part"], 28), Column(own["task"], 42), Column(own["names"], 30))
    return Table("people", columns, tuple(parts))


def _schedule(plan: DrillPlan, language: str) -> Table:
    own, begins, ends = plan_words(language), plan.begins, plan.begins + plan.head.duration
    columns = (Column(own["when"], 32, "center"), Column(own["work"], 68))
    rows = (
        (_between(begins - READY, begins), own["work_before"]),
        (_between(begins, ends), own["work_run"]),
        (_between(ends, ends + READY), own["work_after"]),
        (own["within_days"], own["work_report"]),
    )
    return Table("schedule", columns, rows)


def _between(first: int, last: int) -> str:
    begins, ends = from_micros(first, VIETNAM), from_micros(last, VIETNAM)
    return f"{begins:%H:%M} - {ends:%H:%M} {begins:%d/%m/%Y}"


def _book(plan: DrillPlan, language: str, book: str) -> Iterator[Block]:
    own, head = plan_words(language), plan.head
    part = count(1)
    yield Heading(1, f"{roman(next(part))}. {own['general']}")
    yield Fields("drill", tuple(_about(plan, language, book)))
    if book in ("player", "handouts"):
        yield Heading(1, f"{roman(next(part))}. {own['situation']}")
        yield Paragraph(head.situation.say(language))
    if book != "handouts":
        yield Heading(1, f"{roman(next(part))}. {own['how_' + book]}")
        yield Bullets(tuple(own[f"how_{book}_list"].split("|")))
    yield Heading(1, f"{roman(next(part))}. {own['rules']}")
    yield Bullets(tuple(_rules(plan, language)))
    yield Paragraph(own["end"], "end")


def _about(plan: DrillPlan, language: str, book: str) -> Iterator[tuple[str, str]]:
    """What stands at the head of a book; the player's names neither the scenario nor what it is about."""
    own, head = plan_words(language), plan.head
    if book != "player":
        yield own["name"], head.name.say(language)
    yield (
        own["begins"],
        own["time_value"].format(start=local_text(plan.begins, seconds=False), n=head.duration // MINUTE),
    )
    yield own["format"], own[f"format_{head.format}"]
    roles, team = [name.say(language) for _code, name in plan.roles], head.team_name.say(language) or head.team
    yield own["team"], "; ".join(dict.fromkeys((team, *roles)))
    if book == "controller":
        yield own["scenario"], own["sealed"].format(name=head.scenario, version=head.version, seal=head.truth[:16])


def _annexes(plan: DrillPlan, language: str, book: str) -> Iterator[Annex]:
    own, head = plan_words(language), plan.head
    attached = own["attached"].format(code=head.code)
    if book == "handouts":
        for index, one in enumerate(plan.injects, 1):  # an id such as B1 tells who knows other scenarios too much
            title = own["handout_title"].format(number=index, channel=own["channel_" + one.channel]).upper()
            yield Annex(f"{own['annex']} {roman(index)}", title, attached, tuple(_handout(one, language)))
    elif book in ("controller", "observer"):
        ending = _free_notes if book == "observer" else _entering
        sheets = [
            block for number, one in enumerate(plan.injects, 1) for block in _sheet(number, one, plan, language, book)
        ]
        blocks = (*(_before(plan, language) if book == "controller" else ()), *sheets, *ending(plan, language))
        yield Annex(own["annex"], own[f"annex_{book}"].upper(), attached, blocks)


def _handout(one: PlannedInject, language: str) -> Iterator[Block]:
    own = plan_words(language)
    yield Paragraph(f"{own['to']}: {one.to.say(language)}")
    yield Paragraph(one.text)
    if one.excerpt:
        yield Paragraph(own["excerpt"].format(name=one.files[0]), "note")
        yield Paragraph(one.excerpt)
    yield Paragraph(own["handed_at"], "note")


def _before(plan: DrillPlan, language: str) -> Iterator[Block]:
    """What the controller looks at first: the conditions of the start, what the drill is to find out."""
    own = plan_words(language)
    yield Heading(2, own["before_start"])
    yield Bullets(tuple(own["checks"].split("|")))
    yield Heading(2, own["situation"].capitalize())
    yield Paragraph(plan.head.situation.say(language))
    yield Heading(2, own["objectives"].capitalize())
    columns = (Column(own["no"], 8, "center"), Column(own["objective"], 64), Column(own["capability"], 28))
    yield Table(
        "objectives", columns, tuple((id, text.say(language), own[f"cap_{cap}"]) for id, text, cap in plan.goals)
    )


def _free_notes(_plan: DrillPlan, language: str) -> Iterator[Block]:
    own = plan_words(language)
    yield Heading(2, own["free_notes"])
    yield from (Paragraph("…" * 52) for _line in range(4))
    yield Paragraph(own["observer_sign"])


def _entering(plan: DrillPlan, language: str) -> Iterator[Block]:
    own = plan_words(language)
    day = local_text(plan.begins, seconds=False).split()[0]
    yield Heading(2, own["paper_entry"])
    yield Bullets(tuple(own["paper_commands"].format(code=plan.head.code, day=day).split("|")))


def _sheet(number: int, one: PlannedInject, plan: DrillPlan, language: str, book: str) -> Iterator[Block]:
    own = plan_words(language)
    about = f"{one.said_when.say(language) or one.when}; {own['handout'].format(number=number)}"
    yield Heading(2, f"{one.id}. {own['channel_' + one.channel]} ({about}) → {one.to.say(language)}")
    yield Paragraph(own["handed_at"], "note")
    if book == "controller":
        yield Paragraph(_unmarked(one.text, plan.head.code))
        if one.truth:
            yield Paragraph(f"{own['truth']}: {own[one.truth]}. {one.why.say(language)}".strip(), "note")
        if one.hint.say(language):
            yield Paragraph(f"{own['hint']}: {one.hint.say(language)}", "note")
    rows = tuple(
        (id, "\n".join((text.say(language), *(f"[{grade:g}] {name}: {what.say(language)}" for name, what, grade in options))),
         own["minutes"].format(n=minutes) if minutes else "-", "", "")
        for id, text, minutes, options in one.expects
    )  # fmt: skip
    if rows:
        columns = (
            Column(own["no"], 8, "center"), Column(own["expected"], 46), Column(own["target"], 12, "center"),
            Column(own["at"], 12, "center"), Column(own["seen"], 22),
        )  # fmt: skip
        yield Table("sheet", columns, rows)


def _unmarked(text: str, code: str) -> str:
    """What is read out, without the mark around it: the book's pages carry it."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(f"[{code}] "))
