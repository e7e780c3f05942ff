/*
 * postgres-text.c - makes the texts. What one row takes comes with the shape; here it is
 * wrapped, and here are the forms for many rows.
 *
 * The arrays are hidden from the planner by a SELECT around each: it would take their
 * length for a number of rows that is worth a scan of the whole table. Not knowing it, it
 * expects ten rows and takes the index, which is right for any number up to a chunk.
 *
 * The failure is made by a cast that cannot succeed. It has to depend on the count of the
 * rows written: the planner would try a constant one by itself.
 */
#include "postgres-text.h"

#include "postgres-types.h"
#include "sql.h"

/* --- pieces ------------------------------------------------------------------------ */

static void
append_parameter(GString *sql, size_t number)
{
    kith_sql_parameter(sql, &kith_postgres_dialect, number);
}

static void
append_columns(GString *sql, const KithColumn *const *columns, size_t n_columns)
{
    for (size_t i = 0; i < n_columns; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        kith_sql_identifier(sql, columns[i]->name);
    }
}

/* t."a", t."b", each after a comma */
static void
append_returned(GString *sql, const KithShape *shape)
{
    for (size_t i = 0; i < shape->n_returned; i++) {
        g_string_append(sql, ", t.");
        kith_sql_identifier(sql, shape->returned[i]->name);
    }
}

/*
 * unnest((SELECT $1), (SELECT $2)) WITH ORDINALITY AS i (w1, m1, n): what is written, what
 * is matched, and the number of the row if it is @numbered.
 */
static void
append_rows(GString *sql, const KithShape *shape, bool numbered)
{
    size_t n_parameters = shape->n_written + shape->n_matched;
    for (size_t i = 0; i < n_parameters; i++) {
        g_string_append(sql, i > 0 ? ", (SELECT " : "unnest((SELECT ");
        append_parameter(sql, i + 1);
        g_string_append_c(sql, ')');
    }
    g_string_append(sql, numbered ? ") WITH ORDINALITY AS i (" : ") AS i (");
    for (size_t i = 0; i < n_parameters; i++) {
        bool is_written = i < shape->n_written;
        g_string_append_printf(sql,
                               "%s%c%zu",
                               i > 0 ? ", " : "",
                               is_written ? 'w' : 'm',
                               is_written ? i + 1 : i + 1 - shape->n_written);
    }
    g_string_append(sql, numbered ? ", n)" : ")");
}

/* "id" = ANY ((SELECT $3)::bigint[]): with a cast, else it would be a set of arrays. */
static void
append_any(GString *sql, const KithColumn *column, size_t number)
{
    kith_sql_identifier(sql, column->name);
    g_string_append(sql, " = ANY ((SELECT ");
    append_parameter(sql, number);
    g_string_append_printf(sql, ")::%s[])", kith_postgres_dialect.types[column->kind]);
}

/* A key of one column is also looked for by itself: a server of shards then knows which
 * of them to ask. */
static void
append_match(GString *sql, const KithShape *shape)
{
    for (size_t i = 0; i < shape->n_matched; i++) {
        g_string_append(sql, i > 0 ? " AND t." : " WHERE t.");
        kith_sql_identifier(sql, shape->matched[i]->name);
        g_string_append_printf(sql, " = i.m%zu", i + 1);
    }
    if (shape->n_key != 1)
        return;
    g_string_append(sql, " AND t.");
    append_any(sql, shape->key[0], shape->n_written + 1);
}

/*
 * @writes is an UPDATE or DELETE that gives back @columns. Around it goes what fails
 * unless
 * @n_rows were found; @missing are their numbers.
 */
static char *
wrap(const char *writes,
     const char *columns,
     const KithShape *shape,
     const char *n_rows,
     const char *missing)
{
    bool is_asked = shape->n_returned > 0;
    return g_strdup_printf("WITH kith%s AS (%s) SELECT CASE WHEN c.n >= %s THEN 0 ELSE "
                           "('" KITH_POSTGRES_STALE "' || %s)::int4 END%s "
                           "FROM (SELECT count(*) AS n FROM kith) AS c%s",
                           columns,
                           writes,
                           n_rows,
                           missing,
                           is_asked ? ", kith.*" : "",
                           is_asked ? " LEFT JOIN kith ON true" : "");
}

/* --- one row ----------------------------------------------------------------------- */

static char *
text_for_one(const KithShape *shape)
{
    if (shape->operation == KITH_OPERATION_INSERT)
        return g_strdup(shape->sql);
    g_autofree char *writes =
        g_strconcat(shape->sql, shape->n_returned == 0 ? " RETURNING 1" : NULL, NULL);
    return wrap(writes, "", shape, "1", "c.n");
}

/* --- many rows --------------------------------------------------------------------- */

/* The key is given back with what is asked for: rows come in no order. */
static void
append_insert(GString *sql, const KithShape *shape)
{
    g_string_append(sql, "INSERT INTO ");
    kith_sql_table(sql, shape->table);
    g_string_append(sql, " AS t (");
    append_columns(sql, shape->written, shape->n_written);
    g_string_append(sql, ") SELECT * FROM unnest(");
    for (size_t i = 0; i < shape->n_written; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        append_parameter(sql, i + 1);
    }
    g_string_append(sql, shape->skips_existing ? ") ON CONFLICT DO NOTHING" : ")");
    if (shape->n_returned == 0)
        return;
    g_string_append(sql, " RETURNING ");
    append_columns(sql, shape->key, shape->n_key);
    append_returned(sql, shape);
}

/* @numbered: with the numbers of the rows that it found, and what else is asked for. */
static void
append_joined(GString *sql, const KithShape *shape, bool numbered)
{
    bool is_update = shape->operation == KITH_OPERATION_UPDATE;
    g_string_append(sql, is_update ? "UPDATE " : "DELETE FROM ");
    kith_sql_table(sql, shape->table);
    g_string_append(sql, " AS t");
    for (size_t i = 0; i < shape->n_written; i++) {
        g_string_append(sql, i > 0 ? ", " : " SET ");
        kith_sql_identifier(sql, shape->written[i]->name);
        g_string_append_printf(sql, " = i.w%zu", i + 1);
    }
    g_string_append(sql, is_update ? " FROM " : " USING ");
    append_rows(sql, shape, numbered);
    append_match(sql, shape);
    if (!numbered)
        return;
    g_string_append(sql, " RETURNING i.n");
    append_returned(sql, shape);
}

/* Of a key of one column, and nothing else to match: no join is needed. */
static void
append_delete_by_key(GString *sql, const KithShape *shape, bool numbered)
{
    g_string_append(sql, "DELETE FROM ");
    kith_sql_table(sql, shape->table);
    g_string_append(sql, " AS t WHERE t.");
    append_any(sql, shape->key[0], 1);
    if (!numbered)
        return;
    g_string_append(sql, " RETURNING t.");
    kith_sql_identifier(sql, shape->key[0]->name);
}

static bool
deletes_by_key(const KithShape *shape)
{
    return shape->operation == KITH_OPERATION_DELETE && shape->n_matched == 1;
}

/* What it gives back has names of our own: a column of the table can be called anything.
 */
static char *
wrap_many(const char *writes, const KithShape *shape)
{
    g_autoptr(GString) columns = g_string_new(" (n");
    for (size_t i = 0; i < shape->n_returned; i++)
        g_string_append_printf(columns, ", r%zu", i + 1);
    g_string_append_c(columns, ')');
    const char *missing =
        deletes_by_key(shape)
            ? "(SELECT string_agg(m.n::text, ',') FROM unnest($1) WITH ORDINALITY AS m "
              "(k, n) WHERE m.k NOT IN (SELECT n FROM kith))"
            : "(SELECT string_agg(m::text, ',') FROM generate_series(1, cardinality($1)) "
              "AS m WHERE m NOT IN (SELECT n FROM kith))";
    return wrap(writes, columns->str, shape, "cardinality($1)", missing);
}

static bool
is_written(const KithShape *shape, const KithColumn *column)
{
    for (size_t i = 0; i < shape->n_written; i++) {
        if (shape->written[i] == column)
            return true;
    }
    return false;
}

/* Rows whose keys the database makes could not be told apart afterwards. */
static bool
can_be_many(const KithShape *shape)
{
    bool is_insert = shape->operation == KITH_OPERATION_INSERT;
    if (is_insert && (shape->generated != NULL || shape->n_written == 0))
        return false;
    for (size_t i = 0; is_insert && i < shape->n_key; i++) {
        if (!is_written(shape, shape->key[i]))
            return false;
    }
    return shape->n_key > 0;
}

/* Without what it is wrapped in. */
static char *
text_for_many(const KithShape *shape, bool numbered)
{
    GString *sql = g_string_new(NULL);
    if (shape->operation == KITH_OPERATION_INSERT)
        append_insert(sql, shape);
    else if (deletes_by_key(shape))
        append_delete_by_key(sql, shape, numbered);
    else
        append_joined(sql, shape, numbered);
    if (shape->comment != NULL)
        g_string_append(sql, shape->comment);
    return g_string_free(sql, FALSE);
}

size_t
kith_postgres_text_leads(const KithShape *shape, bool is_bulk)
{
    if (shape->operation == KITH_OPERATION_INSERT)
        return is_bulk ? shape->n_key : 0;
    return is_bulk ? 2 : 1;
}

/* --- the table --------------------------------------------------------------------- */

static void
free_texts(void *data)
{
    KithPostgresTexts *texts = data;
    g_free(texts->one);
    g_free(texts->many);
    g_free(texts->many_shown);
    g_free(texts->many_counted);
    g_free(texts);
}

GHashTable *
kith_postgres_texts_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, free_texts);
}

static void
make_many(KithPostgresTexts *texts, const KithShape *shape)
{
    bool is_insert = shape->operation == KITH_OPERATION_INSERT;
    texts->many_shown = text_for_many(shape, true);
    texts->many =
        is_insert ? g_strdup(texts->many_shown) : wrap_many(texts->many_shown, shape);
    if (!is_insert && shape->n_returned == 0)
        texts->many_counted = text_for_many(shape, false);
}

const KithPostgresTexts *
kith_postgres_texts_find(GHashTable *texts, const KithShape *shape)
{
    KithPostgresTexts *found = g_hash_table_lookup(texts, shape);
    if (found != NULL)
        return found;
    found = g_new0(KithPostgresTexts, 1);
    found->one = text_for_one(shape);
    if (can_be_many(shape))
        make_many(found, shape);
    g_hash_table_insert(texts, (void *) (uintptr_t) shape, found);
    return found;
}
