/*
 * kith-engine.h - an engine: a database, and the mappings of a program onto it.
 *
 *     KithOptions options = { .mappings = KITH_MAPPINGS(Author, Book) };
 *     g_autoptr(KithEngine) engine =
 *         kith_engine_open("sqlite:library.db", &options, &error);
 *
 * An engine is shared by the threads of a program; the sessions that it serves are not.
 */
#ifndef KITH_ENGINE_H
#define KITH_ENGINE_H

#include "kith-mapping.h"
#include "kith-trace.h"

G_BEGIN_DECLS

typedef struct KithEngine KithEngine;

/* Zero is the default of every option. */
typedef struct KithOptions {
    const KithMapping *const *mappings; /* KITH_MAPPINGS(…); NULL: none */
    KithTraceFunction trace;            /* called for every statement */
    void *trace_data;
    bool hide_parameters; /* traces show '***' in place of every value */
    bool no_autoflush;    /* queries do not flush first: they see what is in the tables */
    /*
     * Behind the text of each query, and of each statement that writes rows, stands who
     * asked, as a comment: file.c:31; of a flush that is who flushed or committed, or whose
     * query did. The database shows it where it shows what runs. A statement is prepared
     * for each place then. Letters, digits and "._-+ " in the name are as they are, all
     * else is '_'. What begins and ends a transaction has none.
     */
    bool comments;
    int64_t busy_timeout_msec;    /* SQLite: how long to wait for a lock; 0: 5000 */
    int64_t connect_timeout_msec; /* PostgreSQL: how long to try; 0: 10000 */
    /*
     * PostgreSQL: keep no statements prepared at the server, for a pooler that gives each
     * transaction another connection of it. One that stands in between is found without
     * this, unless it shows itself as the server.
     */
    bool unnamed_statements;
    int64_t timeout_msec; /* of sessions: see kith_set_timeout(); 0: none */
    size_t load_chunk; /* how many keys one statement of a load asks for; 0: 32768 */
} KithOptions;

/*
 * Open the database at @url and check the mappings.
 * @url: 'sqlite:PATH', 'sqlite::memory:', 'postgresql://…', 'postgres://…', or a
 * connection string of libpq ('host=… dbname=…').
 * @options: (nullable): copied, but for the mappings themselves, which are static.
 * Returns: (transfer full): an engine, to be freed with kith_engine_free().
 * Errors: CONNECTION for a URL that no driver takes and for a server that is not there;
 * MAPPING with every mistake in the mappings, a line each. Tables are not looked at here.
 */
KITH_API KITH_MUST_CHECK KithEngine *kith_engine_open(const char *url,
                                                      const KithOptions *options,
                                                      GError **error);

/* Close the engine. Its sessions must have been freed. Takes NULL. */
KITH_API void kith_engine_free(KithEngine *engine);

/* What kind of database it is: "SQLite", "PostgreSQL". Lives as long as the engine. */
KITH_API const char *kith_engine_database(const KithEngine *engine);

/*
 * Create the tables of all mappings, with their keys, foreign keys, unique constraints,
 * indexes and checks, in one transaction. Tables that are there already are left as they
 * are. Errors: BUSY, CONNECTION, SQL.
 */
#define kith_schema_create(engine, error) \
    kith_engine_schema_create((engine), KITH_HERE, (error))
KITH_API KITH_MUST_CHECK bool kith_engine_schema_create(KithEngine *engine,
                                                        KithPlace place,
                                                        GError **error);

/* Drop the tables of all mappings, with what is in them, in one transaction. Errors: as
 * above. */
#define kith_schema_drop(engine, error) \
    kith_engine_schema_drop((engine), KITH_HERE, (error))
KITH_API KITH_MUST_CHECK bool kith_engine_schema_drop(KithEngine *engine,
                                                      KithPlace place,
                                                      GError **error);

/* The statements of kith_schema_create(), each closed by ";\n". (transfer full): to be
 * freed with g_free(). */
KITH_API char *kith_schema_sql(const KithEngine *engine);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithEngine, kith_engine_free)

G_END_DECLS

#endif
