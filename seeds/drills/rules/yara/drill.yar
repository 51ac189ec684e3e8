/*
 * What exercises show to the rules: inert artefacts that carry our own marker, made for one drill each. These rules are
 * copied into the workspace of a drill and stand in no other; `drill_leftover.yar` of the ordinary pack finds what a drill
 * left behind. Written for atttcli; Apache-2.0.
 */

rule drill_ransom_note
{
    meta:
        description = "Note that demands contact, beside files that no longer open"
        description_vi = "Tệp thông báo đòi liên hệ nằm cạnh các tệp không còn mở được"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:ransom-note\}/
    condition:
        $marker
}

rule drill_renamed_files
{
    meta:
        description = "Many files with one and the same new ending"
        description_vi = "Nhiều tệp cùng bị đổi sang một phần mở rộng lạ"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:renamed-files\}/
    condition:
        $marker
}

rule drill_home_page
{
    meta:
        description = "Home page differs from the kept copy"
        description_vi = "Trang chủ khác bản đã lưu"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:home-page\}/
    condition:
        $marker
}

rule drill_script_upload
{
    meta:
        description = "Script in a folder for uploads"
        description_vi = "Tệp kịch bản nằm trong thư mục tải lên"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:script-upload\}/
    condition:
        $marker
}

rule drill_login_page
{
    meta:
        description = "Page that imitates the webmail's login"
        description_vi = "Trang bắt chước trang đăng nhập thư công vụ"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:login-page\}/
    condition:
        $marker
}

rule drill_paper_scan
{
    meta:
        description = "Copy of an internal paper seen outside"
        description_vi = "Bản chụp văn bản nội bộ xuất hiện bên ngoài"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:paper-scan\}/
    condition:
        $marker
}

rule drill_repo_key
{
    meta:
        description = "Key of the integration platform in a public place"
        description_vi = "Khóa kết nối nền tảng tích hợp nằm ở nơi công khai"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "file"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:repo-key\}/
    condition:
        $marker
}

rule drill_disk_lock : log
{
    meta:
        description = "Disk encryption asks for its recovery key"
        description_vi = "Phần mềm mã hóa ổ đĩa đòi khóa khôi phục"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:disk-lock\}/
    condition:
        $marker
}

rule drill_shadow_delete : log
{
    meta:
        description = "Shadow copies are deleted"
        description_vi = "Các bản sao bóng của ổ đĩa bị xóa"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:shadow-delete\}/
    condition:
        $marker
}

rule drill_usb_copy : log
{
    meta:
        description = "Program copied from a removable disk"
        description_vi = "Chương trình chép từ thiết bị lưu trữ di động"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:usb-copy\}/
    condition:
        $marker
}

rule drill_editor_publish : log
{
    meta:
        description = "Page changed through the editor"
        description_vi = "Trang được sửa qua giao diện biên tập"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:editor-publish\}/
    condition:
        $marker
}

rule drill_upload_post : log
{
    meta:
        description = "Answered request to a script in an upload folder"
        description_vi = "Yêu cầu được trả lời tới kịch bản trong thư mục tải lên"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:upload-post\}/
    condition:
        $marker
}

rule drill_far_login : log
{
    meta:
        description = "Logins of one mailbox from places far apart"
        description_vi = "Một hộp thư đăng nhập từ nhiều nơi cách xa nhau"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:far-login\}/
    condition:
        $marker
}

rule drill_abroad_login : log
{
    meta:
        description = "Login from abroad"
        description_vi = "Đăng nhập từ nước ngoài"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:abroad-login\}/
    condition:
        $marker
}

rule drill_forward_rule : log
{
    meta:
        description = "New rule that forwards mail outside"
        description_vi = "Quy tắc mới chuyển tiếp thư ra ngoài"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:forward-rule\}/
    condition:
        $marker
}

rule drill_mass_mail : log
{
    meta:
        description = "One mailbox sends to hundreds"
        description_vi = "Một hộp thư gửi tới hàng trăm địa chỉ"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:mass-mail\}/
    condition:
        $marker
}

rule drill_bulk_export : log
{
    meta:
        description = "Bulk export at night"
        description_vi = "Xuất dữ liệu hàng loạt ban đêm"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:bulk-export\}/
    condition:
        $marker
}

rule drill_backup_read : log
{
    meta:
        description = "Bulk reading by a service account"
        description_vi = "Tài khoản dịch vụ đọc dữ liệu hàng loạt"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:backup-read\}/
    condition:
        $marker
}

rule drill_request_flood : log
{
    meta:
        description = "Far more requests than usual"
        description_vi = "Số yêu cầu tăng vọt so với thường ngày"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:request-flood\}/
    condition:
        $marker
}

rule drill_form_peak : log
{
    meta:
        description = "Many dossiers within an hour"
        description_vi = "Nhiều hồ sơ nộp trong một giờ"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:form-peak\}/
    condition:
        $marker
}

rule drill_quiet_probe : log
{
    meta:
        description = "Odd parameters, a few at a time"
        description_vi = "Tham số bất thường, từng ít một"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:quiet-probe\}/
    condition:
        $marker
}

rule drill_key_burst : log
{
    meta:
        description = "A key is used far more than usual"
        description_vi = "Một khóa kết nối được dùng nhiều bất thường"
        severity = "high"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:key-burst\}/
    condition:
        $marker
}

rule drill_partner_load : log
{
    meta:
        description = "A partner sends many test requests"
        description_vi = "Một đối tác gửi nhiều yêu cầu thử"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:partner-load\}/
    condition:
        $marker
}

rule drill_service_write : log
{
    meta:
        description = "Records changed outside of working hours"
        description_vi = "Bản ghi bị sửa ngoài giờ làm việc"
        severity = "medium"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        scope = "log"
        exercise = "1"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:service-write\}/
    condition:
        $marker
}
