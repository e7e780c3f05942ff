/*
 * test-loading.c - loads of many objects at once: their statements, in chunks and by
 * depth, whatever the keys are made of.
 */
#include "fixture.h"

#include "loader.h"

/* --- helpers ----------------------------------------------------------------------- */

/* A session on an engine whose statements ask for at most @chunk keys. */
static KithSession *
session_in_chunks(Fixture *fixture, size_t chunk)
{
    const KithOptions options = { .load_chunk = chunk };
    KithEngine *engine = open_engine(fixture, &options);
    kith_session_free(fixture->session);
    fixture->session = kith_session_new(engine);
    return fixture->session;
}

/* @n_authors authors, and as many books, the first by the first and so on. */
static void
add_authors_and_books(Fixture *fixture, int n_authors)
{
    for (int i = 1; i <= n_authors; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        kith_add(fixture->session, Book, .title = name, .author.target = author);
    }
    commit(fixture->session);
    forget_statements(fixture);
}

static size_t
count_statements(Fixture *fixture, const char *statement)
{
    size_t n_found = 0;
    for (guint i = 0; i < fixture->statements->len; i++)
        n_found += strcmp(g_ptr_array_index(fixture->statements, i), statement) == 0;
    return n_found;
}

/* --- chunks ------------------------------------------------------------------------ */

static void
a_hundred_references_in_chunks_of_forty_seven_are_three_statements(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_authors_and_books(fixture, 100);
    g_autoptr(BookQuery) query = kith_query(session_in_chunks(fixture, 47), Book);
    kith_each (book, kith_all(query, &error)) {
        const Author *author = kith_ref(book, author, &error);
        assert_done(author, error);
        assert_string_equal(author->name, book->title);
    }
    assert_statements(fixture,
                      "SELECT books",
                      "SELECT authors WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
collections_in_chunks_hold_all_that_is_theirs(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_authors_and_books(fixture, 10);
    g_autoptr(AuthorQuery) query = kith_query(session_in_chunks(fixture, 4), Author);
    kith_each (author, kith_all(query, &error)) {
        const Book *const *books = kith_many(author, books, &error);
        assert_int_equal(kith_length(books), 1);
        assert_string_equal(books[0]->title, author->name);
    }
    assert_int_equal(
        count_statements(fixture, "SELECT books WHERE author_id IN (?) ORDER BY id"), 3);
}

static void
a_key_that_many_refer_to_is_asked_for_once(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_authors_and_books(fixture, 2);
    run_sql(fixture, "UPDATE books SET author_id = 1");
    /* With chunks of one key there would be a second statement for a second key. */
    g_autoptr(BookQuery) query = kith_query(session_in_chunks(fixture, 1), Book);
    kith_each (book, kith_all(query, &error))
        assert_int_equal(kith_ref(book, author, &error)->id, 1);
    assert_statements(
        fixture, "SELECT books", "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
a_text_key_that_many_refer_to_is_asked_for_once(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_authors_and_books(fixture, 1);
    const Book *book = find(fixture->session, Book, 1);
    const Member *member = kith_add(fixture->session, Member, .login = "mia", .name = "");
    for (int i = 0; i < 3; i++)
        kith_add(fixture->session,
                 Review,
                 .text = "",
                 .book.target = book,
                 .member.target = member);
    commit(fixture->session);
    forget_statements(fixture);
    g_autoptr(ReviewQuery) query = kith_query(session_in_chunks(fixture, 1), Review);
    kith_each (review, kith_all(query, &error))
        assert_string_equal(kith_ref(review, member, &error)->login, "mia");
    assert_statements(
        fixture, "SELECT reviews", "SELECT members WHERE login IN (?) ORDER BY login");
}

/* --- depth ------------------------------------------------------------------------- */

static size_t
walk(const Category *const *level)
{
    size_t n_walked = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) below = g_ptr_array_new();
    kith_each (category, level) {
        n_walked++;
        const Category *const *children = kith_many(category, children, &error);
        assert_done(children, error);
        kith_each (child, children)
            g_ptr_array_add(below, (void *) (uintptr_t) child);
    }
    g_ptr_array_add(below, NULL);
    if (below->len > 1)
        n_walked += walk((const Category *const *) below->pdata);
    return n_walked;
}

/* A tree in which each node but the last ones has ten children: 1, 10, 100, … */
static void
insert_tree(Fixture *fixture, int n_nodes)
{
    g_autoptr(GString) sql =
        g_string_new("INSERT INTO categories (id, name, parent_id) VALUES (1, '', NULL)");
    run_sql(fixture, sql->str);
    g_string_assign(sql, "INSERT INTO categories (id, name, parent_id) VALUES ");
    for (int i = 2; i <= n_nodes; i++)
        g_string_append_printf(sql, "%s(%d, '', %d)", i > 2 ? ", " : "", i, (i + 8) / 10);
    run_sql(fixture, sql->str);
}

static void
a_tree_of_ten_thousand_is_loaded_in_as_many_statements_as_it_has_levels(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    insert_tree(fixture, 10000); /* 1, 10, 100, 1000 and 8889 nodes: five levels */
    g_autoptr(CategoryQuery) query = kith_query(fixture->session, Category);
    kith_where(query, kith_is_null(Category, parent));
    assert_int_equal(walk(kith_all(query, &error)), 10000);
    /* One for the root, one for what is below each level; nothing is below the last. */
    assert_statements(fixture,
                      "SELECT categories WHERE parent_id IS NULL",
                      "SELECT categories WHERE parent_id IN (?) ORDER BY id",
                      "SELECT categories WHERE parent_id IN (?) ORDER BY id",
                      "SELECT categories WHERE parent_id IN (?) ORDER BY id",
                      "SELECT categories WHERE parent_id IN (?) ORDER BY id",
                      "SELECT categories WHERE parent_id IN (?) ORDER BY id");
}

static void
references_are_loaded_for_siblings_at_every_depth(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    insert_tree(fixture, 1111);
    g_autoptr(CategoryQuery) query = kith_query(fixture->session, Category);
    kith_where(query, kith_gt(Category, id, (int64_t) 111)); /* the last level */
    kith_each (category, kith_all(query, &error)) {
        size_t n_steps = 0;
        for (const Category *at = category; at != NULL; at = kith_ref(at, parent, &error))
            n_steps++;
        assert_done(error == NULL, error);
        assert_int_equal(n_steps, 4);
    }
    assert_statements(fixture,
                      "SELECT categories WHERE id > ?",
                      "SELECT categories WHERE id IN (?) ORDER BY id",
                      "SELECT categories WHERE id IN (?) ORDER BY id",
                      "SELECT categories WHERE id IN (?) ORDER BY id");
}

/* --- keys of every kind ------------------------------------------------------------ */

static void
add_samples(KithSession *session)
{
    for (int i = 0; i < 3; i++) {
        KithUuid uuid = { { 0 } };
        uuid.bytes[15] = (uint8_t) i;
        g_autofree char *text = g_strdup_printf("'%d\" \xc3\xa4", i);
        kith_add(session,
                 Sample,
                 .id = i + 1,
                 .flag = i == 1,
                 .small = -i,
                 .large = INT64_MAX - i,
                 .real = 0.5 * i,
                 .text = text,
                 .blob = { text, 2 + (size_t) i },
                 .time = { 1000000 * (int64_t) i },
                 .date = { 10 * i },
                 .uuid = uuid,
                 .genre = i == 0   ? GENRE_NOVEL
                          : i == 1 ? GENRE_POEM
                                   : GENRE_PLAY,
                 .shelf = (Shelf) i,
                 .maybe_small =
                     i == 1 ? (KithOptInt32) KITH_SOME(1) : (KithOptInt32){ 0 });
    }
}

/* What the column of sample 2 has, and sample 3 too, is found by it, and no other. */
static void
values_of_every_kind_are_looked_up(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_samples(fixture->session);
    commit(fixture->session);
    KithEntitySet *set =
        kith_session_set_of(fixture->session, &kith_mapping_Sample, &error);
    assert_done(set, error);
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_ptr_array_add(rows, (void *) (uintptr_t) find(fixture->session, Sample, 2));
    for (unsigned i = 0; i < set->mapper->n_columns; i++) {
        const KithColumn *column = &set->mapper->columns[i];
        const KithKeys keys = { 1, &i, set->mapper, &i };
        g_autoptr(GPtrArray) found = g_ptr_array_new();
        assert_done(kith_load_in(set, &keys, rows, KITH_HERE, found, &error), error);
        bool is_null = kith_column_get(column, rows->pdata[0]) == NULL;
        assert_int_equal(found->len, is_null ? 0 : 1);
        if (!is_null)
            assert_ptr_equal(found->pdata[0], rows->pdata[0]);
    }
}

static void
keys_of_several_columns_are_looked_up_together(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_authors_and_books(fixture, 2);
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('a', ''), ('b', '')");
    run_sql(fixture,
            "INSERT INTO loans (book_id, member_login, due) VALUES (1, 'a', "
            "'2020-01-01'), (1, 'b', '2020-01-01'), (2, 'a', '2020-01-01'), "
            "(2, 'b', '2020-01-01')");
    KithEntitySet *set =
        kith_session_set_of(fixture->session, &kith_mapping_Loan, &error);
    assert_done(set, error);
    const KithKeys keys = {
        set->mapper->n_keys, set->mapper->keys, set->mapper, set->mapper->keys
    };
    const Loan wanted[] = { { .book_id = 1, .member_login = "b" },
                            { .book_id = 2, .member_login = "a" } };
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_ptr_array_add(rows, (void *) (uintptr_t) &wanted[0]);
    g_ptr_array_add(rows, (void *) (uintptr_t) &wanted[1]);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    assert_done(kith_load_in(set, &keys, rows, KITH_HERE, found, &error), error);
    assert_int_equal(found->len, 2);
    const Loan *const *loans = (const Loan *const *) found->pdata;
    assert_int_equal(loans[0]->book_id, 1);
    assert_string_equal(loans[0]->member_login, "b");
    assert_int_equal(loans[1]->book_id, 2);
    assert_string_equal(loans[1]->member_login, "a");
    assert_statements(fixture,
                      "SELECT loans WHERE (book_id, member_login) IN (?) ORDER BY "
                      "book_id, member_login");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_hundred_references_in_chunks_of_forty_seven_are_three_statements),
        ON_A_DATABASE(collections_in_chunks_hold_all_that_is_theirs),
        ON_A_DATABASE(a_key_that_many_refer_to_is_asked_for_once),
        ON_A_DATABASE(a_text_key_that_many_refer_to_is_asked_for_once),
        ON_A_DATABASE(
            a_tree_of_ten_thousand_is_loaded_in_as_many_statements_as_it_has_levels),
        ON_A_DATABASE(references_are_loaded_for_siblings_at_every_depth),
        ON_A_DATABASE(values_of_every_kind_are_looked_up),
        ON_A_DATABASE(keys_of_several_columns_are_looked_up_together),
    };
    return run_on_each_database("loading", tests);
}
