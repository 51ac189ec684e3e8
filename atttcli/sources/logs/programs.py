"""Which reader understands which program's messages, for syslog files and for the journal alike.

A reader takes (program, message) and returns what was Said, or None when the message is not its own. Programs that stand in no
table are tried as authentication (sshd, sudo, PAM ...).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from atttcli.sources.firewall import bodies  # firewalls, routers, name servers
from atttcli.sources.logs import account, auth, ban, errorlog, exim, ftp, haproxy, imap, mail, sendmail, webmail
from atttcli.sources.logs.message import Said

Reader = Callable[[str, str], Said | None]


def _dovecot(program: str, message: str) -> Said:
    return mail.dovecot(message if program == "dovecot" else f"{program}: {message}")


def _nginx(program: str, message: str) -> Said:
    return errorlog.nginx_syslog(message)


def _apache(program: str, message: str) -> Said:
    return errorlog.apache(message)


PROGRAMS: Final[dict[str, Reader]] = {
    **dict.fromkeys(
        ("dovecot", "imap-login", "pop3-login", "submission-login", "managesieve-login", "auth", "auth-worker"), _dovecot
    ),
    **dict.fromkeys((*imap.COURIER, *imap.CYRUS), imap.mailbox),
    **dict.fromkeys(("courieresmtpd", "courieresmtpd-ssl", "courieresmtpd-msa", "esmtpd"), imap.esmtpd),
    **dict.fromkeys(sendmail.PROGRAMS, sendmail.sendmail),
    **dict.fromkeys(account.PROGRAMS, account.account),
    "exim": exim.exim, "exim4": exim.exim,
    "proftpd": ftp.proftpd, "pure-ftpd": ftp.pureftpd, "vsftpd": ftp.vsftpd,
    "fail2ban": ban.fail2ban, "fail2ban-server": ban.fail2ban, "fail2ban.actions": ban.fail2ban, "fail2ban.filter": ban.fail2ban,
    "dropbear": account.dropbear, "systemd": account.systemd, "haproxy": haproxy.haproxy,
    "roundcube": webmail.roundcube, "sogod": webmail.sogo, "HORDE": webmail.horde,
    "nginx": _nginx,
}  # fmt: skip
_FAMILIES: Final[dict[str, Reader]] = {
    "httpd": _apache, "apache2": _apache, "apache": _apache, "cyrus": imap.mailbox,
}  # fmt: skip


def understand(program: str, hint: str, message: str) -> Said | None:
    """The message by its program's reader; None if there is none for it."""
    if program.startswith("postfix"):
        return mail.postfix(program.rpartition("/")[2], message)
    reader = PROGRAMS.get(program)
    if reader is None:
        if "/" in program or program in _FAMILIES:
            reader = _FAMILIES.get(program.partition("/")[0])
        elif program.startswith("perdition"):
            reader = imap.perdition
    if reader is not None and not hint.startswith("pam_") and (said := reader(program, message)) is not None:
        return said
    return auth.understand(program, hint, message) or bodies.in_syslog(program, message)
