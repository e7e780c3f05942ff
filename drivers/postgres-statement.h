/*
 * postgres-statement.h - the statements that a connection has prepared on its server.
 */
#ifndef KITH_DRIVERS_POSTGRES_STATEMENT_H
#define KITH_DRIVERS_POSTGRES_STATEMENT_H

#include "postgres-parameters.h"

typedef enum KithPostgresPrepared {
    KITH_POSTGRES_UNPREPARED,
    KITH_POSTGRES_ASKED, /* the server has been asked, and has not answered */
    KITH_POSTGRES_PREPARED
} KithPostgresPrepared;

/* A text with the types of its parameters: the same text can be met with several. */
typedef struct KithPostgresStatement KithPostgresStatement;
struct KithPostgresStatement {
    KithPostgresStatement *next; /* of the same text */
    const char *sql;             /* borrowed from the texts or the statement */
    size_t n_types;
    Oid *types;
    char name[24];
    unsigned generation; /* how often it had to be prepared anew */
    KithPostgresPrepared state;
    bool is_trusted; /* what it gives back is of types that always fit the members */
};

/* A statement without parameters, for as long as @sql lives; it owns nothing. */
void kith_postgres_statement_init(KithPostgresStatement *statement, const char *sql);

/* From the address of a text or a KithStatement to its KithPostgresStatement. */
GHashTable *kith_postgres_statements_new(void);

/* The statement for @sql, known by @address, with the types of @parameters. */
KithPostgresStatement *kith_postgres_statements_find(
    GHashTable *statements,
    const void *address,
    const char *sql,
    const KithPostgresParameters *parameters);

/* What the server has under the name is of no use any more: take another name. */
void kith_postgres_statement_forget(KithPostgresStatement *statement);

#endif
