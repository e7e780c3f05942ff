/*
 * sqlite-open.c - from a URL to a connection of SQLite that is set up as the library
 * needs it: foreign keys checked, names in double quotes only names, a file in
 * write-ahead mode. What a connection then does is sqlite.c's.
 */
#include "sqlite-open.h"

#include "error.h"
#include "sqlite-list.h"

#include <string.h>

#define DEFAULT_BUSY_TIMEOUT_MSEC 5000

static bool
is_busy(sqlite3 *db)
{
    return (sqlite3_errcode(db) & 0xff) == SQLITE_BUSY;
}

static void
set_open_error(GError **error, sqlite3 *db, const char *path)
{
    int system_errno = sqlite3_system_errno(db);
    const char *reason = system_errno != 0 ? g_strerror(system_errno) : NULL;
    kith_error_set(error,
                   is_busy(db) ? KITH_ERROR_BUSY : KITH_ERROR_CONNECTION,
                   "%s: cannot open '%s': %s%s%s%s",
                   is_busy(db) ? "busy" : "connection",
                   path,
                   sqlite3_errmsg(db),
                   reason != NULL ? " (" : "",
                   reason != NULL ? reason : "",
                   reason != NULL ? ")" : "");
}

/* The first value that @pragma gives, as text; NULL: none, or an error of @db. */
static char *
ask_pragma(sqlite3 *db, const char *pragma)
{
    sqlite3_stmt *statement = NULL;
    char *answer = NULL;
    if (sqlite3_prepare_v2(db, pragma, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    if (sqlite3_step(statement) == SQLITE_ROW)
        answer = g_strdup((const char *) sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return answer;
}

/* SQLite ignores the pragma if it was built without foreign keys, hence the check. */
static bool
turn_on_foreign_keys(sqlite3 *db, GError **error)
{
    sqlite3_exec(db, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    g_autofree char *answer = ask_pragma(db, "PRAGMA foreign_keys");
    if (g_strcmp0(answer, "1") == 0)
        return true;
    kith_error_set(error,
                   KITH_ERROR_CONNECTION,
                   "connection: this SQLite does not check foreign keys");
    return false;
}

/*
 * Have readers not wait for the writer. SQLite does not call its busy handler while the
 * mode of a new file is changed, so that two that open it at once need this loop. A file
 * that cannot be written, or lies where no memory can be shared, stays in the mode that
 * it has.
 */
static bool
turn_on_wal(sqlite3 *db, int64_t timeout_msec, const char *path, GError **error)
{
    int64_t give_up = g_get_monotonic_time() + timeout_msec * 1000;
    g_autofree char *mode = ask_pragma(db, "PRAGMA journal_mode");
    bool is_settled = mode != NULL && sqlite3_db_readonly(db, "main") == 1;
    bool may_try = mode != NULL;
    while (may_try && !is_settled) {
        g_autofree char *answer = ask_pragma(db, "PRAGMA journal_mode=WAL");
        is_settled = answer != NULL;
        may_try = is_busy(db) && g_get_monotonic_time() < give_up;
        if (may_try)
            g_usleep(1000);
    }
    if (!is_settled)
        set_open_error(error, db, path);
    return is_settled;
}

/*
 * Text in double quotes is a name. SQLite else takes one that it does not know for a
 * string, and a column that the table does not have would be read as its own name.
 */
static void
turn_off_strings_in_double_quotes(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
}

static bool
is_memory(const char *path)
{
    return strcmp(path, ":memory:") == 0;
}

/* The connections of one engine share a database in memory, by a name. */
static int
open_memory(const KithConnectOptions *options, int flags, sqlite3 **ret_db)
{
    if (options->instance == NULL)
        return sqlite3_open_v2(":memory:", ret_db, flags, NULL);
    g_autofree char *instance = g_uri_escape_string(options->instance, NULL, FALSE);
    g_autofree char *name = g_strdup_printf("file:/kith-%s?vfs=memdb", instance);
    return sqlite3_open_v2(name, ret_db, flags | SQLITE_OPEN_URI, NULL);
}

/* SQLite may read a name as a URI, and reserves those that start with a colon. */
static int
open_file(const char *path, int flags, sqlite3 **ret_db)
{
    bool is_special = path[0] == ':' || g_str_has_prefix(path, "file:");
    g_autofree char *name = g_strconcat(is_special ? "./" : "", path, NULL);
    return sqlite3_open_v2(name, ret_db, flags, NULL);
}

int64_t
kith_sqlite_busy_timeout(const KithConnectOptions *options)
{
    int64_t timeout = options->busy_timeout_msec;
    return timeout == 0 ? DEFAULT_BUSY_TIMEOUT_MSEC : CLAMP(timeout, 0, INT_MAX);
}

static bool
configure(sqlite3 *db,
          const char *path,
          const KithConnectOptions *options,
          GError **error)
{
    int64_t timeout = kith_sqlite_busy_timeout(options);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, (int) timeout);
    turn_off_strings_in_double_quotes(db);
    if (kith_sqlite_add_lists(db) != SQLITE_OK) {
        set_open_error(error, db, path);
        return false;
    }
    if (!is_memory(path) && !turn_on_wal(db, timeout, path, error))
        return false;
    return turn_on_foreign_keys(db, error);
}

sqlite3 *
kith_sqlite_open(const char *url, const KithConnectOptions *options, GError **error)
{
    const char *path = url + strlen(KITH_SQLITE_URL_PREFIX);
    if (path[0] == '\0') {
        kith_error_set(
            error,
            KITH_ERROR_CONNECTION,
            "connection: '%s' names no file; write sqlite:PATH or sqlite::memory:",
            url);
        return NULL;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3 *db = NULL;
    int code =
        is_memory(path) ? open_memory(options, flags, &db) : open_file(path, flags, &db);
    if (code != SQLITE_OK)
        set_open_error(error, db, path);
    else if (configure(db, path, options, error))
        return db;
    sqlite3_close(db);
    return NULL;
}
