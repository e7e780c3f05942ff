/*
 * registry-foreign-keys.c - foreign keys find their targets, and targets who refers to
 * them. A foreign key is that of a plain column (KITH_REFERENCES) or of a reference,
 * whose column is its own or, with '.via', a list of members.
 */
#include "column.h"
#include "resolver.h"

#include <string.h>

/* --- lists of columns -------------------------------------------------------------- */

/* The columns of members; NULL, and a mistake, if one is none. */
static unsigned *
columns_of_members(KithResolver *resolver,
                   const KithMapper *mapper,
                   const char *member,
                   const char *option,
                   const KithMapper *owner,
                   const KithMembers *members)
{
    unsigned *columns = kith_resolver_own(resolver, g_new0(unsigned, members->count));
    for (size_t i = 0; i < members->count; i++) {
        columns[i] = members->mapping == owner->mapping
                         ? kith_mapper_column_at(owner, members->offsets[i])
                         : KITH_NO_INDEX;
        if (columns[i] != KITH_NO_INDEX)
            continue;
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: '%s' names a member that is not a column of %s",
                              member,
                              option,
                              owner->entity);
        return NULL;
    }
    return columns;
}

static bool
has_column(const unsigned *columns, unsigned n_columns, unsigned column)
{
    for (unsigned i = 0; i < n_columns; i++) {
        if (columns[i] == column)
            return true;
    }
    return false;
}

static bool
is_key(const KithMapper *mapper, const unsigned *columns, unsigned n_columns)
{
    bool is_same = n_columns == mapper->n_keys;
    for (unsigned i = 0; is_same && i < n_columns; i++)
        is_same = has_column(columns, n_columns, mapper->keys[i]);
    return is_same;
}

/* Do the members of a KITH_UNIQUE, or of a unique '.via', have these columns alone? */
static bool
is_unique_row(const KithMapper *mapper,
              const KithMember *row,
              const unsigned *columns,
              unsigned n_columns)
{
    const KithReferenceOptions *reference = &row->options.reference;
    bool is_via = row->role == KITH_ROLE_REFERENCE && reference->unique;
    const size_t *offsets = is_via ? reference->via.offsets : row->offsets;
    size_t n_offsets = is_via ? reference->via.count : row->n_offsets;
    bool is_same = (is_via || row->role == KITH_ROLE_UNIQUE) && n_offsets == n_columns;
    for (unsigned i = 0; is_same && i < n_columns; i++) {
        bool is_there = false;
        for (size_t j = 0; j < n_offsets; j++)
            is_there =
                is_there || offsets[j] == mapper->details[columns[i]].member->offset;
        is_same = is_there;
    }
    return is_same;
}

/*
 * Is there at most one row with given values of these columns, by the mapping? At any
 * time: a database lets nothing refer to what is checked at the end.
 */
bool
kith_mapper_are_unique(const KithMapper *mapper,
                       const unsigned *columns,
                       unsigned n_columns)
{
    if (is_key(mapper, columns, n_columns)
        || (mapper->base != NULL && columns[0] < mapper->base->n_columns
            && kith_mapper_are_unique(mapper->base, columns, n_columns)))
        return true;
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        if (is_unique_row(mapper, &mapper->mapping->members[i], columns, n_columns))
            return true;
    }
    const KithMember *member = mapper->details[columns[0]].member;
    return n_columns == 1
           && ((member->role == KITH_ROLE_COLUMN && member->options.column.unique
                && !member->options.column.deferrable)
               || (member->role == KITH_ROLE_REFERENCE
                   && member->options.reference.unique));
}

/* --- adding one -------------------------------------------------------------------- */

/* What the foreign key refers to has to be unique, written by the program, and of the
 * same types. */
static bool
check_targets(KithResolver *resolver, const KithForeignKey *foreign_key)
{
    const KithMapper *mapper = foreign_key->mapper, *target = foreign_key->target;
    if (!kith_mapper_are_unique(target, foreign_key->targets, foreign_key->n_columns)) {
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: what it refers to is neither the key of %s nor a unique column",
            foreign_key->member,
            target->entity);
        return false;
    }
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *column = &mapper->columns[foreign_key->columns[i]];
        const KithColumn *meant = &target->columns[foreign_key->targets[i]];
        if (target->details[foreign_key->targets[i]].computed_sql != NULL)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ".%s: what it refers to is computed by the database",
                                  foreign_key->member);
        else if (meant->kind != column->kind)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ".%s: its type is %s, and that of %s.%s is %s",
                                  column->member,
                                  kith_kind_name(column->kind),
                                  target->entity,
                                  meant->member,
                                  kith_kind_name(meant->kind));
        else
            continue;
        return false;
    }
    return true;
}

static void
check_set_null(KithResolver *resolver, const KithForeignKey *foreign_key)
{
    const KithMapper *mapper = foreign_key->mapper;
    bool sets_null = (foreign_key->on_delete == KITH_SET_NULL && !foreign_key->in_session)
                     || foreign_key->on_update == KITH_SET_NULL;
    for (unsigned i = 0; sets_null && i < foreign_key->n_columns; i++) {
        if (mapper->columns[foreign_key->columns[i]].nullable)
            continue;
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              foreign_key->n_columns == 1
                                  ? ".%s: KITH_SET_NULL needs a column that can be NULL"
                                  : ".%s: KITH_SET_NULL needs all of its columns to be "
                                    "ones that can be NULL",
                              foreign_key->member);
        return;
    }
}

/* What the caller knows of it is in @foreign_key. */
static void
add_foreign_key(KithResolver *resolver, KithMapper *mapper, KithForeignKey foreign_key)
{
    foreign_key.mapper = mapper;
    if (!check_targets(resolver, &foreign_key))
        return;
    foreign_key.name = kith_resolver_constraint_name(
        resolver, mapper, foreign_key.columns, foreign_key.n_columns, "fkey");
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        if (strcmp(mapper->foreign_keys[i].name, foreign_key.name) == 0)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ".%s: its columns are a foreign key already, by %s",
                                  foreign_key.member,
                                  mapper->foreign_keys[i].member);
    }
    foreign_key.means_key =
        is_key(foreign_key.target, foreign_key.targets, foreign_key.n_columns);
    check_set_null(resolver, &foreign_key);
    mapper->foreign_keys[mapper->n_foreign_keys++] = foreign_key;
}

static void
resolve_plain_foreign_key(KithResolver *resolver,
                          KithMapper *mapper,
                          unsigned index,
                          const KithForeignKeyOptions *options)
{
    const char *member = mapper->columns[index].member;
    const KithMapper *target =
        kith_resolver_find_target(resolver, mapper, member, options->target);
    if (target == NULL)
        return;
    unsigned meant = kith_mapper_column_at(target, options->offset);
    if (meant == KITH_NO_INDEX) {
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: what it refers to is neither the key of %s nor a unique column",
            member,
            target->entity);
        return;
    }
    add_foreign_key(resolver,
                    mapper,
                    (KithForeignKey){ .target = target,
                                      .member = member,
                                      .n_columns = 1,
                                      .columns = kith_resolver_one_index(resolver, index),
                                      .targets = kith_resolver_one_index(resolver, meant),
                                      .reference = KITH_NO_OFFSET,
                                      .on_delete = options->on_delete,
                                      .on_update = options->on_update,
                                      .deferrable = options->deferrable });
}

/* --- references -------------------------------------------------------------------- */

/* As many columns as it refers to, and not more than a load can ask for. */
static bool
check_width(KithResolver *resolver,
            const KithMapper *mapper,
            const KithMember *member,
            const KithMapper *target,
            size_t n_columns,
            size_t n_targets)
{
    if (n_columns != n_targets)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: it has %zu columns, and refers to %zu of %s",
                              member->name,
                              n_columns,
                              n_targets,
                              target->entity);
    else if (n_columns > KITH_MAX_LISTS)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: it has %zu columns, and %d is the most",
                              member->name,
                              n_columns,
                              KITH_MAX_LISTS);
    return n_columns == n_targets && n_columns <= KITH_MAX_LISTS;
}

/* What the reference says of its foreign key; the columns are not known yet. */
static KithForeignKey
describe_reference(const KithMember *member, const KithMapper *target)
{
    const KithReferenceOptions *options = &member->options.reference;
    return (KithForeignKey){ .target = target,
                             .member = member->name,
                             .reference = member->offset,
                             .on_delete = options->on_delete,
                             .on_update = options->on_update,
                             .in_session = options->in_session,
                             .owns_target = options->owns_target,
                             .deferrable = options->deferrable };
}

/* @index: the column that it hides; KITH_NO_INDEX for one by '.via'. */
static void
resolve_reference(KithResolver *resolver,
                  KithMapper *mapper,
                  unsigned index,
                  const KithMember *member)
{
    const KithReferenceOptions *options = &member->options.reference;
    const KithMapper *target =
        kith_resolver_find_target(resolver, mapper, member->name, member->target);
    if (target == NULL)
        return;
    bool is_via = index == KITH_NO_INDEX;
    size_t n_targets = options->to.count > 0 ? options->to.count : target->n_keys;
    size_t n_columns = is_via ? options->via.count : 1;
    if (!check_width(resolver, mapper, member, target, n_columns, n_targets))
        return;
    KithForeignKey foreign_key = describe_reference(member, target);
    foreign_key.is_via = is_via;
    foreign_key.n_columns = (unsigned) n_columns;
    foreign_key.columns =
        is_via ? columns_of_members(
            resolver, mapper, member->name, ".via", mapper, &options->via)
               : kith_resolver_one_index(resolver, index);
    foreign_key.targets =
        options->to.count > 0 ? columns_of_members(
            resolver, mapper, member->name, ".to", target, &options->to)
                              : target->keys;
    if (foreign_key.columns == NULL || foreign_key.targets == NULL)
        return;
    add_foreign_key(resolver, mapper, foreign_key);
    if (options->owns_target && !options->unique)
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: '.owns_target' needs '.unique': two objects cannot own "
            "one",
            member->name);
}

/*
 * A column is shared if another foreign key has it too, or if it is in the key and the
 * rest of the foreign key is not: a reference does not change it.
 */
static bool
is_shared(const KithMapper *mapper, const KithForeignKey *foreign_key, unsigned column)
{
    bool all_in_key = true;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *other = &mapper->foreign_keys[i];
        if (other != foreign_key && has_column(other->columns, other->n_columns, column))
            return true;
    }
    for (unsigned i = 0; i < foreign_key->n_columns; i++)
        all_in_key = all_in_key
                     && has_column(mapper->keys, mapper->n_keys, foreign_key->columns[i]);
    return !all_in_key && has_column(mapper->keys, mapper->n_keys, column);
}

static void
find_emptied(KithResolver *resolver, KithMapper *mapper, KithForeignKey *foreign_key)
{
    unsigned n = foreign_key->n_columns;
    unsigned *emptied = kith_resolver_own(resolver, g_new0(unsigned, n));
    bool *shared = kith_resolver_own(resolver, g_new0(bool, n));
    for (unsigned i = 0; i < n; i++) {
        unsigned column = foreign_key->columns[i];
        shared[i] = n > 1 && is_shared(mapper, foreign_key, column);
        if (!shared[i] && mapper->columns[column].nullable)
            emptied[foreign_key->n_emptied++] = column;
    }
    foreign_key->emptied = emptied;
    foreign_key->is_shared = shared;
    foreign_key->nullable = foreign_key->n_emptied > 0;
}

/* --- all of a mapping -------------------------------------------------------------- */

void
kith_inherit_foreign_keys(KithMapper *mapper)
{
    const KithMapper *base = mapper->base;
    if (base == NULL || base->n_foreign_keys == 0)
        return;
    memcpy(mapper->foreign_keys,
           base->foreign_keys,
           base->n_foreign_keys * sizeof *base->foreign_keys);
    for (unsigned i = 0; i < base->n_foreign_keys; i++)
        mapper->foreign_keys[i].mapper = mapper;
    mapper->n_foreign_keys = MAX(mapper->n_foreign_keys, base->n_foreign_keys);
}

void
kith_resolve_foreign_keys(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapping *mapping = mapper->mapping;
    const KithMapper *base = mapper->base;
    unsigned n_inherited = base != NULL ? base->n_foreign_keys : 0;
    mapper->foreign_keys = kith_resolver_own(
        resolver,
        g_new0(KithForeignKey, n_inherited + mapper->n_columns + mapping->n_members + 1));
    kith_inherit_foreign_keys(mapper);
    for (unsigned i = base != NULL ? base->n_columns : 0; i < mapper->n_columns; i++) {
        const KithMember *member = mapper->details[i].member;
        const KithForeignKeyOptions *plain = NULL;
        if (member->role == KITH_ROLE_KEY)
            plain = &member->options.key.references;
        else if (member->role == KITH_ROLE_COLUMN)
            plain = &member->options.column.references;
        if (plain != NULL && plain->target != NULL)
            resolve_plain_foreign_key(resolver, mapper, i, plain);
        else if (member->role == KITH_ROLE_REFERENCE)
            resolve_reference(resolver, mapper, i, member);
    }
    for (size_t i = 0; i < mapping->n_members; i++) {
        const KithMember *member = &mapping->members[i];
        if (member->role == KITH_ROLE_REFERENCE
            && member->options.reference.via.count > 0)
            resolve_reference(resolver, mapper, KITH_NO_INDEX, member);
    }
    for (unsigned i = n_inherited; i < mapper->n_foreign_keys; i++)
        find_emptied(resolver, mapper, &mapper->foreign_keys[i]);
}

/* Of the foreign keys of @mapper that are its own, those by which rows refer to @target.
 */
static void
add_referring(GPtrArray *referring, const KithMapper *mapper, const KithMapper *target)
{
    unsigned n_inherited = mapper->base != NULL ? mapper->base->n_foreign_keys : 0;
    for (unsigned i = n_inherited; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (kith_mapper_is_a(target, foreign_key->target)
            || kith_mapper_is_a(target, foreign_key->table))
            g_ptr_array_add(referring, (void *) (uintptr_t) foreign_key);
    }
}

static void
set_referring(KithResolver *resolver, KithMapper *target)
{
    const KithRegistry *registry = resolver->registry;
    g_autoptr(GPtrArray) referring = g_ptr_array_new();
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *mapper = &registry->mappers[m];
        const KithForeignKey *first = mapper->part->foreign_keys;
        add_referring(referring, mapper, target);
        if (mapper->part->n_foreign_keys > 0 && first->is_extension
            && mapper->part->storage == mapper->part
            && kith_mapper_is_a(target, first->table))
            g_ptr_array_add(referring, (void *) (uintptr_t) first);
    }
    target->n_referring = referring->len;
    g_ptr_array_add(referring, NULL);
    target->referring =
        kith_resolver_own(resolver, g_ptr_array_free(g_steal_pointer(&referring), FALSE));
}

/* Who refers to a mapper: what its rows are looked up by when they come or go. */
void
kith_resolve_referring(KithResolver *resolver, KithMapper *target)
{
    set_referring(resolver, target);
    if (target->part != target)
        set_referring(resolver, (KithMapper *) (uintptr_t) target->part);
}
