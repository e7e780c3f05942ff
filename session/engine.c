/*
 * engine.c - opens a database and keeps what its sessions share.
 */
#include "engine.h"

#include "drivers-list.h"
#include "error.h"
#include "query-plan.h"
#include "schema.h"
#include "session.h"
#include "shape.h"
#include "sql.h"

/* More keys in one statement save next to nothing, and the memory for them is held twice.
 */
#define DEFAULT_LOAD_CHUNK 32768

/* More connections than this are not kept when nobody needs them. */
#define MAX_IDLE 8

/* The same of sessions that rest. */
#define MAX_RESTING 8

/*
 * Why no driver takes a URL. Of the URL only what stands before the colon is shown: what
 * follows, or all of it, may hold a password.
 */
static char *
fault_of(const char *url)
{
    const char *colon = url != NULL ? strchr(url, ':') : NULL;
    if (url == NULL)
        return g_strdup("the URL of the database is NULL");
    if (colon == NULL || colon == url)
        return g_strdup("the URL does not begin with the kind of the database");
    return g_strdup_printf(
        "no driver takes a URL of the kind \"%.*s\"", (int) (colon - url), url);
}

static const KithDriver *
find_driver(const char *url, GError **error)
{
    const KithDriver *const *drivers = kith_drivers();
    g_autoptr(GString) known = g_string_new(NULL);
    for (size_t i = 0; drivers[i] != NULL; i++) {
        g_assert(drivers[i]->version == KITH_DRIVER_VERSION);
        if (url != NULL && drivers[i]->accepts(url))
            return drivers[i];
        g_string_append_printf(
            known, "%s%s", i > 0 ? ", " : "", drivers[i]->dialect->name);
    }
    g_autofree char *fault = fault_of(url);
    kith_error_set(error,
                   KITH_ERROR_CONNECTION,
                   "%s; this library has drivers for %s: use 'sqlite:PATH', "
                   "'sqlite::memory:' or 'postgresql://…'",
                   fault,
                   known->str);
    return NULL;
}

static void
free_statement(void *data)
{
    KithStatement *statement = data;
    g_free((char *) (uintptr_t) statement->sql);
    g_free(statement);
}

static void
close_connection(void *data)
{
    kith_connection_close(data);
}

static void
free_registry(void *data)
{
    kith_registry_free(data);
}

/* Every engine that is open has a name of its own, within the process. */
static char *
new_instance(void)
{
    static gint n_engines;
    return g_strdup_printf("engine-%d", g_atomic_int_add(&n_engines, 1) + 1);
}

KithEngine *
kith_engine_open(const char *url, const KithOptions *options, GError **error)
{
    static const KithOptions defaults;
    if (options == NULL)
        options = &defaults;
    g_autoptr(KithRegistry) registry = kith_registry_new(options->mappings, error);
    const KithDriver *driver = registry != NULL ? find_driver(url, error) : NULL;
    if (driver == NULL)
        return NULL;
    kith_registry_fit(registry, driver->dialect);
    g_autoptr(KithEngine) engine = g_new0(KithEngine, 1);
    g_mutex_init(&engine->lock);
    engine->url = g_strdup(url);
    engine->instance = new_instance();
    engine->driver = driver;
    engine->connect_options =
        (KithConnectOptions){ .busy_timeout_msec = options->busy_timeout_msec,
                              .connect_timeout_msec = options->connect_timeout_msec,
                              .unnamed_statements = options->unnamed_statements,
                              .instance = engine->instance };
    kith_tracer_init(
        &engine->tracer, options->trace, options->trace_data, options->hide_parameters);
    engine->no_autoflush = options->no_autoflush;
    engine->comments = options->comments;
    engine->timeout_usec = MAX(options->timeout_msec, 0) * 1000;
    engine->load_chunk =
        options->load_chunk > 0 ? options->load_chunk : DEFAULT_LOAD_CHUNK;
    engine->registry = g_steal_pointer(&registry);
    engine->idle = g_ptr_array_new_with_free_func(close_connection);
    engine->resting = g_ptr_array_new();
    engine->statements =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_statement);
    engine->shapes = kith_shape_table_new();
    engine->recent_shapes = g_new0(void *, 3 * engine->registry->n_mappers + 1);
    engine->plans = kith_query_plans_new();
    engine->results = g_hash_table_new_full(NULL, NULL, NULL, free_registry);
    engine->keyless = g_hash_table_new(NULL, NULL);
    engine->bulk_from = driver->dialect->bulk_from;
    engine->make_keys_from = driver->dialect->make_keys_from;
    engine->by_key = g_new0(void *, engine->registry->n_mappers + 1);
    /* Connect now: a server that is not there is found at the start of the program. */
    KithConnection *connection = kith_engine_borrow(engine, error);
    if (connection == NULL)
        return NULL;
    kith_engine_return(engine, connection);
    return g_steal_pointer(&engine);
}

void
kith_engine_free(KithEngine *engine)
{
    if (engine == NULL)
        return;
    g_ptr_array_unref(engine->idle);
    for (guint i = 0; i < engine->resting->len; i++)
        kith_session_free_memory(g_ptr_array_index(engine->resting, i),
                                 engine->registry->n_mappers);
    g_ptr_array_unref(engine->resting);
    g_hash_table_unref(engine->statements);
    g_hash_table_unref(engine->shapes);
    g_free(engine->recent_shapes);
    g_hash_table_unref(engine->plans);
    g_hash_table_unref(engine->results);
    g_hash_table_unref(engine->keyless);
    g_free(engine->by_key);
    kith_registry_free(engine->registry);
    g_mutex_clear(&engine->lock);
    g_free(engine->instance);
    g_free(engine->url);
    g_free(engine);
}

const char *
kith_engine_database(const KithEngine *engine)
{
    return engine->driver->dialect->name;
}

/* --- connections ------------------------------------------------------------------- */

KithConnection *
kith_engine_borrow(KithEngine *engine, GError **error)
{
    g_mutex_lock(&engine->lock);
    KithConnection *connection = NULL;
    if (engine->idle->len > 0)
        connection = g_ptr_array_steal_index(engine->idle, engine->idle->len - 1);
    g_mutex_unlock(&engine->lock);
    if (connection != NULL && kith_connection_is_alive(connection))
        return connection;
    kith_connection_close(connection);
    connection = kith_connection_open(
        engine->driver, engine->url, &engine->connect_options, &engine->tracer, error);
    if (connection != NULL && engine->comments)
        connection->comments = kith_comments_new();
    return connection;
}

void
kith_engine_return(KithEngine *engine, KithConnection *connection)
{
    /* Whether the server is still there is asked when it is borrowed again. */
    bool is_alive = !kith_connection_has_failed(connection);
    connection->traffic = NULL;
    kith_connection_watch(connection, NULL);
    g_mutex_lock(&engine->lock);
    bool keep = is_alive && engine->idle->len < MAX_IDLE;
    if (keep)
        g_ptr_array_add(engine->idle, connection);
    g_mutex_unlock(&engine->lock);
    if (!keep)
        kith_connection_close(connection);
}

/* --- sessions ---------------------------------------------------------------------- */

KithSession *
kith_engine_take_session(KithEngine *engine)
{
    KithSession *session = NULL;
    g_mutex_lock(&engine->lock);
    if (engine->resting->len > 0)
        session = g_ptr_array_steal_index(engine->resting, engine->resting->len - 1);
    g_mutex_unlock(&engine->lock);
    return session;
}

bool
kith_engine_rest_session(KithEngine *engine, KithSession *session)
{
    g_mutex_lock(&engine->lock);
    bool has_room = engine->resting->len < MAX_RESTING;
    if (has_room)
        g_ptr_array_add(engine->resting, session);
    g_mutex_unlock(&engine->lock);
    return has_room;
}

/* --- statements and shapes --------------------------------------------------------- */

const KithStatement *
kith_engine_statement(KithEngine *engine, const char *sql)
{
    g_mutex_lock(&engine->lock);
    KithStatement *statement = g_hash_table_lookup(engine->statements, sql);
    if (statement == NULL) {
        statement = g_new(KithStatement, 1);
        char *text = g_strdup(sql);
        statement->sql = text;
        g_hash_table_insert(engine->statements, text, statement);
    }
    g_mutex_unlock(&engine->lock);
    return statement;
}

const KithMapper *
kith_engine_result(KithEngine *engine, const KithMapping *mapping, GError **error)
{
    g_mutex_lock(&engine->lock);
    KithRegistry *registry = g_hash_table_lookup(engine->results, mapping);
    if (registry == NULL) {
        registry = kith_registry_of_result(mapping, error);
        if (registry != NULL)
            g_hash_table_insert(
                engine->results, (gpointer) (uintptr_t) mapping, registry);
    }
    g_mutex_unlock(&engine->lock);
    return registry != NULL ? &registry->mappers[0] : NULL;
}

const KithShape *
kith_engine_shape(KithEngine *engine,
                  const KithMapper *mapper,
                  KithOperation operation,
                  const uint64_t *bits)
{
    void **recent = &engine->recent_shapes[3 * mapper->index + (unsigned) operation];
    const KithShape *shape = g_atomic_pointer_get(recent);
    if (shape != NULL && kith_shape_is_of(shape, mapper, bits))
        return shape;
    g_mutex_lock(&engine->lock);
    shape = kith_shape_table_get(
        engine->shapes, engine->driver->dialect, mapper, operation, bits);
    g_mutex_unlock(&engine->lock);
    g_atomic_pointer_set(recent, (void *) (uintptr_t) shape);
    return shape;
}

bool
kith_engine_makes_keys(KithEngine *engine, const KithMapper *mapper)
{
    if (engine->driver->dialect->make_keys == NULL)
        return false;
    g_mutex_lock(&engine->lock);
    bool is_keyless = g_hash_table_contains(engine->keyless, mapper);
    g_mutex_unlock(&engine->lock);
    return !is_keyless;
}

void
kith_engine_note_keyless(KithEngine *engine, const KithMapper *mapper)
{
    g_mutex_lock(&engine->lock);
    g_hash_table_add(engine->keyless, (void *) (uintptr_t) mapper);
    g_mutex_unlock(&engine->lock);
}

/* --- schema ------------------------------------------------------------------------ */

static bool
run_statements(KithConnection *connection, const GPtrArray *statements, GError **error)
{
    if (!kith_connection_command(connection, connection->driver->dialect->begin, error))
        return false;
    for (guint i = 0; i < statements->len; i++) {
        if (!kith_connection_command(connection, g_ptr_array_index(statements, i), error))
            return false;
    }
    return kith_connection_commit(connection, error);
}

static bool
run_schema(KithEngine *engine,
           const GPtrArray *statements,
           KithPlace place,
           GError **error)
{
    KithConnection *connection = kith_engine_borrow(engine, error);
    if (connection == NULL)
        return false;
    connection->place = place;
    bool done = run_statements(connection, statements, error);
    if (!done)
        (void) kith_connection_rollback(connection, "ROLLBACK", NULL);
    kith_engine_return(engine, connection);
    return done;
}

bool
kith_engine_schema_create(KithEngine *engine, KithPlace place, GError **error)
{
    g_autoptr(GPtrArray) statements =
        kith_schema_create_statements(engine->registry, engine->driver->dialect);
    return run_schema(engine, statements, place, error);
}

bool
kith_engine_schema_drop(KithEngine *engine, KithPlace place, GError **error)
{
    g_autoptr(GPtrArray) statements =
        kith_schema_drop_statements(engine->registry, engine->driver->dialect);
    return run_schema(engine, statements, place, error);
}

char *
kith_schema_sql(const KithEngine *engine)
{
    g_autoptr(GPtrArray) statements =
        kith_schema_create_statements(engine->registry, engine->driver->dialect);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < statements->len; i++)
        g_string_append_printf(text, "%s;\n", (char *) g_ptr_array_index(statements, i));
    return g_string_free(text, FALSE);
}
