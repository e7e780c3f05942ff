/*
 * sqlite-changes.c - changing some of many loaded objects, and deleting some.
 */
#include "sqlite-hand.h"
#include "with-kith.h"
#include "workloads.h"

#include <stdlib.h>
#include <string.h>

#define SUM_OF_PRICES "SELECT CAST(sum(price) AS INTEGER) FROM items"

typedef struct Loaded {
    GHashTable *map;
    GPtrArray *items;
} Loaded;

static Loaded
load_all(sqlite3 *db)
{
    Loaded loaded = { hand_map_new(), g_ptr_array_new() };
    sqlite3_stmt *select = hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items");
    while (sqlite3_step(select) == SQLITE_ROW) {
        HandItem *item = hand_read_item(select);
        hand_map_add(loaded.map, item);
        g_ptr_array_add(loaded.items, item);
    }
    sqlite3_finalize(select);
    return loaded;
}

static void
unload(Loaded loaded)
{
    g_ptr_array_unref(loaded.items);
    g_hash_table_unref(loaded.map);
}

static int
compare_ids(const void *a, const void *b)
{
    int64_t one = (*(HandItem *const *) a)->id, other = (*(HandItem *const *) b)->id;
    return (one > other) - (one < other);
}

/* --- change ------------------------------------------------------------------------ */

static int64_t
price_of(const char *path)
{
    return sqlite_integer(path, SUM_OF_PRICES);
}

static void
update_by_key(sqlite3 *db, HandItem **changed, size_t n_changed)
{
    sqlite3_stmt *update = hand_prepare(db, "UPDATE items SET price = ?1 WHERE id = ?2");
    qsort(changed, n_changed, sizeof *changed, compare_ids);
    hand_execute(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < n_changed; i++) {
        sqlite3_bind_double(update, 1, changed[i]->price);
        sqlite3_bind_int64(update, 2, changed[i]->id);
        hand_write(update);
        bench_expect(sqlite3_changes(db) == 1);
    }
    hand_execute(db, "COMMIT");
    sqlite3_finalize(update);
}

static void
change_by_hand(BenchRun *run, bool is_load_timed)
{
    int64_t *keys = shuffled_keys(run->n);
    size_t n_changed = run->n / 10;
    const char *path = sqlite_path(run, run->n);
    int64_t price = price_of(path);
    HandItem **changed = g_new(HandItem *, n_changed);
    sqlite3 *db = hand_open(path);
    if (is_load_timed)
        bench_start(run);
    Loaded loaded = load_all(db);
    if (!is_load_timed)
        bench_start(run);
    for (size_t i = 0; i < n_changed; i++) {
        changed[i] = g_ptr_array_index(loaded.items, keys[i] - 1);
        changed[i]->price += 1000;
    }
    update_by_key(db, changed, n_changed);
    bench_stop(run);
    unload(loaded);
    hand_close(db, NULL);
    bench_expect(price_of(path) == price + 1000 * (int64_t) n_changed);
    g_free(changed);
    g_free(keys);
}

static void
load_and_change_by_hand(BenchRun *run)
{
    change_by_hand(run, true);
}

static void
change_loaded_by_hand(BenchRun *run)
{
    change_by_hand(run, false);
}

static void
change(BenchRun *run, bool is_load_timed)
{
    const char *url = sqlite_url(run, run->n);
    const char *path = url + strlen("sqlite:");
    int64_t price = price_of(path);
    change_with_kith(run, url, is_load_timed);
    bench_expect(price_of(path) == price + 1000 * (int64_t) (run->n / 10));
}

static void
load_and_change(BenchRun *run)
{
    change(run, true);
}

static void
change_loaded(BenchRun *run)
{
    change(run, false);
}

/* --- delete ------------------------------------------------------------------------ */

static void
delete_by_hand(BenchRun *run)
{
    int64_t *keys = shuffled_keys(10 * run->n);
    const char *path = sqlite_path(run, 10 * run->n);
    HandItem **deleted = g_new(HandItem *, run->n);
    sqlite3 *db = hand_open(path);
    Loaded loaded = load_all(db);
    sqlite3_stmt *statement = hand_prepare(db, "DELETE FROM items WHERE id = ?1");
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        deleted[i] = g_ptr_array_index(loaded.items, keys[i] - 1);
    qsort(deleted, run->n, sizeof *deleted, compare_ids);
    hand_execute(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < run->n; i++) {
        sqlite3_bind_int64(statement, 1, deleted[i]->id);
        hand_write(statement);
        bench_expect(sqlite3_changes(db) == 1);
    }
    hand_execute(db, "COMMIT");
    for (size_t i = 0; i < run->n; i++)
        g_hash_table_remove(loaded.map, &deleted[i]->id);
    bench_stop(run);
    unload(loaded);
    hand_close(db, statement, NULL);
    bench_expect(sqlite_integer(path, "SELECT count(*) FROM items")
                 == 9 * (int64_t) run->n);
    g_free(deleted);
    g_free(keys);
}

static void
delete_from_sqlite(BenchRun *run)
{
    const char *url = sqlite_url(run, 10 * run->n);
    delete_with_kith(run, url);
    bench_expect(sqlite_integer(url + strlen("sqlite:"), "SELECT count(*) FROM items")
                 == 9 * (int64_t) run->n);
}

void
add_sqlite_changes(Bench *bench)
{
    size_t n = bench_size(bench, 100000, 100);
    bench_add(bench,
              (BenchMeasure){
                  .group = "SQLite",
                  .name = "load, change a tenth, commit",
                  .unit = "ms",
                  .n = n,
                  .target = 1.10,
                  .variants = { { .name = "by hand: prepared, by ascending key",
                                  .function = load_and_change_by_hand },
                                { .name = "Kith", .function = load_and_change } } });
    bench_add(
        bench,
        (BenchMeasure){ .group = "SQLite",
                        .name = "change a tenth of what is loaded, commit",
                        .unit = "ms",
                        .n = n,
                        .target = 1.10,
                        .variants = { { .name = "by hand: prepared, by ascending key",
                                        .function = change_loaded_by_hand },
                                      { .name = "Kith", .function = change_loaded } } });
    bench_add(bench,
              (BenchMeasure){
                  .group = "SQLite",
                  .name = "delete a tenth of what is loaded, commit",
                  .unit = "ms",
                  .n = n / 10,
                  .target = 1.10,
                  .variants = { { .name = "by hand: prepared, by ascending key",
                                  .function = delete_by_hand },
                                { .name = "Kith", .function = delete_from_sqlite } } });
}
