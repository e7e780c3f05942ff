/*
 * kith-loading.h - when relations are loaded, and what it costs.
 *
 * kith_ref() and kith_many() load when they are called, for all the objects that came with the
 * same query. That is one statement more for each relation that is walked. The calls below load
 * relations together with a query, forbid that they are loaded later, and count.
 */
#ifndef KITH_LOADING_H
#define KITH_LOADING_H

#include "kith-query.h"

G_BEGIN_DECLS

/* A path of relations: offsets of members, each in the struct that the one before it means. */
#define KITH_MAX_PATH 4

KITH_API void kith_query_with(KithQuery *query, const size_t *path, size_t length);

G_END_DECLS

#ifndef __cplusplus

/* clang-format off */

/*
 * Load a relation of the objects with the query, and what lies behind it: up to four members.
 *
 *     kith_with(query, author);                   each book's author
 *     kith_with(query, author, books);            and all the books of those authors
 *
 * Each member of the path is loaded for all objects at once, by one statement after the one of the
 * query (or one for each chunk, see KithOptions.load_chunk); by none if all of it is loaded. Given
 * several times, the paths are put together. kith_ref(), kith_many() and 'target' then find it without
 * I/O, until the unit of work ends. A member that is no relation of the entity does not compile.
 */
#define kith_with(query, ...)                                                                    \
    KITH_WITH_PICK_(__VA_ARGS__, KITH_WITH_4_, KITH_WITH_3_, KITH_WITH_2_, KITH_WITH_1_, )(      \
        (query), __VA_ARGS__)

#define KITH_WITH_PICK_(a, b, c, d, picked, ...) picked
#define KITH_WITH_(query, length, ...) \
    kith_query_with((KithQuery *) (query), (const size_t[]){ __VA_ARGS__ }, (length))
#define KITH_STEP_(object, member) \
    (0 * sizeof((object).member.kith_relation) + offsetof(__typeof__(object), member))
#define KITH_WITH_1_(q, a) KITH_WITH_(q, 1, KITH_STEP_(*(q)->entity, a))
#define KITH_WITH_2_(q, a, b)                                                                    \
    KITH_WITH_(q, 2, KITH_STEP_(*(q)->entity, a),                                                \
               KITH_STEP_(*(q)->entity->a.kith_relation, b))
#define KITH_WITH_3_(q, a, b, c)                                                                 \
    KITH_WITH_(q, 3, KITH_STEP_(*(q)->entity, a),                                                \
               KITH_STEP_(*(q)->entity->a.kith_relation, b),                                     \
               KITH_STEP_(*(q)->entity->a.kith_relation->b.kith_relation, c))
#define KITH_WITH_4_(q, a, b, c, d)                                                              \
    KITH_WITH_(q, 4, KITH_STEP_(*(q)->entity, a),                                                \
               KITH_STEP_(*(q)->entity->a.kith_relation, b),                                     \
               KITH_STEP_(*(q)->entity->a.kith_relation->b.kith_relation, c),                    \
               KITH_STEP_(*(q)->entity->a.kith_relation->b.kith_relation->c.kith_relation, d))

/* clang-format on */

#endif /* !__cplusplus */

#endif
