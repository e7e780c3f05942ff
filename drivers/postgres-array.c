/*
 * postgres-array.c - see the header. An array is a head of five words (dimensions, whether there
 * is a NULL, the type of its elements, their number, the lowest index), then each element as its
 * length and its bytes. Elements are encoded by postgres-types.c, like any parameter.
 */
#include "postgres-array.h"

#include <string.h>

enum {
    AT_HAS_NULL = 4,
    AT_N_ELEMENTS = 12
};

static void
append_word(GByteArray *bytes, uint32_t word)
{
    uint32_t sent = GUINT32_TO_BE(word);
    g_byte_array_append(bytes, (const guint8 *) &sent, sizeof sent);
}

static void
put_word(GByteArray *bytes, size_t at, uint32_t word)
{
    uint32_t sent = GUINT32_TO_BE(word);
    memcpy(bytes->data + at, &sent, sizeof sent);
}

Oid
kith_postgres_array_type(KithKind kind)
{
    /* The types of pg_type.dat, whose numbers never change. */
    static const Oid types[] = {
        [KITH_KIND_BOOL] = 1000,   [KITH_KIND_INT32] = 1007, [KITH_KIND_INT64] = 1016,
        [KITH_KIND_DOUBLE] = 1022, [KITH_KIND_TEXT] = 1009,  [KITH_KIND_BLOB] = 1001,
        [KITH_KIND_TIME] = 1185,   [KITH_KIND_DATE] = 1182,  [KITH_KIND_UUID] = 2951,
        [KITH_KIND_ENUM] = 1009,   [KITH_KIND_OBJECT] = 0,
    };
    return types[kind];
}

void
kith_postgres_array_begin(KithPostgresArray *array, KithKind kind)
{
    *array = (KithPostgresArray){ .bytes = g_byte_array_new() };
    kith_postgres_parameters_reset(&array->element, 1);
    append_word(array->bytes, 1);
    append_word(array->bytes, 0);
    append_word(array->bytes, kith_postgres_type_of_kind(kind));
    append_word(array->bytes, 0);
    append_word(array->bytes, 1);
}

bool
kith_postgres_array_add(KithPostgresArray *array,
                        const char *entity,
                        const KithColumn *column,
                        const void *row,
                        GError **error)
{
    KithPostgresParameters *element = &array->element;
    if (!kith_postgres_set_column(element, 0, entity, column, row, error))
        return false;
    array->n_elements++;
    if (element->values[0] == NULL) {
        array->has_null = 1;
        append_word(array->bytes, UINT32_MAX);
        return true;
    }
    append_word(array->bytes, (uint32_t) element->lengths[0]);
    g_byte_array_append(array->bytes,
                        (const guint8 *) element->values[0],
                        (guint) element->lengths[0]);
    return true;
}

GByteArray *
kith_postgres_array_end(KithPostgresArray *array)
{
    put_word(array->bytes, AT_HAS_NULL, array->has_null);
    put_word(array->bytes, AT_N_ELEMENTS, array->n_elements);
    kith_postgres_parameters_clear(&array->element);
    return g_steal_pointer(&array->bytes);
}
