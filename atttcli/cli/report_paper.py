"""`atttcli report list`, `paper`, `week`, `period`: draft papers from the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli.context import App, with_app
from atttcli.cli.day import DAY
from atttcli.cli.paper_layout import TEMPLATE, laid_out, layouts, paper_bytes, with_given
from atttcli.cli.render import emit_json_lines, table
from atttcli.cli.report_output import Written, chosen_formats, file_stem, write_all
from atttcli.clock import VIETNAM, from_micros, parse_moment
from atttcli.errors import UsageError, WorkspaceError
from atttcli.text.messages import LANGUAGES, _, language, use_language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atttcli.profile import Profile
    from atttcli.reports.paper import Paper
    from atttcli.reports.papers.catalog import PaperKind
    from atttcli.reports.papers.desk import Desk
    from atttcli.reports.papers.period import Period

FORMATS = ("docx", "pdf", "html", "md", "txt", "json", "csv", "xlsx")
_TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


def drafting(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every drafted paper takes."""
    options = (
        click.option(
            "--format",
            "formats",
            type=click.Choice(FORMATS),
            multiple=True,
            help="Repeatable; docx and html if absent.",
        ),
        click.option(
            "--output", "-o", metavar="PATH", help="File, folder, or - for stdout; else the workspace's outbox."
        ),
        click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the paper."),
        click.option("--organ", metavar="CODE", default="", help="Who issues it: a code of the organisation's organs."),
        click.option("--signer", metavar="NAME", default="", help="Name under the signature."),
        click.option(
            "--text",
            "texts",
            metavar="KEY=TEXT",
            multiple=True,
            help="What only people know: plan, shortcomings, proposals … (TEXT or @FILE).",
        ),
        click.option("--draft", is_flag=True, help="Mark as a draft."),
        TEMPLATE,
        click.option("--tlp", type=click.Choice(_TLP), help="Mark of the paper."),
        JSON,
    )
    for option in reversed(options):
        command = option(command)
    return command


_SPAN = (
    click.option("--of", "of", metavar="PERIOD", default="", help="2021, 2021-05, 2021-Q2, 2021-H1, 2021-W19."),
    click.option("--from", "first", type=DAY, metavar="DAY", help="First day of any span."),
    click.option("--to", "last", type=DAY, metavar="DAY", help="Last day of it."),
)


def _spanned(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_SPAN):
        command = option(command)
    return command


@click.command("list")
@JSON
@with_app
def list_(app: App, as_json: bool) -> None:
    """Which papers there are, what each is about, and in which languages.

    \b
    Example:
      atttcli report list
    """
    from atttcli.reports.papers.catalog import CATALOG

    if as_json:
        emit_json_lines(
            {
                "name": one.name, "code": one.code, "title": one.vi, "title_en": one.en, "about": one.about,
                "languages": list(one.languages), "kinds": list(one.variants),
            }
            for one in CATALOG
        )  # fmt: skip
        return
    about = {"incident": _("an incident"), "period": _("a period"), "card": _("a card"), "none": _("the unit")}
    english = language() == "en"
    table(
        (_("Name"), _("Paper"), _("About"), _("Kinds"), _("Languages")),
        (
            (
                one.name,
                one.en if english else one.vi,
                about[one.about],
                ", ".join(one.variants) or "-",
                ", ".join(one.languages),
            )
            for one in CATALOG
        ),
    )


@click.command()
@click.argument("name")
@click.argument("subject", required=False, default="")
@click.option("--kind", "variant", metavar="KIND", default="", help="Which kind of it: 24h, 72h, update …")
@_spanned
@click.option("--addressee", "to", metavar="AGENCY", multiple=True, help="Agency that an order goes to; repeatable.")
@click.option("--request", "requests", metavar="TEXT", multiple=True, help="What is asked; repeatable.")
@click.option("--due", metavar="TIME", default="", help="By when.")
@click.option("--since", metavar="TIME", default="", help="Tell only what happened from then on.")
@click.option("--profile", metavar="NAME", default="", help="Legal profile of the paper; else the incident's own.")
@drafting
@with_app
def paper(
    app: App, name: str, subject: str, variant: str, of: str, first: str | None, last: str | None, to: tuple[str, ...],
    requests: tuple[str, ...], due: str, since: str, profile: str, formats: tuple[str, ...], output: str | None,
    lang: str | None, organ: str, signer: str, texts: tuple[str, ...], draft: bool, templates: tuple[Path, ...],
    tlp: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Draft a paper: NAME as `report list` says, SUBJECT an incident (@ the current one) or a card.

    Beside the papers stands their model, from which `report issued` and `report build` work. Nothing is recorded.

    \b
    Examples:
      atttcli report paper initial @
      atttcli report paper quick SC-2026-0001 --kind 24h
      atttcli report paper order @ --addressee x-vi-huong --request "Ngắt mạng máy bị nhiễm" --due "2026-11-24 17:00"
      atttcli report paper consolidated --of 2026-H2 --format docx --format xlsx
    """
    from atttcli.reports.papers.catalog import find_kind
    from atttcli.reports.papers.desk import Ask

    found = find_kind(name)
    about = _subject(app, found, subject)
    asked = Ask(
        subject=about,
        period=_period(app, found, of, first, last),
        to=tuple(app.organisation.agency(code).code for code in to),
        requests=requests,
        due=_moment(due),
        since=_moment(since),
        variant=variant,
        texts=_texts(texts),
    )
    _draft(app, found, asked, profile, formats, output, lang, organ, signer, draft, templates, tlp, as_json)


@click.command()
@_spanned
@click.option(
    "--first-day",
    type=click.Choice(("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
    help="The week's first day; else that of atttcli.toml ([report] first_weekday), else Monday.",
)
@drafting
@with_app
def week(
    app: App, of: str, first: str | None, last: str | None, first_day: str | None, formats: tuple[str, ...], output: str | None,
    lang: str | None, organ: str, signer: str, texts: tuple[str, ...], draft: bool, templates: tuple[Path, ...],
    tlp: str | None, as_json: bool,
) -> None:  # fmt: skip
    """The weekly report, beside last week's: figures, incidents, letters, agencies that are silent.

    \b
    Examples:
      atttcli report week
      atttcli report week --of 2026-W47 --first-day sun -o -
    """
    from atttcli.reports.papers.catalog import find_kind
    from atttcli.reports.papers.desk import Ask
    from atttcli.reports.papers.period import WEEKDAYS, latest

    found = find_kind("week")
    weekday = WEEKDAYS.index(first_day or _setting(app, "first_weekday", "mon"))
    period = _period(app, found, of, first, last, weekday) or latest("week", app.clock.now(), weekday)
    asked = Ask(period=period, texts=_texts(texts))
    _draft(app, found, asked, "", formats, output, lang, organ, signer, draft, templates, tlp, as_json)


@click.command()
@_spanned
@click.option(
    "--every",
    type=click.Choice(("month", "quarter", "half", "year")),
    default="quarter",
    show_default=True,
    help="The last whole one, without --of.",
)
@drafting
@with_app
def period(
    app: App, of: str, first: str | None, last: str | None, every: str, formats: tuple[str, ...], output: str | None,
    lang: str | None, organ: str, signer: str, texts: tuple[str, ...], draft: bool, templates: tuple[Path, ...],
    tlp: str | None, as_json: bool,
) -> None:  # fmt: skip
    """The periodic report to the steering committee, each figure beside the last period's, with the plan of the next.

    \b
    Examples:
      atttcli report period --every month
      atttcli report period --from 2020-01-01 --to 2021-05-31 --text plan=@ke-hoach.txt
    """
    from atttcli.reports.papers.catalog import find_kind
    from atttcli.reports.papers.desk import Ask
    from atttcli.reports.papers.period import latest

    found = find_kind("period")
    span = _period(app, found, of, first, last) or latest(every, app.clock.now())
    asked = Ask(period=span, texts=_texts(texts))
    _draft(app, found, asked, "", formats, output, lang, organ, signer, draft, templates, tlp, as_json)


def _draft(
    app: App, found: PaperKind, asked: Any, profile: str, formats: Sequence[str], output: str | None, lang: str | None,
    organ: str, signer: str, draft: bool, templates: Sequence[Path], tlp: str | None, as_json: bool,
) -> None:  # fmt: skip
    from dataclasses import replace

    spoken = language()
    chosen = lang or (spoken if spoken in found.languages else found.languages[0])
    use_language(chosen)
    try:
        desk = desk_of(app, found, asked.subject, profile)
        spoken_by: Any = {"language": chosen, "tlp": tlp or ""}  # click gives only what the contract allows
        desk = replace(desk, organ=organ, signer=signer, draft=draft, **spoken_by)
        made = make_paper(found, desk, asked)
    finally:
        use_language(spoken)
    wanted = with_given(formats, templates)
    chain = layouts(app, found.name, chosen, templates)
    used = chain.used(chosen_formats(wanted, output, as_json))
    made = laid_out(made, used)
    facts, stem = Written(made.code, made.subject, made.as_of, made, used), file_stem(made, found.name)
    write_all(app, facts, lambda name: paper_bytes(chain, made, name), stem, wanted, output, as_json, model=True)


def make_paper(found: PaperKind, desk: Desk, asked: Any) -> Paper:
    """The paper as the workspace stands."""
    from atttcli.reports.papers.catalog import build_paper

    return build_paper(found, desk, asked)


def desk_of(app: App, found: PaperKind, subject: str, profile: str = "") -> Desk:
    """Where papers about this subject are drafted: under the law that its incident was opened under."""
    from atttcli.incident.metrics import is_drill
    from atttcli.reports.papers.desk import Desk

    marked = app.store.value("SELECT exercise FROM incident WHERE number = ?", subject)
    exercise = is_drill(app.workspace.root) or bool(marked)
    return Desk(app.journal, app.inventory, _law(app, found, subject, profile), app.clock.now(), exercise=exercise)


def _law(app: App, found: PaperKind, subject: str, profile: str) -> Profile:
    from atttcli.profile import load_profile

    own = app.store.value("SELECT profile FROM incident WHERE number = ?", subject) if found.about == "incident" else ""
    return load_profile(profile or own or app.workspace.profile)


def _subject(app: App, found: PaperKind, said: str) -> str:
    from atttcli.cli.current import incident_number

    if found.about == "incident":
        return incident_number(app, said or "@")
    if found.about == "card":
        if not said:
            raise UsageError("which card?", hint="atttcli incident card")
        return said
    if said:
        raise UsageError(
            f"{found.name} is about no {said[:20]!r}", hint=f"atttcli report paper {found.name} --of 2026-H1"
        )
    return ""


def _period(
    app: App, found: PaperKind, of: str, first: str | None, last: str | None, weekday: int = 0
) -> Period | None:
    from atttcli.reports.papers.period import latest, parse_period, span_of

    if found.about != "period":
        return None
    if of:
        return parse_period(of, weekday)
    if first or last:
        today = from_micros(app.clock.now(), VIETNAM).date().isoformat()
        if not first:
            raise UsageError("from which day?", hint="--from 2020-01-01 --to 2021-05-31")
        return span_of(first, last or today)
    return latest(found.period, app.clock.now(), weekday) if found.period else None


def _moment(text: str) -> int | None:
    try:
        return parse_moment(text) if text else None
    except ValueError as error:
        raise UsageError(f"not a time: {text[:40]!r}", hint="as 2026-11-23 10:04") from error


def _texts(given: Sequence[str]) -> dict[str, str]:
    """KEY=TEXT, or KEY=@FILE for a text of several lines."""
    found = {}
    for one in given:
        key, mark, value = one.partition("=")
        if not mark or not key.strip():
            raise UsageError(f"not KEY=TEXT: {one[:40]!r}", hint='--text plan="…" or --text plan=@ke-hoach.txt')
        if value.startswith("@"):
            try:
                value = Path(value[1:]).read_text("utf-8")[:100_000]
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"{value[1:80]} cannot be read as UTF-8 text: {error}") from error
        found[key.strip()] = value.strip()
    return found


def _setting(app: App, name: str, default: str) -> str:
    """A setting of the `[report]` table of atttcli.toml."""
    import tomllib

    from atttcli.reports.papers.period import WEEKDAYS
    from atttcli.store.workspace import SETTINGS

    try:
        with (app.workspace.root / SETTINGS).open("rb") as held:
            value = tomllib.load(held).get("report", {}).get(name, default)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{SETTINGS} cannot be read: {error}") from error
    if value not in WEEKDAYS:
        raise WorkspaceError(f"{SETTINGS}: report.{name} is {str(value)[:20]!r}", hint="one of: " + ", ".join(WEEKDAYS))
    return str(value)
