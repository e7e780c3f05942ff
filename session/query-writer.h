/*
 * query-writer.h - a statement while it is written: shared by query-sql.c, which knows
 * the clauses, and query-expression.c and query-condition.c, which know what stands in
 * them.
 *
 * A *frame* is a FROM: its joins are found while the other clauses are written, so the
 * text of each clause is a string of its own until then. A *scope* is the row that
 * members without an alias are of, within its frame; scopes lie within scopes as
 * subqueries, and relations that are walked through, lie within queries.
 */
#ifndef KITH_SESSION_QUERY_WRITER_PRIVATE_H
#define KITH_SESSION_QUERY_WRITER_PRIVATE_H

#include "query.h"

typedef struct KithFrame KithFrame;

/* What members can be of. */
typedef struct KithSource {
    uint64_t source; /* of an alias or a query; 0: of neither */
    const KithMapper *mapper;
    unsigned number; /* the table is called t1, t2 and so on */
    KithFrame *frame;
} KithSource;

typedef struct KithJoined {
    KithSource source;
    KithSource parent; /* a reference of that source … */
    const KithForeignKey *foreign_key;
    bool is_inner;
    char *text; /* … or, of an alias, all of it */
} KithJoined;

struct KithFrame {
    GArray *joins; /* of KithJoined */
    bool can_join; /* else a reference is walked by a subquery */
};

typedef struct KithScope KithScope;
struct KithScope {
    const KithScope *outer;
    KithSource row;
    const KithSource *aliases;
    unsigned n_aliases;
    const KithQuery *query; /* what kith_output() means; NULL: that of the outer one */
};

/* The number of what ON CONFLICT calls 'excluded'; tables begin at 1. */
#define KITH_ROW_EXCLUDED 0

/* A filter that is being written. */
typedef struct KithOpenFilter KithOpenFilter;
struct KithOpenFilter {
    const KithFilter *filter;
    const KithOpenFilter *outer;
};

typedef struct KithWriter {
    KithQuery *query; /* the one that is run */
    const KithDialect *dialect;
    GString *sql;
    GArray *parameters; /* of KithPlanParameter */
    GArray *tables;     /* of unsigned: mappers that are read */
    GPtrArray *common;  /* of KithMapping: results that rows come from, in scope */
    const KithOpenFilter *filters;
    const KithSource *target; /* what is written, under its own name; NULL: nothing is */
    unsigned n_sources;
    bool reads_unknown; /* there is SQL by hand in it */
    bool qualifies; /* there is more than one table: columns say which one they are of */
} KithWriter;

/* What stands on the other side, which a value has to fit. */
typedef struct KithSide {
    const KithMapper *mapper;
    const KithColumn *column;      /* NULL: nothing that is known */
    const KithForeignKey *foreign; /* of a reference */
    unsigned place;                /* of a key of several columns: which one */
} KithSide;

/* --- query-scope.c ----------------------------------------------------------------- */

/* The nearest row, or alias, that a member can be of; NULL on error. */
const KithSource *kith_write_find_source(const KithScope *scope,
                                         const KithExpression *member,
                                         GError **error);

/* The column of a member, or of a reference its foreign key. */
bool kith_write_find_member(const KithMapper *mapper,
                            size_t offset,
                            KithSide *side,
                            GError **error);

/* What is known of a column that an expression gives. */
bool kith_write_find_side(KithWriter *writer,
                          const KithExpression *expression,
                          KithSide *ret_side,
                          GError **error);

/* How many columns it is: more than one for a reference by a key of several. */
unsigned kith_side_width(const KithSide *side);

/* A row of a table that is met once more. */
KithSource kith_write_new_row(KithWriter *writer, const KithMapper *mapper);

/* The foreign key of a reference; NULL on error. */
const KithForeignKey *kith_write_find_reference(const KithMapper *mapper,
                                                size_t offset,
                                                GError **error);

bool kith_write_refuse(const KithMapper *mapper, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* --- query-expression.c ------------------------------------------------------------ */

bool kith_write_expression(KithWriter *writer,
                           const KithScope *scope,
                           const KithExpression *expression,
                           const KithSide *side,
                           GError **error);

/* (SELECT …): one value of another query, or all that it gives. */
bool kith_write_subquery(KithWriter *writer,
                         const KithScope *scope,
                         const KithExpression *expression,
                         GError **error);

/* DESC NULLS LAST. */
void kith_write_direction(GString *sql, unsigned direction);

/* --- query-condition.c ------------------------------------------------------------- */

/* @is_certain: the row is there only if this holds, so a join can say it too. */
bool kith_write_condition(KithWriter *writer,
                          const KithScope *scope,
                          const KithExpression *condition,
                          bool is_certain,
                          GError **error);

/* Is nothing left of a condition, when the parts are away that are to be skipped? */
bool kith_is_skipped(const KithExpression *condition);

/* --- query-each.c ------------------------------------------------------------------ */

/* The statement of KITH_ASK_EACH; and what it has in its SELECT, and in place of ORDER
 * BY. */
bool kith_write_each(KithWriter *writer, KithQuery *query, GError **error);
bool kith_write_each_rank(KithWriter *writer, const KithScope *scope, GError **error);
bool kith_write_each_rest(KithWriter *writer,
                          const KithScope *scope,
                          bool has_where,
                          GError **error);

/* --- query-sql.c ------------------------------------------------------------------- */

/* The SELECT of a query; of a part of another, @outer is where it stands. @only: what it
 * gives instead, for KITH_ASK_VALUES. */
bool kith_write_query(KithWriter *writer,
                      const KithScope *outer,
                      KithQuery *query,
                      KithAsk ask,
                      const KithExpression *only,
                      GError **error);

/* ORDER BY, or nothing. */
bool kith_write_orders(KithWriter *writer, const KithScope *scope, GError **error);

/* t1."name", or "name". */
void kith_write_column(KithWriter *writer, unsigned number, const KithColumn *column);

/* FROM what a mapper is: "books" AS t1. */
bool kith_write_table(KithWriter *writer, const KithSource *source, GError **error);

/* t2."id" = t1."author_id" for a foreign key of @mapper, from @from to @to. */
void kith_write_link(KithWriter *writer,
                     const KithMapper *mapper,
                     const KithForeignKey *foreign_key,
                     unsigned from,
                     unsigned to);

/* The row that a reference of @row leads to, joined once. */
KithSource kith_write_join(KithWriter *writer,
                           const KithSource *row,
                           const KithForeignKey *foreign_key,
                           bool is_inner);

/*
 * EXISTS (SELECT 1 FROM ...): a frame of its own that begins with @row, which @link ties
 * to what is around it. The conditions of @parts are of it, or of what its reference @far
 * (nullable) leads to.
 */
bool kith_write_exists(KithWriter *writer,
                       const KithScope *outer,
                       KithSource row,
                       const KithForeignKey *far,
                       const char *link,
                       const KithExpression *parts,
                       GError **error);

/* AND with the filters that hold for the row of @scope; @joint: what stands before the
 * first. */
bool kith_write_filters(KithWriter *writer,
                        const KithScope *scope,
                        const char *joint,
                        GError **error);

/* The conditions of the query of @scope, and the filters that hold for its row; nothing if
 * there are none. @word: what stands before the first: WHERE, AND. */
bool kith_write_where(KithWriter *writer,
                      const KithScope *scope,
                      const char *word,
                      GError **error);

/* What kith_select() says, for what SELECT or RETURNING gives. */
bool kith_write_result(KithWriter *writer, const KithScope *scope, GError **error);

/* A table is read or written, so what is changed of it is flushed before. */
void kith_write_note_table(KithWriter *writer, const KithMapper *mapper);

/* --- query-joins.c ----------------------------------------------------------------- */

/* Is there a right or full join, behind which the row of the query itself may be missing?
 */
bool kith_query_may_lack_row(const KithQuery *query);

/* What was written behind @from is the table of the row of @scope: leave only the rows of
 * it for which its filters hold. */
bool kith_write_filtered(KithWriter *writer,
                         const KithScope *scope,
                         gsize from,
                         GError **error);

/* The joins of the aliases of a query, into the frame of @scope; @sources: room for them. */
bool kith_write_aliases(KithWriter *writer,
                        KithScope *scope,
                        KithSource *sources,
                        KithAsk ask,
                        GError **error);

/* --- query-several.c --------------------------------------------------------------- */

/* WITH: the tables that the query makes of others. */
bool kith_write_common_tables(KithWriter *writer, const KithQuery *query, GError **error);

/* UNION and the like, with what stands behind each. */
bool kith_write_combined(KithWriter *writer,
                         const KithScope *outer,
                         const KithQuery *query,
                         GError **error);

/* --- query-change.c ---------------------------------------------------------------- */

/* UPDATE or DELETE of the rows that match, with RETURNING. */
bool kith_write_change(KithWriter *writer,
                       KithQuery *query,
                       bool is_delete,
                       GError **error);

/* What is assigned, and the next version. @joint: what stands before the first: SET. */
bool kith_write_assignments(KithWriter *writer,
                            const KithScope *scope,
                            const char *joint,
                            GError **error);

/* RETURNING: what is selected, and the key of the row. */
bool kith_write_returning(KithWriter *writer, const KithScope *scope, GError **error);

/* --- query-insert.c ---------------------------------------------------------------- */

/* The columns that kith_on_conflict() names, which are unique together; NULL on error. */
const unsigned *kith_insert_find_conflict(const KithQuery *query,
                                          const KithMapper *mapper,
                                          unsigned *ret_n,
                                          GError **error);

/* INSERT of values or of what a query gives, with ON CONFLICT and RETURNING. */
bool kith_write_insert(KithWriter *writer, KithQuery *query, GError **error);

/* What the query of @scope gives for the columns of @mapper that it selects. */
bool kith_write_inserted(KithWriter *writer,
                         const KithScope *scope,
                         const KithMapper *mapper,
                         GError **error);

/* --- query-sql.c ------------------------------------------------------------------- */

/* A placeholder, and how it gets its value. */
void kith_write_parameter(KithWriter *writer, KithPlanParameter parameter);

#endif
