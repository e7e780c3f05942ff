/*
 * outsider.h - a new, empty database, and a connection to it that knows nothing of Kith:
 * it looks at rows, and plays the somebody else who changes them.
 */
#ifndef KITH_TESTS_OUTSIDER_H
#define KITH_TESTS_OUTSIDER_H

#include <stdbool.h>

typedef struct Outsider Outsider;

/* Make the database and connect. Fails the test if it cannot. */
Outsider *outsider_new(bool on_sqlite);

/* Disconnect, and remove the database. Takes NULL. */
void outsider_free(Outsider *outsider);

/* The URL by which an engine opens the database. Lives as long as @outsider. */
const char *outsider_url(const Outsider *outsider);

/*
 * Run one or more statements. Returns the rows of the last one as text, columns parted by
 * '|', rows by newlines, NULL as "NULL"; on failure NULL, and the database's words in
 * @ret_complaint. Both (transfer full).
 */
char *outsider_query(Outsider *outsider, const char *sql, char **ret_complaint);

#endif
