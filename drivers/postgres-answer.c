/*
 * postgres-answer.c - rows are found again by their key or their number in the answer,
 * never by the order in which it comes: nothing promises one.
 */
#include "postgres-answer.h"

#include "error.h"
#include "postgres-text.h"
#include "postgres-types.h"

#include <stdlib.h>
#include <string.h>

static const char *
verb(const KithShape *shape)
{
    return shape->operation == KITH_OPERATION_INSERT ? "insert" : "update";
}

static bool
refuse(const KithPostgresRows *rows, size_t row, const char *why, GError **error)
{
    const KithShape *shape = rows->batch->shape;
    rows->batch->failed_row = row;
    rows->batch->n_suspects = 1;
    kith_error_set_details(error,
                           KITH_ERROR_MAPPING,
                           &(KithErrorDetails){ .table = shape->table },
                           "%s: the %s %s",
                           shape->entity,
                           verb(shape),
                           why);
    return false;
}

static bool
refuse_missed(const KithShape *shape, GError **error)
{
    kith_error_set_details(error,
                           KITH_ERROR_STALE,
                           &(KithErrorDetails){ .table = shape->table },
                           "%s: a row that was to be written is not there",
                           shape->entity);
    return false;
}

/* --- which row it is --------------------------------------------------------------- */

static bool
has_key(const KithPostgresRows *rows, size_t row, const PGresult *result, int tuple)
{
    const KithShape *shape = rows->batch->shape;
    for (size_t i = 0; i < shape->n_key; i++) {
        KithPostgresValue value = kith_postgres_value(result, tuple, (int) i);
        if (!kith_postgres_value_is(&value, shape->key[i], rows->batch->rows[row].row))
            return false;
    }
    return true;
}

/* The answer mostly has the rows as they were sent, so that is where to look first. */
static size_t
find_by_key(const KithPostgresRows *rows, const PGresult *result, int tuple)
{
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = rows->first + (i + (size_t) tuple) % rows->count;
        if (has_key(rows, row, result, tuple))
            return row;
    }
    return KITH_NO_ROW;
}

static size_t
find_by_number(const KithPostgresRows *rows, const PGresult *result, int tuple)
{
    KithPostgresValue value = kith_postgres_value(result, tuple, 1);
    int64_t number = value.bytes != NULL && value.length == 8
                         ? kith_postgres_read_integer(value.bytes, 8)
                         : 0;
    bool is_one = number >= 1 && (uint64_t) number <= rows->count;
    return is_one ? rows->first + (size_t) number - 1 : KITH_NO_ROW;
}

static size_t
find_row(const KithPostgresRows *rows, const PGresult *result, int tuple)
{
    if (!rows->is_bulk)
        return rows->first;
    return rows->batch->shape->operation == KITH_OPERATION_INSERT
               ? find_by_key(rows, result, tuple)
               : find_by_number(rows, result, tuple);
}

/* --- storing ----------------------------------------------------------------------- */

/* A generated key is never NULL; of others nothing says so but the member. */
static bool
always_fits(const KithShape *shape, const KithColumn *column, Oid type)
{
    return (column->nullable || column == shape->generated)
           && kith_postgres_always_fits(type, column->kind);
}

static bool
is_trusted(const KithShape *shape, size_t n_leads, const PGresult *result)
{
    bool is_trusted = true;
    for (size_t i = 0; i < shape->n_returned; i++) {
        Oid type = PQftype(result, (int) (n_leads + i));
        is_trusted = is_trusted && always_fits(shape, shape->returned[i], type);
    }
    return is_trusted;
}

static bool
store(const KithPostgresRows *rows,
      size_t row,
      size_t n_leads,
      const PGresult *result,
      int tuple,
      GError **error)
{
    const KithShape *shape = rows->batch->shape;
    void *target = rows->batch->rows[row].row;
    KithLayout layout = { .entity = shape->entity };
    for (size_t i = 0; i < shape->n_returned; i++) {
        KithPostgresValue value = kith_postgres_value(result, tuple, (int) (n_leads + i));
        size_t length;
        if (!kith_postgres_store(
                &layout, shape->returned[i], &value, target, &length, error)) {
            rows->batch->failed_row = row;
            rows->batch->n_suspects = 1;
            return false;
        }
    }
    if (shape->keep != NULL)
        shape->keep(shape, target);
    return true;
}

static bool
store_all(const KithPostgresRows *rows,
          size_t n_leads,
          const PGresult *result,
          GError **error)
{
    int n_tuples = PQntuples(result);
    for (int tuple = 0; tuple < n_tuples; tuple++) {
        size_t row = find_row(rows, result, tuple);
        if (row == KITH_NO_ROW)
            return refuse(rows, rows->first, "gave back a row that was not sent", error);
        if (!rows->batch->rows[row].is_passing
            && !store(rows, row, n_leads, result, tuple, error))
            return false;
    }
    return true;
}

/* A trigger can see to it that there is no new row. Of a result that the end of the
 * connection cut off there is no number; the end itself is met next. */
static bool
check_count(const KithPostgresRows *rows, PGresult *result, GError **error)
{
    const char *n_rows = PQcmdTuples(result);
    if (rows->batch->shape->skips_existing || *n_rows == '\0'
        || strtoull(n_rows, NULL, 10) == rows->count)
        return true;
    return refuse(rows, rows->first, "did not give back one row", error);
}

/* Which of them is not there, the number does not say. */
static bool
check_found(const KithPostgresRows *rows, PGresult *result, GError **error)
{
    if (strtoull(PQcmdTuples(result), NULL, 10) >= rows->count)
        return true;
    rows->batch->failed_row = rows->first;
    rows->batch->n_suspects = rows->count;
    return refuse_missed(rows->batch->shape, error);
}

bool
kith_postgres_answer_take(const KithPostgresRows *rows,
                          KithPostgresStatement *statement,
                          const PGresult *result,
                          GError **error)
{
    const KithShape *shape = rows->batch->shape;
    size_t n_leads = kith_postgres_text_leads(shape, rows->is_bulk);
    if (rows->is_counted)
        return check_found(rows, (PGresult *) (uintptr_t) result, error);
    if (shape->n_returned == 0)
        return shape->operation != KITH_OPERATION_INSERT
               || check_count(rows, (PGresult *) (uintptr_t) result, error);
    if ((size_t) PQnfields(result) != n_leads + shape->n_returned
        || ((size_t) PQntuples(result) != rows->count && !shape->skips_existing))
        return refuse(rows, rows->first, "did not give back one row", error);
    if (!store_all(rows, n_leads, result, error))
        return false;
    statement->is_trusted = is_trusted(shape, n_leads, result);
    return true;
}

/* --- rows that were not there ------------------------------------------------------ */

static void
mark(const KithPostgresRows *rows, size_t number)
{
    KithBatch *batch = rows->batch;
    size_t row = rows->first + (number > 0 ? number - 1 : 0);
    if (number > rows->count)
        return;
    batch->rows[row].missed = true;
    if (batch->failed_row == KITH_NO_ROW || row < batch->failed_row)
        batch->failed_row = row;
    batch->n_suspects = 1;
}

bool
kith_postgres_answer_is_missed(const KithPostgresRows *rows,
                               const PGresult *result,
                               GError **error)
{
    const KithShape *shape = rows->batch->shape;
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *at = message != NULL ? strstr(message, KITH_POSTGRES_STALE) : NULL;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (at == NULL || g_strcmp0(sqlstate, "22P02") != 0
        || shape->operation == KITH_OPERATION_INSERT)
        return false;
    at += strlen(KITH_POSTGRES_STALE);
    while (g_ascii_isdigit(*at)) {
        char *end;
        mark(rows, strtoull(at, &end, 10));
        at = *end == ',' ? end + 1 : end;
    }
    (void) refuse_missed(shape, error);
    return true;
}
