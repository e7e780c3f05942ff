/*
 * test-query.c - what a query finds, in which order, and what it does with changes that
 * are not written yet.
 */
#include "fixture.h"

/* Three authors and five books, put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO authors (id, name, born) VALUES "
            "(1, 'Ann', 1966), (2, 'Bob', NULL), (3, 'Cora', 1900)");
    run_sql(
        fixture,
        "INSERT INTO books (id, title, price, version, author_id, translator_id) VALUES "
        "(1, 'Justice', 9.5, 1, 1, NULL), (2, 'Sword', 9.5, 1, 1, 3), "
        "(3, 'Mercy', 12.25, 1, 1, 2), (4, 'Dawn', 3.0, 1, 2, NULL), "
        "(5, 'Kindred', 7.0, 1, 2, 3)");
}

/* --- asking ------------------------------------------------------------------------ */

/* The titles that @query finds, by key: "Justice, Sword". (transfer full) */
static char *
titles_of(BookQuery *query)
{
    g_autoptr(GError) error = NULL;
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    GString *text = g_string_new(NULL);
    kith_each (book, books)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", book->title);
    return g_string_free(text, FALSE);
}

static void
check_titles(BookQuery *query, const char *expected, const char *file, int line)
{
    g_autofree char *found = titles_of(query);
    if (strcmp(found, expected) == 0)
        return;
    print_error("expected: %s\nfound:    %s\n", expected, found);
    _fail(file, line);
}

/* Which books are like this? By key. */
#define assert_books(fixture, predicate, expected)                          \
    do {                                                                    \
        g_autoptr(BookQuery) query_ = kith_query((fixture)->session, Book); \
        kith_where(query_, predicate);                                      \
        kith_order_by(query_, kith_asc(Book, id));                          \
        check_titles(query_, (expected), __FILE__, __LINE__);               \
    } while (0)

#define assert_titles(query, expected) \
    check_titles((query), (expected), __FILE__, __LINE__)

static int64_t
count_of(BookQuery *query)
{
    g_autoptr(GError) error = NULL;
    int64_t count = -1;
    assert_done(kith_count(query, &count, &error), error);
    return count;
}

/* --- conditions -------------------------------------------------------------------- */

static void
a_query_without_conditions_finds_all(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_asc(Book, id));
    assert_titles(query, "Justice, Sword, Mercy, Dawn, Kindred");
    assert_statements(fixture, "SELECT books ORDER BY id");
}

static void
a_query_that_finds_nothing_is_an_empty_array(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    assert_null(books[0]);
    assert_int_equal(kith_length(books), 0);
    assert_null(kith_first(query, &error));
    assert_done(error == NULL, error);
    assert_int_equal(count_of(query), 0);
}

static void
each_comparison_finds_what_it_says(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    assert_books(fixture, kith_eq(Book, price, 9.5), "Justice, Sword");
    assert_books(fixture, kith_ne(Book, price, 9.5), "Mercy, Dawn, Kindred");
    assert_books(fixture, kith_lt(Book, price, 7), "Dawn");
    assert_books(fixture, kith_le(Book, price, 7), "Dawn, Kindred");
    assert_books(fixture, kith_gt(Book, price, 9.5), "Mercy");
    assert_books(fixture, kith_ge(Book, price, 9.5), "Justice, Sword, Mercy");
    assert_books(fixture, kith_eq(Book, title, "Dawn"), "Dawn");
    assert_books(fixture, kith_eq(Book, id, 3), "Mercy");
    assert_books(
        fixture, kith_eq(Book, version, 1), "Justice, Sword, Mercy, Dawn, Kindred");
}

static void
conditions_are_combined_and_nested(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    assert_books(fixture,
                 kith_and(Book, kith_eq(Book, price, 9.5), kith_gt(Book, id, 1)),
                 "Sword");
    assert_books(fixture,
                 kith_or(Book, kith_eq(Book, title, "Dawn"), kith_gt(Book, price, 10)),
                 "Mercy, Dawn");
    assert_books(
        fixture, kith_not(Book, kith_eq(Book, price, 9.5)), "Mercy, Dawn, Kindred");
    assert_books(fixture,
                 kith_and(Book,
                          kith_not(Book,
                                   kith_or(Book,
                                           kith_eq(Book, id, 1),
                                           kith_and(Book,
                                                    kith_eq(Book, id, 2),
                                                    kith_eq(Book, title, "Sword")))),
                          kith_lt(Book, id, 5)),
                 "Mercy, Dawn");
    assert_books(fixture, kith_or(Book, kith_eq(Book, id, 5)), "Kindred");
}

static void
several_conditions_must_all_hold(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_or(Book, kith_eq(Book, id, 1), kith_eq(Book, id, 4)));
    kith_where(query, kith_or(Book, kith_eq(Book, id, 4), kith_eq(Book, id, 5)));
    assert_titles(query, "Dawn");
    assert_statements(fixture, "SELECT books WHERE (id OR id) AND (id OR id)");
}

static void
a_reference_is_compared_with_an_object(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    const Author *cora = find(fixture->session, Author, 3);
    assert_books(fixture, kith_eq(Book, author, bob), "Dawn, Kindred");
    assert_books(fixture, kith_ne(Book, author, bob), "Justice, Sword, Mercy");
    assert_books(fixture, kith_eq(Book, translator, cora), "Sword, Kindred");
    assert_books(fixture, kith_ne(Book, translator, cora), "Mercy");
    assert_books(fixture, kith_is_null(Book, translator), "Justice, Dawn");
    assert_books(fixture, kith_is_not_null(Book, translator), "Sword, Mercy, Kindred");
}

static void
null_is_asked_for_with_is_null(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) without = kith_query(fixture->session, Author);
    kith_where(without, kith_is_null(Author, born));
    assert_string_equal(kith_first(without, &error)->name, "Bob");
    g_autoptr(AuthorQuery) with = kith_query(fixture->session, Author);
    kith_where(with, kith_is_not_null(Author, born));
    kith_where(with, kith_lt(Author, born, 1950));
    assert_string_equal(kith_first(with, &error)->name, "Cora");
}

static void
nothing_is_equal_to_null(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const char *nothing = NULL;
    const Author *nobody = NULL;
    assert_books(fixture, kith_eq(Book, title, nothing), "");
    assert_books(fixture, kith_eq(Book, translator, nobody), "");
    assert_books(fixture, kith_ne(Book, translator, nobody), "");
}

/* How many samples are like this? */
#define assert_samples(fixture, predicate, expected)                            \
    do {                                                                        \
        g_autoptr(GError) error_ = NULL;                                        \
        g_autoptr(SampleQuery) query_ = kith_query((fixture)->session, Sample); \
        int64_t count_ = -1;                                                    \
        kith_where(query_, predicate);                                          \
        assert_done(kith_count(query_, &count_, &error_), error_);              \
        assert_int_equal(count_, (expected));                                   \
    } while (0)

static void
every_kind_can_be_asked_for(void **state)
{
    Fixture *fixture = *state;
    KithUuid uuid;
    assert_true(kith_uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &uuid));
    KithTime time = kith_time_make(2026, 1, 2, 3, 4, 5, 6);
    KithDate date = kith_date_make(2026, 1, 2);
    KithBlob blob = { "a\0b", 3 };
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    kith_add(fixture->session,
             Sample,
             .flag = true,
             .small = 1,
             .large = INT64_MAX,
             .real = 0.5,
             .text = "it's; --",
             .blob = blob,
             .time = time,
             .date = date,
             .uuid = uuid);
    assert_samples(fixture, kith_eq(Sample, flag, true), 1);
    assert_samples(fixture, kith_eq(Sample, small, 1), 1);
    assert_samples(fixture, kith_eq(Sample, large, INT64_MAX), 1);
    assert_samples(fixture, kith_lt(Sample, real, 0.5), 1);
    assert_samples(fixture, kith_eq(Sample, text, "it's; --"), 1);
    assert_samples(fixture, kith_eq(Sample, blob, blob), 1);
    assert_samples(fixture, kith_ge(Sample, time, time), 1);
    assert_samples(fixture, kith_lt(Sample, time, time), 1);
    assert_samples(fixture, kith_eq(Sample, date, date), 1);
    assert_samples(fixture, kith_eq(Sample, uuid, uuid), 1);
}

static void
every_kind_that_can_be_null_can_be_asked_for(void **state)
{
    Fixture *fixture = *state;
    KithUuid uuid;
    assert_true(kith_uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &uuid));
    KithOptInt32 none = KITH_NONE;
    KithOptInt32 seven = KITH_SOME(7);
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    kith_add(fixture->session,
             Sample,
             SAMPLE_BASICS,
             .maybe_flag = KITH_SOME(false),
             .maybe_small = KITH_SOME(7),
             .maybe_real = KITH_SOME(7),
             .maybe_text = "",
             .maybe_uuid = KITH_SOME(uuid));
    assert_samples(fixture, kith_eq(Sample, maybe_flag, false), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_small, 7), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_small, seven), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_small, none), 0);
    assert_samples(fixture, kith_eq(Sample, maybe_real, 7), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_text, ""), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_uuid, uuid), 1);
    assert_samples(fixture, kith_is_null(Sample, maybe_small), 1);
    assert_samples(fixture, kith_is_not_null(Sample, maybe_text), 1);
    assert_samples(fixture, kith_is_null(Sample, maybe_blob), 2);
}

static void
an_enum_is_asked_for_by_its_enumerator(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session,
             Sample,
             SAMPLE_BASICS,
             .genre = GENRE_POEM,
             .shelf = SHELF_HIGH,
             .maybe_genre = KITH_SOME(GENRE_PLAY),
             .maybe_shelf = KITH_SOME(SHELF_MIDDLE));
    kith_add(fixture->session, Sample, SAMPLE_BASICS);
    assert_samples(fixture, kith_eq(Sample, genre, GENRE_POEM), 1);
    assert_samples(fixture, kith_ne(Sample, genre, GENRE_POEM), 1);
    assert_samples(fixture, kith_eq(Sample, genre, GENRE_PLAY), 0);
    assert_samples(fixture, kith_ge(Sample, shelf, SHELF_MIDDLE), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_genre, GENRE_PLAY), 1);
    assert_samples(fixture, kith_eq(Sample, maybe_shelf, SHELF_MIDDLE), 1);
}

static void
a_text_is_copied_when_the_condition_is_given(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    char title[] = "Dawn";
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_eq(Book, title, title));
    strcpy(title, "nope");
    assert_titles(query, "Dawn");
}

static void
a_value_is_never_taken_for_sql(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    assert_books(fixture, kith_eq(Book, title, "' OR 1=1 --"), "");
    assert_books(fixture, kith_eq(Book, title, "?1 $1"), "");
}

/* --- refusals ---------------------------------------------------------------------- */

static void
an_enumerator_without_a_name_cannot_be_asked_for(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(SampleQuery) query = kith_query(fixture->session, Sample);
    kith_where(query, kith_eq(Sample, genre, GENRE_UNNAMED));
    assert_null(kith_all(query, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Sample: an enum is compared with an enumerator that has no name");
    assert_no_statements(fixture);
}

static void
an_object_without_a_key_cannot_be_asked_for(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_eq(Book, author, ann));
    assert_null(kith_all(query, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Book: a reference is compared with an object that has no key yet; flush first");
    flush(fixture->session);
    assert_titles(query, "");
}

static void
a_text_that_is_not_utf8_cannot_be_asked_for(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_eq(Book, title, "\xff"));
    assert_null(kith_all(query, &error));
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "Book.title: it is compared with a text that is not UTF-8");
    int64_t count;
    assert_false(kith_count(query, &count, &error));
    assert_error(error, KITH_ERROR_TYPE, "Book.title: *");
}

/* A member of the struct that the mapping leaves out. */
typedef struct Partial {
    int64_t id;
    int64_t unmapped;
} Partial;
KITH_DECLARE(Partial);
KITH_MAPPING(Partial, "authors", KITH_KEY(Partial, id, .generated = true));

static void
a_member_that_is_not_mapped_cannot_be_asked_for(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(Partial) };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    g_autoptr(PartialQuery) query = kith_query(session, Partial);
    kith_order_by(query, kith_asc(Partial, unmapped));
    assert_null(kith_all(query, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Partial: a query names a member that is not mapped");
    g_autoptr(PartialQuery) other = kith_query(session, Partial);
    kith_where(other, kith_eq(Partial, unmapped, 1));
    assert_null(kith_all(other, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Partial: a query names a member that is not mapped");
}

/* --- order, limit, offset, count, first -------------------------------------------- */

static void
the_first_order_counts_most(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_desc(Book, price));
    kith_order_by(query, kith_asc(Book, title));
    assert_titles(query, "Mercy, Justice, Sword, Kindred, Dawn");
    assert_statements(fixture, "SELECT books ORDER BY price DESC, title");
}

static void
a_reference_orders_by_its_key(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_desc(Book, author));
    kith_order_by(query, kith_desc(Book, id));
    assert_titles(query, "Kindred, Dawn, Mercy, Sword, Justice");
}

static void
limit_and_offset_cut_a_page_out(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_asc(Book, id));
    kith_limit(query, 2);
    assert_titles(query, "Justice, Sword");
    kith_offset(query, 2);
    assert_titles(query, "Mercy, Dawn");
    kith_offset(query, 4);
    assert_titles(query, "Kindred");
    kith_offset(query, 5);
    assert_titles(query, "");
    kith_limit(query, -1);
    kith_offset(query, 3);
    assert_titles(query, "Dawn, Kindred");
    kith_limit(query, 0);
    kith_offset(query, 0);
    assert_titles(query, "");
    assert_statements(fixture,
                      "SELECT books ORDER BY id LIMIT ?",
                      "SELECT books ORDER BY id LIMIT ? OFFSET ?",
                      "SELECT books ORDER BY id LIMIT ? OFFSET ?",
                      "SELECT books ORDER BY id LIMIT ? OFFSET ?",
                      "SELECT books ORDER BY id OFFSET ?",
                      "SELECT books ORDER BY id LIMIT ?");
}

static void
count_counts_all_that_match_whatever_the_limit(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_lt(Book, price, 10));
    kith_order_by(query, kith_asc(Book, id));
    kith_limit(query, 1);
    kith_offset(query, 1);
    assert_int_equal(count_of(query), 4);
    assert_statements(fixture, "COUNT books WHERE price < ?");
}

static void
first_reads_one_row(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_desc(Book, price));
    assert_string_equal(kith_first(query, &error)->title, "Mercy");
    assert_statements(fixture, "SELECT books ORDER BY price DESC LIMIT ?");
    kith_offset(query, 4);
    assert_string_equal(kith_first(query, &error)->title, "Dawn");
    kith_offset(query, 5);
    assert_null(kith_first(query, &error));
    kith_offset(query, 0);
    kith_limit(query, 0);
    assert_null(kith_first(query, &error));
    assert_null(error);
}

static void
a_query_is_run_again_after_more_conditions(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_asc(Book, id));
    kith_where(query, kith_lt(Book, price, 10));
    assert_titles(query, "Justice, Sword, Dawn, Kindred");
    assert_int_equal(count_of(query), 4);
    kith_where(query, kith_gt(Book, price, 5));
    assert_titles(query, "Justice, Sword, Kindred");
    run_sql(fixture, "DELETE FROM books WHERE id = 2");
    assert_titles(query, "Justice, Kindred");
    assert_int_equal(count_of(query), 2);
}

static void
two_queries_do_not_disturb_each_other(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) books = kith_query(fixture->session, Book);
    g_autoptr(AuthorQuery) authors = kith_query(fixture->session, Author);
    unsigned n_pairs = 0;
    kith_each (book, kith_all(books, &error)) {
        kith_each (author, kith_all(authors, &error)) {
            if (book->id == author->id)
                n_pairs++;
        }
    }
    assert_int_equal(n_pairs, 3);
}

/* --- changes that are not written yet ---------------------------------------------- */

static void
a_query_sees_what_was_changed_before_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *dawn = find(fixture->session, Book, 4);
    kith_set(dawn, price, 9.5);
    kith_delete(find(fixture->session, Book, 1));
    kith_add(fixture->session,
             Book,
             .id = 9,
             .title = "Wild Seed",
             .price = 9.5,
             .author.target = find(fixture->session, Author, 2));
    forget_statements(fixture);
    assert_books(fixture, kith_eq(Book, price, 9.5), "Sword, Dawn, Wild Seed");
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT books",
                      "UPDATE books SET price, version",
                      "DELETE books",
                      "SELECT books WHERE price ORDER BY id");
    assert_rows(fixture, "SELECT count(*) FROM books WHERE price = 9.5", "2");
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM books WHERE price = 9.5", "3");
}

static void
count_sees_what_was_changed_before_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Book, 1));
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    assert_int_equal(count_of(query), 4);
}

static void
a_query_of_another_table_does_not_flush(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set(find(fixture->session, Author, 1), born, 1900);
    forget_statements(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    assert_done(kith_all(query, &error), error);
    assert_statements(fixture, "SELECT books");
    assert_true(kith_has_changes(fixture->session));
}

static void
an_edit_that_changed_nothing_does_not_flush(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    Book *book = kith_edit(find(fixture->session, Book, 1));
    book->price = 9.5;
    forget_statements(fixture);
    assert_books(fixture, kith_eq(Book, price, 9.5), "Justice, Sword");
    assert_statements(fixture, "SELECT books WHERE price ORDER BY id");
}

static void
a_failing_automatic_flush_says_so(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *second = kith_add(fixture->session, Author, .id = 9, .name = "Ann");
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_null(kith_all(query, &error));
    assert_error_facts(error,
                       .constraint = "authors_name_key",
                       .table = "authors",
                       .column = "name",
                       .entity = "Author",
                       .key = "9");
    assert_error(error,
                 KITH_ERROR_UNIQUE,
                 "in the automatic flush before a query of Author: Author 9: unique: *");
    assert_int_equal(kith_state(second), KITH_PENDING);
    kith_set(second, name, "Dora");
    assert_int_equal(kith_length(kith_all(query, &error)), 4);
}

static void
without_the_automatic_flush_a_query_sees_what_is_in_the_table(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    KithOptions options = { .no_autoflush = true };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    const Book *justice = find(session, Book, 1);
    kith_set(justice, price, 1);
    kith_delete(find(session, Book, 2));
    forget_statements(fixture);
    g_autoptr(BookQuery) query = kith_query(session, Book);
    kith_where(query, kith_eq(Book, price, 9.5));
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    assert_statements(fixture, "SELECT books WHERE price");
    /* Its row is found, its values are ours; the other one is deleted for us. */
    assert_int_equal(kith_length(books), 1);
    assert_ptr_equal(books[0], justice);
    assert_true(justice->price == 1);
    commit(session);
    assert_rows(fixture, "SELECT id, version FROM books WHERE price = 1", "1|2");
}

static void
without_the_automatic_flush_an_edited_reference_is_not_overwritten(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    KithOptions options = { .no_autoflush = true };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    const Author *bob = find(session, Author, 2);
    Book *justice = kith_edit(find(session, Book, 1));
    commit(session);
    justice->author.target = bob;
    g_autoptr(BookQuery) query = kith_query(session, Book);
    assert_done(kith_all(query, &error), error);
    assert_ptr_equal(justice->author.target, bob);
    commit(session);
    assert_rows(fixture, "SELECT author_id FROM books WHERE id = 1", "2");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_query_without_conditions_finds_all),
        ON_A_DATABASE(a_query_that_finds_nothing_is_an_empty_array),
        ON_A_DATABASE(each_comparison_finds_what_it_says),
        ON_A_DATABASE(conditions_are_combined_and_nested),
        ON_A_DATABASE(several_conditions_must_all_hold),
        ON_A_DATABASE(a_reference_is_compared_with_an_object),
        ON_A_DATABASE(null_is_asked_for_with_is_null),
        ON_A_DATABASE(nothing_is_equal_to_null),
        ON_A_DATABASE(every_kind_can_be_asked_for),
        ON_A_DATABASE(every_kind_that_can_be_null_can_be_asked_for),
        ON_A_DATABASE(an_enum_is_asked_for_by_its_enumerator),
        ON_A_DATABASE(a_text_is_copied_when_the_condition_is_given),
        ON_A_DATABASE(a_value_is_never_taken_for_sql),
        ON_A_DATABASE(an_enumerator_without_a_name_cannot_be_asked_for),
        ON_A_DATABASE(an_object_without_a_key_cannot_be_asked_for),
        ON_A_DATABASE(a_text_that_is_not_utf8_cannot_be_asked_for),
        ON_A_DATABASE(a_member_that_is_not_mapped_cannot_be_asked_for),
        ON_A_DATABASE(the_first_order_counts_most),
        ON_A_DATABASE(a_reference_orders_by_its_key),
        ON_A_DATABASE(limit_and_offset_cut_a_page_out),
        ON_A_DATABASE(count_counts_all_that_match_whatever_the_limit),
        ON_A_DATABASE(first_reads_one_row),
        ON_A_DATABASE(a_query_is_run_again_after_more_conditions),
        ON_A_DATABASE(two_queries_do_not_disturb_each_other),
        ON_A_DATABASE(a_query_sees_what_was_changed_before_it),
        ON_A_DATABASE(count_sees_what_was_changed_before_it),
        ON_A_DATABASE(a_query_of_another_table_does_not_flush),
        ON_A_DATABASE(an_edit_that_changed_nothing_does_not_flush),
        ON_A_DATABASE(a_failing_automatic_flush_says_so),
        ON_A_DATABASE(without_the_automatic_flush_a_query_sees_what_is_in_the_table),
        ON_A_DATABASE(without_the_automatic_flush_an_edited_reference_is_not_overwritten),
    };
    return run_on_each_database("queries", tests);
}
