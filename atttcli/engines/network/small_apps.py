"""SMTP, FTP, FTP data, MQTT, SNMP and SSH as parsers of a flow: their transactions are `Fields`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from atttcli.engines.network import snmp
from atttcli.engines.network.body import LIMIT
from atttcli.engines.network.fields import Fields, Values
from atttcli.engines.network.file_facts import Facts, facts_of, magic
from atttcli.engines.network.ftp import Expected, FtpParser
from atttcli.engines.network.mqtt import MqttParser
from atttcli.engines.network.smtp import Mail, SmtpParser
from atttcli.engines.network.ssh import SshHalf, fingerprint, hassh
from atttcli.engines.network.view import View


def _view(
    app: str, number: int, direction: int, values: dict[str, Values], context: dict[str, Any] | None = None
) -> View:
    return View(app, number, direction, Fields(values, context))


class SmtpApp:
    """SMTP: one transaction a message, judged to the server when the message is complete."""

    def __init__(self, wanted: Collection[str] = ()) -> None:
        self._wanted = wanted
        self._parser = SmtpParser()

    def feed(self, direction: int, data: bytes) -> list[View]:
        """Messages completed."""
        before = self._parser.count
        mails = self._parser.server(data) if direction else self._parser.client(data)
        views = [self._message(before + index, mail) for index, mail in enumerate(mails)]
        return views + self._odd(before)

    def _odd(self, number: int) -> list[View]:
        """What the dialogue showed that it should not."""
        return [_view("smtp", number, side, {"event.smtp": names}) for side, names in self._parser.dialogue.take()]

    def _message(self, number: int, mail: Mail) -> View:
        contents = tuple(content for _, content in mail.files)
        values: dict[str, Values] = {
            "file.data": contents,
            "file.name": tuple(name for name, _ in mail.files),
            "file.magic": tuple(kind for content in contents for kind in magic(content)),
        }
        values |= facts_of(contents, self._wanted) if mail.whole else {}
        return _view("smtp", number, 0, values)

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: what follows is taken as it comes."""
        self._parser.dialogue.end()
        if direction == 0:
            self._parser.lost()

    def finish(self) -> list[View]:
        """A message broken off."""
        number = self._parser.count
        return [self._message(number, mail) for mail in self._parser.finish()]

    @property
    def sealed(self) -> bool:
        """Whether STARTTLS was granted."""
        return self._parser.dialogue.sealed

    def inspect_id(self, direction: int) -> int:
        """The message at hand."""
        return self._parser.count

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._parser.memory


class FtpApp:
    """FTP control: one transaction a command. `expected` announces data connections."""

    def __init__(self, client: bytes) -> None:
        self._parser = FtpParser(client)

    def feed(self, direction: int, data: bytes) -> list[View]:
        """Commands completed."""
        before = self._parser.count
        bounces = self._parser.feed(direction, data)
        views = [_view("ftp", before + n, 0, {"ftpbounce": (b"%d" % bounce,)}) for n, bounce in enumerate(bounces)]
        return views + [self._odd(*one) for one in self._parser.take_odd()]

    def _odd(self, side: int, command: bytes) -> View:
        """A line that is longer than any command or reply."""
        name = b"ftp.response_command_too_long" if side else b"ftp.request_command_too_long"
        told = {"ftp": {"command": command.decode("latin-1")}} if command else {}
        return _view("ftp", self.inspect_id(side), side, {"event.ftp": (name,)}, told)

    def take_expected(self) -> list[Expected]:
        """Data connections announced since the last call."""
        taken, self._parser.expected = self._parser.expected, []
        return taken

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: the next line is whole again."""

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    @property
    def sealed(self) -> bool:
        """Whether AUTH TLS was granted."""
        return self._parser.sealed

    def inspect_id(self, direction: int) -> int:
        """The command at hand."""
        return max(self._parser.count - 1, 0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._parser.memory


class FtpDataApp:
    """One file on a data connection, judged at its end or when no more of it is kept."""

    def __init__(self, command: bytes, name: bytes, wanted: Collection[str] = ()) -> None:
        self._facts = (Facts(wanted), Facts(wanted)) if wanted else None
        self._command = command
        self._name = name
        self._parts: list[bytearray] = [bytearray(), bytearray()]
        self._shown = False

    def feed(self, direction: int, data: bytes) -> list[View]:
        """The file when as much of it is there as is kept."""
        part = self._parts[direction]
        part += data[: LIMIT - len(part)]
        if self._facts is not None:
            self._facts[direction].add(data)
        return self._show(whole=False) if len(part) >= LIMIT else []

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: the rest is put together without them."""
        if self._facts is not None:
            self._facts[direction].broken = True

    def finish(self) -> list[View]:
        """Both directions: only one of them carries bytes."""
        return self._show(whole=True)

    def _show(self, *, whole: bool) -> list[View]:
        late, self._shown = self._shown, True
        if late and (not whole or self._facts is None):
            return []
        return [self._side(direction, whole)._replace(late=late) for direction in (0, 1)]

    def _side(self, direction: int, whole: bool) -> View:
        values: dict[str, Values] = {"ftpdata_command": (self._command,)}
        content = bytes(self._parts[direction])
        if content:
            values |= {"file.data": (content,), "file.name": (self._name,), "file.magic": magic(content)}
            values |= self._facts[direction].values() if whole and self._facts is not None else {}
        told = {"command": self._command.decode().upper(), "filename": self._name.decode("utf-8", "replace")}
        return _view("ftp-data", 0, direction, values, {"ftp_data": told})

    def inspect_id(self, direction: int) -> int:
        """The one transaction."""
        return 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return len(self._parts[0]) + len(self._parts[1])


class MqttApp:
    """MQTT: one transaction a message."""

    def __init__(self) -> None:
        self._parser = MqttParser()

    def feed(self, direction: int, data: bytes) -> list[View]:
        """Messages completed."""
        before = self._parser.count
        found = self._parser.feed(direction, data)
        return [_view("mqtt", before + number, direction, values) for number, values in enumerate(found)]

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: what follows is taken as it comes."""

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    def inspect_id(self, direction: int) -> int:
        """The message at hand."""
        return max(self._parser.count - 1, 0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._parser.memory


class SnmpApp:
    """SNMP: one transaction a datagram."""

    def __init__(self) -> None:
        self._count = 0

    def feed(self, direction: int, data: bytes) -> list[View]:
        """The message of a datagram."""
        values = snmp.fields(data)
        if values is None:
            return []
        self._count += 1
        return [_view("snmp", self._count - 1, direction, values)]

    def gap(self, direction: int, count: int) -> None:
        """Datagrams have no order."""

    def finish(self) -> list[View]:
        """Nothing is open."""
        return []

    def inspect_id(self, direction: int) -> int:
        """The last message."""
        return max(self._count - 1, 0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return 0


class SshApp:
    """SSH as one transaction: each direction judged when its offer was seen, or at the end."""

    def __init__(self) -> None:
        self._halves = (SshHalf(), SshHalf())
        self._shown = [False, False]

    def feed(self, direction: int, data: bytes) -> list[View]:
        """A direction that became complete."""
        return self._show(direction) if self._halves[direction].feed(data) else []

    def gap(self, direction: int, count: int) -> None:
        """Bytes were lost: nothing more can be read."""
        self._halves[direction].done = True

    def finish(self) -> list[View]:
        """Directions that showed only their banner."""
        return [view for direction in (0, 1) for view in self._show(direction)]

    def _show(self, direction: int) -> list[View]:
        half = self._halves[direction]
        if self._shown[direction] or not half.protocol:
            return []
        self._shown[direction] = True
        values: dict[str, Values] = {"ssh.proto": (half.protocol,), "ssh.software": (half.software,)}
        text = hassh(half.lists, direction)
        if text:
            name = "ssh.hassh.server" if direction else "ssh.hassh"
            values |= {name: (fingerprint(text),), name + ".string": (text,)}
        return [_view("ssh", 0, direction, values)]

    def inspect_id(self, direction: int) -> int:
        """The one transaction."""
        return 0

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._halves[0].memory + self._halves[1].memory
