/*
 * test-behaviours-grouping.c - what goes together in one statement, and in which order.
 */
#include "own-schema.h"

typedef struct Quoted Quoted;

/* Names that need care. */
struct Quoted {
    int64_t id;
    int32_t version;
    const char *text;
    const char *percent;
};

KITH_DECLARE(Quoted);

KITH_MAPPING(Quoted,
             "quoted \"table\"",
             KITH_KEY(Quoted, id, .column = "quoted id"),
             KITH_VERSION(Quoted, version, .column = "quoted_id"),
             KITH_COLUMN(Quoted, text, .column = "the \"text\""),
             KITH_COLUMN(Quoted, percent, .column = "100% $1 ?1", .nullable = true));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Quoted));
}

static void
inserts_are_parted_where_the_key_is_given_or_not_and_keep_their_order(void **state)
{
    Fixture *fixture = *state;
    static const int64_t ids[] = { 0, 0, 53, 54, 55, 0, 58, 59 };
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        kith_add(fixture->session, Category, .id = ids[i], .name = "node");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT categories x2",
                      "INSERT categories x3",
                      "INSERT categories",
                      "INSERT categories x2",
                      "COMMIT");
}

/* The first parameter of what is sent after the text in @data, behind it. */
typedef struct Sent {
    const char *prefix;
    char *parameters;
} Sent;

static void
note_parameters(const KithTraceEvent *event, void *data)
{
    Sent *sent = data;
    if (!g_str_has_prefix(event->sql, sent->prefix))
        return;
    g_free(sent->parameters);
    sent->parameters = g_strdup(event->parameters);
}

static void
updates_go_by_ascending_text_key(void **state)
{
    Fixture *fixture = *state;
    static const char *const logins[] = { "mia", "zoe", "ann", "bob" };
    for (size_t i = 0; i < G_N_ELEMENTS(logins); i++)
        kith_add(fixture->session, Member, .login = logins[i], .name = "");
    commit(fixture->session);
    Sent sent = { .prefix = "UPDATE" };
    KithOptions options = { .trace = note_parameters, .trace_data = &sent };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    for (size_t i = 0; i < G_N_ELEMENTS(logins); i++)
        kith_set(find(session, Member, logins[i]), name, "new");
    commit(session);
    assert_non_null(strstr(sent.parameters, "'ann'"));
    g_free(sent.parameters);
}

static void
deletes_go_by_ascending_keys_of_two_members(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture,
            "INSERT INTO authors (id, name) VALUES (1, 'Ann');"
            "INSERT INTO books (id, title, price, version, author_id) VALUES (2, '', 0, "
            "1, 1),"
            "(10, '', 0, 1, 1);"
            "INSERT INTO members (login, name) VALUES ('a', ''), ('b', '')");
    static const KithDate today = { 0 };
    static const int64_t books[] = { 10, 2, 10, 2 };
    static const char *const logins[] = { "a", "b", "b", "a" };
    for (int i = 0; i < 4; i++)
        kith_add(fixture->session,
                 Loan,
                 .book_id = books[i],
                 .member_login = logins[i],
                 .due = today);
    commit(fixture->session);
    Sent sent = { .prefix = "DELETE" };
    g_autoptr(GError) error = NULL;
    KithOptions options = { .trace = note_parameters, .trace_data = &sent };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    for (int i = 0; i < 4; i++) {
        const Loan *loan = kith_get_by(
            session, Loan, &error, .book_id = books[i], .member_login = logins[i]);
        assert_done(loan, error);
        kith_delete(loan);
    }
    commit(session);
    assert_string_equal(sent.parameters, "2, 'a'");
    g_free(sent.parameters);
}

static void
generated_keys_of_many_rows_come_to_the_right_objects(void **state)
{
    Fixture *fixture = *state;
    static const Author *authors[500];
    g_autoptr(GString) expected = g_string_new(NULL);
    for (int i = 0; i < 500; i++) {
        g_autofree char *name = g_strdup_printf("author %d", (i * 7919) % 500);
        authors[i] = kith_add(fixture->session, Author, .name = name);
    }
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors x500", "COMMIT");
    for (int i = 0; i < 500; i++)
        g_string_append_printf(expected,
                               "%s%" G_GINT64_FORMAT "|%s",
                               i > 0 ? "\n" : "",
                               authors[i]->id,
                               authors[i]->name);
    assert_string_equal(query_text(fixture, "SELECT id, name FROM authors ORDER BY id"),
                        expected->str);
}

static void
names_that_look_like_parameters_are_names(void **state)
{
    Fixture *fixture = *state;
    const Quoted *row =
        kith_add(fixture->session, Quoted, .id = 1, .text = "a", .percent = "100%");
    commit(fixture->session);
    kith_set(row, percent, "$1 ?1 %s");
    commit(fixture->session);
    kith_set(row, id, 2);
    commit(fixture->session);
    assert_rows(
        fixture,
        "SELECT \"quoted id\", quoted_id, \"100% $1 ?1\" FROM \"quoted \"\"table\"\"\"",
        "2|3|$1 ?1 %s");
    const Quoted *again = find(new_session(fixture), Quoted, 2);
    assert_string_equal(again->percent, "$1 ?1 %s");
    kith_delete(again);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT 1 FROM \"quoted \"\"table\"\"\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(
            inserts_are_parted_where_the_key_is_given_or_not_and_keep_their_order),
        ON_A_SCHEMA(updates_go_by_ascending_text_key),
        ON_A_SCHEMA(deletes_go_by_ascending_keys_of_two_members),
        ON_A_SCHEMA(generated_keys_of_many_rows_come_to_the_right_objects),
        ON_A_SCHEMA(names_that_look_like_parameters_are_names),
    };
    return run_on_each_database("what goes together", tests);
}
