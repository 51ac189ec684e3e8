"""The papers that may have a template: those of the catalogue, the incident report, and the papers of drills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.errors import NotFound
from atttcli.reports.templating.values import model_values, packed, paper_values
from atttcli.text.fold import fold

if TYPE_CHECKING:
    from atttcli.reports.contract import Contract, Term
    from atttcli.reports.outline import Outline
    from atttcli.reports.papers.catalog import PaperKind

FORMATS = ("docx", "html", "md", "txt")


@dataclass(frozen=True, slots=True)
class TemplateKind:
    """`name` is what template files are called by; `model` the model whose values they are given."""

    name: str
    vi: str
    en: str
    model: str
    languages: tuple[str, ...]
    sample: Callable[[str], tuple[Outline, dict[str, Any]]]
    contract: Contract | None = None

    def context(self, language: str) -> bytes:
        """A sample context, as the child takes it."""
        return packed(*self.sample(language))

    def wanted(self) -> tuple[str, ...]:
        """What lint misses when a template leaves it out, alternatives parted by `|`."""
        marks = ("paper.masthead.marks",)
        if self.contract is None:
            return (*marks, "paper.blocks|model", "paper.annexes|model")
        named = ((group, term) for group in ("lines", "boxes", "tables") for term in getattr(self.contract, group))
        return (*marks, *(_alternatives(group, term) for group, term in named if term.always))


def _alternatives(group: str, term: Term) -> str:
    return f"{group}.{term.key}|paper.blocks|paper.annexes"


def template_kinds() -> Iterator[TemplateKind]:
    """All of them, the catalogue's first."""
    from atttcli.reports.papers.catalog import CATALOG

    yield from map(_of_catalog, CATALOG)
    yield TemplateKind(
        "incident", "Báo cáo sự cố", "Incident report", "atttcli/report-incident/1", ("vi", "en"), _incident
    )
    yield TemplateKind(
        "drill-report", "Báo cáo diễn tập", "After-action report", "atttcli/drill-report/1", ("vi", "en"), _after
    )
    names = {
        "plan": ("Kế hoạch diễn tập", "Drill plan"), "controller": ("Sổ điều khiển", "Controller's book"),
        "player": ("Sổ người chơi", "Player's book"), "observer": ("Phiếu quan sát", "Observer's sheets"),
        "handouts": ("Tờ phát theo tình huống", "A page for each inject"),
    }  # fmt: skip
    for book, (vi, en) in names.items():
        yield TemplateKind(f"drill-{book}", vi, en, "atttcli/drill-plan/1", ("vi", "en"), _book(book))


def find_template_kind(said: str) -> TemplateKind:
    """By name, or by whatever `report paper` takes for a paper."""
    from atttcli.reports.papers.catalog import find_kind

    plain = fold(said).replace(" ", "-")
    known = {kind.name: kind for kind in template_kinds()}
    if plain in known:
        return known[plain]
    try:
        return known[find_kind(said).name]
    except NotFound:
        raise NotFound(f"no paper {said[:40]!r}", hint="atttcli report template list: " + ", ".join(known)) from None


# Papers laid out as a form of the circular, and whether it prints Quốc hiệu.
_FORMS = {"mau_01": True, "mau_03": False, "mau_04": False, "mau_05": True}


def _of_catalog(kind: PaperKind) -> TemplateKind:
    from atttcli.reports.papers.contracts import contract_of

    contract = contract_of(kind)

    def sample(language: str) -> tuple[Outline, dict[str, Any]]:
        from atttcli.reports.paper import replaced, settled
        from atttcli.reports.paper_outline import compose_paper
        from atttcli.reports.templating.sample import sample_paper

        layout = "card" if kind.about == "card" else "form" if kind.code in _FORMS else "paper"
        made = sample_paper(contract, layout, language)  # type: ignore[arg-type]  # one of the three
        form = f"Mẫu số {kind.code[4:6]}" if kind.code in (*_FORMS, "mau_06") else ""
        paper = settled(replaced(made, form=form, nation=_FORMS.get(kind.code, layout == "paper")))
        return compose_paper(paper), paper_values(paper, contract)

    return TemplateKind(kind.name, kind.vi, kind.en, kind.model, kind.languages, sample, contract)


def _incident(language: str) -> tuple[Outline, dict[str, Any]]:
    from atttcli.report import IncidentReport, normalised
    from atttcli.reports.incident import compose
    from atttcli.reports.templating.sample import sample_model

    made = normalised(
        sample_model(IncidentReport, language, {"date": "2026-01-01", "schema": "atttcli/report-incident/1"})
    )
    return compose(made, language), model_values(made)


_SAID = {"vi": "«nội dung»", "en": "«text»"}
# Codes that the papers of a drill print in words: any text would not do.
_DRILL: dict[str, Any] = {
    "format": "tabletop", "capability": "phat-hien", "channel": "phone", "truth": "decoy", "reason": "on-time",
    "gates": [], "status": "open", "letter": "P", "kind": "note", "weights": [["detect", 25]], "dim": "detect",
    "DrillPlan.goals": [["O1", _SAID, "phat-hien"]], "dims": [["detect", 1.0, 25]],
}  # fmt: skip


def _after(language: str) -> tuple[Outline, dict[str, Any]]:
    from atttcli.model.drill_report import DrillReport
    from atttcli.reports.drill import compose_report
    from atttcli.reports.templating.sample import sample_model

    made = sample_model(DrillReport, language, _DRILL)
    return compose_report(made, language), model_values(made)


def _book(book: str) -> Callable[[str], tuple[Outline, dict[str, Any]]]:
    def sample(language: str) -> tuple[Outline, dict[str, Any]]:
        from atttcli.model.drill_report import DrillPlan
        from atttcli.reports.drill_plan import OPEN_BOOKS, compose_plan
        from atttcli.reports.templating.sample import sample_model

        made = sample_model(DrillPlan, language, _DRILL)
        return compose_plan(made, language, book), {} if book in OPEN_BOOKS else model_values(made)

    return sample
