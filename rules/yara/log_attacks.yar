/*
 * Attacks seen in LOG TEXT (web access logs above all). Run by the log matcher over lines, never over files of a
 * machine: all carry the tag `log` and scope = "log". Written for atttcli; Apache-2.0.
 */

rule log_web_shell_access : log
{
    meta:
        description = "Request with a command to a script, or answered request to a script in an upload folder"
        description_vi = "Yêu cầu gửi lệnh tới tập lệnh hoặc truy cập tập lệnh trong thư mục tải lên (web shell)"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "log"
    strings:
        $command = /\.(php[3-8]?|phtml|jspx?|aspx?|ashx|cgi)\?[^" ]{0,120}(cmd|command|exec|c|x|shell|act|lenh)=(whoami|id|ls|dir|cat|type|net|ipconfig|ifconfig|uname|pwd|ps|systeminfo|tasklist|wget|curl|certutil|powershell|cmd)(%20|\+|&|\s|\/|;|%3B|%7C)[^"]{0,400}" 2[0-9]{2} / nocase
        // A string for each ending, as the folders stand in most addresses of a portal.
        $upload_php = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.php[3-8]?(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_phtml = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.phtml(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_phar = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.phar(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_jsp = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.jspx?(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_asp = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.aspx?(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_ashx = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.ashx(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_asmx = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.asmx(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_cer = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.cer(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $upload_asa = /\/(uploads?|files?|images?|img|media|attachments?|tmp|cache|userfiles|filestore|portal_attachment|documents|[Pp]ortals\/[0-9_a-z]{1,20})\/[^" ?]{0,120}\.asa(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $double_php = /\.(jpe?g|png|gif|txt|pdf|docx?)\.php[3-8]?(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $double_phtml = /\.(jpe?g|png|gif|txt|pdf|docx?)\.phtml(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $double_jsp = /\.(jpe?g|png|gif|txt|pdf|docx?)\.jspx?(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $double_asp = /\.(jpe?g|png|gif|txt|pdf|docx?)\.aspx?(\?[^" ]{0,400})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
    condition:
        any of them
}

rule log_sql_injection : log
{
    meta:
        description = "SQL injection in a request"
        description_vi = "Tấn công chèn mã SQL trong yêu cầu"
        severity = "medium"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1190"
        scope = "log"
    strings:
        $union = /(GET|POST|PUT|HEAD) [^"]{0,600}union(\+|%20|%0a|%09|\/\*[^"]{0,20}\*\/|\s){1,8}(all(\+|%20|%0a|%09|\/\*[^"]{0,20}\*\/|\s){1,8})?select(\+|%20|%0a|%09|\/\*|\s|%28|\()/ nocase
        $true = /(%27|'|%22)(\+|%20|\)|%29|-|%2d){0,4}(or\+|or%20|or\/\*\*\/|and\+|and%20|and\/\*\*\/|%7c%7c|\|\|)(\+|%20|\/\*\*\/){0,4}(%27|'|%22)?[0-9a-z]{1,6}(%27|')?(\+|%20|\s){0,4}(=|%3d|like|<|>)(\+|%20|\s){0,4}(%27|'|%22)?[0-9a-z]{1,6}/ nocase
        $time = /(GET|POST|PUT|HEAD) [^"]{0,600}(sleep(\(|%28)[0-9]{1,3}(\)|%29)|benchmark(\(|%28)[0-9]{4}|waitfor(\+|%20|\s){1,4}delay|pg_sleep(\(|%28)|dbms_pipe\.receive_message)/ nocase
        $schema = /(GET|POST|PUT|HEAD) [^"]{0,600}(information_schema(\.|%2e)|sysobjects|xp_cmdshell|into(\+|%20|\s){1,4}(outfile|dumpfile)|load_file(\(|%28)|extractvalue(\(|%28)|updatexml(\(|%28)|utl_http)/ nocase
    condition:
        any of them
}

rule log_path_traversal : log
{
    meta:
        description = "Directory traversal or reading of system files in a request"
        description_vi = "Duyệt thư mục trái phép hoặc đọc tệp hệ thống qua yêu cầu web"
        severity = "medium"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1083"
        scope = "log"
    strings:
        $dots = /(\.\.\/|\.\.\\|\.\.%2f|\.\.%5c|%2e%2e\/|%2e%2e%2f|%2e%2e%5c|%2e\.\/|\.%2e\/|%252e%252e(\/|%252f|%255c)|\.\.%252f|\.\.%255c|\.\.%c0%af){3}/ nocase
        $file = /(GET|POST|PUT|HEAD) [^" ]{0,600}(\/|%2f|\\|%5c)(etc(\/|%2f)(passwd|shadow|hosts)|proc(\/|%2f)self(\/|%2f)environ|windows(\/|\\|%2f|%5c)(win\.ini|system32)|boot\.ini|web\.config|wp-config\.php[.~]|web-inf(\/|%2f)web\.xml)/ nocase
        $wrapper = /(GET|POST|PUT|HEAD) [^" ]{0,600}=(php(:|%3a)(\/|%2f){2}(filter|input)|expect(:|%3a)(\/|%2f){2}|data(:|%3a)text(\/|%2f)plain|file(:|%3a)(\/|%2f){3})/ nocase
    condition:
        any of them
}

rule log_jndi_lookup : log
{
    meta:
        description = "JNDI lookup string (Log4Shell and its disguises) in a request, agent or referrer"
        description_vi = "Chuỗi tra cứu JNDI (Log4Shell và các biến thể) trong yêu cầu hoặc User-Agent"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-12-11"
        attack = "T1190"
        reference = "CVE-2021-44228"
        scope = "log"
    strings:
        $plain = /(\$|%24)(\{|%7b)\s{0,4}jndi\s{0,4}(:|%3a)\s{0,4}(ldaps?|rmi|dns|iiop|nis|corba|http)/ nocase
        $disguised = /(\$|%24)(\{|%7b)(lower|upper|env|sys|date|::-|%3a%3a-|java)[^" ]{0,60}(\}|%7d)[^"]{0,120}(:|%3a)[^"]{0,40}(\/|%2f){2}/ nocase
        $empty = /\$\{\$\{:{1,2}-[a-z]\}/ nocase
    condition:
        any of them
}

rule log_command_injection : log
{
    meta:
        description = "Operating system command injected in a request (shell metacharacters, OGNL, shellshock, PHPUnit, ThinkPHP)"
        description_vi = "Chèn lệnh hệ điều hành trong yêu cầu web (ký tự shell, OGNL, shellshock, PHPUnit, ThinkPHP)"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1190"
        scope = "log"
    strings:
        $shell = /(;|%3b|\||%7c|`|%60|\$\(|%24%28|%26%26)(\+|%20|\$\{IFS\}){0,4}(cat|wget|curl|whoami|uname|bash|ping|nslookup|powershell|certutil|busybox|tftp|chmod|nc\+|nc%20|nc\$\{|sh\+|sh%20|sh\$\{|rm\+|rm%20|rm\$\{|id%0a|id%60|id%3b|id\)|id )(\+|%20|\$\{IFS\}|%0a|%60|\)|-|\/|\s)/ nocase
        $ognl = /(%24|\$|%25|%)(%7b|\{)[^" ]{0,80}(%23|#|@|%40)(_memberAccess|context|ognl|java\.lang\.(Runtime|ProcessBuilder)|com\.opensymphony)/ nocase
        $shellshock = /[":=] {0,1}\(\)\s{0,2}\{\s{0,2}(:|_|foo|x|ignored)?;?\s{0,2}\}\s{0,2};/
        $phpunit = /(GET|POST) [^" ]{0,200}\/phpunit\/(src\/)?Util\/PHP\/eval-stdin\.php/ nocase
        $thinkphp = /(GET|POST) [^" ]{0,200}(s=|\?)[^" ]{0,40}(\\|%5c|\/)think(\\|%5c)(app|container|request)(\/|%2f)(invokefunction|input)/ nocase
        $spring = /class\.module\.classLoader\.(resources|pipeline)/ nocase
    condition:
        any of them
}

rule log_known_exploit_path : log
{
    meta:
        description = "Request to the path of a known exploit against mail, portal or network products"
        description_vi = "Truy cập đường dẫn khai thác lỗ hổng đã biết của hệ thống thư, cổng thông tin, thiết bị mạng"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1190"
        scope = "log"
    strings:
        $zimbra = /(GET|POST) \/(service\/extension\/(backup\/mboximport|clientuploader\/upload)|zimbraAdmin\/[^" ]{0,60}\.jsp|res\/I18nMsg[^" ]{0,80}skin=\.\.|h\/search\?[^" ]{0,200}(%3c|<)script|Autodiscover\/Autodiscover\.xml\.jsp)/ nocase
        $exchange = /(GET|POST) \/(autodiscover\/autodiscover\.json[^" ]{0,40}(@|%40)[^" ]{1,120}(mapi|powershell|ews|nspi)|ecp\/[a-z0-9]{1,8}\.(js|css|png)\b[^"]{0,200}X-BEResource|ecp\/DDI\/DDIService\.svc\/SetObject|owa\/auth\/[a-z0-9_-]{1,40}\.aspx\?[^" ]{0,60}(cmd|exec)=)/ nocase
        $confluence = /(GET|POST) \/(%24|\$)(%7b|\{)[^" ]{20}/ nocase
        $fortinet = /(GET|POST) \/remote\/fgt_lang\?lang=[^" ]{0,60}(\.\.|sslvpn_websession)/ nocase
        $pulse = /GET \/dana-na\/[^" ]{0,40}(\.\.|%2e%2e)/ nocase
        $f5 = /(GET|POST) \/(tmui\/login\.jsp\/\.\.;|mgmt\/tm\/util\/bash)/ nocase
        $sharepoint = /(GET|POST) [^" ]{0,60}\/_layouts\/1[56]\/(picker\.aspx\?PickerDialogType|ToolPane\.aspx\?DisplayMode=Edit)/ nocase
        $router = /(GET|POST) \/(boaform\/admin\/formLogin|HNAP1\/?|cgi-bin\/(luci\/;stok=\/locale|jarrewrite\.sh|viewlog\.asp)|GponForm\/diag_Form|setup\.cgi\?next_file=netgear)/ nocase
        $liferay = /POST \/api\/jsonws\/(invoke|expandocolumn)[^"]{0,10}HTTP/ nocase
    condition:
        any of them
}

rule log_scanner_agent : log
{
    meta:
        description = "Request by a vulnerability scanner or brute forcing tool that names itself"
        description_vi = "Yêu cầu từ công cụ quét lỗ hổng hoặc dò mật khẩu (tự khai tên trong User-Agent)"
        severity = "low"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1595.002"
        scope = "log"
    strings:
        $agent = /" "[^"]{0,200}(sqlmap|nikto|acunetix|nessus|openvas|w3af|wpscan|dirbuster|gobuster|feroxbuster|nuclei|masscan|zgrab|nmap scripting engine|havij|netsparker|fuzz faster|hydra|jaeles|whatweb|arachni|appscan|joomscan|zmeu|morfeus)/ nocase
        $probe = /(GET|POST|HEAD) [^" ]{0,80}\/(acunetix-wvs-test-for-some-inexistent-file|nikto-test-|nmaplowercheck[0-9]{6}|sqlmap[0-9.]{1,6})/ nocase
    condition:
        any of them
}

rule log_sensitive_file_request : log
{
    meta:
        description = "Answered request to a file that must not be public (backup, repository, environment, dump, key)"
        description_vi = "Máy chủ trả về tệp không được công khai (bản sao lưu, kho mã, cấu hình, khóa)"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1552.001"
        scope = "log"
    strings:
        $hidden = /\/(\.git\/(config|HEAD|index)|\.env(\.[a-z]{2,12})?|\.svn\/entries|\.htpasswd|id_rsa|wp-config\.php\.(bak|old|save|txt)|web\.config\.(bak|old)|phpinfo\.php)(\?[^" ]{0,80})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        // A string for each ending: in one, the folder names (in every address of a portal) would be what is searched;
        // with `.7z` and an optional query it would be the ` HTTP/` of every request.
        $dump_sql = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.sql(\?[^" ]{0,80})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $dump_zip = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.zip(\?[^" ]{0,80})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $dump_rar = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.rar(\?[^" ]{0,80})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $dump_tgz = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.tar\.gz(\?[^" ]{0,80})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $dump_bak = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.bak(\?[^" ]{0,80})? HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $dump_seven = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.7z HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
        $dump_seven_asked = /\/(backup|database|dump|wwwroot|portal|site|db|www)[0-9_-]{0,10}\.7z\?[^" ]{0,80} HTTP\/[0-9.]{1,3}" 2[0-9]{2} /
    condition:
        any of them
}
