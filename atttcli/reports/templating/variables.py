"""The variables of a paper's templates, made from its contract: what `report template vars` prints and docs/templates.md holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from atttcli.reports.contract import Contract, Term
from atttcli.reports.templating.kinds import TemplateKind
from atttcli.reports.templating.lint import Shape, shape_of
from atttcli.reports.templating.values import unpacked


@dataclass(frozen=True, slots=True)
class Variable:
    """`path` as a template writes it; `always` false: empty in papers that do not have it. `columns` are keys of a row."""

    path: str
    vi: str
    en: str
    always: bool = True
    columns: tuple[str, ...] = ()


# What every paper has: as it is laid out, whatever it is about.
COMMON = (
    Variable("paper.kind", "Tên loại văn bản", "Title"),
    Variable("paper.summary", "Trích yếu", "Summary line"),
    Variable("paper.language", "Ngôn ngữ: vi, en", "Language: vi, en"),
    Variable("paper.masthead.superior", "Cơ quan chủ quản, từng dòng", "Superior organ, lines"),
    Variable("paper.masthead.organ", "Cơ quan ban hành, từng dòng", "Issuing organ, lines"),
    Variable("paper.masthead.nation", "Quốc hiệu; trống ở mẫu không có", "The nation's name; empty in forms without it"),
    Variable("paper.masthead.motto", "Tiêu ngữ", "The motto"),
    Variable("paper.masthead.number", "Số, ký hiệu", "Number and symbol"),
    Variable("paper.masthead.place_date", "Địa danh, ngày tháng", "Place and date"),
    Variable("paper.masthead.form", "Số của mẫu", "Number of the form", False),
    Variable("paper.masthead.about", "V/v của công văn", "Subject of a letter", False),
    Variable("paper.masthead.marks", "Dấu diễn tập, dự thảo, nội bộ; phải in", "Marks (exercise, draft, internal); to be printed"),
    Variable("paper.addressees_label", "Kính gửi", "Label of the addressees"),
    Variable("paper.addressees", "Nơi gửi, danh sách", "Addressees, a list"),
    Variable("paper.blocks", "Toàn bộ nội dung theo thứ tự, mỗi khối một loại", "The whole body in order, a block of a kind each"),
    Variable("paper.signature.authority", "Quyền hạn, chức vụ, từng dòng", "Signing authority, lines"),
    Variable("paper.signature.signer", "Người ký", "Signer"),
    Variable("paper.signature.note", "Ghi chú chỗ ký", "Note at the signature", False),
    Variable("paper.signature.recipients_label", "Nơi nhận", "Label of the recipients"),
    Variable("paper.signature.recipients", "Nơi nhận, danh sách", "Recipients, a list"),
    Variable("paper.annexes", "Các phụ lục: label, title, attached, blocks", "Annexes: label, title, attached, blocks"),
    Variable("paper.foot", "Dòng chân trang", "Foot of each page"),
    Variable("paper.subject", "Về việc gì (thuộc tính tệp)", "What it is about (file property)"),
    Variable("paper.author", "Cơ quan (thuộc tính tệp)", "Organ (file property)"),
)  # fmt: skip
_ABOUT = (
    Variable("about.code", "Mã văn bản trong sổ", "Code in the register"),
    Variable("about.model", "Tên và phiên bản mô hình", "Name and version of the model"),
    Variable("about.subject", "Mã sự cố hoặc kỳ", "Incident or period"),
    Variable("about.form", "Số của mẫu", "Number of the form", False),
    Variable("about.number", "Số do văn thư cấp", "Number given by the records office", False),
    Variable("about.symbol", "Ký hiệu", "Symbol", False),
    Variable("about.date", "Ngày ban hành, ISO", "Day of issue, ISO", False),
    Variable("about.span", "Ngày đầu, ngày cuối của kỳ", "First and last day of the period", False),
    Variable("about.cites", "Số các văn bản được dẫn", "Numbers of papers cited", False),
    Variable("about.closing", "Câu kết", "Closing sentence", False),
    Variable("about.missing", "Những mục còn thiếu", "What is missing", False),
    Variable("about.draft", "Là dự thảo", "It is a draft"),
    Variable("about.exercise", "Là diễn tập", "It is of an exercise"),
    Variable("about.internal", "Là biểu mẫu nội bộ", "It is an internal form"),
)
_TOLD = {
    "facts": "", "figures": ".value .of .previous .shown .label .query", "lines": "[].label [].value [].required",
    "boxes": ".label .boxes[].mark .label .ticked .said", "tables": ".titles[] .rows[].…", "charts": ".title .bars[]",
}  # fmt: skip


def variables(kind: TemplateKind) -> Iterator[Variable]:
    """All variables of a paper, the common ones first."""
    yield from COMMON
    if kind.contract is not None:
        yield from _ABOUT
        yield from _named(kind.contract)
    else:
        context = unpacked(kind.context("vi"))
        if "model" in context:
            yield from _paths(shape_of(context["model"], "model"), 0)


def members(group: str) -> str:
    """What a variable of a group has inside."""
    return _TOLD[group]


def _named(contract: Contract) -> Iterator[Variable]:
    for group, terms in contract.groups():
        for term in terms:
            yield Variable(_path(group, term), term.vi, term.en, term.always, term.columns)


def _path(group: str, term: Term) -> str:
    return f'{group}["{term.name}"]' if not term.key.isidentifier() else f"{group}.{term.key}"


def _paths(shape: Shape, depth: int) -> Iterator[Variable]:
    """Names inside a model that is a structure of its own: to the depth at which they are still worth a line."""
    for name, one in shape.names.items():
        inner = one.item if one.item is not None and one.item.names else one
        path = f"{one.path}[]" if one.item is not None else one.path
        yield Variable(
            path, name.replace("_", " "), name.replace("_", " "), columns=tuple(inner.names) if depth else ()
        )
        if depth < 1 and inner.names:
            yield from _paths(inner, depth + 1)
