"""Account and service changes on Linux: useradd and its kin, systemd's units, and dropbear's verdicts."""

from __future__ import annotations

from atttcli.sources.logs.message import Pattern, Said, first_match, pattern

_ACCOUNT: tuple[Pattern, ...] = (
    pattern("new user", r"\Anew user: name=(?P<target>[^,]+), UID=(?P<uid>\d+)(?:, GID=(?P<gid>\d+))?(?:, home=(?P<home>[^,]*))?"
            r"(?:, shell=(?P<shell>[^,]*))?(?:, from=(?P<tty>.*))?", "account-create", "success"),
    pattern("failed adding user", r"\Afailed adding user '(?P<target>[^']+)'", "account-create", "failure"),
    pattern("delete user", r"\Adelete user '(?P<target>[^']+)'", "account-delete", "success"),
    pattern("new group", r"\A(?:new group: name=|group added to \S+: name=)(?P<group>[^,]+)(?:, GID=(?P<gid>\d+))?", "group-create",
            "success"),
    pattern("removed group", r"\Aremoved (?:shadow )?group '(?P<group>[^']+)'", "group-delete", "success"),
    pattern("group '", r"\Agroup '(?P<group>[^']+)' removed", "group-delete", "success"),
    pattern("to group", r"\Aadd '(?P<target>[^']+)' to (?:shadow )?group '(?P<group>[^']+)'", "group-add", "success"),
    pattern("added to group", r"\Amember '?(?P<target>[^'\s]+)'? added to group '?(?P<group>[^'\s]+)'?", "group-add", "success"),
    pattern("to group", r"\Auser (?P<target>\S+) added by (?P<by>\S+) to group (?P<group>\S+)", "group-add", "success"),
    pattern("from group", r"\A(?:delete|remove) '(?P<target>[^']+)' from (?:shadow )?group '(?P<group>[^']+)'", "group-remove",
            "success"),
    pattern("from group", r"\Auser (?P<target>\S+) removed by (?P<by>\S+) from group (?P<group>\S+)", "group-remove", "success"),
    pattern("lock user", r"\A(?P<reason>(?:un)?lock) user '(?P<target>[^']+)' password", "account-change", "success"),
    pattern("change user", r"\Achange user '(?P<target>[^']+)' password", "password-change", "success"),
    pattern("change user", r"\Achange user '(?P<target>[^']+)' (?P<text>.*)\Z", "account-change", "success"),
    pattern("password changed for", r"password changed for (?P<target>\S+)", "password-change", "success"),
    pattern("changed by", r"\Apassword for '(?P<target>[^']+)' changed by '(?P<by>[^']+)'", "password-change", "success"),
    pattern("changed user", r"\Achanged (?P<text>.*) of user '(?P<target>[^']+)'", "account-change", "success"),
)  # fmt: skip
_SYSTEMD: tuple[Pattern, ...] = (
    pattern(
        "Failed with result", r"\A(?P<unit>[^\s:]+): Failed with result '(?P<reason>[^']*)'", "service-fail", "failure"
    ),
    pattern(
        "Main process exited", r"\A(?P<unit>[^\s:]+): Main process exited, (?P<reason>.*)\Z", "service-fail", "failure"
    ),
    pattern("Failed to start", r"\AFailed to start (?P<unit>.*)\Z", "service-start", "failure"),
    pattern("Started ", r"\AStarted (?P<unit>.*?)\.?\Z", "service-start", "success"),
    pattern("Stopped ", r"\AStopped (?P<unit>.*?)\.?\Z", "service-stop", "success"),
    pattern("Reloading", r"\AReloading(?P<unit>.*?)\.*\Z", "service-reload"),
    pattern("Created slice", r"\ACreated slice (?P<unit>.*)\Z", ""),
)
_PEER = r"(?P<ip>[0-9A-Fa-f.:]{2,60}):(?P<port>\d{1,5})"
# The user name stands before the address and may imitate it: `.*` leaves the last one to the server.
_DROPBEAR: tuple[Pattern, ...] = (
    pattern("auth succeeded", rf"\A(?P<method>\w+) auth succeeded for '(?P<user>.*)' (?:with .* )?from {_PEER}\Z",
            "login", "success"),
    pattern("assword attempt", rf"\A(?:[Bb]ad|Password) password attempt for '(?P<user>.*)' from {_PEER}\Z", "login", "failure"),
    pattern("attempt", rf"\ABad (?P<reason>PAM password|password) attempt for '(?P<user>.*)' from {_PEER}\Z", "login", "failure"),
    pattern("nonexistent user", rf"\ALogin attempt for nonexistent user (?:'(?P<user>.*)' )?from {_PEER}\Z", "login", "failure",
            "invalid-user"),
    pattern("shell", r"\AUser '(?P<user>.*)' has invalid shell, rejected\Z", "login", "failure", "shell"),
    pattern("Max auth tries", rf"\AMax auth tries reached - user '(?P<user>.*)' from {_PEER}\Z",
            "login", "failure", "max-attempts"),
    pattern("before auth", rf"\AExit before auth from <{_PEER}>: \((?:user '(?P<user>.*)', )?(?P<attempts>\d+) fails\): "
            r"(?P<text>.*)\Z",
            "disconnect", "failure", "not-authenticated"),
    pattern("before auth", rf"\AExit before auth from <{_PEER}>: (?P<text>.*)\Z", "disconnect", "failure", "not-authenticated"),
    pattern("before auth", r"\AExit before auth(?: \(user '(?P<user>.*)', (?P<attempts>\d+) fails\))?: (?P<text>.*)\Z",
            "disconnect",
            "failure", "not-authenticated"),
    pattern("Exit (", r"\AExit \((?P<user>[^)]*)\)(?: from <\S+>)?: (?P<text>.*)\Z", "disconnect"),
    pattern("Child connection", rf"\AChild connection from {_PEER}\Z", "connect"),
)  # fmt: skip
PROGRAMS = ("useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "gpasswd", "passwd", "chpasswd", "chage", "chsh",
            "chfn", "adduser", "newusers")  # fmt: skip


def account(program: str, message: str) -> Said | None:
    """A change of an account or group; `target` is whom it befell, the head's `user` who did it where the message says."""
    said = first_match(message, _ACCOUNT, ("authentication", "linux", program))
    if said is not None and "by" in said.fields:
        said.user = said.fields["by"]
    return said


def dropbear(program: str, message: str) -> Said | None:
    """A message of dropbear."""
    return first_match(message, _DROPBEAR, ("authentication", "linux", "dropbear"))


def systemd(program: str, message: str) -> Said | None:
    """A unit that started, stopped or failed."""
    return first_match(message, _SYSTEMD, ("", "linux", "systemd"))
