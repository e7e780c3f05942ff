/*
 * test-query-comments.c - the comment behind a statement: who asked, and that no name of
 * a file can be more than that.
 */
#include "fixture.h"

#include "comment.h"

/* The queries that were sent, a line each. */
static void
record_query(const KithTraceEvent *event, void *data)
{
    if (g_str_has_prefix(event->sql, "SELECT"))
        g_string_append_printf(data, "%s\n", event->sql);
}

static KithSession *
open_session(Fixture *fixture, GString *text, bool comments)
{
    KithOptions options = { .trace = record_query,
                            .trace_data = text,
                            .comments = comments };
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann')");
    return kith_session_new(open_engine(fixture, &options));
}

/* Ask as if from @file, and return what stands behind the statement. */
static const char *
comment_from(KithSession *session, GString *text, const char *file, int line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    kith_where(query, kith_eq(Author, name, "Ann"));
    g_string_truncate(text, 0);
    const Author *const *authors =
        kith_query_all((KithQuery *) query, kith_place(file, line), &error);
    assert_done(authors, error);
    assert_string_equal(authors[0]->name, "Ann");
    assert_null(authors[1]);
    const char *comment = strstr(text->str, " /*");
    return comment != NULL ? comment : "";
}

static void
a_query_says_in_a_comment_who_asked(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_session(fixture, text, true);
    assert_string_equal(comment_from(session, text, "/home/me/orders.c", 31),
                        " /* orders.c:31 */\n");
    assert_string_equal(comment_from(session, text, "orders.c", 32),
                        " /* orders.c:32 */\n");
    assert_string_equal(comment_from(session, text, NULL, 0), "");
    g_string_truncate(text, 0);
    kith_clear(session);
    assert_string_equal(find(session, Author, 1)->name, "Ann");
    assert_non_null(strstr(text->str, " /* test-query-comments.c:"));
}

static void
without_the_option_there_is_none(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_session(fixture, text, false);
    assert_string_equal(comment_from(session, text, "orders.c", 31), "");
    assert_non_null(strstr(text->str, "SELECT"));
}

static void
the_name_of_a_file_cannot_end_the_comment(void **state)
{
    Fixture *fixture = *state;
    static const struct {
        const char *file;
        const char *comment;
    } names[] = {
        { "x*/; DROP TABLE authors; --", " /* _ DROP TABLE authors_ --:7 */\n" },
        { "a/*b", " /* _b:7 */\n" },
        { "$1?1:name'\"", " /* _1_1_name__:7 */\n" },
        { "\xc3\xa9\n%s.c", " /* ____s.c:7 */\n" },
        { "", " /* .:7 */\n" },
    };
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_session(fixture, text, true);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        assert_string_equal(comment_from(session, text, names[i].file, 7),
                            names[i].comment);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
statements_by_hand_and_in_bulk_have_it_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_session(fixture, text, true);
    int64_t n = 0;
    assert_done(kith_unsafe_execute(session,
                                    "UPDATE authors SET name = :name; -- all",
                                    KITH_NAMED(kith_named("name", "Bo")),
                                    &n,
                                    &error),
                error);
    assert_int_equal(n, 1);
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    kith_change(query, kith_to(Author, born, 1970));
    assert_done(kith_update_all(query, &n, &error), error);
    assert_int_equal(n, 1);
    commit(session);
    assert_rows(fixture, "SELECT name, born FROM authors", "Bo|1970");
}

/* Drivers keep what they have prepared by the address of the statement. */
static void
a_statement_is_one_for_each_place(void **state)
{
    (void) state;
    const KithStatement plain = { "SELECT 1" }, other = { "SELECT 1" };
    KithComments *comments = kith_comments_new();
    g_autofree char *file = g_strdup("a.c");
    const KithStatement *first =
        kith_comments_statement(comments, &plain, kith_place("a.c", 1));
    assert_string_equal(first->sql, "SELECT 1 /* a.c:1 */");
    assert_ptr_equal(first,
                     kith_comments_statement(comments, &plain, kith_place(file, 1)));
    assert_ptr_not_equal(first,
                         kith_comments_statement(comments, &plain, kith_place("a.c", 2)));
    assert_ptr_not_equal(first,
                         kith_comments_statement(comments, &other, kith_place("a.c", 1)));
    assert_ptr_equal(&plain,
                     kith_comments_statement(comments, &plain, kith_place(NULL, 0)));
    assert_int_equal(g_hash_table_size(comments), 3);
    g_hash_table_unref(comments);
}

/* --- what a flush writes ------------------------------------------------------------ */

/* The statements that write rows, a line each. */
static void
record_write(const KithTraceEvent *event, void *data)
{
    static const char *const verbs[] = { "INSERT", "UPDATE", "DELETE" };
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_has_prefix(event->sql, verbs[i]))
            g_string_append_printf(data, "%s\n", event->sql);
    }
}

static KithSession *
open_writing_session(Fixture *fixture, GString *text)
{
    KithOptions options = { .trace = record_write, .trace_data = text, .comments = true };
    return kith_session_new(open_engine(fixture, &options));
}

/* Each of @n_lines lines begins with @verb, and has the comment. */
static void
assert_commented(GString *text, const char *verb, const char *comment, guint n_lines)
{
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), n_lines + 1);
    for (guint i = 0; i < n_lines; i++) {
        assert_true(g_str_has_prefix(lines[i], verb));
        const char *at = strstr(lines[i], comment);
        assert_non_null(at);
        assert_null(strstr(at + 3, "/*")); /* and no second one */
    }
    g_string_truncate(text, 0);
}

static void
commit_from(KithSession *session, int line)
{
    g_autoptr(GError) error = NULL;
    assert_done(kith_session_commit(session, kith_place("shop/save.c", line), &error),
                error);
}

#define N_MANY 40 /* their keys are made before, so they can go together */

static const Author *
add_authors(KithSession *session, unsigned count)
{
    const Author *author = NULL;
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("Author %u of %u", i + 1, count);
        author = kith_add(session, Author, .name = name);
    }
    return author;
}

static void
write_each_way(KithSession *session, GString *text, unsigned count)
{
    g_autoptr(GError) error = NULL;
    (void) add_authors(session, count);
    commit_from(session, 1);
    assert_commented(text, "INSERT", " /* save.c:1 */", 1);
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    const Author *const *authors = kith_all(query, &error);
    assert_done(authors, error);
    for (unsigned i = 0; i < count; i++)
        kith_set(authors[i], born, 1900 + (int32_t) i);
    commit_from(session, 2);
    assert_commented(text, "UPDATE", " /* save.c:2 */", 1);
    authors = kith_all(query, &error);
    assert_done(authors, error);
    for (unsigned i = 0; i < count; i++)
        kith_delete(authors[i]);
    commit_from(session, 3);
    assert_commented(text, "DELETE", " /* save.c:3 */", 1);
}

/* One row of each, and as many as go by one statement where the database can do that. */
static void
what_a_flush_writes_says_who_flushed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_writing_session(fixture, text);
    write_each_way(session, text, 1);
    write_each_way(session, text, N_MANY);
    write_each_way(session, text, 1); /* known by then */
    assert_no_rows(fixture, "SELECT * FROM authors");
}

static void
a_flush_before_a_query_has_the_place_of_the_query(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_writing_session(fixture, text);
    const Author *ann = kith_add(session, Author, .name = "Ann");
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    const Author *found =
        kith_query_one((KithQuery *) query, kith_place("find.c", 12), &error);
    assert_done(found, error);
    assert_ptr_equal(found, ann);
    assert_commented(text, "INSERT", " /* find.c:12 */", 1);
}

/* A version and what the database gives back are read from behind the comment. */
static void
what_comes_back_comes_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_writing_session(fixture, text);
    const Author *ann = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "One", .author.target = ann);
    commit_from(session, 1);
    assert_true(book->id > 0 && ann->id > 0);
    kith_set(book, title, "Two");
    commit_from(session, 2);
    assert_int_equal(book->version, 2);
    run_sql(fixture, "UPDATE books SET version = 7");
    kith_set(book, title, "Three");
    assert_false(kith_session_commit(session, kith_place("save.c", 3), &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_STALE));
    assert_rows(fixture, "SELECT title FROM books", "Two");
}

/* Of many rows the one that fails is found by writing them again, with the same comment. */
static void
a_flush_that_fails_names_its_object(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_writing_session(fixture, text);
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (999, 'Author 3 of 40')");
    (void) add_authors(session, N_MANY);
    assert_false(kith_session_commit(session, kith_place("save.c", 1), &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_UNIQUE));
    assert_non_null(strstr(error->message, "name"));
    assert_commented(
        text, "INSERT", " /* save.c:1 */", is_sqlite(fixture) ? 1 : 2);
    assert_rows(fixture, "SELECT count(*) FROM authors", "1");
}

static void
a_shape_is_one_for_each_place(void **state)
{
    (void) state;
    const KithShape plain = { .table = "t", .sql = "DELETE FROM t" };
    KithComments *comments = kith_comments_new();
    const KithShape *first = kith_comments_shape(comments, &plain, kith_place("a.c", 1));
    assert_string_equal(first->sql, "DELETE FROM t /* a.c:1 */");
    assert_string_equal(first->comment, " /* a.c:1 */");
    assert_string_equal(first->table, "t");
    g_autofree char *file = g_strdup("a.c");
    assert_ptr_equal(first, kith_comments_shape(comments, &plain, kith_place(file, 1)));
    assert_ptr_not_equal(first,
                         kith_comments_shape(comments, &plain, kith_place("a.c", 2)));
    assert_ptr_equal(first, kith_comments_shape(comments, first, kith_place("b.c", 1)));
    assert_ptr_equal(&plain,
                     kith_comments_shape(comments, &plain, kith_place(NULL, 0)));
    assert_int_equal(g_hash_table_size(comments), 2);
    g_hash_table_unref(comments);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_query_says_in_a_comment_who_asked),
        ON_A_DATABASE(without_the_option_there_is_none),
        ON_A_DATABASE(the_name_of_a_file_cannot_end_the_comment),
        ON_A_DATABASE(what_a_flush_writes_says_who_flushed),
        ON_A_DATABASE(a_flush_before_a_query_has_the_place_of_the_query),
        ON_A_DATABASE(what_comes_back_comes_back),
        ON_A_DATABASE(a_flush_that_fails_names_its_object),
        ON_A_DATABASE(a_shape_is_one_for_each_place),
        ON_A_DATABASE(statements_by_hand_and_in_bulk_have_it_too),
        cmocka_unit_test(a_statement_is_one_for_each_place),
    };
    return run_on_each_database("comments", tests);
}
