"""From a drill's room to the values of the forms that people fill in by hand."""

from __future__ import annotations

from collections.abc import Iterator

from atttcli.drill.after import head_of
from atttcli.drill.logbook import permit_of
from atttcli.drill.match import Reader
from atttcli.drill.payload import spoken
from atttcli.drill.places import filled
from atttcli.drill.play import Play
from atttcli.drill.rating import grades_of, verdict
from atttcli.drill.room import Room
from atttcli.drill.score import score
from atttcli.inventory.organisation import Organisation
from atttcli.model.drill import Expectation, Grade, Inject, LogLine, Module, Said
from atttcli.model.drill_forms import DrillForms, FormLine, SheetModule, SheetQuestion

_WHOLE = Module("", Said(), Said())  # of a scenario that is not divided


def build_forms(room: Room, place: Organisation, as_of: int) -> DrillForms:
    """The forms as the drill stands: before the start all that is to be filled in is empty."""
    play = room.play()
    permit, scenario = permit_of(scenario=room.scenario, planned=room.planned, scoped=play.scoped), room.scenario
    places = room.planned["places"]

    def fill(text: Said) -> Said:
        return Said(filled(text.vi, places), filled(text.en, places))

    return DrillForms(
        head=head_of(room, place, as_of),
        authority=permit.authority,
        begins=permit.begins,
        ends=permit.ends,
        targets=tuple((one, fill(text)) for one, text in permit.scope.targets),
        tools=tuple(map(fill, permit.scope.tools)),
        forbidden=tuple(map(fill, permit.scope.forbidden)),
        depth=fill(permit.scope.depth),
        stop=fill(permit.scope.stop),
        rules=tuple(map(fill, scenario.rules)),
        goals=tuple((one.id, fill(one.text)) for one in scenario.goals),
        lines=tuple(_line(one, play) for one in play.log),
        modules=tuple(_modules(room, play)),
        total=round(score(scenario, play).total, 2) if play.started is not None and not room.is_sealed else None,
    )


def _line(one: LogLine, play: Play) -> FormLine:
    grades = list(play.grades.get(one.id, {}).values())
    mean, apart = verdict(grades)
    return FormLine(
        one.id, one.at, one.side, one.by, one.text, one.target, one.technique, one.level, one.answers, one.what, one.goal,
        one.evidence, one.outside, mean, _grades(grades), apart,
    )  # fmt: skip


def _grades(given: list[Grade]) -> tuple[tuple[str, float, str], ...]:
    return tuple((one.rater, one.value, one.reason) for one in sorted(given, key=lambda one: one.rater))


def _modules(room: Room, play: Play) -> Iterator[SheetModule]:
    reader, places = Reader(room.scenario, play), room.planned["places"]
    for module in room.scenario.modules or (_WHOLE,):
        questions = tuple(
            _question(room, reader, inject, one)
            for inject in room.scenario.injects
            if inject.module == module.id and not inject.branch
            for one in inject.expects
            if one.kind in ("decision", "report")
        )
        name = module.name if module.id else Said()
        text = Said(filled(module.text.vi, places), filled(module.text.en, places))
        yield SheetModule(module.id, name, text, module.minutes, questions)


def _question(room: Room, reader: Reader, inject: Inject, one: Expectation) -> SheetQuestion:
    places = room.planned["places"]
    given = reader.answer(one)
    votes = dict(given.data.get("votes") or {}) if given is not None else {}
    options = sorted(one.options, key=lambda option: option.id)
    return SheetQuestion(
        id=one.id,
        inject=inject.id,
        said=spoken(inject, room.making(inject.id)).split("\n", 1)[1].rsplit("\n", 1)[0],
        text=Said(filled(one.text.vi, places), filled(one.text.en, places)),
        options=tuple(
            (option.id, Said(filled(option.text.vi, places), filled(option.text.en, places))) for option in options
        ),
        at=given.at if given is not None else None,
        choice=str(given.data.get("choice") or "") if given is not None and options else "",
        votes=tuple((str(name), int(count)) for name, count in votes.items()),
        answer=str(given.data.get("text") or "") if given is not None else "",
        grades=_grades(grades_of(given, reader.play.grades.get(one.id, {}))) if given is not None else (),
    )
