/*
 * flush-rows.h - ordering the rows of actions that make a circle, one by one. Part of the
 * planner.
 */
#ifndef KITH_SESSION_FLUSH_ROWS_PRIVATE_H
#define KITH_SESSION_FLUSH_ROWS_PRIVATE_H

#include "flush-plan.h"

/* One row has to be written before another: indexes of changes. */
typedef struct KithRowEdge {
    unsigned before;
    unsigned after;
    KithReason reason;
} KithRowEdge;

/*
 * Find the rows that give up a unique value, or a key, that another one takes.
 * @ret_edges: of KithRowEdge.
 */
void kith_find_handovers(KithPlan *plan, GArray *ret_edges);

/*
 * Add to @plan the steps that write @members (indexes of changes). @handovers: of
 * KithRowEdge. Updates that break circles are added to the changes of the plan.
 */
bool kith_order_rows(KithPlan *plan,
                     const unsigned *members,
                     unsigned n_members,
                     const GArray *handovers,
                     GError **error);

/* Does a row of @mapper keep what it refers to by @foreign_key from changing its key? */
bool kith_foreign_key_holds(const KithMapper *mapper, const KithForeignKey *foreign_key);

/* Is a row of @mapper known by a column of @foreign_key? */
bool kith_foreign_key_is_in_key(const KithMapper *mapper,
                                const KithForeignKey *foreign_key);

/* Append a change of the last step, or of a new one if it does not fit that one. */
void kith_plan_append(KithPlan *plan, unsigned index, bool begins_step);

/*
 * Let row @index give up its value of unique @unique for a moment: for NULL, or a value
 * that nobody has. Returns the update that does so, or KITH_NO_INDEX if none of the
 * columns allows it.
 * @early: such an update of that row, which is to do this too; KITH_NO_INDEX: make one.
 * @only_null: not with a made-up value.
 */
unsigned kith_plan_make_room(KithPlan *plan,
                             unsigned index,
                             unsigned early,
                             const KithIndex *unique,
                             bool only_null);

/* Empty a foreign key of row @index before its turn. @early and what is returned: as
 * above. */
unsigned kith_plan_empty_reference(KithPlan *plan,
                                   unsigned index,
                                   unsigned early,
                                   const KithForeignKey *foreign_key);

/*
 * Take a foreign key out of what row @index writes. Returns the update that writes it
 * later, or KITH_NO_INDEX if nothing else would be left to write.
 * @later: such an update of that row, which is to do this too; KITH_NO_INDEX: make one.
 */
unsigned kith_plan_write_later(KithPlan *plan,
                               unsigned index,
                               unsigned later,
                               const KithForeignKey *foreign_key);

#endif
