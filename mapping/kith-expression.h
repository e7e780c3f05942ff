/*
 * kith-expression.h - what a database computes: members, values, parameters, functions.
 *
 * Every expression has a C type that says what it gives: kith_member(Book, price) is a
 * KithDoubleExpression, and where a text is wanted it does not compile. An expression is
 * a value: nothing is allocated, nothing is to be freed; its parts are borrowed from the
 * block that it is written in, and copied when it is given to a query.
 *
 * Here are the types; the ways to make expressions are in kith-functions.h, conditions in
 * kith-predicate.h.
 */
#ifndef KITH_EXPRESSION_H
#define KITH_EXPRESSION_H

#include "kith-core.h"
#include "kith-driver.h"

G_BEGIN_DECLS

typedef struct KithMapping KithMapping;
typedef struct KithQuery KithQuery;

typedef enum KithOp {
    KITH_OP_END = 0, /* closes the parts */

    /* what is given */
    KITH_OP_VALUE,     /* value */
    KITH_OP_LIST,      /* value.as.object: an array of 'offset' values of 'kind' */
    KITH_OP_PARAMETER, /* value.as.text: its name */
    KITH_OP_MEMBER,    /* mapping, source, offset */
    KITH_OP_OUTPUT,    /* a member of what the query gives */
    KITH_OP_VIA,       /* through the reference at 'offset': one part, of its target */
    KITH_OP_SUBQUERY,  /* value.as.object: a query; one part: what it gives */

    /* conditions: two parts */
    KITH_OP_EQ,
    KITH_OP_NE,
    KITH_OP_LT,
    KITH_OP_LE,
    KITH_OP_GT,
    KITH_OP_GE,
    KITH_OP_IN,
    KITH_OP_NOT_IN,
    KITH_OP_MATCH, /* function: a KithMatch */
    /* of others */
    KITH_OP_BETWEEN, /* three parts */
    KITH_OP_IS_NULL,
    KITH_OP_IS_NOT_NULL,
    KITH_OP_HOLDS, /* one part: a truth value */
    KITH_OP_AND,
    KITH_OP_OR,
    KITH_OP_NOT,
    KITH_OP_SKIP,    /* left out of what it stands in */
    KITH_OP_HAS,     /* the reference at 'offset' leads to one of which the parts hold */
    KITH_OP_ANY_OF,  /* the collection at 'offset' has one of which the parts hold */
    KITH_OP_NONE_OF, /* it has none */
    KITH_OP_EXISTS,  /* value.as.object: a query that gives a row */

    /* what is computed */
    KITH_OP_FUNCTION,  /* function: a KithFunction of the dialect */
    KITH_OP_CALL,      /* value.as.text: the name of a function of the database */
    KITH_OP_CASE,      /* condition, then, otherwise */
    KITH_OP_CAST,      /* to 'kind' */
    KITH_OP_DISTINCT,  /* the argument of an aggregate */
    KITH_OP_FILTER,    /* an aggregate, and the condition of its rows */
    KITH_OP_OVER,      /* a function, and the window: the three below */
    KITH_OP_PARTITION, /* parts */
    KITH_OP_ORDER,     /* one part; function: KithDirection */
    KITH_OP_FRAME      /* two integers: rows before and after; negative: all */
} KithOp;

/* How a text is compared with a pattern. The value of all but LIKE is taken literally. */
typedef enum KithMatch {
    KITH_MATCH_LIKE, /* % any text, _ any character, \ before either: itself */
    KITH_MATCH_STARTS,
    KITH_MATCH_ENDS,
    KITH_MATCH_CONTAINS,
    KITH_MATCH_WHOLE,
    KITH_MATCH_KINDS,
    KITH_MATCH_ANY_CASE = 8 /* or'ed */
} KithMatch;

typedef enum KithDirection {
    KITH_ASCENDING = 0,
    KITH_DESCENDING = 1,
    KITH_NULLS_FIRST = 2, /* or'ed */
    KITH_NULLS_LAST = 4
} KithDirection;

typedef struct KithExpression {
    KithOp op;
    KithKind kind;     /* of what it gives; NONE: of its first part */
    unsigned function; /* KithFunction, KithMatch, KithDirection */
    unsigned slot;     /* the query's own: which of its values */
    const KithMapping *mapping;
    uint64_t source; /* the alias or query that a member is of; 0: the row at hand */
    size_t offset;
    KithValue value;
    const struct KithExpression *parts; /* closed by KITH_OP_END */
} KithExpression;

/* A condition is an expression that is true or not. */
typedef struct KithExpression KithPredicate;

typedef struct KithOrder {
    KithExpression expression;
    unsigned direction; /* KithDirection */
} KithOrder;

/* UPDATE: the member at 'offset' of the query's entity becomes the value. */
typedef struct KithAssignment {
    size_t offset;
    KithExpression value;
} KithAssignment;

/* --- what an expression gives ------------------------------------------------------ */

typedef struct KithBoolExpression {
    KithExpression untyped;
} KithBoolExpression;
typedef struct KithIntegerExpression { /* an int32_t or int64_t, or a KithOpt… of one */
    KithExpression untyped;
} KithIntegerExpression;
typedef struct KithDoubleExpression {
    KithExpression untyped;
} KithDoubleExpression;
typedef struct KithTextExpression {
    KithExpression untyped;
} KithTextExpression;
typedef struct KithBlobExpression {
    KithExpression untyped;
} KithBlobExpression;
typedef struct KithTimeExpression {
    KithExpression untyped;
} KithTimeExpression;
typedef struct KithDateExpression {
    KithExpression untyped;
} KithDateExpression;
typedef struct KithUuidExpression {
    KithExpression untyped;
} KithUuidExpression;
typedef struct KithEnumExpression { /* a C enum */
    KithExpression untyped;
} KithEnumExpression;
typedef struct KithKeyExpression { /* the key that a reference holds */
    KithExpression untyped;
} KithKeyExpression;

/* A part of a window: see kith_over(). */
typedef struct KithWindowPart {
    KithExpression untyped;
} KithWindowPart;

G_END_DECLS

#ifndef __cplusplus

/* A value, or an expression, as a part of an expression. */
static inline KithExpression
kith_operand(KithValue value)
{
    return (KithExpression){ .op = KITH_OP_VALUE, .kind = value.kind, .value = value };
}

/* clang-format off */

#define KITH_OPERAND_OF_(name, type)               \
    static inline KithExpression                   \
    kith_operand_##name(type value)                \
    {                                              \
        return kith_operand(kith_value_##name(value)); \
    }
KITH_OPERAND_OF_(bool, bool)
KITH_OPERAND_OF_(int32, int32_t)
KITH_OPERAND_OF_(int64, int64_t)
KITH_OPERAND_OF_(double, double)
KITH_OPERAND_OF_(text, const char *)
KITH_OPERAND_OF_(blob, KithBlob)
KITH_OPERAND_OF_(time, KithTime)
KITH_OPERAND_OF_(date, KithDate)
KITH_OPERAND_OF_(uuid, KithUuid)
KITH_OPERAND_OF_(opt_bool, KithOptBool)
KITH_OPERAND_OF_(opt_int32, KithOptInt32)
KITH_OPERAND_OF_(opt_int64, KithOptInt64)
KITH_OPERAND_OF_(opt_double, KithOptDouble)
KITH_OPERAND_OF_(opt_time, KithOptTime)
KITH_OPERAND_OF_(opt_date, KithOptDate)
KITH_OPERAND_OF_(opt_uuid, KithOptUuid)
KITH_OPERAND_OF_(object, const void *)
#undef KITH_OPERAND_OF_

/* For each type of expression: KITH_EXPRESSIONS_(X) is X(KithBoolExpression, bool, …) and so on. */
#define KITH_TYPED_EXPRESSION_(Type, name)                              \
    static inline KithExpression                                        \
    kith_untyped_##name(Type expression)                                \
    {                                                                   \
        return expression.untyped;                                      \
    }                                                                   \
    static inline Type                                                  \
    kith_typed_##name(KithExpression expression)                        \
    {                                                                   \
        return (Type){ expression };                                    \
    }
KITH_TYPED_EXPRESSION_(KithBoolExpression, bool)
KITH_TYPED_EXPRESSION_(KithIntegerExpression, integer)
KITH_TYPED_EXPRESSION_(KithDoubleExpression, double)
KITH_TYPED_EXPRESSION_(KithTextExpression, text)
KITH_TYPED_EXPRESSION_(KithBlobExpression, blob)
KITH_TYPED_EXPRESSION_(KithTimeExpression, time)
KITH_TYPED_EXPRESSION_(KithDateExpression, date)
KITH_TYPED_EXPRESSION_(KithUuidExpression, uuid)
KITH_TYPED_EXPRESSION_(KithEnumExpression, enum)
KITH_TYPED_EXPRESSION_(KithKeyExpression, key)
#undef KITH_TYPED_EXPRESSION_

/* clang-format on */

#endif /* !__cplusplus */

#endif
