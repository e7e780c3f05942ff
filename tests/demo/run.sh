#!/bin/sh
# run.sh PACKAGES WORK: does the example do what the README promises, on each database? It is run again and
# again on a small status file that changes. WORK is made anew. Writes TAP.
set -eu
packages=$1
work=$2
sample=$(cd "$(dirname "$0")/../../docs/examples/packages" && pwd)/sample.status
rm -rf "$work"
mkdir -p "$work"
cd "$work"
n=0

# run NAME EXPECTED COMMAND...: it succeeds, and says EXPECTED, an extended regular expression.
run() {
    name=$1
    expected=$2
    shift 2
    n=$((n + 1))
    status=0
    "$@" --status status >output.txt 2>&1 || status=$?
    if [ $status -eq 0 ] && grep -Eq "$expected" output.txt; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        echo "# status $status; expected: $expected"
        sed 's/^/# /' output.txt
    fi
}

checked() {
    valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
        --error-exitcode=9 "$@"
}

# demo DATABASE URL FRESH-URL
demo() {
    cp "$sample" status
    run "$1: the first run writes every row" ' [1-9][0-9]* inserted, 0 updated, 0 deleted' \
        "$packages" "$2"
    run "$1: the second run writes nothing" '^0 rows written .* 0 inserted, 0 updated, 0 deleted' \
        "$packages" "$2"
    sed '/^Package: dpkg$/,/^$/s/^Version: .*/Version: 99.1/' "$sample" >status
    run "$1: a package that changed is one UPDATE" '^1 rows? written .* 0 inserted, 1 updated, 0 deleted' \
        "$packages" "$2"
    sed '/^Package: dpkg$/,/^$/d' "$sample" >status
    run "$1: a package that is gone is deleted" ' [1-9][0-9]* deleted' "$packages" "$2"
    cp "$sample" status
    run "$1: a package that is back is inserted" ' [1-9][0-9]* inserted' "$packages" "$2"
    run "$1: valgrind finds no error and no leak" '^0 rows written' checked "$packages" "$2"
    run "$1: nor does it in a run that writes" ' [1-9][0-9]* inserted' checked "$packages" "$3"
}

demo SQLite "sqlite:$work/packages.db" "sqlite:$work/fresh.db"

# Databases of their own: the tables of other tests must not be in the way.
server=${KITH_TEST_POSTGRES:-postgresql:///postgres}
for database in kith_demo kith_demo_fresh; do
    psql -q "$server" -c "DROP DATABASE IF EXISTS $database" -c "CREATE DATABASE $database" \
        >server.txt 2>&1 || sed 's/^/# /' server.txt
done
demo PostgreSQL "$(echo "$server" | sed 's|///[^?]*|///kith_demo|')" \
    "$(echo "$server" | sed 's|///[^?]*|///kith_demo_fresh|')"
echo "1..$n"
