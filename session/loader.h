/*
 * loader.h - rows to objects.
 */
#ifndef KITH_SESSION_LOADER_PRIVATE_H
#define KITH_SESSION_LOADER_PRIVATE_H

#include "joined.h"
#include "session.h"

/* Append "SELECT columns FROM table" of a mapper; @is_locking: its rows can be locked. */
void kith_sql_select(GString *sql, const KithMapper *mapper, bool is_locking);

/* A query that selects all columns of a mapper. */
typedef struct KithSelect {
    const KithStatement *statement;
    const KithParameter *parameters; /* need not last longer than until the first row */
    size_t n_parameters;
    KithPlace place;
    bool is_locking; /* its rows are locked: what the session knows of them has to be true
                      */
    bool is_by_key;  /* one row at most is wanted: the end need not be asked for */
    bool is_old;     /* its rows are from before this unit of work: none is news */
    bool is_nowait;  /* …and it fails where one is not free; the transaction goes on */
    const KithJoinedRow *joined; /* its rows hold more than one object; or NULL */
} KithSelect;

/*
 * Run a query, and make objects of its rows, or find them in the session; they are
 * appended to
 * @ret_objects (of structs).
 *
 * An object that is known is brought up to date if this unit of work has not read it
 * before and the program has not edited it; else it stays as it is. Where rows are
 * locked, one that is not as the session has it is STALE.
 */
bool kith_load_objects(KithEntitySet *set,
                       const KithSelect *select,
                       GPtrArray *ret_objects,
                       GError **error);

/*
 * The next @n_wanted rows of the query that is open on @connection, or what there is of
 * them. @ret_fresh: the entities among them that are new to the session.
 */
bool kith_load_part(KithEntitySet *set,
                    KithConnection *connection,
                    const KithSelect *select,
                    size_t n_wanted,
                    GPtrArray *ret_objects,
                    GPtrArray *ret_fresh,
                    bool *ret_is_end,
                    GError **error);

/* Run the hooks that are to run when an object was loaded, for these. */
bool kith_load_run_hooks(const KithEntitySet *set,
                         const GPtrArray *fresh,
                         GError **error);

/* Load the object whose key is that of the struct @key. NULL without an error: no such
 * row. */
const void *kith_load_by_key(KithEntitySet *set,
                             const void *key,
                             KithPlace place,
                             GError **error);

/* What ends a SELECT that locks its rows; "" where the database has no locks of rows. */
const char *kith_sql_lock(const KithDialect *dialect, KithLock lock, KithLockWait wait);

/*
 * Lock the row of an object, in the open transaction, and see that it is as the session
 * has it. Errors: STALE if it is not, or is gone; BUSY.
 */
bool kith_load_locked(KithEntity *entity,
                      KithLock lock,
                      KithLockWait wait,
                      KithPlace place,
                      GError **error);

/* Load the row of a clean object anew. Error: STALE if it is gone. */
bool kith_load_again(KithEntity *entity, KithPlace place, GError **error);

/* Set the error that says that the row of an object is gone: STALE. Returns false. */
bool kith_load_refuse_gone(const KithEntity *entity, GError **error);

/*
 * Which rows are meant: those whose @columns have the values that @source_columns of
 * @source have in structs of @source. For the targets of a foreign key, or for the rows
 * that have one.
 */
typedef struct KithKeys {
    unsigned n_columns;
    const unsigned *columns; /* of the set that is loaded */
    const KithMapper *source;
    const unsigned *source_columns;
} KithKeys;

/* The rows that @foreign_key of @mapper means, and those of @mapper that have it. */
KithKeys kith_keys_of_targets(const KithForeignKey *foreign_key, const KithMapper *mapper);
KithKeys kith_keys_of_referrers(const KithForeignKey *foreign_key);

/*
 * Load the objects that the keys of @rows (structs of keys->source) mean, by ascending key.
 * Each key is asked for once, and none that is NULL: by one statement, or one for each chunk, if there are more than a statement is to have
 * (see KithOptions.load_chunk).
 */
bool kith_load_in(KithEntitySet *set,
                  const KithKeys *keys,
                  const GPtrArray *rows,
                  KithPlace place,
                  GPtrArray *ret_objects,
                  GError **error);

/* Run a query that gives one row of one integer, such as a count. */
bool kith_load_integer(KithSession *session,
                       const char *sql,
                       const KithParameter *parameters,
                       size_t n_parameters,
                       int64_t *ret_integer,
                       KithPlace place,
                       GError **error);

#endif
