/*
 * flush-values.h - finding the change that is about a row with certain values. Part of
 * the planner, and as pure as it.
 */
#ifndef KITH_SESSION_FLUSH_VALUES_PRIVATE_H
#define KITH_SESSION_FLUSH_VALUES_PRIVATE_H

#include "mapper.h"

/* The values of some columns of a row. Borrows everything. */
typedef struct KithTuple {
    const KithMapper *mapper; /* whose columns */
    const unsigned *columns;
    unsigned n_columns;
    const void *row;
} KithTuple;

/* From tuples of one mapper and one list of columns, or of many, to numbers. */
GHashTable *kith_tuple_table_new(void);

/* Add @number under @tuple, in place of what was there. Tuples with a NULL in them are
 * left out. */
void kith_tuple_table_add(GHashTable *table, KithTuple tuple, unsigned number);

/*
 * The number under a tuple with the values that @like has, which can be of another mapper
 * as long as its columns are of the same kinds; @mapper and @columns say where to look.
 * KITH_NO_INDEX: none.
 */
unsigned kith_tuple_table_find(GHashTable *table,
                               const KithMapper *mapper,
                               const unsigned *columns,
                               KithTuple like);

#endif
