/*
 * connection.h - a driver's handle, with tracing around it. All that the session sends
 * goes through here, so nothing is sent unseen.
 *
 * What was submitted is reported when it is settled, in the order in which it was
 * submitted.
 */
#ifndef KITH_CORE_CONNECTION_PRIVATE_H
#define KITH_CORE_CONNECTION_PRIVATE_H

#include "comment.h"
#include "kith-driver.h"
#include "trace.h"

/* What went over connections. */
typedef struct KithTraffic {
    uint64_t n_statements; /* a batch is one */
    uint64_t n_rows_read;
    uint64_t n_rows_written;
} KithTraffic;

typedef struct KithConnection {
    const KithDriver *driver;
    KithHandle *handle;
    const KithTracer *tracer;
    KithPlace place;    /* set by who uses the connection, before each call */
    KithWatch *watch;   /* of who uses it; NULL: nothing is limited */
    KithTraffic *traffic; /* of who uses it: counted here; NULL: nobody asks */
    KithComments *comments; /* of statements, by place; NULL: not asked for */
    GArray *submitted;  /* of KithSubmitted: what is not yet reported */
    KithCursor *cursor; /* the query that is running, or NULL */
    const char *cursor_sql;
    char *cursor_parameters;
    size_t cursor_rows;
    int64_t cursor_since;
} KithConnection;

/* Connect. @tracer has to outlive the connection. (transfer full) */
KithConnection *kith_connection_open(const KithDriver *driver,
                                     const char *url,
                                     const KithConnectOptions *options,
                                     const KithTracer *tracer,
                                     GError **error);
void kith_connection_close(KithConnection *connection); /* takes NULL */
bool kith_connection_is_alive(const KithConnection *connection);
bool kith_connection_has_failed(const KithConnection *connection);

/*
 * Whose time it is: see KithDriver.watch. NULL: nobody's. Each of the calls below that
 * waits for the database has the whole of it; a query, with all of its rows.
 */
void kith_connection_watch(KithConnection *connection, KithWatch *watch);

/* Rows of the open query are read on after a pause: the time begins anew. */
bool kith_connection_resume(KithConnection *connection, GError **error);

/* As the slots of KithDriver of the same names. */
bool kith_connection_command(KithConnection *connection, const char *sql, GError **error);
bool kith_connection_submit(KithConnection *connection, KithBatch *batch, GError **error);
bool kith_connection_sync(KithConnection *connection, GError **error);
bool kith_connection_commit(KithConnection *connection, GError **error);
bool kith_connection_rollback(KithConnection *connection,
                              const char *sql,
                              GError **error);

/* Run a query; its rows are fetched from the connection, which has one query at a time.
 */
bool kith_connection_query(KithConnection *connection,
                           const KithStatement *statement,
                           const KithParameter *parameters,
                           size_t n_parameters,
                           GError **error);
static inline KithFetched
kith_connection_fetch(KithConnection *connection,
                      const KithLayout *layout,
                      void *row,
                      size_t *lengths,
                      GError **error)
{
    KithFetched fetched =
        connection->driver->fetch(connection->cursor, layout, row, lengths, error);
    connection->cursor_rows += fetched == KITH_FETCHED_ROW;
    return fetched;
}

/* How many rows the statement has changed, of which no more come. */
size_t kith_connection_changed(const KithConnection *connection);

/* End the query; @error: (nullable) what it ended with, for the trace. */
void kith_connection_finish(KithConnection *connection, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithConnection, kith_connection_close)

#endif
