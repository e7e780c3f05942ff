/*
 * sqlite-hand.c - see the header. A database of each size is made once, with the tables
 * as Kith makes them, and copied for each run.
 */
#include "sqlite-hand.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

static void
fill(const char *path, size_t n_items)
{
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    kith_engine_free(engine_new(url));
    sqlite3 *db = hand_open(path);
    hand_execute(db, "BEGIN");
    sqlite3_stmt *box = hand_prepare(db, "INSERT INTO boxes (name) VALUES (?1)");
    for (int i = 0; i < N_BOXES; i++) {
        g_autofree char *name = g_strdup_printf("box %d", i);
        sqlite3_bind_text(box, 1, name, -1, SQLITE_TRANSIENT);
        hand_write(box);
    }
    HandItem *rows = rows_new(n_items);
    sqlite3_stmt *item = hand_prepare(db,
                                      "INSERT INTO items (name, price, quantity, note, "
                                      "box_id) VALUES (?1, ?2, ?3, ?4, ?5)");
    for (size_t i = 0; i < n_items; i++) {
        sqlite3_bind_text(item, 1, rows[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_double(item, 2, rows[i].price);
        sqlite3_bind_int(item, 3, rows[i].quantity);
        sqlite3_bind_text(item, 4, rows[i].note, -1, SQLITE_STATIC);
        sqlite3_bind_int64(item, 5, rows[i].box_id);
        hand_write(item);
    }
    rows_free(rows, n_items);
    hand_execute(db, "COMMIT");
    hand_close(db, box, item, NULL); /* and with it the write-ahead log is gone */
}

static void
copy_file(const char *from, const char *to)
{
    char *bytes;
    gsize length;
    GError *error = NULL;
    bench_done(g_file_get_contents(from, &bytes, &length, &error), error);
    bench_done(g_file_set_contents_full(
                   to, bytes, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0644, &error),
               error);
    g_free(bytes);
}

static const char *
path_in(const char *folder, size_t n_items)
{
    static char *path;
    g_autofree char *original = g_strdup_printf("%s/items-%zu.db", folder, n_items);
    g_free(path);
    path = g_build_filename(folder, "run.db", NULL);
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    g_autofree char *shm = g_strconcat(path, "-shm", NULL);
    if (!g_file_test(original, G_FILE_TEST_EXISTS))
        fill(original, n_items);
    g_unlink(wal);
    g_unlink(shm);
    copy_file(original, path);
    return path;
}

const char *
sqlite_path(const BenchRun *run, size_t n_items)
{
    return path_in(run->options->folder, n_items);
}

const char *
sqlite_memory_path(const BenchRun *run, size_t n_items)
{
    return path_in(run->options->memory, n_items);
}

static const char *
url_of(const char *path)
{
    static char *url;
    g_free(url);
    url = g_strconcat("sqlite:", path, NULL);
    return url;
}

const char *
sqlite_url(const BenchRun *run, size_t n_items)
{
    return url_of(sqlite_path(run, n_items));
}

const char *
sqlite_memory_url(const BenchRun *run, size_t n_items)
{
    return url_of(sqlite_memory_path(run, n_items));
}

/* --- by hand ----------------------------------------------------------------------- */

static void
check(sqlite3 *db, bool holds, const char *sql)
{
    if (!holds)
        g_printerr("%s: %s\n", sql, sqlite3_errmsg(db));
    bench_expect(holds);
}

sqlite3 *
hand_open(const char *path)
{
    sqlite3 *db;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    bench_expect(sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK);
    hand_execute(db, "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON");
    return db;
}

void
hand_execute(sqlite3 *db, const char *sql)
{
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

sqlite3_stmt *
hand_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    int code =
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    check(db, code == SQLITE_OK, sql);
    return statement;
}

void
hand_write(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    check(sqlite3_db_handle(statement), code == SQLITE_DONE, sqlite3_sql(statement));
    sqlite3_reset(statement);
}

HandItem *
hand_read_item(sqlite3_stmt *statement)
{
    const char *name = (const char *) sqlite3_column_text(statement, 1);
    const char *note = (const char *) sqlite3_column_text(statement, 4);
    return hand_item_new(sqlite3_column_int64(statement, 0),
                         sqlite3_column_int64(statement, 5),
                         name,
                         (size_t) sqlite3_column_bytes(statement, 1),
                         sqlite3_column_double(statement, 2),
                         sqlite3_column_int(statement, 3),
                         note,
                         (size_t) sqlite3_column_bytes(statement, 4));
}

int64_t
sqlite_integer(const char *path, const char *sql)
{
    sqlite3 *db = hand_open(path);
    sqlite3_stmt *statement = hand_prepare(db, sql);
    check(db, sqlite3_step(statement) == SQLITE_ROW, sql);
    int64_t integer = sqlite3_column_int64(statement, 0);
    hand_close(db, statement, NULL);
    return integer;
}

void
hand_close(sqlite3 *db, ...)
{
    va_list statements;
    va_start(statements, db);
    sqlite3_stmt *statement;
    while ((statement = va_arg(statements, sqlite3_stmt *)) != NULL)
        sqlite3_finalize(statement);
    va_end(statements);
    bench_expect(sqlite3_close(db) == SQLITE_OK);
}
