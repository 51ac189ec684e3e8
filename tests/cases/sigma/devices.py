"""Writes the samples of the rules for network devices, antivirus reports and name servers into `rules/cases/sigma`.

python tests/cases/sigma/devices.py
"""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from atttcli.rulepack.samples import pack

OUT = Path(__file__).resolve().parents[3] / "rules" / "cases" / "sigma"
VIETNAM = timezone(timedelta(hours=7))
START = datetime(2026, 11, 16, 1, 0, 0, tzinfo=UTC)
ATTACKER, OFFICE = "203.0.113.45", "10.20.3.15"
Lines = list[str]


def at(seconds: int) -> datetime:
    return (START + timedelta(seconds=seconds)).astimezone(VIETNAM)


def fortigate(text: str, seconds: int = 0, kind: str = 'type="event" subtype="system"') -> str:
    when = at(seconds)
    return f'date={when:%Y-%m-%d} time={when:%H:%M:%S} devname="FG60F-UBND" devid="FGT60FTK20000001" tz="+0700" logid="0100032000" {kind} level="information" vd="root" {text}'


def admin(ip: str, outcome: str = "success", seconds: int = 0, user: str = "admin") -> str:
    desc = "Admin login successful" if outcome == "success" else "Admin login failed"
    return fortigate(
        f'logdesc="{desc}" user="{user}" ui="https({ip})" method="https" srcip={ip} dstip=192.0.2.1 action="login" status="{outcome}" msg="Administrator {user} login {outcome} from https({ip})"',
        seconds,
    )


def vpn(ip: str, user: str, seconds: int, action: str = "ssl-login-fail") -> str:
    desc = "SSL VPN tunnel up" if action == "tunnel-up" else "SSL VPN login fail"
    return fortigate(
        f'logdesc="{desc}" action="{action}" tunneltype="ssl-web" remip={ip} user="{user}" msg="SSL"',
        seconds,
        'type="event" subtype="vpn"',
    )


def setting(path: str, attribute: str = "", action: str = "Add", name: str = "1") -> str:
    return fortigate(
        f'logdesc="Object attribute configured" user="admin" ui="GUI({OFFICE})" action="{action}" cfgtid=1 cfgpath="{path}" cfgobj="{name}" cfgattr="{attribute}" msg="{action} {path} {name}"'
    )


def denied(ip: str, target: str, port: int, seconds: int, action: str = "deny") -> str:
    return fortigate(
        f'srcip={ip} srcport=40000 srcintf="wan1" dstip={target} dstport={port} dstintf="lan" policyid=0 proto=6 action="{action}" service="x"',
        seconds,
        'type="traffic" subtype="forward"',
    )


def intrusion(action: str, severity: str = "critical") -> str:
    return fortigate(
        f'eventtype="signature" severity="{severity}" srcip={ATTACKER} dstip=10.1.1.5 srcport=33333 dstport=8080 action="{action}" proto=6 service="HTTP" attack="Apache.Log4j" attackid=51006',
        0,
        'type="utm" subtype="ips"',
    )


def mikrotik(text: str, seconds: int = 0, topics: str = "system,info,account") -> str:
    return f"{at(seconds):%Y-%m-%dT%H:%M:%S}+07:00 gw-xa {topics} {text}"


def clam(path: str, name: str, seconds: int = 0) -> str:
    return f"{at(seconds):%a %b %e %H:%M:%S %Y} -> {path}: {name} FOUND"


def console(rows: list[tuple[str, str, str, str]], step: int = 60) -> Lines:
    """An export of an antivirus console: (machine, malware, file, state)."""
    head = "STT,Tên máy tính,Địa chỉ IP,Tên mã độc,Đường dẫn tập tin,Trạng thái,Thời gian"
    return [
        head,
        *(
            f"{n},{host},10.20.1.{10 + n},{name},{path},{state},{at(step * n):%d/%m/%Y %H:%M:%S}"
            for n, (host, name, path, state) in enumerate(rows, 1)
        ),
    ]


def asked(name: str, seconds: int = 0, ip: str = "10.1.1.5", kind: str = "A") -> str:
    when = at(seconds)
    return f"{when:%d-%b-%Y %H:%M:%S}.000 client @0x7f1 {ip}#53211 ({name}): query: {name} IN {kind} + (10.1.1.2)"


def zeek_dns(names: Lines, rcode: str, step: int = 2) -> Lines:
    head = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tdns",
            "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\trcode_name",
            "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tstring"]  # fmt: skip
    first = int(START.timestamp())
    return [
        *head,
        *(
            f"{first + step * n}.000000\tC{n}\t10.1.1.5\t50000\t10.1.1.2\t53\tudp\t{name}\tA\t{rcode}"
            for n, name in enumerate(names)
        ),
    ]


def case(
    rule: str, why: str, positive: list[Lines], negative: list[Lines], engine: str = "sigma", suffix: str = "log"
) -> None:
    folder = OUT / f"attt-{rule}"
    folder.mkdir(parents=True, exist_ok=True)
    listed = ""
    for kind, samples in (("positive", positive), ("negative", negative)):
        listed += f"{kind}:\n"
        for number, lines in enumerate(samples, 1):
            name = f"{kind}-{number}.{suffix}.b64"
            (folder / name).write_text(pack(("\n".join(lines) + "\n").encode()), encoding="utf-8")
            listed += f"  - {name}\n"
    (folder / "case.yaml").write_text(f'why: "{why}"\nengine: {engine}\nrule: attt-{rule}\n{listed}', encoding="utf-8")


def alone(rule: str, why: str, bad: Lines, good: Lines, suffix: str = "log") -> None:
    case(rule, why, [[line] for line in bad], [[line] for line in good], suffix=suffix)


def devices() -> None:
    alone("dev-0010", "Rules the device from outside; from the office, at the console, and a VPN user, are none.",
          [admin(ATTACKER), mikrotik(f"user admin logged in from {ATTACKER} via winbox")],
          [admin(OFFICE), admin(ATTACKER, "failed"), mikrotik("user admin logged in from 192.168.88.5 via winbox"), vpn(ATTACKER, "canbo01", 0, "tunnel-up")])  # fmt: skip
    guessing = [admin(ATTACKER, "failed", 10 * n) for n in range(12)]
    case("dev-0011", "Twelve in two minutes; nine, or twelve in an hour, are none.", [guessing, [vpn(ATTACKER, "canbo01", 10 * n) for n in range(12)]],
         [guessing[:9], [admin(ATTACKER, "failed", 300 * n) for n in range(12)]], "correlation")  # fmt: skip
    case("dev-0012", "Six names in five minutes; one name six times is none.", [[vpn(ATTACKER, f"canbo{n:02d}", 30 * n) for n in range(6)]],
         [[vpn(ATTACKER, "canbo01", 30 * n) for n in range(6)]], "correlation")  # fmt: skip
    case("dev-0013", "In after the guessing; another address that enters is none.", [[*guessing, vpn(ATTACKER, "canbo01", 300, "tunnel-up")]],
         [[*guessing, vpn(OFFICE, "canbo01", 300, "tunnel-up")], [admin(ATTACKER), *guessing[1:]]], "correlation")  # fmt: skip
    alone("dev-0014", "A new administrator; a new address object is none.", [setting("system.admin", "password[*]accprofile[super_admin]", name="hotro"), mikrotik("user hotro added by admin", topics="system,info")],
          [setting("firewall.address", "subnet[10.0.0.0/8]"), setting("system.admin", "trusthost1[10.0.0.0/8]", "Edit", "admin"), mikrotik("filter rule added by admin", topics="system,info")])  # fmt: skip
    alone("dev-0015", "A script, a job, a proxy; an address list is none.", [mikrotik("new script added by admin", topics="system,info"), mikrotik("socks config changed by admin", topics="system,info"), mikrotik("new script scheduled by admin", topics="system,info")],
          [mikrotik("address list entry added by admin", topics="system,info"), mikrotik("device changed by admin", topics="system,info")])  # fmt: skip
    alone("dev-0016", "Off, or to another server; a finer level is none.", [setting("log.syslogd.setting", "status[enable->disable]", "Edit"), setting("log.syslogd.setting", "server[10.1.1.9->203.0.113.9]", "Edit"), mikrotik("log rule removed by admin", topics="system,info")],
          [setting("log.syslogd.filter", "severity[information->warning]", "Edit"), setting("log.disk.setting", "status[disable->enable]", "Edit")])  # fmt: skip
    alone("dev-0017", "All to all with all services; one service to all is usual.", [setting("firewall.policy", "srcintf[wan1]dstintf[lan]srcaddr[all]dstaddr[all]action[accept]schedule[always]service[ALL]")],
          [setting("firewall.policy", "srcintf[lan]dstintf[wan1]srcaddr[LAN]dstaddr[all]action[accept]service[HTTPS]"), setting("firewall.policy", "srcaddr[all]dstaddr[Portal]service[ALL]")])  # fmt: skip
    alone("dev-0018", "By hand; the central manager does it every night.", [fortigate(f'logdesc="System configuration backed up" user="admin" ui="GUI({ATTACKER})" action="backup" msg="backup"')],
          [fortigate('logdesc="System configuration backed up" user="fgfm" ui="FortiManager" action="backup" msg="backup"'), fortigate('logdesc="System performance statistics" action="perf-stats" msg="x"')])  # fmt: skip
    case("dev-0020", "Seventy ports in three minutes; one port seventy times, or connections let through, are none.", [[denied(ATTACKER, "192.0.2.9", 1000 + n, 2 * n) for n in range(70)]],
         [[denied(ATTACKER, "192.0.2.9", 23, 2 * n) for n in range(70)], [denied(ATTACKER, "192.0.2.9", 1000 + n, 2 * n, "accept") for n in range(70)]], "correlation")  # fmt: skip
    case("dev-0021", "Fifty machines in four minutes; a file server asked fifty times, and web sites, are none.", [[denied(OFFICE, f"10.20.4.{n}", 445, 4 * n, "accept") for n in range(1, 51)]],
         [[denied(OFFICE, "10.20.4.9", 445, 4 * n, "accept") for n in range(50)], [denied(OFFICE, f"203.0.113.{n}", 443, 4 * n, "accept") for n in range(50)]], "correlation")  # fmt: skip
    alone(
        "dev-0022",
        "Recorded only; stopped, or of low severity, is none.",
        [intrusion("detected")],
        [intrusion("dropped"), intrusion("detected", "low")],
    )


def wazuh(level: int, text: str, group: str) -> str:
    said = {
        "timestamp": f"{at(0):%Y-%m-%dT%H:%M:%S.000%z}", "rule": {"level": level, "description": text, "id": f"9{level:05d}", "groups": [group]},
        "agent": {"id": "001", "name": "may-chu-1", "ip": "10.20.1.5"}, "manager": {"name": "wz"}, "decoder": {"name": "mau"}, "full_log": text,
        "location": "/var/log/mau.log",
    }  # fmt: skip
    return json.dumps(said)


def antivirus() -> None:
    worm = "W32.FakeWorm.A"
    case(
        "av-0010",
        "Not removed; removed is none.",
        [console([("PC-1", worm, "E:\\a.exe", "Chưa diệt được")])],
        [console([("PC-1", worm, "E:\\a.exe", "Đã diệt")])],
        suffix="csv",
    )
    case("av-0011", "Three machines; the same machine three times, or three names, are none.", [console([(f"PC-{n}", worm, "E:\\a.exe", "Đã diệt") for n in range(3)])],
         [console([("PC-1", worm, f"E:\\{n}.exe", "Đã diệt") for n in range(3)]), console([(f"PC-{n}", f"W32.Fake.{n}", "E:\\a.exe", "Đã diệt") for n in range(3)])], "correlation", "csv")  # fmt: skip
    case("av-0012", "Five times within the hour; over days it is none.", [console([("PC-1", worm, f"E:\\{n}.exe", "Đã diệt") for n in range(5)])],
         [console([("PC-1", worm, f"E:\\{n}.exe", "Đã diệt") for n in range(5)], 7200)], "correlation", "csv")  # fmt: skip
    alone("av-0013", "A tool by its name; a test file and an advertiser are none.", [clam("/srv/a.exe", "Win.Tool.Mimikatz-1"), clam("/srv/b.exe", "Win.Ransomware.Fake-2")],
          [clam("/srv/e.com", "Eicar-Test-Signature"), clam("/srv/c.exe", "Win.Adware.Fake-3")])  # fmt: skip
    alone(
        "av-0014",
        "A page of the server; a letter in the same folder is none.",
        [clam("/var/www/html/tep/anh.php", "Php.Fake.Shell-1")],
        [clam("/var/www/html/tep/cv.docx", "Doc.Fake.Macro-1"), clam("/home/canbo/a.php", "Php.Fake.Shell-1")],
    )
    alone(
        "av-0015",
        "Levels 12 and 15; a level below, and a virus (a finding of its own), are none.",
        [wazuh(12, "Multiple web server 400 error codes", "web"), wazuh(15, "Shellshock attack detected", "attack")],
        [wazuh(11, "Integrity checksum changed again", "ossec"), wazuh(13, "Fake: virus detected", "virus")],
    )


def names() -> None:
    def label(n: int) -> str:
        return f"{n:04d}" + "a1b2c3d4e5" * 4

    case("dns-0010", "Fifty names with data; one long name asked fifty times, and ordinary names, are none.", [[asked(f"{label(n)}.t.example", 5 * n, kind="TXT") for n in range(50)]],
         [[asked(f"{label(1)}.t.example", 5 * n) for n in range(50)], [asked(f"trang-{n}.example", 5 * n) for n in range(50)]], "correlation")  # fmt: skip
    wrong = [f"kx{n}qz.example" for n in range(90)]
    case("dns-0011", "Ninety names that are not there; found ones, and reverse look-ups, are none.", [zeek_dns(wrong, "NXDOMAIN")],
         [zeek_dns(wrong, "NOERROR"), zeek_dns([f"{n}.1.1.10.in-addr.arpa" for n in range(90)], "NXDOMAIN")], "correlation")  # fmt: skip
    alone(
        "dns-0012",
        "A pool and a gateway; a swimming pool is none.",
        [asked("xmr.fake-pool.example"), asked("abc.onion.ly")],
        [asked("be-boi-pool.example"), asked("www.example")],
    )
    alone(
        "dns-0013",
        "From outside; our own secondary is none.",
        [asked("backan.example", 0, ATTACKER, "AXFR")],
        [asked("backan.example", 0, "10.1.1.3", "AXFR"), asked("backan.example", 0, ATTACKER)],
    )


def main() -> None:
    devices()
    antivirus()
    names()


if __name__ == "__main__":
    main()
