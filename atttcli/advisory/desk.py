"""Decisions about advisories and deliveries: each is one journal entry behind its guard."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from atttcli.advisory.draft import Plan
from atttcli.advisory.lifecycle import (
    answered_deed,
    check_close,
    check_issue,
    check_reason,
    check_send,
    stage_after,
    state_after,
)
from atttcli.advisory.numbering import check_apart, check_free
from atttcli.advisory.replies import answer_payload
from atttcli.clock import local_text
from atttcli.errors import NotFound, Refused, UsageError
from atttcli.journal.journal import Journal, undone_seqs
from atttcli.model.advisory import CHANNELS, OPEN, Answer, Delivery
from atttcli.store.connection import Row, Store
from atttcli.store.numbers import require_open_incident, resolve_number


def find_advisory(store: Store, text: str) -> str:
    """The number that people mean, by any unique part; by the register's number (`45/STTTT-CNTT`) too."""
    if "/" in text:
        found = store.rows(
            "SELECT number FROM advisory WHERE document = ?1 UNION SELECT advisory FROM delivery WHERE document = ?1",
            text.strip(),
        )
        if len(found) == 1:
            return str(found[0][0])
    return resolve_number(store, "advisory", text)


def advisory_row(store: Store, number: str) -> Row:
    """The projected advisory, or NotFound."""
    row = store.row("SELECT * FROM advisory WHERE number = ?", number)
    if row is None:
        raise NotFound(f"no advisory {number[:40]!r}", hint="atttcli advisory list")
    return row


def delivery_of(row: Row) -> Delivery:
    """What the guards ask."""
    digest = json.loads(row["answer"]).get("digest", "")
    escalated = row["escalated"] is not None
    return Delivery(row["advisory"], row["agency"], row["state"], row["total"], row["handled"], escalated, digest)


def deliveries(store: Store, number: str, codes: Iterable[str] = ()) -> list[Row]:
    """The deliveries of an advisory (of these agencies), in the order of their codes; NotFound for an agency not among them."""
    rows = store.rows("SELECT * FROM delivery WHERE advisory = ? ORDER BY agency", number)
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        return rows
    known = {row["agency"]: row for row in rows}
    for code in wanted:
        if code not in known:
            raise NotFound(f"{number} does not go to {code[:60]!r}", hint=f"atttcli advisory board {number}")
    return [known[code] for code in wanted]


def is_claim(row: Row) -> bool:
    """`Not affected` by mail alone: nobody has asked yet whose mail it was."""
    return bool(row["state"] == "not_affected") and json.loads(row["answer"]).get("channel") == "email"


def draft(journal: Journal, plan: Plan) -> str:
    """Write a draft down; its number."""
    with journal.transaction():
        if plan.incident:
            require_open_incident(journal.store, plan.incident)
        number = journal.next_number("CV")
        journal.append("advisory.drafted", number, {"number": number, **plan.payload()})
    return number


def edit(journal: Journal, number: str, fields: Mapping[str, Any], recipients: Sequence[dict[str, Any]] | None) -> None:
    """Change a draft; one that was approved has to be approved again. Who warned us may become known later than that."""
    if not fields and recipients is None:
        raise UsageError("nothing to change", hint="atttcli advisory edit --help")
    with journal.transaction():
        if fields.keys() == {"source"} and recipients is None:
            stage = advisory_row(journal.store, number)["stage"]
            if stage_after(number, stage, "source") != "draft":
                journal.append("advisory.sourced", number, {"fields": dict(fields)})
                return
        stage_after(number, advisory_row(journal.store, number)["stage"], "edit")
        body: dict[str, Any] = {"fields": dict(fields)}
        if recipients is not None:
            check_issue(number, len(recipients))
            body["recipients"] = list(recipients)
        journal.append("advisory.edited", number, body)


def approve(journal: Journal, number: str, by: str = "", paper: str = "") -> None:
    """The wording and the addressees are right: by this actor, or by whom the paper names."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "approve")
        if by and not paper.strip():
            raise Refused(
                "an approval by somebody else needs the number of its paper",
                guard="paper",
                hint=f'atttcli advisory approve {number} --approved-by "…" --paper "…"',
            )
        journal.append("advisory.approved", number, {"by": by or journal.actor, "paper": paper})


def issue(journal: Journal, number: str) -> int:
    """Queue the deliveries; the letter waits for its signature. How many there are."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "issue")
        count = int(journal.store.value("SELECT count(*) FROM delivery WHERE advisory = ?", number))
        check_issue(number, count)
        journal.append("advisory.issued", number, {"deliveries": count, "alerts": _alerts(journal.store, number)})
    return count


def _alerts(store: Store, number: str) -> list[str]:
    """Numbers of the alerts whose rows stand in the annex."""
    rows = store.rows(
        "SELECT DISTINCT json_extract(cells, '$.alert') FROM delivery_row WHERE advisory = ? ORDER BY 1", number
    )
    return [str(row[0]) for row in rows if row[0]]


def covered_alerts(store: Store, number: str) -> list[str]:
    """Numbers of the alerts that an advisory that was issued passes on."""
    return [str(row[0]) for row in store.rows("SELECT alert FROM alert_advisory WHERE advisory = ? ORDER BY 1", number)]


def sign(journal: Journal, number: str, signer: str, at: int) -> None:
    """The paper is signed."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "sign")
        check_reason(signer, f'atttcli advisory sign {number} --signer "…"')
        journal.append("advisory.signed", number, {"signer": signer, "at": at})


def number_letter(journal: Journal, number: str, document: str, dated: str, documents: Mapping[str, str]) -> None:
    """The records office gave it a number (and each agency's letter its own, where they are numbered apart)."""
    with journal.transaction():
        row = advisory_row(journal.store, number)
        stage_after(number, row["stage"], "number")
        check_apart(number, bool(row["each"]), tuple(documents))
        check_free(journal.store, tuple(documents.values()) or (document,), dated[:4])
        journal.append(
            "advisory.numbered", number, {"document": document, "dated": dated, "documents": dict(documents)}
        )


def withdraw(journal: Journal, number: str, reason: str) -> None:
    """It will not go out."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "withdraw")
        check_reason(reason, f'atttcli advisory withdraw {number} --reason "…"')
        journal.append(
            "advisory.withdrawn", number, {"reason": reason, "alerts": covered_alerts(journal.store, number)}
        )


def close(journal: Journal, number: str, reason: str) -> None:
    """Every delivery has ended."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "close")
        running = [row["agency"] for row in deliveries(journal.store, number) if row["state"] in OPEN or is_claim(row)]
        check_close(number, tuple(running))
        journal.append("advisory.closed", number, {"reason": reason})


def reopen(journal: Journal, number: str, reason: str) -> None:
    """Bring a closed advisory back."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "reopen")
        check_reason(reason, f'atttcli advisory reopen {number} --reason "…"')
        journal.append("advisory.reopened", number, {"reason": reason})


def answer_source(journal: Journal, number: str, document: str, at: int) -> None:
    """Whoever warned us was answered, under this number."""
    with journal.transaction():
        stage_after(number, advisory_row(journal.store, number)["stage"], "answer")
        check_free(journal.store, (document,), local_text(at)[6:10])
        journal.append("advisory.answered", number, {"document": document, "at": at})


def send(journal: Journal, number: str, codes: Sequence[str], how: str, proof: str, at: int) -> tuple[str, ...]:
    """Record that copies left the house; without codes every queued one. The agencies."""
    if how not in CHANNELS:
        raise UsageError(f"there is no channel {how[:40]!r}", hint="one of: " + ", ".join(CHANNELS))
    with journal.transaction():
        check_send(number, advisory_row(journal.store, number)["stage"])
        rows = deliveries(journal.store, number, codes)
        going = [row for row in rows if codes or row["state"] == "queued"]
        if not going:
            raise Refused(f"{number} has nothing left to send", guard="state", hint=f"atttcli advisory board {number}")
        _check(going, "send")
        return _append(journal, "delivery.sent", number, going, {"how": how, "proof": proof, "at": at})


def acknowledge(journal: Journal, number: str, codes: Sequence[str], by: str, at: int) -> tuple[str, ...]:
    """The agencies confirmed that they have it."""
    with journal.transaction():
        rows = _some(journal.store, number, codes, "acknowledge")
        return _append(journal, "delivery.acknowledged", number, rows, {"by": by, "at": at})


def verify(
    journal: Journal, number: str, codes: Sequence[str], note: str, evidence: Sequence[str] = (), failed: bool = False
) -> tuple[str, ...]:
    """Somebody looked whether it is true what the agencies answered; `failed`: it is not."""
    with journal.transaction():
        rows = _some(journal.store, number, codes, "fail" if failed else "verify")
        code = rows[0]["agency"] if rows else ""
        check_reason(note or " ".join(evidence), f'atttcli advisory verify {number} {code} --note "…"')
        verb = "delivery.failed" if failed else "delivery.verified"
        return _append(journal, verb, number, rows, {"note": note, "evidence": list(evidence)})


def remind(journal: Journal, number: str, codes: Sequence[str], how: str, at: int, due: int | None) -> tuple[str, ...]:
    """The agencies were reminded; with a new term where one was given."""
    with journal.transaction():
        rows = _some(journal.store, number, codes, "remind")
        return _append(journal, "delivery.reminded", number, rows, {"how": how, "at": at, "due": due})


def escalate(journal: Journal, number: str, codes: Sequence[str], to: str, at: int) -> tuple[str, ...]:
    """Those above the agencies were told that they do not answer."""
    with journal.transaction():
        rows = _some(journal.store, number, codes, "escalate")
        check_reason(to, f'atttcli advisory escalate {number} CODE --to "…"')
        return _append(journal, "delivery.escalated", number, rows, {"to": to, "at": at})


def exempt(journal: Journal, number: str, codes: Sequence[str], reason: str, resume: bool = False) -> tuple[str, ...]:
    """Nothing is awaited of these agencies (any more), or it is again."""
    with journal.transaction():
        rows = _some(journal.store, number, codes, "resume" if resume else "exempt")
        check_reason(reason, f'atttcli advisory exempt {number} CODE --reason "…"')
        verb = "delivery.resumed" if resume else "delivery.exempted"
        return _append(journal, verb, number, rows, {"reason": reason})


def reply(
    journal: Journal, number: str, answers: Sequence[Answer], source: Mapping[str, Any]
) -> list[tuple[Answer, str]]:
    """Record agencies' answers in one entry; each with the state it led to. An answer known already changes nothing.

    Refused when one of them does not fit; `fitting` tells them apart beforehand.
    """
    with journal.transaction():
        known = {row["agency"]: delivery_of(row) for row in deliveries(journal.store, number)}
        done: list[tuple[Answer, str]] = []
        for answer in answers:
            delivery = known.get(answer.agency)
            if delivery is None:
                raise NotFound(
                    f"{number} does not go to {answer.agency[:60]!r}", hint=f"atttcli advisory board {number}"
                )
            if delivery.digest != answer.digest:
                state = state_after(delivery, answered_deed(delivery, answer))
                done.append((counted(answer, delivery), state))
        if done:
            body = {
                "agencies": [answer.agency for answer, _state in done],
                "answers": [answer_payload(answer) | {"state": state} for answer, state in done],
                **source,
            }
            journal.append("delivery.answered", number, body)
    return done


def told_before(store: Store, plan: Plan) -> dict[str, int]:
    """Advisories that were issued about alerts of this draft, with how many; each alert counts with the newest."""
    found: Counter[str] = Counter()
    for number in dict.fromkeys(row.alert for one in plan.recipients for row in one.rows if row.alert):
        newest = store.value("SELECT max(advisory) FROM alert_advisory WHERE alert = ?", number)
        if newest:
            found[str(newest)] += 1
    return dict(found)


def known_files(journal: Journal, number: str) -> set[str]:
    """sha256 of the files out of which answers were recorded: what was sent once is not an answer again."""
    undone = undone_seqs(journal.store.connection)
    entries = (e for e in journal.entries(number, ("delivery.answered",)) if e.seq not in undone)
    return {str(digest) for entry in entries for digest in entry.payload.get("files", {}).values()}


def counted(answer: Answer, delivery: Delivery) -> Answer:
    """All done without a number means every machine that was known of; not affected means none."""
    if not answer.affected:
        return replace(answer, handled=0, total=0)
    return replace(answer, handled=delivery.total, total=delivery.total) if answer.complete else answer


def fitting(store: Store, number: str, answers: Iterable[Answer]) -> tuple[list[Answer], list[tuple[Answer, str]], int]:
    """Those that can be recorded, those that cannot with the reason, and how many are known already."""
    known = {row["agency"]: delivery_of(row) for row in deliveries(store, number)}
    good: list[Answer] = []
    bad: list[tuple[Answer, str]] = []
    same = 0
    for answer in answers:
        delivery = known.get(answer.agency)
        if delivery is None:
            bad.append((answer, f"{number} does not go to {answer.agency}"))
            continue
        if delivery.digest == answer.digest:
            same += 1
            continue
        try:
            state_after(delivery, answered_deed(delivery, answer))
        except Refused as refusal:
            bad.append((answer, refusal.message))
            continue
        good = [one for one in good if one.agency != answer.agency]  # of two answers in one file the later one counts
        good.append(answer)
    return good, bad, same


def _some(store: Store, number: str, codes: Sequence[str], deed: str) -> list[Row]:
    if not codes:
        raise UsageError("which agencies?", hint="atttcli advisory board")
    advisory_row(store, number)
    rows = deliveries(store, number, codes)
    _check(rows, deed)
    return rows


def _check(rows: Iterable[Row], deed: str) -> None:
    for row in rows:
        state_after(delivery_of(row), deed)


def _append(journal: Journal, verb: str, number: str, rows: Iterable[Row], body: Mapping[str, Any]) -> tuple[str, ...]:
    agencies = tuple(str(row["agency"]) for row in rows)
    journal.append(verb, number, {"agencies": list(agencies), **body})
    return agencies
