/*
 * kith-error.h - the errors of Kith: one domain, a code for each thing that a program can
 * act on, and what more the database said.
 *
 * A message says the entity first ("Author 7: …"), then what happened, and the way out
 * last. Every function that can fail takes a GError ** as its last argument and returns
 * NULL or false exactly when it sets it, unless its own text says otherwise.
 */
#ifndef KITH_ERROR_H
#define KITH_ERROR_H

#include "kith-core.h"

G_BEGIN_DECLS

#define KITH_ERROR (kith_error_quark())

typedef enum KithErrorCode {
    KITH_ERROR_UNIQUE,      /* a value that has to be unique is there already */
    KITH_ERROR_FOREIGN_KEY, /* a row refers to one that is not there, or is referred to */
    KITH_ERROR_NOT_NULL,    /* NULL where none may be */
    KITH_ERROR_CHECK,       /* a check of the table or of the mapping refused the value */
    KITH_ERROR_STALE, /* the row was changed or deleted by somebody else meanwhile */
    KITH_ERROR_SERIALIZATION,   /* lost against another transaction: begin again */
    KITH_ERROR_BUSY,            /* somebody else holds the lock: wait, then begin again */
    KITH_ERROR_CONNECTION,      /* the database cannot be reached, or was lost */
    KITH_ERROR_OUTCOME_UNKNOWN, /* lost while committing: it may or may not have happened
                                 */
    KITH_ERROR_TIMEOUT,         /* the statement took longer than it was allowed to */
    KITH_ERROR_CANCELLED,       /* somebody cancelled the statement */
    KITH_ERROR_MAPPING, /* mapping and database, or mapping and itself, do not agree */
    KITH_ERROR_TYPE,    /* a value that its column or its member cannot hold */
    KITH_ERROR_MISUSE,  /* a call that makes no sense; the program has to be changed */
    KITH_ERROR_SQL,     /* any other complaint of the database */
    KITH_ERROR_NOT_FOUND, /* there is none, where one was asked for */
    KITH_ERROR_NOT_ONE    /* there are several, where one was asked for */
} KithErrorCode;

KITH_API GQuark kith_error_quark(void);

/*
 * What is known of an error beside its message. Each returns NULL where it is not known,
 * and for errors of another domain; the text belongs to @error and lives as long as it.
 */
KITH_API const char *kith_error_sqlstate(const GError *error);   /* "23505"; PostgreSQL */
KITH_API const char *kith_error_constraint(const GError *error); /* "authors_name_key" */
KITH_API const char *kith_error_table(const GError *error);      /* "authors" */
KITH_API const char *kith_error_column(
    const GError *error); /* "name"; of several, "a, b" */
KITH_API const char *kith_error_entity(const GError *error); /* "Author" */
KITH_API const char *kith_error_key(const GError *error); /* "7", "(3, 'x')", "(new)" */

/* Is it worth running the same unit of work again (serialization, deadlock, busy)? */
KITH_API bool kith_error_is_retryable(const GError *error);

G_END_DECLS

#endif
