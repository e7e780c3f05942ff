/*
 * registry-columns.c - the members of one mapping, one by one: what column each is, and
 * whether it can be one.
 */
#include "column.h"
#include "resolver.h"

/* What KITH_REF(T) is, for any T. */
typedef struct AnyReference {
    const void *target;
    KithLink link;
} AnyReference;

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
    else if (member->role == KITH_ROLE_DISCRIMINATOR)
        name = member->options.discriminator.column;
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
    if (kind == KITH_KIND_TEXT || kind == KITH_KIND_BLOB)
        mapper->texts[mapper->n_texts++] = index;
    *column = (KithColumn){ .name = name,
                            .member = member->name,
                            .kind = kind,
                            .offset = member->offset,
                            .null_offset = KITH_NO_OFFSET };
    mapper->details[index] = (KithColumnDetail){ .member = member };
    return column;
}

static void
check_key(KithResolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithKeyOptions *options = &member->options.key;
    if (options->generated && member->kind == KITH_KIND_TEXT)
        kith_resolver_mistake(
            resolver, mapping, ".%s: a text key cannot be generated", member->name);
    if (options->generated && single_key(mapping) == NULL)
        kith_resolver_mistake(resolver,
                              mapping,
                              ".%s: a key of several members cannot be generated",
                              member->name);
    if (options->max_length > 0 && member->kind != KITH_KIND_TEXT)
        kith_resolver_mistake(
            resolver, mapping, ".%s: only text has a max_length", member->name);
}

static void
add_key(KithResolver *resolver, KithMapper *mapper, const KithMember *member)
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
check_names(KithResolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithNames *names = &member->options.column.names;
    size_t n_named = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i] == NULL)
            continue;
        n_named++;
        for (size_t j = 0; j < i; j++) {
            if (g_strcmp0(names->items[j], names->items[i]) == 0)
                kith_resolver_mistake(resolver,
                                      mapping,
                                      ".%s: two enumerators have the name '%s'",
                                      member->name,
                                      names->items[i]);
        }
    }
    if (names->count > 0 && n_named == 0)
        kith_resolver_mistake(
            resolver, mapping, ".%s: no enumerator has a name", member->name);
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
check_filled(KithResolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithColumnOptions *options = &member->options.column;
    const char *sql = options->default_sql, *computed = options->computed_sql;
    if ((sql != NULL && is_blank(sql)) || (computed != NULL && is_blank(computed)))
        kith_resolver_mistake(
            resolver, mapping, ".%s: the SQL expression is empty", member->name);
    if (sql != NULL && computed != NULL)
        kith_resolver_mistake(
            resolver, mapping, ".%s: a computed column has no default", member->name);
    if (computed != NULL && options->references.target != NULL)
        kith_resolver_mistake(resolver,
                              mapping,
                              ".%s: a computed column cannot be a foreign key",
                              member->name);
}

static void
check_column(KithResolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithColumnOptions *options = &member->options.column;
    bool is_pointer = member->kind == KITH_KIND_TEXT || member->kind == KITH_KIND_BLOB;
    if (options->nullable && !is_pointer && !member->optional)
        kith_resolver_mistake(
            resolver,
            mapping,
            ".%s: a member of type %s has no NULL; make the member a KithOpt… "
            "instead of '.nullable'",
            member->name,
            kith_kind_name(member->kind));
    if (options->max_length > 0 && member->kind != KITH_KIND_TEXT)
        kith_resolver_mistake(
            resolver, mapping, ".%s: only text has a max_length", member->name);
    if (options->names.count > 0 && member->kind != KITH_KIND_INT32)
        kith_resolver_mistake(
            resolver, mapping, ".%s: only an enum has names", member->name);
    if (options->as_integer && options->names.count == 0)
        kith_resolver_mistake(
            resolver,
            mapping,
            ".%s: '.as_integer' says something only of an enum with names",
            member->name);
    check_names(resolver, mapping, member);
    check_filled(resolver, mapping, member);
}

static void
add_plain_column(KithResolver *resolver, KithMapper *mapper, const KithMember *member)
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
add_version(KithResolver *resolver, KithMapper *mapper, const KithMember *member)
{
    if (mapper->version != KITH_NO_INDEX)
        kith_resolver_mistake(
            resolver, mapper->mapping, ".%s: there is a version already", member->name);
    mapper->version = mapper->n_columns;
    add_column(mapper, member, column_name(member), member->kind);
}

/* The member of its target that a reference with a column of its own means. */
static const KithMember *
find_meant(KithResolver *resolver, const KithMapper *mapper, const KithMember *member)
{
    const KithMembers *to = &member->options.reference.to;
    const KithMapping *target = member->target;
    const KithMember *meant =
        to->count == 0 ? single_key(kith_mapping_root(target)) : NULL;
    for (size_t i = 0; to->count == 1 && i < target->n_members; i++) {
        const KithMember *row = &target->members[i];
        bool is_value = row->role == KITH_ROLE_KEY || row->role == KITH_ROLE_COLUMN;
        if (is_value && row->offset == to->offsets[0])
            meant = row;
    }
    if (meant == NULL && to->count == 1)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: '.to' names a member of %s that is not a column",
                              member->name,
                              target->entity);
    else if (meant == NULL)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: %s has no key of one member; say with '.via' which "
                              "members refer to it",
                              member->name,
                              target->entity);
    else if (meant->kind != KITH_KIND_INT32 && meant->kind != KITH_KIND_INT64
             && meant->kind != KITH_KIND_TEXT && meant->kind != KITH_KIND_UUID)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: a reference cannot hide a value of type %s; say with "
                              "'.via' which member has it",
                              member->name,
                              kith_kind_name(meant->kind));
    else
        return meant;
    return NULL;
}

/* A reference of which the program has the columns says nothing of them. */
static void
check_via(KithResolver *resolver, const KithMapping *mapping, const KithMember *member)
{
    const KithReferenceOptions *options = &member->options.reference;
    if (options->column != NULL || options->nullable)
        kith_resolver_mistake(resolver,
                              mapping,
                              ".%s: '%s' is said of the members of '.via'",
                              member->name,
                              options->column != NULL ? ".column" : ".nullable");
}

/* The column that a reference hides: it has the kind of what it refers to. */
static void
add_reference(KithResolver *resolver, KithMapper *mapper, const KithMember *member)
{
    const KithReferenceOptions *options = &member->options.reference;
    if (options->via.count > 0) {
        check_via(resolver, mapper->mapping, member);
        return;
    }
    const KithMember *key = find_meant(resolver, mapper, member);
    if (key == NULL)
        return;
    const char *name = options->column;
    if (name == NULL)
        name = kith_resolver_own(
            resolver, g_strdup_printf("%s_%s", member->name, column_name(key)));
    unsigned index = mapper->n_columns;
    KithColumn *column = add_column(mapper, member, name, key->kind);
    column->nullable = options->nullable;
    size_t link = member->offset + offsetof(AnyReference, link);
    column->null_offset = link + offsetof(KithLink, has_key);
    column->offset = link + offsetof(KithLink, key);
    mapper->details[index].max_length = key->role == KITH_ROLE_KEY
                                            ? key->options.key.max_length
                                            : key->options.column.max_length;
}

static void
add_discriminator(KithResolver *resolver, KithMapper *mapper, const KithMember *member)
{
    const KithDiscriminatorOptions *options = &member->options.discriminator;
    bool has_names = options->names.count > 0;
    if (mapper->discriminator != KITH_NO_INDEX && mapper->base == NULL)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: there is a discriminator already",
                              member->name);
    if (has_names && member->kind != KITH_KIND_INT32)
        kith_resolver_mistake(
            resolver, mapper->mapping, ".%s: only an enum has names", member->name);
    unsigned index = mapper->n_columns;
    KithKind kind = has_names && !options->as_integer ? KITH_KIND_ENUM : member->kind;
    KithColumn *column = add_column(mapper, member, column_name(member), kind);
    column->names = options->names;
    mapper->details[index].max_length = options->max_length;
    mapper->details[index].names = has_names ? &options->names : NULL;
    mapper->discriminator = index;
}

static void
add_member(KithResolver *resolver, KithMapper *mapper, const KithMember *member)
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
    case KITH_ROLE_DISCRIMINATOR:
        add_discriminator(resolver, mapper, member);
        break;
    case KITH_ROLE_EXTENDS: /* the base is there already */
    case KITH_ROLE_MANY:
    case KITH_ROLE_ONE:
    case KITH_ROLE_MANY_TO_MANY:
    case KITH_ROLE_MANY_TO_MANY_BACK:
    case KITH_ROLE_UNIQUE:
    case KITH_ROLE_UNIQUE_DEFERRABLE:
    case KITH_ROLE_INDEX:
        break; /* once all columns of all mappings are known */
    }
}

/* A result is columns, and nothing that only a table can have. */
static void
check_result(KithResolver *resolver, const KithMapper *mapper)
{
    const KithMapping *mapping = mapper->mapping;
    for (size_t i = 0; i < mapping->n_members; i++) {
        if (mapping->members[i].role != KITH_ROLE_COLUMN)
            kith_resolver_mistake(resolver,
                                  mapping,
                                  ".%s: a KITH_RESULT has KITH_COLUMNs only",
                                  mapping->members[i].name);
    }
}

static void
check_table(KithResolver *resolver, const KithMapper *mapper)
{
    if (mapper->n_keys == 0 && kith_mapping_root(mapper->mapping) == mapper->mapping)
        kith_resolver_mistake(resolver, mapper->mapping, ": there is no KITH_KEY");
    if (mapper->n_keys > KITH_MAX_LISTS)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ": its key has %u members, and %d is the most",
                              mapper->n_keys,
                              KITH_MAX_LISTS);
    bool shares = kith_mapping_root(mapper->mapping) != mapper->mapping
                  && !kith_mapping_has_table(mapper->mapping);
    if (!shares
        && (mapper->table[0] == '\0' || mapper->table[0] == '.'
            || kith_mapper_table_name(mapper)[0] == '\0'))
        kith_resolver_mistake(
            resolver, mapper->mapping, ": the name of the table is empty");
}

static void
check_columns(KithResolver *resolver, const KithMapper *mapper)
{
    if (mapper->table != NULL)
        check_table(resolver, mapper);
    else
        check_result(resolver, mapper);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (column->name[0] == '\0')
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ".%s: the name of the column is empty",
                                  column->member);
        for (unsigned j = 0; j < i; j++) {
            if (mapper->details[j].member->offset == mapper->details[i].member->offset)
                kith_resolver_mistake(
                    resolver, mapper->mapping, ".%s: it is mapped twice", column->member);
            else if (g_ascii_strcasecmp(mapper->columns[j].name, column->name) == 0)
                kith_resolver_mistake(resolver,
                                      mapper->mapping,
                                      ".%s: the column \"%s\" is that of %s already",
                                      column->member,
                                      column->name,
                                      mapper->columns[j].member);
        }
    }
}

/* The members of the base lie at the same places, because it is the first one. */
static void
inherit_columns(KithMapper *mapper, const KithMapper *base)
{
    memcpy(mapper->columns, base->columns, base->n_columns * sizeof *base->columns);
    memcpy(mapper->details, base->details, base->n_columns * sizeof *base->details);
    memcpy(mapper->keys, base->keys, base->n_keys * sizeof *base->keys);
    mapper->n_columns = base->n_columns;
    mapper->n_keys = base->n_keys;
    mapper->n_texts = base->n_texts;
    memcpy(mapper->texts, base->texts, base->n_texts * sizeof *base->texts);
    mapper->is_filled = base->is_filled;
    mapper->generated = base->generated;
    mapper->generates_uuid = base->generates_uuid;
    mapper->version = base->version;
    mapper->discriminator = base->discriminator;
}

void
kith_resolve_columns(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapping *mapping = mapper->mapping;
    const KithMapper *base = mapper->base;
    size_t room = mapping->n_members + (base != NULL ? base->n_columns : 0) + 1;
    mapper->columns = kith_resolver_own(resolver, g_new0(KithColumn, room));
    mapper->details = kith_resolver_own(resolver, g_new0(KithColumnDetail, room));
    mapper->keys = kith_resolver_own(resolver, g_new0(unsigned, room));
    mapper->texts = kith_resolver_own(resolver, g_new0(unsigned, room));
    if (base != NULL)
        inherit_columns(mapper, base);
    for (size_t i = 0; i < mapping->n_members; i++)
        add_member(resolver, mapper, &mapping->members[i]);
    mapper->layout = (KithLayout){ .entity = mapper->entity,
                                   .columns = mapper->columns,
                                   .n_columns = mapper->n_columns };
    check_columns(resolver, mapper);
}
