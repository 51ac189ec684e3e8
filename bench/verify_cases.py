"""Conformance cases of the network engine: the table by keyword, and every case that is not met with its reason.

    python bench/verify_cases.py DIR [--all] [--only NAME] [--json]

DIR holds `manifest.json` and `cases/NAME/{rules.rules,input.pcap}`. Families are reported apart: plain cases whose keywords are
within those of Emerging Threats, the other plain cases, and the http-evader cases; with `--all` also the cases that need a
configuration of their own. A case with a refused rule counts as not met. Exit status 1 where a family misses its goal.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.network_cases import Outcome, manifest, run_case  # noqa: E402

# The option names of the complete ET Open set (2023-05 to 2025-07). Every one may also be written with `.` for `_`.
ET_KEYWORDS = frozenset(
    """app-layer-event app-layer-protocol asn1 base64_data base64_decode bsize byte_extract byte_jump byte_test classtype content
    depth detection_filter distance dns.query dotprefix dsize endswith fast_pattern file.data flags flow flowbits flowint ftpbounce
    gid http.accept http.accept_enc http.accept_lang http.connection http.content_len http.content_type http.cookie http.header
    http.header.raw http.header_names http.host http.host.raw http.location http.method http.protocol http.referer http.request_body
    http.request_line http.response_body http.response_line http.server http.start http.stat_code http.stat_msg http.uri
    http.uri.raw http.user_agent http.client_body icmp_id icode ip_proto isdataat itype ja3.hash ja3.string ja3s.hash metadata msg
    noalert nocase offset pcre priority rawbytes reference rev sid ssh_proto startswith stream_size tag target threshold
    tls.cert_issuer tls.cert_serial tls.cert_subject tls.certs tls.sni tls.version urilen within xbits""".replace(
        ".", "_"
    ).split()
)
REFERENCE = ROOT.parent / "shared" / "data" / "network" / "verify"
# Why cases with a configuration of their own are not attempted, by how their name begins.
NOT_ATTEMPTED = {
    "exception-policy": "what an engine in the line does when it runs out of memory or meets the unknown",
    "bug-5825-midstream-exception-policy": "the same, for mid-stream connections",
    "alert-max": "a limit of alerts a packet set in the configuration",
    "bug-5464": "another order of actions; verdicts of an engine in the line",
    "issue-5466": "another order of actions",
    "eve-overlap-payload-02": "overlaps decided as another operating system would",
    "eve-payload-02": "overlaps decided as another operating system would",
    "bug-2491-02": "the alert is laid on the connection's last packet; from version 8 on on the one where it is here",
    "tcp-urgp": "urgent bytes taken out of the stream, set in the configuration",
    "http-evader/http-evader-116-lzma": "LZMA in HTTP",
    "nfs3-01": "EVE with Ethernet addresses, community id and NFS records",
    "stream-async/http/stream-async-6063-cli-03": "alerts at the end of the capture that name no packet",
    "truncate-applayer": "a limit of bytes a stream is followed",
    "dnp3/dnp3-max-objects": "another limit of objects a message, set in the configuration",
    "dnp3/dnp3-dnp3_data-alert": "all alerts are there; one is laid on the packet after the acknowledgement",
    "bug-5881": "stream-event: 52 of 55 names, which only a stricter reading of the handshake would notice",
    "pgsql": "the alert is laid on the packet after the answer, with EVE's record of query and answer (the 9 alerts are the same)",
    "bug-130": "alerts of a stream told with a transaction that is guessed",
    "dns/task-7018": "alerts of a stream told with a transaction that is guessed",
    "bug-78-": "the alert is laid on the packet after the answer",
    "bug-814": "the alert is laid on the packet after",
    "http2-host": "in line: the alert is laid on an earlier packet",
    "engine-state/detect-engine-state-05": "an alert for each file of a form, with EVE's list of files",
    "dns/v2/dns-invalid-opcode": "EVE's records of DNS answers",
    "smb2-frames": "a frame with lost bytes in it, written out with the number of bytes that are missing",
    "dropped-flow": "EVE records of dropped flows",
    "drop-protocol-change": "alerts once a flow for rules that ask only for an application",
}
GOALS = {"plain, ET keywords": 0.95, "plain, other keywords": 0.85, "http-evader": 0.95}


def family(case: dict[str, Any]) -> str:
    """Under which heading a case is counted."""
    if not case["plain"]:
        return "own configuration"
    if case["evader"]:
        return "http-evader"
    names = {word.lower().replace(".", "_") for word in case["keywords"]}
    return "plain, ET keywords" if names <= ET_KEYWORDS else "plain, other keywords"


def print_families(outcomes: dict[str, list[Outcome]]) -> bool:
    """One line a family; whether every goal is met."""
    met = True
    print(f"{'family':<26}{'cases':>6}{'met':>6}{'fail':>6}{'refused':>9}{'share':>9}  goal")
    for name, found in sorted(outcomes.items()):
        states = Counter(outcome.state for outcome in found)
        share = states["pass"] / len(found)
        goal = GOALS.get(name)
        met = met and (goal is None or share >= goal)
        shown = f">= {goal:.0%}" if goal is not None else "-"
        print(
            f"{name:<26}{len(found):>6}{states['pass']:>6}{states['fail']:>6}{states['refused']:>9}{share:>9.1%}  {shown}"
        )
    return met


def print_keywords(cases: Iterable[tuple[dict[str, Any], Outcome]]) -> None:
    """Cases that name a keyword: met, failed, refused; those with trouble first."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for case, outcome in cases:
        for word in set(case["keywords"]):
            table[word][outcome.state] += 1
    print(f"\n{'keyword':<32}{'cases':>6}{'met':>6}{'fail':>6}{'refused':>9}")
    for word, states in sorted(table.items(), key=lambda item: (-(item[1].total() - item[1]["pass"]), item[0])):
        print(f"{word:<32}{states.total():>6}{states['pass']:>6}{states['fail']:>6}{states['refused']:>9}")


def print_reasons(outcomes: Iterable[Outcome]) -> None:
    """What stands in the way, by the number of cases, then each case."""
    unmet = [outcome for outcome in outcomes if outcome.state != "pass"]
    reasons = Counter(
        reason for outcome in unmet if outcome.state == "refused" for reason in outcome.why.split("; ") if reason
    )
    print("\nrules refused, by reason and number of cases")
    for reason, count in reasons.most_common():
        print(f"{count:>5}  {reason}")
    print("\ncases not met")
    for outcome in sorted(unmet, key=lambda one: (one.state, one.name)):
        apart = next((why for name, why in NOT_ATTEMPTED.items() if outcome.name.startswith(name)), "")
        told = f"not attempted: {apart}" if apart else re.sub(r"[^ -~]", "?", outcome.why)[:200]
        print(f"  {outcome.state:<8}{outcome.name}: {told}")


def main() -> int:
    """Run the cases of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=REFERENCE)
    parser.add_argument("--all", action="store_true", help="also cases that need a configuration of their own")
    parser.add_argument("--only", help="cases whose name holds this text")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.folder == REFERENCE and not REFERENCE.is_dir():
        print("the reference cases are not on this machine: nothing was run (name a folder)")
        return 0
    if not (options.folder / "manifest.json").is_file():
        print(f"{options.folder} holds no manifest.json", file=sys.stderr)
        return 2
    judged = [
        (case, run_case(options.folder, case))
        for case in manifest(options.folder)
        if (case["plain"] or options.all) and (not options.only or options.only in case["name"])
    ]
    families: dict[str, list[Outcome]] = defaultdict(list)
    for case, outcome in judged:
        families[family(case)].append(outcome)
    if options.json:
        rows = [{"name": o.name, "family": family(c), "state": o.state, "why": o.why} for c, o in judged]
        print(json.dumps(rows, indent=1, ensure_ascii=True))
        return 0
    met = print_families(families)
    print_keywords((case, outcome) for case, outcome in judged if not case["evader"])
    print_reasons(outcome for _, outcome in judged)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
