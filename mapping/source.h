/*
 * source.h - what a query of a mapper reads from.
 */
#ifndef KITH_MAPPING_SOURCE_PRIVATE_H
#define KITH_MAPPING_SOURCE_PRIVATE_H

#include "mapper.h"

/* What the rows of a query of @mapper have, in this order; and the struct to read them
 * into. */
const KithLayout *kith_mapper_layout(const KithMapper *mapper);
size_t kith_mapper_row_size(const KithMapper *mapper);

/*
 * Append what stands behind FROM for @mapper: its table; or, where its objects are in
 * several, or are not all that is in it, a query in parentheses, AS @alias (as it stands; NULL: the
 * name of the table). Either way it has the columns of kith_mapper_layout(), each under
 * its name, and can be joined, filtered and counted like a table. @is_locking: rows of it
 * can be locked.
 */
void kith_sql_source(GString *sql,
                     const KithMapper *mapper,
                     const char *alias,
                     bool is_locking);

#endif
