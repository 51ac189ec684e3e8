/*
 * Malicious attachments: Office macros and links, RTF, shortcuts, script droppers, disk images, notebooks.
 * Written for atttcli; Apache-2.0.
 */

rule document_macro_runs_on_open
{
    meta:
        description = "VBA source or Office file: macro that starts by itself and runs a program"
        description_vi = "Macro Office tự chạy khi mở tài liệu và gọi chương trình khác"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1204.002"
        scope = "file"
    strings:
        $auto = /\b(Auto_?Open|Document_Open|Workbook_Open|Auto_?Exec|Auto_?Close|Document_Close|Workbook_Activate)\b/ nocase ascii wide
        $vba = /(Attribute\s{1,3}VB_Name\s{0,3}=|_VBA[_]PROJECT|VBA[P]roject|VBE7[.]DLL)/ nocase ascii wide
        $source = /(^|[\r\n])\s{0,8}((Private|Public)\s{1,3})?Sub\s{1,3}(Auto_?Open|Document_Open|Workbook_Open|Auto_?Exec|Auto_?Close)\s{0,3}\(/ nocase
        $shell = /(WScript\.Shell|Shell\.Application|\bShell\s{0,3}\(?\s{0,3}["a-z]|CreateObject\s{0,3}\(\s{0,3}(Chr|StrReverse)|Win32[_]Process|Shell[E]xecute)/ nocase ascii wide
        $does = /(powershell|cmd(\.exe)?\s{1,3}\/c|mshta|regsvr32|rundll32|certutil|bitsadmin|wscript|cscript|URLDownloadToFile|MSXML2\.(Server)?XMLHTTP|ADODB\.Stream|winmgmts:)/ nocase ascii wide
    condition:
        filesize < 20MB and $auto and $shell and $does and ((uint32be(0) == 0xD0CF11E0 and $vba) or (uint16(0) != 0x5A4D and $source))
}

rule document_excel4_macro
{
    meta:
        description = "Excel 4.0 macro sheet that starts by itself and calls a program or a library"
        description_vi = "Trang macro Excel 4.0 tự chạy, gọi chương trình hoặc thư viện"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1059.005"
        scope = "file"
    strings:
        $sheet = /(<xm:macrosheet|xmlMacrosheet|macrosheets\/sheet|Excel\s{1,2}4\.0\s{1,2}Macro)/ nocase ascii wide
        $auto = /_xlnm\.Auto_Open|Auto_Open[0-9a-z]{0,8}["<]/ nocase ascii wide
        $call = /\b(EXEC|CALL|REGISTER|FORMULA\.FILL|URLDownloadToFile[AW]?)\s{0,2}\(/ ascii wide
        $what = /(urlmon|URLDownloadToFile|regsvr32|rundll32|powershell|mshta|cmd\s{1,2}\/c|wmic\s)/ nocase ascii wide
    condition:
        filesize < 20MB and $sheet and $call and $what and ($auto or #call > 2)
}

rule document_dde_command
{
    meta:
        description = "DDE field or formula that starts a program when the document is opened"
        description_vi = "Trường DDE khởi chạy chương trình khi mở tài liệu"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1559.002"
        scope = "file"
    strings:
        $field = /(DDEAUTO|DDE)\s{1,4}(["'\\]|&quot;|c:|<[^>]{1,80}>){1,6}[^\r\n]{0,120}(cmd|powershell|mshta|wscript|cscript|rundll32|regsvr32)(\.exe)?/ nocase
        $instr = /<w:(instrText|fldSimple)[^>]{0,120}(>|w:instr\s{0,2}=\s{0,2}")\s{0,4}DDE(AUTO)?\s/ nocase
        $program = /(cmd\.exe|powershell|mshta|wscript|cscript|rundll32|regsvr32|certutil)/ nocase
        $formula = /(^|[\r\n,;\t"])[=+@-]\s{0,4}[^\r\n,;]{0,30}(cmd|powershell|mshta|rundll32|regsvr32|msexcel|wscript)(\.exe)?\s{0,3}\|\s{0,3}['"]?[^\r\n]{1,200}!/ nocase
    condition:
        filesize < 10MB and ($field or ($instr and $program) or $formula)
}

rule document_remote_template
{
    meta:
        description = "Office relationship that fetches a template, frame or OLE object from another host"
        description_vi = "Tài liệu Office tải mẫu (template) hoặc đối tượng OLE từ máy chủ bên ngoài"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1221"
        scope = "file"
    strings:
        $rels = /<Relationships?\s[^>]{0,120}/ nocase
        $template = /relationships\/(attachedTemplate|frame|subDocument)"[^>]{0,300}Target\s{0,2}=\s{0,2}"(https?|ftp|mhtml|file|\\\\):?[\/\\!]{0,2}/ nocase
        $template_reversed = /Target\s{0,2}=\s{0,2}"(https?:\/\/|mhtml:|\\\\|file:\/\/)[^"]{4,300}"[^>]{0,300}relationships\/(attachedTemplate|frame|subDocument)"/ nocase
        $ole = /relationships\/oleObject"[^>]{0,300}Target\s{0,2}=\s{0,2}"(https?:\/\/|mhtml:|ms-[a-z]{2,20}:|\\\\)/ nocase
        $ole_reversed = /Target\s{0,2}=\s{0,2}"(https?:\/\/|mhtml:|ms-[a-z]{2,20}:|\\\\)[^"]{4,300}"[^>]{0,300}relationships\/oleObject"/ nocase
    condition:
        filesize < 2MB and $rels and any of ($template, $template_reversed, $ole, $ole_reversed)
}

rule document_ole_package_program
{
    meta:
        description = "Program or script packed as an OLE object inside a document"
        description_vi = "Chương trình hoặc tập lệnh được đóng gói thành đối tượng OLE trong tài liệu"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1204.002"
        scope = "file"
    strings:
        $native = "Ole10Native" ascii wide
        $package = { 0C 00 03 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
        $payload = /[A-Za-z]:\\[^\x00\r\n]{1,120}\.(exe|scr|pif|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|lnk|com|cpl|dll)\x00/ nocase ascii
    condition:
        filesize < 30MB and (uint32be(0) == 0xD0CF11E0 or uint32be(0) == 0x7B5C7274) and ($native or $package) and $payload
}

rule document_rtf_equation_object
{
    meta:
        description = "RTF with an embedded Equation Editor object, often disguised (CVE-2017-11882 and its like)"
        description_vi = "Tệp RTF nhúng đối tượng Equation Editor (khai thác kiểu CVE-2017-11882)"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1203"
        reference = "CVE-2017-11882"
        scope = "file"
    strings:
        $object = /\\obj(data|update|emb|html|ocx)/ nocase
        $class = /\\objclass\s{0,4}Equation\.[23]/ nocase
        $progid_hex = "4571756174696f6e2e3" nocase
        $clsid_hex = /0002ce020{8,12}c0{8,12}/ nocase
    condition:
        filesize < 10MB and uint32be(0) == 0x7B5C7274 and $object and any of ($class, $progid_hex, $clsid_hex)
}

rule attachment_lnk_starts_script_host
{
    meta:
        description = "Windows shortcut that starts PowerShell, mshta, cmd or another script host with arguments"
        description_vi = "Lối tắt Windows (.lnk) khởi chạy PowerShell, mshta, cmd kèm tham số"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1204.002"
        scope = "file"
    strings:
        $host = /(powershell|mshta|wscript|cscript|rundll32|regsvr32|certutil|bitsadmin|cmd)(\.exe)?/ nocase ascii wide
        $web = /https?:\/\/[^\s"'\x00]{4,200}/ nocase wide ascii
        $argument = /(-e(nc(odedcommand)?)?\s{1,4}[A-Za-z0-9+\/=]{24}|-w(indowstyle)?\s{1,4}(hidden|1)\b|-nop(rofile)?\b|downloadstring|downloadfile|invoke-(expression|webrequest)|\biex\b|\biwr\b|frombase64string|javascript:|vbscript:|\/c\s{1,4}(start|copy|powershell|mshta|curl|certutil|%[a-z]+%|f\^?o\^?r|set\s))/ nocase ascii wide
    condition:
        filesize < 2MB and uint32be(0) == 0x4C000000 and uint32be(4) == 0x01140200 and $host and ($argument or $web)
}

rule attachment_hta_dropper
{
    meta:
        description = "HTML application that runs a program or fetches one"
        description_vi = "Tệp HTA chạy chương trình hoặc tải mã từ bên ngoài"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1218.005"
        scope = "file"
    strings:
        $hta = /<hta:application/ nocase ascii wide
        $script = /<script[^>]{0,80}(vbscript|jscript|javascript)/ nocase ascii wide
        $shell = /(WScript\.Shell|Shell\.Application|GetObject\s{0,3}\(\s{0,3}["']winmgmts|new\s{1,3}ActiveXObject)/ nocase ascii wide
        $does = /(powershell|cmd(\.exe)?\s{1,3}\/c|rundll32|regsvr32|bitsadmin|certutil|MSXML2\.(Server)?XMLHTTP|ADODB\.Stream|\.ShellExecute|\.Run\s{0,3}[\(" ]|\.Exec\s{0,3}\()/ nocase ascii wide
        $hide = /(window\.(resizeTo|moveTo)\s{0,3}\(?\s{0,3}-?[0-9]|showintaskbar\s{0,2}=\s{0,2}["']?no|windowstate\s{0,2}=\s{0,2}["']?minimize|self\.close|window\.close)/ nocase ascii wide
    condition:
        filesize < 2MB and $shell and $does and ($hta or ($script and $hide))
}

rule attachment_script_dropper
{
    meta:
        description = "JScript or VBScript that downloads a file and starts it"
        description_vi = "Tập lệnh JS/VBS tải tệp về và khởi chạy"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1059.005"
        scope = "file"
    strings:
        $object = /(new\s{1,3}ActiveXObject|CreateObject|WScript\.CreateObject)\s{0,3}\(/ nocase ascii wide
        $web = /(MSXML2\.(Server)?XMLHTTP|Microsoft\.XMLHTTP|WinHttp\.WinHttpRequest)/ nocase ascii wide
        $write = /(ADODB\.Stream|SaveToFile|Scripting\.FileSystemObject|CreateTextFile)/ nocase ascii wide
        $run = /(\.Run\s{0,3}[\(" ]|\.Exec\s{0,3}\(|ShellExecute|Win32_Process)/ nocase ascii wide
        $shell = /(WScript\.Shell|Shell\.Application|winmgmts:)/ nocase ascii wide
        $temp = /(%(temp|appdata|public|programdata|tmp)%|ExpandEnvironmentStrings|GetSpecialFolder)/ nocase ascii wide
        $url = /https?:\/\/[^\s"']{4,200}/ nocase ascii wide
    condition:
        filesize < 1MB and uint16(0) != 0x5A4D and all of them
}

rule attachment_powershell_encoded_download
{
    meta:
        description = "Hidden PowerShell that downloads and runs code (batch file, script or text)"
        description_vi = "PowerShell chạy ẩn, tải và thực thi mã từ bên ngoài"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1059.001"
        scope = "file"
    strings:
        $hidden = /powershell(\.exe)?["']?\s[^\r\n]{0,120}-(w(indowstyle)?\s{1,3}(hidden|h|1)\b|e(nc(odedcommand)?)?\s{1,3}[A-Za-z0-9+\/=]{40})/ nocase ascii wide
        $download = /(New-Object\s{1,3}(System\.)?Net\.WebClient|Invoke-WebRequest|\biwr\s|Start-BitsTransfer|DownloadString\s{0,2}\(|DownloadFile\s{0,2}\(|DownloadData\s{0,2}\()/ nocase ascii wide
        $run = /(\bIEX\b|Invoke-Expression|Start-Process|\[Reflection\.Assembly\]::Load|-e(nc(odedcommand)?)?\s{1,3}[A-Za-z0-9+\/=]{40})/ nocase ascii wide
        $bypass = /-(nop(rofile)?\b|noni(nteractive)?\b|ep?\s{1,3}bypass|exec(utionpolicy)?\s{1,3}bypass)/ nocase ascii wide
    condition:
        filesize < 1MB and uint16(0) != 0x5A4D and uint32be(0) != 0x4C000000 and $hidden and $run and ($download or $bypass)
}

rule attachment_disk_image_with_shortcut
{
    meta:
        description = "ISO or IMG image carrying a shortcut together with a program or script (mark-of-the-web bypass)"
        description_vi = "Tệp ảnh đĩa ISO/IMG chứa lối tắt cùng chương trình hoặc tập lệnh (tránh cảnh báo tải từ mạng)"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1553.005"
        scope = "file"
    strings:
        $iso = "CD001" ascii
        $lnk_head = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
        $lnk_name = /[A-Za-z0-9_. -]{1,60}\.LNK;1/ nocase
        $lnk_name_wide = /\.lnk/ wide nocase
        $payload = /[A-Za-z0-9_-]{1,60}\.(DLL|EXE|JS|VBS|HTA|BAT|CMD|PS1|SCR|WSF);1/ nocase
        $payload_wide = /\.(dll|exe|js|vbs|hta|bat|cmd|ps1|scr|wsf)/ wide nocase
    condition:
        filesize < 60MB and $iso at 0x8001 and ($lnk_head or $lnk_name or $lnk_name_wide) and ($payload or $payload_wide)
}

rule attachment_onenote_embedded_script
{
    meta:
        description = "OneNote notebook with an embedded script or program"
        description_vi = "Tệp OneNote nhúng tập lệnh hoặc chương trình"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1204.002"
        scope = "file"
    strings:
        $header = { E4 52 5C 7B 8C D8 A7 4D AE B1 53 78 D0 29 96 D3 }
        $data_store = { E7 16 E3 BD 65 26 11 45 A4 C4 8D 4D 0B 7A 9E AC }
        $hta = /<hta:application|<script[^>]{0,60}(vbscript|jscript)/ nocase
        $batch = /@echo\s{1,2}off|powershell(\.exe)?\s{1,3}-|WScript\.Shell/ nocase
        $program = { E7 16 E3 BD 65 26 11 45 A4 C4 8D 4D 0B 7A 9E AC [16-24] 4D 5A }
        $name = /\.(hta|vbs|js|wsf|bat|cmd|ps1|lnk|exe|scr|chm)\x00\x00/ wide nocase
    condition:
        filesize < 50MB and $header at 0 and $data_store and ($hta or $batch or $program or $name)
}

rule attachment_double_ending_in_zip
{
    meta:
        description = "Zip with a program behind a document's name (van-ban.pdf.exe, cong-van.docx.lnk)"
        description_vi = "Tệp nén chứa chương trình mang tên tài liệu (van-ban.pdf.exe, cong-van.docx.lnk)"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1036.007"
        scope = "file"
    strings:
        $name = /PK\x03\x04[\x00-\xff]{26}[^\x00]{0,120}\.(pdf|docx?|xlsx?|pptx?|rtf|odt|jpe?g|png|txt|zip)[ _]{0,80}\.(exe|scr|pif|com|lnk|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|cpl|iso|img)/ nocase
    condition:
        filesize < 60MB and uint32(0) == 0x04034B50 and $name
}
