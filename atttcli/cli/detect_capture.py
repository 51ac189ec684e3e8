"""`detect capture`: network rules over captures, one EVE object a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from atttcli.cli import render
from atttcli.cli.capture_place import alert_id
from atttcli.cli.capture_runs import Done, Found, Given, Said, Trouble, captures_of, grouped, in_order, trouble_of
from atttcli.cli.capture_saving import FollowedSaver, Saver, Spool
from atttcli.cli.capture_settings import Follow, Manner, follow_by, manner_by
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import ALL_RULES, Disabled, Rows, Tally, disabled_here, existing, finish, ranges_here
from atttcli.errors import InputError, UsageError, Where
from atttcli.packaged import packaged
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.engines.indicators import IndicatorEngine
    from atttcli.engines.network import NetworkEngine
    from atttcli.model.alert import Detection

PATHS = click.Path(path_type=Path)
SHOWN = 8  # captures that are told one by one


@click.command("capture")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--rules", multiple=True, type=PATHS, help="Network rule file or folder (repeatable; default: shipped).")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Address or port variable (repeatable).")
@click.option("--indicators", multiple=True, type=PATHS, help="Indicator file or folder to match as well.")
@ALL_RULES
@click.option("--strict", is_flag=True, help="A refused rule makes the run incomplete (exit 2).")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that judge captures; the result is that of one.",
)
@click.option(
    "--joined/--apart",
    default=None,
    help="The files are one capture, or none is [default: one that begins when the one before ends goes on with it].",
)
@click.option(
    "--save-flows",
    type=PATHS,
    metavar="DIR",
    help="Write the flow of each alert there as a small pcap (at most 1000, 16 MiB each; one worker).",
)
@follow_by
@manner_by
@click.option("--json", "as_json", is_flag=True, help="EVE alert objects, one a line.")
@with_app
def capture(
    app: App,
    files: tuple[str, ...],
    rules: tuple[Path, ...],
    variables: tuple[str, ...],
    indicators: tuple[Path, ...],
    all_rules: bool,
    strict: bool,
    workers: int,
    joined: bool | None,
    save_flows: Path | None,
    follow: Follow | None,
    manner: Manner,
    as_json: bool,
) -> None:
    """Captures (pcap, pcapng; gzipped too; - is standard input) through network rules. Folders are looked through.

    Indicators that were seen are told as objects with event_type "indicator".

    \b
    Example:
      atttcli detect capture office.pcap --rules local.rules --var 'HOME_NET=[10.0.0.0/8]' --json
      atttcli detect capture captures/ more.pcap --workers 2
      atttcli detect capture office.pcap --save-flows flows/
      atttcli detect capture --follow /var/captures --json
    """
    from atttcli.engines.network import NetworkEngine
    from atttcli.process.collector import settle
    from atttcli.rulepack.network import load_network_rules
    from atttcli.store.workspace import private_folder

    if bool(files) == (follow is not None) or (follow is not None and (workers > 1 or joined is not None)):
        raise UsageError("name captures, or one folder to follow", hint="atttcli detect capture --follow DIR --json")
    tally = Tally(strict=strict)
    given = existing(rules)
    pack = load_network_rules(
        given or [packaged("rules") / "network"],
        variables_of(variables),
        private_folder("rules-cache"),
        ranges_here(app),
    )
    tally.rules(pack.problems)
    pack = manner.limited(pack, variables_of(variables), tally)
    if not pack.rules and given:
        raise InputError("no rule could be loaded", hint="atttcli rules check says why")
    disabled = disabled_here(app, all_rules)
    disabled.tell(f"{rule.gid}:{rule.sid}" for rule in pack.rules)
    engine = NetworkEngine(pack, settings=manner.settings())
    listed = indicator_engine(indicators, tally)
    settle()
    if follow is not None:
        follow_folder(follow, engine, listed, disabled, tally, as_json, save_flows)
        finish(tally)
    account = _Account(tally, len(pack.rules), as_json)
    meant = captures_of(files)

    saver = Saver(save_flows) if save_flows is not None else None

    def judge(group: Sequence[str]) -> Iterator[Said]:
        return said_of(engine, listed, disabled, group, as_json, saver)

    for trouble in meant.unread:
        account.take(trouble)
    for said in in_order(grouped(meant.names, joined), workers if saver is None else 1, judge):
        account.take(said)
    account.close(meant)
    if saver is not None:
        saver.tell()
    finish(tally)


class _Account:
    """Alerts shown as they come, and the one ledger of all captures."""

    def __init__(self, tally: Tally, rules: int, as_json: bool) -> None:
        self._tally, self._rules, self._as_json = tally, rules, as_json
        self._rows = Rows((_("Time"), _("From"), _("To"), _("Rule"), _("Severity"), _("Title")), wide=(5,))
        self._done: list[Done] = []

    def take(self, said: Said) -> None:
        """Show it, or keep it for the table."""
        if isinstance(said, Trouble):
            self._tally.note(said.where, said.reason)
        elif isinstance(said, Done):
            self._done.append(said)
            if len(self._done) <= SHOWN and self._speaks():
                self._tell(_("{path}: {packets} packets, {flows} flows, {alerts} alerts; {rules} rules."), [said])
        else:
            self._tally.found += 1
            if said.eve is not None:
                render.emit_json(said.eve)
            else:
                self._rows.add(*said.row)

    def close(self, meant: Given) -> None:
        """The table, and where there were several captures what they came to together."""
        self._rows.show()
        if self._speaks() and (len(self._done) > 1 or meant.others):
            self._tell(
                _("{count} captures: {packets} packets, {flows} flows, {alerts} alerts; {rules} rules."), self._done
            )
        if meant.others:
            text = ngettext(
                "{count} file of the folders is no capture and was left out.",
                "{count} files of the folders are no captures and were left out.",
                meant.others,
            )
            render.warn(text)

    def _speaks(self) -> bool:
        return sys.stderr.isatty() or not self._as_json

    def _tell(self, text: str, done: Sequence[Done]) -> None:
        render.warn(
            text.format(
                path=done[0].path if done else "",
                count=len(done),
                packets=sum(one.packets for one in done),
                flows=sum(one.flows for one in done),
                alerts=sum(one.alerts for one in done),
                rules=self._rules,
            )
        )


def said_of(
    engine: NetworkEngine,
    listed: IndicatorEngine | None,
    disabled: Disabled,
    group: Sequence[str],
    as_json: bool,
    saver: Saver | None = None,
) -> Iterator[Said]:
    """All that one capture comes to, in however many files it is."""
    run = engine.begin(sightings=listed is not None)
    done: Done | None = None
    spool: Spool | None = None

    def told(results: Iterator[Any]) -> Iterator[Said]:
        return told_of(judged(results, listed, name), disabled, as_json, saver)

    for name in group:
        if done is not None:
            yield done
            done = None
        try:
            with opened(name) as stream:
                if saver is not None and name == "-":
                    spool = Spool(stream)
                yield from told(run.read(spool or stream, name))  # type: ignore[arg-type]
        except InputError as error:
            yield trouble_of(error, name)
            continue
        done = Done(name, engine.counts.packets, engine.counts.flows, engine.counts.alerts)
    yield from told(run.finish())
    if saver is not None:
        yield from saver.save(group, spool)
    if done is not None:
        yield done._replace(flows=engine.counts.flows, alerts=engine.counts.alerts)


def follow_folder(
    follow: Follow,
    engine: NetworkEngine,
    listed: IndicatorEngine | None,
    disabled: Disabled,
    tally: Tally,
    as_json: bool,
    save_flows: Path | None = None,
) -> None:
    """All that a folder which is written to comes to, as it comes."""
    from atttcli.cli.capture_follow import Follower, Following, place_of

    how = Following(
        follow.folder, follow.place or place_of(follow.folder), follow.once, follow.most_files, follow.warm, follow.end
    )

    def telling(results: Iterator[Any], name: str) -> Iterator[Said]:
        return told_of(judged(results, listed, name, 1), disabled, None)

    saver = FollowedSaver(save_flows) if save_flows is not None else None
    run = engine.begin(sightings=listed is not None)
    try:
        Follower(how, run, telling, tally, as_json, saver).follow()
    finally:
        if saver is not None:
            saver.tell()


def told_of(
    results: Iterator[Any], disabled: Disabled, as_json: bool | None, saver: Saver | None = None
) -> Iterator[Found | Trouble]:
    """Alerts and problems as the command tells them (`as_json` None: both as EVE and as row); the flows of alerts are wanted
    by `saver`."""
    from atttcli.engine import EngineProblem

    for result in results:
        if isinstance(result, EngineProblem):
            yield Trouble(result.where, result.reason)
        elif not disabled.covers(result.rule_id):
            if saver is not None:
                saver.take(result)
            shown = () if as_json else tuple(str(cell) for cell in _capture_row(result))
            eve = None
            if as_json is not False:
                eve = eve_object(result)
                eve["alert_id"] = alert_id(eve)
            yield Found(result.rule_id, eve, shown)


def judged(results: Iterator[Any], listed: IndicatorEngine | None, name: str, block: int = 4096) -> Iterator[Any]:
    """Alerts and problems as they come, and what the indicators say of what was sighted."""
    from atttcli.engines.network import Sighted
    from atttcli.model.alert import Origin

    waiting: list[Any] = []
    for result in results:
        if not isinstance(result, Sighted):
            yield result
        elif listed is not None:
            waiting.append(result)
            if len(waiting) >= block:
                yield from _sightings(listed, waiting, Origin("", name))
                waiting = []
    if listed is not None:
        yield from _sightings(listed, waiting, Origin("", name))


def _sightings(listed: IndicatorEngine, waiting: list[Any], origin: Any) -> Iterator[Detection]:
    """One by one, so that the ends of the connection stay known: a detection names only the victim."""
    for seen in waiting:
        for found in listed.match_sighted([seen], origin):
            ends = {
                "src_ip": seen.src_ip,
                "src_port": seen.src_port,
                "dest_ip": seen.dst_ip,
                "dest_port": seen.dst_port,
            }
            yield replace(found, detail={**found.detail, "ends": ends})


def eve_object(found: Detection) -> dict[str, Any]:
    """An alert as EVE writes it; an indicator in the same words, with its own event type."""
    from atttcli.clock import from_micros

    if found.engine == "network":
        return found.detail
    time = from_micros(found.time).strftime("%Y-%m-%dT%H:%M:%S.%f+0000") if found.time is not None else None
    value = found.observables[0]
    return {
        "timestamp": time,
        "event_type": "indicator",
        **found.detail.get("ends", {}),
        "indicator": {
            "type": str(value.type),
            "value": value.value,
            "title": found.title,
            "severity": found.severity.label,
            "why": list(found.why),
        },
    }


def _capture_row(found: Detection) -> tuple[object, ...]:
    from atttcli.cli.alert_view import detection_title, severity_word

    eve = eve_object(found)
    source = f"{eve.get('src_ip', '')}:{eve.get('src_port', '')}".rstrip(":")
    target = f"{eve.get('dest_ip', '')}:{eve.get('dest_port', '')}".rstrip(":")
    return eve["timestamp"] or "", source, target, found.rule_id, severity_word(found.severity), detection_title(found)


def indicator_engine(paths: Sequence[Path], tally: Tally) -> IndicatorEngine | None:
    """The indicators of these files, ready; None when none are given."""
    from atttcli.engines.indicators import IndicatorEngine, IndicatorIndex
    from atttcli.rulepack.indicators import load_indicator_packs

    if not paths:
        return None
    pack = load_indicator_packs(existing(paths))
    tally.rules(pack.problems)
    return IndicatorEngine(IndicatorIndex.build(pack.indicators))


def variables_of(given: Sequence[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise UsageError("--var takes NAME=VALUE", hint="--var 'HOME_NET=[10.0.0.0/8]'")
    return {name.strip(): value for name, _sign, value in (text.partition("=") for text in given)}


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A regular file opened safely, or standard input; InputError when it cannot be read."""
    from atttcli.field.opening import NotReadable, open_regular

    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        fd, _info = open_regular(os.path.realpath(name))
    except NotReadable as error:
        raise InputError(error.why, where=Where(name)) from error
    with os.fdopen(fd, "rb") as stream:
        yield stream
