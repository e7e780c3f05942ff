/*
 * test-errors.c - bad input, each kind of it: a clear error that is the same for both
 * databases, nothing lost, and a session that can be used afterwards.
 */
#include "fixture.h"

#include <glib/gstdio.h>

/* --- opening ----------------------------------------------------------------------- */

static void
a_url_of_no_known_kind_is_refused(void **state)
{
    (void) state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_engine_open("mysql://root:hunter2@localhost/x", NULL, &error));
    assert_error(
        error,
        KITH_ERROR_CONNECTION,
        "no driver takes a URL of the kind \"mysql\"; this library has drivers for *: "
        "use 'sqlite:PATH', 'sqlite::memory:' or 'postgresql://…'");
    assert_null(kith_engine_open("", NULL, &error));
    assert_error(error,
                 KITH_ERROR_CONNECTION,
                 "the URL does not begin with the kind of the database; *sqlite:PATH*");
    assert_null(kith_engine_open("library.db", NULL, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "the URL does not begin with *");
    assert_null(kith_engine_open(NULL, NULL, &error)); /* getenv() of what is not set */
    assert_error(error, KITH_ERROR_CONNECTION, "the URL of the database is NULL; *");
}

static void
a_file_that_cannot_be_opened_is_refused(void **state)
{
    (void) state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_engine_open("sqlite:/no/such/folder/library.db", NULL, &error));
    assert_error(error,
                 KITH_ERROR_CONNECTION,
                 "connection: cannot open '/no/such/folder/library.db': *");
    assert_null(kith_engine_open("sqlite:", NULL, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*names no file*");
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
    (void) state;
    g_autoptr(GError) error = NULL;
    const char *path = "not-a-database.txt";
    g_autofree char *text = g_strnfill(4096, 'x');
    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_null(kith_engine_open("sqlite:not-a-database.txt", NULL, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*not a database*");
    g_unlink(path);
}

static void
a_server_that_is_not_there_is_refused_without_the_password(void **state)
{
    (void) state;
    static const char *const urls[] = {
        "postgresql://kith:hunter2@127.0.0.1:1/library",
        "postgres://kith:hunter2@/library?host=/no/such/folder",
        "host=/no/such/folder user=kith password=hunter2 dbname=library",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(kith_engine_open(urls[i], NULL, &error));
        assert_null(strstr(error->message, "hunter2"));
        assert_error(error, KITH_ERROR_CONNECTION, "connection: *");
    }
}

static void
a_url_that_is_written_wrong_is_refused_without_the_password(void **state)
{
    (void) state;
    static const char *const urls[] = {
        "postgresql://kith:hunter2@/library?no_such_option=1",
        "postgresql://kith:hunter2@[::1/library",
        "host=/no/such/folder password=hunter2 no_such_option=1",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(kith_engine_open(urls[i], NULL, &error));
        assert_null(strstr(error->message, "hunter2"));
        assert_error(error, KITH_ERROR_CONNECTION, "*");
    }
}

/* --- what the tests share ---------------------------------------------------------- */

/* Ann (1) and her book (1), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name, born) VALUES (1, 'Ann', 1966)");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'Justice', 9.5, 1, 1)");
}

/* The session takes work after all: here for a table that no test breaks. */
static void
assert_usable(Fixture *fixture)
{
    const Category *still = kith_add(fixture->session, Category, .name = "still here");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM categories", "still here");
    kith_delete(still);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT name FROM categories");
}

/* A commit that has to fail; the error is the caller's. */
static GError *
fail_to_commit(Fixture *fixture)
{
    GError *error = NULL;
    assert_false(kith_commit(fixture->session, &error));
    assert_non_null(error);
    return error;
}

static GError *
fail_to_get_author(Fixture *fixture, int64_t id)
{
    GError *error = NULL;
    assert_null(kith_get(fixture->session, Author, id, &error));
    assert_non_null(error);
    return error;
}

/* --- tables and columns that are missing ------------------------------------------- */

static void
a_table_that_is_missing_is_named(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "DROP TABLE twins");
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(fixture->session, Twin, 1, &error));
    assert_error(error, KITH_ERROR_MAPPING, "*no such table; kith_schema_create() makes*twins*");
    const Twin *twin = kith_add(fixture->session, Twin, .id = 1, .name = "Castor");
    kith_set(twin, other, twin);
    error = fail_to_commit(fixture);
    assert_error_facts(error, .table = "twins", .entity = "Twin", .key = "1");
    assert_error(error, KITH_ERROR_MAPPING, "Twin 1: mapping: *twins*");
    assert_int_equal(kith_state(twin), KITH_PENDING);
    kith_delete(twin);
    assert_usable(fixture);
}

static void
a_column_that_is_missing_is_named(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "ALTER TABLE authors DROP COLUMN born");
    g_autoptr(GError) error = fail_to_get_author(fixture, 1);
    assert_error(error, KITH_ERROR_MAPPING, "*no such column*born*");
    const Author *ann = kith_add(fixture->session, Author, .id = 1, .name = "Ann");
    error = fail_to_commit(fixture);
    assert_error(error, KITH_ERROR_MAPPING, "Author 1: mapping: *born*");
    kith_delete(ann);
    assert_usable(fixture);
}

static void
a_mapping_that_the_engine_was_not_given_is_named(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(Author, Book) };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    assert_null(kith_get(session, Member, "ann", &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Member: the engine was not given this mapping; add it to KITH_MAPPINGS");
    assert_null(kith_add(session, Member, .login = "ann", .name = "Ann"));
    assert_false(kith_commit(session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Member: the engine was not given this mapping*");
    g_autoptr(MemberQuery) query = kith_query(session, Member);
    assert_null(kith_all(query, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Member: the engine was not given this mapping*");
    commit(session);
}

/* --- text -------------------------------------------------------------------------- */

static void
a_text_that_is_not_utf8_is_not_written(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann \xe9");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(
        error, .table = "authors", .column = "name", .entity = "Author", .key = "(new)");
    assert_error(
        error, KITH_ERROR_TYPE, "Author (new): name is not UTF-8; use a KithBlob");
    assert_no_statements(fixture);
    kith_set(ann, name, "Ann é");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann é");
    kith_set(ann, name, "\xff");
    error = fail_to_commit(fixture);
    assert_error(error, KITH_ERROR_TYPE, "Author 1: name is not UTF-8; use a KithBlob");
    kith_rollback(fixture->session);
    assert_string_equal(ann->name, "Ann é");
    assert_usable(fixture);
}

static void
a_text_key_that_is_not_utf8_is_not_written(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Member, .login = "\xff", .name = "Ann");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_true(g_utf8_validate(error->message, -1, NULL));
    assert_error(error, KITH_ERROR_TYPE, "Member *: login is not UTF-8; use a KithBlob");
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

static void
a_text_that_is_not_utf8_is_not_read(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    if (!is_sqlite(fixture))
        return; /* the server keeps them out */
    run_sql(fixture, "UPDATE authors SET name = CAST(x'416eff' AS TEXT)");
    g_autoptr(GError) error = fail_to_get_author(fixture, 1);
    assert_string_equal(kith_error_column(error), "name");
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "Author.name: the column \"name\" holds a text that is not UTF-8; use a "
                 "KithBlob");
    run_sql(fixture, "UPDATE authors SET name = 'Ann'");
    assert_string_equal(find(fixture->session, Author, 1)->name, "Ann");
    assert_usable(fixture);
}

static void
a_text_with_a_zero_byte_is_not_read(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    if (!is_sqlite(fixture))
        return; /* the server keeps them out */
    run_sql(fixture, "UPDATE authors SET name = 'An' || char(0) || 'n'");
    g_autoptr(GError) error = fail_to_get_author(fixture, 1);
    assert_error(
        error,
        KITH_ERROR_TYPE,
        "Author.name: the column \"name\" holds a text with a zero byte, which C ends a "
        "text with");
    assert_usable(fixture);
}

static void
a_text_that_is_too_long_is_not_written(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) name = g_string_new(NULL);
    for (int i = 0; i < 40; i++)
        g_string_append(name, "é");
    const Author *ann = kith_add(fixture->session, Author, .name = name->str);
    commit(fixture->session);
    forget_statements(fixture);
    g_string_append(name, "é");
    kith_set(ann, name, name->str);
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(
        error, .table = "authors", .column = "name", .entity = "Author", .key = "1");
    assert_error(error, KITH_ERROR_CHECK, "Author 1: name is longer than 40 characters");
    assert_no_statements(fixture);
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

/* --- integers, NULL, enums in the table -------------------------------------------- */

static void
an_integer_that_does_not_fit_the_member_is_not_read(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    if (!is_sqlite(fixture))
        run_sql(fixture, "ALTER TABLE authors ALTER COLUMN born TYPE bigint");
    run_sql(fixture, "UPDATE authors SET born = 3000000000");
    g_autoptr(GError) error = fail_to_get_author(fixture, 1);
    assert_string_equal(kith_error_column(error), "born");
    assert_error(
        error,
        KITH_ERROR_TYPE,
        "Author.born: the column \"born\" holds 3000000000, which does not fit a member "
        "of type int32_t");
    run_sql(fixture, "UPDATE authors SET born = 2147483647");
    assert_int_equal(find(fixture->session, Author, 1)->born.value, INT32_MAX);
    assert_usable(fixture);
}

static void
an_integer_that_does_not_fit_the_member_is_not_set(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    kith_set(sample, genre, 77);
    error = fail_to_commit(fixture);
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "Sample (new): genre is an enumerator that the mapping does not name");
    kith_set(sample, genre, GENRE_POEM);
    commit(fixture->session);
    assert_null(kith_get(fixture->session, Twin, "one", &error));
    assert_error(error, KITH_ERROR_TYPE, "Twin.id: the value is of type const char ?*");
    assert_usable(fixture);
}

/* The same tables without a constraint that the mapping relies on. */
static void
make_members_again(Fixture *fixture)
{
    run_sql(
        fixture,
        "DROP TABLE loans; DROP TABLE reviews; DROP TABLE members;"
        "CREATE TABLE members (login TEXT PRIMARY KEY, name TEXT, password TEXT NOT NULL,"
        " CONSTRAINT members_name_check CHECK (name <> 'Nobody'))");
}

static void
null_for_a_member_that_cannot_be_null_is_not_read(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    make_members_again(fixture);
    run_sql(fixture, "INSERT INTO members VALUES ('ann', NULL, '')");
    assert_null(kith_get(fixture->session, Member, "ann", &error));
    assert_string_equal(kith_error_column(error), "name");
    assert_error(
        error,
        KITH_ERROR_TYPE,
        "Member.name: the column \"name\" holds NULL, which the member cannot be; use a "
        "KithOpt… member, or '.nullable = true'");
    g_autoptr(MemberQuery) query = kith_query(fixture->session, Member);
    assert_null(kith_all(query, &error));
    assert_error(error, KITH_ERROR_TYPE, "Member.name: *");
    run_sql(fixture, "UPDATE members SET name = 'Ann'");
    assert_int_equal(kith_length(kith_all(query, &error)), 1);
    assert_usable(fixture);
}

static void
null_for_a_member_that_cannot_be_null_is_not_written(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .born = KITH_SOME(1966));
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(
        error, .table = "authors", .column = "name", .entity = "Author", .key = "(new)");
    assert_error(
        error,
        KITH_ERROR_NOT_NULL,
        "Author (new): name is NULL, and may not be; set it, or map it as nullable");
    assert_no_statements(fixture);
    kith_set(ann, name, "Ann");
    commit(fixture->session);
    kith_edit(ann)->name = NULL;
    error = fail_to_commit(fixture);
    assert_error(error, KITH_ERROR_NOT_NULL, "Author 1: name is NULL*");
    kith_rollback(fixture->session);
    assert_string_equal(ann->name, "Ann");
    assert_usable(fixture);
}

static void
a_name_that_the_enum_does_not_have_is_not_read(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    commit(fixture->session);
    run_sql(fixture,
            is_sqlite(fixture)
                ? "PRAGMA ignore_check_constraints = ON"
                : "ALTER TABLE samples DROP CONSTRAINT samples_genre_check");
    run_sql(fixture, "UPDATE samples SET genre = 'essay'");
    new_session(fixture);
    assert_null(kith_get(fixture->session, Sample, 1, &error));
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "Sample.genre: the column \"genre\" holds 'essay', which is not a name "
                 "of the enum");
    assert_usable(fixture);
}

/* --- constraints ------------------------------------------------------------------- */

static void
a_unique_value_that_is_taken_is_named(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *second = kith_add(fixture->session, Author, .id = 2, .name = "Ann");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "authors_name_key",
                       .table = "authors",
                       .column = "name",
                       .entity = "Author",
                       .key = "2");
    assert_error(
        error, KITH_ERROR_UNIQUE, "Author 2: unique: authors.name is taken already: *");
    kith_delete(second);
    assert_usable(fixture);
}

static void
a_key_that_is_taken_is_named(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_add(fixture->session, Author, .id = 1, .name = "Bob");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "authors_pkey",
                       .table = "authors",
                       .column = "id",
                       .entity = "Author",
                       .key = "1");
    assert_error(
        error, KITH_ERROR_UNIQUE, "Author 1: unique: authors.id is taken already: *");
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

static void
a_text_key_that_is_taken_is_named(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('ann', 'Ann')");
    kith_add(fixture->session, Member, .login = "ann", .name = "Another");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "members_pkey",
                       .table = "members",
                       .column = "login",
                       .entity = "Member",
                       .key = "'ann'");
    assert_error(error, KITH_ERROR_UNIQUE, "Member 'ann': unique: *");
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

static void
unique_values_over_two_columns_that_are_taken_are_named(void **state)
{
    Fixture *fixture = *state;
    const Branch *oslo = kith_add(fixture->session, Branch, .town = "Oslo");
    const Branch *rome = kith_add(fixture->session, Branch, .town = "Rome");
    kith_add(fixture->session, Employee, .name = "Ann", .branch.target = oslo);
    kith_add(fixture->session, Employee, .name = "Ann", .branch.target = rome);
    commit(fixture->session);
    const Employee *second =
        kith_add(fixture->session, Employee, .name = "Ann", .branch.target = oslo);
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "employees_branch_id_name_key",
                       .table = "employees",
                       .column = "branch_id, name",
                       .entity = "Employee",
                       .key = "(new)");
    assert_error(error, KITH_ERROR_UNIQUE, "Employee (new): unique: *");
    kith_set(second, name, "Anne");
    commit(fixture->session);
    assert_usable(fixture);
}

static void
a_row_that_is_referred_to_and_not_there_is_named(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('ann', 'Ann')");
    kith_add(fixture->session, Loan, .book_id = 77, .member_login = "ann");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "loans_book_id_fkey",
                       .table = "loans",
                       .column = "book_id",
                       .entity = "Loan",
                       .key = "(77, 'ann')");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Loan (77, 'ann'): *");
    kith_rollback(fixture->session);
    kith_add(fixture->session, Loan, .book_id = 1, .member_login = "nobody");
    error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "loans_member_login_fkey",
                       .table = "loans",
                       .column = "member_login",
                       .entity = "Loan",
                       .key = "(1, 'nobody')");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Loan (1, 'nobody'): *");
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

static void
an_update_to_a_row_that_is_not_there_is_named(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *bob = kith_add(fixture->session, Author, .id = 2, .name = "Bob");
    commit(fixture->session);
    run_sql(fixture, "DELETE FROM authors WHERE id = 2");
    kith_set(book, translator, bob);
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "books_translator_id_fkey",
                       .table = "books",
                       .column = "translator_id",
                       .entity = "Book",
                       .key = "1");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Book 1: *");
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

static void
a_row_that_is_still_referred_to_is_named(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_delete(ann);
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .constraint = "books_author_id_fkey",
                       .table = "books",
                       .column = "author_id",
                       .entity = "Author",
                       .key = "1");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Author 1: *");
    assert_int_equal(kith_state(ann), KITH_DELETED);
    kith_delete(find(fixture->session, Book, 1));
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM authors");
    assert_usable(fixture);
}

static void
a_column_that_the_table_keeps_from_null_is_named(void **state)
{
    Fixture *fixture = *state;
    make_members_again(fixture);
    const Member *ann = kith_add(fixture->session, Member, .login = "ann", .name = "Ann");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(error,
                       .table = "members",
                       .column = "password",
                       .entity = "Member",
                       .key = "'ann'");
    assert_error(
        error, KITH_ERROR_NOT_NULL, "Member 'ann': not null: members.password cannot*");
    kith_set(ann, password, "secret");
    commit(fixture->session);
    assert_usable(fixture);
}

static void
a_check_of_the_table_is_named(void **state)
{
    Fixture *fixture = *state;
    make_members_again(fixture);
    const Member *ann = kith_add(fixture->session,
                                 Member,
                                 .login = "ann",
                                 .name = "Nobody",
                                 .password = "hunter2");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_null(strstr(error->message, "hunter2"));
    assert_error_facts(error,
                       .constraint = "members_name_check",
                       .table = "members",
                       .entity = "Member",
                       .key = "'ann'");
    assert_error(error, KITH_ERROR_CHECK, "Member 'ann': check: *");
    kith_set(ann, name, "Ann");
    commit(fixture->session);
    assert_usable(fixture);
}

static void
an_error_has_an_sqlstate_where_the_database_gives_one(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_add(fixture->session, Author, .name = "Ann", .id = 2);
    g_autoptr(GError) error = fail_to_commit(fixture);
    if (is_sqlite(fixture))
        assert_null(kith_error_sqlstate(error));
    else
        assert_string_equal(kith_error_sqlstate(error), "23505");
    assert_false(kith_error_is_retryable(error));
}

static void
the_failing_row_of_many_is_named(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('login 70', 'Ann')");
    for (int i = 0; i < 100; i++) {
        g_autofree char *login = g_strdup_printf("login %d", i);
        kith_add(fixture->session, Member, .login = login, .name = "a member");
    }
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error(error, KITH_ERROR_UNIQUE, "Member 'login 70': *");
    assert_rows(fixture, "SELECT count(*) FROM members", "1");
    kith_rollback(fixture->session);
    assert_usable(fixture);
}

/* --- objects ----------------------------------------------------------------------- */

static void
a_second_object_with_a_key_that_is_loaded_is_refused(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    forget_statements(fixture);
    const Author *second = kith_add(fixture->session, Author, .id = 1, .name = "Bob");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error_facts(
        error, .table = "authors", .column = "id", .entity = "Author", .key = "1");
    assert_error(
        error,
        KITH_ERROR_UNIQUE,
        "Author 1: it was added, and an object with this key is loaded already; change "
        "that one instead");
    assert_no_statements(fixture);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    kith_delete(second);
    assert_usable(fixture);
}

static void
two_new_objects_with_one_key_are_refused(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Member, .login = "ann", .name = "Ann");
    const Member *second =
        kith_add(fixture->session, Member, .login = "ann", .name = "Anne");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error(error, KITH_ERROR_UNIQUE, "Member 'ann': *");
    kith_set(second, login, "anne");
    commit(fixture->session);
    assert_rows(fixture, "SELECT login FROM members ORDER BY login", "ann", "anne");
}

static void
an_object_of_another_session_stays_with_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Author *theirs = find(other, Author, 1);
    kith_set(theirs, name, "Anne");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
    commit(other);
    assert_rows(fixture, "SELECT name FROM authors", "Anne");
}

static void
two_objects_do_not_take_the_key_of_one_that_is_deleted(void **state)
{
    Fixture *fixture = *state;
    const Member *ann = kith_add(fixture->session, Member, .login = "ann", .name = "Ann");
    const Member *bob = kith_add(fixture->session, Member, .login = "bob", .name = "Bob");
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(ann);
    kith_add(fixture->session, Member, .login = "ann", .name = "Anne");
    kith_set(bob, login, "ann");
    g_autoptr(GError) error = fail_to_commit(fixture);
    assert_error(error, KITH_ERROR_UNIQUE, "Member 'bob': its key was changed, and *");
    assert_no_statements(fixture);
    kith_set(bob, login, "bobby");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT login, name FROM members ORDER BY login",
                "ann|Anne",
                "bobby|Bob");
}

/* Where the server has given the transaction up, so has the session. */
static void
a_query_that_fails_in_a_transaction_leaves_what_was_flushed_to_be_flushed_again(
    void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "ALTER TABLE members RENAME TO people");
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_null(kith_get(fixture->session, Member, "ann", &error));
    assert_error(error, KITH_ERROR_MAPPING, "*");
    kith_set(ann, born, 1966);
    commit(fixture->session);
    assert_int_equal(kith_state(ann), KITH_PERSISTENT);
    assert_rows(fixture, "SELECT name, born FROM authors", "Ann|1966");
    assert_false(kith_has_changes(fixture->session));
    run_sql(fixture, "ALTER TABLE people RENAME TO members");
    assert_usable(fixture);
}

static void
a_query_that_fails_after_a_savepoint_keeps_the_work_before_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "ALTER TABLE members RENAME TO people");
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_done(kith_savepoint(fixture->session, &error), error);
    const Author *bob = kith_add(fixture->session, Author, .name = "Bob");
    flush(fixture->session);
    assert_null(kith_get(fixture->session, Member, "ann", &error));
    g_clear_error(&error);
    assert_int_equal(kith_state(ann), KITH_PERSISTENT);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_int_equal(kith_state(bob), KITH_DETACHED);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
a_lock_that_somebody_else_holds_is_busy(void **state)
{
    Fixture *fixture = *state;
    if (!is_sqlite(fixture))
        return; /* rows are locked there, and waited for */
    KithOptions options = { .busy_timeout_msec = 1 };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    run_sql(fixture, "BEGIN IMMEDIATE");
    kith_add(session, Author, .name = "Ann");
    forget_statements(fixture);
    g_autoptr(GError) error = NULL;
    assert_false(kith_commit(session, &error));
    assert_statements(fixture, "BEGIN (failed)"); /* it has waited, and does not go on */
    assert_true(kith_error_is_retryable(error));
    assert_error(error, KITH_ERROR_BUSY, "busy: another connection holds the lock*");
    run_sql(fixture, "ROLLBACK");
    commit(session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
a_connection_that_is_lost_is_replaced_and_nothing_else_is_lost(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    if (is_sqlite(fixture))
        return; /* a file is not lost */
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    kith_set(book, title, "Sword");
    flush(fixture->session);
    /* Whoever has written to our table; waits until its backend is gone. */
    run_sql(fixture,
            "SELECT pg_terminate_backend(pid, 10000) FROM "
            "(SELECT DISTINCT pid FROM pg_locks WHERE relation = 'books'::regclass) AS "
            "writers");
    kith_set(ann, name, "Anne");
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_string_equal(ann->name, "Anne");
    assert_string_equal(book->title, "Sword");
    assert_int_equal(book->version, 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Anne");
    assert_rows(fixture, "SELECT title, version FROM books", "Sword|2");
}

int
main(void)
{
    const struct CMUnitTest opening[] = {
        cmocka_unit_test(a_url_of_no_known_kind_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_refused),
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_server_that_is_not_there_is_refused_without_the_password),
        cmocka_unit_test(a_url_that_is_written_wrong_is_refused_without_the_password),
    };
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_table_that_is_missing_is_named),
        ON_A_DATABASE(a_column_that_is_missing_is_named),
        ON_A_DATABASE(a_mapping_that_the_engine_was_not_given_is_named),
        ON_A_DATABASE(a_text_that_is_not_utf8_is_not_written),
        ON_A_DATABASE(a_text_key_that_is_not_utf8_is_not_written),
        ON_A_DATABASE(a_text_that_is_not_utf8_is_not_read),
        ON_A_DATABASE(a_text_with_a_zero_byte_is_not_read),
        ON_A_DATABASE(a_text_that_is_too_long_is_not_written),
        ON_A_DATABASE(an_integer_that_does_not_fit_the_member_is_not_read),
        ON_A_DATABASE(an_integer_that_does_not_fit_the_member_is_not_set),
        ON_A_DATABASE(null_for_a_member_that_cannot_be_null_is_not_read),
        ON_A_DATABASE(null_for_a_member_that_cannot_be_null_is_not_written),
        ON_A_DATABASE(a_name_that_the_enum_does_not_have_is_not_read),
        ON_A_DATABASE(a_unique_value_that_is_taken_is_named),
        ON_A_DATABASE(a_key_that_is_taken_is_named),
        ON_A_DATABASE(a_text_key_that_is_taken_is_named),
        ON_A_DATABASE(unique_values_over_two_columns_that_are_taken_are_named),
        ON_A_DATABASE(a_row_that_is_referred_to_and_not_there_is_named),
        ON_A_DATABASE(an_update_to_a_row_that_is_not_there_is_named),
        ON_A_DATABASE(a_row_that_is_still_referred_to_is_named),
        ON_A_DATABASE(a_column_that_the_table_keeps_from_null_is_named),
        ON_A_DATABASE(a_check_of_the_table_is_named),
        ON_A_DATABASE(an_error_has_an_sqlstate_where_the_database_gives_one),
        ON_A_DATABASE(the_failing_row_of_many_is_named),
        ON_A_DATABASE(a_second_object_with_a_key_that_is_loaded_is_refused),
        ON_A_DATABASE(two_new_objects_with_one_key_are_refused),
        ON_A_DATABASE(two_objects_do_not_take_the_key_of_one_that_is_deleted),
        ON_A_DATABASE(
            a_query_that_fails_in_a_transaction_leaves_what_was_flushed_to_be_flushed_again),
        ON_A_DATABASE(a_query_that_fails_after_a_savepoint_keeps_the_work_before_it),
        ON_A_DATABASE(an_object_of_another_session_stays_with_it),
        ON_A_DATABASE(a_lock_that_somebody_else_holds_is_busy),
        ON_A_DATABASE(a_connection_that_is_lost_is_replaced_and_nothing_else_is_lost),
    };
    return cmocka_run_group_tests_name("opening an engine", opening, NULL, NULL)
           + run_on_each_database("errors", tests);
}
