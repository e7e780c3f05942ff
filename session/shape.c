/*
 * shape.c - finds the shape of a write by (mapper, operation, columns written), or makes
 * it.
 */
#include "shape.h"

#include "entity.h"
#include "filled.h"
#include "sql.h"

#include <string.h>

/* A shape with what it is found by; the bits belong to it, but for those of a look-up. */
typedef struct KithShapeEntry {
    const KithMapper *mapper;
    KithOperation operation;
    const uint64_t *bits;
    KithShape shape;
} KithShapeEntry;

static guint
hash_entry(gconstpointer data)
{
    const KithShapeEntry *entry = data;
    uint64_t hash = (uint64_t) entry->mapper->index * 3 + (uint64_t) entry->operation;
    for (unsigned i = 0; i < KITH_BITS(entry->mapper->n_columns); i++)
        hash = (hash ^ entry->bits[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return (guint) (hash >> 32);
}

static gboolean
is_equal(gconstpointer a, gconstpointer b)
{
    const KithShapeEntry *one = a, *other = b;
    return one->mapper == other->mapper && one->operation == other->operation
           && memcmp(one->bits,
                     other->bits,
                     KITH_BITS(one->mapper->n_columns) * sizeof *one->bits)
                  == 0;
}

static void
free_entry(void *data)
{
    KithShapeEntry *entry = data;
    g_free((void *) (uintptr_t) entry->bits);
    g_free((void *) (uintptr_t) entry->shape.written);
    g_free((void *) (uintptr_t) entry->shape.matched);
    g_free((void *) (uintptr_t) entry->shape.returned);
    g_free((void *) (uintptr_t) entry->shape.key);
    g_free((void *) (uintptr_t) entry->shape.sql);
    g_free(entry);
}

GHashTable *
kith_shape_table_new(void)
{
    return g_hash_table_new_full(hash_entry, is_equal, free_entry, NULL);
}

static void
fill_written(KithShape *shape, const KithMapper *mapper, const uint64_t *bits)
{
    const KithColumn **written = g_new(const KithColumn *, mapper->n_columns + 1);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (kith_bits_has(bits, i))
            written[shape->n_written++] = &mapper->columns[i];
    }
    shape->written = written;
}

static void
fill_key(KithShape *shape, const KithMapper *mapper)
{
    const KithColumn **key = g_new(const KithColumn *, mapper->n_keys + 1);
    for (unsigned i = 0; i < mapper->n_keys; i++)
        key[shape->n_key++] = &mapper->columns[mapper->keys[i]];
    shape->key = key;
}

static void
fill_matched(KithShape *shape, const KithMapper *mapper)
{
    const KithColumn **matched = g_new(const KithColumn *, mapper->n_keys + 1);
    for (unsigned i = 0; i < mapper->n_keys; i++)
        matched[shape->n_matched++] = &mapper->columns[mapper->keys[i]];
    if (mapper->version != KITH_NO_INDEX)
        matched[shape->n_matched++] = &mapper->columns[mapper->version];
    shape->matched = matched;
}

/* Does the database fill the column, when @wanted is written? */
static bool
is_filled(const KithShapeEntry *wanted, unsigned index)
{
    const KithColumnDetail *detail = &wanted->mapper->details[index];
    if (detail->computed_sql != NULL)
        return true;
    return wanted->operation == KITH_OPERATION_INSERT && detail->default_sql != NULL
           && !kith_bits_has(wanted->bits, index);
}

/* A generated key comes with what has to be asked for anyway; alone, if there is no other
 * way. */
static void
fill_returned(KithShape *shape, const KithDialect *dialect, const KithShapeEntry *wanted)
{
    const KithMapper *mapper = wanted->mapper;
    bool returns_key = shape->generated != NULL && dialect->returns_key;
    for (unsigned i = 0; shape->generated != NULL && i < mapper->n_columns; i++)
        returns_key = returns_key || is_filled(wanted, i);
    const KithColumn **returned = g_new(const KithColumn *, mapper->n_columns + 1);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (!is_filled(wanted, i) && !(returns_key && column == shape->generated))
            continue;
        returned[shape->n_returned++] = column;
        if (column->kind == KITH_KIND_TEXT || column->kind == KITH_KIND_BLOB)
            shape->keep = kith_filled_keep;
    }
    shape->returned = returned;
}

static KithShapeEntry *
new_entry(const KithDialect *dialect, const KithShapeEntry *wanted)
{
    const KithMapper *mapper = wanted->mapper;
    KithShapeEntry *entry = g_new0(KithShapeEntry, 1);
    entry->mapper = mapper;
    entry->operation = wanted->operation;
    entry->bits =
        g_memdup2(wanted->bits, KITH_BITS(mapper->n_columns) * sizeof *wanted->bits);
    KithShape *shape = &entry->shape;
    shape->operation = wanted->operation;
    shape->entity = mapper->entity;
    shape->table = mapper->table;
    /* A link that is there already, unknown to the session, is what is wanted. */
    shape->skips_existing = mapper->is_link && shape->operation == KITH_OPERATION_INSERT;
    fill_key(shape, mapper);
    if (wanted->operation != KITH_OPERATION_DELETE)
        fill_written(shape, mapper, wanted->bits);
    if (wanted->operation != KITH_OPERATION_INSERT)
        fill_matched(shape, mapper);
    else if (mapper->generated != KITH_NO_INDEX
             && !kith_bits_has(wanted->bits, mapper->generated))
        shape->generated = &mapper->columns[mapper->generated];
    if (wanted->operation != KITH_OPERATION_DELETE)
        fill_returned(shape, dialect, wanted);
    shape->sql = kith_sql_write(dialect, shape);
    return entry;
}

/* Does the statement have anything to do with what @mapper adds to the table of its base?
 */
static bool
concerns_own_columns(const KithMapper *mapper,
                     KithOperation operation,
                     const uint64_t *bits)
{
    const KithShapeEntry wanted = { mapper, operation, bits, { .n_written = 0 } };
    bool concerns = false;
    for (unsigned i = mapper->base->n_columns;
         operation != KITH_OPERATION_DELETE && i < mapper->n_columns;
         i++)
        concerns = concerns || kith_bits_has(bits, i) || is_filled(&wanted, i);
    return concerns;
}

/* What is the same statement for several entities in one table is one shape. */
static const KithMapper *
whose_shape(const KithMapper *mapper, KithOperation operation, const uint64_t *bits)
{
    while (mapper->base != NULL && !concerns_own_columns(mapper, operation, bits))
        mapper = mapper->base;
    return mapper;
}

bool
kith_shape_is_of(const KithShape *shape, const KithMapper *mapper, const uint64_t *bits)
{
    const KithShapeEntry *entry =
        (const void *) ((const char *) shape - offsetof(KithShapeEntry, shape));
    return entry->mapper == mapper
           && (bits == NULL
               || memcmp(entry->bits, bits, KITH_BITS(mapper->n_columns) * sizeof *bits)
                      == 0);
}

const KithShape *
kith_shape_table_get(GHashTable *shapes,
                     const KithDialect *dialect,
                     const KithMapper *mapper,
                     KithOperation operation,
                     const uint64_t *bits)
{
    g_autofree uint64_t *none = NULL;
    if (bits == NULL)
        bits = none = g_new0(uint64_t, KITH_BITS(mapper->n_columns) + 1);
    KithShapeEntry wanted = { .mapper = whose_shape(mapper, operation, bits),
                              .operation = operation,
                              .bits = bits };
    KithShapeEntry *entry = g_hash_table_lookup(shapes, &wanted);
    if (entry == NULL) {
        entry = new_entry(dialect, &wanted);
        g_hash_table_add(shapes, entry);
    }
    return &entry->shape;
}
