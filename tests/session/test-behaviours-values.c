/*
 * test-behaviours-values.c - what counts as a change, case by case, and which values are
 * read back.
 */
#include "own-schema.h"

#include <math.h>

typedef struct Item Item;
typedef struct Keyless Keyless;

/* Values that the database fills in. */
struct Item {
    int64_t id;
    const char *name;
    int32_t quantity;
    double price;
    int32_t stock;     /* 7 by default */
    KithOptInt32 rank; /* 3 by default */
    double total;      /* computed */
};

/* The key is one for Kith alone: the table has none. */
struct Keyless {
    int64_t id;
    const char *name;
};

KITH_DECLARE(Item);
KITH_DECLARE(Keyless);

KITH_MAPPING(Item,
             "items",
             KITH_KEY(Item, id, .generated = true),
             KITH_COLUMN(Item, name),
             KITH_COLUMN(Item, quantity),
             KITH_COLUMN(Item, price),
             KITH_COLUMN(Item, stock, .default_sql = "7"),
             KITH_COLUMN(Item, rank, .default_sql = "3"),
             KITH_COLUMN(Item, total, .computed_sql = "price * quantity"));
KITH_MAPPING(Keyless, "keyless", KITH_KEY(Keyless, id), KITH_COLUMN(Keyless, name));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Item, Keyless));
}

/* --- no change --------------------------------------------------------------------- */

static const Sample *
add_sample(Fixture *fixture)
{
    static const char bytes[] = { 0, 1, 2 };
    const Sample *sample = kith_add(fixture->session,
                                    Sample,
                                    .text = "",
                                    .blob = { bytes, sizeof bytes },
                                    .real = 2.5,
                                    .maybe_text = "text",
                                    .maybe_small = KITH_SOME(5),
                                    .maybe_blob = { bytes, sizeof bytes });
    commit(fixture->session);
    forget_statements(fixture);
    return sample;
}

static void
an_empty_text_that_is_set_again_is_no_change(void **state)
{
    Fixture *fixture = *state;
    add_sample(fixture);
    const Sample *sample = find(new_session(fixture), Sample, 1);
    forget_statements(fixture);
    kith_set(sample, text, "");
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_blob_is_compared_by_what_is_in_it(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    static const char same[] = { 0, 1, 2 }, other[] = { 0, 1, 3 };
    KithBlob same_blob = { same, sizeof same }, other_blob = { other, sizeof other };
    kith_set(sample, blob, same_blob);
    ((Sample *) kith_edit(sample))->maybe_blob = same_blob;
    commit(fixture->session);
    assert_no_statements(fixture);
    kith_set(sample, blob, other_blob);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE samples SET blob", "COMMIT");
}

static void
a_text_is_compared_by_what_is_in_it(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    Sample *edited = kith_edit(sample);
    char text[] = "text";
    edited->maybe_text = text;
    commit(fixture->session);
    assert_no_statements(fixture);
    text[0] = 'T';
    edited->maybe_text = text;
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE samples SET maybe_text", "COMMIT");
}

static void
one_column_of_many_is_written_alone(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    kith_set(sample, large, 5);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE samples SET large", "COMMIT");
}

static void
null_and_a_value_differ_both_ways(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    kith_set_null(sample, maybe_small);
    kith_set_null(sample, maybe_text);
    kith_set(sample, maybe_large, 0);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE samples SET maybe_small, maybe_large, maybe_text",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT maybe_small, maybe_large, maybe_text FROM samples",
                "NULL|0|NULL");
    kith_set_null(sample, maybe_small);
    kith_set_null(sample, maybe_text);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
what_is_left_behind_a_null_is_no_change(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    Sample *edited = kith_edit(sample);
    edited->maybe_large.value = 99;
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_value_that_is_changed_and_changed_back_is_no_change(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    kith_set(sample, real, 3.5);
    kith_set(sample, real, 2.5);
    kith_set_null(sample, maybe_text);
    kith_set(sample, maybe_text, "text");
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_value_that_a_flush_wrote_is_compared_with_what_it_wrote(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    kith_set(sample, real, 3.5);
    flush(fixture->session);
    kith_set(sample, real, 2.5);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE samples SET real", "UPDATE samples SET real", "COMMIT");
    assert_rows(fixture, "SELECT \"real\" FROM samples", "2.5");
}

static void
a_number_that_is_none_is_no_change_of_itself(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    if (is_sqlite(fixture))
        return; /* it stores NULL in place of it */
    kith_set(sample, real, (double) NAN);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(sample, real, (double) NAN);
    (void) kith_edit(sample);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
asking_for_changes_sends_nothing(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    forget_statements(fixture);
    assert_false(kith_has_changes(fixture->session));
    const Book *book =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    assert_true(kith_has_changes(fixture->session));
    kith_delete(book);
    assert_false(kith_has_changes(fixture->session));
    kith_delete(ann);
    assert_true(kith_has_changes(fixture->session));
    assert_no_statements(fixture);
}

static void
a_column_is_written_in_the_next_unit_of_work_without_being_read(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = add_sample(fixture);
    run_sql(fixture, "UPDATE samples SET maybe_text = 'theirs', large = 8");
    kith_set(sample, maybe_text, "ours");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE samples SET maybe_text", "COMMIT");
    kith_set_null(sample, maybe_text);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE samples SET maybe_text", "COMMIT");
    assert_rows(fixture, "SELECT maybe_text, large FROM samples", "NULL|8");
}

static void
what_was_never_set_is_zero_or_null(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT large, text, maybe_large, maybe_text, maybe_blob FROM samples",
                "0|''|NULL|NULL|NULL");
}

/* --- what the database fills in ---------------------------------------------------- */

/* The last INSERT or UPDATE. */
static void
keep_sql(const KithTraceEvent *event, void *data)
{
    if (g_str_has_prefix(event->sql, "INSERT") || g_str_has_prefix(event->sql, "UPDATE"))
        g_string_assign(data, event->sql);
}

static void
what_has_all_its_values_is_not_read_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) sql = g_string_new(NULL);
    KithOptions options = { .trace = keep_sql, .trace_data = sql };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    const Author *ann = kith_add(session, Author, .id = 5, .name = "Ann");
    commit(session);
    assert_null(strstr(sql->str, "RETURNING"));
    kith_set(ann, name, "Anna");
    commit(session);
    assert_null(strstr(sql->str, "RETURNING"));
}

static void
defaults_are_read_back_by_the_insert(void **state)
{
    Fixture *fixture = *state;
    const Item *item =
        kith_add(fixture->session, Item, .name = "pen", .quantity = 2, .price = 1.5);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT items", "COMMIT");
    assert_int_equal(item->stock, 7);
    assert_int_equal(item->rank.value, 3);
    assert_true(item->total == 3.0);
    assert_rows(fixture,
                "SELECT stock, rank, total FROM items",
                is_sqlite(fixture) ? "7|3|3.0" : "7|3|3");
}

static void
a_value_that_is_given_is_not_left_to_the_default(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Item *one =
        kith_add(session, Item, .name = "pen", .stock = 1, .rank = KITH_SOME(2));
    const Item *two = kith_add(session, Item, .name = "ink");
    kith_set(two, stock, 0);
    kith_set_null(two, rank);
    commit(session);
    assert_int_equal(one->stock, 1);
    assert_int_equal(two->stock, 0);
    assert_rows(fixture, "SELECT stock, rank FROM items ORDER BY id", "1|2", "0|NULL");
}

static void
computed_values_are_read_back_by_the_update(void **state)
{
    Fixture *fixture = *state;
    const Item *item =
        kith_add(fixture->session, Item, .name = "pen", .quantity = 2, .price = 1.5);
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(item, quantity, 4);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE items SET quantity", "COMMIT");
    assert_true(item->total == 6.0);
    assert_false(kith_has_changes(fixture->session));
}

static void
values_that_were_read_back_are_taken_back_when_the_commit_fails(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    const Item *item = kith_add(fixture->session, Item, .name = "pen");
    flush(fixture->session);
    assert_int_equal(item->stock, 7);
    kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(item->id, 0);
    assert_int_equal(item->stock, 0);
    assert_false(item->rank.has_value);
}

static void
an_insert_that_makes_no_row_is_named(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            is_sqlite(fixture)
                ? "CREATE TRIGGER no_ann BEFORE INSERT ON authors WHEN new.name = 'Ann' "
                  "BEGIN SELECT RAISE(IGNORE); END"
                : "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                  "'BEGIN RETURN NULL; END'; "
                  "CREATE TRIGGER no_ann BEFORE INSERT ON authors FOR EACH ROW "
                  "WHEN (new.name = 'Ann') EXECUTE FUNCTION refuse()");
    const Author *bob = kith_add(fixture->session, Author, .name = "Bob");
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_MAPPING, "Author (new): *");
    assert_int_equal(kith_state(ann), KITH_PENDING);
    assert_int_equal(ann->id, 0);
    assert_int_equal(bob->id, 0);
    assert_no_rows(fixture, "SELECT name FROM authors");
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
}

static void
an_insert_with_its_key_that_makes_no_row_is_named(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            is_sqlite(fixture)
                ? "CREATE TRIGGER no_ann BEFORE INSERT ON members WHEN new.login = 'ann' "
                  "BEGIN SELECT RAISE(IGNORE); END"
                : "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                  "'BEGIN RETURN NULL; END'; "
                  "CREATE TRIGGER no_ann BEFORE INSERT ON members FOR EACH ROW "
                  "WHEN (new.login = 'ann') EXECUTE FUNCTION refuse()");
    kith_add(fixture->session, Member, .login = "bob", .name = "Bob");
    kith_add(fixture->session, Member, .login = "ann", .name = "Ann");
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_MAPPING, "Member 'ann': *");
    assert_no_rows(fixture, "SELECT name FROM members");
}

static void
the_key_need_not_be_that_of_the_table(void **state)
{
    Fixture *fixture = *state;
    run_sql(fixture, "DROP TABLE keyless; CREATE TABLE keyless (id bigint, name text)");
    const Keyless *row = kith_add(fixture->session, Keyless, .id = 5, .name = "a");
    commit(fixture->session);
    kith_set(row, name, "b");
    commit(fixture->session);
    assert_rows(fixture, "SELECT id, name FROM keyless", "5|b");
    assert_ptr_equal(find(fixture->session, Keyless, 5), row);
    kith_delete(row);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM keyless");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(an_empty_text_that_is_set_again_is_no_change),
        ON_A_SCHEMA(a_blob_is_compared_by_what_is_in_it),
        ON_A_SCHEMA(a_text_is_compared_by_what_is_in_it),
        ON_A_SCHEMA(one_column_of_many_is_written_alone),
        ON_A_SCHEMA(null_and_a_value_differ_both_ways),
        ON_A_SCHEMA(what_is_left_behind_a_null_is_no_change),
        ON_A_SCHEMA(a_value_that_is_changed_and_changed_back_is_no_change),
        ON_A_SCHEMA(a_value_that_a_flush_wrote_is_compared_with_what_it_wrote),
        ON_A_SCHEMA(a_number_that_is_none_is_no_change_of_itself),
        ON_A_SCHEMA(asking_for_changes_sends_nothing),
        ON_A_SCHEMA(a_column_is_written_in_the_next_unit_of_work_without_being_read),
        ON_A_SCHEMA(what_was_never_set_is_zero_or_null),
        ON_A_SCHEMA(what_has_all_its_values_is_not_read_back),
        ON_A_SCHEMA(defaults_are_read_back_by_the_insert),
        ON_A_SCHEMA(a_value_that_is_given_is_not_left_to_the_default),
        ON_A_SCHEMA(computed_values_are_read_back_by_the_update),
        ON_A_SCHEMA(values_that_were_read_back_are_taken_back_when_the_commit_fails),
        ON_A_SCHEMA(an_insert_that_makes_no_row_is_named),
        ON_A_SCHEMA(an_insert_with_its_key_that_makes_no_row_is_named),
        ON_A_SCHEMA(the_key_need_not_be_that_of_the_table),
    };
    return run_on_each_database("values, case by case", tests);
}
