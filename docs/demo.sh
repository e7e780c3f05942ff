#!/bin/sh
# demo.sh [URL]: build the library and the example docs/examples/packages, and run the example twice:
# first the packages of this machine go into a database, then there is nothing left to write.
#
# URL is any database that Kith can open, such as postgresql://user@host/name; without one it is an
# SQLite file in the build folder. What is missing on the machine is installed.
set -eu
cd "$(dirname "$0")/.."
build=$PWD/build/demo
mkdir -p "$build"
. tests/setup.sh

need_for_the_library
install_missing

if [ $# -eq 0 ]; then
    rm -f "$build"/packages.db*
    set -- "sqlite:build/demo/packages.db"
fi

step "Configuring" env CC=gcc cmake -S . -B "$build" -DKITH_TESTS=OFF
step "Building" cmake --build "$build" -j "$(nproc)" --target packages
for run in first second; do
    printf '\n--- the %s run: build/demo/packages %s\n\n' "$run" "'$1'"
    build/demo/packages "$@"
done
