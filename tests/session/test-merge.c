/*
 * test-merge.c - structs that are no objects of the session are taken over by their keys:
 * what is sent for it, what becomes of references and versions, and what is refused.
 */
#include "fixture.h"

static void
fill(Fixture *fixture)
{
    run_sql(
        fixture,
        "INSERT INTO authors (id, name, born) VALUES (1, 'Ann', 1966), (2, 'Bob', NULL)");
    run_sql(
        fixture,
        "INSERT INTO books (id, title, price, version, author_id, translator_id) VALUES "
        "(1, 'Justice', 9.5, 3, 1, 2), (2, 'Sword', 9.5, 1, 1, NULL)");
    if (!is_sqlite(fixture)) /* which goes on behind the greatest key by itself */
        run_sql(fixture, "SELECT setval(pg_get_serial_sequence('authors', 'id'), 100)");
}

static const Author *
merge_author(KithSession *session, const Author *form)
{
    g_autoptr(GError) error = NULL;
    const Author *author = kith_merge(session, Author, form, &error);
    assert_done(author, error);
    return author;
}

static const Book *
merge_book(KithSession *session, const Book *form)
{
    g_autoptr(GError) error = NULL;
    const Book *book = kith_merge(session, Book, form, &error);
    assert_done(book, error);
    return book;
}

/* --- by key ------------------------------------------------------------------------ */

static void
without_a_key_a_new_object_is_added_and_nothing_is_sent(void **state)
{
    Fixture *fixture = *state;
    const Author form = { .name = "Cora", .born = KITH_SOME(1970) };
    const Author *cora = merge_author(fixture->session, &form);
    assert_no_statements(fixture);
    assert_ptr_not_equal(cora, &form);
    assert_int_equal(kith_state(cora), KITH_PENDING);
    assert_ptr_not_equal(merge_author(fixture->session, &form), cora);
    kith_rollback(fixture->session);

    (void) merge_author(fixture->session, &form);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, born FROM authors", "Cora|1970");
}

static void
with_a_key_the_row_is_read_once_and_what_differs_is_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    forget_statements(fixture);
    const Author form = { .id = 1, .name = "Anna", .born = KITH_SOME(1966) };
    const Author *ann = merge_author(fixture->session, &form);
    assert_string_equal(ann->name, "Anna");
    assert_ptr_equal(merge_author(fixture->session, &form), ann);
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET name", "COMMIT");
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
}

static void
what_is_loaded_needs_no_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    forget_statements(fixture);
    const Author form = { .id = 1, .name = "Ann" };
    assert_ptr_equal(merge_author(fixture->session, &form), ann);
    assert_false(ann->born.has_value); /* all of the struct is taken over */
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET born", "COMMIT");
}

static void
a_struct_that_does_not_differ_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author form = { .id = 1, .name = "Ann", .born = KITH_SOME(1966) };
    (void) merge_author(fixture->session, &form);
    assert_false(kith_has_changes(fixture->session));
}

static void
a_key_without_a_row_is_added(void **state)
{
    Fixture *fixture = *state;
    const Author form = { .id = 7, .name = "Cora" };
    const Author *cora = merge_author(fixture->session, &form);
    assert_int_equal(kith_state(cora), KITH_PENDING);
    commit(fixture->session);
    assert_rows(fixture, "SELECT id, name FROM authors", "7|Cora");
}

static void
text_keys_and_keys_of_several_members_are_merged(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('mia', 'Mia')");
    run_sql(
        fixture,
        "INSERT INTO loans (book_id, member_login, due) VALUES (1, 'mia', '2020-01-01')");
    forget_statements(fixture);
    const Member mia = { .login = "mia", .name = "Maria" };
    const Loan loans[] = { { .book_id = 1, .member_login = "mia", .due = { 20000 } },
                           { .book_id = 2, .member_login = "mia", .due = { 20001 } } };
    assert_done(kith_merge(fixture->session, Member, &mia, &error), error);
    assert_done(
        kith_merge_all(fixture->session, Loan, loans, G_N_ELEMENTS(loans), NULL, &error),
        error);
    assert_statements(fixture,
                      "SELECT members WHERE login IN (?) ORDER BY login",
                      "SELECT loans WHERE (book_id, member_login) IN (?) ORDER BY "
                      "book_id, member_login");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT loans",
                      "UPDATE members SET name",
                      "UPDATE loans SET due",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT book_id, due FROM loans ORDER BY book_id",
                "1|2024-10-04",
                "2|2024-10-05");
}

static void
a_key_that_is_null_is_refused_and_nothing_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Member form = { .name = "Mia" };
    assert_null(kith_merge(fixture->session, Member, &form, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Member.login: the key is NULL");
    const Loan loan = { .book_id = 1 };
    assert_null(kith_merge(fixture->session, Loan, &loan, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Loan.member_login: the key is NULL");
    assert_no_statements(fixture);
}

/* --- many -------------------------------------------------------------------------- */

static void
many_structs_are_merged_with_one_select(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    forget_statements(fixture);
    const Author forms[] = { { .id = 1, .name = "Anna" },
                             { .id = 2, .name = "Bobby" },
                             { .id = 3, .name = "Cora" },
                             { .name = "Dora" } };
    const Author *authors[4];
    assert_done(kith_merge_all(fixture->session, Author, forms, 4, authors, &error),
                error);
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
    assert_ptr_equal(authors[1], bob);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(authors[i]->name, forms[i].name);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT name FROM authors ORDER BY name",
                "Anna",
                "Bobby",
                "Cora",
                "Dora");
}

static void
structs_of_one_key_are_one_object_and_the_last_one_wins(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author forms[] = { { .id = 1, .name = "Anna" },
                             { .id = 7, .name = "Cora" },
                             { .id = 1, .name = "Annie" },
                             { .id = 7, .name = "Corinna" } };
    const Author *authors[4];
    assert_done(kith_merge_all(fixture->session, Author, forms, 4, authors, &error),
                error);
    assert_ptr_equal(authors[0], authors[2]);
    assert_ptr_equal(authors[1], authors[3]);
    assert_string_equal(authors[0]->name, "Annie");
    const Author again = { .id = 7, .name = "Coralie" };
    assert_ptr_equal(merge_author(fixture->session, &again), authors[1]);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT id, name FROM authors ORDER BY id",
                "1|Annie",
                "2|Bob",
                "7|Coralie");
}

static void
of_many_structs_none_is_merged_if_one_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author forms[] = { { .id = 1, .name = "Anna" }, { .id = 2, .name = NULL } };
    assert_false(kith_merge_all(fixture->session, Author, forms, 2, NULL, &error));
    assert_error_facts(error, .table = "authors", .entity = "Author", .key = "2");
    assert_error(
        error, KITH_ERROR_NOT_NULL, "Author 2: its name is NULL, which it cannot be");
    assert_false(kith_has_changes(fixture->session));
}

/* --- versions ---------------------------------------------------------------------- */

static void
a_struct_of_the_right_version_is_merged(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author ann = { .id = 1, .name = "Ann", .born = KITH_SOME(1966) };
    const Book form = { .id = 1, .title = "Mercy", .version = 3, .author.target = &ann };
    (void) merge_book(fixture->session, &form);
    commit(fixture->session);
    assert_rows(fixture, "SELECT title, version FROM books WHERE id = 1", "Mercy|4");
}

static void
a_struct_of_another_version_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author ann = { .id = 1, .name = "Anna" };
    const Book form = { .id = 1, .title = "Mercy", .version = 2, .author.target = &ann };
    assert_null(kith_merge(fixture->session, Book, &form, &error));
    assert_error_facts(error, .table = "books", .entity = "Book", .key = "1");
    assert_error(
        error,
        KITH_ERROR_STALE,
        "Book 1: what is merged is of another version than the row: somebody else "
        "changed it; read it, and do it once more");
    assert_false(kith_has_changes(fixture->session));
}

static void
a_struct_with_a_version_whose_row_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author ann = { .id = 1, .name = "Ann" };
    const Book form = { .id = 9, .title = "Mercy", .version = 2, .author.target = &ann };
    assert_null(kith_merge(fixture->session, Book, &form, &error));
    assert_error(
        error,
        KITH_ERROR_STALE,
        "Book 9: what is merged has a version, and its row is not in the table any "
        "more; leave the version at zero to add it");
}

static void
a_struct_without_a_version_is_not_checked(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author ann = { .id = 1, .name = "Ann", .born = KITH_SOME(1966) };
    const Book form = { .id = 1, .title = "Mercy", .author.target = &ann };
    (void) merge_book(fixture->session, &form);
    commit(fixture->session);
    assert_rows(fixture, "SELECT title, version FROM books WHERE id = 1", "Mercy|4");
}

/* --- references -------------------------------------------------------------------- */

static void
structs_that_are_referred_to_are_merged_too(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    forget_statements(fixture);
    const Author bob = { .id = 2, .name = "Bobby" };
    const Author cora = { .name = "Cora" };
    const Book form = { .id = 2,
                        .title = "Sword",
                        .price = 9.5,
                        .author.target = &bob,
                        .translator.target = &cora };
    const Book *book = merge_book(fixture->session, &form);
    assert_string_equal(book->author.target->name, "Bobby");
    assert_ptr_not_equal(book->author.target, &bob);
    assert_int_equal(kith_state(book->translator.target), KITH_PENDING);
    assert_statements(fixture,
                      "SELECT books WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT a.name, t.name FROM books b JOIN authors a ON a.id = b.author_id "
                "JOIN authors t ON t.id = b.translator_id WHERE b.id = 2",
                "Bobby|Cora");
}

static void
an_object_of_the_session_can_be_the_target(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    const Author *cora = kith_add(fixture->session, Author, .id = 9, .name = "Cora");
    const Book form = { .title = "New", .author.target = bob, .translator.target = cora };
    const Book *book = merge_book(fixture->session, &form);
    assert_ptr_equal(book->author.target, bob);
    assert_ptr_equal(book->translator.target, cora);
    assert_string_equal(bob->name, "Bob");
}

static void
structs_can_refer_to_each_other_and_to_themselves(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Category root = { .id = 1, .name = "root" };
    Category left = { .id = 2, .name = "left", .parent.target = &root };
    root.parent.target = &root;
    const Category *merged = kith_merge(fixture->session, Category, &left, &error);
    assert_done(merged, error);
    assert_string_equal(merged->parent.target->name, "root");
    assert_ptr_equal(merged->parent.target->parent.target, merged->parent.target);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT id, parent_id FROM categories ORDER BY id", "1|1", "2|1");
}

static void
a_copy_of_an_object_keeps_its_references(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Book copy = *find(fixture->session, Book, 1); /* nothing of it is loaded */
    KithSession *session = new_session(fixture);
    copy.title = "Mercy";
    forget_statements(fixture);
    const Book *book = merge_book(session, &copy);
    assert_statements(fixture,
                      "SELECT books WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET title, version", "COMMIT");
    assert_string_equal(book->author.target->name, "Ann");
}

static void
an_object_of_another_session_is_merged_like_any_struct(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Book *theirs = find(other, Book, 1);
    assert_done(kith_ref(theirs, author, &error), error);
    kith_set(theirs, title, "Mercy");
    const Book *ours = merge_book(fixture->session, theirs);
    assert_ptr_not_equal(ours, theirs);
    assert_ptr_not_equal(ours->author.target, theirs->author.target);
    assert_ptr_equal(ours->author.target, find(fixture->session, Author, 1));
    commit(fixture->session);
    assert_rows(fixture, "SELECT title FROM books WHERE id = 1", "Mercy");
}

static void
a_reference_that_is_left_empty_becomes_null(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book form = { .id = 1, .title = "Justice", .price = 9.5, .author.target = ann };
    (void) merge_book(fixture->session, &form);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE books SET version, translator_id", "COMMIT");
    assert_rows(fixture, "SELECT translator_id FROM books WHERE id = 1", "NULL");
}

static void
a_reference_that_cannot_be_empty_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book form = { .id = 1, .title = "Justice" };
    assert_null(kith_merge(fixture->session, Book, &form, &error));
    assert_error(
        error, KITH_ERROR_NOT_NULL, "Book 1: its author is NULL, which it cannot be");
    assert_false(kith_has_changes(fixture->session));
}

static void
a_copy_that_refers_to_a_row_that_is_gone_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    Book copy = *find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET translator_id = NULL");
    run_sql(fixture, "DELETE FROM authors WHERE id = 2");
    assert_null(kith_merge(new_session(fixture), Book, &copy, &error));
    assert_error(error,
                 KITH_ERROR_FOREIGN_KEY,
                 "Book 1: its translator is not in the table of Author");
}

static void
collections_of_a_struct_are_let_be(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 2);
    Author copy = *ann; /* its collection is the object's */
    copy.id = 0;
    copy.name = "Anna";
    const Author *added = merge_author(fixture->session, &copy);
    commit(fixture->session);
    assert_int_equal(kith_length(kith_many(added, books, &error)), 0);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 2);
}

/* --- states ------------------------------------------------------------------------ */

static void
an_object_of_the_session_is_merged_into_itself(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    assert_ptr_equal(merge_author(fixture->session, ann), ann);
    assert_ptr_equal(merge_author(fixture->session, cora), cora);
}

static void
what_is_deleted_here_is_not_merged(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_delete(find(fixture->session, Author, 2));
    const Author form = { .id = 2, .name = "Bobby" };
    assert_null(kith_merge(fixture->session, Author, &form, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author 2: its row is deleted here");
}

static void
changes_of_the_object_are_merged_over(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, name, "Mine");
    const Author form = { .id = 1, .name = "Ann", .born = KITH_SOME(1966) };
    assert_ptr_equal(merge_author(fixture->session, &form), ann);
    assert_string_equal(ann->name, "Ann");
    assert_false(kith_has_changes(fixture->session));
}

static void
a_rollback_undoes_a_merge(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author form = { .id = 1, .name = "Anna" };
    const Author *ann = merge_author(fixture->session, &form);
    kith_rollback(fixture->session);
    assert_string_equal(ann->name, "Ann");
    assert_int_equal(ann->born.value, 1966);
}

static void
values_of_every_kind_are_merged(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Sample form = { .id = 1,
                          .flag = true,
                          .small = -1,
                          .large = INT64_MAX,
                          .real = 0.5,
                          .text = "text",
                          .blob = { "blob", 4 },
                          .time = { 1000000 },
                          .date = { 20000 },
                          .uuid = { { 1 } },
                          .genre = GENRE_PLAY,
                          .shelf = SHELF_HIGH,
                          .maybe_flag = KITH_SOME(false),
                          .maybe_text = "",
                          .maybe_genre = KITH_SOME(GENRE_POEM) };
    kith_add(fixture->session, Sample, SAMPLE_BASICS, .id = 1);
    commit(fixture->session);
    KithSession *session = new_session(fixture);
    assert_done(kith_merge(session, Sample, &form, &error), error);
    commit(session);
    const Sample *found = find(new_session(fixture), Sample, 1);
    assert_true(found->flag && found->maybe_flag.has_value && !found->maybe_flag.value);
    assert_int_equal(found->small, -1);
    assert_true(found->large == INT64_MAX);
    assert_true(found->real == 0.5);
    assert_string_equal(found->text, "text");
    assert_int_equal(found->blob.size, 4);
    assert_int_equal(found->time.usec, 1000000);
    assert_int_equal(found->date.days, 20000);
    assert_int_equal(found->uuid.bytes[0], 1);
    assert_int_equal(found->genre, GENRE_PLAY);
    assert_int_equal(found->shelf, SHELF_HIGH);
    assert_string_equal(found->maybe_text, "");
    assert_int_equal(found->maybe_genre.value, GENRE_POEM);
    assert_false(found->maybe_large.has_value);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(without_a_key_a_new_object_is_added_and_nothing_is_sent),
        ON_A_DATABASE(with_a_key_the_row_is_read_once_and_what_differs_is_written),
        ON_A_DATABASE(what_is_loaded_needs_no_statement),
        ON_A_DATABASE(a_struct_that_does_not_differ_writes_nothing),
        ON_A_DATABASE(a_key_without_a_row_is_added),
        ON_A_DATABASE(text_keys_and_keys_of_several_members_are_merged),
        ON_A_DATABASE(a_key_that_is_null_is_refused_and_nothing_is_sent),
        ON_A_DATABASE(many_structs_are_merged_with_one_select),
        ON_A_DATABASE(structs_of_one_key_are_one_object_and_the_last_one_wins),
        ON_A_DATABASE(of_many_structs_none_is_merged_if_one_is_refused),
        ON_A_DATABASE(a_struct_of_the_right_version_is_merged),
        ON_A_DATABASE(a_struct_of_another_version_is_stale),
        ON_A_DATABASE(a_struct_with_a_version_whose_row_is_gone_is_stale),
        ON_A_DATABASE(a_struct_without_a_version_is_not_checked),
        ON_A_DATABASE(structs_that_are_referred_to_are_merged_too),
        ON_A_DATABASE(an_object_of_the_session_can_be_the_target),
        ON_A_DATABASE(structs_can_refer_to_each_other_and_to_themselves),
        ON_A_DATABASE(a_copy_of_an_object_keeps_its_references),
        ON_A_DATABASE(an_object_of_another_session_is_merged_like_any_struct),
        ON_A_DATABASE(a_reference_that_is_left_empty_becomes_null),
        ON_A_DATABASE(a_reference_that_cannot_be_empty_is_refused),
        ON_A_DATABASE(a_copy_that_refers_to_a_row_that_is_gone_is_refused),
        ON_A_DATABASE(collections_of_a_struct_are_let_be),
        ON_A_DATABASE(an_object_of_the_session_is_merged_into_itself),
        ON_A_DATABASE(what_is_deleted_here_is_not_merged),
        ON_A_DATABASE(changes_of_the_object_are_merged_over),
        ON_A_DATABASE(a_rollback_undoes_a_merge),
        ON_A_DATABASE(values_of_every_kind_are_merged),
    };
    return run_on_each_database("merge", tests);
}
