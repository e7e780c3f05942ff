/*
 * postgres-cursor.c - reads the rows of a result. All values of a column have one type:
 * so how they are read is found out once for all rows, and what is seldom met is left to
 * postgres-types.c.
 */
#include "postgres-cursor.h"

#include "column.h"
#include "error.h"
#include "postgres-types.h"
#include "text.h"

#include <string.h>

void
kith_postgres_cursor_begin(KithCursor *cursor, PGresult *result)
{
    cursor->result = result;
    cursor->row = 0;
    cursor->n_rows = PQntuples(result);
    cursor->has_readers = false;
}

void
kith_postgres_cursor_end(KithCursor *cursor)
{
    g_clear_pointer(&cursor->result, PQclear);
}

void
kith_postgres_cursor_clear(KithCursor *cursor)
{
    kith_postgres_cursor_end(cursor);
    g_clear_pointer(&cursor->readers, g_free);
    cursor->n_readers = 0;
}

/* --- readers ----------------------------------------------------------------------- */

static bool
read_int64(const KithColumn *column, const char *bytes, size_t length, void *row)
{
    uint64_t value;
    if (length != sizeof value)
        return false;
    memcpy(&value, bytes, sizeof value);
    *(int64_t *) kith_column_place(column, row) = (int64_t) GUINT64_FROM_BE(value);
    return true;
}

static bool
read_int32(const KithColumn *column, const char *bytes, size_t length, void *row)
{
    uint32_t value;
    if (length != sizeof value)
        return false;
    memcpy(&value, bytes, sizeof value);
    *(int32_t *) kith_column_place(column, row) = (int32_t) GUINT32_FROM_BE(value);
    return true;
}

static bool
read_double(const KithColumn *column, const char *bytes, size_t length, void *row)
{
    uint64_t bits;
    if (length != sizeof bits)
        return false;
    memcpy(&bits, bytes, sizeof bits);
    bits = GUINT64_FROM_BE(bits);
    memcpy(kith_column_place(column, row), &bits, sizeof bits);
    return true;
}

static bool
read_bool(const KithColumn *column, const char *bytes, size_t length, void *row)
{
    if (length != 1)
        return false;
    *(bool *) kith_column_place(column, row) = *bytes != 0;
    return true;
}

static bool
read_uuid(const KithColumn *column, const char *bytes, size_t length, void *row)
{
    if (length != sizeof(KithUuid))
        return false;
    memcpy(kith_column_place(column, row), bytes, sizeof(KithUuid));
    return true;
}

static bool
read_text(const KithColumn *column, const char *bytes, size_t length, void *row)
{
    if (!kith_text_is_valid(bytes, length))
        return false;
    *(const char **) kith_column_place(column, row) = bytes;
    return true;
}

/* What nearly all columns are. */
static const struct {
    KithPostgresType type;
    KithKind kind;
    KithPostgresReader read;
} readers[] = {
    { TYPE_TEXT, KITH_KIND_TEXT, read_text },
    { TYPE_INT8, KITH_KIND_INT64, read_int64 },
    { TYPE_INT4, KITH_KIND_INT32, read_int32 },
    { TYPE_FLOAT8, KITH_KIND_DOUBLE, read_double },
    { TYPE_VARCHAR, KITH_KIND_TEXT, read_text },
    { TYPE_BOOL, KITH_KIND_BOOL, read_bool },
    { TYPE_UUID, KITH_KIND_UUID, read_uuid },
};

static KithPostgresReader
find_reader(Oid type, KithKind kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        if ((Oid) readers[i].type == type && readers[i].kind == kind)
            return readers[i].read;
    }
    return NULL;
}

static bool
find_readers(KithCursor *cursor, const KithLayout *layout, GError **error)
{
    size_t n_columns = (size_t) PQnfields(cursor->result);
    if (n_columns != layout->n_columns) {
        kith_error_set(error,
                       KITH_ERROR_MAPPING,
                       "%s: the query gives %zu columns, where %zu are expected",
                       layout->entity,
                       n_columns,
                       layout->n_columns);
        return false;
    }
    if (cursor->n_readers < n_columns) {
        cursor->readers = g_renew(KithPostgresReader, cursor->readers, n_columns);
        cursor->n_readers = n_columns;
    }
    for (size_t i = 0; i < n_columns; i++)
        cursor->readers[i] =
            find_reader(PQftype(cursor->result, (int) i), layout->columns[i].kind);
    cursor->columns = layout->columns;
    cursor->has_readers = true;
    return true;
}

/* --- fetching ---------------------------------------------------------------------- */

/* Nearly all values have a length, and then need not be asked whether they are NULL. */
static bool
store(const KithCursor *cursor,
      int index,
      const KithLayout *layout,
      void *row,
      size_t *ret_length,
      GError **error)
{
    const KithColumn *column = &layout->columns[index];
    KithPostgresReader read = cursor->readers[index];
    size_t length = (size_t) PQgetlength(cursor->result, cursor->row, index);
    *ret_length = length;
    if (length == 0 && PQgetisnull(cursor->result, cursor->row, index))
        return kith_column_store_null(layout, column, row, error);
    const char *bytes = PQgetvalue(cursor->result, cursor->row, index);
    if (read != NULL && read(column, bytes, length, row))
        return true;
    KithPostgresValue value = { .type = PQftype(cursor->result, index),
                                .bytes = bytes,
                                .length = length };
    return kith_postgres_store(layout, column, &value, row, ret_length, error);
}

KithFetched
kith_postgres_cursor_fetch(KithCursor *cursor,
                           const KithLayout *layout,
                           void *row,
                           size_t *lengths,
                           GError **error)
{
    bool has_readers = cursor->has_readers && cursor->columns == layout->columns;
    if (!has_readers && !find_readers(cursor, layout, error))
        return KITH_FETCHED_ERROR;
    if (cursor->row >= cursor->n_rows)
        return KITH_FETCHED_END;
    int n_columns = (int) layout->n_columns;
    for (int i = 0; i < n_columns; i++) {
        if (!store(cursor, i, layout, row, &lengths[i], error))
            return KITH_FETCHED_ERROR;
    }
    cursor->row++;
    return KITH_FETCHED_ROW;
}

/* CREATE TABLE AS says how many rows it selected. */
size_t
kith_postgres_cursor_changed(const KithCursor *cursor)
{
    if (g_str_has_prefix(PQcmdStatus(cursor->result), "SELECT"))
        return 0;
    return (size_t) g_ascii_strtoull(PQcmdTuples(cursor->result), NULL, 10);
}
