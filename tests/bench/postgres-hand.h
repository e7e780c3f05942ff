/*
 * postgres-hand.h - what the benchmarks on PostgreSQL share: the tables as they are to be
 * before a run, and values in the binary forms of the protocol.
 */
#ifndef KITH_BENCH_POSTGRES_HAND_H
#define KITH_BENCH_POSTGRES_HAND_H

#include "model.h"

#include <libpq-fe.h>

/* So that the tables hold @n_items items, untouched. @changes: the run will touch them.
 */
void postgres_prepare(const char *url, size_t n_items, bool changes);

/* Drop the tables. */
void postgres_forget(const char *url);

PGconn *postgres_open(const char *url);
void postgres_execute(PGconn *conn, const char *sql);

/* The integer that a query gives, over a connection of its own. */
int64_t postgres_integer(const char *url, const char *sql);

/* A result of this status, which is freed; or the program ends. */
void postgres_expect(PGconn *conn, PGresult *result, ExecStatusType status);
void postgres_prepare_statement(PGconn *conn, const char *name, const char *sql);

/* --- pipelines --------------------------------------------------------------------- */

/* Statements from here on are sent together, those of a transaction. */
void pipeline_begin(PGconn *conn);

/* COMMIT, and wait. @n_statements between the two, each of which touched @n_rows in all.
 */
void pipeline_commit(PGconn *conn, size_t n_statements, size_t n_rows);

/* --- binary values ----------------------------------------------------------------- */

#define OID_INT8 20
#define OID_INT4 23
#define OID_TEXT 25
#define OID_FLOAT8 701

/* An array of one dimension; a text of NULL is NULL. */
GByteArray *array_new(int32_t element_oid, size_t n_elements);
void array_add_int64(GByteArray *array, int64_t value);
void array_add_int32(GByteArray *array, int32_t value);
void array_add_double(GByteArray *array, double value);
void array_add_text(GByteArray *array, const char *text);

int64_t int64_of(const char *bytes);

/* The item of row @row of "SELECT id, name, price, quantity, note, box_id", in binary.
 * (transfer full) */
HandItem *postgres_read_item(const PGresult *result, int row);
#define HAND_COLUMNS "id, name, price, quantity, note, box_id"

/* Parameters of a statement, in binary; they hold pointers into themselves. */
typedef struct Parameters {
    int count;
    const char *values[6];
    int lengths[6];
    int formats[6];
    char bytes[6][8];
} Parameters;

void parameters_clear(Parameters *parameters);
void parameters_add_int64(Parameters *parameters, int64_t value);
void parameters_add_double(Parameters *parameters, double value);
void parameters_add_array(Parameters *parameters, const GByteArray *array); /* borrowed */

/* Send a prepared statement; its results are to be in binary. */
void postgres_send(PGconn *conn, const char *statement, const Parameters *parameters);

/* The same, and wait. (transfer full) */
PGresult *postgres_run(PGconn *conn, const char *statement, const Parameters *parameters);

#endif
