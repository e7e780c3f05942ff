/*
 * postgres-pipeline.h - a connection in pipeline mode: statements go out without waiting,
 * and their results are taken in the same order, most of them when the pipeline is
 * settled.
 */
#ifndef KITH_DRIVERS_POSTGRES_PIPELINE_H
#define KITH_DRIVERS_POSTGRES_PIPELINE_H

#include "postgres-answer.h"
#include "postgres-error.h"
#include "postgres-watch.h"

/*
 * What has been handed to libpq and not been answered stands in 'items', from 'head' on.
 * The first failure stays in 'failure' until it is taken; from then on the server skips
 * all up to the next sync, and nothing more is handed over.
 */
typedef struct KithPostgresPipeline {
    PGconn *conn;
    KithPostgresStatement begin; /* what begins and ends most transactions … */
    KithPostgresStatement commit; /* … is prepared too */
    GArray *items;
    guint head;
    bool is_open;    /* something was handed over since the last sync */
    bool has_answer; /* the item at the head has got a result */
    bool is_cut;     /* nothing more can be read */
    bool is_unnamed; /* a pooler stands between: no statement outlives the pipeline */
    const KithPostgresStatement *unnamed; /* what the unnamed statement is */
    size_t
        unsent; /* about how many bytes were queued since the last look at the socket */
    GError *failure;
    bool was_refused; /* the server itself refused something, so no COMMIT took effect */
    bool is_repeatable; /* it failed only for lack of a prepared statement */
    bool is_committed;  /* the COMMIT was answered with COMMIT */
    bool
        has_doubtful; /* something is queued whose answer could be refused on this side */
    bool has_refused; /* such an answer was refused; the server knows nothing of it */
    unsigned n_counted; /* items whose number of rows has to be seen before a COMMIT */
    PGresult *answer;   /* of the query */
    int64_t since;      /* from when on the time of the next batch counts */
    KithPostgresNotice notice;
    KithPostgresWatch watch;
} KithPostgresPipeline;

/* @conn becomes the pipeline's. Returns false if it cannot be used so. */
bool kith_postgres_pipeline_init(KithPostgresPipeline *pipeline, PGconn *conn);
void kith_postgres_pipeline_clear(KithPostgresPipeline *pipeline);

/* Is all answered, and the server ready for anything? */
bool kith_postgres_pipeline_is_settled(const KithPostgresPipeline *pipeline);
bool kith_postgres_pipeline_is_lost(const KithPostgresPipeline *pipeline);

/*
 * Hand something over. False if there is a failure, this or an earlier one; see
 * 'failure'. Rows make way for what the server has to say whenever enough has been
 * queued.
 */
bool kith_postgres_pipeline_command(KithPostgresPipeline *pipeline, const char *sql);
bool kith_postgres_pipeline_commit(KithPostgresPipeline *pipeline);
bool kith_postgres_pipeline_rows(KithPostgresPipeline *pipeline,
                                 KithPostgresStatement *statement,
                                 const KithPostgresParameters *parameters,
                                 const KithPostgresRows *rows);
bool kith_postgres_pipeline_query(KithPostgresPipeline *pipeline,
                                  KithPostgresStatement *statement,
                                  const KithPostgresParameters *parameters);

/* Read what has come, without waiting or sending: it tells if the server has gone. */
void kith_postgres_pipeline_look(KithPostgresPipeline *pipeline);

/* Send all, and wait for those answers that have to be seen before a COMMIT. */
bool kith_postgres_pipeline_wait_for_counts(KithPostgresPipeline *pipeline);

/* Send all, and wait for all answers. False if there is a failure. */
bool kith_postgres_pipeline_settle(KithPostgresPipeline *pipeline);

/* Forget the failure, and let no answer that is still to come touch a batch. */
void kith_postgres_pipeline_drop(KithPostgresPipeline *pipeline);

/* Note a failure, if it is the first. (transfer full) */
void kith_postgres_pipeline_fail(KithPostgresPipeline *pipeline, GError *failure);

#endif
