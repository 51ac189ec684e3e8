"""Captures: pcap and pcapng (gzipped too) as a stream of packets, decoded without per-packet objects of a library."""

from __future__ import annotations

from atttcli.sources.capture.decode import Decoder, Packet
from atttcli.sources.capture.records import Record, looks_like_capture, read_records

__all__ = ["Decoder", "Packet", "Record", "looks_like_capture", "read_records"]
