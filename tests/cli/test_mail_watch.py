"""`atttcli mail` from outside: every planted attack is found in months of logs, and what is hostile stays harmless."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from atttcli.cli.context import App
from atttcli.cli.main import cli, report_error
from atttcli.errors import AtttError
from atttcli.text.messages import use_language
from bench.mail_watch import judge

ROOT = Path(__file__).resolve().parents[2]


def attt(place: Path, *words: str) -> Result:
    app = App(str(place / "ws") if (place / "ws").exists() else None)
    ran = CliRunner().invoke(cli, ["--lang", "en", *words], obj=app)
    app.close()
    if isinstance(ran.exception, AtttError):
        ran.exit_code = report_error(ran.exception)
    return ran


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ATTTCLI_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    use_language("en")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    target = tmp_path_factory.mktemp("mail-watch")
    return target, runpy.run_path(str(ROOT / "seeds/samples/mail_watch.py"))["build"](target, 120, 84)


def lines(ran: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def test_every_planted_attack_is_found_and_known_travel_is_silent(
    place: Path, made: tuple[Path, dict[str, Any]]
) -> None:
    target, answers = made
    attt(place, "init", "ws", "--organisation", "bac-kan")
    for one in json.loads((target / "di-cong-tac.json").read_text()):
        told = (
            "--country",
            one["country"],
            "--from",
            one["valid_from"],
            "--to",
            one["valid_until"],
            "--reason",
            one["reason"],
        )
        assert attt(place, "mail", "travel", "add", one["account"], *told).exit_code == 0
    words = ("mail", "watch", str(target / "logs"), "--json", "--min-score", "1", "--limit", "9999", "--countries",
             str(target / "nuoc.csv"), "--leaked", str(target / "lo-lot.txt"), "--settings", str(target / "zmprov-gaa.txt"),
             "--settings", str(target / "sieve"))  # fmt: skip
    ran = attt(place, *words)
    assert ran.exit_code == 1, ran.stderr
    verdict = judge(answers, lines(ran))
    assert verdict.planted > 30
    assert (verdict.missed, verdict.loud, verdict.unsilenced) == ([], [], [])
    assert len(verdict.quiet) <= 8, "people who travel and told nobody"
    first = lines(attt(place, "alert", "list", "--json"))
    boxes = {one["victim"] for one in first}
    assert set(answers["accounts"]) <= boxes | {""} and not set(answers["silenced"]) & boxes
    attt(place, *words)
    assert lines(attt(place, "alert", "list", "--json")) == first, (
        "the same logs again: the same alerts, no count grows"
    )


def zimbra(second: int, box: str, address: str, failed: bool = False) -> str:
    error = f" error=authentication failed for [{box}], invalid password;" if failed else ""
    head = f"[qtp5-1:https://mail/service/soap/AuthRequest] [name={box};oip={address};ua=GC;soapId=1;]"
    day, rest = divmod(second, 86400)
    stamp = f"2026-05-{day + 1:02d} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d},000"
    return f"{stamp} INFO  {head} security - cmd=Auth; account={box}; protocol=soap;{error}\n"


def spray(path: Path, opened: str = "an@backan.gov.vn") -> Path:
    rows = [zimbra(n, f"b{n}@backan.gov.vn", "198.51.100.7", True) for n in range(8)] + [
        zimbra(60, opened, "198.51.100.7")
    ]
    path.write_text("".join(rows))
    return path


def test_the_sum_can_be_added_up_and_the_steps_name_the_playbook(place: Path) -> None:
    ran = attt(place, "mail", "watch", str(spray(place / "audit.log")), "--explain", "an@backan.gov.vn")
    assert "Sum: 40 = 40" in ran.stdout and "198.51.100.7 tried passwords on 9 accounts" in ran.stdout
    attt(place, "init", "ws", "--organisation", "bac-kan")
    (place / "leak.txt").write_text("an@backan.gov.vn:MatKhau123\n")
    both = (str(place / "audit.log"), "--leaked", str(place / "leak.txt"), "--json")
    (one,) = [one for one in lines(attt(place, "mail", "watch", *both)) if one["account"] == "an@backan.gov.vn"]
    assert (one["score"], one["band"], one["alert"][:3]) == (55, "ask", "CB-")
    assert one["reasons"][0]["sentence"]["vi"] != one["reasons"][0]["sentence"]["en"]
    kept = b"".join(path.read_bytes() for path in (place / "ws").rglob("*") if path.is_file())
    assert b"MatKhau123" not in kept, "no password is kept"


def test_since_and_until_and_account(place: Path) -> None:
    log = str(spray(place / "audit.log"))
    assert not lines(attt(place, "mail", "watch", log, "--json", "--since", "2026-05-02"))
    assert not lines(attt(place, "mail", "watch", log, "--json", "--until", "2026-05-01"))
    assert not lines(attt(place, "mail", "watch", log, "--json", "--account", "b1@backan.gov.vn", "--min-score", "10"))
    assert len(lines(attt(place, "mail", "watch", log, "--json", "--account", "AN@backan.gov.vn"))) == 1


def test_terminal_codes_and_formulas_in_user_names_are_inert(place: Path) -> None:
    log = str(spray(place / "audit.log", "=cmd|'/c calc'!a1\x1b[2j@x.example"))
    assert "\x1b" not in attt(place, "mail", "watch", log).output
    sheet = attt(place, "mail", "watch", log, "--csv").stdout
    assert "\x1b" not in sheet and "'=cmd" in sheet


def test_problems_make_the_run_incomplete_and_the_rest_is_judged(place: Path) -> None:
    spray(place / "audit.log")
    with (place / "audit.log").open("a") as out:
        out.write(zimbra(70, "an@backan.gov.vn", "198.51.100.7").replace("2026", "9026"))
    (place / "other.bin").write_bytes(bytes(range(256)) * 20)
    ran = attt(place, "mail", "watch", str(place / "audit.log"), str(place / "other.bin"), "--json")
    assert ran.exit_code == 2 and [one["account"] for one in lines(ran)] == ["an@backan.gov.vn"]
    assert "from the future" in ran.stderr
    assert attt(place, "mail", "watch").exit_code == 2
    assert attt(place, "mail", "watch", str(place / "audit.log"), "--explain", "nobody@x.example").exit_code == 3


def test_accounts_are_imported_once_and_say_whose_a_mailbox_is(place: Path) -> None:
    attt(place, "init", "ws", "--organisation", "bac-kan")
    table = place / "hop-thu.csv"
    table.write_text(
        "Hộp thư,Đơn vị,Trạng thái\nan@thu.example,x-vi-huong,hoạt động\nbinh@thu.example,x-vi-huong,khóa\n",
        encoding="utf-8",
    )
    assert "2 new" in attt(place, "mail", "accounts", "import", str(table)).stdout
    assert "0 new, 0 changed, 2 as before" in attt(place, "mail", "accounts", "import", str(table)).stdout
    assert (
        len([line for line in attt(place, "log", "--json").stdout.splitlines() if "mail.accounts.imported" in line])
        == 1
    )
    (one,) = lines(
        attt(
            place,
            "mail",
            "watch",
            str(spray(place / "audit.log", "binh@thu.example")),
            "--json",
            "--account",
            "binh@thu.example",
        )
    )
    assert one["agency"] == "x-vi-huong" and {"spray-success", "locked-login"} <= {r["family"] for r in one["reasons"]}
    before = attt(place, "mail", "accounts", "list", "--json").stdout
    assert attt(place, "db", "rebuild").exit_code == 0
    assert attt(place, "mail", "accounts", "list", "--json").stdout == before


@pytest.mark.parametrize(
    "words",
    [
        ("--country", "LAO"),
        ("--network", "x"),
        (),
        ("--country", "LA", "--to", "2020-01-01"),
        ("--country", "LA", "--reason", ""),
    ],
)
def test_a_journey_that_says_nothing_is_refused(place: Path, words: tuple[str, ...]) -> None:
    attt(place, "init", "ws", "--organisation", "bac-kan")
    usual = ("--from", "2026-11-01", "--to", "2026-11-10", "--reason", "công tác")
    assert attt(place, "mail", "travel", "add", "an@x.example", *usual, *words).exit_code == 2


def test_an_empty_rotated_log_is_no_problem_and_a_disabled_rule_says_nothing(place: Path) -> None:
    log = spray(place / "audit.log")
    (place / "audit.log.1").write_text("")
    words = ("mail", "watch", str(log), str(place / "audit.log.1"), "--json", "--min-score", "1")
    before = attt(place, *words)
    assert before.exit_code == 1
    attt(place, "init", "ws", "--organisation", "bac-kan")
    assert attt(place, "rules", "disable", "attt-mail-0013", "--reason", "thử").exit_code == 0
    told = {reason["family"] for one in lines(attt(place, *words)) for reason in one["reasons"]}
    assert "spray-target" in {reason["family"] for one in lines(before) for reason in one["reasons"]}
    assert "spray-target" not in told and "spray-success" in told


def test_a_cloud_session_in_two_countries_and_a_forwarding_rule(place: Path) -> None:
    def record(minute: int, operation: str, address: str, **more: object) -> str:
        head = {
            "Operation": operation,
            "CreationTime": f"2026-05-01T01:{minute:02d}:00",
            "UserId": "AN@x.example",
            "ClientIP": address,
        }
        return json.dumps({**head, "Workload": "Exchange", "Id": str(minute), **more}) + "\n"

    forward = [{"Name": "ForwardTo", "Value": "kho@dontri.example"}]
    (place / "m365.json").write_text(
        record(0, "UserLoggedIn", "203.0.113.9", SessionId="s1")
        + record(5, "UserLoggedIn", "198.51.100.9", SessionId="s1")
        + record(6, "New-InboxRule", "198.51.100.9", Parameters=forward)
    )
    (place / "c.csv").write_text("cidr,country\n203.0.113.0/24,VN\n198.51.100.0/24,US\n")
    (one,) = lines(attt(place, "mail", "watch", "m365.json", "--countries", "c.csv", "--json"))
    assert one["account"] == "an@x.example"
    assert {reason["family"] for reason in one["reasons"]} == {
        "session-two-networks",
        "impossible-travel",
        "forward-rule",
    }


def test_addresses_that_try_passwords_are_named_with_what_they_opened(
    place: Path, made: tuple[Path, dict[str, Any]]
) -> None:
    target, _answers = made
    words = ("mail", "watch", str(target / "logs"), "--countries", str(target / "nuoc.csv"), "--no-store")
    told = lines(attt(place, *words, "--addresses", "--json"))
    outside = [one for one in told if not one["inside"]]
    assert outside and not any(one["opened"] for one in told if one["inside"]), (
        "owners who mistype open nobody's mailbox"
    )
    opened = {each["account"] for one in told for each in one["opened"]}
    ranked = {
        one["account"]: {reason["family"] for reason in one["reasons"]} for one in lines(attt(place, *words, "--json"))
    }
    sprayed = {account for account, families in ranked.items() if "spray-success" in families}
    assert sprayed and sprayed <= opened
    listed = attt(place, *words, "--addresses", "--csv")
    assert listed.exit_code == 1
    assert [line.split(",")[0] for line in listed.stdout.splitlines()[1:]] == [one["address"] for one in outside]
    home = attt(place, *words, "--addresses", "--csv", "--home", f"{outside[0]['address']}/32")
    assert f"{outside[0]['address']} is inside" in home.stderr
    assert outside[0]["address"] not in home.stdout
    below = attt(place, *words).stderr
    assert f"Passwords are tried by {told[0]['address']} " in below
