"""What every command is handed: the options of the top level, the workspace opened on first use, the clock, the actor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from atttcli.clock import VIETNAM, Clock, from_micros
from atttcli.errors import Refused, WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

    from atttcli.inventory import Inventory, Organisation
    from atttcli.journal.journal import Journal
    from atttcli.people.identity import Identity
    from atttcli.store.connection import Store
    from atttcli.store.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


class App:
    """The state of one run of the tool. Everything heavy is made on first use."""

    def __init__(
        self, workspace: str | None = None, lang: str | None = None, clock: Clock | None = None, as_name: str = "",
        *, in_drill: bool = False, actor: str = "",
    ) -> None:  # fmt: skip
        self.workspace_option = workspace
        self.as_name = as_name
        self.in_drill = in_drill  # opened by `drill do`: nothing else may open a drill's workspace
        self.actor = actor
        self.lang = lang
        self.clock = clock or Clock()
        self._workspace: Workspace | None = None
        self._store: Store | None = None
        self._journal: Journal | None = None
        self._identity: Identity | None = None
        self._inventory: Inventory | None = None
        self._organisation: Organisation | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace in force, or WorkspaceError."""
        if self._workspace is None:
            from atttcli.store.workspace import find_root, load_workspace

            root = find_root(self.workspace_option)
            found = load_workspace(root)
            if not self.in_drill:
                _keep_out_of_drills(root, found.exercise)
            self._workspace = found
        return self._workspace

    def workspace_if_any(self) -> Workspace | None:
        """The workspace, or None outside of one."""
        try:
            return self.workspace
        except WorkspaceError:
            return None

    @property
    def store(self) -> Store:
        """The workspace's database, open."""
        if self._store is None:
            from atttcli.store.connection import Store

            self._store = Store(self.workspace.database)
        return self._store

    @property
    def journal(self) -> Journal:
        """The journal, in the name of who works now; what their role does not allow is refused as it is written."""
        if self._journal is None:
            from atttcli.journal.journal import Journal

            self._journal = Journal(self.store, self.identity.name, self.clock, guard=self.permit)
        return self._journal

    @property
    def identity(self) -> Identity:
        """Who works now: `--as`, the login of this terminal, or the user of the operating system."""
        if self._identity is None:
            from atttcli.journal.journal import current_actor
            from atttcli.people.identity import identify

            self._identity = identify(
                self.store, self.actor or current_actor(), as_name=self.as_name, passphrase=_passphrase, token=self.token(),
                now=self.clock.now(),
            )  # fmt: skip
        return self._identity

    def permit(self, verb: str, subject: str = "", payload: Mapping[str, Any] | None = None) -> None:
        """Refused unless who works now may decide this. Facts have a verb too: `facts.ingested`."""
        if self.identity.known or len(self.identity.roles) == 1:
            from atttcli.people.identity import require

            require(self.store, self.identity, verb, subject, payload or {})

    def token(self) -> str:
        """That of the login in this terminal, or empty."""
        from atttcli.cli.current import LOGIN, recall

        return recall(self, LOGIN)

    def keep_token(self, token: str) -> None:
        """Keep the login of this terminal, or with an empty token forget it."""
        from atttcli.cli.current import LOGIN, keep

        keep(self, LOGIN, token)

    @property
    def organisation(self) -> Organisation:
        """The organisation as adopted by this workspace."""
        if self._organisation is None:
            import json

            from atttcli.inventory import from_payload
            from atttcli.inventory.changes import with_changes

            text = self.store.value("SELECT payload FROM organisation ORDER BY adopted DESC LIMIT 1")
            if text is None:
                raise WorkspaceError("this workspace has adopted no organisation", hint="atttcli init")
            self._organisation = with_changes(from_payload(json.loads(text)), self._place_changes())
        return self._organisation

    @property
    def inventory(self) -> Inventory:
        """Who owns which address, domain, mailbox and system, learned networks included."""
        if self._inventory is None:
            from atttcli.inventory import Inventory
            from atttcli.model.inventory import Network

            rows = self.store.rows("SELECT cidr, agency, valid_from, valid_until, note, ports FROM learned_network")
            today = from_micros(self.clock.now(), VIETNAM).date().isoformat()
            told = [(row["pattern"], row["system"]) for row in self.store.rows("SELECT * FROM log_source")]
            boxes = [
                tuple(row) for row in self.store.rows("SELECT address, agency FROM mail_account WHERE agency <> ''")
            ]
            self._inventory = Inventory(self.organisation, [Network(*tuple(row)) for row in rows], told, today, boxes)
        return self._inventory

    def forget_place(self) -> None:
        """Organisation and inventory are read again: somebody has changed them."""
        self._organisation = self._inventory = None

    def _place_changes(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What people changed beside the organisation's file, in the order in which they did."""
        import json

        rows = self.store.rows("SELECT kind, code, fields FROM place_change ORDER BY seq, kind, code")
        return [(row["kind"], row["code"], json.loads(row["fields"])) for row in rows]

    def close(self) -> None:
        """Close what was opened."""
        if self._store is not None:
            self._store.close()


def _keep_out_of_drills(root: Path, exercise: str) -> None:
    """A drill's workspace is opened only through the drill, so that nobody takes it for the real one.

    By whatever name: a link to it, a copy, or what a backup of it was restored to says in its settings what it is.
    """
    real = root.resolve()
    name = exercise or (real.name if real.parent.name == "drills" and (real / "scenario.yaml").is_file() else "")
    if name:
        raise Refused(
            f"{name} is an exercise: its workspace is opened only through the drill", guard="drill",
            hint=f"in the real workspace: atttcli drill do {name} COMMAND",
        )  # fmt: skip


def _passphrase(name: str) -> str:
    from atttcli.cli.user import read_passphrase

    return read_passphrase(name)


def with_app(function: F) -> F:
    """Hand the App to a command as its first argument and make `--json`, `--workspace` and `--lang` work behind it too."""

    @click.pass_context
    @wraps(function)
    def inner(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        return function(ctx.find_root().obj, *args, **kwargs)

    return inner  # type: ignore[return-value]
