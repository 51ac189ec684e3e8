"""A call: each answer kept at once, anything may be unknown, and what it comes to is one decision."""

from __future__ import annotations

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import HOUR
from atttcli.errors import AtttError, Conflict, InputError, NotFound, UsageError
from atttcli.incident.call import begin, drop, find_call, finish, keep, open_calls, read_call
from atttcli.incident.interview import (
    UNKNOWN,
    asked,
    card_for,
    load_cards,
    load_interview,
    next_question,
    read_answer,
    read_interview,
)
from atttcli.incident.notice import draft_notice
from atttcli.inventory import Inventory, load_organisation
from atttcli.journal.journal import Journal
from atttcli.profile import load_profile
from atttcli.reports.letter import render_letter
from tests.support.casework import SetClock, dump, make_app

INVENTORY = Inventory(load_organisation("bac-kan"))
QUESTIONS = {one.key: one for one in load_interview()}
LAW = load_profile("vn-2026")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path, SetClock(), "vn-2026")
    yield app
    app.close()


def take(app, **answers):
    call = begin(app.store, "lan", app.clock.at)
    for key, text in answers.items():
        call = keep(app.store, call, key, read_answer(QUESTIONS[key], text, INVENTORY))
    return call


def end(app, call):
    reading = read_call(call, LAW, INVENTORY, "vi")
    return finish(app.journal, call, reading, "bac-kan", "vn-2026", "lan")


def test_each_answer_is_there_for_whoever_goes_on(app):
    call = take(app, agency="xã Vi Hương", seen="1")
    with sqlite3.connect(app.store.path) as other:
        kept = json.loads(other.execute("SELECT answers FROM call").fetchone()[0])
    assert kept == {"agency": "x-vi-huong", "seen": "encrypted"}
    assert find_call(app.store, call.id[:6]).answers == kept
    assert app.store.value("SELECT count(*) FROM incident") == 0, "a draft is nobody's decision"


def test_what_a_call_comes_to(app):
    call = take(
        app, agency="x-vi-huong", seen="encrypted", caller="văn thư", machines="PC-01, PC-02", count="2",
        still_on="có", unplugged="?", personal_data="yes", subjects="1.200", since="2026-03-01 17:00",
    )  # fmt: skip
    number = end(app, call)
    row = app.store.row("SELECT * FROM incident WHERE number = ?", number)
    fields = json.loads(row["fields"])
    assert (row["category"], row["agencies"]) == ("mahoa", '["x-vi-huong"]')
    assert fields["machines"] == ["PC-01", "PC-02"]
    assert (fields["still_on"], fields["unplugged"], fields["personal_data_subjects"]) == ("yes", "unknown", 1200)
    assert [line["key"] for line in fields["interview"]][:2] == ["caller", "agency"]
    clocks = {r["code"]: r["due"] for r in app.store.rows("SELECT code, due FROM deadline WHERE incident = ?", number)}
    assert clocks["B3"] == row["detected"] + 72 * HOUR
    assert clocks["B5"] == row["detected"] + 72 * HOUR, "personal data: a second clock, to another addressee"
    assert row["detected"] < app.clock.at
    assert open_calls(app.store) == []


def test_a_call_opens_one_incident(app):
    call = take(app, agency="x-vi-huong")
    end(app, call)
    with pytest.raises(Conflict):
        end(app, call)
    with pytest.raises(Conflict):
        keep(app.store, call, "seen", "slow")
    assert app.store.value("SELECT count(*) FROM incident") == 1


def test_two_officers_at_one_call_lose_no_answer(app):
    mine = take(app, agency="x-vi-huong")
    keep(app.store, mine, "seen", "encrypted")  # the other officer, on another terminal
    with pytest.raises(Conflict, match="meanwhile"):
        end(app, mine)
    assert app.store.value("SELECT count(*) FROM incident") == 0
    end(app, find_call(app.store, mine.id))
    assert app.store.value("SELECT category FROM incident") == "mahoa"


def test_a_call_that_says_nothing_opens_nothing(app):
    with pytest.raises(UsageError):
        end(app, take(app, still_on="?"))
    with pytest.raises(UsageError):
        end(app, take(app))
    assert app.store.value("SELECT count(*) FROM incident") == 0


def test_a_title_is_one_line(app):
    reading = read_call(take(app, agency="x-vi-huong", detail="mất mạng\nSC-2026-0001 đã đóng"), LAW, INVENTORY, "vi")
    assert reading.title.startswith("mất mạng SC-2026-0001")


def test_a_card_forbids_nothing_twice(app):
    """ "KHÔNG ĐƯỢC: Không trả tiền" is read aloud as its opposite."""
    from atttcli.cli.incident_call import card_lines
    from atttcli.text.messages import speaking

    for language in ("vi", "en"):
        with speaking(language):
            lines = card_lines(app, card_for("mahoa"))
            heading = next(line for line in lines if line.endswith(":") and line.isupper())
            assert "KHÔNG" not in heading
            assert "NEVER" not in heading


def test_a_dropped_call_keeps_its_answers(app):
    call = take(app, agency="x-vi-huong")
    drop(app.store, call, app.clock.at)
    with pytest.raises(NotFound):
        find_call(app.store, call.id)
    assert "x-vi-huong" in app.store.value("SELECT answers FROM call")


def test_the_future_is_no_time_of_detection(app):
    reading = read_call(take(app, agency="x-vi-huong", since="2027-01-01 08:00"), LAW, INVENTORY, "vi")
    assert reading.detected == app.clock.at


def test_rebuild_knows_the_call(app):
    end(app, take(app, agency="x-vi-huong", seen="leak"))
    before = dump(app.store)
    Journal(app.store, "lan", app.clock).rebuild()
    assert dump(app.store) == before


def test_the_interview_ends_whatever_is_answered():
    answers, count = {}, 0
    while (question := next_question(load_interview(), answers)) is not None:
        answers[question.key] = UNKNOWN
        count += 1
    assert count <= len(QUESTIONS)
    assert "subjects" not in answers, "how many people is asked only when there is personal data"
    assert asked(QUESTIONS["subjects"], {"personal_data": "yes"})


@given(st.sampled_from(sorted(QUESTIONS)), st.text(max_size=40))
def test_any_answer_is_kept_as_something_known_or_refused_with_a_hint(key, text):
    try:
        kept = read_answer(QUESTIONS[key], text, INVENTORY)
    except AtttError as error:
        assert isinstance(error, UsageError)
        return
    assert kept
    assert read_answer(QUESTIONS[key], "?", INVENTORY) == UNKNOWN


@pytest.mark.parametrize("text", ["?", "", "không rõ", "KHONG RO", "unknown"])
@pytest.mark.parametrize("key", sorted(QUESTIONS))
def test_not_known_is_always_an_answer(key, text):
    assert read_answer(QUESTIONS[key], text, INVENTORY) == UNKNOWN


@pytest.mark.parametrize(
    ("key", "text"),
    [("agency", "Ủy ban"), ("agency", "không có cơ quan này"), ("seen", "12"), ("still_on", "có lẽ"), ("count", "vài chục"),
     ("since", "sáng nay"), ("system", "zzz"), ("detail", "x" * 2001)],
)  # fmt: skip
def test_answers_that_are_none(key, text):
    with pytest.raises(UsageError):
        read_answer(QUESTIONS[key], text, INVENTORY)


def test_every_kind_of_incident_has_a_card_and_a_card_is_a_page():
    attacks = {kind.code for kind in LAW.incident_types}
    for card in load_cards():
        assert set(card.fits) <= attacks
        for text in (card.vi, card.en):
            lines = [text.title, *text.say, *text.never]
            assert sum(-(-len(line) // 80) for line in lines) <= 40, "one printed page"
    assert card_for("mahoa").code == "ma-hoa"
    assert card_for("khac").fits == ()
    named = {option.tag for option in QUESTIONS["seen"].options}
    assert all(LAW.type_for_tags([tag]) for tag in named)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("field: reporter_name", "field: nowhere"),
        ("kind: agency", "kind: magic"),
        ("key: agency", "key: caller"),
        ('when: {personal_data: ["yes"]}', 'when: {later: ["yes"]}'),
        ("format: atttcli/interview/1", "format: other"),
    ],
)
def test_a_broken_interview_is_refused_with_its_line(change, why):
    from atttcli.packaged import packaged

    text = (packaged("seeds") / "calls" / "interview.yaml").read_text(encoding="utf-8").replace(change, why, 1)
    with pytest.raises(InputError) as refused:
        read_interview(text.encode(), "interview.yaml")
    assert refused.value.where.line


def test_the_notice_says_what_was_said_and_nothing_active(app):
    call = take(
        app, agency="x-vi-huong", seen="encrypted", detail="<script>alert(1)</script> =cmd|x \x1b[31m", done="rút mạng"
    )
    reading = read_call(call, LAW, INVENTORY, "vi")
    letter = draft_notice("SC-2026-0001", call, reading, LAW, INVENTORY, "vi", app.clock.at)
    text = render_letter(letter, "txt").decode()
    page = render_letter(letter, "html").decode()
    assert "rút mạng" in text
    assert "\x1b" not in text
    assert "<script>alert" not in page
    assert render_letter(letter, "docx")[:2] == b"PK"
