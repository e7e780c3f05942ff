/*
 * postgres-hand.c - see the header.
 */
#include "postgres-hand.h"

#include <string.h>

/* --- statements -------------------------------------------------------------------- */

PGconn *
postgres_open(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK)
        g_printerr("%s", PQerrorMessage(conn));
    bench_expect(PQstatus(conn) == CONNECTION_OK);
    return conn;
}

void
postgres_expect(PGconn *conn, PGresult *result, ExecStatusType status)
{
    if (PQresultStatus(result) != status)
        g_printerr("%s: %s", PQresStatus(PQresultStatus(result)), PQerrorMessage(conn));
    bench_expect(PQresultStatus(result) == status);
    PQclear(result);
}

void
postgres_execute(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    bool has_rows = PQresultStatus(result) == PGRES_TUPLES_OK;
    postgres_expect(conn, result, has_rows ? PGRES_TUPLES_OK : PGRES_COMMAND_OK);
}

void
postgres_prepare_statement(PGconn *conn, const char *name, const char *sql)
{
    postgres_expect(conn, PQprepare(conn, name, sql, 0, NULL), PGRES_COMMAND_OK);
}

int64_t
postgres_integer(const char *url, const char *sql)
{
    PGconn *conn = postgres_open(url);
    PGresult *result = PQexec(conn, sql);
    bench_expect(PQntuples(result) == 1);
    int64_t integer = g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return integer;
}

/* --- the tables -------------------------------------------------------------------- */

static void
fill(PGconn *conn, size_t n_items)
{
    g_autofree char *boxes = g_strdup_printf(
        "INSERT INTO boxes (name) SELECT 'box ' || i FROM generate_series(1, %d) i",
        N_BOXES);
    g_autofree char *items = g_strdup_printf(
        "INSERT INTO items (name, price, quantity, note, box_id) "
        "SELECT 'item ' || lpad(i::text, 15, '0'), (i %% 1000) * 0.25, i %% 77, "
        "CASE WHEN i %% 2 = 1 THEN 'a note that is forty characters ' || lpad(i::text, "
        "8) "
        "END, i %% %d + 1 FROM generate_series(0, %" G_GSIZE_FORMAT " - 1) i",
        N_BOXES,
        n_items);
    postgres_execute(conn, "TRUNCATE boxes, items RESTART IDENTITY");
    postgres_execute(conn, boxes);
    postgres_execute(conn, items);
    postgres_execute(conn, "VACUUM ANALYZE boxes, items");
    postgres_execute(conn, "CHECKPOINT");
}

void
postgres_prepare(const char *url, size_t n_items, bool changes)
{
    static bool is_there, is_touched;
    static size_t n_present;
    if (!is_there)
        kith_engine_free(engine_new(url));
    if (!is_there || is_touched || n_present != n_items) {
        PGconn *conn = postgres_open(url);
        fill(conn, n_items);
        PQfinish(conn);
    }
    is_there = true;
    is_touched = changes;
    n_present = n_items;
}

void
postgres_forget(const char *url)
{
    PGconn *conn = postgres_open(url);
    postgres_execute(conn, "SET client_min_messages = warning");
    postgres_execute(conn, "DROP TABLE IF EXISTS boxes, items, nodes");
    PQfinish(conn);
}

/* --- binary values ----------------------------------------------------------------- */

static void
append_int32(GByteArray *array, int32_t value)
{
    uint32_t bytes = GUINT32_TO_BE((uint32_t) value);
    g_byte_array_append(array, (const guint8 *) &bytes, sizeof bytes);
}

static void
append_int64(GByteArray *array, uint64_t value)
{
    uint64_t bytes = GUINT64_TO_BE(value);
    g_byte_array_append(array, (const guint8 *) &bytes, sizeof bytes);
}

GByteArray *
array_new(int32_t element_oid, size_t n_elements)
{
    GByteArray *array = g_byte_array_new();
    append_int32(array, 1); /* dimensions */
    append_int32(array, 1); /* may hold NULL */
    append_int32(array, element_oid);
    append_int32(array, (int32_t) n_elements);
    append_int32(array, 1); /* the first index */
    return array;
}

void
array_add_int64(GByteArray *array, int64_t value)
{
    append_int32(array, 8);
    append_int64(array, (uint64_t) value);
}

void
array_add_int32(GByteArray *array, int32_t value)
{
    append_int32(array, 4);
    append_int32(array, value);
}

void
array_add_double(GByteArray *array, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_int32(array, 8);
    append_int64(array, bits);
}

void
array_add_text(GByteArray *array, const char *text)
{
    if (text == NULL) {
        append_int32(array, -1);
        return;
    }
    size_t length = strlen(text);
    append_int32(array, (int32_t) length);
    g_byte_array_append(array, (const guint8 *) text, (guint) length);
}

int64_t
int64_of(const char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return (int64_t) GUINT64_FROM_BE(value);
}

static int32_t
int32_of(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return (int32_t) GUINT32_FROM_BE(value);
}

static double
double_of(const char *bytes)
{
    int64_t bits = int64_of(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

HandItem *
postgres_read_item(const PGresult *result, int row)
{
    bool has_note = !PQgetisnull(result, row, 4);
    return hand_item_new(int64_of(PQgetvalue(result, row, 0)),
                         int64_of(PQgetvalue(result, row, 5)),
                         PQgetvalue(result, row, 1),
                         (size_t) PQgetlength(result, row, 1),
                         double_of(PQgetvalue(result, row, 2)),
                         int32_of(PQgetvalue(result, row, 3)),
                         has_note ? PQgetvalue(result, row, 4) : NULL,
                         (size_t) PQgetlength(result, row, 4));
}

/* --- parameters -------------------------------------------------------------------- */

void
parameters_clear(Parameters *parameters)
{
    parameters->count = 0;
}

static void
add(Parameters *parameters, const char *value, size_t length)
{
    bench_expect((size_t) parameters->count < G_N_ELEMENTS(parameters->values));
    parameters->values[parameters->count] = value;
    parameters->lengths[parameters->count] = (int) length;
    parameters->formats[parameters->count] = 1;
    parameters->count++;
}

void
parameters_add_int64(Parameters *parameters, int64_t value)
{
    uint64_t bytes = GUINT64_TO_BE((uint64_t) value);
    char *own = parameters->bytes[parameters->count];
    memcpy(own, &bytes, sizeof bytes);
    add(parameters, own, sizeof bytes);
}

void
parameters_add_double(Parameters *parameters, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    parameters_add_int64(parameters, bits);
}

void
parameters_add_array(Parameters *parameters, const GByteArray *array)
{
    add(parameters, (const char *) array->data, array->len);
}

void
postgres_send(PGconn *conn, const char *statement, const Parameters *parameters)
{
    bench_expect(PQsendQueryPrepared(conn,
                                     statement,
                                     parameters->count,
                                     parameters->values,
                                     parameters->lengths,
                                     parameters->formats,
                                     1)
                 == 1);
}

PGresult *
postgres_run(PGconn *conn, const char *statement, const Parameters *parameters)
{
    return PQexecPrepared(conn,
                          statement,
                          parameters->count,
                          parameters->values,
                          parameters->lengths,
                          parameters->formats,
                          1);
}

/* --- pipelines --------------------------------------------------------------------- */

static void
send_command(PGconn *conn, const char *sql)
{
    bench_expect(PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1) == 1);
}

static size_t
take_command(PGconn *conn)
{
    PGresult *result = PQgetResult(conn);
    size_t n_rows = g_ascii_strtoull(PQcmdTuples(result), NULL, 10);
    postgres_expect(conn, result, PGRES_COMMAND_OK);
    bench_expect(PQgetResult(conn) == NULL);
    return n_rows;
}

void
pipeline_begin(PGconn *conn)
{
    bench_expect(PQenterPipelineMode(conn) == 1);
    send_command(conn, "BEGIN");
}

void
pipeline_commit(PGconn *conn, size_t n_statements, size_t n_rows)
{
    send_command(conn, "COMMIT");
    bench_expect(PQpipelineSync(conn) == 1);
    take_command(conn);
    size_t n_touched = 0;
    for (size_t i = 0; i < n_statements; i++)
        n_touched += take_command(conn);
    take_command(conn);
    postgres_expect(conn, PQgetResult(conn), PGRES_PIPELINE_SYNC);
    bench_expect(n_touched == n_rows);
    bench_expect(PQexitPipelineMode(conn) == 1);
}
