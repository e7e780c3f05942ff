/*
 * kith-query.h - asking for objects, and for what can be computed of them.
 *
 *     g_autoptr(BookQuery) query = kith_query(session, Book);
 *     kith_where(query, kith_lt(Book, price, 10.0));
 *     kith_order_by(query, kith_asc(Book, title));
 *     kith_each (book, kith_all(query, &error))
 *         puts(book->title);
 *
 * A query gives the objects of the session: one that is loaded already is the same
 * pointer. With kith_select() it gives structs of the program's own instead. Before a
 * query is sent, changes of the tables that it reads are flushed (see
 * KithOptions.no_autoflush). It can be run again, with more conditions, with other
 * parameters, or as it is: then nothing is built and nothing is prepared. It must not
 * outlive its session.
 *
 * What is given to a query is copied, other queries too. A call that makes no sense is
 * remembered, and is the error of the next run: MISUSE, with the entity and the member.
 */
#ifndef KITH_QUERY_H
#define KITH_QUERY_H

#include "kith-functions.h"
#include "kith-session.h"

G_BEGIN_DECLS

/* A place that rows come from: see kith_alias(). */
typedef struct KithAlias KithAlias;

typedef enum KithJoin {
    KITH_JOIN_INNER,
    KITH_JOIN_LEFT,
    KITH_JOIN_RIGHT,
    KITH_JOIN_FULL
} KithJoin;

/* The value of a parameter of SQL by hand: see kith_unsafe_execute(). */
typedef struct KithNamedValue {
    const char *name;
    KithValue value;
} KithNamedValue;

typedef enum KithSetOperation {
    KITH_UNION,
    KITH_UNION_ALL,
    KITH_INTERSECT,
    KITH_EXCEPT
} KithSetOperation;

KITH_API KithQuery *kith_query_new(KithSession *session, const KithMapping *mapping);
KITH_API KithQuery *kith_query_copy(const KithQuery *query);
KITH_API void kith_query_free(KithQuery *query); /* takes NULL */
KITH_API void kith_query_where(KithQuery *query, KithPredicate predicate);
KITH_API void kith_query_order_by(KithQuery *query, KithOrder order);
KITH_API void kith_query_limit(KithQuery *query, int64_t limit);
KITH_API void kith_query_offset(KithQuery *query, int64_t offset);
KITH_API void kith_query_distinct(KithQuery *query);
KITH_API void kith_query_after(KithQuery *query, const void *object);
KITH_API void kith_query_lock(KithQuery *query, KithLock lock, KithLockWait wait);
KITH_API void kith_query_set_timeout(KithQuery *query, int64_t msec);
KITH_API void kith_query_bind(KithQuery *query, const char *name, KithValue value);
KITH_API void kith_query_select(KithQuery *query,
                                const KithMapping *result,
                                size_t offset,
                                KithExpression expression);
KITH_API void kith_query_group_by(KithQuery *query, KithExpression expression);
KITH_API void kith_query_having(KithQuery *query, KithPredicate predicate);
KITH_API KithAlias *kith_query_alias(KithQuery *query, const KithMapping *mapping);
KITH_API void kith_query_join(KithQuery *query,
                              KithAlias *alias,
                              KithJoin join,
                              KithPredicate on);
KITH_API void kith_query_join_lateral(KithQuery *query,
                                      KithAlias *alias,
                                      KithJoin join,
                                      const KithQuery *lateral);
KITH_API void kith_query_combine(KithQuery *query,
                                 KithSetOperation operation,
                                 const KithQuery *other);
KITH_API void kith_query_common_table(KithQuery *query,
                                      const KithMapping *result,
                                      const KithQuery *base,
                                      const KithQuery *step);
KITH_API void kith_query_unsafe_sql(KithQuery *query, const char *sql);
KITH_API KITH_MUST_CHECK bool kith_session_unsafe_execute(KithSession *session,
                                                          const char *sql,
                                                          const KithNamedValue *values,
                                                          int64_t *ret_n,
                                                          KithPlace place,
                                                          GError **error);
KITH_API void kith_query_lift_filter(KithQuery *query, const char *name);
KITH_API void kith_session_add_filter(KithSession *session,
                                      const char *name,
                                      const KithMapping *mapping,
                                      KithPredicate predicate);
KITH_API void kith_session_remove_filter(KithSession *session, const char *name);
KITH_API KITH_MUST_CHECK char *kith_query_plan_text(KithQuery *query,
                                                    KithPlace place,
                                                    GError **error);
KITH_API KithExpression kith_expression_at(const void *alias, size_t offset);
KITH_API KithExpression kith_expression_via(const void *alias,
                                            size_t offset,
                                            const KithExpression *parts);
KITH_API KITH_MUST_CHECK const void *kith_query_all(KithQuery *query,
                                                    KithPlace place,
                                                    GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_rows(KithQuery *query,
                                                     const KithMapping *result,
                                                     KithPlace place,
                                                     GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_first(KithQuery *query,
                                                      KithPlace place,
                                                      GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_one(KithQuery *query,
                                                    KithPlace place,
                                                    GError **error);
KITH_API KITH_MUST_CHECK bool kith_query_exists(KithQuery *query,
                                                bool *ret_exists,
                                                KithPlace place,
                                                GError **error);
KITH_API KITH_MUST_CHECK bool kith_query_count(KithQuery *query,
                                               int64_t *ret_count,
                                               KithPlace place,
                                               GError **error);
KITH_API KITH_MUST_CHECK const void *kith_query_values(KithQuery *query,
                                                       KithExpression expression,
                                                       KithKind kind,
                                                       size_t *ret_n,
                                                       KithPlace place,
                                                       GError **error);
KITH_API KithQuery *kith_query_stream_begin(KithQuery *query);
KITH_API KITH_MUST_CHECK const void *kith_query_stream_next(KithQuery *query,
                                                            KithPlace place,
                                                            GError **error);
KITH_API KithQuery *kith_query_stream_end(KithQuery *query); /* returns NULL */
KITH_API KITH_MUST_CHECK char *kith_query_text(KithQuery *query, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithQuery, kith_query_free)

G_END_DECLS

#ifndef __cplusplus

/* clang-format off */

/* --- building ---------------------------------------------------------------------- */

/*
 * A query over all objects of T: (transfer full), a BookQuery for T = Book. T can be the struct of a
 * KITH_RESULT too, if kith_common_table() says where its rows come from.
 */
#define kith_query(session, T) \
    ((T##Query *) kith_query_new((session), &kith_mapping_##T))

/* The same query once more, to be changed on its own. (transfer full) */
#define kith_copy(query) ((__typeof__(query)) kith_query_copy((const KithQuery *) (query)))

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

/* Each object or row once; without joins of aliases an object never comes twice. */
#define kith_distinct(query) kith_query_distinct((KithQuery *) (query))

/*
 * Go on behind an object, in the order of the query: the next page. Objects that are equal in it
 * come by key. What the query is ordered by is taken from the object where it is a member of its
 * own, else from its row. The object can be changed or deleted meanwhile. NULL: from the beginning.
 *   kith_after(query, last);    kith_limit(query, 20);
 */
#define kith_after(query, object)                                                          \
    kith_query_after(                                                                      \
        (KithQuery *) (query),                                                             \
        ((const void *const[]){ (object) })[KITH_REQUIRE(                                  \
            KITH_FITS_REFERENCE_(KITH_POINTER_(object), (query)->entity),                  \
            #object " is not what " #query " is for")])

/*
 * Lock the rows that are read, until the transaction ends; one is opened if none is. An object that
 * this unit of work has read before, and whose row is another one now, is STALE.
 */
#define kith_lock_rows(query, lock, wait) kith_query_lock((KithQuery *) (query), (lock), (wait))

/*
 * How long the database may take for a statement of the query, in place of what kith_set_timeout()
 * says; 0: any time. Of a kith_stream(), for each part of it. Error: TIMEOUT.
 */
#define kith_timeout(query, msec) kith_query_set_timeout((KithQuery *) (query), (msec))

/*
 * Give a value to a parameter that kith_param() has named; it stays until another one is given. A
 * value of another type than the parameter's is an error of the next run, as is one without a value.
 */
#define kith_bind(query, name, value) \
    kith_query_bind((KithQuery *) (query), (name), KITH_VALUE(value))

/* --- joins ------------------------------------------------------------------------- */

/*
 * Another place that rows come from: (transfer none) a BookAlias for T = Book, which lives as long
 * as the query. Members of it are kith_at(alias, member). It is read once it is joined.
 */
#define kith_alias(query, T) \
    ((T##Alias *) kith_query_alias((KithQuery *) (query), &kith_mapping_##T))

/* A member of an alias, or of a query: also from within another query inside of it. */
#define kith_at(alias, member_)                                                              \
    KITH_TYPE_OF_MEMBER_((alias)->entity->member_)                                           \
        (kith_expression_at((alias), offsetof(__typeof__(*(alias)->entity), member_)))

/* As kith_via(), of the object that a reference of an alias, or of a query, leads to. */
#define kith_via_at(alias, member_, Target, expression)                                      \
    ((__typeof__(expression)){ kith_expression_via(                                          \
        (alias),                                                                             \
        KITH_REQUIRE(KITH_POINTS_TO((alias)->entity->member_.target, Target),                \
                     "." #member_ " is not a KITH_REF(" #Target ")")                        \
            + offsetof(__typeof__(*(alias)->entity), member_),                               \
        (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(expression), { .op = KITH_OP_END } }) })

/* Join an alias: each row with each of its rows of which the predicate holds. */
#define kith_join(query, alias, on) KITH_JOIN_(query, alias, KITH_JOIN_INNER, on)

/* The same, and a row without such rows once, with NULL in their place. */
#define kith_left_join(query, alias, on) KITH_JOIN_(query, alias, KITH_JOIN_LEFT, on)

/*
 * Each row of the alias, with each row that was there before of which the predicate holds, and else
 * with NULL in place of those; kith_full_join() keeps the rows of both sides so. Filters leave rows
 * out before they are joined. For rows, by kith_select(), and for conditions: of objects it is
 * MISUSE, for they may be missing, and so is a lock. SQLite has them since 3.39; before, MISUSE.
 * PostgreSQL takes a full join only by conditions that say what is equal (Error: SQL).
 */
#define kith_right_join(query, alias, on) KITH_JOIN_(query, alias, KITH_JOIN_RIGHT, on)
#define kith_full_join(query, alias, on) KITH_JOIN_(query, alias, KITH_JOIN_FULL, on)

#define KITH_JOIN_(query, alias, join, on)                                                 \
    kith_query_join((KithQuery *) (query), (KithAlias *) (alias), (join),                  \
                    _Generic((on), __typeof__(*(alias)->predicate): (on)).untyped)

/*
 * Join, to each row, the rows that another query gives for it; it refers to the row by kith_at(). The
 * alias is of the struct that the query gives. Error: MISUSE where the database has no LATERAL, as
 * SQLite.
 */
#define kith_join_lateral(query, alias, lateral)                                           \
    kith_query_join_lateral((KithQuery *) (query), (KithAlias *) (alias), KITH_JOIN_INNER, \
                            (const KithQuery *) (lateral))
#define kith_left_join_lateral(query, alias, lateral)                                      \
    kith_query_join_lateral((KithQuery *) (query), (KithAlias *) (alias), KITH_JOIN_LEFT,  \
                            (const KithQuery *) (lateral))

/* --- rows of the program's own structs --------------------------------------------- */

/*
 * Give a struct R instead of objects: its member is this expression. Every member that KITH_RESULT
 * names has to be given one. An expression of another type does not compile. R is an entity where the
 * query is for kith_insert_from().
 *   kith_select(query, Sales, author, kith_via(Book, author, Author, kith_member(Author, name)));
 */
#define kith_select(query, R, member, expression)                                          \
    kith_query_select((KithQuery *) (query), &kith_mapping_##R,                            \
                      KITH_REQUIRE_TYPE(KITH_COMPARES(KITH_MEMBER(R, member), expression), \
                                        R##_member_cannot_hold_this)                   \
                          + offsetof(R, member),                                           \
                      KITH_OPERAND(expression))

/* One row for all that have the same; several add up. */
#define kith_group_by(query, expression) \
    kith_query_group_by((KithQuery *) (query), KITH_OPERAND_NO_OBJECT(expression))

/* Only the groups of which the predicate holds. */
#define kith_having(query, p)                                                              \
    kith_query_having((KithQuery *) (query),                                               \
                      _Generic((p), __typeof__(*(query)->predicate): (p)).untyped)

/*
 * All rows: (transfer none) an array of R closed by NULL, for kith_each(); NULL on error. Rows and
 * their texts live until the query is run again or freed.
 */
#define kith_rows(query, R, error) \
    ((const R *const *) kith_query_rows((KithQuery *) (query), &kith_mapping_##R, KITH_HERE, (error)))

/*
 * What one expression gives, for each row: (transfer none) an array of @ret_n values, of int64_t for
 * an integer expression, const char * for a text; NULL on error. It lives until the query is run
 * again or freed. Error: TYPE where a number is NULL.
 *   const char *const *names = kith_values(query, kith_member(Author, name), &n, &error);
 */
#define kith_values(query, expression, ret_n, error)                                       \
    ((KITH_ARRAY_OF_(expression)) kith_query_values(                                       \
        (KithQuery *) (query), KITH_OPERAND_NO_OBJECT(expression),                         \
        KITH_KIND_OF(*(KITH_ARRAY_OF_(expression)) 0), (ret_n), KITH_HERE, (error)))

#define KITH_ARRAY_OF_(x)                                                                  \
    __typeof__(_Generic((x), KithBoolExpression: (const bool *) 0,                         \
                        KithIntegerExpression: (const int64_t *) 0,                        \
                        KithDoubleExpression: (const double *) 0,                          \
                        KithTextExpression: (const char *const *) 0,                       \
                        KithBlobExpression: (const KithBlob *) 0,                          \
                        KithTimeExpression: (const KithTime *) 0,                          \
                        KithDateExpression: (const KithDate *) 0,                          \
                        KithUuidExpression: (const KithUuid *) 0))

/* --- several queries --------------------------------------------------------------- */

/* The rows of both; those in both; those of the first only. Both give the same struct. */
#define kith_union(query, other) KITH_COMBINED_(query, KITH_UNION, other)
#define kith_union_all(query, other) KITH_COMBINED_(query, KITH_UNION_ALL, other)
#define kith_intersect(query, other) KITH_COMBINED_(query, KITH_INTERSECT, other)
#define kith_except(query, other) KITH_COMBINED_(query, KITH_EXCEPT, other)
#define KITH_COMBINED_(query, operation, other) \
    kith_query_combine((KithQuery *) (query), (operation), (const KithQuery *) (other))

/*
 * Where the rows of R come from, within this query: from another one (WITH), or from one, and again
 * and again from a second that joins R, until no new rows come (WITH RECURSIVE).
 */
#define kith_common_table(query, R, base)                                                  \
    kith_query_common_table((KithQuery *) (query), &kith_mapping_##R,                      \
                            (const KithQuery *) (base), NULL)
#define kith_recursive_table(query, R, base, step)                                         \
    kith_query_common_table((KithQuery *) (query), &kith_mapping_##R,                      \
                            (const KithQuery *) (base), (const KithQuery *) (step))

/* --- filters ----------------------------------------------------------------------- */

/*
 * A condition that all queries of the session have on T, from now on, under a name: for rows that
 * count as deleted, or that are another tenant's. It holds for what a query is over, for aliases, for
 * what kith_has(), kith_any_of() and kith_none_of() look for, and for kith_update_all() and
 * kith_delete_all(). An object that is asked for by its key, or through a relation, is found whatever
 * the filters say: what a session knows stays whole. Another filter of the name and T replaces it.
 */
#define kith_add_filter(session, T, name, p)                                               \
    kith_session_add_filter((session), (name), &kith_mapping_##T,                          \
                            _Generic((p), T##Predicate: (p)).untyped)

/* Take the filters of a name away, of all entities. */
#define kith_remove_filter(session, name) kith_session_remove_filter((session), (name))

/* This query goes past the filters of a name; NULL: past all. */
#define kith_without_filter(query, name) kith_query_lift_filter((KithQuery *) (query), (name))

/* --- SQL by hand ------------------------------------------------------------------- */

/*
 * The rows of the query come from a SELECT that the program has written, instead of a table: it has
 * to give the columns of the entity or of the KITH_RESULT, by their names. ':name' in it is a
 * parameter, whose value, and type, is that of kith_bind(). All else of the query applies to its rows:
 * conditions, order, limit. Before it is sent, all changes of the session are flushed.
 *
 * @sql is sent as it is: never put a value, or anything that comes from outside, into it.
 */
#define kith_unsafe_sql(query, sql) kith_query_unsafe_sql((KithQuery *) (query), (sql))

/*
 * Run a statement that the program has written and that gives no rows, within the transaction of the
 * unit of work, which is begun if none is open, until kith_commit() or kith_rollback(). Changes that
 * are not written yet are flushed first. ':name' in it is a parameter. @ret_n: (nullable): how many
 * rows it has inserted, updated or deleted, without those of triggers and cascades.
 *
 *   kith_unsafe_execute(session, "UPDATE books SET price = price * :factor WHERE price < :most",
 *                       KITH_NAMED(kith_named("factor", 1.1), kith_named("most", 5.0)), &n, &error);
 *   kith_unsafe_execute(session, "DELETE FROM books", NULL, NULL, &error);
 *
 * Kith does not know what the statement changes: every object that is loaded is read again when it
 * is asked for next, as after kith_expire_all(), also when the transaction is rolled back. No hooks
 * are run, no version is raised. A statement that fails rolls the transaction back, or to the
 * innermost savepoint, like one of a flush. Errors: MISUSE, before anything is sent, for a parameter
 * without a value, a value without a parameter, a statement that begins or ends a transaction;
 * MISUSE for one that gives rows; those of a flush.
 *
 * @sql is sent as it is, and kept as long as the engine: never put a value, or anything that comes
 * from outside, into it.
 */
#define kith_unsafe_execute(session, sql, values, ret_n, error) \
    kith_session_unsafe_execute((session), (sql), (values), (ret_n), KITH_HERE, (error))

/* The values of all parameters of a statement, and one of them. */
#define KITH_NAMED(...) ((const KithNamedValue[]){ __VA_ARGS__, { .name = NULL } })
#define kith_named(name_, value_) { .name = (name_), .value = KITH_VALUE(value_) }

/* --- running ----------------------------------------------------------------------- */

/*
 * All objects that match: (transfer none) an array closed by NULL, for kith_each(); NULL on error.
 * It lives until the query is run again or freed; the objects live as long as the session.
 */
#define kith_all(query, error) \
    ((__typeof__((query)->entities)) kith_query_all((KithQuery *) (query), KITH_HERE, (error)))

/*
 * A loop over all objects that match, however many, in memory that does not grow: rows are read
 * some at a time, and an object that the loop has gone past is let go, if nobody has changed it.
 *   kith_stream (book, query, &error)
 *       fprintf(file, "%s\n", book->title);
 *   if (error != NULL)
 *       return false;
 * @var is 'const T *', and lives for its turn of the loop. One that was changed or deleted in its
 * turn lives on until that is committed, and one that was loaded before stays as it was. The loop
 * ends behind the last object, at an error, which is set then, and when it is left: nothing is left
 * behind open, and a 'return' out of it leaves it open until the query is freed.
 *
 * Where no transaction is open, the rows are read over a connection of their own, all as they were
 * when the loop began; other queries, and commits, can be run in it. In a database in memory, which
 * has one writer or some readers, a commit in the loop is BUSY. Within a transaction, or where
 * changes had to be flushed for it, the rows come over its connection: then all else that would
 * send something is MISUSE until the loop has ended. Errors: those of a query, at any turn.
 */
#define kith_stream(var, query, error)                                                     \
    for (KithQuery *var##_stream = kith_query_stream_begin((KithQuery *) (query));         \
         var##_stream != NULL;                                                             \
         var##_stream = kith_query_stream_end(var##_stream))                               \
        for (__typeof__((query)->entity) var;                                              \
             (var = kith_query_stream_next(var##_stream, KITH_HERE, (error))) != NULL;)

/* The first object that matches; NULL without an error if there is none. */
#define kith_first(query, error) \
    ((__typeof__((query)->entity)) kith_query_first((KithQuery *) (query), KITH_HERE, (error)))

/* The only object that matches. Errors: NOT_FOUND if there is none, NOT_ONE if there are more. */
#define kith_one(query, error) \
    ((__typeof__((query)->entity)) kith_query_one((KithQuery *) (query), KITH_HERE, (error)))

/* Does any match, whatever limit and offset are? False on error. */
#define kith_exists(query, ret_exists, error) \
    kith_query_exists((KithQuery *) (query), (ret_exists), KITH_HERE, (error))

/* How many match, whatever limit and offset are. False on error. */
#define kith_count(query, ret_count, error) \
    kith_query_count((KithQuery *) (query), (ret_count), KITH_HERE, (error))

/* How the database would run kith_all(), in its own words: EXPLAIN. (transfer full) NULL on error. */
#define kith_query_explain(query, error) \
    kith_query_plan_text((KithQuery *) (query), KITH_HERE, (error))

/* The statement that kith_all() would send. (transfer full) NULL on error. */
#define kith_query_sql(query, error) kith_query_text((KithQuery *) (query), (error))

/* clang-format on */

#endif /* !__cplusplus */

#endif
