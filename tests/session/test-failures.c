/*
 * test-failures.c - every kind of refusal of the database, at each way to write: every
 * object stays as the program made it, nothing is in the tables, and when the cause is
 * mended the same session commits.
 */
#include "fixture.h"

#include "engine.h"

/* Ann (101), Bob (102), and Ann's book Justice (101), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (101, 'Ann'), (102, 'Bob')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (101, 'Justice', 9.5, 1, 101)");
}

/* Members of a table that is stricter than its mapping. */
static void
make_members_strict(Fixture *fixture)
{
    run_sql(fixture, "DROP TABLE loans");
    run_sql(fixture, "DROP TABLE reviews");
    run_sql(fixture, "DROP TABLE members");
    run_sql(fixture,
            "CREATE TABLE members (login text PRIMARY KEY,"
            " name text NOT NULL CHECK (length(name) < 10), password text NOT NULL)");
}

/* --- the work of these tests: each operation once ---------------------------------- */

typedef struct Work {
    const Author *cora; /* added */
    const Author *ann;  /* born is set */
    const Book *book;   /* moved to Cora, and cheaper */
    const Author *bob;  /* deleted */
} Work;

static Work
do_work(Fixture *fixture)
{
    Work work = { .cora = kith_add(fixture->session, Author, .name = "Cora"),
                  .ann = find(fixture->session, Author, 101),
                  .book = find(fixture->session, Book, 101),
                  .bob = find(fixture->session, Author, 102) };
    kith_set(work.ann, born, 1966);
    kith_set(work.book, author, work.cora);
    kith_set(work.book, price, 1);
    kith_delete(work.bob);
    forget_statements(fixture);
    return work;
}

static void
assert_is_as_the_program_made_it(const Work *work)
{
    assert_int_equal(kith_state(work->cora), KITH_PENDING);
    assert_int_equal(work->cora->id, 0);
    assert_int_equal(work->ann->born.value, 1966);
    assert_ptr_equal(work->book->author.target, work->cora);
    assert_true(work->book->price == 1);
    assert_int_equal(work->book->version, 1);
    assert_int_equal(kith_state(work->bob), KITH_DELETED);
}

static void
assert_nothing_is_written(Fixture *fixture)
{
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY name", "Ann|NULL", "Bob|NULL");
    assert_rows(
        fixture, "SELECT id FROM books WHERE price = 9.5 AND author_id = 101", "101");
}

static void
assert_all_is_written(Fixture *fixture, const Work *work)
{
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY name", "Ann|1966", "Cora|NULL");
    assert_rows(fixture,
                "SELECT version, name FROM books JOIN authors ON author_id = authors.id "
                "WHERE books.id = 101 AND price = 1.0",
                "2|Cora");
    assert_int_equal(work->book->version, 2);
    assert_int_equal(kith_state(work->cora), KITH_PERSISTENT);
    assert_int_equal(kith_state(work->bob), KITH_DETACHED);
}

/* --- mishaps ----------------------------------------------------------------------- */

/* Something that makes the next flush fail. */
typedef struct Mishap {
    const char *name;
    KithErrorCode code;
    const char *message;
    void (*prepare)(Fixture *fixture);    /* what somebody else does; or NULL */
    const void *(*act)(Fixture *fixture); /* what the program does */
    void (*mend)(Fixture *fixture, const void *object); /* with what act() returned */
} Mishap;

static void
take_back(Fixture *fixture, const void *object)
{
    (void) fixture;
    kith_delete((const Author *) object); /* of whatever entity it is */
}

static const void *
add_a_name_that_is_taken(Fixture *fixture)
{
    return kith_add(fixture->session, Author, .id = 7, .name = "Ann");
}

static void
take_the_login(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO members (login, name, password) VALUES ('eve', 'Eve', '')");
}

static const void *
add_a_key_that_is_taken(Fixture *fixture)
{
    return kith_add(
        fixture->session, Member, .login = "eve", .name = "Eve", .password = "");
}

static const void *
refer_to_nothing(Fixture *fixture)
{
    return kith_add(fixture->session,
                    Employee,
                    .id = 7,
                    .name = "Eve",
                    .branch.link = { .has_key = true, .key.int64 = 999 });
}

static void
add_categories(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO categories (id, name) VALUES (1, 'all')");
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (2, 'some', 1)");
    find(fixture->session, Category, 1);
}

static const void *
delete_what_is_referred_to(Fixture *fixture)
{
    kith_delete(find(fixture->session, Category, 1));
    return NULL;
}

static void
delete_what_refers(Fixture *fixture, const void *object)
{
    (void) object;
    kith_delete(find(fixture->session, Category, 2));
}

static const void *
leave_out_the_password(Fixture *fixture)
{
    return kith_add(fixture->session, Member, .login = "eve", .name = "Eve");
}

static void
give_the_password(Fixture *fixture, const void *object)
{
    (void) fixture;
    kith_set((const Member *) object, password, "secret");
}

static const void *
give_a_name_that_is_too_long(Fixture *fixture)
{
    return kith_add(
        fixture->session, Member, .login = "eve", .name = "Evangeline", .password = "");
}

static void
shorten_the_name(Fixture *fixture, const void *object)
{
    (void) fixture;
    kith_set((const Member *) object, name, "Eve");
}

static void
move_a_row_away(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO categories (id, name) VALUES (5, 'old')");
    find(fixture->session, Category, 5);
    run_sql(fixture, "UPDATE categories SET id = 6 WHERE id = 5");
}

static const void *
change_the_row(Fixture *fixture)
{
    kith_set(find(fixture->session, Category, 5), name, "new");
    return NULL;
}

static void
move_the_row_back(Fixture *fixture, const void *object)
{
    (void) object;
    run_sql(fixture, "UPDATE categories SET id = 5 WHERE id = 6");
}

static const void *
leave_out_the_name(Fixture *fixture)
{
    return kith_add(fixture->session, Author, .id = 7);
}

static void
give_the_name(Fixture *fixture, const void *object)
{
    (void) fixture;
    kith_set((const Author *) object, name, "Dora");
    kith_delete((const Author *) object);
}

static const Mishap mishaps[] = {
    { "a unique name is taken",
      KITH_ERROR_UNIQUE,
      "Author 7: *",
      NULL,
      add_a_name_that_is_taken,
      take_back },
    { "a key is taken",
      KITH_ERROR_UNIQUE,
      "Member 'eve': *",
      take_the_login,
      add_a_key_that_is_taken,
      take_back },
    { "what is referred to is not there",
      KITH_ERROR_FOREIGN_KEY,
      "Employee 7: *",
      NULL,
      refer_to_nothing,
      take_back },
    { "what is deleted is referred to",
      KITH_ERROR_FOREIGN_KEY,
      "Category 1: *",
      add_categories,
      delete_what_is_referred_to,
      delete_what_refers },
    { "a value is NULL in the table's eyes",
      KITH_ERROR_NOT_NULL,
      "Member 'eve': *",
      NULL,
      leave_out_the_password,
      give_the_password },
    { "a value does not pass a check",
      KITH_ERROR_CHECK,
      "Member 'eve': *",
      NULL,
      give_a_name_that_is_too_long,
      shorten_the_name },
    { "the row is gone",
      KITH_ERROR_STALE,
      "Category 5: *",
      move_a_row_away,
      change_the_row,
      move_the_row_back },
};

/* --- each mishap, at each way to write --------------------------------------------- */

static void
start_over(Fixture *fixture, const Mishap *mishap)
{
    run_sql(fixture, "DELETE FROM members");
    run_sql(fixture, "DELETE FROM categories WHERE parent_id IS NOT NULL");
    run_sql(fixture, "DELETE FROM categories");
    run_sql(fixture, "DELETE FROM books");
    run_sql(fixture, "DELETE FROM authors");
    fill(fixture);
    new_session(fixture);
    if (mishap->prepare != NULL)
        mishap->prepare(fixture);
}

static void
expect_refusal(const Mishap *mishap, bool done, GError **error)
{
    bool is_it = !done && g_error_matches(*error, KITH_ERROR, (gint) mishap->code);
    if (!is_it)
        print_error("when %s:\n", mishap->name);
    assert_error(*error, mishap->code, mishap->message);
    assert_false(done);
}

static void
mend_and_commit(Fixture *fixture,
                const Mishap *mishap,
                const Work *work,
                const void *object)
{
    assert_is_as_the_program_made_it(work);
    assert_nothing_is_written(fixture);
    mishap->mend(fixture, object);
    commit(fixture->session);
    assert_all_is_written(fixture, work);
}

static void
a_commit_that_is_refused_leaves_all_as_the_program_made_it(void **state)
{
    Fixture *fixture = *state;
    make_members_strict(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
        g_autoptr(GError) error = NULL;
        start_over(fixture, &mishaps[i]);
        Work work = do_work(fixture);
        const void *object = mishaps[i].act(fixture);
        expect_refusal(&mishaps[i], kith_commit(fixture->session, &error), &error);
        mend_and_commit(fixture, &mishaps[i], &work, object);
    }
}

static void
a_flush_that_is_refused_leaves_all_as_the_program_made_it(void **state)
{
    Fixture *fixture = *state;
    make_members_strict(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
        g_autoptr(GError) error = NULL;
        start_over(fixture, &mishaps[i]);
        const void *object = mishaps[i].act(fixture);
        Work work = do_work(fixture);
        expect_refusal(&mishaps[i], kith_flush(fixture->session, &error), &error);
        mend_and_commit(fixture, &mishaps[i], &work, object);
    }
}

static void
a_refusal_takes_back_what_earlier_flushes_wrote(void **state)
{
    Fixture *fixture = *state;
    make_members_strict(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
        g_autoptr(GError) error = NULL;
        start_over(fixture, &mishaps[i]);
        assert_done(kith_begin(fixture->session, NULL, &error), error);
        Work work = do_work(fixture);
        flush(fixture->session);
        assert_true(work.cora->id > 0);
        assert_int_equal(work.book->version, 2);
        const void *object = mishaps[i].act(fixture);
        expect_refusal(&mishaps[i], kith_commit(fixture->session, &error), &error);
        mend_and_commit(fixture, &mishaps[i], &work, object);
    }
}

static void
a_refusal_can_be_rolled_back(void **state)
{
    Fixture *fixture = *state;
    make_members_strict(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
        g_autoptr(GError) error = NULL;
        start_over(fixture, &mishaps[i]);
        Work work = do_work(fixture);
        mishaps[i].act(fixture);
        expect_refusal(&mishaps[i], kith_commit(fixture->session, &error), &error);
        kith_rollback(fixture->session);
        assert_int_equal(kith_state(work.cora), KITH_DETACHED);
        assert_int_equal(kith_state(work.bob), KITH_PERSISTENT);
        assert_false(work.ann->born.has_value);
        assert_true(work.book->price == 9.5);
        assert_false(kith_has_changes(fixture->session));
        kith_set(work.ann, born, 1900);
        commit(fixture->session);
        assert_rows(fixture, "SELECT born FROM authors WHERE id = 101", "1900");
    }
}

static void
a_refusal_after_a_savepoint_keeps_the_work_before_it(void **state)
{
    Fixture *fixture = *state;
    make_members_strict(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
        g_autoptr(GError) error = NULL;
        start_over(fixture, &mishaps[i]);
        Work work = do_work(fixture);
        assert_done(kith_savepoint(fixture->session, &error), error);
        mishaps[i].act(fixture);
        kith_set(work.book, price, 5);
        bool done = i % 2 == 0 ? kith_flush(fixture->session, &error)
                               : kith_savepoint_release(fixture->session, &error);
        expect_refusal(&mishaps[i], done, &error);
        assert_int_equal(kith_state(work.cora), KITH_PERSISTENT);
        assert_int_equal(work.book->version, 2);
        assert_true(work.book->price == 5);
        assert_done(kith_savepoint_rollback(fixture->session, &error), error);
        commit(fixture->session);
        assert_all_is_written(fixture, &work);
    }
}

/* One that has a savepoint open goes back to it, not further. */
static void
a_commit_that_is_refused_after_a_savepoint_can_be_mended(void **state)
{
    Fixture *fixture = *state;
    make_members_strict(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
        g_autoptr(GError) error = NULL;
        if (mishaps[i].mend == move_the_row_back)
            continue; /* nobody else can write on SQLite as long as the transaction is
                         open */
        start_over(fixture, &mishaps[i]);
        Work work = do_work(fixture);
        assert_done(kith_savepoint(fixture->session, &error), error);
        const void *object = mishaps[i].act(fixture);
        expect_refusal(&mishaps[i], kith_commit(fixture->session, &error), &error);
        assert_nothing_is_written(fixture);
        mishaps[i].mend(fixture, object);
        commit(fixture->session);
        assert_all_is_written(fixture, &work);
    }
}

static void
what_is_refused_before_anything_is_sent_is_as_before_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    Work work = do_work(fixture);
    const void *nameless = leave_out_the_name(fixture);
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Author 7: *");
    assert_no_statements(fixture);
    assert_is_as_the_program_made_it(&work);
    give_the_name(fixture, nameless);
    commit(fixture->session);
    assert_all_is_written(fixture, &work);
}

/* --- refused by the COMMIT itself -------------------------------------------------- */

static void
what_the_commit_itself_refuses_is_as_the_program_made_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture,
            "CREATE TABLE notes (author_id bigint REFERENCES authors (id) "
            "DEFERRABLE INITIALLY DEFERRED)");
    run_sql(fixture, "INSERT INTO notes (author_id) VALUES (102)");
    Work work = do_work(fixture);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        if (i == 1)
            flush(fixture->session);
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, KITH_ERROR_FOREIGN_KEY, "*");
        assert_is_as_the_program_made_it(&work);
        assert_nothing_is_written(fixture);
    }
    run_sql(fixture, "DELETE FROM notes");
    commit(fixture->session);
    assert_all_is_written(fixture, &work);
    run_sql(fixture, "DROP TABLE notes");
}

/* --- batches ----------------------------------------------------------------------- */

static const int sizes[] = { 1, 10, 1000 };

/* Authors 1000, 1001, …, put there by somebody else; and what the session has of them. */
static const Author **
add_authors(Fixture *fixture, int n)
{
    const Author **authors = g_new0(const Author *, (gsize) n);
    g_ptr_array_add(fixture->texts, authors); /* so that it is freed after the test */
    run_sql(fixture, "DELETE FROM books");
    run_sql(fixture, "DELETE FROM authors");
    fill(fixture);
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO authors (id, name, born) WITH RECURSIVE n (i) AS "
                        "(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                        "SELECT 1000 + i, 'author ' || i, 0 FROM n",
                        n - 1);
    run_sql(fixture, sql);
    new_session(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_where(query, kith_ge(Author, id, 1000));
    assert_int_equal(kith_length(kith_all(query, NULL)), n);
    for (int i = 0; i < n; i++)
        authors[i] = find(fixture->session, Author, 1000 + i);
    return authors;
}

static void
expect_of_the_middle_one(Fixture *fixture, int n, KithErrorCode code)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *key = g_strdup_printf("%d", 1000 + n / 2);
    g_autofree char *pattern = g_strdup_printf("Author %s: *", key);
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(kith_error_key(error), key);
    assert_error(error, code, pattern);
}

static void
assert_count(Fixture *fixture, const char *sql, int n)
{
    g_autofree char *expected = g_strdup_printf("%d", n);
    assert_rows(fixture, sql, expected);
}

static void
an_insert_in_the_middle_that_is_refused_writes_none(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int n = sizes[i];
        const Author *middle = NULL;
        run_sql(fixture, "DELETE FROM authors WHERE id >= 1000");
        new_session(fixture);
        for (int j = 0; j < n; j++) {
            g_autofree char *name = g_strdup_printf("author %d", j);
            const Author *author = kith_add(fixture->session,
                                            Author,
                                            .id = 1000 + j,
                                            .name = j == n / 2 ? "Ann" : name);
            middle = j == n / 2 ? author : middle;
        }
        expect_of_the_middle_one(fixture, n, KITH_ERROR_UNIQUE);
        assert_count(fixture, "SELECT count(*) FROM authors", 2);
        kith_set(middle, name, "Dora");
        commit(fixture->session);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE id >= 1000", n);
    }
}

static void
an_update_in_the_middle_that_is_refused_writes_none(void **state)
{
    Fixture *fixture = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int n = sizes[i];
        const Author **authors = add_authors(fixture, n);
        for (int j = 0; j < n; j++) {
            g_autofree char *name = g_strdup_printf("renamed %d", j);
            kith_set(authors[j], name, j == n / 2 ? "Ann" : name);
        }
        expect_of_the_middle_one(fixture, n, KITH_ERROR_UNIQUE);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE name LIKE 'r%'", 0);
        kith_set(authors[n / 2], name, "renamed too");
        commit(fixture->session);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE name LIKE 'r%'", n);
    }
}

static void
an_update_in_the_middle_of_a_row_that_is_gone_writes_none(void **state)
{
    Fixture *fixture = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int n = sizes[i];
        const Author **authors = add_authors(fixture, n);
        for (int j = 0; j < n; j++)
            kith_set(authors[j], born, 1966);
        g_autofree char *sql =
            g_strdup_printf("DELETE FROM authors WHERE id = %d", 1000 + n / 2);
        run_sql(fixture, sql);
        expect_of_the_middle_one(fixture, n, KITH_ERROR_STALE);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE born = 1966", 0);
        kith_set(authors[n / 2], born, 0);
        commit(fixture->session);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE born = 1966", n - 1);
    }
}

static void
a_delete_in_the_middle_that_is_refused_deletes_none(void **state)
{
    Fixture *fixture = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int n = sizes[i];
        const Author **authors = add_authors(fixture, n);
        g_autofree char *sql = g_strdup_printf(
            "UPDATE books SET author_id = %d WHERE id = 101", 1000 + n / 2);
        run_sql(fixture, sql);
        for (int j = 0; j < n; j++)
            kith_delete(authors[j]);
        expect_of_the_middle_one(fixture, n, KITH_ERROR_FOREIGN_KEY);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE id >= 1000", n);
        assert_int_equal(kith_state(authors[0]), KITH_DELETED);
        kith_delete(find(fixture->session, Book, 101));
        commit(fixture->session);
        assert_count(fixture, "SELECT count(*) FROM authors WHERE id >= 1000", 0);
    }
}

/* --- SQLite: the file -------------------------------------------------------------- */

/* Say something to the connection that the session is going to use. */
static void
tell_connection(Fixture *fixture, const char *sql)
{
    g_autoptr(GError) error = NULL;
    KithConnection *connection = kith_engine_borrow(fixture->engine, &error);
    assert_done(connection, error);
    assert_done(kith_connection_command(connection, sql, &error), error);
    kith_engine_return(fixture->engine, connection);
}

static void
a_database_that_is_locked_is_busy_and_nothing_is_lost(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_sqlite(fixture))
        return;
    fill(fixture);
    fixture->engine = open_engine(fixture, &(KithOptions){ .busy_timeout_msec = 1 });
    new_session(fixture);
    Work work = do_work(fixture);
    run_sql(fixture, "BEGIN IMMEDIATE");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    assert_is_as_the_program_made_it(&work);
    assert_false(kith_begin(fixture->session, NULL, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    assert_string_equal(find(fixture->session, Author, 101)->name, "Ann");
    run_sql(fixture, "ROLLBACK");
    commit(fixture->session);
    assert_all_is_written(fixture, &work);
}

static void
a_disk_that_is_full_takes_nothing_away(void **state)
{
    Fixture *fixture = *state;
    if (!is_sqlite(fixture))
        return;
    fill(fixture);
    g_autofree char *text = g_strnfill(100000, 'x');
    Work work = do_work(fixture);
    const Category *large = kith_add(fixture->session, Category, .id = 1, .name = text);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        tell_connection(fixture, "PRAGMA max_page_count = 1"); /* than it has by now */
        if (i == 1)
            assert_done(kith_begin(fixture->session, NULL, &error), error);
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, KITH_ERROR_CONNECTION, "Category 1: *");
        assert_is_as_the_program_made_it(&work);
        assert_nothing_is_written(fixture);
    }
    assert_int_equal(kith_state(large), KITH_PENDING);
    tell_connection(fixture, "PRAGMA max_page_count = 1000000");
    commit(fixture->session);
    assert_all_is_written(fixture, &work);
}

static void
a_file_that_cannot_be_written_can_be_read(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_sqlite(fixture))
        return;
    fill(fixture);
    Work work = do_work(fixture);
    tell_connection(fixture, "PRAGMA query_only = 1");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_SQL, "*readonly*");
    assert_is_as_the_program_made_it(&work);
    assert_nothing_is_written(fixture);
    assert_gone(fixture->session, Author, 999);
    tell_connection(fixture, "PRAGMA query_only = 0");
    commit(fixture->session);
    assert_all_is_written(fixture, &work);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_commit_that_is_refused_leaves_all_as_the_program_made_it),
        ON_A_DATABASE(a_flush_that_is_refused_leaves_all_as_the_program_made_it),
        ON_A_DATABASE(a_refusal_takes_back_what_earlier_flushes_wrote),
        ON_A_DATABASE(a_refusal_can_be_rolled_back),
        ON_A_DATABASE(a_refusal_after_a_savepoint_keeps_the_work_before_it),
        ON_A_DATABASE(a_commit_that_is_refused_after_a_savepoint_can_be_mended),
        ON_A_DATABASE(what_is_refused_before_anything_is_sent_is_as_before_too),
        ON_A_DATABASE(what_the_commit_itself_refuses_is_as_the_program_made_it),
        ON_A_DATABASE(an_insert_in_the_middle_that_is_refused_writes_none),
        ON_A_DATABASE(an_update_in_the_middle_that_is_refused_writes_none),
        ON_A_DATABASE(an_update_in_the_middle_of_a_row_that_is_gone_writes_none),
        ON_A_DATABASE(a_delete_in_the_middle_that_is_refused_deletes_none),
        ON_A_DATABASE(a_database_that_is_locked_is_busy_and_nothing_is_lost),
        ON_A_DATABASE(a_disk_that_is_full_takes_nothing_away),
        ON_A_DATABASE(a_file_that_cannot_be_written_can_be_read),
    };
    return run_on_each_database("failures", tests);
}
