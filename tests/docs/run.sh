#!/bin/sh
# run.sh INCLUDE LIBRARY WORK: does every C block of README.md and docs/*.md do what its page says?
#
# INCLUDE is the folder of <kith/kith.h>, LIBRARY the shared library; WORK is made anew. Writes TAP.
#
# A comment before a block says what it is:
#
#     <!-- program -->          a whole program: built and run
#     <!-- example -->          statements with 'engine', 'session' and 'error', see library.h: run
#     <!-- functions -->        functions beside the structs of library.h: compiled
#     <!-- mapping: A, B -->    structs and mappings: an engine is opened with them, see mapping.h
#     <!-- quote: FILE -->      lines of that file, word for word
#
# What is expected of it stands in a block behind it, with a comment too:
#
#     <!-- output -->           what it prints
#     <!-- error -->            it fails, with this message
#     <!-- statements -->       what it sends, as KITH_LOG=sql tells it, without times and places
#     <!-- refused -->          it does not compile; the first error of the compiler holds this
#
# Beside the blocks, links have to lead somewhere, the words of a drawing have to be in its page, and
# tests that a page names have to be there.
set -eu
include=$1
library=$2
work=$3
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
rm -rf "$work"
mkdir -p "$work"
cd "$work"
options="-std=c11 -Wall -Wextra -Wpedantic -Werror -Wno-unused-variable
    -Wno-unused-but-set-variable -Wno-unused-parameter -isystem $include -I$here $(pkg-config --cflags glib-2.0)"
libraries="$library -Wl,-rpath,$(dirname "$library") $(pkg-config --libs glib-2.0)"
n=0

# report ok|'not ok' NAME [FILE]: with what FILE holds, where it is not ok.
report() {
    n=$((n + 1))
    echo "$1 $n - $2"
    if [ "$1" != ok ] && [ -n "${3-}" ]; then
        sed 's/^/# /' "$3"
    fi
}

# same FOUND EXPECTED: the difference goes to difference.txt.
same() {
    diff "$2" "$1" >difference.txt
}

# assemble PAGE LINE NAME MARK: the program of a block in program.c.
assemble() {
    case $4 in
    program)
        printf '#line %s "%s"\n' $(($2 + 1)) "$1"
        cat "$3.c"
        ;;
    example)
        printf '#define LIBRARY_RUNS_EXAMPLE\n#include "library.h"\n'
        printf 'static bool example(KithEngine *engine, KithSession *session, GError **error)\n'
        printf '{\n(void) engine; (void) session; (void) error;\n#line %s "%s"\n' $(($2 + 1)) "$1"
        cat "$3.c"
        printf 'return true;\n}\n'
        ;;
    functions)
        printf '#include "library.h"\nint main(void) { return 0; }\n#line %s "%s"\n' $(($2 + 1)) "$1"
        cat "$3.c"
        ;;
    "mapping: "*)
        printf '#include <kith/kith.h>\n#line %s "%s"\n' $(($2 + 1)) "$1"
        cat "$3.c"
        printf '#define MAPPINGS KITH_MAPPINGS(%s)\n#include "mapping.h"\n' "${4#mapping: }"
        ;;
    esac >program.c
}

# shellcheck disable=SC2086 # lists of options
build() {
    LC_ALL=C gcc $options -ftrack-macro-expansion=0 -Wno-unused-function program.c -o program \
        $libraries >messages.txt 2>&1
}

# sent NAME: the statements of KITH_LOG=sql, without what differs from run to run. Those of an example
# are all behind its beginning; of a program, as many of the last as its page shows.
sent() {
    KITH_LOG=sql ./program 2>&1 >output.txt </dev/null |
        sed -n -e 's/  \[[0-9]* rows\{0,1\}, [0-9.]* ms\] [^ ]*$//' -e 's/^kith: //p' >log.txt
    if grep -q '^the example begins$' log.txt; then
        sed '1,/^the example begins$/d' log.txt
    else
        tail -n "$(wc -l <"$1.statements")" log.txt
    fi
}

# run PLACE NAME: and compare with what is expected.
run() {
    status=0
    ./program >output.txt 2>error.txt </dev/null || status=$?
    if [ -f "$2.error" ]; then
        if [ $status -eq 1 ] && same error.txt "$2.error"; then
            report ok "$1 fails as it says"
        else
            report 'not ok' "$1 fails as it says, status $status" difference.txt
        fi
    elif [ $status -ne 0 ]; then
        report 'not ok' "$1 runs, status $status" error.txt
    elif [ ! -f "$2.output" ]; then
        report ok "$1 runs"
    elif same output.txt "$2.output"; then
        report ok "$1 prints what it says"
    else
        report 'not ok' "$1 prints what it says" difference.txt
    fi
    [ -f "$2.statements" ] || return 0
    sent "$2" >statements.txt
    if same statements.txt "$2.statements"; then
        report ok "$1 sends what it says"
    else
        report 'not ok' "$1 sends what it says" difference.txt
    fi
}

# refuse PLACE NAME
refuse() {
    if build; then
        report 'not ok' "$1 does not compile"
        return
    fi
    grep 'error:' messages.txt | head -n 1 >first.txt
    if grep -qF -f "$2.refused" first.txt; then
        report ok "$1 is refused as it says"
    else
        report 'not ok' "$1 is refused as it says" messages.txt
    fi
}

# quote PLACE NAME FILE: are the lines of the block in the file, one after another?
quote() {
    if awk 'NR == FNR { wanted = wanted $0 "\n"; next } { all = all $0 "\n" }
            END { exit index(all, wanted) == 0 }' "$2.c" "$top/$3"; then
        report ok "$1 is in $3"
    else
        report 'not ok' "$1 is in $3"
    fi
}

# check PAGE LINE NAME
check() {
    place=$1:$2
    mark=$(cat "$3.mark")
    case $mark in
    "quote: "*)
        quote "$place" "$3" "${mark#quote: }"
        return
        ;;
    program | example | functions | "mapping: "*) assemble "$1" "$2" "$3" "$mark" ;;
    *)
        report 'not ok' "$place has a mark before it"
        return
        ;;
    esac
    if [ -f "$3.refused" ]; then
        refuse "$place" "$3"
    elif ! build; then
        report 'not ok' "$place compiles" messages.txt
    elif [ "$mark" = functions ]; then
        report ok "$place compiles"
    else
        run "$place" "$3"
    fi
}

# check_links PAGE: those to other pages and files.
check_links() {
    folder=$(dirname "$top/$1")
    tr ')' '\n' <"$top/$1" | sed -n 's/.*](\([^#:]*\).*/\1/p' | sort -u >links.txt
    : >broken.txt
    while IFS= read -r link; do
        [ -z "$link" ] || [ -e "$folder/$link" ] || echo "$link" >>broken.txt
    done <links.txt
    if [ -s broken.txt ]; then
        report 'not ok' "$1: its links lead somewhere" broken.txt
    else
        report ok "$1: its links lead somewhere"
    fi
}

# check_drawings PAGE: are the words of each drawing (an SVG of Graphviz) in the page that shows it?
check_drawings() {
    folder=$(dirname "$top/$1")
    sed -n 's/^!\[.*\](\(.*\.svg\))$/\1/p' "$top/$1" >drawings.txt
    while IFS= read -r drawing; do
        sed -n -e 's/&#45;/-/g' -e 's/.*<text [^>]*>\(.*\)<\/text>$/\1/p' "$folder/$drawing" |
            sort -u >words.txt
        : >missing.txt
        while IFS= read -r words; do
            grep -qF "$words" "$top/$1" || echo "$words" >>missing.txt
        done <words.txt
        if [ -s words.txt ] && [ ! -s missing.txt ]; then
            report ok "$1: $drawing shows what it says"
        else
            report 'not ok' "$1: $drawing shows what it says" missing.txt
        fi
    done <drawings.txt
}

# check_tests PAGE: are the tests that it names there? A name of five words or more is a test.
check_tests() {
    sed 's/`/\n/g' "$top/$1" | grep -xE '[a-z]+(_[a-z0-9]+){4,}' | sort -u >tests.txt || :
    [ -s tests.txt ] || return 0
    : >missing.txt
    while IFS= read -r name; do
        grep -rqE "^$name\(" "$top/tests" || echo "$name" >>missing.txt
    done <tests.txt
    if [ -s missing.txt ]; then
        report 'not ok' "$1: the tests that it names are there" missing.txt
    else
        report ok "$1: the tests that it names are there"
    fi
}

for file in "$top/README.md" "$top"/docs/*.md; do
    page=${file#"$top/"}
    base=$(basename "$file" .md)
    awk -v work="$work" -v page="$base" -f "$here/blocks.awk" "$file" >names.txt
    while IFS= read -r name; do
        check "$page" "${name##*-}" "$name"
    done <names.txt
    check_links "$page"
    check_drawings "$page"
    check_tests "$page"
done
echo "1..$n"
