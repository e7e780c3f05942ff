/*
 * kith-relation.h - collections: putting objects into them, taking them out, asking.
 *
 *     kith_append(ann, books, book);              the same as kith_set(book, author, ann)
 *     kith_remove(student, courses, course);      a link less
 *
 * A relation has two sides in memory, and one in the database: a foreign key, or a row of a
 * link table. Whichever side the program writes, the other follows at once, without a
 * statement. A collection that is not loaded takes what is appended and removed as well;
 * when it is loaded that is merged in. What was appended and removed again writes nothing.
 */
#ifndef KITH_RELATION_H
#define KITH_RELATION_H

#include "kith-session.h"

G_BEGIN_DECLS

KITH_API void kith_entity_append(const void *entity,
                                 size_t offset,
                                 const void *item,
                                 KithPlace place);
KITH_API void kith_entity_remove(const void *entity,
                                 size_t offset,
                                 const void *item,
                                 KithPlace place);
KITH_API KITH_MUST_CHECK bool kith_entity_replace(const void *entity,
                                                  size_t offset,
                                                  const void *items,
                                                  KithPlace place,
                                                  GError **error);
KITH_API KITH_MUST_CHECK bool kith_entity_move(const void *entity,
                                               size_t offset,
                                               const void *item,
                                               size_t index,
                                               KithPlace place,
                                               GError **error);
KITH_API KITH_MUST_CHECK bool kith_entity_contains(const void *entity,
                                                   size_t offset,
                                                   const void *item,
                                                   bool *ret_contains,
                                                   KithPlace place,
                                                   GError **error);
KITH_API KITH_MUST_CHECK bool kith_entity_count_of(const void *entity,
                                                   size_t offset,
                                                   int64_t *ret_count,
                                                   KithPlace place,
                                                   GError **error);

G_END_DECLS

#ifndef __cplusplus

/* clang-format off */

/*
 * Put @item into a collection. Of a KITH_HAS_MANY its reference is set, so it leaves the collection
 * that it was in. Of a many-to-many relation a link is made, unless there is one. An item that is
 * there already changes nothing. Both can be new. Sends nothing.
 */
#define kith_append(entity, member, item) \
    kith_entity_append((entity), KITH_COLLECTION_(entity, member, item), (item), KITH_HERE)

/*
 * Take @item out of a collection. Of a KITH_HAS_MANY its reference becomes NULL, or it is deleted
 * where the mapping says so (see '.delete_orphans'); if it may not be NULL, and the item gets no
 * other owner, the next flush is NOT_NULL. Of a many-to-many relation the link is deleted. What is
 * not there changes nothing; but of a many-to-many relation that is not loaded a link is believed
 * to be there, and the flush is STALE if it is not. Sends nothing.
 */
#define kith_remove(entity, member, item) \
    kith_entity_remove((entity), KITH_COLLECTION_(entity, member, item), (item), KITH_HERE)

/*
 * Let a collection hold @items (an array closed by NULL, of each one once or more) and nothing else:
 * what is missing is appended, the rest removed. Loads the collection. Errors: those of a query.
 */
#define kith_replace(entity, member, items, error)                                     \
    kith_entity_replace((entity), KITH_COLLECTION_(entity, member, *(items)), (items), \
                        KITH_HERE, (error))

/*
 * Move an item of a collection with a '.position' to place @index, from 0; behind the last one if
 * there are not so many. Only the positions between the old and the new place are written. Loads
 * the collection. Errors: MISUSE if it is not in there; those of a query.
 */
#define kith_move(entity, member, item, index, error)                                   \
    kith_entity_move((entity), KITH_COLLECTION_(entity, member, item), (item), (index), \
                     KITH_HERE, (error))

/*
 * Is @item in a collection, by what this session knows and has changed? Loads nothing but, of a
 * many-to-many relation, the one link. Errors: those of a query.
 */
#define kith_contains(entity, member, item, ret_contains, error)                        \
    kith_entity_contains((entity), KITH_COLLECTION_(entity, member, item), (item),      \
                         (ret_contains), KITH_HERE, (error))

/*
 * How many items a collection has: without a statement if it is loaded, else the database counts
 * them, after a flush. Errors: those of a query.
 */
#define kith_count_of(entity, member, ret_count, error)                                 \
    kith_entity_count_of((entity), 0 * sizeof((entity)->member.u.type)                  \
                                       + offsetof(__typeof__(*(entity)), member),       \
                         (ret_count), KITH_HERE, (error))

/* The offset of a collection that @item can be in; anything else does not compile. */
#define KITH_COLLECTION_(entity, member, item)                                          \
    (KITH_REQUIRE(                                                                      \
         KITH_FITS_REFERENCE_(KITH_POINTER_(item), *(entity)->member.u.type),           \
         #item " cannot be in " #member)                                                \
     + offsetof(__typeof__(*(entity)), member))

/* clang-format on */

#endif /* !__cplusplus */

#endif
