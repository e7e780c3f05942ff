/*
 * model.c - the mapping, and rows that are the same every time.
 */
#include "model.h"

#include <string.h>

KITH_MAPPING(Box, "boxes", KITH_KEY(Box, id, .generated = true), KITH_COLUMN(Box, name));

KITH_MAPPING(Item,
             "items",
             KITH_KEY(Item, id, .generated = true),
             KITH_COLUMN(Item, name),
             KITH_COLUMN(Item, price),
             KITH_COLUMN(Item, quantity),
             KITH_COLUMN(Item, note, .nullable = true),
             KITH_BELONGS_TO(Item, box, Box, .column = "box_id"));

/* --- by hand ----------------------------------------------------------------------- */

static const char *
copy_text(char **room, const char *text, size_t length)
{
    char *copy = *room;
    if (text == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *room += length + 1;
    return copy;
}

HandItem *
hand_item_new(int64_t id,
              int64_t box_id,
              const char *name,
              size_t name_length,
              double price,
              int32_t quantity,
              const char *note,
              size_t note_length)
{
    HandItem *item = g_malloc(sizeof *item + name_length + note_length + 2);
    char *room = (char *) (item + 1);
    item->id = id;
    item->box_id = box_id;
    item->box = NULL;
    item->price = price;
    item->quantity = quantity;
    item->name = copy_text(&room, name, name_length);
    item->note = copy_text(&room, note, note_length);
    return item;
}

HandItem *
hand_item_of(const HandItem *row)
{
    return hand_item_new(0,
                         row->box_id,
                         row->name,
                         strlen(row->name),
                         row->price,
                         row->quantity,
                         row->note,
                         row->note != NULL ? strlen(row->note) : 0);
}

GHashTable *
hand_map_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

/* --- the rows ---------------------------------------------------------------------- */

HandItem *
rows_new(size_t count)
{
    HandItem *rows = g_new0(HandItem, count);
    for (size_t i = 0; i < count; i++) {
        rows[i].box_id = (int64_t) (i % N_BOXES) + 1;
        rows[i].name = g_strdup_printf("item %015zu", i);
        rows[i].price = (double) (i % 1000) * 0.25;
        rows[i].quantity = (int32_t) (i % 77);
        if (i % 2 == 1)
            rows[i].note = g_strdup_printf("a note that is forty characters %8zu", i);
    }
    return rows;
}

void
rows_free(HandItem *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_free((char *) (uintptr_t) rows[i].name);
        g_free((char *) (uintptr_t) rows[i].note);
    }
    g_free(rows);
}

int64_t *
shuffled_keys(size_t count)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20240229);
    int64_t *keys = g_new(int64_t, count);
    for (size_t i = 0; i < count; i++) {
        size_t other = (size_t) g_rand_int_range(random, 0, (gint32) i + 1);
        keys[i] = keys[other];
        keys[other] = (int64_t) i + 1;
    }
    return keys;
}

int64_t
sum_of_keys(size_t count)
{
    return (int64_t) count * ((int64_t) count + 1) / 2;
}

/* --- Kith -------------------------------------------------------------------------- */

KithEngine *
engine_new(const char *url)
{
    GError *error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(Box, Item) };
    KithEngine *engine = kith_engine_open(url, &options, &error);
    bench_done(engine != NULL, error);
    bench_done(kith_schema_create(engine, &error), error);
    return engine;
}

const Item *const *
load_items(ItemQuery *query)
{
    GError *error = NULL;
    const Item *const *items = kith_all(query, &error);
    bench_done(items != NULL, error);
    return items;
}
