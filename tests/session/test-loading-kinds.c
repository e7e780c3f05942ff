/*
 * test-loading-kinds.c - relations of every kind loaded, with the query and lazily,
 * forbidden, refreshed, evicted and merged: keys of several columns, references to a
 * unique column, one-to-one, many-to-many.
 */
#include "own-schema.h"

typedef struct Shop Shop;
typedef struct Clerk Clerk;
typedef struct Badge Badge;
typedef struct Skill Skill;
typedef struct Visit Visit;

/* A key of two members; and a unique code, which visits refer to. */
struct Shop {
    int64_t town_id;
    const char *name;
    const char *code;
    KITH_MANY(Clerk) clerks;
    KITH_MANY(Visit) visits;
};

struct Clerk {
    int64_t id;
    const char *name;
    KithOptInt64 town_id;
    const char *shop_name;
    KITH_REF(Shop) shop; /* by these two */
    KITH_ONE(Badge) badge;
    KITH_MANY(Skill) skills;
};

struct Badge {
    int64_t id;
    KITH_REF(Clerk) owner;
};

struct Skill {
    const char *name;
    KITH_MANY(Clerk) clerks;
};

struct Visit {
    int64_t id;
    KITH_REF(Shop) shop;
};

KITH_DECLARE(Shop);
KITH_DECLARE(Clerk);
KITH_DECLARE(Badge);
KITH_DECLARE(Skill);
KITH_DECLARE(Visit);

KITH_MAPPING(Shop,
             "shops",
             KITH_KEY(Shop, town_id),
             KITH_KEY(Shop, name),
             KITH_COLUMN(Shop, code, .unique = true),
             KITH_HAS_MANY(Shop, clerks, Clerk, shop),
             KITH_HAS_MANY(Shop, visits, Visit, shop));
KITH_MAPPING(
    Clerk,
    "clerks",
    KITH_KEY(Clerk, id),
    KITH_COLUMN(Clerk, name),
    KITH_COLUMN(Clerk, town_id),
    KITH_COLUMN(Clerk, shop_name, .nullable = true),
    KITH_BELONGS_TO(Clerk, shop, Shop, .via = KITH_VIA(Clerk, town_id, shop_name)),
    KITH_HAS_ONE(Clerk, badge, Badge, owner),
    KITH_MANY_TO_MANY(Clerk, skills, Skill));
KITH_MAPPING(Badge,
             "badges",
             KITH_KEY(Badge, id),
             KITH_BELONGS_TO(Badge, owner, Clerk, .unique = true));
KITH_MAPPING(Skill,
             "skills",
             KITH_KEY(Skill, name),
             KITH_MANY_TO_MANY_BACK(Skill, clerks, Clerk, skills));
KITH_MAPPING(
    Visit,
    "visits",
    KITH_KEY(Visit, id),
    KITH_BELONGS_TO(Visit, shop, Shop, .to = KITH_TO(Shop, code), .column = "shop_code"));

/* By the library itself, so that the names of hidden columns are its own business. */
static int
set_up(void **state)
{
    (void) set_up_with(state, KITH_MAPPINGS(Shop, Clerk, Badge, Skill, Visit));
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Shop *north =
        kith_add(session, Shop, .town_id = 1, .name = "north", .code = "N");
    const Shop *south =
        kith_add(session, Shop, .town_id = 1, .name = "south", .code = "S");
    const Clerk *ann =
        kith_add(session, Clerk, .id = 1, .name = "Ann", .shop.target = north);
    const Clerk *bob =
        kith_add(session, Clerk, .id = 2, .name = "Bob", .shop.target = south);
    kith_add(session, Clerk, .id = 3, .name = "Cora", .shop.target = north);
    kith_add(session, Badge, .id = 7, .owner.target = ann);
    const Skill *sums = kith_add(session, Skill, .name = "sums");
    const Skill *talk = kith_add(session, Skill, .name = "talk");
    kith_append(ann, skills, sums);
    kith_append(ann, skills, talk);
    kith_append(bob, skills, talk);
    kith_add(session, Visit, .id = 1, .shop.target = north);
    kith_add(session, Visit, .id = 2, .shop.target = south);
    kith_add(session, Visit, .id = 3, .shop.target = north);
    commit(session);
    new_session(fixture);
    forget_statements(fixture);
    return 0;
}

static const Clerk *const *
run_clerks(ClerkQuery *query)
{
    g_autoptr(GError) error = NULL;
    kith_order_by(query, kith_asc(Clerk, id));
    const Clerk *const *clerks = kith_all(query, &error);
    assert_done(clerks, error);
    assert_int_equal(kith_length(clerks), 3);
    return clerks;
}

static void
assert_n_statements(Fixture *fixture, size_t n_statements)
{
    assert_int_equal(fixture->statements->len, n_statements);
    forget_statements(fixture);
}

/* --- lazily ------------------------------------------------------------------------ */

static void
keys_of_several_columns_are_loaded_for_all_siblings(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ClerkQuery) query = kith_query(fixture->session, Clerk);
    const Clerk *const *clerks = run_clerks(query);
    assert_string_equal(kith_ref(clerks[0], shop, &error)->name, "north");
    assert_string_equal(kith_ref(clerks[1], shop, &error)->name, "south");
    assert_ptr_equal(kith_ref(clerks[2], shop, &error), clerks[0]->shop.target);
    assert_statements(fixture,
                      "SELECT clerks ORDER BY id",
                      "SELECT shops WHERE (town_id, name) IN (?) ORDER BY town_id, name");
    const Shop *north = clerks[0]->shop.target;
    assert_int_equal(kith_length(kith_many(north, clerks, &error)), 2);
    assert_int_equal(kith_length(kith_many(clerks[1]->shop.target, clerks, &error)), 1);
    assert_n_statements(fixture, 1);
}

static void
references_to_a_unique_column_are_loaded_for_all_siblings(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(VisitQuery) query = kith_query(fixture->session, Visit);
    const Visit *const *visits = kith_all(query, &error);
    assert_done(visits, error);
    kith_each (visit, visits)
        assert_string_equal(kith_ref(visit, shop, &error)->code,
                            visit->id == 2 ? "S" : "N");
    assert_statements(fixture,
                      "SELECT visits",
                      "SELECT shops WHERE code IN (?) ORDER BY town_id, name");
    assert_int_equal(kith_length(kith_many(visits[0]->shop.target, visits, &error)), 2);
    assert_int_equal(kith_length(kith_many(visits[1]->shop.target, visits, &error)), 1);
    assert_n_statements(fixture, 1);
}

static void
links_are_loaded_for_all_siblings_in_two_statements(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ClerkQuery) query = kith_query(fixture->session, Clerk);
    const Clerk *const *clerks = run_clerks(query);
    forget_statements(fixture);
    assert_int_equal(kith_length(kith_many(clerks[0], skills, &error)), 2);
    assert_int_equal(kith_length(kith_many(clerks[1], skills, &error)), 1);
    assert_int_equal(kith_length(kith_many(clerks[2], skills, &error)), 0);
    assert_n_statements(fixture, 2);
}

/* --- with the query ---------------------------------------------------------------- */

static void
every_kind_can_be_loaded_with_the_query(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ClerkQuery) query = kith_query(fixture->session, Clerk);
    kith_with(query, shop, visits);
    kith_with(query, badge);
    kith_with(query, skills, clerks);
    kith_strict_rows(query);
    const Clerk *const *clerks = run_clerks(query);
    forget_statements(fixture);
    assert_int_equal(
        kith_length(kith_many(kith_ref(clerks[0], shop, &error), visits, &error)), 2);
    assert_int_equal(clerks[0]->badge.target->id, 7);
    assert_int_equal(kith_ref(clerks[0], badge, &error)->id, 7);
    assert_null(kith_ref(clerks[1], badge, &error));
    assert_done(error == NULL, error);
    const Skill *const *skills = kith_many(clerks[1], skills, &error);
    assert_int_equal(kith_length(kith_many(skills[0], clerks, &error)), 2);
    assert_n_statements(fixture, 0);
}

static void
the_first_one_to_be_asked_for_is_loaded_with_the_rest(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ClerkQuery) query = kith_query(fixture->session, Clerk);
    const Clerk *const *clerks = run_clerks(query);
    forget_statements(fixture);
    kith_each (clerk, clerks)
        assert_true((kith_ref(clerk, badge, &error) != NULL) == (clerk->id == 1));
    assert_statements(fixture, "SELECT badges WHERE owner_id IN (?) ORDER BY id");
}

static void
references_of_every_kind_come_by_a_join(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Clerk, .id = 9, .name = "Zoe"); /* of no shop */
    commit(fixture->session);
    new_session(fixture);
    forget_statements(fixture);
    g_autoptr(ClerkQuery) clerks = kith_query(fixture->session, Clerk);
    kith_with_join(clerks, shop);
    kith_order_by(clerks, kith_asc(Clerk, id));
    const Clerk *const *found = kith_all(clerks, &error);
    assert_done(found, error);
    assert_string_equal(found[1]->shop.target->name, "south");
    assert_ptr_equal(found[0]->shop.target, found[2]->shop.target);
    assert_null(found[3]->shop.target);
    assert_n_statements(fixture, 1);
    new_session(fixture);
    g_autoptr(VisitQuery) visits = kith_query(fixture->session, Visit);
    kith_with_join(visits, shop);
    kith_order_by(visits, kith_asc(Visit, id));
    const Visit *const *seen = kith_all(visits, &error);
    assert_done(seen, error);
    assert_string_equal(seen[1]->shop.target->code, "S");
    assert_ptr_equal(seen[0]->shop.target, seen[2]->shop.target);
    assert_n_statements(fixture, 1);
}

/* --- strict ------------------------------------------------------------------------ */

static void
no_kind_is_loaded_where_that_is_forbidden(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Clerk *ann = find(fixture->session, Clerk, 1);
    const Visit *visit = find(fixture->session, Visit, 1);
    forget_statements(fixture);
    kith_strict(fixture->session)
    {
        assert_null(kith_ref(ann, shop, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Clerk 1: nothing has loaded its shop*");
        assert_null(kith_ref(ann, badge, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Clerk 1: nothing has loaded its badge*");
        assert_null(kith_many(ann, skills, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Clerk 1: nothing has loaded its skills*");
        assert_null(kith_ref(visit, shop, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Visit 1: nothing has loaded its shop*");
    }
    assert_n_statements(fixture, 0);
}

/* --- expire and refresh ------------------------------------------------------------ */

static void
expired_relations_of_every_kind_are_read_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Clerk *ann = find(fixture->session, Clerk, 1);
    const Shop *north = kith_ref(ann, shop, &error);
    assert_int_equal(kith_ref(ann, badge, &error)->id, 7);
    assert_int_equal(kith_length(kith_many(ann, skills, &error)), 2);
    run_sql(fixture, "UPDATE clerks SET shop_name = 'south' WHERE id = 1");
    run_sql(fixture, "DELETE FROM badges");
    run_sql(fixture, "INSERT INTO badges (id, owner_id) VALUES (8, 1)");
    run_sql(fixture, "DELETE FROM clerks_skills WHERE skill_name = 'sums'");
    assert_ptr_equal(kith_ref(ann, shop, &error), north);
    kith_expire_member(ann, shop);
    kith_expire_member(ann, badge);
    kith_expire_member(ann, skills);
    assert_string_equal(kith_ref(ann, shop, &error)->name, "south");
    assert_int_equal(kith_ref(ann, badge, &error)->id, 8);
    assert_int_equal(kith_length(kith_many(ann, skills, &error)), 1);
}

static void
a_refresh_reads_relations_of_every_kind(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Clerk *ann = find(fixture->session, Clerk, 1);
    const Shop *north = kith_ref(ann, shop, &error);
    assert_int_equal(kith_ref(ann, badge, &error)->id, 7);
    assert_int_equal(kith_length(kith_many(ann, skills, &error)), 2);
    run_sql(fixture, "UPDATE shops SET code = 'X' WHERE name = 'west'");
    run_sql(fixture, "DELETE FROM badges");
    assert_done(kith_refresh_related(ann, &error), error);
    assert_ptr_equal(ann->shop.target, north);
    assert_null(kith_ref(ann, badge, &error));
    assert_null(error);
}

/* --- evict ------------------------------------------------------------------------- */

static void
the_one_that_refers_goes_with_its_owner_and_what_is_linked_stays(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Clerk *ann = find(fixture->session, Clerk, 1);
    assert_int_equal(kith_ref(ann, badge, &error)->id, 7);
    assert_int_equal(kith_length(kith_many(ann, skills, &error)), 2);
    kith_evict_related(ann);
    forget_statements(fixture);
    (void) find(fixture->session, Skill, "talk");
    assert_n_statements(fixture, 0);
    (void) find(fixture->session, Badge, 7);
    assert_n_statements(fixture, 1);
}

static void
an_owner_does_not_show_a_one_that_was_evicted(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Clerk *ann = find(fixture->session, Clerk, 1);
    kith_evict(kith_ref(ann, badge, &error));
    assert_null(ann->badge.target);
    assert_int_equal(kith_ref(ann, badge, &error)->id, 7);
}

/* --- merge ------------------------------------------------------------------------- */

static void
copies_keep_references_of_every_kind(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Clerk clerk = *find(fixture->session, Clerk, 1);
    Visit visit = *find(fixture->session, Visit, 2);
    g_autoptr(KithSession) session = kith_session_new(fixture->engine);
    clerk.name = "Anna";
    assert_done(kith_merge(session, Clerk, &clerk, &error), error);
    assert_done(kith_merge(session, Visit, &visit, &error), error);
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE clerks SET name", "COMMIT");
}

static void
a_copy_of_an_object_with_a_one_is_added_without_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Clerk *ann = find(fixture->session, Clerk, 1);
    assert_int_equal(kith_ref(ann, badge, &error)->id, 7);
    Clerk copy = *ann;
    copy.id = 9;
    const Clerk *added = kith_merge(fixture->session, Clerk, &copy, &error);
    assert_done(added, error);
    assert_null(added->badge.target);
    assert_int_equal(ann->badge.target->id, 7);
    commit(fixture->session);
    assert_rows(fixture, "SELECT owner_id FROM badges", "1");
}

static void
a_value_that_is_no_key_needs_a_target_to_be_merged(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Visit visit = *find(fixture->session, Visit, 2);
    visit.id = 9;
    assert_null(kith_merge(fixture->session, Visit, &visit, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Visit 9: its shop is given by a value that is no key of Shop; give it a "
        "target");
    visit.shop.target =
        kith_get_by(fixture->session, Shop, &error, .town_id = 1, .name = "south");
    assert_done(kith_merge(fixture->session, Visit, &visit, &error), error);
    commit(fixture->session);
    assert_rows(fixture, "SELECT shop_code FROM visits WHERE id = 9", "S");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(keys_of_several_columns_are_loaded_for_all_siblings),
        ON_A_SCHEMA(references_to_a_unique_column_are_loaded_for_all_siblings),
        ON_A_SCHEMA(links_are_loaded_for_all_siblings_in_two_statements),
        ON_A_SCHEMA(every_kind_can_be_loaded_with_the_query),
        ON_A_SCHEMA(the_first_one_to_be_asked_for_is_loaded_with_the_rest),
        ON_A_SCHEMA(references_of_every_kind_come_by_a_join),
        ON_A_SCHEMA(no_kind_is_loaded_where_that_is_forbidden),
        ON_A_SCHEMA(expired_relations_of_every_kind_are_read_again),
        ON_A_SCHEMA(a_refresh_reads_relations_of_every_kind),
        ON_A_SCHEMA(the_one_that_refers_goes_with_its_owner_and_what_is_linked_stays),
        ON_A_SCHEMA(an_owner_does_not_show_a_one_that_was_evicted),
        ON_A_SCHEMA(copies_keep_references_of_every_kind),
        ON_A_SCHEMA(a_copy_of_an_object_with_a_one_is_added_without_it),
        ON_A_SCHEMA(a_value_that_is_no_key_needs_a_target_to_be_merged),
    };
    return run_on_each_database("loading of every kind", tests);
}
