"""`atttcli advisory templates | draft | edit`: what a warning says and to whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.advisory_view import AS_JSON, day_of, headed, numbered, told
from atttcli.cli.context import App, with_app
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import InputError, UsageError, Where
from atttcli.text.messages import _, language, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.advisory.draft import Plan, Wish
    from atttcli.store.connection import Row

_MAX_TEXT = 200_000


@click.command()
@AS_JSON
def templates(as_json: bool) -> None:
    """The kinds of warning there are, with what agencies are given to answer.

    \b
    Example:
      atttcli advisory templates
    """
    from atttcli.advisory.templates import load_template, template_codes

    found = [load_template(code) for code in template_codes()]
    if as_json:
        render.emit_json_lines(
            {
                "code": one.code, "category": one.category, "due_days": one.due_days, "urgency": one.urgency,
                "name": one.vi.name, "name_en": one.en.name,
            }
            for one in found
        )  # fmt: skip
        return
    rows = [(one.code, one.say(language()).name, one.category, one.due_days, retell(one.urgency)) for one in found]
    render.table(headed(_("code"), _("name"), _("category"), _("days"), _("urgency")), rows, wide=(1,))


@click.command()
@click.argument("title", default="")
@click.option("--template", default="", metavar="CODE", help="Kind of warning; see `atttcli advisory templates`.")
@click.option(
    "--from-incident", "incident", default="", metavar="SC-…", help="About this incident; its template and addressees."
)
@click.option(
    "--from-group",
    "group",
    default="",
    metavar="AGENCY/RULE",
    help="About a group of alerts, as `alert list --group` names it.",
)
@click.option(
    "--from-list",
    "from_list",
    default="",
    metavar="LIST",
    help="The rows of an ingested list: its file, its letter's number, or `last`.",
)
@click.option(
    "--affected-by",
    default="",
    metavar="SC-…",
    help="To those that the incident affects, as the inventory and alerts say.",
)
@click.option("--product", default="", help="To those that run a system with this product.")
@click.option(
    "--version", default="", metavar="CONDITION", help="Versions meant: `<8.8.15`, `>=9,<9.0.2`, `<7.58|>=8,<8.5.1`."
)
@click.option(
    "--cve", "cves", multiple=True, metavar="CVE-…", help="A vulnerability; its product where it is known. Repeatable."
)
@click.option(
    "--to", multiple=True, metavar="WHO", help="all, a group (xa, huyen, so_ban_nganh …) or an agency; repeatable."
)
@click.option(
    "--due", default="", metavar="5d|DATE", help="When agencies answer; else by the template and our own term."
)
@click.option("--organ", default="", metavar="CODE", help="Who signs: a code of the organisation's organs.")
@click.option(
    "--per-agency", "each", is_flag=True, help="A letter for each agency with its own rows only, not one with an annex."
)
@click.option(
    "--paper-language", type=click.Choice(("vi", "en")), default="vi", show_default=True, help="Language of the letter."
)
@click.option("--issue", "at_once", is_flag=True, help="Approve it in your own name and issue it.")
@AS_JSON
@with_app
def draft(
    app: App, title: str, template: str, incident: str, group: str, from_list: str, affected_by: str, product: str,
    version: str, cves: tuple[str, ...], to: tuple[str, ...], due: str, organ: str, each: bool, paper_language: str,
    at_once: bool, as_json: bool,
) -> None:  # fmt: skip
    """Draft a warning: from a list, an incident, a group of alerts, a product, a CVE, or a template alone.

    \b
    Examples:
      atttcli advisory draft --from-list 1024/CATTT-NCSC --due 5d --issue
      atttcli advisory draft --product zimbra --version '<8.8.15_p41' --cve CVE-2023-37580
      atttcli advisory draft --affected-by SC-2026-0001
      atttcli advisory draft "Thư giả mạo Kho bạc" --template phishing --to all
    """
    from atttcli.advisory import desk
    from atttcli.advisory.draft import Wish, make_plan

    wish = Wish(
        template=template, title=title, to=to, incident=_incident(app, incident), affected_by=_incident(app, affected_by),
        group=group, list=from_list, product=product, version=version, cves=cves, due=due, organ=organ, each=each,
        language=paper_language,
    )  # fmt: skip
    _check_wish(wish)
    if organ:
        app.organisation.organ(organ)
    plan = make_plan(app.store, app.inventory, app.workspace.profile, wish, app.clock.now())
    before = desk.told_before(app.store, plan)
    with app.journal.transaction():
        number = desk.draft(app.journal, plan)
        if at_once:
            desk.approve(app.journal, number)
            desk.issue(app.journal, number)
    told(app, number, as_json)
    if not as_json:
        _tell_plan(plan)
        if before:
            render.warn(
                _(
                    "{n} of these alerts went out already: {advisories}",
                    n=sum(before.values()),
                    advisories=", ".join(sorted(before)),
                )
            )


def _incident(app: App, text: str) -> str:
    from atttcli.cli.current import incident_number

    return incident_number(app, text) if text else ""


def _check_wish(wish: Wish) -> None:
    if not any(
        (wish.template, wish.title, wish.incident, wish.affected_by, wish.group, wish.list, wish.product, wish.cves)
    ):
        raise UsageError("what is the warning about?", hint="atttcli advisory draft --help")


def _tell_plan(plan: Plan) -> None:
    rows = sum(len(one.rows) for one in plan.recipients)
    if rows:
        render.line("  " + ngettext("{count} row in the annex", "{count} rows in the annex", rows))
    if plan.unowned:
        render.warn(
            ngettext(
                "{count} alert has a victim that no agency owns: atttcli advisory isp",
                "{count} alerts have a victim that no agency owns: atttcli advisory isp",
                plan.unowned,
            )
        )


@click.command()
@click.argument("number")
@click.option("--subject", default="", help="What the letter is about (V/v).")
@click.option(
    "--text", "text", type=click.Path(path_type=Path), help="A text file: paragraphs, and lines with a dash as actions."
)
@click.option("--to", multiple=True, metavar="WHO", help="Add all, a group or an agency; repeatable.")
@click.option("--without", multiple=True, metavar="CODE", help="Take an agency out; repeatable.")
@click.option("--due", default="", metavar="5d|DATE", help="Another term.")
@click.option("--organ", default="", metavar="CODE", help="Who signs.")
@click.option("--per-agency/--one-letter", "each", default=None, help="A letter for each agency, or one with an annex.")
@click.option("--source-sender", default="", help="Who warned us.")
@click.option("--source-number", default="", help="Number of their letter.")
@click.option("--source-date", default="", metavar="YYYY-MM-DD", help="Date of their letter.")
@AS_JSON
@with_app
def edit(
    app: App, number: str, subject: str, text: Path | None, to: tuple[str, ...], without: tuple[str, ...], due: str,
    organ: str, each: bool | None, source_sender: str, source_number: str, source_date: str, as_json: bool,
) -> None:  # fmt: skip
    """Change a draft: wording, addressees, term, source. One that was approved has to be approved again.

    \b
    Examples:
      atttcli advisory edit CV-2026-0001 --to huyen --without so-kh-cn --due 7d
      atttcli advisory edit 1 --text van-ban.txt
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    row = desk.advisory_row(app.store, found)
    source = {"sender": source_sender, "number": source_number, "date": day_of(source_date)}
    fields = _edited(app, row, subject, text, due, organ, each) | _sourced(row, source)
    recipients = _readdressed(app, found, to, without) if to or without else None
    desk.edit(app.journal, found, fields, recipients)
    told(app, found, as_json)


def _edited(
    app: App, row: Row, subject: str, text: Path | None, due: str, organ: str, each: bool | None
) -> dict[str, Any]:
    from atttcli.advisory.draft import reworded
    from atttcli.text.moments import due_moment

    fields: dict[str, Any] = {}
    if subject or text:
        fields["body"] = reworded(json.loads(row["body"]), subject=subject, text=_read_text(text) if text else "")
        fields["title"] = fields["body"]["subject"]
    if due:
        fields["due"] = due_moment(due, app.clock.now())
    if organ:
        fields["organ"] = app.organisation.organ(organ).code
    if each is not None:
        fields["each"] = each
    return fields


def _sourced(row: Row, given: dict[str, str]) -> dict[str, Any]:
    changed = {name: value for name, value in given.items() if value}
    return {"source": json.loads(row["source"]) | changed} if changed else {}


def _read_text(path: Path) -> str:
    from atttcli.inventory.load import read_file

    try:
        return read_file(path, _MAX_TEXT).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", where=Where(str(path), offset=error.start)) from error


def _readdressed(app: App, number: str, to: tuple[str, ...], without: tuple[str, ...]) -> list[dict[str, Any]]:
    from atttcli.advisory import targets
    from atttcli.advisory.desk import deliveries
    from atttcli.advisory.draft import recipient_payload
    from atttcli.model.advisory import Recipient, Row

    cells: dict[str, list[Row]] = {}
    for line in app.store.rows(
        "SELECT agency, cells FROM delivery_row WHERE advisory = ? ORDER BY agency, place", number
    ):
        cells.setdefault(line["agency"], []).append(Row(**json.loads(line["cells"])))
    known = [
        Recipient(one["agency"], tuple(cells.get(one["agency"], ())), one["total"])
        for one in deliveries(app.store, number)
    ]
    today = from_micros(app.clock.now(), VIETNAM).date().isoformat()
    found = targets.merged(known, targets.named(app.inventory, to, today))
    gone = {targets.agency_code(app.inventory, text, today) for text in without}
    return [recipient_payload(one) for one in found if one.agency not in gone]
