/*
 * test-composite.c - references whose columns are members: keys of several columns, a
 * tenant that is part of every key and of every foreign key; and references to a unique
 * column.
 */
#include "own-schema.h"

typedef struct Tenant Tenant;
typedef struct Writer Writer;
typedef struct Text Text;
typedef struct Nation Nation;
typedef struct Town Town;
typedef struct Remark Remark;

struct Tenant {
    int64_t id;
    const char *name;
};

struct Writer {
    int64_t tenant_id;
    int64_t id;
    const char *name;
    KITH_REF(Tenant) tenant;
    KITH_MANY(Text) texts;
};

/* Two references that share the tenant, which is part of the key too. */
struct Text {
    int64_t tenant_id;
    int64_t id;
    const char *title;
    KithOptInt64 writer_id;
    KithOptInt64 editor_id;
    KITH_REF(Writer) writer;
    KITH_REF(Writer) editor;
};

/* A key that is made of the keys of its targets' targets: a new one waits for a new
 * tenant. */
struct Remark {
    int64_t tenant_id;
    int64_t writer_id;
    int64_t number;
    const char *words;
    KITH_REF(Writer) writer;
};

struct Nation {
    int64_t id;
    const char *code; /* unique, and what others refer to */
    KITH_MANY(Town) towns;
};

struct Town {
    int64_t id;
    const char *name;
    KITH_REF(Nation) nation;
};

KITH_DECLARE(Tenant);
KITH_DECLARE(Writer);
KITH_DECLARE(Text);
KITH_DECLARE(Remark);
KITH_DECLARE(Nation);
KITH_DECLARE(Town);

KITH_MAPPING(Tenant,
             "tenants",
             KITH_KEY(Tenant, id, .generated = true),
             KITH_COLUMN(Tenant, name));
KITH_MAPPING(Writer,
             "writers",
             KITH_KEY(Writer, tenant_id),
             KITH_KEY(Writer, id),
             KITH_COLUMN(Writer, name),
             KITH_BELONGS_TO(Writer, tenant, Tenant, .via = KITH_VIA(Writer, tenant_id)),
             KITH_HAS_MANY(Writer, texts, Text, writer));
KITH_MAPPING(
    Text,
    "texts",
    KITH_KEY(Text, tenant_id),
    KITH_KEY(Text, id),
    KITH_COLUMN(Text, title),
    KITH_COLUMN(Text, writer_id),
    KITH_COLUMN(Text, editor_id),
    KITH_BELONGS_TO(Text, writer, Writer, .via = KITH_VIA(Text, tenant_id, writer_id)),
    KITH_BELONGS_TO(Text, editor, Writer, .via = KITH_VIA(Text, tenant_id, editor_id)));
KITH_MAPPING(Remark,
             "remarks",
             KITH_KEY(Remark, tenant_id),
             KITH_KEY(Remark, writer_id),
             KITH_KEY(Remark, number),
             KITH_COLUMN(Remark, words),
             KITH_BELONGS_TO(Remark,
                             writer,
                             Writer,
                             .via = KITH_VIA(Remark, tenant_id, writer_id),
                             .on_update = KITH_CASCADE));
KITH_MAPPING(Nation,
             "nations",
             KITH_KEY(Nation, id, .generated = true),
             KITH_COLUMN(Nation, code, .unique = true),
             KITH_HAS_MANY(Nation, towns, Town, nation));
KITH_MAPPING(Town,
             "towns",
             KITH_KEY(Town, id, .generated = true),
             KITH_COLUMN(Town, name),
             KITH_BELONGS_TO(Town,
                             nation,
                             Nation,
                             .to = KITH_TO(Nation, code),
                             .column = "nation_code",
                             .nullable = true,
                             .on_update = KITH_CASCADE));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Tenant, Writer, Text, Remark, Nation, Town));
}

/* Two tenants with two writers each, and three texts of the first; by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO tenants (id, name) VALUES (1, 'one'), (2, 'two')");
    run_sql(fixture,
            "INSERT INTO writers (tenant_id, id, name) VALUES (1, 1, 'Ann'), "
            "(1, 2, 'Bob'), (2, 1, 'Cora'), (2, 2, 'Dan')");
    run_sql(fixture,
            "INSERT INTO texts (tenant_id, id, title, writer_id, editor_id) VALUES "
            "(1, 1, 'Dawn', 1, 2), (1, 2, 'Noon', 1, NULL), (2, 1, 'Dusk', 1, 2)");
}

static const Writer *
writer_at(Fixture *fixture, int64_t tenant_id, int64_t id)
{
    g_autoptr(GError) error = NULL;
    const Writer *writer =
        kith_get_by(fixture->session, Writer, &error, .tenant_id = tenant_id, .id = id);
    assert_done(writer, error);
    return writer;
}

static const Text *
text_at(Fixture *fixture, int64_t tenant_id, int64_t id)
{
    g_autoptr(GError) error = NULL;
    const Text *text =
        kith_get_by(fixture->session, Text, &error, .tenant_id = tenant_id, .id = id);
    assert_done(text, error);
    return text;
}

/* --- reading ----------------------------------------------------------------------- */

static void
a_reference_of_two_columns_is_loaded_by_both(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dusk = text_at(fixture, 2, 1);
    forget_statements(fixture);
    assert_string_equal(kith_ref(dusk, writer, &error)->name, "Cora");
    assert_string_equal(kith_ref(dusk, editor, &error)->name, "Dan");
    assert_ptr_equal(kith_ref(dusk, writer, &error), writer_at(fixture, 2, 1));
    assert_statements(
        fixture,
        "SELECT writers WHERE (tenant_id, id) IN (?) ORDER BY tenant_id, id",
        "SELECT writers WHERE (tenant_id, id) IN (?) ORDER BY tenant_id, id");
}

static void
references_of_two_columns_are_loaded_for_all_siblings(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(TextQuery) query = kith_query(fixture->session, Text);
    const Text *const *texts = kith_all(query, &error);
    forget_statements(fixture);
    kith_each (text, texts)
        assert_non_null(kith_ref(text, writer, &error));
    assert_statements(
        fixture, "SELECT writers WHERE (tenant_id, id) IN (?) ORDER BY tenant_id, id");
}

static void
a_reference_of_two_columns_is_null_if_one_of_them_is(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *noon = text_at(fixture, 1, 2);
    forget_statements(fixture);
    assert_null(kith_ref(noon, editor, &error));
    assert_null(error);
    assert_no_statements(fixture);
}

static void
a_collection_over_two_columns_is_loaded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(WriterQuery) query = kith_query(fixture->session, Writer);
    const Writer *const *writers = kith_all(query, &error);
    static const size_t lengths[] = { 2, 0, 1, 0 };
    forget_statements(fixture);
    for (size_t i = 0; i < 4; i++) {
        const Text *const *texts = kith_many(writers[i], texts, &error);
        assert_int_equal(kith_length(texts), lengths[i]);
    }
    assert_statements(
        fixture,
        "SELECT texts WHERE (tenant_id, writer_id) IN (?) ORDER BY tenant_id, id");
}

/* --- writing ----------------------------------------------------------------------- */

static void
setting_a_reference_writes_its_own_members_only(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Text *noon = text_at(fixture, 1, 2);
    const Writer *bob = writer_at(fixture, 1, 2);
    forget_statements(fixture);
    kith_set(noon, editor, bob);
    assert_true(noon->editor_id.has_value);
    assert_int_equal(noon->editor_id.value, 2);
    assert_int_equal(noon->tenant_id, 1);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE texts SET editor_id", "COMMIT");
}

static void
emptying_a_reference_leaves_the_tenant(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    forget_statements(fixture);
    kith_set_null(dawn, writer);
    assert_null(kith_ref(dawn, writer, &error));
    assert_false(dawn->writer_id.has_value);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE texts SET writer_id", "COMMIT");
    assert_rows(fixture,
                "SELECT tenant_id, writer_id, editor_id FROM texts WHERE id = 1 "
                "AND tenant_id = 1",
                "1|NULL|2");
}

static void
setting_a_member_moves_the_reference(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    const Writer *ann = writer_at(fixture, 1, 1), *bob = writer_at(fixture, 1, 2);
    assert_ptr_equal(kith_ref(dawn, writer, &error), ann);
    assert_int_equal(kith_length(kith_many(ann, texts, &error)), 2);
    assert_int_equal(kith_length(kith_many(bob, texts, &error)), 0);
    forget_statements(fixture);
    kith_set(dawn, writer_id, 2);
    assert_ptr_equal(dawn->writer.target, bob);
    assert_int_equal(kith_length(kith_many(ann, texts, &error)), 1);
    assert_int_equal(kith_length(kith_many(bob, texts, &error)), 1);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE texts SET writer_id", "COMMIT");
}

static void
a_member_set_to_what_is_not_loaded_leaves_the_reference_to_be_loaded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    assert_string_equal(kith_ref(dawn, writer, &error)->name, "Ann");
    kith_set(dawn, writer_id, 2);
    assert_null(dawn->writer.target);
    assert_string_equal(kith_ref(dawn, writer, &error)->name, "Bob");
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT writer_id FROM texts WHERE tenant_id = 1 AND id = 1", "2");
}

static void
a_member_written_by_hand_moves_the_reference_at_the_flush(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    const Writer *bob = writer_at(fixture, 1, 2);
    assert_string_equal(kith_ref(dawn, writer, &error)->name, "Ann");
    forget_statements(fixture);
    kith_edit(dawn)->writer_id.value = 2;
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE texts SET writer_id", "COMMIT");
    assert_ptr_equal(dawn->writer.target, bob);
}

static void
a_target_of_another_tenant_is_refused_before_anything_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    const Writer *dan = writer_at(fixture, 2, 2);
    forget_statements(fixture);
    kith_set(dawn, editor, dan);
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error,
                       .table = "texts",
                       .column = "tenant_id, editor_id",
                       .entity = "Text",
                       .key = "(1, 1)");
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Text (1, 1): its editor is an object of another tenant_id than its own");
    assert_no_statements(fixture);
    kith_rollback(fixture->session);
    assert_int_equal(dawn->tenant_id, 1);
    assert_int_equal(dawn->editor_id.value, 2);
}

static void
a_new_object_takes_the_tenant_of_its_targets(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Writer *ann = writer_at(fixture, 1, 1);
    const Text *text =
        kith_add(fixture->session, Text, .id = 9, .title = "Night", .writer.target = ann);
    assert_int_equal(text->tenant_id, 1);
    assert_int_equal(text->writer_id.value, 1);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT tenant_id, writer_id, editor_id FROM texts WHERE id = 9",
                "1|1|NULL");
}

static void
a_new_object_whose_members_contradict_its_target_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Writer *ann = writer_at(fixture, 1, 1);
    forget_statements(fixture);
    kith_add(fixture->session,
             Text,
             .id = 9,
             .title = "Night",
             .writer_id = KITH_SOME(2),
             .writer.target = ann);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Text.writer: its members have another key than its target; *");
    assert_no_statements(fixture);
}

static void
keys_that_the_database_makes_reach_the_rows_that_are_two_references_away(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Tenant *tenant = kith_add(session, Tenant, .name = "new");
    const Remark *remark = kith_add(session, Remark, .number = 1, .words = "good");
    const Writer *writer =
        kith_add(session, Writer, .id = 7, .name = "Eve", .tenant.target = tenant);
    kith_set(remark, writer, writer);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "INSERT tenants", "INSERT writers", "INSERT remarks", "COMMIT");
    assert_true(tenant->id > 0);
    assert_int_equal(writer->tenant_id, tenant->id);
    assert_int_equal(remark->tenant_id, tenant->id);
    assert_int_equal(remark->writer_id, 7);
    assert_rows(fixture,
                "SELECT t.name, w.name, r.words FROM remarks r JOIN writers w ON "
                "w.tenant_id = r.tenant_id AND w.id = r.writer_id "
                "JOIN tenants t ON t.id = w.tenant_id",
                "new|Eve|good");
}

static void
a_key_of_two_columns_that_changes_is_followed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    fill(fixture);
    run_sql(fixture,
            "INSERT INTO remarks (tenant_id, writer_id, number, words) "
            "VALUES (1, 2, 1, 'good')");
    run_sql(fixture, "UPDATE texts SET editor_id = NULL");
    const Writer *bob = writer_at(fixture, 1, 2);
    const Remark *remark =
        kith_get_by(session, Remark, &error, .tenant_id = 1, .writer_id = 2, .number = 1);
    assert_done(remark, error);
    forget_statements(fixture);
    kith_set(bob, id, 5);
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE writers SET id", "COMMIT");
    assert_int_equal(remark->writer_id, 5);
    assert_ptr_equal(
        kith_get_by(session, Remark, &error, .tenant_id = 1, .writer_id = 5, .number = 1),
        remark);
    assert_ptr_equal(kith_ref(remark, writer, &error), bob);
    commit(session);
    assert_no_statements(fixture);
}

static void
a_rollback_restores_the_members_of_a_reference(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    const Writer *ann = kith_ref(dawn, writer, &error);
    kith_set(dawn, writer, writer_at(fixture, 1, 2));
    flush(fixture->session);
    kith_set_null(dawn, writer);
    kith_rollback(fixture->session);
    assert_int_equal(dawn->writer_id.value, 1);
    assert_ptr_equal(kith_ref(dawn, writer, &error), ann);
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_failed_commit_gives_the_members_of_a_new_object_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Tenant *tenant = kith_add(session, Tenant, .name = "new");
    const Writer *writer =
        kith_add(session, Writer, .id = 7, .name = NULL, .tenant.target = tenant);
    kith_add(session, Author, .name = "Ann");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Writer*");
    assert_int_equal(writer->tenant_id, 0);
    kith_set(writer, name, "Eve");
    commit(session);
    assert_int_equal(writer->tenant_id, tenant->id);
}

static void
a_missing_target_is_named(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Text *dawn = text_at(fixture, 1, 1);
    kith_set(dawn, writer_id, 99);
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(kith_error_column(error), "tenant_id, writer_id");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Text (1, 1): *");
}

/* --- what is no key ---------------------------------------------------------------- */

static void
a_reference_can_mean_a_unique_column(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Nation *norway = kith_add(session, Nation, .code = "no");
    const Town *oslo = kith_add(session, Town, .name = "Oslo", .nation.target = norway);
    commit(session);
    assert_rows(fixture, "SELECT name, nation_code FROM towns", "Oslo|no");
    session = new_session(fixture);
    g_autoptr(TownQuery) query = kith_query(session, Town);
    oslo = kith_first(query, &error);
    forget_statements(fixture);
    assert_string_equal(kith_ref(oslo, nation, &error)->code, "no");
    assert_int_equal(kith_length(kith_many(oslo->nation.target, towns, &error)), 1);
    assert_statements(fixture,
                      "SELECT nations WHERE code IN (?) ORDER BY id",
                      "SELECT towns WHERE nation_code IN (?) ORDER BY id");
    const Town *const *towns = kith_many(oslo->nation.target, towns, &error);
    assert_ptr_equal(towns[0], oslo);
}

static void
a_reference_to_a_unique_column_follows_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Nation *norway = kith_add(session, Nation, .code = "no");
    kith_add(session, Town, .name = "Oslo", .nation.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nor");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE nations SET code", "COMMIT");
    assert_rows(fixture, "SELECT nation_code FROM towns", "nor");
    assert_int_equal(kith_length(kith_many(norway, towns, &error)), 1);
    commit(session);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_reference_of_two_columns_is_loaded_by_both),
        ON_A_SCHEMA(references_of_two_columns_are_loaded_for_all_siblings),
        ON_A_SCHEMA(a_reference_of_two_columns_is_null_if_one_of_them_is),
        ON_A_SCHEMA(a_collection_over_two_columns_is_loaded),
        ON_A_SCHEMA(setting_a_reference_writes_its_own_members_only),
        ON_A_SCHEMA(emptying_a_reference_leaves_the_tenant),
        ON_A_SCHEMA(setting_a_member_moves_the_reference),
        ON_A_SCHEMA(a_member_set_to_what_is_not_loaded_leaves_the_reference_to_be_loaded),
        ON_A_SCHEMA(a_member_written_by_hand_moves_the_reference_at_the_flush),
        ON_A_SCHEMA(a_target_of_another_tenant_is_refused_before_anything_is_sent),
        ON_A_SCHEMA(a_new_object_takes_the_tenant_of_its_targets),
        ON_A_SCHEMA(a_new_object_whose_members_contradict_its_target_is_refused),
        ON_A_SCHEMA(
            keys_that_the_database_makes_reach_the_rows_that_are_two_references_away),
        ON_A_SCHEMA(a_key_of_two_columns_that_changes_is_followed),
        ON_A_SCHEMA(a_rollback_restores_the_members_of_a_reference),
        ON_A_SCHEMA(a_failed_commit_gives_the_members_of_a_new_object_back),
        ON_A_SCHEMA(a_missing_target_is_named),
        ON_A_SCHEMA(a_reference_can_mean_a_unique_column),
        ON_A_SCHEMA(a_reference_to_a_unique_column_follows_it),
    };
    return run_on_each_database("references of several columns", tests);
}
