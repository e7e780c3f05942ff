# shellcheck shell=sh
# server.sh - for run.sh and bench/run.sh, which source it: a PostgreSQL server of their own, in a
# temporary folder and on a unix socket only.
#
# Expects 'set -eu', and that the caller calls stop_server when it ends. server_url() leads to it.

server=""

# Where initdb and pg_ctl are: Debian keeps them out of PATH, in a folder for each version.
postgres_programs() {
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV) \
        $(pg_config --bindir 2>/dev/null) $(dirname "$(command -v initdb)" 2>/dev/null); do
        if [ -x "$folder/initdb" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

# As a user that PostgreSQL accepts: it refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -ne 0 ]; then
        (cd "$server" && "$@")
    elif id postgres >/dev/null 2>&1; then
        (cd "$server" && runuser -u postgres -- "$@")
    else
        (cd "$server" && runuser -u nobody -- "$@")
    fi
}

# start_server SETTING...: settings such as 'fsync=off'.
start_server() {
    programs=$(postgres_programs)
    server=$(mktemp -d /tmp/kith-postgres.XXXXXX)
    if [ "$(id -u)" -eq 0 ]; then
        chown "$(id -u postgres 2>/dev/null || id -u nobody)" "$server"
    fi
    as_postgres env LC_ALL=C "$programs/initdb" --pgdata="$server/data" --username=kith \
        --auth=trust --encoding=UTF8 --locale=C --no-sync
    server_options="-c listen_addresses='' -c unix_socket_directories=$server"
    for setting; do
        server_options="$server_options -c $setting"
    done
    as_postgres env LC_ALL=C "$programs/pg_ctl" start --wait --pgdata="$server/data" \
        --log="$server/log" --options="$server_options" ||
        {
            cat "$server/log"
            return 1
        }
    # What the caller has set for other servers must not reach this one.
    unset PGDATABASE PGHOST PGPORT PGUSER PGPASSWORD PGSERVICE PGOPTIONS 2>/dev/null || :
}

server_url() {
    echo "postgresql:///postgres?host=$server&user=kith"
}

stop_server() {
    [ -n "$server" ] || return 0
    as_postgres "$programs/pg_ctl" stop --wait --mode=immediate --pgdata="$server/data" \
        >/dev/null 2>&1 || :
    rm -rf "$server"
    server=""
}
