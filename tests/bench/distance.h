/*
 * distance.h - a proxy that puts distance between a client and its PostgreSQL server: all
 * that passes arrives later, and the turns of the client are counted.
 */
#ifndef KITH_BENCH_DISTANCE_H
#define KITH_BENCH_DISTANCE_H

#include <stdint.h>

typedef struct Distance Distance;

/*
 * Stand before the server that @url leads to, which listens at a unix socket.
 * @round_trip_usec: from a question to its answer, beyond what the server takes.
 * (transfer full)
 */
Distance *distance_start(const char *url, int64_t round_trip_usec);

/*
 * The connections through it must be closed.
 *
 * Returns: how often a client began to send after it was answered, which is the number of
 * round trips since the start. Only now is it sure that the last message was counted.
 */
unsigned distance_stop(Distance *distance);

/* The URL by which to go through it. Lives as long as it. */
const char *distance_url(const Distance *distance);

#endif
