/*
 * bulk-run.h - a statement that writes many rows, what it returns of them, and the objects of
 * the session that are such rows.
 */
#ifndef KITH_SESSION_BULK_RUN_PRIVATE_H
#define KITH_SESSION_BULK_RUN_PRIVATE_H

#include "query.h"

typedef struct KithBulk {
    KithQuery *query;
    KithPlace place;
    guint first; /* of its records in the journal */
    int64_t n;   /* rows that were written */
    GPtrArray *known; /* the entities of the session that are such rows */
    GPtrArray *keys;  /* of all rows, as structs that have nothing else; NULL: not needed */
    /* What comes back: the result, if there is one, and behind it a struct with the key. */
    KithLayout layout;
    KithColumn *columns;
    size_t n_selected;
    size_t key_at;
    size_t size;
} KithBulk;

void kith_bulk_init(KithBulk *bulk, KithQuery *query, bool keeps_keys, KithPlace place);
void kith_bulk_finish(KithBulk *bulk);

/* Refuses what cannot be now: by a hook, or in a transaction that is read only. */
bool kith_bulk_check(const KithQuery *query, GError **error);

/* Run one statement of it, in the open transaction, which is rolled back if it fails. */
bool kith_bulk_run(KithBulk *bulk, const KithQueryPlan *plan, GError **error);

/* The objects that were changed are read again; all rows, if the keys were kept, become
 * the objects of the query. */
bool kith_bulk_read_again(KithBulk *bulk, GError **error);

#endif
