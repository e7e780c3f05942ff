/*
 * shape.h - the shapes of writes that an engine has met, made once each.
 */
#ifndef KITH_SESSION_SHAPE_PRIVATE_H
#define KITH_SESSION_SHAPE_PRIVATE_H

#include "mapper.h"

/* A table of shapes, to be freed with g_hash_table_unref(). */
GHashTable *kith_shape_table_new(void);

/* Find or make a shape; see kith_engine_shape(). Lives as long as the table. */
const KithShape *kith_shape_table_get(GHashTable *shapes,
                                      const KithDialect *dialect,
                                      const KithMapper *mapper,
                                      KithOperation operation,
                                      const uint64_t *bits);

/* Is it the one of the table for @mapper and @bits (NULL for DELETE), as it was asked for? */
bool kith_shape_is_of(const KithShape *shape,
                      const KithMapper *mapper,
                      const uint64_t *bits);

#endif
