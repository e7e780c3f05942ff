/*
 * kith-loading.h - when relations are loaded, and what it costs.
 *
 * kith_ref() and kith_many() load when they are called, for all the objects that came
 * with the same query. That is one statement more for each relation that is walked. The
 * calls below load relations together with a query, forbid that they are loaded later,
 * and count.
 */
#ifndef KITH_LOADING_H
#define KITH_LOADING_H

#include "kith-query.h"

G_BEGIN_DECLS

/* A path of relations: offsets of members, each in the struct that the one before it
 * means. */
#define KITH_MAX_PATH 4

KITH_API void kith_query_with(KithQuery *query, const size_t *path, size_t length);

KITH_API void kith_query_with_join(KithQuery *query, size_t offset);
KITH_API void kith_query_with_only(KithQuery *query, size_t offset, KithQuery *only);
KITH_API KITH_MUST_CHECK const void *kith_entity_only(const void *entity,
                                                      size_t offset,
                                                      KithQuery *query,
                                                      KithPlace place,
                                                      GError **error);

/* --- strict ------------------------------------------------------------------------- */

/*
 * Let the session be strict, or no longer: then a kith_ref() or kith_many() that would
 * have to load is an error, MISUSE, which says what is not loaded, where it was asked
 * for, and how to load it. What is loaded, or NULL, or in the session, is found as ever;
 * so is what is asked for by name: kith_get(), queries and what they load with
 * kith_with(), kith_refresh().
 */
KITH_API void kith_set_strict(KithSession *session, bool is_strict);

/*
 * The same for a block, which can be left in any way, and for all that is called from it:
 *
 *     kith_strict (session) {
 *         print_page(books);
 *     }
 */
#define kith_strict(session) KITH_STRICT_(session, G_PASTE(kith_strict_, __LINE__))
#define KITH_STRICT_(session, scope)                                            \
    for (g_auto(KithStrict) scope = kith_strict_enter(session); !scope.is_done; \
         scope.is_done = true)

typedef struct KithStrict {
    KithSession *session;
    bool is_done;
} KithStrict;

KITH_API KithStrict kith_strict_enter(KithSession *session);
KITH_API void kith_strict_leave(KithStrict *strict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KithStrict, kith_strict_leave)

KITH_API void kith_query_strict(KithQuery *query);

/* --- what was loaded ---------------------------------------------------------------- */

/* What a session has done since it was made, or since kith_statistics_reset(). */
typedef struct KithStatistics {
    uint64_t n_statements; /* that were sent; a batch of rows is one */
    uint64_t n_rows_read;
    uint64_t n_rows_written; /* in batches; with those that a failure took back */
    uint64_t n_objects;      /* that were made of rows */
    uint64_t n_known_rows;   /* rows of objects that the session had already */
    uint64_t n_hits;         /* kith_get() without a statement */
    uint64_t n_misses;       /* kith_get() with one */
    uint64_t n_lazy_loads;   /* by kith_ref() and kith_many(): one for all siblings */
    uint64_t n_lazy_objects; /* the objects that they loaded for */
    uint64_t n_lazy_alone;   /* those of the loads that were for one object alone */
} KithStatistics;

KITH_API KithStatistics kith_statistics(const KithSession *session);
KITH_API void kith_statistics_reset(KithSession *session);

/*
 * The same as text, and below it, a line each, the places of the program that loaded
 * lazily or by kith_get(), the costliest first:
 *
 *     report.c:31: kith_get of Author: 40 loads of one object each (N+1): ask for …
 *     report.c:12: lazy load of Book.author: 1 load for 1000 objects; one by one it …
 *
 * (transfer full): to be freed with g_free().
 */
KITH_API KITH_MUST_CHECK char *kith_statistics_text(const KithSession *session);

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

/*
 * Load a reference by a join, in the statement of the query: a round trip less, and for each object the
 * row of what it refers to once more. Worth it where the round trip is long and few objects share what
 * they refer to; else kith_with() is faster. Each object is built once, however often its row comes.
 * Where the query cannot be joined (it locks, is distinct, is combined with others, or what it refers
 * to is extended by others) it is kith_with().
 */
#define kith_with_join(query, member)                                                            \
    kith_query_with_join((KithQuery *) (query),                                                  \
                         0 * sizeof((query)->entity->member.link)                                \
                             + KITH_STEP_(*(query)->entity, member))

/*
 * Of a collection (a KITH_HAS_MANY) only what a query of its entity finds, in its order, and for each
 * owner no more than its limit:
 *
 *     g_autoptr(BookQuery) best = kith_query(session, Book);
 *     kith_order_by(best, kith_desc(Book, price));
 *     kith_limit(best, 3);
 *     kith_each (author, authors)
 *         kith_each (book, kith_only(author, books, best, &error))
 *             …                                        the three dearest of each author
 *
 * One statement finds it for all that came with the same query as @entity. The collection itself stays
 * as it is: kith_many() knows nothing of this. Returns (transfer none): an array closed by NULL, which
 * lives until the unit of work ends, or the query is changed or freed; NULL on error. What has
 * changed since it was found does not show in it. The query has conditions, orders, a limit and an
 * offset, and may have kith_with(); other runs of it are not disturbed, but for the array of the last.
 */
#define kith_only(entity, member, query, error)                                                  \
    ((__typeof__((entity)->member.u.type)) kith_entity_only(                                     \
        (entity), KITH_ONLY_(*(entity), member, query), (KithQuery *) (query), KITH_HERE,        \
        (error)))

/* The same, found with a query already; @only has to live as long as the query is run. */
#define kith_with_only(query, member, only)                                                      \
    kith_query_with_only((KithQuery *) (query), KITH_ONLY_(*(query)->entity, member, only),      \
                         (KithQuery *) (only))

/* The offset of a collection of what the query is for. */
#define KITH_ONLY_(object, member, query)                                                        \
    (0 * sizeof(_Generic((query)->entity, __typeof__(&*(object).member.u.type[0]): 0))           \
     + offsetof(__typeof__(object), member))

/*
 * Let the objects that the query brings in, or brings up to date, be strict, and what is loaded with
 * them: no relation of theirs is loaded later. See kith_set_strict().
 */
#define kith_strict_rows(query) kith_query_strict((KithQuery *) (query))

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
