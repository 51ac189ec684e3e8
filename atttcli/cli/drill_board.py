"""The live board of a drill for the wall: clock, injects, teams, score so far. No scenario, no text, no answer on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atttcli.cli.drill_open import mark, team_word
from atttcli.cli.drill_words import capability_word, channel_word
from atttcli.clock import VIETNAM, from_micros
from atttcli.text.display import display
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.drill.room import Room

Line = tuple[str, str]  # text, style: "mark", "head", "dim" or ""
BAR = 24
WIDE = 72


@dataclass(frozen=True, slots=True)
class TeamBoard:
    """One team as the wall may see it. Times in microseconds; `goals`: (id, capability, score so far or None, letter)."""

    code: str
    name: str
    phase: str
    rate: int
    now: int
    scenario: int
    duration: int
    active: int
    told: int
    injects: int
    score: float | None
    goals: tuple[tuple[str, str, float | None, str], ...]
    recent: tuple[tuple[str, int, str, str], ...]
    reason: str = ""
    gates: tuple[str, ...] = ()


def team_board(room: Room) -> TeamBoard:
    """A team's drill as it stands now."""
    from atttcli.cli.drill_open import roles_of
    from atttcli.drill.score import score

    play = room.play()
    moment = play.not_before(room.journal.clock.now())
    now = play.clock_at(moment)
    found = score(room.scenario, play)
    roles, injects = roles_of(room), {one.id: one for one in room.scenario.injects}
    capabilities = {one.id: one.capability for one in room.scenario.goals}
    told = sorted(play.deliveries.values(), key=lambda one: (-one.scenario, one.inject))
    paused = [reason for _seq, verb, reason in play.reasons if verb == "drill.paused"]
    return TeamBoard(
        code=room.code,
        name=team_word(room),
        phase=now.phase,
        rate=now.rate,
        now=moment,
        scenario=now.scenario,
        duration=room.scenario.duration,
        active=now.active,
        told=len(told),
        injects=len(room.scenario.injects),
        score=found.total if play.started is not None else None,
        goals=tuple((one.id, capabilities[one.id], one.score, one.letter) for one in found.goals),
        recent=tuple(
            (one.inject, one.scenario, injects[one.inject].channel, roles.get(injects[one.inject].to, "")) for one in told
        ),
        reason=paused[-1] if paused and now.phase == "paused" else "",
        gates=found.gates,
    )  # fmt: skip


def board_lines(teams: Sequence[TeamBoard], width: int, height: int) -> list[Line]:
    """The board for a screen of this size: nothing is wider, nothing is longer; what matters most comes first."""
    lines = [*_head(teams[0], width)]
    for one in teams:
        lines += _team(one, width, alone=len(teams) == 1)
    foot = (_("Ctrl-C leaves the board; the clock runs on."), "dim")
    room = max(height - len(lines) - 3, 0)
    if len(teams) == 1 and room and teams[0].recent:
        lines.append((_("Handed over, newest first:"), "head"))
        lines += [(_told(one), "") for one in teams[0].recent[:room]]
    lines = [*lines[: max(height - 1, 1)], foot][: max(height, 1)]
    return [(clipped(text, width), style) for text, style in lines]


def plain_board(room: Room) -> Iterator[str]:
    """The same for a pipe or a short look: one line for the team, one for each objective."""
    from atttcli.drill.spans import span_text

    one = team_board(room)
    yield _(
        "{team}: {phase}, scenario {scenario} of {whole}, active {active}, {told} of {all} injects, score {score}",
        team=one.name, phase=phase_line(one).lower(), scenario=span_text(one.scenario), whole=span_text(one.duration),
        active=span_text(one.active), told=one.told, all=one.injects, score=number(one.score),
    )  # fmt: skip
    if one.gates:
        yield _("The result is VOID: {gates}", gates=", ".join(one.gates))
    letters = one.phase == "ended"
    for id, capability, value, letter in one.goals:
        said = f"{number(value)} {letter}" if letters and letter else number(value)
        yield f"  {id}  {said:>7}  {capability_word(capability)}"


def _head(first: TeamBoard, width: int) -> Iterator[Line]:
    """The mark over the whole width, then the clock that all share: the first team's."""
    from atttcli.drill.spans import span_text

    text = mark(first.code) if width >= 60 else _("EXERCISE") + f" {first.code}"
    yield text.center(width)[:width], "mark"
    yield "", ""
    rate = f" (×{first.rate / 1000:g})" if first.rate != 1000 else ""
    state = phase_line(first) + rate
    yield f"{from_micros(first.now, VIETNAM):%H:%M:%S}  {state}", "head"
    done = min(BAR, BAR * first.scenario // max(first.duration, 1))
    bar = "#" * done + "." * (BAR - done)
    clock = f"{span_text(first.scenario)} / {span_text(first.duration)}"
    yield (f"{_('Scenario')}  {clock}  [{bar}]" if width >= 60 else f"{_('Scenario')}  {clock}"), ""
    yield f"{_('Real time, pauses not counted')}  {span_text(first.active)}", ""
    yield "", ""


def phase_line(one: TeamBoard) -> str:
    """The state of the clock; a paused one says why."""
    from atttcli.cli.drill import phase_word

    word = phase_word(one.phase).upper()
    if one.reason == "real-incident":
        return f"{word}: " + _("real incident")
    return f"{word}: {one.reason}" if one.reason else word


def _team(one: TeamBoard, width: int, *, alone: bool) -> Iterator[Line]:
    figures = _(
        "injects {told} of {all}, score so far {score}", told=one.told, all=one.injects, score=number(one.score)
    )
    yield f"{one.name}: {figures}", "head"
    if not alone:
        yield f"  {phase_line(one)}", ""
    goals = [f"{id} {capability_word(cap)} {number(value)}" for id, cap, value, _letter in one.goals]
    if width >= WIDE and alone:
        yield from ((f"  {text}", "") for text in goals)
    else:
        yield "  " + " · ".join(f"{id} {number(value)}" for id, _cap, value, _letter in one.goals), ""
    if one.gates:
        yield _("The result is VOID: {gates}", gates=", ".join(one.gates)), "mark"
    yield "", ""


def _told(one: tuple[str, int, str, str]) -> str:
    from atttcli.drill.spans import span_text

    id, at, channel, role = one
    return f"  {id:<4} {span_text(at):>8}  {channel_word(channel)}" + (f" → {role}" if role else "")


def number(value: float | None) -> str:
    """A score as the reader's language writes it."""
    from atttcli.text.messages import language

    if value is None:
        return "-"
    return f"{value:.1f}".replace(".", "," if language() == "vi" else ".")


def clipped(text: str, width: int) -> str:
    """At most `width` cells, made safe; what was cut off is shown by an ellipsis."""
    from unicodedata import combining

    safe = display(text)
    if len(safe) <= width:
        return safe
    kept = safe[: max(width - 1, 0)]
    while kept and combining(safe[len(kept)]):
        kept = kept[:-1]
    return kept + "…"
