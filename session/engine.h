/*
 * engine.h - what the sessions of an engine share: connections, statement texts, shapes.
 *
 * All of it is guarded by one lock, held for look-ups only, never while a statement runs.
 */
#ifndef KITH_SESSION_ENGINE_PRIVATE_H
#define KITH_SESSION_ENGINE_PRIVATE_H

#include "connection.h"
#include "kith-engine.h"
#include "kith-session.h"
#include "registry.h"

struct KithEngine {
    char *url;
    char *instance;
    const KithDriver *driver;
    KithConnectOptions connect_options;
    KithTracer tracer;
    bool no_autoflush;
    bool comments; /* behind statements, who asks */
    size_t bulk_from;      /* as the dialect says, but for tests */
    size_t make_keys_from; /* the same */
    int64_t timeout_usec;  /* of a statement of a new session; 0: none */
    size_t load_chunk;     /* keys in one statement of a load */
    KithRegistry *registry;
    GMutex lock;
    GPtrArray *idle;        /* of KithConnection: connected, not in use */
    GPtrArray *resting;     /* of KithSession: the memory of some that were freed */
    GHashTable *statements; /* from a text to its KithStatement */
    GHashTable *plans;   /* of queries: from their structure to a KithQueryPlan */
    GHashTable *results; /* from a KITH_RESULT to a KithRegistry of it alone */
    GHashTable *keyless;    /* of KithMapper: no keys can be made for it ahead of rows */
    GHashTable *shapes;     /* of KithShapeEntry, by mapper, operation and columns */
    void **recent_shapes; /* KithShape: the last one of each mapper and operation; atomic */
    /* KithStatement: the SELECT of one row by its key, by mapper; atomic, NULL until it
     * is needed. */
    void **by_key;
};

/* Borrow a connection: an idle one, or a new one. Errors: CONNECTION, BUSY. */
KithConnection *kith_engine_borrow(KithEngine *engine, GError **error);

/* Give a connection back; one that is not usable any more is closed. No transaction is
 * open. */
void kith_engine_return(KithEngine *engine, KithConnection *connection);

/* A session that rests, or NULL; see session-life.c. */
KithSession *kith_engine_take_session(KithEngine *engine);

/* Let it rest. Returns false if enough of them do. */
bool kith_engine_rest_session(KithEngine *engine, KithSession *session);

/*
 * Can keys be had for @mapper before its rows are written? It is taken to be so until it
 * is noted that it is not.
 */
bool kith_engine_makes_keys(KithEngine *engine, const KithMapper *mapper);
void kith_engine_note_keyless(KithEngine *engine, const KithMapper *mapper);

/* The statement of a text; the same for the same text. */
const KithStatement *kith_engine_statement(KithEngine *engine, const char *sql);

/* The mapper of a KITH_RESULT. Error: MAPPING. */
const KithMapper *kith_engine_result(KithEngine *engine,
                                     const KithMapping *mapping,
                                     GError **error);

/*
 * The shape of a write. @bits: the columns that are written; NULL for DELETE. UPDATE and
 * DELETE match the key, and the version where there is one.
 */
const KithShape *kith_engine_shape(KithEngine *engine,
                                   const KithMapper *mapper,
                                   KithOperation operation,
                                   const uint64_t *bits);

#endif
