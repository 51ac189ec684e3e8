"""The engines of one run, each loaded when something first needs it: shipped packs and those of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.clock import DAY
from atttcli.engine import RuleProblem
from atttcli.engines.correlation import CorrelationEngine, Countries
from atttcli.engines.indicators import Exclusions, IndicatorEngine, IndicatorIndex
from atttcli.engines.yara import YaraEngine
from atttcli.ingest.countries import ranges_file, stored_ranges
from atttcli.ingest.learning import StoredHistory
from atttcli.inventory import Inventory
from atttcli.model.observable import Indicator
from atttcli.packaged import packaged
from atttcli.process.collector import settle
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules
from atttcli.rulepack.indicators import load_indicator_packs
from atttcli.rulepack.yara import load_yara_rules
from atttcli.sources.antivirus import FINDINGS
from atttcli.store.connection import Store
from atttcli.store.facts.alerts import disabled_rules
from atttcli.store.facts.indicators import indicators
from atttcli.store.facts.rulepacks import added_places
from atttcli.store.workspace import Workspace, private_folder

if TYPE_CHECKING:
    from atttcli.engines.network import NetworkEngine
    from atttcli.engines.network_logs.engine import NetworkLogEngine

LOOK_BACK = 396 * DAY  # thirteen months


def _before(one: Indicator) -> Indicator:
    """What a list names was used before it was listed: its start is taken back by as long as events are kept."""
    return one if one.valid_from is None else replace(one, valid_from=one.valid_from - LOOK_BACK)


class Matchers:
    """Engines over the rules of `rules/` and of the workspace, without those that people disabled."""

    def __init__(self, workspace: Workspace, store: Store, inventory: Inventory) -> None:
        self._workspace, self._store, self.inventory = workspace, store, inventory
        self.disabled = disabled_rules(store)
        self.problems: list[RuleProblem] = []
        self.exclusions = Exclusions(inventory.own_networks(), inventory.own_domains())

    @cached_property
    def yara_files(self) -> YaraEngine:
        """Rules for files."""
        return self._yara("file")

    @cached_property
    def yara_lines(self) -> YaraEngine:
        """Rules for log text."""
        return self._yara("log")

    @cached_property
    def network(self) -> NetworkEngine:
        """Rules for captures."""
        from atttcli.engines.network import NetworkEngine
        from atttcli.rulepack.network import load_network_rules

        pack = load_network_rules(*self._network_rules())
        self.problems += pack.problems
        engine = NetworkEngine(pack)
        settle()
        return engine

    @cached_property
    def network_logs(self) -> NetworkLogEngine | None:
        """Network rules for log records, where the workspace asks for them: they cost as much as all other matching."""
        if not self._workspace.network_rules_on_logs:
            return None
        from atttcli.engines.network_logs.engine import NetworkLogEngine
        from atttcli.rulepack.network import load_network_rules

        pack = load_network_rules(*self._network_rules())
        return NetworkLogEngine(pack, variables=self._home_net())

    def _network_rules(self) -> tuple[list[Path], dict[str, str], Path | None, Path | None]:
        """What `load_network_rules` takes: files, variables, cache, table of countries."""
        ranges = ranges_file(self._workspace, self._store)
        return self._paths("network"), self._home_net(), private_folder("rules-cache"), ranges

    def _home_net(self) -> dict[str, str]:
        own = [cidr for cidr in self.inventory.own_networks() if ":" not in cidr] or ["10.0.0.0/8", "192.168.0.0/16"]
        return {"HOME_NET": "[" + ",".join(own) + "]"}

    @cached_property
    def indicators(self) -> IndicatorEngine:
        """Every indicator known: packs and lists. First asked for when all lists of the run have been read."""
        return self.indicator_engine(self._every_indicator())

    @cached_property
    def correlation_pack(self) -> CorrelationPack:
        """Sigma rules and correlations."""
        pack = load_correlation_rules(self._paths("sigma"))
        self.problems += pack.problems
        return pack

    @cached_property
    def single_events(self) -> CorrelationEngine:
        """Asked only which rules match single events, as these are taken in."""
        engine = CorrelationEngine(self.correlation_pack)
        settle()
        return engine

    def correlation(self) -> CorrelationEngine:
        """A fresh engine (it holds what it saw)."""
        history = StoredHistory(self._store)
        return CorrelationEngine(self.correlation_pack, history, self.countries, findings=FINDINGS)

    @cached_property
    def countries(self) -> Countries | None:
        """The range table that people gave (`rules ranges add`), read when an address is first asked about."""
        return stored_ranges(self._workspace, self._store)

    def indicator_engine(self, given: Iterator[Indicator]) -> IndicatorEngine:
        """An engine over some indicators."""
        looked_back = (_before(one) for one in given)
        return IndicatorEngine(IndicatorIndex.build(looked_back), self.inventory.is_own, self.exclusions)

    def is_disabled(self, rule_id: str) -> bool:
        """Whether people switched this rule off, by its id or its name."""
        return bool(self.disabled) and (rule_id in self.disabled or rule_id.rpartition(":")[2] in self.disabled)

    def _every_indicator(self) -> Iterator[Indicator]:
        pack = load_indicator_packs(self._paths("indicators"))
        self.problems += pack.problems
        yield from pack.indicators
        yield from indicators(self._store)

    def _yara(self, scope: str) -> YaraEngine:
        pack = load_yara_rules(self._paths("yara"), private_folder("rules-cache"), self.disabled, scope)
        self.problems += [problem for problem in pack.problems if problem.refused]
        return YaraEngine(pack)

    def _paths(self, kind: str) -> list[Path]:
        return [packaged("rules") / kind, *added_places(self._workspace, self._store, kind)]
