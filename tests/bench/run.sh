#!/bin/sh
# run.sh [--quick] [--only TEXT] [--rounds N] [--cpu] [--no-postgres]: build the library for speed, and measure
# it against programs written by hand, on SQLite and on a PostgreSQL server that is started here, with
# the settings that keep data safe.
#
# --quick: a tenth of the work, in a minute. --only: measures with TEXT in their name. --cpu: the
# processor time of the program in place of the time that passed: for SQLite on a busy machine.
# What is missing on the machine is installed. Nothing is left behind outside build/.
# The last line is 'N targets met, N missed'; docs/performance.md says what that means.
set -eu
cd "$(dirname "$0")/../.."
build=$PWD/build
mkdir -p "$build"
. tests/setup.sh
. tests/server.sh

has_postgres=true
for argument; do
    shift
    case $argument in
    --no-postgres) has_postgres=false ;;
    *) set -- "$@" "$argument" ;;
    esac
done

need_for_the_library
need libcmocka-dev pkg-config --exists cmocka
if $has_postgres; then
    need postgresql postgres_programs
fi
install_missing

folder=$build/bench
memory=""
finish() {
    stop_server
    rm -rf "$folder/databases" "$memory"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

step "Configuring" cmake -S . -B "$folder" -DCMAKE_BUILD_TYPE=Release
step "Building" cmake --build "$folder" -j "$(nproc)" --target bench
rm -rf "$folder/databases"
mkdir -p "$folder/databases"

# Where a sync costs nothing, if there is such a place.
if [ -w /dev/shm ]; then
    memory=$(mktemp -d /dev/shm/kith-bench.XXXXXX)
else
    memory=$folder/databases/memory
    mkdir "$memory"
fi
if $has_postgres; then
    step "Starting a PostgreSQL server" start_server shared_buffers=256MB max_wal_size=4GB \
        jit=off autovacuum=off
    set -- "$@" --postgres "$(server_url)"
fi
"$folder/tests/bench" "$@" --folder "$folder/databases" --memory "$memory" --plot "$folder/ratios.svg"
