"""The playbooks we ship: whole in both languages, tied to the law's data, and walked to their end whatever is answered."""

from __future__ import annotations

from itertools import product

import pytest

from atttcli.advisory.templates import template_codes
from atttcli.clock import DAY
from atttcli.playbook.dry_run import MAX_STEPS, dry_run
from atttcli.playbook.fitting import ORDINARY, fitting_playbook
from atttcli.playbook.library import Library
from atttcli.playbook.lint import lint
from atttcli.playbook.variables import is_bool
from atttcli.profile import load_profile

BOOKS = {book.short: book for book in Library().all()}
LAWS = {name: load_profile(name) for name in ("vn-2017", "vn-2026")}
ASKED_FOR = {
    "tt20-art11-ordinary", "qd05-art14-nghiem-trong", "nd331-nd333-2026", "doi-giao-dien", "ma-hoa", "thu-gia-mao", "lo-du-lieu",
    "tu-choi-dich-vu", "ma-doc-danh-sach", "chiem-tai-khoan", "web-shell", "chuoi-cung-ung", "noi-bo", "giu-hien-truong",
}  # fmt: skip
OUTPUTS = {"phieu_tiep_nhan", "xac_nhan_da_nhan", "chung_cu", "bao_cao_phuong_an", "mau_06"}


def actions(book):
    return [step for step in book.steps.values() if step.type == "action"]


def test_all_that_was_asked_for_is_there():
    assert set(BOOKS) >= ASKED_FOR


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_valid_without_a_warning(name):
    assert [problem.message for problem in lint(BOOKS[name].document, name)] == []


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_every_task_has_two_languages_a_lead_and_a_due_time(name):
    book = BOOKS[name]
    assert book.name_en
    for step in actions(book):
        assert step.name, step.id
        assert step.name_en, step.name
        assert step.lead, step.name
        assert step.due, step.name
        assert not step.out_args or step.ask or name == ORDINARY, step.name
    assert any(step.needs_evidence or step.evidence for step in actions(book))


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_roles_deadlines_papers_and_letters_are_the_laws_and_ours(name):
    book = BOOKS[name]
    spoken = [law for label, law in LAWS.items() if label in book.document.get("labels", ())]
    assert spoken
    roles = {role.code for law in spoken for role in law.roles}
    deadlines = {one.id for law in LAWS.values() for one in law.deadlines}
    papers = {one.code for law in LAWS.values() for one in law.forms} | {
        one.document for law in LAWS.values() for one in law.deadlines
    }
    types = {kind.code for law in LAWS.values() for kind in law.incident_types}
    assert set(book.roles) <= roles
    assert set(book.fits) <= types
    for step in actions(book):
        assert set(step.deadlines) <= deadlines, step.name
        assert set(step.reports) <= papers, step.name
        assert set(step.outputs) <= papers | OUTPUTS, step.name
        assert set(step.advisory) <= set(template_codes()), step.name
        assert set(step.approval) <= {"lead", "duty", "approver"}, step.name


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_whatever_is_answered_the_path_ends_and_no_step_is_never_met(name):
    book = BOOKS[name]
    asked = sorted(key for key, variable in book.variables.items() if is_bool(variable.type))
    met = set()
    for answers in product(("true", "false"), repeat=len(asked)):
        walked = list(dry_run(book, dict(zip(asked, answers, strict=True))))
        assert len(walked) < MAX_STEPS, answers
        met |= {passed.step.id for passed in walked}
    never = [step.name for step in actions(book) if step.id not in met]
    assert never == []


@pytest.mark.parametrize("law", sorted(LAWS))
def test_every_type_of_attack_has_a_playbook_and_a_law_its_ordinary_one(law):
    for kind in LAWS[law].incident_types:
        assert fitting_playbook(kind.code, law, None, None) in BOOKS
    assert fitting_playbook("mahoa", law, None, None) == "ma-hoa"
    assert fitting_playbook("", "vn-2017", None, None) == ORDINARY
    assert fitting_playbook("khac", "vn-2026", None, None) == "nd331-nd333-2026"


LIMITS = {"vn-2017": {"A1": 5 * DAY}, "vn-2026": {"B2": DAY, "B3": 3 * DAY, "B5": 3 * DAY}}
FOR_WEEKS = 60 * DAY  # a playbook within a playbook may wait for others that long


def latest_begins(book):
    """Step -> how long after detection it may begin when every step before it takes all of its time; loops once."""
    begins = {}

    def walk(name, at, path):
        """When the path from this step ends."""
        step = book.steps[name]
        if name in path:
            return at
        begins[name] = max(begins.get(name, 0), at)
        path = (*path, name)
        if step.type == "action":
            at = max(at, step.due) if step.due_from == "detected" else at + step.due
        elif step.type == "playbook-action":
            at += FOR_WEEKS
        inner = [target for target in (*step.branches, step.on_true, step.on_false) if target]
        if inner:
            at = max(walk(target, at, path) for target in inner)
        return walk(step.next, at, path) if step.next else at

    walk(next(name for name, step in book.steps.items() if step.type == "start"), 0, ())
    return begins


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_no_paper_of_the_law_waits_behind_work_that_may_take_longer(name):
    """A task that opens after its own time has run out is a broken promise of ours."""
    book = BOOKS[name]
    begins = latest_begins(book)
    labels = book.document.get("labels", ())
    limits = {code: limit for law, known in LIMITS.items() if law in labels for code, limit in known.items()}
    for step in actions(book):
        for code in step.deadlines:
            if code in limits:
                assert begins[step.id] < limits[code], (
                    f"{step.name}: {code} begins after {begins[step.id] / DAY:.1f} days"
                )
        if step.due_from == "detected":
            assert begins[step.id] < step.due, step.name


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_no_work_waits_for_a_paper(name):
    """A report's branch ends in itself: what is repaired, swept or collected does not stand behind it."""
    book = BOOKS[name]
    for step in actions(book):
        if "B3" in step.deadlines:
            following = book.steps[step.next]
            assert following.type == "end", f"{following.name} waits for the 72-hour report"


def test_questions_cannot_be_understood_the_other_way_round():
    """ "Không còn dấu hiệu?": who answers "không" means that it is clean, and the tool would hear the opposite."""
    for book in BOOKS.values():
        for step in actions(book):
            assert not step.ask.casefold().startswith(("không", "chưa", "hết")), step.ask
            assert not step.ask_en.startswith(("No ", "Not ", "Isn't", "Aren't")), step.ask_en
