#!/bin/sh
# run.sh BUILD WORK: can what is built in BUILD be installed, and used from there by find_package() and by
# pkg-config, shared and static? Can a driver be left out? WORK is made anew. Writes TAP.
set -eu
build=$1
work=$2
source=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$source/../.." && pwd)
rm -rf "$work"
mkdir -p "$work"
cd "$work"
n=0

# check NAME COMMAND...
check() {
    name=$1
    shift
    n=$((n + 1))
    if "$@" >"$work/output.txt" 2>&1; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        sed 's/^/# /' "$work/output.txt"
    fi
}

build_by_cmake() {
    cmake -S "$source" -B cmake -DCMAKE_PREFIX_PATH="$work/moved" &&
        cmake --build cmake
}

# 'eval', because pkg-config quotes what it says for the shell.
compile() {
    eval "gcc -std=c11 -Wall -Wextra -Wpedantic -Werror '$source/consumer.c' $*"
}

build_by_pkg_config() {
    compile -o shared "$(pkg-config --cflags --libs kith)"
}

# What the static library needs itself is in Requires.private.
# shellcheck disable=SC2046 # a list of names
build_static_by_pkg_config() {
    compile -o static "$(pkg-config --cflags kith)" "'$libdir/libkith.a'" \
        "$(pkg-config --libs glib-2.0 $(pkg-config --print-requires-private kith))"
}

runs() {
    LD_LIBRARY_PATH=$libdir "$@"
}


check "the build can be installed" cmake --install "$build" --prefix "$work/install"
mv install moved # nothing may depend on where it was installed first
libdir=$(dirname "$(find "$work/moved" -name libkith.so)")
export PKG_CONFIG_PATH="$libdir/pkgconfig"

check "find_package() finds it" build_by_cmake
check "by find_package(), shared, it runs" runs cmake/consumer
check "by find_package(), static, it runs" cmake/consumer-static
check "pkg-config finds it" build_by_pkg_config
check "by pkg-config, shared, it runs" runs ./shared
check "pkg-config finds the static library" build_static_by_pkg_config
check "by pkg-config, static, it runs" ./static

# --- drivers left out ---

# build_with FOLDER OPTION...: the library alone.
build_with() {
    folder=$1
    shift
    cmake -S "$top" -B "$folder" -DKITH_TESTS=OFF -DKITH_EXAMPLES=OFF "$@" &&
        cmake --build "$folder" -j 2
}

refused_without_drivers() {
    ! cmake -S "$top" -B none -DKITH_SQLITE=OFF -DKITH_POSTGRES=OFF >none.txt 2>&1 &&
        tr -s ' \n' ' ' <none.txt | grep 'Kith needs at least one driver'
}

check "it builds without PostgreSQL" build_with sqlite-only -DKITH_POSTGRES=OFF
check "it does not need libpq then" sh -c '! nm -D sqlite-only/libkith.so | grep -q " PQ"'
check "it builds without SQLite" build_with postgres-only -DKITH_SQLITE=OFF
check "it does not need sqlite3 then" sh -c '! nm -D postgres-only/libkith.so | grep -q " sqlite3"'
check "without any driver it is refused" refused_without_drivers
echo "1..$n"
