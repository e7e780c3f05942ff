/*
 * wide.c - see the header. Made once with the mappers; used for each row that is read.
 */
#include "wide.h"

#include "column.h"
#include "error.h"
#include "resolver.h"
#include "trace.h"

#include <string.h>

/* What holds for any member, so that a piece of a struct can be moved. */
#define ALIGNMENT 16

/* --- making ------------------------------------------------------------------------ */

/* The next place in the wide struct where what stands at @like in a struct can stand. */
static size_t
next_place(size_t size, size_t like)
{
    size_t rest = like % ALIGNMENT;
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + rest;
}

static bool
shows_null(const KithColumn *column)
{
    return column->null_offset != KITH_NO_OFFSET || column->kind == KITH_KIND_TEXT
           || column->kind == KITH_KIND_BLOB;
}

/* In a query every column has a name of its own. Those of two tables can be the same. */
static const char *
wide_name(KithResolver *resolver,
          const KithWideRow *wide,
          const KithMapper *mapper,
          unsigned i)
{
    const char *name = mapper->columns[i].name;
    bool is_taken = false;
    for (size_t j = 0; j < wide->layout.n_columns; j++)
        is_taken =
            is_taken || g_ascii_strcasecmp(wide->layout.columns[j].name, name) == 0;
    return is_taken ? kith_resolver_own(
               resolver, g_strdup_printf("%s.%s", kith_mapper_table_name(mapper), name))
                    : name;
}

/* Every column of a branch can be NULL: in rows of the other branches it is. */
static KithColumn
widen(KithWideRow *wide, const KithColumn *column, const KithWideBranch *branch)
{
    size_t own = branch->mapper->base->size;
    KithColumn widened = *column;
    widened.nullable = true;
    widened.offset = column->offset - own + branch->offset;
    if (column->null_offset != KITH_NO_OFFSET)
        widened.null_offset = column->null_offset - own + branch->offset;
    else if (!shows_null(column))
        widened.null_offset = wide->size++; /* a flag that the struct has no room for */
    return widened;
}

static void
add_branch(KithResolver *resolver,
           KithWideRow *wide,
           const KithMapper *mapper,
           KithColumn *columns)
{
    const KithMapper *base = mapper->base;
    KithWideBranch *branch = &wide->branches[wide->n_branches++];
    *branch = (KithWideBranch){ .mapper = mapper,
                                .offset = next_place(wide->size, base->size),
                                .first = (unsigned) wide->layout.n_columns };
    wide->size = branch->offset + mapper->size - base->size;
    for (unsigned i = base->n_columns; i < mapper->n_columns; i++) {
        const char *name = wide_name(resolver, wide, mapper, i);
        KithColumn *column = &columns[wide->layout.n_columns];
        *column = widen(wide, &mapper->columns[i], branch);
        column->name = name;
        wide->layout.n_columns++;
    }
}

static const KithWideRow *
make_wide(KithResolver *resolver, const KithMapper *mapper, KithMapper *const *ordered)
{
    unsigned n_mappers = resolver->registry->n_mappers;
    size_t n_columns = mapper->n_columns;
    for (unsigned i = 0; i < n_mappers; i++) {
        if (ordered[i] != mapper && kith_mapper_is_a(ordered[i], mapper))
            n_columns += ordered[i]->n_columns - ordered[i]->base->n_columns;
    }
    KithColumn *columns = kith_resolver_own(resolver, g_new0(KithColumn, n_columns + 1));
    KithWideRow *wide = kith_resolver_own(resolver, g_new0(KithWideRow, 1));
    memcpy(columns, mapper->columns, mapper->n_columns * sizeof *columns);
    wide->mapper = mapper;
    wide->size = mapper->size;
    wide->layout = (KithLayout){ .entity = mapper->entity,
                                 .columns = columns,
                                 .n_columns = mapper->n_columns };
    wide->branches =
        kith_resolver_own(resolver, g_new0(KithWideBranch, mapper->n_below + 1));
    for (unsigned i = 0; i < n_mappers; i++) {
        if (ordered[i] != mapper && kith_mapper_is_a(ordered[i], mapper))
            add_branch(resolver, wide, ordered[i], columns);
    }
    return wide;
}

void
kith_resolve_wide_rows(KithResolver *resolver, KithMapper *const *ordered)
{
    for (unsigned i = 0; i < resolver->registry->n_mappers; i++) {
        if (ordered[i]->n_below > 0)
            ordered[i]->wide = make_wide(resolver, ordered[i], ordered);
    }
}

/* --- using ------------------------------------------------------------------------- */

static bool
is_what(const KithMapper *mapper, const KithColumn *column, const void *value)
{
    switch (column->kind) {
    case KITH_KIND_TEXT:
        return strcmp(mapper->what.as.text, *(const char *const *) value) == 0;
    case KITH_KIND_INT64:
        return mapper->what.as.int64 == *(const int64_t *) value;
    default:
        return mapper->what.as.int32 == *(const int32_t *) value;
    }
}

const KithMapper *
kith_wide_what(const KithWideRow *wide, const void *row, GError **error)
{
    const KithMapper *asked = wide->mapper;
    const KithColumn *column = &asked->columns[asked->discriminator];
    const void *value = kith_column_get(column, row);
    for (unsigned i = 0; i < asked->n_concrete; i++) {
        if (is_what(asked->concrete[i], column, value))
            return asked->concrete[i];
    }
    g_autoptr(GString) text = g_string_new(NULL);
    if (column->kind == KITH_KIND_ENUM)
        g_string_append(text, kith_column_enum_name(column, value));
    else
        kith_trace_append_value(text, column->kind, value);
    KithErrorDetails details = { .table = asked->parts[0]->table,
                                 .column = column->name };
    kith_error_set_details(
        error,
        KITH_ERROR_TYPE,
        &details,
        "%s.%s: the column \"%s\" holds %s, which is none of the entities "
        "that the engine was given",
        asked->entity,
        column->member,
        column->name,
        text->str);
    return NULL;
}

/* Take the own members of one branch over, with the lengths of its texts. */
static bool
take_branch(const KithWideRow *wide,
            const KithWideBranch *branch,
            const void *row,
            const size_t *lengths,
            void *ret_row,
            size_t *ret_lengths,
            GError **error)
{
    const KithMapper *mapper = branch->mapper, *base = mapper->base;
    memcpy((char *) ret_row + base->size,
           (const char *) row + branch->offset,
           mapper->size - base->size);
    for (unsigned i = base->n_columns; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        unsigned from = branch->first + i - base->n_columns;
        ret_lengths[i] = lengths[from];
        if (!column->nullable
            && kith_column_get(&wide->layout.columns[from], row) == NULL)
            return kith_column_store_null(&mapper->layout, column, ret_row, error);
    }
    return true;
}

bool
kith_wide_take(const KithWideRow *wide,
               const KithMapper *mapper,
               const void *row,
               const size_t *lengths,
               void *ret_row,
               size_t *ret_lengths,
               GError **error)
{
    memcpy(ret_row, row, wide->mapper->size);
    memcpy(ret_lengths, lengths, wide->mapper->n_columns * sizeof *lengths);
    for (unsigned i = 0; i < wide->n_branches; i++) {
        const KithWideBranch *branch = &wide->branches[i];
        if (kith_mapper_is_a(mapper, branch->mapper)
            && !take_branch(wide, branch, row, lengths, ret_row, ret_lengths, error))
            return false;
    }
    return true;
}
