/*
 * test-behaviours-versions.c - versions and rows that somebody else changed, case by
 * case.
 */
#include "own-schema.h"

typedef struct Leaf Leaf;

/* What refers to it is deleted by the database. */
struct Leaf {
    int64_t id;
    const char *text;
    KITH_REF(Leaf) parent;
    KITH_REF(Book) book;
};

KITH_DECLARE(Leaf);

KITH_MAPPING(
    Leaf,
    "leaves",
    KITH_KEY(Leaf, id, .generated = true),
    KITH_COLUMN(Leaf, text),
    KITH_BELONGS_TO(Leaf, parent, Leaf, .nullable = true, .on_delete = KITH_CASCADE),
    KITH_BELONGS_TO(Leaf, book, Book, .on_delete = KITH_CASCADE));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Leaf));
}

/* Books 1 to @n of one author, committed. */
static void
add_books(Fixture *fixture, const Book **books, int n)
{
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    for (int i = 0; i < n; i++)
        books[i] =
            kith_add(fixture->session, Book, .title = "title", .author.target = ann);
    commit(fixture->session);
    forget_statements(fixture);
}

static void
append_sql(const KithTraceEvent *event, void *data)
{
    if (g_str_has_prefix(event->sql, "UPDATE") || g_str_has_prefix(event->sql, "DELETE"))
        g_string_append_printf(data, "%s\n", event->sql);
}

static void
updates_and_deletes_ask_for_the_version_that_was_read(void **state)
{
    Fixture *fixture = *state;
    const Book *books[1];
    add_books(fixture, books, 1);
    g_autoptr(GString) sent = g_string_new(NULL);
    KithOptions options = { .trace = append_sql, .trace_data = sent };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    const Book *book = find(session, Book, 1);
    kith_set(book, price, 2.5);
    commit(session);
    assert_int_equal(book->version, 2);
    kith_set(book, price, 3.5);
    commit(session);
    assert_int_equal(book->version, 3);
    kith_delete(book);
    commit(session);
    g_auto(GStrv) lines = g_strsplit(sent->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4);
    for (int i = 0; i < 3; i++) {
        const char *condition = strstr(lines[i], "WHERE");
        assert_non_null(condition);
        assert_non_null(strstr(condition, "version"));
    }
}

static void
one_stale_row_of_a_batch_is_named_and_nothing_is_written(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Book *books[3];
    add_books(fixture, books, 3);
    run_sql(fixture, "UPDATE books SET version = 2 WHERE id = 2");
    for (int i = 0; i < 3; i++)
        kith_set(books[i], price, 2.5);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 2: *");
    assert_rows(fixture, "SELECT count(*) FROM books WHERE price = 0", "3");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(books[i]->version, 1);
        assert_true(books[i]->price == 2.5);
    }
}

static void
one_stale_row_of_many_that_are_deleted_is_named(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Book *books[2];
    add_books(fixture, books, 2);
    run_sql(fixture, "UPDATE books SET version = 2 WHERE id = 2");
    kith_delete(books[0]);
    kith_delete(books[1]);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 2: *");
    assert_rows(fixture, "SELECT id FROM books ORDER BY id", "1", "2");
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(books[1]), KITH_PERSISTENT);
    g_autoptr(GError) again = NULL;
    assert_done(kith_refresh(books[1], &again), again);
    kith_delete(books[0]);
    kith_delete(books[1]);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM books");
}

static void
a_row_that_is_replaced_has_the_next_version(void **state)
{
    Fixture *fixture = *state;
    const Book *books[1];
    add_books(fixture, books, 1);
    kith_delete(books[0]);
    const Book *new = kith_add(fixture->session,
                               Book,
                               .id = 1,
                               .title = "new",
                               .author.target = books[0]->author.target);
    commit(fixture->session);
    /* Leaves of the old book would go with it, if its row did. */
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT leaves WHERE book_id IN (?) ORDER BY id",
                      "UPDATE books SET title, version",
                      "COMMIT");
    assert_int_equal(new->version, 2);
    assert_rows(fixture, "SELECT title, version FROM books", "new|2");
    kith_set(new, price, 2.5);
    commit(fixture->session);
    assert_rows(fixture, "SELECT price, version FROM books", "2.5|3");
}

static void
a_child_that_is_replaced_has_the_next_version(void **state)
{
    Fixture *fixture = *state;
    const Book *books[2];
    add_books(fixture, books, 2);
    const Author *ann = books[0]->author.target;
    kith_set(ann, name, "Anna");
    kith_delete(books[1]);
    kith_add(fixture->session, Book, .id = 2, .title = "new", .author.target = ann);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT leaves WHERE book_id IN (?) ORDER BY id",
                      "UPDATE authors SET name",
                      "UPDATE books SET title, version",
                      "COMMIT");
    assert_rows(
        fixture, "SELECT title, version FROM books ORDER BY id", "title|1", "new|2");
}

static void
a_row_that_somebody_else_deleted_and_inserted_again_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Book *books[1];
    add_books(fixture, books, 1);
    kith_set(books[0], price, 2.5);
    commit(fixture->session);
    run_sql(fixture,
            "DELETE FROM books; INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'theirs', 0, 1, 1)");
    kith_delete(books[0]);
    kith_add(fixture->session,
             Book,
             .id = 1,
             .title = "ours",
             .author.target = books[0]->author.target);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: *");
    assert_rows(fixture, "SELECT title FROM books", "theirs");
}

static void
a_version_rises_without_any_other_change(void **state)
{
    Fixture *fixture = *state;
    const Book *books[1];
    add_books(fixture, books, 1);
    kith_touch(books[0]);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET version", "COMMIT");
    assert_rows(fixture, "SELECT version FROM books", "2");
}

static void
versions_of_many_rows_rise_together(void **state)
{
    Fixture *fixture = *state;
    const Book *books[50];
    add_books(fixture, books, 50);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++)
            kith_set(books[i], price, round + 1.5);
        commit(fixture->session);
        assert_statements(
            fixture, "BEGIN", "UPDATE books SET price, version x50", "COMMIT");
    }
    assert_rows(fixture, "SELECT DISTINCT version FROM books", "4");
}

static void
a_lock_finds_a_row_that_was_changed_since_it_was_read(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Book *books[1];
    add_books(fixture, books, 1);
    const Book *book = find(new_session(fixture), Book, 1);
    run_sql(fixture, "UPDATE books SET version = 2, price = 9");
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: *");
    assert_done(kith_refresh(book, &error), error);
    assert_done(kith_lock(book, KITH_FOR_UPDATE, KITH_WAIT, &error), error);
    assert_true(book->price == 9);
}

static void
a_parent_and_a_child_that_the_database_deletes_with_it_are_both_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Book *books[1];
    add_books(fixture, books, 1);
    const Leaf *root = kith_add(session, Leaf, .text = "", .book.target = books[0]);
    const Leaf *leaf = kith_add(
        session, Leaf, .text = "", .parent.target = root, .book.target = books[0]);
    commit(session);
    forget_statements(fixture);
    kith_delete(books[0]);
    kith_delete(root);
    kith_delete(leaf);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "DELETE leaves", "DELETE leaves", "DELETE books", "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM leaves");
}

/* Leaf 1, 2 in it, 3 in that and so on, committed, and a session that knows nothing. */
static KithSession *
add_branch(Fixture *fixture, int n)
{
    const Book *books[1];
    add_books(fixture, books, 1);
    const Leaf *leaf = NULL;
    for (int i = 0; i < n; i++)
        leaf = kith_add(fixture->session,
                        Leaf,
                        .text = "",
                        .parent.target = leaf,
                        .book.target = books[0]);
    commit(fixture->session);
    return new_session(fixture);
}

/* What lies between them the database deletes, and the lower one with it. */
static void
two_of_a_branch_are_deleted_though_what_is_between_is_not(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = add_branch(fixture, 5);
    const Leaf *root = find(session, Leaf, 1);
    const Leaf *lower = find(session, Leaf, 3);
    const Leaf *lowest = find(session, Leaf, 5);
    kith_delete(lowest);
    kith_delete(root);
    kith_delete(lower);
    commit(session);
    assert_no_rows(fixture, "SELECT id FROM leaves");
    assert_int_equal(kith_state(root), KITH_DETACHED);
    assert_int_equal(kith_state(lower), KITH_DETACHED);
    assert_int_equal(kith_state(lowest), KITH_DETACHED);
}

static void
a_leaf_that_is_moved_to_a_deleted_one_goes_with_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = add_branch(fixture, 3);
    const Leaf *root = find(session, Leaf, 1);
    const Leaf *leaf = find(session, Leaf, 3);
    kith_set(leaf, parent, root);
    kith_delete(root);
    commit(session);
    assert_no_rows(fixture, "SELECT id FROM leaves");
    assert_int_equal(kith_state(leaf), KITH_DETACHED);
}

static void
of_two_of_a_branch_that_are_deleted_one_that_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = add_branch(fixture, 3);
    kith_delete(find(session, Leaf, 1));
    kith_delete(find(session, Leaf, 3));
    run_sql(fixture, "DELETE FROM leaves WHERE id = 3");
    run_sql(fixture, "UPDATE leaves SET parent_id = NULL WHERE id = 2");
    run_sql(fixture, "DELETE FROM leaves WHERE id = 1");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_STALE, "Leaf 1: *");
    assert_rows(fixture, "SELECT id FROM leaves", "2");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(updates_and_deletes_ask_for_the_version_that_was_read),
        ON_A_SCHEMA(one_stale_row_of_a_batch_is_named_and_nothing_is_written),
        ON_A_SCHEMA(one_stale_row_of_many_that_are_deleted_is_named),
        ON_A_SCHEMA(a_row_that_is_replaced_has_the_next_version),
        ON_A_SCHEMA(a_child_that_is_replaced_has_the_next_version),
        ON_A_SCHEMA(a_row_that_somebody_else_deleted_and_inserted_again_is_stale),
        ON_A_SCHEMA(a_version_rises_without_any_other_change),
        ON_A_SCHEMA(versions_of_many_rows_rise_together),
        ON_A_SCHEMA(a_lock_finds_a_row_that_was_changed_since_it_was_read),
        ON_A_SCHEMA(
            a_parent_and_a_child_that_the_database_deletes_with_it_are_both_deleted),
        ON_A_SCHEMA(two_of_a_branch_are_deleted_though_what_is_between_is_not),
        ON_A_SCHEMA(a_leaf_that_is_moved_to_a_deleted_one_goes_with_it),
        ON_A_SCHEMA(of_two_of_a_branch_that_are_deleted_one_that_is_gone_is_stale),
    };
    return run_on_each_database("versions, case by case", tests);
}
