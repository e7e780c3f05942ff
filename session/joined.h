/*
 * joined.h - rows that hold an object and, beside it, what its references mean.
 */
#ifndef KITH_SESSION_JOINED_PRIVATE_H
#define KITH_SESSION_JOINED_PRIVATE_H

#include "session.h"

#define KITH_MAX_JOINED 8

/* What a reference means, within the row. */
typedef struct KithJoinedPart {
    const KithForeignKey *foreign_key;
    size_t at;      /* where the struct of the target is */
    size_t present; /* where it is said of each of its columns whether there is a value */
    size_t first;   /* its first column in the layout */
} KithJoinedPart;

/* A struct of the mapper, then the parts. */
typedef struct KithJoinedRow {
    const KithMapper *mapper;
    KithLayout layout;
    KithColumn *columns;
    size_t size;
    unsigned n_parts;
    KithJoinedPart parts[KITH_MAX_JOINED];
} KithJoinedRow;

void kith_joined_init(KithJoinedRow *joined,
                      const KithMapper *mapper,
                      const KithForeignKey *const *foreign_keys,
                      unsigned n_foreign_keys);
void kith_joined_finish(KithJoinedRow *joined);

/* Did the join find something for the part? */
bool kith_joined_has(const KithJoinedPart *part, const void *row);

/* Give the part to the scratch struct of its set. */
void kith_joined_take(const KithJoinedPart *part,
                      KithEntitySet *targets,
                      const void *row,
                      const size_t *lengths);

#endif
