/*
 * Web shells on portals: PHP, JSP, ASPX, classic ASP. Rules describe behaviour (request input reaching code or a shell),
 * not the names of particular shells. Written for atttcli; Apache-2.0.
 */

rule webshell_php_request_to_code
{
    meta:
        description = "PHP passes request input straight to eval, assert or a callback that runs code"
        description_vi = "Mã PHP chuyển thẳng dữ liệu của yêu cầu vào eval, assert hoặc hàm gọi lại để chạy lệnh"
        severity = "critical"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $open = "<?" ascii
        $eval = /\b(eval|assert)\s{0,8}\(\s{0,8}(@|base64_decode\s{0,4}\(\s{0,4}|gzinflate\s{0,4}\(\s{0,4}|str_rot13\s{0,4}\(\s{0,4}|stripslashes\s{0,4}\(\s{0,4}|urldecode\s{0,4}\(\s{0,4}|trim\s{0,4}\(\s{0,4}){0,4}\$_(POST|GET|REQUEST|COOKIE|SERVER)\s{0,4}[\[\{]/ nocase
        $callback = /\b(array_map|array_filter|array_walk|usort|uasort|call_user_func|call_user_func_array|create_function|register_shutdown_function)\s{0,8}\(\s{0,8}@?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}\[/ nocase
        $variable_function = /\$_(POST|GET|REQUEST|COOKIE)\s{0,4}\[\s{0,4}['"]?[A-Za-z0-9_]{1,20}['"]?\s{0,4}\]\s{0,4}\(\s{0,4}@?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}\[/ nocase
    condition:
        filesize < 2MB and $open and any of ($eval, $callback, $variable_function)
}

rule webshell_php_request_to_command
{
    meta:
        description = "PHP passes request input to an operating system command"
        description_vi = "Mã PHP chuyển dữ liệu của yêu cầu vào lệnh của hệ điều hành"
        severity = "critical"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $open = "<?" ascii
        $direct = /\b(system|shell_exec|passthru|popen|proc_open|pcntl_exec)\s{0,8}\(\s{0,8}@?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}[\[\{]/ nocase
        $exec = /[^A-Za-z0-9_>:]exec\s{0,8}\(\s{0,8}@?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}[\[\{]/ nocase
        $tick = /`\s{0,8}\{?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}\[/ nocase
        $through = /\$([A-Za-z_][A-Za-z0-9_]{0,20})\s{0,4}=\s{0,4}@?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}\[\s{0,4}['"](cmd|command|exec|shell|c0mmand|lenh)['"]\s{0,4}\]/ nocase
        $runs = /\b(system|shell_exec|passthru|popen|proc_open)\s{0,8}\(\s{0,8}["']?\$[A-Za-z_]/ nocase
    condition:
        filesize < 2MB and $open and ($direct or $exec or $tick or ($through and $runs))
}

rule webshell_php_packed_code
{
    meta:
        description = "PHP evaluates code unpacked from a long literal (base64, gzip, rot13 chain)"
        description_vi = "Mã PHP chạy nội dung được giải nén từ một chuỗi dài (base64, gzip, rot13)"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1027"
        scope = "file"
    strings:
        $open = "<?" ascii
        $chain = /\b(eval|assert)\s{0,8}\(\s{0,8}(["']\?>["']\s{0,4}\.\s{0,4})?@?(gzinflate|gzuncompress|gzdecode|str_rot13|base64_decode|strrev|convert_uudecode|hex2bin)\s{0,8}\(\s{0,8}@?(gzinflate|gzuncompress|gzdecode|str_rot13|base64_decode|strrev|convert_uudecode|hex2bin|\$[A-Za-z0-9_]{1,30}|["'][A-Za-z0-9+\/=]{100})/ nocase
        $chain_two = /\b(gzinflate|gzuncompress|gzdecode)\s{0,8}\(\s{0,8}@?(str_rot13\s{0,4}\(\s{0,4}|strrev\s{0,4}\(\s{0,4}){0,2}base64_decode\s{0,8}\(\s{0,8}["'][A-Za-z0-9+\/]{100}/ nocase
        $eval = /[^A-Za-z0-9_>:](eval|assert|create_function)\s{0,8}\(/ nocase
    condition:
        filesize < 5MB and $open in (0..512) and ($chain or ($chain_two and $eval))
}

rule webshell_php_hidden_function_names
{
    meta:
        description = "PHP builds the names of command functions from pieces and writes errors nowhere: a disguised shell"
        description_vi = "Mã PHP ghép tên hàm chạy lệnh từ nhiều mảnh để che giấu: web shell ngụy trang"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1027"
        scope = "file"
    strings:
        $open = "<?" ascii
        $split_eval = /('e'\s{0,2}\.\s{0,2}'va?l?'|'ev'\s{0,2}\.\s{0,2}'al?'|'eva'\s{0,2}\.\s{0,2}'l'|"e"\s{0,2}\.\s{0,2}"va?l?"|"ev"\s{0,2}\.\s{0,2}"al?"|"eva"\s{0,2}\.\s{0,2}"l")/ nocase
        $split_assert = /["']as?["']\s{0,4}\.\s{0,4}["']s?s?(ert|e["']\s{0,4}\.\s{0,4}["']rt)["']/ nocase
        $split_system = /["']s(y|ys)["']\s{0,4}\.\s{0,4}["'](s?tem|st["']\s{0,4}\.\s{0,4}["']em)["']/ nocase
        $split_b64 = /["']base["']\s{0,4}\.\s{0,4}["']64_?["']?\s{0,4}\.?\s{0,4}["']?_?de(code|["']\s{0,4}\.\s{0,4}["']code)["']/ nocase
        $chr_chain = /(chr\s{0,2}\(\s{0,2}[0-9]{2,3}\s{0,2}\)\s{0,2}\.\s{0,2}){5}/ nocase
        $input = /(\(\s{0,4}@?|\[\s{0,4})\$_(POST|GET|REQUEST|COOKIE)\s{0,4}[\[\{]|=\s{0,4}@?\$_(POST|GET|REQUEST|COOKIE)\s{0,4}[\[\{]|php:\/\/input/
    condition:
        filesize < 1MB and $open and $input and any of ($split*, $chr_chain)
}

rule webshell_php_file_manager
{
    meta:
        description = "One-page PHP file manager: lists, edits, uploads, changes modes and runs commands"
        description_vi = "Trình quản lý tệp PHP một trang: liệt kê, sửa, tải lên, đổi quyền và chạy lệnh"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $open = "<?" ascii
        $upload = /\b(move_uploaded_file|copy)\s{0,4}\(\s{0,4}@?\$_FILES/ nocase
        $chmod = /\bchmod\s{0,4}\(\s{0,4}\$/ nocase
        $edit = /\b(file_put_contents|fwrite|fputs)\s{0,4}\(\s{0,4}[^;]{1,80}\$_(POST|REQUEST|GET)/ nocase
        $delete = /\b(unlink|rmdir)\s{0,4}\(\s{0,4}\$(_(GET|POST|REQUEST)|[a-z])/ nocase
        $list = /\b(opendir|scandir|glob)\s{0,4}\(\s{0,4}\$/ nocase
        $run = /\b(shell_exec|passthru|popen|proc_open|system)\s{0,4}\(\s{0,4}\$/ nocase
        $uname = /\b(php_uname|posix_getpwuid|getmyuid|disk_free_space|ini_get\s{0,4}\(\s{0,4}['"](disable_functions|safe_mode|open_basedir)['"])/ nocase
        $silence = /\b(error_reporting\s{0,2}\(\s{0,2}0|set_time_limit\s{0,2}\(\s{0,2}0|@?ini_set\s{0,2}\(\s{0,2}['"](display_errors|log_errors)['"]\s{0,2},\s{0,2}['"]?(0|off|NULL))/ nocase
    condition:
        filesize < 500KB and $open in (0..512) and $run and $uname and $silence and 3 of ($upload, $chmod, $edit, $delete, $list)
}

rule webshell_php_in_image
{
    meta:
        description = "PHP code inside a picture file (upload filter bypass)"
        description_vi = "Mã PHP giấu trong tệp ảnh để vượt qua bộ lọc tải lên"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1036.008"
        scope = "file"
    strings:
        $php = /<\?(php\s|=)[^\x00]{0,200}(eval|assert|system|shell_exec|passthru|base64_decode|file_put_contents|move_uploaded_file|\$_(POST|GET|REQUEST|COOKIE))/ nocase
    condition:
        filesize < 10MB and $php and (uint32(0) == 0x38464947 or uint32be(0) == 0xFFD8FFE0 or uint32be(0) == 0xFFD8FFE1 or uint32be(0) == 0xFFD8FFDB or uint32be(0) == 0x89504E47 or uint16be(0) == 0x424D)
}

rule webshell_htaccess_runs_pictures
{
    meta:
        description = ".htaccess or .user.ini that makes the server run pictures or every file as PHP"
        description_vi = "Tệp .htaccess hoặc .user.ini khiến máy chủ chạy tệp ảnh như mã PHP"
        severity = "high"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $handler = /(^|[\r\n])[ \t]{0,20}(AddType|AddHandler|SetHandler)[ \t]{1,10}["']?(application\/x-httpd-(php|ea-php)|php[0-9]?-script)[^\r\n]{0,60}\.(jpe?g|png|gif|ico|txt|pdf|svg|bmp|docx?)/ nocase
        $in_match = /<FilesMatch[^>]{1,100}(jpe?g|png|gif|ico|txt|pdf)[^>]{0,40}>\s{0,40}SetHandler\s{1,10}["']?application\/x-httpd-/ nocase
        $prepend = /(^|[\r\n])[ \t]{0,20}(php_value[ \t]{1,10})?auto_(prepend|append)_file[ \t]{0,10}=?[ \t]{0,10}["']?[^\r\n]{0,80}\.(jpe?g|png|gif|ico|txt|pdf)/ nocase
    condition:
        filesize < 64KB and any of them
}

rule webshell_jsp_request_to_command
{
    meta:
        description = "JSP runs a request parameter as an operating system command"
        description_vi = "Trang JSP chạy tham số của yêu cầu như lệnh của hệ điều hành"
        severity = "critical"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $page = "<%" ascii
        $tag = "<jsp:" ascii
        $exec = /getRuntime\s{0,4}\(\s{0,4}\)\s{0,4}\.\s{0,4}exec\s{0,4}\(/
        $builder = /new\s{1,4}(java\.lang\.)?ProcessBuilder\s{0,4}\(/
        $reflect = /(Class\.forName|getMethod)\s{0,4}\(\s{0,4}(new\s{1,4}String\s{0,4}\(|"java\.lang\.(Runtime|ProcessBuilder)"|"exec")/
        $parameter = /\brequest\s{0,4}\.\s{0,4}get(Parameter|Header|QueryString|InputStream|Reader|Cookies)\s{0,4}\(/
    condition:
        filesize < 1MB and ($page or $tag) and $parameter and any of ($exec, $builder, $reflect)
}

rule webshell_jsp_class_loader
{
    meta:
        description = "JSP decrypts the request body and defines it as a class (encrypted in-memory shell)"
        description_vi = "Trang JSP giải mã nội dung yêu cầu rồi nạp thành lớp Java (web shell mã hóa, chạy trong bộ nhớ)"
        severity = "critical"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $page = "<%" ascii
        $loader = /extends\s{1,4}(java\.lang\.)?ClassLoader/
        $define = /\bdefineClass\s{0,4}\(/
        $cipher = /Cipher\s{0,4}\.\s{0,4}getInstance\s{0,4}\(/
        $decode = /(BASE64Decoder|Base64\s{0,4}\.\s{0,4}getDecoder|decodeBuffer|parseBase64Binary)/
        $input = /\brequest\s{0,4}\.\s{0,4}get(Reader|InputStream|Parameter)\s{0,4}\(/
    condition:
        filesize < 1MB and $page and $define and $input and ($loader or $cipher) and ($cipher or $decode)
}

rule webshell_aspx_request_to_code
{
    meta:
        description = "ASP.NET or classic ASP evaluates request input, or runs it through cmd.exe"
        description_vi = "Trang ASP/ASPX chạy dữ liệu của yêu cầu dưới dạng mã hoặc qua cmd.exe"
        severity = "critical"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $page = "<%" ascii
        $script = /<script[^>]{0,60}runat\s{0,3}=\s{0,3}["']?server/ nocase
        $eval = /\b(eval|execute|executeglobal)\s{0,4}[\( ]\s{0,4}(System\.Text\.Encoding\.[A-Za-z0-9_().]{1,80}\(\s{0,4})?(System\.Convert\.FromBase64String\s{0,4}\(\s{0,4})?request\s{0,4}(\.(item|form|querystring|params|headers|cookies)\s{0,4})?[\(\[]/ nocase
        $process = /(new\s{1,4}(System\.Diagnostics\.)?Process(StartInfo)?\s{0,4}\(|Process\.Start\s{0,4}\(|WScript\.Shell|createobject\s{0,4}\(\s{0,4}["']wscript)/ nocase
        $cmd = /cmd(\.exe)?["' ]{1,4}[^\r\n]{0,40}\/c/ nocase
        $cmd_name = /["'](c:\\+windows\\+system32\\+)?cmd(\.exe)?["']/ nocase
        $input = /\brequest\s{0,4}(\.(item|form|querystring|params|headers|cookies)\s{0,4})?[\(\[]\s{0,4}["']/ nocase
    condition:
        filesize < 1MB and ($page or $script) and ($eval or ($process and $input and ($cmd or $cmd_name)))
}

rule webshell_aspx_loads_assembly
{
    meta:
        description = "ASP.NET page loads an assembly from the request or the session (encrypted in-memory shell)"
        description_vi = "Trang ASPX nạp assembly từ yêu cầu hoặc phiên làm việc (web shell chạy trong bộ nhớ)"
        severity = "critical"
        category = "truycap"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1505.003"
        scope = "file"
    strings:
        $page = /<%@\s{0,4}(page|webhandler|webservice)\b/ nocase
        $load = /Assembly\s{0,4}(\.\s{0,4}Load\s{0,4}\(|"\s{0,4}\))|\.GetMethod\s{0,4}\(\s{0,4}"Load"/ nocase
        $create = /\.\s{0,4}CreateInstance\s{0,4}\(/ nocase
        $input = /\bRequest\s{0,4}\.\s{0,4}(BinaryRead|InputStream|Form|Headers|TotalBytes)|\bRequest\s{0,4}\[/ nocase
        $crypto = /(RijndaelManaged|AesManaged|CreateDecryptor|FromBase64String)/ nocase
    condition:
        filesize < 1MB and all of them
}
