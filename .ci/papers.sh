#!/usr/bin/env bash
# Every paper that the tool makes, of a copy of the demo's workspace, into one folder: `make papers`.
set -euo pipefail
from=$1 out=$2 tool=$3
rm -rf build/papers "$out"
mkdir -p build "$out"
cp -r "$from" build/papers
attt() { "$tool" --lang vi --workspace build/papers "$@"; }
formats=(--format docx --format pdf)

attt report all SC-2021-0001 --of 2021 --output "$out" "${formats[@]}" --format html
attt report incident SC-2021-0001 --output "$out" "${formats[@]}" --format html
attt report custody CC-2021-0001 --output "$out" "${formats[@]}" --format html
for book in plan controller player observer handouts; do
  attt drill plan DT-2021-0001 --book "$book" --output "$out" "${formats[@]}"
done
attt drill report DT-2021-0001 --output "$out" "${formats[@]}"

# The rows of the centre's list that are no incident become a warning, an answer, and a question to the provider.
attt advisory draft --from-list last --due 5d > /dev/null
attt advisory edit 1 --source-sender "Cục An toàn thông tin" --source-number 312/CATTT-NCSC --source-date 2021-05-12 > /dev/null
attt advisory approve 1 > /dev/null
attt advisory issue 1 > /dev/null
attt advisory sign 1 --signer "Giám đốc" > /dev/null
attt report advisory 1 "${formats[@]}"
attt advisory answer 1 "${formats[@]}"
attt advisory isp --from-list last "${formats[@]}"
find build/papers/outbox \( -name 'canh-bao-*' -o -name 'tra-loi-*' -o -name 'xac-minh-*' \) -exec cp {} "$out" \;

attt report check "$out"/*.docx "$out"/*.pdf
