/*
 * library.h - the one model of the session tests: a library with its authors, books and
 * members.
 *
 *     Author    a generated key, a unique name, a KithOpt…, a collection
 *     Book      a version, a reference that cannot be NULL (author), one that can
 * (translator) Member    an assigned text key, a secret column Loan      a key of two
 * members, which are plain foreign keys (to Book and Member) Review    a UUID key that
 * Kith makes, a reference to a text key that can be NULL Category  refers to itself:
 * parent, children Branch    refers to Employee (manager, can be NULL), which refers to
 * Branch: a cycle Twin      refers to itself, and cannot be without: a circle that cannot
 * be broken Sample    every kind of column, each once as it is and once where it can be
 * NULL
 */
#ifndef KITH_TESTS_LIBRARY_H
#define KITH_TESTS_LIBRARY_H

#include "kith.h"

typedef struct Author Author;
typedef struct Book Book;
typedef struct Member Member;
typedef struct Loan Loan;
typedef struct Review Review;
typedef struct Category Category;
typedef struct Branch Branch;
typedef struct Employee Employee;
typedef struct Twin Twin;
typedef struct Sample Sample;

struct Author {
    int64_t id;
    const char *name; /* unique, at most 40 characters */
    KithOptInt32 born;
    KITH_MANY(Book) books;
};

struct Book {
    int64_t id;
    const char *title;
    double price;
    int32_t version;
    KITH_REF(Author) author;
    KITH_REF(Author) translator; /* can be NULL */
};

struct Member {
    const char *login;
    const char *name;
    const char *password; /* secret, can be NULL */
};

struct Loan {
    int64_t book_id;
    const char *member_login;
    KithDate due;
};

struct Review {
    KithUuid id;
    const char *text;
    KITH_REF(Book) book;
    KITH_REF(Member) member; /* can be NULL */
};

struct Category {
    int64_t id;
    const char *name;
    KITH_REF(Category) parent; /* can be NULL */
    KITH_MANY(Category) children;
};

struct Branch {
    int64_t id;
    const char *town;
    KITH_REF(Employee) manager; /* can be NULL */
    KITH_MANY(Employee) employees;
};

struct Employee {
    int64_t id;
    const char *name; /* unique within a branch */
    KITH_REF(Branch) branch;
};

struct Twin {
    int64_t id;
    const char *name;
    KITH_REF(Twin) other;
};

typedef enum Genre {
    GENRE_NOVEL,
    GENRE_POEM,
    GENRE_UNNAMED, /* an enumerator that the mapping does not name */
    GENRE_PLAY
} Genre;

typedef enum Shelf {
    SHELF_LOW,
    SHELF_MIDDLE,
    SHELF_HIGH
} Shelf;

struct Sample {
    int64_t id;
    bool flag;
    int32_t small;
    int64_t large;
    double real;
    const char *text;
    KithBlob blob;
    KithTime time;
    KithDate date;
    KithUuid uuid;
    Genre genre; /* its name in the table */
    Shelf shelf; /* its number */
    KithOptBool maybe_flag;
    KithOptInt32 maybe_small;
    KithOptInt64 maybe_large;
    KithOptDouble maybe_real;
    const char *maybe_text;
    KithBlob maybe_blob;
    KithOptTime maybe_time;
    KithOptDate maybe_date;
    KithOptUuid maybe_uuid;
    KithOptInt32 maybe_genre; /* its name */
    KithOptInt32 maybe_shelf; /* its number */
};

/* What a Sample has to be given: 'kith_add(session, Sample, SAMPLE_BASICS, .large = 5)'.
 */
#define SAMPLE_BASICS .text = "", .blob = { "", 0 }

KITH_DECLARE(Author);
KITH_DECLARE(Book);
KITH_DECLARE(Member);
KITH_DECLARE(Loan);
KITH_DECLARE(Review);
KITH_DECLARE(Category);
KITH_DECLARE(Branch);
KITH_DECLARE(Employee);
KITH_DECLARE(Twin);
KITH_DECLARE(Sample);

/* All of them, closed by NULL: for KithOptions.mappings. */
extern const KithMapping *const library_mappings[];

#endif
