/*
 * test-behaviours-order.c - the order of a flush, case by case: parents and children,
 * trees, tables that refer to each other.
 */
#include "own-schema.h"

typedef struct Plain Plain;
typedef struct Code Code;
typedef struct Item Item;
typedef struct Person Person;
typedef struct Ball Ball;

/* Refers to itself with a column that is no relation. */
struct Plain {
    int64_t id;
    KithOptInt64 parent_id;
};

/* Refers to itself by a unique text that is not the key. */
struct Code {
    int64_t id;
    const char *code;
    const char *parent_code;
};

/* A list that is linked both ways, with a root. */
struct Item {
    int64_t id;
    KITH_REF(Item) root;
    KITH_REF(Item) next;
    KITH_REF(Item) previous;
};

/* Three references to what refers back and cannot be without. */
struct Person {
    int64_t id;
    KITH_REF(Ball) first;
    KITH_REF(Ball) second;
    KITH_REF(Ball) third;
};
struct Ball {
    int64_t id;
    KITH_REF(Person) owner;
    const char *colour;
};

KITH_DECLARE(Plain);
KITH_DECLARE(Code);
KITH_DECLARE(Item);
KITH_DECLARE(Person);
KITH_DECLARE(Ball);

KITH_MAPPING(Plain,
             "plains",
             KITH_KEY(Plain, id),
             KITH_COLUMN(Plain, parent_id, .references = KITH_REFERENCES(Plain, id)));
KITH_MAPPING(Code,
             "codes",
             KITH_KEY(Code, id, .generated = true),
             KITH_COLUMN(Code, code, .unique = true),
             KITH_COLUMN(Code,
                         parent_code,
                         .nullable = true,
                         .references = KITH_REFERENCES(Code, code)));
KITH_MAPPING(Item,
             "items",
             KITH_KEY(Item, id, .generated = true),
             KITH_BELONGS_TO(Item, root, Item, .nullable = true),
             KITH_BELONGS_TO(Item, next, Item, .nullable = true),
             KITH_BELONGS_TO(Item, previous, Item, .nullable = true));
KITH_MAPPING(Person,
             "persons",
             KITH_KEY(Person, id, .generated = true),
             KITH_BELONGS_TO(Person, first, Ball, .nullable = true),
             KITH_BELONGS_TO(Person, second, Ball, .nullable = true),
             KITH_BELONGS_TO(Person, third, Ball, .nullable = true));
KITH_MAPPING(Ball,
             "balls",
             KITH_KEY(Ball, id, .generated = true),
             KITH_BELONGS_TO(Ball, owner, Person),
             KITH_COLUMN(Ball, colour, .nullable = true));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Plain, Code, Item, Person, Ball));
}

/* --- parents and children ---------------------------------------------------------- */

/* An author with two books that she also translated, committed. */
typedef struct Family {
    const Author *author;
    const Book *books[2];
} Family;

static Family
add_family(Fixture *fixture)
{
    KithSession *session = fixture->session;
    Family family = { .author = kith_add(session, Author, .name = "Ann") };
    for (int i = 0; i < 2; i++)
        family.books[i] = kith_add(session,
                                   Book,
                                   .title = i == 0 ? "Justice" : "Sword",
                                   .author.target = family.author,
                                   .translator.target = family.author);
    commit(session);
    return family;
}

static void
two_children_are_inserted_together_after_their_parent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Family family = add_family(fixture);
    assert_statements(fixture, "BEGIN", "INSERT authors", "INSERT books x2", "COMMIT");
    assert_rows(fixture,
                "SELECT title, author_id FROM books ORDER BY id",
                "Justice|1",
                "Sword|1");
    assert_int_equal(kith_length(kith_many(family.author, books, &error)), 2);
}

static void
children_that_were_added_first_are_inserted_together_after_their_parent(void **state)
{
    Fixture *fixture = *state;
    const Book *one = kith_add(fixture->session, Book, .title = "Justice");
    const Book *two = kith_add(fixture->session, Book, .title = "Sword");
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_set(one, author, ann);
    kith_set(two, author, ann);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "INSERT books x2", "COMMIT");
    assert_rows(fixture,
                "SELECT title, author_id FROM books ORDER BY id",
                "Justice|1",
                "Sword|1");
}

static void
children_are_deleted_together_before_their_parent(void **state)
{
    Fixture *fixture = *state;
    Family family = add_family(fixture);
    forget_statements(fixture);
    kith_delete(family.author);
    kith_delete(family.books[1]);
    kith_delete(family.books[0]);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE books x2", "DELETE authors", "COMMIT");
}

static void
references_that_are_emptied_are_written_before_their_target_is_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    Family family = add_family(fixture);
    const Author *bob = kith_add(session, Author, .name = "Bob");
    kith_set(family.books[0], translator, bob);
    kith_set(family.books[1], translator, bob);
    commit(session);
    forget_statements(fixture);
    kith_set_null(family.books[0], translator);
    kith_set_null(family.books[1], translator);
    kith_delete(bob);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE books SET version, translator_id x2",
                      "DELETE authors",
                      "COMMIT");
}

static void
deleting_children_does_not_touch_or_read_their_parent(void **state)
{
    Fixture *fixture = *state;
    add_family(fixture);
    KithSession *session = new_session(fixture);
    const Book *one = find(session, Book, 1), *two = find(session, Book, 2);
    forget_statements(fixture);
    kith_delete(two);
    kith_delete(one);
    commit(session);
    assert_statements(fixture, "BEGIN", "DELETE books x2", "COMMIT");
}

static void
one_of_two_references_is_emptied_by_one_update(void **state)
{
    Fixture *fixture = *state;
    Family family = add_family(fixture);
    forget_statements(fixture);
    kith_set_null(family.books[0], translator);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE books SET version, translator_id", "COMMIT");
    assert_rows(fixture, "SELECT translator_id FROM books ORDER BY id", "NULL", "1");
}

static void
a_reference_is_emptied_without_reading_what_it_meant(void **state)
{
    Fixture *fixture = *state;
    add_family(fixture);
    const Book *book = find(new_session(fixture), Book, 1);
    forget_statements(fixture);
    kith_set_null(book, translator);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE books SET version, translator_id", "COMMIT");
}

static void
a_reference_to_an_evicted_object_is_emptied_without_reading_it(void **state)
{
    Fixture *fixture = *state;
    Family family = add_family(fixture);
    kith_evict(family.author);
    forget_statements(fixture);
    kith_set_null(family.books[0], translator);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE books SET version, translator_id", "COMMIT");
    assert_rows(fixture,
                "SELECT author_id, translator_id FROM books ORDER BY id",
                "1|NULL",
                "1|1");
}

static void
a_parent_is_updated_before_its_children_that_come_and_go(void **state)
{
    Fixture *fixture = *state;
    Family family = add_family(fixture);
    kith_set_null(family.books[1], translator);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(family.books[1], translator, family.author);
    kith_set_null(family.books[0], translator);
    kith_set(family.author, name, "Anna");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET name",
                      "UPDATE books SET version, translator_id x2",
                      "COMMIT");
    assert_rows(fixture, "SELECT translator_id FROM books ORDER BY id", "NULL", "1");
}

static void
two_relations_between_the_same_tables_are_flushed_together(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Author *ann = kith_add(session, Author, .name = "Ann");
    const Author *bob = kith_add(session, Author, .name = "Bob");
    kith_add(session,
             Book,
             .title = "Justice",
             .author.target = ann,
             .translator.target = bob);
    kith_add(
        session, Book, .title = "Justiz", .author.target = bob, .translator.target = ann);
    commit(session);
    assert_statements(fixture, "BEGIN", "INSERT authors x2", "INSERT books x2", "COMMIT");
    assert_rows(
        fixture, "SELECT author_id, translator_id FROM books ORDER BY id", "1|2", "2|1");
}

/* --- trees ------------------------------------------------------------------------- */

static void
rows_that_are_linked_by_plain_columns_are_inserted_by_depth(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Plain, .id = 3, .parent_id = KITH_SOME(2));
    kith_add(fixture->session, Plain, .id = 2, .parent_id = KITH_SOME(1));
    kith_add(fixture->session, Plain, .id = 1);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT plains", "INSERT plains", "INSERT plains", "COMMIT");
    assert_rows(
        fixture, "SELECT id, parent_id FROM plains ORDER BY id", "1|NULL", "2|1", "3|2");
}

static void
a_root_and_its_children_are_two_statements(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Category *all = kith_add(session, Category, .name = "all");
    kith_add(session, Category, .name = "left", .parent.target = all);
    kith_add(session, Category, .name = "right", .parent.target = all);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "INSERT categories", "INSERT categories x2", "COMMIT");
    assert_rows(
        fixture, "SELECT name FROM categories ORDER BY id", "all", "left", "right");
}

/* A root with three children, of which the middle one has three of its own. */
static void
add_three_levels(KithSession *session, const Category *nodes[7])
{
    static const char *const names[] = { "root", "n1", "n2", "n3", "n21", "n22", "n23" };
    static const int parents[] = { 0, 0, 0, 0, 2, 2, 2 };
    for (int i = 0; i < 7; i++) {
        nodes[i] = kith_add(session, Category, .name = names[i]);
        if (i > 0)
            kith_set(nodes[i], parent, nodes[parents[i]]);
    }
}

static void
a_tree_of_three_levels_is_three_statements_in_the_order_of_siblings(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[7];
    add_three_levels(fixture->session, nodes);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT categories",
                      "INSERT categories x3",
                      "INSERT categories x3",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT name, parent_id FROM categories ORDER BY id",
                "root|NULL",
                "n1|1",
                "n2|1",
                "n3|1",
                "n21|3",
                "n22|3",
                "n23|3");
}

static void
a_tree_is_deleted_from_below_without_reading_anything(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[7];
    add_three_levels(fixture->session, nodes);
    commit(fixture->session);
    KithSession *session = new_session(fixture);
    for (int i = 1; i <= 7; i++)
        nodes[i - 1] = find(session, Category, i);
    forget_statements(fixture);
    for (int i = 0; i < 7; i++)
        kith_delete(nodes[i]);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE categories x5",
                      "DELETE categories",
                      "DELETE categories",
                      "COMMIT");
}

static void
a_child_leaves_its_parent_without_reading_it(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[7];
    add_three_levels(fixture->session, nodes);
    commit(fixture->session);
    const Category *child = find(new_session(fixture), Category, 2);
    forget_statements(fixture);
    kith_set_null(child, parent);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE categories SET parent_id", "COMMIT");
}

static void
a_child_is_replaced_by_one_with_its_key(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[7];
    add_three_levels(fixture->session, nodes);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(nodes[1]);
    kith_add(
        fixture->session, Category, .id = 2, .name = "new", .parent.target = nodes[0]);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE categories SET name", "COMMIT");
    assert_rows(fixture, "SELECT name, parent_id FROM categories WHERE id = 2", "new|1");
}

static void
a_tree_that_was_changed_is_deleted_by_a_later_flush(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Category *nodes[7];
    add_three_levels(session, nodes);
    commit(session);
    kith_delete(nodes[1]);
    const Category *new =
        kith_add(session, Category, .name = "new", .parent.target = nodes[4]);
    flush(session);
    for (int i = 0; i < 7; i++)
        kith_delete(nodes[i]);
    kith_delete(new);
    commit(session);
    assert_no_rows(fixture, "SELECT name FROM categories");
}

static void
new_rows_under_an_unchanged_one_are_ordered_among_themselves(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Category *all = kith_add(session, Category, .name = "all");
    commit(session);
    forget_statements(fixture);
    const Category *leaf = kith_add(session, Category, .name = "leaf");
    const Category *branch =
        kith_add(session, Category, .name = "branch", .parent.target = all);
    kith_set(leaf, parent, branch);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "INSERT categories", "INSERT categories", "COMMIT");
    assert_rows(fixture, "SELECT name, parent_id FROM categories WHERE id = 3", "leaf|2");
}

static void
rows_that_refer_by_a_unique_text_are_ordered_by_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Code *leaf = kith_add(session, Code, .code = "a.b.c", .parent_code = "a.b");
    const Code *branch = kith_add(session, Code, .code = "a.b", .parent_code = "a");
    const Code *root = kith_add(session, Code, .code = "a");
    commit(session);
    assert_statements(
        fixture, "BEGIN", "INSERT codes", "INSERT codes", "INSERT codes", "COMMIT");
    assert_rows(fixture, "SELECT code FROM codes ORDER BY id", "a", "a.b", "a.b.c");
    kith_delete(root);
    kith_delete(branch);
    kith_delete(leaf);
    commit(session);
    assert_no_rows(fixture, "SELECT code FROM codes");
}

/* --- tables that refer to each other ----------------------------------------------- */

static void
a_later_flush_is_ordered_by_rows_that_were_flushed_before(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Branch *oslo = kith_add(session, Branch, .town = "Oslo");
    const Employee *ann =
        kith_add(session, Employee, .name = "Ann", .branch.target = oslo);
    flush(session);
    const Branch *rome = kith_add(session, Branch, .town = "Rome", .manager.target = ann);
    const Employee *bob =
        kith_add(session, Employee, .name = "Bob", .branch.target = rome);
    kith_set(oslo, manager, bob);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT branches",
                      "INSERT employees",
                      "INSERT branches",
                      "INSERT employees",
                      "UPDATE branches SET manager_id",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT town, manager_id FROM branches ORDER BY id", "Oslo|2", "Rome|1");
}

static void
some_of_the_rows_of_two_tables_in_a_cycle_are_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    static const char *const towns[] = { "Oslo", "Rome", "Bonn" };
    const Branch *branches[3];
    const Employee *employees[3];
    for (int i = 0; i < 3; i++) {
        branches[i] = kith_add(session, Branch, .town = towns[i]);
        employees[i] =
            kith_add(session, Employee, .name = "Ann", .branch.target = branches[i]);
    }
    kith_set(branches[0], manager, employees[1]);
    kith_set(branches[1], manager, employees[1]);
    commit(session);
    forget_statements(fixture);
    kith_delete(employees[0]);
    kith_delete(branches[0]);
    kith_delete(branches[2]);
    kith_delete(employees[2]);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "DELETE employees x2", "DELETE branches x2", "COMMIT");
    assert_rows(
        fixture, "SELECT town FROM branches WHERE manager_id IS NOT NULL", "Rome");
}

/* A person whose three balls are her first, second and third. */
static const Person *
add_person(KithSession *session, const Ball *balls[3])
{
    const Person *person = kith_add(session, Person, .id = 0);
    for (int i = 0; i < 3; i++)
        balls[i] = kith_add(session, Ball, .owner.target = person);
    kith_set(person, first, balls[0]);
    return person;
}

static void
a_favourite_is_written_after_the_rows_that_it_is_one_of(void **state)
{
    Fixture *fixture = *state;
    const Ball *balls[3];
    const Person *person = add_person(fixture->session, balls);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT persons",
                      "INSERT balls x3",
                      "UPDATE persons SET first_id",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, first_id, second_id FROM persons", "1|1|NULL");
    for (int i = 0; i < 3; i++)
        kith_delete(balls[i]);
    kith_delete(person);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE persons SET first_id",
                      "DELETE balls x3",
                      "DELETE persons",
                      "COMMIT");
}

static void
a_reference_of_a_row_that_is_deleted_alone_is_not_emptied(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Ball *balls[3];
    add_person(session, balls);
    const Person *other = kith_add(session, Person, .first.target = balls[2]);
    commit(session);
    forget_statements(fixture);
    kith_delete(other);
    commit(session);
    assert_statements(fixture, "BEGIN", "DELETE persons", "COMMIT");
}

static void
a_favourite_moves_from_row_to_row(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Ball *balls[3];
    const Person *ann = add_person(session, balls);
    const Person *bob = kith_add(session, Person, .id = 0);
    commit(session);
    forget_statements(fixture);
    kith_set_null(ann, first);
    kith_set(bob, first, balls[0]);
    kith_set(balls[0], owner, bob);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE persons SET first_id x2",
                      "UPDATE balls SET owner_id",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, first_id FROM persons ORDER BY id", "1|NULL", "2|1");
    assert_rows(fixture, "SELECT owner_id FROM balls WHERE id = 1", "2");
}

static void
a_favourite_that_was_not_read_is_emptied_by_one_update(void **state)
{
    Fixture *fixture = *state;
    const Ball *balls[3];
    add_person(fixture->session, balls);
    commit(fixture->session);
    const Person *person = find(new_session(fixture), Person, 1);
    forget_statements(fixture);
    kith_set_null(person, first);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE persons SET first_id", "COMMIT");
}

static void
a_row_that_is_there_already_refers_to_a_new_one_that_refers_to_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Person *person = kith_add(session, Person, .id = 0);
    commit(session);
    forget_statements(fixture);
    const Ball *ball = kith_add(session, Ball, .owner.target = person);
    kith_set(person, first, ball);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "INSERT balls", "UPDATE persons SET first_id", "COMMIT");
}

static void
several_references_of_a_row_are_written_later_by_one_update(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Ball *balls[3];
    const Person *person = add_person(session, balls);
    kith_set(person, second, balls[1]);
    kith_set(person, third, balls[2]);
    commit(session);
    assert_rows(fixture, "SELECT first_id, second_id, third_id FROM persons", "1|2|3");
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT persons",
                      "INSERT balls x3",
                      "UPDATE persons SET first_id, second_id, third_id",
                      "COMMIT");
    kith_set_null(person, first);
    kith_set_null(person, second);
    kith_set_null(person, third);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "UPDATE persons SET first_id, second_id, third_id", "COMMIT");
}

static void
several_references_of_a_row_are_emptied_by_one_update_before_it_is_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Ball *balls[3];
    const Person *person = add_person(session, balls);
    kith_set(person, second, balls[1]);
    kith_set(person, third, balls[2]);
    commit(session);
    forget_statements(fixture);
    kith_delete(person);
    for (int i = 0; i < 3; i++)
        kith_delete(balls[i]);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE persons SET first_id, second_id, third_id",
                      "DELETE balls x3",
                      "DELETE persons",
                      "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM balls");
}

/* A root with a list of @n items under it, each linked to the next and the one before;
 * committed. */
static const Item *
add_items(KithSession *session, const Item **items, int n)
{
    const Item *root = kith_add(session, Item, .id = 0);
    for (int i = 0; i < n; i++) {
        items[i] = kith_add(session, Item, .root.target = root);
        if (i == 0)
            continue;
        kith_set(items[i], previous, items[i - 1]);
        kith_set(items[i - 1], next, items[i]);
    }
    commit(session);
    return root;
}

static void
a_list_that_is_linked_both_ways_is_inserted(void **state)
{
    Fixture *fixture = *state;
    const Item *items[4];
    add_items(fixture->session, items, 4);
    assert_rows(fixture,
                "SELECT root_id, previous_id, next_id FROM items ORDER BY id",
                "NULL|NULL|NULL",
                "1|NULL|3",
                "1|2|4",
                "1|3|5",
                "1|4|NULL");
}

static void
an_item_is_taken_out_of_a_list_by_two_updates_and_a_delete(void **state)
{
    Fixture *fixture = *state;
    const Item *items[3];
    add_items(fixture->session, items, 3);
    forget_statements(fixture);
    kith_set(items[0], next, items[2]);
    kith_set(items[2], previous, items[0]);
    kith_set_null(items[1], next);
    kith_set_null(items[1], previous);
    kith_delete(items[1]);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE items SET next_id",
                      "UPDATE items SET previous_id",
                      "DELETE items",
                      "COMMIT");
}

static void
a_list_that_is_linked_both_ways_is_deleted_with_its_root_last(void **state)
{
    Fixture *fixture = *state;
    const Item *items[3];
    const Item *root = add_items(fixture->session, items, 3);
    forget_statements(fixture);
    kith_delete(root);
    for (int i = 0; i < 3; i++)
        kith_delete(items[i]);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM items");
    assert_string_equal(
        g_ptr_array_index(fixture->statements, fixture->statements->len - 2),
        "DELETE items");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(two_children_are_inserted_together_after_their_parent),
        ON_A_SCHEMA(
            children_that_were_added_first_are_inserted_together_after_their_parent),
        ON_A_SCHEMA(children_are_deleted_together_before_their_parent),
        ON_A_SCHEMA(
            references_that_are_emptied_are_written_before_their_target_is_deleted),
        ON_A_SCHEMA(deleting_children_does_not_touch_or_read_their_parent),
        ON_A_SCHEMA(one_of_two_references_is_emptied_by_one_update),
        ON_A_SCHEMA(a_reference_is_emptied_without_reading_what_it_meant),
        ON_A_SCHEMA(a_reference_to_an_evicted_object_is_emptied_without_reading_it),
        ON_A_SCHEMA(a_parent_is_updated_before_its_children_that_come_and_go),
        ON_A_SCHEMA(two_relations_between_the_same_tables_are_flushed_together),
        ON_A_SCHEMA(rows_that_are_linked_by_plain_columns_are_inserted_by_depth),
        ON_A_SCHEMA(a_root_and_its_children_are_two_statements),
        ON_A_SCHEMA(a_tree_of_three_levels_is_three_statements_in_the_order_of_siblings),
        ON_A_SCHEMA(a_tree_is_deleted_from_below_without_reading_anything),
        ON_A_SCHEMA(a_child_leaves_its_parent_without_reading_it),
        ON_A_SCHEMA(a_child_is_replaced_by_one_with_its_key),
        ON_A_SCHEMA(a_tree_that_was_changed_is_deleted_by_a_later_flush),
        ON_A_SCHEMA(new_rows_under_an_unchanged_one_are_ordered_among_themselves),
        ON_A_SCHEMA(rows_that_refer_by_a_unique_text_are_ordered_by_it),
        ON_A_SCHEMA(a_later_flush_is_ordered_by_rows_that_were_flushed_before),
        ON_A_SCHEMA(some_of_the_rows_of_two_tables_in_a_cycle_are_deleted),
        ON_A_SCHEMA(a_favourite_is_written_after_the_rows_that_it_is_one_of),
        ON_A_SCHEMA(a_reference_of_a_row_that_is_deleted_alone_is_not_emptied),
        ON_A_SCHEMA(a_favourite_moves_from_row_to_row),
        ON_A_SCHEMA(a_favourite_that_was_not_read_is_emptied_by_one_update),
        ON_A_SCHEMA(a_row_that_is_there_already_refers_to_a_new_one_that_refers_to_it),
        ON_A_SCHEMA(several_references_of_a_row_are_written_later_by_one_update),
        ON_A_SCHEMA(
            several_references_of_a_row_are_emptied_by_one_update_before_it_is_deleted),
        ON_A_SCHEMA(a_list_that_is_linked_both_ways_is_inserted),
        ON_A_SCHEMA(an_item_is_taken_out_of_a_list_by_two_updates_and_a_delete),
        ON_A_SCHEMA(a_list_that_is_linked_both_ways_is_deleted_with_its_root_last),
    };
    return run_on_each_database("the order of a flush, case by case", tests);
}
