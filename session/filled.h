/*
 * filled.h - columns that the database fills in: the default of a column that an INSERT
 * leaves out, and computed columns. Which they are, what becomes of their values when a
 * flush fails.
 */
#ifndef KITH_SESSION_FILLED_PRIVATE_H
#define KITH_SESSION_FILLED_PRIVATE_H

#include "entity.h"
#include "flush-plan.h"

/* Does the INSERT of a pending object leave column @index to the database? */
bool kith_filled_is_left_out(const KithEntity *entity, unsigned index);

/* The program has said what column @index of a pending object is to be, zero or NULL as
 * well. */
void kith_filled_mark_given(KithEntity *entity, unsigned index);

/* Refuses a value that the program gave to a computed column. Error: MISUSE. */
bool kith_filled_check(const KithChange *change, GError **error);

/*
 * The object takes the place of a row, by an UPDATE: what its INSERT would have left to
 * the database stays what it is in @row. @bits: the columns that the INSERT would have
 * written.
 */
void kith_filled_inherit(KithEntity *entity, const uint64_t *bits, const void *row);

/*
 * A flush failed: put back from @image what it has got from the database. @bits: the
 * columns that it wrote, which are the program's.
 */
void kith_filled_take_back(KithEntity *entity, const uint64_t *bits, const void *image);

/*
 * The row that an earlier flush wrote is lost: put back from @image, the object before
 * that flush, what the database gave, unless the program has set it to something else
 * since. The baseline is still the one from after that flush.
 */
void kith_filled_undo(KithEntity *entity, const void *image);

/* KithShape.keep: the object makes its own copies of the texts and blobs that were
 * returned. */
void kith_filled_keep(const KithShape *shape, void *row);

#endif
