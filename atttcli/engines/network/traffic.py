"""Packets to flows, streams and transactions, and those to the judge: the order in which things are looked at."""

from __future__ import annotations

from atttcli.engines.network import protocols
from atttcli.engines.network.app import AppParser, DnsApp, HttpApp, make_parser, recognise
from atttcli.engines.network.checksums import is_wrong
from atttcli.engines.network.counts import Counts
from atttcli.engines.network.flow import ACK, CLOSED, ESTABLISHED, RST, SYN, Flow, key_of, opens_fast
from atttcli.engines.network.flows import FlowTable
from atttcli.engines.network.frames import with_frames
from atttcli.engines.network.ftp import Expected
from atttcli.engines.network.handover import GOING_OVER, Handover, Named, go_over
from atttcli.engines.network.judge import Match, Scene
from atttcli.engines.network.judgement import Text
from atttcli.engines.network.midstream import may_begin, pick_up
from atttcli.engines.network.reporting import Reporting
from atttcli.engines.network.resets import SUSPECTED, goes_on, reopen
from atttcli.engines.network.ruleset import SAME_POINT, RuleSet
from atttcli.engines.network.settings import DEFAULTS, Settings
from atttcli.engines.network.sightings import Sightings
from atttcli.engines.network.small_apps import FtpApp, FtpDataApp, SnmpApp
from atttcli.engines.network.stream import Stream
from atttcli.engines.network.view import View
from atttcli.model.alert import Origin
from atttcli.rulepack.network.limits import Limits
from atttcli.sources.capture.decode import ICMP, ICMP6, TCP, UDP, Packet

CHUNK = 2560  # acknowledged bytes that make a piece of stream worth judging
TAIL = 1024  # bytes of the piece before that are looked at again, for matches across the border
MAX_EXPECTED = 4096  # FTP data connections announced and not yet seen
FIN = 1


class Traffic(Reporting):
    """One capture's packets, in order. Results gather in `results`."""

    def __init__(
        self,
        rules: RuleSet,
        pack: str,
        *,
        sightings: bool = True,
        settings: Settings = DEFAULTS,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(rules, pack, settings, limits)
        self._tcp_point = rules.packets["tcp"]
        self._summed = settings.checksums
        self._flows = FlowTable(vlans=settings.vlans)
        self._sightings = Sightings() if sightings else None
        self._before = (0, 0, 0)  # flows, judgements given up and candidates of the files before
        self._expected: dict[tuple[bytes, int], Expected] = {}
        # Whose transactions rules look at, what is judged message by message whatever they look at, what may go over to TLS.
        self._parsed = frozenset(app for app, _ in rules.transactions) | (rules.apps & {"sip", "rdp"}) | {"pgsql"}

    def of_file(self, origin: Origin, counts: Counts) -> None:
        """The packets that follow come from this file, and count there."""
        self._before = (self._flows.opened, self._judge.gave_up, self._judge.candidates)
        self._origin, self._counts = origin, counts

    def note_counts(self) -> None:
        """What was seen since the file began."""
        flows, gave_up, candidates = self._before
        self._counts.flows = self._flows.opened - flows
        self._counts.gave_up = self._judge.gave_up - gave_up
        self._counts.candidates = self._judge.candidates - candidates

    def finish(self) -> None:
        """The capture is over: every open flow ends."""
        for flow in self._flows.drain():
            self._end(flow)
        self.note_counts()

    def packet(self, packet: Packet) -> None:
        """Judge one packet and what it completes."""
        self._now, self._number = packet.time, packet.number
        if not packet.valid:
            self._invalid(packet)
            return
        if self._summed and is_wrong(packet):
            self._thrown_away(packet)
            return
        if self._flows.is_due(packet.time):
            for flow in self._flows.expired(packet.time):
                self._end(flow)
        flow, direction = self._find(packet)
        flow.last = packet.time
        flow.packets[direction] += 1
        flow.bytes[direction] += len(packet.data)
        if flow.dropped:
            return
        flow.seen[direction] = True
        if packet.protocol == TCP:
            self._tcp(flow, direction, packet)
        else:
            views: list[View] = []
            if packet.protocol == UDP:
                direction, views = self._udp(flow, direction, packet)
            self._judge_packet(flow, direction, packet, views)
            if flow.parser is not None and flow.app != "dns":
                self._flows.account(flow, flow.parser.memory)
        if self._flows.is_full:
            for gone in self._flows.surplus():
                self._counts.evicted += 1
                self._end(gone)

    def _invalid(self, packet: Packet) -> None:
        """A packet that could not be decoded, or waits for the rest of its datagram: only its faults are judged."""
        flow = Flow(packet, key_of(packet), 0)
        scene = Scene(flow, 0, packet, None)
        self._report(flow, 0, self._judge.at(self._rules.packets["invalid"], scene, None, whole_flow=False))

    def _thrown_away(self, packet: Packet) -> None:
        """A packet that its receiver would not take: only rules that ask for checksums look at it."""
        self._counts.wrong += 1
        flow, direction = self._flows.find(packet) or (Flow(packet, key_of(packet), 0), 0)
        scene = Scene(flow, direction, packet, Text(packet.payload) if packet.payload else None)
        self._report(flow, direction, self._judge.at(self._rules.packets["wrong"], scene, None, whole_flow=False))

    def _find(self, packet: Packet) -> tuple[Flow, int]:
        known = self._flows.find(packet)
        if known is not None:
            flow, direction = known
            reused = packet.protocol == TCP and flow.reopened_by(packet, direction)
            if not reused and not flow.expired(packet.time):
                return known
            self._flows.remove(flow)
            self._end(flow)
        flow = self._flows.open(packet)
        if self._sightings is not None:
            self.results += self._sightings.of_flow(flow, packet.time)
        return flow, 0

    def _expect(self, flow: Flow) -> None:
        """Data connections that an FTP control connection announced."""
        if isinstance(flow.parser, FtpApp):
            for one in flow.parser.take_expected():
                if len(self._expected) >= MAX_EXPECTED:
                    del self._expected[next(iter(self._expected))]
                self._expected[one.address or flow.server, one.port] = one

    def _announced(self, flow: Flow) -> None:
        one = self._expected.pop((flow.server, flow.server_port), None)
        if one is not None:
            flow.app, flow.parser = "ftp-data", FtpDataApp(one.command, one.name, self._rules.facts)

    # -- UDP and others --------------------------------------------------------------------------------------------

    def _udp(self, flow: Flow, direction: int, packet: Packet) -> tuple[int, list[View]]:
        """The packet's direction (an answer may come first) and the messages in it."""
        if flow.app is None and packet.payload:
            flow.app = protocols.recognise_datagram(
                packet.payload, self._ports(packet.sport, packet.dport), self._rules.apps
            )
            if flow.app == "dns":
                flow.parser = DnsApp(framed=False)
            elif flow.app == "snmp":
                flow.parser = SnmpApp()
            elif flow.app is not None and flow.app in self._parsed:
                flow.parser = protocols.message_app(flow.app, framed=False, facts=self._rules.facts)
            if direction == 0 and not flow.seen[1] and protocols.first_answers(flow.app, packet.payload):
                self._flows.swap(flow)
                direction = 1
        if flow.parser is None:
            return direction, []
        return direction, flow.parser.feed(direction, packet.payload)

    def _judge_packet(self, flow: Flow, direction: int, packet: Packet, views: list[View]) -> None:
        """Header rules, payload rules and the transactions of a packet that is no TCP."""
        if not flow.ip_only_done[direction]:
            self._report(flow, direction, self._address_matches(flow, direction, packet))
        matches: list[Match] = []
        name = "udp" if packet.protocol == UDP else "icmp" if packet.protocol in (ICMP, ICMP6) else "other"
        point = self._rules.packets[name]
        if point:
            number = flow.parser.inspect_id(direction) if flow.parser is not None else None
            scene = Scene(flow, direction, packet, Text(packet.payload) if packet.payload else None)
            matches += self._judge.at(point, scene, number, whole_flow=False)
        for view in views:
            matches += self._view_matches(flow, view, Text(packet.payload))
        if matches:
            self._report(flow, direction, matches)

    # -- TCP -------------------------------------------------------------------------------------------------------

    def _tcp(self, flow: Flow, direction: int, packet: Packet) -> None:
        if flow.state == CLOSED and flow.session and goes_on(flow, direction, packet):
            reopen(flow)
            packet.events += (SUSPECTED,)
        elif flow.state == CLOSED and flow.session:
            self._judge_tcp_packet(flow, direction, packet, in_stream=True)
            return
        flow.was_established = flow.state == ESTABLISHED
        if not flow.session and may_begin(self._settings, packet.flags):
            direction = pick_up(self._flows, self._settings, flow, direction, packet)
        flow.handshake(packet, direction)
        own, other = flow.streams[direction], flow.streams[1 - direction]
        if self._settings.one_sided and other is None and own is not None and packet.flags & (SYN | ACK) == ACK:
            flow.state, flow.was_established = ESTABLISHED, True
        if packet.flags & ACK and other is not None and other.segments:
            lost = other.lost
            self._deliver(flow, 1 - direction, other.release(packet.ack))
            packet.events += ("stream.reassembly_seq_gap",) if other.lost > lost else ()
        added = own is not None and (opens_fast(packet) if packet.flags & SYN else flow.state == ESTABLISHED)
        if packet.payload and own is not None and added and not packet.flags & RST:
            seq = packet.seq + 1 if packet.flags & SYN else packet.seq
            held = own.memory
            own.add(seq, packet.payload)
            if own.differs:
                packet.events += ("stream.reassembly_overlap_different_data",)
                own.differs = False
            self._flows.account(flow, flow.memory + own.memory - held)
            if own.full:
                self._deliver(flow, direction, own.release_all())
            elif (self._settings.inline or (other is None and self._settings.one_sided)) and own.top > own.base:
                flow.was_established = True  # by this very packet
                self._deliver(flow, direction, own.release_to(own.top))
        self._judge_tcp_packet(flow, direction, packet, in_stream=added)
        if packet.flags & (RST | FIN):
            self._closing(flow, direction, packet, own)

    def _closing(self, flow: Flow, direction: int, packet: Packet, own: Stream | None) -> None:
        """A reset ends the connection when its place is plausible; FIN on both sides ends it too."""
        if own is None:
            if packet.flags & RST and flow.streams[1 - direction] is not None:
                self._close(flow)
            return
        place = own.place(packet.seq)
        if packet.flags & RST:
            if own.base <= place <= own.top + 65_536:
                flow.reset = direction if flow.state == ESTABLISHED else None
                self._close(flow)
            return
        own.fin = place + len(packet.payload)
        if all(stream is not None and stream.fin is not None for stream in flow.streams) and not any(
            stream is not None and stream.segments for stream in flow.streams
        ):
            self._close(flow)

    def _close(self, flow: Flow) -> None:
        self._flush(flow)
        flow.state = CLOSED
        flow.parser = None  # a closed flow waits for the end of its time, and may be one of many
        flow.tails = [b"", b""]

    def _judge_tcp_packet(self, flow: Flow, direction: int, packet: Packet, *, in_stream: bool) -> None:
        if not flow.ip_only_done[direction]:
            self._report(flow, direction, self._address_matches(flow, direction, packet))
        matches: list[Match] = []
        point = self._tcp_point
        text = Text(packet.payload) if packet.payload else None
        if text is not None and not in_stream and self._rules.stream:
            # No connection was seen to begin: the packet is judged as if it were a piece of stream.
            scenes = (Scene(flow, direction, packet, text), Scene(flow, direction, None, text))
            matches += self._judge.together(tuple(zip((point, self._rules.stream), scenes, strict=True)))
        elif text is not None or point.eager:
            matches = self._judge.at(point, Scene(flow, direction, packet, text), None, whole_flow=False)
        if matches:
            self._report(flow, direction, matches)

    def _deliver(self, flow: Flow, direction: int, pieces: list[tuple[int, bytes]]) -> None:
        """Bytes in order: to the application's parser, and as stream to the rules."""
        for gap, data in pieces:
            if gap:
                self._counts.lost += 1
                self._judge_stream(flow, direction, [])
                flow.tails[direction] = b""
                if flow.parser is not None:
                    flow.parser.gap(direction, gap)
                elif flow.app is None:
                    flow.app = "failed"
            flow.chunks[direction].append(data)
            flow.chunk_bytes[direction] += len(data)
            views = self._feed(flow, direction, data)
            if views or flow.chunk_bytes[direction] >= CHUNK:
                self._judge_stream(flow, direction, views)
        self._flows.account(flow, flow.held())

    def _feed(self, flow: Flow, direction: int, data: bytes) -> list[View]:
        if self._expected and flow.app is None:
            self._announced(flow)
        if flow.parser is not None:
            views = flow.parser.feed(direction, data)
            if flow.app == "ftp":
                self._expect(flow)
            if flow.app in GOING_OVER and (direction or isinstance(flow.parser, Handover)):
                views += go_over(flow, lambda app: self._parser_of(flow, app))
            return views
        if flow.app is not None:
            return []
        seen = b"".join(flow.chunks[direction])
        app = recognise(direction, flow.tails[direction] + seen, self._ports(flow.client_port, flow.server_port))
        if app is None or app == "failed":
            flow.app = app
            return []
        if app in protocols.ANSWERING and direction == 1 and flow.streams[0] is not None and not flow.spoke(0):
            return []
        return self._begin(flow, app, direction)

    def _ports(self, one: int, other: int) -> tuple[int, int]:
        """The ports of a flow, as if DNS were at home only on 53."""
        more = self._settings.dns_ports
        if more and not more.isdisjoint((one, other)):
            return (53 if one in more else one, 53 if other in more else other)
        return one, other

    def _parser_of(self, flow: Flow, app: str) -> AppParser:
        made = make_parser(app, flow.client, self._parsed, self._settings.layers, self._rules.facts)
        return with_frames(app, made) if app in self._rules.framed else made

    def _begin(self, flow: Flow, app: str, direction: int) -> list[View]:
        """The application is known: its parser gets what came before, the client's bytes first."""
        flow.app = app
        named = app in protocols.ONLY_NAMED
        parser = Named((flow.client_port, flow.server_port), direction) if named else self._parser_of(flow, app)
        flow.parser = parser
        views: list[View] = []
        for side in (0, 1):
            early = flow.tails[side] + b"".join(flow.chunks[side])
            if early:
                views += parser.feed(side, early)
        return views

    def _judge_stream(self, flow: Flow, direction: int, views: list[View]) -> None:
        """The raw bytes since the last time, then the transactions they completed."""
        parts = flow.chunks[direction]
        matches: list[Match] = []
        text: Text | None = None
        if parts:
            fresh = b"".join(parts)
            parts.clear()
            flow.chunk_bytes[direction] = 0
            text, stream_matches = self._stream_matches(flow, direction, fresh)
            matches += stream_matches
            flow.raw_base[direction] += len(fresh)
            # After a transaction the next piece begins anew, as in the reference engine.
            flow.tails[direction] = b"" if views else text.raw[-TAIL:]
        self._report(flow, direction, matches)
        for view in views:
            found = self._view_matches(flow, view, text if view.direction == direction else None)
            self._report(flow, view.direction, found)

    def _stream_matches(self, flow: Flow, direction: int, fresh: bytes) -> tuple[Text, list[Match]]:
        tail = flow.tails[direction]
        base = flow.raw_base[direction]
        text = Text(tail + fresh, base - len(tail))
        point = self._rules.stream
        if not point:
            return text, []
        number = flow.parser.inspect_id(direction) if flow.parser is not None else None
        matches = self._judge.at(point, Scene(flow, direction, None, text), number, whole_flow=True)
        if matches and tail:
            old = Scene(flow, direction, None, Text(tail, base - len(tail)))
            new = Scene(flow, direction, None, Text(fresh, base))
            matches = [
                match
                for match in matches
                if self._judge.holds(match.number, new) or not self._judge.holds(match.number, old)
            ]
        return text, matches

    def _view_matches(self, flow: Flow, view: View, payload: Text | None) -> list[Match]:
        transactions = self._counts.transactions
        points = self._rules.whole if view.late else self._rules.transactions
        if (view.direction == 0 or view.app == "dns") and not view.late:
            transactions[view.app] = transactions.get(view.app, 0) + 1
        if self._sightings is not None and not view.late:
            self.results += self._sightings.of_view(view, flow, self._now)
        point = points.get((SAME_POINT.get(view.app, view.app), view.direction))
        if point is None:
            return []
        return self._judge.at(point, Scene(flow, view.direction, None, payload, view), view.number, whole_flow=True)

    # -- ends and results ------------------------------------------------------------------------------------------

    def _flush(self, flow: Flow) -> None:
        """Judge what a connection still holds: unacknowledged bytes, open transactions, the last piece of stream."""
        for direction in (0, 1):
            stream = flow.streams[direction]
            if stream is not None and stream.segments:
                self._deliver(flow, direction, stream.release_all())
        views = flow.parser.finish() if flow.parser is not None else []
        self._counts.overrun += isinstance(flow.parser, HttpApp) and flow.parser.overrun
        for direction in (0, 1):
            mine = [view for view in views if view.direction == direction]
            if flow.chunks[direction] or mine:
                self._judge_stream(flow, direction, mine)
        self._flows.account(flow, 0)

    def _end(self, flow: Flow) -> None:
        if flow.state != CLOSED:
            self._flush(flow)

    def _address_matches(self, flow: Flow, direction: int, packet: Packet) -> list[Match]:
        """Rules that ask only for addresses: once for each direction of a flow."""
        flow.ip_only_done[direction] = True
        point = self._rules.ip_only
        return self._judge.at(point, Scene(flow, direction, packet, None), None, whole_flow=True) if point else []
