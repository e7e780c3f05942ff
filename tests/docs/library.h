/*
 * library.h - what stands around an example of the documentation: two mapped structs, a database in
 * memory with some rows, a session. An example is the body of the function example().
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <kith/kith.h>
#include <stdio.h>
#include <string.h>

typedef struct Author Author;
typedef struct Book Book;

struct Author {
    int64_t id;
    const char *name;
    KithOptInt32 born;
    KITH_MANY(Book) books;
};

struct Book {
    int64_t id;
    const char *title;
    double price;
    int32_t version;
    KITH_REF(Author) author;
};

/* For relations.md. */
typedef struct Reader Reader;
typedef struct Card Card;

struct Reader {
    int64_t id;
    const char *name;
    KITH_MANY(Book) wishes;
    KITH_ONE(Card) card;
};

struct Card {
    int64_t id;
    const char *number;
    KITH_REF(Reader) reader;
};

KITH_DECLARE(Author);
KITH_DECLARE(Book);
KITH_DECLARE(Reader);
KITH_DECLARE(Card);

/* clang-format off */
KITH_MAPPING(Author, "authors",
    KITH_KEY(Author, id, .generated = true),
    KITH_COLUMN(Author, name, .max_length = 80, .unique = true),
    KITH_COLUMN(Author, born),
    KITH_HAS_MANY(Author, books, Book, author, .on_delete = KITH_CASCADE));

KITH_MAPPING(Book, "books",
    KITH_KEY(Book, id, .generated = true),
    KITH_COLUMN(Book, title),
    KITH_COLUMN(Book, price),
    KITH_VERSION(Book, version),
    KITH_BELONGS_TO(Book, author, Author, .column = "author_id"));

KITH_MAPPING(Reader, "readers",
    KITH_KEY(Reader, id, .generated = true),
    KITH_COLUMN(Reader, name),
    KITH_MANY_TO_MANY(Reader, wishes, Book, .order_by = KITH_BY(Book, title)),
    KITH_HAS_ONE(Reader, card, Card, reader));

KITH_MAPPING(Card, "cards",
    KITH_KEY(Card, id, .generated = true),
    KITH_COLUMN(Card, number),
    KITH_BELONGS_TO(Card, reader, Reader, .nullable = true, .unique = true,
                    .on_delete = KITH_SET_NULL));

/* What queries.md asks for that is no object. */
typedef struct Shelf {
    const char *author;
    int64_t n_books;
    KithOptDouble mean;
} Shelf;

KITH_DECLARE(Shelf);
KITH_RESULT(Shelf,
    KITH_COLUMN(Shelf, author),
    KITH_COLUMN(Shelf, n_books),
    KITH_COLUMN(Shelf, mean));
/* clang-format on */

#ifdef LIBRARY_RUNS_EXAMPLE

static bool example(KithEngine *engine, KithSession *session, GError **error);

static bool
fill(KithEngine *engine, GError **error)
{
    g_autoptr(KithSession) session = kith_session_new(engine);
    const Author *ann =
        kith_add(session, Author, .name = "Ann Leckie", .born = KITH_SOME(1966));
    const Author *ted = kith_add(session, Author, .name = "Ted Chiang");
    kith_add(
        session, Book, .title = "Ancillary Justice", .price = 9.5, .author.target = ann);
    kith_add(session, Book, .title = "Provenance", .price = 8, .author.target = ann);
    kith_add(session, Book, .title = "Exhalation", .price = 12, .author.target = ted);
    kith_add(session, Reader, .name = "Mia");
    return kith_commit(session, error);
}

static bool
run(GError **error)
{
    KithOptions options = { .mappings = KITH_MAPPINGS(Author, Book, Reader, Card) };
    g_autoptr(KithEngine) engine = kith_engine_open("sqlite::memory:", &options, error);
    if (engine == NULL || !kith_schema_create(engine, error) || !fill(engine, error))
        return false;
    if (g_getenv("KITH_LOG") != NULL)
        fputs("kith: the example begins\n", stderr);
    g_autoptr(KithSession) session = kith_session_new(engine);
    return example(engine, session, error);
}

int
main(void)
{
    g_autoptr(GError) error = NULL;
    if (run(&error))
        return 0;
    fprintf(stderr, "%s\n", error != NULL ? error->message : "failed without an error");
    return 1;
}

#endif

#endif
