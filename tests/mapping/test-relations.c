/*
 * test-relations.c - relations in mappings: what is refused of them when an engine is
 * opened, with the whole text of the error, and what link tables and foreign keys of
 * several columns resolve to.
 */
#include "registry.h"

#include "kith.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
assert_refused(const KithMapping *const *mappings, const char *mistakes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KithRegistry) registry = kith_registry_new(mappings, &error);
    g_autofree char *message = g_strdup_printf("the mapping is wrong:%s", mistakes);
    assert_null(registry);
    assert_string_equal(error != NULL ? error->message : "accepted", message);
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_MAPPING));
}

/* Parent and child; each test maps them in its own way, by names of its own. */
typedef struct Parent {
    int64_t tenant_id;
    int64_t id;
    const char *code;
    KITH_MANY(struct Child) children;
    KITH_ONE(struct Child) first;
    KITH_MANY(struct Parent) friends;
} Parent;

typedef struct Child {
    int64_t id;
    int64_t tenant_id;
    KithOptInt64 parent_id;
    const char *parent_code;
    double weight;
    int32_t place;
    KITH_REF(Parent) parent;
} Child;

#define NAMED(name)         \
    typedef Parent P##name; \
    typedef Child C##name;  \
    KITH_DECLARE(P##name);  \
    KITH_DECLARE(C##name)

/* The relation macros name the mappings of their targets, and check their types. */
#define PAIR_KEY(T) KITH_KEY(T, tenant_id), KITH_KEY(T, id)

NAMED(TooFew);
KITH_MAPPING(PTooFew, "parents", PAIR_KEY(PTooFew));
KITH_MAPPING(
    CTooFew,
    "children",
    KITH_KEY(CTooFew, id),
    KITH_COLUMN(CTooFew, parent_id),
    KITH_BELONGS_TO(CTooFew, parent, PTooFew, .via = KITH_VIA(CTooFew, parent_id)));

static void
a_via_with_too_few_members_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(PTooFew, CTooFew),
                   "\n  CTooFew.parent: it has 1 columns, and refers to 2 of PTooFew");
}

NAMED(Unmapped);
KITH_MAPPING(PUnmapped, "parents", PAIR_KEY(PUnmapped));
KITH_MAPPING(CUnmapped,
             "children",
             KITH_KEY(CUnmapped, id),
             KITH_COLUMN(CUnmapped, parent_id),
             KITH_BELONGS_TO(CUnmapped,
                             parent,
                             PUnmapped,
                             .via = KITH_VIA(CUnmapped, tenant_id, parent_id)));

static void
a_via_with_a_member_that_is_not_mapped_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(PUnmapped, CUnmapped),
        "\n  CUnmapped.parent: '.via' names a member that is not a column of CUnmapped");
}

NAMED(Typed);
KITH_MAPPING(PTyped, "parents", KITH_KEY(PTyped, id));
KITH_MAPPING(CTyped,
             "children",
             KITH_KEY(CTyped, id),
             KITH_COLUMN(CTyped, weight),
             KITH_BELONGS_TO(CTyped, parent, PTyped, .via = KITH_VIA(CTyped, weight)));

static void
a_via_of_another_type_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(PTyped, CTyped),
        "\n  CTyped.weight: its type is double, and that of PTyped.id is int64_t");
}

NAMED(ToAny);
KITH_MAPPING(PToAny, "parents", KITH_KEY(PToAny, id), KITH_COLUMN(PToAny, code));
KITH_MAPPING(CToAny,
             "children",
             KITH_KEY(CToAny, id),
             KITH_BELONGS_TO(CToAny, parent, PToAny, .to = KITH_TO(PToAny, code)));

static void
a_reference_to_what_is_not_unique_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(PToAny, CToAny),
        "\n  CToAny.parent: what it refers to is neither the key of PToAny nor a "
        "unique column");
}

NAMED(Options);
KITH_MAPPING(POptions, "parents", KITH_KEY(POptions, id));
KITH_MAPPING(COptions,
             "children",
             KITH_KEY(COptions, id),
             KITH_COLUMN(COptions, parent_id),
             KITH_BELONGS_TO(COptions,
                             parent,
                             POptions,
                             .via = KITH_VIA(COptions, parent_id),
                             .nullable = true,
                             .owns_target = true));

static void
options_that_say_nothing_or_too_much_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(POptions, COptions),
                   "\n  COptions.parent: '.nullable' is said of the members of '.via'"
                   "\n  COptions.parent: '.owns_target' needs '.unique': two objects "
                   "cannot own one");
}

KITH_DECLARE(Child);
KITH_DECLARE(Parent);
KITH_MAPPING(Parent,
             "parents",
             KITH_KEY(Parent, id),
             KITH_HAS_ONE(Parent, first, Child, parent),
             KITH_HAS_MANY(Parent, children, Child, parent, .delete_orphans = true));
KITH_MAPPING(Child,
             "children",
             KITH_KEY(Child, id),
             KITH_BELONGS_TO(Child, parent, Parent, .in_session = true));

static void
cascades_without_an_action_and_a_one_of_many_are_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Parent, Child),
        "\n  Parent.first: the reference in Child is not '.unique'"
        "\n  Parent.children: '.delete_orphans' needs '.on_delete = KITH_CASCADE'"
        "\n  Child.parent: '.in_session' needs '.on_delete' to be KITH_CASCADE or "
        "KITH_SET_NULL");
}

/* --- link tables ------------------------------------------------------------------- */

typedef struct Left {
    int64_t tenant_id;
    const char *code;
    KITH_MANY(struct Right) rights;
    KITH_MANY(struct Left) lefts;
} Left;

typedef struct Right {
    KithUuid id;
    KITH_MANY(Left) lefts;
} Right;

KITH_DECLARE(Left);
KITH_DECLARE(Right);

KITH_MAPPING(Left,
             "lefts",
             KITH_KEY(Left, tenant_id),
             KITH_KEY(Left, code, .max_length = 9),
             KITH_MANY_TO_MANY(Left, rights, Right));
KITH_MAPPING(Right,
             "rights",
             KITH_KEY(Right, id, .generated = true),
             KITH_MANY_TO_MANY_BACK(Right, lefts, Left, rights));

static void
a_link_table_has_the_keys_of_both_ends(void **state)
{
    (void) state;
    GError *error = NULL;
    g_autoptr(KithRegistry) registry =
        kith_registry_new(KITH_MAPPINGS(Left, Right), &error);
    assert_null(error);
    assert_int_equal(registry->n_mappers, 3);
    const KithMapper *link = &registry->mappers[2];
    assert_true(link->is_link);
    assert_string_equal(link->table, "lefts_rights");
    assert_string_equal(link->entity, "Left.rights");
    static const char *const names[] = { "left_tenant_id", "left_code", "right_id" };
    assert_int_equal(link->n_columns, 3);
    assert_int_equal(link->n_keys, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(link->columns[i].name, names[i]);
    assert_int_equal(link->details[1].max_length, 9);
    assert_int_equal(link->n_foreign_keys, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(link->foreign_keys[i].on_delete, KITH_CASCADE);
        assert_int_equal(link->foreign_keys[i].on_update, KITH_CASCADE);
    }
    assert_int_equal(link->foreign_keys[0].n_columns, 2);
    const KithMany *many = &registry->mappers[0].many[0];
    const KithMany *back = &registry->mappers[1].many[0];
    assert_ptr_equal(many->source, link);
    assert_ptr_equal(back->source, link);
    assert_int_equal(many->foreign_key, back->far);
    assert_int_equal(many->far, back->foreign_key);
}

static void
a_link_table_to_what_was_not_given_is_refused_once(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Left),
                   "\n  Left.rights: the engine was not given the mapping of Right");
}

/* To itself, without names for the two columns; and a back of no other side. */
typedef struct Self {
    int64_t id;
    KITH_MANY(struct Self) friends;
    KITH_MANY(struct Self) friend_of;
} Self;

KITH_DECLARE(Self);
KITH_MAPPING(Self, "selves", KITH_KEY(Self, id), KITH_MANY_TO_MANY(Self, friends, Self));

static void
two_columns_of_a_link_table_with_one_name_are_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Self),
        "\n  Self.friends.self_id: the column \"self_id\" is that of self_id "
        "already"
        "\n  Self.friends.Self: its columns are a foreign key already, by Self");
}

typedef Self Loner;
KITH_DECLARE(Loner);
KITH_MAPPING(Loner,
             "loners",
             KITH_KEY(Loner, id),
             KITH_MANY_TO_MANY_BACK(Loner, friend_of, Self, friends));

static void
a_back_without_its_other_side_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Loner),
                   "\n  Loner.friend_of: the engine was not given the mapping of Self");
}

/* Options of links that say too little, or what a link table cannot do. */
typedef struct Team {
    int64_t id;
    KITH_MANY(struct Team) orphans;
    KITH_MANY(struct Team) emptied;
    KITH_MANY(struct Team) kept;
} Team;

KITH_DECLARE(Team);
KITH_MAPPING(Team,
             "teams",
             KITH_KEY(Team, id),
             KITH_MANY_TO_MANY(Team,
                               orphans,
                               Team,
                               .column = "a",
                               .target_column = "b",
                               .delete_orphans = true),
             KITH_MANY_TO_MANY(Team,
                               emptied,
                               Team,
                               .column = "a",
                               .target_column = "b",
                               .on_delete = KITH_SET_NULL),
             KITH_MANY_TO_MANY(Team,
                               kept,
                               Team,
                               .column = "a",
                               .target_column = "b",
                               .on_delete = KITH_RESTRICT,
                               .delete_orphans = true));

static void
cascades_of_links_that_contradict_are_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Team),
        "\n  Team.orphans: '.delete_orphans' needs '.on_delete = KITH_CASCADE'"
        "\n  Team.emptied: '.on_delete' of a KITH_MANY_TO_MANY can only be KITH_CASCADE"
        "\n  Team.kept: '.on_delete' of a KITH_MANY_TO_MANY can only be KITH_CASCADE");
}

/* --- foreign keys of several columns ----------------------------------------------- */

typedef struct Owner {
    int64_t tenant_id;
    int64_t id;
} Owner;

typedef struct Item {
    int64_t tenant_id;
    int64_t id;
    KithOptInt64 owner_id;
    KithOptInt64 user_id;
    KITH_REF(Owner) owner;
    KITH_REF(Owner) user;
} Item;

KITH_DECLARE(Owner);
KITH_DECLARE(Item);
KITH_MAPPING(Owner, "owners", KITH_KEY(Owner, tenant_id), KITH_KEY(Owner, id));
KITH_MAPPING(
    Item,
    "items",
    KITH_KEY(Item, tenant_id),
    KITH_KEY(Item, id),
    KITH_COLUMN(Item, owner_id),
    KITH_COLUMN(Item, user_id),
    KITH_BELONGS_TO(Item, owner, Owner, .via = KITH_VIA(Item, tenant_id, owner_id)),
    KITH_BELONGS_TO(
        Item, user, Owner, .via = KITH_VIA(Item, tenant_id, user_id), .unique = true));

static void
a_shared_column_is_not_emptied_with_a_reference(void **state)
{
    (void) state;
    GError *error = NULL;
    g_autoptr(KithRegistry) registry =
        kith_registry_new(KITH_MAPPINGS(Owner, Item), &error);
    assert_null(error);
    const KithMapper *item = &registry->mappers[1];
    assert_int_equal(item->n_foreign_keys, 2);
    const KithForeignKey *foreign_key = &item->foreign_keys[0];
    assert_string_equal(foreign_key->name, "items_tenant_id_owner_id_fkey");
    assert_true(foreign_key->means_key);
    assert_true(foreign_key->nullable);
    assert_true(foreign_key->is_shared[0]);
    assert_false(foreign_key->is_shared[1]);
    assert_int_equal(foreign_key->n_emptied, 1);
    assert_string_equal(item->columns[foreign_key->emptied[0]].member, "owner_id");
    assert_int_equal(item->n_indexes, 1);
    assert_string_equal(item->indexes[0].name, "items_tenant_id_user_id_key");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_via_with_too_few_members_is_refused),
        cmocka_unit_test(a_via_with_a_member_that_is_not_mapped_is_refused),
        cmocka_unit_test(a_via_of_another_type_is_refused),
        cmocka_unit_test(a_reference_to_what_is_not_unique_is_refused),
        cmocka_unit_test(options_that_say_nothing_or_too_much_are_refused),
        cmocka_unit_test(cascades_without_an_action_and_a_one_of_many_are_refused),
        cmocka_unit_test(a_link_table_has_the_keys_of_both_ends),
        cmocka_unit_test(a_link_table_to_what_was_not_given_is_refused_once),
        cmocka_unit_test(two_columns_of_a_link_table_with_one_name_are_refused),
        cmocka_unit_test(a_back_without_its_other_side_is_refused),
        cmocka_unit_test(cascades_of_links_that_contradict_are_refused),
        cmocka_unit_test(a_shared_column_is_not_emptied_with_a_reference),
    };
    return cmocka_run_group_tests_name("relations in mappings", tests, NULL, NULL);
}
