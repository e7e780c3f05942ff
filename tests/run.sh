#!/bin/sh
# run.sh [--quick]: build everything and run all tests, on SQLite and on a PostgreSQL server that is
# started here, in a temporary folder and on a unix socket only, and stopped at the end.
#
# First with gcc; then again with clang, under the address and undefined-behaviour sanitizers, unless
# --quick. What is missing on the machine is installed. Nothing is left behind outside build/.
# The last line is 'N passed, N failed', which counts single test cases.
set -eu
cd "$(dirname "$0")/.."
build=$PWD/build
mkdir -p "$build"
. tests/setup.sh
. tests/server.sh

quick=false
for argument; do
    case $argument in
    --quick) quick=true ;;
    *)
        echo "usage: sh tests/run.sh [--quick]" >&2
        exit 2
        ;;
    esac
done

need_for_the_library
need g++ compiles g++ -x c++
need clang command -v clang
need libclang-rt-dev compiles clang -fsanitize=address,undefined
need libcmocka-dev pkg-config --exists cmocka
need valgrind command -v valgrind
need postgresql postgres_programs
install_missing

trap stop_server EXIT
trap 'exit 130' HUP INT TERM

# --- the tests ---

passed=0
failed=0
failures=""

# note_failure NAME: one more, named again at the end.
note_failure() {
    failed=$((failed + 1))
    failures="$failures
  $1"
}

# count NAME LOG STATUS: add up what a program said in TAP; anything but a clean end is a failure too.
count() {
    count_ok=$(grep -c '^ok [0-9]' "$2" || :)
    count_planned=$(awk '/^1\.\.[0-9]+/ { n += substr($1, 4) } END { print n + 0 }' "$2")
    grep '^not ok [0-9]' "$2" >"$build/not-ok.txt" || :
    count_not_ok=$(wc -l <"$build/not-ok.txt")
    passed=$((passed + count_ok))
    if [ "$count_not_ok" -eq 0 ] && [ "$3" -eq 0 ] && [ "$count_planned" -eq "$count_ok" ] &&
        [ "$count_ok" -gt 0 ]; then
        return
    fi
    while IFS= read -r line; do
        note_failure "$1: ${line#not ok }"
    done <"$build/not-ok.txt"
    count_done=$((count_ok + count_not_ok))
    if [ "$3" -eq 124 ]; then
        note_failure "$1: took longer than $time_limit seconds"
    elif [ "$count_not_ok" -eq 0 ] || [ "$count_done" -ne "$count_planned" ]; then
        note_failure "$1: ended with status $3 after $count_done of $count_planned tests"
    fi
    printf '  %s FAILED:\n' "$1"
    sed 's/^/    /' "$2"
}

# The longest takes half a minute where it is alone.
time_limit=600

# run_tests BUILD: all programs that its CMake listed, one for each processor at a time. Skipped is
# failed: nothing is missing here.
run_tests() {
    rm -rf "$1/tests/logs"
    mkdir -p "$1/tests/logs"
    cut -f 1 "$1/tests/programs.txt" |
        xargs -n 1 -P "$(nproc)" sh tests/program.sh "$1/tests" "$time_limit" || :
    while IFS='	' read -r name command; do
        log=$1/tests/logs/$(printf %s "$name" | tr / -)
        count "$title: $name" "$log.txt" "$(cat "$log.status" 2>/dev/null || echo 125)"
    done <"$1/tests/programs.txt"
}

# pass TITLE FOLDER COMPILER CMAKE-OPTION...: build into FOLDER, and run what was built.
pass() {
    title=$1
    folder=$build/$2
    compiler=$3
    shift 3
    echo "$title:"
    if step "  configuring" env CC="$compiler" cmake -S . -B "$folder" -DKITH_WERROR=ON "$@" &&
        step "  building" cmake --build "$folder" -j "$(nproc)"; then
        run_tests "$folder"
    else
        note_failure "$title: the build"
    fi
}

# A server whose data may be lost: it is gone after the tests.
if step "Starting a PostgreSQL server" start_server fsync=off synchronous_commit=off \
    full_page_writes=off shared_buffers=16MB; then
    KITH_TEST_POSTGRES=$(server_url)
    export KITH_TEST_POSTGRES
else
    note_failure "the PostgreSQL server"
fi
export CMOCKA_MESSAGE_OUTPUT=TAP
export UBSAN_OPTIONS=print_stacktrace=1

pass "gcc" gcc gcc
if ! $quick; then
    pass "clang with sanitizers" clang-asan clang -DKITH_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug
fi

if [ -n "$failures" ]; then
    echo "Failed:$failures"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
