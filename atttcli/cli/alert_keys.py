"""`alert triage` on a terminal: one group after the other, one key each. What was decided is stored at once.

Esc, Ctrl-C or an empty answer takes one step back; q at the keys of a group ends it. Nothing is asked in words of another
language: verdicts and incidents are chosen by digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from atttcli.cli import render
from atttcli.cli.alert_triage import close_group, link_group, mute_group
from atttcli.cli.alert_view import severity_word, show_alert, title_of
from atttcli.errors import AtttError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.triage.groups import Group

_QUIT, _NEXT, _SKIPPED, _SAME = "quit", "next", "skipped", "same"
_LISTED = 5
_ENTER = ("\r", "\n")
_BACK = ("\x1b", "\x03", "\x04")


class _OneStepBack(Exception):
    """The person thought better of it."""


def by_keys(app: App, groups: Sequence[Group]) -> None:
    """Every group in turn until the last or until q."""
    skipped = 0
    for number, group in enumerate(groups, 1):
        if not _show(app, group, f"[{number}/{len(groups)}]"):
            continue  # decided by somebody else meanwhile
        outcome = _ask(app, group)
        if outcome == _QUIT:
            left = len(groups) - number + 1 + skipped
            render.line(ngettext("{count} group is still open.", "{count} groups are still open.", left))
            return
        skipped += outcome == _SKIPPED
    if skipped:
        text = ngettext("That was the last; {count} skipped group is still open.",
                        "That was the last; {count} skipped groups are still open.", skipped)  # fmt: skip
        render.line(text)
    else:
        render.line(_("No open group is left."))


def _show(app: App, group: Group, place: str) -> bool:
    from atttcli.triage.groups import members

    worst = list(members(app.store, group, limit=_LISTED))
    if not worst:
        return False
    render.line()
    render.line(f"{place} {severity_word(group.severity)} · {group.agency or '-'} · {title_of(worst[0])}")
    alerts = ngettext("{count} alert", "{count} alerts", group.size)
    times = ngettext("seen {count} time", "seen {count} times", group.count)
    render.line(f"    {group.rule_id} · {alerts}, {times}")
    for alert in worst:
        render.line(f"    {alert['number']}  {alert['victim'] or alert['key']}  {alert['source_path']}")
    if group.size > len(worst):
        render.line("    " + _("… and {count} more", count=group.size - len(worst)))
    return True


def _ask(app: App, group: Group) -> str:
    """One group until it is decided, skipped or the person ends it."""
    while True:
        render.line(_("l link to incident · n new incident · c close · m mute · d details · s skip · q quit"))
        key = _key()
        if key == "q" or key in _BACK:
            return _QUIT
        try:
            outcome = _act(app, group, key)
        except _OneStepBack:
            continue
        except AtttError as error:
            render.warn(f"{retell(error.message)} {retell(error.hint)}".rstrip())
            continue
        if outcome != _SAME:
            return outcome


def _act(app: App, group: Group, key: str) -> str:
    if key in ("s", *_ENTER):
        return _SKIPPED
    actions = {"l": _link, "n": _open, "c": _close, "m": _mute}
    if key in actions:
        actions[key](app, group)
        return _NEXT
    if key == "d":
        _details(app, group)
    else:
        render.warn(_("No such key."))
    return _SAME


def _link(app: App, group: Group) -> None:
    from atttcli.triage.groups import numbers

    sql = "SELECT number, title FROM incident WHERE status NOT IN ('closed','rejected') ORDER BY opened DESC LIMIT 9"
    known = [(row["number"], row["title"]) for row in app.store.rows(sql)]
    if not known:
        render.warn(_("No incident is open; n opens one from these alerts."))
        raise _OneStepBack
    link_group(app, known[_choose([f"{number}  {title}" for number, title in known])][0], numbers(app.store, group))


def _open(app: App, group: Group) -> None:
    from atttcli.cli.incident import open_
    from atttcli.triage.groups import first, numbers

    title = _line(_("Title"), title_of(first(app.store, group)))
    click.get_current_context().invoke(open_, alerts=tuple(numbers(app.store, group)), title=title)


def _close(app: App, group: Group) -> None:
    from atttcli.triage.decide import VERDICTS
    from atttcli.triage.groups import numbers

    words = {
        "false-positive": _("false alarm"), "benign": _("benign"), "duplicate": _("duplicate"),
        "handled": _("handled already"), "not-ours": _("not ours"),
    }  # fmt: skip
    verdict = VERDICTS[_choose([words.get(one, one) for one in VERDICTS])]
    close_group(app, numbers(app.store, group), verdict, _line(_("Reason")))


def _mute(app: App, group: Group) -> None:
    mute_group(app, group, _line(_("Until"), "30d"), _line(_("Reason")))


def _details(app: App, group: Group) -> None:
    from atttcli.store.facts.alerts import sightings
    from atttcli.triage.groups import first

    worst = first(app.store, group)
    show_alert(app, worst, sightings(app.store, worst["id"]), False)


def _choose(choices: Sequence[str]) -> int:
    """One of at most nine, by its digit."""
    for digit, text in enumerate(choices, 1):
        render.line(f"    {digit}  {text}")
    while True:
        key = _key()
        if key in _BACK or key == "q":
            raise _OneStepBack
        if key.isascii() and key.isdigit() and 1 <= int(key) <= len(choices):
            return int(key) - 1
        render.warn(_("A digit from 1 to {last}, or Esc to go back.", last=len(choices)))


def _line(label: str, usual: str = "") -> str:
    """A line of text; an empty one, or Ctrl-C, goes one step back."""
    try:
        text = str(click.prompt(label, default=usual, show_default=bool(usual))).strip()
    except click.Abort:
        render.line()
        raise _OneStepBack from None
    if not text:
        raise _OneStepBack
    return text


def _key() -> str:
    """The next key, in lower case; the end of the input counts as going back."""
    try:
        return click.getchar().lower()
    except (EOFError, KeyboardInterrupt):
        return _BACK[0]
