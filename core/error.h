/*
 * error.h - for the library: errors are made here, and learn what they are about on their
 * way up.
 *
 * A driver knows the database's words; the session knows the entity. So a driver makes
 * the error with what it was told, and the session adds entity and key when it passes the
 * error on.
 */
#ifndef KITH_CORE_ERROR_PRIVATE_H
#define KITH_CORE_ERROR_PRIVATE_H

#include "kith-error.h"

/* What a database said of a failure. Members that are not known are NULL. */
typedef struct KithErrorDetails {
    const char *sqlstate;
    const char *constraint;
    const char *table;
    const char *column;
} KithErrorDetails;

/* Set @error (a GError **, can be NULL) from a format. */
void kith_error_set(GError **error, KithErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* The same, with @details, which are copied. */
void kith_error_set_details(GError **error,
                            KithErrorCode code,
                            const KithErrorDetails *details,
                            const char *format,
                            ...) G_GNUC_PRINTF(4, 5);

/* Put what is not NULL over what @error holds. Does nothing to errors of another domain.
 */
void kith_error_add_details(GError *error, const KithErrorDetails *details);

/* Say which object it is about: the message gets "Entity key: " in front of it. */
void kith_error_add_entity(GError *error, const char *entity, const char *key);

/* Change the code, where the one who passes the error on knows better. */
void kith_error_set_code(GError *error, KithErrorCode code);

/* The code for a SQLSTATE of PostgreSQL, or of a server that speaks its protocol. */
KithErrorCode kith_error_code_from_sqlstate(const char *sqlstate);

#endif
