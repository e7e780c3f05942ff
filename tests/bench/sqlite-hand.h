/*
 * sqlite-hand.h - what the benchmarks on SQLite share: a new copy of a database for each
 * run, opened by hand with the settings that Kith uses.
 */
#ifndef KITH_BENCH_SQLITE_HAND_H
#define KITH_BENCH_SQLITE_HAND_H

#include "model.h"

#include <sqlite3.h>

/*
 * A new database of @n_items items, in the folder for files on a disk, or in the one
 * where a sync costs nothing. Both hold until the next call.
 */
const char *sqlite_path(const BenchRun *run, size_t n_items);
const char *sqlite_url(const BenchRun *run, size_t n_items);
const char *sqlite_memory_path(const BenchRun *run, size_t n_items);
const char *sqlite_memory_url(const BenchRun *run, size_t n_items);

/* Connect, with the settings that Kith uses. */
sqlite3 *hand_open(const char *path);
void hand_execute(sqlite3 *db, const char *sql);
sqlite3_stmt *hand_prepare(sqlite3 *db, const char *sql);

/* One step of a statement that gives no row, and reset. */
void hand_write(sqlite3_stmt *statement);

/* The item of a row of "SELECT id, name, price, quantity, note, box_id". (transfer full)
 */
HandItem *hand_read_item(sqlite3_stmt *statement);
#define HAND_COLUMNS "id, name, price, quantity, note, box_id"

/* The integer that a query gives, over a connection of its own. */
int64_t sqlite_integer(const char *path, const char *sql);

/* Close the statements, NULL at the end, and the connection. */
void hand_close(sqlite3 *db, ...) G_GNUC_NULL_TERMINATED;

#endif
