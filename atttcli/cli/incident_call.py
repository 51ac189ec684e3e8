"""`atttcli incident call`: the telephone interview; and the cards that are read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from atttcli.cli import render
from atttcli.cli.casework_words import localised, moment
from atttcli.cli.context import App, with_app
from atttcli.cli.current import remember
from atttcli.cli.incident_input import when
from atttcli.clock import rfc3339
from atttcli.errors import UsageError
from atttcli.text.messages import _, language
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.incident.call import Call, Reading
    from atttcli.incident.interview import Card, Question
    from atttcli.profile import Profile

_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_BACK = "<"


@click.command()
@click.option(
    "--answer", "answers", multiple=True, metavar="KEY=VALUE", help="An answer given here; repeatable; ? is not known."
)
@click.option("--resume", metavar="ID", help="Go on with an unfinished call: the beginning of its id, or `last`.")
@click.option("--list", "listing", is_flag=True, help="Unfinished calls.")
@click.option("--questions", is_flag=True, help="The questions, their keys and possible answers.")
@click.option("--drop", is_flag=True, help="With --resume: the call came to nothing.")
@click.option(
    "--again", metavar="ID", help="What the call of this incident came to, told again; a lost notice is drafted."
)
@click.option("--detected", metavar="TIME", help="T0 as confirmed; the law's clocks start here.")
@click.option("--owner", default="", metavar="NAME", help="Who leads the incident; whoever takes the call by default.")
@click.option("--yes", "sure", is_flag=True, help="Open the incident with the answers given, asking nothing more.")
@_json
@with_app
def call(
    app: App, answers: tuple[str, ...], resume: str | None, listing: bool, questions: bool, drop: bool, again: str | None,
    detected: str | None, owner: str, sure: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take a telephone call: one question after another, each answer kept at once, "không rõ" always allowed.

    It ends with the text to read aloud, the time of detection to confirm with its clocks, the fitting playbook and a
    drafted notice in the outbox.

    \b
    Examples:
      atttcli incident call
      atttcli incident call --resume last
      atttcli incident call --answer agency=x-vi-huong --answer seen=encrypted --answer machines=PC-01 --yes
    """
    if listing or questions:
        _list(app, as_json) if listing else _questions(as_json)
        return
    # Asked now, not after three minutes of questions; which agency it will be is not known yet.
    app.permit("incident.opened", "", {"agencies": sorted(app.identity.agencies)})
    if again is not None:
        _again(app, again, as_json)
        return
    if drop:
        _drop(app, resume, as_json)
        return
    confirmed = when(detected, app.clock.now())
    taken = _given(app, resume, answers)
    if not sure:
        if not render.is_interactive() or as_json:
            raise UsageError(
                f"the call {taken.id[:8]} is kept, but not finished",
                hint=f"atttcli incident call --resume {taken.id[:8]} --answer KEY=VALUE … --yes",
            )
        taken = _interview(app, taken)
    _finish(app, taken, confirmed, owner, sure, as_json)


@click.command()
@click.argument("code", required=False, default="")
@_json
@with_app
def card(app: App, code: str, as_json: bool) -> None:
    """What to read aloud to a caller, by type of incident; one page. Without CODE: which cards there are.

    \b
    Examples:
      atttcli incident card
      atttcli incident card ma-hoa | lp
    """
    from atttcli.incident.interview import find_card, load_cards

    cards = [find_card(code)] if code else list(load_cards())
    if as_json:
        render.emit_json_lines(_card_json(one) for one in cards)
        return
    if not code:
        render.table(
            [_("Code"), _("For"), _("Title")],
            ((one.code, ", ".join(one.fits) or "-", _text(one).title) for one in cards),
        )
        return
    for text in card_lines(app, cards[0]):
        render.line(text)


def card_lines(app: App, one: Card) -> list[str]:
    """The card as lines of text: numbered, then what must never be done, then the number to be called back from."""
    text = _text(one)
    lines = [text.title.upper(), ""]
    lines += [f"{place}. {line}" for place, line in enumerate(text.say, 1)]
    lines += ["", _("WITHOUT FAIL:")]
    lines += [f"- {line}" for line in text.never]
    numbers = [organ.call_back for organ in app.organisation.organs if organ.call_back]
    if numbers:
        lines += ["", _("We call back only from: {who}", who="; ".join(dict.fromkeys(numbers)))]
    return lines


def _text(one: Card) -> Any:
    return one.vi if language() == "vi" else one.en


def _drop(app: App, resume: str | None, as_json: bool) -> None:
    from atttcli.incident.call import drop, find_call

    if resume is None:
        raise UsageError("which call?", hint="atttcli incident call --resume ID --drop")
    taken = find_call(app.store, "" if resume == "last" else resume)
    drop(app.store, taken, app.clock.now())
    if as_json:
        render.emit_json({"call": taken.id, "dropped": True})
    else:
        render.line(_("The call was dropped; its answers are kept."))


def _again(app: App, text: str, as_json: bool) -> None:
    """After a power cut between the decision and its papers: the same words, the notice where it is missing."""
    from dataclasses import replace

    from atttcli.cli.current import incident_number
    from atttcli.incident.call import call_of, read_call
    from atttcli.profile import load_profile

    number = incident_number(app, text)
    taken = call_of(app.store, number)
    row = app.store.row("SELECT profile, detected FROM incident WHERE number = ?", number)
    law = load_profile(row["profile"] if row else app.workspace.profile)
    reading = read_call(taken, law, app.inventory, app.workspace.language)
    if row is not None and row["detected"] is not None:
        reading = replace(reading, detected=row["detected"])
    _close(app, taken, reading, law, number, as_json)


def _given(app: App, resume: str | None, answers: tuple[str, ...]) -> Call:
    """The call with the answers of the command line; all are read before one is kept, so a slip leaves no call behind."""
    from atttcli.incident.call import begin, find_call, keep
    from atttcli.incident.interview import load_interview, read_answer

    known = {one.key: one for one in load_interview()}
    said = []
    for text in answers:
        key, equals, value = text.partition("=")
        if not equals or key not in known:
            raise UsageError(f"no question {key[:40]!r}", hint="atttcli incident call --questions")
        said.append((key, read_answer(known[key], value, app.inventory, now=app.clock.now())))
    if resume is None:
        taken = begin(app.store, app.identity.name, app.clock.now())
    else:
        taken = find_call(app.store, "" if resume == "last" else resume)
    for key, answer in said:
        taken = keep(app.store, taken, key, answer)
    return taken


def _interview(app: App, taken: Call) -> Call:
    """Ask until nothing is left. `<` goes back one, `?` or an empty line is "not known"."""
    from atttcli.incident.call import keep
    from atttcli.incident.interview import load_interview, next_question, read_answer

    render.line(
        _("Call {id}. `?` or empty: not known; `<`: one back; Ctrl-C: stop, everything is kept.", id=taken.id[:8])
    )
    every = load_interview()
    asked: list[str] = []
    shown = ""
    while (question := next_question(every, taken.answers)) is not None:
        if question.key != shown:
            _ask(question, every.index(question) + 1, len(every))
            shown = question.key
        given = str(click.prompt("  ", prompt_suffix="> ", default="", show_default=False))
        if given.strip() == _BACK:
            if asked:
                taken, shown = keep(app.store, taken, asked.pop(), ""), ""
            continue
        try:
            answer = read_answer(question, given, app.inventory, now=app.clock.now())
        except UsageError as error:
            _say_again(error)
            continue
        taken = keep(app.store, taken, question.key, answer)
        asked.append(question.key)
        _echo(app, question, given, answer)
    return taken


def _say_again(error: UsageError) -> None:
    render.line(f"  {retell(error.message)}" + (f" → {retell(error.hint)}" if error.hint else ""))


def _echo(app: App, question: Question, given: str, answer: str) -> None:
    """What was understood, where that is not what was typed."""
    from atttcli.incident.interview import UNKNOWN

    option = question.option(answer)
    meant = answer
    if answer == UNKNOWN:
        meant = _("not known")
    elif option is not None:
        meant = localised({"t": option.vi, "t_en": option.en}, "t")
    elif question.kind == "moment":
        meant = moment(int(answer))
    elif question.kind == "agency":
        meant = app.organisation.name_of(answer)
    elif question.kind == "yes":
        meant = _("yes") if answer == "yes" else _("no")
    if meant != given.strip() and (given.strip() or answer == UNKNOWN):
        render.line(f"    = {meant}")


def _ask(question: Question, place: int, count: int) -> None:
    render.line(f"[{place}/{count}] {localised({'t': question.vi, 't_en': question.en}, 't')}")
    for number, option in enumerate(question.options, 1):
        render.line(f"    {number}. {localised({'t': option.vi, 't_en': option.en}, 't')}")
    if question.kind == "yes":
        render.line("    " + _("y: yes, n: no, ?: not known"))


def _finish(app: App, taken: Call, detected: int | None, owner: str, sure: bool, as_json: bool) -> None:
    from dataclasses import replace

    from atttcli.incident.call import finish, read_call
    from atttcli.incident.metrics import is_drill
    from atttcli.profile import load_profile

    law = load_profile(app.workspace.profile)
    reading = read_call(taken, law, app.inventory, app.workspace.language)
    if detected is None and not sure:
        detected = _confirm_detected(app, reading.detected)
    if detected is not None:
        reading = replace(reading, detected=detected)
    number = finish(
        app.journal, taken, reading, app.workspace.organisation, app.workspace.profile, owner or app.identity.name,
        exercise=is_drill(app.workspace.root),
    )  # fmt: skip
    remember(app, number)
    _close(app, taken, reading, law, number, as_json)


def _confirm_detected(app: App, proposed: int) -> int:
    """T0 as the officer confirms it; a slip of the keyboard only asks again."""
    from atttcli.incident.spoken import said_moment

    shown = moment(proposed)
    while True:
        given = str(click.prompt(_("Time of detection (T0)"), default=shown))
        if given == shown:
            return proposed  # to the second: what is shown has none
        try:
            return said_moment(given, app.clock.now())
        except UsageError as error:
            _say_again(error)


def _close(app: App, taken: Call, reading: Reading, law: Profile, number: str, as_json: bool) -> None:
    """What the officer does next: read aloud, watch the clocks, start the playbook, send the notice."""
    from atttcli.incident.interview import card_for

    page = card_for(reading.category)
    papers = _notice(app, taken, reading, law, number)
    clocks = app.store.rows(
        "SELECT code, name, name_en, due FROM deadline WHERE incident = ? ORDER BY due, code", number
    )
    book = _playbook(app, reading.category)
    command = f"atttcli playbook run start {book} --incident {number}"
    if as_json:
        render.emit_json(
            {
                "number": number, "title": reading.title, "category": reading.category, "severity": reading.severity,
                "agency": reading.agency, "system": reading.system, "detected": rfc3339(reading.detected),
                "card": page.code, "clocks": [{"code": one["code"], "due": rfc3339(one["due"])} for one in clocks],
                "playbook": book, "notice": [str(path) for path in papers], "call": taken.id,
            }
        )  # fmt: skip
        return
    render.line("")
    render.line(_("{number} is open: {title}", number=number, title=reading.title))
    render.line("")
    render.line(_("READ ALOUD:"))
    for text in card_lines(app, page):
        render.line("  " + text)
    render.line("")
    render.line(_("T0 {time}; the clocks that follow:", time=moment(reading.detected)))
    for one in clocks:
        render.line(f"  {moment(one['due'])}  {one['code']}  {localised(one, 'name')}")
    render.line(_("Playbook: {command}", command=command))
    for path in papers:
        render.line(_("Drafted notice: {path}", path=path))


def _playbook(app: App, category: str) -> str:
    """The shortest name of a playbook that says it fits this type, else the ordinary process."""
    from atttcli.playbook.fitting import fitting_playbook

    return fitting_playbook(category, app.workspace.profile, app.workspace.root, app.store, app.clock.now())


def _notice(app: App, taken: Call, reading: Reading, law: Profile, number: str) -> list[Any]:
    from dataclasses import replace

    from atttcli.incident.metrics import is_drill
    from atttcli.incident.notice import draft_notice
    from atttcli.reports.letter import render_letter
    from atttcli.store.durable import write_whole

    spoken: Literal["vi", "en"] = "en" if app.workspace.language == "en" else "vi"
    letter = draft_notice(number, taken, reading, law, app.inventory, spoken, app.clock.now())
    letter = replace(letter, exercise=is_drill(app.workspace.root))
    app.workspace.outbox.mkdir(exist_ok=True)
    paths = []
    for kind in ("docx", "txt"):
        path = app.workspace.outbox / f"thong-bao-{number}.{spoken}.{kind}"
        if not path.exists():  # somebody may have worked on the draft already
            write_whole(path, render_letter(letter, kind))
        paths.append(path)
    return paths


def _list(app: App, as_json: bool) -> None:
    from atttcli.incident.call import open_calls

    found = open_calls(app.store)
    if as_json:
        render.emit_json_lines(
            {"id": one.id, "started": rfc3339(one.started), "actor": one.actor, "answers": dict(one.answers)}
            for one in found
        )
        return
    render.table(
        [_("Call"), _("Started"), _("By"), _("Answers"), _("Agency")],
        ((one.id[:8], moment(one.started), one.actor, len(one.answers), one.known("agency") or "-") for one in found),
    )


def _questions(as_json: bool) -> None:
    from atttcli.incident.interview import load_interview

    if as_json:
        render.emit_json_lines(
            {
                "key": one.key, "kind": one.kind, "text": one.vi, "text_en": one.en, "field": one.field,
                "options": [option.code for option in one.options], "when": {key: list(values) for key, values in one.when},
            }
            for one in load_interview()
        )  # fmt: skip
        return
    render.table(
        [_("Key"), _("Question"), _("Answers")],
        (
            (
                one.key, localised({"t": one.vi, "t_en": one.en}, "t"),
                ", ".join(option.code for option in one.options) or one.kind,
            )
            for one in load_interview()
        ),
        wide=(1,),
    )  # fmt: skip


def _card_json(one: Card) -> dict[str, Any]:
    return {
        "code": one.code, "fits": list(one.fits),
        "vi": {"title": one.vi.title, "say": list(one.vi.say), "never": list(one.vi.never)},
        "en": {"title": one.en.title, "say": list(one.en.say), "never": list(one.en.never)},
    }  # fmt: skip
