#!/bin/sh
# Chạy: mở cửa sổ dòng lệnh, gõ  sudo sh  rồi kéo tệp này vào, Enter.
here=$(cd "$(dirname "$0")" && pwd) || exit 2
trap : INT TERM HUP # the collector ends by itself, and keeps what it has
sh "$here/collector/collect.sh" "$@"
ended=$?
if [ -t 0 ]; then
    printf 'Ấn Enter để đóng. ' >&2
    read -r _
fi
exit "$ended"
