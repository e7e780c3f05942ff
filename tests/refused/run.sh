#!/bin/sh
# run.sh INCLUDE: does each compiler refuse each mistake of mistakes.c, with the right words, and take
# the code without them? INCLUDE is the folder of <kith/kith.h>. Writes TAP. The two compilers run side
# by side, because there are hundreds of mistakes.
set -eu
include=$1
cd "$(dirname "$0")"
glib=$(pkg-config --cflags glib-2.0 | sed 's/-I/-isystem /g')
# The first two are errors by default since gcc 14 and clang 16; the third is a warning everywhere.
hard="-Werror=incompatible-pointer-types -Werror=int-conversion -Werror=discarded-qualifiers"
hard_clang="-Werror=incompatible-pointer-types -Werror=int-conversion
    -Werror=incompatible-pointer-types-discards-qualifiers"
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Werror"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mistakes=$(sed -n 's|^#ifdef MISTAKE_\([a-z0-9_]*\) /\* .* \*/$|\1|p' mistakes.c)

# compile COMPILER OPTION...: of mistakes.c; with Kith as a system header, as it is once installed.
compile() {
    # shellcheck disable=SC2086 # lists of options
    LC_ALL=C "$@" -fsyntax-only -isystem "$include" $glib mistakes.c >"$messages" 2>&1
}

# report ok|'not ok' NAME: numbered at the end.
report() {
    echo "$1 - $2"
    [ "$1" = ok ] || sed 's/^/# /' "$messages"
}

takes_the_rest() {
    for standard in c11 gnu11 c17 gnu17; do
        # shellcheck disable=SC2086
        if compile "$1" -std=$standard $warnings; then
            result=ok
        else
            result='not ok'
        fi
        report "$result" "$1 -std=$standard takes the code without a mistake"
    done
}

# refuses_mistakes COMPILER OPTIONS
refuses_mistakes() {
    for mistake in $mistakes; do
        expected=$(sed -n "s|^#ifdef MISTAKE_$mistake /\* \(.*\) \*/\$|\1|p" mistakes.c)
        # shellcheck disable=SC2086
        if compile "$1" -std=c11 -Wall $2 "-DMISTAKE_$mistake"; then
            report 'not ok' "$1 takes $mistake"
        elif grep 'error:' "$messages" | head -n 1 | grep -Eq "$expected"; then
            report ok "$1 refuses $mistake"
        else
            report 'not ok' "$1 refuses $mistake in other words than '$expected'"
        fi
    done
}

# check COMPILER OPTIONS: what it says goes to a file of its own.
check() {
    messages=$work/$1-messages.txt
    {
        takes_the_rest "$1"
        refuses_mistakes "$1" "$2"
    } >"$work/$1.txt"
}

check clang "$hard_clang" &
check gcc "$hard"
wait
cat "$work/gcc.txt" "$work/clang.txt" |
    awk '/^(not )?ok - / { sub(/ok - /, "ok " ++n " - ") } { print }'

n=$((2 * (4 + $(echo "$mistakes" | wc -l))))
written=$(grep -c '^#ifdef MISTAKE_' mistakes.c)
[ "$written" -eq "$(echo "$mistakes" | wc -l)" ] || {
    echo "# a mistake without its message in mistakes.c"
    n=$((n + 1)) # more than were run: the plan does not hold
}
echo "1..$n"
