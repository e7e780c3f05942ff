/*
 * postgres-rows.c - inserting many rows on PostgreSQL, and loading them.
 */
#include "postgres-hand.h"
#include "with-kith.h"
#include "workloads.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_A_STATEMENT 10000
#define SUM_OF_KEYS "SELECT sum(id)::bigint FROM items"

/* --- insert ------------------------------------------------------------------------ */

typedef struct Arrays {
    GByteArray *ids; /* or NULL */
    GByteArray *names;
    GByteArray *prices;
    GByteArray *quantities;
    GByteArray *notes;
    GByteArray *boxes;
} Arrays;

static Arrays
arrays_of(const HandItem *rows, size_t count, bool with_ids)
{
    Arrays arrays = { with_ids ? array_new(OID_INT8, count) : NULL,
                      array_new(OID_TEXT, count),
                      array_new(OID_FLOAT8, count),
                      array_new(OID_INT4, count),
                      array_new(OID_TEXT, count),
                      array_new(OID_INT8, count) };
    for (size_t i = 0; i < count; i++) {
        if (with_ids)
            array_add_int64(arrays.ids, rows[i].id);
        array_add_text(arrays.names, rows[i].name);
        array_add_double(arrays.prices, rows[i].price);
        array_add_int32(arrays.quantities, rows[i].quantity);
        array_add_text(arrays.notes, rows[i].note);
        array_add_int64(arrays.boxes, rows[i].box_id);
    }
    return arrays;
}

/* Sent; the result is to be taken. */
static void
insert_arrays(PGconn *conn, const HandItem *rows, size_t count, bool with_ids)
{
    Arrays arrays = arrays_of(rows, count, with_ids);
    GByteArray *all[] = { arrays.ids,        arrays.names, arrays.prices,
                          arrays.quantities, arrays.notes, arrays.boxes };
    Parameters parameters = { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i] != NULL)
            parameters_add_array(&parameters, all[i]);
    }
    postgres_send(conn, "insert", &parameters);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        g_clear_pointer(&all[i], g_byte_array_unref);
}

static int
compare_keys(const void *a, const void *b)
{
    int64_t one = *(const int64_t *) a, other = *(const int64_t *) b;
    return (one > other) - (one < other);
}

/* The keys were drawn in the order of the rows, whatever the order in which they come. */
static void
take_sorted_keys(PGresult *result, HandItem *rows, size_t count)
{
    g_autofree int64_t *keys = g_new(int64_t, count);
    bench_expect(PQntuples(result) == (int) count);
    for (size_t i = 0; i < count; i++)
        keys[i] = int64_of(PQgetvalue(result, (int) i, 0));
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < count; i++)
        rows[i].id = keys[i];
}

static void
finish_insert(BenchRun *run, PGconn *conn, HandItem *rows)
{
    bench_expect(rows[run->n - 1].id - rows[0].id == (int64_t) run->n - 1);
    bench_expect(postgres_integer(run->data, SUM_OF_KEYS) == sum_of_keys(run->n));
    PQfinish(conn);
    rows_free(rows, run->n);
}

static void
insert_in_order(BenchRun *run)
{
    postgres_prepare(run->data, 0, true);
    HandItem *rows = rows_new(run->n);
    PGconn *conn = postgres_open(run->data);
    postgres_prepare_statement(
        conn,
        "insert",
        "INSERT INTO items (name, price, quantity, note, box_id) "
        "SELECT n, p, q, t, b FROM unnest($1::text[], $2::float8[], $3::int4[], "
        "$4::text[], $5::int8[]) WITH ORDINALITY AS u(n, p, q, t, b, o) ORDER BY o "
        "RETURNING id");
    bench_start(run);
    postgres_execute(conn, "BEGIN");
    for (size_t i = 0; i < run->n; i += ROWS_A_STATEMENT) {
        size_t count = MIN(ROWS_A_STATEMENT, run->n - i);
        insert_arrays(conn, rows + i, count, false);
        PGresult *result = PQgetResult(conn);
        take_sorted_keys(result, rows + i, count);
        postgres_expect(conn, result, PGRES_TUPLES_OK);
        bench_expect(PQgetResult(conn) == NULL);
    }
    postgres_execute(conn, "COMMIT");
    bench_stop(run);
    finish_insert(run, conn, rows);
}

static void
take_keys_ahead(PGconn *conn, HandItem *rows, size_t count)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT nextval(pg_get_serial_sequence('items', 'id')) FROM "
                        "generate_series(1, %" G_GSIZE_FORMAT ")",
                        count);
    PGresult *result = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1);
    take_sorted_keys(result, rows, count);
    postgres_expect(conn, result, PGRES_TUPLES_OK);
}

static void
insert_with_keys_ahead(BenchRun *run)
{
    postgres_prepare(run->data, 0, true);
    HandItem *rows = rows_new(run->n);
    PGconn *conn = postgres_open(run->data);
    postgres_prepare_statement(
        conn,
        "insert",
        "INSERT INTO items (id, name, price, quantity, note, box_id) "
        "SELECT * FROM unnest($1::int8[], $2::text[], $3::float8[], $4::int4[], "
        "$5::text[], $6::int8[])");
    bench_start(run);
    size_t n_statements = 0;
    take_keys_ahead(conn, rows, run->n);
    pipeline_begin(conn);
    for (size_t i = 0; i < run->n; i += ROWS_A_STATEMENT, n_statements++)
        insert_arrays(conn, rows + i, MIN(ROWS_A_STATEMENT, run->n - i), true);
    pipeline_commit(conn, n_statements, run->n);
    bench_stop(run);
    finish_insert(run, conn, rows);
}

/* --- insert by COPY ---------------------------------------------------------------- */

static void
append_field(GByteArray *copy, const void *bytes, size_t length)
{
    uint32_t size = GUINT32_TO_BE((uint32_t) length);
    g_byte_array_append(copy, (const guint8 *) &size, sizeof size);
    g_byte_array_append(copy, bytes, (guint) length);
}

static void
append_text_field(GByteArray *copy, const char *text)
{
    uint32_t null = GUINT32_TO_BE(UINT32_MAX);
    if (text != NULL)
        append_field(copy, text, strlen(text));
    else
        g_byte_array_append(copy, (const guint8 *) &null, sizeof null);
}

static void
append_row(GByteArray *copy, const HandItem *row)
{
    uint16_t n_fields = GUINT16_TO_BE(6);
    uint64_t id = GUINT64_TO_BE((uint64_t) row->id), price;
    uint64_t box = GUINT64_TO_BE((uint64_t) row->box_id);
    uint32_t quantity = GUINT32_TO_BE((uint32_t) row->quantity);
    memcpy(&price, &row->price, sizeof price);
    price = GUINT64_TO_BE(price);
    g_byte_array_append(copy, (const guint8 *) &n_fields, sizeof n_fields);
    append_field(copy, &id, sizeof id);
    append_text_field(copy, row->name);
    append_field(copy, &price, sizeof price);
    append_field(copy, &quantity, sizeof quantity);
    append_text_field(copy, row->note);
    append_field(copy, &box, sizeof box);
}

static void
send_copy(PGconn *conn, GByteArray *copy)
{
    bench_expect(PQputCopyData(conn, (const char *) copy->data, (int) copy->len) == 1);
    g_byte_array_set_size(copy, 0);
}

static void
insert_by_copy(BenchRun *run)
{
    static const char header[19] = "PGCOPY\n\377\r\n"; /* and zeros */
    static const char trailer[2] = { '\377', '\377' };
    postgres_prepare(run->data, 0, true);
    HandItem *rows = rows_new(run->n);
    PGconn *conn = postgres_open(run->data);
    bench_start(run);
    g_autoptr(GByteArray) copy = g_byte_array_new();
    postgres_execute(conn, "BEGIN");
    take_keys_ahead(conn, rows, run->n);
    postgres_expect(conn,
                    PQexec(conn,
                           "COPY items (id, name, price, quantity, note, box_id) FROM "
                           "STDIN (FORMAT binary)"),
                    PGRES_COPY_IN);
    g_byte_array_append(copy, (const guint8 *) header, sizeof header);
    for (size_t i = 0; i < run->n; i++) {
        append_row(copy, &rows[i]);
        if (copy->len > 65536)
            send_copy(conn, copy);
    }
    g_byte_array_append(copy, (const guint8 *) trailer, sizeof trailer);
    send_copy(conn, copy);
    bench_expect(PQputCopyEnd(conn, NULL) == 1);
    postgres_expect(conn, PQgetResult(conn), PGRES_COMMAND_OK);
    bench_expect(PQgetResult(conn) == NULL);
    postgres_execute(conn, "COMMIT");
    bench_stop(run);
    finish_insert(run, conn, rows);
}

static void
insert_into_postgres(BenchRun *run)
{
    postgres_prepare(run->data, 0, true);
    insert_with_kith(run, run->data);
    bench_expect(postgres_integer(run->data, "SELECT count(*) FROM items")
                 == (int64_t) run->n);
}

/* --- load -------------------------------------------------------------------------- */

#define SELECT_ALL "SELECT " HAND_COLUMNS " FROM items"

static int64_t
take_items(const PGresult *result, GHashTable *map)
{
    int64_t sum = 0;
    for (int i = 0; i < PQntuples(result); i++) {
        HandItem *item = postgres_read_item(result, i);
        hand_map_add(map, item);
        sum += item->id;
    }
    return sum;
}

static void
load_at_once(BenchRun *run)
{
    postgres_prepare(run->data, run->n, false);
    PGconn *conn = postgres_open(run->data);
    GHashTable *map = hand_map_new();
    bench_start(run);
    PGresult *result = PQexecParams(conn, SELECT_ALL, 0, NULL, NULL, NULL, NULL, 1);
    int64_t sum = take_items(result, map);
    postgres_expect(conn, result, PGRES_TUPLES_OK);
    bench_stop(run);
    bench_expect(sum == sum_of_keys(run->n));
    g_hash_table_unref(map);
    PQfinish(conn);
}

static void
load_row_by_row(BenchRun *run)
{
    postgres_prepare(run->data, run->n, false);
    PGconn *conn = postgres_open(run->data);
    GHashTable *map = hand_map_new();
    int64_t sum = 0;
    PGresult *result;
    bench_start(run);
    bench_expect(PQsendQueryParams(conn, SELECT_ALL, 0, NULL, NULL, NULL, NULL, 1) == 1);
    bench_expect(PQsetSingleRowMode(conn) == 1);
    while ((result = PQgetResult(conn)) != NULL) {
        sum += take_items(result, map);
        PQclear(result);
    }
    bench_stop(run);
    bench_expect(sum == sum_of_keys(run->n));
    g_hash_table_unref(map);
    PQfinish(conn);
}

static void
load_from_postgres(BenchRun *run)
{
    postgres_prepare(run->data, run->n, false);
    load_with_kith(run, run->data);
}

void
add_postgres_rows(Bench *bench, const char *group, const char *url)
{
    size_t n = bench_size(bench, 100000, 20);
    bench_add(
        bench,
        (BenchMeasure){
            .group = group,
            .name = "insert, keys returned",
            .unit = "ms",
            .n = n,
            .target = 1.10,
            .variants = {
                { .name = "by hand: arrays in order, RETURNING",
                  .function = insert_in_order,
                  .data = url },
                { .name = "by hand: keys first, arrays",
                  .function = insert_with_keys_ahead,
                  .data = url },
                { .name = "by hand: keys first, COPY",
                  .function = insert_by_copy,
                  .data = url,
                  .is_extra = true },
                { .name = "Kith", .function = insert_into_postgres, .data = url } } });
    bench_add(bench,
              (BenchMeasure){ .group = group,
                              .name = "load into identity-mapped objects",
                              .unit = "ms",
                              .n = n,
                              .target = 1.05,
                              .variants = { { .name = "by hand: binary, the whole result",
                                              .function = load_at_once,
                                              .data = url },
                                            { .name = "by hand: binary, row by row",
                                              .function = load_row_by_row,
                                              .data = url },
                                            { .name = "Kith",
                                              .function = load_from_postgres,
                                              .data = url } } });
}
