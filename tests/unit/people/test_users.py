"""Who may decide what: the register, the shared desk, the scope by agency. Asked through the journal that refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.incident.undo import undo
from atttcli.journal.journal import Journal
from atttcli.people import identity, users
from atttcli.people.passphrase import fits, make_credential
from atttcli.people.roles import ROLES, allowed
from atttcli.people.users import User, add_user, change_user, find_user, recover_admin, remove_user, set_passphrase
from tests.support.casework import SetClock, add_alert, make_app

PASSPHRASE = "bốn từ dễ nhớ"


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(identity, "os_login", lambda: "desk")
    app = make_app(tmp_path, SetClock())
    yield app
    app.close()


@pytest.fixture
def register(app):
    """An admin at the account `desk`, a responder of one agency, an approver."""
    journal = Journal(app.store, "lan", app.clock)
    add_user(journal, User("lan", roles=("admin", "duty"), logins=("desk",)))
    add_user(journal, User("minh", roles=("responder",), agencies=("so-y-te",)))
    add_user(journal, User("an", roles=("approver",)))
    return journal


def act(app, name="", said=PASSPHRASE, **more):
    return identity.identify(app.store, "whoever", as_name=name, passphrase=lambda _who: said, **more)


def ask(app, who, verb, payload=None, subject=""):
    identity.require(app.store, who, verb, subject, payload or {})


def test_without_a_register_everybody_may_do_everything(app):
    who = act(app)
    assert (who.name, who.roles) == ("whoever", frozenset(ROLES))
    ask(app, who, "user.added")


def test_the_first_user_must_be_an_admin_of_their_own(app):
    journal = Journal(app.store, "lan", app.clock)
    for first in (User("an", roles=("approver",)), User("truc", roles=("admin",), shared=True)):
        with pytest.raises(Refused) as refused:
            add_user(journal, first)
        assert refused.value.guard == "first-admin"
    assert users.users(app.store) == []


def test_an_account_is_its_user_and_a_stranger_only_reads(app, register, monkeypatch):
    assert act(app).name == "lan"
    monkeypatch.setattr(identity, "os_login", lambda: "stranger")
    who = act(app)
    with pytest.raises(Refused) as refused:
        ask(app, who, "incident.noted")
    assert refused.value.guard == "role"


def test_as_another_needs_their_passphrase(app, register):
    with pytest.raises(Refused, match="no passphrase"):
        act(app, "an")
    set_passphrase(register, "an", PASSPHRASE)
    with pytest.raises(Refused, match="wrong"):
        act(app, "an", said="bốn từ khó nhớ")
    assert act(app, "an").name == "an"
    with pytest.raises(NotFound):
        act(app, "nobody")


def test_the_passphrase_is_nowhere_in_the_journal(app, register):
    set_passphrase(register, "an", PASSPHRASE)
    kept = users.credential_of(app.store, "an")
    journal = "".join(row[0] for row in app.store.rows("SELECT payload FROM journal_payload"))
    assert PASSPHRASE not in journal
    assert kept.digest not in journal
    assert kept.salt not in journal


def test_a_shared_desk_decides_nothing_until_somebody_logs_in(app, register):
    add_user(register, User("truc", shared=True, logins=("ban",)))
    change_user(register, "lan", {"logins": ("may-rieng",)})
    set_passphrase(register, "an", PASSPHRASE)
    identity_of_desk = identity.Identity("truc", frozenset(), shared=True)
    with pytest.raises(Refused) as refused:
        ask(app, identity_of_desk, "incident.noted")
    assert refused.value.guard == "identity"
    token = identity.open_session(app.store, "an", lambda _who: PASSPHRASE, now=1_000, hours=8)
    assert act(app, token=token, now=2_000).name == "an"
    assert act(app, token=token, now=8 * 3_600_000_000 + 1_001).name != "an", "a session ends with the shift"
    assert act(app, token="0" * 64, now=2_000).name != "an"
    assert act(app, token=token, now=999).name != "an", "a clock that was set back lengthens no session"
    assert identity.close_session(app.store, token)
    assert act(app, token=token, now=2_000).name != "an"
    assert app.store.value("SELECT count(*) FROM login WHERE token = ?", token) == 0, "the token itself is not kept"


def test_a_new_passphrase_ends_open_sessions(app, register):
    set_passphrase(register, "an", PASSPHRASE)
    token = identity.open_session(app.store, "an", lambda _who: PASSPHRASE, now=1_000)
    set_passphrase(register, "an", PASSPHRASE + " mới")
    assert act(app, token=token, now=2_000).name == "lan"


def test_scope_is_by_agency(app, register):
    set_passphrase(register, "minh", PASSPHRASE)
    who = act(app, "minh")
    ask(app, who, "incident.opened", {"agencies": ["so-y-te", "so-gddt"]})
    for payload in ({"agencies": ["so-gddt"]}, {"agency": "so-gddt"}, {}):
        with pytest.raises(Refused) as refused:
            ask(app, who, "incident.opened", payload)
        assert refused.value.guard == "scope"


def test_scope_looks_at_the_agencies_of_the_incident(app, register):
    set_passphrase(register, "minh", PASSPHRASE)
    base = {"title": "x", "profile": "vn-2026"}
    register.append("incident.opened", "SC-2026-0001", base | {"agencies": ["so-y-te"]})
    register.append("incident.opened", "SC-2026-0002", base | {"agencies": ["so-gddt"]})
    who = act(app, "minh")
    ask(app, who, "incident.noted", subject="SC-2026-0001")
    ask(app, who, "task.closed", {"incident": "SC-2026-0001"}, subject="NV-2026-0001")
    with pytest.raises(Refused):
        ask(app, who, "incident.noted", subject="SC-2026-0002")


def test_an_approval_is_the_approvers_or_recorded_by_its_paper(app, register):
    set_passphrase(register, "an", PASSPHRASE)
    ask(app, act(app, "an"), "incident.approved")
    ask(app, act(app), "incident.approved", {"paper": "12/QĐ-STTTT"})
    with pytest.raises(Refused):
        ask(app, act(app), "incident.approved")
    with pytest.raises(Refused):
        ask(app, act(app, "an"), "incident.moved")


def test_the_journal_of_the_tool_refuses_and_writes_nothing(app, register, monkeypatch):
    monkeypatch.setattr(identity, "os_login", lambda: "stranger")
    before = app.store.value("SELECT count(*) FROM journal")
    with pytest.raises(Refused):
        app.journal.append("incident.noted", "SC-2026-0001", {"text": "x"})
    assert app.store.value("SELECT count(*) FROM journal") == before


def test_the_last_admin_stays(app, register):
    for attempt in (
        lambda: remove_user(register, "lan", "nghỉ"),
        lambda: change_user(register, "lan", {"roles": ("duty",)}),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.guard == "last-admin"
    add_user(register, User("hoa", roles=("admin",)))
    remove_user(register, "lan", "nghỉ")
    with pytest.raises(NotFound):
        find_user(app.store, "lan")


def test_a_user_who_left_can_come_back_and_rebuild_agrees(app, register):
    remove_user(register, "an", "chuyển công tác")
    add_user(register, User("an", roles=("viewer",)))
    before = [tuple(row) for row in app.store.rows("SELECT * FROM user ORDER BY name")]
    register.rebuild()
    assert [tuple(row) for row in app.store.rows("SELECT * FROM user ORDER BY name")] == before


@pytest.mark.parametrize("name", ["", "A", "x", "../etc", "lan\n", "l" * 33, "\x1b[31m", "Lan"])
def test_names_that_are_none(app, register, name):
    with pytest.raises(UsageError):
        add_user(register, User(name, roles=("viewer",)))


def test_one_account_is_one_user(app, register):
    with pytest.raises(Conflict):
        add_user(register, User("hai", roles=("viewer",), logins=("desk",)))
    with pytest.raises(Conflict):
        add_user(register, User("minh", roles=("viewer",)))
    with pytest.raises(UsageError):
        add_user(register, User("hai", roles=("root",)))


@pytest.mark.parametrize("text", ["ngắn", "x" * 1025])
def test_passphrases_of_a_bad_length(text):
    with pytest.raises(UsageError):
        make_credential(text)


def test_a_passphrase_is_the_same_however_it_is_composed():
    credential = make_credential("mật khẩu rất dài".encode().decode())
    import unicodedata

    assert fits(credential, unicodedata.normalize("NFD", "mật khẩu rất dài"))
    assert not fits(credential, "mat khau rat dai")


@given(st.text(max_size=30))
def test_every_verb_is_somebodys_and_never_the_viewers(verb):
    roles = allowed(verb, {})
    assert roles
    assert "viewer" not in roles
    assert roles <= frozenset(ROLES)


def test_naming_an_agency_of_ones_own_opens_nothing_of_another(app, register):
    set_passphrase(register, "minh", PASSPHRASE)
    base = {"title": "x", "profile": "vn-2026"}
    register.append("incident.opened", "SC-2026-0001", base | {"agencies": ["so-y-te"]})
    register.append("incident.opened", "SC-2026-0002", base | {"agencies": ["so-gddt"]})
    who = act(app, "minh")
    for verb, subject, payload in (
        ("incident.set", "SC-2026-0002", {"agencies": ["so-y-te"]}),
        ("evidence.added", "CC-2026-0001", {"incident": "SC-2026-0002", "agency": "so-y-te"}),
        ("delivery.answered", "CV-2026-0001", {"agencies": ["so-y-te", "so-gddt"]}),
        ("incident.split", "SC-2026-0003", {"source": "SC-2026-0002", "agencies": ["so-y-te"]}),
    ):
        with pytest.raises(Refused) as refused:
            ask(app, who, verb, payload, subject)
        assert refused.value.guard == "scope"
    ask(app, who, "delivery.answered", {"agencies": ["so-y-te"]}, "CV-2026-0001")


def test_what_hangs_on_an_incident_has_its_agencies_and_an_alert_its_own(app, register):
    set_passphrase(register, "minh", PASSPHRASE)
    for seq, agency in ((1, "so-y-te"), (2, "so-gddt")):
        number = f"SC-2026-000{seq}"
        register.append("incident.opened", number, {"title": "x", "profile": "vn-2026", "agencies": [agency]})
        register.append("task.added", f"NV-2026-000{seq}", {"incident": number, "tasks": [task(seq, number)]})
        add_alert(app.store, seq, agency=agency)
        held = {"number": f"KT-2026-000{seq}", "system": "x", "agency": agency, "level": 3, "held": "2026-03-01"}
        register.append("inspection.held", held["number"], held | {"inspector": "x", "result": "met", "findings": []})
    who = act(app, "minh")
    verbs = {"NV": "task.closed", "CB": "alert.closed", "KT": "inspection.finding_closed"}
    for subject, verb in ((f"{kind}-2026-000{{}}", verb) for kind, verb in verbs.items()):
        ask(app, who, verb, subject=subject.format(1))
        with pytest.raises(Refused):
            ask(app, who, verb, subject=subject.format(2))


def test_taking_back_needs_the_right_to_decide_it_and_the_register_is_never_taken_back(app, register, monkeypatch):
    """Else whoever lost a right could still undo with it; and the last admin's entry could be undone by one who is none."""
    add_user(register, User("hoa", roles=("admin",)))
    mine = Journal(app.store, "hoa", app.clock)
    change_user(mine, "lan", {"roles": ("reporter",)})
    before = users.users(app.store)
    with pytest.raises(Refused) as refused:
        undo(app.journal)  # as lan, a reporter now; the last own entry made hoa an admin
    assert refused.value.guard == "register"
    assert users.users(app.store) == before
    app.journal.guard, kept = None, app.journal.guard
    app.journal.append("rule.disabled", "r1", {"reason": "nhiễu"})
    app.journal.guard = kept
    with pytest.raises(Refused) as refused:
        undo(app.journal)
    assert refused.value.guard == "role"


def task(seq, incident):
    return {
        "number": f"NV-2026-000{seq}",
        "incident": incident,
        "title": "x",
        "lead": "",
        "lead_name": "",
        "status": "ready",
    }


def test_the_timer_of_a_shared_desk_may_tick(app, register):
    desk = identity.Identity("truc", frozenset(), shared=True)
    ask(app, desk, "tick.reminded")


def test_everybody_changes_their_own_passphrase_and_nobody_elses(app, register):
    set_passphrase(register, "minh", PASSPHRASE)
    who = act(app, "minh")
    ask(app, who, "user.passphrase_set", subject="minh")
    with pytest.raises(Refused):
        ask(app, who, "user.passphrase_set", subject="an")
    stranger = identity.Identity("minh", frozenset({"viewer"}), known=False)
    with pytest.raises(Refused):
        ask(app, stranger, "user.passphrase_set", subject="minh")


def test_an_admin_whose_account_was_renamed_is_recovered_with_a_reason(app, register, monkeypatch):
    monkeypatch.setattr(identity, "os_login", lambda: "desk-new")
    assert act(app).roles == {"viewer"}, "locked out: no admin has an account here"
    for name, reason, guard in (("lan", " ", "reason"), ("minh", "đổi tên", "admin")):
        with pytest.raises(Refused) as refused:
            recover_admin(register, name, "desk-new", reason)
        assert refused.value.guard == guard
    recover_admin(register, "lan", "desk-new", "tài khoản đổi tên")
    assert act(app).name == "lan"
    last = app.store.value("SELECT payload FROM journal_payload ORDER BY seq DESC LIMIT 1")
    assert "tài khoản đổi tên" in last


def test_nobody_signs_a_restored_copy_with_anothers_name(app, register):
    assert identity.actor_without_right(app.store, "minh") == "desk"
