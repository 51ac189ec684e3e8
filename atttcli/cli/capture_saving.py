"""`detect capture --save-flows DIR`: the flow of each alert as a small pcap, named by time, sid and flow."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from atttcli.cli import render
from atttcli.cli.capture_runs import Trouble
from atttcli.clock import parse_moment
from atttcli.errors import InputError, Where, WorkspaceError
from atttcli.text.messages import ngettext

if TYPE_CHECKING:
    from atttcli.model.alert import Detection

MOST_SPOOLED: Final = 4 << 30  # bytes of standard input that are kept to be read a second time
_NUMBERS: Final = {"TCP": 6, "UDP": 17, "ICMP": 1, "IPv6-ICMP": 58, "SCTP": 132, "GRE": 47, "ESP": 50, "IGMP": 2}
_PORTED: Final = ("TCP", "UDP", "SCTP")


class Spool:
    """Standard input, kept in a temporary file while it is read, so that it can be read again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # Closed with the process; it has no name to leave behind. Without a buffer: a full disk is noticed at once, and once.
        self.kept = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._size = 0
        self.cut = False

    def read(self, count: int = -1) -> bytes:
        """As the stream: what cannot be kept is judged all the same."""
        data = self._stream.read(count)
        self.cut = self.cut or not self._keep(memoryview(data))
        return data

    def _keep(self, rest: memoryview) -> bool:
        self._size += len(rest)
        if self._size > MOST_SPOOLED or self.cut:
            return False
        try:
            while rest:
                rest = rest[self.kept.write(rest) :]
        except OSError:
            return False
        return True


class Saver:
    """What is wanted of the capture at hand, and the files that were written."""

    apart = False  # files have another name until they are whole

    def __init__(self, folder: Path) -> None:
        from atttcli.sources.dissection.carving import Carver

        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise WorkspaceError(f"{folder} cannot be made: {error.strerror}", hint="--save-flows DIR") from error
        self._carver = Carver(folder, apart=self.apart)
        self._folder = folder
        self.files = self.cut = 0

    def take(self, found: Detection) -> None:
        """An alert of the network engine: its flow is wanted. Sightings of indicators have no flow of their own."""
        if found.engine == "network":
            flow, begun = flow_of_alert(found.detail)
            self._carver.want(flow, begun, file_name(found.detail))

    def save(self, names: Sequence[str], spool: Spool | None) -> Iterator[Trouble]:
        """Write the flows of a capture in one more pass over its files."""
        from atttcli.cli.detect_capture import opened

        for name in names:
            try:
                if spool is not None:
                    spool.kept.seek(0)
                    if spool.cut:
                        yield Trouble(
                            Where(name), "standard input was longer than what can be kept: later flows are not saved"
                        )
                    self._read(spool.kept, name)
                else:
                    with opened(name) as stream:
                        self._read(stream, name)
            except InputError:
                continue  # told when it was judged
            except OSError as error:
                raise WorkspaceError(f"{self._folder} cannot be written: {error.strerror or error}") from error
        try:
            for one in self._carver.done():
                self.files += 1
                self.cut += one.cut
        except OSError as error:
            raise WorkspaceError(f"{self._folder} cannot be written: {error.strerror or error}") from error
        self._carver.forget()

    def _read(self, stream: Any, name: str) -> None:
        for _problem in self._carver.read(stream, name):
            pass  # told when it was judged

    def tell(self) -> None:
        """How many there are, and what the limits left out."""
        render.warn(
            ngettext(
                "{count} flow saved in {folder}.", "{count} flows saved in {folder}.", self.files, folder=self._folder
            )
        )
        if self.cut:
            render.warn(
                ngettext("{count} of them was cut at its limit.", "{count} of them were cut at their limit.", self.cut)
            )
        if self._carver.left:
            left = self._carver.left
            render.warn(ngettext("{count} more flow was not saved.", "{count} more flows were not saved.", left))


class FollowedSaver(Saver):
    """Flows of a capture without end: saved whenever one of its files was judged, named by alert, so that a file that is read
    again after a kill saves nothing twice."""

    apart = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for left in folder.glob("*Z-sid*.part*.pcap"):  # of a run that was killed while it saved
            left.unlink(missing_ok=True)
        self.since: int | None = None  # when the earliest flow that is wanted began

    def want(self, eve: dict[str, Any]) -> None:
        """The flow of this alert, unless it was saved."""
        if eve.get("event_type") != "alert":
            return
        name = f"{_stem(eve)}-{eve['alert_id']}"
        if not (self._folder / f"{name}.pcap").exists():
            flow, begun = flow_of_alert(eve)
            self._carver.want(flow, begun, name)
            self.since = begun if self.since is None else min(begun, self.since)

    def save(self, names: Sequence[str], spool: Spool | None) -> Iterator[Trouble]:
        """The flows of the alerts since the last time, in these files."""
        yield from super().save(names, spool)
        self.since = None


def flow_of_alert(eve: dict[str, Any]) -> tuple[Any, int]:
    """The flow of an EVE object of ours and when it began."""
    from ipaddress import ip_address

    from atttcli.sources.dissection.flows import End, Flow

    ported = eve["proto"] in _PORTED
    one, other = (
        End(ip_address(eve[f"{side}_ip"]).packed, eve[f"{side}_port"] if ported else 0) for side in ("src", "dest")
    )
    number = _NUMBERS.get(eve["proto"])
    flow = Flow(number if number is not None else int(eve["proto"]), (min(one, other), max(one, other)))
    return flow, parse_moment(eve["flow"]["start"])


def file_name(eve: dict[str, Any]) -> str:
    """Of digits and a few letters only, whatever the capture holds."""
    return f"{_stem(eve)}-flow{eve['flow_id']}"


def _stem(eve: dict[str, Any]) -> str:
    stamp = re.sub(r"[^0-9T]", "", eve["timestamp"][:19]) or "0"
    return f"{stamp}Z-sid{eve['alert']['signature_id']}"
