/*
 * test-eager.c - relations that are loaded with a query: how many statements it takes,
 * what is shared, and what is refused.
 */
#include "fixture.h"

/* Three authors, five books, two reviews; put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cora')");
    run_sql(
        fixture,
        "INSERT INTO books (id, title, price, version, author_id, translator_id) VALUES "
        "(1, 'Justice', 9.5, 1, 1, NULL), (2, 'Sword', 9.5, 1, 1, 3), "
        "(3, 'Mercy', 12.25, 1, 1, 2), (4, 'Dawn', 3.0, 1, 2, NULL), "
        "(5, 'Kindred', 7.0, 1, 2, 3)");
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('mia', 'Mia')");
}

static const Book *const *
run_books(BookQuery *query)
{
    g_autoptr(GError) error = NULL;
    kith_order_by(query, kith_asc(Book, id));
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    return books;
}

static const Author *const *
run_authors(AuthorQuery *query)
{
    g_autoptr(GError) error = NULL;
    kith_order_by(query, kith_asc(Author, id));
    const Author *const *authors = kith_all(query, &error);
    assert_done(authors, error);
    return authors;
}

static size_t
count_books(const Author *author)
{
    g_autoptr(GError) error = NULL;
    const Book *const *books = kith_many(author, books, &error);
    assert_done(books, error);
    return kith_length(books);
}

/* --- one step ---------------------------------------------------------------------- */

static void
a_reference_is_loaded_with_the_query_by_a_second_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    const Book *const *books = run_books(query);
    assert_statements(fixture,
                      "SELECT books ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
    static const char *const names[] = { "Ann", "Ann", "Ann", "Bob", "Bob" };
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(books[i]->author.target->name, names[i]);
        assert_ptr_equal(kith_ref(books[i], author, &error), books[i]->author.target);
    }
    assert_no_statements(fixture);
}

static void
a_collection_is_loaded_with_the_query_by_a_second_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_with(query, books);
    const Author *const *authors = run_authors(query);
    assert_statements(fixture,
                      "SELECT authors ORDER BY id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
    assert_int_equal(count_books(authors[0]), 3);
    assert_int_equal(count_books(authors[1]), 2);
    assert_int_equal(count_books(authors[2]), 0);
    assert_no_statements(fixture);
}

static void
the_first_object_comes_with_its_relations(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    kith_order_by(query, kith_desc(Book, id));
    const Book *book = kith_first(query, &error);
    assert_done(book, error);
    assert_string_equal(book->author.target->name, "Bob");
    assert_statements(fixture,
                      "SELECT books ORDER BY id DESC LIMIT ?",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
a_query_that_finds_nothing_loads_no_relation(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author, books);
    assert_null(run_books(query)[0]);
    assert_statements(fixture, "SELECT books ORDER BY id");
}

static void
null_references_cost_no_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_is_null(Book, translator));
    kith_with(query, translator);
    (void) run_books(query);
    assert_statements(fixture, "SELECT books WHERE translator_id IS NULL ORDER BY id");
}

/* --- paths ------------------------------------------------------------------------- */

static void
a_path_is_one_statement_for_each_of_its_members(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    run_sql(fixture,
            "INSERT INTO reviews (id, text, book_id) VALUES "
            "('00000000-0000-0000-0000-000000000001', '', 1)");
    g_autoptr(ReviewQuery) query = kith_query(fixture->session, Review);
    kith_with(query, book, author, books, translator);
    const Review *review = kith_first(query, &error);
    assert_done(review, error);
    assert_statements(fixture,
                      "SELECT reviews LIMIT ?",
                      "SELECT books WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
    const Author *ann = review->book.target->author.target;
    const Book *const *books = kith_many(ann, books, &error);
    assert_int_equal(kith_length(books), 3);
    assert_ptr_equal(books[0], review->book.target);
    assert_string_equal(books[1]->translator.target->name, "Cora");
    assert_string_equal(books[2]->translator.target->name, "Bob");
    assert_no_statements(fixture);
}

static void
paths_that_begin_alike_share_their_beginning(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_where(query, kith_eq(Author, id, (int64_t) 1));
    kith_with(query, books);
    kith_with(query, books, translator);
    kith_with(query, books, author);
    const Author *const *authors = run_authors(query);
    assert_statements(fixture,
                      "SELECT authors WHERE id ORDER BY id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
    assert_int_equal(count_books(authors[0]), 3);
    assert_no_statements(fixture);
}

static void
a_path_can_lead_back_to_the_same_entity(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (1, 'a', NULL)");
    run_sql(
        fixture,
        "INSERT INTO categories (id, name, parent_id) VALUES (2, 'b', 1), (3, 'c', 1)");
    run_sql(fixture, "INSERT INTO categories (id, name, parent_id) VALUES (4, 'd', 3)");
    g_autoptr(CategoryQuery) query = kith_query(fixture->session, Category);
    kith_where(query, kith_is_null(Category, parent));
    kith_with(query, children, children);
    const Category *root = kith_first(query, &error);
    assert_done(root, error);
    forget_statements(fixture);
    const Category *const *below = kith_many(root, children, &error);
    assert_int_equal(kith_length(below), 2);
    assert_int_equal(kith_length(kith_many(below[0], children, &error)), 0);
    assert_int_equal(kith_length(kith_many(below[1], children, &error)), 1);
    assert_no_statements(fixture);
}

/* --- what is known ----------------------------------------------------------------- */

static void
objects_that_are_loaded_are_not_asked_for_again(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    forget_statements(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    const Book *const *books = run_books(query);
    assert_ptr_equal(books[0]->author.target, ann);
    assert_ptr_equal(books[4]->author.target, bob);
    assert_statements(fixture, "SELECT books ORDER BY id");
}

static void
a_query_that_is_run_again_loads_what_is_new(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_with(query, books);
    (void) run_authors(query);
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (4, 'Dora')");
    forget_statements(fixture);
    g_autoptr(GError) error = NULL;
    const Author *const *authors = kith_all(query, &error);
    assert_int_equal(kith_length(authors), 4);
    assert_statements(fixture,
                      "SELECT authors ORDER BY id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
    assert_int_equal(count_books(authors[3]), 0);
    assert_no_statements(fixture);
}

static void
what_is_pending_is_flushed_before_its_collection_is_loaded(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *cora = find(fixture->session, Author, 3);
    const Book *book =
        kith_add(fixture->session, Book, .id = 9, .title = "New", .author.target = cora);
    forget_statements(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_with(query, books);
    const Author *const *authors = run_authors(query);
    assert_ptr_equal(authors[2], cora);
    assert_int_equal(count_books(cora), 1);
    assert_int_equal(kith_state(book), KITH_PERSISTENT);
    assert_statements(fixture,
                      "SELECT authors ORDER BY id",
                      "BEGIN",
                      "INSERT books",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
a_reference_that_was_set_is_not_loaded_over(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const KithOptions options = { .no_autoflush = true };
    KithEngine *engine = open_engine(fixture, &options);
    g_autoptr(KithSession) session = kith_session_new(engine);
    const Author *cora = find(session, Author, 3);
    const Book *book = find(session, Book, 1);
    kith_set(book, author, cora);
    g_autoptr(BookQuery) query = kith_query(session, Book);
    kith_with(query, author);
    const Book *const *books = run_books(query);
    assert_ptr_equal(books[0], book);
    assert_ptr_equal(book->author.target, cora);
}

/* --- by a join --------------------------------------------------------------------- */

static void
a_reference_comes_by_a_join_in_one_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    const Book *const *books = run_books(query);
    assert_int_equal(fixture->statements->len, 1);
    forget_statements(fixture);
    static const char *const names[] = { "Ann", "Ann", "Ann", "Bob", "Bob" };
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(books[i]->author.target->name, names[i]);
    assert_ptr_equal(kith_ref(books[0], author, &error),
                     find(fixture->session, Author, 1));
    assert_no_statements(fixture);
}

static void
a_join_that_repeats_a_parent_builds_it_once(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    const Book *const *books = run_books(query);
    assert_ptr_equal(books[0]->author.target, books[1]->author.target);
    assert_ptr_equal(books[0]->author.target, books[2]->author.target);
    assert_ptr_not_equal(books[0]->author.target, books[3]->author.target);
    assert_int_equal(kith_statistics(fixture->session).n_objects, 7);
}

static void
several_references_are_joined_and_null_is_null(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    kith_with_join(query, translator);
    kith_where(query, kith_has(Book, author, Author, kith_eq(Author, name, "Ann")));
    const Book *const *books = run_books(query);
    assert_int_equal(fixture->statements->len, 1);
    forget_statements(fixture);
    assert_int_equal(kith_length(books), 3);
    assert_null(books[0]->translator.target);
    assert_null(kith_ref(books[0], translator, &error));
    assert_string_equal(books[1]->translator.target->name, "Cora");
    assert_string_equal(books[2]->translator.target->name, "Bob");
    assert_int_equal(books[2]->author.target->id, 1);
    assert_false(books[2]->author.target->born.has_value);
    assert_no_statements(fixture);
}

static void
what_is_joined_has_siblings_and_paths_go_on_behind_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    kith_with(query, author, books);
    const Book *const *books = run_books(query);
    assert_int_equal(fixture->statements->len, 2);
    forget_statements(fixture);
    assert_int_equal(count_books(books[0]->author.target), 3);
    assert_int_equal(count_books(books[4]->author.target), 2);
    assert_no_statements(fixture);
}

static void
known_objects_are_the_same_ones_in_a_join(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, name, "Mine");
    commit(fixture->session);
    run_sql(fixture, "UPDATE authors SET name = 'Anna' WHERE id = 1");
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    const Book *const *books = run_books(query);
    assert_ptr_equal(books[0]->author.target, ann);
    assert_string_equal(ann->name, "Anna"); /* of the next unit of work */
}

static void
a_limit_counts_objects_in_a_join(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    kith_limit(query, 2);
    assert_int_equal(kith_length(run_books(query)), 2);
    const Book *first = kith_first(query, &error);
    assert_string_equal(first->author.target->name, "Ann");
    int64_t count = 0;
    assert_done(kith_count(query, &count, &error), error);
    assert_int_equal(count, 5);
}

static void
where_there_can_be_no_join_a_second_statement_does(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    kith_distinct(query);
    const Book *const *books = run_books(query);
    assert_int_equal(fixture->statements->len, 2);
    assert_string_equal(books[0]->author.target->name, "Ann");
}

static void
a_stream_joins_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with_join(query, author);
    kith_order_by(query, kith_asc(Book, id));
    size_t n_books = 0;
    kith_stream (book, query, &error) {
        assert_string_equal(book->author.target->name, book->id <= 3 ? "Ann" : "Bob");
        n_books++;
    }
    assert_done(error == NULL, error);
    assert_int_equal(n_books, 5);
}

/* --- only some ---------------------------------------------------------------------- */

/* The titles that kith_only() gives: "Justice, Sword". */
static void
check_only(const Author *author, BookQuery *query, const char *expected, int line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const Book *const *books = kith_only(author, books, query, &error);
    assert_done(books, error);
    kith_each (book, books)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", book->title);
    _assert_string_equal(text->str, expected, __FILE__, line);
}
#define assert_only(author, query, expected) \
    check_only((author), (query), (expected), __LINE__)

static void
some_of_each_collection_are_found_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    const Author *const *authors = run_authors(query);
    g_autoptr(BookQuery) dear = kith_query(fixture->session, Book);
    kith_where(dear, kith_gt(Book, price, 5.0));
    kith_order_by(dear, kith_desc(Book, title));
    forget_statements(fixture);
    assert_only(authors[0], dear, "Sword, Mercy, Justice");
    assert_only(authors[1], dear, "Kindred");
    assert_only(authors[2], dear, "");
    assert_int_equal(fixture->statements->len, 1);
}

static void
the_first_few_of_each_collection_are_found(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    const Author *const *authors = run_authors(query);
    g_autoptr(BookQuery) best = kith_query(fixture->session, Book);
    kith_order_by(best, kith_desc(Book, price));
    kith_limit(best, 2);
    forget_statements(fixture);
    assert_only(authors[0], best, "Mercy, Justice"); /* Sword is as dear: by key */
    assert_only(authors[1], best, "Kindred, Dawn");
    assert_only(authors[2], best, "");
    assert_int_equal(fixture->statements->len, 1);
    kith_offset(best, 1);
    assert_only(authors[0], best, "Justice, Sword");
    assert_only(authors[1], best, "Dawn");
    kith_limit(best, -1);
    kith_offset(best, 2);
    assert_only(authors[0], best, "Sword");
    assert_only(authors[1], best, "");
}

static void
conditions_and_parameters_count_for_each_collection(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    const Author *const *authors = run_authors(query);
    g_autoptr(BookQuery) some = kith_query(fixture->session, Book);
    kith_where(some, kith_lt(Book, price, kith_param(double, "most")));
    kith_where(some, kith_has(Book, translator, Author, kith_is_not_null(Author, name)));
    kith_order_by(some, kith_asc(Book, price));
    kith_limit(some, 1);
    kith_bind(some, "most", 10.0);
    assert_only(authors[0], some, "Sword");
    assert_only(authors[1], some, "Kindred");
    kith_bind(some, "most", 8.0);
    assert_only(authors[0], some, "");
    assert_only(authors[1], some, "Kindred");
}

static void
a_collection_stays_whole_when_some_of_it_are_found(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    g_autoptr(BookQuery) best = kith_query(fixture->session, Book);
    kith_limit(best, 1);
    assert_only(ann, best, "Justice");
    assert_int_equal(count_books(ann), 3);
    assert_only(ann, best, "Justice");
    assert_ptr_equal(find(fixture->session, Book, 1)->author.target, ann);
}

static void
some_of_a_collection_come_with_the_query(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) best = kith_query(fixture->session, Book);
    kith_order_by(best, kith_desc(Book, price));
    kith_limit(best, 1);
    kith_with(best, translator);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_with_only(query, books, best);
    kith_strict_rows(query);
    const Author *const *authors = run_authors(query);
    assert_int_equal(fixture->statements->len, 2); /* the translators are loaded */
    forget_statements(fixture);
    assert_only(authors[0], best, "Mercy");
    assert_only(authors[1], best, "Kindred");
    assert_no_statements(fixture);
}

static void
some_of_a_collection_are_a_lazy_load_that_can_be_forbidden(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    g_autoptr(BookQuery) best = kith_query(fixture->session, Book);
    kith_strict(fixture->session)
    {
        assert_null(kith_only(ann, books, best, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Author 1: nothing has loaded its books*");
    }
}

static void
what_was_found_is_found_anew_in_the_next_unit_of_work(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *cora = find(fixture->session, Author, 3);
    g_autoptr(BookQuery) best = kith_query(fixture->session, Book);
    kith_limit(best, 1);
    assert_only(cora, best, "");
    kith_add(fixture->session, Book, .id = 9, .title = "New", .author.target = cora);
    assert_only(cora, best, ""); /* as it was found */
    commit(fixture->session);
    assert_only(cora, best, "New");
}

static void
a_query_that_is_more_than_conditions_is_refused_for_collections(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_distinct(query);
    assert_null(kith_only(ann, books, query, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Book: a query for the objects of a collection has conditions, orders and "
        "limits only");
    const Author *added = kith_add(fixture->session, Author, .name = "New");
    assert_null(kith_only(added, books, query, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Author: kith_only is for a collection of an object that has a row, and a "
        "query of its session");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_reference_comes_by_a_join_in_one_statement),
        ON_A_DATABASE(a_join_that_repeats_a_parent_builds_it_once),
        ON_A_DATABASE(several_references_are_joined_and_null_is_null),
        ON_A_DATABASE(what_is_joined_has_siblings_and_paths_go_on_behind_it),
        ON_A_DATABASE(known_objects_are_the_same_ones_in_a_join),
        ON_A_DATABASE(a_limit_counts_objects_in_a_join),
        ON_A_DATABASE(where_there_can_be_no_join_a_second_statement_does),
        ON_A_DATABASE(a_stream_joins_too),
        ON_A_DATABASE(some_of_each_collection_are_found_by_one_statement),
        ON_A_DATABASE(the_first_few_of_each_collection_are_found),
        ON_A_DATABASE(conditions_and_parameters_count_for_each_collection),
        ON_A_DATABASE(a_collection_stays_whole_when_some_of_it_are_found),
        ON_A_DATABASE(some_of_a_collection_come_with_the_query),
        ON_A_DATABASE(some_of_a_collection_are_a_lazy_load_that_can_be_forbidden),
        ON_A_DATABASE(what_was_found_is_found_anew_in_the_next_unit_of_work),
        ON_A_DATABASE(a_query_that_is_more_than_conditions_is_refused_for_collections),
        ON_A_DATABASE(a_reference_is_loaded_with_the_query_by_a_second_statement),
        ON_A_DATABASE(a_collection_is_loaded_with_the_query_by_a_second_statement),
        ON_A_DATABASE(the_first_object_comes_with_its_relations),
        ON_A_DATABASE(a_query_that_finds_nothing_loads_no_relation),
        ON_A_DATABASE(null_references_cost_no_statement),
        ON_A_DATABASE(a_path_is_one_statement_for_each_of_its_members),
        ON_A_DATABASE(paths_that_begin_alike_share_their_beginning),
        ON_A_DATABASE(a_path_can_lead_back_to_the_same_entity),
        ON_A_DATABASE(objects_that_are_loaded_are_not_asked_for_again),
        ON_A_DATABASE(a_query_that_is_run_again_loads_what_is_new),
        ON_A_DATABASE(what_is_pending_is_flushed_before_its_collection_is_loaded),
        ON_A_DATABASE(a_reference_that_was_set_is_not_loaded_over),
    };
    return run_on_each_database("eager", tests);
}
