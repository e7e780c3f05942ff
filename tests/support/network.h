/*
 * network.h - what can happen between a session and its PostgreSQL server: a proxy on a
 * thread that cuts the connection at a word, and hands that end the process of the
 * server.
 */
#ifndef KITH_TESTS_NETWORK_H
#define KITH_TESTS_NETWORK_H

#include <glib.h>

/* --- the proxy --------------------------------------------------------------------- */

typedef struct Proxy Proxy;

typedef enum ProxyCut {
    PROXY_LOSES_WORD,  /* what has the word in it does not reach the server */
    PROXY_LOSES_ANSWER /* it does, but the answer does not come back */
} ProxyCut;

/* Stand before the server that @url leads to. It serves one connection at a time.
 * (transfer full) */
Proxy *proxy_start(const char *url);
void proxy_stop(Proxy *proxy);

/* The URL by which an engine goes through the proxy. Lives as long as it. */
const char *proxy_url(const Proxy *proxy);

/* How often the client has asked for all answers, and waited, since the last look. */
unsigned proxy_take_round_trips(Proxy *proxy);

/* From now on cut the connection where the client says @word, a literal; NULL: never. */
void proxy_cut_at(Proxy *proxy, const char *word, ProxyCut cut);

/* From now on no bytes pass, and nobody can connect; or both again. */
void proxy_close(Proxy *proxy);
void proxy_open(Proxy *proxy);

/* --- processes of the server ------------------------------------------------------- */

/* @url with a name by which its connections are known to the server. (transfer full) */
char *url_with_name(const char *url, const char *name);

/* End the processes of all connections of this name, and wait until they are gone. */
void end_processes(const char *url, const char *name);

/* The same on a thread, as soon as one of them waits for a lock; g_thread_join() it. */
GThread *end_waiting_process(const char *url, const char *name);

#endif
