"""Two officers at one letter, a number given twice, a source that becomes known late, who signs for whom, what was sent before."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.advisory import board, desk
from atttcli.advisory.draft import Wish, make_plan
from atttcli.advisory.letters import LetterDesk
from atttcli.advisory.replies import make_answer
from atttcli.cli.context import App
from atttcli.errors import Conflict, Refused, UsageError
from atttcli.incident.casework import NewIncident, open_incident
from atttcli.incident.facts import facts_of, incident_row
from tests.support.advisory_case import listed_app
from tests.support.casework import START, add_alert, dump


@pytest.fixture
def app(tmp_path: Path) -> App:
    return listed_app(tmp_path)


def signed(app: App, **wish: object) -> str:
    given = {"list": "last"} | wish
    plan = make_plan(app.store, app.inventory, "vn-2017", Wish(**given), app.clock.now())  # type: ignore[arg-type]
    number = desk.draft(app.journal, plan)
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    desk.sign(app.journal, number, "Giám đốc", START)
    return number


def given_number(app: App, number: str, document: str = "45/STTTT-CNTT", **documents: str) -> None:
    codes = {code.replace("_", "-"): one for code, one in documents.items()}
    desk.number_letter(app.journal, number, document, "2026-03-02", codes)


def test_who_comes_second_is_told_that_it_was_done(app: App) -> None:
    number = signed(app)
    for deed in (
        lambda: desk.approve(app.journal, number),
        lambda: desk.issue(app.journal, number),
        lambda: desk.sign(app.journal, number, "Phó Giám đốc", START),
    ):
        with pytest.raises(Conflict):
            deed()
    given_number(app, number)
    with pytest.raises(Conflict):
        given_number(app, number, "46/STTTT-CNTT")
    assert desk.advisory_row(app.store, number)["document"] == "45/STTTT-CNTT"


def test_too_early_is_a_refusal_and_no_conflict(app: App) -> None:
    number = desk.draft(app.journal, make_plan(app.store, app.inventory, "vn-2017", Wish(list="last"), app.clock.now()))
    with pytest.raises(Refused):
        desk.sign(app.journal, number, "Giám đốc", START)
    desk.withdraw(app.journal, number, "nhầm")
    with pytest.raises(Refused):
        desk.approve(app.journal, number)


def test_one_number_of_the_register_is_one_letter(app: App) -> None:
    first = signed(app, each=True)
    with pytest.raises(Conflict):
        given_number(app, first, so_xd="46/STTTT-CNTT", vp_ubnd="46/STTTT-CNTT")
    given_number(app, first, vp_ubnd="45/STTTT-CNTT", so_xd="46/STTTT-CNTT", x_vi_huong="47/STTTT-CNTT")
    second = signed(app)
    with pytest.raises(Conflict) as refused:
        given_number(app, second, "47/STTTT-CNTT")
    assert first in refused.value.message
    given_number(app, second, "48/STTTT-CNTT")
    desk.send(app.journal, second, (), "edoc", "", START)
    with pytest.raises(Conflict):
        desk.answer_source(app.journal, second, "46/STTTT-CNTT", START)


def test_one_letter_has_one_number(app: App) -> None:
    number = signed(app)
    with pytest.raises(UsageError):
        given_number(app, number, so_xd="46/STTTT-CNTT")


def test_who_warned_us_may_become_known_after_the_letter_went_out(app: App) -> None:
    number = signed(app)
    given_number(app, number)
    desk.edit(app.journal, number, {"source": {"sender": "Cục An toàn thông tin"}}, None)
    row = desk.advisory_row(app.store, number)
    assert (row["stage"], row["source"]) == ("numbered", '{"sender":"Cục An toàn thông tin"}')
    with pytest.raises(Refused):
        desk.edit(app.journal, number, {"source": {"sender": "x"}, "due": START}, None)
    before = dump(app.store)
    app.journal.rebuild()
    assert dump(app.store) == before


@pytest.mark.parametrize(
    ("signer", "authority", "name"),
    [
        ("Giám đốc", ("GIÁM ĐỐC",), ""),
        ("Giám đốc Sở", ("GIÁM ĐỐC",), ""),
        ("Phó Giám đốc", ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), ""),
        ("phó giám đốc: Họ Và Tên", ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), "Họ Và Tên"),
        ("Họ Và Tên", ("GIÁM ĐỐC",), "Họ Và Tên"),
    ],
)
def test_a_deputy_signs_for_the_head(app: App, signer: str, authority: tuple[str, ...], name: str) -> None:
    number = signed(app)
    with app.store.transaction() as db:
        db.execute("UPDATE advisory SET signer = ?", (signer,))
    (letter,) = LetterDesk(app.store, app.inventory, "vn-2017", START).warnings(number)
    assert (letter.authority, letter.signer) == (authority, name)


def test_the_letter_speaks_only_of_what_its_annex_shows(app: App) -> None:
    """The malware of an address that nobody owns is asked of the provider, not told to agencies."""
    alert = add_alert(
        app.store, 9, kind="national-list", agency="", victim="198.51.100.201", category="madoc",
        detail='{"malware":"Conficker"}', tags='["infected"]', observables="[]",
    )  # fmt: skip
    with app.store.transaction() as db:
        db.execute(
            "INSERT INTO sighting SELECT id, 'o9', 5, 'ab', 'inbox/danh-sach.csv', 1, NULL FROM alert WHERE number = ?",
            (alert,),
        )
    plan = make_plan(app.store, app.inventory, "vn-2017", Wish(list="last"), START)
    told = " ".join(plan.body["opening"])
    assert "Andromeda" in told
    assert "Conficker" not in told


def test_a_file_of_answers_is_never_counted_twice(app: App) -> None:
    """An old mail sent again does not take back what was said since."""
    number = signed(app)
    given_number(app, number)
    desk.send(app.journal, number, (), "edoc", "", START)
    old, new = make_answer("x-vi-huong", "1/3", channel="email"), make_answer("x-vi-huong", "3/3", channel="email")
    desk.reply(app.journal, number, [old], {"files": {"a.eml": "aa"}})
    desk.reply(app.journal, number, [new], {"files": {"b.eml": "bb"}})
    assert desk.known_files(app.journal, number) == {"aa", "bb"}


def test_nothing_ends_on_the_word_of_a_mail_alone(app: App) -> None:
    """From is forged at will: `not affected` by mail waits for somebody who asks, as `fixed` does."""
    number = signed(app)
    given_number(app, number)
    desk.send(app.journal, number, (), "edoc", "", START)
    desk.reply(app.journal, number, [make_answer("x-vi-huong", "không bị ảnh hưởng", channel="email")], {})
    desk.reply(app.journal, number, [make_answer(one, "không bị ảnh hưởng") for one in ("so-xd", "vp-ubnd")], {})
    standing = board.standings(app.store, START)[number]
    assert (standing.unverified, standing.done) == (1, 2)
    (todo,) = [one for one in board.todos(app.store, START) if one.kind == "advisory-verify"]
    assert (todo.count, todo.first) == (1, "x-vi-huong")
    with pytest.raises(Refused) as refused:
        desk.close(app.journal, number, "")
    assert "x-vi-huong" in refused.value.message
    desk.verify(app.journal, number, ["x-vi-huong"], "đã gọi lại văn thư")
    desk.close(app.journal, number, "")


def test_an_incident_is_not_closed_on_it_either(app: App) -> None:
    incident = open_incident(app.journal, "bac-kan", "vn-2017", NewIncident("x"))
    number = signed(app, incident=incident, to=("so-xd",))
    given_number(app, number)
    codes = [row["agency"] for row in desk.deliveries(app.store, number)]
    desk.send(app.journal, number, (), "edoc", "", START)
    desk.reply(app.journal, number, [make_answer(one, "không bị ảnh hưởng", channel="email") for one in codes], {})
    assert facts_of(app.journal, incident_row(app.journal, incident)).open_deliveries
    desk.verify(app.journal, number, codes, "đã gọi lại")
    assert not facts_of(app.journal, incident_row(app.journal, incident)).open_deliveries
