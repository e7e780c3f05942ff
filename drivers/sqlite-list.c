/*
 * sqlite-list.c - see the header. A virtual table that stands for itself: its arguments
 * are hidden columns, and are bound as pointers, which SQL cannot make up. A cell is read
 * from the struct when SQLite asks for it, so that a list of any length is one statement,
 * and nothing of it is copied.
 */
#include "sqlite-list.h"

#include "sqlite-value.h"

#define POINTER_TYPE "kith_list"

#define SCHEMA                                                               \
    "CREATE TABLE x (v1, v2, v3, v4, v5, v6, v7, v8, l1 HIDDEN, l2 HIDDEN, " \
    "l3 HIDDEN, l4 HIDDEN, l5 HIDDEN, l6 HIDDEN, l7 HIDDEN, l8 HIDDEN)"
G_STATIC_ASSERT(KITH_MAX_LISTS == 8);

typedef struct ListCursor {
    sqlite3_vtab_cursor base;
    const KithList *lists[KITH_MAX_LISTS];
    size_t row;
} ListCursor;

static ListCursor *
list_cursor(sqlite3_vtab_cursor *cursor)
{
    return (ListCursor *) (void *) cursor;
}

static int
list_connect(sqlite3 *db,
             void *data,
             int n_arguments,
             const char *const *arguments,
             sqlite3_vtab **ret_table,
             char **ret_complaint)
{
    (void) data, (void) n_arguments, (void) arguments, (void) ret_complaint;
    int code = sqlite3_declare_vtab(db, SCHEMA);
    if (code == SQLITE_OK)
        *ret_table = (sqlite3_vtab *) g_new0(sqlite3_vtab, 1);
    return code;
}

static int
list_disconnect(sqlite3_vtab *table)
{
    g_free(table);
    return SQLITE_OK;
}

/* The arguments are all that a plan can use, and it has to use them, in their order. */
static int
list_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void) table;
    int n_arguments = 0;
    for (int i = 0; i < info->nConstraint; i++) {
        int list = info->aConstraint[i].iColumn - KITH_MAX_LISTS;
        if (list < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = list + 1;
        info->aConstraintUsage[i].omit = 1;
        n_arguments++;
    }
    info->estimatedCost = n_arguments > 0 ? 1.0 : 1e9;
    info->estimatedRows = 32;
    return SQLITE_OK;
}

static int
list_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    (void) table;
    ListCursor *cursor = g_new0(ListCursor, 1);
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static int
list_close(sqlite3_vtab_cursor *cursor)
{
    g_free(list_cursor(cursor));
    return SQLITE_OK;
}

static int
list_filter(sqlite3_vtab_cursor *base,
            int plan,
            const char *plan_text,
            int n_arguments,
            sqlite3_value **arguments)
{
    (void) plan, (void) plan_text;
    ListCursor *cursor = list_cursor(base);
    cursor->row = 0;
    for (int i = 0; i < KITH_MAX_LISTS; i++)
        cursor->lists[i] =
            i < n_arguments ? sqlite3_value_pointer(arguments[i], POINTER_TYPE) : NULL;
    return SQLITE_OK;
}

static int
list_next(sqlite3_vtab_cursor *cursor)
{
    list_cursor(cursor)->row++;
    return SQLITE_OK;
}

static int
list_is_at_end(sqlite3_vtab_cursor *base)
{
    const ListCursor *cursor = list_cursor(base);
    return cursor->lists[0] == NULL || cursor->row >= cursor->lists[0]->n_rows;
}

static int
list_column(sqlite3_vtab_cursor *base, sqlite3_context *cell, int index)
{
    const ListCursor *cursor = list_cursor(base);
    const KithList *list = index < KITH_MAX_LISTS ? cursor->lists[index] : NULL;
    if (list != NULL && cursor->row < list->n_rows)
        kith_sqlite_fill_cell(cell, list->column, list->rows[cursor->row]);
    return SQLITE_OK;
}

static int
list_row_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret_id)
{
    *ret_id = (sqlite3_int64) list_cursor(cursor)->row;
    return SQLITE_OK;
}

/* Without xCreate the table exists by itself, and cannot be made in a schema. */
static const sqlite3_module module = {
    .xConnect = list_connect,
    .xBestIndex = list_best_index,
    .xDisconnect = list_disconnect,
    .xOpen = list_open,
    .xClose = list_close,
    .xFilter = list_filter,
    .xNext = list_next,
    .xEof = list_is_at_end,
    .xColumn = list_column,
    .xRowid = list_row_id,
};

int
kith_sqlite_add_lists(sqlite3 *db)
{
    return sqlite3_create_module(db, "kith_list", &module, NULL);
}

int
kith_sqlite_bind_list(sqlite3_stmt *statement, int index, const KithList *list)
{
    return sqlite3_bind_pointer(
        statement, index, (void *) (uintptr_t) list, POINTER_TYPE, NULL);
}
