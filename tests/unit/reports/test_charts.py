"""Charts: nothing overlaps or is cut off the sheet, nothing is lost in folding, untested is never nought, all formats agree."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from xml.etree import ElementTree

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.clock import DAY, HOUR, MINUTE, parse_moment
from atttcli.report import Header, Words
from atttcli.reports.charts import LANDSCAPE, PORTRAIT, draw
from atttcli.reports.charts.axis import axis_of
from atttcli.reports.charts.drawing import Label, page_room
from atttcli.reports.charts.heat import FILLS, MOST_ROWS, UNTESTED, heat_grid
from atttcli.reports.charts.lanes import UNITS, lane_grid
from atttcli.reports.docx_chart import chart_tables
from atttcli.reports.faces import shortened, width_of
from atttcli.reports.nd30 import TEXT_WIDTH, TEXT_WIDTH_LANDSCAPE
from atttcli.reports.outline import Chart, Happening, HeatChart, TimeChart
from atttcli.reports.paper import (
    Bar,
    Bars,
    HeatMap,
    HeatRow,
    Moment,
    Paper,
    Part,
    Timeline,
    paper_from_json,
    paper_json,
)
from atttcli.reports.paper_formats import PAPER_FORMATS, render_paper

NOON = parse_moment("2021-05-13 12:00")


def _paper(*parts: Part) -> Paper:
    head = Header(organ=Words("SỞ THÔNG TIN"), superior=Words("UBND TỈNH"))
    return Paper(code="x", as_of=NOON, kind="BÁO CÁO", summary="Thử", header=head, parts=parts, closing="Hết")


def _course() -> Timeline:
    return Timeline(
        name="course",
        title="Diễn biến",
        moments=(
            Moment(at=NOON, text="Mở sự cố", lane="Xử lý"),
            Moment(at=NOON + HOUR, text="Ngắt mạng máy bị nhiễm", lane="Xử lý"),
            Moment(
                at=NOON, until_at=NOON + DAY, done_at=NOON + HOUR, text="Báo cáo ban đầu", lane="Thời hạn", state="met"
            ),
            Moment(
                at=NOON,
                until_at=NOON + HOUR,
                done_at=NOON + 2 * HOUR,
                text="Báo chủ quản",
                lane="Thời hạn",
                state="late",
            ),
            Moment(at=NOON, until_at=NOON + 3 * DAY, text="Dữ liệu cá nhân", lane="Thời hạn", state="open"),
        ),
    )


def _map() -> HeatMap:
    rows = (HeatRow(label="T1110", cells=(3, 0, None)), HeatRow(label="T1566.001", cells=(12, 1, 7)))
    return HeatMap(
        name="map", title="Kỹ thuật theo xã", columns=("Xã A", "Xã B", "Xã C"), rows=rows, corner="Kỹ thuật \\ xã"
    )


_happening = st.builds(
    lambda at, text, lane, span, done, state: Happening(
        NOON + at * MINUTE, text, lane, None if span is None else NOON + (at + span) * MINUTE,
        None if span is None or done is None else NOON + (at + done) * MINUTE, state,
    ),
    st.integers(0, 50_000), st.text("Sự cố 0123456789", max_size=80), st.sampled_from("ABC"),
    st.none() | st.integers(0, 5_000), st.none() | st.integers(0, 9_000), st.sampled_from(("plain", "met", "late", "open")),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_happening, min_size=1, max_size=60), st.sampled_from((PORTRAIT, LANDSCAPE)))
def test_nothing_on_a_timeline_overlaps_or_leaves_the_sheet(happenings: list[Happening], width: float) -> None:
    chart = TimeChart("x", tuple(happenings))
    grid = lane_grid(chart, width)
    for lane in grid.lanes:
        for row in lane.rows:
            taken = [column for one in row.segments for column in range(one.start, one.end)]
            assert len(taken) == len(set(taken))
            for one in row.segments:
                assert 0 <= one.start < one.end <= UNITS
                if one.text:
                    assert width_of(one.text, 9) <= (one.end - one.start) * grid.unit
    ends = [0, *(one.end for one in grid.ticks)]
    assert all(one.start >= before for one, before in zip(grid.ticks, ends, strict=False))
    drawing = draw(chart, width)
    assert drawing.height <= page_room(width) + 40


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(10**16), 10**17), min_size=1, max_size=40))
def test_the_axis_keeps_the_order_of_time(moments: list[int]) -> None:
    axis = axis_of(moments)
    places = [axis.place(one) for one in sorted(moments)]
    assert places == sorted(places)
    assert all(-0.001 <= one <= 1.001 for one in places)


def test_an_idle_stretch_is_shortened_and_says_so() -> None:
    told = tuple(Happening(NOON + at * MINUTE, "x", "A") for at in (0, 10, 20, 30, 40, 60 * 24 * 5))
    grid = lane_grid(TimeChart("x", told), PORTRAIT)
    assert len(grid.breaks) == 1
    columns = [one.start for row in grid.lanes[0].rows for one in row.segments if one.kind == "plain"]
    assert max(sorted(columns)[:-1]) > UNITS // 2, "forty minutes of work would be one dot without the break"
    words = [shape.text for shape in draw(TimeChart("x", told), PORTRAIT).shapes if isinstance(shape, Label)]
    assert any("trục thời gian rút ngắn" in word for word in words)


def test_ticks_and_labels_are_in_local_time() -> None:
    grid = lane_grid(TimeChart("x", (Happening(NOON, "đầu"), Happening(NOON + 2 * HOUR, "cuối"))), PORTRAIT)
    assert grid.ticks[0].text == "12:00 13/05"
    labels = {one.text for row in grid.lanes[0].rows for one in row.segments if one.text}
    assert labels == {"12:00 đầu", "14:00 cuối"}


def test_in_time_late_and_not_done_differ_without_colour() -> None:
    grid = lane_grid(TimeChart("x", tuple(_happenings(_course()))), PORTRAIT)
    kinds = {one.kind for lane in grid.lanes for row in lane.rows for one in row.segments}
    assert {"met", "late", "bar", "over", "plain"} <= kinds
    text = render_paper(_paper(_course()), "txt").decode()
    assert "■" in text and "▲" in text and "═" in text


def _happenings(part: Timeline) -> list[Happening]:
    return [Happening(one.at, one.text, one.lane, one.until_at, one.done_at, one.state) for one in part.moments]


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_scale_darkens_evenly_and_its_print_is_readable() -> None:
    shades = [_luminance(fill) for fill in FILLS]
    assert shades == sorted(shades, reverse=True)
    assert all(before - after > 0.05 for before, after in pairwise(shades))
    grid = heat_grid(HeatChart("x", ("a",), tuple((str(n), (n,)) for n in (1, 4, 20, 90, 400))), PORTRAIT)
    for _label, cells in grid.rows:
        ground, ink = sorted((_luminance(cells[0].fill), _luminance(cells[0].ink)))
        assert (ink + 0.05) / (ground + 0.05) >= 4.5


def test_untested_is_grey_and_never_nought() -> None:
    chart = HeatChart("x", ("a", "b"), (("T1", (None, 0)), ("T2", (5, None))))
    cells = [cell for _label, row in heat_grid(chart, PORTRAIT).rows for cell in row]
    grey = [cell for cell in cells if cell.fill == UNTESTED]
    assert [cell.text for cell in grey] == ["–", "–"] and all(cell.hatched for cell in grey)
    told = _paper(HeatMap(name="m", title="x", columns=("a", "b"), rows=(HeatRow(label="T1", cells=(None, 0)),)))
    for name in ("txt", "md", "html", "csv"):
        assert "chưa thử" in render_paper(told, name).decode("utf-8-sig")
    assert "T1,chưa thử,0" in render_paper(told, "csv").decode("utf-8-sig")


@pytest.mark.parametrize("width", [PORTRAIT, LANDSCAPE])
def test_three_hundred_techniques_and_all_agencies_fit_a_page_and_nothing_is_lost(width: float) -> None:
    rows = tuple((f"T{1000 + at}", tuple((at * column) % 7 for column in range(146))) for at in range(300))
    chart = HeatChart("x", tuple(f"Ủy ban nhân dân xã số {at}" for at in range(146)), rows)
    grid = heat_grid(chart, width)
    assert len(grid.rows) <= MOST_ROWS + 1  # and their sum
    assert grid.label_width + len(grid.heads) * grid.column_width <= width + 0.5
    assert grid.column_width >= 24
    total = sum(sum(cells) for _label, cells in rows)
    assert grid.rows[-1][1][-1].text.replace(".", "") == str(total)
    printed = sum(int(cells[-1].text.replace(".", "")) for _label, cells in grid.rows[:-1])
    assert printed == total
    drawing = draw(chart, width)
    assert drawing.height <= page_room(width) + 20


def test_others_are_counted_and_do_not_set_the_scale() -> None:
    chart = HeatChart("x", ("a",), tuple((f"r{at}", (2,)) for at in range(100)))
    grid = heat_grid(chart, PORTRAIT)
    label, cells = grid.rows[-2]
    assert label == (f"Khác ({100 - MOST_ROWS + 1})",)
    assert cells[0].fill == "#ffffff"
    assert [text for _cell, text in grid.legend] == ["1", "2"]


def test_points_of_a_hundred_are_not_added_up() -> None:
    chart = HeatChart("x", ("a", "b"), tuple((f"r{at}", (50, None)) for at in range(40)), percent=True)
    grid = heat_grid(chart, PORTRAIT)
    assert len(grid.rows) == MOST_ROWS - 1 and len(grid.heads) == 2
    assert "25" in grid.note


@pytest.mark.parametrize("width", [TEXT_WIDTH, TEXT_WIDTH_LANDSCAPE])
@pytest.mark.parametrize("kind", ["bars", "heat", "times"])
def test_word_can_hold_the_tables(kind: str, width: int) -> None:
    charts = {
        "bars": Chart("x", tuple((f"Loại {at}", at * 37, at * 11) for at in range(60))),
        "heat": HeatChart(
            "x", tuple(f"Cột số {at}" for at in range(80)), tuple((f"r{r}", (1,) * 80) for r in range(90))
        ),
        "times": TimeChart("x", tuple(_happenings(_course()))),
    }
    previous = ""
    for made in chart_tables(charts[kind], width):
        if made.tag != "w:tbl":
            previous = made.tag
            continue
        assert previous != "w:tbl", "Word joins tables that touch"
        previous = made.tag
        grid = [int(column.get("w:w", "0")) for column in made.iter("w:gridCol")]
        assert len(grid) <= 63 and sum(grid) <= width and min(grid) > 0
        for row in made.iter("w:tr"):
            spans = [
                max([int(one.get("w:val", "1")) for one in cell.iter("w:gridSpan")] or [1]) for cell in row.iter("w:tc")
            ]
            assert sum(spans) == len(grid)


def test_every_format_shows_the_same_numbers() -> None:
    import pdfplumber

    made = _paper(Bars("Sự cố", (Bar(label="Mã độc", value=1204, previous=9),)), _map(), _course())
    texts = {name: render_paper(made, name) for name in ("html", "md", "txt")}
    with pdfplumber.open(io.BytesIO(render_paper(made, "pdf"))) as book:
        texts["pdf"] = "\n".join(page.extract_text() for page in book.pages).encode()
    with zipfile.ZipFile(io.BytesIO(render_paper(made, "docx"))) as archive:
        texts["docx"] = re.sub(rb"<[^>]+>", b" ", archive.read("word/document.xml"))
    for name, data in texts.items():
        text = data.decode().replace("\\", "")
        for said in ("Mã độc", "1.204", "T1566.001", "23", "Kỹ thuật theo xã"):
            assert said in text, (name, said)
    for name in ("html", "pdf", "docx"):
        assert "Ngắt mạng máy bị nhiễm" in texts[name].decode(), name
    assert "| Báo chủ quản | trễ hạn (13/05/2021 14:00) |" in texts["md"].decode()


def test_the_page_draws_svg_without_script_or_style() -> None:
    page = render_paper(_paper(_map(), _course()), "html").decode()
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 2
    for one in drawings:
        root = ElementTree.fromstring(one)
        assert root.get("role") == "img" and root.get("aria-label") and root.findtext("title") and root.findtext("desc")
        assert not [
            node for node in root.iter() if "style" in node.attrib or node.tag in ("script", "style", "image", "a")
        ]


def test_the_model_keeps_everything_and_comes_back_from_json() -> None:
    rows = tuple(HeatRow(label=f"r{at}", cells=tuple(range(60))) for at in range(200))
    made = _paper(HeatMap(name="m", title="x", columns=tuple(map(str, range(60))), rows=rows), _course())
    again = paper_from_json(paper_json(made))
    assert again == made
    assert render_paper(made, "csv").decode("utf-8-sig").count("\r\n") >= 200
    for name in PAPER_FORMATS:
        assert render_paper(made, name) == render_paper(again, name)


def test_what_has_nothing_to_draw_is_not_drawn() -> None:
    empty = (
        Bars("Không có gì", ()),
        HeatMap(name="m", title="Không có gì", columns=(), rows=()),
        Timeline(name="t", title="Không có gì", moments=()),
    )
    for name in ("html", "md", "txt"):
        assert "Không có gì" not in render_paper(_paper(*empty), name).decode()


def test_rows_of_the_wrong_length_from_elsewhere_are_drawn() -> None:
    rows = (HeatRow(label="a", cells=(1,)), HeatRow(label="b", cells=(1, 2, 3, 4)))
    text = render_paper(_paper(HeatMap(name="m", title="x", columns=("p", "q"), rows=rows)), "txt").decode()
    assert "–" in text


def test_word_opens_what_was_written() -> None:
    data = render_paper(_paper(Bars("x", (Bar(label="a", value=3),)), _map(), _course()), "docx")
    assert len(docx.Document(io.BytesIO(data)).tables) >= 5


@given(st.text(max_size=60), st.floats(5, 300))
@settings(max_examples=100, deadline=None)
def test_a_shortened_text_fits(text: str, room: float) -> None:
    cut = shortened(text, room, 9)
    assert width_of(cut, 9) <= max(room, width_of("…", 9)) + 0.001


@pytest.mark.parametrize("width", [PORTRAIT, LANDSCAPE])
@pytest.mark.parametrize("label", ["x" * 500, "Ủy ban nhân dân xã " * 9, "中文" * 40, "", "</svg>=1+1"])
def test_no_label_leaves_the_sheet(width: float, label: str) -> None:
    cells = tuple(10**at for at in range(9))
    charts = (
        HeatChart(label, (label,) * 9, ((label, cells), (label, (None,) * 9)), label),
        Chart(label, ((label, 10**9, 0),)),
    )
    for chart in charts:
        for one in draw(chart, width).shapes:
            if isinstance(one, Label) and not one.turned:
                wide = width_of(one.text, one.size, bold=one.bold)
                left = one.x - {"start": 0, "middle": wide / 2, "end": wide}[one.anchor]
                assert left >= -2 and left + wide <= width + 3, one
    twips = TEXT_WIDTH if width == PORTRAIT else TEXT_WIDTH_LANDSCAPE
    for made in chart_tables(charts[0], twips):
        assert sum(int(column.get("w:w", "0")) for column in made.iter("w:gridCol")) <= twips
