/*
 * test-postgres-network.c - how often the driver for PostgreSQL waits for its server, and
 * what it says when the network ends at a bad moment. Between the two stands a proxy on a
 * thread, which counts the changes of direction, can cut the connection at a word, and
 * can pass for a pooler.
 */
#define _POSIX_C_SOURCE 200809L

#include "drivers.h"
#include "error.h"

#include <libpq-fe.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static const KithDriver *const driver = &kith_driver_postgres;

/* --- the proxy ------------------------------------------------------------------ */

typedef enum Cut {
    CUT_NEVER,
    CUT_NOW,    /* nothing reaches the server any more */
    CUT_BEFORE, /* what has a COMMIT in it does not reach the server */
    CUT_AFTER   /* it does, but the answer does not come back */
} Cut;

typedef struct Proxy {
    char *folder;
    char *server_host;
    char *server_port;
    char *url; /* to connect through the proxy */
    GThread *thread;
    int listening;
    bool changes_pid; /* as a pooler does */
    char commit_name[64]; /* under which a COMMIT is prepared; or empty */
    gint n_trips;     /* atomic */
    gint cut;         /* atomic: a Cut */
} Proxy;

static int
connect_local(const char *folder, const char *port)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", folder, port);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &address, sizeof address), 0);
    return fd;
}

static int
connect_server(const Proxy *proxy)
{
    if (proxy->server_host[0] == '/')
        return connect_local(proxy->server_host, proxy->server_port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    assert_int_equal(getaddrinfo(proxy->server_host, proxy->server_port, &hints, &found),
                     0);
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    assert_int_equal(connect(fd, found->ai_addr, found->ai_addrlen), 0);
    freeaddrinfo(found);
    return fd;
}

static bool
write_all(int fd, const char *bytes, ssize_t length)
{
    for (ssize_t sent = 0; sent < length;) {
        ssize_t n = send(fd, bytes + sent, (size_t) (length - sent), MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += n;
    }
    return true;
}

static char *
find(char *bytes, ssize_t length, const char *what, size_t what_length)
{
    for (ssize_t i = 0; i + (ssize_t) what_length <= length; i++) {
        if (memcmp(bytes + i, what, what_length) == 0)
            return bytes + i;
    }
    return NULL;
}

/* BackendKeyData: 'K', the length 12, the process, a secret. */
static void
change_pid(char *bytes, ssize_t length)
{
    char *message = find(bytes, length, "K\0\0\0\14", 5);
    if (message != NULL && message + 9 <= bytes + length)
        message[5] ^= 0x40;
}

/* A COMMIT is its text, or the name that stood before the text when it was prepared. */
static bool
has_commit(Proxy *proxy, char *bytes, ssize_t length)
{
    const char *name = proxy->commit_name;
    char *text = find(bytes, length, "COMMIT", sizeof "COMMIT");
    if (text == NULL)
        return *name != '\0' && find(bytes, length, name, strlen(name) + 1) != NULL;
    char *start = text - 1;
    while (start > bytes && (g_ascii_isalnum(start[-1]) || start[-1] == '_'))
        start--;
    g_strlcpy(proxy->commit_name, start, sizeof proxy->commit_name);
    return true;
}

/* Pass on what @from has; false when the connection is to end. */
static bool
pass(Proxy *proxy, int from, int to, bool is_client, bool *was_client)
{
    char bytes[65536];
    ssize_t length = recv(from, bytes, sizeof bytes, 0);
    if (length <= 0)
        return false;
    if (is_client && !*was_client)
        g_atomic_int_inc(&proxy->n_trips);
    *was_client = is_client;
    if (!is_client && proxy->changes_pid)
        change_pid(bytes, length);
    bool is_commit = is_client && has_commit(proxy, bytes, length);
    Cut cut = (Cut) g_atomic_int_get(&proxy->cut);
    if (is_client && cut == CUT_NOW)
        return false;
    if (!is_commit || cut == CUT_NEVER)
        return write_all(to, bytes, length);
    if (cut == CUT_AFTER) {
        write_all(to, bytes, length);
        recv(to, bytes, sizeof bytes, 0);
    }
    return false;
}

static void
serve(Proxy *proxy, int client)
{
    int server = connect_server(proxy);
    bool was_client = false;
    struct pollfd sockets[] = { { .fd = client, .events = POLLIN },
                                { .fd = server, .events = POLLIN } };
    bool is_open = true;
    while (is_open && poll(sockets, 2, -1) > 0) {
        if (sockets[0].revents != 0)
            is_open = pass(proxy, client, server, true, &was_client);
        if (is_open && sockets[1].revents != 0)
            is_open = pass(proxy, server, client, false, &was_client);
    }
    close(server);
    close(client);
}

/* One client after the other, until the socket that listens is shut down. */
static void *
run_proxy(void *data)
{
    Proxy *proxy = data;
    for (;;) {
        int client = accept(proxy->listening, NULL, NULL);
        if (client < 0)
            return NULL;
        serve(proxy, client);
    }
}

static void
quote(GString *conninfo, const char *keyword, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    g_autoptr(GString) quoted = g_string_new(value);
    g_string_replace(quoted, "\\", "\\\\", 0);
    g_string_replace(quoted, "'", "\\'", 0);
    g_string_append_printf(conninfo, "%s='%s' ", keyword, quoted->str);
}

/* Ask libpq where the server of the tests is. */
static void
find_server(Proxy *proxy)
{
    const char *url = g_getenv("KITH_TEST_POSTGRES");
    if (url == NULL || *url == '\0')
        fail_msg("KITH_TEST_POSTGRES has to hold the URL of a PostgreSQL server for the "
                 "tests");
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    proxy->server_host = g_strdup(PQhost(conn));
    proxy->server_port = g_strdup(PQport(conn));
    GString *conninfo = g_string_new("sslmode=disable gssencmode=disable port=1 ");
    quote(conninfo, "host", proxy->folder);
    quote(conninfo, "user", PQuser(conn));
    quote(conninfo, "dbname", PQdb(conn));
    quote(conninfo, "password", PQpass(conn));
    proxy->url = g_string_free(conninfo, FALSE);
    PQfinish(conn);
}

static void
listen_locally(Proxy *proxy)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.1", proxy->folder);
    proxy->listening = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(proxy->listening, (struct sockaddr *) &address, sizeof address),
                     0);
    assert_int_equal(listen(proxy->listening, 4), 0);
}

static Proxy *
start_proxy(bool changes_pid)
{
    Proxy *proxy = g_new0(Proxy, 1);
    proxy->folder = g_dir_make_tmp("kith-proxy-XXXXXX", NULL);
    assert_non_null(proxy->folder);
    proxy->changes_pid = changes_pid;
    find_server(proxy);
    listen_locally(proxy);
    proxy->thread = g_thread_new("proxy", run_proxy, proxy);
    return proxy;
}

static void
stop_proxy(Proxy *proxy)
{
    shutdown(proxy->listening, SHUT_RDWR);
    g_thread_join(proxy->thread);
    close(proxy->listening);
    g_autofree char *path = g_strconcat(proxy->folder, "/.s.PGSQL.1", NULL);
    unlink(path);
    rmdir(proxy->folder);
    g_free(proxy->folder);
    g_free(proxy->server_host);
    g_free(proxy->server_port);
    g_free(proxy->url);
    g_free(proxy);
}

/* --- fixtures ------------------------------------------------------------------- */

typedef struct Fixture {
    Proxy *proxy;
    KithHandle *handle;
    char *table;
    char *insert_sql;
    char *count_sql;
    KithShape insert;
    KithStatement count;
} Fixture;

static void
check(bool success, GError *error)
{
    if (!success)
        fail_msg("%s", error != NULL ? error->message : "failed without an error");
    assert_null(error);
}

static KithHandle *
open_url(const char *url)
{
    GError *error = NULL;
    KithHandle *handle = driver->open(url, NULL, &error);
    check(handle != NULL, error);
    return handle;
}

static void
run(KithHandle *handle, const char *format, const char *table)
{
    g_auto(GStrv) parts = g_strsplit(format, "TABLE_NAME", -1);
    g_autofree char *sql = g_strjoinv(table, parts);
    GError *error = NULL;
    check(driver->command(handle, sql, &error), error);
    check(driver->sync(handle, &error), error);
}

typedef struct Item {
    int64_t id;
    int32_t number;
} Item;

static const KithColumn item_id = { .name = "id",
                                    .member = "id",
                                    .kind = KITH_KIND_INT64,
                                    .offset = offsetof(Item, id),
                                    .null_offset = KITH_NO_OFFSET };
static const KithColumn item_number = { .name = "number",
                                        .member = "number",
                                        .kind = KITH_KIND_INT32,
                                        .offset = offsetof(Item, number),
                                        .null_offset = KITH_NO_OFFSET };
static const KithColumn *const item_written[] = { &item_number };
static const KithColumn *const item_returned[] = { &item_id };

static int
set_up_with(void **state, bool changes_pid)
{
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->proxy = start_proxy(changes_pid);
    fixture->handle = open_url(fixture->proxy->url);
    fixture->table = g_strdup_printf("kith_network_%u", g_random_int());
    fixture->insert_sql = g_strdup_printf(
        "INSERT INTO %s (number) VALUES ($1) RETURNING id", fixture->table);
    fixture->count_sql = g_strdup_printf("SELECT count(*) FROM %s", fixture->table);
    fixture->insert = (KithShape){ .operation = KITH_OPERATION_INSERT,
                                   .entity = "Item",
                                   .table = fixture->table,
                                   .written = item_written,
                                   .n_written = 1,
                                   .generated = &item_id,
                                   .returned = item_returned,
                                   .n_returned = 1,
                                   .sql = fixture->insert_sql };
    fixture->count = (KithStatement){ fixture->count_sql };
    run(fixture->handle,
        "CREATE TABLE TABLE_NAME (id bigint GENERATED BY DEFAULT AS IDENTITY, number "
        "int)",
        fixture->table);
    *state = fixture;
    return 0;
}

static int
set_up(void **state)
{
    return set_up_with(state, false);
}

static int
set_up_pooled(void **state)
{
    return set_up_with(state, true);
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;
    g_atomic_int_set(&fixture->proxy->cut, CUT_NEVER);
    driver->close(fixture->handle);
    KithHandle *handle = open_url(g_getenv("KITH_TEST_POSTGRES"));
    run(handle, "DROP TABLE TABLE_NAME", fixture->table);
    driver->close(handle);
    stop_proxy(fixture->proxy);
    g_free(fixture->table);
    g_free(fixture->insert_sql);
    g_free(fixture->count_sql);
    g_free(fixture);
    return 0;
}

static int64_t
number_of(KithHandle *handle, const KithStatement *statement)
{
    static const KithColumn column = {
        .name = "n", .member = "n", .kind = KITH_KIND_INT64, .null_offset = KITH_NO_OFFSET
    };
    KithLayout layout = { "Number", &column, 1 };
    GError *error = NULL;
    KithCursor *cursor = driver->query(handle, statement, NULL, 0, &error);
    check(cursor != NULL, error);
    int64_t number = 0;
    size_t length;
    KithFetched fetched = driver->fetch(cursor, &layout, &number, &length, &error);
    check(fetched == KITH_FETCHED_ROW, error);
    driver->finish(cursor);
    return number;
}

/* How many rows there are, asked past the proxy. */
static int64_t
count_rows(const Fixture *fixture)
{
    KithHandle *handle = open_url(g_getenv("KITH_TEST_POSTGRES"));
    int64_t count = number_of(handle, &fixture->count);
    driver->close(handle);
    return count;
}

/* Begin, and submit @n_rows. */
static void
submit(Fixture *fixture, KithBatch *batch, KithRow *rows, Item *items, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++)
        rows[i] = (KithRow){ .row = &items[i] };
    *batch = (KithBatch){ .shape = &fixture->insert, .rows = rows, .n_rows = n_rows };
    GError *error = NULL;
    check(driver->command(fixture->handle, "BEGIN", &error), error);
    check(driver->submit(fixture->handle, batch, &error), error);
}

static int
trips_since(Fixture *fixture, int before)
{
    return g_atomic_int_get(&fixture->proxy->n_trips) - before;
}

#define N_ROWS 100

/* Insert rows in a transaction, N_ROWS at most. Returns how many round trips it took. */
static int
insert_some_rows(Fixture *fixture, int n_rows)
{
    Item items[N_ROWS] = { { 0 } };
    KithRow rows[N_ROWS];
    KithBatch batch;
    int before = g_atomic_int_get(&fixture->proxy->n_trips);
    submit(fixture, &batch, rows, items, (size_t) n_rows);
    GError *error = NULL;
    check(driver->commit(fixture->handle, &error), error);
    for (int i = 0; i < n_rows; i++)
        assert_true(items[i].id > 0);
    return trips_since(fixture, before);
}

static int
insert_rows(Fixture *fixture)
{
    return insert_some_rows(fixture, N_ROWS);
}

/* --- round trips ---------------------------------------------------------------- */

static void
a_transaction_that_writes_is_one_round_trip(void **state)
{
    Fixture *fixture = *state;
    /* The first time, the type of the key is looked at before it is committed. */
    assert_int_equal(insert_rows(fixture), 2);
    assert_int_equal(insert_rows(fixture), 1);
    assert_int_equal(count_rows(fixture), 200);
}

/* A member that cannot be NULL is looked at each time: no type says that it is not. */
static void
what_may_not_fit_its_member_is_looked_at_before_each_commit(void **state)
{
    static const KithColumn *const both[] = { &item_id, &item_number };
    Fixture *fixture = *state;
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO %s (number) VALUES ($1) RETURNING id, number", fixture->table);
    fixture->insert.sql = sql;
    fixture->insert.returned = both;
    fixture->insert.n_returned = 2;
    /* Few rows: the server would answer before it has read all, once its buffer is full. */
    assert_int_equal(insert_some_rows(fixture, 10), 2);
    assert_int_equal(insert_some_rows(fixture, 10), 2);
    assert_int_equal(count_rows(fixture), 20);
}

static void
a_begin_that_is_held_back_rides_with_the_first_query(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    int before = g_atomic_int_get(&fixture->proxy->n_trips);
    check(driver->command(fixture->handle, "BEGIN", &error), error);
    assert_int_equal(trips_since(fixture, before), 0);
    number_of(fixture->handle, &fixture->count);
    assert_int_equal(trips_since(fixture, before), 1);
    check(driver->commit(fixture->handle, &error), error);
    assert_int_equal(trips_since(fixture, before), 2);
}

static void
rolling_back_nothing_costs_nothing(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    int before = g_atomic_int_get(&fixture->proxy->n_trips);
    check(driver->rollback(fixture->handle, "ROLLBACK", &error), error);
    check(driver->sync(fixture->handle, &error), error);
    assert_true(driver->is_alive(fixture->handle));
    assert_int_equal(trips_since(fixture, before), 0);
}

/* --- the end of the network ----------------------------------------------------- */

static GError *
commit_cut(Fixture *fixture, Cut cut)
{
    insert_rows(fixture);
    Item items[2] = { { 0 } };
    KithRow rows[2];
    KithBatch batch;
    submit(fixture, &batch, rows, items, 2);
    g_atomic_int_set(&fixture->proxy->cut, (gint) cut);
    GError *error = NULL;
    assert_false(driver->commit(fixture->handle, &error));
    assert_non_null(error);
    assert_false(driver->is_alive(fixture->handle));
    return error;
}

static void
a_commit_whose_answer_is_lost_has_an_unknown_outcome(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = commit_cut(fixture, CUT_AFTER);
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_OUTCOME_UNKNOWN));
    assert_int_equal(count_rows(fixture), 102);
}

/* Nobody on this side can know that it did not arrive. */
static void
a_commit_that_is_lost_on_its_way_has_an_unknown_outcome_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = commit_cut(fixture, CUT_BEFORE);
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_OUTCOME_UNKNOWN));
    assert_int_equal(count_rows(fixture), 100);
}

static void
a_connection_lost_before_the_commit_is_only_lost(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    check(driver->command(fixture->handle, "BEGIN", &error), error);
    number_of(fixture->handle, &fixture->count);
    g_atomic_int_set(&fixture->proxy->cut, CUT_NOW);
    check(driver->command(fixture->handle, "SAVEPOINT a", &error), error);
    assert_false(driver->sync(fixture->handle, &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_CONNECTION));
    g_clear_error(&error);
    assert_false(driver->commit(fixture->handle, &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_CONNECTION));
    g_clear_error(&error);
}

/* --- poolers -------------------------------------------------------------------- */

static const KithStatement count_prepared = {
    "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'kith%'"
};

static void
statements_are_prepared_on_a_server_of_ones_own(void **state)
{
    Fixture *fixture = *state;
    insert_rows(fixture);
    /* BEGIN, INSERT, COMMIT, and the question itself. */
    assert_int_equal(number_of(fixture->handle, &count_prepared), 4);
}

static void
nothing_is_prepared_by_name_behind_a_pooler(void **state)
{
    Fixture *fixture = *state;
    insert_rows(fixture);
    assert_int_equal(insert_rows(fixture), 1);
    assert_int_equal(number_of(fixture->handle, &fixture->count), 200);
    assert_int_equal(number_of(fixture->handle, &count_prepared), 0);
}

static void
nothing_is_prepared_by_name_where_the_program_says_so(void **state)
{
    Fixture *fixture = *state;
    const KithConnectOptions options = { .unnamed_statements = true };
    GError *error = NULL;
    driver->close(fixture->handle);
    fixture->handle = driver->open(g_getenv("KITH_TEST_POSTGRES"), &options, &error);
    check(fixture->handle != NULL, error);
    insert_rows(fixture);
    insert_rows(fixture);
    assert_int_equal(number_of(fixture->handle, &fixture->count), 200);
    assert_int_equal(number_of(fixture->handle, &count_prepared), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transaction_that_writes_is_one_round_trip),
        TEST(what_may_not_fit_its_member_is_looked_at_before_each_commit),
        TEST(a_begin_that_is_held_back_rides_with_the_first_query),
        TEST(rolling_back_nothing_costs_nothing),
        TEST(a_commit_whose_answer_is_lost_has_an_unknown_outcome),
        TEST(a_commit_that_is_lost_on_its_way_has_an_unknown_outcome_too),
        TEST(a_connection_lost_before_the_commit_is_only_lost),
        TEST(statements_are_prepared_on_a_server_of_ones_own),
        cmocka_unit_test_setup_teardown(
            nothing_is_prepared_by_name_behind_a_pooler, set_up_pooled, tear_down),
        TEST(nothing_is_prepared_by_name_where_the_program_says_so),
    };
    return cmocka_run_group_tests_name("drivers/postgres-network", tests, NULL, NULL);
}
