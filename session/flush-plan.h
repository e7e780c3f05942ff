/*
 * flush-plan.h - from the changes of a session to an ordered list of steps. Pure: no
 * database, no session, no I/O; the same changes give the same plan.
 *
 * The order, where nothing stands against it:
 *   1. inserts, a table after the tables that it refers to; within a table in the order
 * added;
 *   2. updates, in the same order of tables; within a table those of the same columns
 * together, by ascending key, so that two flushes that meet take their locks in the same
 * order;
 *   3. deletes, a table before the tables that it refers to, by ascending key.
 *
 * A unique value that one row gives up and another takes adds an edge between the two, so
 * that the one is written before the other. Only rows whose values meet get one.
 *
 * All changes of one operation and one table are one action as long as the actions make
 * no circle. Where they do, the rows of that circle are ordered one by one, and written
 * together again where that is possible. If the rows themselves make a circle, it is
 * broken by one more update: a foreign key that can be NULL is written later, or emptied
 * before; a row that has to give up a unique value is given NULL, or a value that nobody
 * else has, until its turn comes. A foreign key that is checked at the end of the
 * transaction makes no edge.
 */
#ifndef KITH_SESSION_FLUSH_PLAN_PRIVATE_H
#define KITH_SESSION_FLUSH_PLAN_PRIVATE_H

#include "mapper.h"

/* One row to be written. */
typedef struct KithChange {
    KithOperation operation;
    bool has_made_key; /* INSERT: the key in 'row' was made for this flush, and goes if it
                          fails */
    bool awaits_keys;  /* INSERT: of what it refers to, not all keys are known yet */
    bool is_passing;   /* UPDATE, made by the planner: 'row' is no object, but a state on
                          the way */
    const KithMapper *mapper; /* of one table: a part of what the object is */
    const KithMapper *what;   /* what the object is, for people; NULL: the same */
    const void *object;       /* the struct that references point to */
    void *row;          /* INSERT, UPDATE: the struct as it is to be */
    const void *before; /* UPDATE, DELETE: the struct as the database has it */
    uint64_t *bits;     /* INSERT, UPDATE: the columns that are written */
    uint64_t sequence;  /* INSERT: when it was added */
    /*
     * INSERT, set by the planner: columns of references that are written as NULL, because
     * a later update brings them. NULL: none.
     */
    uint64_t *left_out;
} KithChange;

/* What a change is called. */
static inline const KithMapper *
kith_change_what(const KithChange *change)
{
    return change->what != NULL ? change->what : change->mapper;
}

/* Does the change give another value to something that foreign keys refer to? */
bool kith_change_moves_key(const KithChange *change);

/* Why one thing is done before another. */
typedef enum KithBecause {
    KITH_BECAUSE_REFERS, /* the later one refers to the earlier one */
    KITH_BECAUSE_LEAVES, /* the earlier one referred to the later one, which is deleted,
                            or gets another key */
    KITH_BECAUSE_VALUE,  /* the later one takes a unique value of the earlier one */
    KITH_BECAUSE_COMPLETES, /* the later one writes what the earlier one had to leave out
                             */
    KITH_BECAUSE_MAKES_ROOM /* the earlier one gives up a value of the later one for a
                               moment */
} KithBecause;

/* The reason, with what it is about; of rows or of whole steps. */
typedef struct KithReason {
    KithBecause because;
    const KithMapper *mapper;          /* whose foreign key or unique columns */
    const KithForeignKey *foreign_key; /* REFERS, LEAVES, COMPLETES */
    const KithIndex *index;            /* VALUE, MAKES_ROOM */
    bool is_of_key; /* LEAVES: the later one is not deleted, but gets another key */
} KithReason;

/* Changes of one operation, mapper and set of columns, to be written together. */
typedef struct KithStep {
    KithOperation operation;
    const KithMapper *mapper;
    const uint64_t *bits;
    unsigned first; /* in the order of the plan */
    unsigned n_changes;
} KithStep;

typedef struct KithPlanEdge {
    unsigned before; /* numbers of steps */
    unsigned after;
    KithReason reason;
} KithPlanEdge;

typedef struct KithPlan {
    GArray *changes; /* of KithChange: the array that was given, and behind its own those
                        that were added; NULL: nothing is planned */
    GArray *order;   /* of unsigned: indexes of changes */
    GArray *steps;   /* of KithStep */
    GArray *edges;   /* of KithPlanEdge: each once, none from a step to itself */
    GHashTable *known_edges; /* of KithPlanEdge; NULL: none */
    GPtrArray *owned;
    uint64_t made_up; /* the last number that a made-up value was made of */
    struct KithPlanner *planner; /* what only its making needs */
} KithPlan;

/* A plan of nothing. */
KithPlan *kith_plan_new(void);
void kith_plan_free(KithPlan *plan); /* takes NULL */

/*
 * Plan @changes (of KithChange), with a plan of nothing. What they point to must live as
 * long as that is planned. Those that the plan needs beside them are added to the array;
 * bits of changes that write a foreign key later are changed. Error: FOREIGN_KEY or UNIQUE,
 * naming the circle, if there is one that cannot be broken.
 */
bool kith_plan_make(KithPlan *plan, GArray *changes, GError **error);

/* It is a plan of nothing again; its memory is kept for the next one. */
void kith_plan_clear(KithPlan *plan);

/* Change number @place of a step. */
static inline KithChange *
kith_plan_change(const KithPlan *plan, const KithStep *step, unsigned place)
{
    unsigned index = g_array_index(plan->order, unsigned, step->first + place);
    return &g_array_index(plan->changes, KithChange, index);
}

/* Add an edge, if it is a new one. */
void kith_plan_add_edge(KithPlan *plan, KithPlanEdge edge);

/* The plan for people: a line for each step, and why it comes after others. (transfer
 * full) */
char *kith_plan_to_text(const KithPlan *plan);

/* The plan as a graph for Graphviz. (transfer full) */
char *kith_plan_to_dot(const KithPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithPlan, kith_plan_free)

#endif
