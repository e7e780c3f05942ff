/*
 * registry-links.c - makes the mappings of link tables, as a program would write them:
 *
 *     KITH_MAPPING(Link, "students_courses",
 *         KITH_KEY(Link, student_id),
 *         KITH_KEY(Link, course_id),
 *         KITH_BELONGS_TO(Link, near, Student, .via = KITH_VIA(Link, student_id),
 *                         .on_delete = KITH_CASCADE, .on_update = KITH_CASCADE),
 *         KITH_BELONGS_TO(Link, far, Course, .via = KITH_VIA(Link, course_id),
 *                         .on_delete = KITH_CASCADE, .on_update = KITH_CASCADE,
 *                         .indexed = true));
 *
 * Nothing is checked here: what is wrong with it is found like in any other mapping.
 */
#include "links.h"

#include <string.h>

/* A link mapping on its way. */
typedef struct Builder {
    GPtrArray *owned;
    KithMapping *mapping;
    KithMember *members;
    size_t n_members;
    size_t size; /* of the struct, so far */
} Builder;

typedef struct AnyReference {
    const void *target;
    KithLink link;
} AnyReference;

static void *
own(Builder *builder, void *memory)
{
    g_ptr_array_add(builder->owned, memory);
    return memory;
}

/* --- names ------------------------------------------------------------------------- */

/* "BookTag" to "book_tag". */
static void
append_lower(GString *text, const char *entity)
{
    for (const char *at = entity; *at != '\0'; at++) {
        bool begins_word = g_ascii_isupper(*at) && at > entity && g_ascii_islower(at[-1]);
        if (begins_word)
            g_string_append_c(text, '_');
        g_string_append_c(text, g_ascii_tolower(*at));
    }
}

static const char *
name_of_key(const KithMember *key)
{
    return key->options.key.column != NULL ? key->options.key.column : key->name;
}

static size_t
count_keys(const KithMapping *mapping)
{
    size_t n_keys = 0;
    for (size_t i = 0; i < mapping->n_members; i++)
        n_keys += mapping->members[i].role == KITH_ROLE_KEY;
    return n_keys;
}

/* The column to a key of @entity: that of the option, or "student_id". */
static const char *
name_column(Builder *builder,
            const KithMapping *entity,
            const KithMember *key,
            const char *given)
{
    GString *name = g_string_new(NULL);
    if (given != NULL)
        g_string_append(name, given);
    else
        append_lower(name, entity->entity);
    if (given == NULL || count_keys(entity) > 1)
        g_string_append_printf(name, "_%s", name_of_key(key));
    return own(builder, g_string_free(name, FALSE));
}

/* --- members ----------------------------------------------------------------------- */

static size_t
size_of_key(KithKind kind)
{
    switch (kind) {
    case KITH_KIND_INT32:
        return sizeof(int32_t);
    case KITH_KIND_INT64:
        return sizeof(int64_t);
    case KITH_KIND_UUID:
        return sizeof(KithUuid);
    default:
        return sizeof(const char *);
    }
}

/* Room for a member; everything is aligned like a pointer. */
static size_t
take_room(Builder *builder, size_t size)
{
    size_t offset = builder->size;
    size_t alignment = sizeof(int64_t);
    builder->size += (size + alignment - 1) / alignment * alignment;
    return offset;
}

static void
add_keys(Builder *builder,
         const KithMapping *entity,
         const char *column,
         size_t *ret_offsets)
{
    size_t n_keys = 0;
    for (size_t i = 0; i < entity->n_members; i++) {
        const KithMember *key = &entity->members[i];
        if (key->role != KITH_ROLE_KEY)
            continue;
        KithMember member = { .role = KITH_ROLE_KEY, .kind = key->kind };
        member.name = name_column(builder, entity, key, column);
        member.offset = take_room(builder, size_of_key(key->kind));
        member.options.key.max_length = key->options.key.max_length;
        builder->members[builder->n_members++] = member;
        ret_offsets[n_keys++] = member.offset;
    }
}

/* The reference to @entity, after the members that hold its key. Returns where it is. */
static size_t
add_end(Builder *builder,
        const KithMapping *entity,
        const char *name,
        const char *column,
        bool indexed,
        bool in_session)
{
    size_t n_keys = count_keys(entity);
    size_t *offsets = own(builder, g_new0(size_t, n_keys + 1));
    KithMember member = { .role = KITH_ROLE_REFERENCE, .name = name, .target = entity };
    add_keys(builder, entity, column, offsets);
    member.offset = take_room(builder, sizeof(AnyReference));
    member.options.reference = (KithReferenceOptions){
        .via = { .mapping = builder->mapping, .offsets = offsets, .count = n_keys },
        .indexed = indexed,
        .on_delete = KITH_CASCADE,
        .on_update = KITH_CASCADE,
        .in_session = in_session,
    };
    builder->members[builder->n_members++] = member;
    return member.offset;
}

static KithLinkTable
make_table(GPtrArray *owned, const KithMapping *owner, const KithMember *many)
{
    const KithManyToManyOptions *options = &many->options.links;
    Builder builder = { .owned = owned };
    size_t room = count_keys(owner) + count_keys(many->target) + 2;
    builder.mapping = own(&builder, g_new0(KithMapping, 1));
    builder.members = own(&builder, g_new0(KithMember, room));
    KithLinkTable table = { .owner = owner,
                            .offset = many->offset,
                            .mapping = builder.mapping };
    table.near = add_end(
        &builder, owner, owner->entity, options->column, false, options->in_session);
    table.far = add_end(&builder,
                        many->target,
                        many->target->entity,
                        options->target_column,
                        true,
                        options->in_session);
    const char *name = options->table;
    if (name == NULL)
        name = own(&builder, g_strdup_printf("%s_%s", owner->table, many->name));
    *builder.mapping = (KithMapping){
        .entity = own(&builder, g_strdup_printf("%s.%s", owner->entity, many->name)),
        .table = name,
        .size = builder.size,
        .members = builder.members,
        .n_members = builder.n_members,
    };
    return table;
}

/* --- all of them ------------------------------------------------------------------- */

const KithMapping **
kith_links_add(KithRegistry *registry, const KithMapping *const *mappings)
{
    GPtrArray *all = g_ptr_array_new();
    registry->links = g_array_new(FALSE, FALSE, sizeof(KithLinkTable));
    for (size_t i = 0; mappings[i] != NULL; i++)
        g_ptr_array_add(all, (void *) (uintptr_t) mappings[i]);
    for (size_t i = 0; mappings[i] != NULL; i++) {
        for (size_t j = 0; j < mappings[i]->n_members; j++) {
            const KithMember *member = &mappings[i]->members[j];
            if (member->role != KITH_ROLE_MANY_TO_MANY)
                continue;
            KithLinkTable table = make_table(registry->owned, mappings[i], member);
            g_array_append_val(registry->links, table);
            g_ptr_array_add(all, (void *) (uintptr_t) table.mapping);
        }
    }
    g_ptr_array_add(all, NULL);
    return (const KithMapping **) (void *) g_ptr_array_free(all, FALSE);
}

const KithLinkTable *
kith_links_find(const KithRegistry *registry, const KithMapping *owner, size_t offset)
{
    for (guint i = 0; i < registry->links->len; i++) {
        const KithLinkTable *table = &g_array_index(registry->links, KithLinkTable, i);
        if (table->owner == owner && table->offset == offset)
            return table;
    }
    return NULL;
}
