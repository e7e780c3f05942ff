/*
 * flush-write.h - the part of a flush that writes: a plan goes to the driver, batch by
 * batch, and if that fails the object is named that it failed for.
 */
#ifndef KITH_SESSION_FLUSH_WRITE_PRIVATE_H
#define KITH_SESSION_FLUSH_WRITE_PRIVATE_H

#include "arena.h"
#include "flush-plan.h"
#include "session.h"

/* Within a transaction that had begun before, what is written in bulk stands behind this.
 */
#define KITH_FLUSH_SAVEPOINT "kith_flush"

typedef struct KithWriting {
    KithSession *session; /* with a connection, in a transaction */
    const KithPlan *plan; /* what was submitted */
    GPtrArray *batches;   /* of KithBatch, by step: alive until all is settled */
    KithArena memory;     /* of the batches and their rows */
    bool is_first;        /* nothing was done in the transaction before */
    bool has_savepoint;
    bool has_checks; /* rows that may be missed: to be looked at before a commit */
    void *first[64]; /* of the memory; not set to anything */
} KithWriting;

void kith_writing_init(KithWriting *writing);
void kith_writing_finish(KithWriting *writing);

/* For one flush of @session; cleared at its end. */
void kith_writing_begin(KithWriting *writing, KithSession *session);
void kith_writing_clear(KithWriting *writing);

/*
 * Submit all of @plan, which has to live as long as what is written. Waits only where a
 * row needs a key that the database has yet to make.
 */
bool kith_writing_submit(KithWriting *writing, const KithPlan *plan, GError **error);

/*
 * Give the rows of a step the keys that they refer to. Waits for those that are yet to be
 * made.
 */
bool kith_writing_resolve(const KithWriting *writing, guint index, GError **error);

/* Does the step delete rows that the database deletes with others of their table? */
bool kith_writing_may_go_with_others(const KithStep *step);

/* When all is settled: was each row there? Error: STALE. */
bool kith_writing_check(const KithWriting *writing, GError **error);

/*
 * Complete @failure, in which the writing ended, with what is known of the object that it
 * is about, if it is about one. The transaction is still to be rolled back.
 */
void kith_writing_explain(const KithWriting *writing, GError **failure);

#endif
