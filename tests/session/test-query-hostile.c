/*
 * test-query-hostile.c - names and values that would be SQL, if they were taken for it,
 * through every door of a query: each comes back as what it is.
 */
#include "own-schema.h"

typedef struct Odd Odd;
typedef struct OddRow OddRow;

struct Odd {
    int64_t id;
    const char *text;
    KITH_REF(Odd) other; /* can be NULL */
    KITH_MANY(Odd) others;
};

struct OddRow {
    const char *text;
    int64_t n;
};

KITH_DECLARE(Odd);
KITH_DECLARE(OddRow);

KITH_MAPPING(Odd,
             "odd\"; DROP TABLE authors; --",
             KITH_KEY(Odd, id, .column = "i\"d'"),
             KITH_COLUMN(Odd, text, .column = "te\"xt\"; --"),
             KITH_BELONGS_TO(Odd, other, Odd, .column = "$1 ?1 :other", .nullable = true),
             KITH_HAS_MANY(Odd, others, Odd, other));

KITH_RESULT(OddRow,
            KITH_COLUMN(OddRow, text, .column = "te\"xt\" FROM authors --"),
            KITH_COLUMN(OddRow, n, .column = "select"));

static const char *const values[] = {
    "'; DROP TABLE authors; --",
    "\" OR 1 = 1 --",
    "%",
    "_",
    "\\",
    "*",
    "?",
    "[a-z]",
    "$1",
    ":n",
    "?1",
    "",
    "{1}",
    "a''b",
};

static int
set_up(void **state)
{
    (void) set_up_with(state, KITH_MAPPINGS(Odd));
    Fixture *fixture = *state;
    const Odd *before = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        before = kith_add(fixture->session,
                          Odd,
                          .id = (int64_t) i + 1,
                          .text = values[i],
                          .other.target = before);
    commit(fixture->session);
    new_session(fixture);
    return 0;
}

/* The query finds one object, that of the value. */
static void
assert_finds(OddQuery *query, size_t index)
{
    g_autoptr(GError) error = NULL;
    const Odd *odd = kith_one(query, &error);
    assert_done(odd, error);
    assert_int_equal(odd->id, index + 1);
    assert_string_equal(odd->text, values[index]);
}

#define each_value(index) for (size_t index = 0; index < G_N_ELEMENTS(values); index++)

static void
a_condition_finds_the_value_that_it_names(void **state)
{
    Fixture *fixture = *state;
    each_value(i)
    {
        const char *value = values[i], *const list[] = { value };
        g_autoptr(OddQuery) equal = kith_query(fixture->session, Odd);
        kith_where(equal, kith_eq(Odd, text, value));
        assert_finds(equal, i);
        g_autoptr(OddQuery) in = kith_query(fixture->session, Odd);
        kith_where(in, kith_in(Odd, text, list, 1));
        assert_finds(in, i);
        g_autoptr(OddQuery) any_case = kith_query(fixture->session, Odd);
        kith_where(any_case, kith_eq_any_case(Odd, text, value));
        assert_finds(any_case, i);
        g_autoptr(OddQuery) between = kith_query(fixture->session, Odd);
        kith_where(between,
                   kith_between(Odd, text, value, kith_param(const char *, "'; --")));
        kith_bind(between, "'; --", value);
        assert_finds(between, i);
    }
}

static void
a_text_match_takes_the_value_literally(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    each_value(i)
    {
        g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
        kith_where(query, kith_includes(Odd, text, values[i]));
        kith_order_by(query, kith_asc(Odd, id));
        const Odd *const *found = kith_all(query, &error);
        assert_done(found, error);
        size_t n = 0;
        each_value(j)
        {
            if (strstr(values[j], values[i]) != NULL)
                assert_int_equal(found[n++]->id, j + 1);
        }
        assert_null(found[n]);
    }
}

static void
relations_orders_and_pages_quote_what_they_name(void **state)
{
    Fixture *fixture = *state;
    each_value(i)
    {
        g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
        if (i == 0)
            kith_where(query, kith_is_null(Odd, other));
        else
            kith_where(query,
                       kith_has(Odd, other, Odd, kith_eq(Odd, text, values[i - 1])));
        kith_order_by(
            query, kith_desc_by(Odd, kith_via(Odd, other, Odd, kith_member(Odd, text))));
        kith_after(query, (const Odd *) NULL);
        assert_finds(query, i);
        g_autoptr(OddQuery) owner = kith_query(fixture->session, Odd);
        kith_where(owner, kith_any_of(Odd, others, Odd, kith_eq(Odd, text, values[i])));
        if (i > 0)
            assert_finds(owner, i - 1);
    }
}

static void
rows_groups_and_functions_quote_what_they_name(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
    kith_select(query, OddRow, text, kith_concat(kith_member(Odd, text), "'; --"));
    kith_select(query, OddRow, n, kith_count_rows());
    kith_group_by(query, kith_output(OddRow, text));
    kith_having(query,
                kith_compare(Odd, kith_max(kith_member(Odd, text)), ==, values[0]));
    const OddRow *const *rows = kith_rows(query, OddRow, &error);
    assert_done(rows, error);
    assert_int_equal(kith_length(rows), 1);
    assert_string_equal(rows[0]->text, "'; DROP TABLE authors; --'; --");
    g_autoptr(OddRowQuery) common = kith_query(fixture->session, OddRow);
    kith_common_table(common, OddRow, query);
    kith_where(common, kith_starts_with(OddRow, text, "'; DROP"));
    const OddRow *row = kith_one(common, &error);
    assert_done(row, error);
    assert_int_equal(row->n, 1);
}

static void
the_name_of_a_function_is_only_a_name(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    size_t n;
    g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
    assert_null(kith_values(query,
                            kith_call(const char *,
                                      "lower\"('x'); DROP TABLE authors; --",
                                      kith_member(Odd, text)),
                            &n,
                            &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_SQL));
    g_clear_error(&error);
    assert_rows(fixture, "SELECT count(*) FROM authors", "0");
}

static void
changes_quote_what_they_name(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int64_t n;
    each_value(i)
    {
        g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
        kith_where(query, kith_eq(Odd, text, values[i]));
        kith_change(query, kith_to(Odd, text, "'; DROP TABLE authors; --x"));
        assert_done(kith_update_all(query, &n, &error), error);
        assert_int_equal(n, 1);
        kith_rollback(fixture->session);
    }
    g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
    kith_where(query, kith_eq(Odd, text, values[G_N_ELEMENTS(values) - 1]));
    assert_done(kith_delete_all(query, &n, &error), error);
    assert_int_equal(n, 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM authors", "0");
}

static void
filters_and_sql_by_hand_bind_what_they_are_given(void **state)
{
    Fixture *fixture = *state;
    each_value(i)
    {
        kith_add_filter(fixture->session, Odd, "'; --", kith_eq(Odd, text, values[i]));
        g_autoptr(OddQuery) query = kith_query(fixture->session, Odd);
        assert_finds(query, i);
        kith_remove_filter(fixture->session, "'; --");
        g_autoptr(OddQuery) by_hand = kith_query(fixture->session, Odd);
        kith_unsafe_sql(by_hand,
                        "SELECT * FROM \"odd\"\"; DROP TABLE authors; --\" WHERE "
                        "\"te\"\"xt\"\"; --\" = :value");
        kith_bind(by_hand, "value", values[i]);
        assert_finds(by_hand, i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_condition_finds_the_value_that_it_names),
        ON_A_SCHEMA(a_text_match_takes_the_value_literally),
        ON_A_SCHEMA(relations_orders_and_pages_quote_what_they_name),
        ON_A_SCHEMA(rows_groups_and_functions_quote_what_they_name),
        ON_A_SCHEMA(the_name_of_a_function_is_only_a_name),
        ON_A_SCHEMA(changes_quote_what_they_name),
        ON_A_SCHEMA(filters_and_sql_by_hand_bind_what_they_are_given),
    };
    return run_on_each_database("hostile names and values", tests);
}
