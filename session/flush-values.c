/*
 * flush-values.c - a hash table from the values of some columns to a number.
 */
#include "flush-values.h"

#include "entity.h"

/* What a key of the table is: where the tuple belongs, and where its values are read
 * from. */
typedef struct Entry {
    const KithMapper *mapper;
    const unsigned *columns;
    KithTuple values;
} Entry;

static const KithColumn *
column_of(const KithTuple *tuple, unsigned index)
{
    return &tuple->mapper->columns[tuple->columns[index]];
}

static guint
hash_entry(gconstpointer data)
{
    const Entry *entry = data;
    uint64_t hash = (uint64_t) entry->mapper->index + 1;
    for (unsigned i = 0; i < entry->values.n_columns; i++)
        hash = kith_column_hash(hash * 31 + entry->columns[i],
                                column_of(&entry->values, i),
                                entry->values.row);
    return (guint) (hash ^ (hash >> 32));
}

static gboolean
is_equal(gconstpointer a, gconstpointer b)
{
    const Entry *one = a, *other = b;
    if (one->mapper != other->mapper || one->values.n_columns != other->values.n_columns)
        return FALSE;
    for (unsigned i = 0; i < one->values.n_columns; i++) {
        if (one->columns[i] != other->columns[i]
            || !kith_columns_are_equal(column_of(&one->values, i),
                                       one->values.row,
                                       column_of(&other->values, i),
                                       other->values.row))
            return FALSE;
    }
    return TRUE;
}

static bool
has_null(const KithTuple *tuple)
{
    for (unsigned i = 0; i < tuple->n_columns; i++) {
        if (kith_column_get(column_of(tuple, i), tuple->row) == NULL)
            return true;
    }
    return false;
}

GHashTable *
kith_tuple_table_new(void)
{
    return g_hash_table_new_full(hash_entry, is_equal, g_free, NULL);
}

void
kith_tuple_table_add(GHashTable *table, KithTuple tuple, unsigned number)
{
    if (has_null(&tuple))
        return;
    Entry entry = { .mapper = tuple.mapper, .columns = tuple.columns, .values = tuple };
    g_hash_table_replace(
        table, g_memdup2(&entry, sizeof entry), GUINT_TO_POINTER(number + 1));
}

unsigned
kith_tuple_table_find(GHashTable *table,
                      const KithMapper *mapper,
                      const unsigned *columns,
                      KithTuple like)
{
    if (has_null(&like))
        return KITH_NO_INDEX;
    Entry entry = { .mapper = mapper, .columns = columns, .values = like };
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(table, &entry));
    return found > 0 ? found - 1 : KITH_NO_INDEX;
}
