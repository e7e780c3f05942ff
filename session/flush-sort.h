/*
 * flush-sort.h - the order in which changes are written where nothing stands against it.
 */
#ifndef KITH_SESSION_FLUSH_SORT_PRIVATE_H
#define KITH_SESSION_FLUSH_SORT_PRIVATE_H

#include "flush-plan.h"

/* Inserts by when they were added, the others by key; both of one action. */
int kith_compare_changes(const KithChange *a, const KithChange *b);

/* Updates by the columns that they write; any order, as long as it is one. */
int kith_compare_bits(const KithChange *a, const KithChange *b);

/* Fill @ret_sorted with the indexes of all changes, action after action. */
void kith_plan_sort(const KithPlan *plan, unsigned *ret_sorted);

/* g_qsort_with_data() of indexes, which are often in order already. */
void kith_sort_indexes(unsigned *indexes,
                       unsigned n_indexes,
                       GCompareDataFunc compare,
                       const KithPlan *plan);

#endif
