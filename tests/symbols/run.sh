#!/bin/sh
# run.sh SHARED STATIC: does the shared library export what exported.txt lists, and that is what the
# public headers declare? Does the static one keep to names that begin with 'kith_'? Writes TAP.
#
# A function that is made public is added to exported.txt by hand: so that it is meant.
set -eu
shared=$1
static=$2
cd "$(dirname "$0")"
LC_ALL=C
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# report NUMBER NAME STATUS OUTPUT-FILE
report() {
    if [ "$3" -eq 0 ]; then
        echo "ok $1 - $2"
    else
        echo "not ok $1 - $2"
        sed 's/^/# /' "$4"
    fi
}

echo "1..3"

nm -D --defined-only "$shared" | awk '{ print $NF }' | sort >"$work/exported"
status=0
diff exported.txt "$work/exported" >"$work/output" || status=1
report 1 "the shared library exports what is listed" $status "$work/output"

# A declaration runs from KITH_API to its semicolon; the name is the last word before '('.
cat ../../core/kith*.h ../../mapping/kith*.h ../../session/kith*.h | grep -v '^#' | tr '\n' ' ' |
    grep -o 'KITH_API [^;(]*(' | sed 's/ *($//; s/.*[ *]//' | sort >"$work/declared"
status=0
diff exported.txt "$work/declared" >"$work/output" || status=1
report 2 "the headers declare what is listed" $status "$work/output"

status=0
nm -g --defined-only "$static" | awk 'NF == 3 && $3 !~ /^kith_/' >"$work/output"
[ ! -s "$work/output" ] || status=1
report 3 "all names of the static library begin with kith_" $status "$work/output"
