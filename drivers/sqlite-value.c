/*
 * sqlite-value.c - values between the members of a struct and SQLite. SQLite lets any
 * column hold anything, so both ways are checked here: what could not be read back is not
 * written, and what is read has to be of a storage class that the member is made for.
 * That a value fits its member is checked by column.c.
 */
#include "sqlite-value.h"

#include "column.h"
#include "error.h"
#include "sqlite-error.h"
#include "sqlite-list.h"
#include "text.h"

#include <math.h>
#include <string.h>

/* --- binding ----------------------------------------------------------------------- */

/* Where a value goes: into a parameter, or into a cell of a table that is a list. */
typedef struct Binding {
    sqlite3_stmt *statement;
    int index;
    sqlite3_destructor_type lifetime; /* of text and blobs */
    const char *refusal;              /* set where it is we who refuse the value */
    sqlite3_context *cell;            /* not NULL: instead of statement and index */
} Binding;

/* The bind_ functions return a code of SQLite. */
static int
bind_refusal(Binding *binding, const char *why)
{
    binding->refusal = why;
    return SQLITE_MISMATCH;
}

static int
bind_double(Binding *binding, double value)
{
    if (isnan(value))
        return bind_refusal(binding, "NaN cannot be stored, SQLite would make it NULL");
    if (binding->cell == NULL)
        return sqlite3_bind_double(binding->statement, binding->index, value);
    sqlite3_result_double(binding->cell, value);
    return SQLITE_OK;
}

static int
bind_integer(Binding *binding, int64_t value)
{
    if (binding->cell == NULL)
        return sqlite3_bind_int64(binding->statement, binding->index, value);
    sqlite3_result_int64(binding->cell, value);
    return SQLITE_OK;
}

static int
bind_null(Binding *binding)
{
    if (binding->cell == NULL)
        return sqlite3_bind_null(binding->statement, binding->index);
    sqlite3_result_null(binding->cell);
    return SQLITE_OK;
}

static int
bind_bytes_of_text(Binding *binding,
                   const char *text,
                   size_t length,
                   sqlite3_destructor_type lifetime)
{
    if (binding->cell == NULL)
        return sqlite3_bind_text64(
            binding->statement, binding->index, text, length, lifetime, SQLITE_UTF8);
    sqlite3_result_text64(binding->cell, text, length, lifetime, SQLITE_UTF8);
    return SQLITE_OK;
}

/* SQLite takes any bytes as text, but a fetch would have to refuse what is not UTF-8. */
static int
bind_text(Binding *binding, const char *text)
{
    size_t length = strlen(text);
    if (!kith_text_is_valid(text, length))
        return bind_refusal(binding, "the text is not UTF-8; use a KithBlob");
    return bind_bytes_of_text(binding, text, length, binding->lifetime);
}

/* The buffers of the texts of times and days are gone before the statement runs. */
static int
bind_copy_of_text(Binding *binding, const char *text)
{
    return bind_bytes_of_text(binding, text, strlen(text), SQLITE_TRANSIENT);
}

/*
 * Years of four digits only: texts of others are not in the order of their times, and
 * cannot be read back.
 */
static bool
has_year_of_four_digits(const char *text)
{
    return text[0] != '-' && text[4] == '-' && strncmp(text, "0000", 4) != 0;
}

static int
bind_time(Binding *binding, KithTime time)
{
    char text[KITH_TIME_TEXT_SIZE];
    if (!has_year_of_four_digits(kith_time_format(time, text)))
        return bind_refusal(binding, "the time is outside the years 1 to 9999");
    return bind_copy_of_text(binding, text);
}

static int
bind_date(Binding *binding, KithDate date)
{
    char text[KITH_DATE_TEXT_SIZE];
    if (!has_year_of_four_digits(kith_date_format(date, text)))
        return bind_refusal(binding, "the date is outside the years 1 to 9999");
    return bind_copy_of_text(binding, text);
}

static int
bind_bytes(Binding *binding, const void *data, size_t size)
{
    if (binding->cell == NULL)
        return sqlite3_bind_blob64(
            binding->statement, binding->index, data, size, binding->lifetime);
    sqlite3_result_blob64(binding->cell, data, size, binding->lifetime);
    return SQLITE_OK;
}

static int
bind_value(Binding *binding, KithKind kind, const void *value)
{
    switch (kind) {
    case KITH_KIND_BOOL:
        return bind_integer(binding, *(const bool *) value);
    case KITH_KIND_INT32:
        return bind_integer(binding, *(const int32_t *) value);
    case KITH_KIND_INT64:
        return bind_integer(binding, *(const int64_t *) value);
    case KITH_KIND_DOUBLE:
        return bind_double(binding, *(const double *) value);
    case KITH_KIND_TEXT:
        return bind_text(binding, *(const char *const *) value);
    case KITH_KIND_BLOB: {
        const KithBlob *blob = value;
        return bind_bytes(binding, blob->data, blob->size);
    }
    case KITH_KIND_TIME:
        return bind_time(binding, *(const KithTime *) value);
    case KITH_KIND_DATE:
        return bind_date(binding, *(const KithDate *) value);
    case KITH_KIND_UUID:
        return bind_bytes(binding, value, sizeof(KithUuid));
    case KITH_KIND_NONE:
    case KITH_KIND_ENUM:
    case KITH_KIND_OBJECT:
        break;
    }
    return bind_refusal(binding, "a value of this kind cannot be a parameter");
}

static int
bind_enum(Binding *binding, const KithColumn *column, const void *value)
{
    const char *name = kith_column_enum_name(column, value);
    if (name == NULL)
        return bind_refusal(binding, "the value is no enumerator that has a name");
    return bind_text(binding, name);
}

static int
bind_column(Binding *binding, const KithColumn *column, const void *row)
{
    const void *value = kith_column_get(column, row);
    if (value == NULL)
        return bind_null(binding);
    return column->kind == KITH_KIND_ENUM ? bind_enum(binding, column, value)
                                          : bind_value(binding, column->kind, value);
}

void
kith_sqlite_fill_cell(sqlite3_context *cell, const KithColumn *column, const void *row)
{
    Binding binding = { .cell = cell, .lifetime = SQLITE_STATIC };
    if (bind_column(&binding, column, row) != SQLITE_OK)
        sqlite3_result_error(cell, binding.refusal, -1);
}

static void
set_database_error(const Binding *binding, GError **error)
{
    kith_sqlite_set_error(error, sqlite3_db_handle(binding->statement), NULL);
}

/* What is there nearly always, and cannot be refused; a code of SQLite, or one that is none:
 * it is left to bind_column(). */
#define NOT_PLAIN (-1)

static inline int
bind_plainly(sqlite3_stmt *statement,
             int index,
             const KithColumn *column,
             const void *row)
{
    const void *value = kith_column_get(column, row);
    if (value == NULL)
        return sqlite3_bind_null(statement, index);
    if (column->kind == KITH_KIND_INT64)
        return sqlite3_bind_int64(statement, index, *(const int64_t *) value);
    if (column->kind == KITH_KIND_INT32)
        return sqlite3_bind_int64(statement, index, *(const int32_t *) value);
    if (column->kind == KITH_KIND_DOUBLE && !isnan(*(const double *) value))
        return sqlite3_bind_double(statement, index, *(const double *) value);
    if (column->kind != KITH_KIND_TEXT)
        return NOT_PLAIN;
    const char *text = *(const char *const *) value;
    size_t length = strlen(text);
    if (length > INT_MAX || !kith_text_is_valid(text, length))
        return NOT_PLAIN;
    return sqlite3_bind_text(statement, index, text, (int) length, SQLITE_STATIC);
}

bool
kith_sqlite_bind_column(sqlite3_stmt *statement,
                        int index,
                        const char *entity,
                        const KithColumn *column,
                        const void *row,
                        GError **error)
{
    int code = bind_plainly(statement, index, column, row);
    if (code == SQLITE_OK)
        return true;
    Binding binding = { .statement = statement,
                        .index = index,
                        .lifetime = SQLITE_STATIC };
    if (code == NOT_PLAIN)
        code = bind_column(&binding, column, row);
    if (code == SQLITE_OK)
        return true;
    if (code == SQLITE_TOOBIG)
        binding.refusal = "the value is larger than SQLite can hold";
    KithErrorDetails details = { .column = column->name };
    if (binding.refusal != NULL)
        kith_error_set_details(error,
                               KITH_ERROR_TYPE,
                               &details,
                               "%s.%s: %s",
                               entity,
                               column->member,
                               binding.refusal);
    else
        set_database_error(&binding, error);
    return false;
}

bool
kith_sqlite_bind_parameter(sqlite3_stmt *statement,
                           int index,
                           const KithParameter *parameter,
                           GError **error)
{
    Binding binding = { .statement = statement,
                        .index = index,
                        .lifetime = SQLITE_TRANSIENT };
    int code;
    if (parameter->list != NULL)
        code = kith_sqlite_bind_list(statement, index, parameter->list);
    else if (parameter->value != NULL)
        code = bind_value(&binding, parameter->kind, parameter->value);
    else
        code = bind_null(&binding);
    if (code == SQLITE_OK)
        return true;
    if (binding.refusal != NULL)
        kith_error_set(
            error, KITH_ERROR_TYPE, "parameter %d: %s", index, binding.refusal);
    else
        set_database_error(&binding, error);
    return false;
}

/* --- storing ----------------------------------------------------------------------- */

/* Show at most so much of a text in a message. */
#define SHOWN_CHARACTERS 60

static bool
refuse_text(const KithLayout *layout,
            const KithColumn *column,
            const char *text,
            GError **error)
{
    if (column->secret)
        return kith_column_refuse(layout, column, "a text of another form", error);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *shown =
        g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), SHOWN_CHARACTERS));
    g_autofree char *found = g_strdup_printf("the text '%s'", shown);
    return kith_column_refuse(layout, column, found, error);
}

static bool
store_time(const KithLayout *layout,
           const KithColumn *column,
           void *row,
           const char *text,
           GError **error)
{
    KithTime time;
    if (!kith_time_parse(text, &time))
        return refuse_text(layout, column, text, error);
    return kith_column_store_time(layout, column, row, time, error);
}

static bool
store_date(const KithLayout *layout,
           const KithColumn *column,
           void *row,
           const char *text,
           GError **error)
{
    KithDate date;
    if (!kith_date_parse(text, &date))
        return refuse_text(layout, column, text, error);
    return kith_column_store_date(layout, column, row, date, error);
}

static bool
store_uuid_of_text(const KithLayout *layout,
                   const KithColumn *column,
                   void *row,
                   const char *text,
                   GError **error)
{
    KithUuid uuid;
    if (!kith_uuid_parse(text, &uuid))
        return refuse_text(layout, column, text, error);
    return kith_column_store_uuid(layout, column, row, uuid, error);
}

/* A zero byte would hide from the parsers what follows it. */
static bool
is_parsed(KithKind kind)
{
    return kind == KITH_KIND_TIME || kind == KITH_KIND_DATE || kind == KITH_KIND_UUID;
}

static bool
store_text(const KithLayout *layout,
           const KithColumn *column,
           void *row,
           const char *text,
           size_t length,
           GError **error)
{
    if (is_parsed(column->kind) && memchr(text, '\0', length) != NULL)
        return kith_column_refuse(layout, column, "a text with a zero byte", error);
    if (column->kind == KITH_KIND_TIME)
        return store_time(layout, column, row, text, error);
    if (column->kind == KITH_KIND_DATE)
        return store_date(layout, column, row, text, error);
    if (column->kind == KITH_KIND_UUID)
        return store_uuid_of_text(layout, column, row, text, error);
    return kith_column_store_text(layout, column, row, text, length, error);
}

static bool
store_bytes(const KithLayout *layout,
            const KithColumn *column,
            void *row,
            const void *data,
            size_t size,
            GError **error)
{
    if (column->kind != KITH_KIND_UUID)
        return kith_column_store_blob(layout, column, row, data, size, error);
    KithUuid uuid;
    if (size != sizeof uuid.bytes) {
        g_autofree char *found = g_strdup_printf("%zu bytes", size);
        return kith_column_refuse(layout, column, found, error);
    }
    memcpy(uuid.bytes, data, sizeof uuid.bytes);
    return kith_column_store_uuid(layout, column, row, uuid, error);
}

static bool
store_value(sqlite3_value *value,
            const KithLayout *layout,
            const KithColumn *column,
            void *row,
            size_t *ret_length,
            GError **error)
{
    *ret_length = 0;
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: {
        int64_t integer = sqlite3_value_int64(value);
        return kith_column_store_integer(layout, column, row, integer, error);
    }
    case SQLITE_FLOAT: {
        double real = sqlite3_value_double(value);
        return kith_column_store_double(layout, column, row, real, error);
    }
    case SQLITE_TEXT: { /* the pointer first: asking for it can change the length */
        const char *text = (const char *) sqlite3_value_text(value);
        size_t length = (size_t) sqlite3_value_bytes(value);
        *ret_length = column->kind == KITH_KIND_TEXT ? length : 0;
        return store_text(layout, column, row, text, length, error);
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_value_blob(value);
        size_t size = (size_t) sqlite3_value_bytes(value);
        *ret_length = column->kind == KITH_KIND_BLOB ? size : 0;
        return store_bytes(layout, column, row, data, size, error);
    }
    default:
        return kith_column_store_null(layout, column, row, error);
    }
}

static inline bool
store_plain_text(sqlite3_value *value,
                 const KithColumn *column,
                 void *row,
                 size_t *ret_length)
{
    const char *text = (const char *) sqlite3_value_text(value);
    size_t length = (size_t) sqlite3_value_bytes(value);
    if (!kith_text_is_valid(text, length))
        return false;
    *(const char **) kith_column_place(column, row) = text;
    *ret_length = length;
    return true;
}

static inline bool
store_plain_int32(sqlite3_value *value, const KithColumn *column, void *row)
{
    int64_t integer = sqlite3_value_int64(value);
    if (integer != (int32_t) integer)
        return false;
    *(int32_t *) kith_column_place(column, row) = (int32_t) integer;
    return true;
}

/* What is there nearly always: a value of just the kind of the column, with nothing to be
 * refused or converted. Returns false for all else, having done nothing. */
static inline bool
store_plainly(sqlite3_value *value,
              const KithColumn *column,
              void *row,
              size_t *ret_length)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_TEXT)
        return column->kind == KITH_KIND_TEXT
               && store_plain_text(value, column, row, ret_length);
    *ret_length = 0;
    if (type == SQLITE_NULL && column->nullable && column->kind == KITH_KIND_TEXT
        && column->null_offset == KITH_NO_OFFSET) {
        *(const char **) (void *) ((char *) row + column->offset) = NULL;
        return true;
    }
    if (type == SQLITE_INTEGER && column->kind == KITH_KIND_INT64)
        *(int64_t *) kith_column_place(column, row) = sqlite3_value_int64(value);
    else if (type == SQLITE_FLOAT && column->kind == KITH_KIND_DOUBLE)
        *(double *) kith_column_place(column, row) = sqlite3_value_double(value);
    else
        return type == SQLITE_INTEGER && column->kind == KITH_KIND_INT32
               && store_plain_int32(value, column, row);
    return true;
}

/*
 * The values themselves are asked, and not the statement each time: SQLite calls that
 * safe where one thread at a time uses a connection, as here.
 */
bool
kith_sqlite_store(sqlite3_stmt *statement,
                  size_t index,
                  const KithLayout *layout,
                  const KithColumn *column,
                  void *row,
                  size_t *ret_length,
                  GError **error)
{
    sqlite3_value *value = sqlite3_column_value(statement, (int) index);
    return store_value(value, layout, column, row, ret_length, error);
}

bool
kith_sqlite_store_row(sqlite3_stmt *statement,
                      const KithLayout *layout,
                      void *row,
                      size_t *ret_lengths,
                      GError **error)
{
    const KithColumn *column = layout->columns;
    int n_columns = (int) layout->n_columns;
    for (int i = 0; i < n_columns; i++, column++) {
        sqlite3_value *value = sqlite3_column_value(statement, i);
        if (!store_plainly(value, column, row, &ret_lengths[i])
            && !store_value(value, layout, column, row, &ret_lengths[i], error))
            return false;
    }
    return true;
}
