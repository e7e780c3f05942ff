/*
 * test-values.c - making values, storing into members with column.c, and UUIDs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "column.h"
#include "text.h"

#include <string.h>

/* --- values ----------------------------------------------------------------- */

static void
a_value_has_the_kind_it_was_made_for(void **state)
{
    (void) state;
    assert_int_equal(kith_value_bool(true).kind, KITH_KIND_BOOL);
    assert_int_equal(kith_value_int32(1).kind, KITH_KIND_INT32);
    assert_int_equal(kith_value_int64(1).kind, KITH_KIND_INT64);
    assert_int_equal(kith_value_double(1).kind, KITH_KIND_DOUBLE);
    assert_int_equal(kith_value_text("a").kind, KITH_KIND_TEXT);
    assert_int_equal(kith_value_blob((KithBlob){ "a", 1 }).kind, KITH_KIND_BLOB);
    assert_int_equal(kith_value_time((KithTime){ 1 }).kind, KITH_KIND_TIME);
    assert_int_equal(kith_value_date((KithDate){ 1 }).kind, KITH_KIND_DATE);
    assert_int_equal(kith_value_uuid(kith_uuid_new()).kind, KITH_KIND_UUID);
    assert_int_equal(kith_value_object(state).kind, KITH_KIND_OBJECT);
    assert_int_equal(kith_value_null().kind, KITH_KIND_NONE);
}

static void
a_value_holds_what_it_was_made_of(void **state)
{
    (void) state;
    const char *text = "Ann";
    assert_true(kith_value_bool(true).as.boolean);
    assert_int_equal(kith_value_int32(INT32_MIN).as.int32, INT32_MIN);
    assert_true(kith_value_int64(INT64_MIN).as.int64 == INT64_MIN);
    assert_true(kith_value_double(0.5).as.real == 0.5);
    assert_ptr_equal(kith_value_text(text).as.text, text);
    assert_ptr_equal(kith_value_blob((KithBlob){ text, 3 }).as.blob.data, text);
    assert_int_equal(kith_value_blob((KithBlob){ text, 3 }).as.blob.size, 3);
    assert_int_equal(kith_value_time((KithTime){ -5 }).as.time.usec, -5);
    assert_int_equal(kith_value_date((KithDate){ -5 }).as.date.days, -5);
    assert_ptr_equal(kith_value_object(state).as.object, state);
}

static void
what_is_not_there_is_null(void **state)
{
    (void) state;
    assert_int_equal(kith_value_text(NULL).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_blob((KithBlob){ NULL, 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_object(NULL).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_bool((KithOptBool){ 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_int32((KithOptInt32){ 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_int64((KithOptInt64){ 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_double((KithOptDouble){ 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_time((KithOptTime){ 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_date((KithOptDate){ 0 }).kind, KITH_KIND_NONE);
    assert_int_equal(kith_value_opt_uuid((KithOptUuid){ 0 }).kind, KITH_KIND_NONE);
}

static void
an_optional_that_is_there_is_its_value(void **state)
{
    (void) state;
    KithUuid uuid = kith_uuid_new();
    KithValue of_uuid = kith_value_opt_uuid((KithOptUuid) KITH_SOME(uuid));
    assert_false(kith_value_opt_bool((KithOptBool) KITH_SOME(false)).as.boolean);
    assert_int_equal(kith_value_opt_bool((KithOptBool) KITH_SOME(false)).kind,
                     KITH_KIND_BOOL);
    assert_int_equal(kith_value_opt_int32((KithOptInt32) KITH_SOME(7)).as.int32, 7);
    assert_int_equal(kith_value_opt_int64((KithOptInt64) KITH_SOME(7)).as.int64, 7);
    assert_true(kith_value_opt_double((KithOptDouble) KITH_SOME(0.5)).as.real == 0.5);
    assert_int_equal(kith_value_opt_time((KithOptTime){ true, { 7 } }).as.time.usec, 7);
    assert_int_equal(kith_value_opt_date((KithOptDate){ true, { 7 } }).as.date.days, 7);
    assert_memory_equal(&of_uuid.as.uuid, &uuid, sizeof uuid);
}

static void
an_empty_text_and_an_empty_blob_are_not_null(void **state)
{
    (void) state;
    assert_int_equal(kith_value_text("").kind, KITH_KIND_TEXT);
    assert_int_equal(kith_value_blob((KithBlob){ "", 0 }).kind, KITH_KIND_BLOB);
}

static void
the_version_has_three_numbers(void **state)
{
    (void) state;
    assert_true(g_regex_match_simple("^\\d+\\.\\d+\\.\\d+$", kith_version(), 0, 0));
}

/* --- columns ---------------------------------------------------------------- */

typedef struct Person {
    int32_t age;
    const char *name;
    const char *nickname;
    KithBlob photo;
    KithOptInt64 points;
    int32_t role;
    bool is_admin;
} Person;

static const char *const role_names[] = { "reader", NULL, "writer" };

#define COLUMN(the_member, the_kind, ...)                                       \
    {                                                                           \
        .name = #the_member "_column", .member = #the_member, .kind = the_kind, \
        .offset = offsetof(Person, the_member), .null_offset = KITH_NO_OFFSET,  \
        __VA_ARGS__                                                             \
    }

static const KithColumn age = COLUMN(age, KITH_KIND_INT32, .nullable = false);
static const KithColumn name = COLUMN(name, KITH_KIND_TEXT, .nullable = false);
static const KithColumn nickname = COLUMN(nickname, KITH_KIND_TEXT, .nullable = true);
static const KithColumn photo = COLUMN(photo, KITH_KIND_BLOB, .nullable = true);
static const KithColumn is_admin = COLUMN(is_admin, KITH_KIND_BOOL, .nullable = false);
static const KithColumn role = COLUMN(role, KITH_KIND_ENUM, .names = { role_names, 3 });
static const KithColumn points = {
    .name = "points",
    .member = "points",
    .kind = KITH_KIND_INT64,
    .nullable = true,
    .offset = offsetof(Person, points.value),
    .null_offset = offsetof(Person, points.has_value),
};
static const KithLayout person = { .entity = "Person" };

static void
assert_refused(GError **error, const char *words)
{
    assert_true(g_error_matches(*error, KITH_ERROR, KITH_ERROR_TYPE));
    if (strstr((*error)->message, words) == NULL)
        fail_msg("'%s' does not say '%s'", (*error)->message, words);
    g_clear_error(error);
}

static void
an_integer_that_fits_is_stored(void **state)
{
    (void) state;
    Person ann = { 0 };
    assert_true(kith_column_store_integer(&person, &age, &ann, INT32_MIN, NULL));
    assert_int_equal(ann.age, INT32_MIN);
    assert_true(kith_column_store_integer(&person, &points, &ann, INT64_MAX, NULL));
    assert_true(ann.points.has_value && ann.points.value == INT64_MAX);
    assert_true(kith_column_store_integer(&person, &is_admin, &ann, 1, NULL));
    assert_true(ann.is_admin);
}

static void
an_integer_that_does_not_fit_is_refused(void **state)
{
    (void) state;
    Person ann = { .age = 7 };
    GError *error = NULL;
    assert_false(
        kith_column_store_integer(&person, &age, &ann, (int64_t) INT32_MAX + 1, &error));
    assert_string_equal(kith_error_column(error), "age_column");
    assert_refused(&error, "Person.age: ");
    assert_int_equal(ann.age, 7);
    assert_false(kith_column_store_integer(&person, &is_admin, &ann, 2, &error));
    assert_refused(&error, "bool");
    assert_false(kith_column_store_integer(&person, &name, &ann, 2, &error));
    assert_refused(&error, "an integer");
}

static void
null_is_refused_where_none_may_be(void **state)
{
    (void) state;
    Person ann = { 0 };
    GError *error = NULL;
    assert_false(kith_column_store_null(&person, &age, &ann, &error));
    assert_refused(&error, "NULL");
    assert_false(kith_column_store_null(&person, &name, &ann, &error));
    assert_refused(&error, "NULL");
}

static void
null_overwrites_an_earlier_value(void **state)
{
    (void) state;
    Person ann = {
        .nickname = "Annie",
        .photo = { "jpeg", 4 },
        .points = KITH_SOME(7),
    };
    assert_true(kith_column_store_null(&person, &nickname, &ann, NULL));
    assert_true(kith_column_store_null(&person, &photo, &ann, NULL));
    assert_true(kith_column_store_null(&person, &points, &ann, NULL));
    assert_null(kith_column_get(&nickname, &ann));
    assert_null(kith_column_get(&photo, &ann));
    assert_null(kith_column_get(&points, &ann));
}

static void
a_text_with_a_zero_byte_is_refused(void **state)
{
    (void) state;
    Person ann = { 0 };
    GError *error = NULL;
    assert_false(kith_column_store_text(&person, &name, &ann, "A\0nn", 4, &error));
    assert_refused(&error, "zero byte");
}

static void
a_text_that_is_not_utf_8_is_refused(void **state)
{
    (void) state;
    Person ann = { 0 };
    GError *error = NULL;
    assert_false(kith_column_store_text(&person, &name, &ann, "\xff", 1, &error));
    assert_refused(&error, "UTF-8");
}

static void
an_enumerator_is_stored_by_its_name(void **state)
{
    (void) state;
    Person ann = { 0 };
    GError *error = NULL;
    assert_true(kith_column_store_text(&person, &role, &ann, "writer", 6, NULL));
    assert_int_equal(ann.role, 2);
    assert_string_equal(kith_column_enum_name(&role, &ann.role), "writer");
    assert_false(kith_column_store_text(&person, &role, &ann, "owner", 5, &error));
    assert_refused(&error, "'owner'");
}

static void
an_enumerator_without_a_name_has_none(void **state)
{
    (void) state;
    assert_null(kith_column_enum_name(&role, &(int32_t){ 1 }));
    assert_null(kith_column_enum_name(&role, &(int32_t){ 3 }));
    assert_null(kith_column_enum_name(&role, &(int32_t){ -1 }));
}

static void
an_empty_blob_is_stored_as_not_null(void **state)
{
    (void) state;
    Person ann = { 0 };
    assert_true(kith_column_store_blob(&person, &photo, &ann, NULL, 0, NULL));
    assert_non_null(kith_column_get(&photo, &ann));
    assert_int_equal(ann.photo.size, 0);
}

/* --- UUIDs ------------------------------------------------------------------ */

static void
a_new_uuid_is_of_version_7(void **state)
{
    (void) state;
    KithUuid uuid = kith_uuid_new();
    assert_int_equal(uuid.bytes[6] >> 4, 7);
    assert_int_equal(uuid.bytes[8] >> 6, 2);
}

static void
a_new_uuid_begins_with_the_milliseconds_of_now(void **state)
{
    (void) state;
    KithUuid uuid = kith_uuid_new();
    int64_t msec = 0;
    for (size_t i = 0; i < 6; i++)
        msec = msec << 8 | uuid.bytes[i];
    int64_t now = kith_time_now().usec / 1000;
    assert_true(msec >= now - 10000 && msec <= now + 10000);
}

static void
a_new_uuid_is_greater_than_the_one_before(void **state)
{
    (void) state;
    KithUuid last = kith_uuid_new();
    for (int i = 0; i < 20000; i++) {
        KithUuid next = kith_uuid_new();
        assert_true(memcmp(&next, &last, sizeof next) > 0);
        last = next;
    }
}

enum {
    N_THREADS = 4,
    N_OF_EACH = 5000
};

static void *
make_uuids(void *data)
{
    KithUuid *uuids = data;
    for (int i = 0; i < N_OF_EACH; i++)
        uuids[i] = kith_uuid_new();
    return NULL;
}

static int
compare_uuids(const void *a, const void *b)
{
    return memcmp(a, b, 8); /* what rises; the rest is random */
}

static void
no_two_uuids_are_the_same_across_threads(void **state)
{
    (void) state;
    g_autofree KithUuid *uuids = g_new(KithUuid, N_THREADS * N_OF_EACH);
    GThread *threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        threads[i] = g_thread_new("uuids", make_uuids, uuids + i * N_OF_EACH);
    for (int i = 0; i < N_THREADS; i++)
        g_thread_join(threads[i]);
    qsort(uuids, N_THREADS * N_OF_EACH, sizeof *uuids, compare_uuids);
    for (int i = 1; i < N_THREADS * N_OF_EACH; i++)
        assert_true(compare_uuids(&uuids[i - 1], &uuids[i]) < 0);
}

static void
a_uuid_is_read_in_either_case_and_written_in_lower(void **state)
{
    (void) state;
    KithUuid upper, lower;
    char text[KITH_UUID_TEXT_SIZE];
    assert_true(kith_uuid_parse("0190A1B2-C3D4-7E5F-8011-223344556677", &upper));
    assert_true(kith_uuid_parse("0190a1b2-c3d4-7e5f-8011-223344556677", &lower));
    assert_memory_equal(&upper, &lower, sizeof upper);
    assert_int_equal(upper.bytes[0], 0x01);
    assert_int_equal(upper.bytes[15], 0x77);
    assert_string_equal(kith_uuid_format(upper, text),
                        "0190a1b2-c3d4-7e5f-8011-223344556677");
}

static void
what_is_not_a_uuid_is_refused(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "",
        "0190a1b2",
        "0190a1b2-c3d4-7e5f-8011-22334455667",
        "0190a1b2-c3d4-7e5f-8011-2233445566777",
        "0190a1b2c3d47e5f8011223344556677",
        "0190a1b2-c3d4-7e5f-8011_223344556677",
        "g190a1b2-c3d4-7e5f-8011-223344556677",
        "{190a1b2-c3d4-7e5f-8011-22334455667}",
        "0190a1b2-c3d4-7e5f-8011-223344556677 ",
    };
    KithUuid uuid = { { 42 } };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (kith_uuid_parse(texts[i], &uuid))
            fail_msg("'%s' was taken", texts[i]);
    }
    assert_int_equal(uuid.bytes[0], 42);
}

/* --- text -------------------------------------------------------------------------- */

/* GLib is asked about every text that is not plain ASCII: at every length, and with every
 * kind of byte at every place, the answer has to be its own. */
static void
a_text_is_valid_where_glib_says_so(void **state)
{
    static const char bytes[] = { '\0', '\1', '\x7f', '\x80', '\xc3', '\xff' };
    (void) state;
    for (size_t length = 0; length <= 25; length++) {
        g_autofree char *text = g_strnfill(length, 'x');
        assert_true(kith_text_is_valid(text, length));
        for (size_t at = 0; at < length; at++) {
            for (size_t i = 0; i < sizeof bytes; i++) {
                text[at] = bytes[i];
                assert_int_equal(kith_text_is_valid(text, length),
                                 g_utf8_validate_len(text, length, NULL));
            }
            text[at] = 'x';
        }
    }
    assert_true(kith_text_is_valid("Grüße, 你好 und 👋", strlen("Grüße, 你好 und 👋")));
}

int
main(void)
{
    const struct CMUnitTest values[] = {
        cmocka_unit_test(a_value_has_the_kind_it_was_made_for),
        cmocka_unit_test(a_value_holds_what_it_was_made_of),
        cmocka_unit_test(what_is_not_there_is_null),
        cmocka_unit_test(an_optional_that_is_there_is_its_value),
        cmocka_unit_test(an_empty_text_and_an_empty_blob_are_not_null),
        cmocka_unit_test(the_version_has_three_numbers),
    };
    const struct CMUnitTest columns[] = {
        cmocka_unit_test(an_integer_that_fits_is_stored),
        cmocka_unit_test(an_integer_that_does_not_fit_is_refused),
        cmocka_unit_test(null_is_refused_where_none_may_be),
        cmocka_unit_test(null_overwrites_an_earlier_value),
        cmocka_unit_test(a_text_with_a_zero_byte_is_refused),
        cmocka_unit_test(a_text_that_is_not_utf_8_is_refused),
        cmocka_unit_test(a_text_is_valid_where_glib_says_so),
        cmocka_unit_test(an_enumerator_is_stored_by_its_name),
        cmocka_unit_test(an_enumerator_without_a_name_has_none),
        cmocka_unit_test(an_empty_blob_is_stored_as_not_null),
    };
    const struct CMUnitTest uuids[] = {
        cmocka_unit_test(a_new_uuid_is_of_version_7),
        cmocka_unit_test(a_new_uuid_begins_with_the_milliseconds_of_now),
        cmocka_unit_test(a_new_uuid_is_greater_than_the_one_before),
        cmocka_unit_test(no_two_uuids_are_the_same_across_threads),
        cmocka_unit_test(a_uuid_is_read_in_either_case_and_written_in_lower),
        cmocka_unit_test(what_is_not_a_uuid_is_refused),
    };
    int failed = cmocka_run_group_tests_name("values", values, NULL, NULL);
    failed += cmocka_run_group_tests_name("columns", columns, NULL, NULL);
    failed += cmocka_run_group_tests_name("uuids", uuids, NULL, NULL);
    return failed != 0;
}
