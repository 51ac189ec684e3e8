"""What every command is handed: the options of the top level, the workspace opened on first use, the clock, the actor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from atttcli.clock import Clock
from atttcli.errors import WorkspaceError

if TYPE_CHECKING:
    from atttcli.inventory import Inventory, Organisation
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store
    from atttcli.store.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


class App:
    """The state of one run of the tool. Everything heavy is made on first use."""

    def __init__(self, workspace: str | None = None, lang: str | None = None, clock: Clock | None = None) -> None:
        self.workspace_option = workspace
        self.lang = lang
        self.clock = clock or Clock()
        self._workspace: Workspace | None = None
        self._store: Store | None = None
        self._journal: Journal | None = None
        self._inventory: Inventory | None = None
        self._organisation: Organisation | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace in force, or WorkspaceError."""
        if self._workspace is None:
            from atttcli.store.workspace import find_root, load_workspace

            self._workspace = load_workspace(find_root(self.workspace_option))
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
        """The journal, in the name of the current user."""
        if self._journal is None:
            from atttcli.journal.journal import Journal, current_actor

            self._journal = Journal(self.store, current_actor(), self.clock)
        return self._journal

    @property
    def organisation(self) -> Organisation:
        """The organisation as adopted by this workspace."""
        if self._organisation is None:
            import json

            from atttcli.inventory import from_payload

            text = self.store.value("SELECT payload FROM organisation ORDER BY adopted DESC LIMIT 1")
            if text is None:
                raise WorkspaceError("this workspace has adopted no organisation", hint="atttcli init")
            self._organisation = from_payload(json.loads(text))
        return self._organisation

    @property
    def inventory(self) -> Inventory:
        """Who owns which address, domain, mailbox and system, learned networks included."""
        if self._inventory is None:
            from atttcli.inventory import Inventory
            from atttcli.model.inventory import Network

            rows = self.store.rows("SELECT cidr, agency, valid_from, valid_until, note FROM learned_network")
            self._inventory = Inventory(self.organisation, learned=[Network(*tuple(row)) for row in rows])
        return self._inventory

    def close(self) -> None:
        """Close what was opened."""
        if self._store is not None:
            self._store.close()


def with_app(function: F) -> F:
    """Hand the App to a command as its first argument and make `--json`, `--workspace` and `--lang` work behind it too."""

    @click.pass_context
    @wraps(function)
    def inner(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        return function(ctx.find_root().obj, *args, **kwargs)

    return inner  # type: ignore[return-value]
