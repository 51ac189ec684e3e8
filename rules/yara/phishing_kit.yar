/*
 * Fake log-in pages of Vietnamese webmail and the programs behind them. Written for atttcli; Apache-2.0.
 */

rule phishing_fake_zimbra_login
{
    meta:
        description = "Page that looks like the Zimbra web client's log-in but posts the password elsewhere"
        description_vi = "Trang giả mạo màn hình đăng nhập Zimbra, gửi mật khẩu đến nơi khác"
        severity = "high"
        category = "giamao"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1566.002"
        scope = "file"
    strings:
        $brand = /zimbra\s{1,3}(web\s{1,3}client|collaboration|provides\s{1,3}open|mail|upgrade)|<title>[^<]{0,40}zimbra/ nocase
        $password = /<input[^>]{0,200}type\s{0,2}=\s{0,2}["']?password/ nocase
        $post_script = /<form[^>]{0,300}action\s{0,2}=\s{0,2}["']?[^"'>\s]{0,120}\.(php|asp|aspx|jsp|cgi)\b/ nocase
        $post_form_service = /<form[^>]{0,300}action\s{0,2}=\s{0,2}["']?https?:\/\/[^"'>\s]{0,60}(formspree|formsubmit|submit-form|getform|web3forms|script\.google\.com|workers\.dev|telegram\.org)/ nocase
        $script_send = /(fetch|\$\.(ajax|post)|XMLHttpRequest)[^\r\n]{0,200}(\.php|api\.telegram\.org|script\.google\.com)/ nocase
        $real = "zimbraLoginForm" ascii
        $real_csrf = "login_csrf" ascii
        $real_action = /<form[^>]{0,200}action\s{0,2}=\s{0,2}["'](\/(\?[^"']{0,60})?|)["']/ nocase
    condition:
        filesize < 1MB and $brand and $password and any of ($post_script, $post_form_service, $script_send) and not (all of ($real*))
}

rule phishing_vietnamese_mail_login
{
    meta:
        description = "Vietnamese page asking for the mail password under the pretext of upgrade, quota or verification, posting to a script"
        description_vi = "Trang tiếng Việt đòi mật khẩu thư điện tử với lý do nâng cấp, hết dung lượng, xác minh tài khoản"
        severity = "high"
        category = "giamao"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1566.002"
        scope = "file"
    strings:
        $password = /<input[^>]{0,200}type\s{0,2}=\s{0,2}["']?password/ nocase
        $post = /<form[^>]{0,300}action\s{0,2}=\s{0,2}["']?[^"'>\s]{0,160}(\.php|formspree|formsubmit|script\.google\.com|api\.telegram\.org)/ nocase
        $mail = /(thư\s{1,2}điện\s{1,2}tử(\s{1,2}công\s{1,2}vụ)?|hộp\s{1,2}thư|webmail|thu\s{1,2}dien\s{1,2}tu|hop\s{1,2}thu)/ nocase
        $pretext = /(nâng\s{1,2}cấp|hết\s{1,2}dung\s{1,2}lượng|vượt\s{1,2}(quá\s{1,2})?dung\s{1,2}lượng|xác\s{1,2}(minh|nhận|thực)\s{1,2}(lại\s{1,2})?tài\s{1,2}khoản|tài\s{1,2}khoản[^<.]{0,60}(bị\s{1,2}khóa|bị\s{1,2}khoá|hết\s{1,2}hạn|tạm\s{1,2}ngưng|vô\s{1,2}hiệu)|nang\s{1,2}cap|het\s{1,2}dung\s{1,2}luong|xac\s{1,2}minh\s{1,2}tai\s{1,2}khoan)/ nocase
    condition:
        filesize < 1MB and all of them
}

rule phishing_kit_mailer
{
    meta:
        description = "Program of a phishing kit: takes a posted password and sends it by mail, Telegram or to a text file"
        description_vi = "Chương trình của bộ công cụ lừa đảo: nhận mật khẩu và gửi qua thư, Telegram hoặc ghi ra tệp"
        severity = "high"
        category = "giamao"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1598.003"
        scope = "file"
    strings:
        $open = "<?" ascii
        $password = /\$_(POST|REQUEST)\s{0,3}\[\s{0,3}['"](pass|passwd|password|pwd|psw|matkhau|mat_khau|login_?pass(wd|word)?|epass|upass)['"]\s{0,3}\]/ nocase
        $address = /\$_SERVER\s{0,3}\[\s{0,3}['"](REMOTE_ADDR|HTTP_USER_AGENT|HTTP_CLIENT_IP)['"]|getenv\s{0,3}\(\s{0,3}['"]REMOTE_ADDR/ nocase
        $mail = /[^A-Za-z0-9_>:]mail\s{0,3}\(\s{0,3}\$[a-z_]{1,20}\s{0,3},/ nocase
        $telegram = /api\.telegram\.org\/bot/ nocase
        $file = /\b(fopen|file_put_contents)\s{0,3}\(\s{0,3}["'][^"']{1,60}\.(txt|log|html?|csv|dat)["']/ nocase
        $away = /header\s{0,3}\(\s{0,3}["']Location\s{0,2}:\s{0,3}(https?:\/\/|\.\.?\/|[a-z0-9_-]{1,20}\.(html?|php))/ nocase
        $banner = /(\+|-|=|\*|#|\|){4,40}\s{0,4}[^\r\n]{0,40}(log[io]n|result|zimbra|webmail|office\s{0,1}365|outlook|fullz|rezult|tài\s{1,2}khoản|tai\s{1,2}khoan)[^\r\n]{0,30}(\+|-|=|\*|#|\|){4}/ nocase
    condition:
        filesize < 200KB and $open in (0..1024) and $password and $address and ((any of ($mail, $telegram) and any of ($away, $banner)) or ($file and $away and ($banner or $telegram)))
}

rule phishing_kit_archive
{
    meta:
        description = "Zip archive laid out as a phishing kit: log-in page, sender program and visitor filter together"
        description_vi = "Tệp nén có cấu trúc của bộ công cụ lừa đảo: trang đăng nhập, chương trình gửi, bộ lọc khách"
        severity = "high"
        category = "giamao"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1598.003"
        scope = "file"
    strings:
        $sender = /PK\x01\x02[\x00-\xff]{42}[\x20-\x7e]{0,80}(post|send|login|next|mailer|process|result|check|telegram|tele)[0-9_a-z]{0,12}\.php/ nocase
        $page = /PK\x01\x02[\x00-\xff]{42}[\x20-\x7e]{0,80}(index|login|signin|webmail|zimbra|owa|dangnhap|dang-nhap)[0-9_a-z]{0,12}\.(html?|php)/ nocase
        $filter = /PK\x01\x02[\x00-\xff]{42}[\x20-\x7e]{0,80}(antibots?|anti[0-9]{0,2}|blocker|block(ed)?ips?|crawlerdetect|bots?|killbot|blacklist)[0-9_a-z]{0,12}\.(php|txt|dat)/ nocase
        $brand = /(zimbra|webmail|roundcube|outlook|office365|o365|vnpt|viettel|vietcombank|bidv|agribank|dichvucong|vneid|gdt)[^\x00\/]{0,30}(\/|\.(png|svg|css|jpg|ico|html?|php))/ nocase
        $results = /(rezult|results?|logs?|data|visitors?|hits|ketqua)[0-9]{0,2}\.(txt|log|dat)/ nocase
    condition:
        filesize < 50MB and uint32(0) == 0x04034B50 and $page and $sender and ($filter or ($brand and $results))
}
