"""Which papers there are: code, names, what each is about, its languages, and what builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from atttcli.errors import NotFound, UsageError
from atttcli.reports.contract import model_name
from atttcli.text.fold import fold

if TYPE_CHECKING:
    from atttcli.profile import Profile
    from atttcli.reports.paper import Paper
    from atttcli.reports.papers.desk import Ask, Desk

About = Literal["incident", "period", "card", "none"]


@dataclass(frozen=True, slots=True)
class PaperKind:
    """`code` is what the register keeps, `name` what people type. `form`: the profile's form it follows (any regime's).

    `version` is that of the paper's own model; it grows when a name of its contract goes or changes its meaning.
    """

    code: str
    name: str
    vi: str
    en: str
    about: About
    builder: str
    languages: tuple[str, ...] = ("vi", "en")
    form: str = ""
    period: str = ""
    variants: tuple[str, ...] = ()
    version: int = 1

    @property
    def model(self) -> str:
        """The name of the paper's model, as it stands in the JSON."""
        return model_name(self.code, self.version)


_VI = ("vi",)
CATALOG: tuple[PaperKind, ...] = (
    PaperKind(
        "thong_bao_su_co",
        "notice",
        "Thông báo sự cố",
        "Incident notice",
        "incident",
        "notices:incident_notice",
        form="thong_bao_su_co",
    ),
    PaperKind(
        "mau_03",
        "initial",
        "Báo cáo ban đầu (Mẫu 03)",
        "Initial report (Form 03)",
        "incident",
        "forms:initial_report",
        _VI,
        "mau_03",
    ),
    PaperKind(
        "bao_cao_dien_bien",
        "progress",
        "Báo cáo diễn biến tình hình",
        "Situation report",
        "incident",
        "course:progress_report",
    ),
    PaperKind(
        "bao_cao_phuong_an", "plan", "Báo cáo phương án ứng cứu", "Response plan", "incident", "course:plan_report"
    ),
    PaperKind(
        "de_nghi_ho_tro",
        "support",
        "Báo cáo đề nghị hỗ trợ, phối hợp",
        "Request for support",
        "incident",
        "course:support_request",
    ),
    PaperKind(
        "mau_04",
        "closing",
        "Báo cáo kết thúc (Mẫu 04)",
        "Closing report (Form 04)",
        "incident",
        "forms:closing_report",
        _VI,
        "mau_04",
    ),
    PaperKind(
        "mau_05",
        "consolidated",
        "Báo cáo tổng hợp (Mẫu 05)",
        "Consolidated report (Form 05)",
        "period",
        "consolidated:consolidated_report",
        _VI,
        "mau_05",
        "half",
    ),
    PaperKind(
        "mau_06",
        "order",
        "Lệnh, yêu cầu điều phối (Mẫu 06)",
        "Coordination order (Form 06)",
        "incident",
        "notices:coordination_order",
        variants=("request", "order"),
    ),
    PaperKind(
        "bao_cao_nhanh",
        "quick",
        "Báo cáo nhanh (2026)",
        "Quick report (2026)",
        "incident",
        "quick:quick_report",
        form="bao_cao_nhanh",
        variants=("now", "24h", "72h", "update", "end"),
    ),
    PaperKind(
        "mau_08_dlcn",
        "personal-data",
        "Thông báo vi phạm dữ liệu cá nhân",
        "Personal data breach notice",
        "incident",
        "notices:personal_data_notice",
        form="mau_08_dlcn",
    ),
    PaperKind("bao_cao_tuan", "week", "Báo cáo tuần", "Weekly report", "period", "weekly:weekly_report", period="week"),
    PaperKind(
        "bao_cao_dinh_ky",
        "period",
        "Báo cáo định kỳ",
        "Periodic report",
        "period",
        "periodic:periodic_report",
        period="quarter",
    ),
    PaperKind(
        "mau_01",
        "member",
        "Bản khai hồ sơ thành viên (Mẫu 01)",
        "Member profile (Form 01)",
        "none",
        "member:member_profile",
        _VI,
        "mau_01",
    ),
    PaperKind(
        "phu_luc_ky_thuat", "technical", "Phụ lục kỹ thuật", "Technical annex", "incident", "course:technical_annex"
    ),
    PaperKind("the_dien_thoai", "card", "Thẻ đọc qua điện thoại", "Phone card", "card", "cards:phone_card"),
)


def find_kind(said: str) -> PaperKind:
    """By name (`initial`), code (`mau_03`), or the form as people write it (`Mẫu 03`, `mau03`)."""
    plain = "".join(char for char in fold(said) if char.isalnum())
    for kind in CATALOG:
        if plain in {"".join(char for char in name if char.isalnum()) for name in (kind.name, kind.code)}:
            return kind
    raise NotFound(f"no paper {said[:40]!r}", hint="atttcli report list: " + ", ".join(kind.name for kind in CATALOG))


def build_paper(kind: PaperKind, desk: Desk, ask: Ask) -> Paper:
    """The paper as the workspace stands; UsageError for a language or a variant that it lacks, NotFound for its subject."""
    from atttcli.reports.paper import replaced

    if desk.language not in kind.languages:
        raise UsageError(
            f"{kind.name} is made in: {', '.join(kind.languages)}", hint="--lang vi: the form is official Vietnamese"
        )
    if ask.variant and ask.variant not in kind.variants:
        known = ", ".join(kind.variants) or "none"
        raise UsageError(f"{kind.name} has no kind {ask.variant[:20]!r}", hint=f"kinds: {known}")
    if kind.form and desk.form(kind.form) is None:
        desk = replace(desk, law=_law_with(kind.form))
    module, name = kind.builder.split(":")
    builder: Callable[[Desk, Ask], Paper] = getattr(import_module(f"atttcli.reports.papers.{module}"), name)
    return replaced(builder(desk, ask), schema=kind.model)


def _law_with(form: str) -> Profile:
    """The newest shipped profile that prints this form: either regime's papers can be made of any incident."""
    from atttcli.profile import load_profile, profiles

    laws = map(load_profile, profiles())
    found = [law for law in laws if any(one.code == form for one in law.forms)]
    if not found:
        raise NotFound(f"no profile has the form {form}", hint="atttcli report list")
    return max(found, key=lambda law: law.valid_from)
