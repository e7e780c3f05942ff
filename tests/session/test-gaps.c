/*
 * test-gaps.c - what most units of work leave to the program: unique values that pass
 * from row to row in one flush, foreign keys that are no relation, constraints that are
 * checked at the end, updates that can go together, updates that need not be.
 */
#include "own-schema.h"

typedef struct Slot Slot;
typedef struct Badge Badge;
typedef struct Desk Desk;
typedef struct Odd Odd;
typedef struct Node Node;
typedef struct Passport Passport;

/* A unique number that cannot be NULL, and a version. */
struct Slot {
    int64_t id;
    int32_t place;
    const char *label;
    int32_t version;
};

/* A unique number that can be NULL. */
struct Badge {
    int64_t id;
    KithOptInt32 number;
};

/* Unique over two columns, neither of which can be NULL. */
struct Desk {
    int64_t id;
    int32_t room;
    int32_t number;
};

/* Every kind of value that can be unique and cannot be NULL. */
struct Odd {
    int64_t id;
    int64_t large;
    double real;
    const char *text; /* at most 4 characters */
    KithTime time;
    KithDate date;
    KithUuid uuid;
};

/* A unique name, and a reference to another node. */
struct Node {
    int64_t id;
    const char *name;
    KITH_REF(Node) next;
};

/* A reference that is unique, and cannot be NULL. */
struct Passport {
    int64_t id;
    KITH_REF(Node) holder;
};

KITH_DECLARE(Slot);
KITH_DECLARE(Badge);
KITH_DECLARE(Desk);
KITH_DECLARE(Odd);
KITH_DECLARE(Node);
KITH_DECLARE(Passport);

KITH_MAPPING(Slot,
             "slots",
             KITH_KEY(Slot, id),
             KITH_COLUMN(Slot, place, .unique = true),
             KITH_COLUMN(Slot, label, .nullable = true),
             KITH_VERSION(Slot, version));
KITH_MAPPING(Badge,
             "badges",
             KITH_KEY(Badge, id),
             KITH_COLUMN(Badge, number, .unique = true));
KITH_MAPPING(Desk,
             "desks",
             KITH_KEY(Desk, id),
             KITH_COLUMN(Desk, room),
             KITH_COLUMN(Desk, number),
             KITH_UNIQUE(Desk, room, number));
KITH_MAPPING(Odd,
             "odds",
             KITH_KEY(Odd, id),
             KITH_COLUMN(Odd, large, .unique = true),
             KITH_COLUMN(Odd, real, .unique = true),
             KITH_COLUMN(Odd, text, .unique = true, .max_length = 4),
             KITH_COLUMN(Odd, time, .unique = true),
             KITH_COLUMN(Odd, date, .unique = true),
             KITH_COLUMN(Odd, uuid, .unique = true));
KITH_MAPPING(Node,
             "nodes",
             KITH_KEY(Node, id, .generated = true),
             KITH_COLUMN(Node, name, .unique = true),
             KITH_BELONGS_TO(Node, next, Node, .nullable = true));
KITH_MAPPING(Passport,
             "passports",
             KITH_KEY(Passport, id),
             KITH_BELONGS_TO(Passport, holder, Node, .unique = true));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Slot, Badge, Desk, Odd, Node, Passport));
}

/* --- swaps and rotations ----------------------------------------------------------- */

/* Slots 1 to @n with the places 10, 20, …, committed. */
static void
add_slots(Fixture *fixture, const Slot **slots, int n)
{
    for (int i = 0; i < n; i++)
        slots[i] = kith_add(fixture->session, Slot, .id = i + 1, .place = 10 * (i + 1));
    commit(fixture->session);
    forget_statements(fixture);
}

static void
two_rows_swap_a_unique_value_that_cannot_be_null(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[2];
    add_slots(fixture, slots, 2);
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 10);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place",
                      "UPDATE slots SET place, version",
                      "UPDATE slots SET place, version",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT id, place, version FROM slots ORDER BY id", "1|20|2", "2|10|2");
    assert_int_equal(slots[0]->place, 20);
    assert_int_equal(slots[1]->version, 2);
    assert_false(kith_has_changes(fixture->session));
}

static void
two_rows_swap_a_unique_value_by_way_of_null(void **state)
{
    Fixture *fixture = *state;
    const Badge *one =
        kith_add(fixture->session, Badge, .id = 1, .number = KITH_SOME(10));
    const Badge *two =
        kith_add(fixture->session, Badge, .id = 2, .number = KITH_SOME(20));
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(one, number, 20);
    kith_set(two, number, 10);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE badges SET number",
                      "UPDATE badges SET number",
                      "UPDATE badges SET number",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, number FROM badges ORDER BY id", "1|20", "2|10");
}

static void
three_rows_pass_a_unique_value_round(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[3];
    add_slots(fixture, slots, 3);
    for (int i = 0; i < 3; i++)
        kith_set(slots[i], place, 10 * ((i + 1) % 3 + 1));
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place",
                      "UPDATE slots SET place, version",
                      "UPDATE slots SET place, version",
                      "UPDATE slots SET place, version",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT id, place, version FROM slots ORDER BY id",
                "1|20|2",
                "2|30|2",
                "3|10|2");
}

static void
three_rows_pass_a_value_round_by_way_of_null(void **state)
{
    Fixture *fixture = *state;
    const Badge *badges[3];
    for (int i = 0; i < 3; i++)
        badges[i] =
            kith_add(fixture->session, Badge, .id = i + 1, .number = KITH_SOME(i));
    commit(fixture->session);
    forget_statements(fixture);
    for (int i = 0; i < 3; i++)
        kith_set(badges[i], number, (i + 2) % 3);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE badges SET number",
                      "UPDATE badges SET number",
                      "UPDATE badges SET number",
                      "UPDATE badges SET number",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT id, number FROM badges ORDER BY id", "1|2", "2|0", "3|1");
}

static void
two_rows_swap_a_value_that_is_unique_over_two_columns(void **state)
{
    Fixture *fixture = *state;
    const Desk *one = kith_add(fixture->session, Desk, .id = 1, .room = 1, .number = 7);
    const Desk *two = kith_add(fixture->session, Desk, .id = 2, .room = 2, .number = 7);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(one, room, 2);
    kith_set(two, room, 1);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE desks SET room",
                      "UPDATE desks SET room",
                      "UPDATE desks SET room",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT id, room, number FROM desks ORDER BY id", "1|2|7", "2|1|7");
}

static void
rows_that_share_one_of_two_unique_columns_are_not_held_up(void **state)
{
    Fixture *fixture = *state;
    const Desk *one = kith_add(fixture->session, Desk, .id = 1, .room = 1, .number = 1);
    const Desk *two = kith_add(fixture->session, Desk, .id = 2, .room = 1, .number = 2);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(one, room, 2);
    kith_set(two, room, 2);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE desks SET room x2", "COMMIT");
}

static void
two_swaps_go_together(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[4];
    static const int32_t places[] = { 20, 10, 40, 30 };
    add_slots(fixture, slots, 4);
    for (int i = 0; i < 4; i++)
        kith_set(slots[i], place, places[i]);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place x2",
                      "UPDATE slots SET place, version x2",
                      "UPDATE slots SET place, version x2",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT id, place FROM slots ORDER BY id",
                "1|20",
                "2|10",
                "3|40",
                "4|30");
}

static void
what_else_changes_in_a_swap_is_written_with_it(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[3];
    add_slots(fixture, slots, 3);
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 10);
    kith_set(slots[0], label, "first");
    kith_set(slots[2], label, "third");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT id, place, label, version FROM slots ORDER BY id",
                "1|20|first|2",
                "2|10|NULL|2",
                "3|30|third|2");
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place",
                      "UPDATE slots SET place, version",
                      "UPDATE slots SET label, version",
                      "UPDATE slots SET place, label, version",
                      "COMMIT");
}

static void
values_of_every_kind_are_swapped(void **state)
{
    Fixture *fixture = *state;
    const Odd *odds[2];
    for (int i = 0; i < 2; i++)
        odds[i] = kith_add(fixture->session,
                           Odd,
                           .id = i + 1,
                           .large = i,
                           .real = i,
                           .text = i == 0 ? "a" : "b",
                           .time = kith_time_make(2000 + i, 1, 1, 0, 0, 0, 0),
                           .date = kith_date_make(2000 + i, 1, 1),
                           .uuid = { { (uint8_t) i } });
    commit(fixture->session);
    forget_statements(fixture);
    for (int i = 0; i < 2; i++) {
        Odd *odd = kith_edit(odds[i]);
        odd->large = 1 - i;
        odd->real = 1 - i;
        odd->text = i == 0 ? "b" : "a";
        odd->time = kith_time_make(2001 - i, 1, 1, 0, 0, 0, 0);
        odd->date = kith_date_make(2001 - i, 1, 1);
        odd->uuid.bytes[0] = (uint8_t) (1 - i);
    }
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE odds SET large, real, text, time, date, uuid",
                      "UPDATE odds SET large, real, text, time, date, uuid",
                      "UPDATE odds SET large, real, text, time, date, uuid",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT id, large, text FROM odds WHERE real = large ORDER BY id",
                "1|1|b",
                "2|0|a");
    KithSession *session = new_session(fixture);
    const Odd *one = find(session, Odd, 1), *two = find(session, Odd, 2);
    assert_int_equal(one->time.usec, kith_time_make(2001, 1, 1, 0, 0, 0, 0).usec);
    assert_int_equal(two->date.days, kith_date_make(2000, 1, 1).days);
    assert_int_equal(one->uuid.bytes[0], 1);
}

static void
two_rows_swap_their_keys(void **state)
{
    Fixture *fixture = *state;
    const Badge *one =
        kith_add(fixture->session, Badge, .id = 1, .number = KITH_SOME(10));
    const Badge *two =
        kith_add(fixture->session, Badge, .id = 2, .number = KITH_SOME(20));
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(one, id, 2);
    kith_set(two, id, 1);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE badges SET id",
                      "UPDATE badges SET id",
                      "UPDATE badges SET id",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, number FROM badges ORDER BY id", "1|20", "2|10");
    assert_ptr_equal(find(fixture->session, Badge, 2), one);
    assert_ptr_equal(find(fixture->session, Badge, 1), two);
    assert_no_statements(fixture);
}

static void
a_swap_of_a_reference_that_is_unique_goes_by_way_of_null(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Node *ann = kith_add(fixture->session, Node, .name = "Ann");
    const Node *bob = kith_add(fixture->session, Node, .name = "Bob");
    const Passport *one =
        kith_add(fixture->session, Passport, .id = 1, .holder.target = ann);
    const Passport *two =
        kith_add(fixture->session, Passport, .id = 2, .holder.target = bob);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(one, holder, bob);
    kith_set(two, holder, ann);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_UNIQUE, "Passport 2 -> Passport 1 -> Passport 2: *circle*");
    assert_no_statements(fixture);
    kith_delete(two);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE passports", "UPDATE passports SET holder_id", "COMMIT");
    assert_rows(fixture, "SELECT id, holder_id FROM passports", "1|2");
}

static void
a_value_that_a_row_outside_of_the_flush_has_is_still_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Slot *slots[3];
    add_slots(fixture, slots, 3);
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 30);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Slot 2: *");
    assert_rows(fixture, "SELECT place FROM slots ORDER BY id", "10", "20", "30");
    assert_int_equal(slots[0]->place, 20);
    assert_int_equal(slots[0]->version, 1);
    kith_set(slots[2], place, 10);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT place, version FROM slots ORDER BY id", "20|2", "30|2", "10|2");
}

static void
a_swap_is_undone_by_a_rollback(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[2];
    add_slots(fixture, slots, 2);
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 10);
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_int_equal(slots[0]->place, 10);
    assert_int_equal(slots[1]->place, 20);
    assert_int_equal(slots[1]->version, 1);
    assert_false(kith_has_changes(fixture->session));
    assert_rows(fixture, "SELECT place FROM slots ORDER BY id", "10", "20");
}

static void
a_swap_with_a_row_that_somebody_else_changed_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Slot *slots[2];
    add_slots(fixture, slots, 2);
    run_sql(fixture, "UPDATE slots SET version = 7 WHERE id = 2");
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 10);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Slot 2: *");
    assert_rows(fixture, "SELECT place FROM slots ORDER BY id", "10", "20");
}

static void
many_swaps_do_not_get_into_each_others_way(void **state)
{
    Fixture *fixture = *state;
    static const Slot *slots[2000];
    add_slots(fixture, slots, 2000);
    for (int i = 0; i < 2000; i++)
        kith_set(slots[i], place, 10 * ((i ^ 1) + 1));
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE slots SET place x1000",
                      "UPDATE slots SET place, version x1000",
                      "UPDATE slots SET place, version x1000",
                      "COMMIT");
    assert_rows(fixture, "SELECT sum(place * (id % 10)) FROM slots", "90130000");
}

static void
many_short_texts_are_swapped(void **state)
{
    Fixture *fixture = *state;
    static const Odd *odds[1200];
    for (int i = 0; i < 1200; i++) {
        g_autofree char *text = g_strdup_printf("%d", i);
        odds[i] = kith_add(fixture->session,
                           Odd,
                           .id = i + 1,
                           .large = i,
                           .real = i,
                           .text = text,
                           .time = { i },
                           .date = { i },
                           .uuid = { { (uint8_t) i, (uint8_t) (i / 256) } });
    }
    commit(fixture->session);
    forget_statements(fixture);
    for (int i = 0; i < 1200; i++) {
        g_autofree char *text = g_strdup_printf("%d", i ^ 1);
        kith_set(odds[i], text, text);
    }
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE odds SET text x600",
                      "UPDATE odds SET text x600",
                      "UPDATE odds SET text x600",
                      "COMMIT");
}

/* --- delete and insert ------------------------------------------------------------- */

static void
a_row_takes_the_unique_value_of_one_that_is_deleted(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    forget_statements(fixture);
    kith_add(fixture->session, Author, .name = "Ann", .born = KITH_SOME(1966));
    kith_add(fixture->session, Author, .name = "Bob");
    kith_delete(ann);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE authors", "INSERT authors x2", "COMMIT");
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY id", "Ann|1966", "Bob|NULL");
}

static void
a_row_takes_the_two_unique_values_of_one_that_is_deleted(void **state)
{
    Fixture *fixture = *state;
    const Desk *one = kith_add(fixture->session, Desk, .id = 1, .room = 1, .number = 7);
    const Desk *two = kith_add(fixture->session, Desk, .id = 2, .room = 1, .number = 8);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(one);
    kith_delete(two);
    kith_add(fixture->session, Desk, .id = 3, .room = 1, .number = 7);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE desks x2", "INSERT desks", "COMMIT");
    assert_rows(fixture, "SELECT id, room, number FROM desks", "3|1|7");
}

static void
a_row_takes_a_value_that_can_be_null_from_one_that_is_deleted(void **state)
{
    Fixture *fixture = *state;
    const Badge *one =
        kith_add(fixture->session, Badge, .id = 1, .number = KITH_SOME(10));
    const Badge *none = kith_add(fixture->session, Badge, .id = 2);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(one);
    kith_delete(none);
    kith_add(fixture->session, Badge, .id = 3, .number = KITH_SOME(10));
    kith_add(fixture->session, Badge, .id = 4);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE badges x2", "INSERT badges x2", "COMMIT");
}

static void
a_null_is_handed_over_by_nobody(void **state)
{
    Fixture *fixture = *state;
    const Badge *none = kith_add(fixture->session, Badge, .id = 1);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(none);
    kith_add(fixture->session, Badge, .id = 2);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT badges", "DELETE badges", "COMMIT");
}

static void
a_row_takes_the_value_of_one_that_others_leave_for_it(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *book =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(book, author, kith_add(fixture->session, Author, .name = "Ann"));
    kith_set(book, price, 2.5);
    kith_delete(ann);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET name",
                      "INSERT authors",
                      "UPDATE books SET price, version, author_id",
                      "DELETE authors",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, name FROM authors", "2|Ann");
    assert_rows(fixture, "SELECT author_id, price, version FROM books", "2|2.5|2");
}

static void
a_row_takes_the_value_of_one_that_is_deleted_from_under_its_children(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *book =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    commit(fixture->session);
    forget_statements(fixture);
    kith_add(fixture->session,
             Book,
             .title = "Sword",
             .author.target = kith_add(fixture->session, Author, .name = "Ann"));
    kith_delete(ann);
    kith_delete(book);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE books",
                      "DELETE authors",
                      "INSERT authors",
                      "INSERT books",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT title, name FROM books JOIN authors ON authors.id = author_id",
                "Sword|Ann");
}

static void
an_update_takes_the_value_of_one_that_is_deleted(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[2];
    add_slots(fixture, slots, 2);
    kith_delete(slots[1]);
    kith_set(slots[0], place, 20);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE slots", "UPDATE slots SET place, version", "COMMIT");
    assert_rows(fixture, "SELECT id, place FROM slots", "1|20");
}

static void
a_key_that_a_deleted_row_had_is_taken_by_another(void **state)
{
    Fixture *fixture = *state;
    const Badge *one =
        kith_add(fixture->session, Badge, .id = 1, .number = KITH_SOME(10));
    const Badge *two =
        kith_add(fixture->session, Badge, .id = 2, .number = KITH_SOME(20));
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(one);
    kith_set(two, id, 1);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE badges", "UPDATE badges SET id", "COMMIT");
    assert_rows(fixture, "SELECT id, number FROM badges", "1|20");
    assert_ptr_equal(find(fixture->session, Badge, 1), two);
}

/* --- update and insert ------------------------------------------------------------- */

static void
an_insert_takes_a_value_that_an_update_frees(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[1];
    add_slots(fixture, slots, 1);
    kith_add(fixture->session, Slot, .id = 2, .place = 10);
    kith_set(slots[0], place, 30);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE slots SET place, version", "INSERT slots", "COMMIT");
    assert_rows(fixture, "SELECT id, place FROM slots ORDER BY id", "1|30", "2|10");
}

static void
an_insert_takes_a_value_of_two_columns_that_an_update_frees(void **state)
{
    Fixture *fixture = *state;
    const Desk *one = kith_add(fixture->session, Desk, .id = 1, .room = 1, .number = 7);
    commit(fixture->session);
    forget_statements(fixture);
    kith_add(fixture->session, Desk, .id = 2, .room = 1, .number = 7);
    kith_set(one, number, 8);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE desks SET number", "INSERT desks", "COMMIT");
}

static void
an_insert_takes_a_value_that_an_update_makes_null(void **state)
{
    Fixture *fixture = *state;
    const Badge *one =
        kith_add(fixture->session, Badge, .id = 1, .number = KITH_SOME(10));
    commit(fixture->session);
    forget_statements(fixture);
    kith_add(fixture->session, Badge, .id = 2, .number = KITH_SOME(10));
    kith_set_null(one, number);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE badges SET number", "INSERT badges", "COMMIT");
}

static void
values_move_along_a_chain_to_an_insert(void **state)
{
    Fixture *fixture = *state;
    const Slot *slots[3];
    add_slots(fixture, slots, 3);
    kith_add(fixture->session, Slot, .id = 9, .place = 10);
    kith_set(slots[0], place, 20);
    kith_set(slots[1], place, 30);
    kith_delete(slots[2]);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE slots",
                      "UPDATE slots SET place, version",
                      "UPDATE slots SET place, version",
                      "INSERT slots",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT id, place FROM slots ORDER BY id", "1|20", "2|30", "9|10");
}

static void
a_row_refers_to_the_one_that_takes_its_name(void **state)
{
    Fixture *fixture = *state;
    const Node *old = kith_add(fixture->session, Node, .name = "current");
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(old, name, "archived");
    kith_set(old, next, kith_add(fixture->session, Node, .name = "current"));
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE nodes SET name",
                      "INSERT nodes",
                      "UPDATE nodes SET next_id",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT id, name, next_id FROM nodes ORDER BY id",
                "1|archived|2",
                "2|current|NULL");
}

static void
an_insert_and_an_update_that_wait_for_each_others_values_are_parted(void **state)
{
    Fixture *fixture = *state;
    const Desk *one = kith_add(fixture->session, Desk, .id = 1, .room = 1, .number = 1);
    const Desk *two = kith_add(fixture->session, Desk, .id = 2, .room = 2, .number = 2);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(one, room, 2);
    kith_set(one, number, 2);
    kith_set(two, room, 3);
    kith_add(fixture->session, Desk, .id = 3, .room = 1, .number = 1);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT id, room, number FROM desks ORDER BY id",
                "1|2|2",
                "2|3|2",
                "3|1|1");
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE desks SET room",
                      "UPDATE desks SET room, number",
                      "INSERT desks",
                      "COMMIT");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(two_rows_swap_a_unique_value_that_cannot_be_null),
        ON_A_SCHEMA(two_rows_swap_a_unique_value_by_way_of_null),
        ON_A_SCHEMA(three_rows_pass_a_unique_value_round),
        ON_A_SCHEMA(three_rows_pass_a_value_round_by_way_of_null),
        ON_A_SCHEMA(two_rows_swap_a_value_that_is_unique_over_two_columns),
        ON_A_SCHEMA(rows_that_share_one_of_two_unique_columns_are_not_held_up),
        ON_A_SCHEMA(two_swaps_go_together),
        ON_A_SCHEMA(what_else_changes_in_a_swap_is_written_with_it),
        ON_A_SCHEMA(values_of_every_kind_are_swapped),
        ON_A_SCHEMA(two_rows_swap_their_keys),
        ON_A_SCHEMA(a_swap_of_a_reference_that_is_unique_goes_by_way_of_null),
        ON_A_SCHEMA(a_value_that_a_row_outside_of_the_flush_has_is_still_refused),
        ON_A_SCHEMA(a_swap_is_undone_by_a_rollback),
        ON_A_SCHEMA(a_swap_with_a_row_that_somebody_else_changed_is_stale),
        ON_A_SCHEMA(many_swaps_do_not_get_into_each_others_way),
        ON_A_SCHEMA(many_short_texts_are_swapped),
        ON_A_SCHEMA(a_row_takes_the_unique_value_of_one_that_is_deleted),
        ON_A_SCHEMA(a_row_takes_the_two_unique_values_of_one_that_is_deleted),
        ON_A_SCHEMA(a_row_takes_a_value_that_can_be_null_from_one_that_is_deleted),
        ON_A_SCHEMA(a_null_is_handed_over_by_nobody),
        ON_A_SCHEMA(a_row_takes_the_value_of_one_that_others_leave_for_it),
        ON_A_SCHEMA(a_row_takes_the_value_of_one_that_is_deleted_from_under_its_children),
        ON_A_SCHEMA(an_update_takes_the_value_of_one_that_is_deleted),
        ON_A_SCHEMA(a_key_that_a_deleted_row_had_is_taken_by_another),
        ON_A_SCHEMA(an_insert_takes_a_value_that_an_update_frees),
        ON_A_SCHEMA(an_insert_takes_a_value_of_two_columns_that_an_update_frees),
        ON_A_SCHEMA(an_insert_takes_a_value_that_an_update_makes_null),
        ON_A_SCHEMA(values_move_along_a_chain_to_an_insert),
        ON_A_SCHEMA(a_row_refers_to_the_one_that_takes_its_name),
        ON_A_SCHEMA(an_insert_and_an_update_that_wait_for_each_others_values_are_parted),
    };
    return run_on_each_database("unique values that pass from row to row", tests);
}
