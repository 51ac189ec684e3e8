"""What the demo's duty officer writes down. Vietnamese, as the officer would: data of the story, not messages of the tool."""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "Hộp thư và máy tính xã Vi Hương bị chiếm quyền, Cổng TTĐT tỉnh bị tấn công"
OWNER = "Trực ban Đội ƯCSC"
DETECTED = "2021-05-13 07:45"
LISTED = (
    "national-list"  # of these only the commune's rows and the phishing site belong here: the rest is to be advised
)
VICTIMS = ("x-vi-huong", "tt-cntt")
CATEGORY, SEVERITY = "tonghop", "M2"
NOTICE, UPDATE = "118/TB-STTTT", "121/TB-STTTT"
APPROVER, APPROVAL = "Giám đốc Sở", "61/QĐ-STTTT"
ACTOR = "truc.ban"
SUMMARY = (
    "Sáng 11/5 hộp thư văn thư xã Vi Hương nhận thư giả mạo kèm lối tắt độc hại; tối 11/5 địa chỉ 198.51.100.66 dò mật khẩu "
    "40 hộp thư và đăng nhập được hộp thư này, rạng sáng 12/5 dùng nó gửi thư rác tới 600 địa chỉ.\n"
    "Cùng đêm, địa chỉ 198.51.100.214 rà quét Cổng TTĐT tỉnh, chèn mã SQL và dùng tệp /Portals/0/thong-bao.aspx.\n"
    "Từ 09 giờ 00 ngày 12/5, máy 10.23.13.15 của xã Vi Hương kết nối định kỳ tới máy chủ điều khiển capnhat.c2.example."
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is noted when a step is done; `rounds` after the first have their own note. `minutes` is how long it took."""

    note: str
    minutes: int
    evidence: tuple[str, ...] = ()
    again: str = ""


NOTIFIES = "1dd"
# Where the incident stands when a step (code, round) is worked on.
MOVES = {
    ("2", 1): "containment",
    ("3a", 1): "eradication",
    ("3b", 1): "recovery",
    ("2", 2): "containment",
    ("3a", 2): "eradication",
    ("3b", 2): "recovery",
    ("4", 1): "post_incident",
}
BACK = frozenset({("2", 2)})  # moves that are not forward and say why

# (file of the inbox, what it is)
EVIDENCE = (
    ("01-thu-gia-mao.eml", "Thư giả mạo kèm lối tắt độc hại, do hộp thư xã Vi Hương nhận"),
    ("02-zimbra/audit.log", "Nhật ký đăng nhập máy chủ thư công vụ"),
    ("03-xa-vi-huong.pcap", "Gói tin ghi tại mạng nội bộ xã Vi Hương"),
    ("05-cong-ttdt/access.log.gz", "Nhật ký truy cập Cổng TTĐT tỉnh"),
    ("07-tep-nghi-ngo.zip", "Tệp nghi ngờ do cán bộ xã gửi (mật khẩu infected)"),
)

STEPS = {
    "1a": Told(
        "Đã gọi lại cán bộ xã Vi Hương và quản trị Cổng: đúng là sự cố. Thu thư giả mạo, nhật ký, gói tin, tệp nghi ngờ.",
        10,
        ("01-thu-gia-mao.eml", "07-tep-nghi-ngo.zip"),
    ),
    "1b": Told(
        "Ngắt mạng máy 10.23.13.15, khóa hộp thư vanthu.vihuong, chặn 198.51.100.66, .214, .230 tại tường lửa.", 8
    ),
    "1c": Told("Chọn phương án cách ly, làm sạch, khôi phục từ bản sao lưu đêm 10/5; không dừng Cổng.", 4),
    "1d": Told("Báo cáo lãnh đạo Sở qua điện thoại; đồng ý phương án.", 3),
    "1dd": Told("Gửi thông báo sự cố theo Điều 9 TT 20/2017.", 6),
    "1e": Told("Cơ quan điều phối xác nhận đã nhận thông báo, đề nghị gửi mẫu tệp.", 5),
    "2": Told(
        "Xóa trang /Portals/0/thong-bao.aspx, thu hồi phiên đăng nhập, đổi mật khẩu 40 hộp thư bị dò.",
        12,
        ("03-xa-vi-huong.pcap", "05-cong-ttdt/access.log.gz"),
        "Chặn thêm tên miền cdn.c2.example; cách ly máy thứ hai cùng mạng xã để kiểm tra.",
    ),
    "3a": Told(
        "Gỡ chương trình tải từ capnhat.c2.example, xóa tác vụ tự chạy, quét lại bằng bộ luật YARA.",
        10,
        (),
        "Quét lại hai máy: không còn dấu hiệu.",
    ),
    "3b": Told(
        "Khôi phục thư mục Portals/0 từ bản sao lưu; mở lại hộp thư với mật khẩu mới.", 8, (), "Đưa máy trở lại mạng."
    ),
    "3c": Told(
        "Còn một kết nối tới cdn.c2.example lúc kiểm tra: chưa ổn định, quay lại ngăn chặn.",
        15,
        (),
        "Theo dõi không còn kết nối tới máy chủ điều khiển; Cổng và thư hoạt động bình thường.",
    ),
    "4": Told(
        "Họp rút kinh nghiệm với xã Vi Hương, Văn phòng UBND tỉnh và bên giám sát.", 10, ("02-zimbra/audit.log",)
    ),
}

RESOLUTION = "Máy và hộp thư của xã Vi Hương đã làm sạch; web shell trên Cổng đã gỡ; theo dõi không còn dấu hiệu."
CAUSE = "Cán bộ mở tệp kèm thư giả mạo; mật khẩu hộp thư yếu; thư mục tải lên của Cổng cho phép chạy mã."
SCOPE = "Một máy tính, một hộp thư của xã Vi Hương; một tệp trên Cổng TTĐT tỉnh. 600 địa chỉ nhận thư rác từ hộp thư bị chiếm."
LESSONS = "Cảnh báo dò mật khẩu có từ tối 11/5 nhưng không ai xem tới sáng 13/5: cần trực theo dõi ngoài giờ."
RSIT = "intrusions"
STATISTICS = (
    "veris_actor=external", "veris_action=social,malware,hacking", "veris_asset=user_device,server",
    "veris_attribute=confidentiality,integrity",
)  # fmt: skip
PROPOSALS = (
    "Bật xác thực hai bước cho thư công vụ; cấm chạy mã trong Portals/0; tập huấn nhận biết thư giả mạo cho cấp xã."
)
