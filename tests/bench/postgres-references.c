/*
 * postgres-references.c - objects, each with the one that it refers to, on PostgreSQL.
 */
#include "postgres-hand.h"
#include "with-kith.h"
#include "workloads.h"

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

static HandBox *
read_box(const PGresult *result, int row, int first)
{
    HandBox *box = g_new(HandBox, 1);
    box->id = int64_of(PQgetvalue(result, row, first));
    box->name = g_strdup(PQgetvalue(result, row, first + 1));
    return box;
}

/* The keys of the boxes that are not there yet, as an array. */
static GByteArray *
missing_boxes(const GPtrArray *items)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    for (guint i = 0; i < items->len; i++) {
        HandItem *item = g_ptr_array_index(items, i);
        if (g_hash_table_add(seen, &item->box_id))
            g_ptr_array_add(keys, &item->box_id);
    }
    GByteArray *array = array_new(OID_INT8, keys->len);
    for (guint i = 0; i < keys->len; i++)
        array_add_int64(array, *(const int64_t *) g_ptr_array_index(keys, i));
    return array;
}

static void
load_boxes(PGconn *conn, const GPtrArray *items, GHashTable *boxes)
{
    g_autoptr(GByteArray) keys = missing_boxes(items);
    Parameters parameters = { 0 };
    parameters_add_array(&parameters, keys);
    PGresult *result = postgres_run(conn, "boxes", &parameters);
    for (int i = 0; i < PQntuples(result); i++) {
        HandBox *box = read_box(result, i, 0);
        g_hash_table_insert(boxes, &box->id, box);
    }
    postgres_expect(conn, result, PGRES_TUPLES_OK);
}

static void
follow_by_hand(BenchRun *run)
{
    static const Parameters none;
    postgres_prepare(run->data, run->n, false);
    PGconn *conn = postgres_open(run->data);
    GHashTable *map = hand_map_new(), *boxes = new_boxes();
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    int64_t sum = 0;
    postgres_prepare_statement(conn, "items", "SELECT " HAND_COLUMNS " FROM items");
    postgres_prepare_statement(
        conn, "boxes", "SELECT id, name FROM boxes WHERE id = ANY($1::int8[])");
    bench_start(run);
    PGresult *result = postgres_run(conn, "items", &none);
    for (int i = 0; i < PQntuples(result); i++) {
        HandItem *item = postgres_read_item(result, i);
        hand_map_add(map, item);
        g_ptr_array_add(items, item);
    }
    postgres_expect(conn, result, PGRES_TUPLES_OK);
    load_boxes(conn, items, boxes);
    for (guint i = 0; i < items->len; i++) {
        HandItem *item = g_ptr_array_index(items, i);
        item->box = g_hash_table_lookup(boxes, &item->box_id);
        sum += item->box->id;
    }
    bench_stop(run);
    bench_expect(sum > 0);
    g_hash_table_unref(map);
    g_hash_table_unref(boxes);
    PQfinish(conn);
}

static void
follow(BenchRun *run)
{
    postgres_prepare(run->data, run->n, false);
    follow_with_kith(run, run->data);
}

void
add_postgres_references(Bench *bench, const char *group, const char *url)
{
    bench_add(
        bench,
        (BenchMeasure){
            .group = group,
            .name = "objects with their references",
            .unit = "us",
            .n = bench_size(bench, 1000, 100),
            .target = 1.30,
            .variants = {
                { .name = "by hand: a second statement, = ANY",
                  .function = follow_by_hand,
                  .data = url },
                { .name = "Kith: kith_ref()", .function = follow, .data = url } } });
}
