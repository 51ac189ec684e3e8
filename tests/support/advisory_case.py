"""A workspace with a national list taken in: infected addresses of three agencies, and one that nobody owns."""

from __future__ import annotations

from pathlib import Path

from atttcli.cli.context import App
from tests.support.casework import SetClock, add_alert, make_app

LIST = "\n".join(
    (
        "Số: 1024/CATTT-NCSC;;;;;;",
        '"Hà Nội, ngày 27 tháng 02 năm 2026";;;;;;',
        "V/v danh sách địa chỉ IP nhiễm mã độc;;;;;;",
        "Đề nghị báo cáo kết quả trước ngày 20/03/2026;;;;;;",
        "STT;Tên đơn vị;Địa chỉ IP;Cổng;Thời gian (GMT+7);Loại mã độc;C&C",
        "1;UBND xã Vi Hương;203.0.113.249;51342;2026-02-25 08:12:11;Andromeda;198.51.100.7",
        "2;Sở Xây dựng;203.0.113.101;40001;2026-02-25 09:12:11;Mirai;198.51.100.8",
        "3;?;203.0.113.66;1234;2026-02-24 10:00:00;Andromeda;198.51.100.7",
        "4;?;198.51.100.200;1234;2026-02-24 10:00:00;Andromeda;198.51.100.7",
    )
)


def write_list(folder: Path) -> Path:
    path = folder / "danh-sach.csv"
    path.write_text(LIST + "\n", encoding="utf-8")
    return path


def add_list(app: App, alerts: int = 3) -> None:
    """The facts that ingesting such a list leaves, without reading one: alerts with sightings in one source file."""
    letter = '{"number":"1024/CATTT-NCSC","sender":"CATTT-NCSC","date":"2026-02-27","deadline":"2026-03-20"}'
    owners = [
        ("x-vi-huong", "203.0.113.249"),
        ("so-xd", "203.0.113.101"),
        ("vp-ubnd", "203.0.113.66"),
        ("", "198.51.100.200"),
    ]
    with app.store.transaction() as db:
        db.execute(
            "INSERT INTO source_file (sha256, path, size, reader, kind, first_seen, state, alerts, letter)"
            " VALUES ('ab', 'inbox/danh-sach.csv', 1, 'list-csv', 'list', 1, 'done', ?, ?)",
            (alerts, letter),
        )
    for seq, (agency, victim) in enumerate(owners[: alerts + 1], 1):
        number = add_alert(
            app.store, seq, kind="national-list", agency=agency, victim=victim, category="madoc",
            detail='{"malware":"Andromeda","port":"51342"}', tags='["infected"]',
            observables='[{"type":"ipv4-addr","value":"198.51.100.7","role":"c2"}]',
        )  # fmt: skip
        with app.store.transaction() as db:
            db.execute(
                "INSERT INTO sighting SELECT id, ?, 5, 'ab', 'inbox/danh-sach.csv', 1, NULL FROM alert WHERE number = ?",
                (f"o{seq}", number),
            )


def listed_app(folder: Path, clock: SetClock | None = None) -> App:
    app = make_app(folder, clock)
    add_list(app)
    return app
