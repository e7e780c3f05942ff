/*
 * postgres-batch.c - reads the rows of a batch into parameters: the values of one row, or
 * an array for each column of as many rows as make a chunk.
 *
 * A chunk is bounded in rows and in bytes: more would gain nothing, and both sides would
 * have to hold it. Its rows are in the order of the batch, by key for what is updated or
 * deleted, so that two flushes that meet take their locks in one order.
 */
#include "postgres-batch.h"

#include "error.h"
#include "postgres-text.h"

#define MAX_CHUNK_ROWS 1000
#define MAX_CHUNK_BYTES (1024 * 1024)

/* --- one row ----------------------------------------------------------------------- */

static bool
set_columns(KithPostgresParameters *parameters,
            size_t first,
            const char *entity,
            const KithColumn *const *columns,
            size_t n_columns,
            const void *row,
            GError **error)
{
    for (size_t i = 0; i < n_columns; i++) {
        if (!kith_postgres_set_column(
                parameters, first + i, entity, columns[i], row, error))
            return false;
    }
    return true;
}

static bool
set_row(KithPostgresParameters *parameters,
        const KithShape *shape,
        const KithRow *row,
        GError **error)
{
    kith_postgres_parameters_reset(parameters, shape->n_written + shape->n_matched);
    return set_columns(parameters,
                       0,
                       shape->entity,
                       shape->written,
                       shape->n_written,
                       row->row,
                       error)
           && set_columns(parameters,
                          shape->n_written,
                          shape->entity,
                          shape->matched,
                          shape->n_matched,
                          row->before,
                          error);
}

/* --- a chunk ----------------------------------------------------------------------- */

static void
begin_arrays(KithPostgresParameters *parameters, const KithShape *shape)
{
    kith_postgres_parameters_reset(parameters, shape->n_written + shape->n_matched);
    for (size_t i = 0; i < shape->n_written; i++)
        kith_postgres_array_begin(parameters, i, shape->written[i]->kind);
    for (size_t i = 0; i < shape->n_matched; i++)
        kith_postgres_array_begin(
            parameters, shape->n_written + i, shape->matched[i]->kind);
}

static bool
add_row(KithPostgresParameters *parameters,
        const KithShape *shape,
        const KithRow *row,
        size_t *n_bytes,
        GError **error)
{
    *n_bytes = 0;
    for (size_t i = 0; i < parameters->count; i++) {
        bool is_written = i < shape->n_written;
        const KithColumn *column =
            is_written ? shape->written[i] : shape->matched[i - shape->n_written];
        const void *from = is_written ? row->row : row->before;
        if (!kith_postgres_array_add_column(
                parameters, i, shape->entity, column, from, error))
            return false;
        *n_bytes += parameters->arrays[i].length;
    }
    return true;
}

/* The rows from @first on that make a chunk. Returns how many; 0: one cannot be sent. */
static size_t
set_chunk(KithPostgresParameters *parameters,
          KithBatch *batch,
          size_t first,
          GError **error)
{
    size_t row = first, n_bytes = 0;
    begin_arrays(parameters, batch->shape);
    while (row < batch->n_rows && row - first < MAX_CHUNK_ROWS
           && n_bytes < MAX_CHUNK_BYTES) {
        if (!add_row(parameters, batch->shape, &batch->rows[row], &n_bytes, error)) {
            batch->failed_row = row;
            return 0;
        }
        row++;
    }
    for (size_t i = 0; i < parameters->count; i++)
        kith_postgres_array_end(parameters, i);
    return row - first;
}

/* --- sending ----------------------------------------------------------------------- */

/* What makes a chunk too large is the last row that was put into it. */
static bool
refuse_size(KithBatch *batch, size_t last, GError **error)
{
    batch->failed_row = last;
    kith_error_set_details(error,
                           KITH_ERROR_TYPE,
                           &(KithErrorDetails){ .table = batch->shape->table },
                           "%s: the row is larger than the server takes",
                           batch->shape->entity);
    return false;
}

/* Set the parameters for the rows from @first on; @ret_count gets how many these are. */
static bool
set_rows(const KithPostgresSender *sender,
         KithBatch *batch,
         bool is_bulk,
         size_t first,
         size_t *ret_count,
         GError **error)
{
    const KithRow *row = &batch->rows[first];
    *ret_count = is_bulk ? set_chunk(sender->parameters, batch, first, error)
                         : set_row(sender->parameters, batch->shape, row, error);
    return *ret_count > 0
           && (!kith_postgres_parameters_are_too_large(sender->parameters)
               || refuse_size(batch, first + *ret_count - 1, error));
}

/*
 * The check within a statement can be spared where its number of rows has come long
 * before the COMMIT could go: where another full chunk is written behind it.
 */
static bool
is_counted(const KithPostgresTexts *texts, const KithPostgresRows *rows)
{
    size_t n_left = rows->batch->n_rows - rows->first - rows->count;
    return rows->is_bulk && texts->many_counted != NULL && n_left >= MAX_CHUNK_ROWS;
}

static bool
send_rows(const KithPostgresSender *sender,
          const KithPostgresTexts *texts,
          const KithPostgresRows *rows)
{
    const char *sql = rows->is_counted ? texts->many_counted
                      : rows->is_bulk  ? texts->many
                                       : texts->one;
    KithPostgresStatement *statement =
        kith_postgres_statements_find(sender->statements, sql, sql, sender->parameters);
    return kith_postgres_pipeline_rows(
        sender->pipeline, statement, sender->parameters, rows);
}

bool
kith_postgres_batch_send(const KithPostgresSender *sender, KithBatch *batch)
{
    const KithPostgresTexts *texts =
        kith_postgres_texts_find(sender->texts, batch->shape);
    KithPostgresRows rows = { .batch = batch,
                              .is_bulk = batch->in_bulk && texts->many != NULL };
    batch->sql = rows.is_bulk ? texts->many_shown : NULL;
    for (size_t i = 0; i < batch->n_rows; i++)
        batch->rows[i].missed = false;
    for (; rows.first < batch->n_rows; rows.first += rows.count) {
        GError *complaint = NULL;
        batch->failed_row = rows.first; /* unless it goes well */
        batch->n_suspects = 1;
        if (!set_rows(sender, batch, rows.is_bulk, rows.first, &rows.count, &complaint)) {
            kith_postgres_pipeline_fail(sender->pipeline, complaint);
            return false;
        }
        batch->failed_row = KITH_NO_ROW;
        rows.is_counted = is_counted(texts, &rows);
        if (!send_rows(sender, texts, &rows))
            return false;
    }
    return true;
}
