#!/bin/sh
# tiny.sh PROGRAM FOLDER: the benchmarks with hardly any work, so that they are known to run and to
# give right results. Writes TAP; nothing is timed.
set -eu
program=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
trap 'rm -rf "$folder"' EXIT
"$program" --tiny --folder "$folder" ${KITH_TEST_POSTGRES:+--postgres "$KITH_TEST_POSTGRES"}
