/*
 * test-sqlite.c - the table of the SQLite driver, driven by hand: shapes, layouts and
 * rows are made here, as the session would make them.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

static const KithDriver *const driver = &kith_driver_sqlite;

/* --- two structs, as a mapping would describe them -------------------------- */

typedef enum Genre {
    GENRE_NONE,
    GENRE_NOVEL,
    GENRE_POEM
} Genre;

static const char *const genre_names[] = { NULL, "novel", "poem" };

typedef struct Thing {
    int64_t id;
    bool is_new;
    int32_t small;
    int64_t large;
    double price;
    const char *name;
    KithBlob data;
    KithTime at;
    KithDate day;
    KithUuid uuid;
    Genre genre;
    KithOptBool maybe_bool;
    KithOptInt32 maybe_int32;
    KithOptInt64 maybe_int64;
    KithOptDouble maybe_double;
    KithOptTime maybe_time;
    KithOptDate maybe_date;
    KithOptUuid maybe_uuid;
    KithOptInt32 maybe_genre;
} Thing;

#define COLUMN(the_type, the_member, the_kind, ...)                              \
    {                                                                            \
        .name = #the_member, .member = #the_member, .kind = the_kind,            \
        .offset = offsetof(the_type, the_member), .null_offset = KITH_NO_OFFSET, \
        __VA_ARGS__                                                              \
    }

#define OPTIONAL(the_type, the_member, the_kind, ...)                                   \
    {                                                                                   \
        .name = #the_member, .member = #the_member, .kind = the_kind, .nullable = true, \
        .offset = offsetof(the_type, the_member.value),                                 \
        .null_offset = offsetof(the_type, the_member.has_value), __VA_ARGS__            \
    }

#define GENRE_NAMES                            \
    {                                          \
        genre_names, G_N_ELEMENTS(genre_names) \
    }

enum {
    ID = 0,
    NAME = 5,
    DATA = 6
};

static const KithColumn thing_columns[] = {
    COLUMN(Thing, id, KITH_KIND_INT64, .secret = false),
    COLUMN(Thing, is_new, KITH_KIND_BOOL, .secret = false),
    COLUMN(Thing, small, KITH_KIND_INT32, .secret = false),
    COLUMN(Thing, large, KITH_KIND_INT64, .secret = false),
    COLUMN(Thing, price, KITH_KIND_DOUBLE, .secret = false),
    COLUMN(Thing, name, KITH_KIND_TEXT, .nullable = true),
    COLUMN(Thing, data, KITH_KIND_BLOB, .nullable = true),
    COLUMN(Thing, at, KITH_KIND_TIME, .secret = false),
    COLUMN(Thing, day, KITH_KIND_DATE, .secret = false),
    COLUMN(Thing, uuid, KITH_KIND_UUID, .secret = false),
    COLUMN(Thing, genre, KITH_KIND_ENUM, .names = GENRE_NAMES),
    OPTIONAL(Thing, maybe_bool, KITH_KIND_BOOL, .secret = false),
    OPTIONAL(Thing, maybe_int32, KITH_KIND_INT32, .secret = false),
    OPTIONAL(Thing, maybe_int64, KITH_KIND_INT64, .secret = false),
    OPTIONAL(Thing, maybe_double, KITH_KIND_DOUBLE, .secret = false),
    OPTIONAL(Thing, maybe_time, KITH_KIND_TIME, .secret = false),
    OPTIONAL(Thing, maybe_date, KITH_KIND_DATE, .secret = false),
    OPTIONAL(Thing, maybe_uuid, KITH_KIND_UUID, .secret = false),
    OPTIONAL(Thing, maybe_genre, KITH_KIND_ENUM, .names = GENRE_NAMES),
};

enum {
    N_THING_COLUMNS = G_N_ELEMENTS(thing_columns)
};

static const KithLayout things = { "Thing", thing_columns, N_THING_COLUMNS };

static const char create_things[] =
    "CREATE TABLE things (id INTEGER PRIMARY KEY, is_new INTEGER, small INTEGER,"
    " large INTEGER, price REAL, name TEXT, data BLOB, at TEXT, day TEXT, uuid BLOB,"
    " genre TEXT, maybe_bool INTEGER, maybe_int32 INTEGER, maybe_int64 INTEGER,"
    " maybe_double REAL, maybe_time TEXT, maybe_date TEXT, maybe_uuid BLOB,"
    " maybe_genre TEXT)";

static const KithStatement select_things = { "SELECT * FROM things ORDER BY id" };

/* All but the key, which is the first. */
static const KithColumn *thing_written[N_THING_COLUMNS - 1];

static KithShape insert_thing = {
    .operation = KITH_OPERATION_INSERT,
    .entity = "Thing",
    .table = "things",
    .written = thing_written,
    .n_written = N_THING_COLUMNS - 1,
    .generated = &thing_columns[ID],
    .sql = "INSERT INTO things (is_new, small, large, price, name, data, at, day, uuid,"
           " genre, maybe_bool, maybe_int32, maybe_int64, maybe_double, maybe_time,"
           " maybe_date, maybe_uuid, maybe_genre) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
           " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
};

typedef struct Author {
    int32_t id;
    const char *name;
    KithOptInt32 friend;
} Author;

static const KithColumn author_columns[] = {
    COLUMN(Author, id, KITH_KIND_INT32, .secret = false),
    COLUMN(Author, name, KITH_KIND_TEXT, .nullable = false),
    OPTIONAL(Author, friend, KITH_KIND_INT32, .secret = false),
};

static const KithLayout authors = { "Author", author_columns, 3 };

static const KithColumn *const author_key[] = { &author_columns[0] };
static const KithColumn *const author_written[] = { &author_columns[1],
                                                    &author_columns[2] };
static const KithColumn *const author_all[] = { &author_columns[0],
                                                &author_columns[1],
                                                &author_columns[2] };

static const char create_authors[] =
    "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE"
    " CONSTRAINT name_is_short CHECK (length(name) <= 10),"
    " friend INTEGER REFERENCES authors (id))";

static const KithShape insert_author = {
    .operation = KITH_OPERATION_INSERT,
    .entity = "Author",
    .table = "authors",
    .written = author_written,
    .n_written = 2,
    .generated = &author_columns[0],
    .sql = "INSERT INTO authors (name, friend) VALUES (?1, ?2)",
};

static const KithShape insert_author_with_id = {
    .operation = KITH_OPERATION_INSERT,
    .entity = "Author",
    .table = "authors",
    .written = author_all,
    .n_written = 3,
    .sql = "INSERT INTO authors (id, name, friend) VALUES (?1, ?2, ?3)",
};

static const KithShape update_author = {
    .operation = KITH_OPERATION_UPDATE,
    .entity = "Author",
    .table = "authors",
    .written = author_written,
    .n_written = 2,
    .matched = author_key,
    .n_matched = 1,
    .sql = "UPDATE authors SET name = ?1, friend = ?2 WHERE id = ?3",
};

static const KithShape delete_author = {
    .operation = KITH_OPERATION_DELETE,
    .entity = "Author",
    .table = "authors",
    .matched = author_key,
    .n_matched = 1,
    .sql = "DELETE FROM authors WHERE id = ?1",
};

static const KithStatement select_authors = { "SELECT * FROM authors ORDER BY id" };

/* --- a database for each test ----------------------------------------------- */

typedef struct Database {
    KithHandle *handle;
    char *folder;
    char *url; /* of a file in it that is not there yet */
    GError *error;
} Database;

static int n_instances;

static KithHandle *
open_url(const char *url, const char *instance)
{
    KithConnectOptions options = { .busy_timeout_msec = 20, .instance = instance };
    GError *error = NULL;
    KithHandle *handle = driver->open(url, &options, &error);
    if (handle == NULL)
        fail_msg("%s", error->message);
    return handle;
}

static int
set_up(void **state)
{
    Database *database = g_new0(Database, 1);
    g_autofree char *instance = g_strdup_printf("test %d", n_instances++);
    for (size_t i = 0; i < G_N_ELEMENTS(thing_written); i++)
        thing_written[i] = &thing_columns[i + 1];
    database->handle = open_url("sqlite::memory:", instance);
    database->folder = g_dir_make_tmp("kith-sqlite-XXXXXX", NULL);
    database->url = g_strconcat("sqlite:", database->folder, "/test.db", NULL);
    *state = database;
    return database->folder != NULL ? 0 : -1;
}

static void
remove_folder(const char *folder)
{
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(files)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static int
tear_down(void **state)
{
    Database *database = *state;
    driver->close(database->handle);
    remove_folder(database->folder);
    g_clear_error(&database->error);
    g_free(database->folder);
    g_free(database->url);
    g_free(database);
    return 0;
}

static void
run(KithHandle *handle, const char *sql)
{
    GError *error = NULL;
    if (!driver->command(handle, sql, &error))
        fail_msg("%s: %s", sql, error->message);
}

static void
use_file(Database *database)
{
    driver->close(database->handle);
    database->handle = open_url(database->url, NULL);
}

static bool
write_rows(Database *database, const KithShape *shape, KithRow *rows, size_t n_rows)
{
    KithBatch batch = { .shape = shape, .rows = rows, .n_rows = n_rows };
    g_clear_error(&database->error);
    bool is_done = driver->submit(database->handle, &batch, &database->error)
                   && driver->sync(database->handle, &database->error);
    assert_true(is_done == (database->error == NULL));
    assert_true(batch.usec >= 0);
    return is_done;
}

static bool
write_author(Database *database, const KithShape *shape, Author *author)
{
    KithRow row = { .row = author, .before = author };
    return write_rows(database, shape, &row, 1);
}

static void
assert_error(GError **error, KithErrorCode code, const char *words)
{
    assert_non_null(*error);
    if ((*error)->domain != KITH_ERROR || (*error)->code != (int) code
        || strstr((*error)->message, words) == NULL)
        fail_msg("not code %d with '%s': code %d, %s",
                 (int) code,
                 words,
                 (*error)->code,
                 (*error)->message);
    g_clear_error(error);
}

/* As the engine does: one KithStatement for each text. Freed by main(). */
static GHashTable *statements;

static const KithStatement *
intern(const char *sql)
{
    KithStatement *statement = g_hash_table_lookup(statements, sql);
    if (statement != NULL)
        return statement;
    statement = g_new(KithStatement, 1);
    statement->sql = g_intern_string(sql);
    g_hash_table_insert(statements, (gpointer) (uintptr_t) statement->sql, statement);
    return statement;
}

typedef struct Number {
    int64_t value;
} Number;

static const KithColumn number_column =
    COLUMN(Number, value, KITH_KIND_INT64, .secret = false);
static const KithLayout numbers = { "Number", &number_column, 1 };

/* The number that a query gives. */
static int64_t
ask(KithHandle *handle, const char *sql)
{
    Number number = { 0 };
    size_t length;
    GError *error = NULL;
    KithCursor *cursor = driver->query(handle, intern(sql), NULL, 0, &error);
    if (cursor == NULL || driver->fetch(cursor, &numbers, &number, &length, &error) != 1)
        fail_msg("%s: %s", sql, error != NULL ? error->message : "no row");
    driver->finish(cursor);
    return number.value;
}

/* The one row of things: fetched into @ret_thing; false: refused, see the error. */
static bool
fetch_thing(Database *database, Thing *ret_thing, KithCursor **ret_cursor)
{
    size_t lengths[N_THING_COLUMNS];
    g_clear_error(&database->error);
    *ret_cursor =
        driver->query(database->handle, &select_things, NULL, 0, &database->error);
    assert_non_null(*ret_cursor);
    KithFetched fetched =
        driver->fetch(*ret_cursor, &things, ret_thing, lengths, &database->error);
    assert_int_not_equal(fetched, KITH_FETCHED_END);
    assert_true((fetched == KITH_FETCHED_ROW) == (database->error == NULL));
    return fetched == KITH_FETCHED_ROW;
}

static Thing
some_thing(void)
{
    return (Thing){
        .name = "Ann",
        .data = { "\0\1\2", 3 },
        .at = kith_time_make(1969, 7, 20, 20, 17, 40, 123456),
        .day = kith_date_make(1582, 10, 15),
        .uuid = kith_uuid_new(),
        .genre = GENRE_POEM,
    };
}

/* --- opening ---------------------------------------------------------------- */

static void
a_url_of_sqlite_is_known_by_its_beginning(void **state)
{
    (void) state;
    assert_true(driver->accepts("sqlite::memory:"));
    assert_true(driver->accepts("sqlite:/tmp/a.db"));
    assert_false(driver->accepts("postgresql://localhost"));
    assert_false(driver->accepts("/tmp/a.db"));
}

static void
assert_not_opened(Database *database, const char *url, const char *words)
{
    KithConnectOptions options = { .busy_timeout_msec = 20 };
    assert_null(driver->open(url, &options, &database->error));
    assert_error(&database->error, KITH_ERROR_CONNECTION, words);
}

static void
a_missing_folder_is_a_connection_error_with_the_path(void **state)
{
    Database *database = *state;
    assert_not_opened(database, "sqlite:/no/such/folder/a.db", "'/no/such/folder/a.db'");
    assert_not_opened(
        database, "sqlite:/no/such/folder/a.db", "unable to open database file");
    assert_not_opened(database, "sqlite:", "names no file");
}

static void
a_file_that_is_no_database_is_a_connection_error(void **state)
{
    Database *database = *state;
    g_autofree char *text = g_strnfill(2048, 'x');
    assert_true(g_file_set_contents(strchr(database->url, ':') + 1, text, -1, NULL));
    assert_not_opened(database, database->url, "not a database");
    assert_not_opened(database, database->url, database->folder);
}

static void
a_path_is_not_read_as_a_uri(void **state)
{
    Database *database = *state;
    g_autofree char *url =
        g_strconcat("sqlite:", database->folder, "/a%20b?mode=memory", NULL);
    driver->close(database->handle);
    database->handle = open_url(url, NULL);
    run(database->handle, create_authors);
    assert_true(g_file_test(strchr(url, ':') + 1, G_FILE_TEST_EXISTS));
}

static void
a_file_is_in_write_ahead_mode(void **state)
{
    Database *database = *state;
    use_file(database);
    run(database->handle, create_authors);
    assert_int_equal(
        ask(database->handle, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    g_autofree char *wal = g_strconcat(strchr(database->url, ':') + 1, "-wal", NULL);
    assert_true(g_file_test(wal, G_FILE_TEST_EXISTS));
}

static void
a_file_that_cannot_be_written_can_be_read(void **state)
{
    Database *database = *state;
    const char *path = strchr(database->url, ':') + 1;
    use_file(database);
    run(database->handle, create_authors);
    run(database->handle, "PRAGMA journal_mode = DELETE");
    driver->close(database->handle);
    assert_int_equal(g_chmod(path, 0400), 0);
    database->handle = open_url(database->url, NULL);
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
}

static void *
open_and_close(void *url)
{
    KithConnectOptions options = { .busy_timeout_msec = 5000 };
    GError *error = NULL;
    driver->close(driver->open(url, &options, &error));
    return error;
}

static void
a_new_file_can_be_opened_by_many_at_once(void **state)
{
    Database *database = *state;
    GThread *threads[8];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("open", open_and_close, database->url);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_autoptr(GError) error = g_thread_join(threads[i]);
        if (error != NULL)
            fail_msg("%s", error->message);
    }
}

static void
foreign_keys_are_checked(void **state)
{
    Database *database = *state;
    assert_int_equal(
        ask(database->handle, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
}

static void
a_database_in_memory_is_shared_by_one_instance(void **state)
{
    (void) state;
    KithHandle *one = open_url("sqlite::memory:", "a/b c");
    KithHandle *two = open_url("sqlite::memory:", "a/b c");
    KithHandle *other = open_url("sqlite::memory:", "a");
    run(one, "CREATE TABLE t (x)");
    run(one, "INSERT INTO t VALUES (7)");
    assert_int_equal(ask(two, "SELECT x FROM t"), 7);
    assert_int_equal(ask(other, "SELECT count(*) FROM sqlite_schema"), 0);
    driver->close(one);
    assert_int_equal(ask(two, "SELECT x FROM t"), 7);
    driver->close(two);
    driver->close(other);
}

static void
a_handle_can_be_closed_amid_all(void **state)
{
    Database *database = *state;
    use_file(database);
    run(database->handle, create_authors);
    run(database->handle, "BEGIN IMMEDIATE");
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
    assert_non_null(
        driver->query(database->handle, &select_authors, NULL, 0, &database->error));
    driver->close(database->handle);
    database->handle = open_url(database->url, NULL);
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
    driver->close(NULL);
    driver->finish(NULL);
}

/* --- batches ---------------------------------------------------------------- */

static void
an_insert_stores_the_keys_that_were_generated(void **state)
{
    Database *database = *state;
    Author rows[] = { { .name = "Ann" }, { .name = "Bea" } };
    KithRow batch[] = { { .row = &rows[0] }, { .row = &rows[1] } };
    run(database->handle, create_authors);
    assert_true(write_rows(database, &insert_author, batch, 2));
    assert_int_equal(rows[0].id, 1);
    assert_int_equal(rows[1].id, 2);
    assert_int_equal(ask(database->handle, "SELECT id FROM authors WHERE name = 'Bea'"),
                     2);
}

static void
a_key_of_64_bits_is_stored_whole(void **state)
{
    Database *database = *state;
    Thing thing = some_thing();
    KithRow row = { .row = &thing };
    run(database->handle, create_things);
    run(database->handle, "INSERT INTO things (id) VALUES (4294967296)");
    assert_true(write_rows(database, &insert_thing, &row, 1));
    assert_true(thing.id == INT64_C(4294967297));
}

static void
a_generated_key_that_does_not_fit_is_refused(void **state)
{
    Database *database = *state;
    Author ann = { .name = "Ann" };
    run(database->handle, create_authors);
    run(database->handle, "INSERT INTO authors (id, name) VALUES (2147483647, 'Bea')");
    assert_false(write_author(database, &insert_author, &ann));
    assert_error(&database->error, KITH_ERROR_TYPE, "Author.id");
    assert_int_equal(ann.id, 0);
}

static void
a_key_that_was_given_is_kept(void **state)
{
    Database *database = *state;
    Author ann = { .id = 42, .name = "Ann" };
    run(database->handle, create_authors);
    assert_true(write_author(database, &insert_author_with_id, &ann));
    assert_int_equal(ask(database->handle, "SELECT id FROM authors"), 42);
}

static void
an_update_marks_the_rows_that_it_missed(void **state)
{
    Database *database = *state;
    Author ann = { .name = "Ann" }, after = { .name = "Annie" }, gone = { .id = 9 };
    KithRow rows[] = {
        { .row = &after, .before = &gone },
        { .row = &after, .before = &ann, .missed = true },
    };
    run(database->handle, create_authors);
    assert_true(write_author(database, &insert_author, &ann));
    assert_true(write_rows(database, &update_author, rows, 2));
    assert_true(rows[0].missed);
    assert_false(rows[1].missed);
    assert_int_equal(
        ask(database->handle, "SELECT count(*) FROM authors WHERE name = 'Annie'"), 1);
}

static void
a_delete_marks_the_rows_that_it_missed(void **state)
{
    Database *database = *state;
    Author ann = { .name = "Ann" }, gone = { .id = 9 };
    KithRow rows[] = { { .before = &ann }, { .before = &gone }, { .before = &ann } };
    run(database->handle, create_authors);
    assert_true(write_author(database, &insert_author, &ann));
    assert_true(write_rows(database, &delete_author, rows, 3));
    assert_false(rows[0].missed);
    assert_true(rows[1].missed);
    assert_true(rows[2].missed);
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
}

typedef struct Draft {
    int64_t id;
    const char *name;
    const char *label; /* computed */
} Draft;

static const KithColumn draft_id = COLUMN(Draft, id, KITH_KIND_INT64, .secret = false);
static const KithColumn draft_name = COLUMN(Draft, name, KITH_KIND_TEXT, .secret = false);
static const KithColumn draft_label =
    COLUMN(Draft, label, KITH_KIND_TEXT, .nullable = true);

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
    .sql = "INSERT INTO drafts (name) VALUES (?1) RETURNING id, label",
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
    .sql = "UPDATE drafts SET name = ?1 WHERE id = ?2 RETURNING label",
};

static const char create_drafts[] =
    "CREATE TABLE drafts (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " label TEXT AS (upper(name)) STORED)";

static void
what_is_given_back_is_stored_and_kept(void **state)
{
    Database *database = *state;
    Draft drafts[] = { { .name = "one" }, { .name = "two" } };
    KithRow rows[] = { { .row = &drafts[0] }, { .row = &drafts[1] } };
    run(database->handle, create_drafts);
    run(database->handle, "INSERT INTO drafts (id, name) VALUES (41, 'x')");
    assert_true(write_rows(database, &draft_insert, rows, 2));
    assert_int_equal(drafts[0].id, 42);
    assert_int_equal(drafts[1].id, 43);
    assert_string_equal(drafts[0].label, "ONE");
    assert_string_equal(drafts[1].label, "TWO");
}

static void
an_update_stores_what_it_gives_back_unless_the_row_is_passing(void **state)
{
    Database *database = *state;
    Draft before = { .id = 1 }, gone = { .id = 9 };
    Draft passing = { .name = "a" }, last = { .name = "b" }, missed = { .name = "c" };
    KithRow rows[] = {
        { .row = &passing, .before = &before, .is_passing = true },
        { .row = &last, .before = &before },
        { .row = &missed, .before = &gone },
    };
    run(database->handle, create_drafts);
    run(database->handle, "INSERT INTO drafts (name) VALUES ('x')");
    assert_true(write_rows(database, &draft_update, rows, 3));
    assert_null(passing.label);
    assert_string_equal(last.label, "B");
    assert_null(missed.label);
    assert_false(rows[0].missed);
    assert_false(rows[1].missed);
    assert_true(rows[2].missed);
}

static void
what_is_given_back_and_does_not_fit_fails_the_row(void **state)
{
    Database *database = *state;
    Draft draft = { .name = "one" };
    KithRow row = { .row = &draft };
    run(database->handle,
        "CREATE TABLE drafts (id INTEGER PRIMARY KEY, name TEXT, label BLOB AS (x'00'))");
    assert_false(write_rows(database, &draft_insert, &row, 1));
    assert_error(&database->error, KITH_ERROR_TYPE, "Draft.label");
}

static void
a_failed_batch_says_which_row_failed(void **state)
{
    Database *database = *state;
    Author ann = { .name = "Ann" }, bea = { .name = "Bea" };
    KithRow rows[] = { { .row = &ann }, { .row = &bea }, { .row = &ann } };
    KithBatch batch = { .shape = &insert_author, .rows = rows, .n_rows = 3 };
    run(database->handle, create_authors);
    assert_false(driver->submit(database->handle, &batch, &database->error));
    assert_int_equal(batch.failed_row, 2);
    assert_error(&database->error, KITH_ERROR_UNIQUE, "authors.name");
    batch.rows = &(KithRow){ .row = &(Author){ .name = "Cat" } };
    batch.n_rows = 1;
    assert_true(driver->submit(database->handle, &batch, NULL));
    assert_true(batch.failed_row == KITH_NO_ROW);
}

/* A large value is asked of a place that nobody has to fill. */
static void
a_value_that_is_too_large_fails_its_row_at_every_batch_size(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 1000 };
    Database *database = *state;
    const size_t too_large = 1000000001; /* SQLITE_MAX_LENGTH, and one */
    void *nothing = mmap(
        NULL, too_large, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(nothing != MAP_FAILED);
    run(database->handle, create_things);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree Thing *all = g_new(Thing, sizes[i]);
        g_autofree KithRow *rows = g_new0(KithRow, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++) {
            all[j] = some_thing();
            rows[j].row = &all[j];
        }
        size_t middle = sizes[i] / 2;
        all[middle].data = (KithBlob){ nothing, too_large };
        KithBatch batch = { .shape = &insert_thing, .rows = rows, .n_rows = sizes[i] };
        run(database->handle, "BEGIN");
        assert_false(driver->submit(database->handle, &batch, &database->error));
        assert_int_equal(batch.failed_row, middle);
        assert_error(&database->error, KITH_ERROR_TYPE, "Thing.data");
        assert_true(driver->rollback(database->handle, "ROLLBACK", NULL));
        assert_int_equal(ask(database->handle, "SELECT count(*) FROM things"), 0);
    }
    munmap(nothing, too_large);
}

static void
what_could_not_be_read_back_is_not_written(void **state)
{
    Database *database = *state;
    Thing nan = some_thing(), text = some_thing(), late = some_thing();
    Thing no_genre = some_thing(), early = some_thing();
    nan.price = NAN;
    text.name = "\xc3\x28";
    late.at = kith_time_make(10000, 1, 1, 0, 0, 0, 0);
    early.day = kith_date_make(0, 12, 31);
    no_genre.genre = GENRE_NONE;
    const struct {
        Thing *thing;
        const char *words;
    } cases[] = {
        { &nan, "Thing.price: NaN" },
        { &text, "Thing.name: the text is not UTF-8" },
        { &late, "Thing.at: the time is" },
        { &early, "Thing.day: the date is" },
        { &no_genre, "Thing.genre: " },
    };
    run(database->handle, create_things);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        KithRow row = { .row = cases[i].thing };
        assert_false(write_rows(database, &insert_thing, &row, 1));
        assert_error(&database->error, KITH_ERROR_TYPE, cases[i].words);
    }
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM things"), 0);
}

/* --- values there and back -------------------------------------------------- */

static void
a_row_of_zeros_and_nulls_comes_back(void **state)
{
    Database *database = *state;
    Thing thing = some_thing(), found;
    KithCursor *cursor;
    thing.name = NULL;
    thing.data = (KithBlob){ NULL, 0 };
    memset(&found, 0x55, sizeof found); /* an earlier row, which has to be overwritten */
    found.name = "earlier";
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    found.maybe_bool = (KithOptBool) KITH_SOME(true);
    assert_true(fetch_thing(database, &found, &cursor));
    assert_null(found.name);
    assert_null(found.data.data);
    assert_false(found.is_new);
    assert_int_equal(found.small, 0);
    assert_false(found.maybe_bool.has_value || found.maybe_int32.has_value
                 || found.maybe_int64.has_value || found.maybe_double.has_value
                 || found.maybe_time.has_value || found.maybe_date.has_value
                 || found.maybe_uuid.has_value || found.maybe_genre.has_value);
    driver->finish(cursor);
}

static void
each_kind_comes_back_as_it_was(void **state)
{
    Database *database = *state;
    Thing thing = some_thing(), found = { 0 };
    KithCursor *cursor;
    thing.is_new = true;
    thing.small = INT32_MIN;
    thing.large = INT64_MIN;
    thing.price = 0.1;
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    assert_true(fetch_thing(database, &found, &cursor));
    assert_true(found.id == thing.id && found.is_new);
    assert_int_equal(found.small, INT32_MIN);
    assert_true(found.large == INT64_MIN);
    assert_true(found.price == 0.1);
    assert_string_equal(found.name, "Ann");
    assert_int_equal(found.data.size, 3);
    assert_memory_equal(found.data.data, "\0\1\2", 3);
    assert_true(found.at.usec == thing.at.usec);
    assert_int_equal(found.day.days, thing.day.days);
    assert_memory_equal(&found.uuid, &thing.uuid, sizeof found.uuid);
    assert_int_equal(found.genre, GENRE_POEM);
    driver->finish(cursor);
}

static void
each_optional_comes_back_as_it_was(void **state)
{
    Database *database = *state;
    Thing thing = some_thing(), found = { 0 };
    KithCursor *cursor;
    thing.maybe_bool = (KithOptBool) KITH_SOME(false);
    thing.maybe_int32 = (KithOptInt32) KITH_SOME(INT32_MAX);
    thing.maybe_int64 = (KithOptInt64) KITH_SOME(INT64_MAX);
    thing.maybe_double = (KithOptDouble) KITH_SOME(-INFINITY);
    thing.maybe_time = (KithOptTime) KITH_SOME(thing.at);
    thing.maybe_date = (KithOptDate) KITH_SOME(thing.day);
    thing.maybe_uuid = (KithOptUuid) KITH_SOME(thing.uuid);
    thing.maybe_genre = (KithOptInt32) KITH_SOME(GENRE_NOVEL);
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    assert_true(fetch_thing(database, &found, &cursor));
    assert_true(found.maybe_bool.has_value && !found.maybe_bool.value);
    assert_true(found.maybe_int32.has_value && found.maybe_int32.value == INT32_MAX);
    assert_true(found.maybe_int64.has_value && found.maybe_int64.value == INT64_MAX);
    assert_true(found.maybe_double.has_value && isinf(found.maybe_double.value));
    assert_true(found.maybe_time.has_value
                && found.maybe_time.value.usec == thing.at.usec);
    assert_true(found.maybe_date.has_value
                && found.maybe_date.value.days == thing.day.days);
    assert_true(found.maybe_uuid.has_value);
    assert_memory_equal(&found.maybe_uuid.value, &thing.uuid, sizeof thing.uuid);
    assert_true(found.maybe_genre.has_value && found.maybe_genre.value == GENRE_NOVEL);
    driver->finish(cursor);
}

static void
an_empty_text_and_an_empty_blob_are_not_null(void **state)
{
    Database *database = *state;
    Thing thing = some_thing(), found = { 0 };
    KithCursor *cursor;
    thing.name = "";
    thing.data = (KithBlob){ "", 0 };
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    assert_true(fetch_thing(database, &found, &cursor));
    assert_string_equal(found.name, "");
    assert_non_null(found.data.data);
    assert_int_equal(found.data.size, 0);
    driver->finish(cursor);
}

static void
lengths_are_those_of_texts_and_blobs(void **state)
{
    Database *database = *state;
    Thing thing = some_thing(), found = { 0 };
    size_t lengths[N_THING_COLUMNS];
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    KithCursor *cursor = driver->query(database->handle, &select_things, NULL, 0, NULL);
    memset(lengths, 0x55, sizeof lengths);
    assert_int_equal(driver->fetch(cursor, &things, &found, lengths, NULL), 1);
    for (size_t i = 0; i < N_THING_COLUMNS; i++)
        assert_int_equal(lengths[i], i == NAME || i == DATA ? 3 : 0);
    driver->finish(cursor);
}

static void
times_days_and_names_are_readable_in_the_table(void **state)
{
    Database *database = *state;
    Thing thing = some_thing();
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    assert_int_equal(ask(database->handle,
                         "SELECT count(*) FROM things WHERE at ="
                         " '1969-07-20 20:17:40.123456' AND day = '1582-10-15'"
                         " AND genre = 'poem' AND length(uuid) = 16"
                         " AND typeof(uuid) = 'blob'"),
                     1);
}

static void
a_uuid_is_read_from_text_too(void **state)
{
    Database *database = *state;
    Thing thing = some_thing(), found = { 0 };
    KithCursor *cursor;
    KithUuid expected;
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    run(database->handle,
        "UPDATE things SET uuid = '0190a1b2-c3d4-7e5f-8011-223344556677',"
        " price = 3, at = '2024-05-06T07:08:09Z'");
    assert_true(fetch_thing(database, &found, &cursor));
    assert_true(kith_uuid_parse("0190a1b2-c3d4-7e5f-8011-223344556677", &expected));
    assert_memory_equal(&found.uuid, &expected, sizeof expected);
    assert_true(found.price == 3);
    assert_true(found.at.usec == kith_time_make(2024, 5, 6, 7, 8, 9, 0).usec);
    driver->finish(cursor);
}

/* After @change the row cannot be fetched, and the error says @words. */
static void
assert_not_fetched(Database *database, const char *change, const char *words)
{
    Thing thing = some_thing(), found = { 0 };
    KithCursor *cursor;
    run(database->handle, "DROP TABLE IF EXISTS things");
    run(database->handle, create_things);
    assert_true(write_rows(database, &insert_thing, &(KithRow){ .row = &thing }, 1));
    run(database->handle, change);
    assert_false(fetch_thing(database, &found, &cursor));
    driver->finish(cursor);
    assert_error(&database->error, KITH_ERROR_TYPE, words);
}

static void
a_text_with_a_zero_byte_is_refused(void **state)
{
    assert_not_fetched(*state,
                       "UPDATE things SET name = CAST(x'410042' AS TEXT)",
                       "Thing.name: the column \"name\" holds a text with a zero byte");
    assert_not_fetched(
        *state,
        "UPDATE things SET day = CAST(x'323032342d30312d30310041' AS TEXT)",
        "Thing.day");
}

static void
a_text_that_is_not_utf_8_is_refused(void **state)
{
    assert_not_fetched(
        *state, "UPDATE things SET name = CAST(x'c328' AS TEXT)", "not UTF-8");
    assert_not_fetched(
        *state, "UPDATE things SET at = CAST(x'c328' AS TEXT)", "Thing.at");
}

static void
an_integer_too_large_for_its_member_is_refused(void **state)
{
    assert_not_fetched(
        *state, "UPDATE things SET small = 2147483648", "2147483648, which does not fit");
    assert_not_fetched(*state, "UPDATE things SET is_new = 2", "Thing.is_new");
}

static void
null_is_refused_in_a_member_that_cannot_be_null(void **state)
{
    assert_not_fetched(*state, "UPDATE things SET small = NULL", "Thing.small");
    assert_not_fetched(*state, "UPDATE things SET uuid = NULL", "NULL");
}

static void
a_value_of_another_type_is_refused(void **state)
{
    assert_not_fetched(*state, "UPDATE things SET small = 'many'", "Thing.small");
    assert_not_fetched(*state, "UPDATE things SET small = 0.5", "floating-point");
    assert_not_fetched(*state, "UPDATE things SET small = x'01'", "bytes");
    assert_not_fetched(*state, "UPDATE things SET name = x'01'", "const char *");
    assert_not_fetched(*state, "UPDATE things SET data = 'text'", "KithBlob");
    assert_not_fetched(*state, "UPDATE things SET data = 5", "an integer");
    assert_not_fetched(*state, "UPDATE things SET at = x'01'", "KithTime");
    assert_not_fetched(*state, "UPDATE things SET uuid = x'0102'", "2 bytes");
    assert_not_fetched(*state, "UPDATE things SET uuid = x''", "0 bytes");
}

static void
a_number_in_a_text_is_refused(void **state)
{
    Database *database = *state;
    const KithColumn column = COLUMN(Author, name, KITH_KIND_TEXT, .nullable = false);
    const KithLayout layout = { "Author", &column, 1 };
    Author author = { 0 };
    size_t length;
    KithCursor *cursor =
        driver->query(database->handle, intern("SELECT 7"), NULL, 0, NULL);
    assert_int_equal(driver->fetch(cursor, &layout, &author, &length, &database->error),
                     -1);
    driver->finish(cursor);
    assert_error(&database->error, KITH_ERROR_TYPE, "an integer");
}

static void
a_text_of_another_form_is_refused_and_shown(void **state)
{
    assert_not_fetched(*state, "UPDATE things SET at = 'noon'", "the text 'noon'");
    assert_not_fetched(*state, "UPDATE things SET at = 1714979289", "'1714979289'");
    assert_not_fetched(*state, "UPDATE things SET day = '2023-02-29'", "'2023-02-29'");
    assert_not_fetched(*state, "UPDATE things SET uuid = 'me'", "the text 'me'");
    assert_not_fetched(*state, "UPDATE things SET genre = 'drama'", "'drama'");
}

/* --- queries ---------------------------------------------------------------- */

static void
a_query_takes_its_parameters_by_value(void **state)
{
    Database *database = *state;
    g_autofree char *name = g_strdup("Bea");
    KithParameter parameters[] = {
        { .kind = KITH_KIND_TEXT, .value = &name },
        { .kind = KITH_KIND_INT32, .value = NULL },
    };
    Author author = { 0 };
    size_t lengths[3];
    run(database->handle, create_authors);
    run(database->handle, "INSERT INTO authors (name) VALUES ('Ann'), ('Bea'), ('Bob')");
    KithCursor *cursor = driver->query(
        database->handle,
        intern("SELECT * FROM authors WHERE name >= ?1 AND ?2 IS NULL ORDER BY id"),
        parameters,
        2,
        &database->error);
    name[0] = 'Z';
    assert_int_equal(driver->fetch(cursor, &authors, &author, lengths, NULL), 1);
    assert_string_equal(author.name, "Bea");
    assert_int_equal(driver->fetch(cursor, &authors, &author, lengths, NULL), 1);
    assert_string_equal(author.name, "Bob");
    assert_int_equal(driver->fetch(cursor, &authors, &author, lengths, NULL), 0);
    assert_int_equal(driver->fetch(cursor, &authors, &author, lengths, NULL), 0);
    driver->finish(cursor);
}

static void
a_parameter_that_cannot_be_compared_is_refused(void **state)
{
    Database *database = *state;
    double nan = NAN;
    KithParameter parameter = { .kind = KITH_KIND_DOUBLE, .value = &nan };
    assert_null(driver->query(
        database->handle, intern("SELECT ?1"), &parameter, 1, &database->error));
    assert_error(&database->error, KITH_ERROR_TYPE, "parameter 1: NaN");
}

static void
parameters_that_are_too_few_or_too_many_are_refused(void **state)
{
    Database *database = *state;
    int32_t one = 1;
    KithParameter parameters[] = { { .kind = KITH_KIND_INT32, .value = &one },
                                   { .kind = KITH_KIND_INT32, .value = &one } };
    for (size_t n_given = 0; n_given <= 2; n_given += 2) {
        assert_null(driver->query(database->handle,
                                  intern("SELECT ?1"),
                                  parameters,
                                  n_given,
                                  &database->error));
        assert_error(&database->error, KITH_ERROR_MISUSE, "1 parameters");
    }
}

static void
a_result_of_another_width_does_not_fit_the_mapping(void **state)
{
    Database *database = *state;
    Author author;
    size_t lengths[3];
    run(database->handle, create_authors);
    run(database->handle, "ALTER TABLE authors ADD COLUMN born INTEGER");
    KithCursor *cursor = driver->query(database->handle, &select_authors, NULL, 0, NULL);
    assert_int_equal(driver->fetch(cursor, &authors, &author, lengths, &database->error),
                     -1);
    driver->finish(cursor);
    assert_error(&database->error, KITH_ERROR_MAPPING, "4 columns");
}

static void
one_query_is_read_at_a_time(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    KithCursor *cursor = driver->query(database->handle, &select_authors, NULL, 0, NULL);
    assert_non_null(cursor);
    assert_null(
        driver->query(database->handle, &select_authors, NULL, 0, &database->error));
    assert_error(&database->error, KITH_ERROR_MISUSE, "still being read");
    assert_false(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
    assert_error(&database->error, KITH_ERROR_MISUSE, "still being read");
    driver->finish(cursor);
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
}

static void
a_query_not_read_to_its_end_holds_no_lock(void **state)
{
    Database *database = *state;
    use_file(database);
    run(database->handle, create_authors);
    run(database->handle, "INSERT INTO authors (name) VALUES ('Ann'), ('Bea')");
    driver->finish(driver->query(database->handle, &select_authors, NULL, 0, NULL));
    run(database->handle, "DROP TABLE authors");
}

static void
a_statement_runs_though_nobody_fetches(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    driver->finish(driver->query(database->handle,
                                 intern("INSERT INTO authors (name) VALUES ('Ann')"),
                                 NULL,
                                 0,
                                 NULL));
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 1);
}

static void
two_statements_in_one_text_are_refused(void **state)
{
    Database *database = *state;
    assert_null(driver->query(
        database->handle, intern("SELECT 1; SELECT 2"), NULL, 0, &database->error));
    assert_error(&database->error, KITH_ERROR_SQL, "more than one statement");
    assert_null(
        driver->query(database->handle, intern(" -- "), NULL, 0, &database->error));
    assert_error(&database->error, KITH_ERROR_SQL, "no statement");
    assert_int_equal(ask(database->handle, "SELECT 1; -- one"), 1);
}

static void
a_statement_survives_a_change_of_the_table(void **state)
{
    Database *database = *state;
    Author ann = { .name = "Ann" }, bea = { .name = "Bea" };
    run(database->handle, create_authors);
    assert_true(write_author(database, &insert_author, &ann));
    run(database->handle, "ALTER TABLE authors ADD COLUMN born INTEGER");
    assert_true(write_author(database, &insert_author, &bea));
    assert_int_equal(bea.id, 2);
}

static void
more_statements_than_are_kept_all_run(void **state)
{
    Database *database = *state;
    for (int i = 0; i < 1200; i++) {
        g_autofree char *sql = g_strdup_printf("SELECT %d", i);
        assert_int_equal(ask(database->handle, sql), i);
    }
    assert_int_equal(ask(database->handle, "SELECT 0"), 0);
}

/* --- errors ----------------------------------------------------------------- */

/* @author cannot be written; what the error says of it stays in the database's error. */
static void
assert_not_written(Database *database,
                   const KithShape *shape,
                   Author author,
                   KithErrorCode code)
{
    assert_false(write_author(database, shape, &author));
    if (!g_error_matches(database->error, KITH_ERROR, (int) code))
        fail_msg("%d: %s", database->error->code, database->error->message);
}

static void
a_value_that_is_taken_names_its_table_and_column(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
    assert_not_written(
        database, &insert_author, (Author){ .name = "Ann" }, KITH_ERROR_UNIQUE);
    assert_string_equal(kith_error_table(database->error), "authors");
    assert_string_equal(kith_error_column(database->error), "name");
    assert_string_equal(database->error->message,
                        "unique: authors.name is taken already: UNIQUE constraint failed:"
                        " authors.name");
    assert_not_written(database,
                       &insert_author_with_id,
                       (Author){ .id = 1, .name = "Bea" },
                       KITH_ERROR_UNIQUE);
    assert_string_equal(kith_error_column(database->error), "id");
}

static void
several_columns_that_are_taken_are_all_named(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    run(database->handle, "CREATE UNIQUE INDEX pair ON authors (friend, length(name))");
    run(database->handle, "CREATE UNIQUE INDEX both ON authors (friend, name)");
    run(database->handle, "INSERT INTO authors VALUES (1, 'Ann', 1)");
    assert_false(driver->command(
        database->handle, "INSERT INTO authors VALUES (2, 'Bea', 1)", &database->error));
    assert_string_equal(kith_error_constraint(database->error), "pair");
    assert_error(&database->error, KITH_ERROR_UNIQUE, "pair");
    run(database->handle, "CREATE TABLE t (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID");
    run(database->handle, "INSERT INTO t VALUES (1, 1)");
    assert_false(driver->command(
        database->handle, "INSERT INTO t VALUES (1, 1)", &database->error));
    assert_string_equal(kith_error_table(database->error), "t");
    assert_string_equal(kith_error_column(database->error), "a, b");
    assert_error(&database->error, KITH_ERROR_UNIQUE, "t.a, t.b");
}

static void
constraints_are_told_apart(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    assert_not_written(
        database, &insert_author, (Author){ .name = NULL }, KITH_ERROR_NOT_NULL);
    assert_string_equal(kith_error_table(database->error), "authors");
    assert_string_equal(kith_error_column(database->error), "name");
    assert_not_written(database,
                       &insert_author,
                       (Author){ .name = "a name of many letters" },
                       KITH_ERROR_CHECK);
    assert_string_equal(kith_error_constraint(database->error), "name_is_short");
    assert_string_equal(kith_error_table(database->error), "authors");
    assert_not_written(database,
                       &insert_author,
                       (Author){ .name = "Ann", .friend = KITH_SOME(99) },
                       KITH_ERROR_FOREIGN_KEY);
    assert_string_equal(kith_error_table(database->error), "authors");
    run(database->handle,
        "CREATE TRIGGER no_bob BEFORE INSERT ON authors WHEN new.name = 'Bob'"
        " BEGIN SELECT RAISE(ABORT, 'no Bobs'); END");
    assert_not_written(
        database, &insert_author, (Author){ .name = "Bob" }, KITH_ERROR_CHECK);
    assert_error(&database->error, KITH_ERROR_CHECK, "no Bobs");
}

static void
a_row_that_is_referred_to_cannot_be_deleted(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    run(database->handle, "INSERT INTO authors VALUES (1, 'Ann', NULL), (2, 'Bea', 1)");
    assert_not_written(
        database, &delete_author, (Author){ .id = 1 }, KITH_ERROR_FOREIGN_KEY);
}

static void
what_the_database_does_not_have_is_a_mapping_error(void **state)
{
    Database *database = *state;
    assert_not_written(
        database, &insert_author, (Author){ .name = "Ann" }, KITH_ERROR_MAPPING);
    assert_string_equal(kith_error_table(database->error), "authors");
    run(database->handle,
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, friend INTEGER)");
    assert_not_written(
        database, &insert_author, (Author){ .name = "Ann" }, KITH_ERROR_MAPPING);
    assert_string_equal(kith_error_table(database->error), "authors");
    assert_string_equal(kith_error_column(database->error), "name");
    g_clear_error(&database->error);
    assert_null(driver->query(database->handle,
                              intern("SELECT \"name\" FROM authors"),
                              NULL,
                              0,
                              &database->error));
    assert_string_equal(kith_error_column(database->error), "name");
    assert_error(&database->error, KITH_ERROR_MAPPING, "no such column");
}

static void
what_is_not_sql_is_an_sql_error(void **state)
{
    Database *database = *state;
    assert_false(driver->command(database->handle, "SELEKT", &database->error));
    assert_error(&database->error, KITH_ERROR_SQL, "syntax error");
}

static void
a_value_that_a_strict_column_refuses_is_a_type_error(void **state)
{
    Database *database = *state;
    run(database->handle, "CREATE TABLE t (a INTEGER) STRICT");
    assert_false(driver->command(
        database->handle, "INSERT INTO t VALUES ('x')", &database->error));
    assert_error(&database->error, KITH_ERROR_TYPE, "cannot store TEXT");
    run(database->handle, "CREATE TABLE u (a INTEGER PRIMARY KEY)");
    assert_false(driver->command(
        database->handle, "INSERT INTO u VALUES ('x')", &database->error));
    assert_error(&database->error, KITH_ERROR_TYPE, "mismatch");
}

/* --- transactions ----------------------------------------------------------- */

static void
a_commit_is_seen_by_others_and_a_rollback_is_not(void **state)
{
    Database *database = *state;
    Author ann = { .name = "Ann" }, bea = { .name = "Bea" };
    use_file(database);
    KithHandle *other = open_url(database->url, NULL);
    run(database->handle, create_authors);
    run(database->handle, driver->dialect->begin);
    assert_true(write_author(database, &insert_author, &ann));
    assert_int_equal(ask(other, "SELECT count(*) FROM authors"), 0);
    assert_true(driver->commit(database->handle, NULL));
    run(database->handle, driver->dialect->begin);
    assert_true(write_author(database, &insert_author, &bea));
    assert_true(driver->rollback(database->handle, "ROLLBACK", NULL));
    assert_int_equal(ask(other, "SELECT count(*) FROM authors"), 1);
    driver->close(other);
}

static void
a_second_writer_is_told_that_the_database_is_busy(void **state)
{
    Database *database = *state;
    use_file(database);
    KithHandle *other = open_url(database->url, NULL);
    run(database->handle, driver->dialect->begin);
    assert_false(driver->command(other, driver->dialect->begin, &database->error));
    assert_true(kith_error_is_retryable(database->error));
    assert_error(&database->error, KITH_ERROR_BUSY, "another connection holds the lock");
    assert_true(driver->rollback(database->handle, "ROLLBACK", NULL));
    run(other, driver->dialect->begin);
    assert_true(driver->commit(other, NULL));
    driver->close(other);
}

static void
a_reader_that_writes_too_late_has_to_begin_again(void **state)
{
    Database *database = *state;
    use_file(database);
    KithHandle *other = open_url(database->url, NULL);
    run(database->handle, create_authors);
    run(database->handle, driver->dialect->begin_read_only);
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
    run(other, "INSERT INTO authors (name) VALUES ('Bea')");
    assert_false(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
    assert_error(&database->error, KITH_ERROR_SERIALIZATION, "begin again");
    driver->close(other);
}

static void
a_commit_that_a_deferred_foreign_key_refuses_is_rolled_back(void **state)
{
    Database *database = *state;
    run(database->handle,
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT,"
        " friend INTEGER REFERENCES authors DEFERRABLE INITIALLY DEFERRED)");
    run(database->handle, driver->dialect->begin);
    assert_true(write_author(
        database, &insert_author, &(Author){ .name = "Ann", .friend = KITH_SOME(99) }));
    assert_false(driver->commit(database->handle, &database->error));
    assert_error(&database->error, KITH_ERROR_FOREIGN_KEY, "refers to");
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
    run(database->handle, driver->dialect->begin);
    assert_true(driver->commit(database->handle, NULL));
}

static void
a_rollback_without_a_transaction_is_no_error(void **state)
{
    Database *database = *state;
    assert_true(driver->rollback(database->handle, "ROLLBACK", &database->error));
    assert_false(driver->rollback(database->handle, "ROLLBACK TO a", &database->error));
}

static void
a_savepoint_takes_back_what_followed_it(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    run(database->handle, driver->dialect->begin);
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
    run(database->handle, "SAVEPOINT one");
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Bea" }));
    assert_not_written(
        database, &insert_author, (Author){ .name = "Ann" }, KITH_ERROR_UNIQUE);
    assert_true(driver->rollback(database->handle, "ROLLBACK TO one", NULL));
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Cat" }));
    assert_true(driver->commit(database->handle, NULL));
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 2);
}

static void
nothing_is_done_in_a_transaction_that_failed(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    run(database->handle, driver->dialect->begin);
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
    assert_not_written(
        database, &insert_author, (Author){ .name = "Ann" }, KITH_ERROR_UNIQUE);
    assert_not_written(
        database, &insert_author, (Author){ .name = "Bea" }, KITH_ERROR_MISUSE);
    g_clear_error(&database->error);
    assert_false(driver->commit(database->handle, &database->error));
    assert_error(&database->error, KITH_ERROR_MISUSE, "roll it back");
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
    assert_true(write_author(database, &insert_author, &(Author){ .name = "Ann" }));
}

static void
a_transaction_that_the_database_ended_writes_nothing_more(void **state)
{
    Database *database = *state;
    run(database->handle, create_authors);
    run(database->handle,
        "CREATE TRIGGER no_bob BEFORE INSERT ON authors WHEN new.name = 'Bob'"
        " BEGIN SELECT RAISE(ROLLBACK, 'no Bobs'); END");
    run(database->handle, driver->dialect->begin);
    assert_not_written(
        database, &insert_author, (Author){ .name = "Bob" }, KITH_ERROR_CHECK);
    assert_not_written(
        database, &insert_author, (Author){ .name = "Ann" }, KITH_ERROR_MISUSE);
    assert_true(driver->rollback(database->handle, "ROLLBACK", NULL));
    assert_int_equal(ask(database->handle, "SELECT count(*) FROM authors"), 0);
}

/* --- all of them ------------------------------------------------------------ */

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int
run_opening(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_url_of_sqlite_is_known_by_its_beginning),
        TEST(a_missing_folder_is_a_connection_error_with_the_path),
        TEST(a_file_that_is_no_database_is_a_connection_error),
        TEST(a_path_is_not_read_as_a_uri),
        TEST(a_file_is_in_write_ahead_mode),
        TEST(a_file_that_cannot_be_written_can_be_read),
        TEST(a_new_file_can_be_opened_by_many_at_once),
        TEST(foreign_keys_are_checked),
        TEST(a_database_in_memory_is_shared_by_one_instance),
        TEST(a_handle_can_be_closed_amid_all),
    };
    return cmocka_run_group_tests_name("opening", tests, NULL, NULL);
}

static int
run_batches(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_insert_stores_the_keys_that_were_generated),
        TEST(a_key_of_64_bits_is_stored_whole),
        TEST(a_generated_key_that_does_not_fit_is_refused),
        TEST(a_key_that_was_given_is_kept),
        TEST(an_update_marks_the_rows_that_it_missed),
        TEST(a_delete_marks_the_rows_that_it_missed),
        TEST(what_is_given_back_is_stored_and_kept),
        TEST(an_update_stores_what_it_gives_back_unless_the_row_is_passing),
        TEST(what_is_given_back_and_does_not_fit_fails_the_row),
        TEST(a_failed_batch_says_which_row_failed),
        TEST(a_value_that_is_too_large_fails_its_row_at_every_batch_size),
        TEST(what_could_not_be_read_back_is_not_written),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}

static int
run_values(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_row_of_zeros_and_nulls_comes_back),
        TEST(each_kind_comes_back_as_it_was),
        TEST(each_optional_comes_back_as_it_was),
        TEST(an_empty_text_and_an_empty_blob_are_not_null),
        TEST(lengths_are_those_of_texts_and_blobs),
        TEST(times_days_and_names_are_readable_in_the_table),
        TEST(a_uuid_is_read_from_text_too),
        TEST(a_text_with_a_zero_byte_is_refused),
        TEST(a_text_that_is_not_utf_8_is_refused),
        TEST(an_integer_too_large_for_its_member_is_refused),
        TEST(null_is_refused_in_a_member_that_cannot_be_null),
        TEST(a_value_of_another_type_is_refused),
        TEST(a_number_in_a_text_is_refused),
        TEST(a_text_of_another_form_is_refused_and_shown),
    };
    return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}

static int
run_queries(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_query_takes_its_parameters_by_value),
        TEST(a_parameter_that_cannot_be_compared_is_refused),
        TEST(parameters_that_are_too_few_or_too_many_are_refused),
        TEST(a_result_of_another_width_does_not_fit_the_mapping),
        TEST(one_query_is_read_at_a_time),
        TEST(a_query_not_read_to_its_end_holds_no_lock),
        TEST(a_statement_runs_though_nobody_fetches),
        TEST(two_statements_in_one_text_are_refused),
        TEST(a_statement_survives_a_change_of_the_table),
        TEST(more_statements_than_are_kept_all_run),
    };
    return cmocka_run_group_tests_name("queries", tests, NULL, NULL);
}

static int
run_errors(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_value_that_is_taken_names_its_table_and_column),
        TEST(several_columns_that_are_taken_are_all_named),
        TEST(constraints_are_told_apart),
        TEST(a_row_that_is_referred_to_cannot_be_deleted),
        TEST(what_the_database_does_not_have_is_a_mapping_error),
        TEST(what_is_not_sql_is_an_sql_error),
        TEST(a_value_that_a_strict_column_refuses_is_a_type_error),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}

static int
run_transactions(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_commit_is_seen_by_others_and_a_rollback_is_not),
        TEST(a_second_writer_is_told_that_the_database_is_busy),
        TEST(a_reader_that_writes_too_late_has_to_begin_again),
        TEST(a_commit_that_a_deferred_foreign_key_refuses_is_rolled_back),
        TEST(a_rollback_without_a_transaction_is_no_error),
        TEST(a_savepoint_takes_back_what_followed_it),
        TEST(nothing_is_done_in_a_transaction_that_failed),
        TEST(a_transaction_that_the_database_ended_writes_nothing_more),
    };
    return cmocka_run_group_tests_name("transactions", tests, NULL, NULL);
}

int
main(void)
{
    statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    int failed = run_opening() + run_batches() + run_values() + run_queries()
                 + run_errors() + run_transactions();
    g_hash_table_unref(statements);
    return failed != 0;
}
