/*
 * test-defaults.c - columns that the database fills in: defaults, told apart from zero
 * and NULL that the program has set, and computed columns. What is read back, by which
 * statement, and what becomes of it when the row is lost.
 */
#include "fixture.h"

/* --- the model
 * ---------------------------------------------------------------------------------- */

typedef enum Mood {
    MOOD_CALM,
    MOOD_GRUMPY
} Mood;

typedef struct Article {
    int64_t id;
    const char *name; /* unique */
    int32_t rank;
    bool is_open;
    const char *state;
    const char *note; /* can be NULL */
    KithOptInt32 weight;
} Article;

typedef struct Line {
    int64_t id; /* assigned */
    double price;
    int32_t quantity;
    double total;      /* computed */
    const char *label; /* computed */
    int32_t version;
    KithOptInt64 article_id;
} Line;

/* Of every kind that has a value which both databases write alike. */
typedef struct Kinds {
    int64_t id;
    int64_t large;
    double real;
    KithTime time;
    KithDate date;
    Mood mood; /* by name */
    KithOptBool maybe_flag;
    KithOptInt64 maybe_large;
    KithOptDouble maybe_real;
    KithOptTime maybe_time;
    KithOptDate maybe_date;
    const char *maybe_text;
} Kinds;

/* Its table is not made by the mapping. */
typedef struct Foreign {
    int64_t id;
    const char *name;
    int32_t number;
    KithBlob bytes;
    KithUuid uuid;
} Foreign;

/* Two of these can refer to each other, and swap their names. */
typedef struct Node Node;
struct Node {
    int64_t id;
    const char *name;  /* unique */
    const char *upper; /* computed */
    const char *kind;
    KithOptInt64 next_copy; /* computed */
    KITH_REF(Node) next;    /* can be NULL */
};

KITH_DECLARE(Article);
KITH_DECLARE(Line);
KITH_DECLARE(Kinds);
KITH_DECLARE(Foreign);
KITH_DECLARE(Node);

KITH_MAPPING(Article,
             "articles",
             KITH_KEY(Article, id, .generated = true),
             KITH_COLUMN(Article, name, .unique = true),
             KITH_COLUMN(Article, rank, .default_sql = "3 + 4"),
             KITH_COLUMN(Article, is_open, .default_sql = "true"),
             KITH_COLUMN(Article, state, .default_sql = "'new'"),
             KITH_COLUMN(Article, note, .nullable = true, .default_sql = "'none'"),
             KITH_COLUMN(Article, weight, .default_sql = "100"));

KITH_MAPPING(Line,
             "lines",
             KITH_KEY(Line, id),
             KITH_COLUMN(Line, price),
             KITH_COLUMN(Line, quantity, .default_sql = "1"),
             KITH_COLUMN(Line, total, .computed_sql = "price * quantity"),
             KITH_COLUMN(Line, label, .computed_sql = "'#' || quantity"),
             KITH_VERSION(Line, version),
             KITH_COLUMN(Line, article_id, .references = KITH_REFERENCES(Article, id)));

KITH_MAPPING(
    Kinds,
    "kinds",
    KITH_KEY(Kinds, id),
    KITH_COLUMN(Kinds, large, .default_sql = "5000000000"),
    KITH_COLUMN(Kinds, real, .default_sql = "0.5"),
    KITH_COLUMN(Kinds, time, .default_sql = "'2026-11-22 10:00:00+00'"),
    KITH_COLUMN(Kinds, date, .default_sql = "'2026-11-22'"),
    KITH_COLUMN(Kinds,
                mood,
                .default_sql = "'grumpy'",
                .names = KITH_NAMES([MOOD_CALM] = "calm", [MOOD_GRUMPY] = "grumpy")),
    KITH_COLUMN(Kinds, maybe_flag, .default_sql = "true"),
    KITH_COLUMN(Kinds, maybe_large, .default_sql = "5000000000"),
    KITH_COLUMN(Kinds, maybe_real, .default_sql = "0.5"),
    KITH_COLUMN(Kinds, maybe_time, .default_sql = "'2026-11-22 10:00:00+00'"),
    KITH_COLUMN(Kinds, maybe_date, .default_sql = "'2026-11-22'"),
    KITH_COLUMN(Kinds, maybe_text, .nullable = true, .default_sql = "NULL"));

KITH_MAPPING(Foreign,
             "foreigns",
             KITH_KEY(Foreign, id),
             KITH_COLUMN(Foreign, name, .nullable = true),
             KITH_COLUMN(Foreign, number, .default_sql = "1"),
             KITH_COLUMN(Foreign, bytes, .default_sql = "1"),
             KITH_COLUMN(Foreign, uuid, .default_sql = "1"));

KITH_MAPPING(Node,
             "nodes",
             KITH_KEY(Node, id, .generated = true),
             KITH_COLUMN(Node, name, .unique = true),
             KITH_COLUMN(Node, upper, .computed_sql = "upper(name)"),
             KITH_COLUMN(Node, kind, .default_sql = "'plain'"),
             KITH_COLUMN(Node, next_copy, .computed_sql = "next_id"),
             KITH_BELONGS_TO(Node, next, Node, .nullable = true));

/* --- the fixture
 * -------------------------------------------------------------------------------- */

/*
 * Statements with their columns: "INSERT articles (name) RETURNING id, rank". A generated
 * key that is returned alone is left out: whether there has to be a RETURNING for it is
 * the dialect's matter.
 */
static const struct {
    const char *pattern;
    const char *replacement;
} words[] = {
    { "\"", "" },
    { "[?$][0-9]+", "?" },
    { "^BEGIN.*$", "BEGIN" },
    { "^SAVEPOINT kith_", "SAVEPOINT " },
    { "^RELEASE SAVEPOINT kith_", "RELEASE " },
    { "^ROLLBACK TO SAVEPOINT kith_", "ROLLBACK TO " },
    { "^INSERT INTO (\\S+) AS t \\(id, (.*?\\)) SELECT .*? RETURNING id, ",
      "INSERT \\1 (\\2 RETURNING id, " },
    { "\\bt\\.", "" },
    { "^INSERT INTO (\\S+ \\(.*?\\)) VALUES \\(.*?\\)", "INSERT \\1" },
    { "^UPDATE (\\S+ SET .*?) WHERE .*?( RETURNING .*)?$", "UPDATE \\1\\2" },
    { "^DELETE FROM (\\S+) .*$", "DELETE \\1" },
    { "^SELECT .*? FROM ", "SELECT " },
    { " = \\?", "" },
    { " RETURNING id$", "" },
};

static void
record(const KithTraceEvent *event, void *data)
{
    Fixture *fixture = data;
    bool follows_failure = fixture->last_failed && event->error != NULL;
    if (follows_failure || g_str_has_prefix(event->sql, "SELECT 1 FROM ")
        || strstr(event->sql, "nextval(") != NULL)
        return;
    g_autofree char *text = g_strdup(event->sql);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autoptr(GRegex) regex = g_regex_new(words[i].pattern, G_REGEX_DOTALL, 0, NULL);
        g_autofree char *before = text;
        text = g_regex_replace(regex, before, -1, 0, words[i].replacement, 0, NULL);
    }
    GString *said = g_string_new(text);
    if (event->n_executions > 1)
        g_string_append_printf(said, " x%zu", event->n_executions);
    g_string_append(said, event->error != NULL ? " (failed)" : "");
    fixture->last_failed = event->error != NULL;
    g_ptr_array_add(fixture->statements, g_string_free(said, FALSE));
}

static int
set_up(void **state)
{
    (void) fixture_set_up(state);
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(Article, Line, Kinds, Node),
                            .trace = record,
                            .trace_data = fixture };
    fixture->engine = open_engine(fixture, &options);
    assert_done(kith_schema_create(fixture->engine, &error), error);
    new_session(fixture);
    forget_statements(fixture);
    return 0;
}

/* A session on a table that somebody else made. */
static KithSession *
use_foreign(Fixture *fixture, const char *sqlite, const char *postgres)
{
    KithOptions options = { .mappings = KITH_MAPPINGS(Foreign),
                            .trace = record,
                            .trace_data = fixture };
    fixture_run_sql(fixture, is_sqlite(fixture) ? sqlite : postgres, __FILE__, __LINE__);
    fixture->engine = open_engine(fixture, &options);
    return new_session(fixture);
}

#define INSERT_ALL_OF_ARTICLE "INSERT articles (name, rank, is_open, state, note, weight)"
#define FILLED_OF_ARTICLE "RETURNING id, rank, is_open, state, note, weight"

static void
assert_filled(const Article *article)
{
    assert_int_equal(article->rank, 7);
    assert_true(article->is_open);
    assert_string_equal(article->state, "new");
    assert_string_equal(article->note, "none");
    assert_true(article->weight.has_value);
    assert_int_equal(article->weight.value, 100);
}

static void
assert_empty(const Article *article)
{
    assert_int_equal(article->rank, 0);
    assert_false(article->is_open);
    assert_null(article->state);
    assert_null(article->note);
    assert_false(article->weight.has_value);
}

static void
assert_nothing_to_write(Fixture *fixture)
{
    forget_statements(fixture);
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
assert_commit_fails(Fixture *fixture, KithErrorCode code, const char *pattern)
{
    g_autoptr(GError) error = NULL;
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, code, pattern);
}

/* --- left out, or said
 * --------------------------------------------------------------------------- */

static void
what_is_left_at_zero_is_left_to_the_default_and_read_back_by_the_insert(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT articles (name) " FILLED_OF_ARTICLE, "COMMIT");
    assert_int_equal(article->id, 1);
    assert_filled(article);
    assert_nothing_to_write(fixture);
    assert_rows(fixture,
                "SELECT id, name, rank, state, note, weight FROM articles WHERE is_open",
                "1|chair|7|new|none|100");
}

static void
what_is_given_is_written_and_only_the_rest_is_read_back(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session,
                                      Article,
                                      .name = "chair",
                                      .rank = 1,
                                      .state = "",
                                      .weight = KITH_SOME(0));
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "INSERT articles (name, rank, state, weight) RETURNING id, is_open, note",
        "COMMIT");
    assert_int_equal(article->rank, 1);
    assert_string_equal(article->state, "");
    assert_true(article->weight.has_value);
    assert_int_equal(article->weight.value, 0);
    assert_string_equal(article->note, "none");
    assert_rows(fixture, "SELECT rank, state, note, weight FROM articles", "1|''|none|0");
    assert_nothing_to_write(fixture);
}

static void
nothing_is_read_back_where_all_is_given(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session,
             Article,
             .name = "chair",
             .rank = 1,
             .is_open = true,
             .state = "old",
             .note = "blue",
             .weight = KITH_SOME(2));
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", INSERT_ALL_OF_ARTICLE, "COMMIT");
    assert_rows(
        fixture, "SELECT id, rank, state, note, weight FROM articles", "1|1|old|blue|2");
}

static void
zero_that_was_set_is_written_as_it_is(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    kith_set(article, rank, 0);
    kith_set(article, is_open, false);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "INSERT articles (name, rank, is_open) RETURNING id, state, note, weight",
        "COMMIT");
    assert_int_equal(article->rank, 0);
    assert_false(article->is_open);
    assert_rows(fixture, "SELECT rank, state FROM articles", "0|new");
}

static void
null_that_was_set_is_written_as_it_is(void **state)
{
    Fixture *fixture = *state;
    const char *nothing = NULL;
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    const Article *table = kith_add(fixture->session, Article, .name = "table");
    kith_set_null(chair, note);
    kith_set_null(chair, weight);
    kith_set(table, note, nothing);
    kith_set(table, weight, (KithOptInt32) KITH_NONE);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "INSERT articles (name, note, weight) RETURNING id, rank, is_open, state x2",
        "COMMIT");
    assert_null(chair->note);
    assert_false(table->weight.has_value);
    assert_rows(fixture,
                "SELECT note, weight FROM articles ORDER BY id",
                "NULL|NULL",
                "NULL|NULL");
    assert_nothing_to_write(fixture);
}

static void
what_was_set_and_set_back_to_zero_is_zero(void **state)
{
    Fixture *fixture = *state;
    const Article *article =
        kith_add(fixture->session, Article, .name = "chair", .rank = 5);
    kith_set(article, rank, 6);
    kith_set(article, rank, 0);
    commit(fixture->session);
    assert_rows(fixture, "SELECT rank FROM articles", "0");
}

static void
null_that_may_not_be_is_refused_and_the_default_taken(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    kith_set_null(article, state);
    assert_commit_fails(fixture, KITH_ERROR_MISUSE, "*Article.state cannot be NULL*");
    commit(fixture->session);
    assert_filled(article);
}

static void
a_pending_object_that_is_edited_to_zero_takes_the_default(void **state)
{
    Fixture *fixture = *state;
    const Article *article =
        kith_add(fixture->session, Article, .name = "chair", .rank = 5);
    kith_edit(article)->rank = 0;
    commit(fixture->session);
    assert_filled(article);
    assert_nothing_to_write(fixture);
}

static void
zero_is_written_to_an_object_that_has_a_row(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(article, rank, 0);
    kith_set_null(article, note);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE articles SET rank, note", "COMMIT");
    assert_rows(fixture, "SELECT rank, note FROM articles", "0|NULL");
}

static void
objects_that_leave_out_the_same_are_inserted_together(void **state)
{
    Fixture *fixture = *state;
    const Article *articles[50];
    for (int i = 0; i < 50; i++) {
        g_autofree char *name = g_strdup_printf("article %d", i);
        articles[i] = kith_add(fixture->session, Article, .name = name);
    }
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT articles (name) " FILLED_OF_ARTICLE " x50", "COMMIT");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(articles[i]->id, i + 1);
        assert_filled(articles[i]);
    }
}

static void
objects_that_leave_out_something_else_are_not(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Line, .id = 1, .price = 2);
    kith_add(fixture->session, Line, .id = 2, .price = 2);
    kith_add(fixture->session, Line, .id = 3, .price = 2, .quantity = 3);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT lines (id, price, version, article_id) RETURNING "
                      "quantity, total, label x2",
                      "INSERT lines (id, price, quantity, version, article_id) RETURNING "
                      "total, label",
                      "COMMIT");
}

static void
every_kind_takes_its_default(void **state)
{
    Fixture *fixture = *state;
    const Kinds *kinds = kith_add(fixture->session, Kinds, .id = 1);
    commit(fixture->session);
    KithTime ten = kith_time_make(2026, 11, 22, 10, 0, 0, 0);
    KithDate day = kith_date_make(2026, 11, 22);
    assert_int_equal(kinds->large, INT64_C(5000000000));
    assert_true(kinds->real == 0.5);
    assert_int_equal(kinds->time.usec, ten.usec);
    assert_int_equal(kinds->date.days, day.days);
    assert_int_equal(kinds->mood, MOOD_GRUMPY);
    assert_true(kinds->maybe_flag.has_value && kinds->maybe_flag.value);
    assert_int_equal(kinds->maybe_large.value, INT64_C(5000000000));
    assert_true(kinds->maybe_real.has_value && kinds->maybe_real.value == 0.5);
    assert_int_equal(kinds->maybe_time.value.usec, ten.usec);
    assert_int_equal(kinds->maybe_date.value.days, day.days);
    assert_null(kinds->maybe_text);
    assert_nothing_to_write(fixture);
}

static void
bytes_and_uuids_are_read_back_from_a_table_of_somebody_else(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = use_foreign(
        fixture,
        "CREATE TABLE foreigns (id INTEGER PRIMARY KEY, name TEXT, number INTEGER "
        "DEFAULT 4, "
        "bytes BLOB DEFAULT x'000102', uuid BLOB DEFAULT (randomblob(16)))",
        "CREATE TABLE foreigns (id bigint PRIMARY KEY, name text, number integer DEFAULT "
        "4, "
        "bytes bytea DEFAULT '\\x000102', uuid uuid DEFAULT gen_random_uuid())");
    const Foreign *one = kith_add(session, Foreign, .id = 1);
    const Foreign *two = kith_add(session, Foreign, .id = 2, .name = "two");
    commit(session);
    assert_int_equal(one->number, 4);
    assert_int_equal(one->bytes.size, 3);
    assert_memory_equal(one->bytes.data, "\0\1\2", 3);
    assert_memory_not_equal(&one->uuid, &two->uuid, sizeof one->uuid);
    assert_memory_equal(two->bytes.data, "\0\1\2", 3);
    assert_ptr_not_equal(one->bytes.data, two->bytes.data);
    assert_nothing_to_write(fixture);
}

/* --- what is read back is the object's
 * ------------------------------------------------------------ */

static void
text_that_is_read_back_outlives_the_statement(void **state)
{
    Fixture *fixture = *state;
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    commit(fixture->session);
    const char *note = chair->note;
    for (int i = 0; i < 3; i++) {
        kith_add(fixture->session, Article, .name = i == 0 ? "a" : i == 1 ? "b" : "c");
        commit(fixture->session);
    }
    assert_ptr_equal(chair->note, note);
    assert_filled(chair);
}

static void
what_is_read_back_is_what_later_edits_are_compared_with(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    Article *edited = kith_edit(article);
    commit(fixture->session);
    assert_nothing_to_write(fixture);
    edited->note = "none";
    assert_nothing_to_write(fixture);
    edited->rank = 8;
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE articles SET rank", "COMMIT");
}

static void
a_query_flushes_and_finds_what_the_default_made(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    g_autoptr(ArticleQuery) query = kith_query(fixture->session, Article);
    kith_where(query, kith_eq(Article, state, "new"));
    assert_ptr_equal(kith_first(query, &error), article);
    assert_filled(article);
    commit(fixture->session);
    new_session(fixture);
    assert_filled(find(fixture->session, Article, 1));
}

/* --- taken back
 * ------------------------------------------------------------------------------------ */

static void
a_rollback_takes_back_what_was_read(void **state)
{
    Fixture *fixture = *state;
    const Article *article = kith_add(fixture->session, Article, .name = "chair");
    flush(fixture->session);
    assert_filled(article);
    kith_rollback(fixture->session);
    assert_empty(article);
    assert_int_equal(article->id, 0);
}

static void
a_failed_commit_takes_back_what_was_read_and_the_next_one_reads_it_anew(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "INSERT INTO articles (id, name) VALUES (100, 'table')");
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    const Article *table = kith_add(fixture->session, Article, .name = "table");
    kith_set(chair, is_open, false);
    assert_commit_fails(fixture, KITH_ERROR_UNIQUE, "Article*");
    assert_empty(chair);
    assert_empty(table);
    assert_int_equal(chair->id, 0);
    forget_statements(fixture);
    kith_set(table, name, "stool");
    kith_set(table, rank, 1);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "INSERT articles (name, is_open) RETURNING id, rank, state, note, weight",
        "INSERT articles (name, rank) RETURNING id, is_open, state, note, weight",
        "COMMIT");
    assert_int_equal(chair->rank, 7);
    assert_false(chair->is_open);
    assert_int_equal(table->rank, 1);
    assert_nothing_to_write(fixture);
}

/* The object was flushed before, in the transaction that is lost. */
static void
a_lost_transaction_takes_back_what_was_read_but_not_what_was_said(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "INSERT INTO articles (id, name) VALUES (100, 'table')");
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    kith_set(chair, is_open, false); /* said before the flush */
    flush(fixture->session);
    kith_set(chair, rank, 9); /* said after it */
    kith_set_null(chair, note);
    flush(fixture->session);
    kith_set(chair, weight, 0);
    const Article *table = kith_add(fixture->session, Article, .name = "table");
    assert_commit_fails(fixture, KITH_ERROR_UNIQUE, "Article*");
    assert_int_equal(kith_state(chair), KITH_PENDING);
    assert_int_equal(chair->rank, 9);
    assert_null(chair->state);
    assert_null(chair->note);
    assert_true(chair->weight.has_value);
    kith_delete(table);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "INSERT articles (name, rank, is_open, note, weight) RETURNING id, state",
        "COMMIT");
    assert_rows(fixture,
                "SELECT rank, state, note, weight FROM articles WHERE name = 'chair'",
                "9|new|NULL|0");
    assert_nothing_to_write(fixture);
}

static void
a_savepoint_takes_back_what_was_read_since(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Line *line =
        kith_add(fixture->session, Line, .id = 1, .price = 2, .quantity = 3);
    assert_done(kith_savepoint(fixture->session, &error), error);
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    kith_set(line, quantity, 5);
    flush(fixture->session);
    assert_filled(chair);
    assert_true(line->total == 10);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_empty(chair);
    assert_true(line->total == 6);
    assert_string_equal(line->label, "#3");
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT CAST(total AS integer), label, version FROM lines", "6|#3|1");
    assert_nothing_to_write(fixture);
}

static void
a_plan_leaves_everything_as_it_was(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    g_autofree char *plan = kith_plan(fixture->session, &error);
    assert_done(plan, error);
    assert_empty(chair);
    commit(fixture->session);
    assert_filled(chair);
}

/* --- what does not fit
 * ------------------------------------------------------------------------------ */

static void
a_default_that_does_not_fit_its_member_is_refused_before_the_commit(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = use_foreign(
        fixture,
        "CREATE TABLE foreigns (id INTEGER PRIMARY KEY, name TEXT, number INTEGER "
        "DEFAULT "
        "5000000000, bytes BLOB DEFAULT x'01', uuid BLOB)",
        "CREATE TABLE foreigns (id bigint PRIMARY KEY, name text, number bigint DEFAULT "
        "5000000000, bytes bytea DEFAULT '\\x01', uuid uuid)");
    const Foreign *one =
        kith_add(session, Foreign, .id = 1, .uuid = { { 1 } }, .bytes = { "", 0 });
    assert_commit_fails(
        fixture,
        KITH_ERROR_TYPE,
        "Foreign 1: Foreign.number: the column \"number\" holds 5000000000*");
    assert_no_rows(fixture, "SELECT id FROM foreigns");
    assert_int_equal(kith_state(one), KITH_PENDING);
    assert_int_equal(one->number, 0);
    kith_set(one, number, 5);
    commit(session);
    assert_rows(fixture, "SELECT number FROM foreigns", "5");
}

/* Also when the statement has been run before, and its types are known. */
static void
a_default_that_is_null_is_refused_before_the_commit(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = use_foreign(
        fixture,
        "CREATE TABLE foreigns (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a', "
        "number INTEGER DEFAULT 1, bytes BLOB DEFAULT x'01', uuid BLOB)",
        "CREATE TABLE foreigns (id bigint PRIMARY KEY, name text DEFAULT 'a', "
        "number integer DEFAULT 1, bytes bytea DEFAULT '\\x01', uuid uuid)");
    const Foreign *one = kith_add(session, Foreign, .id = 1, .number = 1);
    assert_commit_fails(fixture,
                        KITH_ERROR_TYPE,
                        "Foreign 1: Foreign.uuid: the column \"uuid\" holds NULL*");
    assert_null(one->bytes.data);
    assert_no_rows(fixture, "SELECT id FROM foreigns");
    kith_set(one, uuid, (KithUuid){ { 1 } });
    kith_add(session, Foreign, .id = 2, .number = 1, .uuid = { { 2 } });
    commit(session);
    kith_add(session, Foreign, .id = 3, .number = 1);
    assert_commit_fails(fixture, KITH_ERROR_TYPE, "Foreign 3: *");
    assert_rows(fixture, "SELECT id FROM foreigns ORDER BY id", "1", "2");
}

static void
an_insert_that_makes_no_row_is_refused_by_name(void **state)
{
    Fixture *fixture = *state;
    if (is_sqlite(fixture)) {
        run_sql(fixture,
                "CREATE TRIGGER no_row BEFORE INSERT ON articles BEGIN "
                "SELECT RAISE(IGNORE); END");
    } else {
        run_sql(fixture,
                "CREATE FUNCTION no_row() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN RETURN NULL; END'");
        run_sql(fixture,
                "CREATE TRIGGER no_row BEFORE INSERT ON articles FOR EACH ROW "
                "EXECUTE FUNCTION no_row()");
    }
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    assert_commit_fails(
        fixture, KITH_ERROR_MAPPING, "Article (new): *the insert did not give back one row");
    assert_int_equal(kith_state(chair), KITH_PENDING);
    run_sql(fixture,
            is_sqlite(fixture) ? "DROP TRIGGER no_row"
                               : "DROP TRIGGER no_row ON articles");
    commit(fixture->session);
    assert_filled(chair);
}

/* --- computed
 * -----------------------------------------------------------------------------------------
 */

static void
a_computed_column_is_read_back_by_the_insert(void **state)
{
    Fixture *fixture = *state;
    const Line *line = kith_add(fixture->session, Line, .id = 1, .price = 2.5);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT lines (id, price, version, article_id) RETURNING "
                      "quantity, total, label",
                      "COMMIT");
    assert_int_equal(line->quantity, 1);
    assert_true(line->total == 2.5);
    assert_string_equal(line->label, "#1");
    assert_nothing_to_write(fixture);
}

static void
a_computed_column_is_read_back_by_an_update(void **state)
{
    Fixture *fixture = *state;
    const Line *line = kith_add(fixture->session, Line, .id = 1, .price = 2.5);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(line, quantity, 4);
    assert_true(line->total == 2.5);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE lines SET quantity, version RETURNING total, label",
                      "COMMIT");
    assert_true(line->total == 10);
    assert_string_equal(line->label, "#4");
    assert_rows(fixture, "SELECT CAST(total AS integer), label FROM lines", "10|#4");
    assert_nothing_to_write(fixture);
}

static void
edited_objects_get_what_was_computed_into_their_baseline(void **state)
{
    Fixture *fixture = *state;
    Line *lines[3];
    for (int i = 0; i < 3; i++)
        lines[i] = kith_edit(kith_add(fixture->session, Line, .id = i + 1, .price = 1));
    commit(fixture->session);
    assert_nothing_to_write(fixture);
    for (int i = 0; i < 3; i++)
        lines[i]->quantity = i + 2;
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE lines SET quantity, version RETURNING total, label x3",
                      "COMMIT");
    for (int i = 0; i < 3; i++)
        assert_true(lines[i]->total == i + 2);
    assert_nothing_to_write(fixture);
}

static void
a_computed_column_is_read_and_asked_for_like_any_other(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO lines (id, price, quantity, version) VALUES "
            "(1, 2, 3, 1), (2, 2, 5, 1), (3, 1, 1, 1)");
    g_autoptr(LineQuery) query = kith_query(fixture->session, Line);
    kith_where(query, kith_gt(Line, total, 5.0));
    kith_where(query, kith_ne(Line, label, "#3"));
    const Line *line = kith_first(query, &error);
    assert_done(line, error);
    assert_int_equal(line->id, 2);
    assert_true(line->total == 10);
    kith_set(line, price, 0.5); /* and after an update, which is flushed first */
    assert_null(kith_first(query, &error));
    assert_null(error);
    assert_true(line->total == 2.5);
}

static void
to_set_a_computed_column_makes_no_sense(void **state)
{
    Fixture *fixture = *state;
    const Line *line = kith_add(fixture->session, Line, .id = 1, .price = 2);
    kith_set(line, total, 7.0);
    assert_true(line->total == 0);
    assert_commit_fails(
        fixture,
        KITH_ERROR_MISUSE,
        "Line.total cannot be set: the database computes it (*test-defaults.c:*)");
    commit(fixture->session);
    assert_true(line->total == 2);
}

static void
a_computed_column_that_was_edited_is_refused_by_name(void **state)
{
    Fixture *fixture = *state;
    Line *line = kith_edit(kith_add(fixture->session, Line, .id = 1, .price = 2));
    commit(fixture->session);
    line->total = 7;
    line->price = 3;
    for (int i = 0; i < 2; i++) { /* it stays as the program made it */
        forget_statements(fixture);
        assert_commit_fails(fixture,
                            KITH_ERROR_MISUSE,
                            "Line 1: total is computed by the database, and was set; *");
        assert_no_statements(fixture);
        assert_true(line->total == 7);
    }
    line->total = 2;
    commit(fixture->session);
    assert_true(line->total == 3);
}

static void
a_computed_column_cannot_be_added_with_a_value(void **state)
{
    Fixture *fixture = *state;
    const Line *line =
        kith_add(fixture->session, Line, .id = 1, .price = 2, .label = "mine");
    assert_commit_fails(fixture, KITH_ERROR_MISUSE, "Line 1: label is computed *");
    kith_edit(line)->label = NULL;
    commit(fixture->session);
    assert_string_equal(line->label, "#1");
}

static void
a_rollback_restores_what_was_computed(void **state)
{
    Fixture *fixture = *state;
    const Line *line = kith_add(fixture->session, Line, .id = 1, .price = 2);
    commit(fixture->session);
    kith_set(line, quantity, 5);
    flush(fixture->session);
    assert_string_equal(line->label, "#5");
    kith_rollback(fixture->session);
    assert_true(line->total == 2);
    assert_string_equal(line->label, "#1");
    assert_nothing_to_write(fixture);
}

static void
a_failed_commit_restores_what_was_computed_and_leaves_the_edit(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "INSERT INTO articles (id, name) VALUES (100, 'table')");
    const Line *line = kith_add(fixture->session, Line, .id = 1, .price = 2);
    const Article *chair = kith_add(fixture->session, Article, .name = "chair");
    commit(fixture->session);
    kith_set(line, quantity, 5);
    flush(fixture->session);
    kith_set(line, price, 3);
    kith_set(chair, name, "table");
    assert_commit_fails(fixture, KITH_ERROR_UNIQUE, "Article*");
    assert_int_equal(line->quantity, 5);
    assert_true(line->price == 3);
    assert_true(line->total == 2);
    assert_string_equal(line->label, "#1");
    assert_int_equal(line->version, 1);
    kith_set(chair, name, "chair");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE lines SET price, quantity, version RETURNING total, label",
                      "COMMIT");
    assert_true(line->total == 15);
    assert_string_equal(line->label, "#5");
    assert_nothing_to_write(fixture);
}

static void
an_update_that_finds_no_row_is_stale_also_where_it_would_give_something_back(void **state)
{
    Fixture *fixture = *state;
    const Line *one = kith_add(fixture->session, Line, .id = 1, .price = 2);
    const Line *two = kith_add(fixture->session, Line, .id = 2, .price = 2);
    commit(fixture->session);
    run_sql(fixture, "UPDATE lines SET version = 7 WHERE id = 2");
    kith_set(one, quantity, 5);
    kith_set(two, quantity, 5);
    assert_commit_fails(fixture, KITH_ERROR_STALE, "Line 2: *");
    assert_string_equal(one->label, "#1");
    assert_true(two->total == 2);
    assert_rows(fixture, "SELECT label, version FROM lines ORDER BY id", "#1|1", "#1|7");
}

static void
a_foreign_key_is_checked_though_the_row_has_been_given_back(void **state)
{
    Fixture *fixture = *state;
    const Line *line = kith_add(
        fixture->session, Line, .id = 1, .price = 2, .article_id = KITH_SOME(99));
    assert_commit_fails(fixture, KITH_ERROR_FOREIGN_KEY, "Line 1: *");
    assert_null(line->label);
    assert_int_equal(line->quantity, 0);
    kith_set_null(line, article_id);
    commit(fixture->session);
    assert_string_equal(line->label, "#1");
}

/* --- together with what the planner does
 * ------------------------------------------------------------------ */

static void
rows_that_swap_a_value_are_computed_from_the_last_one(void **state)
{
    Fixture *fixture = *state;
    const Node *ann = kith_add(fixture->session, Node, .name = "ann");
    const Node *bob = kith_add(fixture->session, Node, .name = "bob");
    commit(fixture->session);
    assert_string_equal(ann->upper, "ANN");
    kith_set(ann, name, "bob");
    kith_set(bob, name, "ann");
    commit(fixture->session);
    assert_string_equal(ann->upper, "BOB");
    assert_string_equal(bob->upper, "ANN");
    assert_rows(fixture, "SELECT upper FROM nodes ORDER BY id", "BOB", "ANN");
    assert_nothing_to_write(fixture);
}

static void
a_reference_that_is_written_later_is_computed_from(void **state)
{
    Fixture *fixture = *state;
    const Node *ann = kith_add(fixture->session, Node, .name = "ann");
    const Node *bob = kith_add(fixture->session, Node, .name = "bob", .next.target = ann);
    kith_set(ann, next, bob);
    commit(fixture->session);
    assert_string_equal(ann->kind, "plain");
    assert_int_equal(ann->next_copy.value, bob->id);
    assert_int_equal(bob->next_copy.value, ann->id);
    assert_rows(fixture, "SELECT next_copy FROM nodes ORDER BY id", "2", "1");
    assert_nothing_to_write(fixture);
}

static void
an_object_that_takes_the_place_of_a_row_keeps_what_it_does_not_say(void **state)
{
    Fixture *fixture = *state;
    const Article *old =
        kith_add(fixture->session, Article, .name = "chair", .rank = 5, .note = "blue");
    commit(fixture->session);
    kith_delete(old);
    const Article *new = kith_add(fixture->session, Article, .id = 1, .name = "table");
    kith_set_null(new, note);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE articles SET name, note", "COMMIT");
    assert_int_equal(new->rank, 5);
    assert_string_equal(new->state, "new");
    assert_null(new->note);
    assert_rows(fixture, "SELECT name, rank, note FROM articles", "table|5|NULL");
    assert_nothing_to_write(fixture);
}

static void
an_object_that_takes_the_place_of_a_row_reads_what_is_computed(void **state)
{
    Fixture *fixture = *state;
    const Line *old =
        kith_add(fixture->session, Line, .id = 1, .price = 2, .quantity = 3);
    commit(fixture->session);
    kith_delete(old);
    const Line *new = kith_add(fixture->session, Line, .id = 1, .price = 4);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE lines SET price, version RETURNING total, label",
                      "COMMIT");
    assert_int_equal(new->quantity, 3);
    assert_true(new->total == 12);
    assert_string_equal(new->label, "#3");
    kith_delete(new);
    const Line *same = kith_add(fixture->session, Line, .id = 1, .price = 4);
    commit(fixture->session);
    assert_true(same->total == 12);
    assert_nothing_to_write(fixture);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_left_at_zero_is_left_to_the_default_and_read_back_by_the_insert),
        TEST(what_is_given_is_written_and_only_the_rest_is_read_back),
        TEST(nothing_is_read_back_where_all_is_given),
        TEST(zero_that_was_set_is_written_as_it_is),
        TEST(null_that_was_set_is_written_as_it_is),
        TEST(what_was_set_and_set_back_to_zero_is_zero),
        TEST(null_that_may_not_be_is_refused_and_the_default_taken),
        TEST(a_pending_object_that_is_edited_to_zero_takes_the_default),
        TEST(zero_is_written_to_an_object_that_has_a_row),
        TEST(objects_that_leave_out_the_same_are_inserted_together),
        TEST(objects_that_leave_out_something_else_are_not),
        TEST(every_kind_takes_its_default),
        TEST(bytes_and_uuids_are_read_back_from_a_table_of_somebody_else),
        TEST(text_that_is_read_back_outlives_the_statement),
        TEST(what_is_read_back_is_what_later_edits_are_compared_with),
        TEST(a_query_flushes_and_finds_what_the_default_made),
        TEST(a_rollback_takes_back_what_was_read),
        TEST(a_failed_commit_takes_back_what_was_read_and_the_next_one_reads_it_anew),
        TEST(a_lost_transaction_takes_back_what_was_read_but_not_what_was_said),
        TEST(a_savepoint_takes_back_what_was_read_since),
        TEST(a_plan_leaves_everything_as_it_was),
        TEST(a_default_that_does_not_fit_its_member_is_refused_before_the_commit),
        TEST(a_default_that_is_null_is_refused_before_the_commit),
        TEST(an_insert_that_makes_no_row_is_refused_by_name),
        TEST(a_computed_column_is_read_back_by_the_insert),
        TEST(a_computed_column_is_read_back_by_an_update),
        TEST(edited_objects_get_what_was_computed_into_their_baseline),
        TEST(a_computed_column_is_read_and_asked_for_like_any_other),
        TEST(to_set_a_computed_column_makes_no_sense),
        TEST(a_computed_column_that_was_edited_is_refused_by_name),
        TEST(a_computed_column_cannot_be_added_with_a_value),
        TEST(a_rollback_restores_what_was_computed),
        TEST(a_failed_commit_restores_what_was_computed_and_leaves_the_edit),
        TEST(
            an_update_that_finds_no_row_is_stale_also_where_it_would_give_something_back),
        TEST(a_foreign_key_is_checked_though_the_row_has_been_given_back),
        TEST(rows_that_swap_a_value_are_computed_from_the_last_one),
        TEST(a_reference_that_is_written_later_is_computed_from),
        TEST(an_object_that_takes_the_place_of_a_row_keeps_what_it_does_not_say),
        TEST(an_object_that_takes_the_place_of_a_row_reads_what_is_computed),
    };
    return run_on_each_database("defaults", tests);
}
