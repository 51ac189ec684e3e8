"""The workspace folder: found as git finds a repository, with its settings and where each thing stands in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from atttcli.errors import WorkspaceError
from atttcli.store.durable import make_folder, write_whole

SETTINGS = "atttcli.toml"
SECRET_BYTES = 32
_SET_HOME = "set ATTTCLI_HOME to a folder that you may write"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths and settings. `secret` keys the line digests, so that nobody can forge a collision in a log.

    `exercise`: the drill whose workspace it is, wherever its folder is copied or restored to; empty for a real one.
    """

    root: Path
    id: str
    organisation: str
    profile: str
    language: str
    secret: bytes
    exercise: str = ""
    network_rules_on_logs: bool = False  # ingest judges log records by network rules too (docs/decisions/0232)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "workspace.db"

    @property
    def events(self) -> Path:
        """Event segments."""
        return self.root / "events"

    @property
    def vault(self) -> Path:
        """Evidence objects by sha256."""
        return self.root / "evidence"

    @property
    def rules(self) -> Path:
        """Rule packs added here."""
        return self.root / "rules"

    @property
    def outbox(self) -> Path:
        """Papers that were rendered."""
        return self.root / "outbox"

    @property
    def keys(self) -> Path:
        """The centre's keys with their secrets: in no backup (`key backup` makes a locked copy)."""
        return self.root / "keys"

    @property
    def inbox(self) -> Path:
        """Where people drop what came in."""
        return self.root / "inbox"


def home() -> Path:
    """The user's own folder, outside every workspace: keys, journal heads, rule caches. `ATTTCLI_HOME` overrides.

    WorkspaceError for an account without a home folder, as in many a container."""
    override = os.environ.get("ATTTCLI_HOME")
    if override:
        return Path(override)
    try:
        if os.name == "nt":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "atttcli"
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "atttcli"
    except RuntimeError:
        raise WorkspaceError("this account has no home folder", hint=_SET_HOME) from None


def private_folder(name: str) -> Path:
    """A folder under `home`, made 0700. WorkspaceError where that cannot be (a disk that is read-only, or full)."""
    folder = home() / name
    try:
        make_folder(folder)
    except OSError as error:
        raise WorkspaceError(
            f"the folder {folder} cannot be made: {error.strerror}",
            hint=_SET_HOME,
        ) from None
    return folder


def find_root(given: str | None) -> Path:
    """`--workspace`, `ATTTCLI_WORKSPACE`, upwards from the current folder, then the user's data folder."""
    named = given or os.environ.get("ATTTCLI_WORKSPACE")
    if named:
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SETTINGS).is_file():
            return folder
    return home() / "workspace"


def load_workspace(root: Path) -> Workspace:
    """Read the settings of a workspace."""
    path = root / SETTINGS
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"no workspace at {root}",
            hint="make one: atttcli init DIR --organisation bac-kan; or name it with --workspace",
        ) from error
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error}") from error
    import tomllib  # 2 ms that a command outside of every workspace need not spend

    try:
        data = tomllib.loads(text.decode("utf-8"))
    except ValueError as error:  # no TOML, or no UTF-8
        raise WorkspaceError(f"{path} cannot be read: {error}") from error
    try:
        secret = bytes.fromhex((root / ".secret").read_text(encoding="ascii").strip())
        if len(secret) != SECRET_BYTES:
            raise ValueError("its secret is damaged")
        return Workspace(
            root=root,
            id=str(data["id"]),
            organisation=str(data["organisation"]),
            profile=str(data["profile"]),
            language=str(data.get("language", "vi")),
            secret=secret,
            exercise=str(data.get("exercise", "")),
            network_rules_on_logs=data.get("network_rules_on_logs") is True,
        )
    except (OSError, KeyError, ValueError) as error:
        raise WorkspaceError(
            f"{root} is not a whole workspace: {error}", hint="restore it: atttcli db restore BACKUP"
        ) from error


def write_workspace(workspace: Workspace) -> None:
    """Lay out a new workspace's folders and settings (the database is made by Store)."""
    for folder in (
        workspace.root,
        workspace.events,
        workspace.vault,
        workspace.rules,
        workspace.outbox,
        workspace.inbox,
    ):
        make_folder(folder, 0o777)
    write_whole(workspace.root / ".secret", f"{workspace.secret.hex()}\n".encode(), 0o600)
    lines = [
        "# Settings of this atttcli workspace.",
        f"id = {_quoted(workspace.id)}",
        f"organisation = {_quoted(workspace.organisation)}",
        f"profile = {_quoted(workspace.profile)}",
        f"language = {_quoted(workspace.language)}",
    ]
    if workspace.exercise:
        lines.append(f"exercise = {_quoted(workspace.exercise)}")
    # Last, whole and flushed: a folder with settings is a whole workspace, also after a power cut.
    write_whole(workspace.root / SETTINGS, ("\n".join(lines) + "\n").encode())


def _quoted(text: str) -> str:
    """A text of TOML: no value, wherever it came from, becomes another setting."""
    import json

    return json.dumps(text, ensure_ascii=False)
