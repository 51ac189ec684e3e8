"""How a scan tells what it found: a table for people, JSON for machines, one line for a scheduler, and a log that rotates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.alert_view import severity_word
from atttcli.cli.matching import Rows, Tally
from atttcli.clock import local_text
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.scan_log import ScanLog
    from atttcli.cli.scan_store import Storage
    from atttcli.engine import EngineProblem
    from atttcli.field.records import HostRecord
    from atttcli.model.alert import Detection
    from atttcli.scan.account import Listed, ScanAccount
    from atttcli.scan.run import ScanSettings

_COLUMNS = ("File", "Rule", "Severity", "Why")


@dataclass(frozen=True, slots=True)
class Telling:
    """What was asked for. `one_line` is for a scheduler: a line whatever happened, the rest in the log."""

    as_json: bool = False
    one_line: bool = False
    list_skipped: bool = False
    log: Path | None = None

    @property
    def quiet(self) -> bool:
        """Whether nobody looks on."""
        return self.as_json or self.one_line

    @contextmanager
    def begun(self) -> Iterator[Listing]:
        """The listing of one run."""
        log = None
        if self.log is not None:
            from atttcli.cli.scan_log import ScanLog

            log = ScanLog(self.log)
        try:
            yield Listing(self, log)
        finally:
            if log is not None:
                log.close()
                if log.failed:
                    render.warn(
                        _("The log {path} could not be written to the end: {why}", path=self.log, why=log.failed)
                    )


@dataclass(slots=True)
class Listing:
    """Findings, problems and the account of one run, as they come."""

    telling: Telling
    log: ScanLog | None = None
    rows: Rows = field(default_factory=lambda: Rows(tuple(_(name) for name in _COLUMNS), wide=(0, 3)))

    def found(self, one: Detection, told_why: str = "") -> None:
        """A finding; `told_why` says its reasons in the reader's language."""
        told = {"kind": "detection", **detection_object(one)}
        self._write(told)
        if self.telling.as_json:
            render.emit_json(told)
        elif not self.telling.one_line:
            self.rows.add(one.origin.path, one.rule_id, severity_word(one.severity), told_why or "; ".join(one.why[:2]))

    def problem(self, problem: EngineProblem, tally: Tally) -> None:
        """Something that was not judged."""
        self._write({"kind": "problem", "where": str(problem.where), "reason": problem.reason})
        if self.telling.one_line:
            tally.problems += 1
        else:
            tally.problem(problem)

    def host(self, record: HostRecord) -> None:
        """Something seen of the host, or not to be seen."""
        told = host_object(record.check, record.kind, record.subject, record.detail)
        self._write(told)
        if self.telling.as_json:
            render.emit_json(told)

    def missed(self, where: str, reason: str, tally: Tally) -> None:
        """Something of the host that could not be looked at."""
        if self.telling.one_line:
            tally.problems += 1
        else:
            tally.note(where, reason)

    def heard(self, settings: ScanSettings) -> ScanSettings:
        """The settings with which each file that was not judged is told, when that was asked for."""
        return replace(settings, left_out=self._left_out) if self.telling.list_skipped else settings

    def _left_out(self, one: Listed) -> None:
        told = {"kind": "skipped", **one.to_json()}
        self._write(told)
        if self.telling.as_json:
            render.emit_json(told)
        elif not self.telling.one_line:
            render.line(f"{_(one.column)} ({retell(one.why)}): {one.path}")

    def ended(self, account: ScanAccount, storage: Storage) -> None:
        """The account, once everything is stored."""
        self.rows.show()
        stored = storage.finish(account)
        told = {"kind": "account", **account.to_json(), "stored": stored}
        self._write(told)
        if self.telling.as_json:
            render.emit_json(told)
        elif self.telling.one_line:
            render.line(summary_line(account))
        else:
            show_account(account)
            storage.tell()

    def _write(self, value: dict[str, Any]) -> None:
        if self.log is not None:
            self.log.write(value)


def told_by(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets them as `telling`."""

    @functools.wraps(command)
    def run(*words: Any, as_json: bool, one_line: bool, list_skipped: bool, log: Path | None, **options: Any) -> None:
        command(*words, telling=Telling(as_json, one_line, list_skipped, log), **options)

    options = (
        click.option(
            "--list-skipped", is_flag=True,
            help="Name each file that was not judged, and why: links and pipes, too (with --quiet: in the log).",
        ),
        click.option("--quiet", "one_line", is_flag=True, help="One line at the end, for a scheduler; nothing else."),
        click.option(
            "--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
            help="Also write JSON lines to this file; it rotates (1 MB, 5 older ones).",
        ),
        click.option("--json", "as_json", is_flag=True, help="One JSON object a line: detections, then the account."),
    )  # fmt: skip
    for option in reversed(options):
        run = option(run)
    return run


def summary_line(account: ScanAccount) -> str:
    """`23/11/2026 12:30: 1.204 files, 3 findings, complete`."""
    files = account.files
    parts = [
        ngettext("{count} file", "{count} files", files.found),
        _("{count} read", count=files.scanned),
        _("{count} unchanged", count=files.unchanged),
        ngettext("{count} finding", "{count} findings", account.detections),
    ]
    holes = len(account.listed) + account.unlisted
    if files.stopped:
        parts.append(_("stopped early: {limit}", limit=_(files.stopped)))
    parts.append(_("complete") if account.complete else _("with holes ({count} not judged)", count=holes))
    return f"{local_text(account.ended, seconds=False)}: " + ", ".join(parts)


def detection_object(found: Detection) -> dict[str, object]:
    """A finding of a scan, whichever engine made it."""
    return {
        "engine": found.engine,
        "path": found.origin.path,
        "rule": found.rule_id,
        "title": found.title,
        "severity": found.severity.label,
        "sha256": found.origin.sha256,
        "why": list(found.why),
        "strings": found.detail.get("strings", []),
    }


def show_account(account: ScanAccount) -> None:
    """The columns, line by line; they add up to the files met."""
    files = account.files
    rows: list[tuple[object, object]] = [
        (_("scanned"), files.scanned),
        (_("unchanged since an earlier scan"), files.unchanged),
    ]
    rows += [(_("skipped: {why}", why=_(why)), count) for why, count in sorted(files.skipped.items())]
    rows += [(_("failed: {why}", why=_(why)), count) for why, count in sorted(files.failed.items())]
    rows += [
        (_("files met"), files.found),
        (_("archive members"), files.members),
        (_("archive members not judged"), files.member_problems),
        (_("rules"), account.rules),
        (_("rules refused"), account.rules_refused),
        (_("findings"), account.detections),
    ]
    render.table((_("Account"), _("Number")), rows)
    for note in account.notes:
        render.warn(note)
    if files.stopped:
        render.warn(_("Stopped early: {limit}. Run it again to go on.", limit=_(files.stopped)))
    if not files.complete:
        render.warn(_("The coverage has holes: see the lines above."))


def host_object(check: str, kind: str, subject: str, detail: dict[str, Any], rule: str = "") -> dict[str, object]:
    """A record of the host as `--json` tells it."""
    return {"kind": f"host-{kind}", "check": check, "subject": subject, "rule": rule, "detail": detail}
