"""Exports of accounts, their settings, and leaked lists."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.engine import EngineProblem
from atttcli.errors import InputError
from atttcli.mailwatch.accounts import MailAccount, read_accounts
from atttcli.mailwatch.leaked import leaked_accounts
from atttcli.mailwatch.reasons import Finding
from atttcli.mailwatch.seen import Names
from atttcli.mailwatch.settings import Settings
from atttcli.source import ReadProblem

GAA = """# name an@backan.gov.vn
displayName: An
zimbraAccountStatus: active
zimbraLastLogonTimestamp: 20261120031122.123Z
zimbraMailSieveScript: require ["fileinto"];
# bộ lọc
if anyof (header :contains ["subject"] "cảnh báo bảo mật") {
    fileinto "Trash";
    redirect "kho@dontri.example";
}
zimbraPrefMailForwardingAddress: hop@dontri.example, binh@backan.gov.vn

# name binh@backan.gov.vn
zimbraAccountStatus: locked
zimbraMailSieveScript: if header :contains "subject" "khuyến mại" { discard; }
"""
ZMACCTS = """           account                          status             created       last logon
------------------------------------   -----------     ---------------  ---------------
an@backan.gov.vn                            active      03/13/20 03:43   11/22/26 15:54
binh@backan.gov.vn                          closed      03/13/20 03:43            never

                                 domain summary
"""


def settings(path: str, text: str) -> list[tuple[str, str, str]]:
    reader = Settings(lambda address: address.endswith("@backan.gov.vn"), Names(domain="backan.gov.vn").account)
    told = list(reader.read(path, text.encode()))
    return [
        (one.account, one.family, str(one.detail.get("target") or one.detail.get("about")))
        for one in told
        if isinstance(one, Finding)
    ] + [("", "problem", one.reason) for one in told if isinstance(one, EngineProblem)]


def test_zmprov_forwarding_sieve_and_what_is_ordinary() -> None:
    assert sorted(settings("gaa.txt", GAA)) == [
        ("an@backan.gov.vn", "filter-setting", "cảnh báo"),
        ("an@backan.gov.vn", "forward-setting", "hop@dontri.example"),
        ("an@backan.gov.vn", "forward-setting", "kho@dontri.example"),
    ]


def test_a_sieve_script_is_of_the_account_that_its_file_is_named_after() -> None:
    script = 'require ["copy"];\n# redirect "cu@dontri.example";\nredirect :copy "kho@dontri.example";\n'
    assert settings("x/an@backan.gov.vn.sieve", script) == [
        ("an@backan.gov.vn", "forward-setting", "kho@dontri.example")
    ]
    assert settings("script.sieve", script)[0][1] == "problem"


def test_zmmailbox_filters() -> None:
    text = 'account: an@backan.gov.vn\n"x" active any header "subject" contains "hóa đơn" fileinto "/Trash" stop\n'
    assert settings("gfrl.txt", text) == [("an@backan.gov.vn", "filter-setting", "hóa đơn")]


def test_exchange_rules() -> None:
    text = (
        '"MailboxOwnerId","Name","Enabled","ForwardTo","DeleteMessage","SubjectContainsWords"\n'
        '"an@backan.gov.vn","r","True","smtp:kho@dontri.example","False",""\n'
        '"binh@backan.gov.vn","r","True","","True","password; mật khẩu"\n'
        '"chi@backan.gov.vn","r","False","smtp:kho@dontri.example","True","password"\n'
        '"","r","True","smtp:kho@dontri.example","",""\n'
    )
    assert settings("rules.csv", text) == [
        ("an@backan.gov.vn", "forward-setting", "kho@dontri.example"),
        ("binh@backan.gov.vn", "filter-setting", "password"),
        ("", "problem", "a rule without the mailbox that it is of"),
    ]


@given(
    st.text(max_size=400),
    st.sampled_from(("", "# name an@x.example\n", "ForwardTo,Mailbox\n", "require [];\nredirect ")),
)
def test_garbage_settings_are_problems_or_nothing(text: str, head: str) -> None:
    settings("an@x.example.sieve", head + text)


def test_accounts_of_zmprov_and_zmaccts() -> None:
    from_zmprov, from_zmaccts = list(read_accounts("a", GAA.encode())), list(read_accounts("b", ZMACCTS.encode()))
    assert [(one.address, one.status) for one in from_zmprov if isinstance(one, MailAccount)] == [
        ("an@backan.gov.vn", "active"), ("binh@backan.gov.vn", "locked"),
    ]  # fmt: skip
    first, second = from_zmaccts
    assert isinstance(first, MailAccount) and isinstance(second, MailAccount)
    assert (first.status, first.last_login is not None, second.status, second.last_login) == (
        "active",
        True,
        "closed",
        None,
    )


def test_accounts_of_a_table_and_its_bad_rows() -> None:
    table = "Danh sách\nHộp thư;Đơn vị;Trạng thái;Đăng nhập lần cuối\nAN@x.example;Xã A;Hoạt động;20/11/2026 08:00\nkhong;;;\n"
    read = list(read_accounts("a.csv", table.encode(), lambda text: "xa-a" if text == "Xã A" else ""))
    assert isinstance(read[0], MailAccount) and isinstance(read[1], ReadProblem)
    assert (read[0].address, read[0].agency, read[0].status) == ("an@x.example", "xa-a", "active") and read[
        0
    ].last_login
    with pytest.raises(InputError):
        list(read_accounts("b.csv", b"a,b\n1,2\n"))


@given(st.binary(max_size=400), st.sampled_from((b"", b"# name an@x.example\n", ZMACCTS.encode(), b"email,agency\n")))
def test_garbage_accounts_are_problems_or_an_input_error(data: bytes, head: bytes) -> None:
    try:
        for one in read_accounts("a.csv", head + data):
            assert isinstance(one, (MailAccount, ReadProblem))
    except InputError:
        pass


def test_leaked_lists_in_their_forms(tmp_path: Path) -> None:
    accounts = ["an@x.example", "binh@x.example", "chi@x.example", "dung@x.example"]
    digest = hashlib.sha256(b"binh@x.example").hexdigest().upper()
    path = tmp_path / "combo.txt"
    path.write_bytes(
        b"\xff\xfe\n" + b"z" * 9000 + f"\nAN@x.example:pw\n{digest}\nxchi@x.example:pw\n,dung@x.example;1\n".encode()
    )
    assert [account for account, _ in leaked_accounts(path, accounts)] == [
        "an@x.example",
        "binh@x.example",
        "dung@x.example",
    ]
