/*
 * kith-check.h - the checks that the compiler makes, and nothing else.
 *
 * A check is one bare _Generic that yields 0 or 1, inside a _Static_assert, inside the
 * sizeof of a struct, so that it can stand in an expression: its value is 0. Bare,
 * because clang prints the whole expansion of anything more in front of the message. In
 * every macro the first use of a member's name stands after '->', because that is where
 * clang completes it in an editor.
 */
#ifndef KITH_CHECK_H
#define KITH_CHECK_H

#include "kith-core.h"
#include "kith-expression.h"

#ifndef __cplusplus

/* clang-format off */

#define KITH_REQUIRE(condition, message) \
    ((size_t) 0 * sizeof(struct { _Static_assert(condition, message); char unused; }))

/*
 * The same where the condition has an expression of kith-functions.h in it: within a struct clang
 * takes the literals that it is made of for global ones. What is refused stands in the name of a
 * struct that does not exist.
 */
#define KITH_REQUIRE_TYPE(condition, complaint)                                        \
    ((size_t) 0 * sizeof(*_Generic((char (*)[1 + (condition)]) 0,                      \
                                   char (*)[2]: (char *) 0,                            \
                                   default: (struct complaint *) 0)))

#define KITH_MEMBER(T, member) (((T *) 0)->member)

/* --- members ----------------------------------------------------------------------- */

/*
 * The kind of a member, from its type. An enum is an unsigned to gcc and clang, or an int where
 * one of its enumerators is negative; stored as an integer both are INT32.
 */
#define KITH_KIND_OF(x)                \
    _Generic((x),                      \
        _Bool: KITH_KIND_BOOL,         \
        int32_t: KITH_KIND_INT32,      \
        unsigned: KITH_KIND_INT32,     \
        int64_t: KITH_KIND_INT64,      \
        double: KITH_KIND_DOUBLE,      \
        const char *: KITH_KIND_TEXT,  \
        KithBlob: KITH_KIND_BLOB,      \
        KithTime: KITH_KIND_TIME,      \
        KithDate: KITH_KIND_DATE,      \
        KithUuid: KITH_KIND_UUID,      \
        KithOptBool: KITH_KIND_BOOL,   \
        KithOptInt32: KITH_KIND_INT32, \
        KithOptInt64: KITH_KIND_INT64, \
        KithOptDouble: KITH_KIND_DOUBLE, \
        KithOptTime: KITH_KIND_TIME,   \
        KithOptDate: KITH_KIND_DATE,   \
        KithOptUuid: KITH_KIND_UUID,   \
        default: KITH_KIND_NONE)

#define KITH_IS_COLUMN(x)                                                             \
    _Generic((x),                                                                     \
        _Bool: 1, int32_t: 1, unsigned: 1, int64_t: 1, double: 1, const char *: 1,    \
        KithBlob: 1, KithTime: 1, KithDate: 1, KithUuid: 1,                           \
        KithOptBool: 1, KithOptInt32: 1, KithOptInt64: 1, KithOptDouble: 1,           \
        KithOptTime: 1, KithOptDate: 1, KithOptUuid: 1,                               \
        default: 0)

#define KITH_IS_OPTIONAL(x)                                                           \
    _Generic((x),                                                                     \
        KithOptBool: true, KithOptInt32: true, KithOptInt64: true,                    \
        KithOptDouble: true, KithOptTime: true, KithOptDate: true, KithOptUuid: true, \
        default: false)

#define KITH_IS_KEY(x) \
    _Generic((x), int32_t: 1, int64_t: 1, const char *: 1, KithUuid: 1, default: 0)

#define KITH_IS_VERSION(x) _Generic((x), int32_t: 1, int64_t: 1, default: 0)

#define KITH_IS_DISCRIMINATOR(x) \
    _Generic((x), int32_t: 1, unsigned: 1, int64_t: 1, const char *: 1, default: 0)

#define KITH_IS_A(x, T) _Generic((x), T: 1, default: 0)

#define KITH_POINTS_TO(pointer, T) _Generic((pointer), const T *: 1, default: 0)

/* --- values ------------------------------------------------------------------------ */

/*
 * What a value may be. Widening is allowed, narrowing is not; 'true' is an int in C11, a string
 * literal a char *, an enumerator an int.
 */
#define KITH_FITS_BOOL(x) _Generic((x), _Bool: 1, int: 1, default: 0)
#define KITH_FITS_INT32(x) \
    _Generic((x), signed char: 1, unsigned char: 1, short: 1, unsigned short: 1, int: 1, \
             default: 0)
#define KITH_FITS_INT64(x) \
    _Generic((x), signed char: 1, unsigned char: 1, short: 1, unsigned short: 1, int: 1, \
             unsigned: 1, long: 1, long long: 1, default: 0)
#define KITH_FITS_DOUBLE(x) _Generic((x), int: 1, float: 1, double: 1, default: 0)
#define KITH_FITS_TEXT(x) _Generic((x), char *: 1, const char *: 1, default: 0)
#define KITH_FITS_ENUM(x) _Generic((x), int: 1, unsigned: 1, default: 0)
#define KITH_FITS_BLOB(x) _Generic((x), KithBlob: 1, default: 0)
#define KITH_FITS_TIME(x) _Generic((x), KithTime: 1, default: 0)
#define KITH_FITS_DATE(x) _Generic((x), KithDate: 1, default: 0)
#define KITH_FITS_UUID(x) _Generic((x), KithUuid: 1, default: 0)
#define KITH_FITS_OPT_BOOL(x) _Generic((x), KithOptBool: 1, default: KITH_FITS_BOOL(x))
#define KITH_FITS_OPT_INT32(x) _Generic((x), KithOptInt32: 1, default: KITH_FITS_INT32(x))
#define KITH_FITS_OPT_INT64(x) _Generic((x), KithOptInt64: 1, default: KITH_FITS_INT64(x))
#define KITH_FITS_OPT_DOUBLE(x) _Generic((x), KithOptDouble: 1, default: KITH_FITS_DOUBLE(x))
#define KITH_FITS_OPT_TIME(x) _Generic((x), KithOptTime: 1, default: KITH_FITS_TIME(x))
#define KITH_FITS_OPT_DATE(x) _Generic((x), KithOptDate: 1, default: KITH_FITS_DATE(x))
#define KITH_FITS_OPT_UUID(x) _Generic((x), KithOptUuid: 1, default: KITH_FITS_UUID(x))

/*
 * A reference is the one kind of member that has no type of its own to list, so it is what is left
 * over, and these two give every other member and value a stand-in: all branches of a _Generic
 * have to be valid, the ones not taken too.
 */
struct KithNoReference {
    const struct KithNoReference *target;
};

#define KITH_REFERENCE_(m)                                                             \
    _Generic((m),                                                                      \
        _Bool: *KITH_NO_REFERENCE_, int32_t: *KITH_NO_REFERENCE_,                      \
        unsigned: *KITH_NO_REFERENCE_, int64_t: *KITH_NO_REFERENCE_,                   \
        double: *KITH_NO_REFERENCE_, const char *: *KITH_NO_REFERENCE_,                \
        KithBlob: *KITH_NO_REFERENCE_, KithTime: *KITH_NO_REFERENCE_,                  \
        KithDate: *KITH_NO_REFERENCE_, KithUuid: *KITH_NO_REFERENCE_,                  \
        KithOptBool: *KITH_NO_REFERENCE_, KithOptInt32: *KITH_NO_REFERENCE_,           \
        KithOptInt64: *KITH_NO_REFERENCE_, KithOptDouble: *KITH_NO_REFERENCE_,         \
        KithOptTime: *KITH_NO_REFERENCE_, KithOptDate: *KITH_NO_REFERENCE_,            \
        KithOptUuid: *KITH_NO_REFERENCE_,                                              \
        default: (m))

#define KITH_POINTER_(x)                                                               \
    _Generic((x),                                                                      \
        _Bool: KITH_NO_REFERENCE_, signed char: KITH_NO_REFERENCE_,                    \
        unsigned char: KITH_NO_REFERENCE_, short: KITH_NO_REFERENCE_,                  \
        unsigned short: KITH_NO_REFERENCE_, int: KITH_NO_REFERENCE_,                   \
        unsigned: KITH_NO_REFERENCE_, long: KITH_NO_REFERENCE_,                        \
        unsigned long: KITH_NO_REFERENCE_, long long: KITH_NO_REFERENCE_,              \
        unsigned long long: KITH_NO_REFERENCE_, float: KITH_NO_REFERENCE_,             \
        double: KITH_NO_REFERENCE_, char *: KITH_NO_REFERENCE_,                        \
        const char *: KITH_NO_REFERENCE_, void *: KITH_NO_REFERENCE_,                  \
        KithBlob: KITH_NO_REFERENCE_, KithTime: KITH_NO_REFERENCE_,                    \
        KithDate: KITH_NO_REFERENCE_, KithUuid: KITH_NO_REFERENCE_,                    \
        KithOptBool: KITH_NO_REFERENCE_, KithOptInt32: KITH_NO_REFERENCE_,             \
        KithOptInt64: KITH_NO_REFERENCE_, KithOptDouble: KITH_NO_REFERENCE_,           \
        KithOptTime: KITH_NO_REFERENCE_, KithOptDate: KITH_NO_REFERENCE_,              \
        KithOptUuid: KITH_NO_REFERENCE_, KithBoolExpression: (void *) 0,       \
        KithIntegerExpression: (void *) 0, KithDoubleExpression: (void *) 0, \
        KithTextExpression: (void *) 0, KithBlobExpression: (void *) 0, \
        KithTimeExpression: (void *) 0, KithDateExpression: (void *) 0, \
        KithUuidExpression: (void *) 0, KithEnumExpression: (void *) 0, \
        KithKeyExpression: (void *) 0,                                         \
        default: (x))

#define KITH_NO_REFERENCE_ ((const struct KithNoReference *) 0)

/* The conditional makes 'const T *' of T * and const T *, and something else of the rest. */
#define KITH_FITS_REFERENCE_(pointer, target) \
    _Generic((1 ? (pointer) : (target)), __typeof__(&*(target)): 1, default: 0)

/* May @x be stored in, or compared with, the member? */
#define KITH_ACCEPTS(m, x)                       \
    _Generic((m),                                \
        _Bool: KITH_FITS_BOOL(x),                \
        int32_t: KITH_FITS_INT32(x),             \
        unsigned: KITH_FITS_ENUM(x),             \
        int64_t: KITH_FITS_INT64(x),             \
        double: KITH_FITS_DOUBLE(x),             \
        const char *: KITH_FITS_TEXT(x),         \
        KithBlob: KITH_FITS_BLOB(x),             \
        KithTime: KITH_FITS_TIME(x),             \
        KithDate: KITH_FITS_DATE(x),             \
        KithUuid: KITH_FITS_UUID(x),             \
        KithOptBool: KITH_FITS_OPT_BOOL(x),      \
        KithOptInt32: KITH_FITS_OPT_INT32(x),    \
        KithOptInt64: KITH_FITS_OPT_INT64(x),    \
        KithOptDouble: KITH_FITS_OPT_DOUBLE(x),  \
        KithOptTime: KITH_FITS_OPT_TIME(x),      \
        KithOptDate: KITH_FITS_OPT_DATE(x),      \
        KithOptUuid: KITH_FITS_OPT_UUID(x),      \
        default: KITH_FITS_REFERENCE_(KITH_POINTER_(x), KITH_REFERENCE_(m).target))

/*
 * What a value or an expression is, as one bit, and what a member can be compared with, as several:
 * so that an argument that is long, because it is made of others, is expanded only a few times.
 */
#define KITH_CLASS_(x)                                                                 \
    _Generic((x),                                                                      \
        _Bool: 1 << 0, signed char: 1 << 1, unsigned char: 1 << 1, short: 1 << 1,      \
        unsigned short: 1 << 1, int: 1 << 2, unsigned: 1 << 3, long: 1 << 4,           \
        long long: 1 << 4, float: 1 << 5, double: 1 << 5, char *: 1 << 6,              \
        const char *: 1 << 6, KithBlob: 1 << 7, KithTime: 1 << 8, KithDate: 1 << 9,    \
        KithUuid: 1 << 10, KithOptBool: 1 << 11, KithOptInt32: 1 << 12,                \
        KithOptInt64: 1 << 13, KithOptDouble: 1 << 14, KithOptTime: 1 << 15,           \
        KithOptDate: 1 << 16, KithOptUuid: 1 << 17,                                    \
        KithBoolExpression: 1 << 18, KithIntegerExpression: 1 << 19,                   \
        KithDoubleExpression: 1 << 20, KithTextExpression: 1 << 21,                    \
        KithBlobExpression: 1 << 22, KithTimeExpression: 1 << 23,                      \
        KithDateExpression: 1 << 24, KithUuidExpression: 1 << 25,                      \
        KithEnumExpression: 1 << 26, KithKeyExpression: 1 << 27,                       \
        default: 0)

#define KITH_TAKES_BOOL_ (1 << 0 | 1 << 2 | 1 << 18)
#define KITH_TAKES_INT32_ (1 << 1 | 1 << 2 | 1 << 19 | 1 << 26 | 1 << 27)
#define KITH_TAKES_ENUM_ (1 << 2 | 1 << 3 | 1 << 26)
#define KITH_TAKES_INT64_ (1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 19 | 1 << 27)
#define KITH_TAKES_DOUBLE_ (1 << 2 | 1 << 5 | 1 << 19 | 1 << 20)
#define KITH_TAKES_TEXT_ (1 << 6 | 1 << 21 | 1 << 27)
#define KITH_TAKES_BLOB_ (1 << 7 | 1 << 22)
#define KITH_TAKES_TIME_ (1 << 8 | 1 << 23)
#define KITH_TAKES_DATE_ (1 << 9 | 1 << 24)
#define KITH_TAKES_UUID_ (1 << 10 | 1 << 25 | 1 << 27)
#define KITH_TAKES_KEY_ (1 << 19 | 1 << 21 | 1 << 25 | 1 << 27)

#define KITH_TAKEN_BY_(m)                                                              \
    _Generic((m),                                                                      \
        _Bool: KITH_TAKES_BOOL_, int32_t: KITH_TAKES_INT32_,                           \
        unsigned: KITH_TAKES_ENUM_, int64_t: KITH_TAKES_INT64_,                        \
        double: KITH_TAKES_DOUBLE_, const char *: KITH_TAKES_TEXT_,                    \
        KithBlob: KITH_TAKES_BLOB_, KithTime: KITH_TAKES_TIME_,                        \
        KithDate: KITH_TAKES_DATE_, KithUuid: KITH_TAKES_UUID_,                        \
        KithOptBool: KITH_TAKES_BOOL_ | 1 << 11,                                       \
        KithOptInt32: KITH_TAKES_INT32_ | 1 << 12,                                     \
        KithOptInt64: KITH_TAKES_INT64_ | 1 << 13,                                     \
        KithOptDouble: KITH_TAKES_DOUBLE_ | 1 << 14,                                   \
        KithOptTime: KITH_TAKES_TIME_ | 1 << 15,                                       \
        KithOptDate: KITH_TAKES_DATE_ | 1 << 16,                                       \
        KithOptUuid: KITH_TAKES_UUID_ | 1 << 17,                                       \
        default: KITH_TAKES_KEY_)

/* What an expression can be compared with. */
#define KITH_TAKEN_BY_EXPRESSION_(x)                                                   \
    _Generic((x),                                                                      \
        KithBoolExpression: KITH_TAKES_BOOL_, KithIntegerExpression: KITH_TAKES_INT64_, \
        KithDoubleExpression: KITH_TAKES_DOUBLE_, KithTextExpression: KITH_TAKES_TEXT_, \
        KithBlobExpression: KITH_TAKES_BLOB_, KithTimeExpression: KITH_TAKES_TIME_,    \
        KithDateExpression: KITH_TAKES_DATE_, KithUuidExpression: KITH_TAKES_UUID_,    \
        KithEnumExpression: KITH_TAKES_ENUM_,                                          \
        KithKeyExpression: KITH_TAKES_KEY_ | KITH_TAKES_INT64_ | KITH_TAKES_TEXT_      \
                           | KITH_TAKES_UUID_,                                         \
        default: 0)

#define KITH_IS_REFERENCE_(m)                                                          \
    _Generic(&KITH_REFERENCE_(m), const struct KithNoReference *: 0, default: 1)

/* May @x, a value or an expression, be compared with the member? */
#define KITH_COMPARES(m, x)                                                            \
    ((KITH_TAKEN_BY_(m) & KITH_CLASS_(x)) != 0                                         \
     || (KITH_CLASS_(x) == 0 && KITH_IS_REFERENCE_(m)                                  \
         && KITH_FITS_REFERENCE_(KITH_POINTER_(x), KITH_REFERENCE_(m).target)))

/* May it be compared with an expression? */
#define KITH_MATCHES(expression, x) \
    ((KITH_TAKEN_BY_EXPRESSION_(expression) & KITH_CLASS_(x)) != 0)

/* A value or an expression as a part of another; of a pointer, the object that it points to. */
#define KITH_OPERAND(x) \
    _Generic((x), KITH_OPERAND_FUNCTIONS_, default: kith_operand_object)(x)

/* The same, without objects: what is neither a value nor an expression is refused. */
#define KITH_OPERAND_NO_OBJECT(x) _Generic((x), KITH_OPERAND_FUNCTIONS_)(x)

#define KITH_OPERAND_FUNCTIONS_                         \
        _Bool: kith_operand_bool,                       \
        signed char: kith_operand_int32,                \
        unsigned char: kith_operand_int32,              \
        short: kith_operand_int32,                      \
        unsigned short: kith_operand_int32,             \
        int: kith_operand_int32,                        \
        unsigned: kith_operand_int64,                   \
        long: kith_operand_int64,                       \
        long long: kith_operand_int64,                  \
        float: kith_operand_double,                     \
        double: kith_operand_double,                    \
        char *: kith_operand_text,                      \
        const char *: kith_operand_text,                \
        KithBlob: kith_operand_blob,                    \
        KithTime: kith_operand_time,                    \
        KithDate: kith_operand_date,                    \
        KithUuid: kith_operand_uuid,                    \
        KithOptBool: kith_operand_opt_bool,             \
        KithOptInt32: kith_operand_opt_int32,           \
        KithOptInt64: kith_operand_opt_int64,           \
        KithOptDouble: kith_operand_opt_double,         \
        KithOptTime: kith_operand_opt_time,             \
        KithOptDate: kith_operand_opt_date,             \
        KithOptUuid: kith_operand_opt_uuid,             \
        KithBoolExpression: kith_untyped_bool,          \
        KithIntegerExpression: kith_untyped_integer,    \
        KithDoubleExpression: kith_untyped_double,      \
        KithTextExpression: kith_untyped_text,          \
        KithBlobExpression: kith_untyped_blob,          \
        KithTimeExpression: kith_untyped_time,          \
        KithDateExpression: kith_untyped_date,          \
        KithUuidExpression: kith_untyped_uuid,          \
        KithEnumExpression: kith_untyped_enum,          \
        KithKeyExpression: kith_untyped_key

/* A value of a key, or of a column. */
#define KITH_VALUE(x) _Generic((x), KITH_VALUE_FUNCTIONS_)(x)

/* The same, or a pointer to an entity. */
#define KITH_VALUE_OR_OBJECT(x) \
    _Generic((x), KITH_VALUE_FUNCTIONS_, default: kith_value_object)(x)

#define KITH_VALUE_FUNCTIONS_               \
        _Bool: kith_value_bool,             \
        signed char: kith_value_int32,      \
        unsigned char: kith_value_int32,    \
        short: kith_value_int32,            \
        unsigned short: kith_value_int32,   \
        int: kith_value_int32,              \
        unsigned: kith_value_int64,         \
        long: kith_value_int64,             \
        long long: kith_value_int64,        \
        float: kith_value_double,           \
        double: kith_value_double,          \
        char *: kith_value_text,            \
        const char *: kith_value_text,      \
        KithBlob: kith_value_blob,          \
        KithTime: kith_value_time,          \
        KithDate: kith_value_date,          \
        KithUuid: kith_value_uuid,          \
        KithOptBool: kith_value_opt_bool,   \
        KithOptInt32: kith_value_opt_int32, \
        KithOptInt64: kith_value_opt_int64, \
        KithOptDouble: kith_value_opt_double, \
        KithOptTime: kith_value_opt_time,   \
        KithOptDate: kith_value_opt_date,   \
        KithOptUuid: kith_value_opt_uuid

/* clang-format on */

#endif /* !__cplusplus */

#endif
