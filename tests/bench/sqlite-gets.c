/*
 * sqlite-gets.c - getting objects by key that are not loaded yet.
 */
#include "sqlite-hand.h"
#include "with-kith.h"
#include "workloads.h"

/* Through the identity map of a program written by hand, which holds none of them yet. */
static void
get_by_hand(BenchRun *run, bool in_one_transaction)
{
    int64_t *keys = shuffled_keys(run->n);
    sqlite3 *db = hand_open(sqlite_path(run, run->n));
    sqlite3_stmt *select =
        hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items WHERE id = ?1");
    GHashTable *map = hand_map_new();
    int64_t sum = 0;
    bench_start(run);
    if (in_one_transaction)
        hand_execute(db, "BEGIN");
    for (size_t i = 0; i < run->n; i++) {
        HandItem *item = hand_map_find(map, keys[i]);
        if (item == NULL) {
            sqlite3_bind_int64(select, 1, keys[i]);
            bench_expect(sqlite3_step(select) == SQLITE_ROW);
            item = hand_read_item(select);
            sqlite3_reset(select);
            hand_map_add(map, item);
        }
        sum += item->id;
    }
    if (in_one_transaction)
        hand_execute(db, "COMMIT");
    bench_stop(run);
    bench_expect(sum == sum_of_keys(run->n));
    g_hash_table_unref(map);
    hand_close(db, select, NULL);
    g_free(keys);
}

static void
get_in_a_transaction_by_hand(BenchRun *run)
{
    get_by_hand(run, true);
}

static void
get_alone_by_hand(BenchRun *run)
{
    get_by_hand(run, false);
}

static void
get_in_a_transaction(BenchRun *run)
{
    get_with_kith(run, sqlite_url(run, run->n), true);
}

static void
get_alone(BenchRun *run)
{
    get_with_kith(run, sqlite_url(run, run->n), false);
}

void
add_sqlite_gets(Bench *bench)
{
    size_t n = bench_size(bench, 100000, 10);
    bench_add(bench,
              (BenchMeasure){
                  .group = "SQLite",
                  .name = "get by key, in one transaction",
                  .unit = "us",
                  .n = n,
                  .target = 1.15,
                  .variants = { { .name = "by hand: prepared, one block a row",
                                  .function = get_in_a_transaction_by_hand },
                                { .name = "Kith", .function = get_in_a_transaction } } });
    bench_add(
        bench,
        (BenchMeasure){ .group = "SQLite",
                        .name = "get by key, each by itself",
                        .unit = "us",
                        .n = n,
                        .target = 1.15,
                        .variants = { { .name = "by hand: prepared, one block a row",
                                        .function = get_alone_by_hand },
                                      { .name = "Kith", .function = get_alone } } });
}
