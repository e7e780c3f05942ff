/*
 * test-plan.c - plans, compared as text. Nothing here is about a database: most sessions
 * are on one in memory that has no tables, and those that need rows to change have it
 * write them before.
 */
#include "fixture.h"

typedef struct Slot Slot;
typedef struct Badge Badge;
typedef struct Key Key;
typedef struct Hen Hen;
typedef struct Egg Egg;
typedef struct Link Link;

/* A unique number that cannot be NULL: a swap needs a number that nobody has. */
struct Slot {
    int64_t id;
    int32_t place;
    const char *label;
};

/* A unique number that can be NULL. */
struct Badge {
    int64_t id;
    KithOptInt32 number;
};

/* A unique text in which nothing can be made up, because a CHECK names what it can be. */
typedef enum Tone {
    TONE_LOW,
    TONE_HIGH
} Tone;
struct Key {
    int64_t id;
    Tone tone;
};

/* Each cannot be without the other, but the one reference is checked at the end. */
struct Hen {
    int64_t id;
    KITH_REF(Egg) from;
};
struct Egg {
    int64_t id;
    KITH_REF(Hen) by;
};

/* A list that is linked both ways. */
struct Link {
    int64_t id;
    KITH_REF(Link) before;
    KITH_REF(Link) after;
};

KITH_DECLARE(Slot);
KITH_DECLARE(Badge);
KITH_DECLARE(Key);
KITH_DECLARE(Hen);
KITH_DECLARE(Egg);
KITH_DECLARE(Link);

KITH_MAPPING(Slot,
             "slots",
             KITH_KEY(Slot, id),
             KITH_COLUMN(Slot, place, .unique = true),
             KITH_COLUMN(Slot, label, .nullable = true));
KITH_MAPPING(Badge,
             "badges",
             KITH_KEY(Badge, id),
             KITH_COLUMN(Badge, number, .unique = true));
KITH_MAPPING(Key,
             "keys",
             KITH_KEY(Key, id),
             KITH_COLUMN(Key, tone, .unique = true, .names = KITH_NAMES("low", "high")));
KITH_MAPPING(Hen,
             "hens",
             KITH_KEY(Hen, id),
             KITH_BELONGS_TO(Hen, from, Egg, .deferrable = true));
KITH_MAPPING(Egg, "eggs", KITH_KEY(Egg, id), KITH_BELONGS_TO(Egg, by, Hen));

KITH_MAPPING(Link,
             "links",
             KITH_KEY(Link, id),
             KITH_BELONGS_TO(Link, before, Link, .nullable = true),
             KITH_BELONGS_TO(Link, after, Link, .nullable = true));

static const KithMapping *const mappings[] = {
    &kith_mapping_Author, &kith_mapping_Book,
    &kith_mapping_Member, &kith_mapping_Loan,
    &kith_mapping_Review, &kith_mapping_Category,
    &kith_mapping_Branch, &kith_mapping_Employee,
    &kith_mapping_Twin,   &kith_mapping_Slot,
    &kith_mapping_Badge,  &kith_mapping_Key,
    &kith_mapping_Hen,    &kith_mapping_Egg,
    &kith_mapping_Link,   NULL,
};

/* --- what the tests stand on ------------------------------------------------------- */

typedef struct Planning {
    KithEngine *engine;
    KithSession *session;
    unsigned n_sent; /* statements */
} Planning;

static void
count_statement(const KithTraceEvent *event, void *data)
{
    (void) event;
    ((Planning *) data)->n_sent++;
}

static int
set_up(void **state)
{
    Planning *planning = g_new0(Planning, 1);
    KithOptions options = { .mappings = mappings,
                            .trace = count_statement,
                            .trace_data = planning };
    g_autoptr(GError) error = NULL;
    planning->engine = kith_engine_open("sqlite::memory:", &options, &error);
    assert_done(planning->engine, error);
    planning->session = kith_session_new(planning->engine);
    *state = planning;
    return 0;
}

static int
tear_down(void **state)
{
    Planning *planning = *state;
    kith_session_free(planning->session);
    kith_engine_free(planning->engine);
    g_free(planning);
    return 0;
}

#define PLANS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* Make the tables, for the tests that change rows. */
static KithSession *
with_tables(Planning *planning)
{
    g_autoptr(GError) error = NULL;
    assert_done(kith_schema_create(planning->engine, &error), error);
    return planning->session;
}

/* The plan, without what it sends: that is nothing. */
static char *
plan_text(Planning *planning)
{
    g_autoptr(GError) error = NULL;
    unsigned n_sent = planning->n_sent;
    char *text = kith_plan(planning->session, &error);
    assert_done(text, error);
    assert_int_equal(planning->n_sent, n_sent);
    return text;
}

#define assert_plan(planning, ...) \
    compare_plan(                  \
        (planning), (const char *const[]){ __VA_ARGS__, NULL }, __FILE__, __LINE__)

static void
compare_plan(Planning *planning, const char *const *lines, const char *file, int line)
{
    g_autofree char *found = plan_text(planning);
    g_autoptr(GString) expected = g_string_new(NULL);
    for (size_t i = 0; lines[i] != NULL; i++)
        g_string_append_printf(expected, "%s\n", lines[i]);
    if (strcmp(found, expected->str) == 0)
        return;
    print_error("expected:\n%sfound:\n%s", expected->str, found);
    _fail(file, line);
}

static unsigned
count_steps(const char *plan)
{
    unsigned n_steps = 0;
    for (const char *at = plan; at != NULL && *at != '\0';) {
        n_steps += *at != ' ';
        const char *end = strchr(at, '\n');
        at = end != NULL ? end + 1 : NULL;
    }
    return n_steps;
}

/* --- steps ------------------------------------------------------------------------- */

static void
where_nothing_has_changed_the_plan_is_empty(void **state)
{
    assert_plan(*state, NULL);
}

static void
a_step_says_what_it_comes_after_and_why(void **state)
{
    Planning *planning = *state;
    const Book *book = kith_add(planning->session, Book, .title = "Justice");
    kith_add(
        planning->session, Review, .id = { { 1 } }, .text = "good", .book.target = book);
    kith_set(book, author, kith_add(planning->session, Author, .name = "Ann"));
    assert_plan(planning,
                "1. INSERT authors: Author (new)",
                "2. INSERT books: Book (new)",
                "   after 1: Book.author refers to it",
                "   after 1: Book.translator refers to it",
                "3. INSERT reviews: Review '01000000-0000-0000-0000-000000000000'",
                "   after 2: Review.book refers to it");
}

static void
a_table_that_refers_twice_has_two_reasons(void **state)
{
    Planning *planning = *state;
    const Author *ann = kith_add(planning->session, Author, .name = "Ann");
    kith_add(planning->session, Book, .title = "Justice", .author.target = ann);
    kith_add(planning->session, Loan, .book_id = 1, .member_login = "bob");
    kith_add(planning->session, Member, .login = "bob", .name = "Bob");
    assert_plan(planning,
                "1. INSERT authors: Author (new)",
                "2. INSERT books: Book (new)",
                "   after 1: Book.author refers to it",
                "   after 1: Book.translator refers to it",
                "3. INSERT members: Member 'bob'",
                "4. INSERT loans: Loan (1, 'bob')",
                "   after 2: Loan.book_id refers to it",
                "   after 3: Loan.member_login refers to it");
}

static void
a_table_is_one_step_however_many_rows_it_gets(void **state)
{
    Planning *planning = *state;
    for (int i = 0; i < 750; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(planning->session, Author, .name = name);
        kith_add(planning->session, Book, .title = "", .author.target = author);
    }
    assert_plan(
        planning,
        "1. INSERT authors: Author (new), (new), (new), (new), (new) and 745 more",
        "2. INSERT books: Book (new), (new), (new), (new), (new) and 745 more",
        "   after 1: Book.author refers to it",
        "   after 1: Book.translator refers to it");
}

static void
rows_that_are_not_changed_are_not_in_the_plan(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    g_autoptr(GError) error = NULL;
    const Category *all = kith_add(session, Category, .name = "all");
    const Category *left =
        kith_add(session, Category, .name = "left", .parent.target = all);
    kith_add(session, Category, .name = "right", .parent.target = all);
    commit(session);
    assert_int_equal(kith_length(kith_many(all, children, &error)), 2);
    (void) kith_edit(all);
    assert_plan(planning, NULL);
    kith_set(left, name, "links");
    assert_plan(planning, "1. UPDATE categories SET name: Category 2");
}

static void
updates_and_deletes_are_in_the_plan_by_ascending_key(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Slot *slots[6];
    for (int i = 0; i < 6; i++)
        slots[i] = kith_add(session, Slot, .id = 6 - i, .place = i);
    commit(session);
    kith_delete(slots[0]);
    kith_delete(slots[1]);
    kith_set(slots[2], label, "c");
    kith_set(slots[3], label, "d");
    kith_set(slots[5], place, 50);
    kith_set(slots[4], label, "e");
    assert_plan(planning,
                "1. UPDATE slots SET place: Slot 1",
                "2. UPDATE slots SET label: Slot 2, 3, 4",
                "3. DELETE slots: Slot 5, 6");
}

static void
a_row_that_leaves_what_is_deleted_is_written_before(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Author *ann = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = ann);
    const Book *gone = kith_add(session, Book, .title = "Sword", .author.target = ann);
    commit(session);
    kith_set(book, author, kith_add(session, Author, .name = "Bob"));
    kith_delete(gone);
    kith_delete(ann);
    assert_plan(planning,
                "1. INSERT authors: Author (new)",
                "2. UPDATE books SET version, author_id: Book 1",
                "   after 1: Book.author refers to it",
                "   after 1: Book.translator refers to it",
                "3. DELETE books: Book 2",
                "4. DELETE authors: Author 1",
                "   after 2: Book.author referred to what is deleted",
                "   after 2: Book.translator referred to what is deleted",
                "   after 3: Book.author referred to what is deleted",
                "   after 3: Book.translator referred to what is deleted");
}

/* --- rows of a table that refers to itself ----------------------------------------- */

static void
a_tree_takes_a_step_for_each_level(void **state)
{
    Planning *planning = *state;
    const Category *nodes[7];
    static const int parents[] = { -1, 0, 0, 0, 2, 2, 2 };
    for (int i = 6; i >= 0; i--)
        nodes[i] = kith_add(planning->session, Category, .id = i + 1, .name = "node");
    for (int i = 1; i < 7; i++)
        kith_set(nodes[i], parent, nodes[parents[i]]);
    assert_plan(planning,
                "1. INSERT categories: Category 1",
                "2. INSERT categories: Category 4, 3, 2",
                "   after 1: Category.parent refers to it",
                "3. INSERT categories: Category 7, 6, 5",
                "   after 2: Category.parent refers to it");
}

static void
a_row_alone_in_a_table_that_refers_to_itself_is_one_step(void **state)
{
    Planning *planning = *state;
    kith_add(planning->session, Category, .name = "all");
    assert_plan(planning, "1. INSERT categories: Category (new)");
}

static void
only_the_tables_of_a_circle_are_taken_apart(void **state)
{
    Planning *planning = *state;
    KithSession *session = planning->session;
    for (int i = 1; i <= 3; i++) {
        const Branch *branch = kith_add(session, Branch, .id = i, .town = "Oslo");
        const Author *author = kith_add(session, Author, .id = i, .name = "Ann");
        kith_add(session, Employee, .id = i, .name = "Bob", .branch.target = branch);
        kith_add(session, Book, .id = i, .title = "", .author.target = author);
    }
    assert_plan(planning,
                "1. INSERT authors: Author 1, 2, 3",
                "2. INSERT books: Book 1, 2, 3",
                "   after 1: Book.author refers to it",
                "   after 1: Book.translator refers to it",
                "3. INSERT branches: Branch 1, 2, 3",
                "4. INSERT employees: Employee 1, 2, 3",
                "   after 3: Employee.branch refers to it");
}

/* --- circles of rows --------------------------------------------------------------- */

static void
a_reference_that_had_to_be_left_out_is_written_later(void **state)
{
    Planning *planning = *state;
    KithSession *session = planning->session;
    const Branch *oslo = kith_add(session, Branch, .id = 1, .town = "Oslo");
    const Employee *ann =
        kith_add(session, Employee, .id = 1, .name = "Ann", .branch.target = oslo);
    kith_set(oslo, manager, ann);
    assert_plan(planning,
                "1. INSERT branches: Branch 1",
                "2. INSERT employees: Employee 1",
                "   after 1: Employee.branch refers to it",
                "3. UPDATE branches SET manager_id: Branch 1",
                "   after 2: Branch.manager refers to it",
                "   after 1: Branch.manager had to be left out");
}

static void
several_circles_are_broken_together(void **state)
{
    Planning *planning = *state;
    KithSession *session = planning->session;
    for (int i = 1; i <= 3; i++) {
        const Branch *branch = kith_add(session, Branch, .id = i, .town = "Oslo");
        const Employee *employee =
            kith_add(session, Employee, .id = i, .name = "Ann", .branch.target = branch);
        kith_set(branch, manager, employee);
    }
    assert_plan(planning,
                "1. INSERT branches: Branch 1, 2, 3",
                "2. INSERT employees: Employee 1, 2, 3",
                "   after 1: Employee.branch refers to it",
                "3. UPDATE branches SET manager_id: Branch 1, 2, 3",
                "   after 2: Branch.manager refers to it",
                "   after 1: Branch.manager had to be left out");
}

static void
a_row_on_no_circle_is_not_written_twice(void **state)
{
    Planning *planning = *state;
    KithSession *session = planning->session;
    const Branch *oslo = kith_add(session, Branch, .id = 1, .town = "Oslo");
    const Branch *rome = kith_add(session, Branch, .id = 2, .town = "Rome");
    const Employee *ann =
        kith_add(session, Employee, .id = 1, .name = "Ann", .branch.target = oslo);
    kith_set(oslo, manager, ann);
    kith_set(rome, manager, ann);
    assert_plan(planning,
                "1. INSERT branches: Branch 1",
                "2. INSERT employees: Employee 1",
                "   after 1: Employee.branch refers to it",
                "3. INSERT branches: Branch 2",
                "   after 2: Branch.manager refers to it",
                "4. UPDATE branches SET manager_id: Branch 1",
                "   after 2: Branch.manager refers to it",
                "   after 1: Branch.manager had to be left out");
}

static void
a_foreign_key_that_is_checked_at_the_end_breaks_a_circle_without_an_update(void **state)
{
    Planning *planning = *state;
    KithSession *session = planning->session;
    const Hen *hen = kith_add(session, Hen, .id = 1);
    const Egg *egg = kith_add(session, Egg, .id = 2, .by.target = hen);
    kith_set(hen, from, egg);
    assert_plan(planning,
                "1. INSERT hens: Hen 1",
                "2. INSERT eggs: Egg 2",
                "   after 1: Egg.by refers to it");
}

/* --- unique values ----------------------------------------------------------------- */

static const Slot *
add_slot(KithSession *session, int64_t id, int32_t place)
{
    return kith_add(session, Slot, .id = id, .place = place);
}

static void
a_value_that_is_handed_over_says_so(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Slot *old = add_slot(session, 1, 10);
    commit(session);
    kith_delete(old);
    add_slot(session, 2, 10);
    add_slot(session, 3, 30);
    assert_plan(planning,
                "1. DELETE slots: Slot 1",
                "2. INSERT slots: Slot 2, 3",
                "   after 1: Slot.place passes on its value");
}

static void
only_rows_whose_values_meet_are_ordered(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Slot *one = add_slot(session, 1, 10), *two = add_slot(session, 2, 20);
    commit(session);
    kith_delete(one);
    kith_delete(two);
    add_slot(session, 3, 30);
    assert_plan(planning, "1. INSERT slots: Slot 3", "2. DELETE slots: Slot 1, 2");
}

static void
a_swap_goes_by_way_of_null_where_there_is_one(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Badge *one = kith_add(session, Badge, .id = 1, .number = KITH_SOME(10));
    const Badge *two = kith_add(session, Badge, .id = 2, .number = KITH_SOME(20));
    commit(session);
    kith_set(one, number, 20);
    kith_set(two, number, 10);
    assert_plan(planning,
                "1. UPDATE badges SET number: Badge 2",
                "2. UPDATE badges SET number: Badge 1",
                "   after 1: Badge.number passes on its value",
                "3. UPDATE badges SET number: Badge 2",
                "   after 2: Badge.number passes on its value",
                "   after 1: Badge.number gave up its value for a moment");
}

static void
a_rotation_needs_one_more_update_however_long_it_is(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Slot *slots[4];
    for (int i = 0; i < 4; i++)
        slots[i] = add_slot(session, i + 1, 10 * (i + 1));
    commit(session);
    for (int i = 0; i < 4; i++)
        kith_set(slots[i], place, 10 * ((i + 1) % 4 + 1));
    assert_plan(planning,
                "1. UPDATE slots SET place: Slot 2",
                "2. UPDATE slots SET place: Slot 1",
                "   after 1: Slot.place passes on its value",
                "3. UPDATE slots SET place: Slot 4",
                "   after 2: Slot.place passes on its value",
                "4. UPDATE slots SET place: Slot 3",
                "   after 3: Slot.place passes on its value",
                "5. UPDATE slots SET place: Slot 2",
                "   after 4: Slot.place passes on its value",
                "   after 1: Slot.place gave up its value for a moment");
}

static void
a_circle_of_unique_values_that_cannot_be_broken_is_named(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    g_autoptr(GError) error = NULL;
    const Key *low = kith_add(session, Key, .id = 1, .tone = TONE_LOW);
    const Key *high = kith_add(session, Key, .id = 2, .tone = TONE_HIGH);
    commit(session);
    kith_set(low, tone, TONE_HIGH);
    kith_set(high, tone, TONE_LOW);
    g_autofree char *text = kith_plan(session, &error);
    assert_null(text);
    assert_error(error, KITH_ERROR_UNIQUE, "Key 2 -> Key 1 -> Key 2: *circle*");
}

static void
a_circle_of_references_that_cannot_be_broken_is_named(void **state)
{
    Planning *planning = *state;
    KithSession *session = planning->session;
    g_autoptr(GError) error = NULL;
    const Twin *twins[3];
    for (int i = 0; i < 3; i++)
        twins[i] = kith_add(session, Twin, .id = i + 1, .name = "Triplet");
    for (int i = 0; i < 3; i++)
        kith_set(twins[i], other, twins[(i + 1) % 3]);
    g_autofree char *text = kith_plan(session, &error);
    assert_null(text);
    assert_error(
        error, KITH_ERROR_FOREIGN_KEY, "Twin 2 -> Twin 3 -> Twin 1 -> Twin 2: *circle*");
}

/* --- the same changes, the same plan ----------------------------------------------- */

static void
the_plan_can_be_read_again_and_changes_nothing(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Author *ann = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = ann);
    const Category *all = kith_add(session, Category, .name = "all");
    kith_set(all, parent, all);
    g_autofree char *first = plan_text(planning);
    g_autofree char *second = plan_text(planning);
    assert_string_equal(first, second);
    assert_int_equal(ann->id, 0);
    assert_int_equal(book->version, 0);
    commit(session);
    kith_set(book, price, 2.5);
    g_autofree char *third = plan_text(planning);
    assert_string_equal(third, "1. UPDATE books SET price, version: Book 1\n");
    assert_int_equal(book->version, 1);
}

/* A forest, two circles, and plain tables, in a new session. */
static char *
plan_of_much(KithEngine *engine, unsigned seed)
{
    g_autoptr(KithSession) session = kith_session_new(engine);
    g_autoptr(GError) error = NULL;
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    const Category *nodes[60];
    const Branch *branches[20];
    for (int i = 0; i < 60; i++) {
        nodes[i] = kith_add(session, Category, .id = i + 1, .name = "node");
        kith_set(nodes[i], parent, nodes[g_rand_int_range(random, 0, i + 1)]);
    }
    kith_set(nodes[0], parent, nodes[59]);
    for (int i = 0; i < 20; i++) {
        branches[i] = kith_add(session, Branch, .id = i + 1, .town = "Oslo");
        const Employee *employee = kith_add(
            session, Employee, .id = i + 1, .name = "Ann", .branch.target = branches[i]);
        kith_set(branches[g_rand_int_range(random, 0, i + 1)], manager, employee);
    }
    char *text = kith_plan(session, &error);
    assert_done(text, error);
    return text;
}

static void
the_same_changes_give_the_same_plan(void **state)
{
    Planning *planning = *state;
    for (unsigned seed = 0; seed < 50; seed++) {
        g_autofree char *first = plan_of_much(planning->engine, seed);
        g_autofree char *second = plan_of_much(planning->engine, seed);
        assert_string_equal(first, second);
    }
}

static void
the_order_in_which_rows_were_edited_does_not_matter(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    const Slot *slots[5];
    for (int i = 0; i < 5; i++)
        slots[i] = add_slot(session, i + 1, 10 * (i + 1));
    commit(session);
    for (int i = 0; i < 5; i++)
        kith_set(slots[i], place, 10 * ((i + 1) % 5 + 1));
    g_autofree char *forwards = plan_text(planning);
    kith_rollback(session);
    for (int i = 4; i >= 0; i--)
        kith_set(slots[i], place, 10 * ((i + 1) % 5 + 1));
    g_autofree char *backwards = plan_text(planning);
    assert_string_equal(forwards, backwards);
}

/* --- much -------------------------------------------------------------------------- */

#define MANY 10000

/* A list: each refers to the one that was added after it, and maybe the last to the
 * first. */
static void
add_list(KithSession *session, bool closes)
{
    const Category *first = kith_add(session, Category, .id = 1, .name = "link");
    const Category *last = first;
    for (int i = 1; i < MANY; i++) {
        const Category *next = kith_add(session, Category, .id = i + 1, .name = "link");
        kith_set(last, parent, next);
        last = next;
    }
    if (closes)
        kith_set(last, parent, first);
}

static void
ten_thousand_rows_that_wait_for_each_other_are_planned(void **state)
{
    Planning *planning = *state;
    add_list(planning->session, false);
    g_autofree char *text = plan_text(planning);
    assert_int_equal(count_steps(text), MANY);
    assert_true(g_str_has_prefix(text,
                                 "1. INSERT categories: Category 10000\n"
                                 "2. INSERT categories: Category 9999\n"
                                 "   after 1: Category.parent refers to it\n"));
}

static void
a_circle_of_ten_thousand_rows_is_broken_once(void **state)
{
    Planning *planning = *state;
    add_list(planning->session, true);
    g_autofree char *text = plan_text(planning);
    assert_int_equal(count_steps(text), MANY + 1);
}

static void
ten_thousand_values_move_up_by_one(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    static const Slot *slots[MANY];
    for (int i = 0; i < MANY; i++)
        slots[i] = add_slot(session, i + 1, i);
    commit(session);
    for (int i = 0; i < MANY; i++)
        kith_set(slots[i], place, i + 1);
    g_autofree char *text = plan_text(planning);
    assert_int_equal(count_steps(text), MANY);
    assert_true(g_str_has_prefix(text,
                                 "1. UPDATE slots SET place: Slot 10000\n"
                                 "2. UPDATE slots SET place: Slot 9999\n"
                                 "   after 1: Slot.place passes on its value\n"));
}

static void
ten_thousand_swaps_are_three_steps(void **state)
{
    Planning *planning = *state;
    KithSession *session = with_tables(planning);
    static const Slot *slots[2 * MANY];
    for (int i = 0; i < 2 * MANY; i++)
        slots[i] = add_slot(session, i + 1, i);
    commit(session);
    for (int i = 0; i < 2 * MANY; i++)
        kith_set(slots[i], place, i ^ 1);
    g_autofree char *text = plan_text(planning);
    assert_int_equal(count_steps(text), 3);
}

static void
ten_thousand_links_both_ways_are_planned(void **state)
{
    Planning *planning = *state;
    const Link *last = NULL;
    for (int i = 0; i < MANY; i++) {
        const Link *next =
            kith_add(planning->session, Link, .id = i + 1, .before.target = last);
        if (last != NULL)
            kith_set(last, after, next);
        last = next;
    }
    g_autofree char *text = plan_text(planning);
    assert_int_equal(count_steps(text), MANY + 1);
}

/* --- the graph, and refusals ------------------------------------------------------- */

static void
a_plan_can_be_drawn(void **state)
{
    Planning *planning = *state;
    g_autoptr(GError) error = NULL;
    const Branch *oslo = kith_add(planning->session, Branch, .id = 1, .town = "Oslo");
    const Employee *ann = kith_add(
        planning->session, Employee, .id = 1, .name = "Ann", .branch.target = oslo);
    kith_set(oslo, manager, ann);
    kith_add(planning->session, Member, .login = "\"bob\"", .name = "Bob");
    g_autofree char *graph = kith_plan_graph(planning->session, &error);
    assert_done(graph, error);
    assert_string_equal(graph,
                        "digraph flush {\n"
                        "    node [shape=box];\n"
                        "    1 [label=\"INSERT members: Member '\\\"bob\\\"'\"];\n"
                        "    2 [label=\"INSERT branches: Branch 1\"];\n"
                        "    3 [label=\"INSERT employees: Employee 1\"];\n"
                        "    4 [label=\"UPDATE branches SET manager_id: Branch 1\"];\n"
                        "    2 -> 3 [label=\"Employee.branch refers to it\"];\n"
                        "    3 -> 4 [label=\"Branch.manager refers to it\"];\n"
                        "    2 -> 4 [label=\"Branch.manager had to be left out\"];\n"
                        "}\n");
}

static void
a_plan_of_what_makes_no_sense_is_refused(void **state)
{
    Planning *planning = *state;
    g_autoptr(GError) error = NULL;
    kith_add(planning->session, Book, .title = "Justice");
    g_autofree char *text = kith_plan(planning->session, &error);
    assert_null(text);
    assert_error(error, KITH_ERROR_NOT_NULL, "Book (new): *author*");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLANS(where_nothing_has_changed_the_plan_is_empty),
        PLANS(a_step_says_what_it_comes_after_and_why),
        PLANS(a_table_that_refers_twice_has_two_reasons),
        PLANS(a_table_is_one_step_however_many_rows_it_gets),
        PLANS(rows_that_are_not_changed_are_not_in_the_plan),
        PLANS(updates_and_deletes_are_in_the_plan_by_ascending_key),
        PLANS(a_row_that_leaves_what_is_deleted_is_written_before),
        PLANS(a_tree_takes_a_step_for_each_level),
        PLANS(a_row_alone_in_a_table_that_refers_to_itself_is_one_step),
        PLANS(only_the_tables_of_a_circle_are_taken_apart),
        PLANS(a_reference_that_had_to_be_left_out_is_written_later),
        PLANS(several_circles_are_broken_together),
        PLANS(a_row_on_no_circle_is_not_written_twice),
        PLANS(a_foreign_key_that_is_checked_at_the_end_breaks_a_circle_without_an_update),
        PLANS(a_value_that_is_handed_over_says_so),
        PLANS(only_rows_whose_values_meet_are_ordered),
        PLANS(a_swap_goes_by_way_of_null_where_there_is_one),
        PLANS(a_rotation_needs_one_more_update_however_long_it_is),
        PLANS(a_circle_of_unique_values_that_cannot_be_broken_is_named),
        PLANS(a_circle_of_references_that_cannot_be_broken_is_named),
        PLANS(the_plan_can_be_read_again_and_changes_nothing),
        PLANS(the_same_changes_give_the_same_plan),
        PLANS(the_order_in_which_rows_were_edited_does_not_matter),
        PLANS(ten_thousand_rows_that_wait_for_each_other_are_planned),
        PLANS(a_circle_of_ten_thousand_rows_is_broken_once),
        PLANS(ten_thousand_values_move_up_by_one),
        PLANS(ten_thousand_swaps_are_three_steps),
        PLANS(ten_thousand_links_both_ways_are_planned),
        PLANS(a_plan_can_be_drawn),
        PLANS(a_plan_of_what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
