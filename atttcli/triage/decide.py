"""What people decide about alerts, each a journal entry: closed with a verdict, reopened, muted, unmuted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from atttcli.clock import DAY, parse_moment
from atttcli.errors import NotFound, Refused, UsageError
from atttcli.journal.journal import Journal
from atttcli.triage.desk import mute_again

VERDICTS = ("false-positive", "benign", "duplicate", "handled", "not-ours")
_LONGEST_MUTE = 366 * DAY


def close_alerts(journal: Journal, numbers: Iterable[str], verdict: str, reason: str) -> int:
    """Close alerts with a verdict and a reason; returns how many. Linked ones are closed with their incident."""
    if verdict not in VERDICTS:
        raise UsageError(f"{verdict[:40]!r} is no verdict", hint="one of: " + ", ".join(VERDICTS))
    if not reason.strip():
        raise Refused("closing an alert needs a reason", guard="reason", hint='--reason "…"')
    count = 0
    with journal.transaction():
        for number in dict.fromkeys(numbers):
            row = journal.store.row("SELECT state, incident FROM alert_state WHERE alert = ?", number)
            if row is not None and row["state"] == "linked" and row["incident"]:
                hint = f'atttcli incident unlink {row["incident"]} {number} --reason "…"'
                raise Refused(f"{number} is linked to {row['incident']}", guard="linked", hint=hint)
            journal.append("alert.closed", number, {"verdict": verdict, "reason": reason})
            count += 1
    return count


def reopen_alert(journal: Journal, number: str, reason: str) -> None:
    """Open an alert again that was closed, or that waits for an agency that was told of it."""
    row = journal.store.row("SELECT state, incident FROM alert_state WHERE alert = ?", number)
    if row is None or row["state"] == "open" or row["incident"]:
        raise Refused(f"{number} is not closed", guard="state", hint=f"atttcli alert show {number}")
    journal.append("alert.reopened", number, {"reason": reason})


def mute(
    journal: Journal, *, rule_id: str = "", agency: str = "", host: str = "", address: str = "", reason: str, until: str
) -> str:
    """Silence what fits all given words until a date; returns the mute's id."""
    if not (rule_id or host or address):
        raise UsageError("a mute needs a rule, a host or an address", hint="atttcli alert mute RULE --agency CODE …")
    if not reason.strip():
        raise Refused("a mute needs a reason", guard="reason", hint='--reason "…"')
    now = journal.clock.now()
    end = parse_until(until, now)
    if end <= now or end > now + _LONGEST_MUTE:
        raise UsageError("a mute ends within a year from now", hint="--until 30d or --until 31/12/2026")
    identity = uuid.uuid4().hex[:8]
    body = {"rule_id": rule_id, "agency": agency, "host": host, "address": address, "reason": reason, "until": end}
    journal.append("alert.muted", identity, body)
    mute_again(journal.store, now)
    return identity


def unmute(journal: Journal, text: str) -> str:
    """Lift a mute by its id or a unique prefix of it; what it silenced is heard again."""
    rows = journal.store.rows("SELECT id FROM mute WHERE lifted IS NULL AND substr(id, 1, ?) = ?", len(text), text)
    if len(rows) != 1:
        raise NotFound(f"no one mute {text[:40]!r}", hint="atttcli alert mutes")
    identity = str(rows[0]["id"])
    journal.append("alert.unmuted", identity)
    mute_again(journal.store, journal.clock.now())
    return identity


def parse_until(text: str, now: int) -> int:
    """`30d`, or a date as people write it (its end)."""
    word = text.strip().lower()
    if word.endswith("d") and word[:-1].isdigit() and len(word) < 6:
        return now + int(word[:-1]) * DAY
    try:
        moment = parse_moment(text)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is no date", hint="--until 30d or --until 31/12/2026") from error
    return moment + DAY - 1 if len(word) <= 10 else moment
