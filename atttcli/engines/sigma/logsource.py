"""Which rules' log source an event belongs to. A rule of one product never meets an event of another.

Readers write the narrow word (`registry_set`, service `sshd`); rules may use a word that stands for several.
"""

from __future__ import annotations

CATEGORIES = {
    "registry_event": frozenset({"registry_add", "registry_delete", "registry_set", "registry_rename"}),
}
SERVICES = {
    ("linux", "auth"): frozenset(
        {"sshd", "sudo", "su", "pam", "login", "systemd-logind", "passwd", "useradd", "usermod", "groupadd", "polkit"}
    ),
    ("linux", "authpriv"): frozenset({"sshd", "sudo", "su", "pam", "login", "systemd-logind"}),
    ("windows", "ldap_debug"): frozenset({"ldap"}),
}
_NOT_SYSLOG = frozenset({"auditd", "sysmon"})


def concerns(source: tuple[str, str, str], category: str, product: str, service: str) -> bool:
    """Whether a rule with the log source (category, product, service) is about an event with these head words."""
    wanted_category, wanted_product, wanted_service = source
    if wanted_product and wanted_product != product:
        return False
    if wanted_category and wanted_category != category and category not in CATEGORIES.get(wanted_category, ()):
        return False
    if not wanted_service or wanted_service == service:
        return True
    if (wanted_product, wanted_service) == ("linux", "syslog"):
        return service not in _NOT_SYSLOG
    return service in SERVICES.get((product, wanted_service), ())
