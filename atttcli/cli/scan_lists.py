"""The lists that a scan hears: indicator files given, and what the workspace was told of files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.cli.matching import Tally, existing

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.model.alert import Detection
    from atttcli.scan.known import KnownFiles
    from atttcli.scan.run import FileLookup


def file_lookup(app: App, paths: tuple[Path, ...], tally: Tally, *, with_workspace: bool) -> FileLookup | None:
    """What the lists say of a file; None when none says anything of files (hashing costs)."""
    if not paths and not (with_workspace and app.workspace_if_any() is not None):
        return None
    from atttcli.store.workspace import private_folder

    folder = private_folder("scan") / "known"
    if with_workspace and (workspace := app.workspace_if_any()) is not None:
        from atttcli.store.facts.rulepacks import added_places

        paths = (*paths, *added_places(workspace, app.store, "indicators"))
    sets = [_given(app, paths, tally, folder) if paths else None]
    if with_workspace and app.workspace_if_any() is not None:
        sets.append(_of_workspace(app, folder))
    known = [one for one in sets if one is not None]
    if not known:
        return None

    def look_up(path: str, sha256: str, md5: str, sha1: str) -> Iterator[Detection]:
        for one in known:
            yield from one.look_up(path, sha256, md5, sha1)

    return look_up


def _given(app: App, paths: tuple[Path, ...], tally: Tally, folder: Path) -> KnownFiles | None:
    """Lists read before are not read again, unless one of their rows was refused: that is said each time."""
    from atttcli.rulepack.indicators import indicator_files, load_indicator_packs
    from atttcli.scan.known import is_built, known_files, name_of

    files = list(indicator_files(existing(paths)))
    name = name_of(files)
    if is_built(name, folder):
        return known_files((), name, folder, app.clock.now())
    pack = load_indicator_packs(files)
    tally.rules(pack.problems)
    return known_files(pack.indicators, f"part-{name}" if pack.problems else name, folder, app.clock.now())


def _of_workspace(app: App, folder: Path) -> KnownFiles | None:
    from atttcli.scan.known import known_files
    from atttcli.store.facts.indicators import file_indicators, file_indicators_state

    place = hashlib.sha256(str(app.workspace.root.resolve()).encode("utf-8", "replace")).hexdigest()[:16]
    name = f"{place}-{file_indicators_state(app.store)}"
    return known_files(file_indicators(app.store), name, folder, app.clock.now())
