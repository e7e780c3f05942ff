/*
 * test-transactions.c - begin, commit, rollback, savepoints: what each sends, and what it
 * does to the values, the membership, the versions and the generated keys of objects.
 */
#include "fixture.h"

/* Ann (1) and Bob (2), and Ann's book (1), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (101, 'Ann', 1966)");
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (102, 'Bob', NULL)");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (101, 'Justice', 9.5, 1, 101)");
}

static void
savepoint(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    assert_done(kith_savepoint(fixture->session, &error), error);
}

static void
release(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    assert_done(kith_savepoint_release(fixture->session, &error), error);
}

static void
roll_back_to_savepoint(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
}

/* --- when a transaction is open ---------------------------------------------------- */

static void
with_nothing_to_write_nothing_is_sent(void **state)
{
    Fixture *fixture = *state;
    commit(fixture->session);
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_no_statements(fixture);
}

static void
a_read_does_not_open_a_transaction(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    find(fixture->session, Author, 101);
    commit(fixture->session);
    kith_rollback(fixture->session);
    assert_statements(fixture, "SELECT authors WHERE id");
}

static void
a_flush_keeps_the_transaction_open(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors");
    assert_no_rows(fixture, "SELECT id FROM authors");
    kith_add(fixture->session, Author, .name = "Bob");
    flush(fixture->session);
    assert_statements(fixture, "INSERT authors");
    commit(fixture->session);
    assert_statements(fixture, "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY id", "Ann", "Bob");
}

static void
begin_opens_a_transaction_that_reads_and_flushes_share(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    kith_set(find(fixture->session, Author, 101), born, 1967);
    flush(fixture->session);
    find(fixture->session, Author, 102);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT authors WHERE id",
                      "UPDATE authors SET born",
                      "SELECT authors WHERE id",
                      "COMMIT");
}

static void
an_open_transaction_is_committed_even_with_nothing_to_write(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "COMMIT");
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
begin_within_a_transaction_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_false(kith_begin(fixture->session, NULL, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "a transaction is open already; commit it, roll it back, or set a savepoint");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
a_transaction_that_only_reads_is_begun_with_options(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    KithTransactionOptions options = { .isolation = KITH_SERIALIZABLE,
                                       .read_only = true };
    assert_done(kith_begin(fixture->session, &options, &error), error);
    assert_string_equal(find(fixture->session, Author, 101)->name, "Ann");
    run_sql(fixture, "UPDATE authors SET name = 'Bo' WHERE id = 102");
    assert_string_equal(find(fixture->session, Author, 102)->name, "Bob");
    commit(fixture->session);
}

static void
a_session_that_is_freed_rolls_back(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    forget_statements(fixture);
    new_session(fixture);
    assert_statements(fixture, "ROLLBACK");
    assert_no_rows(fixture, "SELECT id FROM authors");
}

/* --- rollback ---------------------------------------------------------------------- */

static void
a_rollback_takes_back_what_was_not_flushed(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    const Author *bob = find(fixture->session, Author, 102);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    kith_set(ann, name, "Anne");
    kith_edit(ann)->born.has_value = false;
    kith_delete(bob);
    forget_statements(fixture);
    kith_rollback(fixture->session);
    assert_no_statements(fixture);
    assert_string_equal(ann->name, "Ann");
    assert_int_equal(ann->born.value, 1966);
    assert_true(ann->born.has_value);
    assert_int_equal(kith_state(bob), KITH_PERSISTENT);
    assert_ptr_equal(find(fixture->session, Author, 102), bob);
    assert_int_equal(kith_state(cora), KITH_DETACHED);
    assert_string_equal(cora->name, "Cora");
    assert_false(kith_has_changes(fixture->session));
}

static void
a_rollback_takes_back_what_was_flushed(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    const Author *bob = find(fixture->session, Author, 102);
    const Book *book = find(fixture->session, Book, 101);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    kith_set(ann, name, "Anne");
    kith_set(book, author, cora);
    kith_delete(bob);
    flush(fixture->session);
    int64_t cora_id = cora->id;
    assert_true(cora_id > 0);
    assert_int_equal(book->version, 2);
    kith_set(ann, name, "Annette");
    flush(fixture->session);
    forget_statements(fixture);
    kith_rollback(fixture->session);
    assert_statements(fixture, "ROLLBACK");
    assert_string_equal(ann->name, "Ann");
    assert_int_equal(book->version, 1);
    assert_int_equal(kith_state(bob), KITH_PERSISTENT);
    assert_ptr_equal(find(fixture->session, Author, 102), bob);
    assert_int_equal(kith_state(cora), KITH_DETACHED);
    assert_int_equal(cora->id, 0);
    assert_no_statements(fixture);
    assert_gone(fixture->session, Author, cora_id);
    assert_false(kith_has_changes(fixture->session));
}

static void
a_rollback_restores_references(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 101);
    const Author *ann = find(fixture->session, Author, 101);
    const Author *bob = find(fixture->session, Author, 102);
    kith_set(book, author, bob);
    kith_set(book, translator, bob);
    flush(fixture->session);
    kith_set_null(book, translator);
    kith_rollback(fixture->session);
    assert_ptr_equal(kith_ref(book, author, &error), ann);
    assert_null(kith_ref(book, translator, &error));
    assert_done(error == NULL, error);
    assert_false(kith_has_changes(fixture->session));
}

static void
after_a_rollback_the_same_work_can_be_done_again(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Author *ann = kith_edit(find(fixture->session, Author, 101));
    for (int i = 0; i < 2; i++) {
        ann->name = "Anne";
        kith_add(fixture->session, Author, .id = 7, .name = "Cora");
        kith_delete(find(fixture->session, Author, 102));
        flush(fixture->session);
        if (i == 0)
            kith_rollback(fixture->session);
    }
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT id, name FROM authors ORDER BY id", "7|Cora", "101|Anne");
}

static void
a_rollback_after_a_commit_takes_nothing_back(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    kith_set(ann, name, "Anne");
    commit(fixture->session);
    kith_rollback(fixture->session);
    assert_string_equal(ann->name, "Anne");
    assert_int_equal(kith_state(cora), KITH_PERSISTENT);
    kith_set(ann, name, "Annette");
    kith_rollback(fixture->session);
    assert_string_equal(ann->name, "Anne");
}

static void
an_object_added_and_deleted_in_one_transaction_is_detached_by_a_rollback(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    kith_delete(ann);
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM authors");
}

static void
an_object_edited_and_then_deleted_is_back_with_its_first_values(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 101);
    kith_set(book, title, "Sword");
    flush(fixture->session);
    kith_set(book, title, "Mercy");
    kith_delete(book);
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(book), KITH_PERSISTENT);
    assert_string_equal(book->title, "Justice");
    assert_int_equal(book->version, 1);
    kith_set(book, title, "Sword");
    commit(fixture->session);
    assert_rows(fixture, "SELECT title, version FROM books", "Sword|2");
}

static void
a_key_that_was_changed_is_the_old_one_again(void **state)
{
    Fixture *fixture = *state;
    const Member *ann = kith_add(fixture->session, Member, .login = "ann", .name = "Ann");
    commit(fixture->session);
    kith_set(ann, login, "anne");
    assert_ptr_equal(find(fixture->session, Member, "ann"), ann);
    flush(fixture->session);
    assert_ptr_equal(find(fixture->session, Member, "anne"), ann);
    assert_gone(fixture->session, Member, "ann");
    kith_rollback(fixture->session);
    assert_string_equal(ann->login, "ann");
    assert_ptr_equal(find(fixture->session, Member, "ann"), ann);
    assert_gone(fixture->session, Member, "anne");
    kith_set(ann, login, "anne");
    commit(fixture->session);
    assert_rows(fixture, "SELECT login, name FROM members", "anne|Ann");
}

/* --- savepoints -------------------------------------------------------------------- */

static void
a_savepoint_flushes_and_opens_a_transaction(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "Ann");
    savepoint(fixture);
    assert_statements(fixture, "BEGIN", "INSERT authors", "SAVEPOINT 1");
    release(fixture);
    assert_statements(fixture, "RELEASE 1");
    commit(fixture->session);
    assert_statements(fixture, "COMMIT");
}

static void
rolling_back_to_a_savepoint_takes_back_what_came_after_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    const Book *book = find(fixture->session, Book, 101);
    const Author *before = kith_add(fixture->session, Author, .name = "before");
    kith_set(ann, name, "Anne");
    savepoint(fixture);
    const Author *after = kith_add(fixture->session, Author, .name = "after");
    kith_set(ann, name, "Annette");
    kith_set(book, price, 1);
    flush(fixture->session);
    kith_set(ann, born, 1900);
    kith_delete(book);
    forget_statements(fixture);
    roll_back_to_savepoint(fixture);
    assert_statements(fixture, "ROLLBACK TO 1", "RELEASE 1");
    assert_string_equal(ann->name, "Anne");
    assert_int_equal(ann->born.value, 1966);
    assert_int_equal(book->version, 1);
    assert_int_equal(kith_state(book), KITH_PERSISTENT);
    assert_int_equal(kith_state(before), KITH_PERSISTENT);
    assert_int_equal(kith_state(after), KITH_DETACHED);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT name, born FROM authors ORDER BY name",
                "Anne|1966",
                "Bob|NULL",
                "before|NULL");
    assert_rows(fixture, "SELECT price, version FROM books", "9.5|1");
}

static void
savepoints_nest(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Author *ann = kith_edit(find(fixture->session, Author, 101));
    forget_statements(fixture);
    ann->born.value = 1;
    savepoint(fixture);
    ann->born.value = 2;
    savepoint(fixture);
    ann->born.value = 3;
    savepoint(fixture);
    ann->born.value = 4;
    release(fixture);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET born",
                      "SAVEPOINT 1",
                      "UPDATE authors SET born",
                      "SAVEPOINT 2",
                      "UPDATE authors SET born",
                      "SAVEPOINT 3",
                      "UPDATE authors SET born",
                      "RELEASE 3");
    assert_int_equal(ann->born.value, 4);
    roll_back_to_savepoint(fixture);
    assert_statements(fixture, "ROLLBACK TO 2", "RELEASE 2");
    assert_int_equal(ann->born.value, 2);
    ann->born.value = 5;
    release(fixture);
    assert_int_equal(ann->born.value, 5);
    assert_statements(fixture, "UPDATE authors SET born", "RELEASE 1");
    kith_rollback(fixture->session);
    assert_int_equal(ann->born.value, 1966);
}

static void
a_commit_with_savepoints_open_keeps_everything(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "Ann");
    savepoint(fixture);
    kith_add(fixture->session, Author, .name = "Bob");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY id", "Ann", "Bob");
    g_autoptr(GError) error = NULL;
    assert_false(kith_savepoint_release(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "there is no savepoint; set one with kith_savepoint()");
}

static void
a_rollback_with_savepoints_open_takes_everything_back(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    savepoint(fixture);
    kith_add(fixture->session, Author, .name = "Bob");
    savepoint(fixture);
    forget_statements(fixture);
    kith_rollback(fixture->session);
    assert_statements(fixture, "ROLLBACK");
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_no_rows(fixture, "SELECT id FROM authors");
    g_autoptr(GError) error = NULL;
    assert_false(kith_savepoint_rollback(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "there is no savepoint*");
}

static void
a_savepoint_can_be_set_again_after_it_was_rolled_back(void **state)
{
    Fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        savepoint(fixture);
        kith_add(fixture->session, Author, .name = "Ann");
        flush(fixture->session);
        roll_back_to_savepoint(fixture);
    }
    savepoint(fixture);
    kith_add(fixture->session, Author, .name = "Ann");
    release(fixture);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
deleted_before_and_after_a_savepoint_is_told_apart(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 101);
    const Author *bob = find(fixture->session, Author, 102);
    kith_delete(book);
    savepoint(fixture);
    kith_delete(bob);
    flush(fixture->session);
    roll_back_to_savepoint(fixture);
    assert_int_equal(kith_state(book), KITH_DELETED);
    assert_int_equal(kith_state(bob), KITH_PERSISTENT);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM books");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob");
}

/* --- failure ----------------------------------------------------------------------- */

static void
a_failed_commit_leaves_all_as_the_program_made_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 102);
    const Book *book = find(fixture->session, Book, 101);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    kith_set(book, author, cora);
    kith_set(book, price, 1);
    kith_delete(bob);
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    assert_statements(fixture, "BEGIN", "INSERT authors x2 (failed)", "ROLLBACK");
    assert_int_equal(kith_state(cora), KITH_PENDING);
    assert_int_equal(cora->id, 0);
    assert_int_equal(kith_state(second), KITH_PENDING);
    assert_ptr_equal(book->author.target, cora);
    assert_int_equal(book->version, 1);
    assert_true(book->price == 1);
    assert_int_equal(kith_state(bob), KITH_DELETED);
    kith_set(second, name, "Anne");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT authors x2",
                      "UPDATE books SET price, version, author_id",
                      "DELETE authors",
                      "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Anne", "Cora");
    assert_rows(
        fixture,
        "SELECT title, version, name FROM books JOIN authors ON author_id = authors.id",
        "Justice|2|Cora");
    assert_int_equal(book->version, 2);
    assert_int_equal(kith_state(bob), KITH_DETACHED);
}

static void
a_failed_commit_can_be_rolled_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 102);
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    kith_set(bob, name, "Bo");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    kith_rollback(fixture->session);
    assert_string_equal(bob->name, "Bob");
    assert_int_equal(kith_state(second), KITH_DETACHED);
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_failed_commit_keeps_what_earlier_flushes_wrote_to_be_written_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    const Author *bob = find(fixture->session, Author, 102);
    const Book *book = find(fixture->session, Book, 101);
    kith_set(ann, born, 1900);
    kith_set(book, price, 1);
    kith_delete(bob);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    flush(fixture->session);
    kith_set(book, price, 2.5);
    const Author *second = kith_add(fixture->session, Author, .name = "Cora");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(kith_state(cora), KITH_PENDING);
    assert_int_equal(cora->id, 0);
    assert_int_equal(book->version, 1);
    assert_int_equal(kith_state(bob), KITH_DELETED);
    kith_set(second, name, "Dora");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT authors x2",
                      "UPDATE authors SET born",
                      "UPDATE books SET price, version",
                      "DELETE authors",
                      "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Cora", "Dora");
    assert_rows(fixture, "SELECT price, version FROM books", "2.5|2");
}

static void
a_failed_commit_keeps_the_order_in_which_objects_were_added(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Author, .name = "Zoe");
    kith_add(fixture->session, Author, .name = "Mia");
    flush(fixture->session);
    kith_add(fixture->session, Author, .name = "Ann");
    const Author *second = kith_add(fixture->session, Author, .name = "Zoe");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    kith_set(second, name, "Bob");
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT name FROM authors ORDER BY id", "Zoe", "Mia", "Ann", "Bob");
}

static void
a_failed_flush_ends_the_transaction_and_keeps_the_work(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(kith_state(second), KITH_PENDING);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    kith_set(second, name, "Anne");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Anne", "Bob");
}

static void
a_failure_after_a_savepoint_keeps_the_work_before_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    savepoint(fixture);
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    forget_statements(fixture);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_statements(fixture, "INSERT authors (failed)", "ROLLBACK TO 1");
    assert_int_equal(kith_state(cora), KITH_PERSISTENT);
    assert_int_equal(kith_state(second), KITH_PENDING);
    roll_back_to_savepoint(fixture);
    assert_int_equal(kith_state(second), KITH_DETACHED);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob", "Cora");
}

static void
a_failure_after_a_savepoint_can_be_mended(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 101);
    savepoint(fixture);
    kith_set(book, price, 1);
    flush(fixture->session);
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_savepoint_release(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(book->version, 1);
    kith_set(second, name, "Anne");
    release(fixture);
    assert_int_equal(book->version, 2);
    commit(fixture->session);
    assert_rows(fixture, "SELECT version FROM books WHERE price = 1.0", "2");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Anne", "Bob");
}

static void
a_lost_commit_takes_generated_keys_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Review *review = kith_add(fixture->session,
                                    Review,
                                    .text = "good",
                                    .book.target = find(fixture->session, Book, 101));
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    static const KithUuid none;
    assert_memory_equal(&review->id, &none, sizeof none);
    kith_delete(second);
    commit(fixture->session);
    assert_memory_not_equal(&review->id, &none, sizeof none);
    assert_rows(fixture, "SELECT text FROM reviews", "good");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(with_nothing_to_write_nothing_is_sent),
        ON_A_DATABASE(a_read_does_not_open_a_transaction),
        ON_A_DATABASE(a_flush_keeps_the_transaction_open),
        ON_A_DATABASE(begin_opens_a_transaction_that_reads_and_flushes_share),
        ON_A_DATABASE(an_open_transaction_is_committed_even_with_nothing_to_write),
        ON_A_DATABASE(begin_within_a_transaction_is_refused),
        ON_A_DATABASE(a_transaction_that_only_reads_is_begun_with_options),
        ON_A_DATABASE(a_session_that_is_freed_rolls_back),
        ON_A_DATABASE(a_rollback_takes_back_what_was_not_flushed),
        ON_A_DATABASE(a_rollback_takes_back_what_was_flushed),
        ON_A_DATABASE(a_rollback_restores_references),
        ON_A_DATABASE(after_a_rollback_the_same_work_can_be_done_again),
        ON_A_DATABASE(a_rollback_after_a_commit_takes_nothing_back),
        ON_A_DATABASE(
            an_object_added_and_deleted_in_one_transaction_is_detached_by_a_rollback),
        ON_A_DATABASE(an_object_edited_and_then_deleted_is_back_with_its_first_values),
        ON_A_DATABASE(a_key_that_was_changed_is_the_old_one_again),
        ON_A_DATABASE(a_savepoint_flushes_and_opens_a_transaction),
        ON_A_DATABASE(rolling_back_to_a_savepoint_takes_back_what_came_after_it),
        ON_A_DATABASE(savepoints_nest),
        ON_A_DATABASE(a_commit_with_savepoints_open_keeps_everything),
        ON_A_DATABASE(a_rollback_with_savepoints_open_takes_everything_back),
        ON_A_DATABASE(a_savepoint_can_be_set_again_after_it_was_rolled_back),
        ON_A_DATABASE(deleted_before_and_after_a_savepoint_is_told_apart),
        ON_A_DATABASE(a_failed_commit_leaves_all_as_the_program_made_it),
        ON_A_DATABASE(a_failed_commit_can_be_rolled_back),
        ON_A_DATABASE(
            a_failed_commit_keeps_what_earlier_flushes_wrote_to_be_written_again),
        ON_A_DATABASE(a_failed_commit_keeps_the_order_in_which_objects_were_added),
        ON_A_DATABASE(a_failed_flush_ends_the_transaction_and_keeps_the_work),
        ON_A_DATABASE(a_failure_after_a_savepoint_keeps_the_work_before_it),
        ON_A_DATABASE(a_failure_after_a_savepoint_can_be_mended),
        ON_A_DATABASE(a_lost_commit_takes_generated_keys_back),
    };
    return run_on_each_database("transactions", tests);
}
