"""`atttcli advisory`: warnings to agencies, from the draft to the number of the letter."""

from __future__ import annotations

import click

from atttcli.cli.advisory_view import AS_JSON, day_of, moment_of, numbered, told
from atttcli.cli.context import App, with_app
from atttcli.cli.lazy import LazyGroup
from atttcli.clock import VIETNAM, from_micros
from atttcli.errors import UsageError
from atttcli.text.messages import _

_DRAFT = "atttcli.cli.advisory_draft"
_FOLLOW = "atttcli.cli.advisory_follow"
_PAPERS = "atttcli.cli.advisory_papers"
_BOARD = "atttcli.cli.advisory_board"


@click.group(
    cls=LazyGroup,
    lazy={
        "templates": (_DRAFT, "templates", "The kinds of warning there are."),
        "draft": (_DRAFT, "draft", "Draft a warning from a list, an incident, alerts, a product, a CVE, a template."),
        "edit": (_DRAFT, "edit", "Change a draft: wording, addressees, term, source."),
        "list": (_BOARD, "list_", "Advisories that run, newest first."),
        "show": (_BOARD, "show", "One advisory: text, addressees, deliveries."),
        "board": (_BOARD, "board", "How far each agency is, with machines handled of all."),
        "sent": (_FOLLOW, "sent", "Record that copies left the house, with the proof."),
        "ack": (_FOLLOW, "ack", "Record that agencies confirmed receipt."),
        "reply": (_FOLLOW, "reply", "Record what agencies answered: on the telephone, in a table, in a mail."),
        "verify": (_FOLLOW, "verify", "Record that an answer was looked into, and whether it is true."),
        "remind": (_FOLLOW, "remind", "Remind agencies whose term has passed, with the letter."),
        "escalate": (_FOLLOW, "escalate", "Tell those above agencies that do not answer."),
        "exempt": (_FOLLOW, "exempt", "Nothing is awaited of these agencies, and why."),
        "letter": (_PAPERS, "letter", "Render the letters of an advisory into the outbox."),
        "answer": (_PAPERS, "answer", "The consolidated answer to whoever sent the list or warning."),
        "isp": (_PAPERS, "isp", "The letter to the internet provider about addresses that no agency owns."),
    },
)
def advisory() -> None:
    """Advisories: one warning to many agencies, each copy followed until it is verified.

    \b
    Examples:
      atttcli advisory draft --from-list last --due 5d --issue
      atttcli advisory board CV-2026-0001
      atttcli advisory reply CV-2026-0001 so-y-te 3/5
    """


@advisory.command()
@click.argument("number")
@click.option("--approved-by", default="", help="Who approved it, when it was not you.")
@click.option("--paper", default="", help="Number of the paper with their approval.")
@AS_JSON
@with_app
def approve(app: App, number: str, approved_by: str, paper: str, as_json: bool) -> None:
    """Approve wording and addressees: in your own name, or as somebody's signed paper says.

    \b
    Examples:
      atttcli advisory approve CV-2026-0001
      atttcli advisory approve 1 --approved-by "Phó Giám đốc" --paper 12/PTr
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    desk.approve(app.journal, found, approved_by, paper)
    told(app, found, as_json)


@advisory.command()
@click.argument("number")
@AS_JSON
@with_app
def issue(app: App, number: str, as_json: bool) -> None:
    """Fix text and addressees and queue the deliveries; the letter then awaits its signature.

    \b
    Example:
      atttcli advisory issue CV-2026-0001 && atttcli advisory letter CV-2026-0001
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    desk.issue(app.journal, found)
    told(app, found, as_json)


@advisory.command()
@click.argument("number")
@click.option("--signer", required=True, help="Who signed it.")
@click.option("--at", "at", default="", metavar="TIME", help="When (else now).")
@AS_JSON
@with_app
def sign(app: App, number: str, signer: str, at: str, as_json: bool) -> None:
    """Record that the letter is signed; it then awaits its number.

    \b
    Example:
      atttcli advisory sign CV-2026-0001 --signer "Giám đốc Sở"
    """
    from atttcli.advisory import desk

    found = numbered(app, number)
    desk.sign(app.journal, found, signer, moment_of(app, at))
    told(app, found, as_json)


@advisory.command("number")
@click.argument("number")
@click.argument("document", metavar="DOCUMENT")
@click.option("--dated", default="", metavar="YYYY-MM-DD", help="Date of the letter (else today).")
@click.option(
    "--each", "each", is_flag=True, help="Number the letters of the agencies one after the other, from DOCUMENT on."
)
@AS_JSON
@with_app
def number_(app: App, number: str, document: str, dated: str, each: bool, as_json: bool) -> None:
    """Record the number that the records office gave; from now on copies may be sent.

    \b
    Examples:
      atttcli advisory number CV-2026-0001 45/STTTT-CNTT
      atttcli advisory number 1 45 --each
    """
    from atttcli.advisory import desk
    from atttcli.advisory.letters import LetterDesk

    found = numbered(app, number)
    row = desk.advisory_row(app.store, found)
    maker = LetterDesk(app.store, app.inventory, app.workspace.profile, app.clock.now())
    symbol = maker.symbol(row["organ"])
    first, slash, given = document.strip().partition("/")
    if not first.isdecimal() or len(first) > 6:
        raise UsageError(_("no number of a register: {text}", text=repr(document[:40])), hint=f"45/{symbol}")
    tail = given if slash else symbol
    day = day_of(dated) or from_micros(app.clock.now(), VIETNAM).date().isoformat()
    documents = {}
    if each:
        codes = maker.in_order(one["agency"] for one in desk.deliveries(app.store, found))
        documents = {code: _document(int(first) + place, tail) for place, code in enumerate(codes)}
    desk.number_letter(app.journal, found, _document(int(first), tail), day, documents)
    told(app, found, as_json)


def _document(number: int, symbol: str) -> str:
    return f"{number:02d}/{symbol}" if symbol else f"{number:02d}"


def _ending(name: str, help_: str, deed: str, *, optional: bool = False) -> None:
    """`withdraw`, `close` and `reopen` differ in their guard only."""

    @advisory.command(name, help=help_)
    @click.argument("number")
    @click.option("--reason", required=not optional, default="", help="Why.")
    @AS_JSON
    @with_app
    def command(app: App, number: str, reason: str, as_json: bool) -> None:
        from atttcli.advisory import desk

        found = numbered(app, number)
        getattr(desk, deed)(app.journal, found, reason)
        told(app, found, as_json)


_ending(
    "withdraw",
    'It will not go out.\n\n\b\nExample:\n  atttcli advisory withdraw CV-2026-0001 --reason "trùng với CV-2026-0002"',
    "withdraw",
)
_ending(
    "close",
    "Every delivery has ended.\n\n\b\nExample:\n  atttcli advisory close CV-2026-0001",
    "close",
    optional=True,
)
_ending(
    "reopen",
    'Bring a closed advisory back.\n\n\b\nExample:\n  atttcli advisory reopen CV-2026-0001 --reason "tái nhiễm"',
    "reopen",
)
