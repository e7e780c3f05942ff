/*
 * postgres-batch.h - hands a batch to the pipeline, row by row or in chunks.
 */
#ifndef KITH_DRIVERS_POSTGRES_BATCH_H
#define KITH_DRIVERS_POSTGRES_BATCH_H

#include "postgres-pipeline.h"

/* What is needed to send: all of it belongs to the handle. */
typedef struct KithPostgresSender {
    KithPostgresPipeline *pipeline;
    GHashTable *texts;
    GHashTable *statements;
    KithPostgresParameters *parameters;
} KithPostgresSender;

/* False if there is a failure, this or an earlier one; it is the pipeline's. */
bool kith_postgres_batch_send(const KithPostgresSender *sender, KithBatch *batch);

#endif
