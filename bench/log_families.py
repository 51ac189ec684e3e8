"""Made log lines of the families that a province's machines send daily, with varied values: one function a family.

Shapes are those of the readers' samples (tests/cases/readers). Thirty lines a second, from the morning of 12 May 2026 on.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

_BEGAN = datetime(2026, 5, 12, 1, tzinfo=UTC)
_LOCAL = timedelta(hours=7)
_A_SECOND = 30
_AGENTS = [f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(90, 130)]


class Draw:
    """Values of one line; the same seed gives the same file."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        self.number = 0

    def n(self, most: int) -> int:
        """0 to most - 1."""
        return int(self._random.random() * most)

    def any(self, *given: str) -> str:
        """One of them."""
        return given[self.n(len(given))]

    @property
    def ip(self) -> str:
        """An outside address, of 5,000."""
        return f"203.0.{self.n(20)}.{self.n(250)}"

    @property
    def own(self) -> str:
        """An inside address, of 10,000."""
        return f"10.20.{self.n(40)}.{self.n(250)}"

    @property
    def port(self) -> int:
        """A high port."""
        return 1024 + self.n(64000)

    @property
    def user(self) -> str:
        """An account, of 7,000."""
        return f"cb{self.n(7000):04d}"

    @property
    def name(self) -> str:
        """A host name, of 30,000."""
        return f"h{self.n(10000)}.{self.any('trang', 'dich-vu', 'tin-tuc')}.example"

    @property
    def agent(self) -> str:
        """A browser."""
        return _AGENTS[self.n(len(_AGENTS))]

    def stamp(self, form: str, local: bool = True) -> str:
        """The line's time, written so."""
        return _stamp(self.number // _A_SECOND, form, local)

    @property
    def epoch(self) -> int:
        """Its seconds since 1970."""
        return int(_BEGAN.timestamp()) + self.number // _A_SECOND


@lru_cache(64)
def _stamp(second: int, form: str, local: bool) -> str:
    moment = _BEGAN + timedelta(seconds=second)
    return (moment + _LOCAL if local else moment).strftime(form)


def _bsd(d: Draw) -> str:
    return d.stamp("%b %d %H:%M:%S")


def _iso(d: Draw) -> str:
    return d.stamp("%Y-%m-%dT%H:%M:%S+07:00")


def fortigate(d: Draw) -> str:
    """Traffic through a FortiGate, one in nine denied."""
    denied = d.n(9) == 0
    return (
        f'<189>date={d.stamp("%Y-%m-%d")} time={d.stamp("%H:%M:%S")} devname="FG100F-UBND" devid="FG100FTK20000001"'
        f' eventtime={d.epoch}{d.n(10**9):09d} tz="+0700" logid="0000000013" type="traffic" subtype="forward" level="notice"'
        f' vd="root" srcip={d.own} srcport={d.port} srcintf="port2" srcintfrole="lan" dstip={d.ip}'
        f' dstport={d.any("443", "80", "53", "8080")} dstintf="wan1" dstintfrole="wan" policyid={d.n(40)} sessionid={d.n(10**8)}'
        f' proto=6 action="{"deny" if denied else "close"}" policyname="Ra Internet" service="HTTPS" dstcountry="Vietnam"'
        f' srccountry="Reserved" trandisp="snat" transip=192.0.2.1 transport={d.port} duration={d.n(300)}'
        f' sentbyte={d.n(90000)} rcvdbyte={d.n(900000)} sentpkt={d.n(90)} rcvdpkt={d.n(90)} appcat="unscanned"'
    )


def netfilter(d: Draw) -> str:
    """Packets that iptables dropped."""
    return (
        f"{_bsd(d)} may-chu kernel: [{d.n(10**7)}.{d.n(10**6):06d}] IPTABLES-DROP: IN=eth0 OUT="
        f" MAC=00:00:5e:00:53:01:00:00:5e:00:53:02:08:00 SRC={d.ip} DST=192.0.2.{d.n(200)} LEN={40 + d.n(900)} TOS=0x00"
        f" PREC=0x00 TTL={d.n(255)} ID={d.n(65535)} DF PROTO=TCP SPT={d.port} DPT={d.any('22', '23', '80', '443', '445', '3389')}"
        " WINDOW=1024 RES=0x00 SYN URGP=0 "
    )


def sshd_storm(d: Draw) -> str:
    """Nothing but failed logins."""
    pid = 400 + d.n(30000)
    return (
        f"{_bsd(d)} web{d.n(9)} sshd[{pid}]: Failed password for invalid user {d.user} from {d.ip} port {d.port} ssh2"
    )


def postfix(d: Draw) -> str:
    """A relay's day."""
    pid, mark, what = 400 + d.n(30000), f"{d.n(16**10):010X}", d.n(5)
    told = (
        f"postfix/smtpd[{pid}]: connect from unknown[{d.ip}]" if what == 0
        else f"postfix/smtpd[{pid}]: {mark}: client=pc[{d.own}], sasl_method=PLAIN, sasl_username={d.user}@a.example" if what == 1
        else f"postfix/qmgr[2]: {mark}: from=<{d.user}@backan.example>, size={d.n(90000)}, nrcpt=1 (queue active)" if what == 2
        else f"postfix/smtp[{pid}]: {mark}: to=<{d.user}@{d.name}>, relay=mx.example[{d.ip}]:25, delay=1.{d.n(99)},"
        " delays=0.1/0/0.4/0.6, dsn=2.0.0, status=sent (250 2.0.0 OK)" if what == 3
        else f"postfix/smtpd[{pid}]: disconnect from unknown[{d.ip}] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
    )  # fmt: skip
    return f"{_bsd(d)} mx {told}"


def dovecot(d: Draw) -> str:
    """Mailboxes opened and closed, one in twenty failed."""
    kind, what = d.any("imap-login", "pop3-login"), d.n(20)
    if what == 0:
        return (
            f"{_bsd(d)} mx dovecot: {kind}: Disconnected (auth failed, 1 attempts in 2 secs): user=<{d.user}>, method=PLAIN,"
            f" rip={d.ip}, lip=192.0.2.1, TLS, session=<{d.n(16**12):x}>"
        )
    if what < 10:
        return f"{_bsd(d)} mx dovecot: imap({d.user})<{d.n(9999)}><{d.n(16**9):x}>: Logged out in={d.n(9999)} out={d.n(99999)}"
    return (
        f"{_bsd(d)} mx dovecot: {kind}: Login: user=<{d.user}>, method=PLAIN, rip={d.own}, lip=192.0.2.1, mpid={d.n(9999)},"
        f" TLS, session=<{d.n(16**12):x}>"
    )


def zimbra_mailbox(d: Draw) -> str:
    """mailbox.log."""
    user = f"{d.user}@backan.example"
    return (
        f"{d.stamp('%Y-%m-%d %H:%M:%S')},{d.n(1000):03d} INFO  [qtp{d.n(99)}-{d.n(9999)}:https://mail.backan.example/service/soap/"
        f"SearchRequest] [name={user};mid={d.n(900)};oip={d.own};port={d.port};ua=ZimbraWebClient - FF{d.n(130)} (Win)/8.8.15;"
        f"soapId={d.n(16**8):x};] soap - SearchRequest elapsed={d.n(90)}"
    )


def zimbra_audit(d: Draw) -> str:
    """audit.log, one login in twenty failed."""
    user = f"{d.user}@backan.example"
    head = f"{d.stamp('%Y-%m-%d %H:%M:%S')},{d.n(1000):03d}"
    if d.n(20) == 0:
        return (
            f"{head} WARN  [qtp1-{d.n(9999)}] [name={user};oip={d.ip};ip=10.0.0.4;ua=x;] security - cmd=Auth; account={user};"
            f" protocol=imap; error=authentication failed for [{user}], invalid password;"
        )
    return (
        f"{head} INFO  [qtp1-{d.n(9999)}:https://mail.backan.example/service/soap/AuthRequest] [name={user};oip={d.own};"
        f"port={d.port};ua=zclient/8;soapId=1;] security - cmd=Auth; account={user}; protocol=soap;"
    )


def squid(d: Draw) -> str:
    """A proxy's access.log."""
    return (
        f"{d.epoch}.{d.n(1000):03d} {d.n(9000):6d} {d.own} TCP_MISS/200 {d.n(90000)} GET http://{d.name}/bai-{d.n(9000)}.html"
        f" {d.user} HIER_DIRECT/{d.ip} text/html"
    )


def haproxy(d: Draw) -> str:
    """HTTP through HAProxy."""
    return (
        f"{_bsd(d)} lb haproxy[{400 + d.n(9)}]: {d.ip}:{d.port} [{d.stamp('%d/%b/%Y:%H:%M:%S')}.{d.n(1000):03d}] cong~"
        f" web/web{d.n(4)} {d.n(9)}/0/{d.n(9)}/{d.n(90)}/{d.n(200)} 200 {d.n(90000)} - - ---- {d.n(90)}/{d.n(90)}/1/1/0 0/0"
        f' "GET /dich-vu/{d.n(9000)}?id={d.n(10**6)} HTTP/1.1"'
    )


def iis(d: Draw) -> str:
    """An IIS portal."""
    if d.number % 100_000 == 0:
        return (
            "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer)"
            " sc-status sc-substatus sc-win32-status time-taken"
        )
    return (
        f"{d.stamp('%Y-%m-%d %H:%M:%S', False)} 192.0.2.80 GET /van-ban/{d.n(9000)}.aspx id={d.n(10**6)} 443 - {d.ip}"
        f" {d.agent.replace(' ', '+')} https://backan.example/ 200 0 0 {d.n(900)}"
    )


def web(d: Draw) -> str:
    """Combined access lines."""
    return (
        f'{d.ip} - - [{d.stamp("%d/%b/%Y:%H:%M:%S")} +0700] "GET /tin-tuc/bai-{d.n(3000)}.html?id={d.n(10**6)} HTTP/1.1" 200'
        f' {d.n(90000)} "https://backan.example/" "{d.agent}"'
    )


def mikrotik(d: Draw) -> str:
    """A MikroTik's firewall."""
    return (
        f"{_bsd(d)} gw firewall,info drop-in input: in:ether1-WAN out:(unknown 0), connection-state:new src-mac"
        f" 00:00:5e:00:53:02, proto TCP (SYN), {d.ip}:{d.port}->192.0.2.145:{d.any('23', '53', '8291')}, len {40 + d.n(20)}"
    )


def sophos(d: Draw) -> str:
    """A Sophos firewall's traffic."""
    return (
        f'<30>device_name="SFW" timestamp="{d.stamp("%Y-%m-%dT%H:%M:%S+0700")}" device_model="XGS136"'
        ' device_serial_id="X13600000001" log_id="010101600001" log_type="Firewall" log_component="Firewall Rule"'
        f' log_subtype="Allowed" log_version=1 severity="Information" fw_rule_id="{d.n(40)}" user_name="{d.user}"'
        f' src_mac="00:00:5e:00:53:01" in_interface="Port1" out_interface="Port2" src_ip="{d.own}" dst_ip="{d.ip}"'
        f' protocol="TCP" src_port={d.port} dst_port=443 bytes_sent={d.n(9000)} bytes_received={d.n(90000)}'
    )


def pfsense(d: Draw) -> str:
    """filterlog."""
    port = d.any("22", "80", "443", "445")
    return (
        f"{_bsd(d)} pfSense filterlog: 53,,,1000000301,em0,match,{d.any('block', 'pass')},in,4,0x0,,{d.n(255)},{d.n(65535)},0,"
        f"none,6,tcp,460,{d.ip},192.0.2.15,{d.port},{port},{d.n(900)},PA,{d.n(10**8)}:{d.n(10**8)},{d.n(10**9)},65535,,"
    )


def paloalto(d: Draw) -> str:
    """Traffic through a Palo Alto."""
    day = d.stamp("%Y/%m/%d %H:%M:%S")
    port = d.port
    return (
        f"<14>{_bsd(d)} PA-220 1,{day},012345678901,TRAFFIC,end,2561,{day},{d.own},{d.ip},192.0.2.5,203.0.113.60,Ra-Internet,"
        f"ubnd\\{d.user},,ssl,vsys1,Trust,Untrust,ethernet1/2,ethernet1/1,Log-Fwd,{day},{d.n(10**6)},1,{port},443,{port},443,"
        f"0x400053,tcp,allow,{d.n(9000)},{d.n(9000)},{d.n(9000)},20,{day},15,any,0,{d.n(10**6)},0x0,Vietnam,United States,0,10,10,"
        "tcp-fin,0,0,0,0,,PA-220"
    )


def cisco_asa(d: Draw) -> str:
    """Connections built, ended and denied."""
    head, what = f"<166>{d.stamp('%b %d %Y %H:%M:%S')} asa01 : %ASA-", d.n(5)
    if what == 0:
        return f'{head}4-106023: Deny tcp src outside:{d.ip}/{d.port} dst inside:192.0.2.32/445 by access-group "vao" [0x0, 0x0]'
    if what < 3:
        where, port = d.ip, d.port
        return (
            f"{head}6-302013: Built outbound TCP connection {d.n(10**7)} for outside:{where}/443 ({where}/443) to"
            f" inside:{d.own}/{port} (192.0.2.30/{port})"
        )
    return (
        f"{head}6-302014: Teardown TCP connection {d.n(10**7)} for outside:{d.ip}/{d.port} to dmz:{d.own}/443 duration"
        f" 0:00:{d.n(60):02d} bytes {d.n(90000)} TCP FINs"
    )


def cef(d: Draw) -> str:
    """A web firewall's CEF."""
    return (
        f"<134>{_bsd(d)} waf01 CEF:0|Acme|Gateway|1.0|{d.n(200)}|connection closed|3|rt={d.epoch}000 src={d.ip} spt={d.port}"
        f" dst=192.0.2.{d.n(200)} dpt=443 act={d.any('blocked', 'allowed')} request=https://{d.name}/a{d.n(900)}?b\\=1&c\\=2"
        f" suser={d.user} cs1Label=Policy cs1=Vao DMZ"
    )


def _json(given: dict[str, object]) -> str:
    return json.dumps(given, separators=(",", ":"))


def eve(d: Draw) -> str:
    """Suricata's records: flows, names, requests."""
    ends = {"src_ip": d.own, "src_port": d.port, "dest_ip": d.ip, "dest_port": 443, "proto": "TCP"}
    head = {"timestamp": d.stamp("%Y-%m-%dT%H:%M:%S") + f".{d.n(10**6):06d}+0700", "flow_id": d.n(10**15)}
    what = d.n(3)
    if what == 0:
        asked = {"type": "query", "id": d.n(65535), "rrname": d.name, "rrtype": "A", "tx_id": 0}
        return _json(head | {"event_type": "dns"} | ends | {"dns": asked})
    if what == 1:
        said = {
            "hostname": d.name,
            "url": f"/a{d.n(900)}",
            "http_user_agent": d.agent,
            "http_method": "GET",
            "status": 200,
        }
        return _json(head | {"event_type": "http"} | ends | {"http": said})
    counted = {
        "pkts_toserver": d.n(90),
        "pkts_toclient": d.n(90),
        "bytes_toserver": d.n(9000),
        "bytes_toclient": d.n(90000),
    }
    return _json(head | {"event_type": "flow"} | ends | {"flow": counted, "app_proto": "tls"})


def zeek_tsv(d: Draw) -> str:
    """conn.log."""
    if d.number == 0:
        return (
            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
            "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes"
            "\tconn_state\thistory\n"
            "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tstring"
        )
    return (
        f"{d.epoch}.{d.n(10**6):06d}\tC{d.n(10**12):x}\t{d.own}\t{d.port}\t{d.ip}\t443\ttcp\tssl\t{d.n(90)}.5\t{d.n(9000)}"
        f"\t{d.n(90000)}\tSF\tShADadFf"
    )


def zeek_json(d: Draw) -> str:
    """Names asked and pages fetched."""
    ends = {"uid": f"C{d.n(10**12):x}", "id.orig_h": d.own, "id.orig_p": d.port}
    when = {"ts": d.epoch + d.n(1000) / 1000}
    if d.n(2):
        asked = {"id.resp_h": "10.20.0.2", "id.resp_p": 53, "query": d.name, "qtype_name": "A", "rcode_name": "NOERROR"}
        return _json({"_path": "dns"} | when | ends | asked | {"rejected": False})
    fetched = {
        "id.resp_h": d.ip,
        "id.resp_p": 80,
        "method": "GET",
        "host": d.name,
        "uri": f"/a{d.n(900)}",
        "user_agent": d.agent,
    }
    return _json({"_path": "http"} | when | ends | fetched | {"status_code": 200})


def bind(d: Draw) -> str:
    """A name server's query log."""
    asked = d.name
    return (
        f"{d.stamp('%d-%b-%Y %H:%M:%S')}.{d.n(1000):03d} queries: info: client @0x7f{d.n(16**10):010x} {d.own}#{d.port} ({asked}):"
        f" query: {asked} IN {d.any('A', 'AAAA', 'A', 'PTR')} +E(0)K (10.20.0.2)"
    )


def windows_dns(d: Draw) -> str:
    """The debug log of Windows' name server."""
    if d.number == 0:
        return "DNS Server log file creation at 12/05/2026 08:00:00"
    return (
        f"{d.stamp('%d/%m/%Y %H:%M:%S')} 0E6C PACKET  000001D2{d.n(16**8):08X} UDP Rcv {d.own:15} {d.n(65536):04x}   Q"
        f" [0001   D   NOERROR] A      (5)h{d.n(10000):04d}(5)trang(7)example(0)"
    )


def auditd(d: Draw) -> str:
    """A program that was started: four records."""
    mark, told = f"{d.epoch}.{d.n(1000):03d}:{d.number // 4}", d.number % 4
    auditd.mark = mark = mark if told == 0 else auditd.mark  # type: ignore[attr-defined]
    if told == 0:
        return (
            f"type=SYSCALL msg=audit({mark}): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=0 items=2"
            f' ppid={d.n(30000)} pid={d.n(30000)} auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm="cat" exe="/usr/bin/cat"'
            ' key="exec"'
        )
    if told == 1:
        return f'type=EXECVE msg=audit({mark}): argc=2 a0="cat" a1="/srv/ho-so/{d.n(9000)}.txt"'
    if told == 2:
        return f'type=CWD msg=audit({mark}): cwd="/srv"'
    return f'type=PATH msg=audit({mark}): item=0 name="/usr/bin/cat" inode={d.n(10**6)} nametype=NORMAL'


def journal_json(d: Draw) -> str:
    """`journalctl -o json`."""
    said = f"Accepted publickey for {d.user} from {d.own} port {d.port} ssh2: RSA SHA256:x"
    return _json({
        "__CURSOR": f"s=1;i={d.number:x}", "__REALTIME_TIMESTAMP": f"{d.epoch}{d.n(10**6):06d}", "_HOSTNAME": f"web{d.n(9)}",
        "SYSLOG_IDENTIFIER": d.any("sshd", "app"), "_PID": str(d.n(30000)), "PRIORITY": "6", "MESSAGE": said,
        "_TRANSPORT": "syslog",
    })  # fmt: skip


def wazuh(d: Draw) -> str:
    """alerts.json."""
    source, port, user, agent = d.ip, d.port, d.user, f"web{d.n(40):02d}"
    return _json({
        "timestamp": d.stamp("%Y-%m-%dT%H:%M:%S") + f".{d.n(1000):03d}+0700",
        "rule": {"level": 3, "description": "sshd: authentication success.", "id": "5715", "groups": ["syslog", "sshd"]},
        "agent": {"id": "001", "name": agent, "ip": d.own}, "manager": {"name": "wz"}, "id": f"{d.epoch}.{d.n(10**6)}",
        "full_log": f"{_bsd(d)} {agent} sshd[99]: Accepted password for {user} from {source} port {port} ssh2",
        "predecoder": {"program_name": "sshd", "timestamp": _bsd(d), "hostname": agent},
        "decoder": {"parent": "sshd", "name": "sshd"}, "data": {"srcip": source, "srcport": str(port), "dstuser": user},
        "location": "/var/log/auth.log",
    })  # fmt: skip


def json_lines(d: Draw) -> str:
    """A program of one's own, in JSON."""
    return _json({
        "timestamp": _iso(d), "level": "info", "user": {"name": d.user}, "client_ip": d.own, "event": "export",
        "path": f"/ho-so/{d.n(9000)}", "status": 200, "rows": d.n(5000),
    })  # fmt: skip


def csv(d: Draw) -> str:
    """A program of one's own, in columns."""
    if d.number == 0:
        return "Thời gian;Tài khoản;Địa chỉ IP;Hành động;Kết quả;Ghi chú"
    return f"{d.stamp('%d/%m/%Y %H:%M:%S')};{d.user};{d.own};Xem hồ sơ;Thành công;số {d.n(10**6)}"


FAMILIES: tuple[Callable[[Draw], str], ...] = (
    web, postfix, dovecot, zimbra_mailbox, zimbra_audit, squid, haproxy, iis, fortigate, netfilter, mikrotik, sophos, pfsense,
    paloalto, cisco_asa, cef, eve, zeek_tsv, zeek_json, bind, windows_dns, auditd, journal_json, wazuh, json_lines, csv, sshd_storm,
)  # fmt: skip


def write(path: Path, family: Callable[[Draw], str], count: int) -> None:
    """A file of so many lines."""
    draw = Draw()
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            draw.number = number
            out.write(family(draw) + "\n")
