"""`atttcli advisory sent | ack | reply | verify | remind | escalate | exempt`: what became of each agency's copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.advisory_view import AS_JSON, delivery_json, machines, moment_of, numbered, state_word
from atttcli.cli.context import App, with_app
from atttcli.errors import UsageError
from atttcli.model.advisory import CHANNELS
from atttcli.text.display import display
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.model.advisory import Answer
    from atttcli.source import ReadProblem

_HOW = click.Choice(CHANNELS)
_AT = click.option("--at", default="", metavar="TIME", help="When (else now).")


def _agencies(app: App, number: str, words: Sequence[str]) -> list[str]:
    """Codes of the agencies that a person named; a delivery is known by the code it went to."""
    from atttcli.advisory.desk import deliveries
    from atttcli.advisory.targets import agency_code

    known = {row["agency"] for row in deliveries(app.store, number)}
    found = (word if word in known else _known(app, agency_code(app.inventory, word), word, known) for word in words)
    return list(dict.fromkeys(found))


def _known(app: App, code: str, word: str, known: set[str]) -> str:
    plain = app.inventory.find_agency(word)
    return plain.code if code not in known and plain is not None else code


def _show(app: App, number: str, agencies: Sequence[str], as_json: bool) -> None:
    from atttcli.advisory.desk import deliveries

    rows, now = deliveries(app.store, number, agencies), app.clock.now()
    if as_json:
        render.emit_json_lines(delivery_json(app, row, now) for row in rows)
        return
    if len(rows) > 5:
        render.line(
            ngettext(
                "{number}: {count} delivery recorded.",
                "{number}: {count} deliveries recorded.",
                len(rows),
                number=number,
            )
        )
        return
    for row in rows:
        name = app.organisation.name_of(row["agency"])
        render.line(f"{number}  {name} ({row['agency']}): {state_word(row['state'])} {machines(row)}")


@click.command()
@click.argument("number")
@click.argument("agencies", nargs=-1)
@click.option("--how", type=_HOW, required=True, help="By which way it went.")
@click.option("--proof", default="", help="What proves it: a register's line, a mail's id, a receipt.")
@_AT
@AS_JSON
@with_app
def sent(app: App, number: str, agencies: tuple[str, ...], how: str, proof: str, at: str, as_json: bool) -> None:
    """Record that copies left the house; without AGENCIES every one that was not sent yet.

    \b
    Examples:
      atttcli advisory sent CV-2026-0001 --how edoc --proof "trục liên thông 23/11 09:15"
      atttcli advisory sent 1 x-vi-huong --how zalo
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    done = desk.send(app.journal, found, _agencies(app, found, agencies), how, proof, moment_of(app, at))
    _show(app, found, done, as_json)


@click.command()
@click.argument("number")
@click.argument("agencies", nargs=-1, required=True)
@click.option("--by", "by", default="", help="Who confirmed: an office or a role.")
@_AT
@AS_JSON
@with_app
def ack(app: App, number: str, agencies: tuple[str, ...], by: str, at: str, as_json: bool) -> None:
    """Record that agencies confirmed receipt.

    \b
    Example:
      atttcli advisory ack CV-2026-0001 so-y-te x-vi-huong --by "văn thư"
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    done = desk.acknowledge(app.journal, found, _agencies(app, found, agencies), by, moment_of(app, at))
    _show(app, found, done, as_json)


@click.command()
@click.argument("number")
@click.argument("agency", required=False)
@click.argument("result", required=False)
@click.option("--machines", "machines_", default="", help="Line 1: which machines.")
@click.option("--scanned", default="", help="Line 2: scanned with what.")
@click.option("--on", "day", default="", metavar="DAY", help="Line 4: when it was done.")
@click.option("--by", "by", default="", help="Line 5: who did it: an office or a position.")
@click.option("--channel", type=_HOW, default="phone", show_default=True, help="How the answer came.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A table (CSV, XLSX) of answers, a mail (.eml) or a filled-in form (DOCX); repeatable.",
)
@AS_JSON
@with_app
def reply(
    app: App, number: str, agency: str | None, result: str | None, machines_: str, scanned: str, day: str, by: str,
    channel: str, files: tuple[Path, ...], as_json: bool,
) -> None:  # fmt: skip
    """Record an answer: `3/5` machines, `không bị ảnh hưởng`, `xong`; or the answers of a table or mail.

    Bad rows are listed and the rest is recorded; the same file again changes nothing. Exit 2 when something was bad.

    \b
    Examples:
      atttcli advisory reply CV-2026-0001 x-vi-huong 3/5
      atttcli advisory reply 1 so-y-te "không bị ảnh hưởng" --by "phòng CNTT"
      atttcli advisory reply 1 --file tong-hop.xlsx --file tra-loi.eml
    """
    from atttcli.advisory.replies import make_answer

    found = numbered(app, number)
    if files:
        if agency or result:
            raise UsageError("either an agency's answer or files", hint="atttcli advisory reply CV-… --file F")
        _from_files(app, found, files, as_json)
        return
    if not agency or not result:
        raise UsageError("which agency, and what did it answer?", hint="atttcli advisory reply CV-… CODE 3/5")
    (code,) = _agencies(app, found, [agency])
    at = moment_of(app, day) if day else None
    answer = make_answer(code, result, machines=machines_, scanned=scanned, at=at, by=by, channel=channel)
    _record(app, found, [answer], {}, [], 0, as_json)


def _from_files(app: App, number: str, files: Sequence[Path], as_json: bool) -> None:
    from atttcli.advisory.desk import fitting, known_files
    from atttcli.advisory.replies import read_replies

    answers: list[Answer] = []
    told: list[tuple[str, ReadProblem]] = []
    sources: dict[str, str] = {}
    before, again = known_files(app.journal, number), 0
    for path in files:
        found, problems, digest = read_replies(path, number, app.inventory)
        if digest in before:  # what was said since counts
            again += len(found)
        else:
            answers += found
        told += [(path.name, problem) for problem in problems]
        sources[path.name] = digest
    good, bad, same = fitting(app.store, number, answers)
    _record(app, number, good, {"files": sources}, [*told, *_unfit(bad)], same + again, as_json)


def _unfit(bad: Sequence[tuple[Answer, str]]) -> list[tuple[str, ReadProblem]]:
    from atttcli.source import ReadProblem

    return [("", ReadProblem(None, reason, excerpt=answer.result)) for answer, reason in bad]


def _record(
    app: App, number: str, answers: Sequence[Answer], source: dict[str, Any],
    problems: Sequence[tuple[str, ReadProblem]], same: int, as_json: bool,
) -> None:  # fmt: skip
    from atttcli.advisory import desk

    done = desk.reply(app.journal, number, answers, source)
    same += len(answers) - len(done)
    if as_json:
        render.emit_json(
            {
                "advisory": number,
                "recorded": [
                    {"agency": answer.agency, "state": state, "handled": answer.handled, "total": answer.total}
                    for answer, state in done
                ],
                "same": same,
                "problems": [
                    {"file": name, "line": one.line, "reason": one.reason, "excerpt": one.excerpt}
                    for name, one in problems
                ],
            }
        )
    else:
        _tell_replies(app, number, done, same, problems)
    if problems:
        click.get_current_context().exit(2)


def _tell_replies(
    app: App, number: str, done: Sequence[tuple[Answer, str]], same: int, problems: Sequence[tuple[str, ReadProblem]]
) -> None:
    if len(done) <= 5:
        _show(app, number, [answer.agency for answer, _state in done], as_json=False) if done else None
    else:
        render.line(ngettext("{count} answer recorded.", "{count} answers recorded.", len(done)))
    if same:
        render.line(ngettext("{count} answer was known already.", "{count} answers were known already.", same))
    for name, problem in problems:
        place = ":".join(str(part) for part in (name, problem.line) if part)
        told = ": ".join(part for part in (place, retell(problem.reason), display(problem.excerpt, 120)) if part)
        render.warn(told)


@click.command()
@click.argument("number")
@click.argument("agencies", nargs=-1, required=True)
@click.option("--note", default="", help="How it was looked into.")
@click.option("--evidence", multiple=True, metavar="CC-…", help="What proves it; repeatable.")
@click.option("--failed", is_flag=True, help="It is not true: the agency has to go on.")
@click.option(
    "--by-scan", is_flag=True, help="By the scans of all its machines since the letter; refused when they do not agree."
)
@AS_JSON
@with_app
def verify(
    app: App, number: str, agencies: tuple[str, ...], note: str, evidence: tuple[str, ...], failed: bool, by_scan: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Record that an answer was looked into: it is verified, or it failed and the agency has to go on.

    \b
    Examples:
      atttcli advisory verify CV-2026-0001 x-vi-huong --note "không còn kết nối sau 3 ngày"
      atttcli advisory verify 1 so-y-te --failed --note "vẫn kết nối máy chủ điều khiển"
      atttcli advisory verify 1 so-tc --by-scan
    """
    from atttcli.advisory import desk
    from atttcli.errors import UsageError
    from atttcli.store.numbers import resolve_number

    found = numbered(app, number)
    exhibits = [resolve_number(app.store, "evidence", text) for text in evidence]
    codes = _agencies(app, found, agencies)
    if not by_scan:
        done = desk.verify(app.journal, found, codes, note, exhibits, failed)
    elif failed:
        raise UsageError("--by-scan and --failed do not go together")
    else:
        done = _verify_by_scan(app, found, codes, note, exhibits)
    _show(app, found, done, as_json)


def _verify_by_scan(app: App, number: str, codes: Sequence[str], note: str, exhibits: Sequence[str]) -> tuple[str, ...]:
    """An entry for each agency, each with what its own scans say; all of them or none."""
    from atttcli.advisory import desk
    from atttcli.advisory.board import board
    from atttcli.advisory.by_scan import proof_of, scans_since

    with app.journal.transaction():
        rows = [row for row in board(app.store, number) if row["agency"] in codes]
        seen = scans_since(app.store, rows, app.inventory.current, app.clock.now())
        proofs = [(code, proof_of(code, seen.get(code), number)) for code in codes]
        for code, proof in proofs:
            desk.verify(app.journal, number, [code], "; ".join(filter(None, (note, proof))), exhibits)
    return tuple(codes)


@click.command()
@click.argument("number")
@click.argument("agencies", nargs=-1)
@click.option("--how", type=_HOW, default="phone", show_default=True, help="By which way.")
@click.option("--due", default="", metavar="2d|DATE", help="A new term.")
@click.option("--letter", "with_letter", is_flag=True, help="Render the letter to those reminded into the outbox.")
@click.option("--dry-run", is_flag=True, help="Only tell whom.")
@_AT
@AS_JSON
@with_app
def remind(
    app: App,
    number: str,
    agencies: tuple[str, ...],
    how: str,
    due: str,
    with_letter: bool,
    dry_run: bool,
    at: str,
    as_json: bool,
) -> None:
    """Remind agencies; without AGENCIES every one whose term has passed without an answer.

    \b
    Examples:
      atttcli advisory remind CV-2026-0001 --how email --due 2d --letter
      atttcli advisory remind 1 x-vi-huong
    """
    from atttcli.advisory import board, desk
    from atttcli.text.moments import due_moment

    found, now = numbered(app, number), app.clock.now()
    codes = _agencies(app, found, agencies) or [row["agency"] for row in board.late(app.store, now, found)]
    if not codes:
        if not as_json:
            render.line(_("{number}: no agency is late.", number=found))
        return
    term = due_moment(due, now) if due else None
    done: Sequence[str] = codes if dry_run else desk.remind(app.journal, found, codes, how, moment_of(app, at), term)
    if with_letter:
        from atttcli.cli.advisory_papers import write_reminder

        write_reminder(app, found, codes, term or due_moment("2d", now), quiet=as_json)
    _show(app, found, done, as_json)


@click.command()
@click.argument("number")
@click.argument("agencies", nargs=-1)
@click.option("--to", "to", required=True, help="Who was told: the agency's superior, the committee.")
@_AT
@AS_JSON
@with_app
def escalate(app: App, number: str, agencies: tuple[str, ...], to: str, at: str, as_json: bool) -> None:
    """Record that those above were told; without AGENCIES of every one that is late.

    \b
    Example:
      atttcli advisory escalate CV-2026-0001 x-vi-huong --to "UBND huyện Bạch Thông"
    """
    from atttcli.advisory import board, desk

    found = numbered(app, number)
    codes = _agencies(app, found, agencies) or [row["agency"] for row in board.late(app.store, app.clock.now(), found)]
    if not codes:
        if not as_json:
            render.line(_("{number}: no agency is late.", number=found))
        return
    done = desk.escalate(app.journal, found, codes, to, moment_of(app, at))
    _show(app, found, done, as_json)


@click.command()
@click.argument("number")
@click.argument("agencies", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why.")
@click.option("--resume", is_flag=True, help="It is awaited again.")
@AS_JSON
@with_app
def exempt(app: App, number: str, agencies: tuple[str, ...], reason: str, resume: bool, as_json: bool) -> None:
    """Nothing is awaited of these agencies, and why; `--resume` takes that back.

    \b
    Example:
      atttcli advisory exempt CV-2026-0001 x-vi-huong --reason "đã sáp nhập"
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    done = desk.exempt(app.journal, found, _agencies(app, found, agencies), reason, resume)
    _show(app, found, done, as_json)
