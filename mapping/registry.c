/*
 * registry.c - checks the mappings of an engine and resolves them: members become
 * columns, foreign keys find their targets, collections their other side. What the
 * compiler could not see is found here; every mistake is collected, so that a newcomer
 * mends a mapping once and not ten times.
 */
#include "registry.h"

#include "column.h"
#include "error.h"
#include "order.h"

#include <stdarg.h>
#include <string.h>

/* What KITH_REF(T) is, for any T. */
typedef struct AnyReference {
    const void *target;
    KithLink link;
} AnyReference;

typedef struct Resolver {
    KithRegistry *registry;
    GString *mistakes; /* lines */
} Resolver;

G_GNUC_PRINTF(3, 4)
static void
mistake(Resolver *resolver, const KithMapping *mapping, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(resolver->mistakes, "\n  %s", mapping->entity);
    g_string_append_vprintf(resolver->mistakes, format, arguments);
    va_end(arguments);
}

/* Keep @memory for as long as the registry. */
static void *
own(Resolver *resolver, void *memory)
{
    g_ptr_array_add(resolver->registry->owned, memory);
    return memory;
}

static const char *
constraint_name(Resolver *resolver,
                const KithMapper *mapper,
                const unsigned *columns,
                unsigned n_columns,
                const char *suffix)
{
    return own(resolver, kith_mapper_constraint_name(mapper, columns, n_columns, suffix));
}

static const unsigned *
one_index(Resolver *resolver, unsigned index)
{
    unsigned *indexes = own(resolver, g_new(unsigned, 1));
    indexes[0] = index;
    return indexes;
}

/* --- the members of one mapping, one by one ---------------------------------------- */

static const KithMember *
single_key(const KithMapping *mapping)
{
    const KithMember *key = NULL;
    for (size_t i = 0; i < mapping->n_members; i++) {
        if (mapping->members[i].role != KITH_ROLE_KEY)
            continue;
        if (key != NULL)
            return NULL;
        key = &mapping->members[i];
    }
    return key;
}

static const char *
column_name(const KithMember *member)
{
    const char *name = NULL;
    if (member->role == KITH_ROLE_KEY)
        name = member->options.key.column;
    else if (member->role == KITH_ROLE_COLUMN)
        name = member->options.column.column;
    else if (member->role == KITH_ROLE_VERSION)
        name = member->options.version.column;
    return name != NULL ? name : member->name;
}

/* Where the 'has_value' and the value of a KithOpt… lie; the flag is first in all of
 * them. */
static size_t
optional_value_offset(KithKind kind)
{
    switch (kind) {
    case KITH_KIND_BOOL:
        return offsetof(KithOptBool, value);
    case KITH_KIND_INT32:
    case KITH_KIND_ENUM:
        return offsetof(KithOptInt32, value);
    case KITH_KIND_INT64:
        return offsetof(KithOptInt64, value);
    case KITH_KIND_DOUBLE:
        return offsetof(KithOptDouble, value);
    case KITH_KIND_TIME:
        return offsetof(KithOptTime, value);
    case KITH_KIND_DATE:
        return offsetof(KithOptDate, value);
    default:
        return offsetof(KithOptUuid, value);
    }
}

static KithColumn *
add_column(KithMapper *mapper, const KithMember *member, const char *name, KithKind kind)
{
    unsigned index = mapper->n_columns++;
    KithColumn *column = &mapper->columns[index];
    mapper->has_text =
        mapper->has_text || kind == KITH_KIND_TEXT || kind == KITH_KIND_BLOB;
    *column = (KithColumn){ .name = name,
                            .member = member->name,
                            .kind = kind,
                            .offset = member->offset,
                            .null_offset = KITH_NO_OFFSET };
    mapper->details[index] = (KithColumnDetail){ .member = member };
    return column;
}

static void
check_key(Resolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithKeyOptions *options = &member->options.key;
    if (options->generated && member->kind == KITH_KIND_TEXT)
        mistake(resolver, mapping, ".%s: a text key cannot be generated", member->name);
    if (options->generated && single_key(mapping) == NULL)
        mistake(resolver,
                mapping,
                ".%s: a key of several members cannot be generated",
                member->name);
    if (options->max_length > 0 && member->kind != KITH_KIND_TEXT)
        mistake(resolver, mapping, ".%s: only text has a max_length", member->name);
}

static void
add_key(Resolver *resolver, KithMapper *mapper, const KithMember *member)
{
    check_key(resolver, mapper->mapping, member);
    unsigned index = mapper->n_columns;
    add_column(mapper, member, column_name(member), member->kind);
    mapper->details[index].is_key = true;
    mapper->details[index].max_length = member->options.key.max_length;
    mapper->keys[mapper->n_keys++] = index;
    if (member->options.key.generated) {
        mapper->generated = index;
        mapper->generates_uuid = member->kind == KITH_KIND_UUID;
    }
}

/* Every enumerator that can be stored needs a name of its own to be found again. */
static void
check_names(Resolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithNames *names = &member->options.column.names;
    size_t n_named = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i] == NULL)
            continue;
        n_named++;
        for (size_t j = 0; j < i; j++) {
            if (g_strcmp0(names->items[j], names->items[i]) == 0)
                mistake(resolver,
                        mapping,
                        ".%s: two enumerators have the name '%s'",
                        member->name,
                        names->items[i]);
        }
    }
    if (names->count > 0 && n_named == 0)
        mistake(resolver, mapping, ".%s: no enumerator has a name", member->name);
}

static bool
is_blank(const char *sql)
{
    while (g_ascii_isspace(*sql))
        sql++;
    return *sql == '\0';
}

/* What the database fills by itself. */
static void
check_filled(Resolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithColumnOptions *options = &member->options.column;
    const char *sql = options->default_sql, *computed = options->computed_sql;
    if ((sql != NULL && is_blank(sql)) || (computed != NULL && is_blank(computed)))
        mistake(resolver, mapping, ".%s: the SQL expression is empty", member->name);
    if (sql != NULL && computed != NULL)
        mistake(resolver, mapping, ".%s: a computed column has no default", member->name);
    if (computed != NULL && options->references.target != NULL)
        mistake(resolver,
                mapping,
                ".%s: a computed column cannot be a foreign key",
                member->name);
}

static void
check_column(Resolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithColumnOptions *options = &member->options.column;
    bool is_pointer = member->kind == KITH_KIND_TEXT || member->kind == KITH_KIND_BLOB;
    if (options->nullable && !is_pointer && !member->optional)
        mistake(resolver,
                mapping,
                ".%s: a member of type %s has no NULL; make the member a KithOpt… "
                "instead of '.nullable'",
                member->name,
                kith_kind_name(member->kind));
    if (options->max_length > 0 && member->kind != KITH_KIND_TEXT)
        mistake(resolver, mapping, ".%s: only text has a max_length", member->name);
    if (options->names.count > 0 && member->kind != KITH_KIND_INT32)
        mistake(resolver, mapping, ".%s: only an enum has names", member->name);
    if (options->as_integer && options->names.count == 0)
        mistake(resolver,
                mapping,
                ".%s: '.as_integer' says something only of an enum with names",
                member->name);
    check_names(resolver, mapping, member);
    check_filled(resolver, mapping, member);
}

static void
add_plain_column(Resolver *resolver, KithMapper *mapper, const KithMember *member)
{
    const KithColumnOptions *options = &member->options.column;
    check_column(resolver, mapper->mapping, member);
    bool has_names = options->names.count > 0;
    KithKind kind = has_names && !options->as_integer ? KITH_KIND_ENUM : member->kind;
    unsigned index = mapper->n_columns;
    KithColumn *column = add_column(mapper, member, column_name(member), kind);
    column->nullable = options->nullable || member->optional;
    column->secret = options->secret;
    column->names = options->names;
    if (member->optional) {
        column->null_offset = member->offset;
        column->offset = member->offset + optional_value_offset(kind);
    }
    mapper->details[index].max_length = options->max_length;
    mapper->details[index].names = has_names ? &options->names : NULL;
    mapper->details[index].default_sql = options->default_sql;
    mapper->details[index].computed_sql = options->computed_sql;
    if (options->default_sql != NULL || options->computed_sql != NULL)
        mapper->is_filled = true;
}

static void
add_version(Resolver *resolver, KithMapper *mapper, const KithMember *member)
{
    if (mapper->version != KITH_NO_INDEX)
        mistake(
            resolver, mapper->mapping, ".%s: there is a version already", member->name);
    mapper->version = mapper->n_columns;
    add_column(mapper, member, column_name(member), member->kind);
}

/* The column that a reference hides: it has the kind of the target's key. */
static void
add_reference(Resolver *resolver, KithMapper *mapper, const KithMember *member)
{
    const KithReferenceOptions *options = &member->options.reference;
    const KithMember *key = single_key(member->target);
    if (key == NULL) {
        mistake(resolver,
                mapper->mapping,
                ".%s: %s has no key of one member, which a reference needs",
                member->name,
                member->target->entity);
        return;
    }
    const char *name = options->column;
    if (name == NULL)
        name = own(resolver, g_strdup_printf("%s_%s", member->name, column_name(key)));
    unsigned index = mapper->n_columns;
    KithColumn *column = add_column(mapper, member, name, key->kind);
    column->nullable = options->nullable;
    size_t link = member->offset + offsetof(AnyReference, link);
    column->null_offset = link + offsetof(KithLink, has_key);
    column->offset = link + offsetof(KithLink, key);
    mapper->details[index].max_length = key->options.key.max_length;
}

static void
add_member(Resolver *resolver, KithMapper *mapper, const KithMember *member)
{
    switch (member->role) {
    case KITH_ROLE_KEY:
        add_key(resolver, mapper, member);
        break;
    case KITH_ROLE_COLUMN:
        add_plain_column(resolver, mapper, member);
        break;
    case KITH_ROLE_VERSION:
        add_version(resolver, mapper, member);
        break;
    case KITH_ROLE_REFERENCE:
        add_reference(resolver, mapper, member);
        break;
    case KITH_ROLE_MANY:
    case KITH_ROLE_UNIQUE:
    case KITH_ROLE_INDEX:
        break; /* once all columns of all mappings are known */
    }
}

static void
check_columns(Resolver *resolver, const KithMapper *mapper)
{
    if (mapper->n_keys == 0)
        mistake(resolver, mapper->mapping, ": there is no KITH_KEY");
    if (mapper->table[0] == '\0' || mapper->table[0] == '.'
        || kith_mapper_table_name(mapper)[0] == '\0')
        mistake(resolver, mapper->mapping, ": the name of the table is empty");
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (column->name[0] == '\0')
            mistake(resolver,
                    mapper->mapping,
                    ".%s: the name of the column is empty",
                    column->member);
        for (unsigned j = 0; j < i; j++) {
            if (mapper->details[j].member->offset == mapper->details[i].member->offset)
                mistake(
                    resolver, mapper->mapping, ".%s: it is mapped twice", column->member);
            else if (g_ascii_strcasecmp(mapper->columns[j].name, column->name) == 0)
                mistake(resolver,
                        mapper->mapping,
                        ".%s: the column \"%s\" is that of %s already",
                        column->member,
                        column->name,
                        mapper->columns[j].member);
        }
    }
}

static void
resolve_columns(Resolver *resolver,
                KithMapper *mapper,
                const KithMapping *mapping,
                unsigned index)
{
    size_t room = mapping->n_members + 1;
    *mapper = (KithMapper){ .mapping = mapping,
                            .index = index,
                            .entity = mapping->entity,
                            .table = mapping->table,
                            .size = mapping->size,
                            .generated = KITH_NO_INDEX,
                            .version = KITH_NO_INDEX };
    mapper->columns = own(resolver, g_new0(KithColumn, room));
    mapper->details = own(resolver, g_new0(KithColumnDetail, room));
    mapper->keys = own(resolver, g_new0(unsigned, room));
    for (size_t i = 0; i < mapping->n_members; i++)
        add_member(resolver, mapper, &mapping->members[i]);
    mapper->layout = (KithLayout){ .entity = mapper->entity,
                                   .columns = mapper->columns,
                                   .n_columns = mapper->n_columns };
    check_columns(resolver, mapper);
}

/* --- foreign keys ------------------------------------------------------------------ */

static bool
is_unique_column(const KithMapper *mapper, unsigned index)
{
    if (mapper->n_keys == 1 && mapper->keys[0] == index)
        return true;
    const KithMember *member = mapper->details[index].member;
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *row = &mapper->mapping->members[i];
        if (row->role == KITH_ROLE_UNIQUE && row->n_offsets == 1
            && row->offsets[0] == member->offset)
            return true;
    }
    return (member->role == KITH_ROLE_COLUMN && member->options.column.unique)
           || (member->role == KITH_ROLE_REFERENCE && member->options.reference.unique);
}

/* Add the foreign key of column @index; what the caller knows better is in @foreign_key.
 */
static void
add_foreign_key(Resolver *resolver,
                KithMapper *mapper,
                unsigned index,
                unsigned target_index,
                KithForeignKey foreign_key)
{
    foreign_key.n_columns = 1;
    foreign_key.columns = one_index(resolver, index);
    foreign_key.targets = one_index(resolver, target_index);
    foreign_key.name = constraint_name(resolver, mapper, foreign_key.columns, 1, "fkey");
    foreign_key.nullable = mapper->columns[index].nullable;
    if ((foreign_key.on_delete == KITH_SET_NULL || foreign_key.on_update == KITH_SET_NULL)
        && !foreign_key.nullable)
        mistake(resolver,
                mapper->mapping,
                ".%s: KITH_SET_NULL needs a column that can be NULL",
                mapper->columns[index].member);
    mapper->foreign_keys[mapper->n_foreign_keys++] = foreign_key;
}

static const KithMapper *
find_target(Resolver *resolver,
            const KithMapper *mapper,
            const char *member,
            const KithMapping *target)
{
    const KithMapper *found = kith_registry_find(resolver->registry, target);
    if (found == NULL)
        mistake(resolver,
                mapper->mapping,
                ".%s: the engine was not given the mapping of %s",
                member,
                target->entity);
    return found;
}

static void
resolve_plain_foreign_key(Resolver *resolver,
                          KithMapper *mapper,
                          unsigned index,
                          const KithForeignKeyOptions *options)
{
    const KithColumn *column = &mapper->columns[index];
    const KithMapper *target =
        find_target(resolver, mapper, column->member, options->target);
    if (target == NULL)
        return;
    unsigned target_index = kith_mapper_column_at(target, options->offset);
    if (target_index == KITH_NO_INDEX || !is_unique_column(target, target_index)) {
        mistake(resolver,
                mapper->mapping,
                ".%s: what it refers to is neither the key of %s nor a unique column",
                column->member,
                target->entity);
        return;
    }
    if (target->details[target_index].computed_sql != NULL) {
        mistake(resolver,
                mapper->mapping,
                ".%s: what it refers to is computed by the database",
                column->member);
        return;
    }
    if (target->columns[target_index].kind != column->kind) {
        mistake(resolver,
                mapper->mapping,
                ".%s: its type is %s, and that of %s.%s is %s",
                column->member,
                kith_kind_name(column->kind),
                target->entity,
                target->columns[target_index].member,
                kith_kind_name(target->columns[target_index].kind));
        return;
    }
    add_foreign_key(resolver,
                    mapper,
                    index,
                    target_index,
                    (KithForeignKey){ .target = target,
                                      .reference = KITH_NO_OFFSET,
                                      .on_delete = options->on_delete,
                                      .on_update = options->on_update,
                                      .deferrable = options->deferrable });
}

static void
resolve_reference(Resolver *resolver,
                  KithMapper *mapper,
                  unsigned index,
                  const KithMember *member)
{
    const KithReferenceOptions *options = &member->options.reference;
    const KithMapper *target =
        find_target(resolver, mapper, member->name, member->target);
    if (target == NULL || target->n_keys != 1)
        return;
    add_foreign_key(resolver,
                    mapper,
                    index,
                    target->keys[0],
                    (KithForeignKey){ .target = target,
                                      .reference = member->offset,
                                      .on_delete = options->on_delete,
                                      .on_update = options->on_update,
                                      .deferrable = options->deferrable });
}

static void
resolve_foreign_keys(Resolver *resolver, KithMapper *mapper)
{
    mapper->foreign_keys = own(resolver, g_new0(KithForeignKey, mapper->n_columns + 1));
    for (unsigned i = 0; i < mapper->n_columns; i++) {
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
}

/* Who refers to a mapper: what its rows are looked up by when they come or go. */
static void
resolve_referring(Resolver *resolver, KithMapper *target)
{
    const KithRegistry *registry = resolver->registry;
    g_autoptr(GPtrArray) referring = g_ptr_array_new();
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        for (unsigned i = 0; i < registry->mappers[m].n_foreign_keys; i++) {
            if (registry->mappers[m].foreign_keys[i].target == target)
                g_ptr_array_add(referring, &registry->mappers[m].foreign_keys[i]);
        }
    }
    target->n_referring = referring->len;
    g_ptr_array_add(referring, NULL);
    target->referring =
        own(resolver, g_ptr_array_free(g_steal_pointer(&referring), FALSE));
}

/* --- collections ------------------------------------------------------------------- */

/* Both sides may say what happens on delete; they have to say the same. */
static void
agree_on_delete(Resolver *resolver,
                KithMapper *mapper,
                const KithMember *member,
                KithForeignKey *back)
{
    KithAction action = member->options.many.on_delete;
    if (action == KITH_NO_ACTION)
        return;
    if (back->on_delete != KITH_NO_ACTION && back->on_delete != action)
        mistake(resolver,
                mapper->mapping,
                ".%s: its '.on_delete' is not that of the reference in %s",
                member->name,
                member->target->entity);
    if (action == KITH_SET_NULL && !back->nullable)
        mistake(resolver,
                mapper->mapping,
                ".%s: KITH_SET_NULL needs the reference in %s to be nullable",
                member->name,
                member->target->entity);
    back->on_delete = action;
}

static void
resolve_many(Resolver *resolver, KithMapper *mapper)
{
    mapper->many = own(resolver, g_new0(KithMany, mapper->mapping->n_members + 1));
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *member = &mapper->mapping->members[i];
        if (member->role != KITH_ROLE_MANY)
            continue;
        const KithMapper *target =
            find_target(resolver, mapper, member->name, member->target);
        if (target == NULL)
            continue;
        unsigned back = kith_mapper_reference_at(target, member->inverse);
        if (back == KITH_NO_INDEX) {
            mistake(resolver,
                    mapper->mapping,
                    ".%s: %s maps no KITH_BELONGS_TO for its other side",
                    member->name,
                    target->entity);
            continue;
        }
        agree_on_delete(resolver, mapper, member, &target->foreign_keys[back]);
        mapper->many[mapper->n_many++] = (KithMany){ .member = member,
                                                     .offset = member->offset,
                                                     .target = target,
                                                     .foreign_key = back };
    }
}

/* --- unique constraints and indexes ------------------------------------------------ */

static void
add_index(Resolver *resolver,
          KithMapper *mapper,
          const unsigned *columns,
          unsigned n_columns,
          bool unique)
{
    const char *name =
        constraint_name(resolver, mapper, columns, n_columns, unique ? "key" : "idx");
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        if (g_ascii_strcasecmp(mapper->indexes[i].name, name) == 0)
            mistake(resolver, mapper->mapping, ": the index \"%s\" is there twice", name);
    }
    mapper->indexes[mapper->n_indexes++] = (KithIndex){
        .name = name, .unique = unique, .n_columns = n_columns, .columns = columns
    };
}

static void
add_index_of_members(Resolver *resolver, KithMapper *mapper, const KithMember *row)
{
    unsigned *columns = own(resolver, g_new0(unsigned, row->n_offsets));
    for (size_t i = 0; i < row->n_offsets; i++) {
        columns[i] = KITH_NO_INDEX;
        for (unsigned j = 0; j < mapper->n_columns; j++) {
            if (mapper->details[j].member->offset == row->offsets[i])
                columns[i] = j;
        }
        if (columns[i] == KITH_NO_INDEX) {
            mistake(resolver,
                    mapper->mapping,
                    ": KITH_%s(%s) names a member that is not a column",
                    row->role == KITH_ROLE_UNIQUE ? "UNIQUE" : "INDEX",
                    row->name);
            return;
        }
        for (size_t j = 0; j < i; j++) {
            if (columns[j] == columns[i])
                mistake(resolver,
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

static void
resolve_indexes(Resolver *resolver, KithMapper *mapper)
{
    mapper->indexes =
        own(resolver, g_new0(KithIndex, 2 * mapper->mapping->n_members + 1));
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithMember *member = mapper->details[i].member;
        bool is_column = member->role == KITH_ROLE_COLUMN;
        bool is_reference = member->role == KITH_ROLE_REFERENCE;
        if ((is_column && member->options.column.unique)
            || (is_reference && member->options.reference.unique))
            add_index(resolver, mapper, one_index(resolver, i), 1, true);
        if ((is_column && member->options.column.indexed)
            || (is_reference && member->options.reference.indexed))
            add_index(resolver, mapper, one_index(resolver, i), 1, false);
    }
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *row = &mapper->mapping->members[i];
        if (row->role == KITH_ROLE_UNIQUE || row->role == KITH_ROLE_INDEX)
            add_index_of_members(resolver, mapper, row);
    }
}

/* --- all of them ------------------------------------------------------------------- */

/* Multiplicative hashing of the address; mappings are aligned, so the low bits say
 * nothing. */
static size_t
first_slot(const KithRegistry *registry, const KithMapping *mapping)
{
    uint64_t hash = ((uint64_t) (uintptr_t) mapping >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t) (hash >> 32) & (registry->n_slots - 1);
}

const KithMapper *
kith_registry_find(const KithRegistry *registry, const KithMapping *mapping)
{
    size_t slot = first_slot(registry, mapping);
    while (registry->slots[slot] != NULL && registry->slots[slot]->mapping != mapping)
        slot = (slot + 1) & (registry->n_slots - 1);
    return registry->slots[slot];
}

static void
add_to_slots(KithRegistry *registry, const KithMapper *mapper)
{
    size_t slot = first_slot(registry, mapper->mapping);
    while (registry->slots[slot] != NULL)
        slot = (slot + 1) & (registry->n_slots - 1);
    registry->slots[slot] = mapper;
}

static void
check_twice(Resolver *resolver, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->index; i++) {
        const KithMapper *other = &resolver->registry->mappers[i];
        if (other->mapping == mapper->mapping)
            mistake(resolver, mapper->mapping, ": the engine was given it twice");
        else if (g_ascii_strcasecmp(other->table, mapper->table) == 0)
            mistake(resolver,
                    mapper->mapping,
                    ": the table \"%s\" is that of %s already",
                    mapper->table,
                    other->entity);
    }
}

/*
 * Rows that refer to each other are inserted without the one reference, which comes
 * later. The database would put the default in its place.
 */
static void
check_defaults_in_cycles(Resolver *resolver, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool has_default = mapper->details[foreign_key->columns[0]].default_sql != NULL;
        if (has_default && foreign_key->target->rank == mapper->rank)
            mistake(
                resolver,
                mapper->mapping,
                ".%s: a foreign key to a table that refers back cannot have a default",
                mapper->columns[foreign_key->columns[0]].member);
    }
}

static void
resolve(Resolver *resolver, const KithMapping *const *mappings)
{
    KithRegistry *registry = resolver->registry;
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        resolve_columns(resolver, &registry->mappers[i], mappings[i], i);
        check_twice(resolver, &registry->mappers[i]);
        add_to_slots(registry, &registry->mappers[i]);
    }
    for (unsigned i = 0; i < registry->n_mappers; i++)
        resolve_foreign_keys(resolver, &registry->mappers[i]);
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        resolve_many(resolver, &registry->mappers[i]);
        resolve_indexes(resolver, &registry->mappers[i]);
    }
    for (unsigned i = 0; i < registry->n_mappers; i++)
        resolve_referring(resolver, &registry->mappers[i]);
    kith_order_mappers(registry);
    for (unsigned i = 0; i < registry->n_mappers; i++)
        check_defaults_in_cycles(resolver, &registry->mappers[i]);
}

KithRegistry *
kith_registry_new(const KithMapping *const *mappings, GError **error)
{
    static const KithMapping *const none[] = { NULL };
    if (mappings == NULL)
        mappings = none;
    g_autoptr(KithRegistry) registry = g_new0(KithRegistry, 1);
    g_autoptr(GString) mistakes = g_string_new(NULL);
    while (mappings[registry->n_mappers] != NULL)
        registry->n_mappers++;
    registry->mappers = g_new0(KithMapper, registry->n_mappers + 1);
    registry->owned = g_ptr_array_new_with_free_func(g_free);
    registry->n_slots = 4;
    while (registry->n_slots < 2 * registry->n_mappers)
        registry->n_slots *= 2;
    registry->slots = g_new0(const KithMapper *, registry->n_slots);
    resolve(&(Resolver){ registry, mistakes }, mappings);
    if (mistakes->len > 0) {
        kith_error_set(
            error, KITH_ERROR_MAPPING, "the mapping is wrong:%s", mistakes->str);
        return NULL;
    }
    return g_steal_pointer(&registry);
}

void
kith_registry_free(KithRegistry *registry)
{
    if (registry == NULL)
        return;
    g_ptr_array_unref(registry->owned);
    g_free(registry->slots);
    g_free(registry->mappers);
    g_free(registry);
}
