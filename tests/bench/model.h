/*
 * model.h - what all the benchmarks work on: items, each in one of a hundred boxes. The
 * same rows as entities of Kith and as structs of a program written by hand.
 */
#ifndef KITH_BENCH_MODEL_H
#define KITH_BENCH_MODEL_H

#include "bench.h"

#include <kith/kith.h>

#define N_BOXES 100

/* --- as entities ------------------------------------------------------------------- */

typedef struct Box Box;
typedef struct Item Item;

struct Box {
    int64_t id;
    const char *name;
};

struct Item {
    int64_t id;
    const char *name; /* 20 characters */
    double price;
    int32_t quantity;
    const char *note; /* 40 characters, NULL in every second row */
    KITH_REF(Box) box;
};

KITH_DECLARE(Box);
KITH_DECLARE(Item);

/* --- by hand ----------------------------------------------------------------------- */

typedef struct HandBox {
    int64_t id;
    const char *name;
} HandBox;

typedef struct HandItem {
    int64_t id;
    const char *name;
    double price;
    int32_t quantity;
    const char *note;
    int64_t box_id;
    const HandBox *box;
} HandItem;

/* An item and its texts in one allocation; texts need not end with a zero. (transfer
 * full) */
HandItem *hand_item_new(int64_t id,
                        int64_t box_id,
                        const char *name,
                        size_t name_length,
                        double price,
                        int32_t quantity,
                        const char *note,
                        size_t note_length);

/* The object of a row that is to be inserted, as kith_add() makes one. (transfer full) */
HandItem *hand_item_of(const HandItem *row);

/* An identity map: from the id to the item, which it owns. */
GHashTable *hand_map_new(void);
#define hand_map_add(map, item) g_hash_table_insert((map), &(item)->id, (item))
#define hand_map_find(map, id) \
    ((HandItem *) g_hash_table_lookup((map), &(int64_t){ (id) }))

/* --- the rows ---------------------------------------------------------------------- */

/* @count rows to be inserted, their keys not known yet. (transfer full) */
HandItem *rows_new(size_t count);
void rows_free(HandItem *rows, size_t count);

/* The keys 1 to @count in a random order, the same one every time: g_free(). */
int64_t *shuffled_keys(size_t count);

/* The sum of the keys 1 to @count. */
int64_t sum_of_keys(size_t count);

/* --- Kith -------------------------------------------------------------------------- */

KithEngine *engine_new(const char *url);

/* What the query gives, which cannot fail here; lives as long as @query. */
const Item *const *load_items(ItemQuery *query);

#endif
