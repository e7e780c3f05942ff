/*
 * test-query-comments.c - the comment behind a query: who asked, and that no name of a
 * file can be more than that.
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_query_says_in_a_comment_who_asked),
        ON_A_DATABASE(without_the_option_there_is_none),
        ON_A_DATABASE(the_name_of_a_file_cannot_end_the_comment),
        ON_A_DATABASE(statements_by_hand_and_in_bulk_have_it_too),
        cmocka_unit_test(a_statement_is_one_for_each_place),
    };
    return run_on_each_database("comments", tests);
}
