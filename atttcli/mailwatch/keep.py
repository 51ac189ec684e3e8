"""Findings as alerts of a workspace, through the same desk as everything: repeat counter, agency by mailbox, mutes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from atttcli.clock import Clock
from atttcli.inventory import Inventory
from atttcli.mailwatch.reasons import WORTH, Finding, Standing
from atttcli.mailwatch.told import FAMILIES
from atttcli.model.alert import Alert, Detection, Origin
from atttcli.model.canonical import canonical_address, canonical_mailbox
from atttcli.model.ledger import Ledger
from atttcli.model.observable import Observable, ObservableType
from atttcli.store.connection import Store
from atttcli.triage.desk import Desk
from atttcli.triage.identity import alert_of

PLAYBOOK: Final = "chiem-tai-khoan"
PACK: Final = "mailwatch/1"
_BATCH: Final = 200
TITLES: Final[dict[str, tuple[str, str]]] = {
    "spray-success": ("Mailbox opened by an address that was spraying", "Địa chỉ thử mật khẩu hàng loạt đã mở được hộp thư"),
    "locked-login": ("Login to an account that is locked or closed", "Đăng nhập vào tài khoản đã khóa hoặc đã đóng"),
    "session-two-networks": ("One webmail session used from two networks at once", "Một phiên thư được dùng từ hai mạng cùng lúc"),
    "impossible-travel": ("Logins that no journey joins", "Hai lần đăng nhập ở hai nơi không thể đi kịp"),
    "forward-setting": ("Mail is forwarded to an address outside", "Thư được cài chuyển tiếp ra địa chỉ bên ngoài"),
    "success-after-failures": (
        "Mailbox opened from elsewhere after many failures", "Mở được hộp thư từ nơi lạ sau nhiều lần sai mật khẩu",
    ),
    "token-use": ("Mailbox used where nobody logged in", "Hộp thư được dùng từ mạng chưa hề đăng nhập"),
    "shared-address": ("One address opened many mailboxes new to it", "Một địa chỉ mở nhiều hộp thư chưa từng mở từ đó"),
    "new-country": ("Mailbox opened from a country new for it", "Đăng nhập hộp thư từ nước chưa từng thấy"),
    "dormant": ("Dormant account woke up", "Tài khoản lâu không dùng hoạt động trở lại"),
    "leaked": ("Account stands in a list of leaked ones", "Tài khoản có trong danh sách bị lộ"),
    "filter-setting": ("Filter hides messages about security", "Bộ lọc giấu thư về bảo mật"),
    "legacy-first": ("First use of a legacy mail protocol, from elsewhere", "Lần đầu dùng giao thức thư cũ, từ nơi lạ"),
    "quick-change": ("Quick changes of country, as with a VPN", "Đổi nước liên tục như khi dùng VPN"),
}  # fmt: skip
"""English and Vietnamese titles of what signs find; rules have their own."""


def store_findings(
    store: Store,
    inventory: Inventory,
    clock: Clock,
    standings: Iterable[Standing],
    detections: dict[str, list[Detection]],
) -> Ledger:
    """Store what was found about these accounts; found again it is the same sighting."""
    desk, ledger = Desk(store, inventory, clock), Ledger()
    waiting: list[tuple[Alert, str]] = []
    for standing in standings:
        waiting.extend(_alerts(standing, detections.get(standing.account, [])))
        if len(waiting) >= _BATCH:
            _put(store, desk, ledger, waiting)
            waiting = []
    _put(store, desk, ledger, waiting)
    ledger.check()
    return ledger


def _put(store: Store, desk: Desk, ledger: Ledger, waiting: list[tuple[Alert, str]]) -> None:
    if not waiting:
        return
    with store.transaction() as db:
        fresh, made = desk.store_alerts(db, waiting)
    ledger.read += len(fresh)
    ledger.stored += sum(fresh)
    ledger.duplicate += len(fresh) - sum(fresh)
    ledger.alerts += made


def _alerts(standing: Standing, detections: list[Detection]) -> Iterator[tuple[Alert, str]]:
    told = {(one.rule, one.time) for one in standing.findings}
    for found in detections:
        if (found.rule_id, found.time or 0) in told:  # what known travel silenced is no alert
            said = f"{found.rule_id}\n{found.key}\n{found.time}".encode("utf-8", "replace")
            yield alert_of(found, hashlib.sha256(said).hexdigest()[:32]), found.pack
    for finding in standing.findings:
        if finding.family in TITLES and finding.rule not in FAMILIES:
            yield alert_of(_detection(finding)), PACK


def _detection(found: Finding) -> Detection:
    english, vietnamese = TITLES[found.family]
    timeless = sorted(map(str, found.detail.values())) if not found.time else []
    identity = repr((found.rule, found.family, found.account, found.time, found.addresses, timeless))
    mark = hashlib.sha256(identity.encode("utf-8", "replace"))
    observables = [
        Observable(*address, "source") for text in found.addresses if (address := canonical_address(text)) is not None
    ]
    if mailbox := canonical_mailbox(found.account):
        observables.append(Observable(ObservableType.EMAIL, mailbox, "victim"))
    detail = {
        **found.detail, "occurrence": mark.hexdigest()[:32], "category": "truycap", "victim": found.account,
        "titles": {"en": english, "vi": vietnamese}, "playbook": PLAYBOOK, "addresses": list(found.addresses),
        "countries": list(found.countries), "group": {"user": found.account},
    }  # fmt: skip
    why = ", ".join(f"{name} {value}" for name, value in found.detail.items())
    return Detection(
        engine="correlation", rule_id=found.rule, title=english, severity=WORTH[found.family].severity,
        origin=Origin("", found.path, found.line), time=found.time or None, pack=PACK, key=f"{found.account}|{found.family}",
        tags=("attack.initial-access", "attack.t1078"), observables=tuple(observables),
        why=(f"{', '.join(found.addresses)} {'/'.join(found.countries)}".strip(), why), detail=detail,
    )  # fmt: skip
