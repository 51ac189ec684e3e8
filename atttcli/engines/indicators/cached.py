"""The kept form of an index: rows as plain arrays in a private folder, checked by digest before anything of it is used."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from atttcli.engines.indicators.table import TYPE, Rows, match_key
from atttcli.errors import InputError, Where

_MAGIC = b"atttcli-indicators-2\n"
_PARTS = ("blob", "starts", "meta_of", "meta_blob", "meta_starts")


def _path(folder: Path, version: str) -> Path:
    return folder / (hashlib.sha256(version.encode()).hexdigest()[:32] + ".indicators")


def save(folder: Path, version: str, rows: Rows) -> None:
    """Write the rows beside others, readable by this user only; a reader sees the whole file or none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = [memoryview(getattr(rows, name)).cast("B") for name in _PARTS]
    body = hashlib.sha256()
    for part in parts:
        body.update(part)
    header = msgspec.json.encode(
        {
            "version": version,
            "rejected": rows.rejected,
            "sizes": [len(part) for part in parts],
            "widths": [rows.starts.itemsize, rows.meta_starts.itemsize],
            "sha256": body.hexdigest(),
        }
    )
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_MAGIC + header + b"\n")
            for part in parts:
                stream.write(part)
        Path(name).replace(_path(folder, version))
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def load(folder: Path, version: str) -> tuple[Rows, Any]:
    """Rows and the hashes of their keys; FileNotFoundError when not kept, InputError when damaged or of another version."""
    import numpy as np

    path = _path(folder, version)
    data = path.read_bytes()
    rows = _read(np, data, version, path)
    hashes = np.fromiter((hash(match_key(text[0], text[1:])) for text in rows.texts()), np.int64, len(rows))
    return rows, hashes


def _read(np: Any, data: bytes, version: str, path: Path) -> Rows:
    end = data.find(b"\n", len(_MAGIC))
    try:
        header = msgspec.json.decode(data[len(_MAGIC) : end])
        if not data.startswith(_MAGIC) or header["version"] != version:
            raise InputError("another version's index", where=Where(str(path)))
        body = memoryview(data)[end + 1 :]
        if hashlib.sha256(body).hexdigest() != header["sha256"] or sum(header["sizes"]) != len(body):
            raise InputError("the kept indicator index is damaged", where=Where(str(path)))
        parts, at = [], 0
        for size in header["sizes"]:
            parts.append(body[at : at + size])
            at += size
        starts, meta_starts = (
            np.frombuffer(part, np.uint32 if width == 4 else np.uint64)
            for part, width in zip((parts[1], parts[4]), header["widths"], strict=True)
        )
        rows = Rows(bytes(parts[0]), starts, np.frombuffer(parts[2], np.uint32), bytes(parts[3]), meta_starts)
        rows.rejected = int(header["rejected"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError("the kept indicator index is damaged", where=Where(str(path))) from error
    _check(np, rows, path)
    return rows


def _check(np: Any, rows: Rows, path: Path) -> None:
    """Offsets rise, stay inside and every row has a known type: nothing later has to wonder."""
    starts, metas = rows.starts, rows.meta_starts
    sound = (
        len(starts) > 0
        and len(metas) > 0
        and int(starts[-1]) == len(rows.blob)
        and int(metas[-1]) == len(rows.meta_blob)
        and bool(np.all(starts[1:] > starts[:-1]))
        and bool(np.all(metas[1:] > metas[:-1]))
        and len(rows.meta_of) == len(rows)
        and (not len(rows) or int(rows.meta_of.max()) < len(metas) - 1)
    )
    if sound and len(rows):
        firsts = np.unique(np.frombuffer(rows.blob, np.uint8)[starts[:-1]]).tolist()
        sound = all(chr(first) in TYPE for first in firsts)
    if not sound:
        raise InputError("the kept indicator index is damaged", where=Where(str(path)))
