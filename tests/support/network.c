/*
 * network.c - see the header. The proxy listens at a socket in a folder of its own, and
 * asks libpq where the server is.
 */
#define _POSIX_C_SOURCE 200809L

#include "network.h"

#include <libpq-fe.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* Where in the protocol the bytes of the client are. */
typedef struct Reader {
    bool has_started;
    char head[5]; /* the type of a message, and its length */
    size_t n_head;
    size_t n_to_skip;
} Reader;

struct Proxy {
    Reader reader;
    gint n_round_trips; /* atomic */
    char *folder;
    char *path; /* of the socket */
    char *server_host;
    char *server_port;
    char *url;
    GThread *thread;
    int listening;
    int alarm[2];    /* a byte written to [1] wakes the thread */
    char *word;      /* atomic */
    gint cut;        /* atomic: a ProxyCut */
    gint is_closed;  /* atomic */
    gint is_stopped; /* atomic */
};

/* --- sockets ----------------------------------------------------------------------- */

static struct sockaddr_un
local_address(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static int
connect_local(const char *folder, const char *port)
{
    g_autofree char *path = g_strdup_printf("%s/.s.PGSQL.%s", folder, port);
    struct sockaddr_un address = local_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *) &address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int
connect_server(const Proxy *proxy)
{
    if (proxy->server_host[0] == '/')
        return connect_local(proxy->server_host, proxy->server_port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if (getaddrinfo(proxy->server_host, proxy->server_port, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    int result = connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (result == 0)
        return fd;
    close(fd);
    return -1;
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

/* --- passing on -------------------------------------------------------------------- */

static bool
holds(const char *bytes, ssize_t length, const char *word)
{
    size_t word_length = strlen(word);
    for (ssize_t i = 0; i + (ssize_t) word_length <= length; i++) {
        if (memcmp(bytes + i, word, word_length) == 0)
            return true;
    }
    return false;
}

/* The first message has no type. A Sync, or a query of the simple protocol, is waited
 * for. */
static void
take_head(Proxy *proxy)
{
    Reader *reader = &proxy->reader;
    uint32_t length;
    memcpy(&length, reader->head + 1, sizeof length);
    reader->n_to_skip = GUINT32_FROM_BE(length) - sizeof length;
    reader->n_head = 0;
    if (reader->has_started && (reader->head[0] == 'S' || reader->head[0] == 'Q'))
        g_atomic_int_inc(&proxy->n_round_trips);
    reader->has_started = true;
}

static void
read_messages(Proxy *proxy, const char *bytes, size_t length)
{
    Reader *reader = &proxy->reader;
    while (length > 0) {
        if (reader->n_to_skip > 0) {
            size_t n = MIN(length, reader->n_to_skip);
            reader->n_to_skip -= n;
            bytes += n;
            length -= n;
            continue;
        }
        if (reader->n_head == 0 && !reader->has_started)
            reader->n_head = 1;
        reader->head[reader->n_head++] = *bytes++;
        length--;
        if (reader->n_head == sizeof reader->head)
            take_head(proxy);
    }
}

/* Pass on what @from has; false when the connection is to end. */
static bool
pass(Proxy *proxy, int from, int to, bool is_client)
{
    char bytes[65536];
    ssize_t length = recv(from, bytes, sizeof bytes, 0);
    if (length <= 0)
        return false;
    if (is_client)
        read_messages(proxy, bytes, (size_t) length);
    const char *word = g_atomic_pointer_get(&proxy->word);
    if (!is_client || word == NULL || !holds(bytes, length, word))
        return write_all(to, bytes, length);
    if (g_atomic_int_get(&proxy->cut) == PROXY_LOSES_ANSWER) {
        write_all(to, bytes, length);
        recv(to, bytes, sizeof bytes, 0);
    }
    return false;
}

/* Was the thread woken up? Takes the byte. */
static bool
was_woken(const Proxy *proxy, short revents)
{
    char byte;
    return revents != 0 && read(proxy->alarm[0], &byte, 1) == 1;
}

static void
serve(Proxy *proxy, int client)
{
    int server = connect_server(proxy);
    struct pollfd sockets[] = { { .fd = client, .events = POLLIN },
                                { .fd = server, .events = POLLIN },
                                { .fd = proxy->alarm[0], .events = POLLIN } };
    bool is_open = server >= 0;
    proxy->reader = (Reader){ .has_started = false };
    while (is_open && poll(sockets, 3, -1) > 0) {
        if (was_woken(proxy, sockets[2].revents))
            break;
        if (sockets[0].revents != 0)
            is_open = pass(proxy, client, server, true);
        if (is_open && sockets[1].revents != 0)
            is_open = pass(proxy, server, client, false);
    }
    close(server);
    close(client);
}

/* One client after the other. Whoever comes while the proxy is closed is sent away. */
static void *
run_proxy(void *data)
{
    Proxy *proxy = data;
    struct pollfd sockets[] = { { .fd = proxy->listening, .events = POLLIN },
                                { .fd = proxy->alarm[0], .events = POLLIN } };
    while (g_atomic_int_get(&proxy->is_stopped) == 0 && poll(sockets, 2, -1) > 0) {
        (void) was_woken(proxy, sockets[1].revents);
        if (sockets[0].revents == 0)
            continue;
        int client = accept(proxy->listening, NULL, NULL);
        if (g_atomic_int_get(&proxy->is_closed) != 0)
            close(client);
        else
            serve(proxy, client);
    }
    return NULL;
}

static void
wake(Proxy *proxy)
{
    assert_int_equal(write(proxy->alarm[1], "!", 1), 1);
}

/* --- where the server is ----------------------------------------------------------- */

static void
append_quoted(GString *conninfo, const char *keyword, const char *value)
{
    g_autoptr(GString) quoted = g_string_new(value);
    g_string_replace(quoted, "\\", "\\\\", 0);
    g_string_replace(quoted, "'", "\\'", 0);
    g_string_append_printf(conninfo, "%s='%s' ", keyword, quoted->str);
}

/* All that leads to the server, but for the way. */
static void
take_options(Proxy *proxy, PGconn *conn)
{
    static const char *const ways[] = { "host",    "hostaddr",   "port",
                                        "sslmode", "gssencmode", NULL };
    GString *conninfo = g_string_new("sslmode=disable gssencmode=disable port=1 ");
    append_quoted(conninfo, "host", proxy->folder);
    PQconninfoOption *options = PQconninfo(conn);
    for (PQconninfoOption *option = options; option->keyword != NULL; option++) {
        bool is_given = option->val != NULL && *option->val != '\0';
        if (is_given && !g_strv_contains(ways, option->keyword))
            append_quoted(conninfo, option->keyword, option->val);
    }
    PQconninfoFree(options);
    proxy->url = g_string_free(conninfo, FALSE);
}

static PGconn *
connect_to(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    return conn;
}

static void
find_server(Proxy *proxy, const char *url)
{
    PGconn *conn = connect_to(url);
    proxy->server_host = g_strdup(PQhost(conn));
    proxy->server_port = g_strdup(PQport(conn));
    take_options(proxy, conn);
    PQfinish(conn);
}

/* --- made and ended ---------------------------------------------------------------- */

Proxy *
proxy_start(const char *url)
{
    Proxy *proxy = g_new0(Proxy, 1);
    proxy->folder = g_dir_make_tmp("kith-proxy-XXXXXX", NULL);
    assert_non_null(proxy->folder);
    proxy->path = g_strconcat(proxy->folder, "/.s.PGSQL.1", NULL);
    find_server(proxy, url);
    struct sockaddr_un address = local_address(proxy->path);
    proxy->listening = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(proxy->listening, (struct sockaddr *) &address, sizeof address),
                     0);
    assert_int_equal(listen(proxy->listening, 4), 0);
    assert_int_equal(pipe(proxy->alarm), 0);
    proxy->thread = g_thread_new("proxy", run_proxy, proxy);
    return proxy;
}

void
proxy_stop(Proxy *proxy)
{
    g_atomic_int_set(&proxy->is_stopped, 1);
    wake(proxy); /* once out of a connection, */
    wake(proxy); /* and once out of waiting for one */
    g_thread_join(proxy->thread);
    close(proxy->listening);
    close(proxy->alarm[0]);
    close(proxy->alarm[1]);
    unlink(proxy->path);
    rmdir(proxy->folder);
    g_free(proxy->path);
    g_free(proxy->folder);
    g_free(proxy->server_host);
    g_free(proxy->server_port);
    g_free(proxy->url);
    g_free(proxy);
}

const char *
proxy_url(const Proxy *proxy)
{
    return proxy->url;
}

unsigned
proxy_take_round_trips(Proxy *proxy)
{
    return (unsigned) g_atomic_int_and((guint *) &proxy->n_round_trips, 0);
}

void
proxy_cut_at(Proxy *proxy, const char *word, ProxyCut cut)
{
    g_atomic_int_set(&proxy->cut, (gint) cut);
    g_atomic_pointer_set(&proxy->word, (char *) (uintptr_t) word);
}

void
proxy_close(Proxy *proxy)
{
    g_atomic_int_set(&proxy->is_closed, 1);
    wake(proxy);
}

void
proxy_open(Proxy *proxy)
{
    g_atomic_int_set(&proxy->is_closed, 0);
}

/* --- processes of the server ------------------------------------------------------- */

char *
url_with_name(const char *url, const char *name)
{
    if (strstr(url, "://") == NULL)
        return g_strdup_printf("%s application_name='%s'", url, name);
    const char *joint = strchr(url, '?') != NULL ? "&" : "?";
    return g_strdup_printf("%s%sapplication_name=%s", url, joint, name);
}

/* How many rows a query about the processes of this name gives; -1: it failed. */
static int
count_processes(PGconn *conn, const char *what, const char *name, const char *condition)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM pg_stat_activity WHERE application_name = '%s'%s",
                        what,
                        name,
                        condition);
    PGresult *result = PQexec(conn, sql);
    int n_rows = PQresultStatus(result) == PGRES_TUPLES_OK ? PQntuples(result) : -1;
    PQclear(result);
    return n_rows;
}

#define END "pg_terminate_backend(pid)"

void
end_processes(const char *url, const char *name)
{
    PGconn *conn = connect_to(url);
    assert_true(count_processes(conn, END, name, "") > 0);
    while (count_processes(conn, "pid", name, "") > 0)
        g_thread_yield();
    PQfinish(conn);
}

typedef struct Executioner {
    PGconn *conn;
    char *name;
} Executioner;

static void *
wait_and_end(void *data)
{
    Executioner *executioner = data;
    while (count_processes(
               executioner->conn, END, executioner->name, " AND wait_event_type = 'Lock'")
           == 0)
        g_thread_yield();
    PQfinish(executioner->conn);
    g_free(executioner->name);
    g_free(executioner);
    return NULL;
}

GThread *
end_waiting_process(const char *url, const char *name)
{
    Executioner *executioner = g_new(Executioner, 1);
    *executioner = (Executioner){ connect_to(url), g_strdup(name) };
    return g_thread_new("executioner", wait_and_end, executioner);
}
