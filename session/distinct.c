/*
 * distinct.c - see the header. An open-addressing table of rows that lives for one call:
 * what a load asks for is mostly integers, and there are as many of them as objects came
 * with a query.
 */
#include "distinct.h"

/* Odd, from the golden ratio: a multiplication by it spreads what it is given. */
#define SCRAMBLE UINT64_C(0x9E3779B97F4A7C15)

typedef struct Distinct {
    const KithMapper *mapper;
    const unsigned *columns;
    unsigned n_columns;
    const void **slots; /* a power of two of them, less than half of which are used */
    unsigned shift;     /* from 64 bits to an index of theirs */
} Distinct;

static bool
has_null(const Distinct *distinct, const void *row)
{
    for (unsigned i = 0; i < distinct->n_columns; i++) {
        const KithColumn *column = &distinct->mapper->columns[distinct->columns[i]];
        if (kith_column_get(column, row) == NULL)
            return true;
    }
    return false;
}

static bool
is_equal(const Distinct *distinct, const void *row, const void *other)
{
    for (unsigned i = 0; i < distinct->n_columns; i++) {
        const KithColumn *column = &distinct->mapper->columns[distinct->columns[i]];
        if (!kith_column_is_equal(column, row, other))
            return false;
    }
    return true;
}

static uint64_t
hash(const Distinct *distinct, const void *row)
{
    const KithColumn *first = &distinct->mapper->columns[distinct->columns[0]];
    if (distinct->n_columns == 1 && first->kind == KITH_KIND_INT64)
        return *(const uint64_t *) kith_column_get(first, row) * SCRAMBLE;
    uint64_t hash = KITH_HASH_SEED;
    for (unsigned i = 0; i < distinct->n_columns; i++)
        hash =
            kith_column_hash(hash, &distinct->mapper->columns[distinct->columns[i]], row);
    return hash * SCRAMBLE;
}

/* Returns false if a row with these values is there already. */
static bool
add(Distinct *distinct, const void *row)
{
    size_t mask = ((size_t) 1 << (64 - distinct->shift)) - 1;
    size_t at = (size_t) (hash(distinct, row) >> distinct->shift);
    for (; distinct->slots[at] != NULL; at = (at + 1) & mask) {
        if (is_equal(distinct, distinct->slots[at], row))
            return false;
    }
    distinct->slots[at] = row;
    return true;
}

GPtrArray *
kith_rows_distinct(const KithMapper *mapper,
                   const unsigned *columns,
                   unsigned n_columns,
                   const GPtrArray *rows)
{
    unsigned bits = 2;
    while ((size_t) 1 << bits < 2 * (size_t) rows->len + 2)
        bits++;
    GPtrArray *found = g_ptr_array_sized_new(rows->len);
    g_autofree const void **slots = g_new0(const void *, (size_t) 1 << bits);
    Distinct distinct = { mapper, columns, n_columns, slots, 64 - bits };
    for (guint i = 0; i < rows->len; i++) {
        void *row = g_ptr_array_index(rows, i);
        if (!has_null(&distinct, row) && add(&distinct, row))
            g_ptr_array_add(found, row);
    }
    return found;
}
