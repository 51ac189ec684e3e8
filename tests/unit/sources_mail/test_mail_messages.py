"""Mails: what makes one worth a look, what it hands on, and that an ordinary letter stays a letter."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sources_lists"))

from document_samples import attachments, best, given, letters, of, outlook, problems, read

from atttcli.clock import VIETNAM, local_text
from atttcli.errors import MissingFeature, SecretDocument
from atttcli.model.alert import Alert
from atttcli.model.severity import Severity

CENTRE = "Cục ATTT <canhbao@cuc.example>"


def mail(
    text: str = "Kính gửi đơn vị.", *, page: str = "", files: dict[str, bytes] | None = None, **headers: str
) -> EmailMessage:
    """A mail from the centre to a mailbox of ours; headers by name with underscores."""
    message = EmailMessage()
    fields = {
        "From": CENTRE, "To": "vanthu@backan.gov.vn", "Subject": "Thông báo", "Message-ID": "<1@cuc.example>",
        "Date": "Mon, 23 Nov 2026 10:04:05 +0700",
    } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    for name, value in fields.items():
        message[name] = value
    message.set_content(text)
    if page:
        message.add_alternative(page, subtype="html")
    for name, data in (files or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def alert_of(message: EmailMessage) -> Alert:
    found = read(message.as_bytes(), "a.eml")
    (alert,) = of(found, Alert)
    assert isinstance(alert, Alert)
    assert not letters(found), "a suspicious mail is no letter unless it carries a letter's number"
    return alert


def test_plain_letter_with_a_list_is_a_letter_and_its_attachment() -> None:
    text = "Số: 12/CATTT-NCSC\nĐề nghị báo cáo kết quả trong vòng 5 ngày."
    found = read(
        mail(text, files={"ds.xlsx": b"PK\x03\x04x"}, Subject="V/v cảnh báo IP nhiễm mã độc").as_bytes(), "a.eml"
    )
    (letter,), (attachment,) = letters(found), attachments(found)
    assert not of(found, Alert)
    assert (letter.number, letter.date, letter.deadline) == ("12/CATTT-NCSC", "2026-11-23", "2026-11-28")
    assert letter.sender == "canhbao@cuc.example"
    assert (attachment.name, attachment.data, attachment.origin) == ("ds.xlsx", b"PK\x03\x04x", "1@cuc.example")


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("hoa don.pdf.exe", b"x", "two endings"), ("a.hta", b"x", ".hta"), ("a.lnk", b"x", ".lnk"), ("a.JS", b"x", ".js"),
        ("a.iso", b"x", "disk image"), ("a.docm", b"x", "macros"), ("a.doc", zipped("word/vbaProject.bin"), "macros"),
        ("cong-van.\u202efdp.exe", b"x", "direction"), ("a.exe. .", b"x", ".exe"), ("a.ｅｘｅ", b"x", ".exe"),
        ("a.txt", b"MZ\x90", "Windows program"),
        ("a.zip", zipped("x.pdf.lnk"), ".lnk"), ("a.html", b"x", "web page"), ("a.txt", b"L\0\0\0\x01", "shortcut"),
    ],
)  # fmt: skip
def test_risky_attachments(name: str, data: bytes, word: str) -> None:
    alert = alert_of(mail(files={name: data}))
    assert any(word in why for why in alert.why), alert.why
    assert (alert.category, alert.severity, alert.tags) == ("madoc", Severity.HIGH, ("risky-attachment",))
    digest = hashlib.sha256(data).hexdigest()
    assert (digest, "attachment") in [(o.value, o.role) for o in alert.observables]
    assert alert.detail["attachments"][0]["sha256"] == digest


@pytest.mark.parametrize("name", ["a.pdf", "cong-van.12.docx", "anh.jpg", "ds.v1.2.xlsx", "ghi.chu.txt"])
def test_ordinary_attachments_raise_nothing(name: str) -> None:
    assert not of(read(mail(files={name: b"%PDF"}).as_bytes(), "a.eml"), Alert)


def test_link_that_shows_one_site_and_leads_to_another() -> None:
    page = '<a href="hxxp://bad.example/x">https://cuc.example/login</a> <a href="https://www.cuc.example/">cuc.example</a>'
    alert = alert_of(mail(page=page.replace("hxxp", "http")))
    assert alert.why == ("a link shows cuc.example and leads to bad.example",)
    assert ("http://bad.example/x", "url") in [(o.value, o.role) for o in alert.observables]


@pytest.mark.parametrize(
    ("headers", "tag"),
    [
        ({"Reply_To": "thu@khac.example"}, "reply-to-mismatch"),
        ({"From": '"vanthu@backan.gov.vn" <x@la.example>'}, "display-name-spoof"),
        ({"From": "x@backan-gov-vn.example"}, "lookalike-domain"),
        (
            {"Authentication_Results": "mx.backan.gov.vn; spf=fail smtp.mailfrom=x; dkim=none; dmarc=fail"},
            "authentication-failed",
        ),
    ],
)
def test_headers_that_do_not_fit(headers: dict[str, str], tag: str) -> None:
    alert = alert_of(mail(**headers))
    assert alert.tags == (tag,)
    assert alert.category == "giamao"


@pytest.mark.parametrize(
    "headers",
    [
        {"Reply_To": "khac@mail.cuc.example"},
        {"Authentication_Results": "mx.backan.gov.vn; spf=pass; dkim=pass; dmarc=pass"},
        {"From": "a@backan.gov.vn"},
        {"From": "a@thainguyen.gov.vn"},
        {"From": '"Cục An toàn thông tin" <a@cuc.example>'},
    ],
)
def test_headers_that_fit(headers: dict[str, str]) -> None:
    assert not of(read(mail(**headers).as_bytes(), "a.eml"), Alert)


def test_only_our_own_servers_verdict_counts() -> None:
    message = mail()
    message["Authentication-Results"] = "mx.backan.gov.vn; spf=pass"
    message["Authentication-Results"] = "evil.example; spf=fail"
    assert not of(read(message.as_bytes(), "a.eml"), Alert)


def test_password_form_in_the_body() -> None:
    alert = alert_of(mail(page='<form action="http://f.example/p"><input type="password" name=p></form>'))
    assert "password-form" in alert.tags
    assert "http://f.example/p" in [o.value for o in alert.observables]


def test_alert_names_victims_relay_and_time_and_no_body() -> None:
    message = mail("chuỗi riêng tư 4711", files={"a.hta": b"x"}, Cc="x@khac.example, Vanthu2@BACKAN.gov.vn")
    message["Received"] = (
        "from mta.la.example (la [198.51.100.66]) by mx.backan.gov.vn; Mon, 23 Nov 2026 10:06:00 +0700"
    )
    message["Received"] = "from inside (x [10.0.0.1]) by mta.la.example; Mon, 23 Nov 2026 09:00:00 +0700"
    alert = alert_of(message)
    assert (alert.victim, alert.key, alert.sender) == ("vanthu@backan.gov.vn", "1@cuc.example", "canhbao@cuc.example")
    assert alert.detail["recipients"] == ["vanthu@backan.gov.vn", "vanthu2@backan.gov.vn"]
    assert [o.value for o in alert.observables if o.role == "relay"] == ["198.51.100.66"]
    assert alert.time is not None
    assert local_text(alert.time) == "23/11/2026 10:06:00"
    assert "4711" not in repr(alert)


def test_colleague_forwarding_a_suspicious_mail() -> None:
    inner = mail(
        "vào http://la.example/x", From="x@la.example", Message_ID="<7@la.example>", Subject="Nâng cấp hộp thư"
    )
    outer = mail(
        "Nghi ngờ thư lừa đảo, kiểm tra giúp", From="An <an@backan.gov.vn>", To="attt@backan.gov.vn", Message_ID="<9@x>"
    )
    outer.add_attachment(inner)
    found = read(outer.as_bytes(), "a.eml")
    (alert,) = of(found, Alert)
    assert (alert.title, alert.key, alert.sender, alert.victim) == (
        "Nâng cấp hộp thư",
        "7@la.example",
        "x@la.example",
        "an@backan.gov.vn",
    )
    assert alert.why[0] == "forwarded as suspicious by an@backan.gov.vn"
    assert "http://la.example/x" in [o.value for o in alert.observables]
    (attachment,) = attachments(found)
    assert attachment.name == "Nâng cấp hộp thư.eml"
    assert best(given(attachment.data, attachment.name)).name == "mail-eml"


def test_forwarding_something_ordinary_is_no_alert() -> None:
    outer = mail("Gửi anh chị tham khảo", From="An <an@backan.gov.vn>")
    outer.add_attachment(mail("Lịch họp"))
    found = read(outer.as_bytes(), "a.eml")
    assert not of(found, Alert)
    assert len(attachments(found)) == 1


@pytest.mark.parametrize("headers", [{"Subject": "[MẬT] V/v x"}, {}])
def test_secret_mails_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SecretDocument):
        read(mail("UBND TỈNH\n\nTỐI MẬT\n\nx" if not headers else "x", **headers).as_bytes(), "a.eml")


def test_subject_of_a_phishing_mail_about_passwords_is_no_mark() -> None:
    assert letters(read(mail(Subject="MẬT KHẨU của bạn sắp hết hạn").as_bytes(), "a.eml"))


def test_encodings_and_broken_parts_are_survived() -> None:
    raw = (
        b"From: =?utf-8?b?Q+G7pWM=?= <a@cuc.example>\r\nTo: vanthu@backan.gov.vn\r\n"
        b"Subject: =?x-unknown?q?abc?= =?utf-8?q?t=E1=BB=87p?=\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=punycode\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64\r\n"
        b"--b\r\nContent-Type: application/x; name*99999999999999=x\r\n\r\nabc\r\n"
        b'--b\r\nContent-Type: application/octet-stream; name="a.hta"\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n'
    )
    found = read(raw, "a.eml")
    assert [a.name for a in attachments(found)][-1] == "a.hta"
    assert "tệp" in of(found, Alert)[0].title


def test_text_files_and_logs_are_not_mails() -> None:
    for text in ("Kính gửi: x\nV/v: y\n", "time: 1\nlevel: 2\nmsg: 3\n", "From here on\nto there\n", ""):
        one = given(text.encode(), "a.eml")
        assert best(one) is None, text


HEADERS = (
    'From: "vanthu@backan.gov.vn" <x@la.example>\r\nTo: an@backan.gov.vn\r\nMessage-ID: <5@la.example>\r\n'
    "Date: Mon, 23 Nov 2026 10:00:00 +0700\r\nSubject: =?utf-8?q?H=C3=B3a_=C4=91=C6=A1n?=\r\n"
)


def test_outlook_message_like_its_eml_twin() -> None:
    pytest.importorskip("olefile")
    files = [("hóa đơn.pdf.exe", b"MZ" + b"x" * 6000), ("nhỏ.txt", b"abc")]
    found = read(outlook({"0037": "Hóa đơn", "007D": HEADERS, "1000": "xem hxxp://la[.]example/a"}, files), "a.msg")
    (alert,) = of(found, Alert)
    assert (alert.title, alert.victim, alert.sender, alert.key) == (
        "Hóa đơn",
        "an@backan.gov.vn",
        "x@la.example",
        "5@la.example",
    )
    assert alert.tags == ("display-name-spoof", "risky-attachment")
    assert "http://la.example/a" in [o.value for o in alert.observables]
    assert [(a.name, a.data) for a in attachments(found)] == files


def test_outlook_message_without_internet_headers() -> None:
    pytest.importorskip("olefile")
    filetime = 134_393_666_450_000_000  # 100 ns since 1601
    data = outlook({"0037": "Thông báo", "0C1F": "A@cuc.example", "1000": "Kính gửi"}, delivered=filetime)
    (letter,) = letters(read(data, "a.msg"))
    expected = (
        (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=filetime // 10))
        .astimezone(VIETNAM)
        .date()
        .isoformat()
    )
    assert (letter.subject, letter.sender, letter.date) == ("Thông báo", "a@cuc.example", expected)


def test_outlook_message_as_the_peer_reads_it() -> None:
    peer = pytest.importorskip("extract_msg")
    pytest.importorskip("olefile")
    data = outlook({"0037": "Thử", "007D": HEADERS, "1000": "thân thư"}, [("a.txt", b"z" * 5000), ("b.txt", b"hi")])
    with peer.openMsg(io.BytesIO(data)) as theirs:
        assert theirs.subject == "Thử"
        assert theirs.body == "thân thư"
        expected = [(a.longFilename, a.data) for a in theirs.attachments]
    assert [(a.name, a.data) for a in attachments(read(data, "a.msg"))] == expected


def test_outlook_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "olefile", None)
    with pytest.raises(MissingFeature) as caught:
        read(outlook({"0037": "x"}), "a.msg")
    assert "outlook" in caught.value.hint


def test_other_compound_files_are_not_mails() -> None:
    from document_samples import compound_file

    assert best(given(compound_file({"WordDocument": b"x" * 5000}), "a.doc")) is None


def test_no_problems_in_ordinary_mails() -> None:
    assert not problems(read(mail(files={"a.pdf": b"x"}).as_bytes(), "a.eml"))
