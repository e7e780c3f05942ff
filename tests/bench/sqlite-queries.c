/*
 * sqlite-queries.c - queries that give one row, of objects that are loaded already: what
 * is measured is the way to the statement and back, not the making of objects.
 */
#include "sqlite-hand.h"
#include "with-kith.h"
#include "workloads.h"

static void
query_by_hand(BenchRun *run)
{
    int64_t *keys = shuffled_keys(run->n);
    sqlite3 *db = hand_open(sqlite_path(run, run->n));
    sqlite3_stmt *select =
        hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items WHERE id = ?1 LIMIT 1");
    GHashTable *map = hand_map_new();
    int64_t sum = 0;
    for (int round = 0; round < 2; round++) { /* the first one fills the map */
        hand_execute(db, "BEGIN");
        if (round == 1)
            bench_start(run);
        for (size_t i = 0; i < run->n; i++) {
            sqlite3_bind_int64(select, 1, keys[i]);
            bench_expect(sqlite3_step(select) == SQLITE_ROW);
            HandItem *item = hand_map_find(map, sqlite3_column_int64(select, 0));
            if (item == NULL) {
                item = hand_read_item(select);
                hand_map_add(map, item);
            }
            sqlite3_reset(select);
            sum += item->id;
        }
        if (round == 1)
            bench_stop(run);
        hand_execute(db, "COMMIT");
    }
    bench_expect(sum == 2 * sum_of_keys(run->n));
    g_hash_table_unref(map);
    hand_close(db, select, NULL);
    g_free(keys);
}

static void
query_kept(BenchRun *run)
{
    query_with_kith(run, sqlite_url(run, run->n), true);
}

static void
query_anew(BenchRun *run)
{
    query_with_kith(run, sqlite_url(run, run->n), false);
}

/* Both, one after the other; the result is what the one takes more than the other. */
static void
query_beyond_hand(BenchRun *run)
{
    query_by_hand(run);
    double by_hand = run->value;
    run->value = 0;
    query_kept(run);
    bench_set(run, MAX(run->value - by_hand, 0));
}

void
add_sqlite_queries(Bench *bench)
{
    size_t n = bench_size(bench, 100000, 10);
    bench_add(bench,
              (BenchMeasure){ .group = "SQLite",
                              .name = "a query of one row, known objects",
                              .unit = "us",
                              .n = n,
                              .variants = { { .name = "by hand: prepared",
                                              .function = query_by_hand },
                                            { .name = "Kith: a query for each",
                                              .function = query_anew,
                                              .is_extra = true },
                                            { .name = "Kith: a query that is kept",
                                              .function = query_kept } } });
    bench_add(bench,
              (BenchMeasure){ .group = "SQLite",
                              .name = "a query of one row, beyond the one by hand",
                              .unit = "us",
                              .n = n,
                              .target = 1.0,
                              .is_absolute = true,
                              .variants = { { .name = "Kith: a query that is kept",
                                              .function = query_beyond_hand } } });
}
