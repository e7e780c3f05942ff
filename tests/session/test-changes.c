/*
 * test-changes.c - add, set, edit, delete: what a flush makes of them, what it leaves
 * out, and what happens to calls that make no sense.
 */
#include "fixture.h"

/* Ann (1) and Bob (2), and Ann's book (1), which Bob translated; put there by somebody
 * else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (1, 'Ann', 1966)");
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (2, 'Bob', NULL)");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id, translator_id) "
            "VALUES (1, 'Justice', 9.5, 1, 1, 2)");
}

/* Nothing is there to be written, and nothing is sent. */
static void
assert_nothing_to_write(Fixture *fixture)
{
    forget_statements(fixture);
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
assert_misuse(Fixture *fixture, const char *pattern)
{
    g_autoptr(GError) error = NULL;
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, pattern);
    commit(fixture->session);
}

/* --- add --------------------------------------------------------------------------- */

static void
a_commit_inserts_what_was_added(void **state)
{
    Fixture *fixture = *state;
    const Author *ann =
        kith_add(fixture->session, Author, .name = "Ann", .born = KITH_SOME(1966));
    const Book *book = kith_add(
        fixture->session, Book, .title = "Justice", .price = 9.5, .author.target = ann);
    assert_no_statements(fixture);
    assert_true(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "INSERT books", "COMMIT");
    assert_rows(fixture, "SELECT id, name, born FROM authors", "1|Ann|1966");
    assert_rows(fixture,
                "SELECT id, title, price, version, author_id, translator_id FROM books",
                "1|Justice|9.5|1|1|NULL");
    assert_int_equal(ann->id, 1);
    assert_int_equal(book->id, 1);
    assert_int_equal(book->version, 1);
    assert_nothing_to_write(fixture);
}

static void
objects_of_one_kind_are_inserted_together(void **state)
{
    Fixture *fixture = *state;
    const Author *authors[10];
    for (int i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        authors[i] = kith_add(fixture->session, Author, .name = name);
    }
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors x10", "COMMIT");
    for (int i = 0; i < 10; i++)
        assert_int_equal(authors[i]->id, i + 1);
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 4", "author 3");
}

static void
text_is_copied_when_it_is_added(void **state)
{
    Fixture *fixture = *state;
    char name[] = "Ann";
    const Author *ann = kith_add(fixture->session, Author, .name = name);
    name[0] = 'X';
    assert_string_equal(ann->name, "Ann");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
a_generated_key_that_is_given_is_taken(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .id = 700, .name = "Ann");
    commit(fixture->session);
    assert_int_equal(ann->id, 700);
    assert_rows(fixture, "SELECT id FROM authors", "700");
}

static void
a_given_uuid_is_taken(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    KithUuid id;
    assert_true(kith_uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &id));
    const Review *review = kith_add(fixture->session,
                                    Review,
                                    .id = id,
                                    .text = "good",
                                    .book.target = find(fixture->session, Book, 1));
    commit(fixture->session);
    assert_memory_equal(&review->id, &id, sizeof id);
    new_session(fixture);
    assert_string_equal(find(fixture->session, Review, id)->text, "good");
}

static void
a_pending_object_can_be_changed_before_it_is_inserted(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_set(ann, name, "Anne");
    kith_edit(ann)->born = (KithOptInt32) KITH_SOME(1966);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "COMMIT");
    assert_rows(fixture, "SELECT name, born FROM authors", "Anne|1966");
}

/* --- set --------------------------------------------------------------------------- */

static void
only_changed_columns_are_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    forget_statements(fixture);
    kith_set(ann, born, 1967);
    assert_int_equal(ann->born.value, 1967);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET born", "COMMIT");
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Ann|1967");
    assert_nothing_to_write(fixture);
}

static void
an_update_raises_the_version(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    kith_set(book, price, 8.5);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET price, version", "COMMIT");
    assert_int_equal(book->version, 2);
    kith_set(book, title, "Sword");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET title, version", "COMMIT");
    assert_rows(fixture, "SELECT title, price, version FROM books", "Sword|8.5|3");
}

static void
an_equal_value_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    g_autofree char *name = g_strdup("Ann");
    KithOptInt32 year = KITH_SOME(1966);
    kith_set(ann, name, name);
    kith_set(ann, born, 1966);
    kith_set(ann, born, year);
    kith_set(book, price, 9.5);
    kith_edit(book)->title = "Justice";
    assert_nothing_to_write(fixture);
}

static void
set_back_to_the_old_value_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    kith_set(ann, name, "Anne");
    kith_set_null(ann, born);
    kith_set(bob, born, 1970);
    assert_true(kith_has_changes(fixture->session));
    kith_set(ann, name, "Ann");
    kith_set(ann, born, 1966);
    kith_set_null(bob, born);
    assert_nothing_to_write(fixture);
}

static void
text_is_copied_when_it_is_set(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    char name[] = "Anne";
    kith_set(ann, name, name);
    name[0] = 'X';
    assert_string_equal(ann->name, "Anne");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "Anne");
}

static void
a_text_of_the_object_itself_can_be_set(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, name, "xAnne");
    kith_set(ann, name, ann->name + 1);
    assert_string_equal(ann->name, "Anne");
    commit(fixture->session);
    kith_set(ann, name, ann->name + 2);
    assert_string_equal(ann->name, "ne");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "ne");
}

static void
a_text_that_was_read_stays_until_the_change_is_committed(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const char *name = ann->name;
    kith_set(ann, name, "Anne");
    assert_string_equal(name, "Ann");
    flush(fixture->session);
    assert_string_equal(name, "Ann");
    kith_rollback(fixture->session);
    assert_string_equal(ann->name, "Ann");
}

static void
set_null_and_a_value_that_is_none_write_null(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture,
            "INSERT INTO members (login, name, password) VALUES ('ann', 'Ann', 'x')");
    const Author *ann = find(fixture->session, Author, 1);
    const Member *member = find(fixture->session, Member, "ann");
    forget_statements(fixture);
    kith_set(ann, born, (KithOptInt32) KITH_NONE);
    kith_set_null(member, password);
    assert_false(ann->born.has_value);
    assert_null(member->password);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET born",
                      "UPDATE members SET password",
                      "COMMIT");
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Ann|NULL");
    assert_rows(fixture, "SELECT login, password FROM members", "ann|NULL");
}

static void
a_text_that_is_null_when_the_program_runs_is_null(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture,
            "INSERT INTO members (login, name, password) VALUES ('ann', 'Ann', 'x')");
    const Member *member = find(fixture->session, Member, "ann");
    const char *nothing = NULL;
    kith_set(member, password, nothing);
    assert_null(member->password);
    commit(fixture->session);
    assert_rows(fixture, "SELECT password FROM members", "NULL");
    kith_set(member, password, nothing);
    assert_nothing_to_write(fixture);
    kith_set(member, password, "");
    commit(fixture->session);
    assert_rows(fixture, "SELECT password FROM members", "''");
}

static void
an_integer_widens_to_its_member(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    kith_set(sample, large, 5);
    kith_set(sample, real, 7);
    kith_set(sample, flag, 1);
    kith_set(sample, maybe_large, (short) 6);
    kith_set(sample, genre, GENRE_PLAY);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT large, maybe_large, genre FROM samples WHERE real = 7.0",
                "5|6|play");
}

/* --- edit -------------------------------------------------------------------------- */

static void
edit_gives_the_same_object_to_write_to(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    Book *edited = kith_edit(book);
    assert_ptr_equal(edited, book);
    edited->price *= 1.5;
    edited->title = "Sword";
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE books SET title, price, version", "COMMIT");
    assert_rows(fixture, "SELECT title, price, version FROM books", "Sword|14.25|2");
}

static void
text_assigned_through_edit_is_read_at_the_flush(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Author *ann = kith_edit(find(fixture->session, Author, 1));
    char name[] = "Anne";
    ann->name = name;
    name[3] = 'a';
    flush(fixture->session);
    name[0] = 'X';
    assert_string_equal(ann->name, "Anna");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "Anna");
}

static void
an_object_once_edited_stays_watched(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Author *ann = kith_edit(find(fixture->session, Author, 1));
    assert_nothing_to_write(fixture);
    for (int year = 1970; year < 1973; year++) {
        ann->born = (KithOptInt32) KITH_SOME(year);
        commit(fixture->session);
        assert_statements(fixture, "BEGIN", "UPDATE authors SET born", "COMMIT");
        assert_nothing_to_write(fixture);
    }
    kith_rollback(fixture->session);
    ann->name = "Anne";
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET name", "COMMIT");
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Anne|1972");
}

static void
an_object_edited_while_it_was_pending_stays_watched(void **state)
{
    Fixture *fixture = *state;
    Author *ann = kith_edit(kith_add(fixture->session, Author, .name = "Ann"));
    commit(fixture->session);
    forget_statements(fixture);
    ann->name = "Anne";
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET name", "COMMIT");
    assert_nothing_to_write(fixture);
}

static void
a_member_that_can_be_null_is_emptied_through_edit(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Author *ann = kith_edit(find(fixture->session, Author, 1));
    ann->born.has_value = false;
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Ann|NULL");
    ann->born.value = 5; /* of a member that is NULL: nobody sees it */
    assert_nothing_to_write(fixture);
}

/* --- references -------------------------------------------------------------------- */

static void
a_reference_is_set_to_another_object(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *bob = find(fixture->session, Author, 2);
    forget_statements(fixture);
    kith_set(book, author, bob);
    assert_ptr_equal(book->author.target, bob);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET version, author_id", "COMMIT");
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "2|2");
}

static void
a_reference_is_set_to_a_pending_object(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    kith_set(book, author, kith_add(fixture->session, Author, .name = "Cora", .id = 30));
    kith_set(
        book, translator, kith_add(fixture->session, Author, .name = "Dora", .id = 40));
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT authors x2",
                      "UPDATE books SET version, author_id, translator_id",
                      "COMMIT");
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "30|40");
}

static void
a_reference_is_set_to_an_object_whose_key_is_made_by_the_same_commit(void **state)
{
    Fixture *fixture = *state;
    const Author *eve = kith_add(fixture->session, Author, .name = "Eve");
    const Book *book =
        kith_add(fixture->session, Book, .title = "Mercy", .author.target = eve);
    commit(fixture->session);
    const Author *fay = kith_add(fixture->session, Author, .name = "Fay");
    kith_set(book, author, fay);
    kith_edit(book)->translator.target = fay;
    commit(fixture->session);
    assert_int_equal(fay->id, 2);
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "2|2");
    assert_nothing_to_write(fixture);
}

static void
a_reference_is_set_to_null(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    kith_set_null(book, translator);
    assert_null(kith_ref(book, translator, &error));
    assert_done(error == NULL, error);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE books SET version, translator_id", "COMMIT");
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "1|NULL");
    kith_set_null(book, translator);
    assert_nothing_to_write(fixture);
}

static void
a_pointer_that_is_null_when_the_program_runs_is_a_null_reference(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *nobody = NULL;
    kith_set(book, translator, nobody);
    commit(fixture->session);
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "1|NULL");
}

static void
a_reference_is_set_through_edit(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    Book *book = kith_edit(find(fixture->session, Book, 1));
    const Author *bob = find(fixture->session, Author, 2);
    book->author.target = bob;
    commit(fixture->session);
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "2|2");
    assert_ptr_equal(kith_ref(book, author, &error), bob);
    assert_nothing_to_write(fixture);
}

static void
a_loaded_reference_is_emptied_through_edit(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_done(kith_ref(book, translator, &error), error);
    kith_edit(book)->translator.target = NULL;
    assert_null(kith_ref(book, translator, &error));
    assert_null(error);
    commit(fixture->session);
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "1|NULL");
}

static void
a_reference_that_is_not_loaded_and_not_touched_stays(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Book *book = kith_edit(find(fixture->session, Book, 1));
    assert_null(book->translator.target);
    book->price = 1.5;
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET price, version", "COMMIT");
    assert_rows(fixture, "SELECT price, author_id, translator_id FROM books", "1.5|1|2");
}

static void
a_reference_to_the_object_that_it_means_already_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *ann = find(fixture->session, Author, 1);
    assert_null(book->author.target);
    kith_set(book, author, ann);
    assert_nothing_to_write(fixture);
    kith_edit(book)->author.target = ann;
    assert_nothing_to_write(fixture);
}

static void
a_reference_that_moves_and_comes_back_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_set(book, author, find(fixture->session, Author, 2));
    kith_set_null(book, translator);
    kith_set(book, author, find(fixture->session, Author, 1));
    kith_set(book, translator, find(fixture->session, Author, 2));
    assert_nothing_to_write(fixture);
}

static void
a_reference_to_a_text_key_is_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Member *member =
        kith_add(fixture->session, Member, .login = "ann", .name = "Ann");
    kith_add(fixture->session,
             Review,
             .text = "good",
             .book.target = find(fixture->session, Book, 1),
             .member.target = member);
    commit(fixture->session);
    assert_rows(fixture, "SELECT text, book_id, member_login FROM reviews", "good|1|ann");
    assert_nothing_to_write(fixture);
}

/* --- delete ------------------------------------------------------------------------ */

static void
a_deleted_object_is_deleted_by_its_key(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Book, 1));
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE books", "COMMIT");
    assert_no_rows(fixture, "SELECT id FROM books");
    assert_nothing_to_write(fixture);
}

static void
changes_of_an_object_that_is_then_deleted_are_not_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_set(book, title, "Sword");
    kith_edit(book)->price = 1;
    kith_delete(book);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE books", "COMMIT");
}

static void
delete_of_a_pending_object_sends_nothing(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_delete(ann);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_nothing_to_write(fixture);
}

static void
deleting_twice_deletes_once(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    kith_delete(book);
    kith_delete(book);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE books", "COMMIT");
}

static void
an_object_that_was_flushed_can_be_deleted_in_the_same_transaction(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    kith_delete(ann);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "DELETE authors", "COMMIT");
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_no_rows(fixture, "SELECT id FROM authors");
}

/* --- misuse ------------------------------------------------------------------------ */

static void
a_change_of_a_deleted_object_is_refused(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_delete(book);
    kith_set(book, title, "Sword");
    assert_string_equal(book->title, "Justice");
    assert_misuse(fixture, "Book 1: kith_set: the object is deleted (*test-changes.c:*)");
    assert_no_rows(fixture, "SELECT id FROM books");
}

static void
a_change_of_a_detached_object_is_refused(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_delete(ann);
    kith_set(ann, name, "Anne");
    assert_misuse(fixture,
                  "Author (new): kith_set: the object is no longer in the session (*)");
    assert_non_null(kith_edit(ann));
    assert_misuse(fixture,
                  "Author (new): kith_edit: the object is no longer in the session (*)");
    kith_delete(ann);
    assert_misuse(
        fixture, "Author (new): kith_delete: the object is no longer in the session (*)");
    assert_nothing_to_write(fixture);
}

static void
null_for_a_member_that_cannot_be_null_is_refused(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const char *nothing = NULL;
    kith_set(ann, name, nothing);
    assert_string_equal(ann->name, "Ann");
    assert_misuse(fixture, "Author.name cannot be NULL; map it as nullable (*)");
    kith_set_null(ann, id);
    assert_misuse(fixture, "Author.id cannot be NULL: it is of the key (*)");
    const Book *book = find(fixture->session, Book, 1);
    kith_set_null(book, price);
    assert_misuse(fixture, "Book.price cannot be NULL; make the member a KithOpt… (*)");
    kith_set_null(book, version);
    assert_misuse(fixture, "Book.version cannot be NULL: it is the version (*)");
    assert_nothing_to_write(fixture);
}

static void
only_the_first_misuse_is_reported_and_only_once(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    kith_delete(book);
    kith_set(book, title, "Sword");
    kith_set_null(ann, name);
    kith_set(ann, born, 1900);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Book 1: *");
    assert_int_equal(ann->born.value, 1900);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Ann|1900");
}

static void
a_query_reports_misuse_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set_null(find(fixture->session, Author, 1), name);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    assert_null(kith_all(query, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author.name cannot be NULL*");
    assert_non_null(kith_all(query, &error));
}

static void
a_rollback_forgets_misuse(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_set_null(find(fixture->session, Author, 1), name);
    kith_rollback(fixture->session);
    commit(fixture->session);
}

static void
a_reference_to_an_object_of_another_session_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    kith_set(book, author, find(other, Author, 2));
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(
        error, .table = "books", .column = "author_id", .entity = "Book", .key = "1");
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Book 1: its author is an object of another session; get it in this one");
    assert_no_statements(fixture);
    kith_set(book, author, find(fixture->session, Author, 2));
    commit(fixture->session);
    assert_rows(fixture, "SELECT author_id FROM books", "2");
}

static void
a_reference_to_a_struct_of_no_session_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    struct {
        char room[64];
        Author author;
    } own = { .author = { .id = 1, .name = "Ann" } };
    kith_add(fixture->session, Book, .title = "Justice", .author.target = &own.author);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Book (new): its author is no object of a session; add it with kith_add()");
    assert_no_statements(fixture);
}

static void
a_reference_to_a_deleted_object_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *cora = kith_add(fixture->session, Author, .id = 3, .name = "Cora");
    commit(fixture->session);
    kith_set(book, author, cora);
    kith_delete(cora);
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_FOREIGN_KEY,
        "Book 1: its author is an object that is deleted; set another one, or NULL");
    assert_no_statements(fixture);
    kith_set(book, author, find(fixture->session, Author, 1));
    commit(fixture->session);
    assert_rows(fixture, "SELECT id FROM authors ORDER BY id", "1", "2");
}

static void
a_reference_that_is_missing_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Book *book = kith_add(fixture->session, Book, .title = "Justice");
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(
        error, .table = "books", .column = "author_id", .entity = "Book", .key = "(new)");
    assert_error(
        error,
        KITH_ERROR_NOT_NULL,
        "Book (new): author is NULL, and may not be; set it, or map it as nullable");
    assert_no_statements(fixture);
    kith_set(book, author, kith_add(fixture->session, Author, .name = "Ann"));
    commit(fixture->session);
    assert_rows(fixture, "SELECT author_id FROM books", "1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_commit_inserts_what_was_added),
        ON_A_DATABASE(objects_of_one_kind_are_inserted_together),
        ON_A_DATABASE(text_is_copied_when_it_is_added),
        ON_A_DATABASE(a_generated_key_that_is_given_is_taken),
        ON_A_DATABASE(a_given_uuid_is_taken),
        ON_A_DATABASE(a_pending_object_can_be_changed_before_it_is_inserted),
        ON_A_DATABASE(only_changed_columns_are_written),
        ON_A_DATABASE(an_update_raises_the_version),
        ON_A_DATABASE(an_equal_value_writes_nothing),
        ON_A_DATABASE(set_back_to_the_old_value_writes_nothing),
        ON_A_DATABASE(text_is_copied_when_it_is_set),
        ON_A_DATABASE(a_text_of_the_object_itself_can_be_set),
        ON_A_DATABASE(a_text_that_was_read_stays_until_the_change_is_committed),
        ON_A_DATABASE(set_null_and_a_value_that_is_none_write_null),
        ON_A_DATABASE(a_text_that_is_null_when_the_program_runs_is_null),
        ON_A_DATABASE(an_integer_widens_to_its_member),
        ON_A_DATABASE(edit_gives_the_same_object_to_write_to),
        ON_A_DATABASE(text_assigned_through_edit_is_read_at_the_flush),
        ON_A_DATABASE(an_object_once_edited_stays_watched),
        ON_A_DATABASE(an_object_edited_while_it_was_pending_stays_watched),
        ON_A_DATABASE(a_member_that_can_be_null_is_emptied_through_edit),
        ON_A_DATABASE(a_reference_is_set_to_another_object),
        ON_A_DATABASE(a_reference_is_set_to_a_pending_object),
        ON_A_DATABASE(
            a_reference_is_set_to_an_object_whose_key_is_made_by_the_same_commit),
        ON_A_DATABASE(a_reference_is_set_to_null),
        ON_A_DATABASE(a_pointer_that_is_null_when_the_program_runs_is_a_null_reference),
        ON_A_DATABASE(a_reference_is_set_through_edit),
        ON_A_DATABASE(a_loaded_reference_is_emptied_through_edit),
        ON_A_DATABASE(a_reference_that_is_not_loaded_and_not_touched_stays),
        ON_A_DATABASE(a_reference_to_the_object_that_it_means_already_writes_nothing),
        ON_A_DATABASE(a_reference_that_moves_and_comes_back_writes_nothing),
        ON_A_DATABASE(a_reference_to_a_text_key_is_written),
        ON_A_DATABASE(a_deleted_object_is_deleted_by_its_key),
        ON_A_DATABASE(changes_of_an_object_that_is_then_deleted_are_not_written),
        ON_A_DATABASE(delete_of_a_pending_object_sends_nothing),
        ON_A_DATABASE(deleting_twice_deletes_once),
        ON_A_DATABASE(an_object_that_was_flushed_can_be_deleted_in_the_same_transaction),
        ON_A_DATABASE(a_change_of_a_deleted_object_is_refused),
        ON_A_DATABASE(a_change_of_a_detached_object_is_refused),
        ON_A_DATABASE(null_for_a_member_that_cannot_be_null_is_refused),
        ON_A_DATABASE(only_the_first_misuse_is_reported_and_only_once),
        ON_A_DATABASE(a_query_reports_misuse_too),
        ON_A_DATABASE(a_rollback_forgets_misuse),
        ON_A_DATABASE(a_reference_to_an_object_of_another_session_is_refused),
        ON_A_DATABASE(a_reference_to_a_struct_of_no_session_is_refused),
        ON_A_DATABASE(a_reference_to_a_deleted_object_is_refused),
        ON_A_DATABASE(a_reference_that_is_missing_is_refused),
    };
    return run_on_each_database("changes", tests);
}
