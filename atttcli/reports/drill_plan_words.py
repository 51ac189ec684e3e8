"""Wording of the plan of a drill and of its books, one table per language; looked up behind that of the other drill papers."""

from __future__ import annotations

from collections.abc import Mapping

_VI = {
    "kind_handouts": "PHIẾU TÌNH HUỐNG",
    "plan_summary": "Diễn tập ứng cứu sự cố: {name}",
    "bases": "Căn cứ Chỉ thị số 18/CT-TTg ngày 13 tháng 10 năm 2022 của Thủ tướng Chính phủ về đẩy mạnh triển "
    "khai các hoạt động ứng cứu sự cố an toàn thông tin mạng Việt Nam;|Căn cứ Chỉ thị số 60/CT-BTTTT ngày 16 tháng "
    "9 năm 2021 của Bộ trưởng Bộ Thông tin và Truyền thông về việc tổ chức triển khai diễn tập thực chiến bảo đảm "
    "an toàn thông tin mạng.",
    "plan_opening": "{organ} xây dựng kế hoạch diễn tập {code}:",
    "purpose": "I. MỤC ĐÍCH, YÊU CẦU",
    "purpose_1": "1. Mục đích",
    "purposes": "Rèn luyện kỹ năng phát hiện, xử lý, báo cáo sự cố an toàn thông tin mạng.|Đánh giá quy trình, "
    "công cụ, sự phối hợp; tìm điểm cần cải thiện.",
    "demands": "2. Yêu cầu",
    "demand_list": "Không ảnh hưởng đến hệ thống, dữ liệu đang vận hành.|Giữ kín kịch bản với đội tham gia đến "
    "khi kết thúc.|Chấm điểm có căn cứ; việc cải thiện có đơn vị chủ trì và thời hạn.",
    "content": "II. NỘI DUNG",
    "time_place": "Thời gian",
    "time_value": "{start}, dự kiến {n} phút",
    "place": "Địa điểm",
    "blank": "…………………………………………………",
    "scope": "Phạm vi",
    "scope_value": "Vùng làm việc và dữ liệu diễn tập; không thao tác trên hệ thống thật",
    "story": "Tóm tắt kịch bản",
    "story_count": "Có {n} tình huống, đưa tới đội qua: {channels}; nội dung không phổ biến trước.",
    "verifies": "Việc cải thiện của lần trước sẽ được kiểm chứng trong lần này: {actions}.",
    "people": "III. THÀNH PHẦN, PHÂN CÔNG",
    "part": "Thành phần",
    "task": "Nhiệm vụ",
    "names": "Họ tên, điện thoại",
    "part_organiser": "Ban Tổ chức",
    "task_organiser": "Chỉ đạo chung; quyết định dừng, hủy",
    "part_controller": "Điều hành",
    "task_controller": "Đưa tình huống, giữ giờ, nhập câu trả lời",
    "part_observer": "Quan sát, chấm điểm",
    "task_observer": "Ghi phiếu quan sát; không can thiệp",
    "part_duty": "Trực sự cố thật",
    "task_duty": "Không tham gia; báo ngay sự cố thật",
    "task_player": "Xử lý tình huống theo quy trình hiện hành",
    "schedule": "IV. TIẾN ĐỘ",
    "when": "Thời gian",
    "work": "Nội dung",
    "work_before": "Phổ biến quy tắc an toàn, câu dừng; thử kênh liên lạc",
    "work_run": "Diễn tập theo kịch bản",
    "work_after": "Rút kinh nghiệm tại chỗ; lấy phiếu ý kiến người tham gia",
    "work_report": "Báo cáo kết quả; giao việc cải thiện",
    "within_days": "Trong 05 ngày sau diễn tập",
    "safety": "V. BẢO ĐẢM AN TOÀN",
    "before_start": "Điều kiện bắt đầu (Điều hành xác nhận từng mục)",
    "checks": "Có văn bản cho phép, danh sách người tham gia và đầu mối.|Không hệ thống thật nào nằm trong phạm "
    "vi thao tác.|Danh bạ diễn tập tách khỏi danh bạ thật; đã thử kênh thoại dự phòng.|Người trực sự cố thật có "
    "mặt.",
    "budget": "VI. KINH PHÍ",
    "carry_out": "VII. TỔ CHỨC THỰC HIỆN",
    "carry_list": "Ban Tổ chức chuẩn bị địa điểm, phương tiện và phổ biến Kế hoạch này.|Các đơn vị tại Mục III cử "
    "người tham gia đúng thành phần, thời gian.|Điều hành báo cáo kết quả; theo dõi việc cải thiện đến khi đạt.",
    "how_controller": "CÁCH ĐIỀU HÀNH",
    "how_controller_list": "Đưa từng tình huống đúng giờ, đọc nguyên văn, ghi giờ đưa vào phiếu.|Ghi giờ đội làm "
    "xong từng việc; chỉ gợi ý khi đội bế tắc.|Nghe câu dừng thì dừng ngay, ghi giờ; chạy tiếp "
    "khi Ban Tổ chức đồng ý.|Không sửa câu trả lời của đội; nhập sai thì nhập lại.",
    "how_observer": "CÁCH GHI PHIẾU",
    "how_observer_list": "Ghi giờ (giờ, phút) và việc đội đã làm ở từng dòng; không nhắc, không giải thích cho "
    "đội.|Nhận xét: + điểm mạnh, - điểm cần cải thiện, ! mất an toàn (báo Điều hành ngay).|Hết giờ, ký tên và nộp "
    "phiếu cho Điều hành để nhập.",
    "how_player": "CÁCH CHƠI",
    "how_player_list": "Xử lý như sự cố thật theo quy trình hiện hành; nói rõ việc mình làm để người quan sát ghi "
    'được.|Chỉ liên lạc với người có tên trong danh bạ diễn tập; mở đầu và kết thúc mỗi cuộc gọi bằng câu "Đây là '
    'diễn tập".|Không tìm đọc tệp kịch bản; điểm chỉ có ích khi là điểm thật.',
    "handed_at": "Đưa lúc: …… giờ …… phút",
    "observer_sign": "Người ghi: ………………………………    Ký tên: …………………………",
    "free_notes": "Nhận xét thêm (+, -, !):",
    "paper_entry": "Nhập vào công cụ sau khi diễn tập trên giấy",
    "paper_commands": 'Bắt đầu: atttcli drill run {code} --at "{day} GIỜ:PHÚT"|Mỗi tình huống: atttcli drill '
    "inject {code} MÃ --at GIỜ:PHÚT|Mỗi việc: atttcli drill answer {code} MÃ --at GIỜ:PHÚT (câu hỏi thêm --choice "
    'PHƯƠNG-ÁN, có bằng chứng thêm --evidence)|Nhận xét: atttcli drill note {code} + "nội dung" --at '
    "GIỜ:PHÚT|Kết thúc: atttcli drill end {code} --at GIỜ:PHÚT, rồi atttcli drill report {code}",
    "annex_controller": "Tình huống và đáp án",
    "annex_observer": "Phiếu quan sát",
    "abilities": "Đánh giá năng lực: {abilities}.",
    "handout_title": "Phiếu {number}: {channel}",
    "handout": "phiếu {number}",
    "to": "Đưa tới",
    "excerpt": "Trích nội dung tệp {name}:",
    "stop_phrase": "NGỪNG DIỄN TẬP",
    "stop": 'Có sự cố thật hoặc mất an toàn thì nói to câu dừng "NGỪNG DIỄN TẬP"; ai nói cũng phải dừng ngay. '
    "Mọi thư, tệp, cuộc gọi đều mang dấu DIỄN TẬP.",
    "controller_signs": "ĐIỀU HÀNH DIỄN TẬP",
    "budget_line": "Dự toán: ……………… đồng; nguồn kinh phí: ………………",
    "sealed": "{name} v{version}, đáp án niêm phong {seal}…",
}
_EN = {
    "kind_handouts": "HANDOUTS",
    "plan_summary": "Incident response exercise: {name}",
    "bases": "Prime Minister's Directive 18/CT-TTg of 13 October 2022 on incident response;|Directive 60/CT-BTTTT "
    "of 16 September 2021 of the Ministry of Information and Communications on live exercises.",
    "plan_opening": "{organ} plans exercise {code}:",
    "purpose": "I. PURPOSE AND REQUIREMENTS",
    "purpose_1": "1. Purpose",
    "purposes": "Train those who detect, handle and report incidents.|Assess procedures, tools and cooperation; "
    "find what to improve.",
    "demands": "2. Requirements",
    "demand_list": "No effect on running systems and data; somebody stays on duty for real incidents.|The "
    "scenario is kept from the team until the end.|Scores rest on records; results become actions with an owner "
    "and a day.",
    "content": "II. CONTENT",
    "time_place": "Time",
    "time_value": "{start}, about {n} minutes",
    "place": "Place",
    "blank": "…………………………………………………",
    "scope": "Scope",
    "scope_value": "The exercise's own workspace and data; no real system is touched",
    "story": "Scenario in short",
    "story_count": "{n} injects reach the team by: {channels}. Their texts and answers are in the controller's "
    "book and are not told beforehand.",
    "verifies": "Actions of earlier exercises that this one puts to the test: {actions}.",
    "people": "III. WHO TAKES PART, WHO DOES WHAT",
    "part": "Part",
    "task": "Task",
    "names": "Name, telephone",
    "part_organiser": "Organisers",
    "task_organiser": "Direct; decide to stop or call off",
    "part_controller": "Controller",
    "task_controller": "Hand over injects, keep the time, enter answers",
    "part_observer": "Observers",
    "task_observer": "Fill the sheets; do not interfere",
    "part_duty": "On duty for real incidents",
    "task_duty": "Takes no part; speaks up at once",
    "task_player": "Handle what happens by the procedures in force",
    "schedule": "IV. SCHEDULE",
    "when": "Time",
    "work": "What",
    "work_before": "Safety rules, stop phrase; try the telephone; check the conditions",
    "work_run": "The exercise",
    "work_after": "Hot wash; participants' sheets",
    "work_report": "Report; improvement actions",
    "within_days": "Within 5 days",
    "safety": "V. SAFETY",
    "before_start": "Conditions of the start (the controller confirms each)",
    "checks": "Permission, participants and contacts are on paper.|No real system is within reach.|The exercise's "
    "contact list is apart from the real one; the spare line was tried.|Somebody is on duty for real incidents.",
    "budget": "VI. BUDGET",
    "carry_out": "VII. CARRYING OUT",
    "carry_list": "The organisers prepare place, means and lists, and make this plan known.|Those named in part "
    "III send people in time.|The controller writes the report and follows the actions until they are "
    "verified.|Difficulties are told to the organisers.",
    "how_controller": "HOW TO CONTROL",
    "how_controller_list": "Hand over each inject at its time, word by word; write the time down.|Write down when "
    "the team has done each thing. Give a hint only when the team does nothing for the time that is told.|At the "
    "stop phrase stop at once, with time and reason; go on only when the organisers agree.|Never correct an "
    "answer; enter it again, both entries stay.",
    "how_observer": "HOW TO FILL THE SHEETS",
    "how_observer_list": "Write the time and what the team did on each line; do not prompt, do not "
    "explain.|Remarks: + a strength, - a weakness, ! safety (tell the controller at once).|Sign and hand the "
    "sheets to the controller.",
    "how_player": "HOW TO PLAY",
    "how_player_list": "Handle it like a real incident, by the procedures in force; say aloud what you do.|Call "
    'only people on the exercise\'s list; begin and end each call with "This is an exercise".|Do not look for the '
    "scenario's file.",
    "handed_at": "Handed over at: ……:……",
    "observer_sign": "Written by: ………………………………    Signed: …………………………",
    "free_notes": "Other remarks (+, -, !):",
    "paper_entry": "Entering an exercise that was held on paper",
    "paper_commands": 'Start: atttcli drill run {code} --at "{day} HH:MM"|Each inject: atttcli drill inject '
    "{code} ID --at HH:MM|Each thing done: atttcli drill answer {code} ID --at HH:MM (a question: --choice OPTION; "
    'with proof: --evidence)|Remarks: atttcli drill note {code} + "text" --at HH:MM|End: atttcli drill end '
    "{code} --at HH:MM, then atttcli drill report {code}",
    "annex_controller": "Injects and answers",
    "annex_observer": "Sheets",
    "abilities": "Assess: {abilities}.",
    "handout_title": "Handout {number}: {channel}",
    "handout": "handout {number}",
    "to": "To",
    "excerpt": "From the file {name}:",
    "stop_phrase": "STOP THE EXERCISE",
    "stop": "If something real happens or safety is at risk, say aloud: STOP THE EXERCISE; anybody may, and it "
    "stops. Every letter, file and call carries the word EXERCISE.",
    "controller_signs": "THE CONTROLLER",
    "budget_line": "Estimate: ………………………; source: ………………………",
    "sealed": "{name} v{version}, answers sealed {seal}…",
}


def plan_words(language: str) -> Mapping[str, str]:
    """The words of a language, those of the other drill papers among them."""
    from atttcli.reports.drill_words import words_of

    return {**words_of(language), **(_EN if language == "en" else _VI)}
