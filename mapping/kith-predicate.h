/*
 * kith-predicate.h - conditions and orders over the members of one entity, checked by the
 * compiler.
 *
 *     kith_eq(Author, name, "Ann")
 *     kith_or(Book, kith_lt(Book, price, 5.0), kith_is_null(Book, author))
 *     kith_has(Book, author, Author, kith_starts_with(Author, name, "Le"))
 *
 * A predicate is a value: nothing is allocated, nothing is to be freed. Texts, blobs,
 * arrays and the parts of kith_and() and others are borrowed from the block that the
 * predicate is written in, and copied when it is given to kith_where(). To make a
 * predicate elsewhere, write a function that takes the query and adds to it: static void
 * only_cheap(BookQuery *query).
 */
#ifndef KITH_PREDICATE_H
#define KITH_PREDICATE_H

#include "kith-mapping.h"

#ifndef __cplusplus

/* clang-format off */

/* --- comparisons ------------------------------------------------------------------- */

/*
 * A member and a value, a parameter (kith_param()), or another expression, such as a member:
 * kith_lt(Book, price, kith_member(Book, list_price)). A value of the wrong type does not compile,
 * nor does NULL: ask for that with kith_is_null(). A reference is compared with an object:
 * kith_eq(Book, author, ann). As in SQL, a comparison with a column that is NULL is not true,
 * whatever the value.
 */
#define kith_eq(T, member, x) KITH_COMPARE_(KITH_OP_EQ, T, member, x)
#define kith_ne(T, member, x) KITH_COMPARE_(KITH_OP_NE, T, member, x)
#define kith_lt(T, member, x) KITH_COMPARE_(KITH_OP_LT, T, member, x)
#define kith_le(T, member, x) KITH_COMPARE_(KITH_OP_LE, T, member, x)
#define kith_gt(T, member, x) KITH_COMPARE_(KITH_OP_GT, T, member, x)
#define kith_ge(T, member, x) KITH_COMPARE_(KITH_OP_GE, T, member, x)

/* From @low to @high, both included. */
#define kith_between(T, member, low, high)                                                   \
    KITH_PREDICATE_(T, KITH_OP_BETWEEN,                                                      \
                    KITH_MEMBER_NODE_(T, member, KITH_COMPARABLE_(T, member, low)            \
                                                     + KITH_COMPARABLE_(T, member, high)),   \
                    KITH_OPERAND(low), KITH_OPERAND(high))

#define kith_is_null(T, member) \
    KITH_PREDICATE_(T, KITH_OP_IS_NULL, KITH_MEMBER_NODE_(T, member, 0))
#define kith_is_not_null(T, member) \
    KITH_PREDICATE_(T, KITH_OP_IS_NOT_NULL, KITH_MEMBER_NODE_(T, member, 0))

/*
 * One of an array of @n values: kith_in(Book, id, ids, n_ids). An element has to be what the member
 * can be compared with. Nothing is in an empty array; everything, NULL too, is not in it.
 */
#define kith_in(T, member, values, n) KITH_IN_(KITH_OP_IN, T, member, values, n)
#define kith_not_in(T, member, values, n) KITH_IN_(KITH_OP_NOT_IN, T, member, values, n)

/*
 * One of what @expression gives for the rows of another query, which is copied:
 * kith_in_query(Book, id, loans, kith_member(Loan, book_id)).
 */
#define kith_in_query(T, member, query, expression) \
    KITH_IN_QUERY_(KITH_OP_IN, T, member, query, expression)
#define kith_not_in_query(T, member, query, expression) \
    KITH_IN_QUERY_(KITH_OP_NOT_IN, T, member, query, expression)

/* --- texts ------------------------------------------------------------------------- */

/*
 * kith_like() takes a pattern: % is any text, _ any character, and \ takes the special meaning off
 * the character behind it. The others take a text, in which nothing is special. The value is a
 * text, or a parameter. Upper and lower case are different, on every database; to kith_like_any_case()
 * and the like they are not: on SQLite that goes for the letters a to z only.
 */
#define kith_like(T, member, x) KITH_MATCH_(KITH_MATCH_LIKE, T, member, x)
#define kith_starts_with(T, member, x) KITH_MATCH_(KITH_MATCH_STARTS, T, member, x)
#define kith_ends_with(T, member, x) KITH_MATCH_(KITH_MATCH_ENDS, T, member, x)
#define kith_includes(T, member, x) KITH_MATCH_(KITH_MATCH_CONTAINS, T, member, x)

#define kith_eq_any_case(T, member, x) \
    KITH_MATCH_(KITH_MATCH_WHOLE | KITH_MATCH_ANY_CASE, T, member, x)
#define kith_like_any_case(T, member, x) \
    KITH_MATCH_(KITH_MATCH_LIKE | KITH_MATCH_ANY_CASE, T, member, x)
#define kith_starts_with_any_case(T, member, x) \
    KITH_MATCH_(KITH_MATCH_STARTS | KITH_MATCH_ANY_CASE, T, member, x)
#define kith_ends_with_any_case(T, member, x) \
    KITH_MATCH_(KITH_MATCH_ENDS | KITH_MATCH_ANY_CASE, T, member, x)
#define kith_includes_any_case(T, member, x) \
    KITH_MATCH_(KITH_MATCH_CONTAINS | KITH_MATCH_ANY_CASE, T, member, x)

/* --- several ----------------------------------------------------------------------- */

/* All of them, any of them, not this one. */
#define kith_and(T, ...) KITH_COMBINE_(KITH_OP_AND, T, __VA_ARGS__)
#define kith_or(T, ...) KITH_COMBINE_(KITH_OP_OR, T, __VA_ARGS__)
#define kith_not(T, predicate) KITH_COMBINE_(KITH_OP_NOT, T, predicate)

/*
 * The predicate where @condition is true as the program runs, else none: left out of the and, or, not
 * and where that it stands in, as if it had not been written.
 */
#define kith_if(T, condition, predicate) \
    KITH_COMBINE_((condition) ? KITH_OP_AND : KITH_OP_SKIP, T, predicate)

/* --- through relations ------------------------------------------------------------- */

/*
 * The reference leads to an object of which all predicates hold; they are of its entity, Target:
 * kith_has(Book, author, Author, kith_eq(Author, name, "Ann")). Nests to any depth.
 */
#define kith_has(T, member, Target, ...)                                                     \
    KITH_THROUGH_(KITH_OP_HAS, T, Target,                                                    \
        KITH_REQUIRE(KITH_POINTS_TO(KITH_MEMBER(T, member).target, Target),                  \
                     #T "." #member " is not a KITH_REF(" #Target ")") + offsetof(T, member), \
        __VA_ARGS__)

/* The collection has an object, or has none, of which all predicates hold. */
#define kith_any_of(T, member, Target, ...) \
    KITH_THROUGH_(KITH_OP_ANY_OF, T, Target, KITH_MANY_OFFSET_(T, member, Target), __VA_ARGS__)
#define kith_none_of(T, member, Target, ...) \
    KITH_THROUGH_(KITH_OP_NONE_OF, T, Target, KITH_MANY_OFFSET_(T, member, Target), __VA_ARGS__)

/* Another query gives a row; it is copied. It can refer to this one by kith_at(). */
#define kith_exists_in(T, query) KITH_EXISTS_(KITH_OP_EXISTS, T, query)

/* --- expressions as conditions ----------------------------------------------------- */

/*
 * Compare an expression with a value or another one: kith_compare(Book, kith_lower(title), ==, "x").
 * The operator is one of == != < <= > >=.
 */
#define kith_compare(T, left, operator, right)                                               \
    KITH_PREDICATE_(T,                                                                       \
        (KithOp) (KITH_REQUIRE(KITH_IS_OPERATOR_(operator),                                  \
                               #operator " is not one of == != < <= > >=")                   \
                  + KITH_REQUIRE_TYPE(KITH_MATCHES(left, right),                            \
                                      the_two_sides_cannot_be_compared)                      \
                  + (size_t) KITH_OP_OF_(operator)),                                         \
        KITH_OPERAND_NO_OBJECT(left), KITH_OPERAND(right))

/* A truth value is a condition. */
#define kith_holds(T, expression) \
    KITH_PREDICATE_(T, KITH_OP_HOLDS, kith_untyped_bool(expression))

/* An expression is NULL, or is not. */
#define kith_expression_is_null(T, expression) \
    KITH_PREDICATE_(T, KITH_OP_IS_NULL, KITH_OPERAND_NO_OBJECT(expression))
#define kith_expression_is_not_null(T, expression) \
    KITH_PREDICATE_(T, KITH_OP_IS_NOT_NULL, KITH_OPERAND_NO_OBJECT(expression))

/* --- orders ------------------------------------------------------------------------ */

/* Rising and falling, for kith_order_by(). NULL comes where the database puts it. */
#define kith_asc(T, member) KITH_ORDER_(T, KITH_MEMBER_NODE_(T, member, 0), KITH_ASCENDING)
#define kith_desc(T, member) KITH_ORDER_(T, KITH_MEMBER_NODE_(T, member, 0), KITH_DESCENDING)

/* By an expression. */
#define kith_asc_by(T, expression) \
    KITH_ORDER_(T, KITH_OPERAND_NO_OBJECT(expression), KITH_ASCENDING)
#define kith_desc_by(T, expression) \
    KITH_ORDER_(T, KITH_OPERAND_NO_OBJECT(expression), KITH_DESCENDING)

/* An order, with NULL in front or behind. */
#define kith_nulls_first(order) KITH_NULLS_(order, KITH_NULLS_FIRST)
#define kith_nulls_last(order) KITH_NULLS_(order, KITH_NULLS_LAST)

/* --- how it is done ---------------------------------------------------------------- */

#define KITH_MEMBER_NODE_(T, member, checks)                                                 \
    { .op = KITH_OP_MEMBER, .mapping = &kith_mapping_##T,                                    \
      .offset = 0 * sizeof(KITH_MEMBER(T, member)) + (checks) + offsetof(T, member) }

/* 0, where @x can be compared with the member. */
#define KITH_COMPARABLE_(T, member, x)                                                       \
    KITH_REQUIRE_TYPE(KITH_COMPARES(KITH_MEMBER(T, member), x),                              \
                      T##_member_cannot_be_compared_with_this)

#define KITH_PREDICATE_(T, operation, ...)                                                         \
    ((T##Predicate){ { .op = (operation), .kind = KITH_KIND_BOOL, .mapping = &kith_mapping_##T, \
                       .parts = (const KithExpression[]){ __VA_ARGS__, { .op = KITH_OP_END } } } })

#define KITH_COMPARE_(op_, T, member, x)                                                      \
    KITH_PREDICATE_(T, op_, KITH_MEMBER_NODE_(T, member, KITH_COMPARABLE_(T, member, x)),     \
                    KITH_OPERAND(x))

#define KITH_IN_(op_, T, member, values, n)                                                   \
    KITH_PREDICATE_(T, op_,                                                                   \
        KITH_MEMBER_NODE_(T, member,                                                         \
            KITH_REQUIRE(KITH_ELEMENT_FITS_(KITH_MEMBER(T, member), *(values)),              \
                         #T "." #member " cannot be compared with the elements of " #values)), \
        { .op = KITH_OP_LIST, .kind = KITH_KIND_OF_ELEMENT_(*(values)), .offset = (size_t) (n), \
          .value = { .as.object = (values) } })

/* What an array holds, from the type of an element; of another type: objects. */
#define KITH_KIND_OF_ELEMENT_(x)                                                             \
    _Generic((x), _Bool: KITH_KIND_BOOL, int32_t: KITH_KIND_INT32, unsigned: KITH_KIND_INT32, \
             long: sizeof(long) == 8 ? KITH_KIND_INT64 : KITH_KIND_INT32,                    \
             long long: KITH_KIND_INT64, double: KITH_KIND_DOUBLE, char *: KITH_KIND_TEXT,   \
             const char *: KITH_KIND_TEXT, KithBlob: KITH_KIND_BLOB, KithTime: KITH_KIND_TIME, \
             KithDate: KITH_KIND_DATE, KithUuid: KITH_KIND_UUID, default: KITH_KIND_OBJECT)

/* What is narrower than a column is not stored in an array as a column would be. */
#define KITH_ELEMENT_FITS_(m, x)                                                             \
    _Generic((x), signed char: 0, unsigned char: 0, short: 0, unsigned short: 0, float: 0,   \
             default: KITH_ACCEPTS(m, x))

#define KITH_IN_QUERY_(op_, T, member, query, expression)                                     \
    KITH_PREDICATE_(T, op_,                                                                   \
        KITH_MEMBER_NODE_(T, member, KITH_COMPARABLE_(T, member, expression)),               \
        { .op = KITH_OP_SUBQUERY, .value = { .as.object = 1 ? (query) : (void *) 0 },        \
          .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(expression),             \
                                             { .op = KITH_OP_END } } })

#define KITH_MATCH_(how, T, member, x)                                                       \
    ((T##Predicate){ { .op = KITH_OP_MATCH, .kind = KITH_KIND_BOOL, .function = (how),       \
                       .mapping = &kith_mapping_##T,                                         \
                       .parts = (const KithExpression[]){                                    \
                           KITH_MEMBER_NODE_(T, member,                                      \
                               KITH_REQUIRE(KITH_IS_TEXT_(KITH_MEMBER(T, member)),           \
                                            #T "." #member " is not a text")                 \
                               + KITH_COMPARABLE_(T, member, x)),                            \
                           KITH_OPERAND(x), { .op = KITH_OP_END } } } })
#define KITH_IS_TEXT_(x) _Generic((x), const char *: 1, default: 0)

/* Closed by a sentinel rather than counted by sizeof, so that the arguments are expanded once:
 * two expansions a level would double with every nesting. */
#define KITH_COMBINE_(op_, T, ...)                                                           \
    ((T##Predicate){ { .op = (op_), .kind = KITH_KIND_BOOL, .mapping = &kith_mapping_##T,    \
                       .parts = (const KithExpression *) (const T##Predicate[]){             \
                           __VA_ARGS__, { { .op = KITH_OP_END } } } } })

#define KITH_THROUGH_(op_, T, Target, offset_, ...)                                          \
    ((T##Predicate){ { .op = (op_), .kind = KITH_KIND_BOOL, .mapping = &kith_mapping_##T,    \
                       .offset = (offset_),                                                  \
                       .parts = (const KithExpression *) (const Target##Predicate[]){        \
                           __VA_ARGS__, { { .op = KITH_OP_END } } } } })

#define KITH_MANY_OFFSET_(T, member, Target)                                                 \
    (KITH_REQUIRE(KITH_POINTS_TO(*KITH_MEMBER(T, member).u.type, Target),                    \
                  #T "." #member " is not a KITH_MANY(" #Target ")") + offsetof(T, member))

#define KITH_EXISTS_(op_, T, query)                                                          \
    ((T##Predicate){ { .op = (op_), .kind = KITH_KIND_BOOL, .mapping = &kith_mapping_##T,    \
                       .value = { .as.object = 1 ? (query) : (void *) 0 } } })

#define KITH_ORDER_(T, node, direction_) ((T##Order){ { node, (direction_) } })

#define KITH_NULLS_(order, where) \
    ((__typeof__(order)){ kith_order_nulls((order).untyped, (where)) })

/* An operator is known by what it makes of 0 and 1, 1 and 0, 1 and 1; and of 7 and 2. */
#define KITH_BITS_OF_(operator) \
    ((0 operator 1) + 2 * (1 operator 0) + 4 * (1 operator 1) + 8 * (7 operator 2))
#define KITH_IS_OPERATOR_(operator)                                                          \
    (KITH_BITS_OF_(operator) == 1 || KITH_BITS_OF_(operator) == 5                            \
     || KITH_BITS_OF_(operator) == 10 || KITH_BITS_OF_(operator) == 14                       \
     || KITH_BITS_OF_(operator) == 4 || KITH_BITS_OF_(operator) == 11)
#define KITH_OP_OF_(operator)                                                                \
    (KITH_BITS_OF_(operator) == 1    ? KITH_OP_LT                                            \
     : KITH_BITS_OF_(operator) == 5  ? KITH_OP_LE                                            \
     : KITH_BITS_OF_(operator) == 10 ? KITH_OP_GT                                            \
     : KITH_BITS_OF_(operator) == 14 ? KITH_OP_GE                                            \
     : KITH_BITS_OF_(operator) == 4  ? KITH_OP_EQ                                            \
                                     : KITH_OP_NE)

static inline KithOrder
kith_order_nulls(KithOrder order, KithDirection where)
{
    order.direction |= where;
    return order;
}

/* clang-format on */

#endif /* !__cplusplus */

#endif
