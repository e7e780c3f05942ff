/*
 * sql.h - the text of statements: quoted identifiers, numbered parameters, and the writes
 * of one row. Values are never part of a text.
 */
#ifndef KITH_CORE_SQL_PRIVATE_H
#define KITH_CORE_SQL_PRIVATE_H

#include "kith-driver.h"

/* Append "name", with quotes inside it doubled. */
void kith_sql_identifier(GString *sql, const char *name);

/*
 * Append 'text', with quotes inside it doubled; or only what stands between the quotes.
 * For what a mapping says once and for all, such as the names of an enum; values are
 * never part of a text.
 */
void kith_sql_literal(GString *sql, const char *text);
void kith_sql_inside_literal(GString *sql, const char *text);

/* Append a table: "library.books" is table books in schema library. */
void kith_sql_table(GString *sql, const char *table);

/* Append parameter @number; the first is 1. */
void kith_sql_parameter(GString *sql, const KithDialect *dialect, size_t number);

/*
 * Append the condition that the values of @columns together are among those of lists, which are the
 * parameters from @first on, one for each column: at most KITH_MAX_LISTS.
 */
void kith_sql_in(GString *sql,
                 const KithDialect *dialect,
                 const KithColumn *const *columns,
                 unsigned n_columns,
                 size_t first);

/* The same for columns that are written already: "a", or t1."a", t1."b". */
void kith_sql_in_columns(GString *sql,
                         const KithDialect *dialect,
                         const char *columns,
                         unsigned n_columns,
                         size_t first);

/* The statement that writes one row of @shape. (transfer full) */
char *kith_sql_write(const KithDialect *dialect, const KithShape *shape);

/* The BEGIN of a transaction that is as @options say. (transfer full) */
char *kith_sql_begin(const KithDialect *dialect, const KithTransactionOptions *options);

#endif
