/*
 * registry-relations.c - collections find the reference, or the link table, that is their
 * other side.
 */
#include "links.h"
#include "resolver.h"

/* Both sides may say what happens on delete; they have to say the same. */
static void
agree_on_delete(KithResolver *resolver,
                KithMapper *mapper,
                const KithMember *member,
                KithForeignKey *back)
{
    KithAction action = member->options.many.on_delete;
    back->in_session = back->in_session || member->options.many.in_session;
    if (action == KITH_NO_ACTION)
        return;
    if (back->on_delete != KITH_NO_ACTION && back->on_delete != action)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: its '.on_delete' is not that of the reference in %s",
                              member->name,
                              member->target->entity);
    if (action == KITH_SET_NULL && !back->nullable)
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: KITH_SET_NULL needs the reference in %s to be nullable",
            member->name,
            member->target->entity);
    back->on_delete = action;
}

static void
check_options(KithResolver *resolver,
              const KithMapper *mapper,
              const KithMember *member,
              const KithForeignKey *back)
{
    if (member->options.many.delete_orphans && back->on_delete != KITH_CASCADE)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: '.delete_orphans' needs '.on_delete = KITH_CASCADE'",
                              member->name);
    if (member->role == KITH_ROLE_ONE
        && !kith_mapper_are_unique(back->mapper, back->columns, back->n_columns))
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: the reference in %s is not '.unique'",
                              member->name,
                              member->target->entity);
}

/* What the session is to do has to be said. */
void
kith_check_cascades(KithResolver *resolver, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool has_action = foreign_key->on_delete == KITH_CASCADE
                          || foreign_key->on_delete == KITH_SET_NULL;
        if (foreign_key->in_session && !has_action)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ".%s: '.in_session' needs '.on_delete' to be "
                                  "KITH_CASCADE or KITH_SET_NULL",
                                  foreign_key->member);
    }
}

/* The foreign key where it is declared: in the mapper itself, or in what it extends. */
static KithForeignKey *
declared(const KithMapper *mapper, unsigned index)
{
    while (mapper->base != NULL && index < mapper->base->n_foreign_keys)
        mapper = mapper->base;
    return &mapper->foreign_keys[index];
}

/* What KITH_ONE(T) is, for any T. */
typedef struct AnyOne {
    const void *target;
    KithCollection *state;
} AnyOne;

static size_t
offset_of_state(const KithMember *member)
{
    return member->role == KITH_ROLE_ONE ? member->offset + offsetof(AnyOne, state)
                                         : member->offset;
}

/* Columns of the items; NULL, and a mistake, if a member is none. */
static const unsigned *
resolve_order(KithResolver *resolver,
              const KithMapper *mapper,
              const KithMember *member,
              const KithMapper *target,
              const char *option,
              const KithMembers *members)
{
    unsigned *columns = kith_resolver_own(resolver, g_new0(unsigned, members->count + 1));
    for (size_t i = 0; i < members->count; i++) {
        columns[i] = members->mapping == target->mapping
                         ? kith_mapper_column_at(target, members->offsets[i])
                         : KITH_NO_INDEX;
        if (columns[i] != KITH_NO_INDEX)
            continue;
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: '%s' names a member that is not a column of %s",
                              member->name,
                              option,
                              target->entity);
        return NULL;
    }
    return columns;
}

/* The order of the last collection of @mapper. */
static void
set_order(KithResolver *resolver,
          KithMapper *mapper,
          const KithMembers *order_by,
          const KithMembers *position)
{
    KithMany *many = &mapper->many[mapper->n_many - 1];
    bool is_kept = position != NULL && position->count > 0;
    const KithMembers *members = is_kept ? position : order_by;
    const char *option = is_kept ? ".position" : ".order_by";
    many->position = KITH_NO_INDEX;
    if (members->count == 0)
        return;
    many->order =
        resolve_order(resolver, mapper, many->member, many->target, option, members);
    if (many->order == NULL)
        return;
    many->n_order = (unsigned) members->count;
    const KithColumn *column = &many->target->columns[many->order[0]];
    bool is_integer = column->kind == KITH_KIND_INT32 || column->kind == KITH_KIND_INT64;
    if (is_kept && order_by->count > 0)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: it has both an '.order_by' and a '.position'",
                              many->member->name);
    else if (is_kept && (many->n_order != 1 || !is_integer || column->nullable))
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: '.position' is one member that is an int32_t or an int64_t",
            many->member->name);
    else if (is_kept)
        many->position = many->order[0];
}

static void
resolve_has_many(KithResolver *resolver,
                 KithMapper *mapper,
                 const KithMember *member,
                 const KithMapper *target)
{
    unsigned back = kith_mapper_reference_at(target, member->inverse);
    if (back == KITH_NO_INDEX) {
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: %s maps no KITH_BELONGS_TO for its other side",
                              member->name,
                              target->entity);
        return;
    }
    KithForeignKey *foreign_key = declared(target, back);
    bool is_one = member->role == KITH_ROLE_ONE;
    agree_on_delete(resolver, mapper, member, foreign_key);
    check_options(resolver, mapper, member, foreign_key);
    foreign_key->deletes_orphan =
        foreign_key->deletes_orphan || member->options.many.delete_orphans;
    foreign_key->has_one = foreign_key->has_one || is_one;
    mapper->many[mapper->n_many++] = (KithMany){ .member = member,
                                                 .is_one = is_one,
                                                 .offset = offset_of_state(member),
                                                 .target = target,
                                                 .source = target,
                                                 .foreign_key = back,
                                                 .far = KITH_NO_INDEX };
    set_order(
        resolver, mapper, &member->options.many.order_by, &member->options.many.position);
}

static void
check_link_options(KithResolver *resolver,
                   const KithMapper *mapper,
                   const KithMember *member)
{
    const KithManyToManyOptions *options = &member->options.links;
    const char *mistake = NULL;
    if (options->on_delete != KITH_NO_ACTION && options->on_delete != KITH_CASCADE)
        mistake = "'.on_delete' of a KITH_MANY_TO_MANY can only be KITH_CASCADE";
    else if (options->delete_orphans && options->on_delete != KITH_CASCADE)
        mistake = "'.delete_orphans' needs '.on_delete = KITH_CASCADE'";
    if (mistake != NULL)
        kith_resolver_mistake(
            resolver, mapper->mapping, ".%s: %s", member->name, mistake);
}

/* The links of an owner that is deleted lead to what goes with it, so the session has to
 * load them. */
static void
set_link_cascade(const KithMember *member, KithForeignKey *near, KithForeignKey *far)
{
    const KithManyToManyOptions *options = &member->options.links;
    if (options->on_delete != KITH_CASCADE)
        return;
    near->in_session = true;
    far->takes_target = true;
    far->owns_target = options->delete_orphans;
}

static void
resolve_many_to_many(KithResolver *resolver,
                     KithMapper *mapper,
                     const KithMember *member,
                     const KithMapper *target)
{
    const KithRegistry *registry = resolver->registry;
    bool is_back = member->role == KITH_ROLE_MANY_TO_MANY_BACK;
    const KithLinkTable *table =
        is_back ? kith_links_find(registry, target->mapping, member->inverse)
                : kith_links_find(registry, mapper->mapping, member->offset);
    if (table == NULL) {
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: %s maps no KITH_MANY_TO_MANY for its other side",
                              member->name,
                              target->entity);
        return;
    }
    const KithMapper *source = kith_registry_find(registry, table->mapping);
    unsigned near = kith_mapper_reference_at(source, is_back ? table->far : table->near);
    unsigned far = kith_mapper_reference_at(source, is_back ? table->near : table->far);
    if (near == KITH_NO_INDEX || far == KITH_NO_INDEX)
        return; /* there is a mistake already */
    if (!is_back) {
        check_link_options(resolver, mapper, member);
        set_link_cascade(member, declared(source, near), declared(source, far));
    }
    mapper->many[mapper->n_many++] = (KithMany){ .member = member,
                                                 .offset = member->offset,
                                                 .target = target,
                                                 .source = source,
                                                 .foreign_key = near,
                                                 .far = far };
    set_order(resolver, mapper, &member->options.links.order_by, NULL);
}

void
kith_resolve_relations(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapping *mapping = mapper->mapping;
    unsigned n_inherited = mapper->base != NULL ? mapper->base->n_many : 0;
    mapper->many = kith_resolver_own(
        resolver, g_new0(KithMany, n_inherited + mapping->n_members + 1));
    if (n_inherited > 0)
        memcpy(mapper->many, mapper->base->many, n_inherited * sizeof *mapper->many);
    mapper->n_many = n_inherited;
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *member = &mapper->mapping->members[i];
        bool has_links = member->role == KITH_ROLE_MANY_TO_MANY
                         || member->role == KITH_ROLE_MANY_TO_MANY_BACK;
        bool has_reference =
            member->role == KITH_ROLE_MANY || member->role == KITH_ROLE_ONE;
        if (!has_reference && !has_links)
            continue;
        const KithMapper *target =
            kith_resolver_find_target(resolver, mapper, member->name, member->target);
        if (target != NULL && has_links)
            resolve_many_to_many(resolver, mapper, member, target);
        else if (target != NULL)
            resolve_has_many(resolver, mapper, member, target);
    }
}
