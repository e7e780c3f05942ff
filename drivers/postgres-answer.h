/*
 * postgres-answer.h - what a statement that writes rows says of them: what it gives back
 * goes into the rows, and rows that were not there are marked.
 */
#ifndef KITH_DRIVERS_POSTGRES_ANSWER_H
#define KITH_DRIVERS_POSTGRES_ANSWER_H

#include "postgres-statement.h"

/* The rows of a batch that one execution writes. */
typedef struct KithPostgresRows {
    KithBatch *batch;
    size_t first;
    size_t count;
    bool is_bulk;    /* by the statement for many, however many these are */
    bool is_counted; /* …without a check in it */
} KithPostgresRows;

/*
 * Take what @result, which is no failure, gives back. On failure the batch gets its
 * failed_row. Errors: MAPPING, TYPE, STALE.
 */
bool kith_postgres_answer_take(const KithPostgresRows *rows,
                               KithPostgresStatement *statement,
                               const PGresult *result,
                               GError **error);

/*
 * Did the statement fail because rows were not there? Then mark them as missed, and say
 * so. Error: STALE.
 */
bool kith_postgres_answer_is_missed(const KithPostgresRows *rows,
                                    const PGresult *result,
                                    GError **error);

#endif
