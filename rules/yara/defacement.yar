/*
 * Changed pages of agencies: announcements of intruders, and gambling advertisements hidden in gov.vn pages.
 * Written for atttcli; Apache-2.0.
 */

rule defacement_announcement_page
{
    meta:
        description = "Web page that announces an intrusion (hacked by, owned by, greetings to a team)"
        description_vi = "Trang web bị thay đổi giao diện với thông điệp của kẻ tấn công"
        severity = "high"
        category = "giaodien"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1491.002"
        scope = "file"
    strings:
        $title = /<title>[^<]{0,80}(hacked|h4ck3d|0wned|pwn3d|defaced|touched|stamped)\s{1,3}by[^<]{1,80}<\/title>/ nocase
        $heading = /<(h[1-4]|center|font|b|p|span)[^>]{0,120}>[^<]{0,60}(hacked|h4ck3d|0wned|pwn3d|defaced)\s{1,3}by\s/ nocase
        $security = /your\s{1,3}(security|website|server|site)\s{1,3}(is|was|has\s{1,3}been|got)\s{1,3}(low|weak|zero|hacked|owned|pwned|0wned|down)/ nocase
        $greets = /(greetz?|we\s{1,3}are|shoutz?)\s{0,3}(to)?\s{0,3}[:<][^\r\n]{0,120}(team|crew|cyber\s{1,3}army|ghost|blackhat|anonymous)/ nocase
        $team = /(cyber\s{1,3}(army|team|crew|force)|h4x0r|hacktivist|black\s{0,3}hat|mirror-h|zone-h)/ nocase
        $vi = /(trang\s{1,3}(web\s{1,3})?này|website\s{1,3}(này|của\s{1,3}bạn))\s{1,3}đã\s{1,3}bị\s{1,3}(hack|tấn\s{1,3}công|chiếm)/ nocase
        $player = /<(audio|embed|iframe)[^>]{0,200}(autoplay|youtube\.com\/embed)/ nocase
        $html = /<(html|body|head|title)[\s>]/ nocase
    condition:
        filesize < 500KB and $html in (0..4096) and ($title or ($heading and any of ($security, $greets, $team, $player)) or ($vi and any of ($heading, $greets, $team, $security, $player)) or 2 of ($security, $greets, $heading))
}

rule defacement_gambling_hidden
{
    meta:
        description = "Gambling or betting links hidden in a page (moved off screen or not displayed): SEO spam on an agency's page"
        description_vi = "Liên kết cờ bạc, cá độ ẩn trong trang web (đẩy khỏi màn hình hoặc không hiển thị): chèn nội dung SEO"
        severity = "high"
        category = "giaodien"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1491.002"
        scope = "file"
    strings:
        $hidden = /style\s{0,2}=\s{0,2}["'][^"'>]{0,120}((left|top|text-indent|margin-left)\s{0,2}:\s{0,2}-\s{0,2}[0-9]{3,5}|display\s{0,2}:\s{0,2}none|visibility\s{0,2}:\s{0,2}hidden|font-size\s{0,2}:\s{0,2}0|height\s{0,2}:\s{0,2}[01]px)/ nocase
        $w1 = /(nhà\s{1,2}cái|nha-cai|nhacai[-.0-9])/ nocase
        $w2 = /(tài\s{1,2}xỉu|tai-xiu|taixiu)/ nocase
        $w3 = /(nổ\s{1,2}hũ|no-hu[-.0-9\/"]|nohu[0-9.])/ nocase
        $w4 = /(bắn\s{1,2}cá\s{1,2}đổi\s{1,2}thưởng|ban-ca-doi-thuong|game-bai-doi-thuong|game\s{1,2}bài\s{1,2}đổi\s{1,2}thưởng)/ nocase
        $w5 = /(soi\s{1,2}kèo|soi-keo|soikeo|keo-nha-cai|kèo\s{1,2}nhà\s{1,2}cái)/ nocase
        $w6 = /(lô\s{1,2}đề\s{1,2}online|lo-de-online|đánh\s{1,2}đề\s{1,2}online|xoc-dia|xóc\s{1,2}đĩa)/ nocase
        $w7 = /(cá\s{1,2}cược|ca-cuoc|ca-do-bong-da|cá\s{1,2}độ\s{1,2}bóng\s{1,2}đá)/ nocase
        $w8 = /(casino\s{1,2}trực\s{1,2}tuyến|casino-truc-tuyen|casino-online|slot[- ]gacor)/ nocase
        $link = /<a\s{1,4}[^>]{0,200}href/ nocase
    condition:
        filesize < 2MB and $hidden and #link > 1 and 3 of ($w*)
}

rule defacement_gambling_on_government_page
{
    meta:
        description = "Page or sitemap of a gov.vn site carrying many gambling or betting words"
        description_vi = "Trang hoặc sơ đồ trang của tên miền gov.vn chứa nhiều từ khóa cờ bạc, cá độ"
        severity = "high"
        category = "giaodien"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1491.002"
        scope = "file"
    strings:
        $gov = /https?:\/\/[a-z0-9.-]{2,60}\.gov\.vn\// nocase
        $html = /<(html|head|body|title|urlset|sitemapindex|\?xml)[\s>]/ nocase
        $url = /gov\.vn\/[^\s"'<>]{0,80}(nha-cai|tai-xiu|taixiu|no-hu|ban-ca|doi-thuong|soi-keo|soikeo|keo-nha-cai|lo-de-online|xoc-dia|ca-cuoc|ca-do-bong|casino|slot-gacor|baccarat|cado)/ nocase
        $title = /<title>[^<]{0,120}(nhà\s{1,2}cái|tài\s{1,2}xỉu|nổ\s{1,2}hũ|soi\s{1,2}kèo|cá\s{1,2}cược|casino\s{1,2}(trực\s{1,2}tuyến|online)|bắn\s{1,2}cá|đổi\s{1,2}thưởng|xóc\s{1,2}đĩa)[^<]{0,120}<\/title>/ nocase
        $fan = /(link\s{1,2}vào\s{1,2}nhà\s{1,2}cái|nạp\s{1,2}tiền\s{1,2}nhận\s{1,2}thưởng|tặng\s{1,2}cược\s{1,2}miễn\s{1,2}phí|đăng\s{1,2}ký\s{1,2}nhận\s{1,2}code|khuyến\s{1,2}mãi\s{1,2}nạp\s{1,2}đầu|nhà\s{1,2}cái\s{1,2}uy\s{1,2}tín)/ nocase
    condition:
        filesize < 2MB and $gov and $html in (0..4096) and (#url > 4 or ($title and ($fan or #url > 0)))
}

rule defacement_search_engine_cloaking
{
    meta:
        description = "PHP shows other content to search engines than to visitors, fetched from elsewhere (SEO spam injector)"
        description_vi = "Mã PHP hiển thị nội dung khác cho máy tìm kiếm, lấy từ máy chủ bên ngoài (chèn nội dung SEO)"
        severity = "high"
        category = "giaodien"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1491.002"
        scope = "file"
    strings:
        $open = "<?" ascii
        $agent = /HTTP_(USER_AGENT|REFERER)/
        $bots = /(googlebot|bingbot|coccoc(bot)?|google\.com\.vn|yahoo|yandex(bot)?)[|'")\/\\,]/ nocase
        $fetch = /\b(file_get_contents|curl_exec|fsockopen|curl_init)\s{0,4}\(/ nocase
        $remote = /(["']https?:\/\/|base64_decode\s{0,4}\(\s{0,4}["']aHR0c)/
        $print = /\b(echo|print|exit|die)\s{0,4}\(?\s{0,4}@?(\$|file_get_contents|curl_exec)/ nocase
        $test = /\b(preg_match|strpos|stripos|stristr|strstr)\s{0,4}\([^;]{0,160}(HTTP_USER_AGENT|HTTP_REFERER|\$(ua|agent|user_agent|useragent|bot|ref|referer)\b)/ nocase
    condition:
        filesize < 500KB and all of them
}
