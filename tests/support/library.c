/*
 * library.c - the mappings of the model of the session tests; the header says what each
 * is for.
 */
#include "library.h"

KITH_MAPPING(Author,
             "authors",
             KITH_KEY(Author, id, .generated = true),
             KITH_COLUMN(Author, name, .max_length = 40, .unique = true),
             KITH_COLUMN(Author, born),
             KITH_HAS_MANY(Author, books, Book, author));

KITH_MAPPING(Book,
             "books",
             KITH_KEY(Book, id, .generated = true),
             KITH_COLUMN(Book, title),
             KITH_COLUMN(Book, price),
             KITH_VERSION(Book, version),
             KITH_BELONGS_TO(Book, author, Author, .indexed = true),
             KITH_BELONGS_TO(Book, translator, Author, .nullable = true));

KITH_MAPPING(Member,
             "members",
             KITH_KEY(Member, login),
             KITH_COLUMN(Member, name),
             KITH_COLUMN(Member, password, .nullable = true, .secret = true));

KITH_MAPPING(Loan,
             "loans",
             KITH_KEY(Loan, book_id, .references = KITH_REFERENCES(Book, id)),
             KITH_KEY(Loan, member_login, .references = KITH_REFERENCES(Member, login)),
             KITH_COLUMN(Loan, due));

KITH_MAPPING(Review,
             "reviews",
             KITH_KEY(Review, id, .generated = true),
             KITH_COLUMN(Review, text),
             KITH_BELONGS_TO(Review, book, Book),
             KITH_BELONGS_TO(Review, member, Member, .nullable = true));

KITH_MAPPING(Category,
             "categories",
             KITH_KEY(Category, id, .generated = true),
             KITH_COLUMN(Category, name),
             KITH_BELONGS_TO(Category, parent, Category, .nullable = true),
             KITH_HAS_MANY(Category, children, Category, parent));

KITH_MAPPING(Branch,
             "branches",
             KITH_KEY(Branch, id, .generated = true),
             KITH_COLUMN(Branch, town),
             KITH_BELONGS_TO(Branch, manager, Employee, .nullable = true),
             KITH_HAS_MANY(Branch, employees, Employee, branch));

KITH_MAPPING(Employee,
             "employees",
             KITH_KEY(Employee, id, .generated = true),
             KITH_COLUMN(Employee, name),
             KITH_BELONGS_TO(Employee, branch, Branch),
             KITH_UNIQUE(Employee, branch, name));

KITH_MAPPING(Twin,
             "twins",
             KITH_KEY(Twin, id, .generated = true),
             KITH_COLUMN(Twin, name),
             KITH_BELONGS_TO(Twin, other, Twin));

#define GENRES \
    KITH_NAMES([GENRE_NOVEL] = "novel", [GENRE_POEM] = "poem", [GENRE_PLAY] = "play")
#define SHELVES KITH_NAMES("low", "middle", "high")

KITH_MAPPING(Sample,
             "samples",
             KITH_KEY(Sample, id, .generated = true),
             KITH_COLUMN(Sample, flag),
             KITH_COLUMN(Sample, small),
             KITH_COLUMN(Sample, large),
             KITH_COLUMN(Sample, real),
             KITH_COLUMN(Sample, text),
             KITH_COLUMN(Sample, blob),
             KITH_COLUMN(Sample, time),
             KITH_COLUMN(Sample, date),
             KITH_COLUMN(Sample, uuid),
             KITH_COLUMN(Sample, genre, .names = GENRES),
             KITH_COLUMN(Sample, shelf, .names = SHELVES, .as_integer = true),
             KITH_COLUMN(Sample, maybe_flag),
             KITH_COLUMN(Sample, maybe_small),
             KITH_COLUMN(Sample, maybe_large),
             KITH_COLUMN(Sample, maybe_real),
             KITH_COLUMN(Sample, maybe_text, .nullable = true),
             KITH_COLUMN(Sample, maybe_blob, .nullable = true),
             KITH_COLUMN(Sample, maybe_time),
             KITH_COLUMN(Sample, maybe_date),
             KITH_COLUMN(Sample, maybe_uuid),
             KITH_COLUMN(Sample, maybe_genre, .names = GENRES),
             KITH_COLUMN(Sample, maybe_shelf, .names = SHELVES, .as_integer = true));

const KithMapping *const library_mappings[] = {
    &kith_mapping_Author,
    &kith_mapping_Book,
    &kith_mapping_Member,
    &kith_mapping_Loan,
    &kith_mapping_Review,
    &kith_mapping_Category,
    &kith_mapping_Branch,
    &kith_mapping_Employee,
    &kith_mapping_Twin,
    &kith_mapping_Sample,
    NULL,
};
