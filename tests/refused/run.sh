#!/bin/sh
# run.sh INCLUDE: does each compiler refuse each mistake of mistakes.c, with the right words, and take
# the code without them? INCLUDE is the folder of <kith/kith.h>. Writes TAP.
set -eu
include=$1
cd "$(dirname "$0")"
glib=$(pkg-config --cflags glib-2.0 | sed 's/-I/-isystem /g')
# The first two are errors by default since gcc 14 and clang 16; the third is a warning everywhere.
hard="-Werror=incompatible-pointer-types -Werror=int-conversion -Werror=discarded-qualifiers"
hard_clang="-Werror=incompatible-pointer-types -Werror=int-conversion
    -Werror=incompatible-pointer-types-discards-qualifiers"
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Werror"
messages=$(mktemp)
trap 'rm -f "$messages"' EXIT
trap 'exit 1' HUP INT TERM
n=0

# compile COMPILER OPTION...: of mistakes.c; with Kith as a system header, as it is once installed.
compile() {
    # shellcheck disable=SC2086 # lists of options
    LC_ALL=C "$@" -fsyntax-only -isystem "$include" $glib mistakes.c >"$messages" 2>&1
}

# report ok|'not ok' NAME
report() {
    n=$((n + 1))
    echo "$1 $n - $2"
    [ "$1" = ok ] || sed 's/^/# /' "$messages"
}

for compiler in gcc clang; do
    for standard in c11 gnu11 c17 gnu17; do
        # shellcheck disable=SC2086
        if compile $compiler -std=$standard $warnings; then
            result=ok
        else
            result='not ok'
        fi
        report "$result" "$compiler -std=$standard takes the code without a mistake"
    done
done

mistakes=$(sed -n 's|^#ifdef MISTAKE_\([a-z0-9_]*\) /\* .* \*/$|\1|p' mistakes.c)
for compiler in gcc clang; do
    [ $compiler = gcc ] || hard=$hard_clang
    for mistake in $mistakes; do
        expected=$(sed -n "s|^#ifdef MISTAKE_$mistake /\* \(.*\) \*/\$|\1|p" mistakes.c)
        # shellcheck disable=SC2086
        if compile $compiler -std=c11 -Wall $hard "-DMISTAKE_$mistake"; then
            report 'not ok' "$compiler takes $mistake"
        elif grep 'error:' "$messages" | head -n 1 | grep -Eq "$expected"; then
            report ok "$compiler refuses $mistake"
        else
            report 'not ok' "$compiler refuses $mistake in other words than '$expected'"
        fi
    done
done

written=$(grep -c '^#ifdef MISTAKE_' mistakes.c)
[ "$written" -eq "$(echo "$mistakes" | wc -l)" ] || {
    echo "# a mistake without its message in mistakes.c"
    n=$((n + 1)) # more than were run: the plan does not hold
}
echo "1..$n"
