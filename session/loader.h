/*
 * loader.h - rows to objects.
 */
#ifndef KITH_SESSION_LOADER_PRIVATE_H
#define KITH_SESSION_LOADER_PRIVATE_H

#include "session.h"

/* Append "SELECT columns FROM table" of a mapper. */
void kith_sql_select(GString *sql, const KithMapper *mapper);

/*
 * Run a query that selects all columns of the mapper of @set, and make objects of its rows, or find
 * them in the session; they are appended to @ret_objects (of structs).
 *
 * An object that is known is brought up to date if this unit of work has not read it before and the
 * program has not edited it; else it stays as it is.
 */
bool kith_load_objects(KithEntitySet *set,
                       const char *sql,
                       const KithParameter *parameters,
                       size_t n_parameters,
                       KithPlace place,
                       GPtrArray *ret_objects,
                       GError **error);

/* Load the object whose key is that of the struct @key. NULL without an error: no such row. */
const void *
kith_load_by_key(KithEntitySet *set, const void *key, KithPlace place, GError **error);

/* Load the row of a clean object anew. Error: STALE if it is gone. */
bool kith_load_again(KithEntity *entity, KithPlace place, GError **error);

/*
 * Load the objects whose column @index has one of the values that it would have in @rows (structs of
 * any mapper, read through @column); a chunk of them a statement, as few statements as possible.
 */
bool kith_load_in(KithEntitySet *set,
                  unsigned index,
                  const KithColumn *column,
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
