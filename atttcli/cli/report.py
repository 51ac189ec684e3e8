"""`atttcli report`: official papers of the workspace. A plain rendering writes nothing to the journal; `--issue` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.lazy import LazyGroup
from atttcli.cli.paper_layout import TEMPLATE, incident_bytes, laid_out, layouts, tell_used, told_json, with_given
from atttcli.cli.render import emit_json, line, warn
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import UsageError
from atttcli.text.messages import LANGUAGES, _, language, use_language

if TYPE_CHECKING:
    from atttcli.report import IncidentReport

_FORMATS = ("docx", "pdf", "html", "md", "json")
_USUAL = ("docx", "html")
_TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


_PAPER = "atttcli.cli.report_paper"
_REGISTER = "atttcli.cli.report_register"


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (_PAPER, "list_", "Which papers there are, and in which languages."),
        "paper": (_PAPER, "paper", "Draft a paper: notice, forms 01 to 06, quick report, annex, card."),
        "week": (_PAPER, "week", "The weekly report, beside last week's."),
        "period": (_PAPER, "period", "The periodic report to the steering committee."),
        "all": ("atttcli.cli.report_all", "all_", "Every paper there is, into one folder."),
        "build": ("atttcli.cli.report_build", "build", "Render again from a kept model."),
        "issued": (_REGISTER, "issued", "Record that a paper went out under a number; keep what was sent."),
        "register": (_REGISTER, "register", "The register of papers that went out."),
        "reprint": (_REGISTER, "reprint", "Write exactly what was sent."),
        "why": (_REGISTER, "why", "What a figure on a paper was counted from."),
        "check": (_REGISTER, "check", "Measure papers (docx, pdf) against Decree 30/2020."),
        "template": (
            "atttcli.cli.report_template",
            "template",
            "Templates of your own: list, copy, lint, vars, preview.",
        ),
        "advisory": ("atttcli.cli.advisory_papers", "letter", "Render the letters of an advisory into the outbox."),
        "custody": ("atttcli.cli.evidence_custody", "form", "The printed custody form of an exhibit."),
    },
)
def report() -> None:
    """Render official papers.

    \b
    Examples:
      atttcli report list
      atttcli report paper initial SC-2026-0001
      atttcli report incident SC-2026-0001 --format docx --format html
    """


@report.command("incident")
@click.argument("number")
@click.option(
    "--format", "formats", type=click.Choice(_FORMATS), multiple=True, help="Repeatable; docx and html if absent."
)
@click.option("--output", "-o", metavar="PATH", help="File, folder, or - for stdout; else the workspace's outbox.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the paper.")
@click.option("--draft", is_flag=True, help="Mark as a draft and name the legal data that nobody has verified.")
@click.option("--organ", metavar="CODE", default="", help="Who issues it: a code of the organisation's organs.")
@click.option("--tlp", type=click.Choice(_TLP), help="Mark of the paper.")
@click.option("--issue", metavar="NUMBER", default="", help="It goes out under this number: recorded in the journal.")
@TEMPLATE
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Tell what was written as one JSON object; with -o -, the report itself as JSON.",
)
@with_app
def incident(
    app: App,
    number: str,
    formats: tuple[str, ...],
    output: str | None,
    lang: str | None,
    draft: bool,
    organ: str,
    tlp: str | None,
    issue: str,
    templates: tuple[Path, ...],
    as_json: bool,
) -> None:
    """The report of one incident: facts, timeline, alerts, tasks, evidence, chain head.

    \b
    Example:
      atttcli report incident SC-2026-0001 --lang en --format md -o -
      atttcli report incident SC-2026-0001 --format docx --issue 45/BC-STTTT
    """
    from atttcli.reports.register import canonical, refuse_second

    if issue and draft:
        raise UsageError("a draft is not issued", hint="leave out --draft or --issue")
    issue = canonical(issue) if issue else ""
    chosen = with_given(formats, templates) or ((("json",) if as_json else ("md",)) if output == "-" else _USUAL)
    _check_output(output, chosen, issue)
    if output == "-" and as_json and chosen != ("json",):
        raise UsageError("stdout takes the paper or what --json tells, not both", hint="--format json -o -, or -o FILE")
    spoken = language()
    use_language(lang or spoken)
    try:
        model = _build(app, number, organ, draft, tlp or "", issue)
        chain = layouts(app, "incident", model.header.language, templates)
        model = laid_out(model, chain.used(chosen))
        papers = {name: incident_bytes(chain, model, name) for name in chosen}
    finally:
        use_language(spoken)
    if issue:
        refuse_second(app.store, issue, model.header.date)
    if output == "-":
        sys.stdout.write(papers[chosen[0]].decode("utf-8"))
        tell_used(model.provenance.templates)
        _tell_missing(model)
        return
    from atttcli.cli.report_output import write_file

    written = [write_file(_target(app, output, model, name, chosen), data) for name, data in papers.items()]
    if issue:
        _record(app, model, issue, papers)
    _tell(model, written, papers, as_json)


def _check_output(output: str | None, formats: tuple[str, ...], issue: str) -> None:
    if output != "-":
        return
    if len(formats) > 1 or formats[0] not in ("md", "html", "json", "txt"):
        raise UsageError("stdout takes one text format", hint="--format md, html or json, once")
    if issue:
        raise UsageError("an issued paper is a file", hint="leave out -o - or --issue")


def _build(app: App, number: str, organ: str, draft: bool, tlp: str, issue: str) -> IncidentReport:
    from atttcli.cli.current import incident_number
    from atttcli.profile import load_profile
    from atttcli.reports.build import Paper, build_report

    found = incident_number(app, number)
    now = app.clock.now()
    paper = Paper(
        language="en" if language() == "en" else "vi",
        organ=organ,
        number=issue,
        date=from_micros(now, VIETNAM).date().isoformat() if issue else "",
        draft=draft,
        tlp=tlp,  # type: ignore[arg-type]  # click gives only the marks of the contract
    )
    profile = load_profile(app.store.value("SELECT profile FROM incident WHERE number = ?", found))
    return build_report(app.journal, found, app.inventory, profile, paper, now)


def _target(app: App, output: str | None, model: IncidentReport, name: str, formats: tuple[str, ...]) -> Path:
    """`bao-cao-SC-2026-0001.vi.docx` in the outbox or the folder given; the very file when one format goes to one path.

    A draft, and a paper that goes out under a number, have names of their own: no later rendering writes over them.
    """
    parts = ["bao-cao", model.incident.number]
    if model.header.number:
        parts.append(f"so-{model.header.number}")
    elif model.marks.draft:
        parts.append("du-thao")
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "_" for char in "-".join(parts))
    file = f"{safe}.{model.header.language}.{name}"
    if output is None:
        app.workspace.outbox.mkdir(exist_ok=True)
        return app.workspace.outbox / file
    path = Path(output)
    if path.is_dir():
        return path / file
    return path if len(formats) == 1 else path.with_name(f"{path.stem}.{name}")


def _record(app: App, model: IncidentReport, issue: str, papers: dict[str, bytes]) -> None:
    """Into the register, with the bytes in the vault: `report reprint` gives exactly them."""
    from atttcli.cli.incident_input import vault_of
    from atttcli.report_json import to_json
    from atttcli.reports.register import MODEL, keep

    vault = vault_of(app)
    held = {**papers, MODEL: to_json(model)}
    digests = {name: keep(vault, data, f"{issue} {name}") for name, data in held.items()}
    head = model.header
    issue = f"{head.number}/{head.symbol}" if head.symbol else head.number
    body = {
        "document": issue, "date": head.date, "code": "incident", "title": "BÁO CÁO" if head.language == "vi" else "REPORT",
        "subject": model.incident.number, "language": head.language, "recipients": [*head.addressees, *head.recipients],
        "sha256": digests, "kept": sorted(digests), "model": digests[MODEL],
        "templates": [
            {"format": one.format, "name": one.name, "sha256": one.sha256} for one in model.provenance.templates
        ],
        "head": {"count": model.chain.count, "hash": model.chain.hash} if model.chain else {},
    }  # fmt: skip
    app.journal.append("report.issued", model.incident.number, body)


def _tell(model: IncidentReport, written: list[Path], papers: dict[str, bytes], as_json: bool) -> None:
    if as_json:
        files = [
            {"path": str(path), "format": name, "bytes": len(data)}
            for path, (name, data) in zip(written, papers.items(), strict=True)
        ]
        told = told_json(model.provenance.templates)
        emit_json(
            {"incident": model.incident.number, "files": files, "templates": told, "missing": list(model.missing)}
        )
        return
    for path in written:
        line(_("Written: {path}", path=path))
    tell_used(model.provenance.templates)
    _tell_missing(model)
    if model.marks.unverified:
        warn(
            _("Legal data not verified by us: {count} (a draft lists them: --draft)", count=len(model.marks.unverified))
        )


def _tell_missing(model: IncidentReport) -> None:
    if not model.missing:
        return
    from atttcli.reports.wording import wording

    names = wording(language()).missing
    warn(_("Still missing: {what}", what="; ".join(names.get(name, name) for name in model.missing)))
