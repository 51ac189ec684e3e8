"""The figures of periodic papers, each with what it was counted from: `report why` reads them years later.

`headline` are those of the table that opens a report; `details` stand behind the other tables and sentences. A figure names
the things counted (incidents, copies as `letter/agency`, alerts ...) and the entries of the journal that made them so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.incident.metrics import MEASURES, Summary, summarise, times
from atttcli.journal.journal import undone_seqs
from atttcli.reports.paper import Figure, figure
from atttcli.reports.papers.words import sentence

if TYPE_CHECKING:
    from atttcli.reports.papers.counts import Tally
    from atttcli.reports.papers.desk import Desk
    from atttcli.reports.papers.period import Period
    from atttcli.reports.papers.silence import Silence

WEEKLY = ("alerts", "alerts_decided", "incidents", "incidents_ended", "incidents_carried", "incidents_closed", "machines",
          "advisories", "answers", "agencies_answered")  # fmt: skip
_MADE = {
    "advisories": ("advisory.numbered",),
    "answers": ("delivery.answered", "delivery.acknowledged", "delivery.verified"),
    "trainings": ("training.held",),
    "inspections": ("inspection.held",),
    "contracts": ("contract.added",),
}
_DECIDED = (
    "alert.closed",
    "incident.opened",
    "incident.linked",
    "incident.split",
    "incident.merged",
    "advisory.issued",
)


class Entries:
    """Entries of the journal by what they made so, taken back ones left out; asked for by the objects they speak of."""

    def __init__(self, desk: Desk) -> None:
        self._store = desk.store
        undone = undone_seqs(desk.store.connection)
        wanted = sorted({*_DECIDED, *(verb for verbs in _MADE.values() for verb in verbs)})
        marks = ",".join("?" * len(wanted))
        rows = desk.store.rows(
            f"SELECT seq, verb, object, time FROM journal WHERE verb IN ({marks}) ORDER BY seq", *wanted
        )
        self._rows = [tuple(row) for row in rows if row["seq"] not in undone]

    def of(self, kind: str, objects: Iterable[str]) -> list[int]:
        """Entries of a kind about these objects, in order."""
        verbs, wanted = _MADE[kind], set(objects)
        return [seq for seq, verb, named, _time in self._rows if named in wanted and verb in verbs]

    def deciding(self, alerts: Sequence[str]) -> list[int]:
        """Entries by which these alerts came to the state that they are in."""
        marks = ",".join("?" * len(alerts))
        found = self._store.rows(f"SELECT DISTINCT at FROM alert_state WHERE alert IN ({marks})", *alerts)
        moments = {row[0] for row in found}
        return [seq for seq, verb, _named, time in self._rows if time in moments and verb in _DECIDED]


def headline(desk: Desk, now: Tally, before: Tally) -> Iterator[Figure]:
    """The figures of the table that opens the report, in its order."""
    made = Entries(desk)
    yield from _alerts(desk, made, now, before)
    yield from _incidents(desk, now, before)
    yield from _letters(desk, made, now, before)
    yield from _work(desk, made, now, before)


def _alerts(desk: Desk, made: Entries, now: Tally, before: Tally) -> Iterator[Figure]:
    say = desk.say
    yield figure(
        "alerts", say("Cảnh báo tiếp nhận", "Alerts"), now.alert_numbers, value=now.alerts, previous=before.alerts,
        query=say(
            "cảnh báo không bị ẩn, lưu trong kỳ, không thuộc sự cố diễn tập (atttcli alert list)",
            "alerts stored in the period, not muted, of no exercise",
        ),
    )  # fmt: skip
    yield figure(
        "alerts_decided", say("Cảnh báo đã xem xét", "Alerts decided on"), now.decided_numbers, value=now.alerts_decided,
        of=now.alerts, previous=before.alerts_decided, previous_of=before.alerts,
        entries=made.deciding(now.decided_numbers),
        query=say("có quyết định: gắn sự cố, gửi cảnh báo hoặc đóng", "linked, passed on or closed"),
    )  # fmt: skip


def _incidents(desk: Desk, now: Tally, before: Tally) -> Iterator[Figure]:
    say = desk.say
    numbers = [one["number"] for one in now.incidents]
    yield figure(
        "incidents", say("Sự cố tiếp nhận", "Incidents reported"), numbers, previous=len(before.incidents),
        entries=now.entries(numbers),
        query=say(
            "sự cố tiếp nhận trong kỳ; không tính diễn tập, báo nhầm, gộp",
            "reported in the period; no exercises, false alarms or merged",
        ),
    )  # fmt: skip
    ended = now.ended()
    yield figure(
        "incidents_ended", say("Trong đó đã xử lý xong đến nay", "Of these handled to the end"), ended, of=len(numbers),
        previous=len(before.ended()), previous_of=len(before.incidents), entries=now.endings(ended),
        query=say("trạng thái tổng kết hoặc đóng khi lập báo cáo", "status post_incident or closed when the report was made"),
    )  # fmt: skip
    yield figure(
        "incidents_carried", say("Sự cố kỳ trước chuyển sang", "Carried over, unfinished"), now.carried,
        previous=len(before.carried), entries=now.entries(now.carried),
        query=say("chưa xử lý xong tại thời điểm đầu kỳ", "not handled to the end at the period's first moment"),
    )  # fmt: skip
    yield figure(
        "incidents_closed", say("Sự cố đóng trong kỳ", "Closed in the period"), now.closed, previous=len(before.closed),
        entries=now.endings(now.closed),
        query=say("đóng hồ sơ trong kỳ, dù tiếp nhận khi nào", "closed in the period, whenever reported"),
    )  # fmt: skip


def _letters(desk: Desk, made: Entries, now: Tally, before: Tally) -> Iterator[Figure]:
    say = desk.say
    letters = {one["advisory"] for one in now.deliveries}
    answers = made.of("answers", letters)
    handled, total = now.machines()
    was_handled, was_total = before.machines()
    counted = [f"{one['advisory']}/{one['agency']}" for one in now.deliveries if one["total"] or one["handled"]]
    yield figure(
        "machines", say("Máy nhiễm, có lỗ hổng đã xử lý", "Machines handled"), counted, value=handled, of=total,
        previous=was_handled, previous_of=was_total, entries=answers,
        query=say(
            "theo trả lời của đơn vị cho cảnh báo gửi trong kỳ", "as agencies answered to letters sent in the period"
        ),
    )  # fmt: skip
    issued = [one["number"] for one in now.advisories]
    yield figure(
        "advisories", say("Văn bản cảnh báo đã phát hành", "Advisories issued"), issued, previous=len(before.advisories),
        entries=made.of("advisories", issued),
        query=say("ngày văn bản trong kỳ; không tính văn bản thu hồi", "dated in the period, not withdrawn"),
    )  # fmt: skip
    yield figure(
        "answers", say("Lượt đơn vị trả lời cảnh báo", "Answers of agencies"), now.answered(), of=len(now.deliveries),
        previous=len(before.answered()), previous_of=len(before.deliveries), entries=answers,
        query=say("bản gửi trong kỳ đã có trả lời đến nay", "copies sent in the period, answered by now"),
    )  # fmt: skip
    yield figure(
        "agencies_answered", say("Số đơn vị đã trả lời", "Agencies that answered"), now.agencies_answered(),
        of=len(now.agencies_sent()), previous=len(before.agencies_answered()), previous_of=len(before.agencies_sent()),
        entries=answers,
        query=say("đơn vị trả lời ít nhất một cảnh báo gửi trong kỳ", "answered at least one letter sent in the period"),
    )  # fmt: skip


def _work(desk: Desk, made: Entries, now: Tally, before: Tally) -> Iterator[Figure]:
    say = desk.say
    yield figure(
        "drills", say("Cuộc diễn tập", "Drills"), [one["number"] for one in now.drills], previous=len(before.drills),
        entries=[one["seq"] for one in now.drills if one["seq"]],
        query=say("kết thúc trong kỳ", "ended in the period"),
    )  # fmt: skip
    taught = [one["number"] for one in now.trainings]
    for key, label, value, was in (
        ("trainings", say("Lớp tập huấn", "Trainings"), len(taught), len(before.trainings)),
        ("attendees", say("Lượt người được tập huấn", "People trained"), _people(now), _people(before)),
    ):
        yield figure(
            key, label, taught, value=value, previous=was, entries=made.of("trainings", taught),
            query=say("ngày đầu của lớp trong kỳ", "begun in the period"),
        )  # fmt: skip
    looked = [one["number"] for one in now.inspections]
    yield figure(
        "inspections", say("Lượt kiểm tra, đánh giá hệ thống", "Inspections of systems"), looked,
        previous=len(before.inspections), entries=made.of("inspections", looked),
        query=say("ngày kiểm tra trong kỳ", "held in the period"),
    )  # fmt: skip
    bound = [one["number"] for one in now.contracts]
    yield figure(
        "contracts", say("Hợp đồng giám sát có hiệu lực trong kỳ", "Monitoring contracts in force"), bound,
        previous=len(before.contracts), entries=made.of("contracts", bound),
        query=say("có ít nhất một ngày hiệu lực trong kỳ", "in force on at least one day of the period"),
    )  # fmt: skip


def _people(tally: Tally) -> int:
    return sum(one["attendees"] for one in tally.trainings)


def details(desk: Desk, period: Period, now: Tally, before: Tally) -> Iterator[Figure]:
    """Figures of the tables by severity, type, agency, letter and time."""
    from atttcli.reports.wording import wording

    severities = wording(desk.language).severity
    for code in sorted(now.alerts_by_severity):
        yield figure(
            f"severity.{code}", severities.get(code, code), value=now.alerts_by_severity[code],
            previous=before.alerts_by_severity.get(code, 0), query=f"atttcli alert list --severity {code}",
        )  # fmt: skip
    names = type_names(desk)
    yield from _grouped("type", now, now.by_type(), before.by_type(), names)
    mine, was = agencies_now(desk, period, now), agencies_now(desk, period, before)
    yield from _grouped("agency", now, mine, was, {code: desk.agency(code) for code in mine if code})
    yield from _each_letter(desk, now)
    yield from _times(desk, period)


def _grouped(
    kind: str, now: Tally, mine: Mapping[str, list[str]], was: Mapping[str, list[str]], names: Mapping[str, str]
) -> Iterator[Figure]:
    for code in sorted(mine):
        yield figure(
            f"{kind}.{code or 'unknown'}", names.get(code, code or "-"), mine[code], previous=len(was.get(code, ())),
            entries=now.entries(mine[code]),
        )  # fmt: skip


def _each_letter(desk: Desk, now: Tally) -> Iterator[Figure]:
    made = Entries(desk)
    copies: dict[str, list[dict[str, Any]]] = {}
    for one in now.deliveries:
        copies.setdefault(one["advisory"], []).append(one)
    from atttcli.reports.papers.counts import ANSWERED

    for number, rows in copies.items():
        answered = [f"{number}/{one['agency']}" for one in rows if one["state"] in ANSWERED]
        yield figure(
            f"answers.{number}", number, answered, of=len(rows), entries=made.of("answers", (number,)),
            query=desk.say("bản gửi trong kỳ đã có trả lời", "copies sent in the period, answered"),
        )  # fmt: skip


def _times(desk: Desk, period: Period) -> Iterator[Figure]:
    """How many incidents stand behind each median."""
    measured = list(times(desk.store, period.start, period.end))
    for name in MEASURES:
        counted = [one.number for one in measured if getattr(one, name) is not None]
        yield figure(f"times.{name}", time_names(desk)[name], counted, query=f"atttcli incident metrics ({name})")


def silence_figures(desk: Desk, found: Silence) -> Iterator[Figure]:
    """Who was silent, and who was not heard of without being asked."""
    say = desk.say
    yield figure(
        "silent", say("Đơn vị im lặng", "Silent agencies"), [one.agency for one in found.silent], of=len(found.asked),
        query=say(
            "đang nợ trả lời và trong kỳ không trả lời, không báo sự cố, không gửi nhật ký hay kết quả quét",
            "owed an answer, and neither answered, reported, nor sent a log or a scan in the period",
        ),
    )  # fmt: skip
    yield figure(
        "quiet", say("Đơn vị không bị hỏi, không có tin", "Not asked, not heard of"), found.quiet, of=len(found.agencies),
        query=say("không nợ trả lời, trong kỳ không có tin nào", "owed nothing, and nothing came in the period"),
    )  # fmt: skip


def agencies_now(desk: Desk, period: Period, tally: Tally) -> dict[str, list[str]]:
    """Incidents by agency as it stands on the period's last day: whoever was merged away is its successor."""
    found: dict[str, list[str]] = {}
    for code, numbers in tally.by_agency().items():
        found.setdefault(desk.inventory.current(code, period.span[1]) if code else "", []).extend(numbers)
    return {code: sorted(set(numbers)) for code, numbers in found.items()}


def type_names(desk: Desk) -> dict[str, str]:
    """Incident types of the profile by code, in its order."""
    return {one.code: one.name if desk.language == "vi" else sentence(one.name_en) for one in desk.law.incident_types}


def time_names(desk: Desk) -> dict[str, str]:
    """What each measure of time is called."""
    return {
        "mttd": desk.say("Từ khi xảy ra đến phát hiện", "Occurred to detected"),
        "mtta": desk.say("Từ tiếp nhận đến bắt đầu xem xét", "Reported to taken up"),
        "mttc": desk.say("Từ phát hiện đến khống chế", "Detected to contained"),
        "mttr": desk.say("Từ phát hiện đến khôi phục", "Detected to recovered"),
    }


def time_summaries(desk: Desk, period: Period) -> tuple[Summary | None, Summary | None]:
    """Of the period and of the one before."""
    found = [summarise(times(desk.store, one.start, one.end)) for one in (period, period.before())]
    return (found[0][0] if found[0] else None, found[1][0] if found[1] else None)
