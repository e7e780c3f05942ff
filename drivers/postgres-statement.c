/*
 * postgres-statement.c - which statements are prepared, and their names.
 *
 * A name is a hash of the text and the types. Behind a pooler that hands one server
 * connection to many clients, a name that counts would meet the statement of somebody
 * else and run it, without an error; a name made so can only meet the same text.
 */
#include "postgres-statement.h"

#include <string.h>

/* FNV-1a, 64 bits. */
static uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * G_GUINT64_CONSTANT(0x100000001b3);
    return hash;
}

static void
name_it(KithPostgresStatement *statement)
{
    uint64_t hash = G_GUINT64_CONSTANT(0xcbf29ce484222325);
    hash = hash_bytes(hash, statement->sql, strlen(statement->sql) + 1);
    for (size_t i = 0; i < statement->n_types; i++)
        hash = hash_bytes(hash, &statement->types[i], sizeof statement->types[i]);
    hash = hash_bytes(hash, &statement->generation, sizeof statement->generation);
    g_snprintf(
        statement->name, sizeof statement->name, "kith_%016" G_GINT64_MODIFIER "x", hash);
}

void
kith_postgres_statement_init(KithPostgresStatement *statement, const char *sql)
{
    *statement = (KithPostgresStatement){ .sql = sql };
    name_it(statement);
}

void
kith_postgres_statement_forget(KithPostgresStatement *statement)
{
    statement->state = KITH_POSTGRES_UNPREPARED;
    statement->generation++;
    name_it(statement);
}

static void
statements_free(void *data)
{
    KithPostgresStatement *statement = data;
    while (statement != NULL) {
        KithPostgresStatement *next = statement->next;
        g_free(statement->types);
        g_free(statement);
        statement = next;
    }
}

GHashTable *
kith_postgres_statements_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, statements_free);
}

static bool
has_types(const KithPostgresStatement *statement,
          const KithPostgresParameters *parameters)
{
    size_t size = parameters->count * sizeof *parameters->types;
    return statement->n_types == parameters->count
           && (size == 0 || memcmp(statement->types, parameters->types, size) == 0);
}

static KithPostgresStatement *
statement_new(const char *sql, const KithPostgresParameters *parameters)
{
    KithPostgresStatement *statement = g_new0(KithPostgresStatement, 1);
    statement->sql = sql;
    statement->n_types = parameters->count;
    statement->types =
        g_memdup2(parameters->types, parameters->count * sizeof *parameters->types);
    name_it(statement);
    return statement;
}

KithPostgresStatement *
kith_postgres_statements_find(GHashTable *statements,
                              const void *address,
                              const char *sql,
                              const KithPostgresParameters *parameters)
{
    KithPostgresStatement *first = g_hash_table_lookup(statements, address);
    for (KithPostgresStatement *at = first; at != NULL; at = at->next) {
        if (has_types(at, parameters))
            return at;
    }
    KithPostgresStatement *made = statement_new(sql, parameters);
    if (first != NULL) {
        made->next = first->next;
        first->next = made;
    } else {
        g_hash_table_insert(statements, (void *) (uintptr_t) address, made);
    }
    return made;
}
