/*
 * test-bulk.c - flushes of few rows, of just as many as are written in bulk, and of more
 * than one statement takes: the same on both databases, whatever the statements are.
 */
#include "own-schema.h"

/* --- the model --------------------------------------------------------------------- */

/* A key of two members, a version, and what the database fills in. */
typedef struct Cell {
    int32_t tenant;
    const char *place;
    int32_t version;
    int32_t number;
    const char *note;  /* has a default */
    int64_t doubled;   /* computed */
    const char *label; /* computed */
} Cell;

KITH_DECLARE(Cell);

KITH_MAPPING(Cell,
             "cells",
             KITH_KEY(Cell, tenant),
             KITH_KEY(Cell, place),
             KITH_VERSION(Cell, version),
             KITH_COLUMN(Cell, number),
             KITH_COLUMN(Cell, note, .nullable = true, .default_sql = "'none'"),
             KITH_COLUMN(Cell, doubled, .computed_sql = "number * 2"),
             KITH_COLUMN(Cell, label, .computed_sql = "'#' || number"));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Cell));
}

static const size_t sizes[] = { 1, 4, 5, 2100 };

/* for (each_size(n)) */
#define each_size(n)                                                \
    const size_t *at_ = sizes, *end_ = sizes + G_N_ELEMENTS(sizes); \
    at_ < end_; at_++) \
    for (size_t n = *at_, once_ = 1; once_ == 1; once_ = 0

static int64_t
count(Fixture *fixture, const char *sql)
{
    return g_ascii_strtoll(query_text(fixture, sql), NULL, 10);
}

/* --- values ------------------------------------------------------------------------ */

/* Every value depends on @i; every second one of those that can be NULL is. */
static void
fill_sample(Sample *sample, int i)
{
    static const char bytes[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    bool has = i % 2 == 0;
    sample->flag = i % 3 == 0;
    sample->small = i - 2;
    sample->large = G_GINT64_CONSTANT(5000000000) * i;
    sample->real = i / 8.0;
    sample->text = i % 5 == 0 ? "" : "a 'text', {with} \"signs\" \\ and more";
    sample->blob = (KithBlob){ bytes, (size_t) (i % 8) };
    sample->time = (KithTime){ (int64_t) i * 1000001 };
    sample->date = (KithDate){ i };
    sample->uuid.bytes[15] = (uint8_t) i;
    sample->genre = i % 2 == 0 ? GENRE_POEM : GENRE_PLAY;
    sample->shelf = (Shelf) (i % 3);
    sample->maybe_flag = (KithOptBool){ has, has };
    sample->maybe_small = (KithOptInt32){ has, has ? i : 0 };
    sample->maybe_large = (KithOptInt64){ has, has ? i : 0 };
    sample->maybe_real = (KithOptDouble){ has, has ? i : 0 };
    sample->maybe_text = has ? "some" : NULL;
    sample->maybe_blob = has ? (KithBlob){ bytes, 3 } : (KithBlob){ NULL, 0 };
    sample->maybe_time = (KithOptTime){ has, { has ? i : 0 } };
    sample->maybe_date = (KithOptDate){ has, { has ? i : 0 } };
    sample->maybe_uuid.has_value = has;
    sample->maybe_genre = (KithOptInt32){ has, has ? GENRE_PLAY : 0 };
    sample->maybe_shelf = (KithOptInt32){ has, has ? 2 : 0 };
}

/* The same value, or none in both. */
#define assert_maybe(member)                                           \
    do {                                                               \
        assert_int_equal(found->maybe_##member.has_value,              \
                         expected.maybe_##member.has_value);           \
        if (expected.maybe_##member.has_value)                         \
            assert_memory_equal(&found->maybe_##member.value,          \
                                &expected.maybe_##member.value,        \
                                sizeof expected.maybe_##member.value); \
    } while (0)

static void
assert_sample(const Sample *found, int i)
{
    Sample expected = { .id = found->id };
    fill_sample(&expected, i);
    assert_int_equal(found->flag, expected.flag);
    assert_int_equal(found->small, expected.small);
    assert_int_equal(found->large, expected.large);
    assert_true(found->real == expected.real);
    assert_string_equal(found->text, expected.text);
    assert_int_equal(found->blob.size, expected.blob.size);
    assert_memory_equal(found->blob.data, expected.blob.data, expected.blob.size);
    assert_int_equal(found->time.usec, expected.time.usec);
    assert_int_equal(found->date.days, expected.date.days);
    assert_memory_equal(&found->uuid, &expected.uuid, sizeof expected.uuid);
    assert_int_equal(found->genre, expected.genre);
    assert_int_equal(found->shelf, expected.shelf);
    assert_int_equal(found->maybe_text == NULL, expected.maybe_text == NULL);
    assert_int_equal(found->maybe_blob.data == NULL, expected.maybe_blob.data == NULL);
    assert_maybe(flag);
    assert_maybe(small);
    assert_maybe(large);
    assert_maybe(real);
    assert_maybe(time);
    assert_maybe(date);
    assert_maybe(uuid);
    assert_maybe(genre);
    assert_maybe(shelf);
}

static void
assert_samples(Fixture *fixture, size_t n, int shift)
{
    g_autoptr(GError) error = NULL;
    KithSession *session = new_session(fixture);
    g_autoptr(SampleQuery) query = kith_query(session, Sample);
    kith_order_by(query, kith_asc(Sample, id));
    const Sample *const *found = kith_all(query, &error);
    assert_done(found != NULL, error);
    assert_int_equal(kith_length(found), n);
    for (size_t i = 0; i < n; i++)
        assert_sample(found[i], (int) i + shift);
}

static void
rows_of_every_kind_are_inserted_changed_and_deleted(void **state)
{
    Fixture *fixture = *state;
    for (each_size(n)) {
        for (size_t i = 0; i < n; i++)
            fill_sample(kith_edit(kith_add(fixture->session, Sample, SAMPLE_BASICS)),
                        (int) i);
        commit(fixture->session);
        assert_samples(fixture, n, 0);
        g_autoptr(SampleQuery) query = kith_query(fixture->session, Sample);
        kith_order_by(query, kith_asc(Sample, id));
        const Sample *const *samples = kith_all(query, NULL);
        for (size_t i = 0; i < n; i++)
            fill_sample(kith_edit(samples[i]), (int) i + 1);
        commit(fixture->session);
        assert_samples(fixture, n, 1);
        g_autoptr(SampleQuery) last = kith_query(fixture->session, Sample);
        kith_each (sample, kith_all(last, NULL))
            kith_delete(sample);
        commit(fixture->session);
        assert_int_equal(count(fixture, "SELECT count(*) FROM samples"), 0);
    }
}

/* --- what the database fills in ---------------------------------------------------- */

static const Cell **
add_cells(Fixture *fixture, size_t n)
{
    const Cell **cells = g_new0(const Cell *, n);
    g_ptr_array_add(fixture->texts, cells); /* so that it is freed after the test */
    run_sql(fixture, "DELETE FROM cells");
    new_session(fixture);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *place = g_strdup_printf("place %zu", n - i);
        cells[i] = kith_add(fixture->session,
                            Cell,
                            .tenant = (int) (i % 2),
                            .place = place,
                            .number = (int) i + 1);
    }
    commit(fixture->session);
    return cells;
}

/* Each gets its own: the rows are not sent in the order of the keys. */
static void
what_the_database_fills_in_comes_to_the_right_object(void **state)
{
    Fixture *fixture = *state;
    for (each_size(n)) {
        const Cell **cells = add_cells(fixture, n);
        for (size_t i = 0; i < n; i++) {
            g_autofree char *label = g_strdup_printf("#%zu", i + 1);
            assert_int_equal(cells[i]->doubled, 2 * (i + 1));
            assert_string_equal(cells[i]->label, label);
            assert_string_equal(cells[i]->note, "none");
            kith_set(cells[i], number, -(int) i);
        }
        commit(fixture->session);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(cells[i]->doubled, -2 * (int) i);
            assert_int_equal(cells[i]->version, 2);
        }
        assert_no_rows(fixture,
                       "SELECT place FROM cells WHERE number > 0 OR version <> 2");
    }
}

static void
rows_with_keys_of_two_members_are_deleted(void **state)
{
    Fixture *fixture = *state;
    for (each_size(n)) {
        const Cell **cells = add_cells(fixture, n);
        run_sql(fixture,
                "INSERT INTO cells (tenant, place, version, number) "
                "VALUES (2, 'place 1', 1, 0)");
        for (size_t i = 0; i < n; i++)
            kith_delete(cells[i]);
        commit(fixture->session);
        assert_rows(fixture, "SELECT tenant FROM cells", "2");
    }
}

/* --- keys -------------------------------------------------------------------------- */

/* In memory each book has the key of its author; so it has to be in the table. */
static void
new_rows_refer_to_the_keys_of_new_rows(void **state)
{
    Fixture *fixture = *state;
    for (each_size(n)) {
        for (size_t i = 0; i < n; i++) {
            g_autofree char *name = g_strdup_printf("%zu of %zu", i, n);
            const Author *author = kith_add(fixture->session, Author, .name = name);
            kith_add(fixture->session, Book, .title = name, .author.target = author);
        }
        commit(fixture->session);
    }
    assert_int_equal(count(fixture, "SELECT count(*) FROM books"), 2110);
    assert_int_equal(count(fixture,
                           "SELECT count(*) FROM books b JOIN authors a ON "
                           "a.id = b.author_id AND a.name = b.title"),
                     2110);
}

static void
keys_rise_in_the_order_in_which_objects_were_added(void **state)
{
    Fixture *fixture = *state;
    const Category *before = NULL;
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (int i = 0; i < 1500; i++)
        g_ptr_array_add(
            all, (void *) (uintptr_t) kith_add(fixture->session, Category, .name = "c"));
    commit(fixture->session);
    for (guint i = 0; i < all->len; i++) {
        const Category *category = g_ptr_array_index(all, i);
        assert_true(category->id > (before != NULL ? before->id : 0));
        before = category;
    }
}

/* A key that the program gave stays, also among those that are made. */
static void
keys_that_are_given_are_taken_as_they_are(void **state)
{
    Fixture *fixture = *state;
    const Author *given = NULL, *made = NULL;
    for (int i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        if (i % 2 == 0)
            made = kith_add(fixture->session, Author, .name = name);
        else
            given = kith_add(fixture->session, Author, .id = 10000 + i, .name = name);
    }
    commit(fixture->session);
    assert_int_equal(given->id, 10099);
    assert_true(made->id > 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM authors"), 100);
}

static void
a_failed_commit_takes_the_keys_back_that_were_made(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) authors = g_ptr_array_new();
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (100000, 'author 70')");
    for (int i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        kith_add(fixture->session, Book, .title = "t", .author.target = author);
        g_ptr_array_add(authors, (void *) (uintptr_t) author);
    }
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(kith_error_column(error), "name");
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    assert_int_equal(((const Author *) g_ptr_array_index(authors, 0))->id, 0);
    kith_set((const Author *) g_ptr_array_index(authors, 70), name, "another");
    commit(fixture->session);
    assert_int_equal(count(fixture, "SELECT count(DISTINCT author_id) FROM books"), 100);
}

/* --- rows that are not there ------------------------------------------------------- */

#define STALE_OF_MANY                                                                    \
    "Cell (1, 'place *'): the row was changed or deleted by somebody else since it was " \
    "read, and 1 more rows of this flush; *"

static void
stale_rows_of_many_are_named_and_counted(void **state)
{
    Fixture *fixture = *state;
    for (int deletes = 0; deletes < 2; deletes++) {
        g_autoptr(GError) error = NULL;
        const Cell **cells = add_cells(fixture, 700);
        run_sql(fixture, "UPDATE cells SET version = 9 WHERE number IN (402, 404)");
        for (int i = 0; i < 700; i++) {
            if (deletes)
                kith_delete(cells[i]);
            else
                kith_set(cells[i], number, 0);
        }
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, KITH_ERROR_STALE, STALE_OF_MANY);
        assert_int_equal(count(fixture, "SELECT count(*) FROM cells WHERE version = 1"),
                         698);
    }
}

static void
rows_that_are_gone_are_stale_without_a_version(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) authors = g_ptr_array_new();
    for (int i = 0; i < 50; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        g_ptr_array_add(authors,
                        (void *) (uintptr_t) kith_add(
                            fixture->session, Author, .id = 1000 + i, .name = name));
    }
    commit(fixture->session);
    run_sql(fixture, "DELETE FROM authors WHERE id IN (1030, 1040)");
    for (guint i = 0; i < authors->len; i++)
        kith_delete((const Author *) g_ptr_array_index(authors, i));
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_STALE, "Author 1030: *, and 1 more rows of this flush*");
    assert_int_equal(count(fixture, "SELECT count(*) FROM authors"), 48);
}

/* --- rows that are refused --------------------------------------------------------- */

/* Within a transaction that has written before, and goes on behind a savepoint. */
static void
a_refused_row_is_named_in_the_middle_of_a_transaction(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(session, Author, .id = 1, .name = "Ann");
    kith_add(session, Book, .id = 1, .title = "title", .author.target = ann);
    flush(session);
    assert_done(kith_savepoint(session, &error), error);
    for (int i = 0; i < 60; i++) {
        g_autofree char *login = g_strdup_printf("login %d", i + 10);
        if (i != 33)
            kith_add(session, Member, .login = login, .name = "a member");
        kith_add(session, Loan, .book_id = 1, .member_login = login);
    }
    assert_false(kith_flush(session, &error));
    assert_string_equal(kith_error_constraint(error), "loans_member_login_fkey");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Loan (1, 'login 43'): *");
    assert_done(kith_savepoint_rollback(session, &error), error);
    commit(session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
    assert_no_rows(fixture, "SELECT login FROM members");
}

/* The COMMIT has gone with the rows, and the transaction is over when they fail. */
static void
a_refused_row_is_named_in_the_commit_of_a_transaction(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (5, 'author 33')");
    assert_done(kith_begin(session, NULL, &error), error);
    kith_add(session, Member, .login = "ann", .name = "Ann");
    flush(session);
    for (int i = 0; i < 60; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        kith_add(session, Author, .id = 100 + i, .name = name);
    }
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author 133: *");
    assert_no_rows(fixture, "SELECT login FROM members");
    assert_rows(fixture, "SELECT id FROM authors", "5");
}

/* What was written before the batch that fails is written again, to find the row. */
static void
a_refused_row_is_named_behind_other_batches(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 1200; i++) {
        g_autofree char *login = g_strdup_printf("login %d", i);
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author =
            kith_add(fixture->session, Author, .id = 1 + i, .name = name);
        kith_add(fixture->session, Member, .login = login, .name = name);
        kith_add(
            fixture->session, Book, .id = 1 + i, .title = "t", .author.target = author);
    }
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (5000, 'somebody')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1101, 't', 0, 1, 5000)");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Book 1101: *");
    assert_rows(fixture, "SELECT name FROM authors", "somebody");
    assert_no_rows(fixture, "SELECT login FROM members");
}

static void
one_key_twice_in_a_batch_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i % 15);
        kith_add(fixture->session, Author, .id = 100 + i, .name = name);
    }
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author 115: *");
    assert_no_rows(fixture, "SELECT id FROM authors");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(rows_of_every_kind_are_inserted_changed_and_deleted),
        ON_A_SCHEMA(what_the_database_fills_in_comes_to_the_right_object),
        ON_A_SCHEMA(rows_with_keys_of_two_members_are_deleted),
        ON_A_SCHEMA(new_rows_refer_to_the_keys_of_new_rows),
        ON_A_SCHEMA(keys_rise_in_the_order_in_which_objects_were_added),
        ON_A_SCHEMA(keys_that_are_given_are_taken_as_they_are),
        ON_A_SCHEMA(a_failed_commit_takes_the_keys_back_that_were_made),
        ON_A_SCHEMA(stale_rows_of_many_are_named_and_counted),
        ON_A_SCHEMA(rows_that_are_gone_are_stale_without_a_version),
        ON_A_SCHEMA(a_refused_row_is_named_in_the_middle_of_a_transaction),
        ON_A_SCHEMA(a_refused_row_is_named_in_the_commit_of_a_transaction),
        ON_A_SCHEMA(a_refused_row_is_named_behind_other_batches),
        ON_A_SCHEMA(one_key_twice_in_a_batch_is_refused),
    };
    return run_on_each_database("bulk", tests);
}
