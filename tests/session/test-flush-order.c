/*
 * test-flush-order.c - in which order a flush writes: by foreign keys, whatever the
 * program did first. Tables in a cycle are ordered row by row.
 */
#include "fixture.h"

/* --- between tables ---------------------------------------------------------------- */

static void
a_row_is_inserted_after_the_rows_that_it_refers_to(void **state)
{
    Fixture *fixture = *state;
    const Book *book = kith_add(fixture->session, Book, .title = "Justice");
    kith_add(fixture->session, Review, .text = "good", .book.target = book);
    kith_set(book, author, kith_add(fixture->session, Author, .name = "Ann"));
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT authors", "INSERT books", "INSERT reviews", "COMMIT");
    assert_rows(fixture, "SELECT author_id FROM books", "1");
    assert_rows(fixture, "SELECT book_id FROM reviews", "1");
}

static void
pairs_do_not_mix_up_their_keys(void **state)
{
    Fixture *fixture = *state;
    for (int i = 0; i < 5; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        g_autofree char *title = g_strdup_printf("book of author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        kith_add(fixture->session, Book, .title = title, .author.target = author);
    }
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors x5", "INSERT books x5", "COMMIT");
    assert_rows(fixture,
                "SELECT count(*) FROM books JOIN authors ON authors.id = books.author_id "
                "WHERE books.title = 'book of ' || authors.name",
                "5");
}

static void
a_row_is_deleted_before_the_rows_that_it_refers_to(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *justice =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    const Book *sword =
        kith_add(fixture->session, Book, .title = "Sword", .author.target = ann);
    const Review *review =
        kith_add(fixture->session, Review, .text = "good", .book.target = sword);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(ann);
    kith_delete(sword);
    kith_delete(justice);
    kith_delete(review);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE reviews",
                      "DELETE books x2",
                      "DELETE authors",
                      "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM authors");
}

static void
inserts_come_first_then_updates_then_deletes(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *book =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(ann);
    kith_set(book, author, kith_add(fixture->session, Author, .name = "Bob"));
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT authors",
                      "UPDATE books SET version, author_id",
                      "DELETE authors",
                      "COMMIT");
    assert_rows(fixture, "SELECT author_id FROM books", "2");
}

static void
a_foreign_key_of_a_plain_column_orders_as_well(void **state)
{
    Fixture *fixture = *state;
    const Loan *loan =
        kith_add(fixture->session, Loan, .book_id = 5, .member_login = "bob");
    const Member *bob = kith_add(fixture->session, Member, .login = "bob", .name = "Bob");
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *book = kith_add(
        fixture->session, Book, .id = 5, .title = "Justice", .author.target = ann);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT authors",
                      "INSERT books",
                      "INSERT members",
                      "INSERT loans",
                      "COMMIT");
    kith_delete(book);
    kith_delete(bob);
    kith_delete(loan);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE loans", "DELETE members", "DELETE books", "COMMIT");
}

/* --- within a table ---------------------------------------------------------------- */

static void
inserts_go_in_the_order_added(void **state)
{
    Fixture *fixture = *state;
    static const char *const names[] = { "Zoe", "Ann", "Mia", "Bob" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        kith_add(fixture->session, Author, .name = names[i]);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT name FROM authors ORDER BY id", "Zoe", "Ann", "Mia", "Bob");
}

static void
inserts_go_in_the_order_added_also_around_one_that_is_taken_back(void **state)
{
    Fixture *fixture = *state;
    static const char *const names[] = { "Zoe", "Ann", "Mia", "Bob", "Cora" };
    const Author *authors[G_N_ELEMENTS(names)];
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        authors[i] = kith_add(fixture->session, Author, .name = names[i]);
    kith_delete(authors[1]);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT name FROM authors ORDER BY id", "Zoe", "Mia", "Bob", "Cora");
}

static void
rows_with_and_without_a_given_key_keep_the_order_added(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Author, .name = "Bob");
    kith_add(fixture->session, Author, .id = 50, .name = "Cora");
    kith_add(fixture->session, Author, .name = "Dora");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT authors x2",
                      "INSERT authors",
                      "INSERT authors",
                      "COMMIT");
}

/* Authors with these keys, in a session that has not seen them. */
static void
fill_authors(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO authors (id, name) VALUES "
            "(1, 'Ann'), (2, 'Bob'), (3, 'Cora'), (10, 'Dora')");
}

/* The parameters of the first row of the last DELETE. */
static void
record_delete(const KithTraceEvent *event, void *data)
{
    if (g_str_has_prefix(event->sql, "DELETE"))
        g_string_assign(data, event->parameters);
}

static void
deletes_go_by_ascending_key(void **state)
{
    Fixture *fixture = *state;
    fill_authors(fixture);
    g_autoptr(GString) first = g_string_new(NULL);
    KithOptions options = { .trace = record_delete, .trace_data = first };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    const int ids[] = { 10, 2, 3 };
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        kith_delete(find(session, Author, ids[i]));
    commit(session);
    assert_string_equal(first->str, "2");
    assert_rows(fixture, "SELECT id FROM authors", "1");
}

static void
updates_go_by_ascending_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill_authors(fixture);
    const int ids[] = { 10, 2, 1, 3 };
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        kith_set(find(fixture->session, Author, ids[i]), name, "Zoe");
    assert_false(kith_commit(fixture->session, &error));
    /* The first one is let in, the second one is not. */
    assert_error(error, KITH_ERROR_UNIQUE, "Author 2: *");
}

static void
updates_of_the_same_columns_go_together(void **state)
{
    Fixture *fixture = *state;
    fill_authors(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    const Author *cora = find(fixture->session, Author, 3);
    const Author *dora = find(fixture->session, Author, 10);
    forget_statements(fixture);
    kith_set(dora, born, 1);
    kith_set(ann, born, 2);
    kith_set(cora, born, 3);
    kith_set(bob, name, "Bo");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET name",
                      "UPDATE authors SET born x3",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT name, born FROM authors ORDER BY id",
                "Ann|2",
                "Bo|NULL",
                "Cora|3",
                "Dora|1");
}

/* --- a table that refers to itself ------------------------------------------------- */

/* all -> (left -> (leaf), right), added from the leaves up. */
static void
add_tree(KithSession *session, const Category *nodes[4])
{
    nodes[3] = kith_add(session, Category, .name = "leaf");
    nodes[2] = kith_add(session, Category, .name = "right");
    nodes[1] = kith_add(session, Category, .name = "left");
    nodes[0] = kith_add(session, Category, .name = "all");
    kith_set(nodes[3], parent, nodes[1]);
    kith_set(nodes[2], parent, nodes[0]);
    kith_set(nodes[1], parent, nodes[0]);
}

static void
rows_of_a_tree_are_inserted_by_depth(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[4];
    add_tree(fixture->session, nodes);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT categories",
                      "INSERT categories x2",
                      "INSERT categories",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT name, parent_id FROM categories ORDER BY id",
                "all|NULL",
                "right|1",
                "left|1",
                "leaf|3");
}

static void
rows_of_a_tree_are_deleted_from_the_leaves(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[4];
    add_tree(fixture->session, nodes);
    commit(fixture->session);
    forget_statements(fixture);
    for (int i = 0; i < 4; i++)
        kith_delete(nodes[i]);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE categories x2",
                      "DELETE categories",
                      "DELETE categories",
                      "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM categories");
}

static void
rows_of_a_tree_that_was_just_loaded_are_deleted_from_the_leaves(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Category *nodes[4];
    add_tree(fixture->session, nodes);
    commit(fixture->session);
    g_autoptr(CategoryQuery) query = kith_query(new_session(fixture), Category);
    kith_order_by(query, kith_asc(Category, id));
    const Category *const *all = kith_all(query, &error);
    assert_done(all, error);
    kith_each (category, all)
        kith_delete(category);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM categories");
}

static void
a_subtree_moves_under_a_new_row(void **state)
{
    Fixture *fixture = *state;
    const Category *nodes[4];
    add_tree(fixture->session, nodes);
    commit(fixture->session);
    forget_statements(fixture);
    const Category *new = kith_add(fixture->session, Category, .name = "new");
    kith_set(nodes[3], parent, new);
    kith_delete(nodes[1]);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT categories",
                      "UPDATE categories SET parent_id",
                      "DELETE categories",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT name, parent_id FROM categories WHERE name = 'leaf'", "leaf|5");
}

static void
a_row_with_a_given_key_that_refers_to_itself_is_inserted_at_once(void **state)
{
    Fixture *fixture = *state;
    const Twin *narcissus =
        kith_add(fixture->session, Twin, .id = 1, .name = "Narcissus");
    kith_set(narcissus, other, narcissus);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT twins", "COMMIT");
    assert_rows(fixture, "SELECT name, other_id FROM twins", "Narcissus|1");
    kith_delete(narcissus);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE twins", "COMMIT");
}

static void
a_row_with_a_generated_key_that_refers_to_itself_needs_an_update(void **state)
{
    Fixture *fixture = *state;
    const Category *all = kith_add(fixture->session, Category, .name = "all");
    kith_set(all, parent, all);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT categories",
                      "UPDATE categories SET parent_id",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, name, parent_id FROM categories", "1|all|1");
    assert_false(kith_has_changes(fixture->session));
}

static void
a_generated_key_that_has_to_be_known_before_its_row_is_written_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Twin *narcissus = kith_add(fixture->session, Twin, .name = "Narcissus");
    kith_set(narcissus, other, narcissus);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_FOREIGN_KEY,
        "Twin (new): other refers to the object itself, whose key is not known before it "
        "is inserted; make it nullable, or give the object a key");
    kith_set(narcissus, id, 5);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, other_id FROM twins", "Narcissus|5");
}

/* --- cycles ------------------------------------------------------------------------ */

static void
a_cycle_of_rows_is_broken_by_a_later_update(void **state)
{
    Fixture *fixture = *state;
    const Branch *branch = kith_add(fixture->session, Branch, .town = "Oslo");
    const Employee *ann =
        kith_add(fixture->session, Employee, .name = "Ann", .branch.target = branch);
    const Employee *bob =
        kith_add(fixture->session, Employee, .name = "Bob", .branch.target = branch);
    kith_set(branch, manager, bob);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT branches",
                      "INSERT employees x2",
                      "UPDATE branches SET manager_id",
                      "COMMIT");
    assert_int_equal(ann->id, 1);
    assert_rows(fixture, "SELECT town, manager_id FROM branches", "Oslo|2");
    assert_rows(
        fixture, "SELECT name, branch_id FROM employees ORDER BY id", "Ann|1", "Bob|1");
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
tables_in_a_cycle_need_no_update_where_the_rows_are_in_none(void **state)
{
    Fixture *fixture = *state;
    const Branch *oslo = kith_add(fixture->session, Branch, .town = "Oslo");
    const Employee *ann =
        kith_add(fixture->session, Employee, .name = "Ann", .branch.target = oslo);
    const Branch *rome = kith_add(fixture->session, Branch, .town = "Rome");
    kith_set(rome, manager, ann);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT branches",
                      "INSERT employees",
                      "INSERT branches",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT town, manager_id FROM branches ORDER BY id",
                "Oslo|NULL",
                "Rome|1");
}

static void
a_row_that_is_changed_after_its_cycle_was_written_is_written_once_more(void **state)
{
    Fixture *fixture = *state;
    const Branch *branch = kith_add(fixture->session, Branch, .town = "Oslo");
    const Employee *ann =
        kith_add(fixture->session, Employee, .name = "Ann", .branch.target = branch);
    kith_set(branch, manager, ann);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set_null(branch, manager);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE branches SET manager_id", "COMMIT");
    kith_delete(branch);
    kith_delete(ann);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE employees", "DELETE branches", "COMMIT");
}

static void
two_rows_of_one_table_that_mean_each_other_are_inserted(void **state)
{
    Fixture *fixture = *state;
    const Category *chicken = kith_add(fixture->session, Category, .name = "chicken");
    const Category *egg = kith_add(fixture->session, Category, .name = "egg");
    kith_set(chicken, parent, egg);
    kith_set(egg, parent, chicken);
    commit(fixture->session);
    assert_rows(
        fixture,
        "SELECT a.name, b.name FROM categories a JOIN categories b ON a.parent_id = b.id "
        "ORDER BY 1",
        "chicken|egg",
        "egg|chicken");
}

static void
a_circle_without_a_reference_that_can_be_null_is_refused_by_name(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Twin *castor = kith_add(fixture->session, Twin, .id = 1, .name = "Castor");
    const Twin *pollux = kith_add(fixture->session, Twin, .id = 2, .name = "Pollux");
    kith_set(castor, other, pollux);
    kith_set(pollux, other, castor);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_FOREIGN_KEY,
        "Twin 2 -> Twin 1 -> Twin 2: these rows wait for each other in a circle, and "
        "nothing in it can be NULL for a moment; *");
    assert_no_statements(fixture);
    kith_set(castor, other, castor);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT name, other_id FROM twins ORDER BY id", "Castor|1", "Pollux|1");
}

static void
rows_that_refer_to_the_wrong_row_are_refused_by_the_database(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    commit(fixture->session);
    kith_delete(ann);
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Author 1: *");
    assert_statements(fixture, "BEGIN", "DELETE authors (failed)", "ROLLBACK");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_row_is_inserted_after_the_rows_that_it_refers_to),
        ON_A_DATABASE(pairs_do_not_mix_up_their_keys),
        ON_A_DATABASE(a_row_is_deleted_before_the_rows_that_it_refers_to),
        ON_A_DATABASE(inserts_come_first_then_updates_then_deletes),
        ON_A_DATABASE(a_foreign_key_of_a_plain_column_orders_as_well),
        ON_A_DATABASE(inserts_go_in_the_order_added),
        ON_A_DATABASE(inserts_go_in_the_order_added_also_around_one_that_is_taken_back),
        ON_A_DATABASE(rows_with_and_without_a_given_key_keep_the_order_added),
        ON_A_DATABASE(deletes_go_by_ascending_key),
        ON_A_DATABASE(updates_go_by_ascending_key),
        ON_A_DATABASE(updates_of_the_same_columns_go_together),
        ON_A_DATABASE(rows_of_a_tree_are_inserted_by_depth),
        ON_A_DATABASE(rows_of_a_tree_are_deleted_from_the_leaves),
        ON_A_DATABASE(rows_of_a_tree_that_was_just_loaded_are_deleted_from_the_leaves),
        ON_A_DATABASE(a_subtree_moves_under_a_new_row),
        ON_A_DATABASE(a_row_with_a_given_key_that_refers_to_itself_is_inserted_at_once),
        ON_A_DATABASE(a_row_with_a_generated_key_that_refers_to_itself_needs_an_update),
        ON_A_DATABASE(
            a_generated_key_that_has_to_be_known_before_its_row_is_written_is_refused),
        ON_A_DATABASE(a_cycle_of_rows_is_broken_by_a_later_update),
        ON_A_DATABASE(tables_in_a_cycle_need_no_update_where_the_rows_are_in_none),
        ON_A_DATABASE(
            a_row_that_is_changed_after_its_cycle_was_written_is_written_once_more),
        ON_A_DATABASE(two_rows_of_one_table_that_mean_each_other_are_inserted),
        ON_A_DATABASE(a_circle_without_a_reference_that_can_be_null_is_refused_by_name),
        ON_A_DATABASE(rows_that_refer_to_the_wrong_row_are_refused_by_the_database),
    };
    return run_on_each_database("the order of a flush", tests);
}
