/*
 * postgres-error.h - what PostgreSQL and libpq say when something fails, as an error of
 * Kith.
 */
#ifndef KITH_DRIVERS_POSTGRES_ERROR_H
#define KITH_DRIVERS_POSTGRES_ERROR_H

#include "kith-error.h"

#include <libpq-fe.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

/*
 * What the server said on the side. A COMMIT can fail with a code that tells nothing, and
 * a connection can end without a word, where the reason went before as a warning: so the
 * first notice that could be such a reason is kept. All zero bytes: none.
 */
typedef struct KithPostgresNotice {
    char sqlstate[6];
    bool is_fatal; /* the server said that it ends the connection */
    char *text;
} KithPostgresNotice;

/* Keep @result, if none is kept yet and it could be the reason of a failure. */
void kith_postgres_notice_keep(KithPostgresNotice *notice, const PGresult *result);
void kith_postgres_notice_clear(KithPostgresNotice *notice);

/*
 * The failure that @result tells of; with @result NULL, or without a word of the server
 * in it, that of the connection. (transfer full)
 */
GError *kith_postgres_error_new(const PGconn *conn,
                                const PGresult *result,
                                const KithPostgresNotice *notice);

/* Did the server end the connection with this error? */
bool kith_postgres_result_is_fatal(const PGresult *result);

/* Was a prepared statement gone or outdated, so that it has to be prepared again? */
bool kith_postgres_result_is_unprepared(const PGresult *result);

/* @message of libpq as one line. (transfer full) */
char *kith_postgres_one_line(const char *message);

#endif
