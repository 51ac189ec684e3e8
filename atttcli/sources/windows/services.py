"""Channels of Windows event logs and the words that Sigma's log sources call them by (Sigma's taxonomy, service words)."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "security": ("Security",),
    "system": ("System",),
    "application": ("Application",),
    "sysmon": ("Microsoft-Windows-Sysmon/Operational",),
    "powershell": ("Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"),
    "powershell-classic": ("Windows PowerShell",),
    "windefend": ("Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender/WHC"),
    "taskscheduler": ("Microsoft-Windows-TaskScheduler/Operational",),
    "wmi": ("Microsoft-Windows-WMI-Activity/Operational",),
    "dns-server": ("DNS Server",),
    "dns-server-analytic": ("Microsoft-Windows-DNS-Server/Analytical",),
    "dns-server-audit": ("Microsoft-Windows-DNS-Server/Audit",),
    "dns-client": ("Microsoft-Windows-DNS Client Events/Operational", "Microsoft-Windows-DNS-Client/Operational"),
    "driver-framework": ("Microsoft-Windows-DriverFrameworks-UserMode/Operational",),
    "ntlm": ("Microsoft-Windows-NTLM/Operational",),
    "dhcp": ("Microsoft-Windows-DHCP-Server/Operational",),
    "applocker": (
        "Microsoft-Windows-AppLocker/MSI and Script",
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
    ),
    "msexchange-management": ("MSExchange Management",),
    "printservice-admin": ("Microsoft-Windows-PrintService/Admin",),
    "printservice-operational": ("Microsoft-Windows-PrintService/Operational",),
    "terminalservices-localsessionmanager": ("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",),
    "terminalservices-remoteconnectionmanager": (
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
    ),
    "terminalservices-rdpclient": ("Microsoft-Windows-TerminalServices-RDPClient/Operational",),
    "rdpcorets": ("Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",),
    "codeintegrity-operational": ("Microsoft-Windows-CodeIntegrity/Operational",),
    "smbclient-security": ("Microsoft-Windows-SmbClient/Security",),
    "smbclient-connectivity": ("Microsoft-Windows-SmbClient/Connectivity",),
    "smbserver-connectivity": ("Microsoft-Windows-SMBServer/Connectivity",),
    "firewall-as": ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",),
    "bits-client": ("Microsoft-Windows-Bits-Client/Operational",),
    "ldap": ("Microsoft-Windows-LDAP-Client/Debug",),
    "microsoft-servicebus-client": ("Microsoft-ServiceBus-Client",),
    "appxdeployment-server": ("Microsoft-Windows-AppXDeploymentServer/Operational",),
    "appxpackaging-om": ("Microsoft-Windows-AppxPackaging/Operational",),
    "appmodel-runtime": ("Microsoft-Windows-AppModel-Runtime/Admin",),
    "lsa-server": ("Microsoft-Windows-LSA/Operational",),
    "vhdmp": ("Microsoft-Windows-VHDMP/Operational", "Microsoft-Windows-VHDMP-Operational"),
    "capi2": ("Microsoft-Windows-CAPI2/Operational",),
    "shell-core": ("Microsoft-Windows-Shell-Core/Operational",),
    "openssh": ("OpenSSH/Operational",),
    "diagnosis-scripted": ("Microsoft-Windows-Diagnosis-Scripted/Operational",),
    "security-mitigations": (
        "Microsoft-Windows-Security-Mitigations/Kernel Mode",
        "Microsoft-Windows-Security-Mitigations/User Mode",
    ),
    "certificateservicesclient-lifecycle-system": (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
    ),
    "iis-configuration": ("Microsoft-IIS-Configuration/Operational",),
    "ntfs": ("Microsoft-Windows-Ntfs/Operational",),
    "kernel-event-tracing": ("Microsoft-Windows-Kernel-EventTracing",),
    "kernel-shimengine": (
        "Microsoft-Windows-Kernel-ShimEngine/Operational",
        "Microsoft-Windows-Kernel-ShimEngine/Diagnostic",
    ),
    "sense": ("Microsoft-Windows-SENSE/Operational",),
    "winrm": ("Microsoft-Windows-WinRM/Operational",),
}
SERVICES: Final = {channel.lower(): word for word, channels in _WORDS.items() for channel in channels}
"""Channel in lower case to service word."""

PROVIDERS: Final = {
    "microsoft-windows-security-auditing": "security",
    "microsoft-windows-sysmon": "sysmon",
    "service control manager": "system",
    "microsoft-windows-powershell": "powershell",
    "powershell": "powershell-classic",
    "microsoft-windows-windows defender": "windefend",
    "microsoft-windows-taskscheduler": "taskscheduler",
}
"""Provider in lower case to service word, for exports that leave the channel out."""


def service_of(channel: str, provider: str) -> str:
    """Sigma's service word, or "" for a channel that it has no word for."""
    return SERVICES.get(channel.lower()) or ("" if channel else PROVIDERS.get(provider.lower(), ""))
