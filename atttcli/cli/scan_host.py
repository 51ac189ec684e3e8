"""What a scan sees of the host beside its files: the options, the lists that are asked, findings beside those of files."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.detect import PATHS
from atttcli.cli.scan_tell import host_object
from atttcli.errors import UsageError
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.cli.matching import Disabled, Tally
    from atttcli.cli.scan_store import Storage
    from atttcli.cli.scan_tell import Listing
    from atttcli.engines.yara import YaraEngine
    from atttcli.field.host.check import LookUp
    from atttcli.field.records import HostRecord, KnownBad
    from atttcli.model.alert import Detection
    from atttcli.scan.account import Listed, ScanAccount
    from atttcli.scan.run import FileLookup

_HASHES = {64: "sha256", 40: "sha1", 32: "md5"}
_BATCH = 500
_LISTED = 500


@dataclass(frozen=True, slots=True)
class HostAsk:
    """What was asked of the host. `only`: no files are scanned."""

    checks: bool = False
    only: bool = False
    names: tuple[str, ...] = ()
    root: Path | None = None
    memory: bool = False

    @property
    def asked(self) -> bool:
        """Whether the host is looked at."""
        return self.checks or self.only or bool(self.names)

    def roots(self, given: tuple[Path, ...]) -> tuple[Path, ...]:
        """The files that are scanned beside."""
        if self.only and given:
            raise UsageError("--only-host scans no files", hint="atttcli scan PATH --host-checks does both")
        if not self.asked and (self.root is not None or self.memory):
            raise UsageError("--root and --memory belong to --host-checks or --only-host")
        return () if self.only else given or (Path.home(),)


_OPTIONS = (
    click.option("--host-checks", "checks", is_flag=True, help="Also look at the host: processes, sockets, autoruns, accounts."),
    click.option("--only-host", "only", is_flag=True, help="Look at the host and scan no files."),
    click.option(
        "--check", "names", multiple=True, metavar="CHECK", help="Only this check of the host (repeatable): docs/host-checks.md."
    ),
    click.option("--root", type=PATHS, help="The host's root, for a mounted disk (default: this machine)."),
    click.option("--memory", is_flag=True, help="Also the memory of processes, with the YARA rules (needs root)."),
)  # fmt: skip


def hosted(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets them as `host_ask`."""

    @functools.wraps(command)
    def run(*words: Any, **options: Any) -> None:
        taken = {name: options.pop(name) for name in HostAsk.__dataclass_fields__}
        command(*words, host_ask=HostAsk(**taken), **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


@dataclass(slots=True)
class HostLook:
    """The host checks of one scan. `found` and `severities` go into its account."""

    app: App
    ask: HostAsk
    engine: YaraEngine
    files: FileLookup | None
    indicators: tuple[Path, ...]
    disabled: Disabled
    with_workspace: bool
    cpu_limit: float = 0
    found: int = 0
    severities: dict[str, int] = field(default_factory=dict)
    observed: int = 0
    missed: int = 0
    listed: list[Listed] = field(default_factory=list)

    def run(self, listing: Listing, storage: Storage, tally: Tally) -> None:
        """Look, tell and keep; nothing when nobody asked."""
        if not self.ask.asked:
            return
        waiting: list[tuple[int, HostRecord]] = []
        for line, record in enumerate(self._records(), 1):
            if record.rule and self.disabled.covers(record.rule):
                continue
            waiting.append((line, record))
            self._tell(record, listing, storage, tally)
            if len(waiting) >= _BATCH:
                storage.keep_host(waiting)
                waiting = []
        storage.keep_host(waiting)

    def _records(self) -> Iterator[HostRecord]:
        from atttcli.field.examine import Examiner
        from atttcli.field.host.catalogue import CHECKS
        from atttcli.field.host.run import HostSettings, run_checks
        from atttcli.field.throttle import Throttle

        names = {check.name for check in CHECKS}
        for name in self.ask.names:
            if name not in names:
                raise UsageError(f"there is no check of the host called {name}", hint=", ".join(sorted(names)))
        root = os.fspath(self.ask.root or Path(os.sep))
        examiner = Examiner(self.engine.matcher)
        settings = HostSettings(
            root, self.ask.names, self.ask.memory, look_up=self._look_up(), examiner=examiner,
            now=self.app.clock.now() / 1e6, pause=Throttle(self.cpu_limit).pause if self.cpu_limit else None,
        )  # fmt: skip
        yield from run_checks(settings)

    def _tell(self, record: HostRecord, listing: Listing, storage: Storage, tally: Tally) -> None:
        from atttcli.exchange.records import host_detection
        from atttcli.field.records import HIT, PROBLEM
        from atttcli.scan.account import Listed

        if record.kind == HIT:
            self.found += 1
            tally.found += 1
            detection = host_detection(record, "")
            word = detection.severity.label
            self.severities[word] = self.severities.get(word, 0) + 1
            storage.add(detection)
            listing.found(detection, told_why(record))
        elif record.kind == PROBLEM:
            self.missed += 1
            if len(self.listed) < _LISTED:
                self.listed.append(Listed(f"{record.check}: {record.subject}", "host", str(record.detail["why"])))
            listing.host(record)
            listing.missed(f"{record.check}: {record.subject}", str(record.detail["why"]), tally)
        else:
            self.observed += 1
            listing.host(record)

    def joined(self, account: ScanAccount) -> ScanAccount:
        """The scan's account with what was found on the host."""
        if not self.ask.asked:
            return account
        severities = {**account.severities}
        for word, count in self.severities.items():
            severities[word] = severities.get(word, 0) + count
        from atttcli.scan.account import HostTotals

        return replace(
            account,
            detections=account.detections + self.found,
            severities=severities,
            ended=self.app.clock.now(),
            listed=(*account.listed, *self.listed),
            unlisted=account.unlisted + self.missed - len(self.listed),
            host=HostTotals(self.observed, self.found, self.missed),
        )

    def close(self, quiet: bool) -> None:
        """One line for people."""
        if quiet or not self.ask.asked:
            return
        seen = ngettext("{count} thing was looked at", "{count} things were looked at", self.observed)
        odd = ngettext("{count} is suspicious", "{count} are suspicious", self.found)
        lost = ngettext("{count} place could not be looked at", "{count} places could not be looked at", self.missed)
        render.line(_("Host: {seen}, {odd}, {lost}.", seen=seen, odd=odd, lost=lost))

    def _look_up(self) -> LookUp:
        values = self._values()

        def look_up(kind: str, value: str) -> Sequence[KnownBad]:
            if kind in ("address", "domain"):
                return values(value)
            if self.files is None:
                return ()
            trio = {"sha256": "", "md5": "", "sha1": ""}
            if kind == "hash":
                trio[_HASHES[len(value)]] = value
            found = self.files("" if kind == "hash" else value, trio["sha256"], trio["md5"], trio["sha1"])
            return [one for detection in found for one in known_of(detection)]

        return look_up

    def _values(self) -> Callable[[str], Sequence[KnownBad]]:
        """Addresses and domains: of the lists given and of the workspace; its own are never bad."""
        given = list(self._indicators())
        if not given:
            return lambda _value: ()
        from atttcli.engines.indicators.index import IndicatorIndex
        from atttcli.field.records import KnownBad
        from atttcli.model.observable import ObservableType

        index, now = IndicatorIndex.build(given), self.app.clock.now()
        own = self.app.inventory.is_own if self._has_workspace else lambda _value: False

        def look_up(value: str) -> Sequence[KnownBad]:
            kinds = (ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN)
            found = dict.fromkeys(one for kind in kinds for one in index.lookup(kind, value, now))
            if not found or own(value):
                return ()
            return [
                KnownBad(str(one.type), one.value, one.source, one.description, one.kind, min(4, max(0, one.severity)))
                for one in found
            ]

        return look_up

    @property
    def _has_workspace(self) -> bool:
        return self.with_workspace and self.app.workspace_if_any() is not None

    def _indicators(self) -> Iterator[Any]:
        from atttcli.model.observable import ObservableType as T
        from atttcli.rulepack.indicators import indicator_files, load_indicator_packs

        kinds = (T.IPV4, T.IPV6, T.CIDR, T.DOMAIN)
        if self.indicators:
            pack = load_indicator_packs(list(indicator_files(self.indicators)))
            yield from (one for one in pack.indicators if one.type in kinds)
        if self._has_workspace:
            from atttcli.store.facts.indicators import indicators

            yield from (one for one in indicators(self.app.store) if one.type in kinds)


def known_of(found: Detection) -> Iterator[KnownBad]:
    """What the lists said in a detection of a file."""
    from atttcli.field.records import KnownBad

    for one in found.detail.get("indicators", []):
        yield KnownBad(
            str(one["type"]),
            str(one["value"]),
            str(one["source"]),
            str(one["description"]),
            str(one["kind"]),
            int(found.severity),
        )


def told_why(record: HostRecord) -> str:
    """Why it is suspicious, in the reader's language, and what looks the same without being it."""
    title, why = retell(record.title), retell(str(record.detail.get("why", "")))
    return f"{title}. {why}" if why else title


def show_host_records(app: App, run: int, as_json: bool) -> None:
    """What an earlier scan saw of the host."""
    from atttcli.cli.alert_view import severity_word
    from atttcli.store.facts.fleet import host_records
    from atttcli.store.facts.scans import host_source

    found = host_records(app.store, host_source(run))
    if as_json:
        for one in found:
            render.emit_json(host_object(one["check_name"], one["kind"], one["subject"], one["detail"], one["rule"]))
        return
    rows = [
        (
            one["check_name"],
            one["subject"],
            one["rule"] and retell(one["title"]),
            one["rule"] and severity_word(one["severity"]),
        )
        for one in found
    ]
    render.table((_("Check"), _("What"), _("Suspicious"), _("Severity")), rows, wide=(1, 2))
