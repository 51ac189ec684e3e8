"""The host rules: what makes an observation suspicious, how grave it is, and what innocent thing looks the same.

Conservative: `high` is kept for what hardly ever happens on a healthy machine; what administrators do too is `low` or
`medium` and says so. English here, told in the reader's language by who shows it. Python 3.8-clean.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

INFO, LOW, MEDIUM, HIGH, CRITICAL = range(5)
MALWARE, INTRUSION = "madoc", "truycap"


class HostRule(NamedTuple):
    """`innocent`: what looks the same and is none. `technique`: MITRE ATT&CK, empty where none fits."""

    id: str
    severity: int
    title: str
    why: str
    innocent: str
    technique: str = ""
    category: str = MALWARE


_ALL = (
    HostRule(
        "host.process-deleted-exe", MEDIUM,
        "A running program whose file was deleted",
        "Malware deletes its own file so that no scan finds it; its code goes on running from memory.",
        "A service that was not restarted after an update runs its old, deleted file until then.",
        "T1070.004",
    ),
    HostRule(
        "host.process-deleted-exe-temp", HIGH,
        "A running program from a temporary folder whose file was deleted",
        "It was put where anybody may write, started, and its file removed: updates do not do that.",
        "Some installers and test tools unpack themselves, run and clean up; they end within minutes.",
        "T1070.004",
    ),
    HostRule(
        "host.process-memfd", MEDIUM,
        "A running program that never was a file",
        "It was started from memory (memfd), the usual way to run malware without touching the disk.",
        "Container runtimes (runc), sandboxes and agents that guard against being changed start themselves so.",
        "T1620",
    ),
    HostRule(
        "host.process-temp-exe", MEDIUM,
        "A running program in a folder where anybody may write",
        "Programs are installed elsewhere; /tmp, /var/tmp and /dev/shm are where intruders can always write.",
        "Developers and installers run programs there for a short time.",
        "T1036.005",
    ),
    HostRule(
        "host.process-hidden-path", MEDIUM,
        "A running program in a hidden folder of a system place",
        "A name that begins with a dot hides it from plain listings; system programs have no such folders.",
        "A few tools keep programs in a hidden folder on purpose.",
        "T1564.001",
    ),
    HostRule(
        "host.process-kernel-name", HIGH,
        "A program that calls itself a kernel thread",
        "Names in brackets such as [kworker] belong to the kernel, which runs no file: this one has a program file.",
        "Hardly any; test programs that rename themselves.",
        "T1036.004",
    ),
    HostRule(
        "host.process-preload", MEDIUM,
        "A program started with a library forced into it",
        "LD_PRELOAD, LD_AUDIT or a library path in a temporary folder makes it run code that is not its own.",
        "Memory allocators (jemalloc), fakeroot and monitoring agents use LD_PRELOAD from system folders.",
        "T1574.006",
    ),
    HostRule(
        "host.process-hidden", HIGH,
        "A process that answers but is not listed",
        "The kernel knows this process number and the listing of processes leaves it out: a sign of a rootkit.",
        "A process that was born or ended in the middle of the check; look again.",
        "T1014",
    ),
    HostRule(
        "host.process-system-name", HIGH,
        "A program that bears a system program's name in the wrong folder",
        "svchost.exe, lsass.exe and their like run from Windows' own folder only.",
        "Rare third-party software with the same name.",
        "T1036.005",
    ),
    HostRule(
        "host.command-download-run", HIGH,
        "A command that downloads something and runs it at once",
        "What is fetched is run without ever being looked at; its owner can change it at any time.",
        "Installers of some products are started so by hand; seldom again and again.",
        "T1105",
    ),
    HostRule(
        "host.command-reverse-shell", CRITICAL,
        "A command that gives a shell to somebody on the network",
        "It joins a shell to a network connection (/dev/tcp, nc -e, socat exec): somebody outside types commands here.",
        "Hardly any outside a penetration test.",
        "T1059.004",
    ),
    HostRule(
        "host.command-encoded", HIGH,
        "A command that hides what it does",
        "Its text is encoded (base64, -EncodedCommand) and decoded only to be run.",
        "Some management tools pass scripts encoded to PowerShell.",
        "T1027",
    ),
    HostRule(
        "host.command-temp", MEDIUM,
        "A command that runs something from a folder where anybody may write",
        "What starts by itself should stand where only an administrator can change it.",
        "Clean-up jobs name such folders too; a program run from there is what counts.",
        "T1036.005",
    ),
    HostRule(
        "host.command-living-off", HIGH,
        "A system program used in the way that malware uses it",
        "mshta, regsvr32, rundll32, certutil or bitsadmin with an address or a script: a known way around protection.",
        "Old installers and some management scripts.",
        "T1218",
    ),
    HostRule(
        "host.autorun-user-folder", LOW,
        "Something in a user's own folder that starts by itself",
        "A program in AppData or a profile folder can be replaced by that user and by whatever runs as that user.",
        "Common: chat programs, cloud drives and browsers install themselves so.",
        "T1547.001",
    ),
    HostRule(
        "host.autorun-hidden", MEDIUM,
        "Something hidden that starts by itself",
        "Its name begins with a dot or is built of blanks or look-alike letters, so that nobody sees it.",
        "A few tools keep their programs in a hidden folder.",
        "T1564.001",
    ),
    HostRule(
        "host.autorun-writable", MEDIUM,
        "A start file that anybody on this machine may change",
        "Whoever has any account here can make the system run what they like.",
        "A mistake in rights, which is to be mended all the same.",
        "T1574.010", INTRUSION,
    ),
    HostRule(
        "host.preload-file", HIGH,
        "A library that is forced into every program",
        "/etc/ld.so.preload names libraries for every program of the machine: how most Linux rootkits hide.",
        "Rare: some monitoring agents and virtual machines' tools install one.",
        "T1574.006",
    ),
    HostRule(
        "host.pam-odd", MEDIUM,
        "A log-on module that is no usual one",
        "A PAM module outside the system's folder, or pam_exec, sees every password or lets anybody in.",
        "Some products for two-factor log-on install their own modules; pam_exec is used by administrators.",
        "T1556.003", INTRUSION,
    ),
    HostRule(
        "host.key-command", MEDIUM,
        "An SSH key that carries a command or opens a way through",
        "Its options (command=, environment=, tunnel=) run something at each log-on.",
        "Back-up and repository servers limit keys so, which is good practice: look at the command.",
        "T1098.004", INTRUSION,
    ),
    HostRule(
        "host.key-odd-place", MEDIUM,
        "An SSH key for an account that is not meant to log on",
        "The account belongs to a service or has no shell: a key there is a favourite back door.",
        "Repository servers (git) and deployment accounts have such keys.",
        "T1098.004", INTRUSION,
    ),
    HostRule(
        "host.key-link", MEDIUM,
        "The list of SSH keys is no plain file",
        "A link, pipe or device stands in its place: who may log on is decided somewhere else.",
        "Administrators with central key folders do so knowingly.",
        "T1098.004", INTRUSION,
    ),
    HostRule(
        "host.account-second-root", CRITICAL,
        "A second account with all rights",
        "Its user number is 0 as root's: it is root under another name.",
        "Old systems have 'toor'; nothing else should.",
        "T1136.001", INTRUSION,
    ),
    HostRule(
        "host.account-no-password", HIGH,
        "An account that may log on without a password",
        "Its password field is empty and it has a shell.",
        "Live media and test machines.",
        "T1078.003", INTRUSION,
    ),
    HostRule(
        "host.account-service-shell", LOW,
        "A service account that can log on",
        "It has a password and a shell although it belongs to a service.",
        "Databases and repository servers are sometimes set up so.",
        "T1078.003", INTRUSION,
    ),
    HostRule(
        "host.account-new", LOW,
        "An account whose password was set in the last days",
        "A new account, or a new password: somebody here should know of it.",
        "New staff, and people who change their password as they should.",
        "T1136.001", INTRUSION,
    ),
    HostRule(
        "host.account-hidden", MEDIUM,
        "An account whose name is hidden from listings",
        "A local account whose name ends in $ does not show where accounts are listed.",
        "Accounts of computers end so, but stand in a domain, not on a machine.",
        "T1564.002", INTRUSION,
    ),
    HostRule(
        "host.sudo-everything", LOW,
        "An account that may do everything without a password",
        "NOPASSWD: ALL: who has this account has the machine.",
        "Cloud images and automation accounts come so.",
        "T1548.003", INTRUSION,
    ),
    HostRule(
        "host.sudo-changed", LOW,
        "Who may become administrator was changed in the last days",
        "A file of the sudo rules is new or was changed.",
        "An administrator's ordinary work.",
        "T1548.003", INTRUSION,
    ),
    HostRule(
        "host.logon-erased", MEDIUM,
        "Log-on records with holes",
        "Records in the middle of wtmp are blank or go back in time: a log cleaner works so.",
        "A clock that was set, or a disk that was full.",
        "T1070.002", INTRUSION,
    ),
    HostRule(
        "host.logon-many-failed", LOW,
        "Very many failed log-ons",
        "Somebody tries passwords (btmp has more than 1,000 entries of one source).",
        "Every machine with SSH open to the internet sees this.",
        "T1110.001", INTRUSION,
    ),
    HostRule(
        "host.hosts-redirect", HIGH,
        "The hosts file sends a name of trust somewhere else",
        "Names of banks or mail lead to another address than their own: passwords are taken there.",
        "A local test of a web site's own developers.",
        "T1565.001", "giamao",
    ),
    HostRule(
        "host.hosts-redirect-state", MEDIUM,
        "The hosts file sends a name of the state to an address outside",
        "Whoever asks for this name gets another machine: passwords may be taken there.",
        "Agencies write their own servers' public addresses there when name service fails: ask whose address it is.",
        "T1565.001", "giamao",
    ),
    HostRule(
        "host.hosts-blocked", MEDIUM,
        "The hosts file cuts off updates or protection",
        "Names of antivirus or update servers lead nowhere, so that protection grows old without a word.",
        "Lists that block advertising or telemetry sometimes go too far.",
        "T1562.001",
    ),
    HostRule(
        "host.port-temp-program", HIGH,
        "A program from a temporary folder that waits for connections",
        "It listens on the network and stands where anybody may write.",
        "Developers' servers.",
        "T1571",
    ),
    HostRule(
        "host.raw-socket", MEDIUM,
        "A program outside the system's folders that reads all network traffic",
        "It has a packet socket: it can listen in, or wait for a secret knock.",
        "Network monitors that were installed by hand.",
        "T1040",
    ),
    HostRule(
        "host.arp-duplicate", MEDIUM,
        "Two neighbours with one hardware address, one of them the gateway",
        "Somebody in the network may have put himself between this machine and its gateway.",
        "Routers with several addresses, and virtual machines behind one card.",
        "T1557.002", INTRUSION,
    ),
    HostRule(
        "host.module-hidden", HIGH,
        "A kernel module that is not listed",
        "The kernel keeps it under /sys/module as loaded, but the list of modules leaves it out.",
        "A module that was being loaded or unloaded; look again.",
        "T1014",
    ),
    HostRule(
        "host.module-unsigned", LOW,
        "A kernel module that nobody signed",
        "Its flags say that it was loaded without a valid signature, or does not come with the kernel.",
        "Drivers built on the machine (graphics cards, virtual machines, ZFS).",
        "T1547.006",
    ),
    HostRule(
        "host.module-forced", MEDIUM,
        "A kernel module that was forced in",
        "Its flag F says that the check of its version was overridden.",
        "Administrators in need with an old driver.",
        "T1547.006",
    ),
    HostRule(
        "host.protection-off", MEDIUM,
        "Protection is switched off",
        "The antivirus or its real-time protection is off.",
        "Another product took over.",
        "T1562.001",
    ),
    HostRule(
        "host.protection-excluded", MEDIUM,
        "The antivirus is told to look away from a whole drive or from programs",
        "An exclusion of a drive, a temporary folder or a script host leaves a door open.",
        "Exclusions of single folders of databases and back-ups are usual.",
        "T1562.001",
    ),
    HostRule(
        "host.signatures-old", LOW,
        "The antivirus signatures are old",
        "They are more than 14 days old: what is new is not known.",
        "A machine without a network; bring updates by stick.",
        "", "khac",
    ),
    HostRule(
        "host.updates-old", LOW,
        "The system was not updated for long",
        "The last update is more than 90 days ago.",
        "A machine without a network; bring updates by stick.",
        "", "khac",
    ),
    HostRule(
        "host.winlogon-changed", HIGH,
        "The program that starts at log-on was changed",
        "Shell or Userinit of Winlogon names more than Windows' own programs.",
        "Kiosks have another shell on purpose.",
        "T1547.004",
    ),
    HostRule(
        "host.debugger-set", HIGH,
        "Another program starts in place of the one that is asked for",
        "Image File Execution Options names a debugger: a known back door (sticky keys) and a way to stop protection.",
        "Developers' machines; replacements of the task manager.",
        "T1546.012",
    ),
    HostRule(
        "host.appinit-dll", HIGH,
        "A library that is forced into every program with a window",
        "AppInit_DLLs is set.",
        "Old drivers and some protection products.",
        "T1546.010",
    ),
    HostRule(
        "host.wmi-consumer", HIGH,
        "A WMI subscription that runs something",
        "An event consumer runs a command or a script whenever its filter fires: it starts by itself and stands in no list.",
        "Management products of large vendors use such subscriptions.",
        "T1546.003",
    ),
    HostRule(
        "host.service-odd-path", MEDIUM,
        "A service that runs from an unusual folder",
        "Services run from Windows' folder or Program Files; this one from a temporary or a user's folder.",
        "Updaters of some browsers.",
        "T1543.003",
    ),
    HostRule(
        "host.known-bad", HIGH,
        "Something that a list calls bad",
        "An address, a name or a hash seen on this host stands on an indicator list.",
        "Lists have errors, and addresses change owners.",
    ),
)  # fmt: skip

RULES: Dict[str, HostRule] = {rule.id: rule for rule in _ALL}
