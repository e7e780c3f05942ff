/*
 * test-error.c - what can be asked of an error, and what it learns on its way up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"

static GError *
make_error(void)
{
    GError *error = NULL;
    KithErrorDetails details = {
        .sqlstate = "23505",
        .constraint = "authors_name_key",
        .table = "authors",
        .column = "name",
    };
    kith_error_set_details(&error, KITH_ERROR_UNIQUE, &details, "%s is taken", "name");
    return error;
}

static void
an_error_knows_what_the_database_said(void **state)
{
    (void) state;
    g_autoptr(GError) error = make_error();
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_UNIQUE));
    assert_string_equal(error->message, "name is taken");
    assert_string_equal(kith_error_sqlstate(error), "23505");
    assert_string_equal(kith_error_constraint(error), "authors_name_key");
    assert_string_equal(kith_error_table(error), "authors");
    assert_string_equal(kith_error_column(error), "name");
    assert_null(kith_error_entity(error));
    assert_null(kith_error_key(error));
}

static void
a_copy_of_an_error_knows_the_same(void **state)
{
    (void) state;
    g_autoptr(GError) error = make_error();
    kith_error_add_entity(error, "Author", "7");
    g_autoptr(GError) copy = g_error_copy(error);
    g_clear_error(&error);
    assert_string_equal(kith_error_constraint(copy), "authors_name_key");
    assert_string_equal(kith_error_entity(copy), "Author");
    assert_string_equal(kith_error_key(copy), "7");
}

static void
the_entity_comes_first_in_the_message(void **state)
{
    (void) state;
    g_autoptr(GError) with_key = make_error(), without = make_error();
    kith_error_add_entity(with_key, "Author", "7");
    kith_error_add_entity(without, "Author", NULL);
    assert_string_equal(with_key->message, "Author 7: name is taken");
    assert_string_equal(without->message, "Author: name is taken");
    assert_null(kith_error_key(without));
}

static void
details_that_are_not_known_leave_the_others(void **state)
{
    (void) state;
    g_autoptr(GError) error = make_error();
    kith_error_add_details(error, &(KithErrorDetails){ .column = "title" });
    assert_string_equal(kith_error_column(error), "title");
    assert_string_equal(kith_error_table(error), "authors");
}

static void
nothing_is_known_of_errors_of_others(void **state)
{
    (void) state;
    g_autoptr(GError) error =
        g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");
    kith_error_add_entity(error, "Author", "7");
    kith_error_add_details(error, &(KithErrorDetails){ .column = "title" });
    kith_error_set_code(error, KITH_ERROR_BUSY);
    assert_string_equal(error->message, "no such file");
    assert_int_equal(error->code, G_FILE_ERROR_NOENT);
    assert_null(kith_error_column(error));
    assert_null(kith_error_entity(error));
    assert_null(kith_error_table(NULL));
    assert_false(kith_error_is_retryable(error));
    assert_false(kith_error_is_retryable(NULL));
}

static void
an_error_nobody_asks_for_is_not_made(void **state)
{
    (void) state;
    kith_error_set(NULL, KITH_ERROR_SQL, "%s", "lost");
    kith_error_set_details(
        NULL, KITH_ERROR_SQL, &(KithErrorDetails){ .column = "a" }, "lost");
}

static void
serialization_and_busy_can_be_tried_again(void **state)
{
    (void) state;
    for (int code = KITH_ERROR_UNIQUE; code <= KITH_ERROR_SQL; code++) {
        g_autoptr(GError) error = NULL;
        kith_error_set(&error, (KithErrorCode) code, "failed");
        bool expected = code == KITH_ERROR_SERIALIZATION || code == KITH_ERROR_BUSY;
        assert_int_equal(kith_error_is_retryable(error), expected);
    }
}

static void
a_code_can_be_changed_on_the_way_up(void **state)
{
    (void) state;
    g_autoptr(GError) error = make_error();
    kith_error_set_code(error, KITH_ERROR_STALE);
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_STALE));
    assert_string_equal(kith_error_table(error), "authors");
}

static void
a_sqlstate_has_a_code(void **state)
{
    (void) state;
    static const struct {
        const char *sqlstate;
        KithErrorCode code;
    } pairs[] = {
        { "23505", KITH_ERROR_UNIQUE },        { "23503", KITH_ERROR_FOREIGN_KEY },
        { "23502", KITH_ERROR_NOT_NULL },      { "23514", KITH_ERROR_CHECK },
        { "40001", KITH_ERROR_SERIALIZATION }, { "40P01", KITH_ERROR_SERIALIZATION },
        { "55P03", KITH_ERROR_BUSY },          { "57014", KITH_ERROR_CANCELLED },
        { "08006", KITH_ERROR_CONNECTION },    { "08007", KITH_ERROR_OUTCOME_UNKNOWN },
        { "57P01", KITH_ERROR_CONNECTION },    { "42P01", KITH_ERROR_MAPPING },
        { "22003", KITH_ERROR_TYPE },          { "42601", KITH_ERROR_SQL },
        { "99999", KITH_ERROR_SQL },           { NULL, KITH_ERROR_SQL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        assert_int_equal(kith_error_code_from_sqlstate(pairs[i].sqlstate), pairs[i].code);
}

int
main(void)
{
    const struct CMUnitTest errors[] = {
        cmocka_unit_test(an_error_knows_what_the_database_said),
        cmocka_unit_test(a_copy_of_an_error_knows_the_same),
        cmocka_unit_test(the_entity_comes_first_in_the_message),
        cmocka_unit_test(details_that_are_not_known_leave_the_others),
        cmocka_unit_test(nothing_is_known_of_errors_of_others),
        cmocka_unit_test(an_error_nobody_asks_for_is_not_made),
        cmocka_unit_test(serialization_and_busy_can_be_tried_again),
        cmocka_unit_test(a_code_can_be_changed_on_the_way_up),
        cmocka_unit_test(a_sqlstate_has_a_code),
    };
    return cmocka_run_group_tests_name("errors", errors, NULL, NULL);
}
