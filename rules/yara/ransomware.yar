/*
 * Ransom notes (English, Vietnamese, mixed) and the traces of mass encryption. Written for atttcli; Apache-2.0.
 */

rule ransomware_note_english
{
    meta:
        description = "Ransom note in English: files encrypted, payment or contact demanded, warning against own attempts"
        description_vi = "Thông báo tống tiền bằng tiếng Anh: dữ liệu bị mã hóa, đòi liên hệ hoặc trả tiền"
        severity = "critical"
        category = "mahoa"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1486"
        scope = "file"
    strings:
        $locked = /(all\s{1,3}(of\s{1,3})?)?your\s{1,3}((important|company|corporate|network|personal)\s{1,3})?(files?|data|documents|network|servers?|databases?|computers?)[^.\r\n]{0,60}\s(are|were|is|was|have\s{1,3}been|has\s{1,3}been)\s{1,3}(now\s{1,3}|all\s{1,3})?(encrypted|locked|crypted|stolen\s{1,3}and\s{1,3}encrypted)/ nocase ascii wide
        $decrypt = /(decrypt(ion|or|er)?|recover|restore)[^.\r\n]{0,50}(key|tool|software|program|service|your\s{1,3}(files|data))/ nocase ascii wide
        $pay = /(bitcoins?|\bBTC\b|monero|\bXMR\b|\bransom\b|payment|pay\s{1,3}(us|for)|wallet)/ nocase ascii wide
        $contact = /(\.onion|tor\s{1,3}browser|contact\s{1,3}us|write\s{1,3}(to\s{1,3})?(us|our|e-?mail)|tox\s{0,3}(id|chat)|session\s{1,3}messenger|protonmail|onionmail|tutanota|telegram)/ nocase ascii wide
        $warn = /(do\s{0,1}n[o']t|never)\s{1,3}(try|attempt|rename|modify|delete|use\s{1,3}third|contact\s{1,3}(the\s{1,3})?(police|recovery)|shut\s{0,1}down|turn\s{1,3}off)/ nocase ascii wide
        $publish = /(publish|leak|sell|sold|made\s{1,3}public)[^.\r\n]{0,60}(data|files|information|blog|site)|(data|files|information)[^.\r\n]{0,60}(published|leaked|sold|made\s{1,3}public)/ nocase ascii wide
        $id = /(your|personal|decryption|unique)\s{1,3}(personal\s{1,3})?(id|key\s{1,3}id|identification)\s{0,3}[:=#]/ nocase ascii wide
        $free = /(free\s{1,3}(test\s{1,3})?decrypt|decrypt[^.\r\n]{0,40}(for\s{1,3})?free|(guarantee|proof|prove)[^.\r\n]{0,80}decrypt)/ nocase ascii wide
    condition:
        filesize < 128KB and $locked and $decrypt and $contact and 2 of ($pay, $warn, $publish, $id, $free)
}

rule ransomware_note_vietnamese
{
    meta:
        description = "Ransom note in Vietnamese, with or without diacritics"
        description_vi = "Thông báo tống tiền bằng tiếng Việt (có dấu hoặc không dấu)"
        severity = "critical"
        category = "mahoa"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1486"
        scope = "file"
    strings:
        $locked = /(dữ\s{1,2}liệu|tệp(\s{1,2}tin)?|tập\s{1,2}tin|file|máy\s{1,2}(tính|chủ)|du\s{1,2}lieu|tap\s{1,2}tin|tep\s{1,2}tin|may\s{1,2}(tinh|chu))[^.\r\n]{0,80}(đã\s{1,2}bị|bị|da\s{1,2}bi|bi)\s{1,2}(chúng\s{1,2}tôi\s{1,2}|chung\s{1,2}toi\s{1,2})?(mã\s{1,2}hóa|mã\s{1,2}hoá|khóa|khoá|ma\s{1,2}hoa|khoa)/ nocase
        $key = /(khóa|khoá|công\s{1,2}cụ|phần\s{1,2}mềm|mã|khoa|cong\s{1,2}cu|phan\s{1,2}mem)\s{1,2}(để\s{1,2}|de\s{1,2})?(giải\s{1,2}mã|giai\s{1,2}ma|khôi\s{1,2}phục|khoi\s{1,2}phuc)|(giải\s{1,2}mã|giai\s{1,2}ma|khôi\s{1,2}phục|khoi\s{1,2}phuc|lấy\s{1,2}lại|lay\s{1,2}lai)\s{1,2}(dữ\s{1,2}liệu|tệp|tập|file|du\s{1,2}lieu|tap|tep)/ nocase
        $pay = /(bitcoin|\bBTC\b|monero|tiền\s{1,2}chuộc|tien\s{1,2}chuoc|thanh\s{1,2}toán|thanh\s{1,2}toan|chuyển\s{1,2}(tiền|khoản)|chuyen\s{1,2}(tien|khoan)|trả\s{1,2}tiền|tra\s{1,2}tien)/ nocase
        $contact = /(liên\s{1,2}hệ|lien\s{1,2}he|gửi\s{1,2}(thư|email|e-mail)|gui\s{1,2}(thu|email)|telegram|\.onion|trình\s{1,2}duyệt\s{1,2}tor)/ nocase
        $warn = /(không\s{1,2}(được\s{1,2})?(đổi\s{1,2}tên|tự\s{1,2}ý|tắt\s{1,2}máy|cố\s{1,2}gắng|báo\s{1,2}công\s{1,2}an|dùng\s{1,2}phần\s{1,2}mềm)|khong\s{1,2}(duoc\s{1,2})?(doi\s{1,2}ten|tu\s{1,2}y|tat\s{1,2}may|co\s{1,2}gang|bao\s{1,2}cong\s{1,2}an))/ nocase
        $deadline = /(trong\s{1,2}(vòng|vong)\s{1,2}[0-9]{1,3}\s{1,2}(giờ|ngày|gio|ngay)|sau\s{1,2}[0-9]{1,3}\s{1,2}(giờ|ngày|gio|ngay)[^.\r\n]{0,60}(gấp\s{1,2}đôi|xóa|công\s{1,2}khai|gap\s{1,2}doi|xoa|cong\s{1,2}khai))/ nocase
    condition:
        filesize < 128KB and $locked and $key and $contact and any of ($pay, $warn, $deadline)
}

rule ransomware_renamed_files_listing
{
    meta:
        description = "Listing of files of many kinds carrying one and the same added ending with an ID or address (mass renaming)"
        description_vi = "Danh sách nhiều loại tệp cùng bị thêm một phần mở rộng kèm mã hoặc địa chỉ thư (đổi tên hàng loạt)"
        severity = "high"
        category = "mahoa"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1486"
        scope = "file"
    strings:
        $doc = /\.(docx?|odt|rtf)\.(\[?id[-_]?[A-Za-z0-9]{6,12}|\[[^\]\s]{3,60}\]|encrypted|locked|crypt(ed)?|enc|lockbit|mallox|eking|phobos|dharma|makop|devos|[a-z0-9]{2,10}locked)/ nocase
        $xls = /\.(xlsx?|ods|csv)\.(\[?id[-_]?[A-Za-z0-9]{6,12}|\[[^\]\s]{3,60}\]|encrypted|locked|crypt(ed)?|enc|lockbit|mallox|eking|phobos|dharma|makop|devos|[a-z0-9]{2,10}locked)/ nocase
        $pdf = /\.pdf\.(\[?id[-_]?[A-Za-z0-9]{6,12}|\[[^\]\s]{3,60}\]|encrypted|locked|crypt(ed)?|enc|lockbit|mallox|eking|phobos|dharma|makop|devos|[a-z0-9]{2,10}locked)/ nocase
        $pic = /\.(jpe?g|png|dwg|zip|rar|bak|mdb|sql|mdf)\.(\[?id[-_]?[A-Za-z0-9]{6,12}|\[[^\]\s]{3,60}\]|encrypted|locked|crypt(ed)?|enc|lockbit|mallox|eking|phobos|dharma|makop|devos|[a-z0-9]{2,10}locked)/ nocase
    condition:
        filesize < 4MB and 3 of them and (#doc + #xls + #pdf + #pic) > 7
}

rule ransomware_shadow_copy_script
{
    meta:
        description = "Script that deletes shadow copies and backups and switches recovery off"
        description_vi = "Tập lệnh xóa bản sao lưu (shadow copy), bản dự phòng và tắt chức năng khôi phục"
        severity = "critical"
        category = "mahoa"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1490"
        scope = "file"
    strings:
        $vss = /vssadmin(\.exe)?["']?\s{1,4}(delete\s{1,4}shadows|resize\s{1,4}shadowstorage)/ nocase ascii wide
        $wmic = /wmic(\.exe)?["']?\s{1,4}shadowcopy\s{1,4}(where\s[^\r\n]{1,60}\s)?delete/ nocase ascii wide
        $wbadmin = /wbadmin(\.exe)?["']?\s{1,4}delete\s{1,4}(catalog|systemstatebackup|backup)/ nocase ascii wide
        $bcd = /bcdedit(\.exe)?["']?\s{1,4}\/set\s{1,4}\{?(default|current)\}?\s{1,4}(recoveryenabled\s{1,4}no|bootstatuspolicy\s{1,4}ignoreallfailures)/ nocase ascii wide
        $clear = /wevtutil(\.exe)?["']?\s{1,4}(cl|clear-log)\s{1,4}["']?(security|system|application)/ nocase ascii wide
        $stop = /(net\s{1,4}stop|sc\s{1,4}(stop|delete)|taskkill\s{1,4}[^\r\n]{0,20}\/im)\s{1,4}["']?(mssql|sql|vss|veeam|oracle|mysql|backup)/ nocase ascii wide
        $ps = /Win32_Shadowcopy[^\r\n]{0,80}(Delete\s{0,2}\(|Remove-WmiObject|Remove-CimInstance)/ nocase ascii wide
    condition:
        filesize < 1MB and uint16(0) != 0x5A4D and any of ($vss, $wmic, $ps, $wbadmin) and 2 of them
}
