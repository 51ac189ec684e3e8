/*
 * Coin miners: configuration and start scripts. Written for atttcli; Apache-2.0.
 */

rule miner_xmrig_configuration
{
    meta:
        description = "Configuration of an XMRig-like miner with a pool"
        description_vi = "Tệp cấu hình phần mềm đào tiền ảo kiểu XMRig kèm máy chủ pool"
        severity = "medium"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1496"
        scope = "file"
    strings:
        $pools = /"pools"\s{0,4}:\s{0,4}\[/
        $url = /"url"\s{0,4}:\s{0,4}"(stratum\+(tcp|ssl):\/\/)?[A-Za-z0-9.-]{4,80}:[0-9]{2,5}"/
        $donate = /"donate-level"\s{0,4}:\s{0,4}[0-9]/
        $algo = /"(algo|coin)"\s{0,4}:\s{0,4}("(rx\/|cn|randomx|monero|argon2|kawpow)|null)/
        $pages = /"(huge-pages|randomx|rig-id|nicehash|keepalive|cpu-affinity)"\s{0,4}:/
        $wallet = /"user"\s{0,4}:\s{0,4}"(4[0-9AB][1-9A-HJ-NP-Za-km-z]{90,110}|[A-Za-z0-9.+_-]{8,120})"/
    condition:
        filesize < 200KB and $pools and $url and $wallet and 2 of ($donate, $algo, $pages)
}

rule miner_command_line
{
    meta:
        description = "Start script or job with a miner's command line (stratum pool, wallet, algorithm)"
        description_vi = "Tập lệnh hoặc tác vụ gọi phần mềm đào tiền ảo (pool stratum, ví, thuật toán)"
        severity = "medium"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1496"
        scope = "file"
    strings:
        $pool = /(-o|--url[= ]|--pool[= ]|-url)\s{0,2}["']?(stratum[12]?\+(tcp|ssl|tls):\/\/|(pool|xmr|monero|mine)[a-z0-9.-]{2,60}:[0-9]{3,5})/ nocase ascii wide
        $user = /\s(-u|--user[= ])\s{0,2}["']?[A-Za-z0-9.+_-]{20,140}/ ascii wide
        $program = /(xmrig|xmr-stak|minerd|cpuminer|nbminer|phoenixminer|t-rex|ccminer|kdevtmpfsi|kinsing|--donate-level|--randomx|--cpu-max-threads-hint|--nicehash|--coin[= ]monero)/ nocase ascii wide
    condition:
        filesize < 1MB and uint16(0) != 0x5A4D and uint32be(0) != 0x7F454C46 and all of them
}

rule miner_installer_script
{
    meta:
        description = "Script that kills rival miners, stays through cron or a service, and starts its own"
        description_vi = "Tập lệnh diệt phần mềm đào khác, tự duy trì qua cron/dịch vụ và chạy phần mềm đào của mình"
        severity = "high"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1496"
        scope = "file"
    strings:
        $shebang = /^#!\s{0,2}\/(usr\/)?bin\/(env\s{1,2})?(ba|da|z)?sh/
        $kill = /(pkill|killall|kill)\s{1,3}(-9\s{1,3}|-f\s{1,3}){0,2}[^\r\n]{0,40}(xmrig|minerd|kinsing|kdevtmpfsi|cryptonight|stratum|minergate|sysupdate|networkservice)/ nocase
        $cron = /(crontab\s{1,3}(-r|-l|-|\/)|\/etc\/cron\.|\/var\/spool\/cron|systemctl\s{1,3}enable|\/etc\/ld\.so\.preload)/
        $fetch = /(curl|wget|lwp-download)\s{1,3}[^\r\n]{0,80}https?:\/\// nocase
        $tmp = /(\/tmp\/|\/var\/tmp\/|\/dev\/shm\/)/
        $run = /(chmod\s{1,3}(\+x|7[0-7][0-7])|nohup\s|\|\s{0,3}(ba)?sh\b)/
    condition:
        filesize < 500KB and all of them
}

rule miner_browser_script
{
    meta:
        description = "Coin miner for browsers inside a web page"
        description_vi = "Mã đào tiền ảo trong trình duyệt được chèn vào trang web"
        severity = "medium"
        category = "madoc"
        author = "atttcli"
        date = "2021-05-10"
        attack = "T1496"
        scope = "file"
    strings:
        $class = /new\s{1,3}(CoinHive|CryptoLoot|Client|CRLT|deepMiner|WMP|CoinImp)\.(Anonymous|User|Token)\s{0,3}\(/ nocase
        $start = /\.start\s{0,3}\(/
        $throttle = /(throttle|setThrottle|threads|autoThreads)\s{0,3}[:(]/
    condition:
        filesize < 2MB and all of them
}
