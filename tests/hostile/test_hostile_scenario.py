"""Scenarios that somebody crafted: bounded, refused with file and line, and nothing of them leaves the drill's folder."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.drill import trial
from atttcli.drill.channels import SIGS
from atttcli.drill.lint import lint
from atttcli.drill.payload import Making, make
from atttcli.drill.scenario import parse_scenario, shipped_names
from atttcli.errors import AtttError, InputError
from atttcli.packaged import packaged

HEAD = """drill: thu
version: 1
format: functional
category: mahoa
time: 60m
name: {vi: "Thử", en: "Test"}
situation: {vi: "Ở xã.", en: "At a commune."}
places: {xa: {agency: xa}}
goals: [{id: G1, capability: phat-hien, text: {vi: "Phát hiện", en: "Detect"}}]
techniques: [T1486]
injects:
"""
SAID = '{vi: "a", en: "a"}'


def inject(
    name: str, rest: str = "at: 1m", expect: str = "", channel: str = f"phone: {{text: {SAID}}}", more: str = ""
) -> str:
    expects = f", expect: [{expect}]" if expect else ""
    return f"  - {{id: {name}, {rest}, {channel}{more}{expects}}}\n"


def asked(name: str, kind: str = "contain", more: str = "") -> str:
    return f"{{id: {name}, kind: {kind}, within: 5m, goal: G1, text: {SAID}{more}}}"


SOUND = HEAD + inject("A1", expect=asked("E1"))
FILE = "file: {name: thu.txt, sig: ransom-note, text: %s%s}"
PLAIN = FILE % (SAID, "")


def found(text: str) -> dict[str, list[int | None]]:
    codes: dict[str, list[int | None]] = {}
    for one in lint(parse_scenario(text.encode(), "x.yaml")):
        codes.setdefault(one.code, []).append(one.line)
    return codes


def refused(text: str) -> InputError:
    with pytest.raises(AtttError) as caught:
        parse_scenario(text.encode(), "x.yaml")
    assert caught.value.where is not None and caught.value.where.path == "x.yaml" and caught.value.where.line
    return caught.value  # type: ignore[return-value]


def test_the_ground_of_these_tests_is_sound() -> None:
    assert "error" not in {one.severity for one in lint(parse_scenario(SOUND.encode(), "x.yaml"))}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("unreachable", HEAD + inject("A1", "when: {after: A2}", asked("E1")) + inject("A2", "when: {after: A1}")),
        ("unreachable", HEAD + inject("A1", "when: {after: A1}", asked("E1"))),
        ("unreachable", HEAD + inject("A1", "when: {done: E1}", asked("E1"))),
        ("unreachable", HEAD + inject("A1", "when: {all: [{at: 5m}, {at: 2h}]}", asked("E1"))),
        ("unreachable", HEAD + inject("A1", "when: {no_action_for: 90m}", asked("E1"))),
        ("unreachable", SOUND + inject("A2", "when: {after: {inject: A1, wait: 100m}}")),
        ("unreachable", SOUND + inject("A2", "at: 10m, unless: {at: 5m}")),
        ("unreachable", SOUND + inject("A2", "at: 10m, unless: {any: [{done: E1}, {not: {at: 20m}}]}")),
        ("unreachable", SOUND + inject("A2", "when: {any: [{after: A3}, {at: 3h}]}") + inject("A3", "when: {after: A2}")),
        ("late", HEAD + inject("A1", "at: 61m", asked("E1"))),
        ("condition", SOUND + inject("A2", "when: {after: A9}")),
        ("condition", SOUND + inject("A2", "when: {done: E9}")),
        ("condition", SOUND + inject("A2", "at: 2m, unless: {score_below: {goal: G9, value: 50}}")),
        ("double", SOUND + inject("A1")),
        ("double", SOUND + inject("A2", expect=asked("E1"))),
        ("after", HEAD + inject("A1", expect=asked("E1", more=", after: [E9]"))),
        ("after", HEAD + inject("A1", expect=asked("E1", more=", after: [E2]") + ", " + asked("E2", more=", after: [E1]"))),
        ("goal", HEAD + inject("A1", expect=asked("E1").replace("G1", "G2"))),
        ("role", SOUND + inject("A2", "at: 2m, to: ai-do")),
        ("attack", SOUND.replace("T1486", "T1999")),
        ("attack", SOUND.replace("T1486", "T1566.099")),
        ("place", SOUND.replace("At a commune", "At {nowhere}")),
        ("place", HEAD + inject("A1", expect=asked("E1").replace('"a"', '"{nowhere.code}"', 1))),
        ("address", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"gọi 8.8.8.8."', 1)),
        ("address", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"2606:4700:4700::1111"', 1)),
        ("address", HEAD + inject("A1", expect=asked("E1").replace('"a"', '"từ 1.1.1.1"'))),
        ("address", SOUND.replace("Ở xã.", "máy 171.224.1.1")),
        ("domain", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"vào trang vnexpress.net"', 1)),
        ("domain", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"https://đăng-nhập.vn/x"', 1)),
        ("domain", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"viết cho a@b.ai"', 1)),
        ("eicar", SOUND.replace("At a commune", "X5O!P%@AP")),
        ("hidden", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"a\\u202Egpj.exe"', 1)),
        ("hidden", HEAD + inject("A1", expect=asked("E1")).replace('"a"', '"\\e[2J"', 1)),
        ("header", SOUND + inject("A2", channel=f'mail: {{name: t.eml, sig: login-page, from: "a@x.example\\nBcc: b@x.example", subject: {SAID}, text: {SAID}}}')),  # noqa: E501
        ("truth", HEAD + inject("A1", expect=asked("E1", "detect"), channel=PLAIN)),
        ("truth", HEAD + inject("A1", expect=asked("E1", "dismiss"), channel=PLAIN, more=", truth: {malicious: true}")),
        ("double-sig", SOUND + inject("A2", channel=PLAIN) + inject("A3", channel=PLAIN)),
        ("options", HEAD + inject("A1", expect=asked("E1", "decision"))),
        ("options", HEAD + inject("A1", expect=asked("E1", "decision", f', options: [{{id: "no", grade: "1", text: {SAID}}}, {{id: b, grade: "0", text: {SAID}}}]'))),  # noqa: E501
        ("fields", HEAD + inject("A1", expect=asked("E1", "report"))),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_with_its_line(code: str, text: str) -> None:
    told = found(text)
    assert code in told, told
    assert all(line and line <= text.count("\n") for line in told[code])


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "  - &a {id: A1, at: 1m}\n  - *a\n",
        HEAD + "  - !!python/object/apply:os.system [id]\n",
        HEAD + inject("A1", "when: " + "{not: " * 40 + "{at: 1m}" + "}" * 40),
        HEAD + inject("A1", "when: {any: [" + ", ".join(["{at: 1m}"] * 101) + "]}"),
        HEAD + inject("A1", "when: {}"),
        HEAD + inject("A1", "when: {at: 1m, done: E1}"),
        HEAD + inject("A1", "at: -5m"),
        HEAD + inject("A1", "at: 5"),
        HEAD + inject("A1", "at: 99999999999h"),
        HEAD + inject("A1", "at: 1m, when: {at: 1m}"),
        HEAD + inject("Ａ1"),
        HEAD + inject("А1"),
        HEAD + inject("A1\\u200b"),
        HEAD + inject("A1", channel=PLAIN.replace("thu.txt", "../../thu.txt")),
        HEAD + inject("A1", channel=PLAIN.replace("thu.txt", "/etc/passwd")),
        HEAD + inject("A1", channel=PLAIN.replace("thu.txt", "CON.txt")),
        HEAD + inject("A1", channel=PLAIN.replace("thu.txt", "thu.")),
        HEAD + inject("A1", channel=FILE % (SAID, ', copies: 3, ending: "khoa/../../../x"')),
        HEAD + inject("A1", channel=FILE % (SAID, ", copies: 1000000")),
        HEAD + inject("A1", channel=FILE % (SAID, ", run: x")),
        HEAD + inject("A1", channel="log: {name: a.log, style: web, sig: bulk-export, count: 999999999}"),
        HEAD + inject("A1", channel=f"phone: {{text: {SAID}}}, media: {{text: {SAID}}}"),
        HEAD + inject("A1", expect=asked("E1").replace("within: 5m", "limit: 5m")),
        HEAD + inject("A1", expect=asked("E1").replace("within: 5m", "within: 5m, limit: 4m")),
        HEAD + inject("A1", expect=asked("E1").replace("within: 5m", "within: 5m, points: 1000000")),
        SOUND.replace("time: 60m", "time: 0m"),
        SOUND.replace("time: 60m", "time: 999d"),
        SOUND.replace("format: functional", "format: [functional]"),
        SOUND.replace("injects:", "injects: {}\nkhac:"),
        SOUND.replace("version: 1", "version: 1\nversion: 2"),
        HEAD + "".join(inject(f"A{n}") for n in range(201)),
        HEAD + inject("A1", expect=", ".join(asked(f"E{n}") for n in range(31))),
    ],
)
def test_what_has_no_form_is_refused_with_its_line(text: str) -> None:
    refused(text)


@pytest.mark.parametrize(
    "bomb",
    [
        HEAD + "".join(inject(f"A{n % 10**6}") for n in range(18_000)),
        HEAD + "  - " + "[" * 500_000,
        HEAD + "  - {id: A1, when: " + "{all: [" * 100_000,
        "a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n",
        HEAD + "  - {id: " + "A" * 900_000 + "}\n",
        "x" * 2_000_000,
    ],
)
def test_bombs_are_refused_at_once(bomb: str) -> None:
    began = time.process_time()
    with pytest.raises(AtttError) as caught:
        parse_scenario(bomb.encode(), "x.yaml")
    assert time.process_time() - began < 5
    assert len(str(caught.value)) < 2000


def test_the_largest_scenario_is_checked_in_seconds() -> None:
    """As many injects as may be, each waiting on the one behind it, so that the reach is found in as many rounds as may be."""
    every = ", ".join(f"{{after: A{n}}}" for n in range(90))
    text = HEAD + "".join(
        inject(f"A{n}", f"when: {{any: [{{after: A{n + 1}}}, {{all: [{every}]}}]}}", asked(f"E{n}") + ", " + asked(f"F{n}"))
        for n in range(199)
    ) + inject("A199")  # fmt: skip
    began = time.process_time()
    assert "unreachable" not in found(text)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(("channel", "sig"), [(channel, sig) for channel, sigs in SIGS.items() for sig in sigs])
def test_every_sign_is_known_to_a_rule_and_one_that_is_not_is_told(
    channel: str, sig: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = {
        "file": f"file: {{name: t.txt, sig: {sig}, text: {SAID}}}",
        "mail": f"mail: {{name: t.eml, sig: {sig}, from: a@x.example, subject: {SAID}, text: {SAID}}}",
        "log": f"log: {{name: t.log, style: web, sig: {sig}, lines: [x]}}",
        "capture": f"capture: {{name: t.pcap, sig: {sig}, shape: {'upload' if sig == 'wire-upload' else 'flood'}, count: 9}}",
    }[channel]
    text = SOUND + inject("A2", channel=payload)
    assert "rule" not in found(text)
    made = trial.make
    monkeypatch.setattr(
        trial, "make",
        lambda one, how: [type(a)(a.name, a.data.replace(f":{sig}}}".encode(), b":nothing}")) for a in made(one, how)],
    )  # fmt: skip
    assert found(text)["rule"] == [text[: text.index("id: A2")].count("\n") + 1]


def test_artefacts_of_one_inject_never_share_a_name() -> None:
    text = SOUND + inject("A2", channel=FILE % (SAID, ", copies: 50"))
    one = parse_scenario(text.encode()).injects[1]
    for seed in range(200):
        names = [a.name.lower() for a in make(one, Making("DT-2026-0001", seed, "doi", "vi", 0, {}))]
        assert len(set(names)) == 51, seed


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(shipped_names()), seed=st.integers(0, 2**32))
def test_a_shipped_scenario_with_anything_changed_is_read_or_refused(name: str, seed: int) -> None:
    """Lines moved, doubled, dropped, words replaced: a typed error or findings, never anything else."""
    chance = random.Random(seed)
    lines = (packaged("seeds") / "drills" / f"{name}.yaml").read_text("utf-8").splitlines()
    for _change in range(chance.randrange(1, 4)):
        place = chance.randrange(len(lines))
        other = chance.choice(lines)
        lines[place : place + 1] = chance.choice(
            [[], [other], [lines[place], other], [lines[place].replace("{", chance.choice("[}&*!")), ""],
             [lines[place].replace("m", chance.choice(["", "h", "\u202e", "9" * 30]))], [" " + lines[place]]]
        )  # fmt: skip
    try:
        scenario = parse_scenario("\n".join(lines).encode(), "x.yaml")
    except AtttError as error:
        assert error.where is not None
        return
    assert all(one.line for one in lint(scenario))
