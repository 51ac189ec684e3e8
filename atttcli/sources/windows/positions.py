"""Names of the properties that Get-WinEvent gives without names, in Microsoft's order, for the events that matter most."""

from __future__ import annotations

from typing import Any, Final

_SUBJECT: Final = "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId"
_TARGET: Final = "TargetUserName TargetDomainName TargetSid"
_MEMBER: Final = f"MemberName MemberSid {_TARGET} {_SUBJECT} PrivilegeList"
_TASK: Final = f"{_SUBJECT} TaskName TaskContent"
_NAMES: Final[dict[tuple[str, int], str]] = {
    (
        "Security",
        4624,
    ): f"{_SUBJECT} TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType LogonProcessName"
    " AuthenticationPackageName WorkstationName LogonGuid TransmittedServices LmPackageName KeyLength ProcessId ProcessName"
    " IpAddress IpPort ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount"
    " TargetLinkedLogonId ElevatedToken",
    (
        "Security",
        4625,
    ): f"{_SUBJECT} TargetUserSid TargetUserName TargetDomainName Status FailureReason SubStatus LogonType"
    " LogonProcessName AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength ProcessId"
    " ProcessName IpAddress IpPort",
    ("Security", 4634): "TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType",
    (
        "Security",
        4648,
    ): f"{_SUBJECT} LogonGuid TargetUserName TargetDomainName TargetLogonGuid TargetServerName TargetInfo"
    " ProcessId ProcessName IpAddress IpPort",
    ("Security", 4672): f"{_SUBJECT} PrivilegeList",
    ("Security", 4688): f"{_SUBJECT} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine TargetUserSid"
    " TargetUserName TargetDomainName TargetLogonId ParentProcessName MandatoryLabel",
    ("Security", 4697): f"{_SUBJECT} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount",
    ("Security", 4698): _TASK,
    ("Security", 4699): _TASK,
    ("Security", 4702): f"{_SUBJECT} TaskName TaskContentNew",
    (
        "Security",
        4720,
    ): f"{_TARGET} {_SUBJECT} PrivilegeList SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath"
    " ScriptPath ProfilePath UserWorkstations PasswordLastSet AccountExpires PrimaryGroupId",
    ("Security", 4722): f"{_TARGET} {_SUBJECT}",
    ("Security", 4724): f"{_TARGET} {_SUBJECT}",
    ("Security", 4725): f"{_TARGET} {_SUBJECT}",
    ("Security", 4726): f"{_TARGET} {_SUBJECT} PrivilegeList",
    ("Security", 4728): _MEMBER,
    ("Security", 4732): _MEMBER,
    ("Security", 4756): _MEMBER,
    ("Security", 4740): f"{_TARGET} {_SUBJECT}",
    ("Security", 4768): "TargetUserName TargetDomainName TargetSid ServiceName ServiceSid TicketOptions Status"
    " TicketEncryptionType PreAuthType IpAddress IpPort CertIssuerName CertSerialNumber CertThumbprint",
    (
        "Security",
        4769,
    ): "TargetUserName TargetDomainName ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress"
    " IpPort Status LogonGuid TransmittedServices",
    ("Security", 4771): "TargetUserName TargetSid ServiceName TicketOptions Status PreAuthType IpAddress IpPort",
    ("Security", 4776): "PackageName TargetUserName Workstation Status",
    ("Security", 1102): _SUBJECT,
    ("System", 104): "SubjectUserName SubjectDomainName Channel BackupPath",
    ("System", 7045): "ServiceName ImagePath ServiceType StartType AccountName",
    ("Microsoft-Windows-PowerShell/Operational", 4104): "MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path",
    ("Microsoft-Windows-PowerShell/Operational", 4103): "ContextInfo UserData Payload",
}


def named(channel: str, number: int, values: list[Any]) -> dict[str, Any]:
    """Values by name; as the list `Data` when the event is not in the table or does not fit it."""
    names = _NAMES.get((channel, number), "").split()
    if not values:
        return {}
    if not names or len(values) > len(names):
        return {"Data": values[0] if len(values) == 1 else values}
    return dict(zip(names, values, strict=False))
