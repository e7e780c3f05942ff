/*
 * joined.c - see the header. Of a LEFT JOIN that found nothing all columns are NULL,
 * those too that cannot be: so each of them says beside the structs whether there is a
 * value.
 */
#include "joined.h"

#include <stdalign.h>
#include <string.h>

static size_t
align(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t)
           * alignof(max_align_t);
}

static bool
is_pointer(const KithColumn *column)
{
    return column->kind == KITH_KIND_TEXT || column->kind == KITH_KIND_BLOB;
}

static KithColumn
shift(KithColumn column, const KithJoinedPart *part, size_t index)
{
    bool is_value = column.null_offset == KITH_NO_OFFSET && !is_pointer(&column);
    column.offset += part->at;
    if (is_value)
        column.null_offset = part->present + index;
    else if (column.null_offset != KITH_NO_OFFSET)
        column.null_offset += part->at;
    column.nullable = true;
    return column;
}

void
kith_joined_init(KithJoinedRow *joined,
                 const KithMapper *mapper,
                 const KithForeignKey *const *foreign_keys,
                 unsigned n_foreign_keys)
{
    *joined = (KithJoinedRow){ .mapper = mapper, .n_parts = n_foreign_keys };
    size_t n_columns = mapper->n_columns;
    for (unsigned i = 0; i < n_foreign_keys; i++)
        n_columns += foreign_keys[i]->target->n_columns;
    joined->columns = g_new(KithColumn, n_columns);
    memcpy(joined->columns, mapper->columns, mapper->n_columns * sizeof(KithColumn));
    joined->size = align(mapper->size);
    size_t first = mapper->n_columns;
    for (unsigned i = 0; i < n_foreign_keys; i++) {
        const KithMapper *target = foreign_keys[i]->target;
        KithJoinedPart *part = &joined->parts[i];
        *part = (KithJoinedPart){ .foreign_key = foreign_keys[i],
                                  .at = joined->size,
                                  .present = joined->size + target->size,
                                  .first = first };
        for (unsigned j = 0; j < target->n_columns; j++)
            joined->columns[first + j] = shift(target->columns[j], part, j);
        joined->size = align(part->present + target->n_columns);
        first += target->n_columns;
    }
    joined->layout = (KithLayout){ .entity = mapper->entity,
                                   .columns = joined->columns,
                                   .n_columns = n_columns };
}

void
kith_joined_finish(KithJoinedRow *joined)
{
    g_free(joined->columns);
}

bool
kith_joined_has(const KithJoinedPart *part, const void *row)
{
    const KithMapper *target = part->foreign_key->target;
    const KithColumn key = shift(target->columns[target->keys[0]], part, target->keys[0]);
    return kith_column_get(&key, row) != NULL;
}

void
kith_joined_take(const KithJoinedPart *part,
                 KithEntitySet *targets,
                 const void *row,
                 const size_t *lengths)
{
    const KithMapper *target = targets->mapper;
    memcpy(targets->scratch, (const char *) row + part->at, target->size);
    memcpy(targets->lengths, lengths + part->first, target->n_columns * sizeof *lengths);
}
