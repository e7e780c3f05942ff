/*
 * query.h - what a query is made of, and the steps from it to its rows:
 *
 *     query.c       building: what the program says is copied into the query
 *     query-key.c   its structure as bytes, and its values in the order of these
 *     query-raw.c   SQL by hand, instead of a table
 *     execute.c     SQL by hand that gives no rows
 *     filter.c      conditions that all queries of a session have
 *     query-sql.c   its statement; query-expression.c, query-condition.c and query-joins.c
 *                   what is in it
 *     query-plan.c  from the structure to a plan, made once and kept by the engine
 *     query-bind.c  the values into the plan
 *     query-run.c   rows out of it
 *     bulk.c        many rows at once, and the objects that follow; insert.c: new ones
 *     query-change.c, query-insert.c  their statements
 *     query-each.c  what it finds for each owner of a collection
 *     query-page.c  the condition that goes on behind an object
 *
 * Two queries of one structure have one plan, whatever their values. A query that was not
 * changed since it ran knows its plan, and builds nothing.
 */
#ifndef KITH_SESSION_QUERY_PRIVATE_H
#define KITH_SESSION_QUERY_PRIVATE_H

#include "arena.h"
#include "eager.h"
#include "kith-bulk.h"
#include "session.h"

/* A place that rows come from. The root of a query is one too. */
struct KithAlias {
    uint64_t source; /* its number, which members of it have; never 0 */
    const KithMapping *mapping;
    KithAlias *next;
    bool is_joined;
    KithJoin join;
    KithExpression on;  /* op END: none */
    KithQuery *lateral; /* NULL: a table */
};

/* An expression of the query, in a list of them. */
typedef struct KithItem KithItem;
struct KithItem {
    KithExpression expression;
    unsigned direction; /* of an order */
    size_t offset;      /* of what is selected, in the result */
    KithItem *next;
};

typedef struct KithItems {
    KithItem *first;
    KithItem *last;
    unsigned count;
} KithItems;

/* Another query that the rows are combined with. */
typedef struct KithCombined KithCombined;
struct KithCombined {
    KithSetOperation operation;
    KithQuery *query;
    KithCombined *next;
};

/* Where the rows of a result come from. */
typedef struct KithCommonTable KithCommonTable;
struct KithCommonTable {
    const KithMapping *mapping;
    KithQuery *base;
    KithQuery *step; /* NULL: not recursive */
    KithCommonTable *next;
};

/* A piece of SQL by hand: text, and the parameter behind it. */
typedef struct KithRaw KithRaw;
struct KithRaw {
    const char *text;
    KithExpression parameter; /* op END: none, at the end */
    KithRaw *next;
};

/* A filter that the query goes past. */
typedef struct KithLifted KithLifted;
struct KithLifted {
    const char *name; /* NULL: all */
    KithLifted *next;
};

/* The value of a named parameter. */
typedef struct KithBinding KithBinding;
struct KithBinding {
    const char *name;
    KithValue value;
    void *memory; /* of a text or a blob: one that is given again and again */
    KithBinding *next;
};

/* What is asked of a query. */
typedef enum KithAsk {
    KITH_ASK_ALL,  /* objects, or rows */
    KITH_ASK_FEW,  /* no more than 'few' of them */
    KITH_ASK_BARE, /* the same rows, in no order and without a limit */
    KITH_ASK_COUNT,
    KITH_ASK_EXISTS,
    KITH_ASK_VALUES,
    KITH_ASK_EACH, /* objects, for each owner of a collection; see query-each.c */
    KITH_ASK_UPDATE,
    KITH_ASK_DELETE,
    KITH_ASK_INSERT
} KithAsk;

/* A parameter that is a list of owners, whose 'place' is a column of their key. */
#define KITH_SLOT_OF_OWNERS UINT_MAX

/* One that is a column of the struct, of those to be inserted, that 'place' says. */
#define KITH_SLOT_OF_ROWS (UINT_MAX - 1)

/* What was found for the owners of a collection. */
typedef struct KithEach {
    const KithMany *many;
    uint64_t epoch;
    GHashTable *found; /* from an owner (a struct) to a GPtrArray closed by NULL */
    KithList lists[KITH_MAX_LISTS];
} KithEach;

/* kith_insert_all(): what is inserted, and what becomes of it where there is such a row. */
typedef struct KithInsert {
    GPtrArray *values;     /* structs, with their texts in the arena; NULL: none are given */
    KithQuery *from;       /* a query that gives the rows instead */
    KithItems conflict;    /* members that a row can have in common, by their offset */
    bool skips_conflicts;  /* whatever it is that rows have in common */
    bool changes_the_rest; /* to what was to be inserted */

    /* Of a run. */
    GPtrArray *rows;      /* the values as they are inserted */
    guint first;          /* the ones of one statement */
    guint n_rows;
    const uint64_t *bits; /* the columns that they have */
} KithInsert;

/* How a value gets into a parameter. */
typedef struct KithPlanParameter {
    unsigned slot;
    KithKind kind;
    const KithColumn *column;      /* that it is compared with; NULL: none */
    const KithMapper *mapper;      /* of the column */
    const KithForeignKey *foreign; /* of a reference that is compared with an object */
    unsigned place;                /* which column of the foreign key */
    bool is_pattern;
    unsigned match; /* of a pattern: KithMatch */
} KithPlanParameter;

/* A statement, and what has to be done to run it. Made once, then never changed. */
typedef struct KithQueryPlan {
    const KithStatement *statement;
    unsigned n_parameters;
    const KithPlanParameter *parameters;
    unsigned n_tables;
    const unsigned *tables;   /* mappers by index: what it reads, to be flushed before */
    bool reads_unknown;       /* SQL by hand: everything is flushed before */
    const KithMapper *result; /* of rows; NULL: objects, or one value */
    KithColumn value;         /* of KITH_ASK_VALUES */
} KithQueryPlan;

struct KithQuery {
    KithAlias root; /* first, so that kith_at() can take a query for one */
    KithSession *session;
    KithEntitySet *set; /* NULL if the engine does not know the mapping */
    KithArena arena;
    KithItems conditions; /* that must all hold */
    KithItems orders;
    KithItems groups;
    KithItems having;
    KithItems selected;
    KithItems assigned;        /* kith_change(): by the offset of the member */
    KithInsert insert;
    const KithMapping *result; /* what is selected; NULL: objects */
    KithAlias *aliases;
    KithCombined *combined;
    KithCommonTable *tables;
    KithBinding *bindings;
    KithRaw *raw; /* where its rows come from; NULL: the table */
    KithLifted *lifted;
    uint64_t n_filter_changes; /* of the session, when 'plan' was found */
    GPtrArray *subqueries;     /* the copies of other queries in it; NULL: none */
    bool is_distinct;
    bool is_locking;
    KithLock lock;
    KithLockWait wait;
    KithExpression limit; /* a value; op END: none */
    KithExpression offset;
    KithExpression few; /* KITH_ASK_FEW: instead of the limit */
    bool has_timeout;   /* of its own */
    int64_t timeout_usec;
    bool has_after;     /* the key is the last thing that it is ordered by */
    void *after;     /* a struct: the order goes on behind it; NULL: from the beginning */
    KithItem *page;  /* the condition of that; see query-page.c */
    KithEager eager; /* what is loaded with it */
    KithEach each;

    /* Of a run. */
    KithAsk ask;
    KithExpression asked;      /* KITH_ASK_VALUES; op END: nothing */
    const KithQueryPlan *plan; /* of 'planned'; NULL: has to be looked for */
    KithAsk planned;
    GByteArray *key;
    GPtrArray *slots; /* of KithExpression: its values, as the key has met them */
    KithValue *values;
    KithParameter *parameters;
    unsigned n_values;  /* room in these */
    GPtrArray *objects; /* what the last run gave */
    KithStream *stream; /* its objects, one after the other; NULL: none is open */
    KithArena rows;     /* and what that is made of */
    GError *misuse;     /* of a call that could not return an error */
    char first[1024];   /* of the arena; not set to anything */
};

/* --- query.c ----------------------------------------------------------------------- */

/* Remember that a call made no sense: the next run says so. Only the first one. */
void kith_query_blame(KithQuery *query, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The query, known by the same numbers: for kith_at() a part of another is still itself.
 */
KithQuery *kith_query_snapshot(const KithQuery *query);

/* A part of the query: a copy of another one. */
KithQuery *kith_query_keep(KithQuery *query, const KithQuery *part);

/* The texts of a struct of the entity become copies in the arena. */
void kith_query_copy_texts(KithQuery *query, void *row);

/* One more of a list that the query is made of. */
KithItem *kith_query_add(KithQuery *query,
                         KithItems *items,
                         const KithExpression *expression);

/* A copy of all that an expression is made of, in @arena. */
KithExpression kith_query_copy_expression(KithQuery *query,
                                          KithArena *arena,
                                          const KithExpression *expression);

/* Something of the query is not as it was: the plan has to be looked for. */
void kith_query_changed(KithQuery *query);

/* Parts of an expression that is the query's own; they are never given out as const. */
static inline KithExpression *
kith_parts(const KithExpression *expression)
{
    return (KithExpression *) (uintptr_t) expression->parts;
}

/* --- query-key.c ------------------------------------------------------------------- */

/* Fill 'key' and 'slots'. */
void kith_query_make_key(KithQuery *query);

/* --- query-plan.c ------------------------------------------------------------------ */

/* The plan for what is asked. Errors: MISUSE, TYPE. */
const KithQueryPlan *kith_query_find_plan(KithQuery *query, KithAsk ask, GError **error);

/* The mapper of an entity, or of a result. NULL, and MAPPING, if it is neither. */
const KithMapper *kith_query_mapper(KithQuery *query,
                                    const KithMapping *mapping,
                                    GError **error);

/* --- query-raw.c ------------------------------------------------------------------- */

/* Take a text apart at its parameters; there is one piece at least. */
KithRaw *kith_raw_parse(KithArena *arena, const char *sql);

/* What the statement begins with, in upper case. (transfer full) */
char *kith_raw_first_word(const char *sql);

/* A parameter of SQL by hand gets the type of its value in the query that is run. */
void kith_query_type_raw(KithRaw *raw, const KithQuery *query);

/* --- filter.c ---------------------------------------------------------------------- */

/* A condition on all queries of a session. */
typedef struct KithFilter {
    char *name;
    const KithMapping *mapping;
    KithExpression predicate;
    KithQuery *owner; /* of its parts, which can be queries; it is never run */
} KithFilter;

/* Does the filter hold for what is run as @query? */
bool kith_filter_applies(const KithFilter *filter, const KithQuery *query);

/* --- query-bind.c ------------------------------------------------------------------ */

/* The parameters of the statement, from the values of the query. Errors: MISUSE, TYPE. */
bool kith_query_bind_parameters(KithQuery *query,
                                const KithQueryPlan *plan,
                                GError **error);

/* --- query-run.c ------------------------------------------------------------------- */

/* Find the plan, flush what it reads, and bind. What the last run gave is gone. */
const KithQueryPlan *kith_query_begin(KithQuery *query,
                                      KithAsk ask,
                                      KithPlace place,
                                      GError **error);

/* What a run gave, as an array closed by NULL. */
const void *kith_query_close_objects(KithQuery *query);

/* What the last run gave is gone; and the rest of it, for each statement of a run. */
void kith_query_reset(KithQuery *query);
const KithQueryPlan *kith_query_prepare(KithQuery *query,
                                        KithAsk ask,
                                        KithPlace place,
                                        GError **error);

/* Is this what the query gives? MISUSE if it is not. */
bool kith_query_gives(const KithQuery *query, const KithMapping *wanted, GError **error);

/* A copy of a row, with its texts, which the driver only lends. */
void *kith_query_keep_row(KithArena *arena,
                          const KithLayout *layout,
                          size_t size,
                          const void *row,
                          const size_t *lengths);

/*
 * The references that come by a join when this is asked. Returns how many: none where the
 * query is more than conditions, orders and limits.
 */
unsigned kith_query_joined(const KithQuery *query,
                           KithAsk ask,
                           const KithForeignKey **ret_foreign_keys);

/* --- query-each.c ------------------------------------------------------------------ */

/* Find what the query finds for each of @objects (structs), as far as nobody has asked. */
bool kith_query_find_each(KithQuery *query,
                          const KithMany *many,
                          const GPtrArray *objects,
                          KithPlace place,
                          GError **error);

/* What was found for owners is not what the query would find now. */
void kith_each_forget(KithQuery *query);

/* --- query-page.c ------------------------------------------------------------------ */

/* Make the condition of kith_after(), and the orders that it needs. */
bool kith_query_make_page(KithQuery *query, GError **error);

#endif
