"""Runs and tasks in the store: children, approval, failure, dependencies, pausing, lateness; and that a rebuild agrees."""

from __future__ import annotations

import json

import pytest

from atttcli.clock import DAY, HOUR
from atttcli.deadline.tick import pending, tick
from atttcli.errors import Conflict, InputError, IntegrityError, NotFound, Refused, UsageError
from atttcli.incident import casework
from atttcli.incident.undo import undo
from atttcli.model.task import Answer
from atttcli.people.roles import allowed
from atttcli.playbook import late
from atttcli.playbook.library import Library, import_playbook, remove_playbook, short_name, stored_path
from atttcli.playbook.load import load_playbook
from atttcli.playbook.runs import cancel_run, pause_run, resume_run, start_run, variables_of
from atttcli.playbook.status import execution_status
from atttcli.playbook.tasks import add_task, approve_task, assign_task, begin_task, finish_task, return_task
from tests.support.casework import START, SetClock, dump, journal_of, make_app
from tests.support.playbook_books import write_books


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def app(tmp_path, monkeypatch, clock):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    found = make_app(tmp_path, clock)
    yield found
    before = dump(found.store)
    journal_of(found).rebuild()
    assert dump(found.store) == before  # every row came out of the journal
    found.close()


@pytest.fixture
def journal(app):
    return journal_of(app)


@pytest.fixture
def books(app, journal, tmp_path):
    for file in write_books(tmp_path).values():
        import_playbook(journal, app.workspace.root, file)
    return Library(app.workspace.root, app.store)


@pytest.fixture
def number(journal):
    new = casework.NewIncident("Thử", owner="lan", agencies=("x-vi-huong", "so-y-te"), detected=START - HOUR)
    return casework.open_incident(journal, "bac-kan", "vn-2017", new)


def waiting(app):
    rows = app.store.rows("SELECT number, title FROM task WHERE state = 'open' AND kind = 'task' ORDER BY number")
    return {row["title"]: row["number"] for row in rows}


def task(app, number):
    return app.store.row("SELECT * FROM task WHERE number = ?", number)


def walk_to_close(app, journal, books):
    open_now = waiting(app)
    finish_task(journal, open_now["Ngăn chặn"], Answer(note="xong"), books)
    finish_task(journal, open_now["Tìm"], Answer(yes=True), books)
    finish_task(journal, waiting(app)["Ghi lại"], Answer(), books)
    finish_task(journal, waiting(app)["Kiểm tra"], Answer(yes=True), books)
    return waiting(app)["Kết thúc"]


def test_a_child_run_is_started_with_its_arguments_and_returns_its_values(app, journal, books, number):
    run = start_run(journal, books.find("cha"), number, library=books)
    child = app.store.row("SELECT * FROM playbook_run WHERE parent = ?", run)
    assert variables_of(journal, child["id"])["__hosts__"] == 3
    assert app.store.value("SELECT status FROM task WHERE kind = 'child'") == "ongoing"
    finish_task(journal, waiting(app)["Tìm"], Answer(yes=True), books)
    entries = app.store.value("SELECT max(seq) FROM journal")
    finish_task(journal, waiting(app)["Ghi lại"], Answer(), books)
    assert app.store.value("SELECT max(seq) FROM journal") == entries + 1  # child and parent moved in one entry
    assert app.store.value("SELECT state FROM playbook_run WHERE id = ?", child["id"]) == "finished"
    assert variables_of(journal, run)["__found__"] is True
    assert list(waiting(app)) == ["Ngăn chặn"]  # the join waits for the other branch


def test_a_child_that_is_not_here_is_a_task_for_people(app, journal, books, number):
    remove_playbook(journal, "con", "cũ")
    start_run(journal, books.find("cha"), number, library=books)
    row = app.store.row("SELECT * FROM task WHERE kind = 'child'")
    assert row["child"] == ""
    assert "is not here" in json.loads(row["detail"])["by_hand"]
    finish_task(journal, row["number"], Answer(note="đã tìm", values=(("__found__", "true"),)), books)
    assert task(app, row["number"])["state"] == "done"


def test_a_playbook_that_calls_itself_stops_at_a_person(app, journal, books, number, tmp_path):
    text = write_books(tmp_path)["cha"].read_text(encoding="utf-8").replace("playbook_id: con", "playbook_id: cha")
    (tmp_path / "again.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Conflict):
        import_playbook(journal, app.workspace.root, tmp_path / "again.yaml", name="con")
    import_playbook(journal, app.workspace.root, tmp_path / "again.yaml", name="cha")
    start_run(journal, books.find("cha"), number, library=books)
    assert app.store.value("SELECT count(*) FROM playbook_run") == 1
    assert "within itself" in json.loads(app.store.value("SELECT detail FROM task WHERE kind = 'child'"))["by_hand"]


def test_a_child_task_is_done_by_its_run_and_a_skip_ends_that_run(app, journal, books, number):
    start_run(journal, books.find("cha"), number, library=books)
    sub = app.store.value("SELECT number FROM task WHERE kind = 'child'")
    with pytest.raises(Refused) as caught:
        finish_task(journal, sub, Answer(values=(("__found__", "true"),)), books)
    assert caught.value.guard == "child"
    finish_task(journal, sub, Answer("skipped", None, "không cần", agreed_by="trưởng"), books)
    assert app.store.value("SELECT state FROM playbook_run WHERE parent != ''") == "cancelled"
    assert list(waiting(app)) == ["Ngăn chặn"]


def test_what_needs_approval_is_handed_in_and_goes_on_when_another_approves(app, journal, books, number):
    run = start_run(journal, books.find("cha"), number, library=books)
    last = walk_to_close(app, journal, books)
    assert finish_task(journal, last, Answer(note="đã xong"), books) == ()
    assert task(app, last)["status"] == "await_user_input"
    with pytest.raises(Conflict):
        finish_task(journal, last, Answer(note="lại"), books)
    with pytest.raises(Refused) as own:
        approve_task(journal, last, library=books)
    with pytest.raises(Refused) as half:
        approve_task(journal, last, approved_by="Giám đốc", library=books)
    assert (own.value.guard, half.value.guard) == ("approval", "paper")
    return_task(journal, last, "thiếu biên bản")
    assert task(app, last)["status"] == "ongoing"
    finish_task(journal, last, Answer(note="đã bổ sung"), books)
    approve_task(journal_of(app, "minh"), last, library=books)
    row = task(app, last)
    assert (row["state"], row["approved_by"], row["closed_by"], row["note"]) == ("done", "minh", "lan", "đã bổ sung")
    assert app.store.value("SELECT state FROM playbook_run WHERE id = ?", run) == "finished"


def test_a_step_fails_only_by_its_failure_branch_and_with_the_leads_agreement(app, journal, books, number):
    start_run(journal, books.find("cha"), number, library=books)
    contain = waiting(app)["Ngăn chặn"]
    guards = []
    last = walk_to_close(app, journal, books)
    for one, given in ((last, Answer("failed", None, "")), (last, Answer("failed", None, "không được"))):
        with pytest.raises(Refused) as caught:
            finish_task(journal, one, given, books)
        guards.append(caught.value.guard)
    assert guards == ["reason", "agreement"]
    assert task(app, contain)["state"] == "done"
    opened = finish_task(journal, last, Answer("failed", None, "không được", agreed_by="trưởng"), books)
    assert task(app, last)["status"] == "failed"
    assert [task(app, one)["title"] for one in opened] == ["Xem lại"]


def test_without_a_failure_branch_nothing_fails(app, journal, books, number):
    start_run(journal, books.find("cha"), number, library=books)
    with pytest.raises(Refused) as caught:
        finish_task(journal, waiting(app)["Ngăn chặn"], Answer("failed", None, "x", agreed_by="trưởng"), books)
    assert caught.value.guard == "failure-branch"


def test_a_paused_run_takes_no_answers_nor_do_its_children(app, journal, books, number):
    run = start_run(journal, books.find("cha"), number, library=books)
    pause_run(journal, run, "chờ")
    for title in ("Ngăn chặn", "Tìm"):
        with pytest.raises(Refused) as caught:
            finish_task(journal, waiting(app)[title], Answer(yes=True), books)
        assert caught.value.guard == "paused"
    with pytest.raises(Conflict):
        pause_run(journal, run, "lại")
    resume_run(journal, run)
    finish_task(journal, waiting(app)["Tìm"], Answer(yes=True), books)


def test_cancelling_ends_children_too(app, journal, books, number):
    run = start_run(journal, books.find("cha"), number, library=books)
    child = app.store.value("SELECT id FROM playbook_run WHERE parent = ?", run)
    with pytest.raises(Refused):
        cancel_run(journal, child, "chỉ con")
    cancel_run(journal, run, "quy trình khác")
    assert {row["state"] for row in app.store.rows("SELECT state FROM playbook_run")} == {"cancelled"}
    assert waiting(app) == {}


def test_undo_of_an_answer_that_moved_child_and_parent_takes_all_of_it_back(app, journal, books, number):
    start_run(journal, books.find("cha"), number, library=books)
    finish_task(journal, waiting(app)["Tìm"], Answer(yes=True), books)
    before = dump(app.store, without=("number_counter", "touch"))
    finish_task(journal, waiting(app)["Ghi lại"], Answer(), books)
    undo(journal)
    assert dump(app.store, without=("number_counter", "touch")) == before
    assert "Ghi lại" in waiting(app)


def test_a_run_whose_document_was_changed_under_it_takes_no_answers(app, journal, books, number):
    start_run(journal, books.find("cha"), number, library=books)
    before = app.store.value("SELECT document FROM playbook_run WHERE parent = ''")
    with app.store.transaction() as db:
        db.execute("UPDATE playbook_run SET document = replace(document, 'Ngăn chặn', 'Xóa') WHERE parent = ''")
    with pytest.raises(IntegrityError):
        finish_task(journal, waiting(app)["Ngăn chặn"], Answer(), books)
    with app.store.transaction() as db:
        db.execute("UPDATE playbook_run SET document = ? WHERE parent = ''", (before,))


def test_wrong_values_are_refused_by_type_and_nothing_is_written(app, journal, books, number):
    start_run(journal, books.find("cha"), number, library=books)
    entries = app.store.value("SELECT max(seq) FROM journal")
    with pytest.raises(UsageError, match="bool"):
        finish_task(journal, waiting(app)["Tìm"], Answer(values=(("__found__", "có lẽ"),)), books)
    with pytest.raises(UsageError, match="does not set"):
        finish_task(journal, waiting(app)["Ngăn chặn"], Answer(values=(("__hosts__", "9"),)), books)
    assert app.store.value("SELECT max(seq) FROM journal") == entries


def test_an_outside_value_is_demanded_and_typed_at_the_start(journal, books, number):
    with pytest.raises(Refused) as caught:
        start_run(journal, books.find("con"), number, library=books)
    assert caught.value.guard == "variable"
    with pytest.raises(UsageError):
        start_run(journal, books.find("con"), number, values={"__hosts__": "ba"}, library=books)
    start_run(journal, books.find("con"), number, values={"__hosts__": "3"}, library=books)


def test_a_task_waits_for_those_before_it(app, journal, number):
    first = add_task(journal, number, "Thu thập")
    second = add_task(journal, number, "Phân tích", after=[first], agencies=["x-vi-huong"])
    assert task(app, second)["status"] == "waiting"
    for act in (lambda: begin_task(journal, second), lambda: finish_task(journal, second, Answer())):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.guard == "dependency"
        assert first in caught.value.hint
    with pytest.raises(Refused):
        assign_task(journal, first, after=[second])  # a circle
    finish_task(journal, first, Answer(note="xong"))
    assert task(app, second)["status"] == "ready"
    begin_task(journal, second, "minh")
    row = task(app, second)
    assert (row["status"], row["assignee"]) == ("ongoing", "minh")
    assert row["started"] >= START
    finish_task(journal, second, Answer())


def test_moving_a_due_time_needs_a_reason(app, journal, number):
    one = add_task(journal, number, "x", due=START + DAY)
    with pytest.raises(Refused):
        assign_task(journal, one, due=START + 2 * DAY)
    assign_task(journal, one, due=START + 2 * DAY, reason="đơn vị xin lùi", assignee="minh")
    assert (task(app, one)["due"], task(app, one)["assignee"]) == (START + 2 * DAY, "minh")


def test_a_late_task_is_reminded_then_escalated_once_each_but_never_fails(app, journal, books, number, clock):
    start_run(journal, books.find("cha"), number, library=books)
    one = waiting(app)["Ngăn chặn"]  # due after four hours: told an hour before, then, and an hour after
    said = []
    for quarter in range(60):
        clock.at = START + quarter * HOUR // 4
        said += [(quarter / 4, r.stage, r.to) for r in tick(journal, "") if r.watched.object == one]
    assert said == [(3, "soon", "Đơn vị vận hành"), (4, "overdue", "Đơn vị vận hành"), (5, "escalated", "lead")]
    row = task(app, one)
    assert (row["state"], row["reminders"], row["escalated_to"]) == ("open", 2, "lead")


def test_a_step_may_say_when_and_whom_to_remind_and_a_paused_run_reminds_nobody(app, journal, tmp_path, number):
    text = write_books(tmp_path)["con"].read_text(encoding="utf-8")
    words = "lead: van_hanh, due: 10h, remind: 2h, escalate: 30m, escalate_to: approver, out_args"
    (tmp_path / "x.yaml").write_text(text.replace("lead: van_hanh, out_args", words, 1), encoding="utf-8")
    run = start_run(journal, load_playbook(tmp_path / "x.yaml"), number, values={"__hosts__": "1"})
    assert [r.stage for r in pending(app.store, "", START + 8 * HOUR)] == ["soon"]
    assert [(r.stage, r.to) for r in pending(app.store, "", START + 11 * HOUR)] == [("escalated", "approver")]
    pause_run(journal, run, "chờ")
    assert pending(app.store, "", START + 11 * HOUR) == []


def test_due_may_count_from_detection_and_org_names_the_agencies(app, journal, tmp_path, number):
    text = write_books(tmp_path)["con"].read_text(encoding="utf-8")
    words = 'lead: van_hanh, due: 3h, due_from: detected, org: "@affected", delay: 2h, out_args'
    (tmp_path / "x.yaml").write_text(text.replace("lead: van_hanh, out_args", words, 1), encoding="utf-8")
    start_run(journal, load_playbook(tmp_path / "x.yaml"), number, values={"__hosts__": "1"})
    row = app.store.row("SELECT * FROM task")
    assert row["due"] == START + 2 * HOUR  # detected an hour before
    assert json.loads(row["agencies"]) == ["x-vi-huong", "so-y-te"]
    assert (row["status"], row["not_before"]) == ("waiting", START + 2 * HOUR)
    assert late.status_now(row, START + 2 * HOUR) == "ready"
    with pytest.raises(Refused) as caught:
        finish_task(journal, row["number"], Answer(yes=True))
    assert caught.value.guard == "delay"


def test_the_execution_status_tells_of_steps_and_children(app, journal, books, number):
    run = start_run(journal, books.find("cha"), number, library=books)
    finish_task(journal, waiting(app)["Ngăn chặn"], Answer(note="xong"), books)
    row = app.store.row("SELECT * FROM playbook_run WHERE id = ?", run)
    body = execution_status(app.store, row, START)
    assert body["status"] == "ongoing"
    assert [one["status"] for one in body["step_results"]] == ["successfully_executed", "ongoing"]
    assert [child["playbook_id"] for child in body["children"]] == [books.find("con").id]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "A", "x" * 80, "é"])
def test_only_safe_names_become_files(app, journal, tmp_path, name):
    with pytest.raises(UsageError):
        stored_path(app.workspace.root, name)
    if name:
        with pytest.raises(UsageError):
            import_playbook(journal, app.workspace.root, write_books(tmp_path)["con"], name=name)


def test_a_name_is_made_of_whatever_a_file_is_called():
    assert short_name("../../Rò rỉ Dữ liệu!") == "ro-ri-du-lieu"
    assert short_name("///") == "playbook"


def test_importing_twice_is_one_import_and_a_shipped_name_is_taken(app, journal, books, tmp_path):
    entries = app.store.value("SELECT max(seq) FROM journal")
    import_playbook(journal, app.workspace.root, tmp_path / "cha.yaml")
    assert app.store.value("SELECT max(seq) FROM journal") == entries
    with pytest.raises(Conflict):
        import_playbook(journal, app.workspace.root, tmp_path / "cha.yaml", name="tt20-art11-ordinary")


def test_a_file_that_was_changed_after_the_import_is_not_run(app, books):
    path = stored_path(app.workspace.root, "con")
    path.write_text(path.read_text(encoding="utf-8").replace("Tìm", "Xóa"), encoding="utf-8")
    with pytest.raises(IntegrityError):
        books.find("con")
    assert {"cha", "lenh", "tt20-art11-ordinary"} <= {book.short for book in books.all()}
    assert list(books.broken) == ["con"]
    path.unlink()
    with pytest.raises(IntegrityError):
        books.find("con")


def test_a_playbook_that_others_write_is_kept_if_asked_and_never_run(app, journal, tmp_path, number):
    text = (
        write_books(tmp_path)["con"]
        .read_text(encoding="utf-8")
        .replace("lead: van_hanh, on_completion: done", "on_completion: done")
    )
    (tmp_path / "loose.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        import_playbook(journal, app.workspace.root, tmp_path / "loose.yaml")
    import_playbook(journal, app.workspace.root, tmp_path / "loose.yaml", lenient=True)
    books = Library(app.workspace.root, app.store)
    assert books.find("loose", lenient=True).origin == "imported"
    with pytest.raises(InputError, match="cannot be run"):
        books.find("loose")
    with pytest.raises(NotFound):
        books.find("nothing")


@pytest.mark.parametrize(
    ("line", "guard"),
    [
        ("revoked: true", "revoked"),
        ('valid_until: "2026-02-01T00:00:00.000Z"', "validity"),
        ('valid_from: "2027-02-01T00:00:00.000Z"', "validity"),
        ('valid_from: "2026-02-01T00:00:00.000Z"', ""),
    ],
)
def test_a_playbook_runs_only_while_it_is_valid(journal, tmp_path, number, line, guard):
    (tmp_path / "x.yaml").write_text(
        write_books(tmp_path)["lenh"].read_text(encoding="utf-8") + line + "\n", encoding="utf-8"
    )
    book = load_playbook(tmp_path / "x.yaml")
    if not guard:
        start_run(journal, book, number)
        return
    with pytest.raises(Refused) as caught:
        start_run(journal, book, number)
    assert caught.value.guard == guard


def test_a_steps_approval_may_be_any_role_that_it_names():
    assert allowed("task.approved", {"approving": ["lead"]}) == {"lead", "approver"}
    assert allowed("task.approved", {"approving": ["lead", "root"], "paper": "1/QĐ"}) == {"lead", "approver", "duty"}
