/*
 * Remote access without the owner's knowledge: silent installs of support tools, reverse shells, RAT strings.
 * Written for atttcli; Apache-2.0.
 */

rule remote_tool_silent_install
{
    meta:
        description = "Script that installs a remote support tool silently or sets its unattended password"
        description_vi = "Tập lệnh cài âm thầm công cụ điều khiển từ xa hoặc đặt mật khẩu truy cập không cần xác nhận"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1219"
        scope = "file"
    strings:
        $anydesk = /anydesk[^\r\n|]{0,80}\s(--install\s[^\r\n]{0,160}--silent|--set-password|--start-with-win)/ nocase ascii wide
        $anydesk_password = /echo\s[^\r\n|]{1,60}\|[^\r\n]{0,120}anydesk[^\r\n]{0,40}--set-password/ nocase ascii wide
        $teamviewer = /teamviewer[^\r\n]{0,60}\.(exe|msi)["']?\s[^\r\n]{0,80}(\/S\b|\/qn|CUSTOMCONFIGID|assign\s{1,3}--api-token|--grant-easy-access)/ nocase ascii wide
        $ultraviewer = /ultraviewer[^\r\n]{0,60}\.exe["']?\s[^\r\n]{0,60}(\/VERYSILENT|\/SILENT|\/S\b)/ nocase ascii wide
        $rustdesk = /rustdesk[^\r\n]{0,60}\s(--silent-install|--password\s|--install-service|--config\s)/ nocase ascii wide
        $other = /(atera|splashtop|screenconnect|meshagent|remoteutilities|supremo|dwagent|ammyy|aeroadmin)[^\r\n]{0,80}\.(exe|msi)["']?\s[^\r\n]{0,60}(\/qn|\/S\b|\/VERYSILENT|-fullinstall|-silent)/ nocase ascii wide
    condition:
        filesize < 1MB and uint16(0) != 0x5A4D and any of them
}

rule remote_tool_planted_configuration
{
    meta:
        description = "Configuration of AnyDesk or RustDesk with unattended access or a private relay, outside its own program"
        description_vi = "Cấu hình AnyDesk/RustDesk cho phép truy cập không cần xác nhận hoặc dùng máy chủ trung gian riêng"
        severity = "medium"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1219"
        scope = "file"
    strings:
        $any_hash = /ad\.anynet\.(pwd_hash|profile_pwd)[^=\r\n]{0,40}=[0-9a-f]{16}/
        $any_salt = /ad\.anynet\.pwd_salt=[0-9a-f]{8}/
        $any_quiet = /ad\.(security\.(interactive_access=0|allow_logon_token=true)|ui\.(hide|show_tray=false))/
        $rust_relay = /custom-rendezvous-server\s{0,3}=\s{0,3}'[^']{4,80}'/
        $rust_quiet = /(verification-method|approve-mode|allow-hide-cm|hide-tray)\s{0,3}=\s{0,3}'(use-permanent-password|password|Y)'/
    condition:
        filesize < 64KB and (($any_hash and ($any_salt or $any_quiet)) or ($rust_relay and $rust_quiet))
}

rule remote_reverse_shell_one_liner
{
    meta:
        description = "Reverse shell one-liner (bash, nc, python, perl, php, ruby, socat) in a script, job or note"
        description_vi = "Câu lệnh mở shell ngược (bash, nc, python, perl, php, socat) trong tập lệnh hoặc tác vụ"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1059.004"
        scope = "file"
    strings:
        $bash = /(ba|z|da)?sh\s{1,3}-i\s{0,3}(>|[0-9]>|<)?\s{0,3}[>&]{1,2}\s{0,3}\/dev\/(tcp|udp)\/[0-9a-z.-]{4,60}\/[0-9]{2,5}/
        $exec = /exec\s{1,3}[0-9]{1,3}<>\s{0,3}\/dev\/tcp\/[0-9a-z.-]{4,60}\/[0-9]{2,5}/
        $fifo = /mkfifo\s{1,3}[^;|]{1,60};[^\r\n]{0,120}\|\s{0,3}\/?(bin\/)?(ba)?sh\s{1,3}-i[^\r\n]{0,60}\|\s{0,3}(nc|ncat|netcat|openssl)\s/
        $nc = /\b(nc|ncat|netcat)(\.exe)?\s{1,3}(-[a-z]{1,5}\s{1,3}){0,4}(-e|--exec|-c)\s{1,3}["']?(\/bin\/(ba)?sh|cmd(\.exe)?|powershell)/
        $nc_last = /\b(nc|ncat|netcat)(\.exe)?\s{1,3}(-[a-z]{1,5}\s{1,3}){0,3}[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\s{1,3}[0-9]{2,5}\s{1,3}(-e|--exec|-c)\s{1,3}["']?(\/bin\/(ba)?sh|cmd|powershell)/
        $python = /socket\.SOCK_STREAM[^\x00]{0,200}connect\s{0,2}\(\s{0,2}\(["'][^"']{4,60}["']\s{0,2},\s{0,2}[0-9]{2,5}\s{0,2}\)\s{0,2}\)[^\x00]{0,200}os\.dup2[^\x00]{0,300}(subprocess\.(call|Popen)|pty\.spawn)/
        $perl = /use\s{1,3}Socket;[^\r\n]{0,200}connect\s{0,2}\(S,[^\r\n]{0,200}open\s{0,2}\(STDIN,["']>&S["']\)/
        $php = /fsockopen\s{0,2}\(\s{0,2}["'][^"']{4,60}["']\s{0,2},\s{0,2}[0-9]{2,5}\s{0,2}\)\s{0,2};[^\r\n]{0,80}(exec|shell_exec|system|passthru|proc_open)\s{0,2}\([^\r\n]{0,40}sh\s{1,2}-i/
        $powershell = /New-Object\s{1,3}(System\.)?Net\.Sockets\.TCPClient\s{0,2}\([^\r\n]{4,80}[0-9]{2,5}\s{0,2}\)[^\x00]{0,400}(iex|Invoke-Expression)[^\x00]{0,300}(\.Write\s{0,2}\(|GetBytes)/ nocase ascii wide
        $socat = /socat\s{1,3}(exec|tcp|openssl)[^\r\n]{0,120}(exec:|tcp:|tcp4:)[^\r\n]{0,80}(pty,stderr|bash\s{1,2}-li)/ nocase
    condition:
        filesize < 512KB and any of them
}

rule remote_rat_njrat_like
{
    meta:
        description = "Strings of an njRAT-like remote access trojan (.NET)"
        description_vi = "Chuỗi đặc trưng của mã độc điều khiển từ xa kiểu njRAT (.NET)"
        severity = "critical"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1219"
        scope = "file"
    strings:
        $firewall = "netsh firewall add allowedprogram" ascii wide nocase
        $firewall_off = "netsh firewall delete allowedprogram" ascii wide nocase
        $ping = "cmd.exe /c ping 0 -n 2 & del" ascii wide nocase
        $zone = "SEE_MASK_NOZONECHECKS" ascii wide
        $run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run" ascii wide nocase
        $split = "|'|'|" ascii wide
        $keys = "[ENTER]" ascii wide
        $tap = "[TAP]" ascii wide
        $camera = "capGetDriverDescriptionA" ascii wide
    condition:
        filesize < 5MB and uint16(0) == 0x5A4D and 5 of them
}

rule remote_rat_async_like
{
    meta:
        description = "Strings of an AsyncRAT-like remote access trojan (.NET)"
        description_vi = "Chuỗi đặc trưng của mã độc điều khiển từ xa kiểu AsyncRAT (.NET)"
        severity = "critical"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1219"
        scope = "file"
    strings:
        $task = "/c schtasks /create /f /sc onlogon /rl highest /tn" ascii wide nocase
        $pastebin = "Pastebin" ascii wide
        $masterkey = "masterKey can not be null or empty." ascii wide
        $antivirus = "Select * from AntivirusProduct" ascii wide nocase
        $plugin = "sendPlugin" ascii wide
        $save = "savePlugin" ascii wide
        $pong = "ActivatePong" ascii wide nocase
        $performance = "Performance" ascii wide
        $certificate = "ServerCertificate" ascii wide
        $sandbox = "SbieDll.dll" ascii wide
        $critical = "RtlSetProcessIsCritical" ascii wide
    condition:
        filesize < 5MB and uint16(0) == 0x5A4D and ($masterkey or $task) and 5 of them
}
