/*
 * test-collections.c - the other side of references: appending and removing, both sides
 * in step, one-to-one, and link tables that are entities.
 */
#include "own-schema.h"

typedef struct Team Team;
typedef struct Player Player;
typedef struct Pass Pass;
typedef struct Cup Cup;
typedef struct Entry Entry;

struct Team {
    int64_t id;
    const char *name;
    KITH_MANY(Player) players;
    KITH_MANY(Player) reserves;
    KITH_MANY(Entry) entries;
};

/* Two relations to the same entity; and one object that refers to it. */
struct Player {
    int64_t id;
    const char *name;
    KITH_REF(Team) team;
    KITH_REF(Team) reserve_of;
    KITH_ONE(Pass) pass;
};

struct Pass {
    int64_t id;
    const char *number;
    KITH_REF(Player) owner;
};

struct Cup {
    int64_t id;
    const char *name;
    KITH_MANY(Entry) entries;
};

/* A link table with a column of its own, whose key is made of both ends. */
struct Entry {
    int64_t team_id;
    int64_t cup_id;
    int32_t place;
    KITH_REF(Team) team;
    KITH_REF(Cup) cup;
};

KITH_DECLARE(Team);
KITH_DECLARE(Player);
KITH_DECLARE(Pass);
KITH_DECLARE(Cup);
KITH_DECLARE(Entry);

KITH_MAPPING(Team,
             "teams",
             KITH_KEY(Team, id, .generated = true),
             KITH_COLUMN(Team, name),
             KITH_HAS_MANY(Team, players, Player, team),
             KITH_HAS_MANY(Team, reserves, Player, reserve_of),
             KITH_HAS_MANY(Team, entries, Entry, team));
KITH_MAPPING(Player,
             "players",
             KITH_KEY(Player, id, .generated = true),
             KITH_COLUMN(Player, name),
             KITH_BELONGS_TO(Player, team, Team, .nullable = true),
             KITH_BELONGS_TO(Player, reserve_of, Team, .nullable = true),
             KITH_HAS_ONE(Player, pass, Pass, owner));
KITH_MAPPING(Pass,
             "passes",
             KITH_KEY(Pass, id),
             KITH_COLUMN(Pass, number),
             KITH_BELONGS_TO(Pass,
                             owner,
                             Player,
                             .nullable = true,
                             .unique = true,
                             .on_delete = KITH_SET_NULL));
KITH_MAPPING(Cup,
             "cups",
             KITH_KEY(Cup, id, .generated = true),
             KITH_COLUMN(Cup, name),
             KITH_HAS_MANY(Cup, entries, Entry, cup));
KITH_MAPPING(Entry,
             "entries",
             KITH_KEY(Entry, team_id),
             KITH_KEY(Entry, cup_id),
             KITH_COLUMN(Entry, place),
             KITH_BELONGS_TO(Entry, team, Team, .via = KITH_VIA(Entry, team_id)),
             KITH_BELONGS_TO(Entry, cup, Cup, .via = KITH_VIA(Entry, cup_id)));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Team, Player, Pass, Cup, Entry));
}

/* Red has Ann and Bob, blue has Cora; Bob and Cora have passes. By somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO teams (id, name) VALUES (1, 'red'), (2, 'blue')");
    run_sql(
        fixture,
        "INSERT INTO players (id, name, team_id) VALUES (1, 'Ann', 1), (2, 'Bob', 1), "
        "(3, 'Cora', 2), (4, 'Dan', NULL)");
    run_sql(
        fixture,
        "INSERT INTO passes (id, number, owner_id) VALUES (1, 'B1', 2), (2, 'C2', 3)");
}

static const Team *
team(Fixture *fixture, int64_t id)
{
    return find(fixture->session, Team, id);
}

static const Player *
player(Fixture *fixture, int64_t id)
{
    return find(fixture->session, Player, id);
}

static void
check_players(const Team *team, const char *expected, int line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const Player *const *players = kith_many(team, players, &error);
    assert_done(players, error);
    kith_each (each, players)
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", each->name);
    _assert_string_equal(text->str, expected, __FILE__, line);
}
#define assert_players(team, expected) check_players((team), (expected), __LINE__)

static const Pass *
pass_of(const Player *player)
{
    g_autoptr(GError) error = NULL;
    const Pass *pass = kith_ref(player, pass, &error);
    assert_done(error == NULL, error);
    return pass;
}

/* --- appending and removing -------------------------------------------------------- */

static void
appending_sets_the_reference_and_leaves_the_other_collection(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Team *red = team(fixture, 1), *blue = team(fixture, 2);
    const Player *ann = player(fixture, 1);
    assert_players(red, "Ann Bob");
    assert_players(blue, "Cora");
    forget_statements(fixture);
    kith_append(blue, players, ann);
    assert_ptr_equal(ann->team.target, blue);
    assert_players(red, "Bob");
    assert_players(blue, "Cora Ann");
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE players SET team_id", "COMMIT");
}

static void
a_collection_that_is_not_loaded_takes_items_without_loading(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Team *red = team(fixture, 1), *blue = team(fixture, 2);
    const Player *ann = player(fixture, 1), *dan = player(fixture, 4);
    forget_statements(fixture);
    kith_append(blue, players, dan);
    kith_remove(red, players, ann);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE players SET team_id x2", "COMMIT");
    assert_rows(fixture,
                "SELECT name, team_id FROM players ORDER BY id",
                "Ann|NULL",
                "Bob|1",
                "Cora|2",
                "Dan|2");
}

static void
one_taken_out_and_one_put_in_are_one_update_after_that_of_the_owner(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Team *red = team(fixture, 1);
    assert_players(red, "Ann Bob");
    const Player *dan = player(fixture, 4), *ann = player(fixture, 1);
    forget_statements(fixture);
    kith_remove(red, players, ann);
    kith_append(red, players, dan);
    kith_set(red, name, "crimson");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE teams SET name",
                      "UPDATE players SET team_id x2",
                      "COMMIT");
}

static void
what_cancels_out_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Team *red = team(fixture, 1), *blue = team(fixture, 2);
    const Player *ann = player(fixture, 1), *cora = player(fixture, 3);
    assert_players(red, "Ann Bob");
    forget_statements(fixture);
    kith_remove(red, players, ann);
    kith_append(red, players, ann);
    kith_append(red, players, ann);
    kith_remove(red, players, cora); /* is not there */
    kith_remove(blue, players, ann); /* not there either */
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
    (void) error;
}

static void
a_new_item_of_a_new_owner_needs_no_reference_to_be_written_by_hand(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Player *eve = kith_add(session, Player, .name = "Eve");
    const Player *fay = kith_add(session, Player, .name = "Fay");
    const Team *green = kith_add(session, Team, .name = "green");
    kith_append(green, players, eve);
    kith_append(green, players, fay);
    assert_players(green, "Eve Fay");
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture, "BEGIN", "INSERT teams", "INSERT players x2", "COMMIT");
}

static void
two_relations_to_one_entity_do_not_mix(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Team *red = team(fixture, 1);
    const Player *dan = player(fixture, 4);
    assert_players(red, "Ann Bob");
    assert_int_equal(kith_length(kith_many(red, reserves, &error)), 0);
    kith_append(red, reserves, dan);
    assert_players(red, "Ann Bob");
    assert_int_equal(kith_length(kith_many(red, reserves, &error)), 1);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT team_id, reserve_of_id FROM players WHERE id = 4", "NULL|1");
}

static void
replacing_updates_both_sides(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Team *red = team(fixture, 1), *blue = team(fixture, 2);
    const Player *ann = player(fixture, 1), *cora = player(fixture, 3);
    assert_players(blue, "Cora");
    const Player *wanted[] = { cora, ann, cora, NULL };
    assert_done(kith_replace(red, players, wanted, &error), error);
    assert_players(red, "Ann Cora");
    assert_players(blue, "");
    assert_null(player(fixture, 2)->team.target);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE players SET team_id x2", "COMMIT");
}

static void
membership_and_count_of_a_loaded_item_need_no_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int64_t count = 0;
    bool contains = false;
    fill(fixture);
    const Team *red = team(fixture, 1);
    const Player *ann = player(fixture, 1), *dan = player(fixture, 4);
    forget_statements(fixture);
    assert_done(kith_contains(red, players, ann, &contains, &error), error);
    assert_true(contains);
    assert_done(kith_contains(red, players, dan, &contains, &error), error);
    assert_false(contains);
    kith_append(red, players, dan);
    assert_done(kith_contains(red, players, dan, &contains, &error), error);
    assert_true(contains);
    assert_no_statements(fixture);
    assert_done(kith_count_of(red, players, &count, &error), error);
    assert_int_equal(count, 3);
    assert_statements(
        fixture, "BEGIN", "UPDATE players SET team_id", "COUNT players WHERE team_id");
}

static void
a_rollback_restores_both_sides(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Team *red = team(fixture, 1), *blue = team(fixture, 2);
    const Player *ann = player(fixture, 1), *dan = player(fixture, 4);
    assert_players(red, "Ann Bob");
    kith_append(blue, players, ann);
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_append(blue, players, dan);
    flush(fixture->session);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_players(blue, "Ann Cora");
    assert_players(red, "Bob");
    kith_rollback(fixture->session);
    assert_players(red, "Ann Bob");
    assert_players(blue, "Cora");
    assert_ptr_equal(kith_ref(ann, team, &error), red);
}

static void
an_item_that_may_not_be_without_an_owner_is_refused_by_the_flush(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Author *ann = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = ann);
    commit(session);
    forget_statements(fixture);
    kith_remove(ann, books, book);
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Book 1: *author*");
    assert_no_statements(fixture);
    kith_append(ann, books, book);
    commit(session);
    assert_no_statements(fixture);
}

/* --- one-to-one -------------------------------------------------------------------- */

static void
the_one_that_refers_is_loaded_for_all_siblings(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(PlayerQuery) query = kith_query(fixture->session, Player);
    kith_order_by(query, kith_asc(Player, id));
    const Player *const *players = kith_all(query, &error);
    forget_statements(fixture);
    assert_null(pass_of(players[0]));
    assert_string_equal(pass_of(players[1])->number, "B1");
    assert_string_equal(pass_of(players[2])->number, "C2");
    assert_ptr_equal(players[1]->pass.target->owner.target, players[1]);
    assert_statements(fixture, "SELECT passes WHERE owner_id IN (?) ORDER BY id");
}

static void
the_one_that_refers_is_replaced_from_either_side(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Player *bob = player(fixture, 2), *cora = player(fixture, 3);
    const Pass *b1 = pass_of(bob), *c2 = pass_of(cora);
    forget_statements(fixture);
    kith_set(bob, pass, c2);
    assert_ptr_equal(c2->owner.target, bob);
    assert_ptr_equal(pass_of(bob), c2);
    assert_null(pass_of(cora));
    assert_null(b1->owner.target);
    kith_set(b1, owner, cora);
    assert_ptr_equal(pass_of(cora), b1);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_rows(fixture, "SELECT id, owner_id FROM passes ORDER BY id", "1|3", "2|2");
}

static void
the_one_that_refers_is_replaced_though_it_is_not_loaded(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Player *bob = player(fixture, 2);
    const Pass *fresh = kith_add(fixture->session, Pass, .id = 9, .number = "B9");
    forget_statements(fixture);
    kith_set(bob, pass, fresh);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "SELECT passes WHERE owner_id IN (?) ORDER BY id",
                      "BEGIN",
                      "UPDATE passes SET owner_id",
                      "INSERT passes",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT number, owner_id FROM passes ORDER BY number",
                "B1|NULL",
                "B9|2",
                "C2|3");
}

static void
the_one_of_a_new_object_can_be_given_with_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Pass *pass = kith_add(session, Pass, .id = 1, .number = "E1");
    const Player *eve = kith_add(session, Player, .name = "Eve", .pass.target = pass);
    assert_ptr_equal(pass->owner.target, eve);
    assert_ptr_equal(eve->pass.target, pass);
    commit(session);
    assert_rows(fixture, "SELECT number, owner_id FROM passes", "E1|1");
    kith_set_null(eve, pass);
    assert_null(pass_of(eve));
    commit(session);
    assert_rows(fixture, "SELECT number, owner_id FROM passes", "E1|NULL");
}

static void
deleting_the_owner_empties_the_one_that_refers(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Player *bob = player(fixture, 2);
    const Pass *b1 = pass_of(bob);
    forget_statements(fixture);
    kith_delete(bob);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE players", "COMMIT");
    assert_null(b1->owner.target);
    assert_rows(fixture, "SELECT id, owner_id FROM passes ORDER BY id", "1|NULL", "2|3");
}

/* --- link tables that are entities ------------------------------------------------- */

static void
a_link_table_with_columns_is_an_entity(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Cup *cup = kith_add(session, Cup, .name = "gold");
    const Team *red = kith_add(session, Team, .name = "red");
    const Team *blue = kith_add(session, Team, .name = "blue");
    kith_add(session, Entry, .team.target = red, .cup.target = cup, .place = 1);
    const Entry *second = kith_add(session, Entry, .place = 2);
    kith_append(blue, entries, second);
    kith_append(cup, entries, second);
    assert_int_equal(kith_length(kith_many(cup, entries, &error)), 2);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT teams x2",
                      "INSERT cups",
                      "INSERT entries x2",
                      "COMMIT");
    assert_rows(
        fixture,
        "SELECT t.name, c.name, place FROM entries JOIN teams t ON t.id = team_id "
        "JOIN cups c ON c.id = cup_id ORDER BY place",
        "red|gold|1",
        "blue|gold|2");
    assert_ptr_equal(
        kith_get_by(session, Entry, &error, .team_id = blue->id, .cup_id = cup->id),
        second);
    kith_delete(second);
    commit(session);
    assert_int_equal(kith_length(kith_many(cup, entries, &error)), 1);
}

static void
a_part_of_the_key_that_is_a_reference_moves_the_row(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Cup *cup = kith_add(session, Cup, .name = "gold");
    const Team *red = kith_add(session, Team, .name = "red");
    const Team *blue = kith_add(session, Team, .name = "blue");
    const Entry *entry =
        kith_add(session, Entry, .team.target = red, .cup.target = cup, .place = 1);
    commit(session);
    forget_statements(fixture);
    kith_set(entry, team, blue);
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE entries SET team_id", "COMMIT");
    assert_int_equal(entry->team_id, blue->id);
    assert_ptr_equal(
        kith_get_by(session, Entry, &error, .team_id = blue->id, .cup_id = cup->id),
        entry);
    assert_null(
        kith_get_by(session, Entry, &error, .team_id = red->id, .cup_id = cup->id));
    assert_null(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(appending_sets_the_reference_and_leaves_the_other_collection),
        ON_A_SCHEMA(a_collection_that_is_not_loaded_takes_items_without_loading),
        ON_A_SCHEMA(one_taken_out_and_one_put_in_are_one_update_after_that_of_the_owner),
        ON_A_SCHEMA(what_cancels_out_writes_nothing),
        ON_A_SCHEMA(a_new_item_of_a_new_owner_needs_no_reference_to_be_written_by_hand),
        ON_A_SCHEMA(two_relations_to_one_entity_do_not_mix),
        ON_A_SCHEMA(replacing_updates_both_sides),
        ON_A_SCHEMA(membership_and_count_of_a_loaded_item_need_no_statement),
        ON_A_SCHEMA(a_rollback_restores_both_sides),
        ON_A_SCHEMA(an_item_that_may_not_be_without_an_owner_is_refused_by_the_flush),
        ON_A_SCHEMA(the_one_that_refers_is_loaded_for_all_siblings),
        ON_A_SCHEMA(the_one_that_refers_is_replaced_from_either_side),
        ON_A_SCHEMA(the_one_that_refers_is_replaced_though_it_is_not_loaded),
        ON_A_SCHEMA(the_one_of_a_new_object_can_be_given_with_it),
        ON_A_SCHEMA(deleting_the_owner_empties_the_one_that_refers),
        ON_A_SCHEMA(a_link_table_with_columns_is_an_entity),
        ON_A_SCHEMA(a_part_of_the_key_that_is_a_reference_moves_the_row),
    };
    return run_on_each_database("collections", tests);
}
