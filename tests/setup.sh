# shellcheck shell=sh
# setup.sh - for run.sh and docs/demo.sh, which source it: finds out what is missing on this machine,
# and installs it where the machine has apt-get.
#
# Expects $build, a folder for what is left behind, and 'set -eu'.
# shellcheck disable=SC2154

# step TITLE COMMAND...: run it, with a dot every two seconds; what it says is shown if it fails.
step() {
    printf '%s ' "$1"
    shift
    # The dots end with this script, even if it is killed.
    (while sleep 2 && kill -0 $$ 2>/dev/null; do printf .; done) &
    step_dots=$!
    step_status=0
    "$@" >"$build/step.txt" 2>&1 </dev/null || step_status=$?
    kill "$step_dots" 2>/dev/null || :
    wait "$step_dots" 2>/dev/null || :
    echo
    # Without the lines that say how far make is.
    [ "$step_status" -eq 0 ] || grep -v '^\[ *[0-9]*%\]' "$build/step.txt" || :
    return "$step_status"
}

missing=""

# need PACKAGE COMMAND...: PACKAGE (by its name in Debian) is missing if COMMAND fails.
need() {
    need_package=$1
    shift
    "$@" >/dev/null 2>&1 </dev/null || missing="$missing $need_package"
}

# compiles COMPILER OPTION...: does it make a program out of the smallest source?
compiles() {
    printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' >"$build/check.c"
    "$@" -o "$build/check" "$build/check.c"
}

need_for_the_library() {
    need gcc command -v gcc
    need libc6-dev compiles gcc
    need cmake command -v cmake
    need make command -v make
    need pkg-config command -v pkg-config
    need libglib2.0-dev pkg-config --exists glib-2.0
    need libsqlite3-dev pkg-config --exists sqlite3
    need libpq-dev pkg-config --exists libpq
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@"
}

# Debian's package makes and starts a server of its own when it is installed, unless it is told not
# to. The file that tells it is put back as it was.
apt_install_postgresql() {
    apt_install postgresql-common
    conf=/etc/postgresql-common/createcluster.conf
    (
        cp -p "$conf" "$build/createcluster.conf"
        trap 'as_root cp "$build/createcluster.conf" "$conf"' EXIT
        trap 'exit 1' HUP INT TERM
        printf '\ncreate_main_cluster = false\n' | as_root tee -a "$conf" >/dev/null
        apt_install postgresql
    )
}

install_missing() {
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "These are missing here (by the names of Debian's packages):$missing" >&2
        if command -v apt-get >/dev/null; then
            echo "Install them, then run this again:" >&2
            echo "  sudo apt-get install$missing" >&2
        else
            echo "Install what your distribution calls them, then run this again." >&2
        fi
        exit 1
    fi
    echo "Installing:$missing"
    step "  package lists" as_root apt-get -q update
    for package in $missing; do
        case $package in
        postgresql) step "  $package" apt_install_postgresql ;;
        *) step "  $package" apt_install "$package" ;;
        esac
    done
    missing=""
}
