#!/bin/sh
# Installs atttcli, or upgrades it, without a network: sh install.sh [--fingerprint "1234 …"] [FOLDER]
# Every version stands in a folder of its own; one link says which is in use, so that a cut leaves the old one or the new one.
set -eu
umask 022

die() { printf 'install.sh: %s\n' "$1" >&2; exit "${2:-2}"; }

fingerprint=
if [ "${1:-}" = --fingerprint ]; then fingerprint=${2:?which fingerprint}; shift 2; fi
target=${1:-/opt/atttcli}
case $target in /*) ;; *) target=$(pwd)/$target ;; esac
python=${PYTHON:-python3}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

command -v "$python" >/dev/null 2>&1 || die "there is no $python: install Python @PYTHONS@, or name one: PYTHON=/path/python3 sh install.sh"
series=$("$python" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "the wheels in this folder are for Linux on x86-64"
list=$here/requirements-linux-x86_64-$series.txt
[ -f "$list" ] || die "this folder has wheels for Python @PYTHONS@, not for $series: PYTHON=/path/python3 sh install.sh"

"$python" -I -B "$here/check.py" || die "this folder is not as its maker put it together: carry it over again" 7

verify() { # the signature, by an installed atttcli: $1 its Python, $2 the maker's key
  "$1" -I -B "$here/verify.py" "$here/SHA256SUMS" "$2" "$fingerprint"
}

# An upgrade must be signed with the key of what is installed.
if [ -f "$target/maker.pub" ]; then
  verify "$target/current/bin/python" "$target/maker.pub" || die "not signed by the maker of what is installed: nothing was changed" 4
fi

sum=$(sha256sum "$here/SHA256SUMS" | cut -c1-8)
name=@VERSION@-$series-$sum
new=$target/v/$name
mkdir -p "$target/v" "$target/bin"
if [ ! -f "$new/.whole" ]; then
  rm -rf "$new"
  "$python" -I -m venv "$new" || die "venv does not work here; Debian has it in the package python3-venv"
  "$new/bin/python" -I -m pip --disable-pip-version-check install --quiet --no-index --no-cache-dir --require-hashes \
    --find-links "$here/wheels/linux-x86_64" -r "$list" || die "the wheels could not be installed"
fi
"$new/bin/atttcli" --version >/dev/null || die "the new version does not start: nothing was changed"
if [ -f "$here/maker.pub" ]; then
  verify "$new/bin/python" "$here/maker.pub" || die "the signature is not good: nothing was changed" 7
  [ -f "$target/maker.pub" ] || cp "$here/maker.pub" "$target/maker.pub"
elif [ -n "$fingerprint" ]; then
  die "this folder is not signed" 4
else
  printf 'install.sh: this folder is NOT SIGNED\n' >&2
fi
: > "$new/.whole"
sync # files before the link: a cut must not leave a link to half a version

old=$(readlink "$target/current" 2>/dev/null || true)
ln -sfn "v/$name" "$target/current.new"
mv -T "$target/current.new" "$target/current"
ln -sfn ../current/bin/atttcli "$target/bin/atttcli"
for one in "$target"/v/*; do # the one before stays
  case v/${one##*/} in "v/$name" | "$old") ;; *) rm -rf "$one" ;; esac
done
"$target/bin/atttcli" --version
printf 'installed: %s\n' "$target/bin/atttcli"
