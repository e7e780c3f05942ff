/*
 * postgres-text.h - the statements that write rows: one row each, or many.
 *
 * An UPDATE or DELETE is wrapped so that it fails where a row is not there: else its
 * COMMIT would have to wait for the number of rows. What it fails with tells which.
 */
#ifndef KITH_DRIVERS_POSTGRES_TEXT_H
#define KITH_DRIVERS_POSTGRES_TEXT_H

#include "kith-driver.h"

/* What an error has in its message, before the numbers of the rows that were not there:
 * "kith:stale:3,17"; of a statement for one row, the number is 0. */
#define KITH_POSTGRES_STALE "kith:stale:"

/* The statements of a shape. */
typedef struct KithPostgresTexts {
    char *one;        /* parameters: written, then matched */
    char *many;       /* the same, as arrays; NULL: rows of this shape go one by one */
    char *many_shown; /* the same without what it is wrapped in, for a trace */
    /*
     * UPDATE, DELETE: the same without the check, which costs more the cheaper the write
     * is: the number of rows has to be looked at. NULL: there is something to give back.
     */
    char *many_counted;
} KithPostgresTexts;

/* From KithShape to KithPostgresTexts. */
GHashTable *kith_postgres_texts_new(void);

/* Find or make the statements of @shape. */
const KithPostgresTexts *kith_postgres_texts_find(GHashTable *texts,
                                                  const KithShape *shape);

/*
 * How many columns a statement gives before those of 'returned'. Of many rows, the first
 * of them say which row it is: of INSERT its key, of UPDATE, after the check, its number.
 */
size_t kith_postgres_text_leads(const KithShape *shape, bool is_bulk);

#endif
