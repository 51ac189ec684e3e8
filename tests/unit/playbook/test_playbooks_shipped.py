"""The playbooks we ship: whole in both languages, tied to the law's data, and walked to their end whatever is answered."""

from __future__ import annotations

from itertools import product

import pytest

from atttcli.advisory.templates import template_codes
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
