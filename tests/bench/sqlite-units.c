/*
 * sqlite-units.c - small units of work: read one, change one, commit. Once on a disk,
 * where most of it is waiting for the disk, and once where a sync costs nothing, which
 * shows the work itself.
 */
#include "sqlite-hand.h"
#include "with-kith.h"
#include "workloads.h"

#include <string.h>

#define ITEMS_A_UNIT 50 /* so many items are in the table for each unit of work */

typedef struct Statements {
    sqlite3_stmt *begin;
    sqlite3_stmt *select;
    sqlite3_stmt *update;
    sqlite3_stmt *commit;
} Statements;

/* The item is read before the transaction begins, or within it. */
static void
work_on_one(const Statements *statements, int64_t key, bool reads_within)
{
    if (reads_within)
        hand_write(statements->begin);
    sqlite3_bind_int64(statements->select, 1, key);
    bench_expect(sqlite3_step(statements->select) == SQLITE_ROW);
    HandItem *item = hand_read_item(statements->select);
    sqlite3_reset(statements->select);
    item->price += 1000;
    if (!reads_within)
        hand_write(statements->begin);
    sqlite3_bind_double(statements->update, 1, item->price);
    sqlite3_bind_int64(statements->update, 2, item->id);
    hand_write(statements->update);
    bench_expect(sqlite3_changes(sqlite3_db_handle(statements->update)) == 1);
    hand_write(statements->commit);
    g_free(item);
}

static void
work_by_hand(BenchRun *run, const char *path, bool reads_within)
{
    int64_t *keys = shuffled_keys(ITEMS_A_UNIT * run->n);
    sqlite3 *db = hand_open(path);
    Statements statements = {
        hand_prepare(db, "BEGIN IMMEDIATE"),
        hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items WHERE id = ?1"),
        hand_prepare(db, "UPDATE items SET price = ?1 WHERE id = ?2"),
        hand_prepare(db, "COMMIT"),
    };
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        work_on_one(&statements, keys[i], reads_within);
    bench_stop(run);
    hand_close(db,
               statements.begin,
               statements.select,
               statements.update,
               statements.commit,
               NULL);
    bench_expect(sqlite_integer(path, "SELECT count(*) FROM items WHERE price >= 1000")
                 == (int64_t) run->n);
    g_free(keys);
}

static void
work_on_disk_by_hand(BenchRun *run)
{
    work_by_hand(run, sqlite_path(run, ITEMS_A_UNIT * run->n), true);
}

static void
work_on_disk_reading_first(BenchRun *run)
{
    work_by_hand(run, sqlite_path(run, ITEMS_A_UNIT * run->n), false);
}

static void
work_in_memory_by_hand(BenchRun *run)
{
    work_by_hand(run, sqlite_memory_path(run, ITEMS_A_UNIT * run->n), true);
}

static void
work_in_memory_reading_first(BenchRun *run)
{
    work_by_hand(run, sqlite_memory_path(run, ITEMS_A_UNIT * run->n), false);
}

static void
work(BenchRun *run, const char *url)
{
    work_with_kith(run, url, ITEMS_A_UNIT * run->n);
    bench_expect(sqlite_integer(url + strlen("sqlite:"),
                                "SELECT count(*) FROM items WHERE price >= 1000")
                 == (int64_t) run->n);
}

static void
work_on_disk(BenchRun *run)
{
    work(run, sqlite_url(run, ITEMS_A_UNIT * run->n));
}

static void
work_in_memory(BenchRun *run)
{
    work(run, sqlite_memory_url(run, ITEMS_A_UNIT * run->n));
}

void
add_sqlite_units(Bench *bench)
{
    size_t n = bench_size(bench, 2000, 10);
    bench_add(
        bench,
        (BenchMeasure){
            .group = "SQLite",
            .name = "units of work, on a disk",
            .unit = "us",
            .n = n,
            .target = 1.15,
            .variants = {
                { .name = "by hand: one transaction", .function = work_on_disk_by_hand },
                { .name = "by hand: read first", .function = work_on_disk_reading_first },
                { .name = "Kith: a session each", .function = work_on_disk } } });
    bench_add(bench,
              (BenchMeasure){ .group = "SQLite",
                              .name = "units of work, syncs cost nothing",
                              .unit = "us",
                              .n = n,
                              .target = 1.15,
                              .variants = { { .name = "by hand: one transaction",
                                              .function = work_in_memory_by_hand },
                                            { .name = "by hand: read first",
                                              .function = work_in_memory_reading_first },
                                            { .name = "Kith: a session each",
                                              .function = work_in_memory } } });
}
