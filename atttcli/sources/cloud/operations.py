"""What the operations of Microsoft 365's audit log mean for the head of an event: a table, and what takes a second look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SUCCESS, _FAILURE = "success", "failure"
OPERATIONS: Final[dict[str, tuple[str, str]]] = {
    "userloggedin": ("login", _SUCCESS), "userloginfailed": ("login", _FAILURE), "mailboxlogin": ("login", _SUCCESS),
    "new-inboxrule": ("filter-create", _SUCCESS), "set-inboxrule": ("filter-change", _SUCCESS),
    "updateinboxrules": ("filter-change", _SUCCESS), "enable-inboxrule": ("filter-change", _SUCCESS),
    "remove-inboxrule": ("filter-delete", _SUCCESS), "new-transportrule": ("transport-rule-create", _SUCCESS),
    "set-transportrule": ("transport-rule-change", _SUCCESS), "set-mailbox": ("mailbox-change", _SUCCESS),
    "add-mailboxpermission": ("permission-add", _SUCCESS), "add-recipientpermission": ("permission-add", _SUCCESS),
    "updatefolderpermissions": ("permission-add", _SUCCESS), "add-mailboxfolderpermission": ("permission-add", _SUCCESS),
    "send": ("send", _SUCCESS), "sendas": ("send", _SUCCESS), "sendonbehalf": ("send", _SUCCESS),
    "mailitemsaccessed": ("mail-read", _SUCCESS), "harddelete": ("mail-delete", _SUCCESS), "softdelete": ("mail-delete", _SUCCESS),
    "movetodeleteditems": ("mail-delete", _SUCCESS), "filedownloaded": ("download", _SUCCESS), "fileuploaded": ("upload", _SUCCESS),
    "filesyncdownloadedfull": ("download", _SUCCESS), "filedeleted": ("file-delete", _SUCCESS),
    "fileaccessed": ("file-read", _SUCCESS),
    "anonymouslinkcreated": ("share", _SUCCESS), "sharingset": ("share", _SUCCESS), "add user.": ("account-create", _SUCCESS),
    "delete user.": ("account-delete", _SUCCESS), "disable account.": ("account-disable", _SUCCESS),
    "reset user password.": ("password-reset", _SUCCESS), "change user password.": ("password-change", _SUCCESS),
    "add member to role.": ("group-add", _SUCCESS), "add member to group.": ("group-add", _SUCCESS),
    "consent to application.": ("consent", _SUCCESS), "add oauth2permissiongrant.": ("consent", _SUCCESS),
    "set-adminauditlogconfig": ("audit-policy-change", _SUCCESS),
    "set-mailboxauditbypassassociation": ("audit-policy-change", _SUCCESS),
    "disable strong authentication.": ("protection-off", _SUCCESS), "searchcreated": ("search", _SUCCESS),
}  # fmt: skip
"""Operation in lower case to (action, outcome)."""

_FORWARD: Final = ("ForwardingSmtpAddress", "ForwardingAddress", "ForwardTo", "RedirectTo", "ForwardAsAttachmentTo",
"RedirectMessageTo",
                   "BlindCopyTo")  # fmt: skip
_RULES: Final = frozenset(
    {"filter-create", "filter-change", "mailbox-change", "transport-rule-create", "transport-rule-change"}
)


def meaning_of(operation: str, fields: Mapping[str, Any]) -> tuple[str, str, dict[str, str]]:
    """(action, outcome, further fields): `forward_to` when a mailbox or rule sends mail elsewhere; a mailbox's action is
    then `forward-set`."""
    action, outcome = OPERATIONS.get(operation.lower(), (operation.lower()[:64], ""))
    status = fields.get("ResultStatus")
    if isinstance(status, str) and status.lower() in ("failed", "false", "failure"):
        outcome = _FAILURE
    elif not outcome and isinstance(status, str) and status.lower() in ("success", "succeeded", "true"):
        outcome = _SUCCESS
    if action in _RULES and (target := _target(fields)):
        return ("forward-set" if action == "mailbox-change" else action), outcome, {"forward_to": target}
    return action, outcome, {}


def _target(fields: Mapping[str, Any]) -> str:
    for name in _FORWARD:
        value = fields.get(name)
        if isinstance(value, str) and value and value != "$null":
            return value.removeprefix("smtp:").removeprefix("SMTP:")[:320]
    return ""
