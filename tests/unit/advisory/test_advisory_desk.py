"""Advisories in the journal: drafts, guards, deliveries, answers; every row comes out of the journal alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.advisory import board, desk
from atttcli.advisory.draft import Wish, make_plan
from atttcli.advisory.replies import make_answer
from atttcli.cli.context import App
from atttcli.clock import DAY, local_text
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.incident.undo import undo
from tests.support.advisory_case import listed_app
from tests.support.casework import START, SetClock, dump


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def app(tmp_path: Path, clock: SetClock) -> App:
    return listed_app(tmp_path, clock)


def drafted(app: App, **wish: object) -> str:
    given = {"list": "last"} | wish
    return desk.draft(app.journal, make_plan(app.store, app.inventory, "vn-2017", Wish(**given), app.clock.now()))  # type: ignore[arg-type]


def ready(app: App, **wish: object) -> str:
    number = drafted(app, **wish)
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    desk.sign(app.journal, number, "Giám đốc", app.clock.now())
    desk.number_letter(app.journal, number, "45/STTTT-CNTT", "2026-03-02", {})
    return number


def states(app: App, number: str) -> dict[str, str]:
    return {row["agency"]: row["state"] for row in desk.deliveries(app.store, number)}


def test_a_list_goes_to_the_agencies_whose_addresses_stand_in_it(app: App) -> None:
    plan = make_plan(app.store, app.inventory, "vn-2017", Wish(list="1024/CATTT-NCSC"), START)
    assert [one.agency for one in plan.recipients] == ["vp-ubnd", "so-xd", "x-vi-huong"]
    assert plan.unowned == 1
    row = plan.recipients[2].rows[0]
    assert (row.address, row.port, row.malware, row.remote) == ("203.0.113.249", "51342", "Andromeda", "198.51.100.7")
    assert plan.template == "infected-list"
    assert "1024/CATTT-NCSC" in plan.body["opening"][0]
    assert "Trung tâm Giám sát" in plan.source.sender, "the sender's name follows from the number's pattern"
    assert local_text(plan.due) == "07/03/2026 17:00:00"


def test_our_own_term_comes_before_the_templates(app: App) -> None:
    near = make_plan(app.store, app.inventory, "vn-2017", Wish(list="last"), START + 14 * DAY)
    assert local_text(near.due) == "19/03/2026 17:00:00", "a day before we answer, not five days from now"


def test_each_step_waits_for_the_one_before(app: App) -> None:
    number = drafted(app)
    for deed, guard in (
        (lambda: desk.issue(app.journal, number), "stage"),
        (lambda: desk.send(app.journal, number, (), "email", "", 1), "numbered"),
        (lambda: desk.approve(app.journal, number, "Giám đốc"), "paper"),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert refused.value.guard == guard
        assert refused.value.hint.startswith("atttcli advisory")
    desk.approve(app.journal, number, "Giám đốc", "12/PTr")
    desk.issue(app.journal, number)
    assert desk.advisory_row(app.store, number)["stage"] == "awaiting_signature"
    with pytest.raises(Refused):
        desk.number_letter(app.journal, number, "45/STTTT", "2026-03-02", {})
    desk.sign(app.journal, number, "Giám đốc", START)
    assert desk.advisory_row(app.store, number)["stage"] == "awaiting_number"


def test_an_edited_draft_is_approved_again(app: App) -> None:
    number = drafted(app)
    desk.approve(app.journal, number)
    desk.edit(app.journal, number, {"due": START}, None)
    assert desk.advisory_row(app.store, number)["stage"] == "draft"
    assert {row["due"] for row in desk.deliveries(app.store, number)} == {START}


def test_a_number_of_the_register_is_given_once_a_year(app: App) -> None:
    ready(app)
    second = drafted(app)
    desk.approve(app.journal, second)
    desk.issue(app.journal, second)
    desk.sign(app.journal, second, "Giám đốc", START)
    with pytest.raises(Conflict):
        desk.number_letter(app.journal, second, "45/STTTT-CNTT", "2026-03-03", {})
    desk.number_letter(app.journal, second, "45/STTTT-CNTT", "2027-01-03", {})


def test_a_delivery_is_followed_to_verified(app: App, clock: SetClock) -> None:
    number = ready(app)
    assert len(desk.send(app.journal, number, (), "edoc", "sổ 45", START)) == 3
    desk.acknowledge(app.journal, number, ["so-xd"], "văn thư", START)
    desk.reply(app.journal, number, [make_answer("x-vi-huong", "1/3")], {})
    assert states(app, number) == {"vp-ubnd": "sent", "so-xd": "acknowledged", "x-vi-huong": "fixing"}
    desk.reply(app.journal, number, [make_answer("x-vi-huong", "3/3"), make_answer("so-xd", "không bị ảnh hưởng")], {})
    desk.verify(app.journal, number, ["x-vi-huong"], "không còn kết nối")
    desk.exempt(app.journal, number, ["vp-ubnd"], "đường truyền đã cắt")
    assert states(app, number) == {"vp-ubnd": "exempt", "so-xd": "not_affected", "x-vi-huong": "verified"}
    desk.close(app.journal, number, "")
    assert desk.advisory_row(app.store, number)["stage"] == "closed"


def test_it_is_not_closed_while_somebody_has_to_answer(app: App) -> None:
    number = ready(app)
    desk.send(app.journal, number, (), "email", "", START)
    with pytest.raises(Refused) as refused:
        desk.close(app.journal, number, "")
    assert refused.value.guard == "deliveries"


def test_what_is_not_true_goes_back(app: App) -> None:
    number = ready(app)
    desk.send(app.journal, number, ["so-xd"], "email", "", START)
    desk.reply(app.journal, number, [make_answer("so-xd", "xong")], {})
    assert desk.deliveries(app.store, number, ["so-xd"])[0]["handled"] == 1, "all that were known of"
    desk.verify(app.journal, number, ["so-xd"], "vẫn kết nối", failed=True)
    assert states(app, number)["so-xd"] == "fixing"
    with pytest.raises(Refused):
        desk.verify(app.journal, number, ["so-xd"], "vội")


def test_the_same_answer_again_changes_nothing(app: App) -> None:
    number = ready(app)
    desk.send(app.journal, number, (), "email", "", START)
    answer = make_answer("so-xd", "1/1", by="CNTT")
    assert len(desk.reply(app.journal, number, [answer], {})) == 1
    entries = app.store.value("SELECT count(*) FROM journal")
    assert desk.reply(app.journal, number, [answer], {}) == []
    assert app.store.value("SELECT count(*) FROM journal") == entries


def test_late_agencies_are_reminded_and_escalated(app: App, clock: SetClock) -> None:
    number = ready(app)
    desk.send(app.journal, number, (), "email", "", START)
    desk.reply(app.journal, number, [make_answer("so-xd", "1/1")], {})
    clock.at = START + 30 * DAY
    late = [row["agency"] for row in board.late(app.store, clock.at, number)]
    assert late == ["vp-ubnd", "x-vi-huong"], "who answered is not late, whatever is still to verify"
    desk.remind(app.journal, number, late, "phone", clock.at, clock.at + 2 * DAY)
    desk.escalate(app.journal, number, ["vp-ubnd"], "UBND tỉnh", clock.at)
    rows = {row["agency"]: row for row in desk.deliveries(app.store, number)}
    assert rows["vp-ubnd"]["reminders"] == 1
    assert rows["vp-ubnd"]["escalated_to"] == "UBND tỉnh"
    assert not board.late(app.store, clock.at, number), "they have a new term"


def test_what_was_sent_cannot_be_taken_back(app: App) -> None:
    number = ready(app)
    desk.send(app.journal, number, (), "email", "", START)
    with pytest.raises(Refused) as refused:
        undo(app.journal)
    assert refused.value.guard == "left-the-house"


def test_an_issue_can_be_taken_back(app: App) -> None:
    number = drafted(app)
    desk.approve(app.journal, number)
    before = dump(app.store, without=("touch", "search_doc"))
    desk.issue(app.journal, number)
    undo(app.journal)
    after = dump(app.store, without=("touch", "search_doc"))
    assert after == before


def test_every_row_comes_out_of_the_journal(app: App, clock: SetClock) -> None:
    number = ready(app, each=True)
    desk.send(app.journal, number, (), "email", "p", START)
    desk.reply(app.journal, number, [make_answer("so-xd", "0/2"), make_answer("vp-ubnd", "xong")], {})
    desk.verify(app.journal, number, ["vp-ubnd"], "đã xem")
    desk.exempt(app.journal, number, ["x-vi-huong"], "sáp nhập")
    desk.exempt(app.journal, number, ["x-vi-huong"], "nhầm", resume=True)
    desk.answer_source(app.journal, number, "51/STTTT", START)
    withdrawn = drafted(app)
    desk.withdraw(app.journal, withdrawn, "trùng")
    before = dump(app.store)
    app.journal.rebuild()
    assert dump(app.store) == before
    assert states(app, number)["x-vi-huong"] == "sent"


def test_who_is_not_among_the_addressees_is_named(app: App) -> None:
    number = ready(app)
    with pytest.raises(NotFound):
        desk.send(app.journal, number, ["so-nv"], "email", "", START)
    with pytest.raises(UsageError):
        desk.acknowledge(app.journal, number, [], "", START)


def test_what_next_shows_of_an_advisory(app: App, clock: SetClock) -> None:
    number = drafted(app)
    seen = [{todo.kind for todo in board.todos(app.store, clock.at)}]
    for deed in (
        lambda: desk.approve(app.journal, number),
        lambda: desk.issue(app.journal, number),
        lambda: desk.sign(app.journal, number, "GĐ", START),
        lambda: desk.number_letter(app.journal, number, "45/A", "2026-03-02", {}),
        lambda: desk.send(app.journal, number, (), "email", "", START),
        lambda: desk.reply(app.journal, number, [make_answer("so-xd", "1/1")], {}),
    ):
        deed()
        seen.append({todo.kind for todo in board.todos(app.store, clock.at)})
    answer = "advisory-answer"
    assert seen == [
        {"advisory-approve"}, {"advisory-issue"}, {"advisory-sign"}, {"advisory-number"}, {"advisory-send", answer},
        {answer}, {"advisory-verify", answer},
    ]  # fmt: skip
    clock.at = START + 30 * DAY
    (late,) = [todo for todo in board.todos(app.store, clock.at) if todo.kind == "advisory-remind"]
    assert late.count == 2
