/*
 * test-columns.c - every kind of column goes into the table and comes back as it was:
 * ordinary values, NULL, and the ends of each range. What a database cannot hold is
 * refused.
 */
#include "fixture.h"

#include <float.h>
#include <math.h>

/* Commit, and read the only sample again in a session that knows nothing. */
static const Sample *
read_again(Fixture *fixture)
{
    commit(fixture->session);
    return find(new_session(fixture), Sample, 1);
}

static void
assert_blob(KithBlob blob, const void *data, size_t size)
{
    assert_non_null(blob.data);
    assert_int_equal(blob.size, size);
    assert_memory_equal(blob.data, data, size);
}

static KithUuid
make_uuid(const char *text)
{
    KithUuid uuid;
    assert_true(kith_uuid_parse(text, &uuid));
    return uuid;
}

#define UUID "00112233-4455-6677-8899-aabbccddeeff"

/* --- every kind -------------------------------------------------------------------- */

static void
every_kind_comes_back_as_it_was(void **state)
{
    Fixture *fixture = *state;
    KithUuid uuid = make_uuid(UUID);
    KithTime time = kith_time_make(2026, 2, 28, 23, 59, 58, 123456);
    kith_add(fixture->session,
             Sample,
             .flag = true,
             .small = -7,
             .large = INT64_C(7000000000),
             .real = 0.1,
             .text = "naïve ☃ 'quoted' \"twice\"\n\\ ; --",
             .blob = { "a\0b\xff", 4 },
             .time = time,
             .date = kith_date_make(2024, 2, 29),
             .uuid = uuid,
             .genre = GENRE_PLAY,
             .shelf = SHELF_HIGH);
    const Sample *sample = read_again(fixture);
    assert_true(sample->flag);
    assert_int_equal(sample->small, -7);
    assert_true(sample->large == INT64_C(7000000000));
    assert_true(sample->real == 0.1);
    assert_string_equal(sample->text, "naïve ☃ 'quoted' \"twice\"\n\\ ; --");
    assert_blob(sample->blob, "a\0b\xff", 4);
    assert_true(sample->time.usec == time.usec);
    assert_int_equal(sample->date.days, kith_date_make(2024, 2, 29).days);
    assert_memory_equal(&sample->uuid, &uuid, sizeof uuid);
    assert_int_equal(sample->genre, GENRE_PLAY);
    assert_int_equal(sample->shelf, SHELF_HIGH);
}

static void
every_kind_that_can_be_null_comes_back_as_null(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    const Sample *sample = read_again(fixture);
    assert_false(sample->maybe_flag.has_value);
    assert_false(sample->maybe_small.has_value);
    assert_false(sample->maybe_large.has_value);
    assert_false(sample->maybe_real.has_value);
    assert_null(sample->maybe_text);
    assert_null(sample->maybe_blob.data);
    assert_false(sample->maybe_time.has_value);
    assert_false(sample->maybe_date.has_value);
    assert_false(sample->maybe_uuid.has_value);
    assert_false(sample->maybe_genre.has_value);
    assert_false(sample->maybe_shelf.has_value);
    assert_rows(
        fixture,
        "SELECT maybe_flag, maybe_small, maybe_large, maybe_real, maybe_text, "
        "maybe_blob, "
        "maybe_time, maybe_date, maybe_uuid, maybe_genre, maybe_shelf FROM samples",
        "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
}

/* Set every member that can be NULL to a value that is not zero. */
static void
set_all(const Sample *sample)
{
    kith_set(sample, maybe_flag, true);
    kith_set(sample, maybe_small, 5);
    kith_set(sample, maybe_large, 6);
    kith_set(sample, maybe_real, 7.5);
    kith_set(sample, maybe_text, "text");
    KithBlob blob = { "blob", 4 };
    kith_set(sample, maybe_blob, blob);
    kith_set(sample, maybe_time, kith_time_make(2000, 1, 1, 0, 0, 0, 1));
    kith_set(sample, maybe_date, kith_date_make(2000, 1, 1));
    kith_set(sample, maybe_uuid, make_uuid(UUID));
    kith_set(sample, maybe_genre, GENRE_POEM);
    kith_set(sample, maybe_shelf, SHELF_MIDDLE);
}

static void
assert_all_set(const Sample *sample)
{
    KithUuid uuid = make_uuid(UUID);
    assert_true(sample->maybe_flag.has_value && sample->maybe_flag.value);
    assert_true(sample->maybe_small.has_value && sample->maybe_small.value == 5);
    assert_true(sample->maybe_large.has_value && sample->maybe_large.value == 6);
    assert_true(sample->maybe_real.has_value && sample->maybe_real.value == 7.5);
    assert_string_equal(sample->maybe_text, "text");
    assert_blob(sample->maybe_blob, "blob", 4);
    assert_true(sample->maybe_time.has_value);
    assert_true(sample->maybe_time.value.usec
                == kith_time_make(2000, 1, 1, 0, 0, 0, 1).usec);
    assert_true(sample->maybe_date.has_value);
    assert_int_equal(sample->maybe_date.value.days, kith_date_make(2000, 1, 1).days);
    assert_true(sample->maybe_uuid.has_value);
    assert_memory_equal(&sample->maybe_uuid.value, &uuid, sizeof uuid);
    assert_true(sample->maybe_genre.has_value && sample->maybe_genre.value == GENRE_POEM);
    assert_true(sample->maybe_shelf.has_value
                && sample->maybe_shelf.value == SHELF_MIDDLE);
}

static void
set_all_null(const Sample *sample)
{
    kith_set_null(sample, maybe_flag);
    kith_set_null(sample, maybe_small);
    kith_set_null(sample, maybe_large);
    kith_set_null(sample, maybe_real);
    kith_set_null(sample, maybe_text);
    kith_set_null(sample, maybe_blob);
    kith_set_null(sample, maybe_time);
    kith_set_null(sample, maybe_date);
    kith_set_null(sample, maybe_uuid);
    kith_set_null(sample, maybe_genre);
    kith_set_null(sample, maybe_shelf);
}

static void
every_kind_that_can_be_null_gets_a_value_and_loses_it_again(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    const Sample *sample = read_again(fixture);
    set_all(sample);
    assert_all_set(sample);
    sample = read_again(fixture);
    assert_all_set(sample);
    forget_statements(fixture);
    set_all(sample);
    commit(fixture->session);
    assert_no_statements(fixture);
    set_all_null(sample);
    sample = read_again(fixture);
    assert_false(sample->maybe_flag.has_value);
    assert_null(sample->maybe_text);
    assert_null(sample->maybe_blob.data);
    assert_false(sample->maybe_shelf.has_value);
}

static void
a_column_that_is_written_alone_leaves_the_others(void **state)
{
    Fixture *fixture = *state;
    set_all(kith_add(fixture->session, Sample, SAMPLE_BASICS));
    const Sample *sample = read_again(fixture);
    forget_statements(fixture);
    kith_set_null(sample, maybe_date);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE samples SET maybe_date", "COMMIT");
    sample = read_again(fixture);
    assert_false(sample->maybe_date.has_value);
    kith_set(sample, maybe_date, kith_date_make(2000, 1, 1));
    assert_all_set(read_again(fixture));
}

static void
an_enum_is_stored_as_its_name_or_as_its_number(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session,
             Sample,
             SAMPLE_BASICS,
             .genre = GENRE_POEM,
             .shelf = SHELF_HIGH);
    commit(fixture->session);
    assert_rows(fixture, "SELECT genre, shelf FROM samples", "poem|2");
}

/* --- the ends of ranges ------------------------------------------------------------ */

static void
the_ends_of_the_integers_come_back(void **state)
{
    Fixture *fixture = *state;
    const int32_t small[] = { INT32_MIN, -1, 0, INT32_MAX };
    const int64_t large[] = { INT64_MIN, -1, 0, INT64_MAX };
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(small); i++) {
        kith_set(sample, small, small[i]);
        kith_set(sample, large, large[i]);
        kith_set(sample, maybe_small, small[i]);
        kith_set(sample, maybe_large, large[i]);
        sample = read_again(fixture);
        assert_int_equal(sample->small, small[i]);
        assert_true(sample->large == large[i]);
        assert_true(sample->maybe_small.has_value
                    && sample->maybe_small.value == small[i]);
        assert_true(sample->maybe_large.has_value
                    && sample->maybe_large.value == large[i]);
    }
}

static void
the_ends_of_the_doubles_come_back(void **state)
{
    Fixture *fixture = *state;
    const double reals[] = {
        DBL_MAX,  -DBL_MAX,  DBL_MIN, 4.9406564584124654e-324, 1.0 / 3, -0.0,
        INFINITY, -INFINITY, 1e15,    9007199254740993.0
    };
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(reals); i++) {
        kith_set(sample, real, reals[i]);
        kith_set(sample, maybe_real, reals[i]);
        sample = read_again(fixture);
        assert_true(sample->real == reals[i]); /* SQLite forgets the sign of -0.0 */
        assert_true(sample->maybe_real.has_value && sample->maybe_real.value == reals[i]);
    }
}

static void
nan_comes_back_or_is_refused(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS, .real = NAN);
    g_autoptr(GError) error = NULL;
    if (is_sqlite(fixture)) {
        assert_false(kith_commit(fixture->session, &error));
        assert_error_facts(error,
                           .table = "samples",
                           .column = "real",
                           .entity = "Sample",
                           .key = "(new)");
        assert_error(error,
                     KITH_ERROR_TYPE,
                     "Sample (new): *NaN cannot be stored, SQLite would make it NULL");
        kith_set(sample, real, 1);
        sample = read_again(fixture);
        assert_true(sample->real == 1);
        return;
    }
    sample = read_again(fixture);
    assert_true(isnan(sample->real));
    forget_statements(fixture);
    kith_set(sample, real, NAN);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
empty_and_null_are_told_apart(void **state)
{
    Fixture *fixture = *state;
    const Sample *sample = kith_add(fixture->session,
                                    Sample,
                                    SAMPLE_BASICS,
                                    .maybe_text = "",
                                    .maybe_blob = { "", 0 });
    sample = read_again(fixture);
    assert_string_equal(sample->text, "");
    assert_string_equal(sample->maybe_text, "");
    assert_blob(sample->blob, "", 0);
    assert_blob(sample->maybe_blob, "", 0);
    kith_set_null(sample, maybe_text);
    kith_set_null(sample, maybe_blob);
    sample = read_again(fixture);
    assert_null(sample->maybe_text);
    assert_null(sample->maybe_blob.data);
    KithBlob empty = { "", 0 };
    kith_set(sample, maybe_blob, empty);
    kith_set(sample, maybe_text, "");
    sample = read_again(fixture);
    assert_blob(sample->maybe_blob, "", 0);
    assert_string_equal(sample->maybe_text, "");
}

static void
a_megabyte_comes_back(void **state)
{
    Fixture *fixture = *state;
    size_t size = 1 << 20;
    g_autofree char *text = g_strnfill(size, 'x');
    g_autofree uint8_t *bytes = g_malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t) (i * 7 + i / 256);
    kith_add(fixture->session, Sample, .text = text, .blob = { bytes, size });
    const Sample *sample = read_again(fixture);
    assert_int_equal(strlen(sample->text), size);
    assert_memory_equal(sample->text, text, size);
    assert_blob(sample->blob, bytes, size);
}

static void
bytes_are_compared_by_content(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Sample, .text = "", .blob = { "a\0b", 3 });
    const Sample *sample = read_again(fixture);
    char same[] = "a\0b";
    KithBlob blob = { same, 3 };
    forget_statements(fixture);
    kith_set(sample, blob, blob);
    commit(fixture->session);
    assert_no_statements(fixture);
    same[2] = 'c';
    kith_set(sample, blob, blob);
    same[2] = 'd';
    assert_blob(read_again(fixture)->blob, "a\0c", 3);
}

static void
times_from_year_1_to_9999_come_back(void **state)
{
    Fixture *fixture = *state;
    const KithTime times[] = {
        kith_time_make(1, 1, 1, 0, 0, 0, 0),
        kith_time_make(1582, 10, 15, 12, 0, 0, 1),
        kith_time_make(1969, 12, 31, 23, 59, 59, 999999),
        kith_time_make(1970, 1, 1, 0, 0, 0, 0),
        kith_time_make(2000, 2, 29, 1, 2, 3, 4),
        kith_time_make(9999, 12, 31, 23, 59, 59, 999999),
    };
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        kith_set(sample, time, times[i]);
        kith_set(sample, maybe_time, times[i]);
        sample = read_again(fixture);
        assert_true(sample->time.usec == times[i].usec);
        assert_true(sample->maybe_time.value.usec == times[i].usec);
    }
}

static void
days_from_year_1_to_9999_come_back(void **state)
{
    Fixture *fixture = *state;
    const KithDate dates[] = {
        kith_date_make(1, 1, 1),      kith_date_make(1582, 10, 15),
        kith_date_make(1969, 12, 31), kith_date_make(1970, 1, 1),
        kith_date_make(2000, 2, 29),  kith_date_make(9999, 12, 31),
    };
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(dates); i++) {
        kith_set(sample, date, dates[i]);
        kith_set(sample, maybe_date, dates[i]);
        sample = read_again(fixture);
        assert_int_equal(sample->date.days, dates[i].days);
        assert_int_equal(sample->maybe_date.value.days, dates[i].days);
    }
}

static void
a_moment_is_the_same_for_others(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session,
             Sample,
             SAMPLE_BASICS,
             .time = kith_time_make(2026, 7, 4, 12, 30, 15, 500000),
             .date = kith_date_make(2026, 7, 4));
    commit(fixture->session);
    if (is_sqlite(fixture))
        assert_rows(fixture,
                    "SELECT time, date FROM samples",
                    "2026-07-04 12:30:15.500000|2026-07-04");
    else
        assert_rows(fixture,
                    "SELECT time AT TIME ZONE 'UTC', date FROM samples",
                    "2026-07-04 12:30:15.5|2026-07-04");
}

static void
a_time_that_sqlite_cannot_hold_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_sqlite(fixture))
        return; /* the server holds more */
    const Sample *sample = kith_add(fixture->session,
                                    Sample,
                                    SAMPLE_BASICS,
                                    .time = kith_time_make(10000, 1, 1, 0, 0, 0, 0));
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_TYPE, "Sample (new): *the time is outside the years 1 to 9999");
    kith_set(sample, time, kith_time_make(9999, 1, 1, 0, 0, 0, 0));
    kith_set(sample, date, kith_date_make(0, 12, 31));
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_TYPE, "Sample (new): *the date is outside the years 1 to 9999");
    kith_set(sample, date, kith_date_make(1, 1, 1));
    commit(fixture->session);
}

/* The far ends fit one database and not the other. */
static void
a_time_far_away_comes_back_or_is_refused(void **state)
{
    Fixture *fixture = *state;
    const KithTime times[] = { { INT64_MIN },
                               { INT64_MAX },
                               { INT64_MAX - 1000000000000000 } };
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autoptr(GError) error = NULL;
        const Sample *sample = read_again(fixture);
        kith_set(sample, time, times[i]);
        if (kith_commit(fixture->session, &error)) {
            assert_true(find(new_session(fixture), Sample, 1)->time.usec
                        == times[i].usec);
            continue;
        }
        assert_error(error, KITH_ERROR_TYPE, "Sample 1: *time*");
        kith_rollback(fixture->session);
    }
}

static void
a_day_far_away_comes_back_or_is_refused(void **state)
{
    Fixture *fixture = *state;
    const KithDate dates[] = { { INT32_MIN }, { INT32_MAX }, { INT32_MAX - 20000000 } };
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autoptr(GError) error = NULL;
        const Sample *sample = read_again(fixture);
        kith_set(sample, date, dates[i]);
        if (kith_commit(fixture->session, &error)) {
            assert_int_equal(find(new_session(fixture), Sample, 1)->date.days,
                             dates[i].days);
            continue;
        }
        assert_error(error, KITH_ERROR_TYPE, "Sample 1: *date*");
        kith_rollback(fixture->session);
    }
}

/* --- enums ------------------------------------------------------------------------- */

static void
an_enumerator_without_a_name_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const int genres[] = { GENRE_UNNAMED, -1, 4, INT32_MAX };
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    for (size_t i = 0; i < G_N_ELEMENTS(genres); i++) {
        kith_set(sample, genre, genres[i]);
        assert_false(kith_commit(fixture->session, &error));
        assert_error_facts(error,
                           .table = "samples",
                           .column = "genre",
                           .entity = "Sample",
                           .key = "(new)");
        assert_error(
            error,
            KITH_ERROR_TYPE,
            "Sample (new): genre is an enumerator that the mapping does not name");
    }
    assert_no_statements(fixture);
    kith_set(sample, genre, GENRE_PLAY);
    commit(fixture->session);
}

static void
an_enumerator_out_of_range_is_refused_where_numbers_are_stored(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Sample *sample = kith_add(fixture->session, Sample, SAMPLE_BASICS);
    kith_set(sample, shelf, 3);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_TYPE, "Sample (new): shelf is an enumerator *");
    kith_set(sample, shelf, SHELF_LOW);
    kith_set(sample, maybe_shelf, -1);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_TYPE, "Sample (new): maybe_shelf is an enumerator *");
    kith_set_null(sample, maybe_shelf);
    commit(fixture->session);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(every_kind_comes_back_as_it_was),
        ON_A_DATABASE(every_kind_that_can_be_null_comes_back_as_null),
        ON_A_DATABASE(every_kind_that_can_be_null_gets_a_value_and_loses_it_again),
        ON_A_DATABASE(a_column_that_is_written_alone_leaves_the_others),
        ON_A_DATABASE(an_enum_is_stored_as_its_name_or_as_its_number),
        ON_A_DATABASE(the_ends_of_the_integers_come_back),
        ON_A_DATABASE(the_ends_of_the_doubles_come_back),
        ON_A_DATABASE(nan_comes_back_or_is_refused),
        ON_A_DATABASE(empty_and_null_are_told_apart),
        ON_A_DATABASE(a_megabyte_comes_back),
        ON_A_DATABASE(bytes_are_compared_by_content),
        ON_A_DATABASE(times_from_year_1_to_9999_come_back),
        ON_A_DATABASE(days_from_year_1_to_9999_come_back),
        ON_A_DATABASE(a_moment_is_the_same_for_others),
        ON_A_DATABASE(a_time_that_sqlite_cannot_hold_is_refused),
        ON_A_DATABASE(a_time_far_away_comes_back_or_is_refused),
        ON_A_DATABASE(a_day_far_away_comes_back_or_is_refused),
        ON_A_DATABASE(an_enumerator_without_a_name_is_refused),
        ON_A_DATABASE(an_enumerator_out_of_range_is_refused_where_numbers_are_stored),
    };
    return run_on_each_database("columns", tests);
}
