/*
 * sqlite-references.c - objects, each with the one that it refers to.
 */
#include "sqlite-hand.h"
#include "with-kith.h"
#include "workloads.h"

static HandBox *
read_box(sqlite3_stmt *statement, int first)
{
    const char *name = (const char *) sqlite3_column_text(statement, first + 1);
    HandBox *box = g_new(HandBox, 1);
    box->id = sqlite3_column_int64(statement, first);
    box->name = g_strdup(name);
    return box;
}

static void
free_box(void *data)
{
    g_free((char *) (uintptr_t) ((HandBox *) data)->name);
    g_free(data);
}

static GHashTable *
new_boxes(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_box);
}

static GPtrArray *
load_items_by_hand(sqlite3_stmt *select, GHashTable *map)
{
    GPtrArray *items = g_ptr_array_new();
    while (sqlite3_step(select) == SQLITE_ROW) {
        HandItem *item = hand_read_item(select);
        hand_map_add(map, item);
        g_ptr_array_add(items, item);
    }
    sqlite3_reset(select);
    return items;
}

/* The keys of the boxes that are not there yet, as JSON. */
static char *
missing_boxes(const GPtrArray *items)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    GString *json = g_string_new("[");
    for (guint i = 0; i < items->len; i++) {
        HandItem *item = g_ptr_array_index(items, i);
        if (g_hash_table_add(seen, &item->box_id))
            g_string_append_printf(json,
                                   json->len > 1 ? ",%" G_GINT64_FORMAT
                                                 : "%" G_GINT64_FORMAT,
                                   item->box_id);
    }
    return g_string_free(g_string_append_c(json, ']'), FALSE);
}

static void
follow_by_a_second_statement(BenchRun *run)
{
    sqlite3 *db = hand_open(sqlite_path(run, run->n));
    sqlite3_stmt *select = hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items");
    sqlite3_stmt *boxes_of = hand_prepare(
        db, "SELECT id, name FROM boxes WHERE id IN (SELECT value FROM json_each(?1))");
    GHashTable *map = hand_map_new(), *boxes = new_boxes();
    int64_t sum = 0;
    bench_start(run);
    g_autoptr(GPtrArray) items = load_items_by_hand(select, map);
    g_autofree char *keys = missing_boxes(items);
    sqlite3_bind_text(boxes_of, 1, keys, -1, SQLITE_STATIC);
    while (sqlite3_step(boxes_of) == SQLITE_ROW) {
        HandBox *box = read_box(boxes_of, 0);
        g_hash_table_insert(boxes, &box->id, box);
    }
    sqlite3_reset(boxes_of);
    for (guint i = 0; i < items->len; i++) {
        HandItem *item = g_ptr_array_index(items, i);
        item->box = g_hash_table_lookup(boxes, &item->box_id);
        sum += item->box->id;
    }
    bench_stop(run);
    bench_expect(sum > 0);
    g_hash_table_unref(map);
    g_hash_table_unref(boxes);
    hand_close(db, select, boxes_of, NULL);
}

static void
follow_by_a_join(BenchRun *run)
{
    sqlite3 *db = hand_open(sqlite_path(run, run->n));
    sqlite3_stmt *select =
        hand_prepare(db,
                     "SELECT i.id, i.name, i.price, i.quantity, i.note, i.box_id, b.id, "
                     "b.name FROM items i JOIN boxes b ON b.id = i.box_id");
    GHashTable *map = hand_map_new(), *boxes = new_boxes();
    int64_t sum = 0;
    bench_start(run);
    while (sqlite3_step(select) == SQLITE_ROW) {
        HandItem *item = hand_read_item(select);
        HandBox *box = g_hash_table_lookup(boxes, &item->box_id);
        if (box == NULL) {
            box = read_box(select, 6);
            g_hash_table_insert(boxes, &box->id, box);
        }
        item->box = box;
        hand_map_add(map, item);
        sum += box->id;
    }
    sqlite3_reset(select);
    bench_stop(run);
    bench_expect(sum > 0);
    g_hash_table_unref(map);
    g_hash_table_unref(boxes);
    hand_close(db, select, NULL);
}

static void
follow(BenchRun *run)
{
    follow_with_kith(run, sqlite_url(run, run->n));
}

void
add_sqlite_references(Bench *bench)
{
    bench_add(bench,
              (BenchMeasure){
                  .group = "SQLite",
                  .name = "objects with their references",
                  .unit = "us",
                  .n = bench_size(bench, 1000, 100),
                  .target = 1.30,
                  .variants = { { .name = "by hand: a second statement",
                                  .function = follow_by_a_second_statement },
                                { .name = "by hand: a join",
                                  .function = follow_by_a_join,
                                  .is_extra = true },
                                { .name = "Kith: kith_ref()", .function = follow } } });
}
