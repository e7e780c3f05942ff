/*
 * test-postgres.c - the driver for PostgreSQL, called through its table, as the layers
 * above call it. The server is the one of KITH_TEST_POSTGRES; each test has its own
 * temporary tables.
 */
#include "drivers-list.h"
#include "drivers.h"
#include "error.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const KithDriver *const driver = &kith_driver_postgres;

/* --- fixtures ------------------------------------------------------------------- */

static const char *
server_url(void)
{
    const char *url = g_getenv("KITH_TEST_POSTGRES");
    if (url == NULL || *url == '\0')
        fail_msg("KITH_TEST_POSTGRES has to hold the URL of a PostgreSQL server for the "
                 "tests");
    return url;
}

static KithHandle *
open_server(void)
{
    KithConnectOptions options = { .connect_timeout_msec = 5000 };
    GError *error = NULL;
    KithHandle *handle = driver->open(server_url(), &options, &error);
    if (handle == NULL)
        fail_msg("%s", error->message);
    return handle;
}

static int
set_up(void **state)
{
    *state = open_server();
    return 0;
}

static int
tear_down(void **state)
{
    driver->close(*state);
    return 0;
}

static void
check(bool success, GError *error)
{
    if (!success)
        fail_msg("%s", error != NULL ? error->message : "failed without an error");
    assert_null(error);
}

/* Run each of the statements that a semicolon ends. */
static void
run(KithHandle *handle, const char *script)
{
    g_auto(GStrv) statements = g_strsplit(script, ";", -1);
    for (char **sql = statements; *sql != NULL; sql++) {
        GError *error = NULL;
        if (*g_strstrip(*sql) != '\0')
            check(driver->command(handle, *sql, &error), error);
    }
    GError *error = NULL;
    check(driver->sync(handle, &error), error);
}

static void
roll_back(KithHandle *handle)
{
    GError *error = NULL;
    check(driver->rollback(handle, "ROLLBACK", &error), error);
}

#define assert_error(error, wanted)                                   \
    do {                                                              \
        assert_non_null(error);                                       \
        if (!g_error_matches(error, KITH_ERROR, (gint) (wanted)))     \
            fail_msg("code %d: %s", (error)->code, (error)->message); \
    } while (0)

#define assert_says(error, text)                                      \
    do {                                                              \
        if (strstr((error)->message, text) == NULL)                   \
            fail_msg("\"%s\" is not in: %s", text, (error)->message); \
    } while (0)

/* --- a row of every kind -------------------------------------------------------- */

typedef enum Mood {
    MOOD_SAD,
    MOOD_UNNAMED,
    MOOD_GLAD
} Mood;

static const char *const mood_names[] = { "sad", NULL, "glad" };

typedef struct Thing {
    bool flag;
    int32_t small;
    int64_t big;
    double real;
    const char *text;
    KithBlob blob;
    KithTime time;
    KithDate date;
    KithUuid uuid;
    int32_t mood;
    KithOptBool opt_flag;
    KithOptInt32 opt_small;
    KithOptInt64 opt_big;
    KithOptDouble opt_real;
    const char *opt_text;
    KithBlob opt_blob;
    KithOptTime opt_time;
    KithOptDate opt_date;
    KithOptUuid opt_uuid;
    KithOptInt32 opt_mood;
} Thing;

/* clang-format off */
#define COLUMN(type, column_kind, column_name)                                           \
    { .name = #column_name, .member = #column_name, .kind = column_kind,                 \
      .offset = offsetof(type, column_name), .null_offset = KITH_NO_OFFSET }
#define POINTER(type, column_kind, column_name)                                          \
    { .name = #column_name, .member = #column_name, .kind = column_kind,                 \
      .nullable = true, .offset = offsetof(type, column_name),                           \
      .null_offset = KITH_NO_OFFSET }
#define OPTIONAL(type, column_kind, column_name)                                         \
    { .name = #column_name, .member = #column_name, .kind = column_kind,                 \
      .nullable = true, .offset = offsetof(type, column_name.value),                     \
      .null_offset = offsetof(type, column_name.has_value) }

static const KithColumn thing_columns[] = {
    COLUMN(Thing, KITH_KIND_BOOL, flag),
    COLUMN(Thing, KITH_KIND_INT32, small),
    COLUMN(Thing, KITH_KIND_INT64, big),
    COLUMN(Thing, KITH_KIND_DOUBLE, real),
    COLUMN(Thing, KITH_KIND_TEXT, text),
    COLUMN(Thing, KITH_KIND_BLOB, blob),
    COLUMN(Thing, KITH_KIND_TIME, time),
    COLUMN(Thing, KITH_KIND_DATE, date),
    COLUMN(Thing, KITH_KIND_UUID, uuid),
    { .name = "mood", .member = "mood", .kind = KITH_KIND_ENUM,
      .offset = offsetof(Thing, mood), .null_offset = KITH_NO_OFFSET,
      .names = { mood_names, G_N_ELEMENTS(mood_names) } },
    OPTIONAL(Thing, KITH_KIND_BOOL, opt_flag),
    OPTIONAL(Thing, KITH_KIND_INT32, opt_small),
    OPTIONAL(Thing, KITH_KIND_INT64, opt_big),
    OPTIONAL(Thing, KITH_KIND_DOUBLE, opt_real),
    POINTER(Thing, KITH_KIND_TEXT, opt_text),
    POINTER(Thing, KITH_KIND_BLOB, opt_blob),
    OPTIONAL(Thing, KITH_KIND_TIME, opt_time),
    OPTIONAL(Thing, KITH_KIND_DATE, opt_date),
    OPTIONAL(Thing, KITH_KIND_UUID, opt_uuid),
    { .name = "opt_mood", .member = "opt_mood", .kind = KITH_KIND_ENUM, .nullable = true,
      .offset = offsetof(Thing, opt_mood.value),
      .null_offset = offsetof(Thing, opt_mood.has_value),
      .names = { mood_names, G_N_ELEMENTS(mood_names) } },
};
/* clang-format on */

#define N_THING_COLUMNS G_N_ELEMENTS(thing_columns)

static const KithColumn *thing_pointers[N_THING_COLUMNS];

static const KithLayout thing_layout = { "Thing", thing_columns, N_THING_COLUMNS };

static const KithShape thing_insert = {
    .operation = KITH_OPERATION_INSERT,
    .entity = "Thing",
    .table = "things",
    .written = thing_pointers,
    .n_written = N_THING_COLUMNS,
    .sql =
        "INSERT INTO things VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
        "$13, $14, $15, $16, $17, $18, $19, $20)",
};

static const KithStatement select_things = { "SELECT * FROM things ORDER BY big" };

static void
make_things(KithHandle *handle)
{
    for (size_t i = 0; i < N_THING_COLUMNS; i++)
        thing_pointers[i] = &thing_columns[i];
    run(handle,
        "CREATE TEMP TABLE things (flag boolean, small integer, big bigint, "
        "real_ double precision, text_ text, blob bytea, time_ timestamptz, date_ date, "
        "uuid_ uuid, mood text, opt_flag boolean, opt_small integer, opt_big bigint, "
        "opt_real double precision, opt_text text, opt_blob bytea, opt_time timestamptz, "
        "opt_date date, opt_uuid uuid, opt_mood text)");
}

static const Thing full_thing = {
    .flag = true,
    .small = INT32_MIN,
    .big = INT64_MAX,
    .real = -0.1,
    .text = "Bl\xc3\xa5 'quote' \\",
    .blob = { "a\0b", 3 },
    .time = { -1 },
    .date = { -719162 },
    .uuid = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255 } },
    .mood = MOOD_GLAD,
    .opt_flag = KITH_SOME(false),
    .opt_small = KITH_SOME(7),
    .opt_big = KITH_SOME(INT64_MIN),
    .opt_real = KITH_SOME(1e300),
    .opt_text = "",
    .opt_blob = { "", 0 },
    .opt_time = { true, { G_GINT64_CONSTANT(1700000000123456) } },
    .opt_date = { true, { 20000 } },
    .opt_uuid = { true, { { 1 } } },
    .opt_mood = KITH_SOME(MOOD_SAD),
};

static void
insert_thing(KithHandle *handle, const Thing *thing)
{
    Thing copy = *thing;
    KithRow row = { .row = &copy };
    KithBatch batch = { .shape = &thing_insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
    assert_false(row.missed);
    assert_true(batch.failed_row == KITH_NO_ROW);
}

/* --- queries that give one row -------------------------------------------------- */

static KithCursor *
open_query(KithHandle *handle, const KithStatement *statement)
{
    GError *error = NULL;
    KithCursor *cursor = driver->query(handle, statement, NULL, 0, &error);
    check(cursor != NULL, error);
    return cursor;
}

static int64_t
number_of(KithHandle *handle, const KithStatement *statement)
{
    static const KithColumn column = {
        .name = "n", .member = "n", .kind = KITH_KIND_INT64, .null_offset = KITH_NO_OFFSET
    };
    KithLayout layout = { "Number", &column, 1 };
    KithCursor *cursor = open_query(handle, statement);
    int64_t number = 0;
    size_t length;
    GError *error = NULL;
    KithFetched fetched = driver->fetch(cursor, &layout, &number, &length, &error);
    check(fetched == KITH_FETCHED_ROW, error);
    driver->finish(cursor);
    return number;
}

/*
 * Run @sql, and read its only value into a member of @kind. The statement must live as
 * long as the handle, so a text is to be given only once a handle.
 */
static KithFetched
fetch_one(KithHandle *handle,
          const KithStatement *statement,
          KithKind kind,
          void *member,
          GError **error)
{
    KithColumn column = {
        .name = "value", .member = "member", .kind = kind, .null_offset = KITH_NO_OFFSET
    };
    column.names = (KithNames){ mood_names, G_N_ELEMENTS(mood_names) };
    KithLayout layout = { "Thing", &column, 1 };
    KithCursor *cursor = open_query(handle, statement);
    size_t length;
    KithFetched fetched = driver->fetch(cursor, &layout, member, &length, error);
    /* What is borrowed from the cursor has to be copied before it goes. */
    if (fetched == KITH_FETCHED_ROW && kind == KITH_KIND_TEXT)
        *(char **) member = g_strdup(*(char **) member);
    driver->finish(cursor);
    return fetched;
}

#define read_one(handle, text, kind, member, error) \
    fetch_one(handle, &(KithStatement){ text }, kind, member, error)

static KithCursor *
query_error(KithHandle *handle, const KithStatement *statement, GError **error)
{
    KithCursor *cursor = driver->query(handle, statement, NULL, 0, error);
    assert_null(cursor);
    assert_non_null(*error);
    return cursor;
}

/* --- accounts: a key that the database makes, and constraints ------------------- */

typedef struct Account {
    int64_t id;
    const char *name;
    int64_t parent;
    int32_t age;
} Account;

static const KithColumn account_id = COLUMN(Account, KITH_KIND_INT64, id);
static const KithColumn account_name = POINTER(Account, KITH_KIND_TEXT, name);
static const KithColumn account_parent = COLUMN(Account, KITH_KIND_INT64, parent);
static const KithColumn account_age = COLUMN(Account, KITH_KIND_INT32, age);

static const KithColumn *const account_written[] = { &account_name,
                                                     &account_parent,
                                                     &account_age };
static const KithColumn *const account_key[] = { &account_id };
static const KithColumn *const account_only_name[] = { &account_name };

static const KithShape account_insert = {
    .operation = KITH_OPERATION_INSERT,
    .entity = "Account",
    .table = "accounts",
    .written = account_written,
    .n_written = 3,
    .generated = &account_id,
    .returned = account_key,
    .n_returned = 1,
    .sql = "INSERT INTO accounts (name, parent, age) VALUES ($1, $2, $3) RETURNING id",
};

static const KithShape account_update = {
    .operation = KITH_OPERATION_UPDATE,
    .entity = "Account",
    .table = "accounts",
    .written = account_only_name,
    .n_written = 1,
    .matched = account_key,
    .n_matched = 1,
    .sql = "UPDATE accounts SET name = $1 WHERE id = $2",
};

static const KithShape account_delete = {
    .operation = KITH_OPERATION_DELETE,
    .entity = "Account",
    .table = "accounts",
    .matched = account_key,
    .n_matched = 1,
    .sql = "DELETE FROM accounts WHERE id = $1",
};

static const KithStatement count_accounts = { "SELECT count(*) FROM accounts" };

static void
make_accounts(KithHandle *handle)
{
    run(handle,
        "CREATE TEMP TABLE accounts ("
        "id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
        "name text NOT NULL UNIQUE, "
        "parent bigint NOT NULL REFERENCES accounts, "
        "age integer NOT NULL CHECK (age >= 0), "
        "UNIQUE (parent, age, id));"
        "INSERT INTO accounts VALUES (0, 'root', 0, 0)");
}

/* Write one row of @shape, with the key of @account as it is before. */
static bool
write_one(KithHandle *handle,
          const KithShape *shape,
          Account *account,
          KithRow *row,
          GError **error)
{
    *row = (KithRow){ .row = account, .before = account };
    KithBatch batch = { .shape = shape, .rows = row, .n_rows = 1 };
    return driver->submit(handle, &batch, error) && driver->sync(handle, error);
}

static GError *
refused(KithHandle *handle, const KithShape *shape, Account account)
{
    KithRow row;
    GError *error = NULL;
    assert_false(write_one(handle, shape, &account, &row, &error));
    assert_non_null(error);
    return error;
}

/* --- values --------------------------------------------------------------------- */

static void
every_kind_comes_back_as_it_was_written(void **state)
{
    KithHandle *handle = *state;
    make_things(handle);
    insert_thing(handle, &full_thing);
    KithCursor *cursor = open_query(handle, &select_things);
    Thing back = { 0 };
    size_t lengths[N_THING_COLUMNS];
    GError *error = NULL;
    KithFetched fetched = driver->fetch(cursor, &thing_layout, &back, lengths, &error);
    check(fetched == KITH_FETCHED_ROW, error);
    assert_true(back.flag);
    assert_int_equal(back.small, INT32_MIN);
    assert_true(back.big == INT64_MAX);
    assert_true(back.real == -0.1);
    assert_string_equal(back.text, full_thing.text);
    assert_int_equal(lengths[4], strlen(full_thing.text));
    assert_int_equal(back.blob.size, 3);
    assert_memory_equal(back.blob.data, "a\0b", 3);
    assert_int_equal(back.time.usec, -1);
    assert_int_equal(back.date.days, -719162);
    assert_memory_equal(&back.uuid, &full_thing.uuid, 16);
    assert_int_equal(back.mood, MOOD_GLAD);
    assert_true(back.opt_flag.has_value && !back.opt_flag.value);
    assert_true(back.opt_small.has_value && back.opt_small.value == 7);
    assert_true(back.opt_big.has_value && back.opt_big.value == INT64_MIN);
    assert_true(back.opt_real.has_value && back.opt_real.value == 1e300);
    assert_string_equal(back.opt_text, "");
    assert_non_null(back.opt_blob.data);
    assert_int_equal(back.opt_blob.size, 0);
    assert_true(back.opt_time.value.usec == full_thing.opt_time.value.usec);
    assert_int_equal(back.opt_date.value.days, 20000);
    assert_memory_equal(&back.opt_uuid.value, &full_thing.opt_uuid.value, 16);
    assert_true(back.opt_mood.has_value && back.opt_mood.value == MOOD_SAD);
    fetched = driver->fetch(cursor, &thing_layout, &back, lengths, &error);
    assert_int_equal(fetched, KITH_FETCHED_END);
    driver->finish(cursor);
}

static void
null_comes_back_as_null(void **state)
{
    KithHandle *handle = *state;
    make_things(handle);
    Thing thing = { .text = "", .blob = { "", 0 } };
    insert_thing(handle, &thing);
    KithCursor *cursor = open_query(handle, &select_things);
    Thing back = full_thing;
    size_t lengths[N_THING_COLUMNS];
    GError *error = NULL;
    KithFetched fetched = driver->fetch(cursor, &thing_layout, &back, lengths, &error);
    check(fetched == KITH_FETCHED_ROW, error);
    assert_false(back.opt_flag.has_value || back.opt_small.has_value);
    assert_false(back.opt_big.has_value || back.opt_real.has_value);
    assert_null(back.opt_text);
    assert_null(back.opt_blob.data);
    assert_false(back.opt_time.has_value || back.opt_date.has_value);
    assert_false(back.opt_uuid.has_value || back.opt_mood.has_value);
    driver->finish(cursor);
}

static void
the_server_understands_the_values_as_we_do(void **state)
{
    KithHandle *handle = *state;
    make_things(handle);
    insert_thing(handle, &full_thing);
    static const KithStatement statement = {
        "SELECT count(*) FROM things WHERE flag AND real_ = -0.1::float8 "
        "AND time_ = '1969-12-31 23:59:59.999999+00' AND date_ = '0001-01-01' "
        "AND uuid_ = '00010203-0405-0607-0809-0a0b0c0d0eff' AND mood = 'glad' "
        "AND opt_time = '2023-11-14 22:13:20.123456+00' AND blob = '\\x610062'"
    };
    assert_int_equal(number_of(handle, &statement), 1);
}

static void
parameters_of_a_query_are_sent_by_kind(void **state)
{
    KithHandle *handle = *state;
    static const KithStatement statement = {
        "SELECT ($1 AND $2 = 7 AND $3 = 8 AND $4 = 0.5 AND $5 = 'x' AND $6 = '\\x01' AND "
        "$7 = '1970-01-01 00:00:00+00' AND $8 = '1970-01-01' AND $9 IS NULL)::int"
    };
    bool yes = true;
    int32_t seven = 7;
    int64_t eight = 8;
    double half = 0.5;
    const char *text = "x";
    KithBlob blob = { "\1", 1 };
    KithTime time = { 0 };
    KithDate date = { 0 };
    KithParameter parameters[] = {
        { .kind = KITH_KIND_BOOL, .value = &yes },
        { .kind = KITH_KIND_INT32, .value = &seven },
        { .kind = KITH_KIND_INT64, .value = &eight },
        { .kind = KITH_KIND_DOUBLE, .value = &half },
        { .kind = KITH_KIND_TEXT, .value = &text },
        { .kind = KITH_KIND_BLOB, .value = &blob },
        { .kind = KITH_KIND_TIME, .value = &time },
        { .kind = KITH_KIND_DATE, .value = &date },
        { .kind = KITH_KIND_UUID, .value = NULL },
    };
    GError *error = NULL;
    KithCursor *cursor =
        driver->query(handle, &statement, parameters, G_N_ELEMENTS(parameters), &error);
    check(cursor != NULL, error);
    KithColumn column = { .name = "n", .member = "n", .kind = KITH_KIND_INT64 };
    column.null_offset = KITH_NO_OFFSET;
    KithLayout layout = { "Number", &column, 1 };
    int64_t number = 0;
    size_t length;
    assert_int_equal(driver->fetch(cursor, &layout, &number, &length, &error),
                     KITH_FETCHED_ROW);
    assert_int_equal(number, 1);
    driver->finish(cursor);
}

static void
one_text_can_be_asked_with_several_types(void **state)
{
    KithHandle *handle = *state;
    static const KithStatement statement = { "SELECT length($1::text)" };
    int64_t number = 1234;
    const char *text = "ab";
    KithParameter parameters[] = { { .kind = KITH_KIND_INT64, .value = &number },
                                   { .kind = KITH_KIND_TEXT, .value = &text },
                                   { .kind = KITH_KIND_NONE } };
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
            GError *error = NULL;
            KithCursor *cursor =
                driver->query(handle, &statement, &parameters[i], 1, &error);
            check(cursor != NULL, error);
            driver->finish(cursor);
        }
    }
}

static void
related_types_of_the_server_are_read_too(void **state)
{
    KithHandle *handle = *state;
    GError *error = NULL;
    int32_t small = 0;
    read_one(handle, "SELECT (-3)::int2", KITH_KIND_INT32, &small, &error);
    check(small == -3, error);
    read_one(handle, "SELECT 42::int8", KITH_KIND_INT32, &small, &error);
    check(small == 42, error);
    int64_t big = 0;
    read_one(handle, "SELECT (-5)::int4", KITH_KIND_INT64, &big, &error);
    check(big == -5, error);
    read_one(handle, "SELECT 4294967295::oid", KITH_KIND_INT64, &big, &error);
    check(big == G_MAXUINT32, error);
    double real = 0;
    read_one(handle, "SELECT (-0.5)::float4", KITH_KIND_DOUBLE, &real, &error);
    check(real == -0.5, error);
    read_one(handle, "SELECT 3::int4", KITH_KIND_DOUBLE, &real, &error);
    check(real == 3.0, error);
    read_one(handle, "SELECT 'NaN'::float8", KITH_KIND_DOUBLE, &real, &error);
    check(isnan(real), error);
    const char *texts[] = { "SELECT 'abc'::varchar(9)", "SELECT 'abc'::char(3)",
                            "SELECT 'abc'::name",       "SELECT 'abc'",
                            "SELECT 'abc'::json::text", "SELECT 'abc'::text" };
    KithStatement statements[G_N_ELEMENTS(texts)];
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        char *text = NULL;
        statements[i].sql = i == 4 ? "SELECT 'abc'::\"unknown\"" : texts[i];
        fetch_one(handle, &statements[i], KITH_KIND_TEXT, &text, &error);
        check(text != NULL, error);
        assert_string_equal(text, "abc");
        g_free(text);
    }
}

static void
an_enum_type_of_the_database_is_read_by_name(void **state)
{
    KithHandle *handle = *state;
    run(handle, "CREATE TYPE pg_temp.mood AS ENUM ('sad', 'glad')");
    GError *error = NULL;
    int32_t mood = 0;
    read_one(handle, "SELECT 'glad'::pg_temp.mood", KITH_KIND_ENUM, &mood, &error);
    check(mood == MOOD_GLAD, error);
    KithFetched fetched =
        read_one(handle, "SELECT 'unknown'", KITH_KIND_ENUM, &mood, &error);
    assert_int_equal(fetched, KITH_FETCHED_ERROR);
    assert_error(error, KITH_ERROR_TYPE);
    g_clear_error(&error);
}

/* The zone of the server may be any; that of the connection is UTC. */
static void
a_timestamp_without_a_zone_is_utc_in_both_directions(void **state)
{
    KithHandle *handle = *state;
    run(handle, "CREATE TEMP TABLE stamps (at timestamp)");
    static const KithColumn at = { .name = "at",
                                   .member = "at",
                                   .kind = KITH_KIND_TIME,
                                   .null_offset = KITH_NO_OFFSET };
    static const KithColumn *const written[] = { &at };
    static const KithShape insert = { .entity = "Stamp",
                                      .table = "stamps",
                                      .written = written,
                                      .n_written = 1,
                                      .sql = "INSERT INTO stamps VALUES ($1)" };
    KithTime noon = { G_GINT64_CONSTANT(1700000000000000) };
    KithRow row = { .row = &noon };
    KithBatch batch = { .shape = &insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
    KithTime back = { 0 };
    read_one(handle, "SELECT at FROM stamps", KITH_KIND_TIME, &back, &error);
    check(back.usec == noon.usec, error);
    static const KithStatement text = {
        "SELECT count(*) FROM stamps WHERE at = '2023-11-14 22:13:20'"
    };
    assert_int_equal(number_of(handle, &text), 1);
}

/* --- values that do not fit ----------------------------------------------------- */

static void
assert_refused(KithHandle *handle,
               const KithStatement *statement,
               KithKind kind,
               const char *says)
{
    KithUuid member = { { 0 } };
    GError *error = NULL;
    assert_int_equal(fetch_one(handle, statement, kind, &member, &error),
                     KITH_FETCHED_ERROR);
    assert_error(error, KITH_ERROR_TYPE);
    assert_says(error, says);
    assert_says(error, "Thing.member");
    assert_true(driver->is_alive(handle));
    g_clear_error(&error);
}

static void
a_value_that_the_member_cannot_hold_is_refused(void **state)
{
    KithHandle *handle = *state;
    static const struct {
        KithStatement statement;
        KithKind kind;
        const char *says;
    } cases[] = {
        { { "SELECT 2147483648::int8" }, KITH_KIND_INT32, "2147483648" },
        { { "SELECT NULL::int4" }, KITH_KIND_INT32, "NULL" },
        { { "SELECT 'x'::text" }, KITH_KIND_INT64, "text" },
        { { "SELECT 1" }, KITH_KIND_TEXT, "an integer" },
        { { "SELECT 1::int8" }, KITH_KIND_BOOL, "an integer" },
        { { "SELECT true" }, KITH_KIND_INT32, "a boolean" },
        { { "SELECT 1.5::numeric" }, KITH_KIND_DOUBLE, "cast it to double precision" },
        { { "SELECT 'infinity'::timestamptz" }, KITH_KIND_TIME, "infinity" },
        { { "SELECT '-infinity'::timestamp" }, KITH_KIND_TIME, "infinity" },
        { { "SELECT 'infinity'::date" }, KITH_KIND_DATE, "infinity" },
        { { "SELECT '\\x00'::bytea" }, KITH_KIND_TEXT, "bytes" },
        { { "SELECT '12:00'::time" }, KITH_KIND_TIME, "OID 1083" },
        { { "SELECT '1.1.1.1'::inet" }, KITH_KIND_TEXT, "OID 869" },
        { { "SELECT now()" }, KITH_KIND_DATE, "a time" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_refused(handle, &cases[i].statement, cases[i].kind, cases[i].says);
}

static void
a_result_with_other_columns_than_expected_is_a_mapping_error(void **state)
{
    KithHandle *handle = *state;
    int64_t number;
    GError *error = NULL;
    KithFetched fetched = read_one(
        handle, "SELECT 1::int8, 2 WHERE false", KITH_KIND_INT64, &number, &error);
    assert_int_equal(fetched, KITH_FETCHED_ERROR);
    assert_error(error, KITH_ERROR_MAPPING);
    assert_says(error, "2 columns");
    g_clear_error(&error);
}

static void
a_value_that_cannot_be_sent_leaves_nothing_behind(void **state)
{
    KithHandle *handle = *state;
    make_things(handle);
    Thing things[] = { full_thing, full_thing, full_thing };
    things[1].mood = MOOD_UNNAMED;
    KithRow rows[] = { { .row = &things[0] },
                       { .row = &things[1] },
                       { .row = &things[2] } };
    KithBatch batch = { .shape = &thing_insert, .rows = rows, .n_rows = 3 };
    GError *error = NULL;
    assert_false(driver->submit(handle, &batch, &error));
    assert_error(error, KITH_ERROR_TYPE);
    assert_says(error, "Thing.mood");
    assert_int_equal(batch.failed_row, 1);
    g_clear_error(&error);
    assert_false(driver->sync(handle, &error));
    assert_error(error, KITH_ERROR_TYPE);
    g_clear_error(&error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_TYPE);
    g_clear_error(&error);
    static const KithStatement count = { "SELECT count(*) FROM things" };
    assert_int_equal(number_of(handle, &count), 0);
    things[1].mood = MOOD_SAD;
    things[1].time.usec = INT64_MIN;
    assert_false(driver->submit(handle, &batch, &error));
    assert_says(error, "Thing.time");
    g_clear_error(&error);
    roll_back(handle);
    assert_int_equal(number_of(handle, &count), 0);
}

/* --- writing -------------------------------------------------------------------- */

static void
generated_keys_are_stored_in_their_rows(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account accounts[] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
    KithRow rows[] = { { .row = &accounts[0] },
                       { .row = &accounts[1] },
                       { .row = &accounts[2] } };
    KithBatch batch = { .shape = &account_insert, .rows = rows, .n_rows = 3 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    check(driver->commit(handle, &error), error);
    for (int i = 0; i < 3; i++)
        assert_int_equal(accounts[i].id, i + 1);
    assert_true(batch.usec >= 0 && batch.usec < 60 * G_USEC_PER_SEC);
    assert_int_equal(number_of(handle, &count_accounts), 4);
}

typedef struct Token {
    KithUuid id;
    int32_t number;
} Token;

static void
a_generated_key_can_be_a_uuid(void **state)
{
    KithHandle *handle = *state;
    run(handle,
        "CREATE TEMP TABLE tokens (id uuid DEFAULT gen_random_uuid(), number integer)");
    static const KithColumn id = COLUMN(Token, KITH_KIND_UUID, id);
    static const KithColumn number = COLUMN(Token, KITH_KIND_INT32, number);
    static const KithColumn *const written[] = { &number };
    static const KithColumn *const returned[] = { &id };
    static const KithShape insert = { .entity = "Token",
                                      .table = "tokens",
                                      .written = written,
                                      .n_written = 1,
                                      .generated = &id,
                                      .returned = returned,
                                      .n_returned = 1,
                                      .sql = "INSERT INTO tokens (number) VALUES ($1) "
                                             "RETURNING id" };
    Token token = { .number = 1 };
    KithRow row = { .row = &token };
    KithBatch batch = { .shape = &insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
    assert_memory_not_equal(&token.id, &(KithUuid){ { 0 } }, 16);
}

/* The member of the key is an int32_t, its column a bigint that has gone beyond. */
static void
a_generated_key_too_large_for_its_member_is_refused_before_the_commit(void **state)
{
    KithHandle *handle = *state;
    run(handle,
        "CREATE TEMP TABLE tokens (number bigint GENERATED BY DEFAULT AS IDENTITY "
        "(START 2147483647))");
    static const KithColumn number = COLUMN(Token, KITH_KIND_INT32, number);
    static const KithColumn *const returned[] = { &number };
    static const KithShape insert = { .entity = "Token",
                                      .table = "tokens",
                                      .generated = &number,
                                      .returned = returned,
                                      .n_returned = 1,
                                      .sql = "INSERT INTO tokens DEFAULT VALUES "
                                             "RETURNING number" };
    static const KithStatement count = { "SELECT count(*) FROM tokens" };
    Token tokens[2] = { { .number = 0 } };
    KithRow rows[] = { { .row = &tokens[0] }, { .row = &tokens[1] } };
    KithBatch batch = { .shape = &insert, .rows = rows, .n_rows = 2 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_TYPE);
    assert_says(error, "Token.number");
    assert_int_equal(batch.failed_row, 1);
    assert_int_equal(tokens[0].number, INT32_MAX);
    g_clear_error(&error);
    assert_int_equal(number_of(handle, &count), 0);
}

typedef struct Draft {
    int64_t id;
    const char *name;
    const char *label; /* computed */
} Draft;

static const KithColumn draft_id = COLUMN(Draft, KITH_KIND_INT64, id);
static const KithColumn draft_name = COLUMN(Draft, KITH_KIND_TEXT, name);
static const KithColumn draft_label = POINTER(Draft, KITH_KIND_TEXT, label);

static const KithColumn *const draft_key[] = { &draft_id };
static const KithColumn *const draft_written[] = { &draft_name };
static const KithColumn *const draft_inserted[] = { &draft_id, &draft_label };
static const KithColumn *const draft_updated[] = { &draft_label };

/* What an object does with a text that is only borrowed. */
static void
keep_draft(const KithShape *shape, void *row)
{
    Draft *draft = row;
    assert_true(shape->n_returned > 0);
    draft->label = g_intern_string(draft->label);
}

static const KithShape draft_insert = {
    .operation = KITH_OPERATION_INSERT,
    .entity = "Draft",
    .table = "drafts",
    .written = draft_written,
    .n_written = 1,
    .generated = &draft_id,
    .returned = draft_inserted,
    .n_returned = 2,
    .keep = keep_draft,
    .sql = "INSERT INTO drafts (name) VALUES ($1) RETURNING id, label",
};

static const KithShape draft_update = {
    .operation = KITH_OPERATION_UPDATE,
    .entity = "Draft",
    .table = "drafts",
    .written = draft_written,
    .n_written = 1,
    .matched = draft_key,
    .n_matched = 1,
    .returned = draft_updated,
    .n_returned = 1,
    .keep = keep_draft,
    .sql = "UPDATE drafts SET name = $1 WHERE id = $2 RETURNING label",
};

static const char create_drafts[] =
    "CREATE TEMP TABLE drafts (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
    " name text NOT NULL, label text GENERATED ALWAYS AS (upper(name)) STORED)";

static void
what_is_given_back_is_stored_and_kept(void **state)
{
    KithHandle *handle = *state;
    Draft drafts[] = { { .name = "one" }, { .name = "two" } };
    KithRow rows[] = { { .row = &drafts[0] }, { .row = &drafts[1] } };
    KithBatch batch = { .shape = &draft_insert, .rows = rows, .n_rows = 2 };
    GError *error = NULL;
    run(handle, create_drafts);
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
    assert_int_equal(drafts[0].id, 1);
    assert_int_equal(drafts[1].id, 2);
    assert_string_equal(drafts[0].label, "ONE");
    assert_string_equal(drafts[1].label, "TWO");
}

static void
an_update_stores_what_it_gives_back_unless_the_row_is_passing(void **state)
{
    KithHandle *handle = *state;
    Draft before = { .id = 1 }, gone = { .id = 9 };
    Draft passing = { .name = "a" }, last = { .name = "b" }, missed = { .name = "c" };
    KithRow rows[] = {
        { .row = &passing, .before = &before, .is_passing = true },
        { .row = &last, .before = &before },
        { .row = &missed, .before = &gone },
    };
    KithBatch batch = { .shape = &draft_update, .rows = rows, .n_rows = 3 };
    GError *error = NULL;
    run(handle, create_drafts);
    run(handle, "INSERT INTO drafts (name) VALUES ('x')");
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->sync(handle, &error));
    assert_error(error, KITH_ERROR_STALE);
    g_clear_error(&error);
    assert_null(passing.label);
    assert_string_equal(last.label, "B");
    assert_null(missed.label);
    assert_false(rows[0].missed);
    assert_false(rows[1].missed);
    assert_true(rows[2].missed);
    assert_int_equal(batch.failed_row, 2);
}

static void
what_is_given_back_and_does_not_fit_is_refused_before_the_commit(void **state)
{
    KithHandle *handle = *state;
    static const KithStatement count = { "SELECT count(*) FROM drafts" };
    Draft drafts[] = { { .name = "one" }, { .name = "two" } };
    KithRow rows[] = { { .row = &drafts[0] }, { .row = &drafts[1] } };
    KithBatch batch = { .shape = &draft_insert, .rows = rows, .n_rows = 2 };
    GError *error = NULL;
    run(handle,
        "CREATE TEMP TABLE drafts (id bigint GENERATED BY DEFAULT AS IDENTITY,"
        " name text, label bytea DEFAULT 'a')");
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_TYPE);
    assert_says(error, "Draft.label");
    assert_int_equal(batch.failed_row, 0);
    g_clear_error(&error);
    assert_int_equal(number_of(handle, &count), 0);
}

#define N_MANY 200000

static void
two_hundred_thousand_rows_go_in_one_pipeline(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    g_autofree Account *accounts = g_new0(Account, N_MANY);
    g_autofree KithRow *rows = g_new0(KithRow, N_MANY);
    g_autoptr(GStringChunk) names = g_string_chunk_new(65536);
    for (int i = 0; i < N_MANY; i++) {
        char name[80];
        g_snprintf(
            name, sizeof name, "%08d some more text so that the row has a size", i);
        accounts[i] = (Account){ .name = g_string_chunk_insert(names, name), .age = i };
        rows[i] = (KithRow){ .row = &accounts[i], .before = &accounts[i] };
    }
    KithBatch insert = { .shape = &account_insert, .rows = rows, .n_rows = N_MANY };
    KithBatch update = { .shape = &account_update, .rows = rows, .n_rows = N_MANY };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &insert, &error), error);
    check(driver->sync(handle, &error), error);
    for (int i = 0; i < N_MANY; i++)
        assert_int_equal(accounts[i].id, i + 1);
    check(driver->submit(handle, &update, &error), error);
    check(driver->commit(handle, &error), error);
    assert_int_equal(number_of(handle, &count_accounts), N_MANY + 1);
    assert_true(insert.usec >= 0 && update.usec >= 0);
}

/* Both directions full at once: each row is large, and so is what it gives back. */
static void
large_values_in_both_directions_do_not_block(void **state)
{
    KithHandle *handle = *state;
    static const KithColumn blob = {
        .name = "b", .member = "b", .kind = KITH_KIND_BLOB, .null_offset = KITH_NO_OFFSET
    };
    static const KithColumn *const written[] = { &blob };
    static const KithShape echo = { .entity = "Echo",
                                    .table = "echo",
                                    .written = written,
                                    .n_written = 1,
                                    .sql = "SELECT $1::bytea" };
    const size_t size = 3 * 1024 * 1024;
    g_autofree char *bytes = g_malloc0(size);
    KithBlob value = { bytes, size };
    KithRow rows[24];
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        rows[i] = (KithRow){ .row = &value };
    KithBatch batch = { .shape = &echo, .rows = rows, .n_rows = G_N_ELEMENTS(rows) };
    GError *error = NULL;
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
}

static void
an_update_or_delete_of_a_row_that_is_not_there_is_missed(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account accounts[] = { { .id = 0, .name = "new root" },
                           { .id = 77, .name = "nobody" } };
    KithRow rows[] = { { .row = &accounts[0], .before = &accounts[0], .missed = true },
                       { .row = &accounts[1], .before = &accounts[1] } };
    KithBatch update = { .shape = &account_update, .rows = rows, .n_rows = 2 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &update, &error), error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_STALE);
    g_clear_error(&error);
    assert_false(rows[0].missed);
    assert_true(rows[1].missed);
    KithRow row;
    assert_false(write_one(handle, &account_delete, &accounts[1], &row, &error));
    assert_error(error, KITH_ERROR_STALE);
    g_clear_error(&error);
    assert_true(row.missed);
    check(write_one(handle, &account_delete, &accounts[0], &row, &error), error);
    assert_false(row.missed);
}

/* --- failures ------------------------------------------------------------------- */

static void
an_error_names_its_batch_and_row_and_a_rollback_undoes_all(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account good = { .name = "good" };
    Account accounts[] = {
        { .name = "a" }, { .name = "b" }, { .name = "root" }, { .name = "d" }
    };
    KithRow good_row = { .row = &good };
    KithRow rows[4];
    for (size_t i = 0; i < 4; i++)
        rows[i] = (KithRow){ .row = &accounts[i] };
    KithBatch first = { .shape = &account_insert, .rows = &good_row, .n_rows = 1 };
    KithBatch second = { .shape = &account_insert, .rows = rows, .n_rows = 4 };
    Account last = { .name = "last" };
    KithRow last_row = { .row = &last };
    KithBatch third = { .shape = &account_insert, .rows = &last_row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &first, &error), error);
    check(driver->submit(handle, &second, &error), error);
    check(driver->submit(handle, &third, &error), error);
    assert_false(driver->sync(handle, &error));
    assert_error(error, KITH_ERROR_UNIQUE);
    assert_true(first.failed_row == KITH_NO_ROW);
    assert_int_equal(second.failed_row, 2);
    assert_true(third.failed_row == KITH_NO_ROW);
    g_clear_error(&error);
    assert_true(driver->is_alive(handle));
    roll_back(handle);
    assert_int_equal(number_of(handle, &count_accounts), 1);
    accounts[2].name = "c";
    check(driver->submit(handle, &second, &error), error);
    check(driver->sync(handle, &error), error);
    assert_int_equal(number_of(handle, &count_accounts), 5);
}

/* In a batch so large that the answers come while it is still being submitted. */
static void
an_early_error_in_a_large_batch_ends_it(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account account = { .name = "same" };
    g_autofree KithRow *rows = g_new0(KithRow, N_MANY);
    for (int i = 0; i < N_MANY; i++)
        rows[i].row = &account;
    KithBatch batch = { .shape = &account_insert, .rows = rows, .n_rows = N_MANY };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    bool success = driver->submit(handle, &batch, &error) && driver->sync(handle, &error);
    assert_false(success);
    assert_error(error, KITH_ERROR_UNIQUE);
    assert_int_equal(batch.failed_row, 1);
    g_clear_error(&error);
    roll_back(handle);
    assert_int_equal(number_of(handle, &count_accounts), 1);
}

static void
constraint_errors_are_told_apart(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    g_autoptr(GError) unique =
        refused(handle, &account_insert, (Account){ .name = "root" });
    assert_error(unique, KITH_ERROR_UNIQUE);
    assert_string_equal(kith_error_sqlstate(unique), "23505");
    assert_string_equal(kith_error_constraint(unique), "accounts_name_key");
    assert_string_equal(kith_error_table(unique), "accounts");
    assert_string_equal(kith_error_column(unique), "name");
    assert_string_equal(
        unique->message,
        "unique: accounts.name is taken already: duplicate key value violates "
        "unique constraint \"accounts_name_key\": Key (name)=(root) already "
        "exists");
    g_autoptr(GError) parent =
        refused(handle, &account_insert, (Account){ .name = "x", .parent = 99 });
    assert_error(parent, KITH_ERROR_FOREIGN_KEY);
    assert_string_equal(kith_error_constraint(parent), "accounts_parent_fkey");
    assert_string_equal(kith_error_column(parent), "parent");
    assert_says(parent, "accounts.parent refers to a row that is not there");
    g_autoptr(GError) null = refused(handle, &account_insert, (Account){ .name = NULL });
    assert_error(null, KITH_ERROR_NOT_NULL);
    assert_string_equal(kith_error_table(null), "accounts");
    assert_string_equal(kith_error_column(null), "name");
    g_autoptr(GError) age =
        refused(handle, &account_insert, (Account){ .name = "x", .age = -1 });
    assert_error(age, KITH_ERROR_CHECK);
    assert_string_equal(kith_error_constraint(age), "accounts_age_check");
}

static void
a_row_that_is_still_referred_to_cannot_be_deleted(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    run(handle,
        "CREATE TEMP TABLE pets (owner bigint REFERENCES accounts);"
        "INSERT INTO accounts VALUES (5, 'ann', 0, 1);"
        "INSERT INTO pets VALUES (5)");
    g_autoptr(GError) error = refused(handle, &account_delete, (Account){ .id = 5 });
    assert_error(error, KITH_ERROR_FOREIGN_KEY);
    assert_string_equal(kith_error_constraint(error), "pets_owner_fkey");
    assert_string_equal(kith_error_table(error), "pets");
    assert_null(kith_error_column(error));
    assert_says(error, "rows of pets still refer to it");
}

static void
a_unique_error_names_all_its_columns(void **state)
{
    KithHandle *handle = *state;
    run(handle,
        "CREATE TEMP TABLE seats (hall int, \"Row\" int, UNIQUE (hall, \"Row\"));"
        "INSERT INTO seats VALUES (1, 2)");
    static const KithStatement again = {
        "INSERT INTO seats VALUES (1, 2) RETURNING hall"
    };
    g_autoptr(GError) error = NULL;
    query_error(handle, &again, &error);
    assert_error(error, KITH_ERROR_UNIQUE);
    assert_string_equal(kith_error_column(error), "hall, Row");
    assert_says(error, "seats (hall, Row) is taken already");
    run(handle,
        "CREATE TEMP TABLE tags (name text);"
        "CREATE UNIQUE INDEX tags_lower ON tags (lower(name));"
        "INSERT INTO tags VALUES ('a')");
    static const KithStatement upper = { "INSERT INTO tags VALUES ('A')" };
    g_autoptr(GError) expression = NULL;
    query_error(handle, &upper, &expression);
    assert_error(expression, KITH_ERROR_UNIQUE);
    assert_null(kith_error_column(expression));
    assert_string_equal(kith_error_constraint(expression), "tags_lower");
}

static void
what_the_database_does_not_know_is_a_mapping_error(void **state)
{
    KithHandle *handle = *state;
    Account account = { .name = "x" };
    KithRow row = { .row = &account };
    KithBatch batch = { .shape = &account_insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->sync(handle, &error));
    assert_error(error, KITH_ERROR_MAPPING);
    assert_int_equal(batch.failed_row, 0);
    g_clear_error(&error);
    /* The statement was never prepared, so that it works when the table is there. */
    make_accounts(handle);
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
    static const KithStatement wrong = { "SELEC 1" };
    query_error(handle, &wrong, &error);
    assert_error(error, KITH_ERROR_SQL);
    assert_string_equal(kith_error_sqlstate(error), "42601");
    g_clear_error(&error);
}

static void
a_statement_prepared_behind_a_failure_is_prepared_again(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account account = { .name = "x" };
    KithRow row = { .row = &account };
    KithBatch batch = { .shape = &account_insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->command(handle, "SELECT 1/0", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->sync(handle, &error));
    assert_error(error, KITH_ERROR_SQL);
    assert_true(batch.failed_row == KITH_NO_ROW);
    g_clear_error(&error);
    check(driver->submit(handle, &batch, &error), error);
    check(driver->sync(handle, &error), error);
}

static void
locks_timeouts_and_conflicts_have_their_codes(void **state)
{
    KithHandle *handle = *state;
    KithHandle *other = open_server();
    g_autofree char *name = g_strdup_printf("kith_test_%u", g_random_int());
    g_autofree char *make = g_strdup_printf(
        "CREATE TABLE %s (id int, n int); INSERT INTO %s VALUES (1, 1)", name, name);
    run(handle, make);
    g_autofree char *update = g_strdup_printf("UPDATE %s SET n = n + 1", name);
    g_autofree char *lock = g_strdup_printf("SELECT n FROM %s FOR UPDATE NOWAIT", name);
    g_autofree char *read = g_strdup_printf("SELECT n FROM %s", name);
    KithStatement lock_it = { lock };
    KithStatement read_it = { read };
    run(other, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    number_of(other, &read_it);
    run(handle, "BEGIN");
    run(handle, update);
    GError *error = NULL;
    query_error(other, &lock_it, &error);
    assert_error(error, KITH_ERROR_BUSY);
    g_clear_error(&error);
    roll_back(other);
    run(other, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    number_of(other, &read_it);
    check(driver->commit(handle, &error), error);
    check(driver->command(other, update, &error), error);
    assert_false(driver->sync(other, &error));
    assert_error(error, KITH_ERROR_SERIALIZATION);
    assert_true(kith_error_is_retryable(error));
    g_clear_error(&error);
    roll_back(other);
    run(other, "SET statement_timeout = 20");
    static const KithStatement sleep = { "SELECT pg_sleep(5)" };
    query_error(other, &sleep, &error);
    assert_error(error, KITH_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_autofree char *drop = g_strdup_printf("DROP TABLE %s", name);
    run(handle, drop);
    driver->close(other);
}

/* --- transactions --------------------------------------------------------------- */

static void
commit_of_a_failed_transaction_is_not_success(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    static const KithStatement wrong = { "SELECT 1/0" };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    query_error(handle, &wrong, &error);
    g_clear_error(&error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_SQL);
    assert_says(error, "rolled back instead of committed");
    g_clear_error(&error);
    assert_int_equal(number_of(handle, &count_accounts), 1);
}

static void
commit_fails_with_what_failed_before_it_and_rolls_back(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account accounts[] = { { .name = "new" }, { .name = "root" } };
    KithRow rows[] = { { .row = &accounts[0] }, { .row = &accounts[1] } };
    KithBatch batch = { .shape = &account_insert, .rows = rows, .n_rows = 2 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_UNIQUE);
    assert_int_equal(batch.failed_row, 1);
    g_clear_error(&error);
    assert_true(driver->is_alive(handle));
    assert_int_equal(number_of(handle, &count_accounts), 1);
}

static void
a_constraint_checked_at_the_end_fails_the_commit(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    run(handle,
        "CREATE TEMP TABLE pets (owner bigint REFERENCES accounts "
        "DEFERRABLE INITIALLY DEFERRED)");
    static const KithStatement insert = { "INSERT INTO pets VALUES (9)" };
    static const KithStatement count = { "SELECT count(*) FROM pets" };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    driver->finish(open_query(handle, &insert));
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_FOREIGN_KEY);
    assert_string_equal(kith_error_column(error), "owner");
    g_clear_error(&error);
    assert_int_equal(number_of(handle, &count), 0);
    /* Without a transaction it fails where the pipeline ends, behind the result. */
    query_error(handle, &insert, &error);
    assert_error(error, KITH_ERROR_FOREIGN_KEY);
    g_clear_error(&error);
    assert_int_equal(number_of(handle, &count), 0);
}

static void
rollback_drops_what_was_submitted(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account account = { .name = "new" };
    KithRow row = { .row = &account };
    KithBatch batch = { .shape = &account_insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    roll_back(handle);
    assert_int_equal(account.id, 0);
    assert_int_equal(number_of(handle, &count_accounts), 1);
    roll_back(handle);
    assert_true(driver->is_alive(handle));
}

static void
rollback_to_a_savepoint_keeps_what_was_before(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    Account accounts[] = { { .name = "kept" }, { .name = "root" } };
    KithRow rows[] = { { .row = &accounts[0] }, { .row = &accounts[1] } };
    KithBatch kept = { .shape = &account_insert, .rows = &rows[0], .n_rows = 1 };
    KithBatch wrong = { .shape = &account_insert, .rows = &rows[1], .n_rows = 1 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &kept, &error), error);
    check(driver->command(handle, "SAVEPOINT a", &error), error);
    check(driver->submit(handle, &wrong, &error), error);
    check(driver->rollback(handle, "ROLLBACK TO a", &error), error);
    check(driver->submit(handle, &wrong, &error), error);
    assert_false(driver->sync(handle, &error));
    g_clear_error(&error);
    check(driver->rollback(handle, "ROLLBACK TO a", &error), error);
    check(driver->commit(handle, &error), error);
    assert_int_equal(number_of(handle, &count_accounts), 2);
}

/* --- prepared statements that go away ------------------------------------------- */

static void
a_query_is_prepared_again_when_the_table_has_changed(void **state)
{
    KithHandle *handle = *state;
    run(handle, "CREATE TEMP TABLE shifting (n int); INSERT INTO shifting VALUES (3)");
    static const KithStatement statement = { "SELECT * FROM shifting" };
    for (int i = 0; i < 7; i++)
        assert_int_equal(number_of(handle, &statement), 3);
    run(handle, "ALTER TABLE shifting ALTER n TYPE bigint");
    assert_int_equal(number_of(handle, &statement), 3);
    run(handle, "ALTER TABLE shifting ALTER n TYPE smallint; BEGIN");
    GError *error = NULL;
    query_error(handle, &statement, &error);
    assert_error(error, KITH_ERROR_SERIALIZATION);
    g_clear_error(&error);
    roll_back(handle);
    assert_int_equal(number_of(handle, &statement), 3);
}

static void
a_query_works_when_its_statement_was_deallocated(void **state)
{
    KithHandle *handle = *state;
    static const KithStatement statement = { "SELECT 5" };
    assert_int_equal(number_of(handle, &statement), 5);
    run(handle, "DEALLOCATE ALL");
    assert_int_equal(number_of(handle, &statement), 5);
    assert_int_equal(number_of(handle, &statement), 5);
}

/* --- connections ---------------------------------------------------------------- */

/* End the server's process of @handle, and wait until it is gone. */
static void
kill_backend(KithHandle *handle)
{
    static const KithStatement pid_of = { "SELECT pg_backend_pid()" };
    KithHandle *killer = open_server();
    g_autofree char *sql =
        g_strdup_printf("SELECT pg_terminate_backend(%" G_GINT64_FORMAT ", 5000)::int",
                        number_of(handle, &pid_of));
    KithStatement kill = { sql };
    assert_int_equal(number_of(killer, &kill), 1);
    driver->close(killer);
}

static void
a_killed_backend_is_a_lost_connection(void **state)
{
    KithHandle *handle = *state;
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    kill_backend(handle);
    static const KithStatement one = { "SELECT 1" };
    query_error(handle, &one, &error);
    assert_error(error, KITH_ERROR_CONNECTION);
    assert_string_equal(kith_error_sqlstate(error), "57P01");
    assert_says(error, "terminating connection due to administrator command");
    g_clear_error(&error);
    assert_false(driver->is_alive(handle));
    assert_false(driver->rollback(handle, "ROLLBACK", &error));
    assert_error(error, KITH_ERROR_CONNECTION);
    g_clear_error(&error);
    bool success =
        driver->command(handle, "BEGIN", &error) && driver->sync(handle, &error);
    assert_false(success);
    assert_error(error, KITH_ERROR_CONNECTION);
    g_clear_error(&error);
}

static void
an_idle_connection_that_was_ended_is_not_alive(void **state)
{
    KithHandle *handle = *state;
    assert_true(driver->is_alive(handle));
    kill_backend(handle);
    assert_false(driver->is_alive(handle));
}

/* It was gone before the COMMIT was sent, so nobody can have committed. */
static void
commit_on_a_killed_backend_is_not_an_unknown_outcome(void **state)
{
    KithHandle *handle = *state;
    GError *error = NULL;
    run(handle, "BEGIN");
    kill_backend(handle);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_CONNECTION);
    g_clear_error(&error);
}

/* The server said so at a row, so that it cannot have come to the COMMIT behind it. */
static void
a_backend_killed_before_a_commit_in_the_same_pipeline_has_not_committed(void **state)
{
    KithHandle *handle = *state;
    static const KithShape kill = { .entity = "Account",
                                    .table = "accounts",
                                    .sql =
                                        "SELECT pg_terminate_backend(pg_backend_pid())" };
    Account account = { 0 };
    KithRow row = { .row = &account };
    KithBatch batch = { .shape = &kill, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    check(driver->submit(handle, &batch, &error), error);
    assert_false(driver->commit(handle, &error));
    assert_error(error, KITH_ERROR_CONNECTION);
    assert_int_equal(batch.failed_row, 0);
    g_clear_error(&error);
}

static void
a_backend_killed_within_a_large_batch_is_a_lost_connection(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    static const KithColumn *const written[] = { &account_age };
    static const KithShape kill = {
        .entity = "Account",
        .table = "accounts",
        .written = written,
        .n_written = 1,
        .sql =
            "SELECT CASE WHEN $1 = 5000 THEN pg_terminate_backend(pg_backend_pid()) END"
    };
    Account accounts[2] = { { .age = 1 }, { .age = 5000 } };
    g_autofree KithRow *rows = g_new0(KithRow, N_MANY);
    for (int i = 0; i < N_MANY; i++)
        rows[i].row = &accounts[i == 5000];
    KithBatch batch = { .shape = &kill, .rows = rows, .n_rows = N_MANY };
    GError *error = NULL;
    check(driver->command(handle, "BEGIN", &error), error);
    bool success = driver->submit(handle, &batch, &error) && driver->sync(handle, &error);
    assert_false(success);
    assert_error(error, KITH_ERROR_CONNECTION);
    g_clear_error(&error);
    assert_false(driver->is_alive(handle));
}

static void
copy_is_refused_and_costs_the_connection(void **state)
{
    KithHandle *handle = *state;
    make_accounts(handle);
    GError *error = NULL;
    check(driver->command(handle, "COPY accounts TO STDOUT", &error), error);
    assert_false(driver->sync(handle, &error));
    assert_error(error, KITH_ERROR_MISUSE);
    g_clear_error(&error);
    assert_false(driver->is_alive(handle));
    assert_false(driver->rollback(handle, "ROLLBACK", &error));
    assert_error(error, KITH_ERROR_CONNECTION);
    g_clear_error(&error);
}

static void
no_password_shows_when_connecting_fails(void **state)
{
    (void) state;
    static const char *const urls[] = {
        "postgresql://user:hunter2@127.0.0.1:1/db",
        "host=127.0.0.1 port=1 user=user password=hunter2",
        "postgresql://user:hunter2@[127.0.0.1:1/db",
        "postgresql://user:hunter2@127.0.0.1:1/db?nonsense=hunter2",
        "host=127.0.0.1 password=a hunter2",
        "postgresql://user@/hunter2?host=/nonexistent&password=hunter2",
    };
    KithConnectOptions options = { .connect_timeout_msec = 3000 };
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        GError *error = NULL;
        assert_null(driver->open(urls[i], &options, &error));
        assert_error(error, KITH_ERROR_CONNECTION);
        if (strstr(error->message, "hunter2") != NULL)
            fail_msg("the password shows: %s", error->message);
        g_clear_error(&error);
    }
}

static void
a_password_that_is_a_part_of_a_word_leaves_the_word_as_it_is(void **state)
{
    (void) state;
    GError *error = NULL;
    assert_null(driver->open("postgresql://user:p@127.0.0.1:1/db", NULL, &error));
    assert_error(error, KITH_ERROR_CONNECTION);
    assert_says(error, "port 1");
    g_clear_error(&error);
    assert_null(driver->open("postgresql://user:port@127.0.0.1:1/db", NULL, &error));
    assert_says(error, "(hidden) 1");
    assert_null(strstr(error->message, "port "));
    g_clear_error(&error);
}

static void
a_user_that_is_not_let_in_is_a_connection_error(void **state)
{
    (void) state;
    const char *url = server_url();
    bool is_url = strstr(url, "://") != NULL;
    const char *more = !is_url ? " " : strchr(url, '?') != NULL ? "&" : "?";
    g_autofree char *wrong = g_strconcat(
        url, more, "user=kith_nobody", is_url ? "&" : " ", "password=hunter2", NULL);
    GError *error = NULL;
    assert_null(driver->open(wrong, NULL, &error));
    assert_error(error, KITH_ERROR_CONNECTION);
    assert_says(error, "kith_nobody");
    assert_null(strstr(error->message, "hunter2"));
    g_clear_error(&error);
}

static void
it_accepts_urls_and_connection_strings_of_postgresql_only(void **state)
{
    (void) state;
    assert_true(driver->accepts("postgresql://localhost/db"));
    assert_true(driver->accepts("postgres://"));
    assert_true(driver->accepts("host=localhost dbname=x"));
    assert_true(driver->accepts("dbname = 'a b'"));
    assert_false(driver->accepts("sqlite:a=b"));
    assert_false(driver->accepts("sqlite::memory:"));
    assert_false(driver->accepts("colour=red"));
    assert_false(driver->accepts("library.db"));
    assert_false(driver->accepts(""));
    assert_false(driver->accepts("mysql://localhost"));
}

static void
it_is_in_the_list_of_drivers(void **state)
{
    (void) state;
    bool is_listed = false;
    for (const KithDriver *const *at = kith_drivers(); *at != NULL; at++)
        is_listed = is_listed || *at == driver;
    assert_true(is_listed);
    assert_int_equal(driver->version, KITH_DRIVER_VERSION);
}

static void
closing_with_work_submitted_undoes_it(void **state)
{
    (void) state;
    KithHandle *handle = open_server();
    make_accounts(handle);
    Account account = { .name = "new" };
    KithRow row = { .row = &account };
    KithBatch batch = { .shape = &account_insert, .rows = &row, .n_rows = 1 };
    GError *error = NULL;
    check(driver->submit(handle, &batch, &error), error);
    driver->close(handle);
    driver->close(NULL);
    driver->finish(NULL);
    assert_int_equal(account.id, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_comes_back_as_it_was_written),
        TEST(null_comes_back_as_null),
        TEST(the_server_understands_the_values_as_we_do),
        TEST(parameters_of_a_query_are_sent_by_kind),
        TEST(one_text_can_be_asked_with_several_types),
        TEST(related_types_of_the_server_are_read_too),
        TEST(an_enum_type_of_the_database_is_read_by_name),
        TEST(a_timestamp_without_a_zone_is_utc_in_both_directions),
        TEST(a_value_that_the_member_cannot_hold_is_refused),
        TEST(a_result_with_other_columns_than_expected_is_a_mapping_error),
        TEST(a_value_that_cannot_be_sent_leaves_nothing_behind),
        TEST(generated_keys_are_stored_in_their_rows),
        TEST(a_generated_key_can_be_a_uuid),
        TEST(a_generated_key_too_large_for_its_member_is_refused_before_the_commit),
        TEST(what_is_given_back_is_stored_and_kept),
        TEST(an_update_stores_what_it_gives_back_unless_the_row_is_passing),
        TEST(what_is_given_back_and_does_not_fit_is_refused_before_the_commit),
        TEST(two_hundred_thousand_rows_go_in_one_pipeline),
        TEST(large_values_in_both_directions_do_not_block),
        TEST(an_update_or_delete_of_a_row_that_is_not_there_is_missed),
        TEST(an_error_names_its_batch_and_row_and_a_rollback_undoes_all),
        TEST(an_early_error_in_a_large_batch_ends_it),
        TEST(constraint_errors_are_told_apart),
        TEST(a_row_that_is_still_referred_to_cannot_be_deleted),
        TEST(a_unique_error_names_all_its_columns),
        TEST(what_the_database_does_not_know_is_a_mapping_error),
        TEST(a_statement_prepared_behind_a_failure_is_prepared_again),
        TEST(locks_timeouts_and_conflicts_have_their_codes),
        TEST(commit_of_a_failed_transaction_is_not_success),
        TEST(commit_fails_with_what_failed_before_it_and_rolls_back),
        TEST(a_constraint_checked_at_the_end_fails_the_commit),
        TEST(rollback_drops_what_was_submitted),
        TEST(rollback_to_a_savepoint_keeps_what_was_before),
        TEST(a_query_is_prepared_again_when_the_table_has_changed),
        TEST(a_query_works_when_its_statement_was_deallocated),
        TEST(a_killed_backend_is_a_lost_connection),
        TEST(an_idle_connection_that_was_ended_is_not_alive),
        TEST(commit_on_a_killed_backend_is_not_an_unknown_outcome),
        TEST(a_backend_killed_before_a_commit_in_the_same_pipeline_has_not_committed),
        TEST(a_backend_killed_within_a_large_batch_is_a_lost_connection),
        TEST(copy_is_refused_and_costs_the_connection),
        cmocka_unit_test(no_password_shows_when_connecting_fails),
        cmocka_unit_test(a_password_that_is_a_part_of_a_word_leaves_the_word_as_it_is),
        cmocka_unit_test(a_user_that_is_not_let_in_is_a_connection_error),
        cmocka_unit_test(it_accepts_urls_and_connection_strings_of_postgresql_only),
        cmocka_unit_test(it_is_in_the_list_of_drivers),
        cmocka_unit_test(closing_with_work_submitted_undoes_it),
    };
    return cmocka_run_group_tests_name("drivers/postgres", tests, NULL, NULL);
}
