"""A duty officer's day with `--json` behind every command: run twice, in Vietnamese and in English, from the same start.

What would differ between any two runs stands still: the clock, the identities, the path of the workspace.
"""

from __future__ import annotations

import json
import random
import shlex
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from atttcli.cli.context import App
from atttcli.cli.main import cli, report_error
from atttcli.clock import DAY
from atttcli.errors import AtttError
from atttcli.fleet.kits import NewKit, issue_kit
from atttcli.packaged import packaged
from atttcli.rulepack.samples import read_case
from atttcli.signing.files import public_text
from atttcli.signing.keys import KeyPair
from atttcli.text.messages import use_language
from tests.support.casework import START, SetClock
from tests.support.ingest_case import sample_inbox
from tests.support.kit_case import KitCase
from tests.support.network_wire import dns_query, pcap, udp_frame


@dataclass(frozen=True)
class Step:
    """A command line, the schema of what it prints, and the exit code. `{name}` is filled from earlier answers."""

    words: str
    schema: str
    code: int = 0
    empty: bool = False  # no line at all is an answer too
    before: Callable[[App], None] | None = None  # what no command does yet

    def __str__(self) -> str:
        return self.words


OTHERS = KeyPair(b"v" * 32, b"v" * 32).public


def kit_at_hand() -> KitCase:
    """The kit of the day: its centre is the key that `key create` makes in these days."""
    return KitCase(centre_secret=b"c" * 32, samples=(b"mz",), now=START)


@cache
def brought_back() -> tuple[bytes, ...]:
    """Two bundles that are good and one that is none; made once, since no two seals are alike."""
    kit = kit_at_hand()
    return kit.bundle(), kit.bundle(), b"ATTTB1\nbroken"


def issue_the_kit(app: App) -> None:
    kit = kit_at_hand()
    issue_kit(
        app.journal,
        NewKit(
            agency=kit.agency,
            os="windows",
            arch="amd64",
            public_key=kit.public,
            centre=kit.centre,
            expires=START + 90 * DAY,
        ),
    )


STEPS = (
    Step("init ws --organisation bac-kan", "init"),
    Step("-w ws next", "next", empty=True),
    Step("-w ws status", "status"),
    Step("-w ws ingest inbox", "ingest", code=2),
    Step("-w ws ingest inbox", "ingest", code=2),
    Step("-w ws ingest problems", "ingest-problems"),
    Step("-w ws next", "next"),
    Step("-w ws alert list", "alert"),
    Step("-w ws alert list --group", "alert-group"),
    Step("-w ws alert show 1", "alert"),
    Step("-w ws alert unresolved", "alert"),
    Step("-w ws advisory isp --format txt", "advisory-letters"),
    Step("-w ws alert triage", "alert-group"),
    Step("-w ws alert close 2 3 2 --verdict benign --reason 'đã kiểm tra'", "alert-decision"),
    Step("-w ws alert reopen 2 --reason nhầm", "alert-decision"),
    Step("-w ws alert mute attt-web-0028 --reason 'tự quét'", "alert-decision"),
    Step("-w ws alert mutes", "alert-mute"),
    Step("-w ws alert list --state muted", "alert"),
    Step("-w ws alert unmute {mute}", "alert-decision"),
    Step("-w ws alert add --from-text told.txt --sender so-y-te --channel phone --title 'Tin báo'", "alert-added"),
    Step("-w ws agency learn-ip 198.51.100.99 x-vi-huong --note 'đã gọi'", "agency-learned"),
    Step("-w ws incident open --from-alert 1 --owner lan --agency x-vi-huong", "incident"),
    Step("-w ws alert triage --alert 4 --link 1", "alert-decision"),
    Step("-w ws alert triage --alert 5 --close handled --reason xong", "alert-decision"),
    Step("-w ws alert triage --group -/attt-web-0010 --mute 30d --reason 'tự quét'", "alert-decision"),
    Step("-w ws incident set 1 --category madoc --severity M3 --flag personal_data", "incident"),
    Step("-w ws incident link 1 6 7", "incident"),
    Step("-w ws incident unlink 1 7 --reason 'máy khác'", "incident"),
    Step("-w ws incident note 1 'Đã gọi lại đơn vị'", "incident"),
    Step("-w ws incident met 1 --deadline {deadline} --paper 05/BC-STTTT", "incident"),
    Step("-w ws incident use 1", "incident-current"),
    Step("-w ws incident move 1 triage", "incident"),
    Step("-w ws playbook list", "playbook"),
    Step("-w ws playbook show tt20", "playbook-document"),
    Step("playbook lint bad.yaml", "playbook-lint", code=2),
    Step("-w ws playbook graph tt20", "playbook-graph"),
    Step("-w ws playbook export tt20", "playbook-document"),
    Step("-w ws playbook new thu", "playbook-document"),
    Step("-w ws playbook import look.yaml", "playbook"),
    Step("-w ws playbook trust look --reason 'đã đọc'", "playbook"),
    Step("-w ws playbook run start tt20 --dry-run --set stable=no", "playbook-path"),
    Step("-w ws playbook run start look --incident 1", "playbook-run"),
    Step("-w ws playbook run pause {run} --reason 'chờ'", "playbook-run"),
    Step("-w ws playbook run resume {run}", "playbook-run"),
    Step("-w ws task list --incident 1", "task"),
    Step("-w ws task run {task}", "task-command"),
    Step("-w ws task run {task} --yes", "task-command"),
    Step("-w ws task fail {task} --reason 'không được' --agreed-by lan", "task"),
    Step("-w ws playbook run export {run}", "playbook-status"),
    Step("-w ws playbook distrust look", "playbook"),
    Step("-w ws playbook remove look --reason 'bản cũ'", "playbook"),
    Step("-w ws playbook run start tt20 --incident 1", "playbook-run"),
    Step("-w ws playbook run list", "playbook-run"),
    Step("-w ws playbook run show SC-2026-0001", "playbook-run"),
    Step("-w ws evidence add inbox/05-cong-ttdt/auth.log --incident 1 --note 'bản sao'", "evidence"),
    Step("-w ws task list", "task"),
    Step("-w ws task show 2", "task"),
    Step("-w ws task done {task} --note 'đã lập phiếu' --evidence 1", "task"),
    Step("-w ws task add 'Gọi nhà cung cấp' --incident 1 --optional --assignee lan", "task"),
    Step("-w ws task skip {task} --reason 'không cần'", "task"),
    Step("-w ws task add 'Quét lại' --incident 1 --agency x-vi-huong --due 2026-03-01 --approval lead", "task"),
    Step("-w ws task start {task} --assignee minh", "task"),
    Step("-w ws task assign {task} --assignee lan", "task"),
    Step("-w ws task remind", "task-late"),
    Step("-w ws task remind {task} --channel phone --note 'hẹn chiều'", "task"),
    Step("-w ws task done {task} --note xong", "task"),
    Step("-w ws task return {task} --reason 'thiếu'", "task"),
    Step("-w ws task done {task} --note xong", "task"),
    Step("-w ws task approve {task} --approved-by 'Phó Giám đốc' --paper 15/QĐ", "task"),
    Step("-w ws next --limit 0", "next"),
    Step("-w ws status", "status"),
    Step("-w ws evidence list", "evidence"),
    Step("-w ws evidence show 1", "evidence"),
    Step("-w ws evidence verify", "evidence-verdict"),
    Step("-w ws evidence add --item 'Ổ cứng' --serial S1 --source 'PC-17' --incident 1", "evidence"),
    Step("-w ws evidence seal 1 --seal NP-01 --place 'tủ 2'", "evidence"),
    Step("-w ws evidence move 1 --to PA05 --why 'điều tra' --paper 03/BB --seal-intact", "evidence"),
    Step("-w ws evidence unseal 1 --reason 'giám định'", "evidence"),
    Step("-w ws evidence form 1 --output forms", "evidence-form"),
    Step("-w ws evidence show 1", "evidence"),
    Step("-w ws evidence export 1 handed.bin", "evidence"),
    Step("-w ws evidence withdraw 1 --reason 'nhầm tệp'", "evidence"),
    Step("-w ws playbook run cancel SC-2026-0001 --reason 'đổi quy trình'", "playbook-run"),
    Step("-w ws incident list --all", "incident"),
    Step("-w ws incident show 1", "incident"),
    Step("-w ws report incident 1 --format json --lang vi --output paper.json", "report-written"),
    Step("-w ws report list", "report-kind"),
    Step("-w ws report paper initial 1 --lang vi", "report-drafted"),
    Step("-w ws report week --lang vi", "report-drafted"),
    Step("-w ws report period --every year --lang vi --format txt", "report-drafted"),
    Step("-w ws report build --from ws/outbox/initial-SC-2026-0001.vi.model.json --output .", "report-drafted"),
    Step("-w ws report issued initial-SC-2026-0001 --number 7/BC-STTTT --date 2026-02-01", "report-issued"),
    Step("-w ws report all 1 --format txt --output papers", "report-drafted"),
    Step("-w ws report register", "report-issued"),
    Step("-w ws report template list", "report-template"),
    Step("-w ws report template copy week --format md --lang vi -o tuan.md.j2", "report-template-copied"),
    Step("-w ws report template lint tuan.md.j2 --paper week --lang vi", "report-template-fault", empty=True),
    Step("-w ws report template vars week", "report-template-variable"),
    Step("-w ws report template preview week --lang vi --template tuan.md.j2 -o tuan.md", "report-template-preview"),
    Step("-w ws report reprint 7/BC-STTTT --format docx --output .", "report-reprinted"),
    Step("-w ws report why period", "report-figure"),
    Step("-w ws report check initial-SC-2026-0001.vi.docx", "report-departure", empty=True),
    Step("-w ws report custody 1 --output forms", "evidence-form"),
    Step("-w ws incident open --title 'Thử' --category madoc --severity M4 --owner lan", "incident"),
    *(
        Step(f"-w ws incident move 2 {status}", "incident")
        for status in ("triage", "analysis", "containment", "eradication", "recovery", "post_incident")
    ),
    Step("-w ws incident close 2 --resolution 'đã gỡ' --cause 'mật khẩu yếu'", "incident"),
    Step("-w ws incident reopen 2 --reason 'tái nhiễm'", "incident"),
    Step("-w ws incident assign 2 minh", "incident"),
    Step("-w ws incident set 2 severity=M2 tlp=amber attack+=T1486 personal_data=yes", "incident"),
    Step("-w ws incident approve 2 --for closed --approved-by 'Giám đốc Sở' --paper 12/QĐ-STTTT", "incident"),
    Step("-w ws incident split 1 --title 'Phần tách' --alert 6 --reason 'nguyên nhân khác'", "incident"),
    Step("-w ws incident merge 3 1 --reason 'cùng một vụ'", "incident"),
    Step("-w ws incident unmerge 3 --reason 'hai vụ khác nhau'", "incident"),
    Step("-w ws incident form 1 --form mau_03", "incident-form"),
    Step("-w ws incident form --fields", "incident-field"),
    Step("-w ws incident timeline 1", "incident-timeline"),
    Step("-w ws incident metrics --by type", "incident-metrics"),
    Step("-w ws search phan tach", "search"),
    Step("-w ws hunt ask --text GET -n 5 --columns time,kind,src_ip,url,line", "hunt"),
    Step("-w ws hunt save loud --field outcome=failure --note thu", "hunt-saved"),
    Step("-w ws hunt list", "hunt-saved"),
    Step("-w ws hunt run loud -n 5 --columns time,kind,user,fields", "hunt"),
    Step("-w ws hunt remove loud", "hunt-saved"),
    Step("-w ws hunt schema", "hunt-column"),
    Step("-w ws hunt sources", "hunt-source"),
    Step("-w ws hunt build --anew", "hunt-build"),
    Step("-w ws timeline --around '2021-05-13 08:00' --minutes 10000 -n 50", "timeline"),
    Step("-w ws undo --dry-run", "undo"),
    Step("-w ws undo", "undo"),
    Step("-w ws log --limit 0", "log"),
    Step("-w ws log --object SC-2026-0001", "log"),
    Step("-w ws agency list", "agency-agency"),
    Step("-w ws agency show x-vi-huong", "agency-agency"),
    Step("-w ws agency check", "agency-finding", empty=True),
    Step("-w ws agency whois 198.51.100.99", "agency-whois"),
    Step("-w ws agency set x-vi-huong --machines 14 --note 'kiểm kê'", "agency-changed"),
    Step("-w ws agency merge so-khdt --into so-tc --from 2026-03-01", "agency-changed"),
    Step("-w ws agency export don-vi.xlsx", "agency-exported"),
    Step("-w ws agency import don-vi.csv", "agency-changed"),
    Step("-w ws advisory templates", "advisory-template"),
    Step("-w ws advisory draft --product zimbra --cve CVE-2023-37580 --to x-vi-huong --due 5d", "advisory"),
    Step("-w ws advisory edit 1 --due 7d --source-sender A05 --source-number 12/A05", "advisory"),
    Step("-w ws advisory approve 1", "advisory"),
    Step("-w ws advisory issue 1", "advisory"),
    Step("-w ws advisory letter 1 --format txt", "advisory-letters"),
    Step("-w ws report advisory 1 --format txt", "advisory-letters"),
    Step("-w ws advisory sign 1 --signer 'Giám đốc'", "advisory"),
    Step("-w ws advisory number 1 45", "advisory"),
    Step("-w ws advisory sent 1 --how email --proof 'thư 12'", "advisory-delivery"),
    Step("-w ws advisory ack 1 x-vi-huong", "advisory-delivery"),
    Step("-w ws advisory reply 1 x-vi-huong 2/2 --by 'văn phòng'", "advisory-replies"),
    Step("-w ws advisory verify 1 x-vi-huong --note 'đã xem'", "advisory-delivery"),
    Step("-w ws advisory remind 1 tt-cntt", "advisory-delivery"),
    Step("-w ws advisory escalate 1 tt-cntt --to 'UBND tỉnh'", "advisory-delivery"),
    Step("-w ws advisory exempt 1 tt-cntt --reason 'đã tắt'", "advisory-delivery"),
    Step("-w ws advisory board 1", "advisory-delivery"),
    Step("-w ws advisory board", "advisory-agency"),
    Step("-w ws advisory answer 1 --format txt", "advisory-letters"),
    Step("-w ws advisory close 1", "advisory"),
    Step("-w ws advisory reopen 1 --reason 'tái nhiễm'", "advisory"),
    Step("-w ws advisory draft 'Thử' --template general --to huyen", "advisory"),
    Step("-w ws advisory withdraw 2 --reason 'trùng'", "advisory"),
    Step("-w ws advisory list --all", "advisory"),
    Step("-w ws advisory show 1", "advisory"),
    Step("-w ws system list", "system-system"),
    Step("-w ws system show thu-cong-vu", "system-system"),
    Step("-w ws system log-source add cong-ttdt '05-cong-ttdt/*' --note 'đã hỏi'", "system-log-source"),
    Step("-w ws system log-source list", "system-log-source"),
    Step("-w ws system log-source remove '05-cong-ttdt/*' --reason nhầm", "system-log-source"),
    Step("-w ws rules ranges add ranges.csv", "rules-ranges", code=2),
    Step("-w ws rules ranges show 203.0.113.7", "rules-ranges"),
    Step("-w ws incident call --questions", "incident-call-question"),
    Step("-w ws incident card", "incident-card"),
    Step("-w ws incident call --answer agency=x-vi-huong --answer seen=encrypted", "incident-call", code=2, empty=True),
    Step("-w ws incident call --list", "incident-call-open"),
    Step("-w ws incident call --resume last --answer personal_data=yes --yes", "incident-call"),
    Step("-w ws deadlines --all", "deadlines"),
    Step("-w ws deadlines --met A10 --period 2026 --paper 12/BC-STTTT", "deadlines-met"),
    Step("-w ws tick --dry-run", "tick"),
    Step("-w ws tick", "tick"),
    Step("-w ws tick", "tick", empty=True),
    Step("-w ws shift handover --to minh --note 'chờ xã gọi lại'", "shift"),
    Step("-w ws shift show", "shift"),
    Step("-w ws shift take", "shift"),
    Step("-w ws user roles", "user-role"),
    Step("-w ws user whoami", "user-whoami"),
    Step("-w ws user add lan --role admin --role lead --full-name 'Nguyễn Thị Lan'", "user"),
    Step("-w ws user add minh --role responder --agency x-vi-huong", "user"),
    Step("-w ws user set minh --role reporter", "user"),
    Step("-w ws user passphrase minh", "user-changed"),
    Step("-w ws user login minh", "user-login"),
    Step("-w ws user whoami", "user-whoami"),
    Step("-w ws user logout", "user-changed"),
    Step("-w ws user remove minh --reason 'chuyển công tác'", "user-changed"),
    Step("-w ws user recover lan --reason 'tài khoản đổi tên'", "user"),
    Step("-w ws user show lan", "user"),
    Step("-w ws user list --all", "user"),
    Step(
        "-w ws training add 'Tập huấn' --on 12/05/2026 --days 2 --attendees 60 --agency x-vi-huong --user lan",
        "training",
    ),
    Step("-w ws training list", "training"),
    Step("-w ws training withdraw 1 --reason nhầm", "record-withdrawn"),
    Step(
        "-w ws inspection add lgsp --on 10/06/2026 --by 'Sở TTTT' --result partly --finding 'high: thiếu (2026-07-31)'",
        "inspection",
    ),
    Step("-w ws inspection close 1 1 --note 'đã có'", "inspection"),
    Step("-w ws inspection show 1", "inspection"),
    Step("-w ws inspection list", "inspection"),
    Step("-w ws inspection due --all", "inspection-due"),
    Step("-w ws inspection withdraw 1 --reason nhầm", "record-withdrawn"),
    Step("-w ws contract add 'Giám sát' --provider A --from 01/01/2026 --to 31/12/2026 --system lgsp", "contract"),
    Step("-w ws contract list", "contract"),
    Step("-w ws contract end 1 --on 30/06/2026 --reason 'hết kinh phí'", "contract"),
    Step("-w ws rules list", "rules-list"),
    Step("-w ws rules check pack", "rules-check", code=2),
    Step("-w ws rules test pack", "rules-test"),
    Step("-w ws rules explain attt-web-0025", "rules-explain"),
    Step("-w ws rules explain attt-auth-0010 --event auth.log", "rules-explain-event"),
    Step("-w ws rules explain --sigma attt-auth-0001 --event auth.log:1", "rules-explain-event"),
    Step("-w ws rules convert sigma.yml --to opensearch", "rules-convert"),
    Step("-w ws rules disable attt-web-0025 --reason 'nhiều báo nhầm'", "rules-disable"),
    Step("-w ws rules enable attt-web-0025", "rules-disable"),
    Step("detect files given --rules pack/r.yar", "detect-files", code=1),
    Step("detect capture asked.pcap --rules n.rules", "detect-capture", code=1),
    Step("detect logs auth.log", "detect-logs", code=1),
    Step("detect logs auth.log --summary", "detect-logs-summary", code=1),
    Step("source test auth.log --fields", "source-test"),
    Step("source list", "source-list"),
    Step("source mapping mapped.csv", "source-mapping"),
    Step("scan given --rules pack/r.yar --fresh", "scan", code=1),
    Step("-w ws scan given --rules pack/r.yar --fresh --host pc-17", "scan", code=1),
    Step("-w ws scan given --rules pack/r.yar --fresh --host pc-17", "scan", code=1),
    Step("-w ws scan --runs", "scan"),
    Step("scan given --rules pack/r.yar --fresh --shard 1/1 --results part.jsonl", "scan", code=1),
    Step("-w ws results merge part.jsonl --store --host pc-17", "scan", code=1),
    Step("capture show asked.pcap", "capture-flow"),
    Step("capture show asked.pcap --frame 1", "packet"),
    Step("capture summary asked.pcap", "capture-summary"),
    Step("rules explain --sid 7 --capture asked.pcap --rules n.rules", "rules-explain-capture"),
    Step("-w ws alert packets {packet} -o flow.pcap", "packet"),
    Step("-w ws key create --name 'Trung tâm' --passphrase", "key"),
    Step("-w ws key list", "key"),
    Step("-w ws key show --output trung-tam.pub", "key"),
    Step(f"-w ws key trust vung.pub --name Vùng --fingerprint '{OTHERS.fingerprint}'", "key"),
    Step(f"-w ws key revoke {OTHERS.id} --reason 'đổi khoá'", "key"),
    Step("-w ws key backup khoa.keys", "key-copied"),
    Step("-w ws key restore khoa.keys", "key-copied"),
    Step("rules pack pack/r.yar -o luat.attr --version 7 --created 2026-11-23T10:00:00+07:00", "rules-pack"),
    Step("-w ws rules sign luat.attr", "rules-pack"),
    Step("-w ws rules install luat.attr", "rules-install"),
    Step("-w ws rules install luat.attr", "rules-install"),
    Step("-w ws rules packs", "rules-installed"),
    Step("-w ws rules install --undo --reason 'báo nhầm'", "rules-install"),
    Step("-w ws kit list", "kit", before=issue_the_kit),
    Step("-w ws bundle verify usb/1.attb", "bundle"),
    Step("-w ws bundle show usb/1.attb --log", "bundle-content"),
    Step("-w ws bundle import usb --dry-run", "bundle", code=7),
    Step("-w ws bundle import usb", "bundle", code=7),
    Step("-w ws bundle import usb/1.attb", "bundle"),
    Step("-w ws fleet host add PC-KETOAN-01 PC-17 --agency x-vi-huong --note 'tầng 2'", "fleet-host-changed"),
    Step("-w ws fleet interval 14 --agency x-vi-huong --profile normal", "fleet-interval"),
    Step("-w ws fleet host retire PC-17 --agency x-vi-huong --reason 'thanh lý'", "fleet-host-changed"),
    Step("-w ws fleet host list --all", "fleet-host"),
    Step("-w ws fleet board", "fleet-board", code=1),
    Step("schedule install --system windows --path 'C:\\Users' --write far --print", "schedule-file"),
    Step("schedule install --system windows --path 'C:\\Users' --write far --at 'mon 12:30'", "schedule-file"),
    Step("schedule show --state far/ProgramData/atttcli", "schedule", code=2),
    Step("schedule run --state far/ProgramData/atttcli", "schedule-run", code=2),
    Step("schedule run --state far/ProgramData/atttcli --if-missed", "schedule-run"),
    Step("schedule remove --state far/ProgramData/atttcli", "schedule-file"),
    Step("-w ws kit revoke 1 --reason 'mất USB'", "kit"),
    Step("-w ws kit build --agency x-vi-huong --os linux -o stick", "kit-built"),
    Step("-w ws kit check stick", "kit-check"),
    Step("-w ws bundle verify usb/1.attb", "bundle", code=7),
    Step("-w ws db export", "db-export"),
    Step("-w ws db export alert_state", "db-export"),
    Step("-w ws db backup kept.zip", "db-backup"),
    Step("db restore kept.zip again", "db-restore"),
    Step("-w ws db purge --events-older-than 2y --dry-run", "db-purge"),
    Step("-w ws db erase {note} --reason 'theo yêu cầu'", "db-erase"),
    Step("-w ws db rebuild", "db-rebuild"),
    Step("-w ws db verify", "db-verify"),
    Step("-w ws db accept-head --reason 'đổi máy'", "db-accept-head"),
    Step("drill validate bad-drill.yaml", "drill-finding", code=1),
    Step("drill graph ransomware-commune-flash", "drill-graph"),
    Step("-w ws drill rehearse portal-defacement-flash --robot silent", "drill-rehearsal"),
    Step("-w ws drill new --from ransomware-commune-flash --seed 7", "drill"),
    Step("-w ws drill plan last --book player --format txt", "drill-paper"),
    Step("-w ws drill run last --rate 2", "drill-inject"),
    Step("-w ws drill status", "drill"),
    Step("-w ws drill inject last A2", "drill-inject"),
    Step("-w ws drill answer last E1", "drill"),
    Step("-w ws drill note last + 'Báo rất nhanh' --goal G2", "drill"),
    Step("-w ws drill log last red 'Dò mật khẩu' --technique T1110", "drill-line"),
    Step("-w ws drill log last judge 'Có nhật ký' --on R1 --ruling accepted --by 'Giám khảo 1'", "drill-grade"),
    Step("-w ws drill log last list", "drill-line"),
    Step("-w ws drill grade last E1 0.5 --reason 'chậm'", "drill-grade"),
    Step("-w ws drill survey last --useful 5 --real 4 --clear 4", "drill"),
    Step("-w ws drill pause last --reason real-incident", "drill"),
    Step("-w ws drill resume last", "drill"),
    Step("-w ws drill jump last 15m", "drill-inject"),
    Step("-w ws drill score last", "drill-score"),
    Step("-w ws drill score last --navigator", "drill-layer"),
    Step("-w ws drill end last", "drill"),
    Step("-w ws drill report last --format html", "drill-paper"),
    Step("-w ws drill clean last --yes", "drill-cleaned"),
    Step("-w ws drill list", "drill"),
    Step("-w ws drill list --measures", "drill-measure"),
    Step("-w ws action add 'Dán số trực ban' --drill last --measure ransomware-commune-noticed", "action"),
    Step("-w ws action done 1 --note 'đã dán'", "action"),
    Step("-w ws action list", "action"),
    Step("-w ws action verify 1 --by last", "action", code=4, empty=True),
    Step("-w ws action reopen 1 --reason 'bong rồi'", "action"),
    Step("-w ws drill teams last", "drill-team"),
    Step("-w ws drill forms last --form sheet --blank --format txt", "drill-paper"),
    Step("-w ws drill new --from live-portal", "drill"),
    Step("-w ws drill scope last --authorised-by 'QĐ 12/QĐ-UBND'", "drill-scope"),
    Step("-w ws drill new --from document-leak-flash --seed 7", "drill"),
    Step("-w ws drill pack last --for controller --output goi.zip", "drill-bundle"),
    Step("init site --organisation bac-kan", "init"),
    Step("-w site drill unpack goi.zip", "drill-merged"),
    Step("-w site drill pack last --for run --output ve.zip", "drill-bundle"),
    Step("-w ws drill merge ve.zip", "drill-merged"),
    Step("-w ws ingest virus.csv", "ingest", code=1),
    Step("-w ws alert avreport virus.xml", "alert-avreport"),
    Step("-w ws mail accounts import boxes.csv", "mail-accounts-imported", code=2),
    Step("-w ws mail accounts list", "mail-account"),
    Step("-w ws mail accounts show an@backan.gov.vn", "mail-account"),
    Step(
        "-w ws mail travel add an@backan.gov.vn --country LA --from 2026-11-01 --to 2026-11-10 --reason 'công tác'",
        "mail-travel",
    ),
    Step("-w ws mail travel list --all", "mail-travel"),
    Step("-w ws mail travel end 1 --on 2026-11-05 --reason 'về sớm'", "mail-travel"),
    Step("-w ws mail watch inbox/02-zimbra", "mail-watch", code=1),
    Step("-w ws mail watch inbox/02-zimbra --addresses", "mail-address", code=1),
    Step("-w ws mail watch inbox/02-zimbra --explain vanthu.vihuong@backan.gov.vn", "mail-watch", code=0),
)


@dataclass
class Answer:
    """What a step printed."""

    code: int
    out: str
    err: str


@dataclass
class Day:
    """The steps in one language, in order; `known` are answers that later steps need."""

    language: str
    answers: list[Answer] = field(default_factory=list)
    known: dict[str, str] = field(
        default_factory=lambda: dict.fromkeys(("mute", "task", "deadline", "note", "packet", "run"), "?")
    )

    def step(self, step: Step) -> None:
        words = [word.format(**self.known) for word in shlex.split(step.words)]
        app = App(words[1] if words[0] == "-w" else None, clock=SetClock())  # an App that is given looks at no -w
        if step.before is not None:
            step.before(app)
        ran = CliRunner().invoke(cli, ["--lang", self.language, *words, "--json"], obj=app)
        app.close()
        code = report_error(ran.exception) if isinstance(ran.exception, AtttError) else ran.exit_code
        crashed = ran.exception is not None and not isinstance(ran.exception, (AtttError, SystemExit))
        err = f"{ran.stderr}{ran.exception!r}" if crashed or isinstance(ran.exception, AtttError) else ran.stderr
        self.answers.append(Answer(code, ran.stdout, err))
        if code == 0:
            self._learn(step, ran.stdout)

    def _learn(self, step: Step, out: str) -> None:
        values: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
        for value in values:
            if step.schema == "alert-mute":
                self.known["mute"] = value["id"]
            elif step.schema == "playbook-run":
                self.known["run"] = value["id"]
            elif step.schema == "task":
                self.known["task"] = value["number"]
            elif step.schema == "incident" and value.get("deadlines"):
                self.known["deadline"] = value["deadlines"][0]["code"]
            elif step.schema == "alert" and value["kind"] == "network":
                self.known["packet"] = value["number"]
            elif step.schema == "log" and value["verb"] == "incident.noted":
                self.known["note"] = str(value["seq"])


LOOK = """\
atttcli: 1
id: look
name: Xem nhanh
modified: "2026-01-01T00:00:00.000Z"
agent_definitions: {team: {type: group, name: Đội ứng cứu}}
workflow_start: start
workflow:
  start: {type: start, on_completion: look}
  look: {name: Xem, agent: team, commands: [{type: bash, command: echo xin chào}], on_success: seen, on_failure: missed}
  seen: {type: end}
  missed: {type: end}
"""


def give(place: Path) -> None:
    """What the steps read, besides the workspace."""
    (place / "told.txt").write_text("Máy 192.0.2.36 nối tới 198.51.100.77 và xau.example", encoding="utf-8")
    (place / "bad.yaml").write_text("type: playbook\n")
    (place / "boxes.csv").write_text(
        "Hộp thư,Đơn vị,Trạng thái,Đăng nhập lần cuối\nan@backan.gov.vn,x-vi-huong,hoạt động,01/05/2021 08:00\n"
        "binh@backan.gov.vn,khong-co,khóa,\n",
        encoding="utf-8",
    )
    (place / "virus.csv").write_text(
        "Tên máy,Tên virus,Đường dẫn\nPC-1,Worm.A,a.exe\nPC-2,Worm.A,b.exe\n", encoding="utf-8"
    )
    (place / "don-vi.csv").write_text(
        "Mã,Tên đơn vị,Nhóm,Số máy\nso-xd,Sở Xây dựng,so_ban_nganh,40\n", encoding="utf-8"
    )
    (place / "look.yaml").write_text(LOOK, encoding="utf-8")
    (place / "given").mkdir()
    (place / "vung.pub").write_text(public_text(OTHERS), encoding="utf-8")
    (place / "usb").mkdir()
    for number, data in enumerate(brought_back(), 1):
        (place / "usb" / f"{number}.attb").write_bytes(data)
    (place / "mapped.csv").write_text("time,user,ip,result\n2026-11-23 10:00:00,an,192.0.2.7,ok\n", encoding="utf-8")
    (place / "ranges.csv").write_text("cidr,country\n203.0.113.0/24,VN\nnonsense,VN\n")
    (place / "given" / "a.txt").write_bytes(b"..MARKER..")
    (place / "n.rules").write_text(
        'alert dns any any -> any any (msg:"asked"; dns.query; content:"bad.example"; sid:7; rev:3;)\n'
    )
    (place / "asked.pcap").write_bytes(pcap([udp_frame(dns_query("bad.example"))]))
    burst = read_case(packaged("rules") / "cases" / "sigma" / "attt-auth-0010")
    (place / "sigma.yml").write_text(
        "title: t\nid: t\nlogsource: {category: webserver}\ndetection: {s: {cs-method: GET}, condition: s}\n"
    )
    (place / "auth.log").write_bytes(dict(burst.positives)["positive-1.log"])
    flash = (packaged("seeds") / "drills" / "ransomware-commune-flash.yaml").read_bytes()
    (place / "bad-drill.yaml").write_bytes(flash.replace(b"kind: dismiss", b"kind: detect"))
    case = place / "pack" / "cases" / "marked"
    case.mkdir(parents=True)
    (place / "pack" / "r.yar").write_text('rule marked { strings: $m = "MARKER" condition: $m }\n')
    (place / "pack" / "torn.yar").write_text("rule torn { condition: nothing_such }\n")
    (case / "case.yaml").write_text(
        "why: the marker\nengine: yara\nrule: marked\n"
        "positive: [{name: p.txt, text: MARKER}]\nnegative: [{name: n.txt, text: other}]\n"
    )


def two_days(base: Path) -> dict[str, Day]:
    """Every step in Vietnamese and then in English, each in a fresh folder at the same path."""
    place = base / "desk"
    inbox = sample_inbox(base / "inbox")
    days = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", base / "home"), ("ACTOR", "lan"), ("PASSPHRASE", "bốn từ dễ nhớ")):
            patch.setenv(f"ATTTCLI_{name}", str(value))
        patch.delenv("ATTTCLI_WORKSPACE", raising=False)
        for language in ("vi", "en"):
            for folder in (place, base / "home"):
                shutil.rmtree(folder, ignore_errors=True)
            place.mkdir()
            patch.chdir(place)
            give(place)
            shutil.copytree(inbox, "inbox")
            numbers = random.Random(20261123)
            patch.setattr("atttcli.people.identity.is_superuser", lambda: True)
            patch.setattr("atttcli.journal.head.host_key", lambda: b"h" * 32)
            patch.setattr(KeyPair, "new", lambda: KeyPair(b"s" * 32, b"c" * 32))
            patch.setattr(uuid, "uuid4", lambda numbers=numbers: uuid.UUID(int=numbers.getrandbits(128), version=4))
            days[language] = Day(language)
            for step in STEPS:
                days[language].step(step)
        use_language("en")
    return days
