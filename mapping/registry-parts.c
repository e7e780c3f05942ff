/*
 * registry-parts.c - the tables that an object has a row in. What extends another entity
 * in a table of its own is in several: then each of them has a *part*, a mapper that
 * knows the columns, foreign keys and indexes of that table alone. The part of the base
 * is the mapper of the base, whose columns have the same numbers and places; only the
 * last table of an object needs a part of its own. So what is written to one table is of
 * one mapper, whatever the objects are.
 */
#include "resolver.h"

static void *
copy(KithResolver *resolver, const void *memory, size_t n, size_t size)
{
    void *copied = g_malloc0((n + 1) * size);
    if (n > 0)
        memcpy(copied, memory, n * size);
    return kith_resolver_own(resolver, copied);
}

/* --- the columns of a part --------------------------------------------------------- */

static const KithMember *
extends_of(const KithMapping *mapping)
{
    const KithMember *extends = mapping->members;
    while (extends->role != KITH_ROLE_EXTENDS)
        extends++;
    return extends;
}

/* "animal_id": the member that is the base, and the key of the root. */
static const char *
name_of_key(KithResolver *resolver, const KithMapper *mapper, unsigned key)
{
    const KithMember *extends = extends_of(mapper->mapping);
    const char *given = extends->options.extends.column;
    if (given != NULL && mapper->n_keys > 1)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: a key of several members has no one '.column'",
                              extends->name);
    if (given != NULL)
        return given;
    return kith_resolver_own(
        resolver,
        g_strdup_printf("%s_%s", extends->name, mapper->root->columns[key].name));
}

/* A column of the base that is called the same would make every condition ambiguous. */
static void
check_name_of_key(KithResolver *resolver, const KithMapper *mapper, const char *name)
{
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (g_ascii_strcasecmp(mapper->columns[i].name, name) == 0)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ": the column \"%s\" for its key is that of %s already",
                                  name,
                                  mapper->columns[i].member);
    }
}

static void
set_columns(KithResolver *resolver,
            KithMapper *part,
            const KithMapper *mapper,
            bool begins)
{
    const KithMapper *base = mapper->base;
    bool *is_stored = kith_resolver_own(resolver, g_new0(bool, mapper->n_columns + 1));
    part->columns =
        copy(resolver, mapper->columns, mapper->n_columns, sizeof *mapper->columns);
    part->details =
        copy(resolver, mapper->details, mapper->n_columns, sizeof *mapper->details);
    for (unsigned i = 0; i < mapper->n_columns; i++)
        is_stored[i] =
            i >= base->n_columns || (!begins && kith_mapper_stores(base->part, i));
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        unsigned key = mapper->keys[i];
        is_stored[key] = true;
        part->columns[key].name =
            begins ? name_of_key(resolver, mapper, key) : base->part->columns[key].name;
        if (begins)
            check_name_of_key(resolver, mapper, part->columns[key].name);
    }
    part->is_filled = false;
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        KithColumnDetail *detail = &part->details[i];
        if (!is_stored[i])
            detail->default_sql = detail->computed_sql = NULL;
        if (detail->default_sql != NULL || detail->computed_sql != NULL)
            part->is_filled = true;
    }
    if (mapper->version != KITH_NO_INDEX && !is_stored[mapper->version])
        part->version = KITH_NO_INDEX;
    part->is_stored = is_stored;
}

/* --- its foreign keys and indexes -------------------------------------------------- */

/* A row of the table goes with the one that it completes, and follows its key. */
static KithForeignKey
extension_of(KithResolver *resolver, const KithMapper *part, const KithMapper *base)
{
    return (KithForeignKey){
        .mapper = part,
        .target = base,
        .is_extension = true,
        .member = extends_of(part->mapping)->name,
        .name = kith_resolver_constraint_name(
            resolver, part, part->keys, part->n_keys, "fkey"),
        .n_columns = part->n_keys,
        .columns = part->keys,
        .targets = part->keys,
        .means_key = true,
        .is_shared = kith_resolver_own(resolver, g_new0(bool, part->n_keys)),
        .reference = KITH_NO_OFFSET,
        .on_delete = KITH_CASCADE,
        .on_update = KITH_CASCADE,
    };
}

static void
set_foreign_keys(KithResolver *resolver,
                 KithMapper *part,
                 const KithMapper *mapper,
                 bool begins)
{
    const KithMapper *base = mapper->base;
    unsigned n_own = mapper->n_foreign_keys - base->n_foreign_keys;
    unsigned n_before = begins ? 1 : base->part->n_foreign_keys;
    part->foreign_keys =
        kith_resolver_own(resolver, g_new0(KithForeignKey, n_before + n_own + 1));
    if (begins)
        part->foreign_keys[0] = extension_of(resolver, part, base);
    else
        memcpy(part->foreign_keys,
               base->part->foreign_keys,
               n_before * sizeof *part->foreign_keys);
    if (n_own > 0)
        memcpy(part->foreign_keys + n_before,
               mapper->foreign_keys + base->n_foreign_keys,
               n_own * sizeof *part->foreign_keys);
    part->n_foreign_keys = n_before + n_own;
}

static void
set_indexes(KithResolver *resolver,
            KithMapper *part,
            const KithMapper *mapper,
            bool begins)
{
    const KithMapper *base = mapper->base;
    unsigned n_own = mapper->n_indexes - base->n_indexes;
    unsigned n_before = begins ? 0 : base->part->n_indexes;
    part->indexes = kith_resolver_own(resolver, g_new0(KithIndex, n_before + n_own + 1));
    if (n_before > 0)
        memcpy(part->indexes, base->part->indexes, n_before * sizeof *part->indexes);
    if (n_own > 0)
        memcpy(part->indexes + n_before,
               mapper->indexes + base->n_indexes,
               n_own * sizeof *part->indexes);
    part->n_indexes = n_before + n_own;
}

/* --- parts ------------------------------------------------------------------------- */

static void
set_parts(KithResolver *resolver, KithMapper *mapper, KithMapper *part, bool begins)
{
    const KithMapper *base = mapper->base;
    unsigned n_before = base == NULL ? 0 : base->n_parts - (begins ? 0 : 1);
    const KithMapper **parts =
        kith_resolver_own(resolver, g_new0(const KithMapper *, n_before + 2));
    for (unsigned i = 0; i < n_before; i++)
        parts[i] = base->parts[i];
    parts[n_before] = part;
    mapper->parts = parts;
    mapper->n_parts = n_before + 1;
    mapper->part = part;
    part->part = part;
    part->storage = begins ? part : base->part->storage;
    mapper->storage = part->storage;
    if (part != mapper) {
        part->parts = parts + n_before;
        part->n_parts = 1;
    }
}

static void
make_part(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapper *base = mapper->base;
    bool begins = base == NULL || kith_mapping_has_table(mapper->mapping);
    if (base == NULL || (!begins && base->part == base)) {
        set_parts(resolver, mapper, mapper, begins);
        return;
    }
    KithMapper *part = kith_resolver_own(resolver, g_memdup2(mapper, sizeof *mapper));
    part->base = begins ? NULL : base->part;
    set_columns(resolver, part, mapper, begins);
    set_foreign_keys(resolver, part, mapper, begins);
    set_indexes(resolver, part, mapper, begins);
    set_parts(resolver, mapper, part, begins);
}

/* --- what has to be in one table --------------------------------------------------- */

static bool
are_stored(const KithMapper *part, const unsigned *columns, unsigned n_columns)
{
    for (unsigned i = 0; i < n_columns; i++) {
        if (!kith_mapper_stores(part, columns[i]))
            return false;
    }
    return true;
}

static void
check_tables(KithResolver *resolver, const KithMapper *mapper)
{
    const KithMapper *part = mapper->part;
    for (unsigned i = 0; i < part->n_indexes; i++) {
        const KithIndex *index = &part->indexes[i];
        if (!are_stored(part, index->columns, index->n_columns))
            kith_resolver_mistake(
                resolver,
                mapper->mapping,
                ": the index \"%s\" is over columns that are not all in "
                "the table \"%s\"",
                index->name,
                part->table);
    }
    for (unsigned i = 0; i < part->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &part->foreign_keys[i];
        if (!are_stored(part, foreign_key->columns, foreign_key->n_columns))
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ": the foreign key \"%s\" is over columns that are not "
                                  "all in the table \"%s\"",
                                  foreign_key->name,
                                  part->table);
    }
}

/* Two that extend a third in its own table may not have a column of one name. */
static void
check_columns_of_table(KithResolver *resolver, const KithMapper *mapper)
{
    unsigned own = mapper->base != NULL ? mapper->base->n_columns : 0;
    for (unsigned m = 0; m < mapper->index; m++) {
        const KithMapper *other = &resolver->registry->mappers[m];
        bool is_sibling = other->storage == mapper->storage
                          && !kith_mapper_is_a(other, mapper)
                          && !kith_mapper_is_a(mapper, other);
        unsigned others = other->base != NULL ? other->base->n_columns : 0;
        for (unsigned i = own; is_sibling && i < mapper->n_columns; i++) {
            for (unsigned j = others; j < other->n_columns; j++) {
                if (g_ascii_strcasecmp(mapper->columns[i].name, other->columns[j].name)
                    == 0)
                    kith_resolver_mistake(
                        resolver,
                        mapper->mapping,
                        ".%s: the column \"%s\" is that of %s.%s already",
                        mapper->columns[i].member,
                        mapper->columns[i].name,
                        other->entity,
                        other->columns[j].member);
            }
        }
    }
}

/* A foreign key means a table: the last one of its target, or that of the columns. */
static void
set_table(KithForeignKey *foreign_key)
{
    const KithMapper *target = foreign_key->target;
    foreign_key->table = target->part;
    if (!are_stored(target->part, foreign_key->targets, foreign_key->n_columns))
        foreign_key->table = kith_mapper_part_with(target, foreign_key->targets[0]);
}

void
kith_resolve_parts(KithResolver *resolver, KithMapper *const *ordered)
{
    unsigned n_mappers = resolver->registry->n_mappers;
    for (unsigned i = 0; i < n_mappers; i++)
        make_part(resolver, ordered[i]);
    for (unsigned i = 0; i < n_mappers; i++) {
        const KithMapper *mapper = &resolver->registry->mappers[i];
        check_tables(resolver, mapper);
        check_columns_of_table(resolver, mapper);
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++)
            set_table(&mapper->foreign_keys[j]);
        for (unsigned j = 0; j < mapper->part->n_foreign_keys; j++)
            set_table(&mapper->part->foreign_keys[j]);
    }
}
