/*
 * changeset.h - what one flush is to write: the changes, and the objects that they are
 * of.
 *
 * Collecting gives objects keys and versions that belong to them only once they are
 * written; kith_changeset_take_back() undoes that, kith_changeset_settle() makes it last.
 */
#ifndef KITH_SESSION_CHANGESET_PRIVATE_H
#define KITH_SESSION_CHANGESET_PRIVATE_H

#include "flush-plan.h"
#include "journal.h"

/* What goes with a change: one for each of them, in the same places. */
typedef struct KithWrite {
    KithEntity *entity;
    void *image; /* INSERT: the struct before it got keys; taken over by the journal */
    /*
     * INSERT of a key that the same flush deletes: the DELETE of it. The two are written
     * as one UPDATE. KITH_NO_INDEX: none.
     */
    unsigned replaces;
    bool is_replaced; /* DELETE: such a one */
} KithWrite;

typedef struct KithChangeSet {
    KithSession *session;
    GArray *changes; /* of KithChange: one for each write; then those that the plan added */
    GArray *writes;        /* of KithWrite */
    bool has_replacements; /* inserts of keys that are deleted as well */
    bool has_parts;        /* objects with rows in several tables */
    bool has_rows;         /* updates or deletes: of rows that are there */
    bool is_committed;     /* once it is written: there is no way back */
    bool is_settled;       /* the objects are what the database has */
    uint64_t *free_bits;   /* in the last block of memory: not given out yet */
    size_t n_free_bits;
    size_t n_first_bits; /* in the first block, which is kept */
    GPtrArray *memory; /* bits of the changes */
    GPtrArray *images; /* rows that are no objects */
    bool moves_keys;       /* to which foreign keys refer */
    GHashTable *followers; /* see changeset-follow.c; NULL: no key changes */
    GPtrArray *followers_in_order;
} KithChangeSet;

void kith_changeset_init(KithChangeSet *set);
void kith_changeset_finish(KithChangeSet *set); /* one that is clear */

/* For one flush of @session; cleared at its end, with its memory kept for the next. */
void kith_changeset_begin(KithChangeSet *set, KithSession *session);
void kith_changeset_clear(KithChangeSet *set);

static inline KithChange *
kith_changeset_change(const KithChangeSet *set, unsigned index)
{
    return &g_array_index(set->changes, KithChange, index);
}

static inline KithWrite *
kith_changeset_write(const KithChangeSet *set, unsigned index)
{
    return &g_array_index(set->writes, KithWrite, index);
}

/* Bits for the columns of @mapper, none set, that live as long as the set. */
uint64_t *kith_changeset_new_bits(KithChangeSet *set, const KithMapper *mapper);

/*
 * Find what has changed in the session. A change that is passing is that of a row alone: its
 * object is not settled, but follows what its row refers to.
 */
void kith_changeset_collect(KithChangeSet *set);

/*
 * See that it can be written, before anything is sent. Errors: NOT_NULL, TYPE, CHECK,
 * UNIQUE, FOREIGN_KEY, MISUSE, with entity and key.
 */
bool kith_changeset_check(const KithChangeSet *set, GError **error);

/* Plan it; a delete and add of one key becomes an update. Errors: as kith_plan_make(). */
bool kith_changeset_plan(KithChangeSet *set, KithPlan *plan, GError **error);

/* Take the keys and versions back that the objects were given, and did not get to keep.
 */
void kith_changeset_take_back(KithChangeSet *set);

/* It is written: make the objects what the database now has, and remember how to undo
 * that. */
void kith_changeset_settle(KithChangeSet *set);

/* Does the column get its value when the target of its reference has a key? */
bool kith_row_waits_for_key(const KithMapper *mapper, unsigned index, const void *row);

/* Say in @error which object it is about. */
void kith_error_name_row(GError **error, const KithMapper *mapper, const void *row);

#endif
