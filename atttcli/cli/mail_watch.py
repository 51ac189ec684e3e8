"""`atttcli mail watch`: months of mail logs to a ranking of accounts, with and without a workspace."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import Tally, existing, finish
from atttcli.errors import NotFound, UsageError
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.mailwatch.reasons import Standing
    from atttcli.mailwatch.watch import Watch
    from atttcli.model.ledger import Ledger

PATHS = click.Path(path_type=Path)
_REASONS = 3  # in a line of the table; --explain shows all


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; the names are those of the options."""

    logs: tuple[Path, ...]
    since: str
    until: str
    account: str
    explain: str
    limit: int
    min_score: int
    rules: tuple[Path, ...]
    countries: Path | None
    geo: Path | None
    home: tuple[str, ...]
    domain: str
    leaked: tuple[Path, ...]
    settings: tuple[Path, ...]
    source_tz: str
    addresses: bool
    no_store: bool
    strict: bool


@click.command()
@click.argument("logs", nargs=-1, type=PATHS)
@click.option(
    "--since",
    default="",
    metavar="TIME",
    help="Tell what happened from this moment on; what is before is learned from.",
)
@click.option("--until", default="", metavar="TIME", help="Until before this moment.")
@click.option("--account", default="", metavar="ACCOUNT", help="Only this account.")
@click.option(
    "--explain",
    default="",
    metavar="ACCOUNT",
    help="All about one account: each reason, the sum, what is usual for it.",
)
@click.option(
    "--limit", "-n", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="How many rows at most."
)
@click.option(
    "--min-score", type=click.IntRange(0, 1000), default=10, show_default=True, help="Accounts below are only counted."
)
@click.option("--rules", multiple=True, type=PATHS, help="Sigma rules (repeatable; default: ours for mail).")
@click.option(
    "--countries", type=PATHS, metavar="FILE", help="Address ranges of countries (default: those of the workspace)."
)
@click.option("--geo", type=PATHS, metavar="FILE", help="Coordinates: CSV with cidr, country, lat, lon.")
@click.option(
    "--home",
    multiple=True,
    metavar="CIDR",
    help="A network of ours (repeatable; in a workspace those of its agencies).",
)
@click.option("--domain", default="", metavar="NAME", help="The mail domain where a log leaves it out.")
@click.option("--leaked", multiple=True, type=PATHS, help="List of leaked accounts (repeatable); no password is kept.")
@click.option(
    "--settings", multiple=True, type=PATHS, help="Exported account settings: zmprov ga, Sieve, filters, inbox rules."
)
@click.option("--source-tz", metavar="ZONE", default="Asia/Ho_Chi_Minh", help="Zone of stamps that carry none.")
@click.option("--addresses", is_flag=True, help="Addresses that try passwords, instead of mailboxes.")
@click.option("--no-store", is_flag=True, help="Only print: the workspace is told nothing.")
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@click.option("--csv", "form", flag_value="csv", help="CSV whose cells no spreadsheet will run.")
@click.option("--json", "form", flag_value="json", help="One JSON object a line for each account.")
@with_app
def watch(app: App, form: str | None, **given: Any) -> None:
    """Which mailboxes need a look: a ranking with reasons, a score that can be added up, and what to do next.

    Logs are read in the order of time, whatever their names are. In a workspace what is found becomes alerts (--no-store: it does
    not), and its country ranges, networks, imported accounts and known travel are used. Exit codes: 0 nobody, 1 somebody, 2
    something was not read.

    \b
    Examples:
      atttcli mail watch /var/log/zimbra/audit.log* /var/log/zimbra.log*
      atttcli mail watch logs/ --since 01/11/2026 --leaked combo.txt --json
      atttcli mail watch logs/ --explain an@backan.gov.vn
      atttcli mail watch logs/ --addresses --csv > block.csv
      atttcli mail watch --settings zmprov-gaa.txt
    """
    from atttcli.cli.mail_addresses import show as show_addresses
    from atttcli.cli.mail_run import prepared, run

    asked = Asked(**given)
    if not asked.logs and not asked.settings:
        raise UsageError(
            "nothing to look at: name logs, or --settings", hint="atttcli mail watch /var/log/zimbra/audit.log"
        )
    tally = Tally(strict=asked.strict)
    made = prepared(app, asked, tally)
    existing(asked.logs)
    with render.progress(_("Reading"), quiet=form is not None) as progress:
        run(app, asked, made, tally, progress)
    if asked.explain:
        _explain(app, asked, made, form)
        finish(tally)
        return
    if asked.addresses:
        tally.found = show_addresses(app, made, asked.limit, form)
        finish(tally)
        return
    found = [one for one in made.ranking.ordered() if one.score >= asked.min_score or _silent(one)]
    ledger = _store(app, asked, made, found)
    tally.found = sum(1 for one in found if one.score >= asked.min_score)
    _show(app, found[: asked.limit], form)
    _tell(asked, made, found, ledger, form)
    finish(tally)


def _silent(standing: Standing) -> bool:
    """Whether known travel silenced what would have been told."""
    return not standing.score and any(reason.silent for reason in standing.ordered)


def _store(app: App, asked: Asked, made: Watch, found: list[Standing]) -> Ledger | None:
    if asked.no_store or app.workspace_if_any() is None:
        return None
    from atttcli.mailwatch.keep import store_findings

    app.permit("facts.ingested")
    told = [one for one in found if one.score >= asked.min_score]
    return store_findings(app.store, app.inventory, app.clock, told, made.detections)


def _show(app: App, found: list[Standing], form: str | None) -> None:
    from atttcli.cli.mail_words import band_word, next_steps, sentence

    if form == "json":
        render.emit_json_lines(as_json(one, _agency(app, one.account), _alert(app, one.account)) for one in found)
    elif form == "csv":
        _csv(app, found)
    elif found:
        render.table(
            [_("Score"), _("Mailbox"), _("Agency"), _("Verdict"), _("Reasons"), _("Do next")],
            (
                (
                    one.score, one.account, _agency(app, one.account) or "-", band_word(one.band),
                    " ".join(f"[{reason.points}] {sentence(reason)}" for reason in one.ordered[:_REASONS])
                    + (f" +{len(one.reasons) - _REASONS}" if len(one.reasons) > _REASONS else ""),
                    next(next_steps(one, _alert(app, one.account)), "-"),
                )
                for one in found
            ),
            wide=(1, 3, 4), whole=(0,),
        )  # fmt: skip


def _csv(app: App, found: list[Standing]) -> None:
    from atttcli.cli.mail_words import sentence

    render.csv_line(
        [
            "score",
            "account",
            "agency",
            "band",
            "family",
            "points",
            "count",
            "first",
            "last",
            "addresses",
            "countries",
            "sentence",
        ]
    )
    for one in found:
        for reason in one.ordered:
            places = " ".join(reason.addresses), " ".join(reason.countries)
            times = _stamp(reason.first) or "", _stamp(reason.last) or ""
            told = (reason.family, reason.points, reason.count, *times, *places, sentence(reason))
            render.csv_line([one.score, one.account, _agency(app, one.account), one.band, *told])


def as_json(standing: Standing, agency: str, alert: str = "") -> dict[str, Any]:
    """docs/json/mail-watch.schema.json."""
    from atttcli.cli.mail_words import both, next_steps, sentence

    return {
        "account": standing.account,
        "agency": agency,
        "alert": alert,
        "score": standing.score,
        "arithmetic": standing.arithmetic,
        "band": standing.band,
        "reasons": [
            {
                "family": reason.family,
                "rules": list(reason.rules),
                "points": reason.points,
                "arithmetic": reason.arithmetic,
                "count": reason.count,
                "first": _stamp(reason.first),
                "last": _stamp(reason.last),
                "addresses": list(reason.addresses),
                "countries": list(reason.countries),
                "silenced": {"count": reason.silent, "travel": list(reason.silenced)},
                "detail": dict(reason.detail),
                "sentence": both(sentence, reason),
            }
            for reason in standing.ordered
        ],
        "next": both(lambda one: "\n".join(next_steps(one, alert)), standing),
    }


def _explain(app: App, asked: Asked, made: Watch, form: str | None) -> None:
    from atttcli.cli.casework_words import moment
    from atttcli.cli.mail_words import band_word, next_steps, sentence
    from atttcli.mailwatch.reasons import Standing

    account = made.names.account(asked.explain)
    known = made.signs.accounts.get(account)
    standing = made.ranking.get(account)
    if standing is None and known is None:
        raise NotFound(f"no account {account[:80]!r} in these logs", hint="atttcli mail watch LOG...")
    standing = standing or Standing(account)
    usual = {
        "logins": known.logins if known else 0,
        "first": _stamp(known.first if known else 0),
        "last": _stamp(known.last if known else 0),
        "networks": dict(known.networks) if known else {},
        "countries": dict(known.countries) if known else {},
        "protocols": dict(known.protocols) if known else {},
    }
    if form == "json":
        render.emit_json(as_json(standing, _agency(app, account), _alert(app, account)) | {"usual": usual})
        return
    render.line(f"{account} · {_agency(app, account) or '-'} · {standing.score} · {band_word(standing.band)}")
    render.line(_("Sum: {arithmetic}", arithmetic=standing.arithmetic))
    for reason in standing.ordered:
        render.line(f"  {reason.points:>3} = {reason.arithmetic}  {sentence(reason)}")
        render.line(f"        {', '.join(reason.rules)} · {moment(reason.first or None)} – {moment(reason.last or None)} · "
                    f"{', '.join(reason.addresses) or '-'} {' '.join(reason.countries)}")  # fmt: skip
    render.line(_("Usual: {logins} logins; networks {networks}; countries {countries}; protocols {protocols}",
                  logins=usual["logins"], networks=_counts(usual["networks"]), countries=_counts(usual["countries"]),
                  protocols=_counts(usual["protocols"])))  # fmt: skip
    for step in next_steps(standing, _alert(app, account)):
        render.line("→ " + step)


def _counts(counted: Any) -> str:
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({count})" for name, count in ordered[:10]) or "-"


def _tell(asked: Asked, made: Watch, found: list[Standing], ledger: Ledger | None, form: str | None) -> None:
    from atttcli.cli.mail_addresses import hint

    silent = sum(1 for one in found if any(reason.silent for reason in one.ordered))
    bands = [sum(1 for one in found if one.band == band) for band in ("act", "ask", "watch")]
    if form is None or sys.stderr.isatty():
        render.warn(_("{logins} logins, {failures} failures, {accounts} accounts: {act} to act on, {ask} to ask, {watch} to watch.",
                      logins=made.logins, failures=made.failures, accounts=len(made.signs.accounts), act=bands[0], ask=bands[1],
                      watch=bands[2]))  # fmt: skip
        if told := hint(made):
            render.warn(told)
        if silent:
            render.warn(ngettext("Known travel silenced something of {count} account.",
                                 "Known travel silenced something of {count} accounts.", silent))  # fmt: skip
        if len(found) > asked.limit:
            render.warn(_("… and {count} more accounts (--limit)", count=len(found) - asked.limit))
        if not made.logins and not made.failures:
            render.warn(_("No login of a mailbox in these logs. What is understood of a log: atttcli source test FILE"))
    if ledger is not None and form is None:
        render.warn(_("{alerts} new alerts, {sightings} new sightings, {known} known ones: atttcli alert list",
                      alerts=ledger.alerts, sightings=ledger.stored, known=ledger.duplicate))  # fmt: skip


def _agency(app: App, account: str) -> str:
    if app.workspace_if_any() is None:
        return ""
    found = app.inventory.owner_of_mailbox(account)
    return found.code if found else ""


def _alert(app: App, account: str) -> str:
    """The worst alert about a mailbox that the workspace knows; empty when there is none."""
    if app.workspace_if_any() is None:
        return ""
    sql = "SELECT number FROM alert WHERE victim = ? AND kind = 'correlation' ORDER BY severity DESC, last_seen DESC LIMIT 1"
    return str(app.store.value(sql, account) or "")


def _stamp(micros: int) -> str | None:
    from atttcli.cli.log_findings import stamp

    return stamp(micros or None)
