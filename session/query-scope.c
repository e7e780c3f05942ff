/*
 * query-scope.c - what a member in a query is of: the nearest row, or alias, that has it;
 * and what a value on the other side of it has to fit.
 */
#include "query-writer.h"

#include "error.h"

#include <stdarg.h>

bool
kith_write_refuse(const KithMapper *mapper, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    kith_error_set(error, KITH_ERROR_MISUSE, "%s: %s", mapper->entity, text);
    return false;
}

/* --- what members are of ----------------------------------------------------------- */

/* Has a row of @mapper the members of @mapping? What extends an entity has its members.
 */
static bool
has_members_of(const KithMapper *mapper, const KithMapping *mapping)
{
    while (mapper != NULL && mapper->mapping != mapping)
        mapper = mapper->base;
    return mapper != NULL;
}

static bool
find_alias(const KithScope *scope,
           const KithExpression *member,
           const KithSource **ret_source,
           GError **error)
{
    for (unsigned i = 0; i < scope->n_aliases; i++) {
        const KithSource *alias = &scope->aliases[i];
        bool is_it = member->source != 0 ? alias->source == member->source
                                         : has_members_of(alias->mapper, member->mapping);
        if (!is_it)
            continue;
        if (*ret_source != NULL)
            return kith_write_refuse(alias->mapper,
                                     error,
                                     "the query has several of them; say by kith_at() "
                                     "which one is meant");
        *ret_source = alias;
    }
    return true;
}

/* The nearest row, or alias, that a member can be of. */
const KithSource *
kith_write_find_source(const KithScope *scope,
                       const KithExpression *member,
                       GError **error)
{
    const KithScope *first = scope;
    for (; scope != NULL; scope = scope->outer) {
        bool is_row = member->source != 0
                          ? scope->row.source == member->source
                          : has_members_of(scope->row.mapper, member->mapping);
        const KithSource *found = is_row ? &scope->row : NULL;
        if (found == NULL && !find_alias(scope, member, &found, error))
            return NULL;
        if (found != NULL)
            return found;
    }
    if (member->source == KITH_SOURCE_EXCLUDED) {
        kith_write_refuse(first->row.mapper,
                          error,
                          "kith_excluded() is for what an insert changes where there is "
                          "such a row: see kith_on_conflict()");
        return NULL;
    }
    kith_write_refuse(first->row.mapper,
                      error,
                      "a member of %s is named, and there is none here; join one, or go "
                      "through a reference with kith_via()",
                      member->mapping->entity);
    return NULL;
}

/* The column of a member; of a reference, one of those that hold its key. */
bool
kith_write_find_member(const KithMapper *mapper,
                       size_t offset,
                       KithSide *side,
                       GError **error)
{
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    unsigned column = kith_mapper_column_at(mapper, offset);
    side->mapper = mapper;
    side->foreign = NULL;
    if (reference != KITH_NO_INDEX) {
        side->foreign = &mapper->foreign_keys[reference];
        column = side->foreign->columns[side->place];
    }
    if (column == KITH_NO_INDEX)
        return kith_write_refuse(
            mapper, error, "a query names a member that is not mapped");
    side->column = &mapper->columns[column];
    return true;
}

/* The part whose type an expression has, where it has that of a part. */
static const KithExpression *
typed_part(const KithExpression *expression)
{
    switch (expression->op) {
    case KITH_OP_CASE:
        return &expression->parts[1];
    case KITH_OP_VIA:
    case KITH_OP_SUBQUERY:
    case KITH_OP_FILTER:
    case KITH_OP_OVER:
        return expression->parts;
    case KITH_OP_FUNCTION:
        return expression->kind == KITH_KIND_NONE ? expression->parts : NULL;
    default:
        return NULL;
    }
}

bool
kith_write_find_side(KithWriter *writer,
                     const KithExpression *expression,
                     KithSide *ret_side,
                     GError **error)
{
    const KithExpression *part = typed_part(expression);
    if (part != NULL)
        return kith_write_find_side(writer, part, ret_side, error);
    ret_side->column = NULL;
    ret_side->foreign = NULL;
    if (expression->op != KITH_OP_MEMBER && expression->op != KITH_OP_OUTPUT)
        return true;
    const KithMapper *mapper =
        kith_query_mapper(writer->query, expression->mapping, error);
    return mapper != NULL
           && kith_write_find_member(mapper, expression->offset, ret_side, error);
}

unsigned
kith_side_width(const KithSide *side)
{
    return side->foreign != NULL ? side->foreign->n_columns : 1;
}

/* --- the way to another row -------------------------------------------------------- */

/* A row of a relation's target: by the reference of @row, in a frame of its own. */
KithSource
kith_write_new_row(KithWriter *writer, const KithMapper *mapper)
{
    return (KithSource){ .mapper = mapper, .number = ++writer->n_sources };
}

const KithForeignKey *
kith_write_find_reference(const KithMapper *mapper, size_t offset, GError **error)
{
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    if (reference != KITH_NO_INDEX)
        return &mapper->foreign_keys[reference];
    kith_write_refuse(
        mapper, error, "a query goes through a reference that is not mapped");
    return NULL;
}
