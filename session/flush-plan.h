/*
 * flush-plan.h - from the changes of a session to an ordered list of steps. Pure: no database, no
 * session, no I/O; the same changes give the same plan.
 *
 * The order:
 *   1. inserts, a table after the tables that it refers to; within a table in the order added;
 *   2. updates, in the same order of tables; within a table those of the same columns together, by
 *      ascending key, so that two flushes that meet take their locks in the same order;
 *   3. deletes, a table before the tables that it refers to, by ascending key.
 *
 * Tables that refer to each other in a cycle, or to themselves, share a place in that order; their
 * rows are ordered by depth: first those that wait for no other row of the flush, then those that
 * wait for these, and so on. Where rows wait for each other in a circle, an insert goes without a
 * foreign key that can be NULL, and an update brings it later; a foreign key that is checked only
 * at the end of the transaction makes nobody wait.
 */
#ifndef KITH_SESSION_FLUSH_PLAN_PRIVATE_H
#define KITH_SESSION_FLUSH_PLAN_PRIVATE_H

#include "mapper.h"

/* One row to be written. */
typedef struct KithChange {
    KithOperation operation;
    const KithMapper *mapper;
    void *row;          /* the struct as it is to be; DELETE: not used */
    const void *before; /* UPDATE, DELETE: the struct as the database has it */
    uint64_t *bits;     /* INSERT, UPDATE: the columns that are written */
    uint64_t sequence;  /* INSERT: when it was added */
    /*
     * By foreign key, for mappers in a cycle: the change of the same operation that is about the
     * row referred to (an INSERT of it, a DELETE of it), or KITH_NO_INDEX. NULL: none.
     */
    unsigned *targets;
} KithChange;

/* Changes of one operation, mapper and set of columns, to be written together. */
typedef struct KithStep {
    KithOperation operation;
    const KithMapper *mapper;
    const uint64_t *bits;
    unsigned n_changes;
    const unsigned *changes; /* indexes, in order */
} KithStep;

typedef struct KithPlan {
    /*
     * The changes that were given, in their places; behind them the updates that break circles:
     * their row and before are those of the insert that they complete.
     */
    GArray *changes; /* of KithChange */
    GArray *order;   /* of unsigned: indexes of changes */
    GArray *steps;   /* of KithStep */
    GPtrArray *owned;
} KithPlan;

/*
 * Plan @changes, which must live as long as the plan; the bits of inserts that break a circle are
 * changed. Error: FOREIGN_KEY, naming the circle, if none of its foreign keys can be NULL.
 */
KithPlan *kith_plan_new(const KithChange *changes, unsigned n_changes, GError **error);
void kith_plan_free(KithPlan *plan); /* takes NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithPlan, kith_plan_free)

#endif
