/*
 * kith-functions.h - expressions: members, values, parameters, and what a database
 * computes of them.
 *
 *     kith_times(kith_member(Line, price), kith_member(Line, quantity))
 *     kith_via(Book, author, Author, kith_lower(kith_member(Author, name)))
 *     kith_over(kith_row_number(), kith_partition_by(kith_member(Book, shelf)))
 *
 * Where a function takes an expression it takes a value too: kith_plus(price, 1). What a
 * function gives is its C type; where it says 'the same', that is the type of its first
 * argument. As in SQL, what is computed of NULL is NULL unless a function says otherwise.
 */
#ifndef KITH_FUNCTIONS_H
#define KITH_FUNCTIONS_H

#include "kith-predicate.h"

#ifndef __cplusplus

/* clang-format off */

/* --- what is given ----------------------------------------------------------------- */

/*
 * A member of the row at hand: of the entity of the query, of the target inside of kith_has() and
 * kith_via(), or of the one alias of T that the query has. A reference gives its key.
 */
#define kith_member(T, member)                                                               \
    KITH_TYPE_OF_MEMBER_(KITH_MEMBER(T, member))                                             \
        ((KithExpression) KITH_MEMBER_NODE_(T, member, 0))

/* An expression over the object that a reference leads to; NULL where it leads to none. */
#define kith_via(T, member, Target, expression)                                              \
    ((__typeof__(expression)){ { .op = KITH_OP_VIA, .mapping = &kith_mapping_##T,            \
        .offset = KITH_REQUIRE(KITH_POINTS_TO(KITH_MEMBER(T, member).target, Target),        \
                               #T "." #member " is not a KITH_REF(" #Target ")")             \
                  + offsetof(T, member),                                                     \
        .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(expression),               \
                                           { .op = KITH_OP_END } } } })

/* A value as an expression. */
#define kith_value(x)                                                                        \
    _Generic((x), _Bool: kith_typed_bool, signed char: kith_typed_integer,                   \
             unsigned char: kith_typed_integer, short: kith_typed_integer,                   \
             unsigned short: kith_typed_integer, int: kith_typed_integer,                    \
             unsigned: kith_typed_integer, long: kith_typed_integer,                         \
             long long: kith_typed_integer, float: kith_typed_double,                        \
             double: kith_typed_double, char *: kith_typed_text, const char *: kith_typed_text, \
             KithBlob: kith_typed_blob, KithTime: kith_typed_time, KithDate: kith_typed_date, \
             KithUuid: kith_typed_uuid)(KITH_OPERAND_NO_OBJECT(x))

/*
 * A parameter: a value that is given later, by kith_bind(), and anew for each run. @type is what a
 * column can be: kith_le(Book, price, kith_param(double, "most")).
 */
#define kith_param(type, name_)                                                              \
    KITH_TYPE_OF_MEMBER_(*(type *) 0)                                                        \
        ((KithExpression){ .op = KITH_OP_PARAMETER, .kind = KITH_KIND_OF(*(type *) 0),       \
                           .value = { .kind = KITH_KIND_TEXT, .as.text = (name_) } })

/* A member of the struct that the query gives, for orders and groups: see kith_select(). */
#define kith_output(R, member)                                                               \
    KITH_TYPE_OF_MEMBER_(KITH_MEMBER(R, member))                                             \
        ((KithExpression){ .op = KITH_OP_OUTPUT, .mapping = &kith_mapping_##R,               \
                           .offset = offsetof(R, member) })

/* What another query gives as its only row; NULL if it gives none. The query is copied. */
#define kith_scalar(query, expression)                                                       \
    ((__typeof__(expression)){ { .op = KITH_OP_SUBQUERY,                                     \
        .value = { .as.object = 1 ? (query) : (void *) 0 },                                  \
        .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(expression),               \
                                           { .op = KITH_OP_END } } } })

/* --- numbers ----------------------------------------------------------------------- */

/* The same. Two integers are divided to an integer, towards zero. */
#define kith_plus(a, b) KITH_ARITHMETIC_(PLUS, a, b)
#define kith_minus(a, b) KITH_ARITHMETIC_(MINUS, a, b)
#define kith_times(a, b) KITH_ARITHMETIC_(TIMES, a, b)
#define kith_divided_by(a, b) KITH_ARITHMETIC_(DIVIDE, a, b)
#define kith_modulo(a, b) \
    KITH_FUNCTION_(KithIntegerExpression, MODULO, INT64, KITH_INTEGER_(a), KITH_INTEGER_(b))
#define kith_negated(a) \
    KITH_SAME_(KITH_NUMBER_(a), KITH_NODE_(NEGATE, NONE, KITH_OPERAND_NO_OBJECT(a)))
#define kith_abs(a) \
    KITH_SAME_(KITH_NUMBER_(a), KITH_NODE_(ABS, NONE, KITH_OPERAND_NO_OBJECT(a)))

/* To so many digits behind the point. */
#define kith_round(a, digits) \
    KITH_FUNCTION_(KithDoubleExpression, ROUND, DOUBLE, KITH_DOUBLE_(a), KITH_INTEGER_(digits))

/* --- texts ------------------------------------------------------------------------- */

#define kith_lower(a) KITH_FUNCTION_(KithTextExpression, LOWER, TEXT, KITH_TEXT_(a))
#define kith_upper(a) KITH_FUNCTION_(KithTextExpression, UPPER, TEXT, KITH_TEXT_(a))
#define kith_trim(a) KITH_FUNCTION_(KithTextExpression, TRIM, TEXT, KITH_TEXT_(a))
#define kith_concat(a, b) \
    KITH_FUNCTION_(KithTextExpression, CONCAT, TEXT, KITH_TEXT_(a), KITH_TEXT_(b))

/* In characters. */
#define kith_text_length(a) \
    KITH_FUNCTION_(KithIntegerExpression, TEXT_LENGTH, INT64, KITH_TEXT_(a))

/* @n characters from character @first on; the first of all is 1. */
#define kith_substring(a, first, n)                                                          \
    KITH_FUNCTION_(KithTextExpression, SUBSTRING, TEXT, KITH_TEXT_(a), KITH_INTEGER_(first), \
                   KITH_INTEGER_(n))

/* With every @old in it replaced. */
#define kith_replaced(a, old, new_)                                                          \
    KITH_FUNCTION_(KithTextExpression, REPLACE, TEXT, KITH_TEXT_(a), KITH_TEXT_(old),        \
                   KITH_TEXT_(new_))

/* At which character of @a does @b begin? 0: it is not in it. */
#define kith_position(a, b) \
    KITH_FUNCTION_(KithIntegerExpression, POSITION, INT64, KITH_TEXT_(a), KITH_TEXT_(b))

/* --- times and dates, in UTC ------------------------------------------------------- */

#define kith_now() KITH_FUNCTION_(KithTimeExpression, NOW, TIME, { .op = KITH_OP_END })
#define kith_date_of(time) KITH_FUNCTION_(KithDateExpression, DATE_OF, DATE, KITH_TIME_(time))
#define kith_hour(time) KITH_FUNCTION_(KithIntegerExpression, HOUR, INT64, KITH_TIME_(time))
#define kith_minute(time) KITH_FUNCTION_(KithIntegerExpression, MINUTE, INT64, KITH_TIME_(time))

/* Of a date, or of kith_date_of() a time. A week begins on Sunday, day 0. */
#define kith_year(date) KITH_FUNCTION_(KithIntegerExpression, YEAR, INT64, KITH_DATE_(date))
#define kith_month(date) KITH_FUNCTION_(KithIntegerExpression, MONTH, INT64, KITH_DATE_(date))
#define kith_day(date) KITH_FUNCTION_(KithIntegerExpression, DAY, INT64, KITH_DATE_(date))
#define kith_weekday(date) \
    KITH_FUNCTION_(KithIntegerExpression, WEEKDAY, INT64, KITH_DATE_(date))
#define kith_month_start(date) \
    KITH_FUNCTION_(KithDateExpression, MONTH_START, DATE, KITH_DATE_(date))
#define kith_plus_days(date, n) \
    KITH_FUNCTION_(KithDateExpression, PLUS_DAYS, DATE, KITH_DATE_(date), KITH_INTEGER_(n))

/* From @b to @a. */
#define kith_days_between(a, b) \
    KITH_FUNCTION_(KithIntegerExpression, DAYS_BETWEEN, INT64, KITH_DATE_(a), KITH_DATE_(b))

/* --- JSON in a text ---------------------------------------------------------------- */

/* The value of a key of an object: as a text, or, to look further into it, as JSON. */
#define kith_json_text(json, key) \
    KITH_FUNCTION_(KithTextExpression, JSON_TEXT, TEXT, KITH_TEXT_(json), KITH_TEXT_(key))
#define kith_json(json, key) \
    KITH_FUNCTION_(KithTextExpression, JSON, TEXT, KITH_TEXT_(json), KITH_TEXT_(key))

/* --- choices and casts ------------------------------------------------------------- */

/* The same as @then. For more than one condition: @otherwise is a kith_case() too. */
#define kith_case(predicate, then, otherwise)                                                \
    ((__typeof__(then)){ { .op = KITH_OP_CASE, .kind = KITH_KIND_NONE,                       \
        .parts = (const KithExpression[]){                                                   \
            (predicate).untyped, KITH_OPERAND_NO_OBJECT(then),                               \
            KITH_LIKE_(then, otherwise), { .op = KITH_OP_END } } } })

/* The same as @a: @a where it is not NULL, else @b. */
#define kith_coalesce(a, b)                                                                  \
    KITH_SAME_(a, KITH_NODE_(COALESCE, NONE, KITH_OPERAND_NO_OBJECT(a), KITH_LIKE_(a, b)))

/* The same as @a: NULL where it is @b. */
#define kith_null_if(a, b)                                                                   \
    KITH_SAME_(a, KITH_NODE_(NULL_IF, NONE, KITH_OPERAND_NO_OBJECT(a), KITH_LIKE_(a, b)))

#define kith_as_integer(a) KITH_CAST_(KithIntegerExpression, INT64, a)
#define kith_as_double(a) KITH_CAST_(KithDoubleExpression, DOUBLE, a)
#define kith_as_text(a) KITH_CAST_(KithTextExpression, TEXT, a)

/* A condition as a truth value. */
#define kith_truth(predicate) kith_typed_bool((predicate).untyped)

/* --- functions of the database by name --------------------------------------------- */

/* kith_call(double, "sqrt", kith_member(Book, price)): the program answers for the type. */
#define kith_call(type, ...) KITH_CALL_(type, __VA_ARGS__, { .op = KITH_OP_END })
#define KITH_CALL_(type, name_, first, ...)                                                  \
    KITH_TYPE_OF_MEMBER_(*(type *) 0)                                                        \
        ((KithExpression){ .op = KITH_OP_CALL, .kind = KITH_KIND_OF(*(type *) 0),            \
                           .value = { .kind = KITH_KIND_TEXT, .as.text = (name_) },          \
                           .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(first), \
                                                              __VA_ARGS__ } })
/* Another argument of kith_call() than the first. */
#define kith_argument(x) KITH_OPERAND_NO_OBJECT(x)

/* --- aggregates -------------------------------------------------------------------- */

#define kith_count_rows() \
    KITH_FUNCTION_(KithIntegerExpression, COUNT_ROWS, INT64, { .op = KITH_OP_END })
#define kith_count_values(a) \
    KITH_FUNCTION_(KithIntegerExpression, COUNT, INT64, KITH_OPERAND_NO_OBJECT(a))
#define kith_count_distinct(a)                                                               \
    KITH_FUNCTION_(KithIntegerExpression, COUNT, INT64,                                      \
                   { .op = KITH_OP_DISTINCT,                                                 \
                     .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(a),           \
                                                        { .op = KITH_OP_END } } })
/* The same; of no rows NULL. */
#define kith_sum(a)                                                                          \
    KITH_SAME_(KITH_NUMBER_(a),                                                              \
        ((KithExpression){ .op = KITH_OP_FUNCTION,                                           \
            .function = _Generic((a), KithIntegerExpression: KITH_FUNCTION_SUM,              \
                                 default: KITH_FUNCTION_SUM_DOUBLE),                         \
            .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(a),                    \
                                               { .op = KITH_OP_END } } }))
#define kith_min(a) KITH_SAME_(a, KITH_NODE_(MIN, NONE, KITH_OPERAND_NO_OBJECT(a)))
#define kith_max(a) KITH_SAME_(a, KITH_NODE_(MAX, NONE, KITH_OPERAND_NO_OBJECT(a)))
#define kith_average(a) \
    KITH_FUNCTION_(KithDoubleExpression, AVERAGE, DOUBLE, KITH_NUMERIC_(a))
/* The texts, with another between them, in no order. */
#define kith_joined(a, separator)                                                            \
    KITH_FUNCTION_(KithTextExpression, JOINED, TEXT, KITH_TEXT_(a), KITH_TEXT_(separator))

/* An aggregate over those rows only of which the predicate holds. */
#define kith_filter(aggregate, predicate)                                                    \
    KITH_SAME_(aggregate,                                                                    \
        ((KithExpression){ .op = KITH_OP_FILTER,                                             \
            .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(aggregate),            \
                                               (predicate).untyped, { .op = KITH_OP_END } } }))

/* --- windows ----------------------------------------------------------------------- */

/* Functions for kith_over(), beside the aggregates. */
#define kith_row_number() KITH_RANKING_(ROW_NUMBER)
#define kith_rank() KITH_RANKING_(RANK)
#define kith_dense_rank() KITH_RANKING_(DENSE_RANK)
#define kith_tile(n) KITH_FUNCTION_(KithIntegerExpression, TILE, INT64, KITH_INTEGER_(n))
/* The value of the row @n rows before this one, or behind it; NULL where there is none. */
#define kith_lag(a, n) \
    KITH_SAME_(a, KITH_NODE_(LAG, NONE, KITH_OPERAND_NO_OBJECT(a), KITH_INTEGER_(n)))
#define kith_lead(a, n) \
    KITH_SAME_(a, KITH_NODE_(LEAD, NONE, KITH_OPERAND_NO_OBJECT(a), KITH_INTEGER_(n)))
#define kith_first_of(a) KITH_SAME_(a, KITH_NODE_(FIRST, NONE, KITH_OPERAND_NO_OBJECT(a)))
#define kith_last_of(a) KITH_SAME_(a, KITH_NODE_(LAST, NONE, KITH_OPERAND_NO_OBJECT(a)))

/*
 * An aggregate, or one of these, over a window of rows. Parts are kith_partition_by(),
 * kith_window_order() and kith_rows(); the whole of the rows is one window without a partition:
 * kith_over(kith_sum(price), kith_partition_by(shelf), kith_window_order(kith_asc(Book, title)))
 */
#define kith_over(function, ...)                                                             \
    KITH_SAME_(function,                                                                     \
        ((KithExpression){ .op = KITH_OP_OVER,                                               \
            .parts = (const KithExpression *) (const KithWindowPart[]){                      \
                { KITH_OPERAND_NO_OBJECT(function) }, __VA_ARGS__,                           \
                { { .op = KITH_OP_END } } } }))
#define kith_partition_by(expression)                                                        \
    ((KithWindowPart){ { .op = KITH_OP_PARTITION,                                            \
                         .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(expression), \
                                                            { .op = KITH_OP_END } } } })
#define kith_window_order(order)                                                             \
    ((KithWindowPart){ { .op = KITH_OP_ORDER, .function = (order).untyped.direction,         \
                         .parts = (const KithExpression[]){ (order).untyped.expression,      \
                                                            { .op = KITH_OP_END } } } })
/* From so many rows before to so many behind; a negative number: all of them. */
#define kith_rows_around(before, behind)                                                     \
    ((KithWindowPart){ { .op = KITH_OP_FRAME,                                                \
                         .parts = (const KithExpression[]){                                  \
                             kith_operand_int64(before), kith_operand_int64(behind),         \
                             { .op = KITH_OP_END } } } })
/* One window over all rows: kith_over(kith_sum(price), kith_all_rows()). */
#define kith_all_rows() \
    ((KithWindowPart){ { .op = KITH_OP_PARTITION,                                            \
                         .parts = (const KithExpression[]){ { .op = KITH_OP_END } } } })

/* --- how it is done ---------------------------------------------------------------- */

/* The function that makes an expression of the type of a member. */
#define KITH_TYPE_OF_MEMBER_(x)                                                              \
    _Generic((x), _Bool: kith_typed_bool, int32_t: kith_typed_integer,                       \
             unsigned: kith_typed_enum, int64_t: kith_typed_integer, double: kith_typed_double, \
             const char *: kith_typed_text, KithBlob: kith_typed_blob,                       \
             KithTime: kith_typed_time, KithDate: kith_typed_date, KithUuid: kith_typed_uuid, \
             KithOptBool: kith_typed_bool, KithOptInt32: kith_typed_integer,                 \
             KithOptInt64: kith_typed_integer, KithOptDouble: kith_typed_double,             \
             KithOptTime: kith_typed_time, KithOptDate: kith_typed_date,                     \
             KithOptUuid: kith_typed_uuid, default: kith_typed_key)

#define KITH_NODE_(function_, kind_, ...)                                                    \
    ((KithExpression){ .op = KITH_OP_FUNCTION, .kind = KITH_KIND_##kind_,                    \
                       .function = KITH_FUNCTION_##function_,                                \
                       .parts = (const KithExpression[]){ __VA_ARGS__, { .op = KITH_OP_END } } })
#define KITH_FUNCTION_(Type, function_, kind_, ...) \
    ((Type){ KITH_NODE_(function_, kind_, __VA_ARGS__) })
#define KITH_SAME_(a, node) ((__typeof__(a)){ node })
#define KITH_RANKING_(function_) \
    KITH_FUNCTION_(KithIntegerExpression, function_, INT64, { .op = KITH_OP_END })
#define KITH_CAST_(Type, kind_, a)                                                           \
    ((Type){ { .op = KITH_OP_CAST, .kind = KITH_KIND_##kind_,                                \
               .parts = (const KithExpression[]){ KITH_OPERAND_NO_OBJECT(a), { .op = KITH_OP_END } } } })

/* An argument that has to be of a type: another one has no association here. */
#define KITH_INTEGER_(x)                                                                     \
    _Generic((x), KithIntegerExpression: kith_untyped_integer, int: kith_operand_int32,      \
             unsigned: kith_operand_int64, long: kith_operand_int64,                         \
             long long: kith_operand_int64)(x)
#define KITH_DOUBLE_(x)                                                                      \
    _Generic((x), KithDoubleExpression: kith_untyped_double, int: kith_operand_double,       \
             float: kith_operand_double, double: kith_operand_double)(x)
#define KITH_TEXT_(x)                                                                        \
    _Generic((x), KithTextExpression: kith_untyped_text, char *: kith_operand_text,          \
             const char *: kith_operand_text)(x)
#define KITH_TIME_(x) \
    _Generic((x), KithTimeExpression: kith_untyped_time, KithTime: kith_operand_time)(x)
#define KITH_DATE_(x) \
    _Generic((x), KithDateExpression: kith_untyped_date, KithDate: kith_operand_date)(x)
#define KITH_NUMERIC_(x)                                                                     \
    _Generic((x), KithIntegerExpression: kith_untyped_integer,                               \
             KithDoubleExpression: kith_untyped_double)(x)
#define KITH_NUMBER_(x)                                                                      \
    *_Generic((x), KithIntegerExpression: (KithIntegerExpression *) 0,                       \
              KithDoubleExpression: (KithDoubleExpression *) 0)

/* @b as another of the type of @a. */
#define KITH_LIKE_(a, b)                                                                     \
    kith_operand_checked(KITH_REQUIRE_TYPE(KITH_MATCHES(a, b),                              \
                                           the_second_is_not_of_the_type_of_the_first),      \
                         KITH_OPERAND_NO_OBJECT(b))
static inline KithExpression
kith_operand_checked(size_t zero, KithExpression operand)
{
    (void) zero;
    return operand;
}

#define KITH_ARITHMETIC_(function_, a, b)                                                    \
    KITH_SAME_(KITH_NUMBER_(a), KITH_NODE_(function_, NONE, KITH_NUMERIC_(a), KITH_LIKE_(a, b)))

/* clang-format on */

#endif /* !__cplusplus */

#endif
