/*
 * kith-predicate.h - conditions and orders over the members of one entity, checked by the
 * compiler.
 *
 *     kith_eq(Author, name, "Ann")
 *     kith_or(Book, kith_lt(Book, price, 5.0), kith_is_null(Book, author))
 *
 * A predicate is a value: nothing is allocated, nothing is to be freed. Texts, blobs and
 * the parts of kith_and() and kith_or() are borrowed from the block that the predicate is
 * written in, and copied when it is given to kith_where(). To make a predicate elsewhere,
 * write a function that takes the query and adds to it: static void only_cheap(BookQuery
 * *query).
 */
#ifndef KITH_PREDICATE_H
#define KITH_PREDICATE_H

#include "kith-mapping.h"

G_BEGIN_DECLS

typedef enum KithOp {
    KITH_OP_END = 0, /* closes the parts of an AND or OR */
    KITH_OP_EQ,
    KITH_OP_NE,
    KITH_OP_LT,
    KITH_OP_LE,
    KITH_OP_GT,
    KITH_OP_GE,
    KITH_OP_IS_NULL,
    KITH_OP_IS_NOT_NULL,
    KITH_OP_AND,
    KITH_OP_OR,
    KITH_OP_NOT
} KithOp;

typedef struct KithPredicate {
    KithOp op;
    const KithMapping *mapping;
    size_t offset;                     /* of the member: the comparisons and NULL tests */
    KithValue value;                   /* the comparisons */
    const struct KithPredicate *parts; /* AND, OR: closed by KITH_OP_END; NOT: one */
} KithPredicate;

typedef struct KithOrder {
    size_t offset;
    bool descending;
} KithOrder;

KITH_API KithPredicate kith_predicate(KithOp op,
                                      const KithMapping *mapping,
                                      size_t offset,
                                      KithValue value);

G_END_DECLS

#ifndef __cplusplus

/* clang-format off */

/*
 * The comparisons. A value of the wrong type does not compile, nor does NULL: ask for that with
 * kith_is_null(). A reference is compared with an object: kith_eq(Book, author, ann). As in SQL, a
 * comparison with a column that is NULL is not true, whatever the value.
 */
#define kith_eq(T, member, x) KITH_COMPARE_(KITH_OP_EQ, T, member, x)
#define kith_ne(T, member, x) KITH_COMPARE_(KITH_OP_NE, T, member, x)
#define kith_lt(T, member, x) KITH_COMPARE_(KITH_OP_LT, T, member, x)
#define kith_le(T, member, x) KITH_COMPARE_(KITH_OP_LE, T, member, x)
#define kith_gt(T, member, x) KITH_COMPARE_(KITH_OP_GT, T, member, x)
#define kith_ge(T, member, x) KITH_COMPARE_(KITH_OP_GE, T, member, x)

#define kith_is_null(T, member) KITH_TEST_(KITH_OP_IS_NULL, T, member)
#define kith_is_not_null(T, member) KITH_TEST_(KITH_OP_IS_NOT_NULL, T, member)

/* All of them, any of them, not this one. */
#define kith_and(T, ...) KITH_COMBINE_(KITH_OP_AND, T, __VA_ARGS__)
#define kith_or(T, ...) KITH_COMBINE_(KITH_OP_OR, T, __VA_ARGS__)
#define kith_not(T, predicate) KITH_COMBINE_(KITH_OP_NOT, T, predicate)

/* Rising and falling, for kith_order_by(). NULL comes where the database puts it. */
#define kith_asc(T, member) KITH_ORDER_(T, member, false)
#define kith_desc(T, member) KITH_ORDER_(T, member, true)

#define KITH_COMPARE_(op, T, member, x)                                                      \
    ((T##Predicate){ kith_predicate(                                                         \
        (op), &kith_mapping_##T,                                                             \
        KITH_REQUIRE(KITH_ACCEPTS(KITH_MEMBER(T, member), x),                                \
                     #T "." #member " cannot be compared with " #x)                          \
            + offsetof(T, member),                                                           \
        KITH_VALUE_OR_OBJECT(x)) })

#define KITH_TEST_(op, T, member)                                                            \
    ((T##Predicate){ kith_predicate((op), &kith_mapping_##T,                                 \
                                    0 * sizeof(KITH_MEMBER(T, member)) + offsetof(T, member), \
                                    kith_value_null()) })

/* Closed by a sentinel rather than counted by sizeof, so that the arguments are expanded once:
 * two expansions a level would double with every nesting. */
#define KITH_COMBINE_(op_, T, ...)                                                           \
    ((T##Predicate){ { .op = (op_), .mapping = &kith_mapping_##T,                            \
                       .parts = (const KithPredicate *) (const T##Predicate[]){              \
                           __VA_ARGS__, { { .op = KITH_OP_END } } } } })

#define KITH_ORDER_(T, member, descending_)                                                  \
    ((T##Order){ { 0 * sizeof(KITH_MEMBER(T, member)) + offsetof(T, member), (descending_) } })

/* clang-format on */

#endif /* !__cplusplus */

#endif
