/*
 * mistakes.c - code that must not compile, and the same done right, which must compile without a
 * warning.
 *
 * Each mistake is a block of its own, compiled by -DMISTAKE_name; the comment of the block is what the
 * first error of the compiler has to say, as an extended regular expression. See run.sh.
 */
#include <kith/kith.h>

typedef struct Author Author;
typedef struct Book Book;
typedef struct Seat Seat;
typedef struct Club Club;

typedef enum Genre {
    GENRE_POEM,
    GENRE_NOVEL
} Genre;

struct Author {
    int64_t id;
    const char *name;
    KithOptInt32 born;
    bool living;
    KithTime seen;
    KITH_MANY(Book) books;
    KITH_MANY(Club) clubs;
};

struct Book {
    int64_t id;
    const char *title;
    Genre genre;
    double price;
    int32_t pages;
    int32_t version;
    KITH_REF(Author) author;
    KITH_REF(Seat) kept_at;
    KITH_REF(Club) club;
};

/* Many members, and one book. */
struct Club {
    int64_t id;
    KITH_MANY(Author) members;
    KITH_ONE(Book) handbook;
};

/* A key of two members, and members that cannot be columns. */
struct Seat {
    int32_t row;
    int32_t number;
    int64_t reserved_by;
    double weight;
    char *label;
    char code[8];
    size_t count;
    float height;
    void *anything;
};

/* One that extends Book. */
typedef struct Atlas {
    Book book;
    int32_t maps;
    Book next;
} Atlas;

KITH_DECLARE(Author);
KITH_DECLARE(Book);
KITH_DECLARE(Seat);
KITH_DECLARE(Club);
KITH_DECLARE(Atlas);

/* What a query gives that does not give objects. */
typedef struct Line {
    const char *title;
    int64_t pages;
} Line;

KITH_DECLARE(Line);

KITH_RESULT(Line, KITH_COLUMN(Line, title), KITH_COLUMN(Line, pages));

/* --- mappings ----------------------------------------------------------------------------- */

KITH_MAPPING(Author,
             "authors",
             KITH_KEY(Author, id, .generated = true),
             KITH_COLUMN(Author, name, .max_length = 80, .unique = true),
             KITH_COLUMN(Author, born, .column = "birth_year"),
             KITH_COLUMN(Author, living),
             KITH_COLUMN(Author, seen, .indexed = true),
             KITH_HAS_MANY(Author, books, Book, author, .on_delete = KITH_CASCADE),
             KITH_MANY_TO_MANY_BACK(Author, clubs, Club, members));

KITH_MAPPING(Club,
             "clubs",
             KITH_KEY(Club, id, .generated = true),
             KITH_MANY_TO_MANY(Club, members, Author, .order_by = KITH_BY(Author, name)),
             KITH_HAS_ONE(Club, handbook, Book, club));

KITH_MAPPING(Book,
             "books",
             KITH_KEY(Book, id, .generated = true),
             KITH_COLUMN(Book, title, .nullable = true),
             KITH_COLUMN(Book,
                         genre,
                         .names = KITH_NAMES([GENRE_POEM] = "poem", [GENRE_NOVEL] = "novel")),
             KITH_COLUMN(Book, price),
             KITH_COLUMN(Book, pages),
             KITH_VERSION(Book, version),
             KITH_BELONGS_TO(Book, author, Author, .nullable = true),
             KITH_BELONGS_TO(Book, club, Club, .nullable = true, .unique = true),
             KITH_UNIQUE(Book, author, title),
             KITH_INDEX(Book, price));

KITH_MAPPING(Seat,
             "seats",
             KITH_KEY(Seat, row),
             KITH_KEY(Seat, number),
             KITH_COLUMN(Seat,
                         reserved_by,
                         .references =
                             KITH_REFERENCES(Author, id, .on_delete = KITH_CASCADE)));

KITH_MAPPING(Atlas,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Atlas, book, Book, .value = GENRE_NOVEL),
             KITH_COLUMN(Atlas, maps));

#ifdef MISTAKE_column_of_no_member /* no member named .nmae. */
static const KithMember mistake[] = { KITH_COLUMN(Author, nmae) };
#endif
#ifdef MISTAKE_column_of_another_struct /* no member named .title. */
static const KithMember mistake[] = { KITH_COLUMN(Author, title) };
#endif
#ifdef MISTAKE_column_of_size_t /* Seat\.count does not have a type that can be a column */
static const KithMember mistake[] = { KITH_COLUMN(Seat, count) };
#endif
#ifdef MISTAKE_column_of_char_pointer /* Seat\.label does not have a type that can be a column */
static const KithMember mistake[] = { KITH_COLUMN(Seat, label) };
#endif
#ifdef MISTAKE_column_of_char_array /* Seat\.code does not have a type that can be a column */
static const KithMember mistake[] = { KITH_COLUMN(Seat, code) };
#endif
#ifdef MISTAKE_column_of_float /* Seat\.height does not have a type that can be a column */
static const KithMember mistake[] = { KITH_COLUMN(Seat, height) };
#endif
#ifdef MISTAKE_column_of_void_pointer /* Seat\.anything does not have a type that can be a column */
static const KithMember mistake[] = { KITH_COLUMN(Seat, anything) };
#endif
#ifdef MISTAKE_column_of_reference /* Book\.author does not have a type that can be a column */
static const KithMember mistake[] = { KITH_COLUMN(Book, author) };
#endif
#ifdef MISTAKE_key_of_double /* Seat\.weight cannot be a key: a key is an int32_t, an int64_t, a const char \* or a KithUuid */
static const KithMember mistake[] = { KITH_KEY(Seat, weight) };
#endif
#ifdef MISTAKE_key_of_optional /* Author\.born cannot be a key */
static const KithMember mistake[] = { KITH_KEY(Author, born) };
#endif
#ifdef MISTAKE_version_of_text /* Book\.title cannot be a version: it is not an int32_t or an int64_t */
static const KithMember mistake[] = { KITH_VERSION(Book, title) };
#endif
#ifdef MISTAKE_belongs_to_another /* Book\.author is not a KITH_REF\(Book\) */
static const KithMember mistake[] = { KITH_BELONGS_TO(Book, author, Book) };
#endif
#ifdef MISTAKE_belongs_to_by_text /* target. in something not a structure|member reference base type 'const char \*(const)?' */
static const KithMember mistake[] = { KITH_BELONGS_TO(Book, title, Author) };
#endif
#ifdef MISTAKE_belongs_to_unknown /* kith_mapping_Autor */
static const KithMember mistake[] = { KITH_BELONGS_TO(Book, author, Autor) };
#endif
#ifdef MISTAKE_has_many_of_another /* Author\.books is not a KITH_MANY\(Author\) */
static const KithMember mistake[] = { KITH_HAS_MANY(Author, books, Author, books) };
#endif
#ifdef MISTAKE_has_many_by_another_reference /* Book\.kept_at is not a KITH_REF\(Author\) */
static const KithMember mistake[] = { KITH_HAS_MANY(Author, books, Book, kept_at) };
#endif
#ifdef MISTAKE_has_many_by_text /* target. in something not a structure|member reference base type 'const char \*(const)?' */
static const KithMember mistake[] = { KITH_HAS_MANY(Author, books, Book, title) };
#endif
#ifdef MISTAKE_has_one_of_another /* Club\.handbook is not a KITH_ONE\(Author\) */
static const KithMember mistake[] = { KITH_HAS_ONE(Club, handbook, Author, books) };
#endif
#ifdef MISTAKE_belongs_to_by_the_other_side /* no member named .link. */
static const KithMember mistake[] = { KITH_BELONGS_TO(Club, handbook, Book) };
#endif
#ifdef MISTAKE_many_to_many_of_another /* Club\.members is not a KITH_MANY\(Book\) */
static const KithMember mistake[] = { KITH_MANY_TO_MANY(Club, members, Book) };
#endif
#ifdef MISTAKE_many_to_many_back_of_another /* Author\.clubs is not a KITH_MANY\(Author\) */
static const KithMember mistake[] = { KITH_MANY_TO_MANY_BACK(Author, clubs, Author, books) };
#endif
#ifdef MISTAKE_many_to_many_option_misspelt /* tabel */
static const KithMember mistake[] = { KITH_MANY_TO_MANY(Club, members, Author, .tabel = "x") };
#endif
#ifdef MISTAKE_via_no_member /* no member named .nmae. */
static const KithMember mistake[] = {
    KITH_BELONGS_TO(Book, author, Author, .via = KITH_VIA(Book, nmae))
};
#endif
#ifdef MISTAKE_extends_another_type /* Atlas\.book is not of type Author */
static const KithMember mistake[] = { KITH_EXTENDS(Atlas, book, Author) };
#endif
#ifdef MISTAKE_extends_not_the_first_member /* Atlas\.next is not the first member of Atlas */
static const KithMember mistake[] = { KITH_EXTENDS(Atlas, next, Book) };
#endif
#ifdef MISTAKE_extends_no_struct /* Atlas\.maps is not of type Book */
static const KithMember mistake[] = { KITH_EXTENDS(Atlas, maps, Book) };
#endif
#ifdef MISTAKE_extends_with_no_option /* kind */
static const KithMember mistake[] = { KITH_EXTENDS(Atlas, book, Book, .kind = GENRE_POEM) };
#endif
#ifdef MISTAKE_discriminator_of_double /* Book\.price cannot be a discriminator */
static const KithMember mistake[] = { KITH_DISCRIMINATOR(Book, price) };
#endif
#ifdef MISTAKE_discriminator_of_bool /* Author\.living cannot be a discriminator */
static const KithMember mistake[] = { KITH_DISCRIMINATOR(Author, living) };
#endif
#ifdef MISTAKE_unique_over_no_member /* no member named .nmae. */
static const KithMember mistake[] = { KITH_UNIQUE(Author, id, nmae) };
#endif
#ifdef MISTAKE_index_over_no_member /* no member named .nmae. */
static const KithMember mistake[] = { KITH_INDEX(Author, nmae) };
#endif
#ifdef MISTAKE_foreign_key_to_no_member /* no member named .key. */
static const KithMember mistake[] = {
    KITH_COLUMN(Seat, reserved_by, .references = KITH_REFERENCES(Author, key))
};
#endif
#ifdef MISTAKE_column_option_misspelt /* lenght */
static const KithMember mistake[] = { KITH_COLUMN(Author, name, .lenght = 80) };
#endif
#ifdef MISTAKE_column_option_of_wrong_type /* .size_t.* .char|integer from pointer|incompatible pointer to integer */
static const KithMember mistake[] = { KITH_COLUMN(Author, name, .max_length = "80") };
#endif
#ifdef MISTAKE_key_option_of_a_column /* nullable */
static const KithMember mistake[] = { KITH_KEY(Author, id, .nullable = true) };
#endif
#ifdef MISTAKE_version_option_of_a_column /* unique */
static const KithMember mistake[] = { KITH_VERSION(Book, version, .unique = true) };
#endif
#ifdef MISTAKE_reference_option_of_a_column /* max_length */
static const KithMember mistake[] = { KITH_BELONGS_TO(Book, author, Author, .max_length = 1) };
#endif
#ifdef MISTAKE_many_option_of_a_column /* nullable */
static const KithMember mistake[] = {
    KITH_HAS_MANY(Author, books, Book, author, .nullable = true)
};
#endif
#ifdef MISTAKE_mapping_written_to /* read-only|const-qualified */
void mistake(void);
void
mistake(void)
{
    kith_mapping_Author.table = "writers";
}
#endif

/* --- use ------------------------------------------------------------------------------------ */

static void
expect_queries(KithSession *session, const Author *ann, GError **error)
{
    g_autoptr(BookQuery) query = kith_query(session, Book);
    const int year = 1966;
    const unsigned char few = 3;
    char buffer[] = "Ann";
    kith_where(query, kith_eq(Book, author, ann));
    kith_where(query, kith_eq(Book, author, (Author *) NULL));
    kith_where(query, kith_ne(Book, genre, GENRE_POEM));
    kith_where(query,
               kith_or(Book,
                       kith_lt(Book, price, 5),
                       kith_and(Book, kith_ge(Book, price, 6.5F), kith_le(Book, price, 7.0)),
                       kith_not(Book, kith_gt(Book, pages, few)),
                       kith_is_null(Book, author),
                       kith_is_not_null(Book, title)));
    kith_order_by(query, kith_desc(Book, price));
    kith_order_by(query, kith_asc(Book, title));
    kith_limit(query, 10);
    kith_offset(query, 20);
    kith_with(query, kept_at);
    kith_with(query, author, books, author);
    const int64_t ids[] = { 1, 2 };
    const Author *const authors_in[] = { ann };
    kith_where(query, kith_in(Book, id, ids, 2));
    kith_where(query, kith_in(Book, author, authors_in, 1));
    kith_where(query, kith_between(Book, price, 1, kith_param(double, "most")));
    kith_where(query, kith_starts_with(Book, title, "A"));
    kith_where(query, kith_lt(Book, price, kith_times(kith_member(Book, price), 2)));
    kith_where(query,
               kith_has(Book,
                        author,
                        Author,
                        kith_any_of(Author, books, Book, kith_gt(Book, pages, 100)),
                        kith_if(Author, few > 2, kith_is_null(Author, born))));
    kith_where(query,
               kith_compare(Book, kith_text_length(kith_member(Book, title)), >=, 5));
    BookAlias *other = kith_alias(query, Book);
    kith_join(query, other, kith_eq(Book, author, kith_at(query, author)));
    BookAlias *others = kith_alias(query, Book);
    kith_full_join(query, others, kith_eq(Book, id, kith_at(other, id)));
    kith_where(query,
               kith_compare(Book,
                            kith_via_at(other, author, Author, kith_member(Author, id)),
                            ==,
                            3));
    kith_after(query, (const Book *) NULL);
    kith_change(query, kith_to(Book, price, kith_times(kith_member(Book, price), 2)));
    kith_change(query, kith_to(Book, author, ann));
    kith_change(query, kith_to_null(Book, title));
    kith_insert_values(query, &(const Book){ .title = "Ann" }, 1);
    kith_on_conflict(query, title);
    kith_change(query, kith_to(Book, price, kith_excluded(Book, price)));
    kith_select(query, Line, pages, kith_sum(kith_member(Book, pages)));
    kith_group_by(query, kith_output(Line, title));
    kith_having(query, kith_compare(Book, kith_count_rows(), >, 1));
    kith_select(query,
                Line,
                title,
                kith_via(Book, author, Author, kith_upper(kith_member(Author, name))));

    double sum = 0.0;
    kith_each (book, kith_all(query, error)) {
        if (book->pages == 0)
            continue;
        sum += book->price;
    }
    const Book *first = kith_first(query, error);
    int64_t n = 0;
    if (first == NULL || sum < 0.0 || !kith_count(query, &n, error))
        return;

    g_autoptr(AuthorQuery) authors = kith_query(session, Author);
    kith_where(authors, kith_eq(Author, name, buffer));
    kith_where(authors, kith_eq(Author, born, year));
    kith_where(authors, kith_eq(Author, living, true));
    kith_where(authors, kith_eq(Author, id, 7));
    kith_where(authors, kith_lt(Author, seen, kith_time_now()));
    kith_each (author, kith_all(authors, error))
        if (author->living)
            break;

    if (ann != NULL && kith_only(ann, books, query, error) == NULL)
        return;
    kith_with_join(query, author);
#ifdef MISTAKE_join_a_collection /* no member named .link. */
    kith_with_join(authors, books);
#endif
#ifdef MISTAKE_only_of_another /* not compatible with any|not compatible with any association */
    (void) kith_only(ann, books, authors, error);
#endif
#ifdef MISTAKE_with_only_of_another /* not compatible with any|not compatible with any association */
    kith_with_only(authors, books, authors);
#endif
#ifdef MISTAKE_with_a_column /* kith_relation. in something not a structure|member reference base type 'const char */
    kith_with(query, title);
#endif
#ifdef MISTAKE_with_an_optional_column /* no member named .kith_relation. */
    kith_with(authors, born);
#endif
#ifdef MISTAKE_with_no_member /* no member named .autor. */
    kith_with(query, autor);
#endif
#ifdef MISTAKE_with_a_member_of_another /* no member named .books. */
    kith_with(query, author, books, books);
#endif
#ifdef MISTAKE_compare_no_member /* no member named .nmae. */
    kith_where(authors, kith_eq(Author, nmae, "Ann"));
#endif
#ifdef MISTAKE_compare_text_with_number /* Author_member_cannot_be_compared_with_this */
    kith_where(authors, kith_eq(Author, name, 42));
#endif
#ifdef MISTAKE_compare_number_with_text /* Author_member_cannot_be_compared_with_this */
    kith_where(authors, kith_eq(Author, born, "1950"));
#endif
#ifdef MISTAKE_compare_integer_with_fraction /* Author_member_cannot_be_compared_with_this */
    kith_where(authors, kith_eq(Author, born, 4.5));
#endif
#ifdef MISTAKE_compare_int32_with_int64 /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_eq(Book, pages, ann->id));
#endif
#ifdef MISTAKE_compare_int64_with_size_t /* Author_member_cannot_be_compared_with_this */
    kith_where(authors, kith_eq(Author, id, sizeof(buffer)));
#endif
#ifdef MISTAKE_compare_time_with_integer /* Author_member_cannot_be_compared_with_this */
    kith_where(authors, kith_gt(Author, seen, 0));
#endif
#ifdef MISTAKE_compare_enum_with_text /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_eq(Book, genre, "novel"));
#endif
#ifdef MISTAKE_compare_with_null /* Author_member_cannot_be_compared_with_this */
    kith_where(authors, kith_eq(Author, name, NULL));
#endif
#ifdef MISTAKE_compare_reference_with_null /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_eq(Book, author, NULL));
#endif
#ifdef MISTAKE_compare_reference_with_another /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_eq(Book, author, first));
#endif
#ifdef MISTAKE_compare_reference_with_its_key /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_eq(Book, author, 7));
#endif
#ifdef MISTAKE_compare_collection /* no member named .target. */
    kith_where(authors, kith_eq(Author, books, 3));
#endif
#ifdef MISTAKE_test_no_member /* no member named .nmae. */
    kith_where(authors, kith_is_null(Author, nmae));
#endif
#ifdef MISTAKE_order_by_no_member /* no member named .nmae. */
    kith_order_by(authors, kith_asc(Author, nmae));
#endif
#ifdef MISTAKE_where_of_another /* AuthorPredicate.*not compatible with any */
    kith_where(query, kith_eq(Author, name, "Ann"));
#endif
#ifdef MISTAKE_order_of_another /* AuthorOrder.*not compatible with any */
    kith_order_by(query, kith_asc(Author, name));
#endif
#ifdef MISTAKE_or_of_another /* AuthorPredicate|KithPredicate|incompatible types when initializing */
    kith_where(query, kith_or(Book, kith_lt(Book, price, 5), kith_eq(Author, name, "Ann")));
#endif
#ifdef MISTAKE_not_of_another /* AuthorPredicate|KithPredicate|incompatible types when initializing */
    kith_where(query, kith_not(Book, kith_eq(Author, name, "Ann")));
#endif
#ifdef MISTAKE_compare_members_of_two_types /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_lt(Book, price, kith_member(Book, title)));
#endif
#ifdef MISTAKE_parameter_of_another_type /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_eq(Book, title, kith_param(int64_t, "title")));
#endif
#ifdef MISTAKE_in_array_of_another_type /* Author\.id cannot be compared with the elements of titles */
    const char *titles[] = { "a" };
    kith_where(authors, kith_in(Author, id, titles, 1));
#endif
#ifdef MISTAKE_between_texts /* Book_member_cannot_be_compared_with_this */
    kith_where(query, kith_between(Book, price, 1, "2"));
#endif
#ifdef MISTAKE_text_match_of_a_number /* Book\.price is not a text */
    kith_where(query, kith_starts_with(Book, price, "1"));
#endif
#ifdef MISTAKE_has_of_a_collection /* no member named .target. */
    kith_where(authors, kith_has(Author, books, Book, kith_eq(Book, price, 1)));
#endif
#ifdef MISTAKE_has_of_another_target /* Book\.author is not a KITH_REF\(Seat\) */
    kith_where(query, kith_has(Book, author, Seat, kith_eq(Seat, row, 1)));
#endif
#ifdef MISTAKE_has_with_a_predicate_of_another /* BookPredicate */
    kith_where(query, kith_has(Book, author, Author, kith_eq(Book, price, 1)));
#endif
#ifdef MISTAKE_any_of_a_reference /* no member named .u. */
    kith_where(query, kith_any_of(Book, author, Author, kith_eq(Author, name, "Ann")));
#endif
#ifdef MISTAKE_operator_that_is_none /* \+ is not one of == != < <= > >= */
    kith_where(query, kith_compare(Book, kith_member(Book, price), +, 5));
#endif
#ifdef MISTAKE_compare_expression_with_text /* the_two_sides_cannot_be_compared */
    kith_where(query, kith_compare(Book, kith_text_length(kith_member(Book, title)), ==, "x"));
#endif
#ifdef MISTAKE_lower_of_a_number /* KithDoubleExpression.* not compatible with any */
    (void) kith_lower(kith_member(Book, price));
#endif
#ifdef MISTAKE_sum_of_texts /* KithTextExpression.* not compatible with any */
    (void) kith_sum(kith_member(Book, title));
#endif
#ifdef MISTAKE_plus_a_text /* the_second_is_not_of_the_type_of_the_first */
    (void) kith_plus(kith_member(Book, price), "1");
#endif
#ifdef MISTAKE_change_to_another_type /* Book_member_cannot_be_set_to_this */
    kith_change(query, kith_to(Book, price, "free"));
#endif
#ifdef MISTAKE_filter_of_another /* AuthorPredicate.*not compatible with any */
    kith_add_filter(session, Book, "mine", kith_eq(Author, id, 1));
#endif
#ifdef MISTAKE_change_of_another /* AuthorAssignment.*not compatible with any */
    kith_change(query, kith_to(Author, name, "Ann"));
#endif
#ifdef MISTAKE_insert_of_another /* these_are_not_structs_of_what_the_query_is_for|pointer type mismatch */
    kith_insert_values(query, ann, 1);
#endif
#ifdef MISTAKE_conflict_of_no_member /* no member named .titel. */
    kith_on_conflict(query, titel);
#endif
#ifdef MISTAKE_excluded_of_another_type /* Book_member_cannot_be_set_to_this */
    kith_change(query, kith_to(Book, price, kith_excluded(Book, title)));
#endif
#ifdef MISTAKE_select_into_another_type /* Line_member_cannot_hold_this */
    kith_select(query, Line, pages, kith_member(Book, title));
#endif
#ifdef MISTAKE_select_no_member /* no member named .titel. */
    kith_select(query, Line, titel, kith_member(Book, title));
#endif
#ifdef MISTAKE_values_of_another_type /* incompatible pointer type */
    size_t n_values;
    const int64_t *values = kith_values(query, kith_member(Book, title), &n_values, error);
    (void) values;
#endif
#ifdef MISTAKE_after_an_object_of_another /* ann is not what query is for */
    kith_after(query, ann);
#endif
#ifdef MISTAKE_join_with_a_predicate_of_another /* AuthorPredicate.*not compatible with any */
    kith_join(query, other, kith_eq(Author, id, 1));
#endif
#ifdef MISTAKE_via_of_an_alias_to_another /* \.author is not a KITH_REF\(Book\) */
    kith_select(
        query, Line, title, kith_via_at(other, author, Book, kith_member(Book, title)));
#endif
#ifdef MISTAKE_via_of_an_alias_by_text /* target. in something not a structure|member reference base type 'const char \*(const)?' */
    kith_select(
        query, Line, title, kith_via_at(other, title, Author, kith_member(Author, name)));
#endif
#ifdef MISTAKE_right_join_with_a_predicate_of_another /* AuthorPredicate.*not compatible with any */
    kith_right_join(query, other, kith_eq(Author, id, 1));
#endif
#ifdef MISTAKE_query_of_unknown /* AutorQuery|expected expression */
    (void) kith_query(session, Autor);
#endif
#ifdef MISTAKE_first_of_another /* incompatible pointer type */
    const Author *mistake = kith_first(query, error);
    (void) mistake;
#endif
#ifdef MISTAKE_first_not_const /* discard.*qualifier */
    Book *mistake = kith_first(query, error);
    (void) mistake;
#endif
#ifdef MISTAKE_all_of_another /* incompatible pointer type */
    const Author *const *mistake = kith_all(query, error);
    (void) mistake;
#endif
#ifdef MISTAKE_each_by_a_member_of_another /* no member named .name. */
    kith_each (mistake, kith_all(query, error))
        (void) mistake->name;
#endif
}

static bool
expect_changes(KithSession *session, GError **error)
{
    const Author *ann = kith_add(session, Author, .name = "Ann", .born = KITH_SOME(1966));
    const Book *sea = kith_add(session, Book, .title = "Sea", .author.target = ann);
    const Author *bob = kith_get(session, Author, 7, error);
    const Seat *seat = kith_get_by(session, Seat, error, .row = 3, .number = 14);
    if (bob == NULL || seat == NULL)
        return false;

    kith_set(ann, name, "Anne");
    kith_set(ann, born, 1967);
    kith_set(ann, born, ann->born);
    kith_set(ann, living, ann->id == 3);
    kith_set(ann, seen, kith_time_now());
    kith_set(sea, genre, GENRE_NOVEL);
    kith_set(sea, genre, sea->genre);
    kith_set(sea, price, 3);
    kith_set(sea, author, bob);
    kith_set(sea, author, kith_edit(ann));
    kith_set_null(sea, author);
    kith_set_null(sea, title);
    kith_set_null(ann, born);

    Book *book = kith_edit(sea);
    book->price *= 0.9;
    book->author.target = ann;
    Author *author = kith_edit(kith_ref(sea, author, error));
    author->born = (KithOptInt32) KITH_NONE;
    kith_each (each, kith_many(ann, books, error))
        kith_edit(each)->pages++;

#ifdef MISTAKE_set_text_to_number /* name cannot be set to 3 */
    kith_set(ann, name, 3);
#endif
#ifdef MISTAKE_set_number_to_text /* price cannot be set to \\?"9\\?" */
    kith_set(sea, price, "9");
#endif
#ifdef MISTAKE_set_int32_to_int64 /* pages cannot be set to sea->id */
    kith_set(sea, pages, sea->id);
#endif
#ifdef MISTAKE_set_int32_to_double /* pages cannot be set to 3\.0 */
    kith_set(sea, pages, 3.0);
#endif
#ifdef MISTAKE_set_enum_to_text /* genre cannot be set to \\?"novel\\?" */
    kith_set(sea, genre, "novel");
#endif
#ifdef MISTAKE_set_no_member /* no member named .title. */
    kith_set(ann, title, "x");
#endif
#ifdef MISTAKE_set_to_null /* title cannot be set to (NULL|\(\(void ?\*\) ?0\)) */
    kith_set(sea, title, NULL);
#endif
#ifdef MISTAKE_set_reference_to_another /* author cannot be set to sea */
    kith_set(sea, author, sea);
#endif
#ifdef MISTAKE_set_reference_to_its_key /* author cannot be set to 7 */
    kith_set(sea, author, 7);
#endif
#ifdef MISTAKE_set_collection /* no member named .target. */
    kith_set(ann, books, sea);
#endif
#ifdef MISTAKE_set_null_no_member /* no member named .nmae. */
    kith_set_null(ann, nmae);
#endif
#ifdef MISTAKE_write_a_member /* read-only|const-qualified */
    ann->name = "Anne";
#endif
#ifdef MISTAKE_write_a_reference /* read-only|const-qualified */
    sea->author.target = bob;
#endif
#ifdef MISTAKE_write_the_target_of_an_edited /* read-only|const-qualified */
    book->author.target->name = "Anne";
#endif
#ifdef MISTAKE_write_in_each /* read-only|const-qualified */
    kith_each (mistake, kith_many(ann, books, error))
        mistake->price = 0.0;
#endif
#ifdef MISTAKE_edit_into_another /* incompatible pointer type */
    Book *mistake = kith_edit(ann);
    (void) mistake;
#endif
#ifdef MISTAKE_edit_a_reference_to_another /* incompatible pointer type */
    book->author.target = sea;
#endif
#ifdef MISTAKE_add_no_member /* nmae */
    (void) kith_add(session, Author, .nmae = "Bob");
#endif
#ifdef MISTAKE_add_number_for_text /* pointer from integer|incompatible integer to pointer */
    (void) kith_add(session, Author, .name = 3);
#endif
#ifdef MISTAKE_add_text_for_optional /* integer from pointer|incompatible pointer to integer */
    (void) kith_add(session, Author, .born = KITH_SOME("1966"));
#endif
#ifdef MISTAKE_add_reference_to_another /* incompatible pointer type */
    (void) kith_add(session, Book, .author.target = sea);
#endif
#ifdef MISTAKE_add_into_another /* incompatible pointer type */
    const Book *mistake = kith_add(session, Author, .name = "Bob");
    (void) mistake;
#endif
#ifdef MISTAKE_get_into_another /* incompatible pointer type */
    const Book *mistake = kith_get(session, Author, 7, error);
    (void) mistake;
#endif
#ifdef MISTAKE_get_unknown /* Autor */
    (void) kith_get(session, Autor, 7, error);
#endif
#ifdef MISTAKE_get_by_pointer /* not compatible with any */
    (void) kith_get(session, Author, ann, error);
#endif
#ifdef MISTAKE_get_by_size_t /* not compatible with any */
    (void) kith_get(session, Author, sizeof(int), error);
#endif
#ifdef MISTAKE_get_by_no_member /* nubmer */
    (void) kith_get_by(session, Seat, error, .row = 3, .nubmer = 14);
#endif
#ifdef MISTAKE_ref_into_another /* incompatible pointer type */
    const Book *mistake = kith_ref(sea, author, error);
    (void) mistake;
#endif
#ifdef MISTAKE_ref_of_a_column /* target. in something not a structure|member reference base type 'const char \*(const)?' */
    (void) kith_ref(sea, title, error);
#endif
#ifdef MISTAKE_ref_of_a_collection /* no member named .target. */
    (void) kith_ref(ann, books, error);
#endif
    const Club *club = kith_add(session, Club, .handbook.target = sea);
    const Author *const all[] = { ann, bob, NULL };
    bool contains = false;
    int64_t count = 0;
    kith_append(club, members, ann);
    kith_append(bob, clubs, club);
    kith_remove(club, members, kith_edit(ann));
    kith_set(club, handbook, sea);
    if (!kith_replace(club, members, all, error)
        || !kith_replace(club, members, kith_many(club, members, error), error)
        || !kith_contains(club, members, bob, &contains, error)
        || !kith_count_of(club, members, &count, error)
        || kith_ref(club, handbook, error) != sea)
        return false;
#ifdef MISTAKE_append_another /* sea cannot be in members */
    kith_append(club, members, sea);
#endif
#ifdef MISTAKE_append_a_number /* 7 cannot be in members */
    kith_append(club, members, 7);
#endif
#ifdef MISTAKE_append_null /* cannot be in members */
    kith_append(club, members, NULL);
#endif
#ifdef MISTAKE_append_to_a_reference /* no member named .u. */
    kith_append(sea, author, ann);
#endif
#ifdef MISTAKE_append_to_a_one /* no member named .u. */
    kith_append(club, handbook, sea);
#endif
#ifdef MISTAKE_remove_another /* sea cannot be in members */
    kith_remove(club, members, sea);
#endif
#ifdef MISTAKE_replace_by_others /* cannot be in books */
    (void) kith_replace(ann, books, all, error);
#endif
#ifdef MISTAKE_contains_another /* sea cannot be in members */
    (void) kith_contains(club, members, sea, &contains, error);
#endif
#ifdef MISTAKE_move_another /* ann cannot be in books */
    (void) kith_move(ann, books, ann, 0, error);
#endif
#ifdef MISTAKE_set_a_one_to_another /* handbook cannot be set to ann */
    kith_set(club, handbook, ann);
#endif
#ifdef MISTAKE_many_of_a_one /* no member named .u. */
    (void) kith_many(club, handbook, error);
#endif
#ifdef MISTAKE_many_of_a_reference /* no member named .u. */
    (void) kith_many(sea, author, error);
#endif
#ifdef MISTAKE_each_of_what_was_not_loaded /* invalid type argument of unary|indirection requires pointer operand */
    kith_each (mistake, ann->books)
        (void) mistake;
#endif
    const Book form = { .id = 1, .title = "Dune", .author.target = bob };
    Book forms[] = { form, form };
    const Book *merged[2];
    if (kith_merge(session, Book, &form, error) == NULL
        || !kith_merge_all(session, Book, forms, 2, merged, error)
        || !kith_merge_all(session, Book, forms, 2, NULL, error))
        return false;
#ifdef MISTAKE_merge_another /* incompatible pointer type */
    (void) kith_merge(session, Author, &form, error);
#endif
#ifdef MISTAKE_merge_into_another /* incompatible pointer type */
    const Author *mistake = kith_merge(session, Book, &form, error);
    (void) mistake;
#endif
#ifdef MISTAKE_expire_no_member /* no member named .nmae. */
    kith_expire_member(bob, nmae);
#endif
    kith_delete(bob);
    return kith_commit(session, error);
}

int
main(void)
{
    const KithOptions options = { .mappings = KITH_MAPPINGS(Author, Book, Seat, Club) };
#ifdef MISTAKE_mappings_of_unknown /* kith_mapping_Autor */
    const KithOptions mistake = { .mappings = KITH_MAPPINGS(Autor, Book) };
    (void) mistake;
#endif
#ifdef MISTAKE_engine_option_misspelt /* maping */
    const KithOptions mistake = { .maping = KITH_MAPPINGS(Author, Book) };
    (void) mistake;
#endif
    g_autoptr(GError) error = NULL;
    g_autoptr(KithEngine) engine = kith_engine_open("sqlite::memory:", &options, &error);
    if (engine == NULL)
        return 1;
    g_autoptr(KithSession) session = kith_session_new(engine);
    expect_queries(session, NULL, &error);
    return expect_changes(session, &error) ? 0 : 1;
}
