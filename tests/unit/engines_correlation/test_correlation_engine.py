"""The engine's promises: one alert a burst, stable names, bounded memory, history, and what each alert says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from atttcli.clock import DAY, MINUTE, SECOND
from atttcli.engine import EngineProblem
from atttcli.engines.correlation import CorrelationEngine, CountryRanges, KeptHistory
from atttcli.engines.sigma import evaluate, pattern
from atttcli.errors import InputError, RuleError
from atttcli.model.alert import Detection, Origin
from atttcli.model.event import Event
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import Severity
from atttcli.packaged import packaged
from atttcli.rulepack.correlation import CorrelationPack, load_correlation_rules

PACK = load_correlation_rules([packaged("rules") / "sigma"])
START = 1_790_000_000 * SECOND
FILE = Origin("ab" * 32, "auth.log")


def ssh(seconds: float, ok: bool = False, ip: str = "203.0.113.45", user: str = "admin", line: int = 1) -> Event:
    return Event(START + int(seconds * SECOND), line, f"raw {line}", "authentication", "linux", "sshd", "portal01", user, ip,
                 action="login", outcome="success" if ok else "failure")  # fmt: skip


def run(events: Iterable[Event], engine: CorrelationEngine | None = None) -> list[Detection | EngineProblem]:
    return list((engine or CorrelationEngine(PACK)).scan((FILE, event) for event in events))


def of(rule: str, found: list[Detection | EngineProblem]) -> list[Detection]:
    return [item for item in found if isinstance(item, Detection) and item.rule_id == rule]


def test_an_alert_tells_the_whole_burst() -> None:
    (found,) = of("attt-auth-0010", run(ssh(10 * n, line=n + 1) for n in range(25)))
    assert found.severity is Severity.MEDIUM
    assert (found.time, found.detail["first"], found.detail["last"]) == (START, START, START + 240 * SECOND)
    assert (found.detail["count"], found.detail["threshold"], found.detail["timespan"]) == (25, 10, 300)
    assert found.key == "203.0.113.45"
    assert found.observables == (Observable(ObservableType.IPV4, "203.0.113.45", "source"),)
    assert [sample["line"] for sample in found.detail["samples"]] == [1, 2, 3, 10, 24, 25]
    assert (found.origin.path, found.origin.line, found.origin.sha256) == ("auth.log", 10, "ab" * 32)
    assert found.why[0].startswith("25 events (threshold 10 in 300 s)") and "line 25: raw 25" in found.why
    assert found.detail["titles"]["vi"] == "Dò mật khẩu SSH từ một địa chỉ"
    assert found.detail["category"] == "truycap"
    assert found.detail["rule"]["file"].endswith("authentication.yml") and found.detail["rule"]["line"] > 1
    assert found.pack == PACK.digest


def test_two_bursts_are_two_alerts_and_a_long_one_is_cut_by_the_day() -> None:
    two = of("attt-auth-0010", run([ssh(n) for n in range(12)] + [ssh(3600 + n) for n in range(12)]))
    assert len({one.detail["occurrence"] for one in two}) == 2
    days = of("attt-auth-0010", run(ssh(20 * n) for n in range(3 * 86400 // 20)))
    assert len(days) == 3
    assert sum(one.detail["count"] for one in days) == 3 * 86400 // 20


def test_a_burst_cut_by_the_day_still_sees_the_window_across_the_cut() -> None:
    """A slow trickle for a day, below the threshold, then ten lines of which five lie on either side of the cut."""
    trickle = [ssh(290 * n) for n in range(298)]
    across = [ssh(86400 - 10 + 2.2 * n, line=1000 + n) for n in range(10)]
    assert 0 < (across[0].time or 0) - (trickle[-1].time or 0) <= 300 * SECOND  # no pause: it is the day that cuts
    assert not of("attt-auth-0010", run(trickle))
    assert len(of("attt-auth-0010", run([*trickle, *across]))) == 1


def test_a_record_that_stands_for_many_counts_for_many() -> None:
    event = Event(START, 1, "", "authentication", "linux", "sshd", src_ip="203.0.113.45", action="login", outcome="failure",
                  fields={"repeated": 9})  # fmt: skip
    assert of("attt-auth-0010", run([event, ssh(1)]))[0].detail["count"] == 10
    assert not of("attt-auth-0010", run([event]))


def test_groups_are_apart() -> None:
    assert not of("attt-auth-0010", run(ssh(n, ip=f"203.0.113.{n % 4}") for n in range(36)))


def test_a_correlation_may_follow_another() -> None:
    burst = [ssh(n) for n in range(12)]
    (found,) = of("attt-auth-0014", run([*burst, ssh(100, ok=True, line=99)]))
    assert found.severity is Severity.CRITICAL
    assert any(sample["line"] == 99 for sample in found.detail["samples"])
    assert not of("attt-auth-0014", run([ssh(-5, ok=True), *burst]))
    assert not of("attt-auth-0014", run([*burst, ssh(4000, ok=True)]))


def test_lines_that_come_late_by_less_than_a_minute_are_put_in_order() -> None:
    late = [*(ssh(n) for n in range(9)), ssh(60, ok=True), ssh(9), ssh(10)]
    assert of("attt-auth-0014", run(late))


def test_a_line_that_comes_far_too_late_does_not_turn_time_back() -> None:
    burst = [ssh(1000 + n) for n in range(12)]
    found = of(
        "attt-auth-0010",
        run([*burst, ssh(1200, ip="198.51.100.9"), ssh(1003), ssh(1400, ip="198.51.100.9"), ssh(1002)]),
    )
    assert [(one.detail["last"] - START) // SECOND for one in found] == [1011]
    assert found[0].detail["count"] == 14


def test_a_stamp_from_the_future_does_not_hide_what_follows() -> None:
    future = ssh(20 * 365 * 86400, ip="198.51.100.9")
    assert of("attt-auth-0010", run([future, *(ssh(n) for n in range(12))]))


def test_events_without_time_are_counted_not_dropped() -> None:
    event = Event(
        None, 1, "", "authentication", "linux", "sshd", src_ip="203.0.113.45", action="login", outcome="failure"
    )
    found = run([event] * 30)
    assert [item.reason for item in found if isinstance(item, EngineProblem)] == [
        "30 matching events without a time could not be correlated"
    ]


def test_too_many_groups_are_let_go_and_said() -> None:
    engine = CorrelationEngine(PACK, capacity=100)
    found = run((ssh(n / 1000, ip=f"10.{n >> 8}.{n & 255}.1") for n in range(3000)), engine)
    assert any(isinstance(item, EngineProblem) and "let go" in item.reason for item in found)
    quiet = run(
        (ssh(n * 60, ip=f"10.{n >> 8}.{n & 255}.1") for n in range(3000)), CorrelationEngine(PACK, capacity=200)
    )
    assert not [item for item in quiet if isinstance(item, EngineProblem) and "brute force from" in str(item.where)]


def test_history_makes_a_network_old_and_is_handed_on() -> None:
    first = CorrelationEngine(PACK)
    usual = [ssh(3600 * n, ok=True, ip="192.0.2.10") for n in range(12)]
    assert not of("attt-auth-0016", run(usual, first))
    history = KeptHistory(first.learned())
    new = ssh(90000, ok=True, ip="203.0.113.45")
    (found,) = of("attt-auth-0016", run([new, new], CorrelationEngine(PACK, history)))
    assert (found.detail["value"], found.detail["known"]) == ("203.0.113.0/24", ["192.0.2.0/24"])
    assert found.key == "admin|203.0.113.0/24"
    assert not of("attt-auth-0016", run([ssh(90000, ok=True, ip="192.0.2.77")], CorrelationEngine(PACK, history)))
    assert not of("attt-auth-0016", run([new], CorrelationEngine(PACK)))  # nothing known: nothing is new


@pytest.mark.parametrize(("known", "alerts"), [(9, 0), (10, 1)])
def test_a_new_network_needs_as_many_logins_before_as_the_rule_says(known: int, alerts: int) -> None:
    usual = [ssh(3600 * n, ok=True, ip="192.0.2.10") for n in range(known)]
    assert len(of("attt-auth-0016", run([*usual, ssh(90000, ok=True)]))) == alerts


def test_countries_nest_and_a_bad_table_is_refused_by_line(tmp_path: Path) -> None:
    ranges = CountryRanges([("198.51.100.0/24", "AA"), ("198.51.100.64/26", "BB"), ("2001:db8::/32", "CC")])
    asked = (
        "198.51.100.1",
        "198.51.100.64",
        "198.51.100.127",
        "198.51.100.128",
        "198.51.101.0",
        "2001:db8::1",
        "x",
        "10.0.0.1",
    )
    assert [ranges.country(text) for text in asked] == ["AA", "BB", "BB", "AA", "", "CC", "", ""]
    (tmp_path / "a.csv").write_text("cidr,country\n198.51.100.0/24,AA\nnonsense,BB\n")
    with pytest.raises(InputError) as caught:
        CountryRanges.load(tmp_path / "a.csv")
    assert caught.value.where is not None and caught.value.where.line == 3


def test_without_country_ranges_the_rules_that_ask_for_them_are_named_as_idle_not_refused() -> None:
    problems = CorrelationEngine(PACK).problems
    assert len(problems) == sum(rule.view == "country" for rule in PACK.correlations) > 0
    assert all("country" in problem.reason and not problem.refused for problem in problems)


def test_a_single_event_rule_says_which_test_held() -> None:
    event = Event(START, 3, "raw", "webserver", "", "access", src_ip="203.0.113.45", url="/a?f=../../../../etc/passwd",
                  action="request", outcome="failure", fields={"cs-method": "GET", "sc-status": 404})  # fmt: skip
    (found,) = of("attt-web-0020", run([event]))
    assert found.engine == "sigma" and found.origin.line == 3
    assert "url contains ../../" in found.why and "url contains /etc/passwd" in found.why


def test_the_log_source_is_respected() -> None:
    assert not run(
        [Event(START, 1, "", "proxy", url="/a?f=../../../../etc/passwd", action="request", outcome="failure")]
    )
    assert not of("attt-auth-0010", run(Event(START + n, 1, "", "mail", "x", "sshd", src_ip="203.0.113.4", action="login",
                                               outcome="failure") for n in range(30)))  # fmt: skip


def test_our_words_are_not_taken_from_what_the_client_wrote() -> None:
    crafted = Event(
        START,
        1,
        "",
        "authentication",
        "linux",
        "sshd",
        src_ip="203.0.113.4",
        fields={"action": "login", "outcome": "failure"},
    )
    assert not run([crafted] * 40)


def test_without_re2_the_findings_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        Event(START + n, n, "", "webserver", "", "access", src_ip="203.0.113.45", url=url, action="request", outcome="failure",
              fields={"cs-method": "GET", "cs-uri-stem": url, "sc-status": 404, "cs-user-agent": "é${jndi:x"})
        for n, url in enumerate(["/", "/../../x", "/é/../../É", "/UNION%20SELECT", "/ok"] * 20)
    ]  # fmt: skip
    with_re2 = [(item.rule_id, item.origin) for item in run(events) if isinstance(item, Detection)]
    monkeypatch.setattr(pattern, "_re2", lambda: None)
    without = [(item.rule_id, item.origin) for item in run(events) if isinstance(item, Detection)]
    assert with_re2 == without and with_re2


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|aa)*b", r"(x)\1", "(?=a)b", "a*b*c*d", "(a{1,9}){1,9}"])
def test_without_re2_a_dangerous_expression_is_refused(monkeypatch: pytest.MonkeyPatch, expression: str) -> None:
    monkeypatch.setattr(pattern, "_re2", lambda: None)
    with pytest.raises(RuleError):
        pattern.compile_search(expression)
    assert pattern.compile_search("ab+c")("xabbc") and not pattern.compile_search("ab+c")("xac")


def test_hostile_text_costs_no_time() -> None:
    import time

    text = "a" * 200_000
    match = evaluate.glob("*a*a*a*a*a*b")
    search = pattern.compile_search("(a+)+$b")
    start = time.process_time()
    assert not match(text) and not search(text)
    assert time.process_time() - start < 1


def sigma(tmp_path: Path, detection: str) -> CorrelationPack:
    path = tmp_path / "r.yml"
    path.write_text(f"title: t\nid: x\nlogsource: {{category: webserver}}\ndetection: {detection}\n", encoding="utf-8")
    pack = load_correlation_rules([path])
    assert not pack.problems
    return pack


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        ("{s: {sc-status: 404}, condition: s}", True),
        ("{s: {sc-status: '404'}, condition: s}", True),
        ("{s: {sc-status|gte: 400}, condition: s}", True),
        ("{s: {sc-status|lt: 400}, condition: s}", False),
        ("{s: {c-ip|cidr: 203.0.113.0/24}, condition: s}", True),
        ("{s: {src_ip|cidr: ['10.0.0.0/8', '2001:db8::/32']}, condition: s}", False),
        ("{s: {absent: null}, condition: s}", True),
        ("{s: {url: null}, condition: s}", False),
        ("{s: {url|exists: true}, n: {absent|exists: true}, condition: s and not n}", True),
        ("{s: {url|contains|all: [phpunit, stdin]}, condition: s}", True),
        ("{s: {url|contains|all: [phpunit, nothing]}, condition: s}", False),
        ("{s: {url: '*phpunit*stdin?php'}, condition: s}", True),
        ("{s: {url: '*phpunit*stdin\\?php'}, condition: s}", False),
        ("{s: {url|contains|cased: PHPUnit}, condition: s}", False),
        ("{s: {url|re: 'php(unit|info)/.*[.]php$'}, condition: s}", True),
        ("{k: [nikto, 'Raw Line'], condition: k}", True),
        ("{s1: {url|endswith: .php}, s2: {url|startswith: /x}, condition: 1 of s*}", True),
        ("{s1: {url|endswith: .php}, s2: {url|startswith: /x}, condition: all of them}", False),
        ("{s: [{url: /x}, {sc-status: 404, cs-method: get}], condition: s}", True),
        ("{s: {url|endswith: .php}, n: {cs-method: GET}, condition: s and not (n or n)}", False),
    ],
)
def test_the_subset_of_sigma(tmp_path: Path, detection: str, expected: bool) -> None:
    event = Event(START, 1, "a raw line", "webserver", src_ip="203.0.113.4", url="/vendor/phpunit/eval-stdin.php",
                  fields={"cs-method": "GET", "sc-status": 404})  # fmt: skip
    assert bool(run([event], CorrelationEngine(sigma(tmp_path, detection)))) is expected


def test_aliases_and_generate(tmp_path: Path) -> None:
    path = tmp_path / "r.yml"
    path.write_text(
        "title: vpn\nid: v\nlogsource: {category: vpn}\ndetection: {s: {action: login}, condition: s}\n---\n"
        "title: web\nid: w\nlogsource: {category: webserver}\ndetection: {s: {action: request}, condition: s}\n---\n"
        "title: both\nid: c\ncorrelation:\n  type: temporal\n  rules: [v, w]\n  group-by: [who]\n  timespan: 5m\n"
        "  generate: true\n  aliases: {who: {v: user, w: fields.login}}\n"
    )
    pack = load_correlation_rules([path])
    assert not pack.problems
    events = [Event(START, 1, "", "vpn", user="an", action="login"),
              Event(START + MINUTE, 2, "", "webserver", action="request", fields={"login": "an"})]  # fmt: skip
    found = run(events, CorrelationEngine(pack))
    assert [item.rule_id for item in found if isinstance(item, Detection)] == ["v", "w", "c"]
    assert not of("c", run([events[0], Event(START + DAY, 2, "", "webserver", action="request", fields={"login": "an"})],
                           CorrelationEngine(pack)))  # fmt: skip


@pytest.mark.parametrize("start", [2**62, -(2**62), 253_402_300_799 * SECOND])
def test_a_stamp_outside_the_calendar_is_told_as_a_number(start: int) -> None:
    events = [
        Event(start + n, n, "", "authentication", "linux", "sshd", src_ip="203.0.113.4", action="login", outcome="failure")
        for n in range(10)
    ]  # fmt: skip
    assert of("attt-auth-0010", run(events))[0].why[0]
