/*
 * kith-driver.h - the table of functions and the dialect that a database fills in to be
 * used by Kith. For those who write drivers; a program that uses Kith does not need it.
 *
 * The rows that a driver sees are the program's own structs. A KithColumn says where in
 * such a struct a value lies and what it is, so that a driver binds parameters straight
 * from the struct and writes results straight into it, with no boxed value in between.
 *
 * Work that writes is *submitted* and then *settled*: between the two a driver may hold
 * it back, to send much of it at once. Until sync() has returned, neither the rows nor
 * the shapes of a submitted batch may be touched by anyone but the driver. After a
 * failure nothing submitted later has any effect, and the session rolls back.
 *
 * One handle is used by one thread at a time, and not always by the same one.
 */
#ifndef KITH_DRIVER_H
#define KITH_DRIVER_H

#include "kith-core.h"
#include "kith-error.h"

G_BEGIN_DECLS

/* --- rows -------------------------------------------------------------------------- */

#define KITH_NO_OFFSET SIZE_MAX

/* The names of an enum: names[enumerator]; NULL where an enumerator has none. */
typedef struct KithNames {
    const char *const *items;
    size_t count;
} KithNames;

/* A column, and where in a struct its value lies. */
typedef struct KithColumn {
    const char *name;   /* of the column, not quoted */
    const char *member; /* of the struct, for messages */
    KithKind kind;
    bool nullable;
    bool secret;        /* its values are not shown in traces */
    size_t offset;      /* of the value */
    size_t null_offset; /* of the 'has_value' that says whether there is one, or
                           KITH_NO_OFFSET */
    KithNames names;    /* of KITH_KIND_ENUM */
} KithColumn;

/* Where the value of @column lies in @row; NULL where the value is SQL NULL. */
static inline const void *
kith_column_get(const KithColumn *column, const void *row)
{
    const char *at = (const char *) row + column->offset;
    if (column->null_offset != KITH_NO_OFFSET)
        return *((const bool *) ((const char *) row + column->null_offset)) ? at : NULL;
    if (column->kind == KITH_KIND_TEXT)
        return *(const char *const *) (const void *) at != NULL ? at : NULL;
    if (column->kind == KITH_KIND_BLOB)
        return ((const KithBlob *) (const void *) at)->data != NULL ? at : NULL;
    return at;
}

/* --- statements -------------------------------------------------------------------- */

typedef enum KithOperation {
    KITH_OPERATION_INSERT,
    KITH_OPERATION_UPDATE,
    KITH_OPERATION_DELETE
} KithOperation;

/*
 * One kind of write: all that is the same for every row of a batch. A shape is made once
 * for each (mapping, operation, set of columns) and lives as long as the engine, so a
 * driver may keep what it prepared under the address of the shape.
 */
typedef struct KithShape {
    KithOperation operation;
    const char *entity;               /* for messages */
    const char *table;                /* as the mapping gives it, not quoted */
    const KithColumn *const *written; /* INSERT, UPDATE: read from 'row' */
    size_t n_written;
    const KithColumn *const *matched; /* UPDATE, DELETE: the WHERE; read from 'before' */
    size_t n_matched;
    const KithColumn *generated;  /* INSERT: the key that the database makes, or NULL */
    const KithColumn *const *key; /* the whole key, by which rows are told apart */
    size_t n_key;
    /*
     * INSERT, UPDATE: what the statement gives back by RETURNING, in this order; stored
     * into 'row'. Where 'generated' is not among them, the driver has it by other means.
     */
    const KithColumn *const *returned;
    size_t n_returned;
    bool skips_existing; /* INSERT: a row whose key is there already is let be */
    /*
     * Called for each row when all that was returned is stored in it: makes its own
     * copies of texts and blobs, which are borrowed from the result. NULL: there are none
     * among them.
     */
    void (*keep)(const struct KithShape *shape, void *row);
    const char *sql; /* for one row; parameters: written, then matched */
    /* What 'sql' ends with, and what the driver writes by itself has to have in it too.
     * NULL: nothing. */
    const char *comment;
} KithShape;

/* One row of a batch. */
typedef struct KithRow {
    void *row;          /* what is written; what the database makes is stored here */
    const void *before; /* UPDATE, DELETE: the row as the database has it */
    bool is_passing;    /* UPDATE: written again by a later batch; what is returned is not
                           stored */
    bool missed;        /* UPDATE, DELETE: set by the driver when there was no such row */
} KithRow;

#define KITH_NO_ROW SIZE_MAX

/* Rows of one shape, in the order in which they are to be written. */
typedef struct KithBatch {
    const KithShape *shape;
    KithRow *rows;
    size_t n_rows;
    /*
     * A statement may write many of the rows. None of them has to be written before
     * another of the batch: unique values that one gives up and another takes are not
     * met in one batch, and foreign keys between its rows are checked when it is written.
     */
    bool in_bulk;
    const char
        *sql; /* set by the driver: the text to show in a trace; NULL: the shape's */
    size_t failed_row; /* set by the driver when a row failed, else KITH_NO_ROW */
    size_t n_suspects; /* set with it: the rows from there on, one of which it was */
    bool is_timed;     /* somebody wants to know how long it takes */
    int64_t usec;      /* set by the driver, if so: that, as far as it can tell */
} KithBatch;

/*
 * The text of a statement. Texts are interned by the engine: the same text is the same
 * KithStatement, which lives as long as the engine; a driver may key what it prepared by
 * it.
 */
typedef struct KithStatement {
    const char *sql;
} KithStatement;

#define KITH_MAX_LISTS 8

/* The values of one column in many rows, read from the rows when the query runs. */
typedef struct KithList {
    const KithColumn *column;
    const void *const *rows;
    size_t n_rows;
} KithList;

/* A parameter of a query: like a column, but the value is right here. */
typedef struct KithParameter {
    KithKind kind;     /* never KITH_KIND_ENUM: names are passed as text */
    const void *value; /* NULL: SQL NULL; else as kith_column_get() */
    bool secret;
    /*
     * Not NULL: the parameter is all these values, and 'kind' and 'value' are not looked
     * at. How a statement uses one is said by 'has_arrays' of the dialect.
     */
    const KithList *list;
} KithParameter;

/* What a query gives: its columns in the order of the select list. */
typedef struct KithLayout {
    const char *entity; /* for messages */
    const KithColumn *columns;
    size_t n_columns;
} KithLayout;

/* --- what differs between databases, as data --------------------------------------- */

/* What every database computes, in words of its own: the index of KithDialect.functions.
 */
typedef enum KithFunction {
    KITH_FUNCTION_PLUS,
    KITH_FUNCTION_MINUS,
    KITH_FUNCTION_TIMES,
    KITH_FUNCTION_DIVIDE,
    KITH_FUNCTION_MODULO,
    KITH_FUNCTION_NEGATE,
    KITH_FUNCTION_ABS,
    KITH_FUNCTION_ROUND,
    KITH_FUNCTION_LOWER,
    KITH_FUNCTION_UPPER,
    KITH_FUNCTION_TRIM,
    KITH_FUNCTION_CONCAT,
    KITH_FUNCTION_TEXT_LENGTH,
    KITH_FUNCTION_SUBSTRING,
    KITH_FUNCTION_REPLACE,
    KITH_FUNCTION_POSITION,
    KITH_FUNCTION_NOW,
    KITH_FUNCTION_DATE_OF,
    KITH_FUNCTION_HOUR,
    KITH_FUNCTION_MINUTE,
    KITH_FUNCTION_YEAR,
    KITH_FUNCTION_MONTH,
    KITH_FUNCTION_DAY,
    KITH_FUNCTION_WEEKDAY,
    KITH_FUNCTION_MONTH_START,
    KITH_FUNCTION_PLUS_DAYS,
    KITH_FUNCTION_DAYS_BETWEEN,
    KITH_FUNCTION_JSON_TEXT,
    KITH_FUNCTION_JSON,
    KITH_FUNCTION_COALESCE,
    KITH_FUNCTION_NULL_IF,
    KITH_FUNCTION_COUNT_ROWS,
    KITH_FUNCTION_COUNT,
    KITH_FUNCTION_SUM, /* of integers, which stays one */
    KITH_FUNCTION_SUM_DOUBLE,
    KITH_FUNCTION_MIN,
    KITH_FUNCTION_MAX,
    KITH_FUNCTION_AVERAGE,
    KITH_FUNCTION_JOINED,
    KITH_FUNCTION_ROW_NUMBER,
    KITH_FUNCTION_RANK,
    KITH_FUNCTION_DENSE_RANK,
    KITH_FUNCTION_TILE,
    KITH_FUNCTION_LAG,
    KITH_FUNCTION_LEAD,
    KITH_FUNCTION_FIRST,
    KITH_FUNCTION_LAST,
    KITH_FUNCTIONS
} KithFunction;

typedef struct KithDialect {
    const char *name;   /* "SQLite" */
    char placeholder;   /* '?' for ?1, '$' for $1 */
    bool returns_key;   /* INSERT needs RETURNING to give back a generated key */
    bool has_row_locks; /* SELECT … FOR UPDATE */
    /*
     * A list is an array: "a" = ANY ($1), and unnest ($1, $2) is a table of several. Else
     * the driver gives the table kith_list (?1, ?2), whose columns are v1, v2 and so on,
     * up to KITH_MAX_LISTS.
     */
    bool has_arrays;
    /*
     * A query can be declared, in a transaction, and fetched a part at a time; else its
     * rows are not held either, and can be stepped through.
     */
    bool has_cursors;
    bool has_isolation; /* BEGIN takes an isolation level and an access mode */
    /*
     * An UPDATE or DELETE that finds no row fails by itself, with STALE, so that COMMIT
     * can go with it. Else it is only marked as missed, which has to be waited for.
     */
    bool fails_when_missed;
    /* From how many rows on a batch is better written in bulk; 0: never. */
    size_t bulk_from;
    /*
     * How to have keys made before the rows are written: a query of three lists (tables
     * as SQL names them, columns, how many keys) that gives pairs of the number of a
     * request (from 1) and a key; the key is NULL, once, where there is no way to have
     * one. NULL: keys are only known when their row is written.
     */
    const char *make_keys;
    size_t make_keys_from; /* so many rows of a table are worth the round trip */
    const char *begin;     /* of a transaction that writes */
    const char *begin_read_only;
    bool defers_unique;      /* UNIQUE … DEFERRABLE is known */
    bool checks_length;      /* varchar(n) does not limit by itself: a CHECK has to */
    const char *default_row; /* what follows the table in an INSERT of no columns */
    const char
        *no_limit; /* what to write for LIMIT when there is only an OFFSET, or NULL */
    /* Types for DDL, by KithKind; KITH_KIND_ENUM is that of a name. */
    const char *types[KITH_KIND_OBJECT + 1];
    const char *text_with_length;    /* a format with one %zu, or NULL */
    const char *generated_key_int32; /* what follows the column's name when the key is
                                        generated */
    const char *generated_key_int64;
    bool generated_key_is_primary; /* …and says PRIMARY KEY itself */
    /*
     * A schema is a file of its own: a foreign key stays inside and does not name it, and
     * in CREATE INDEX it stands before the index instead of the table.
     */
    bool schema_is_file;
    /*
     * NULL: a foreign key may name a table that does not exist yet. Else how to add one
     * to a table that has it already without failing: a format, its one %s the ALTER
     * TABLE inside a literal.
     */
    const char *add_foreign_key;
    /* Run before tables that refer to each other are dropped, in one transaction; or
     * NULL. */
    const char *defer_foreign_keys;
    /*
     * A KithFunction each: '{1}' stands for the first argument, '{2}', '{3}' for the next
     * ones; what is wrapped around an aggregate for FILTER and OVER goes behind '{over}'.
     */
    const char *const *functions;
    bool has_like; /* LIKE tells upper from lower case; else GLOB does it instead */
    const char *any_case; /* what compares with a pattern in any case: " ILIKE " */
    bool has_lateral;     /* JOIN LATERAL */
    bool has_right_join;  /* RIGHT JOIN, FULL JOIN */
    bool nulls_are_small; /* ORDER BY puts NULL first */
    const char *explain;  /* in front of a statement: how it would be run … */
    unsigned n_explained; /* … in so many columns; the last one is a text, the others numbers */
} KithDialect;

/* --- the table --------------------------------------------------------------------- */

typedef struct KithHandle KithHandle; /* a driver's own connection */
typedef struct KithCursor KithCursor; /* a driver's own running query */

typedef struct KithConnectOptions {
    int64_t busy_timeout_msec;    /* SQLite: how long to wait for a lock */
    int64_t connect_timeout_msec; /* PostgreSQL: how long to try */
    bool unnamed_statements;      /* PostgreSQL: nothing is kept prepared at the server */
    const char
        *instance; /* names the engine, so that its connections share one ':memory:' */
} KithConnectOptions;

typedef enum KithIsolation {
    KITH_ISOLATION_DEFAULT = 0,
    KITH_READ_COMMITTED,
    KITH_REPEATABLE_READ,
    KITH_SERIALIZABLE
} KithIsolation;

typedef struct KithTransactionOptions {
    KithIsolation isolation;
    bool read_only;
    bool deferrable; /* with serializable and read only: wait for a safe snapshot */
} KithTransactionOptions;

typedef enum KithFetched {
    KITH_FETCHED_ERROR = -1,
    KITH_FETCHED_END = 0,
    KITH_FETCHED_ROW = 1
} KithFetched;

#define KITH_DRIVER_VERSION 2

/* How long a session lets the database work, and whether somebody has told it to stop. */
typedef struct KithWatch {
    gint is_cancelled;    /* atomic: set by any thread, at any time */
    gint wakes_by;        /* atomic: what to write to then; -1: nobody waits yet */
    int waits_at;         /* the other end of it */
    int64_t timeout_usec; /* of a statement; 0: none */
    int64_t deadline;     /* of the present one: g_get_monotonic_time(); 0: none */
} KithWatch;

/* Every slot is required. */
typedef struct KithDriver {
    int version; /* KITH_DRIVER_VERSION */
    const KithDialect *dialect;

    /* Is @url one of yours? Decided from the text alone. */
    bool (*accepts)(const char *url);

    /* Connect. Errors: CONNECTION, BUSY. A password in @url must not show in them. */
    KithHandle *(*open)(const char *url,
                        const KithConnectOptions *options,
                        GError **error);

    /* Disconnect, rolling back what is open. Takes NULL. */
    void (*close)(KithHandle *handle);

    /*
     * From now on what takes longer than @watch allows ends with TIMEOUT, and what is
     * cancelled with CANCELLED: running, reading, and waiting for locks. NULL: nothing is
     * limited any more. To roll back is not limited.
     */
    void (*watch)(KithHandle *handle, KithWatch *watch);
    /* Is the connection usable, as far as one can tell without asking the server? */
    bool (*is_alive)(const KithHandle *handle);

    /* Is a transaction open, or was one, that can only be rolled back? */
    bool (*has_failed)(const KithHandle *handle);

    /*
     * Take a statement without parameters and without results (BEGIN, SAVEPOINT, DDL), to
     * be run after all that was submitted before it. May be held back until there is more
     * to send.
     */
    bool (*command)(KithHandle *handle, const char *sql, GError **error);

    /*
     * Settle all that was submitted, and commit. On failure the transaction is rolled
     * back, if it can be; OUTCOME_UNKNOWN if it cannot be told whether it was committed.
     */
    bool (*commit)(KithHandle *handle, GError **error);

    /*
     * Drop what is held back, and run @sql: ROLLBACK, or ROLLBACK TO a savepoint. Works
     * after a failure; fails only if the connection is lost.
     */
    bool (*rollback)(KithHandle *handle, const char *sql, GError **error);

    /*
     * Take a batch to be written after all that was submitted before it. @batch and its
     * rows stay where they are until sync() or commit() returns. An error here or there
     * sets failed_row of the batch that caused it, where one did.
     */
    bool (*submit)(KithHandle *handle, KithBatch *batch, GError **error);

    /*
     * Wait until all that was submitted is done: what the database made is stored, missed
     * rows are marked. Of a failed row what is returned may be stored in part, and its
     * texts be gone.
     */
    bool (*sync)(KithHandle *handle, GError **error);

    /*
     * Run a query. The parameters are copied or used before it returns; lists, and the
     * rows that they read, stay where they are until finish(). One cursor at a time is
     * open on a handle, and nothing is submitted meanwhile; what was submitted before is
     * settled first.
     */
    KithCursor *(*query)(KithHandle *handle,
                         const KithStatement *statement,
                         const KithParameter *parameters,
                         size_t n_parameters,
                         GError **error);

    /*
     * Write the next row into @row (which is all zero bytes before, or an earlier row) as
     * @layout says. Text and blobs are borrowed: they live until the next call on the
     * cursor;
     * @lengths[i] gets the bytes of column i where it is text or a blob. Every text is
     * followed by a zero byte, holds none, and is valid UTF-8. Error: TYPE, naming the
     * entity and the member, for what the member cannot hold (NULL, too large, another
     * type).
     */
    KithFetched (*fetch)(KithCursor *cursor,
                         const KithLayout *layout,
                         void *row,
                         size_t *lengths,
                         GError **error);

    /* How many rows the statement itself has inserted, updated or deleted, once fetch() has
     * returned END. */
    size_t (*changed)(const KithCursor *cursor);

    /* End the query, read to its end or not. Takes NULL. */
    void (*finish)(KithCursor *cursor);
} KithDriver;

G_END_DECLS

#endif
