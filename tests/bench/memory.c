/*
 * memory.c - what loaded objects cost: the time to get one, their memory, and what they
 * add to a commit that has nothing to do with them.
 */
#include "sqlite-hand.h"
#include "workloads.h"

#include <malloc.h>
#include <string.h>

typedef struct Session {
    KithEngine *engine;
    KithSession *session;
} Session;

static Session
session_with(const BenchRun *run, size_t n_items)
{
    Session opened = { .engine = engine_new(sqlite_memory_url(run, n_items)) };
    opened.session = kith_session_new(opened.engine);
    return opened;
}

static void
load_into(Session opened)
{
    g_autoptr(ItemQuery) query = kith_query(opened.session, Item);
    (void) load_items(query);
}

static void
close_session(Session opened)
{
    kith_session_free(opened.session);
    kith_engine_free(opened.engine);
}

static GHashTable *
load_by_hand(const BenchRun *run, size_t n_items)
{
    sqlite3 *db = hand_open(sqlite_memory_path(run, n_items));
    sqlite3_stmt *select = hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items");
    GHashTable *map = hand_map_new();
    while (sqlite3_step(select) == SQLITE_ROW) {
        HandItem *item = hand_read_item(select);
        hand_map_add(map, item);
    }
    hand_close(db, select, NULL);
    return map;
}

/* --- hits -------------------------------------------------------------------------- */

/* @run->n gets of @n_items loaded objects, over and over in a random order. */
static void
hit_by_hand(BenchRun *run)
{
    size_t n_items = *(const size_t *) run->data;
    int64_t *keys = shuffled_keys(n_items);
    GHashTable *map = load_by_hand(run, n_items);
    int64_t sum = 0;
    bench_start(run);
    for (size_t i = 0, at = 0; i < run->n; i++) {
        sum += hand_map_find(map, keys[at])->quantity;
        at = at + 1 < n_items ? at + 1 : 0;
    }
    bench_stop(run);
    bench_expect(sum > 0);
    g_hash_table_unref(map);
    g_free(keys);
}

static void
hit(BenchRun *run)
{
    size_t n_items = *(const size_t *) run->data;
    int64_t *keys = shuffled_keys(n_items);
    Session opened = session_with(run, n_items);
    int64_t sum = 0;
    load_into(opened);
    bench_start(run);
    for (size_t i = 0, at = 0; i < run->n; i++) {
        sum += kith_get(opened.session, Item, keys[at], NULL)->quantity;
        at = at + 1 < n_items ? at + 1 : 0;
    }
    bench_stop(run);
    bench_expect(sum > 0);
    close_session(opened);
    g_free(keys);
}

/* --- memory ------------------------------------------------------------------------ */

static double
heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double) (info.uordblks + info.hblkhd);
}

/* The same struct, with its texts in one block, in a GHashTable. */
static void
measure_memory_by_hand(BenchRun *run)
{
    GHashTable *loaded = load_by_hand(run, run->n);
    double before = heap();
    GHashTable *map = hand_map_new();
    GHashTableIter iter;
    const HandItem *item;
    g_hash_table_iter_init(&iter, loaded);
    while (g_hash_table_iter_next(&iter, NULL, (void **) (uintptr_t) &item)) {
        size_t name = strlen(item->name) + 1;
        size_t note = item->note != NULL ? strlen(item->note) + 1 : 0;
        Item *copy = g_malloc(sizeof *copy + name + note);
        copy->id = item->id;
        memcpy(copy + 1, item->name, name);
        hand_map_add(map, copy);
    }
    bench_set(run, (heap() - before) / (double) run->n);
    bench_expect(g_hash_table_size(map) == run->n);
    g_hash_table_unref(map);
    g_hash_table_unref(loaded);
}

static void
measure_memory(BenchRun *run)
{
    Session opened = session_with(run, run->n);
    load_into(opened); /* so that SQLite has by now what it keeps for itself */
    kith_clear(opened.session);
    double before = heap();
    load_into(opened);
    bench_set(run, (heap() - before) / (double) run->n);
    close_session(opened);
}

/* --- growth ------------------------------------------------------------------------ */

#define COMMITS 200

static void
change_one_of(BenchRun *run)
{
    size_t n_items = *(const size_t *) run->data;
    Session opened = session_with(run, n_items);
    GError *error = NULL;
    load_into(opened);
    const Item *item = kith_get(opened.session, Item, 50, &error);
    for (size_t i = 0; i <= run->n; i++) {
        if (i == 1) /* the first one prepares the statement */
            bench_start(run);
        kith_set(item, quantity, (int32_t) i + 1000);
        bench_done(kith_commit(opened.session, &error), error);
    }
    bench_stop(run);
    close_session(opened);
}

void
add_memory(Bench *bench)
{
    static size_t few, many, sizes[5];
    few = bench_size(bench, 1000, 10);
    many = bench_size(bench, 100000, 100);
    for (size_t i = 0, size = 100; i < 5; i++, size *= 10)
        sizes[i] = bench_size(bench, size, 100);
    bench_add(
        bench,
        (BenchMeasure){
            .group = "Memory",
            .name = "get of one of 1,000 loaded objects",
            .unit = "ns",
            .n = bench_size(bench, 2000000, 1000),
            .target = 40,
            .is_absolute = true,
            .variants = {
                { .name = "by hand: GHashTable", .function = hit_by_hand, .data = &few },
                { .name = "Kith", .function = hit, .data = &few } } });
    bench_add(
        bench,
        (BenchMeasure){
            .group = "Memory",
            .name = "get of one of 100,000, in a random order",
            .unit = "ns",
            .n = bench_size(bench, 2000000, 1000),
            .variants = {
                { .name = "by hand: GHashTable", .function = hit_by_hand, .data = &many },
                { .name = "Kith", .function = hit, .data = &many } } });
    bench_add(
        bench,
        (BenchMeasure){ .group = "Memory",
                        .name = "a loaded row",
                        .unit = "bytes",
                        .n = many,
                        .target = 1.25,
                        .variants = { { .name = "by hand: struct, texts, hash entry",
                                        .function = measure_memory_by_hand },
                                      { .name = "Kith", .function = measure_memory } } });
    bench_add(bench,
              (BenchMeasure){ .group = "Memory",
                              .name = "commit of one change, as what is loaded grows",
                              .unit = "us",
                              .n = bench_size(bench, COMMITS, 10),
                              .target = 1.10,
                              .variants = { { .name = "Kith: of 100",
                                              .function = change_one_of,
                                              .data = &sizes[0] },
                                            { .name = "Kith: of 1,000",
                                              .function = change_one_of,
                                              .data = &sizes[1],
                                              .is_extra = true },
                                            { .name = "Kith: of 10,000",
                                              .function = change_one_of,
                                              .data = &sizes[2],
                                              .is_extra = true },
                                            { .name = "Kith: of 100,000",
                                              .function = change_one_of,
                                              .data = &sizes[3],
                                              .is_extra = true },
                                            { .name = "Kith: of 1,000,000",
                                              .function = change_one_of,
                                              .data = &sizes[4] } } });
}
