#!/bin/sh
# Collects from one machine what the centre needs, without Python, without a network, without installing anything.
# POSIX shell: dash, busybox ash, bash, the tools of CentOS 6. It reads, and writes only below its output folder.
#
#   sh collect.sh [--out DIR] [--max-time SECONDS] [--max-files N] [--max-size BYTES] [--log-mb N] [--root DIR] [--quiet]
#
# Every name and value is written in printable ASCII, other bytes as %XX: no file name can forge a line.
# Ends with 0 (nothing found), 1 (found) or 2 (not everything could be looked at).

# shellcheck disable=SC2254,SC2209,SC2034,SC2015,SC2067
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export LC_ALL PATH
unset CDPATH ENV GREP_OPTIONS POSIXLY_CORRECT TAR_OPTIONS GZIP
IFS=' 	
'
umask 077

TAB='	'
# A shell pattern and awk programs, kept in variables so that each stands once.
ODD='*[! -~]*'
# shellcheck disable=SC2016
FROM_HEX='BEGIN { for (i = 32; i < 127; i++) if (i != 37) plain[sprintf("%02x", i)] = sprintf("%c", i) }
  { for (i = 1; i <= NF; i++) if ($i in plain) printf "%s", plain[$i]; else printf "%%%s", toupper($i) }'
# shellcheck disable=SC2016
ENCODE='BEGIN { for (i = 1; i < 256; i++) number[sprintf("%c", i)] = i }
  function enc(s,  i, c, out) {
    if (s !~ /[^ -~]/ && s !~ /%/) return s
    out = ""
    for (i = 1; i <= length(s); i++) {
      c = substr(s, i, 1)
      if (c ~ /[ -~]/ && c != "%") out = out c; else out = out sprintf("%%%02X", number[c])
    }
    return out
  }'

has() { command -v "$1" >/dev/null 2>&1; }
say() { [ -n "$C_QUIET" ] || printf '%s\n' "$*" >&2; }
now() { date +%s; }
left() { echo $((C_DEADLINE - $(now))); }
is_late() { [ -f "$C_WORK/.stop" ] || [ "$(left)" -le 0 ]; }

hex() {
    if [ "$C_HEX" = od ]; then od -An -v -tx1; else hexdump -v -e '/1 "%02x "'; fi
}

# Sets Q to the encoded form of $1.
q() {
    case $1 in
    $ODD | *%*) Q=$(printf '%s' "$1" | hex | awk "$FROM_HEX") ;;
    *) Q=$1 ;;
    esac
}

# rec CHECK KIND SUBJECT RULE SEVERITY TITLE [key=value]...: one line of host.tsv.
rec() {
    R=$1$TAB$2
    q "$3"
    R=$R$TAB$Q$TAB$4$TAB$5$TAB$6
    shift 6
    for R_one in "$@"; do
        q "$R_one"
        R=$R$TAB$Q
    done
    printf '%s\n' "$R" >>"$C_WORK/host.tsv"
}
saw() { S_check=$1 S_subject=$2; shift 2; rec "$S_check" observation "$S_subject" '' 0 '' "$@"; }
missed() { rec "$1" problem "$2" '' 0 '' "why=$3"; }

# Text of a program or file, line by line, as observations of CHECK about SUBJECT; at most $3 lines.
lines_as() {
    q "$2"
    C_check=$1 C_subject=$Q C_most=$3 awk "$ENCODE"'
      NR > ENVIRON["C_most"] + 0 { exit }
      { sub(/\r$/, ""); if ($0 == "") next
        printf "%s\tobservation\t%s\t\t0\t\tline=%s\tnumber=%d\n", ENVIRON["C_check"], ENVIRON["C_subject"], enc(substr($0, 1, 600)), NR }
    ' >>"$C_WORK/host.tsv"
}

# ---- names and hashes: called by find with many names at once, so that no name is ever read from a line ----

batch() {
    if is_late; then
        : >"$C_WORK/.stop"
        echo $# >>"$C_WORK/.left"
        return
    fi
    first=1
    for f in "$@"; do # the list was expanded already: "$@" can be filled anew
        [ -z "$first" ] || { set --; first=; }
        case $f in
        $ODD | *[%\\]*) odd "$f" ;;
        *)
            set -- "$@" "$f"
            if [ $# -ge 64 ]; then
                plain "$@"
                set --
            fi
            ;;
        esac
    done
    [ -n "$first" ] || [ $# -eq 0 ] || plain "$@"
}

# A place gets at most half of what is left of time and files: one that is flooded does not hide the others.
is_over() {
    if is_late; then
        : >"$C_WORK/.stop"
    elif [ "$(now)" -lt "$C_PART_END" ]; then
        read -r counted <"$C_WORK/.count"
        counted=$((counted + $1))
        if [ "$counted" -le "$C_PART_FILES" ]; then
            echo "$counted" >"$C_WORK/.count"
            return 1
        fi
    fi
    : >"$C_WORK/.part"
    echo "$1" >>"$C_WORK/.left"
}

# shellcheck disable=SC2086
plain() { # names of printable ASCII without % and backslash: many to one program
    ! is_over $# || return 0
    printf '%s\n' "$@" >"$C_WORK/.names"
    for kind in sha256 md5 sha1 stat; do
        case $kind in
        sha256) program=$C_SHA256 ;;
        md5) program=$C_MD5 ;;
        sha1) program=$C_SHA1 ;;
        stat) program=$C_STAT ;;
        esac
        : >"$C_WORK/.$kind"
        [ -z "$program" ] || $C_LIMIT $program "$@" >"$C_WORK/.$kind" 2>>"$C_WORK/.errors" </dev/null
    done
    awk '
      kind == "stat" { match($0, /^[0-9]+[+]-?[0-9]+[+]/); n = substr($0, RLENGTH + 1)
        split($0, part, "+"); stat[n] = part[1] "\t" part[2]; next }
      kind != "names" { n = substr($0, length($1) + 3); sum[kind, n] = $1; next }
      { first = sum["sha256", $0]; second = sum["md5", $0]; third = sum["sha1", $0]; size = stat[$0]
        state = (first == "" && second == "") ? "failed" : "ok"
        if (index($0, ENVIRON["C_ROOT"]) == 1) path = substr($0, length(ENVIRON["C_ROOT"]) + 1); else path = $0
        if (first == "") first = "-"
        if (second == "") second = "-"
        if (third == "") third = "-"
        if (size == "") size = "-\t-"
        printf "%s\t%s\t%s\t%s\t%s\t%s\n", state, first, second, third, size, path }
    ' kind=sha256 "$C_WORK/.sha256" kind=md5 "$C_WORK/.md5" kind=sha1 "$C_WORK/.sha1" kind=stat "$C_WORK/.stat" \
        kind=names "$C_WORK/.names" >>"$C_WORK/files.tsv"
}

# shellcheck disable=SC2086
sum_of() { # PROGRAM FILE: sets SUM; a name that the program escapes has a backslash before the digest
    SUM=
    [ -n "$1" ] && SUM=$($C_LIMIT $1 "$2" 2>/dev/null </dev/null)
    SUM=${SUM#\\}
    SUM=${SUM%%[!0-9a-f]*}
    SUM=${SUM:--}
}

# shellcheck disable=SC2086
odd() { # a name with control characters, other bytes, % or backslash: one at a time
    ! is_over 1 || return 0
    one_file "$1" "${1#"$C_ROOT"}"
}

# shellcheck disable=SC2086
one_file() { # FILE NAME-TO-SHOW
    sum_of "$C_SHA256" "$1"; o_first=$SUM
    sum_of "$C_MD5" "$1"; o_second=$SUM
    sum_of "$C_SHA1" "$1"; o_third=$SUM
    o_size=-+-
    [ -z "$C_STAT_PLAIN" ] || o_size=$($C_STAT_PLAIN "$1" 2>/dev/null) || o_size=-+-
    o_state=ok
    [ "$o_first$o_second" != -- ] || o_state=failed
    q "$2"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$o_state" "$o_first" "$o_second" "$o_third" "${o_size%+*}" "${o_size#*+}" "$Q" \
        >>"$C_WORK/files.tsv"
}

large() { # listed by name, not read
    for f in "$@"; do
        q "${f#"$C_ROOT"}"
        printf 'large\t-\t-\t-\t-\t-\t%s\n' "$Q" >>"$C_WORK/files.tsv"
    done
}

# ---- the host ----

# shellcheck disable=SC2094
processes() {
    for p in "$PROC"/[0-9]*; do
        is_late && { missed processes / "time limit"; return; }
        [ -r "$p/status" ] || continue
        p_name='' p_parent='' p_user=''
        while read -r p_key p_one p_more; do
            case $p_key in
            Name:) p_name=$p_one ;;
            PPid:) p_parent=$p_one ;;
            Uid:) p_user=$p_one; break ;;
            esac
        done 2>/dev/null <"$p/status"
        p_exe=$(readlink "$p/exe" 2>/dev/null)
        p_line=$( (tr '\000' ' ' <"$p/cmdline" | dd bs=4000 count=1 2>/dev/null) 2>/dev/null)
        p_shown=${p_exe:-[$p_name]}
        set -- "pid=${p##*/}" "parent=$p_parent" "user=$p_user" "name=$p_name" "command=$p_line"
        case $p_exe in
        /memfd:*) rec processes hit "$p_shown" host.process-memfd 2 "A running program that never was a file" "$@" ;;
        /tmp/* | /var/tmp/* | /dev/shm/*) rec processes hit "$p_shown" host.process-temp-exe 2 "A running program in a folder where anybody may write" "$@" ;;
        *' (deleted)') rec processes hit "$p_shown" host.process-deleted-exe 1 "A running program whose file was deleted" "$@" ;;
        *) saw processes "$p_shown" "$@" ;;
        esac
        [ -z "$p_exe" ] && continue
        q "$p_exe"
        printf '%s\t%s\n' "$Q" "${p##*/}" >>"$C_WORK/.programs"
    done
}

programs() { # what runs, by what the kernel holds open: also when its file was deleted
    [ -f "$C_WORK/.programs" ] || return
    sort -u -t "$TAB" -k 1,1 "$C_WORK/.programs" | while IFS=$TAB read -r r_path r_pid; do
        is_over 1 && continue
        sum_of "$C_SHA256" "$PROC/$r_pid/exe"; o_first=$SUM
        sum_of "$C_MD5" "$PROC/$r_pid/exe"; o_second=$SUM
        sum_of "$C_SHA1" "$PROC/$r_pid/exe"; o_third=$SUM
        [ "$o_first$o_second" != -- ] || continue # a kernel thread, or gone
        printf 'ok\t%s\t%s\t%s\t-\t-\t%s\n' "$o_first" "$o_second" "$o_third" "$r_path" >>"$C_WORK/files.tsv"
    done
}

sockets() {
    for s in tcp tcp6 udp udp6; do
        [ -r "$PROC/net/$s" ] || continue
        C_kind=$s awk '
          function octet(s, at) { return index("0123456789ABCDEF", substr(s, at, 1)) * 16 + index("0123456789ABCDEF", substr(s, at + 1, 1)) - 17 }
          function address(s,  out, i) {
            if (length(s) == 8) return octet(s, 7) "." octet(s, 5) "." octet(s, 3) "." octet(s, 1)
            if (substr(s, 1, 24) == "0000000000000000FFFF0000") return octet(s, 31) "." octet(s, 29) "." octet(s, 27) "." octet(s, 25)
            out = ""
            for (i = 1; i <= 32; i += 8)
              out = out (i > 1 ? ":" : "") substr(s, i + 6, 2) substr(s, i + 4, 2) ":" substr(s, i + 2, 2) substr(s, i, 2)
            return tolower(out)
          }
          function port(s) { return octet(s, 1) * 256 + octet(s, 3) }
          NR > 1 && NR <= 5000 && $2 ~ /^[0-9A-F]+:[0-9A-F]+$/ && $3 ~ /^[0-9A-F]+:[0-9A-F]+$/ {
            split($2, a, ":"); split($3, b, ":"); kind = ENVIRON["C_kind"]
            state = ($4 == "0A") ? "listening" : ($4 == "01") ? "established" : "other"
            printf "sockets\tobservation\t%s:%d\t\t0\t\tprotocol=%s\tstate=%s\tremote=%s:%d\tuser=%d\tinode=%d\n",
              address(a[1]), port(a[2]), kind, state, address(b[1]), port(b[2]), $8, $10
          }' "$PROC/net/$s" >>"$C_WORK/host.tsv" 2>/dev/null
    done
}

# FILES...: what starts by itself; comment lines are left out
autoruns_of() {
    for f in "$@"; do
        # A user's own file may be a link to what only root may read: it is told, never followed.
        if [ -h "$f" ]; then
            saw autoruns "${f#"$C_ROOT"}" "link=$(readlink "$f" 2>/dev/null)"
            continue
        fi
        [ -f "$f" ] || continue
        is_late && return
        # shellcheck disable=SC2086
        $C_LIMIT grep -v '^[ 	]*#' "$f" 2>/dev/null </dev/null | dd bs=65536 count=2 2>/dev/null |
            lines_as autoruns "${f#"$C_ROOT"}" 120
        [ -r "$f" ] || missed autoruns "${f#"$C_ROOT"}" "permission denied"
    done
}

autoruns() {
    for a in etc/systemd/system usr/local/lib/systemd/system run/systemd/system etc/cron.d etc/cron.hourly etc/cron.daily \
        etc/cron.weekly etc/cron.monthly var/spool/cron var/spool/at etc/profile.d etc/xdg/autostart etc/rc.d/rc.local \
        etc/init.d etc/update-motd.d etc/udev/rules.d etc/ld.so.conf.d; do
        [ -d "$C_ROOT/$a" ] || continue
        find "$C_ROOT/$a" -xdev -type f -size -2048 -exec sh "$SELF" --autoruns {} "$C_PLUS" 2>>"$C_WORK/.errors" </dev/null
    done
    autoruns_of "$C_ROOT/etc/crontab" "$C_ROOT/etc/rc.local" "$C_ROOT/etc/profile" "$C_ROOT/etc/bash.bashrc" "$C_ROOT/etc/bashrc" \
        "$C_ROOT/etc/anacrontab" "$C_ROOT/etc/inittab" "$C_ROOT/etc/sudoers"
    for h in "$C_ROOT/root" "$C_ROOT"/home/*; do
        autoruns_of "$h/.bashrc" "$h/.bash_profile" "$h/.profile" "$h/.zshrc" "$h/.ssh/authorized_keys" "$h/.ssh/authorized_keys2" \
            "$h/.ssh/rc" "$h"/.config/autostart/*.desktop "$h"/.config/systemd/user/*.service
    done
    if [ -s "$C_ROOT/etc/ld.so.preload" ]; then
        rec autoruns hit /etc/ld.so.preload host.preload-file 3 "A library that is forced into every program"
        autoruns_of "$C_ROOT/etc/ld.so.preload"
    fi
}

accounts() {
    [ -r "$C_ROOT/etc/passwd" ] || { missed accounts /etc/passwd "cannot be read"; return; }
    awk -F: "$ENCODE"'
      NR <= 5000 && NF >= 7 {
        odd = ($3 == 0 && $1 != "root")
        told = (odd ? "hit\t" : "observation\t") enc(substr($1, 1, 200)) "\t"
        told = told (odd ? "host.account-second-root\t4\tA second account with all rights" : "\t0\t")
        printf "accounts\t%s\tuser=%s\tgroup=%s\thome=%s\tshell=%s\n", told, enc($3), enc($4),
          enc(substr($6, 1, 300)), enc(substr($7, 1, 300))
      }' "$C_ROOT/etc/passwd" >>"$C_WORK/host.tsv"
    grep -E '^(root|sudo|wheel|adm|admin|docker):' "$C_ROOT/etc/group" 2>/dev/null | lines_as accounts /etc/group 20
    # Ages of passwords, never their digests.
    [ ! -r "$C_ROOT/etc/shadow" ] || awk -F: '{ state = "set"; if ($2 == "") state = "empty"; else if ($2 ~ /^[!*]/) state = "locked"; print $1 ":" state ":" $3 }' \
        "$C_ROOT/etc/shadow" 2>/dev/null | lines_as accounts /etc/shadow 2000
}

logons() {
    if [ -z "$C_ROOT" ] && has last; then
        # shellcheck disable=SC2086
        { $C_LIMIT last -F -w -n 300 2>/dev/null || $C_LIMIT last 2>/dev/null; } </dev/null | lines_as logons /var/log/wtmp 300
        # shellcheck disable=SC2086
        ! has lastb || $C_LIMIT lastb -F -w -n 300 2>/dev/null </dev/null | lines_as logons /var/log/btmp 300
        ! has who || who 2>/dev/null | lines_as logons who 100
    else
        for f in wtmp btmp; do keep_log "$C_ROOT/var/log/$f" raw; done
    fi
}

state_of_system() {
    [ ! -r "$C_ROOT/etc/hosts" ] || head -c 65536 "$C_ROOT/etc/hosts" 2>/dev/null | grep -v '^[ 	]*#' | lines_as hosts_file /etc/hosts 500
    [ ! -r "$C_ROOT/etc/resolv.conf" ] || head -c 65536 "$C_ROOT/etc/resolv.conf" 2>/dev/null | lines_as resolver /etc/resolv.conf 50
    [ ! -r "$PROC/modules" ] || awk '{ print $1, $2, $4, $7 }' "$PROC/modules" 2>/dev/null | lines_as kernel_modules /proc/modules 1000
    [ ! -r "$PROC/sys/kernel/tainted" ] || lines_as kernel_modules /proc/sys/kernel/tainted 1 <"$PROC/sys/kernel/tainted"
    for f in etc/os-release etc/redhat-release etc/debian_version; do
        [ ! -f "$C_ROOT/$f" ] || head -c 4096 "$C_ROOT/$f" 2>/dev/null | lines_as updates "/$f" 30
    done
    for f in var/lib/clamav var/lib/apt/periodic/update-success-stamp var/log/apt/history.log var/log/dpkg.log var/log/yum.log \
        var/log/dnf.log var/lib/rpm opt/kaspersky opt/eset opt/ds_agent opt/bkav; do
        [ -e "$C_ROOT/$f" ] || continue
        # shellcheck disable=SC2012
        ls -ld "$C_ROOT/$f" 2>/dev/null | awk '{ print $6, $7, $8 }' | lines_as updates "/$f" 1
    done
    [ -n "$C_ROOT" ] || { ! has clamscan || clamscan --version 2>/dev/null | lines_as antivirus clamscan 1; }
    [ -n "$C_ROOT" ] || { uname -a | lines_as updates kernel 1; }
}

# ---- logs ----

keep_log() { # FILE [raw]: its last megabytes; a first line that was cut is left out
    [ ! -h "$1" ] || { hole "${1#"$C_ROOT"}" "symbolic link"; return; } # a service's account may write there
    [ -f "$1" ] && [ -r "$1" ] && [ -s "$1" ] || return
    # shellcheck disable=SC2086
    k_size=$($C_LIMIT wc -c "$1" 2>/dev/null </dev/null | awk 'NR == 1 { print $1 + 0 }')
    [ -n "$k_size" ] || return
    k_most=$((LOG_MB * 1048576))
    [ "$k_most" -le "$LOG_LEFT" ] || k_most=$LOG_LEFT
    [ "$k_most" -gt 0 ] && [ "$LOG_COUNT" -lt 400 ] || { hole "${1#"$C_ROOT"}" "no room for more logs"; return; }
    LOG_COUNT=$((LOG_COUNT + 1))
    k_name=logs/$(printf '%03d' "$LOG_COUNT")-$(printf '%s' "${1##*/}" | tr -c 'A-Za-z0-9._-' '_' | cut -c1-60)
    k_how=whole
    if [ "$k_size" -le "$k_most" ]; then
        head -c "$k_most" "$1" >"$C_WORK/$k_name" 2>/dev/null
    elif [ "$2" = raw ]; then
        k_how=tail
        tail -c $((k_most / 384 * 384)) "$1" >"$C_WORK/$k_name" 2>/dev/null
    else
        k_how=tail
        tail -c "$k_most" "$1" 2>/dev/null | sed 1d >"$C_WORK/$k_name"
    fi
    LOG_LEFT=$((LOG_LEFT - $(wc -c <"$C_WORK/$k_name")))
    q "${1#"$C_ROOT"}"
    printf 'log\t%s\t%s\t%s\n' "$k_name" "$k_how" "$Q" >>"$C_WORK/.logs"
}

logs() {
    l="$C_ROOT/var/log"
    for f in "$l/auth.log" "$l/auth.log.1" "$l/secure" "$l/syslog" "$l/messages" "$l/kern.log" "$l/cron" "$l/audit/audit.log" \
        "$l"/nginx/*access*log "$l"/nginx/*error*log "$l"/apache2/*access*log "$l"/apache2/*error*log "$l"/httpd/*access*log "$l"/httpd/*error*log \
        "$l/mail.log" "$l/maillog" "$l/vsftpd.log" "$l/dpkg.log" "$l/yum.log" "$l/syslog.1" "$l"/secure-* "$l/fail2ban.log"; do
        is_late && { hole "$l" "time limit"; return; }
        keep_log "$f"
    done
    if [ -z "$C_ROOT" ] && [ ! -f /var/log/auth.log ] && [ ! -f /var/log/secure ] && has journalctl; then
        # shellcheck disable=SC2086
        $C_LIMIT journalctl --no-pager -q -o short-iso --since -7d -n 50000 >"$C_WORK/logs/000-journal.log" 2>/dev/null </dev/null
        if [ -s "$C_WORK/logs/000-journal.log" ]; then
            printf 'log\tlogs/000-journal.log\ttail\tjournalctl\n' >>"$C_WORK/.logs"
        else
            rm -f "$C_WORK/logs/000-journal.log"
        fi
    fi
}

# ---- names and hashes of what lies in risky places ----

is_remote() { # FOLDER: on a network
    awk -v where="$1" '$3 ~ /^(nfs|nfs4|cifs|smbfs|smb3|fuse[.]sshfs|ncpfs|afs|9p|ceph|glusterfs|fuse[.]glusterfs)$/ &&
      (where == $2 || index(where "/", $2 "/") == 1) { found = 1 } END { exit !found }' /proc/mounts 2>/dev/null
}

walk() { # FOLDER [CONDITIONS]: list and hash what is a regular file, not larger than the limit
    w=$1
    shift
    [ -d "$C_ROOT$w" ] && [ ! -h "$C_ROOT$w" ] || return 0
    if is_late; then hole "$w" "time limit"; return; fi
    if is_remote "$C_ROOT$w"; then hole "$w" "on the network"; return; fi
    read -r counted <"$C_WORK/.count"
    C_PART_END=$(($(now) + ($(left) + 1) / 2))
    C_PART_FILES=$((counted + (C_MOST_FILES - counted + 1) / 2))
    export C_PART_END C_PART_FILES
    rm -f "$C_WORK/.part"
    # Busybox runs what was gathered for "+" only outside of parentheses: two finds, each with one -exec.
    find "$C_ROOT$w" -xdev -type f -size -"$((MAX_SIZE + 1))"c "$@" -exec sh "$SELF" --batch {} "$C_PLUS" 2>"$C_WORK/.find" </dev/null
    find "$C_ROOT$w" -xdev -type f ! -size -"$((MAX_SIZE + 1))"c "$@" -exec sh "$SELF" --large {} "$C_PLUS" 2>/dev/null </dev/null
    [ ! -f "$C_WORK/.part" ] || hole "$w" "more than its share of time and files"
    cat "$C_WORK/.find" >>"$C_WORK/.errors"
    awk "$ENCODE"'
      /^find: / && NR <= 200 { sub(/^find: /, ""); sub(/: [^:]*$/, ""); gsub(/^[`\047"]|[\047"]$/, "")
        printf "hole\t%s\tpermission denied or vanished\n", enc($0) }' "$C_WORK/.find" >>"$C_WORK/.holes"
}

# Tools differ: what this machine's do with our own file says whether the rest can be believed.
try_tools() {
    q "$(printf 'a\001%%')"
    [ "$Q" = 'a%01%25' ] || hole / "odd names cannot be written with this machine's tools"
    find "$SELF" -type f -size -33554433c -exec sh "$SELF" --batch {} "$C_PLUS" </dev/null 2>>"$C_WORK/.errors"
    grep -q "^ok$TAB.*/collect.sh\$" "$C_WORK/files.tsv" || hole / "names and hashes cannot be collected with this machine's tools"
    : >"$C_WORK/files.tsv"
    echo 0 >"$C_WORK/.count"
}

risky_places() {
    for w in /tmp /var/tmp /dev/shm /run/user /var/spool/cron; do walk "$w"; done
    for w in /var/www /srv /usr/share/nginx /opt/tomcat /var/lib/tomcat /usr/local; do
        walk "$w" \( -perm -0100 -o -name '*.ph*' -o -name '*.jsp*' -o -name '*.asp*' -o -name '*.war' -o -name '*.cgi' \
            -o -name '*.sh' -o -name '*.py' -o -name '*.pl' -o -name '*.so*' -o -name '.*' \)
    done
    for w in /root /home; do
        walk "$w" \( -perm -0100 -o -name '*.sh' -o -name '*.py' -o -name '*.pl' -o -name '*.elf' -o -name '*.so*' -o -name '*.ko' \
            -o -name '*.exe' -o -name '*.dll' -o -name '*.scr' -o -name '*.ps1' -o -name '*.vbs' -o -name '*.js' -o -name '*.hta' \
            -o -name '*.lnk' -o -name '*.jar' -o -name '*.doc*' -o -name '*.xls*' -o -name '*.ht*' \)
    done
    for w in /etc/init.d /etc/cron.d /etc/cron.daily /etc/cron.hourly /etc/update-motd.d /usr/sbin /usr/bin /sbin /bin /opt; do walk "$w" -perm -0100; done
    for w in /lib/security /lib64/security /usr/lib/security /usr/lib64/security /lib/x86_64-linux-gnu/security; do walk "$w"; done
}

# ---- indicators: lists of any length are streamed, only what was seen is held ----

match_indicators() {
    for kind in sha256 sha1 md5 names patterns; do [ -f "$LISTS/$kind.tsv" ] || : >"$C_WORK/.no-$kind"; done
    C_most=2000 awk -F"$TAB" '
      function tell(type, row, value) {
        if (++told <= ENVIRON["C_most"] + 0) print type, value, row[2], row[3], row[4], row[5], $2, $3, $5, $7; else more++
      }
      BEGIN { OFS = "\t" }
      pass == 1 { if ($2 != "-") seen[$2] = 1; if ($3 != "-") seen[$3] = 1; if ($4 != "-") seen[$4] = 1; next }
      pass == 2 { if ($1 in seen) note[$1] = $0; next }
      pass == 3 { name[$1] = $0; next }
      pass == 4 { pattern[++patterns] = $0; expression[patterns] = $1; next }
      {
        if ($2 in note) { split(note[$2], row, "\t"); tell("sha256", row, $2) }
        else if ($4 in note) { split(note[$4], row, "\t"); tell("sha1", row, $4) }
        else if ($3 in note) { split(note[$3], row, "\t"); tell("md5", row, $3) }
        low = tolower($7); rest = low
        if (low in name) { split(name[low], row, "\t"); tell("name", row, row[6]) }
        while ((at = index(rest, "/")) > 0) {
          rest = substr(rest, at + 1)
          if (rest in name) { split(name[rest], row, "\t"); tell("name", row, row[6]) }
        }
        for (i = 1; i <= patterns; i++) if (low ~ expression[i]) { split(pattern[i], row, "\t"); tell("name", row, row[6]) }
      }
      END { if (more) print more > (ENVIRON["C_WORK"] "/.more") }
    ' pass=1 "$C_WORK/files.tsv" pass=2 "$(list_of sha256)" "$(list_of sha1)" "$(list_of md5)" pass=3 "$(list_of names)" \
        pass=4 "$(list_of patterns)" pass=5 "$C_WORK/files.tsv" >"$C_WORK/findings.tsv"
}
list_of() { if [ -r "$LISTS/$1.tsv" ]; then echo "$LISTS/$1.tsv"; else echo /dev/null; fi; }

case $1 in
--batch) shift; batch "$@"; exit 0 ;;
--large) shift; large "$@"; exit 0 ;;
--autoruns) shift; autoruns_of "$@"; exit 0 ;;
esac

# ---- options ----

case $0 in
/*) SELF=$0 ;;
*) SELF=$PWD/$0 ;;
esac
HERE=${SELF%/*}
KIT=${HERE%/*}
OUT=$KIT/out
C_ROOT=
C_QUIET=
MAX_TIME=1800
C_MOST_FILES=60000
MAX_SIZE=33554432
LOG_MB=8
LOGS_MB=96
while [ $# -gt 0 ]; do
    case $1 in
    --quiet) C_QUIET=1; shift; continue ;;
    --out | --root | --max-time | --max-files | --max-size | --log-mb) ;;
    *) printf 'collect.sh: không có lựa chọn %s\n' "$1" >&2; exit 2 ;;
    esac
    [ $# -ge 2 ] || { printf 'collect.sh: %s cần một giá trị\n' "$1" >&2; exit 2; }
    case $1 in --max-*) case $2 in '' | *[!0-9]*) printf 'collect.sh: %s cần một số\n' "$1" >&2; exit 2 ;; esac ;; esac
    case $1 in
    --out) OUT=$2 ;;
    --root) C_ROOT=${2%/} ;;
    --max-time) MAX_TIME=$2 ;;
    --max-files) C_MOST_FILES=$2 ;;
    --max-size) MAX_SIZE=$2 ;;
    --log-mb) case $2 in '' | *[!0-9]*) printf 'collect.sh: --log-mb cần một số\n' >&2; exit 2 ;; *) LOG_MB=$2 ;; esac ;;
    esac
    shift 2
done
case $OUT in /*) ;; *) OUT=$PWD/$OUT ;; esac
case $C_ROOT in '' | /*) ;; *) C_ROOT=$PWD/$C_ROOT ;; esac

# ---- what this machine can do ----

if [ "$(awk 'BEGIN { print 1 + 1 }' 2>/dev/null)" != 2 ]; then
    echo "Máy này không có awk dùng được: không thu thập được gì. Hãy gọi đơn vị đã đưa USB." >&2
    exit 2
fi
C_HEX=od
[ "$(printf a | od -An -v -tx1 2>/dev/null | tr -d ' \n')" = 61 ] || C_HEX=hexdump
C_LIMIT=
if timeout 5 true >/dev/null 2>&1; then C_LIMIT='timeout 300'; elif timeout -t 5 true >/dev/null 2>&1; then C_LIMIT='timeout -t 300'; fi
C_PLUS=+
[ "$(find / -prune -exec echo {} + 2>/dev/null)" = / ] || C_PLUS=';'
digest_program() { # NAME OPENSSL-NAME
    if has "$1"; then
        echo "$1 --"
    elif printf a | openssl dgst "-$2" -r >/dev/null 2>&1; then
        echo "openssl dgst -$2 -r"
    fi
}
LISTS=$HERE/indicators
C_SHA256=$(digest_program sha256sum sha256)
C_MD5=
C_SHA1=
if [ -s "$LISTS/md5.tsv" ] || [ -z "$C_SHA256" ]; then C_MD5=$(digest_program md5sum md5); fi
[ ! -s "$LISTS/sha1.tsv" ] || C_SHA1=$(digest_program sha1sum sha1)
C_STAT=
C_STAT_PLAIN=
if [ -n "$(stat -c '%s %Y' -- / 2>/dev/null)" ]; then
    C_STAT='stat -c %s+%Y+%n --'
    C_STAT_PLAIN='stat -c %s+%Y --'
fi

# ---- the output folder ----

kit_value() { # KEY: its value in kit.txt
    while IFS=$TAB read -r k_key k_value; do
        [ "$k_key" != "$1" ] || { printf '%s' "$k_value"; return; }
    done <"$HERE/kit.txt"
}
[ -r "$HERE/kit.txt" ] || { echo "collect.sh: thiếu tệp kit.txt bên cạnh; hãy chép lại cả thư mục của USB" >&2; exit 2; }
NUMBER=$(kit_value kit)
AGENCY=$(kit_value agency)
CALL=$(kit_value call)
RULES=$(kit_value rules_count)
HOST=$(hostname 2>/dev/null || uname -n)
HOST=${HOST:-unknown}
SAFE_HOST=$(printf '%s' "$HOST" | tr -c 'A-Za-z0-9._-' '_' | cut -c1-60)
STARTED=$(date -u +%Y-%m-%dT%H:%M:%SZ)
NAME=$NUMBER-$SAFE_HOST-$(date -u +%Y%m%d-%H%M%S)-$$
C_WORK=$OUT/.$NAME
mkdir -p "$OUT" 2>/dev/null
if ! mkdir "$C_WORK" 2>/dev/null || ! mkdir "$C_WORK/logs"; then
    echo "Không ghi được vào $OUT (USB đang khoá ghi hoặc đầy?). Hãy chạy lại với: --out THƯ-MỤC-KHÁC" >&2
    exit 2
fi
for f in files.tsv host.tsv findings.tsv log.txt .holes .errors .left; do : >"$C_WORK/$f"; done
echo 0 >"$C_WORK/.count"
C_DEADLINE=$(($(now) + MAX_TIME))
C_PART_END=$C_DEADLINE
C_PART_FILES=$C_MOST_FILES
STOPPED=
trap ': >"$C_WORK/.stop"; STOPPED=interrupted' INT TERM HUP
export C_WORK C_ROOT C_DEADLINE C_PART_END C_PART_FILES C_QUIET C_HEX C_LIMIT C_SHA256 C_MD5 C_SHA1 C_STAT C_STAT_PLAIN
note() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>"$C_WORK/log.txt"; }
hole() { q "$1"; H=$Q; q "$2"; printf 'hole\t%s\t%s\n' "$H" "$Q" >>"$C_WORK/.holes"; }

say "Nếu máy đang bị mã hoá tệp (phần mở rộng lạ, thư đòi tiền): RÚT USB NGAY, tắt mạng, gọi $CALL."
say "Bộ $NUMBER, máy $HOST. Chỉ đọc, không cài đặt gì. Tối đa $(((MAX_TIME + 59) / 60)) phút; Ctrl+C để dừng sớm mà vẫn giữ kết quả."
note "collect.sh on $(uname -a 2>/dev/null)"
note "sha256: ${C_SHA256:-none}; md5: ${C_MD5:-none}; sha1: ${C_SHA1:-none}; limit: ${C_LIMIT:-none}; user: $(id -u)"
[ "$(id -u)" = 0 ] || { hole / "not run as root"; say "Không có quyền root: một phần máy sẽ không xem được."; }
PROC=$C_ROOT/proc
LOG_COUNT=0
LOG_LEFT=$((LOGS_MB * 1048576))

# ---- the work ----

step() { say "[$1/7] $2"; note "$2"; }

# A shell runs one function at a time; an interrupt sets .stop, and what is left then ends quickly.
step 1 "Tiến trình, kết nối mạng"
processes
sockets
step 2 "Chương trình tự khởi động"
autoruns
step 3 "Tài khoản, đăng nhập, tình trạng hệ thống"
accounts
logons
state_of_system
step 4 "Nhật ký"
logs
step 5 "Tên và mã băm của các tệp ở nơi dễ bị lợi dụng (lâu nhất)"
try_tools
programs
risky_places
step 6 "So với danh sách mã độc ($RULES dấu hiệu)"
match_indicators 2>>"$C_WORK/.errors" || hole / "indicators were not matched"
step 7 "Đóng gói"

[ ! -f "$C_WORK/.stop" ] || [ -n "$STOPPED" ] || STOPPED="time limit"
for kind in sha256 sha1 md5 names patterns; do
    [ -f "$LISTS/$kind.tsv" ] || hole / "the list of $kind is missing on the stick"
done
[ -n "$C_SHA256" ] || hole / "this machine has no program for SHA-256"
[ ! -f "$C_WORK/.more" ] || hole / "$(cat "$C_WORK/.more") more findings than are listed"

HOLES=$(awk 'END { print NR }' "$C_WORK/.holes")
FILES=$(awk -F"$TAB" '!($10 in seen) { seen[$10] = 1; n++ } END { print n + 0 }' "$C_WORK/findings.tsv")
HITS=$(awk -F"$TAB" '$2 == "hit" && $5 >= 2 { n++ } END { print n + 0 }' "$C_WORK/host.tsv")
LEFT=$(awk '{ n += $1 } END { print n + 0 }' "$C_WORK/.left")
FAILED=$(awk -F"$TAB" '$1 == "failed" { n++ } END { print n + 0 }' "$C_WORK/files.tsv")
COMPLETE=yes
[ "$HOLES$LEFT$FAILED$STOPPED" = 000 ] || COMPLETE=no

machine() { # as the scanner tells machines apart: nothing of the identity itself leaves it
    identity=
    for f in etc/machine-id var/lib/dbus/machine-id; do
        [ -n "$identity" ] || { [ -s "$C_ROOT/$f" ] && identity=$(head -c 256 "$C_ROOT/$f" 2>/dev/null); }
    done
    printf 'atttcli machine\n%s\n%s' "$identity" "$(printf '%s' "$HOST" | tr '[:upper:]' '[:lower:]')"
}
arch() {
    case $(uname -m) in
    x86_64 | amd64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    i?86 | x86) echo x86 ;;
    *) uname -m ;;
    esac
}
sum_here() { # FILE of ours
    # shellcheck disable=SC2086
    if [ -n "$C_SHA256" ]; then sum_of "$C_SHA256" "$1"; else sum_of "$(digest_program md5sum md5)" "$1"; fi
}
note "findings: $FILES files, $HITS signs on the host; holes: $HOLES; not reached: $LEFT; not readable: $FAILED"
machine >"$C_WORK/.machine"
sum_here "$C_WORK/.machine"
MACHINE=$(printf '%s' "$SUM" | cut -c1-32)
{
    printf 'atttcli/collected/1\n'
    for line in "kit=$NUMBER" "agency=$AGENCY" "host=$HOST" "os=linux" "arch=$(arch)" "machine=$MACHINE" "tool=collect.sh 1" \
        "started=$STARTED" "ended=$(date -u +%Y-%m-%dT%H:%M:%SZ)" "zone=$(date +%z)" "rules_digest=$(kit_value rules_digest)" \
        "rules_version=$(kit_value rules_version)" "rules_count=$RULES" "complete=$COMPLETE" "stopped=$STOPPED" "left=$LEFT"; do
        q "${line#*=}"
        printf '%s\t%s\n' "${line%%=*}" "$Q"
    done
    sort -u "$C_WORK/.holes" | head -n 1000
    [ ! -f "$C_WORK/.logs" ] || cat "$C_WORK/.logs"
    cd "$C_WORK" || exit 2
    for f in findings.tsv host.tsv files.tsv log.txt logs/*; do
        [ -f "$f" ] || continue
        sum_here "$C_WORK/$f"
        printf 'file\t%s\t%s\t%s\n' "$f" "$(wc -c <"$f" | tr -d ' ')" "$SUM"
    done
} >"$C_WORK/.manifest"
sum_here "$C_WORK/.manifest"
printf 'end\t%s\n' "$SUM" >>"$C_WORK/.manifest"
mv "$C_WORK/.manifest" "$C_WORK/manifest.txt"

RESULT=
if has tar && has gzip; then
    (cd "$C_WORK" && tar -cf - manifest.txt findings.tsv host.tsv files.tsv log.txt logs) 2>/dev/null | gzip -6 >"$OUT/.$NAME.part" &&
        gzip -t <"$OUT/.$NAME.part" 2>/dev/null && mv "$OUT/.$NAME.part" "$OUT/$NAME.tar.gz" && RESULT=$OUT/$NAME.tar.gz
elif has zip; then
    (cd "$C_WORK" && zip -q -r "$OUT/.$NAME.zip" manifest.txt findings.tsv host.tsv files.tsv log.txt logs) &&
        mv "$OUT/.$NAME.zip" "$OUT/$NAME.zip" && RESULT=$OUT/$NAME.zip
fi
if [ -n "$RESULT" ]; then
    rm -rf "$C_WORK"
else
    rm -f "$OUT/.$NAME.part" "$OUT/.$NAME.zip" "$C_WORK"/.[a-z]*
    mv "$C_WORK" "$OUT/$NAME" && RESULT=$OUT/$NAME
fi
has sync && sync

REST=
[ "$HOLES" = 0 ] || REST="; $HOLES thư mục chưa quét"
[ "$FAILED" = 0 ] || REST="$REST; $FAILED tệp không đọc được"
[ "$LEFT" = 0 ] || REST="$REST; $LEFT tệp chưa kịp xem"
[ -z "$STOPPED" ] || REST="$REST; dừng trước khi xong"
say "Kết quả: $RESULT (gửi tệp này về đơn vị đã đưa USB)"
if [ "$FILES" != 0 ] && [ "$HITS" != 0 ]; then
    printf 'Có %s tệp và %s dấu hiệu nghi ngờ – gọi %s%s\n' "$FILES" "$HITS" "$CALL" "$REST"
elif [ "$FILES" != 0 ]; then
    printf 'Có %s tệp nghi ngờ – gọi %s%s\n' "$FILES" "$CALL" "$REST"
elif [ "$HITS" != 0 ]; then
    printf 'Có %s dấu hiệu nghi ngờ – gọi %s%s\n' "$HITS" "$CALL" "$REST"
elif [ "$COMPLETE" = yes ]; then
    printf 'Sạch\n'
else
    printf 'Sạch ở phần đã quét%s\n' "$REST"
fi
[ "$COMPLETE" = yes ] || exit 2
[ "$FILES$HITS" = 00 ] || exit 1
exit 0
