/*
 * transact.c - a function in a transaction, repeated when it lost against another one.
 */
#include "backoff.h"
#include "session.h"

#include "error.h"
#include "kith-transact.h"

#define FIRST_DELAY_MSEC 10
#define MAX_DELAY_MSEC 1000

static int64_t
or_default(int64_t given, int64_t otherwise)
{
    return given > 0 ? given : otherwise;
}

void
kith_backoff(const KithTransactOptions *options, unsigned attempt)
{
    static const KithTransactOptions defaults;
    if (options == NULL)
        options = &defaults;
    int64_t delay = or_default(options->first_delay_msec, FIRST_DELAY_MSEC);
    int64_t max_delay = or_default(options->max_delay_msec, MAX_DELAY_MSEC);
    for (unsigned i = 2; i < attempt && delay < max_delay; i++)
        delay *= 2;
    delay = MIN(delay, max_delay);
    g_usleep((gulong) (1000.0 * (double) delay * g_random_double_range(0.5, 1.0)));
}

static bool
attempt(KithSession *session,
        KithTransactFunction function,
        void *data,
        const KithTransactOptions *options,
        KithPlace place,
        GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!kith_session_begin(session, &options->transaction, place, error))
        return false;
    bool done = function(session, data, &failure);
    if (done)
        done = kith_session_commit(session, place, &failure);
    else if (failure == NULL)
        kith_error_set(&failure,
                       KITH_ERROR_MISUSE,
                       "the function of kith_transact() failed without an error");
    if (done)
        return true;
    kith_session_rollback(session, place);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool
is_worth_repeating(const KithTransactOptions *options, const GError *error)
{
    return kith_error_is_retryable(error)
           || (options->retries_stale
               && g_error_matches(error, KITH_ERROR, KITH_ERROR_STALE));
}

/* Whoever repeats by kith_transact() may not know that it can repeat this as well. */
static void
point_to_retries_stale(const KithTransactOptions *options, GError *error)
{
    if (options->retries_stale || !g_error_matches(error, KITH_ERROR, KITH_ERROR_STALE))
        return;
    char *message = error->message;
    error->message = g_strconcat(
        message, " (kith_transact() does that with .retries_stale)", NULL);
    g_free(message);
}

bool
kith_session_transact(KithSession *session,
                      KithTransactFunction function,
                      void *data,
                      const KithTransactOptions *options,
                      KithPlace place,
                      GError **error)
{
    static const KithTransactOptions defaults;
    if (options == NULL)
        options = &defaults;
    if (function == NULL) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "kith_transact() was given no function: its order is session, "
                       "function, data, options");
        return false;
    }
    if (kith_has_changes(session)) {
        kith_error_set(
            error,
            KITH_ERROR_MISUSE,
            "there are changes from before kith_transact(), which a rollback in it would "
            "lose; commit them first");
        return false;
    }
    unsigned max_attempts =
        (unsigned) or_default(options->max_attempts, KITH_DEFAULT_ATTEMPTS);
    for (unsigned number = 1;; number++) {
        g_autoptr(GError) failure = NULL;
        /* What was read before may be outdated: the function has to see the rows as they
         * are. */
        kith_session_expire(session);
        if (attempt(session, function, data, options, place, &failure))
            return true;
        if (number >= max_attempts || !is_worth_repeating(options, failure)) {
            point_to_retries_stale(options, failure);
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        kith_backoff(options, number + 1);
    }
}
