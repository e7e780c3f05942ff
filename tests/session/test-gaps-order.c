/*
 * test-gaps-order.c - what most units of work leave to the program: foreign keys that are
 * no relation, constraints that are checked at the end, updates that can go together,
 * updates that need not be.
 */
#include "own-schema.h"

typedef struct Slot Slot;
typedef struct Node Node;
typedef struct Team Team;
typedef struct Player Player;
typedef struct Hen Hen;
typedef struct Egg Egg;
typedef struct Rank Rank;

/* A unique number that cannot be NULL, and a version. */
struct Slot {
    int64_t id;
    int32_t place;
    const char *label;
    int32_t version;
};

/* A unique name, and a reference to another node. */
struct Node {
    int64_t id;
    const char *name;
    KITH_REF(Node) next;
};

/* Foreign keys that are columns, and no relations: of a circle. */
struct Team {
    int64_t id;
    KithOptInt64 captain_id;
};
struct Player {
    int64_t id;
    int64_t team_id;
};

/* Each cannot be without the other, but one of the references is checked at the end. */
struct Hen {
    int64_t id;
    KITH_REF(Egg) from;
};
struct Egg {
    int64_t id;
    KITH_REF(Hen) by;
};

/* Two unique constraints that are checked at the end, where the database can. */
struct Rank {
    int64_t id;
    int32_t place;
    int32_t league;
    const char *name;
};

KITH_DECLARE(Slot);
KITH_DECLARE(Node);
KITH_DECLARE(Team);
KITH_DECLARE(Player);
KITH_DECLARE(Hen);
KITH_DECLARE(Egg);
KITH_DECLARE(Rank);

KITH_MAPPING(Slot,
             "slots",
             KITH_KEY(Slot, id),
             KITH_COLUMN(Slot, place, .unique = true),
             KITH_COLUMN(Slot, label, .nullable = true),
             KITH_VERSION(Slot, version));
KITH_MAPPING(Node,
             "nodes",
             KITH_KEY(Node, id, .generated = true),
             KITH_COLUMN(Node, name, .unique = true),
             KITH_BELONGS_TO(Node, next, Node, .nullable = true));
KITH_MAPPING(Team,
             "teams",
             KITH_KEY(Team, id),
             KITH_COLUMN(Team, captain_id, .references = KITH_REFERENCES(Player, id)));
KITH_MAPPING(Player,
             "players",
             KITH_KEY(Player, id),
             KITH_COLUMN(Player, team_id, .references = KITH_REFERENCES(Team, id)));
KITH_MAPPING(Hen,
             "hens",
             KITH_KEY(Hen, id),
             KITH_BELONGS_TO(Hen, from, Egg, .deferrable = true));
KITH_MAPPING(Egg, "eggs", KITH_KEY(Egg, id), KITH_BELONGS_TO(Egg, by, Hen));
KITH_MAPPING(Rank,
             "ranks",
             KITH_KEY(Rank, id),
             KITH_COLUMN(Rank, place, .unique = true, .deferrable = true),
             KITH_COLUMN(Rank, league),
             KITH_COLUMN(Rank, name),
             KITH_UNIQUE_DEFERRABLE(Rank, league, name));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Slot, Node, Team, Player, Hen, Egg, Rank));
}

/* --- foreign keys without a relation ----------------------------------------------- */

static void
a_circle_of_plain_foreign_keys_is_inserted(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Player, .id = 1, .team_id = 5);
    kith_add(fixture->session, Player, .id = 2, .team_id = 5);
    const Team *team =
        kith_add(fixture->session, Team, .id = 5, .captain_id = KITH_SOME(2));
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT teams",
                      "INSERT players x2",
                      "UPDATE teams SET captain_id",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, captain_id FROM teams", "5|2");
    assert_int_equal(team->captain_id.value, 2);
    assert_false(kith_has_changes(fixture->session));
}

static void
a_circle_of_plain_foreign_keys_is_deleted(void **state)
{
    Fixture *fixture = *state;
    const Player *player = kith_add(fixture->session, Player, .id = 1, .team_id = 5);
    const Team *team =
        kith_add(fixture->session, Team, .id = 5, .captain_id = KITH_SOME(1));
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(team);
    kith_delete(player);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE teams SET captain_id",
                      "DELETE players",
                      "DELETE teams",
                      "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM teams");
}

static void
an_update_of_a_plain_foreign_key_waits_for_the_row_it_means(void **state)
{
    Fixture *fixture = *state;
    const Team *old = kith_add(fixture->session, Team, .id = 5);
    const Player *player = kith_add(fixture->session, Player, .id = 1, .team_id = 5);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(player, team_id, 6);
    kith_delete(old);
    kith_add(fixture->session, Team, .id = 6);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT teams",
                      "UPDATE players SET team_id",
                      "DELETE teams",
                      "COMMIT");
    assert_rows(fixture, "SELECT team_id FROM players", "6");
}

/* --- constraints that are checked at the end --------------------------------------- */

static void
a_reference_that_is_checked_at_the_end_needs_no_order(void **state)
{
    Fixture *fixture = *state;
    const Hen *hen = kith_add(fixture->session, Hen, .id = 1);
    const Egg *egg = kith_add(fixture->session, Egg, .id = 2, .by.target = hen);
    kith_set(hen, from, egg);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT hens", "INSERT eggs", "COMMIT");
    assert_rows(fixture, "SELECT id, from_id FROM hens", "1|2");
    kith_delete(hen);
    kith_delete(egg);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE eggs", "DELETE hens", "COMMIT");
}

static void
a_reference_that_is_checked_at_the_end_is_still_checked(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Hen *hen = kith_add(fixture->session, Hen, .id = 1);
    const Egg *egg = kith_add(fixture->session, Egg, .id = 2, .by.target = hen);
    kith_set(hen, from, egg);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(egg);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "*");
    assert_rows(fixture, "SELECT id FROM eggs", "2");
    kith_delete(hen);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM eggs");
}

/* Two of a league. */
static void
add_ranks(Fixture *fixture, const Rank **ranks)
{
    ranks[0] = kith_add(fixture->session, Rank, .id = 1, .place = 1, .name = "Ann");
    ranks[1] = kith_add(fixture->session, Rank, .id = 2, .place = 2, .name = "Bob");
    commit(fixture->session);
    forget_statements(fixture);
}

static bool
can_defer_unique(const Fixture *fixture)
{
    return strcmp(fixture->database, "PostgreSQL") == 0;
}

static void
a_unique_value_that_is_checked_at_the_end_needs_no_order(void **state)
{
    Fixture *fixture = *state;
    const Rank *ranks[2];
    add_ranks(fixture, ranks);
    kith_set(ranks[0], place, 2);
    kith_set(ranks[1], place, 1);
    commit(fixture->session);
    if (can_defer_unique(fixture))
        assert_statements(fixture, "BEGIN", "UPDATE ranks SET place x2", "COMMIT");
    else
        assert_statements(fixture,
                          "BEGIN",
                          "UPDATE ranks SET place",
                          "UPDATE ranks SET place",
                          "UPDATE ranks SET place",
                          "COMMIT");
    assert_rows(fixture, "SELECT place FROM ranks ORDER BY id", "2", "1");
}

static void
a_unique_value_of_two_columns_that_is_checked_at_the_end_needs_no_order(void **state)
{
    Fixture *fixture = *state;
    const Rank *ranks[2];
    add_ranks(fixture, ranks);
    kith_delete(ranks[0]);
    kith_add(fixture->session, Rank, .id = 3, .place = 3, .name = "Ann");
    commit(fixture->session);
    if (can_defer_unique(fixture))
        assert_statements(fixture, "BEGIN", "INSERT ranks", "DELETE ranks", "COMMIT");
    else
        assert_statements(fixture, "BEGIN", "DELETE ranks", "INSERT ranks", "COMMIT");
    assert_rows(fixture, "SELECT id, name FROM ranks ORDER BY id", "2|Bob", "3|Ann");
}

static void
a_unique_value_that_is_checked_at_the_end_is_still_checked(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Rank *ranks[2];
    add_ranks(fixture, ranks);
    kith_set(ranks[0], place, 2);
    const Rank *cyd =
        kith_add(fixture->session, Rank, .id = 3, .place = 3, .name = "Cyd");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*place*");
    assert_rows(fixture, "SELECT place FROM ranks ORDER BY id", "1", "2");
    assert_int_equal(kith_state(cyd), KITH_PENDING);
    kith_set(ranks[0], place, 4);
    commit(fixture->session);
    assert_rows(fixture, "SELECT place FROM ranks ORDER BY id", "4", "2", "3");
}

/* Slots 1 to @n with the places 10, 20, …, committed. */
static void
add_slots(Fixture *fixture, const Slot **slots, int n)
{
    for (int i = 0; i < n; i++)
        slots[i] = kith_add(fixture->session, Slot, .id = i + 1, .place = 10 * (i + 1));
    commit(fixture->session);
    forget_statements(fixture);
}

/* --- updates that go together ------------------------------------------------------ */

static void
updates_of_the_same_columns_go_together_whatever_lies_between(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[4];
    add_slots(fixture, slots, 4);
    for (int i = 0; i < 4; i++) {
        kith_set(slots[i], place, i);
        if (i % 2 == 1)
            kith_set(slots[i], label, "odd");
    }
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place, version x2",
                      "UPDATE slots SET place, label, version x2",
                      "COMMIT");
}

static void
updates_that_a_unique_value_forbids_to_go_together_are_parted(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[3];
    add_slots(fixture, slots, 3);
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 50);
    kith_set(slots[2], place, 60);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place, version x2",
                      "UPDATE slots SET place, version",
                      "COMMIT");
    assert_rows(fixture, "SELECT place FROM slots ORDER BY id", "20", "50", "60");
}

/* --- updates that need not be ------------------------------------------------------ */

static void
a_reference_of_a_row_that_is_deleted_is_not_emptied_first(void **state)
{
    Fixture *fixture = *state;
    const Node *two = kith_add(fixture->session, Node, .name = "two");
    const Node *one = kith_add(fixture->session, Node, .name = "one", .next.target = two);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set_null(one, next);
    kith_delete(one);
    kith_delete(two);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE nodes", "DELETE nodes", "COMMIT");
}

static void
a_circle_of_rows_that_is_deleted_is_opened_by_one_update(void **state)
{
    Fixture *fixture = *state;
    const Node *nodes[3];
    for (int i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("node %d", i);
        nodes[i] = kith_add(fixture->session, Node, .name = name);
    }
    for (int i = 0; i < 3; i++)
        kith_set(nodes[i], next, nodes[(i + 1) % 3]);
    commit(fixture->session);
    forget_statements(fixture);
    for (int i = 0; i < 3; i++)
        kith_delete(nodes[i]);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE nodes SET next_id",
                      "DELETE nodes",
                      "DELETE nodes",
                      "DELETE nodes",
                      "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM nodes");
}

static void
a_row_that_refers_to_itself_is_deleted_at_once(void **state)
{
    Fixture *fixture = *state;
    const Node *node = kith_add(fixture->session, Node, .name = "self");
    kith_set(node, next, node);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(node);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE nodes", "COMMIT");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_circle_of_plain_foreign_keys_is_inserted),
        ON_A_SCHEMA(a_circle_of_plain_foreign_keys_is_deleted),
        ON_A_SCHEMA(an_update_of_a_plain_foreign_key_waits_for_the_row_it_means),
        ON_A_SCHEMA(a_reference_that_is_checked_at_the_end_needs_no_order),
        ON_A_SCHEMA(a_reference_that_is_checked_at_the_end_is_still_checked),
        ON_A_SCHEMA(a_unique_value_that_is_checked_at_the_end_needs_no_order),
        ON_A_SCHEMA(
            a_unique_value_of_two_columns_that_is_checked_at_the_end_needs_no_order),
        ON_A_SCHEMA(a_unique_value_that_is_checked_at_the_end_is_still_checked),
        ON_A_SCHEMA(updates_of_the_same_columns_go_together_whatever_lies_between),
        ON_A_SCHEMA(updates_that_a_unique_value_forbids_to_go_together_are_parted),
        ON_A_SCHEMA(a_reference_of_a_row_that_is_deleted_is_not_emptied_first),
        ON_A_SCHEMA(a_circle_of_rows_that_is_deleted_is_opened_by_one_update),
        ON_A_SCHEMA(a_row_that_refers_to_itself_is_deleted_at_once),
    };
    return run_on_each_database("what is often left to the program", tests);
}
