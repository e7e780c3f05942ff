/*
 * test-time.c - moments and days, and their text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kith-core.h"

#include <limits.h>

#define USEC_PER_DAY (INT64_C(86400) * 1000000)

static void
assert_time_text(KithTime time, const char *expected)
{
    char text[KITH_TIME_TEXT_SIZE];
    assert_string_equal(kith_time_format(time, text), expected);
}

static void
assert_date_text(KithDate date, const char *expected)
{
    char text[KITH_DATE_TEXT_SIZE];
    assert_string_equal(kith_date_format(date, text), expected);
}

/* @text is read, and says the moment that @expected is. */
static void
assert_time_read(const char *text, const char *expected)
{
    KithTime time;
    if (!kith_time_parse(text, &time))
        fail_msg("'%s' was refused", text);
    assert_time_text(time, expected);
}

/* --- days ------------------------------------------------------------------- */

static void
the_first_day_is_in_1970(void **state)
{
    (void) state;
    assert_int_equal(kith_date_make(1970, 1, 1).days, 0);
    assert_int_equal(kith_date_make(1969, 12, 31).days, -1);
    assert_int_equal(kith_date_make(2000, 3, 1).days, 11017);
    assert_int_equal(kith_date_make(1, 1, 1).days, -719162);
    assert_int_equal(kith_date_make(9999, 12, 31).days, 2932896);
}

static void
each_day_of_800_years_follows_the_one_before(void **state)
{
    (void) state;
    int year = 1599, month = 12, day = 31;
    KithDate first = kith_date_make(1600, 1, 1), last = kith_date_make(2400, 1, 1);
    for (KithDate date = first; date.days < last.days; date.days++) {
        int next_year, next_month, next_day;
        kith_date_get(date, &next_year, &next_month, &next_day);
        bool is_next_day =
            next_year == year && next_month == month && next_day == day + 1;
        bool is_next_month =
            next_year == year && next_month == month + 1 && next_day == 1;
        bool is_next_year = next_year == year + 1 && next_month == 1 && next_day == 1;
        assert_true(is_next_day || (day >= 28 && (is_next_month || is_next_year)));
        assert_int_equal(kith_date_make(next_year, next_month, next_day).days, date.days);
        year = next_year;
        month = next_month;
        day = next_day;
    }
    assert_int_equal(last.days - first.days, 2 * 146097);
}

static void
days_agree_with_another_implementation(void **state)
{
    (void) state;
    static const int years[] = { 1, 4, 100, 400, 1582, 1900, 1970, 2000, 2024, 9999 };
    for (size_t i = 0; i < G_N_ELEMENTS(years); i++) {
        for (int month = 1; month <= 12; month++) {
            g_autoptr(GDateTime) other =
                g_date_time_new_utc(years[i], month, 17, 0, 0, 0);
            assert_true(kith_date_make(years[i], month, 17).days * INT64_C(86400)
                        == g_date_time_to_unix(other));
        }
    }
}

static void
days_and_months_out_of_range_carry_over(void **state)
{
    (void) state;
    assert_date_text(kith_date_make(2023, 2, 29), "2023-03-01");
    assert_date_text(kith_date_make(2024, 13, 1), "2025-01-01");
    assert_date_text(kith_date_make(2024, 0, 1), "2023-12-01");
    assert_date_text(kith_date_make(2024, -11, 1), "2023-01-01");
    assert_date_text(kith_date_make(2024, 1, 0), "2023-12-31");
    assert_date_text(kith_date_make(2024, 1, 367), "2025-01-01");
}

static void
a_date_too_far_away_is_the_last_one(void **state)
{
    (void) state;
    assert_int_equal(kith_date_make(INT_MAX, INT_MAX, INT_MAX).days, INT32_MAX);
    assert_int_equal(kith_date_make(INT_MIN, INT_MIN, INT_MIN).days, INT32_MIN);
    assert_date_text((KithDate){ INT32_MAX }, "5881580-07-11");
    assert_date_text((KithDate){ INT32_MIN }, "-5877641-06-23");
}

static void
a_date_is_taken_apart_as_far_as_one_asks(void **state)
{
    (void) state;
    int year = 0;
    kith_date_get(kith_date_make(1966, 3, 2), &year, NULL, NULL);
    assert_int_equal(year, 1966);
    kith_date_get(kith_date_make(1966, 3, 2), NULL, NULL, NULL);
}

static void
a_date_is_read_as_it_was_written(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "0001-01-01", "1582-10-15", "1969-12-31",
        "2000-02-29", "2024-02-29", "9999-12-31",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        KithDate date;
        assert_true(kith_date_parse(texts[i], &date));
        assert_date_text(date, texts[i]);
    }
}

static void
what_is_not_a_date_is_refused(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "",           "2024",       "2024-1-1",    "2024-01-1",   "24-01-01",
        "2024-00-01", "2024-13-01", "2024-01-00",  "2024-01-32",  "2024-04-31",
        "2023-02-29", "1900-02-29", "0000-01-01",  "-001-01-01",  "10000-01-01",
        "2024/01/01", "20240101",   "2024-01-01 ", " 2024-01-01", "2024-01-01T00:00:00",
        "today",      "2024-0a-01", "+024-01-01",  "infinity",    "2024-01-01 BC",
    };
    KithDate date = { 42 };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (kith_date_parse(texts[i], &date))
            fail_msg("'%s' was taken", texts[i]);
    }
    assert_int_equal(date.days, 42);
}

/* --- moments ---------------------------------------------------------------- */

static void
now_is_after_this_was_written(void **state)
{
    (void) state;
    assert_true(kith_time_now().usec > kith_time_make(2024, 1, 1, 0, 0, 0, 0).usec);
    assert_true(kith_time_now().usec < kith_time_make(2200, 1, 1, 0, 0, 0, 0).usec);
}

static void
a_moment_before_1970_is_written_right(void **state)
{
    (void) state;
    assert_time_text((KithTime){ 0 }, "1970-01-01 00:00:00.000000");
    assert_time_text((KithTime){ -1 }, "1969-12-31 23:59:59.999999");
    assert_time_text((KithTime){ -USEC_PER_DAY }, "1969-12-31 00:00:00.000000");
    assert_time_text((KithTime){ -USEC_PER_DAY - 1 }, "1969-12-30 23:59:59.999999");
    assert_time_text(kith_time_make(1, 1, 1, 0, 0, 0, 0), "0001-01-01 00:00:00.000000");
}

static void
fields_of_a_moment_carry_over(void **state)
{
    (void) state;
    assert_time_text(kith_time_make(2016, 12, 31, 23, 59, 60, 0),
                     "2017-01-01 00:00:00.000000");
    assert_time_text(kith_time_make(2024, 1, 1, 0, 0, 0, -1),
                     "2023-12-31 23:59:59.999999");
    assert_time_text(kith_time_make(2024, 2, 28, 24, 60, 0, 1000000),
                     "2024-02-29 01:00:01.000000");
}

static void
a_moment_too_far_away_is_the_last_one(void **state)
{
    (void) state;
    KithTime last = kith_time_make(INT_MAX, 1, 1, INT_MAX, INT_MAX, INT_MAX, INT_MAX);
    KithTime first = kith_time_make(INT_MIN, 1, 1, INT_MIN, INT_MIN, INT_MIN, INT_MIN);
    assert_true(last.usec == INT64_MAX);
    assert_true(first.usec == INT64_MIN);
    assert_time_text(last, "294247-01-10 04:00:54.775807");
    assert_time_text(first, "-290308-12-21 19:59:05.224192");
}

static void
a_moment_is_read_as_it_was_written(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "0001-01-01 00:00:00.000000",
        "1969-12-31 23:59:59.999999",
        "2024-02-29 12:34:56.000001",
        "9999-12-31 23:59:59.999999",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_time_read(texts[i], texts[i]);
}

static void
the_middle_the_fraction_and_the_zone_can_differ(void **state)
{
    (void) state;
    assert_time_read("2024-05-06T07:08:09", "2024-05-06 07:08:09.000000");
    assert_time_read("2024-05-06 07:08:09.5", "2024-05-06 07:08:09.500000");
    assert_time_read("2024-05-06 07:08:09.123456", "2024-05-06 07:08:09.123456");
    assert_time_read("2024-05-06T07:08:09Z", "2024-05-06 07:08:09.000000");
    assert_time_read("2024-05-06 07:08:09+00", "2024-05-06 07:08:09.000000");
    assert_time_read("2024-05-06 07:08:09.25+02", "2024-05-06 05:08:09.250000");
    assert_time_read("2024-05-06 07:08:09+05:30", "2024-05-06 01:38:09.000000");
    assert_time_read("2024-05-06 07:08:09+0530", "2024-05-06 01:38:09.000000");
    assert_time_read("2024-05-06 23:08:09-08:00", "2024-05-07 07:08:09.000000");
    assert_time_read("1969-12-31 23:59:59.999999-00:30", "1970-01-01 00:29:59.999999");
}

static void
digits_after_the_microseconds_are_dropped(void **state)
{
    (void) state;
    assert_time_read("2024-05-06 07:08:09.123456789", "2024-05-06 07:08:09.123456");
    assert_time_read("1969-12-31 23:59:59.9999999Z", "1969-12-31 23:59:59.999999");
}

static void
what_is_not_a_moment_is_refused(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "",
        "now",
        "2024-05-06",
        "2024-05-06 ",
        "2024-05-06 07:08",
        "2024-05-06 07:08:9",
        "2024-05-06 7:08:09",
        "2024-05-06  07:08:09",
        "2024-05-06t07:08:09",
        "2024-05-06 24:00:00",
        "2024-05-06 23:60:00",
        "2024-05-06 23:59:60",
        "2024-05-06 07:08:09.",
        "2024-05-06 07:08:09.Z",
        "2024-05-06 07:08:09,5",
        "2024-05-06 07:08:09 ",
        "2024-05-06 07:08:09z",
        "2024-05-06 07:08:09 Z",
        "2024-05-06 07:08:09ZZ",
        "2024-05-06 07:08:09+",
        "2024-05-06 07:08:09+2",
        "2024-05-06 07:08:09+02:",
        "2024-05-06 07:08:09+02:3",
        "2024-05-06 07:08:09+02:60",
        "2024-05-06 07:08:09+24",
        "2024-05-06 07:08:09+02:00:00",
        "2024-05-06 07:08:09 UTC",
        "2023-02-29 00:00:00",
        "0000-01-01 00:00:00",
        "0001-01-01 00:00:00+01",
        "9999-12-31 23:59:59-01",
        "infinity",
        "1714979289",
    };
    KithTime time = { 42 };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (kith_time_parse(texts[i], &time))
            fail_msg("'%s' was taken", texts[i]);
    }
    assert_int_equal(time.usec, 42);
}

int
main(void)
{
    const struct CMUnitTest days[] = {
        cmocka_unit_test(the_first_day_is_in_1970),
        cmocka_unit_test(each_day_of_800_years_follows_the_one_before),
        cmocka_unit_test(days_agree_with_another_implementation),
        cmocka_unit_test(days_and_months_out_of_range_carry_over),
        cmocka_unit_test(a_date_too_far_away_is_the_last_one),
        cmocka_unit_test(a_date_is_taken_apart_as_far_as_one_asks),
        cmocka_unit_test(a_date_is_read_as_it_was_written),
        cmocka_unit_test(what_is_not_a_date_is_refused),
    };
    const struct CMUnitTest moments[] = {
        cmocka_unit_test(now_is_after_this_was_written),
        cmocka_unit_test(a_moment_before_1970_is_written_right),
        cmocka_unit_test(fields_of_a_moment_carry_over),
        cmocka_unit_test(a_moment_too_far_away_is_the_last_one),
        cmocka_unit_test(a_moment_is_read_as_it_was_written),
        cmocka_unit_test(the_middle_the_fraction_and_the_zone_can_differ),
        cmocka_unit_test(digits_after_the_microseconds_are_dropped),
        cmocka_unit_test(what_is_not_a_moment_is_refused),
    };
    int failed = cmocka_run_group_tests_name("days", days, NULL, NULL);
    failed += cmocka_run_group_tests_name("moments", moments, NULL, NULL);
    return failed != 0;
}
