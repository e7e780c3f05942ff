/*
 * kith-query.h - asking for objects.
 *
 *     g_autoptr(BookQuery) query = kith_query(session, Book);
 *     kith_where(query, kith_lt(Book, price, 10.0));
 *     kith_order_by(query, kith_asc(Book, title));
 *     kith_each (book, kith_all(query, &error))
 *         puts(book->title);
 *
 * A query gives the objects of the session: one that is loaded already is the same
 * pointer. Before a query is sent, changes of the table that it reads are flushed (see
 * KithOptions.no_autoflush). It can be run again, with more conditions or without; it
 * must not outlive its session.
 */
#ifndef KITH_QUERY_H
#define KITH_QUERY_H

#include "kith-predicate.h"
#include "kith-session.h"

G_BEGIN_DECLS

typedef struct KithQuery KithQuery;

KITH_API KithQuery *kith_query_new(KithSession *session, const KithMapping *mapping);
KITH_API void kith_query_free(KithQuery *query); /* takes NULL */
KITH_API void kith_query_where(KithQuery *query, KithPredicate predicate);
KITH_API void kith_query_order_by(KithQuery *query, KithOrder order);
KITH_API void kith_query_limit(KithQuery *query, int64_t limit);
KITH_API void kith_query_offset(KithQuery *query, int64_t offset);
KITH_API void kith_query_lock(KithQuery *query, KithLock lock, KithLockWait wait);
KITH_API const void *kith_query_all(KithQuery *query, KithPlace place, GError **error);
KITH_API const void *kith_query_first(KithQuery *query, KithPlace place, GError **error);
KITH_API KITH_MUST_CHECK bool kith_query_count(KithQuery *query,
                                               int64_t *ret_count,
                                               KithPlace place,
                                               GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithQuery, kith_query_free)

G_END_DECLS

#ifndef __cplusplus

/* clang-format off */

/* A query over all objects of T: (transfer full), a BookQuery for T = Book. */
#define kith_query(session, T) \
    ((T##Query *) kith_query_new((session), &kith_mapping_##T))

/* Add a condition; several must all hold. A predicate of another entity does not compile. */
#define kith_where(query, p)                                                               \
    kith_query_where((KithQuery *) (query),                                                \
                     _Generic((p), __typeof__(*(query)->predicate): (p)).untyped)

/* Add a member to order by; the first one given counts most. */
#define kith_order_by(query, o)                                                            \
    kith_query_order_by((KithQuery *) (query),                                             \
                        _Generic((o), __typeof__(*(query)->order): (o)).untyped)

/* At most @n objects; a negative number: all. */
#define kith_limit(query, n) kith_query_limit((KithQuery *) (query), (n))

/* Without the first @n objects. */
#define kith_offset(query, n) kith_query_offset((KithQuery *) (query), (n))

/*
 * Lock the rows that are read, until the transaction ends; one is opened if none is. An object that
 * this unit of work has read before, and whose row is another one now, is STALE.
 */
#define kith_lock_rows(query, lock, wait) kith_query_lock((KithQuery *) (query), (lock), (wait))

/*
 * All objects that match: (transfer none) an array closed by NULL, for kith_each(); NULL on error.
 * It lives until the query is run again or freed; the objects live as long as the session.
 */
#define kith_all(query, error) \
    ((__typeof__((query)->entities)) kith_query_all((KithQuery *) (query), KITH_HERE, (error)))

/* The first object that matches; NULL without an error if there is none. */
#define kith_first(query, error) \
    ((__typeof__((query)->entity)) kith_query_first((KithQuery *) (query), KITH_HERE, (error)))

/* How many match, whatever limit and offset are. False on error. */
#define kith_count(query, ret_count, error) \
    kith_query_count((KithQuery *) (query), (ret_count), KITH_HERE, (error))

/* clang-format on */

#endif /* !__cplusplus */

#endif
