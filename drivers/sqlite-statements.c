/*
 * sqlite-statements.c - preparing statements, and keeping them. They are looked up for
 * each query and each batch, so the table is one that takes a few instructions.
 */
#include "sqlite-statements.h"

#include "error.h"
#include "sqlite-error.h"

/* A program that makes up statements would else fill its memory with them. */
#define MAX_STATEMENTS 512

#define FIRST_SLOTS 32

/* --- preparing --------------------------------------------------------------------- */

/* SQLite prepares the first statement of a text, and would leave out the others. */
static bool
holds_a_statement(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    sqlite3_finalize(statement);
    return code != SQLITE_OK || statement != NULL;
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql, GError **error)
{
    const char *rest;
    sqlite3_stmt *statement = NULL;
    int code =
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) {
        kith_sqlite_set_error(error, db, NULL);
        return NULL;
    }
    if (statement == NULL) {
        kith_error_set(error, KITH_ERROR_SQL, "sql: the text holds no statement");
        return NULL;
    }
    if (rest[0] != '\0' && holds_a_statement(db, rest)) {
        kith_error_set(
            error, KITH_ERROR_SQL, "sql: the text holds more than one statement");
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

/* --- the table --------------------------------------------------------------------- */

/* The slot of @owner, or the empty one that it can have. */
static KithPrepared *
find_slot(const KithPreparedTable *table, const void *owner)
{
    uint64_t hash = (uint64_t) (uintptr_t) owner * UINT64_C(0x9E3779B97F4A7C15);
    unsigned mask = table->n_slots - 1;
    unsigned at = (unsigned) (hash >> 32) & mask;
    while (table->slots[at].owner != NULL && table->slots[at].owner != owner)
        at = (at + 1) & mask;
    return &table->slots[at];
}

static void
grow(KithPreparedTable *table)
{
    KithPreparedTable old = *table;
    table->n_slots = old.n_slots > 0 ? 2 * old.n_slots : FIRST_SLOTS;
    table->slots = g_new0(KithPrepared, table->n_slots);
    for (unsigned i = 0; i < old.n_slots; i++) {
        if (old.slots[i].owner != NULL)
            *find_slot(table, old.slots[i].owner) = old.slots[i];
    }
    g_free(old.slots);
}

const KithPrepared *
kith_sqlite_statement(KithPreparedTable *table,
                      sqlite3 *db,
                      const void *owner,
                      const char *sql,
                      GError **error)
{
    KithPrepared *known = table->n_slots > 0 ? find_slot(table, owner) : NULL;
    if (known != NULL && known->owner != NULL)
        return known;
    sqlite3_stmt *statement = prepare(db, sql, error);
    if (statement == NULL)
        return NULL;
    if (table->n_statements == MAX_STATEMENTS)
        kith_sqlite_statements_clear(table);
    if (2 * (table->n_statements + 1) > table->n_slots)
        grow(table);
    known = find_slot(table, owner);
    *known = (KithPrepared){ .owner = owner,
                             .statement = statement,
                             .n_parameters =
                                 (size_t) sqlite3_bind_parameter_count(statement) };
    table->n_statements++;
    return known;
}

void
kith_sqlite_statements_clear(KithPreparedTable *table)
{
    for (unsigned i = 0; i < table->n_slots; i++)
        sqlite3_finalize(table->slots[i].statement);
    g_free(table->slots);
    *table = (KithPreparedTable){ 0 };
}
