/*
 * kith-core.h - the values that columns hold, and the words that every other header uses.
 *
 * A column of a mapped struct is an ordinary C member of one of these types:
 *
 *   member            NULL is                 SQLite        PostgreSQL
 *   bool              KithOptBool             INTEGER       boolean
 *   int32_t           KithOptInt32            INTEGER       integer
 *   int64_t           KithOptInt64            INTEGER       bigint
 *   double            KithOptDouble           REAL          double precision
 *   const char *      a NULL pointer          TEXT          text, or varchar(n)
 *   KithBlob          a NULL data pointer     BLOB          bytea
 *   KithTime          KithOptTime             TEXT          timestamp with time zone
 *   KithDate          KithOptDate             TEXT          date
 *   KithUuid          KithOptUuid             BLOB          uuid
 *   a C enum          KithOptInt32            TEXT or INTEGER, as the mapping says
 */
#ifndef KITH_CORE_H
#define KITH_CORE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KITH_API __attribute__((visibility("default")))
#define KITH_MUST_CHECK __attribute__((warn_unused_result))

G_BEGIN_DECLS

/* What a member of a struct is to a column. */
typedef enum KithKind {
    KITH_KIND_NONE = 0, /* not a type that can be mapped; as a value: NULL */
    KITH_KIND_BOOL,
    KITH_KIND_INT32,
    KITH_KIND_INT64,
    KITH_KIND_DOUBLE,
    KITH_KIND_TEXT,
    KITH_KIND_BLOB,
    KITH_KIND_TIME,
    KITH_KIND_DATE,
    KITH_KIND_UUID,
    KITH_KIND_ENUM,  /* an enumerator in the struct, its name in the table */
    KITH_KIND_OBJECT /* of a value only: a reference to an entity */
} KithKind;

/* Bytes. 'data' NULL is SQL NULL; an empty blob has a pointer and size 0. */
typedef struct KithBlob {
    const void *data;
    size_t size;
} KithBlob;

/* A moment: microseconds since 1970-01-01 00:00:00 UTC, negative before it. */
typedef struct KithTime {
    int64_t usec;
} KithTime;

/* A day of the Gregorian calendar: days since 1970-01-01, negative before it. */
typedef struct KithDate {
    int32_t days;
} KithDate;

/* A UUID in network byte order, as RFC 9562 prints it. */
typedef struct KithUuid {
    uint8_t bytes[16];
} KithUuid;

/* Scalars that can be NULL. { 0 } is NULL; see KITH_SOME. */
typedef struct KithOptBool {
    bool has_value;
    bool value;
} KithOptBool;
typedef struct KithOptInt32 {
    bool has_value;
    int32_t value;
} KithOptInt32;
typedef struct KithOptInt64 {
    bool has_value;
    int64_t value;
} KithOptInt64;
typedef struct KithOptDouble {
    bool has_value;
    double value;
} KithOptDouble;
typedef struct KithOptTime {
    bool has_value;
    KithTime value;
} KithOptTime;
typedef struct KithOptDate {
    bool has_value;
    KithDate value;
} KithOptDate;
typedef struct KithOptUuid {
    bool has_value;
    KithUuid value;
} KithOptUuid;

/*
 * The initializers of a KithOpt… member: '.born = KITH_SOME(1966)', '.born = KITH_NONE'.
 * In an assignment: 'author->born = (KithOptInt32) KITH_SOME(1966)'. kith_set() and
 * conditions take the value itself, not these: kith_set(author, born, 1966).
 */
#define KITH_SOME(x)                    \
    {                                   \
        .has_value = true, .value = (x) \
    }
#define KITH_NONE          \
    {                      \
        .has_value = false \
    }

/* A value of any kind, on its way into a statement. Text and blobs are borrowed. */
typedef struct KithValue {
    KithKind kind; /* KITH_KIND_NONE: NULL */
    union {
        bool boolean;
        int32_t int32;
        int64_t int64;
        double real;
        const char *text;
        KithBlob blob;
        KithTime time;
        KithDate date;
        KithUuid uuid;
        const void *object; /* a reference: the entity that is meant */
    } as;
} KithValue;

KITH_API KithValue kith_value_null(void);
KITH_API KithValue kith_value_bool(bool value);
KITH_API KithValue kith_value_int32(int32_t value);
KITH_API KithValue kith_value_int64(int64_t value);
KITH_API KithValue kith_value_double(double value);
KITH_API KithValue kith_value_text(const char *value);
KITH_API KithValue kith_value_blob(KithBlob value);
KITH_API KithValue kith_value_time(KithTime value);
KITH_API KithValue kith_value_date(KithDate value);
KITH_API KithValue kith_value_uuid(KithUuid value);
KITH_API KithValue kith_value_opt_bool(KithOptBool value);
KITH_API KithValue kith_value_opt_int32(KithOptInt32 value);
KITH_API KithValue kith_value_opt_int64(KithOptInt64 value);
KITH_API KithValue kith_value_opt_double(KithOptDouble value);
KITH_API KithValue kith_value_opt_time(KithOptTime value);
KITH_API KithValue kith_value_opt_date(KithOptDate value);
KITH_API KithValue kith_value_opt_uuid(KithOptUuid value);
KITH_API KithValue kith_value_object(const void *value);

/* The present moment, to the microsecond. */
KITH_API KithTime kith_time_now(void);

/*
 * Make a moment from a date and a time of day in UTC. Fields out of their range carry
 * over, as with timegm(): second 60 is the next minute.
 */
KITH_API KithTime
kith_time_make(int year, int month, int day, int hour, int minute, int second, int usec);

/*
 * Read 'YYYY-MM-DD HH:MM:SS[.ffffff][Z|±HH[:MM]]', with a space or a 'T' in the middle;
 * without a zone it is UTC. Returns false, and leaves @ret_time as it was, if @text is
 * anything else.
 */
KITH_API KITH_MUST_CHECK bool kith_time_parse(const char *text, KithTime *ret_time);

#define KITH_TIME_TEXT_SIZE 40

/*
 * Write @time as 'YYYY-MM-DD HH:MM:SS.ffffff' (UTC) into @buffer of KITH_TIME_TEXT_SIZE
 * bytes. Returns @buffer.
 */
KITH_API char *kith_time_format(KithTime time, char buffer[KITH_TIME_TEXT_SIZE]);

/* Make a day; month and day of the month start at 1 and carry over when out of range. */
KITH_API KithDate kith_date_make(int year, int month, int day);

/* Take a day apart. Each of the three pointers can be NULL. */
KITH_API void kith_date_get(KithDate date, int *ret_year, int *ret_month, int *ret_day);

/* Read 'YYYY-MM-DD'. Returns false, and leaves @ret_date, if @text is anything else. */
KITH_API KITH_MUST_CHECK bool kith_date_parse(const char *text, KithDate *ret_date);

#define KITH_DATE_TEXT_SIZE 16

/* Write @date as 'YYYY-MM-DD' into @buffer of KITH_DATE_TEXT_SIZE bytes. Returns @buffer.
 */
KITH_API char *kith_date_format(KithDate date, char buffer[KITH_DATE_TEXT_SIZE]);

/* A new UUID of version 7 (RFC 9562): rising with time, so that an index on it stays
 * compact. */
KITH_API KithUuid kith_uuid_new(void);

/* Read the 36 characters of a UUID, in either case. Returns false if @text is anything
 * else. */
KITH_API KITH_MUST_CHECK bool kith_uuid_parse(const char *text, KithUuid *ret_uuid);

#define KITH_UUID_TEXT_SIZE 37

/* Write @uuid in lower case into @buffer of KITH_UUID_TEXT_SIZE bytes. Returns @buffer.
 */
KITH_API char *kith_uuid_format(KithUuid uuid, char buffer[KITH_UUID_TEXT_SIZE]);

/* Where in the program a statement was caused; the macros fill it in. */
typedef struct KithPlace {
    const char *file;
    int line;
} KithPlace;

static inline KithPlace
kith_place(const char *file, int line)
{
    KithPlace place = { file, line };
    return place;
}

#define KITH_HERE kith_place(__FILE__, __LINE__)

/* The version of the library that is linked, as "1.2.3". */
KITH_API const char *kith_version(void);

G_END_DECLS

#endif
