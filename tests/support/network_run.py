"""Rules as text and frames in, alerts out."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from atttcli.engines.network import NetworkEngine
from atttcli.engines.network.settings import DEFAULTS, Settings
from atttcli.model.alert import Detection
from atttcli.rulepack.network import NetworkPack, load_network_rules
from tests.support.network_wire import Conversation, pcap


def pack_of(text: str, variables: dict[str, str] | None = None, beside: Mapping[str, str] | None = None) -> NetworkPack:
    """The rules of a text; `beside` are files in its folder."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.rules"
        for name, content in (beside or {}).items():
            (Path(folder) / name).write_text(content, encoding="utf-8", newline="")
        path.write_text(text, encoding="utf-8", newline="")
        return load_network_rules([path], variables)


def detections(
    rules: str,
    frames: Iterable[bytes] | Conversation,
    *,
    hyperscan: bool | None = None,
    variables: dict[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
    settings: Settings = DEFAULTS,
    step: int = 1000,
) -> list[Detection]:
    """Every rule must load: a refused one is the test's mistake."""
    pack = pack_of(rules, variables, beside)
    assert not pack.problems, pack.problems
    engine = NetworkEngine(pack, hyperscan=hyperscan, settings=settings)
    if isinstance(frames, Conversation):
        frames = frames.frames
    stream = io.BytesIO(pcap(frames, step=step))
    return [found for found in engine.scan_capture(stream, "t.pcap") if isinstance(found, Detection)]


def sids(rules: str, frames: Iterable[bytes] | Conversation, **options: object) -> list[int]:
    return [found.detail["alert"]["signature_id"] for found in detections(rules, frames, **options)]  # type: ignore[arg-type]


def http(request: bytes = b"", response: bytes = b"", **options: object) -> Conversation:
    """A whole HTTP conversation."""
    talk = Conversation(**options).open()  # type: ignore[arg-type]
    if request:
        talk.send(0, request)
    if response:
        talk.send(1, response)
    return talk.close()
