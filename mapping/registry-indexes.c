/*
 * registry-indexes.c - unique constraints and indexes.
 */
#include "resolver.h"

static void
add_index(KithResolver *resolver, KithMapper *mapper, KithIndex index)
{
    index.name = kith_resolver_constraint_name(
        resolver, mapper, index.columns, index.n_columns, index.unique ? "key" : "idx");
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        if (g_ascii_strcasecmp(mapper->indexes[i].name, index.name) == 0)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ": the index \"%s\" is there twice",
                                  index.name);
    }
    mapper->indexes[mapper->n_indexes++] = index;
}

/* The macro that made @row; NULL: it is no index over members. */
static const char *
macro_of(const KithMember *row)
{
    if (row->role == KITH_ROLE_UNIQUE)
        return "KITH_UNIQUE";
    if (row->role == KITH_ROLE_UNIQUE_DEFERRABLE)
        return "KITH_UNIQUE_DEFERRABLE";
    return row->role == KITH_ROLE_INDEX ? "KITH_INDEX" : NULL;
}

static void
add_index_of_members(KithResolver *resolver, KithMapper *mapper, const KithMember *row)
{
    unsigned *columns = kith_resolver_own(resolver, g_new0(unsigned, row->n_offsets));
    for (size_t i = 0; i < row->n_offsets; i++) {
        columns[i] = KITH_NO_INDEX;
        for (unsigned j = 0; j < mapper->n_columns; j++) {
            if (mapper->details[j].member->offset == row->offsets[i])
                columns[i] = j;
        }
        if (columns[i] == KITH_NO_INDEX) {
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ": %s(%s) names a member that is not a column",
                                  macro_of(row),
                                  row->name);
            return;
        }
        for (size_t j = 0; j < i; j++) {
            if (columns[j] == columns[i])
                kith_resolver_mistake(resolver,
                                      mapper->mapping,
                                      ": %s(%s) names a member twice",
                                      macro_of(row),
                                      row->name);
        }
    }
    add_index(resolver,
              mapper,
              (KithIndex){ .unique = row->role != KITH_ROLE_INDEX,
                           .deferrable = row->role == KITH_ROLE_UNIQUE_DEFERRABLE,
                           .n_columns = (unsigned) row->n_offsets,
                           .columns = columns });
}

/* The indexes that the options of a column or a reference ask for. */
static void
add_indexes_of_column(KithResolver *resolver, KithMapper *mapper, unsigned index)
{
    const KithMember *member = mapper->details[index].member;
    const KithColumnOptions *column = &member->options.column;
    const KithReferenceOptions *reference = &member->options.reference;
    bool is_column = member->role == KITH_ROLE_COLUMN;
    bool is_reference = member->role == KITH_ROLE_REFERENCE;
    if (is_column && column->deferrable && !column->unique)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: .deferrable is of .unique; that of a foreign key "
                              "stands in its KITH_REFERENCES",
                              member->name);
    const KithIndex plain = { .n_columns = 1,
                              .columns = kith_resolver_one_index(resolver, index) };
    KithIndex unique = plain;
    unique.unique = true;
    unique.deferrable = is_column && column->deferrable;
    if ((is_column && column->unique) || (is_reference && reference->unique))
        add_index(resolver, mapper, unique);
    if ((is_column && column->indexed) || (is_reference && reference->indexed))
        add_index(resolver, mapper, plain);
}

/* Those of a reference by '.via', whose columns are not its own. */
static void
add_indexes_of_via(KithResolver *resolver,
                   KithMapper *mapper,
                   const KithForeignKey *foreign_key)
{
    const KithMember *row = NULL;
    for (size_t i = 0; foreign_key->is_via && i < mapper->mapping->n_members; i++) {
        if (mapper->mapping->members[i].role == KITH_ROLE_REFERENCE
            && mapper->mapping->members[i].offset == foreign_key->reference)
            row = &mapper->mapping->members[i];
    }
    const KithIndex plain = { .n_columns = foreign_key->n_columns,
                              .columns = foreign_key->columns };
    KithIndex unique = plain;
    unique.unique = true;
    if (row != NULL && row->options.reference.unique)
        add_index(resolver, mapper, unique);
    if (row != NULL && row->options.reference.indexed)
        add_index(resolver, mapper, plain);
}

/* Then queries of what extends it look for what the discriminator says. */
static bool
shares_table(const KithResolver *resolver, const KithMapper *mapper)
{
    const KithRegistry *registry = resolver->registry;
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        const KithMapper *other = &registry->mappers[i];
        if (other->base != NULL && other->root == mapper
            && !kith_mapping_has_table(other->mapping))
            return mapper->discriminator != KITH_NO_INDEX;
    }
    return false;
}

void
kith_resolve_indexes(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapper *base = mapper->base;
    unsigned n_inherited = base != NULL ? base->n_indexes : 0;
    mapper->indexes = kith_resolver_own(
        resolver, g_new0(KithIndex, n_inherited + 2 * mapper->mapping->n_members + 2));
    if (n_inherited > 0)
        memcpy(mapper->indexes, base->indexes, n_inherited * sizeof *mapper->indexes);
    mapper->n_indexes = n_inherited;
    for (unsigned i = base != NULL ? base->n_columns : 0; i < mapper->n_columns; i++)
        add_indexes_of_column(resolver, mapper, i);
    for (unsigned i = base != NULL ? base->n_foreign_keys : 0; i < mapper->n_foreign_keys;
         i++)
        add_indexes_of_via(resolver, mapper, &mapper->foreign_keys[i]);
    if (base == NULL && shares_table(resolver, mapper))
        add_index(resolver,
                  mapper,
                  (KithIndex){ .n_columns = 1,
                               .columns = kith_resolver_one_index(
                                   resolver, mapper->discriminator) });
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *row = &mapper->mapping->members[i];
        if (macro_of(row) != NULL)
            add_index_of_members(resolver, mapper, row);
    }
}
