/*
 * error.c - the KITH_ERROR domain. The details ride in the GError itself, as its private
 * part, so that copying and propagating an error loses nothing.
 */
#include "error.h"

#include <string.h>

typedef struct KithErrorPrivate {
    char *sqlstate;
    char *constraint;
    char *table;
    char *column;
    char *entity;
    char *key;
} KithErrorPrivate;

static void
kith_error_private_init(KithErrorPrivate *private)
{
    memset(private, 0, sizeof *private);
}

static void
kith_error_private_copy(const KithErrorPrivate *from, KithErrorPrivate *to)
{
    to->sqlstate = g_strdup(from->sqlstate);
    to->constraint = g_strdup(from->constraint);
    to->table = g_strdup(from->table);
    to->column = g_strdup(from->column);
    to->entity = g_strdup(from->entity);
    to->key = g_strdup(from->key);
}

static void
kith_error_private_clear(KithErrorPrivate *private)
{
    g_free(private->sqlstate);
    g_free(private->constraint);
    g_free(private->table);
    g_free(private->column);
    g_free(private->entity);
    g_free(private->key);
}

G_DEFINE_EXTENDED_ERROR(KithError, kith_error)

static const KithErrorPrivate *
details_of(const GError *error)
{
    if (error == NULL || error->domain != KITH_ERROR)
        return NULL;
    return kith_error_get_private(error);
}

const char *
kith_error_sqlstate(const GError *error)
{
    const KithErrorPrivate *details = details_of(error);
    return details != NULL ? details->sqlstate : NULL;
}

const char *
kith_error_constraint(const GError *error)
{
    const KithErrorPrivate *details = details_of(error);
    return details != NULL ? details->constraint : NULL;
}

const char *
kith_error_table(const GError *error)
{
    const KithErrorPrivate *details = details_of(error);
    return details != NULL ? details->table : NULL;
}

const char *
kith_error_column(const GError *error)
{
    const KithErrorPrivate *details = details_of(error);
    return details != NULL ? details->column : NULL;
}

const char *
kith_error_entity(const GError *error)
{
    const KithErrorPrivate *details = details_of(error);
    return details != NULL ? details->entity : NULL;
}

const char *
kith_error_key(const GError *error)
{
    const KithErrorPrivate *details = details_of(error);
    return details != NULL ? details->key : NULL;
}

bool
kith_error_is_retryable(const GError *error)
{
    return g_error_matches(error, KITH_ERROR, KITH_ERROR_SERIALIZATION)
           || g_error_matches(error, KITH_ERROR, KITH_ERROR_BUSY);
}

static void
replace_text(char **text, const char *with)
{
    if (with == NULL)
        return;
    g_free(*text);
    *text = g_strdup(with);
}

void
kith_error_add_details(GError *error, const KithErrorDetails *details)
{
    if (error == NULL || error->domain != KITH_ERROR)
        return;
    KithErrorPrivate *private = kith_error_get_private(error);
    replace_text(&private->sqlstate, details->sqlstate);
    replace_text(&private->constraint, details->constraint);
    replace_text(&private->table, details->table);
    replace_text(&private->column, details->column);
}

static void
set_valist(GError **error, KithErrorCode code, const char *format, va_list arguments)
{
    if (error != NULL)
        *error = g_error_new_valist(KITH_ERROR, (gint) code, format, arguments);
}

void
kith_error_set(GError **error, KithErrorCode code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_valist(error, code, format, arguments);
    va_end(arguments);
}

void
kith_error_set_details(GError **error,
                       KithErrorCode code,
                       const KithErrorDetails *details,
                       const char *format,
                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_valist(error, code, format, arguments);
    va_end(arguments);
    if (error != NULL)
        kith_error_add_details(*error, details);
}

void
kith_error_add_entity(GError *error, const char *entity, const char *key)
{
    if (error == NULL || error->domain != KITH_ERROR)
        return;
    KithErrorPrivate *private = kith_error_get_private(error);
    replace_text(&private->entity, entity);
    replace_text(&private->key, key);
    if (key != NULL)
        g_prefix_error(&error, "%s %s: ", entity, key);
    else
        g_prefix_error(&error, "%s: ", entity);
}

void
kith_error_set_code(GError *error, KithErrorCode code)
{
    if (error != NULL && error->domain == KITH_ERROR)
        error->code = (gint) code;
}

/* The whole codes first, then the classes (the first two characters). */
static const struct {
    const char *sqlstate;
    KithErrorCode code;
} codes[] = {
    { "23505", KITH_ERROR_UNIQUE },
    { "23P01", KITH_ERROR_UNIQUE },
    { "23503", KITH_ERROR_FOREIGN_KEY },
    { "23502", KITH_ERROR_NOT_NULL },
    { "23514", KITH_ERROR_CHECK },
    { "40001", KITH_ERROR_SERIALIZATION },
    { "40P01", KITH_ERROR_SERIALIZATION },
    { "40003", KITH_ERROR_OUTCOME_UNKNOWN },
    { "55P03", KITH_ERROR_BUSY },
    { "57014", KITH_ERROR_CANCELLED },
    { "42P01", KITH_ERROR_MAPPING }, /* no such table */
    { "42703", KITH_ERROR_MAPPING }, /* no such column */
    { "42804", KITH_ERROR_MAPPING }, /* a column of another type */
    { "22001", KITH_ERROR_TYPE },
    { "22003", KITH_ERROR_TYPE },
    { "22008", KITH_ERROR_TYPE }, /* a day or a time that is too far away */
    { "22021", KITH_ERROR_TYPE },
    { "22P02", KITH_ERROR_TYPE },
    { "08007", KITH_ERROR_OUTCOME_UNKNOWN },
    { "08", KITH_ERROR_CONNECTION },
    { "28", KITH_ERROR_CONNECTION }, /* not let in */
    { "3D", KITH_ERROR_CONNECTION }, /* no such database */
    { "53", KITH_ERROR_CONNECTION }, /* no room on the server */
    { "57P", KITH_ERROR_CONNECTION },
};

KithErrorCode
kith_error_code_from_sqlstate(const char *sqlstate)
{
    for (size_t i = 0; sqlstate != NULL && i < G_N_ELEMENTS(codes); i++) {
        if (g_str_has_prefix(sqlstate, codes[i].sqlstate))
            return codes[i].code;
    }
    return KITH_ERROR_SQL;
}
