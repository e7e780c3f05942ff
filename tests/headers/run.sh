#!/bin/sh
# run.sh INCLUDE HEADER...: does each public header compile alone, as C11 and as C++17, without a
# warning? INCLUDE is the folder of <kith/...>. Writes TAP.
set -eu
include=$1
shift
source=$(cd "$(dirname "$0")/../.." && pwd)
# -I, not -isystem: the warnings are wanted here.
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Werror
    $(pkg-config --cflags glib-2.0 | sed 's/-I/-isystem /g')"
n=0

# report STATUS NAME OUTPUT
report() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        echo "$3" | sed 's/^/# /'
    fi
}

for header; do
    for compiler in 'gcc -std=c11 -x c' 'clang -std=c11 -x c' \
        'g++ -std=c++17 -x c++' 'clang++ -std=c++17 -x c++'; do
        status=0
        # shellcheck disable=SC2086 # lists of options
        output=$(printf '#include <kith/%s>\n' "$header" |
            $compiler $flags -I "$include" -fsyntax-only - 2>&1) || status=$?
        report $status "$header alone, by ${compiler% -x*}" "$output"
    done
done

# Every header with a public name is one of those that are installed.
status=0
output=""
for file in "$source"/core/kith*.h "$source"/mapping/kith*.h "$source"/session/kith*.h; do
    case " $* " in
    *" ${file##*/} "*) ;;
    *)
        status=1
        output="$output ${file##*/}"
        ;;
    esac
done
report $status "every header named kith-*.h is installed" "not installed:$output"
echo "1..$n"
