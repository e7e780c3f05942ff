/*
 * test-postgres-arrays.c - parameters of queries that are arrays: many values in one, for
 * one statement of any number of keys. The server is the one of KITH_TEST_POSTGRES.
 */
#include "drivers.h"
#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const KithDriver *const driver = &kith_driver_postgres;

static int
set_up(void **state)
{
    const char *url = g_getenv("KITH_TEST_POSTGRES");
    KithConnectOptions options = { .connect_timeout_msec = 5000 };
    GError *error = NULL;
    if (url == NULL)
        fail_msg("KITH_TEST_POSTGRES has to hold the URL of a PostgreSQL server");
    *state = driver->open(url, &options, &error);
    if (*state == NULL)
        fail_msg("%s", error->message);
    return 0;
}

static int
tear_down(void **state)
{
    driver->close(*state);
    return 0;
}

/* The only value of a query, as a text that is to be freed. */
static char *
ask(KithHandle *handle,
    const KithStatement *statement,
    const KithParameter *parameters,
    size_t n_parameters)
{
    static const KithColumn column = { .name = "text",
                                       .member = "text",
                                       .kind = KITH_KIND_TEXT,
                                       .nullable = true,
                                       .null_offset = KITH_NO_OFFSET };
    static const KithLayout layout = { "Text", &column, 1 };
    GError *error = NULL;
    const char *text = NULL;
    size_t length;
    KithCursor *cursor =
        driver->query(handle, statement, parameters, n_parameters, &error);
    if (cursor == NULL
        || driver->fetch(cursor, &layout, &text, &length, &error) != KITH_FETCHED_ROW)
        fail_msg("%s", error->message);
    char *copy = g_strdup(text);
    driver->finish(cursor);
    return copy;
}

static void
assert_array_is(KithHandle *handle, KithParameter parameter, const char *expected)
{
    static const KithStatement statement = { "SELECT $1::text" };
    g_autofree char *found = ask(handle, &statement, &parameter, 1);
    assert_string_equal(found, expected);
}

/* A list of what the addresses lead to, which are the rows of a column at their start. */
#define LIST(kind_, ...)                                                   \
    (KithParameter)                                                        \
    {                                                                      \
        .list = &(KithList)                                                \
        {                                                                  \
            &(KithColumn){ .kind = kind_, .null_offset = KITH_NO_OFFSET }, \
                (const void *const[]){ __VA_ARGS__ },                      \
                sizeof((const void *[]){ __VA_ARGS__ }) / sizeof(void *)   \
        }                                                                  \
    }

static void
an_array_of_every_kind_reaches_the_server(void **state)
{
    bool yes = true, no = false;
    int32_t seven = 7, least = INT32_MIN;
    int64_t big = INT64_MAX;
    double half = 0.5;
    const char *plain = "x", *quoted = "a,\"b\"", *empty = "";
    KithBlob blob = { "\1\0\2", 3 }, nothing = { "", 0 };
    KithTime time = { 0 };
    KithDate date = { 20000 };
    KithUuid uuid = { { 1, 2, 3 } };
    assert_array_is(*state, LIST(KITH_KIND_BOOL, &yes, &no), "{t,f}");
    assert_array_is(*state, LIST(KITH_KIND_INT32, &seven, &least), "{7,-2147483648}");
    assert_array_is(*state, LIST(KITH_KIND_INT64, &big), "{9223372036854775807}");
    assert_array_is(*state, LIST(KITH_KIND_DOUBLE, &half), "{0.5}");
    assert_array_is(*state,
                    LIST(KITH_KIND_TEXT, &plain, &quoted, &empty),
                    "{x,\"a,\\\"b\\\"\",\"\"}");
    assert_array_is(
        *state, LIST(KITH_KIND_BLOB, &blob, &nothing), "{\"\\\\x010002\",\"\\\\x\"}");
    assert_array_is(*state, LIST(KITH_KIND_TIME, &time), "{\"1970-01-01 00:00:00+00\"}");
    assert_array_is(*state, LIST(KITH_KIND_DATE, &date), "{2024-10-04}");
    assert_array_is(
        *state, LIST(KITH_KIND_UUID, &uuid), "{01020300-0000-0000-0000-000000000000}");
}

static void
an_array_can_have_nulls_and_can_be_empty(void **state)
{
    const char *a = "a", *null = NULL;
    KithList none = { &(KithColumn){ .kind = KITH_KIND_TEXT }, NULL, 0 };
    assert_array_is(*state, LIST(KITH_KIND_TEXT, &a, &null, &a), "{a,NULL,a}");
    assert_array_is(*state, (KithParameter){ .list = &none }, "{}");
}

/* The array is used again, and must not keep what it had. */
static void
one_statement_takes_any_number_of_keys(void **state)
{
    static const KithStatement statement = {
        "SELECT count(*)::text FROM generate_series(1, 50000) AS n WHERE n = ANY ($1)"
    };
    enum {
        N = 10000
    };
    KithColumn column = { .kind = KITH_KIND_INT64, .null_offset = KITH_NO_OFFSET };
    g_autofree int64_t *keys = g_new(int64_t, N);
    g_autofree const void **rows = g_new(const void *, N);
    for (int i = 0; i < N; i++) {
        keys[i] = i * 3;
        rows[i] = &keys[i];
    }
    KithList list = { .column = &column, .rows = rows };
    KithParameter parameter = { .list = &list };
    const size_t counts[] = { N, 5, 0, N };
    const char *const expected[] = { "9999", "4", "0", "9999" };
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        list.n_rows = counts[i];
        g_autofree char *found = ask(*state, &statement, &parameter, 1);
        assert_string_equal(found, expected[i]);
    }
}

static void
an_array_stands_beside_other_parameters(void **state)
{
    static const KithStatement statement = {
        "SELECT (7 = ANY ($1) AND $2 = 'x' AND 'b' = ANY ($3))::text"
    };
    int32_t seven = 7;
    const char *x = "x", *a = "a", *b = "b";
    KithParameter parameters[] = { LIST(KITH_KIND_INT32, &seven),
                                   { .kind = KITH_KIND_TEXT, .value = &x },
                                   LIST(KITH_KIND_TEXT, &a, &b) };
    g_autofree char *found = ask(*state, &statement, parameters, 3);
    assert_string_equal(found, "true");
}

static void
a_value_that_cannot_be_sent_is_refused_within_an_array(void **state)
{
    static const KithStatement statement = { "SELECT $1::text" };
    KithTime first = { INT64_MIN }, fine = { 0 };
    KithParameter parameter = LIST(KITH_KIND_TIME, &fine, &first);
    GError *error = NULL;
    assert_null(driver->query(*state, &statement, &parameter, 1, &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_TYPE));
    assert_string_equal(error->message,
                        "parameter 1 cannot be sent: it is a time before all "
                        "times that PostgreSQL knows");
    g_clear_error(&error);
    assert_array_is(*state, LIST(KITH_KIND_TIME, &fine), "{\"1970-01-01 00:00:00+00\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_array_of_every_kind_reaches_the_server),
        TEST(an_array_can_have_nulls_and_can_be_empty),
        TEST(one_statement_takes_any_number_of_keys),
        TEST(an_array_stands_beside_other_parameters),
        TEST(a_value_that_cannot_be_sent_is_refused_within_an_array),
    };
    return cmocka_run_group_tests_name("arrays on PostgreSQL", tests, NULL, NULL);
}
