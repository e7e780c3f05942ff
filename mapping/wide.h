/*
 * wide.h - reading rows that may be more than what was asked for. A query of animals
 * gives dogs and cats, whose own members lie at the same places of their structs. So a
 * row is read into a struct that is wide enough for all of them, each with a place of its
 * own, and the struct of what the row is, is put together from that.
 */
#ifndef KITH_MAPPING_WIDE_PRIVATE_H
#define KITH_MAPPING_WIDE_PRIVATE_H

#include "registry.h"

/* What a mapper below the one that is asked for adds to the row. */
typedef struct KithWideBranch {
    const KithMapper *mapper;
    size_t offset;  /* where its own members are: what is behind the base in its struct */
    unsigned first; /* its first own column in the layout */
} KithWideBranch;

struct KithWideRow {
    const KithMapper *mapper; /* what is asked for; its columns come first, as they are */
    KithLayout layout;
    size_t size;
    unsigned n_branches;
    KithWideBranch *branches; /* bases before what extends them */
};

/* The mapper that @row, read as @wide says, is of. Error: TYPE if there is none. */
const KithMapper *kith_wide_what(const KithWideRow *wide,
                                 const void *row,
                                 GError **error);

/*
 * Put together the struct of @mapper, which is what @row is, with the lengths of its
 * texts. Error: TYPE where a column of it is NULL and may not be.
 */
bool kith_wide_take(const KithWideRow *wide,
                    const KithMapper *mapper,
                    const void *row,
                    const size_t *lengths,
                    void *ret_row,
                    size_t *ret_lengths,
                    GError **error);

#endif
