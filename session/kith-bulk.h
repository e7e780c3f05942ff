/*
 * kith-bulk.h - many rows changed, deleted or inserted by one statement, without loading
 * them first.
 *
 *     g_autoptr(BookQuery) query = kith_query(session, Book);
 *     kith_where(query, kith_lt(Book, price, 5.0));
 *     kith_change(query, kith_to(Book, price, kith_times(kith_member(Book, price), 2)));
 *     kith_update_all(query, &n, &error);
 *
 * All of these run within the transaction of the unit of work, which is begun if none is
 * open, until kith_commit() or kith_rollback(). Changes of the session that are not
 * written yet are flushed first. The objects of the session follow: those that were
 * changed are read again, those that were deleted are gone, and so are the ones that the
 * database deletes with them; a rollback brings all of it back. A version is raised. No
 * hooks are run: hooks are for objects. The filters of the session hold for what is
 * changed and deleted.
 *
 * Each is there three times: '_all' counts the rows, '_objects' gives them as objects of
 * the session, '_rows' gives what kith_select() says of them. Errors of all of them:
 * MISUSE, before anything is sent, for a query that has more to it than such a statement
 * can say; those of a flush. If the database refuses it, the transaction is rolled back, or to
 * the innermost savepoint, like after a flush that failed.
 */
#ifndef KITH_BULK_H
#define KITH_BULK_H

#include "kith-query.h"

G_BEGIN_DECLS

KITH_API void kith_query_change(KithQuery *query, KithAssignment assignment);
KITH_API void kith_query_change_to_excluded(KithQuery *query);
KITH_API void kith_query_insert_values(KithQuery *query, const void *structs, size_t n);
KITH_API void kith_query_insert_from(KithQuery *query, const KithQuery *source);
KITH_API void kith_query_on_conflict(KithQuery *query, size_t offset);
KITH_API void kith_query_skip_conflicts(KithQuery *query);
KITH_API KITH_MUST_CHECK bool kith_query_update(KithQuery *query,
                                                int64_t *ret_n,
                                                KithPlace place,
                                                GError **error);
KITH_API KITH_MUST_CHECK bool kith_query_delete(KithQuery *query,
                                                int64_t *ret_n,
                                                KithPlace place,
                                                GError **error);
KITH_API KITH_MUST_CHECK bool kith_query_insert(KithQuery *query,
                                                int64_t *ret_n,
                                                KithPlace place,
                                                GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_update_objects(KithQuery *query,
                                                               KithPlace place,
                                                               GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_insert_objects(KithQuery *query,
                                                               KithPlace place,
                                                               GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_update_rows(KithQuery *query,
                                                            const KithMapping *result,
                                                            KithPlace place,
                                                            GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_delete_rows(KithQuery *query,
                                                            const KithMapping *result,
                                                            KithPlace place,
                                                            GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_insert_rows(KithQuery *query,
                                                            const KithMapping *result,
                                                            KithPlace place,
                                                            GError **error);

G_END_DECLS

#ifndef __cplusplus

/* clang-format off */

/* --- changing and deleting --------------------------------------------------------- */

/*
 * Change the rows that match, or delete them. @ret_n: (nullable): how many there were. The
 * query has conditions and, to change, assignments. Entities that extend each other can be
 * changed and deleted too; what is changed then has to be in one table.
 */
#define kith_update_all(query, ret_n, error) \
    kith_query_update((KithQuery *) (query), (ret_n), KITH_HERE, (error))
#define kith_delete_all(query, ret_n, error) \
    kith_query_delete((KithQuery *) (query), (ret_n), KITH_HERE, (error))

/*
 * Change the rows that match, and give them as objects of the session, as they are now, by
 * ascending key: (transfer none) an array closed by NULL, for kith_each(); NULL on error. It lives
 * until the query is run again or freed. What the query loads with its objects (kith_with()) is
 * loaded with these. A statement more, which reads them.
 */
#define kith_update_objects(query, error)                                                  \
    ((__typeof__((query)->entities)) kith_query_update_objects((KithQuery *) (query),      \
                                                               KITH_HERE, (error)))

/*
 * Change the rows that match, or delete them, and give a struct R of each, as kith_select() says:
 * of a row that was changed what it is now, of one that was deleted what it was. By the statement
 * itself (RETURNING); the order is not defined. (transfer none) as kith_rows(). Error: MISUSE
 * for entities that extend each other.
 */
#define kith_update_rows(query, R, error)                                                  \
    ((const R *const *) kith_query_update_rows((KithQuery *) (query), &kith_mapping_##R,   \
                                               KITH_HERE, (error)))
#define kith_delete_rows(query, R, error)                                                  \
    ((const R *const *) kith_query_delete_rows((KithQuery *) (query), &kith_mapping_##R,   \
                                               KITH_HERE, (error)))

/* What is to be changed. A key, a version or a computed column cannot be changed so. */
#define kith_change(query, a)                                                              \
    kith_query_change((KithQuery *) (query),                                               \
                      _Generic((a), __typeof__(*(query)->assignment): (a)).untyped)

/* A member becomes a value, or an expression over the row as it was. */
#define kith_to(T, member, x)                                                              \
    ((T##Assignment){ { KITH_REQUIRE_TYPE(KITH_COMPARES(KITH_MEMBER(T, member), x),        \
                                          T##_member_cannot_be_set_to_this)                \
                            + offsetof(T, member),                                         \
                        KITH_OPERAND(x) } })

/* A member becomes NULL. */
#define kith_to_null(T, member)                                                            \
    ((T##Assignment){ { 0 * sizeof(KITH_MEMBER(T, member)) + offsetof(T, member),          \
                        { .op = KITH_OP_VALUE } } })

/* --- inserting --------------------------------------------------------------------- */

/*
 * Structs of the program that kith_insert_all() is to insert: an array of @n of T, which are copied
 * with their texts. As when an object is added: a key that the database or Kith makes is made
 * where it is zero, a version begins at 1, a column with a default that is zero or NULL is left
 * to that, a reference takes the key of the object that .target points to. Several calls add up.
 *   kith_insert_values(query, tags, n_tags);
 */
#define kith_insert_values(query, structs, n)                                              \
    kith_query_insert_values(                                                              \
        (KithQuery *) (query),                                                             \
        ((const void *const[]){ (structs) })[KITH_REQUIRE_TYPE(                            \
            KITH_FITS_REFERENCE_(KITH_POINTER_(structs), (query)->entity),                 \
            these_are_not_structs_of_what_the_query_is_for)], (n))

/*
 * The rows of another query, which is copied, are inserted instead. It has kith_select() for each
 * member of T that is to be given a value:
 *   kith_select(sold, Archive, title, kith_member(Book, title));
 *   kith_insert_from(archive, sold);
 * What it does not select is NULL, or the column's default; a version is 1, and a key is made by the
 * database.
 */
#define kith_insert_from(query, source) \
    kith_query_insert_from((KithQuery *) (query), (const KithQuery *) (source))

/*
 * Insert what kith_insert_values() or kith_insert_from() has given. @ret_n: (nullable): how many rows
 * were inserted, or changed (see below). Values go in statements of some hundred rows. With a
 * conflict that nothing is said of, the error is UNIQUE and nothing is inserted.
 */
#define kith_insert_all(query, ret_n, error) \
    kith_query_insert((KithQuery *) (query), (ret_n), KITH_HERE, (error))

/* …and give the rows, as kith_update_objects() and kith_update_rows() do. A rollback lets go of
 * objects that came so. */
#define kith_insert_objects(query, error)                                                  \
    ((__typeof__((query)->entities)) kith_query_insert_objects((KithQuery *) (query),      \
                                                               KITH_HERE, (error)))
#define kith_insert_rows(query, R, error)                                                  \
    ((const R *const *) kith_query_insert_rows((KithQuery *) (query), &kith_mapping_##R,   \
                                               KITH_HERE, (error)))

/* --- where there is such a row already --------------------------------------------- */

/*
 * What a row that is to be inserted can have in common with one that is there (ON CONFLICT): a
 * member that is unique, or several, by several calls, that are together; or the key. Error:
 * MISUSE where the mapping does not say that they are unique.
 *
 * With kith_change() the row that is there is changed, in place of the insert ('upsert'); only if the
 * conditions of kith_where(), where there are some, hold for it, else it is let be. Without
 * kith_change() it is let be. What is let be is not counted and not given.
 *
 *   kith_insert_values(query, (&(Tag){ .word = "new", .uses = 1 }), 1);
 *   kith_on_conflict(query, word);
 *   kith_change(query, kith_to(Tag, uses, kith_plus(kith_member(Tag, uses), kith_excluded(Tag, uses))));
 *   kith_insert_all(query, &n, &error);
 *
 * Two values of one list that conflict with each other are MISUSE where rows are changed.
 */
#define kith_on_conflict(query, member_)                                                   \
    kith_query_on_conflict((KithQuery *) (query),                                          \
                           0 * sizeof((query)->entity->member_)                            \
                               + offsetof(__typeof__(*(query)->entity), member_))

/* Leave out every row that conflicts with one that is there, by whatever it may be. */
#define kith_skip_conflicts(query) kith_query_skip_conflicts((KithQuery *) (query))

/* In kith_change() and kith_where(): a member of the row that could not be inserted. */
#define kith_excluded(T, member)                                                           \
    KITH_TYPE_OF_MEMBER_(KITH_MEMBER(T, member))                                           \
        (kith_untyped_excluded(&kith_mapping_##T, offsetof(T, member)))

/*
 * Change all that was to be inserted to what it was to be, but for the key and what
 * kith_on_conflict() names. What kith_change() says of a member goes before.
 */
#define kith_change_to_excluded(query) kith_query_change_to_excluded((KithQuery *) (query))

/* Of no alias and no query: what ON CONFLICT calls 'excluded'. */
#define KITH_SOURCE_EXCLUDED UINT64_MAX

static inline KithExpression
kith_untyped_excluded(const KithMapping *mapping, size_t offset)
{
    return (KithExpression){ .op = KITH_OP_MEMBER, .mapping = mapping,
                             .source = KITH_SOURCE_EXCLUDED, .offset = offset };
}

/* clang-format on */

#endif /* !__cplusplus */

#endif
