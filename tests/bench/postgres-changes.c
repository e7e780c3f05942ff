/*
 * postgres-changes.c - changing some of many loaded objects on PostgreSQL, and deleting
 * some.
 */
#include "postgres-hand.h"
#include "with-kith.h"
#include "workloads.h"

#include <stdlib.h>

#define SUM_OF_PRICES "SELECT sum(price)::bigint FROM items"

static int
compare_ids(const void *a, const void *b)
{
    int64_t one = (*(HandItem *const *) a)->id, other = (*(HandItem *const *) b)->id;
    return (one > other) - (one < other);
}

/* All items, in no order; they belong to the map. */
static HandItem **
load_all(PGconn *conn, GHashTable *map)
{
    PGresult *result = PQexecParams(
        conn, "SELECT " HAND_COLUMNS " FROM items", 0, NULL, NULL, NULL, NULL, 1);
    int count = PQntuples(result);
    HandItem **items = g_new(HandItem *, (size_t) count);
    for (int i = 0; i < count; i++) {
        items[i] = postgres_read_item(result, i);
        hand_map_add(map, items[i]);
    }
    postgres_expect(conn, result, PGRES_TUPLES_OK);
    return items;
}

static HandItem **
pick(HandItem *const *items, const int64_t *keys, size_t count)
{
    HandItem **picked = g_new(HandItem *, count);
    for (size_t i = 0; i < count; i++)
        picked[i] = items[keys[i] - 1];
    return picked;
}

/* --- change ------------------------------------------------------------------------ */

static void
update_arrays(PGconn *conn, HandItem *const *items, size_t count)
{
    g_autoptr(GByteArray) ids = array_new(OID_INT8, count);
    g_autoptr(GByteArray) prices = array_new(OID_FLOAT8, count);
    Parameters parameters = { 0 };
    for (size_t i = 0; i < count; i++) {
        array_add_int64(ids, items[i]->id);
        array_add_double(prices, items[i]->price);
    }
    parameters_add_array(&parameters, ids);
    parameters_add_array(&parameters, prices);
    postgres_send(conn, "update", &parameters);
}

static void
change_arrays(BenchRun *run, size_t rows_a_statement)
{
    postgres_prepare(run->data, run->n, true);
    int64_t price = postgres_integer(run->data, SUM_OF_PRICES);
    size_t n_changed = run->n / 10;
    g_autofree int64_t *keys = shuffled_keys(run->n);
    GHashTable *map = hand_map_new();
    PGconn *conn = postgres_open(run->data);
    postgres_execute(conn, "SET plan_cache_mode = force_generic_plan");
    postgres_prepare_statement(
        conn,
        "update",
        "UPDATE items SET price = u.price FROM unnest($1::int8[], $2::float8[]) AS "
        "u(id, price) WHERE items.id = u.id");
    g_autofree HandItem **items = load_all(conn, map);
    bench_start(run);
    g_autofree HandItem **changed = pick(items, keys, n_changed);
    for (size_t i = 0; i < n_changed; i++)
        changed[i]->price += 1000;
    qsort(changed, n_changed, sizeof *changed, compare_ids);
    size_t n_statements = 0;
    pipeline_begin(conn);
    for (size_t i = 0; i < n_changed; i += rows_a_statement, n_statements++)
        update_arrays(conn, changed + i, MIN(rows_a_statement, n_changed - i));
    pipeline_commit(conn, n_statements, n_changed);
    bench_stop(run);
    PQfinish(conn);
    g_hash_table_unref(map);
    bench_expect(postgres_integer(run->data, SUM_OF_PRICES)
                 == price + 1000 * (int64_t) n_changed);
}

static void
change_in_one_statement(BenchRun *run)
{
    change_arrays(run, run->n);
}

static void
change_by_the_thousand(BenchRun *run)
{
    change_arrays(run, 1000);
}

static void
change(BenchRun *run)
{
    postgres_prepare(run->data, run->n, true);
    int64_t price = postgres_integer(run->data, SUM_OF_PRICES);
    change_with_kith(run, run->data, false);
    bench_expect(postgres_integer(run->data, SUM_OF_PRICES)
                 == price + 1000 * (int64_t) (run->n / 10));
}

/* --- delete ------------------------------------------------------------------------ */

static void
delete_array(BenchRun *run)
{
    postgres_prepare(run->data, 10 * run->n, true);
    g_autofree int64_t *keys = shuffled_keys(10 * run->n);
    GHashTable *map = hand_map_new();
    PGconn *conn = postgres_open(run->data);
    postgres_prepare_statement(
        conn, "delete", "DELETE FROM items WHERE id = ANY($1::int8[])");
    g_autofree HandItem **items = load_all(conn, map);
    bench_start(run);
    g_autofree HandItem **deleted = pick(items, keys, run->n);
    qsort(deleted, run->n, sizeof *deleted, compare_ids);
    g_autoptr(GByteArray) ids = array_new(OID_INT8, run->n);
    for (size_t i = 0; i < run->n; i++)
        array_add_int64(ids, deleted[i]->id);
    Parameters parameters = { 0 };
    parameters_add_array(&parameters, ids);
    pipeline_begin(conn);
    postgres_send(conn, "delete", &parameters);
    pipeline_commit(conn, 1, run->n);
    for (size_t i = 0; i < run->n; i++)
        g_hash_table_remove(map, &deleted[i]->id);
    bench_stop(run);
    PQfinish(conn);
    g_hash_table_unref(map);
    bench_expect(postgres_integer(run->data, "SELECT count(*) FROM items")
                 == 9 * (int64_t) run->n);
}

static void
delete_from_postgres(BenchRun *run)
{
    postgres_prepare(run->data, 10 * run->n, true);
    delete_with_kith(run, run->data);
    bench_expect(postgres_integer(run->data, "SELECT count(*) FROM items")
                 == 9 * (int64_t) run->n);
}

void
add_postgres_changes(Bench *bench, const char *group, const char *url)
{
    size_t n = bench_size(bench, 100000, 100);
    bench_add(bench,
              (BenchMeasure){
                  .group = group,
                  .name = "change a tenth of what is loaded, commit",
                  .unit = "ms",
                  .n = n,
                  .target = 1.10,
                  .variants = { { .name = "by hand: arrays, by key, one statement",
                                  .function = change_in_one_statement,
                                  .data = url },
                                { .name = "by hand: the same, 1,000 rows a statement",
                                  .function = change_by_the_thousand,
                                  .data = url },
                                { .name = "Kith", .function = change, .data = url } } });
    bench_add(bench,
              (BenchMeasure){ .group = group,
                              .name = "delete a tenth of what is loaded, commit",
                              .unit = "ms",
                              .n = n / 10,
                              .target = 1.10,
                              .variants = { { .name = "by hand: = ANY, one statement",
                                              .function = delete_array,
                                              .data = url },
                                            { .name = "Kith",
                                              .function = delete_from_postgres,
                                              .data = url } } });
}
