/*
 * distance.c - see the header. A thread for each connection; what it has read waits in a
 * queue for its time, so that both ends can send as much as they like.
 */
#define _GNU_SOURCE /* ppoll() */

#include "distance.h"

#include "bench.h"

#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct Distance {
    char *folder;
    char *path; /* of the socket */
    char *url;
    struct sockaddr_un server;
    int64_t delay_usec; /* of one way */
    GThread *thread;
    GPtrArray *serving; /* GThread, one for each connection; of @thread until it ends */
    int listening;
    gint n_round_trips; /* atomic */
};

/* Bytes on their way. */
typedef struct Parcel {
    int64_t due; /* g_get_monotonic_time() */
    size_t length;
    size_t sent;
    char bytes[];
} Parcel;

typedef struct Way {
    int from;
    int to;
    GQueue parcels;
    bool is_over; /* nothing more comes */
} Way;

typedef struct Connection {
    Distance *distance;
    Way ways[2]; /* from the client, from the server */
    bool was_answered;
} Connection;

#define TO_SERVER 0
#define TO_CLIENT 1

/* --- passing on -------------------------------------------------------------------- */

static void
take(Connection *connection, int direction)
{
    static const size_t most = 65536;
    Way *way = &connection->ways[direction];
    Parcel *parcel = g_malloc(sizeof *parcel + most);
    ssize_t length = recv(way->from, parcel->bytes, most, 0);
    if (length <= 0) {
        way->is_over = true;
        g_free(parcel);
        return;
    }
    if (direction == TO_SERVER && connection->was_answered)
        g_atomic_int_inc(&connection->distance->n_round_trips);
    connection->was_answered = direction == TO_CLIENT;
    parcel->due = g_get_monotonic_time() + connection->distance->delay_usec;
    parcel->length = (size_t) length;
    parcel->sent = 0;
    g_queue_push_tail(&way->parcels, parcel);
}

/* Send what is due; what the other end does not take yet stays. */
static void
deliver(Way *way)
{
    Parcel *parcel;
    while ((parcel = g_queue_peek_head(&way->parcels)) != NULL
           && parcel->due <= g_get_monotonic_time()) {
        ssize_t sent = send(way->to,
                            parcel->bytes + parcel->sent,
                            parcel->length - parcel->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return;
        parcel->sent += (size_t) sent;
        if (parcel->sent < parcel->length)
            return;
        g_free(g_queue_pop_head(&way->parcels));
    }
}

static bool
is_due(const Way *way)
{
    const Parcel *parcel = g_queue_peek_head((GQueue *) (uintptr_t) &way->parcels);
    return parcel != NULL && parcel->due <= g_get_monotonic_time();
}

/* Until the next parcel is due; NULL: for as long as it takes. */
static const struct timespec *
time_to_wait(const Connection *connection, struct timespec *storage)
{
    int64_t first = INT64_MAX;
    for (int i = 0; i < 2; i++) {
        const Parcel *parcel =
            g_queue_peek_head((GQueue *) (uintptr_t) &connection->ways[i].parcels);
        if (parcel != NULL)
            first = MIN(first, parcel->due);
    }
    if (first == INT64_MAX)
        return NULL;
    int64_t usec = MAX(first - g_get_monotonic_time(), 0);
    *storage =
        (struct timespec){ .tv_sec = usec / 1000000, .tv_nsec = usec % 1000000 * 1000 };
    return storage;
}

static void
wait_for_bytes(Connection *connection)
{
    struct pollfd sockets[2] = { { .fd = connection->ways[TO_SERVER].from },
                                 { .fd = connection->ways[TO_CLIENT].from } };
    struct timespec storage;
    for (int i = 0; i < 2; i++) {
        sockets[i].events = POLLIN;
        /* The other way writes into this socket. */
        if (is_due(&connection->ways[1 - i]))
            sockets[i].events |= POLLOUT;
    }
    ppoll(sockets,
          2,
          is_due(&connection->ways[0]) || is_due(&connection->ways[1])
              ? NULL
              : time_to_wait(connection, &storage),
          NULL);
    for (int i = 0; i < 2; i++) {
        if ((sockets[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            take(connection, i);
    }
}

static int
connect_server(const Distance *distance)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr *address = (const struct sockaddr *) &distance->server;
    bench_expect(connect(fd, address, sizeof distance->server) == 0);
    return fd;
}

static void *
serve(void *data)
{
    Connection *connection = data;
    while (!connection->ways[TO_SERVER].is_over && !connection->ways[TO_CLIENT].is_over) {
        wait_for_bytes(connection);
        deliver(&connection->ways[TO_SERVER]);
        deliver(&connection->ways[TO_CLIENT]);
    }
    close(connection->ways[TO_SERVER].from);
    close(connection->ways[TO_CLIENT].from);
    g_queue_clear_full(&connection->ways[TO_SERVER].parcels, g_free);
    g_queue_clear_full(&connection->ways[TO_CLIENT].parcels, g_free);
    g_free(connection);
    return NULL;
}

/* Ends when the listening socket is shut. */
static void *
run(void *data)
{
    Distance *distance = data;
    int client;
    while ((client = accept(distance->listening, NULL, NULL)) >= 0) {
        Connection *connection = g_new0(Connection, 1);
        int server = connect_server(distance);
        connection->distance = distance;
        connection->ways[TO_SERVER] = (Way){ .from = client, .to = server };
        connection->ways[TO_CLIENT] = (Way){ .from = server, .to = client };
        g_ptr_array_add(distance->serving, g_thread_new("distance", serve, connection));
    }
    return NULL;
}

/* --- made and ended ---------------------------------------------------------------- */

static struct sockaddr_un
local_address(const char *folder, const char *port)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", folder, port);
    return address;
}

static void
find_server(Distance *distance, const char *url)
{
    PGconn *conn = PQconnectdb(url);
    bench_expect(PQstatus(conn) == CONNECTION_OK && PQhost(conn)[0] == '/');
    distance->server = local_address(PQhost(conn), PQport(conn));
    distance->url = g_strdup_printf("host=%s port=1 user=%s dbname=%s gssencmode=disable",
                                    distance->folder,
                                    PQuser(conn),
                                    PQdb(conn));
    PQfinish(conn);
}

Distance *
distance_start(const char *url, int64_t round_trip_usec)
{
    Distance *distance = g_new0(Distance, 1);
    distance->folder = g_dir_make_tmp("kith-distance-XXXXXX", NULL);
    distance->delay_usec = round_trip_usec / 2;
    find_server(distance, url);
    struct sockaddr_un address = local_address(distance->folder, "1");
    distance->path = g_strdup(address.sun_path);
    distance->listening = socket(AF_UNIX, SOCK_STREAM, 0);
    bench_expect(bind(distance->listening, (struct sockaddr *) &address, sizeof address)
                 == 0);
    bench_expect(listen(distance->listening, 8) == 0);
    distance->serving = g_ptr_array_new();
    distance->thread = g_thread_new("distance", run, distance);
    return distance;
}

unsigned
distance_stop(Distance *distance)
{
    shutdown(distance->listening, SHUT_RDWR);
    g_thread_join(distance->thread);
    /* A connection that is closed here still has its last bytes under way there. */
    for (guint i = 0; i < distance->serving->len; i++)
        g_thread_join(g_ptr_array_index(distance->serving, i));
    g_ptr_array_unref(distance->serving);
    close(distance->listening);
    g_unlink(distance->path);
    g_rmdir(distance->folder);
    g_free(distance->folder);
    g_free(distance->path);
    g_free(distance->url);
    unsigned n_round_trips = (unsigned) distance->n_round_trips;
    g_free(distance);
    return n_round_trips;
}

const char *
distance_url(const Distance *distance)
{
    return distance->url;
}
