/*
 * test-identity.c - one object for a row: get, query, evict, clear, refresh, and what a
 * loaded object does when somebody else changes its row.
 */
#include "fixture.h"

/* Ann (1) and Bob (2), and Ann's book (1), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (1, 'Ann', 1966)");
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (2, 'Bob', NULL)");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'Justice', 9.5, 1, 1)");
}

/* The only object that a query over all of T finds. */
static const Author *
query_author(Fixture *fixture, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_where(query, kith_eq(Author, name, name));
    const Author *author = kith_first(query, &error);
    assert_done(error == NULL, error);
    return author;
}

/* --- one pointer ------------------------------------------------------------------- */

static void
get_twice_returns_the_same_pointer(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_string_equal(ann->name, "Ann");
    assert_int_equal(ann->born.value, 1966);
    assert_statements(fixture, "SELECT authors WHERE id");
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_no_statements(fixture);
}

static void
get_takes_a_key_of_any_width(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_ptr_equal(find(fixture->session, Author, (int64_t) 1), ann);
    assert_ptr_equal(find(fixture->session, Author, (short) 1), ann);
}

static void
get_of_a_row_that_is_not_there_is_null_without_an_error(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(fixture->session, Author, 7, &error));
    assert_null(error);
    assert_statements(fixture, "SELECT authors WHERE id");
}

static void
require_of_a_row_that_is_not_there_is_an_error(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = kith_require(fixture->session, Author, 1, &error);
    assert_done(ann != NULL, error);
    assert_ptr_equal(kith_require_by(fixture->session, Author, &error, .id = 1), ann);
    assert_statements(fixture, "SELECT authors WHERE id");
    assert_null(kith_require(fixture->session, Author, 99, &error));
    assert_error_facts(error, .entity = "Author", .key = "99");
    assert_error(error, KITH_ERROR_NOT_FOUND, "Author 99: there is no such object");
    assert_null(kith_require_by(
        fixture->session, Loan, &error, .book_id = 99, .member_login = "x"));
    assert_error(error, KITH_ERROR_NOT_FOUND, "Loan (99, 'x'): there is no such object");
    assert_null(kith_require(fixture->session, Author, 99, NULL));
    kith_delete(ann);
    assert_null(kith_require(fixture->session, Author, 1, &error));
    assert_error(error, KITH_ERROR_NOT_FOUND, "Author 1: there is no such object");
    kith_rollback(fixture->session);
}

static void
require_passes_on_what_is_wrong_with_the_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_require(fixture->session, Author, "Ann", &error));
    assert_error(error, KITH_ERROR_TYPE, "Author.id: the value is of type *");
    assert_null(kith_require(fixture->session, Loan, 1, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Loan: its key has 2 members; *");
    assert_no_statements(fixture);
}

static void
get_looks_again_for_a_row_that_was_not_there(void **state)
{
    Fixture *fixture = *state;
    assert_gone(fixture->session, Author, 1);
    fill(fixture);
    assert_string_equal(find(fixture->session, Author, 1)->name, "Ann");
}

static void
a_query_returns_the_pointer_that_get_returned(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_ptr_equal(query_author(fixture, "Ann"), ann);
    assert_ptr_equal(query_author(fixture, "Ann"), ann);
}

static void
get_returns_the_pointer_that_a_query_returned(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = query_author(fixture, "Ann");
    forget_statements(fixture);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_no_statements(fixture);
}

static void
an_object_that_was_added_is_found_after_the_commit(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_int_equal(ann->id, 0);
    assert_int_equal(kith_state(ann), KITH_PENDING);
    commit(fixture->session);
    assert_int_equal(ann->id, 1);
    assert_int_equal(kith_state(ann), KITH_PERSISTENT);
    forget_statements(fixture);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_no_statements(fixture);
    assert_ptr_equal(query_author(fixture, "Ann"), ann);
}

static void
a_pending_object_with_a_key_is_not_found_by_get(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .id = 7, .name = "Ann");
    assert_gone(fixture->session, Author, 7);
    flush(fixture->session);
    assert_string_equal(find(fixture->session, Author, 7)->name, "Ann");
}

static void
two_sessions_have_objects_of_their_own(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *other_ann = find(other, Author, 1);
    assert_ptr_not_equal(ann, other_ann);
    assert_ptr_equal(kith_session_of(ann), fixture->session);
    assert_ptr_equal(kith_session_of(other_ann), other);
}

/* --- other keys -------------------------------------------------------------------- */

static void
a_text_key_is_found(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture,
            "INSERT INTO members (login, name) VALUES ('ann', 'Ann'), ('', 'Nobody')");
    const Member *ann = find(fixture->session, Member, "ann");
    assert_string_equal(ann->name, "Ann");
    assert_statements(fixture, "SELECT members WHERE login");
    g_autofree char *login = g_strdup("ann");
    assert_ptr_equal(find(fixture->session, Member, login), ann);
    assert_no_statements(fixture);
    assert_string_equal(find(fixture->session, Member, "")->name, "Nobody");
    assert_gone(fixture->session, Member, "Ann");
}

static void
a_uuid_key_is_made_and_found(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Review *review =
        kith_add(fixture->session, Review, .text = "good", .book.target = book);
    commit(fixture->session);
    KithUuid id = review->id;
    static const KithUuid none;
    assert_memory_not_equal(&id, &none, sizeof id);
    assert_ptr_equal(find(fixture->session, Review, id), review);
    new_session(fixture);
    forget_statements(fixture);
    review = find(fixture->session, Review, id);
    assert_string_equal(review->text, "good");
    assert_statements(fixture, "SELECT reviews WHERE id");
    assert_ptr_equal(find(fixture->session, Review, id), review);
    assert_no_statements(fixture);
}

static void
a_key_of_two_members_is_found_with_get_by(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    run_sql(fixture,
            "INSERT INTO members (login, name) VALUES ('ann', 'Ann'), ('bob', 'Bob')");
    run_sql(fixture,
            "INSERT INTO loans (book_id, member_login, due) VALUES "
            "(1, 'ann', '2026-01-31'), (1, 'bob', '2026-02-28')");
    const Loan *loan =
        kith_get_by(fixture->session, Loan, &error, .book_id = 1, .member_login = "ann");
    assert_done(loan, error);
    assert_int_equal(loan->due.days, kith_date_make(2026, 1, 31).days);
    assert_statements(fixture, "SELECT loans WHERE book_id AND member_login");
    assert_ptr_equal(
        kith_get_by(fixture->session, Loan, &error, .member_login = "ann", .book_id = 1),
        loan);
    assert_no_statements(fixture);
    assert_ptr_not_equal(
        kith_get_by(fixture->session, Loan, &error, .book_id = 1, .member_login = "bob"),
        loan);
    assert_null(
        kith_get_by(fixture->session, Loan, &error, .book_id = 2, .member_login = "ann"));
    assert_null(error);
}

static void
get_by_works_for_a_key_of_one_member(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_ptr_equal(kith_get_by(fixture->session, Author, &error, .id = 1), ann);
    assert_null(error);
}

static void
get_of_a_key_of_two_members_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(fixture->session, Loan, 1, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Loan: its key has 2 members; use kith_get_by()");
    assert_no_statements(fixture);
}

static void
a_key_of_another_type_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(fixture->session, Author, "Ann", &error));
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "Author.id: the value is of type const char ?, and the member of *");
    assert_null(kith_get(fixture->session, Member, 1, &error));
    assert_error(
        error, KITH_ERROR_TYPE, "Member.login: 1 does not fit a member of type *");
    assert_no_statements(fixture);
}

static void
a_null_text_is_refused_as_a_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const char *nothing = NULL;
    assert_null(kith_get(fixture->session, Member, nothing, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Member.login: the key is NULL");
    assert_null(kith_get_by(fixture->session, Loan, &error, .book_id = 1));
    assert_error(error, KITH_ERROR_NOT_NULL, "Loan.member_login: the key is NULL");
    assert_no_statements(fixture);
}

static void
a_key_that_is_not_utf8_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(fixture->session, Member, "\xff", &error));
    assert_error(error, KITH_ERROR_TYPE, "Member.login: the key is not UTF-8");
    assert_gone(fixture->session, Member, "ann");
}

/* --- deleted ----------------------------------------------------------------------- */

static void
get_of_a_deleted_object_is_null(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    forget_statements(fixture);
    kith_delete(bob);
    assert_int_equal(kith_state(bob), KITH_DELETED);
    assert_gone(fixture->session, Author, 2);
    assert_no_statements(fixture);
    flush(fixture->session);
    assert_int_equal(kith_state(bob), KITH_DELETED);
    assert_gone(fixture->session, Author, 2);
    commit(fixture->session);
    assert_int_equal(kith_state(bob), KITH_DETACHED);
    assert_null(kith_session_of(bob));
    assert_gone(fixture->session, Author, 2);
}

static void
a_detached_object_can_still_be_read(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    kith_delete(bob);
    commit(fixture->session);
    assert_int_equal(bob->id, 2);
    assert_string_equal(bob->name, "Bob");
}

/* --- evict and clear --------------------------------------------------------------- */

static void
an_evicted_object_is_loaded_anew(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_evict(find(fixture->session, Author, 1));
    run_sql(fixture, "UPDATE authors SET name = 'Anne' WHERE id = 1");
    forget_statements(fixture);
    assert_string_equal(find(fixture->session, Author, 1)->name, "Anne");
    assert_statements(fixture, "SELECT authors WHERE id");
}

static void
a_reference_to_an_evicted_object_loads_it_anew(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_done(kith_ref(book, author, &error), error);
    kith_evict(book->author.target);
    assert_null(book->author.target);
    forget_statements(fixture);
    const Author *ann = kith_ref(book, author, &error);
    assert_done(ann, error);
    assert_string_equal(ann->name, "Ann");
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
an_object_with_changes_is_not_evicted(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, born, 1967);
    kith_evict(ann);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Author: only an object without changes can be evicted*commit first (*:*)");
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    commit(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 1", "1967");
    kith_evict(ann);
    assert_int_equal(find(fixture->session, Author, 1)->born.value, 1967);
}

static void
an_object_that_was_flushed_and_not_committed_is_not_evicted(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    kith_evict(ann);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author: only an object without changes*");
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
}

static void
clear_lets_go_of_everything_and_of_changes(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_set(find(fixture->session, Author, 1), name, "Anne");
    kith_add(fixture->session, Author, .name = "Cora");
    kith_delete(find(fixture->session, Book, 1));
    kith_clear(fixture->session);
    assert_false(kith_has_changes(fixture->session));
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
    assert_string_equal(find(fixture->session, Author, 1)->name, "Ann");
    assert_statements(fixture, "SELECT authors WHERE id");
    assert_string_equal(find(fixture->session, Book, 1)->title, "Justice");
}

static void
clear_within_a_transaction_leaves_what_was_flushed(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    kith_clear(fixture->session);
    assert_string_equal(find(fixture->session, Author, 1)->name, "Ann");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
clear_within_a_transaction_lets_go_of_what_was_deleted(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    kith_set(bob, born, 1900);
    flush(fixture->session);
    kith_delete(bob);
    flush(fixture->session);
    kith_clear(fixture->session);
    assert_gone(fixture->session, Author, 2);
    kith_rollback(fixture->session);
    assert_string_equal(find(fixture->session, Author, 2)->name, "Bob");
}

/* --- refresh ----------------------------------------------------------------------- */

static void
refresh_reads_the_row_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    run_sql(fixture, "UPDATE authors SET name = 'Anne', born = NULL WHERE id = 1");
    forget_statements(fixture);
    assert_done(kith_refresh(ann, &error), error);
    assert_statements(fixture, "SELECT authors WHERE id");
    assert_string_equal(ann->name, "Anne");
    assert_false(ann->born.has_value);
    assert_false(kith_has_changes(fixture->session));
}

static void
refresh_of_a_row_that_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    run_sql(fixture, "DELETE FROM authors WHERE id = 2");
    assert_false(kith_refresh(bob, &error));
    assert_error_facts(error, .entity = "Author", .key = "2", .table = "authors");
    assert_error(
        error, KITH_ERROR_STALE, "Author 2: the row is not in the table any more");
    assert_string_equal(bob->name, "Bob");
    kith_set(bob, name, "Bob"); /* is what it is, as far as is known */
    assert_false(kith_has_changes(fixture->session));
}

static void
refresh_of_an_edited_object_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, name, "Anne");
    assert_false(kith_refresh(ann, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author 1: it has changes (*), which a refresh would lose; commit or roll "
                 "back first");
    assert_string_equal(ann->name, "Anne");
    commit(fixture->session);
    assert_done(kith_refresh(ann, &error), error);
}

static void
refresh_of_a_pending_object_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_refresh(ann, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author (new): only an object that has a row can be refreshed");
    commit(fixture->session);
}

/* --- from one unit of work to the next --------------------------------------------- */

static void
within_a_unit_of_work_a_loaded_object_never_changes(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    run_sql(fixture, "UPDATE authors SET name = 'Anne', born = 1 WHERE id = 1");
    assert_ptr_equal(query_author(fixture, "Anne"), ann);
    assert_string_equal(ann->name, "Ann");
    assert_int_equal(ann->born.value, 1966);
}

static void
in_the_next_unit_of_work_a_query_brings_it_up_to_date(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const char *name = ann->name;
    commit(fixture->session);
    run_sql(fixture, "UPDATE authors SET name = 'Anne', born = NULL WHERE id = 1");
    assert_ptr_equal(ann->name, name);
    assert_string_equal(ann->name, "Ann");
    assert_ptr_equal(query_author(fixture, "Anne"), ann);
    assert_string_equal(ann->name, "Anne");
    assert_false(ann->born.has_value);
    assert_false(kith_has_changes(fixture->session));
}

static void
in_the_next_unit_of_work_a_reference_is_up_to_date(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_done(kith_ref(book, author, &error), error);
    kith_rollback(fixture->session);
    run_sql(fixture, "UPDATE books SET author_id = 2 WHERE id = 1");
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    assert_ptr_equal(kith_first(query, &error), book);
    const Author *bob = kith_ref(book, author, &error);
    assert_done(bob, error);
    assert_string_equal(bob->name, "Bob");
}

static void
what_was_edited_is_never_overwritten_by_a_read(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    KithOptions options = { .no_autoflush = true };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    const Author *other = find(session, Author, 1);
    commit(session);
    kith_set(other, born, 1901);
    run_sql(fixture, "UPDATE authors SET name = 'Anna', born = 2 WHERE id = 1");
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    kith_where(query, kith_eq(Author, id, 1));
    assert_ptr_equal(kith_first(query, &error), other);
    assert_string_equal(other->name, "Ann");
    assert_int_equal(other->born.value, 1901);
    commit(session);
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Anna|1901");
}

static void
an_object_that_was_written_is_brought_up_to_date_in_the_next_unit_of_work(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    Author *edited = kith_edit(ann);
    edited->name = "Anna";
    commit(fixture->session);
    run_sql(fixture, "UPDATE authors SET name = 'Anne' WHERE id = 1");
    assert_ptr_equal(query_author(fixture, "Anne"), ann);
    assert_string_equal(ann->name, "Anne");
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(get_twice_returns_the_same_pointer),
        ON_A_DATABASE(get_takes_a_key_of_any_width),
        ON_A_DATABASE(get_of_a_row_that_is_not_there_is_null_without_an_error),
        ON_A_DATABASE(require_of_a_row_that_is_not_there_is_an_error),
        ON_A_DATABASE(require_passes_on_what_is_wrong_with_the_key),
        ON_A_DATABASE(get_looks_again_for_a_row_that_was_not_there),
        ON_A_DATABASE(a_query_returns_the_pointer_that_get_returned),
        ON_A_DATABASE(get_returns_the_pointer_that_a_query_returned),
        ON_A_DATABASE(an_object_that_was_added_is_found_after_the_commit),
        ON_A_DATABASE(a_pending_object_with_a_key_is_not_found_by_get),
        ON_A_DATABASE(two_sessions_have_objects_of_their_own),
        ON_A_DATABASE(a_text_key_is_found),
        ON_A_DATABASE(a_uuid_key_is_made_and_found),
        ON_A_DATABASE(a_key_of_two_members_is_found_with_get_by),
        ON_A_DATABASE(get_by_works_for_a_key_of_one_member),
        ON_A_DATABASE(get_of_a_key_of_two_members_is_refused),
        ON_A_DATABASE(a_key_of_another_type_is_refused),
        ON_A_DATABASE(a_null_text_is_refused_as_a_key),
        ON_A_DATABASE(a_key_that_is_not_utf8_is_refused),
        ON_A_DATABASE(get_of_a_deleted_object_is_null),
        ON_A_DATABASE(a_detached_object_can_still_be_read),
        ON_A_DATABASE(an_evicted_object_is_loaded_anew),
        ON_A_DATABASE(a_reference_to_an_evicted_object_loads_it_anew),
        ON_A_DATABASE(an_object_with_changes_is_not_evicted),
        ON_A_DATABASE(an_object_that_was_flushed_and_not_committed_is_not_evicted),
        ON_A_DATABASE(clear_lets_go_of_everything_and_of_changes),
        ON_A_DATABASE(clear_within_a_transaction_leaves_what_was_flushed),
        ON_A_DATABASE(clear_within_a_transaction_lets_go_of_what_was_deleted),
        ON_A_DATABASE(refresh_reads_the_row_again),
        ON_A_DATABASE(refresh_of_a_row_that_is_gone_is_stale),
        ON_A_DATABASE(refresh_of_an_edited_object_is_refused),
        ON_A_DATABASE(refresh_of_a_pending_object_is_refused),
        ON_A_DATABASE(within_a_unit_of_work_a_loaded_object_never_changes),
        ON_A_DATABASE(in_the_next_unit_of_work_a_query_brings_it_up_to_date),
        ON_A_DATABASE(in_the_next_unit_of_work_a_reference_is_up_to_date),
        ON_A_DATABASE(what_was_edited_is_never_overwritten_by_a_read),
        ON_A_DATABASE(
            an_object_that_was_written_is_brought_up_to_date_in_the_next_unit_of_work),
    };
    return run_on_each_database("identity", tests);
}
