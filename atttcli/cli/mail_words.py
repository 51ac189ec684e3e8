"""Sentences of the mailbox watch: why an account stands in the ranking, and what to do next. English ids, Vietnamese catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atttcli.cli.casework_words import moment
from atttcli.text.messages import _, language, speaking

if TYPE_CHECKING:
    from atttcli.mailwatch.reasons import Reason, Standing


def band_word(band: str) -> str:
    """What a band means."""
    words = {"act": _("act now"), "ask": _("ask the owner"), "watch": _("watch"), "note": _("for the record")}
    return words.get(band, band)


def both(make: Any, *given: Any) -> dict[str, str]:
    """A text in both languages, as JSON has it."""
    told = {}
    for name, code in (("vi", "vi"), ("en", "en")):
        with speaking(code):
            told[name] = make(*given)
    return told


def sentence(reason: Reason) -> str:
    """One reason as a person would say it."""
    text = _happened(reason)
    if reason.silent:
        text += " " + _("Silenced by known travel {numbers}: {count} times.",
                        numbers=", ".join(reason.silenced), count=reason.silent)  # fmt: skip
    return text


def _happened(reason: Reason) -> str:
    detail = {key: value for key, value in reason.detail.items() if key != "title"}
    given: dict[str, object] = {
        "count": reason.count or reason.silent,
        "addresses": ", ".join(reason.addresses[:5]) or "-",
        "countries": ", ".join(reason.countries[:5]) or "-",
        "first": moment(reason.first or None),
        "last": moment(reason.last or None),
    } | {name: detail.get(name, "?") for name in _DETAILS}
    if reason.family.startswith("rule-"):
        titles = reason.detail.get("title")
        title = titles.get(language()) or titles.get("en") if isinstance(titles, dict) else titles
        return _(
            "The rule “{title}” matched {count} times, from {first} to {last}.",
            title=str(title),
            **_some(given, "count", "first", "last"),
        )
    made = _SENTENCES[reason.family]()
    return made.format_map({key: str(value) for key, value in given.items()})


_DETAILS = (
    "accounts", "failures", "days", "km", "minutes", "from", "to", "protocol", "target", "about", "does", "list", "sum", "value",
)  # fmt: skip


def _some(given: dict[str, object], *names: str) -> dict[str, object]:
    return {name: given[name] for name in names}


_SENTENCES = {
    "spray-success": lambda: _(
        "{addresses} tried passwords on {accounts} accounts and then opened this one ({first})."
    ),
    "locked-login": lambda: _(
        "The account is locked or closed in the register, and was opened {count} times ({addresses}, {first})."
    ),
    "mass-sending": lambda: _("It sent very many messages within minutes, {count} times (first {first})."),
    "session-two-networks": lambda: _(
        "One session was used from two networks at once: {addresses} ({countries}), {first}. It may be stolen."
    ),
    "impossible-travel": lambda: _(
        "Opened in {from} and, {minutes} minutes later, in {to}, {km} km away: no journey does that ({addresses}, {first})."
    ),
    "forward-rule": lambda: _("Mail was set to be forwarded ({first})."),
    "forward-setting": lambda: _("All or some mail is forwarded to {target}, which is none of ours."),
    "success-after-failures": lambda: _("Opened from {addresses} after a run of wrong passwords ({first})."),
    "token-use": lambda: _(
        "The mailbox was used from {addresses} ({countries}), where nobody had logged in, while its owner was at work ({first})."
    ),
    "shared-address": lambda: _(
        "{addresses} opened this and other accounts, {accounts} in all, none of which it had opened before."
    ),
    "new-country": lambda: _("Opened from a country new for it: {countries} ({addresses}, {first})."),
    "dormant": lambda: _("Not opened for {days} days, and then from {addresses} ({first})."),
    "many-recipients": lambda: _("Its messages reached very many recipients within an hour ({first})."),
    "leaked": lambda: _("It stands in the list of leaked accounts {list}: the password has to be changed."),
    "filter-rule": lambda: _("Its filters were changed {count} times ({first}): look at what they do."),
    "filter-setting": lambda: _("A filter hides mail about “{about}” ({does})."),
    "legacy-first": lambda: _(
        "First use of {protocol} with a password, from a network new for it: {addresses} ({first})."
    ),
    "brute-force": lambda: _("Passwords were tried on it, {count} times ({first} to {last})."),
    "slow-brute-force": lambda: _("Passwords were tried on it slowly from many addresses ({first} to {last})."),
    "quick-change": lambda: _("Goes back and forth between {countries} within minutes, as with a VPN ({count} times)."),
    "new-network": lambda: _("Opened from a network new for it: {addresses}, {count} times (first {first})."),
    "spray-target": lambda: _("Was among the accounts on which {addresses} tried passwords ({first})."),
}


def next_steps(standing: Standing, alert: str = "") -> Iterator[str]:
    """What to do about an account, the most urgent first, with commands."""
    families = {reason.family for reason in standing.ordered if reason.points}
    account = standing.account
    band = standing.band
    if band == "act":
        yield _("Lock the account, end its sessions, keep the logs; reset the password through another channel.")
        source = f" --from-alert {alert}" if alert else ""
        yield _("Open an incident and run the playbook: {command}",
                command=f"atttcli incident open{source} && atttcli playbook run start chiem-tai-khoan --incident @")  # fmt: skip
    elif band == "ask":
        yield _("Call the owner through the agency's contact: was it they who logged in from there?")
    if families & {"forward-rule", "forward-setting", "filter-rule", "filter-setting"}:
        yield _(
            "Look at its forwarding and filters: {command}",
            command=f"zmprov ga {account} > x.txt; atttcli mail watch --settings x.txt",
        )
    elif band == "act":
        yield _("Look for forwarding and filters that were left behind: {command}",
                command=f"zmprov ga {account} > x.txt; atttcli mail watch --settings x.txt")  # fmt: skip
    if families & {"mass-sending", "many-recipients"}:
        yield _(
            "Stop what waits in the queue from it, and warn those who got the messages: {command}",
            command="atttcli advisory draft",
        )
    if families & {"leaked", "brute-force", "slow-brute-force", "spray-target", "legacy-first"} and band != "act":
        yield _("Have the password changed; switch POP3, IMAP and SMTP off where nobody needs them.")
    if families & {"new-country", "impossible-travel", "new-network", "quick-change"} and band != "act":
        yield _("If the owner is travelling: {command}",
                command=f"atttcli mail travel add {account} --country … --from … --to … --reason …")  # fmt: skip
