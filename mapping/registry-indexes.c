/*
 * registry-indexes.c - unique constraints and indexes.
 */
#include "resolver.h"

static void
add_index(KithResolver *resolver,
          KithMapper *mapper,
          const unsigned *columns,
          unsigned n_columns,
          bool unique)
{
    const char *name = kith_resolver_constraint_name(
        resolver, mapper, columns, n_columns, unique ? "key" : "idx");
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        if (g_ascii_strcasecmp(mapper->indexes[i].name, name) == 0)
            kith_resolver_mistake(
                resolver, mapper->mapping, ": the index \"%s\" is there twice", name);
    }
    mapper->indexes[mapper->n_indexes++] = (KithIndex){
        .name = name, .unique = unique, .n_columns = n_columns, .columns = columns
    };
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
                                  ": KITH_%s(%s) names a member that is not a column",
                                  row->role == KITH_ROLE_UNIQUE ? "UNIQUE" : "INDEX",
                                  row->name);
            return;
        }
        for (size_t j = 0; j < i; j++) {
            if (columns[j] == columns[i])
                kith_resolver_mistake(resolver,
                                      mapper->mapping,
                                      ": KITH_%s(%s) names a member twice",
                                      row->role == KITH_ROLE_UNIQUE ? "UNIQUE" : "INDEX",
                                      row->name);
        }
    }
    add_index(resolver,
              mapper,
              columns,
              (unsigned) row->n_offsets,
              row->role == KITH_ROLE_UNIQUE);
}

void
kith_resolve_indexes(KithResolver *resolver, KithMapper *mapper)
{
    mapper->indexes = kith_resolver_own(
        resolver, g_new0(KithIndex, 2 * mapper->mapping->n_members + 1));
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithMember *member = mapper->details[i].member;
        bool is_column = member->role == KITH_ROLE_COLUMN;
        bool is_reference = member->role == KITH_ROLE_REFERENCE;
        if ((is_column && member->options.column.unique)
            || (is_reference && member->options.reference.unique))
            add_index(resolver, mapper, kith_resolver_one_index(resolver, i), 1, true);
        if ((is_column && member->options.column.indexed)
            || (is_reference && member->options.reference.indexed))
            add_index(resolver, mapper, kith_resolver_one_index(resolver, i), 1, false);
    }
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *row = &mapper->mapping->members[i];
        if (row->role == KITH_ROLE_UNIQUE || row->role == KITH_ROLE_INDEX)
            add_index_of_members(resolver, mapper, row);
    }
}
