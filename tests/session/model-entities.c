/*
 * model-entities.c - the structs and mappings of the model test, and access to their members.
 */
#include "model-entities.h"

#include <string.h>

/* --- structs and mappings --------------------------------------------------------------------------- */

typedef struct Author Author;
typedef struct Category Category;
typedef struct Book Book;
typedef struct Branch Branch;
typedef struct Employee Employee;
typedef struct Seat Seat;
typedef struct Tag Tag;
typedef struct Mark Mark;
typedef struct Hint Hint;

struct Author {
    int64_t id;
    const char *name;
    KithOptInt32 number;
    KITH_MANY(Book) books;
};

struct Category {
    int32_t id;
    const char *label;
    KITH_REF(Category) parent;
};

struct Book {
    int64_t id;
    const char *title;
    int32_t version;
    KITH_REF(Author) author;
    KITH_REF(Category) category;
};

struct Branch {
    int64_t id;
    const char *town;
    int64_t version;
    KITH_REF(Employee) manager;
};

struct Employee {
    int64_t id;
    const char *name;
    KITH_REF(Branch) branch;
};

struct Seat {
    int32_t line;
    int32_t number;
    int32_t zone;
    int32_t place;
    int32_t version;
    const char *label;
};

struct Tag {
    const char *name;
    KithOptInt32 weight;
    const char *label;
};

struct Mark {
    int64_t id;
    const char *label;
    KITH_REF(Tag) tag;
};

struct Hint {
    int64_t id;
    const char *label;
    KITH_REF(Tag) tag;
};

KITH_DECLARE(Author);
KITH_DECLARE(Category);
KITH_DECLARE(Book);
KITH_DECLARE(Branch);
KITH_DECLARE(Employee);
KITH_DECLARE(Seat);
KITH_DECLARE(Tag);
KITH_DECLARE(Mark);
KITH_DECLARE(Hint);

KITH_MAPPING(Author,
             "authors",
             KITH_KEY(Author, id, .generated = true),
             KITH_COLUMN(Author, name, .max_length = 40, .unique = true),
             KITH_COLUMN(Author, number, .unique = true),
             KITH_HAS_MANY(Author, books, Book, author));

KITH_MAPPING(Category,
             "categories",
             KITH_KEY(Category, id),
             KITH_COLUMN(Category, label),
             KITH_BELONGS_TO(Category, parent, Category, .nullable = true));

KITH_MAPPING(Book,
             "books",
             KITH_KEY(Book, id, .generated = true),
             KITH_COLUMN(Book, title, .nullable = true),
             KITH_VERSION(Book, version),
             KITH_BELONGS_TO(Book, author, Author),
             KITH_BELONGS_TO(Book, category, Category, .nullable = true));

KITH_MAPPING(Branch,
             "branches",
             KITH_KEY(Branch, id, .generated = true),
             KITH_COLUMN(Branch, town),
             KITH_VERSION(Branch, version),
             KITH_BELONGS_TO(Branch, manager, Employee, .nullable = true));

KITH_MAPPING(Employee,
             "employees",
             KITH_KEY(Employee, id, .generated = true),
             KITH_COLUMN(Employee, name),
             KITH_BELONGS_TO(Employee, branch, Branch),
             KITH_UNIQUE(Employee, branch, name));

KITH_MAPPING(Seat,
             "seats",
             KITH_KEY(Seat, line),
             KITH_KEY(Seat, number),
             KITH_COLUMN(Seat, zone),
             KITH_COLUMN(Seat, place),
             KITH_VERSION(Seat, version),
             KITH_COLUMN(Seat, label, .nullable = true),
             KITH_UNIQUE(Seat, zone, place));

KITH_MAPPING(Tag,
             "tags",
             KITH_KEY(Tag, name),
             KITH_COLUMN(Tag, weight, .unique = true),
             KITH_COLUMN(Tag, label, .nullable = true));

KITH_MAPPING(Mark,
             "marks",
             KITH_KEY(Mark, id, .generated = true),
             KITH_COLUMN(Mark, label, .nullable = true),
             KITH_BELONGS_TO(
                 Mark, tag, Tag, .on_update = KITH_CASCADE));

KITH_MAPPING(Hint,
             "hints",
             KITH_KEY(Hint, id, .generated = true),
             KITH_COLUMN(Hint, label, .nullable = true),
             KITH_BELONGS_TO(Hint, tag, Tag, .nullable = true));

const KithMapping *const model_mappings[] = {
    &kith_mapping_Author,   &kith_mapping_Category, &kith_mapping_Book, &kith_mapping_Branch,
    &kith_mapping_Employee, &kith_mapping_Seat,     &kith_mapping_Tag,
    &kith_mapping_Mark,     &kith_mapping_Hint,     NULL,
};

/* --- their members by number -------------------------------------------------------------------------- */

#define FIELD(T, member, kind_, ...)                                                     \
    {                                                                                    \
        .name = #member, .column = #member, .kind = FIELD_##kind_,                       \
        .offset = offsetof(T, member), __VA_ARGS__                                       \
    }
#define REFERENCE(T, member, target_, ...)                                               \
    {                                                                                    \
        .name = #member, .column = #member "_id", .kind = FIELD_REFERENCE,               \
        .offset = offsetof(T, member), .target = (target_), __VA_ARGS__                  \
    }
#define REFERENCE_BY_NAME(T, member, target_, ...)                                       \
    {                                                                                    \
        .name = #member, .column = #member "_name", .kind = FIELD_REFERENCE,             \
        .offset = offsetof(T, member), .target = (target_), __VA_ARGS__                  \
    }
#define MADE_KEY(T) FIELD(T, id, INT64, .is_key = true, .is_made = true, .is_fixed = true)

const Entity entities[N_ENTITIES] = {
    [AUTHOR] = { .name = "author",
                 .table = "authors",
                 .mapping = &kith_mapping_Author,
                 .n_fields = 3,
                 .fields = { MADE_KEY(Author),
                             FIELD(Author, name, TEXT, .n_values = 8),
                             FIELD(Author, number, OPT_INT32, .nullable = true, .n_values = 5) },
                 .n_uniques = 3,
                 .uniques = { { 1, { 0 } }, { 1, { 1 } }, { 1, { 2 } } } },
    [CATEGORY] = { .name = "category",
                   .table = "categories",
                   .mapping = &kith_mapping_Category,
                   .n_fields = 3,
                   .fields = { FIELD(Category,
                                     id,
                                     INT32,
                                     .is_key = true,
                                     .is_fixed = true,
                                     .n_values = 8),
                               FIELD(Category, label, TEXT, .n_values = 4),
                               REFERENCE(Category, parent, CATEGORY, .nullable = true) },
                   .n_uniques = 1,
                   .uniques = { { 1, { 0 } } } },
    [BOOK] = { .name = "book",
               .table = "books",
               .mapping = &kith_mapping_Book,
               .n_fields = 5,
               .fields = { MADE_KEY(Book),
                           FIELD(Book, title, TEXT, .nullable = true, .n_values = 4),
                           FIELD(Book, version, INT32, .is_version = true),
                           REFERENCE(Book, author, AUTHOR, .nullable = false),
                           REFERENCE(Book, category, CATEGORY, .nullable = true) },
               .n_uniques = 1,
               .uniques = { { 1, { 0 } } } },
    [BRANCH] = { .name = "branch",
                 .table = "branches",
                 .mapping = &kith_mapping_Branch,
                 .n_fields = 4,
                 .fields = { MADE_KEY(Branch),
                             FIELD(Branch, town, TEXT, .n_values = 4),
                             FIELD(Branch, version, INT64, .is_version = true),
                             REFERENCE(Branch, manager, EMPLOYEE, .nullable = true) },
                 .n_uniques = 1,
                 .uniques = { { 1, { 0 } } } },
    [EMPLOYEE] = { .name = "employee",
                   .table = "employees",
                   .mapping = &kith_mapping_Employee,
                   .n_fields = 3,
                   .fields = { MADE_KEY(Employee),
                               FIELD(Employee, name, TEXT, .n_values = 5),
                               REFERENCE(Employee, branch, BRANCH, .nullable = false) },
                   .n_uniques = 2,
                   .uniques = { { 1, { 0 } }, { 2, { 2, 1 } } } },
    [SEAT] = { .name = "seat",
               .table = "seats",
               .mapping = &kith_mapping_Seat,
               .n_fields = 6,
               .fields = { FIELD(Seat, line, INT32, .is_key = true, .n_values = 3),
                           FIELD(Seat, number, INT32, .is_key = true, .n_values = 3),
                           FIELD(Seat, zone, INT32, .n_values = 3),
                           FIELD(Seat, place, INT32, .n_values = 3),
                           FIELD(Seat, version, INT32, .is_version = true),
                           FIELD(Seat, label, TEXT, .nullable = true, .n_values = 3) },
               .n_uniques = 2,
               .uniques = { { 2, { 0, 1 } }, { 2, { 2, 3 } } } },
    [TAG] = { .name = "tag",
              .table = "tags",
              .mapping = &kith_mapping_Tag,
              .n_fields = 3,
              .fields = { FIELD(Tag, name, TEXT, .is_key = true, .n_values = 6),
                          FIELD(Tag, weight, OPT_INT32, .nullable = true, .n_values = 5),
                          FIELD(Tag, label, TEXT, .nullable = true, .n_values = 3) },
              .n_uniques = 2,
              .uniques = { { 1, { 0 } }, { 1, { 1 } } } },
    [MARK] = { .name = "mark",
               .table = "marks",
               .mapping = &kith_mapping_Mark,
               .n_fields = 3,
               .fields = { MADE_KEY(Mark),
                           FIELD(Mark, label, TEXT, .nullable = true, .n_values = 3),
                           REFERENCE_BY_NAME(Mark, tag, TAG, .follows = true) },
               .n_uniques = 1,
               .uniques = { { 1, { 0 } } } },
    [HINT] = { .name = "hint",
               .table = "hints",
               .mapping = &kith_mapping_Hint,
               .n_fields = 3,
               .fields = { MADE_KEY(Hint),
                           FIELD(Hint, label, TEXT, .nullable = true, .n_values = 3),
                           REFERENCE_BY_NAME(Hint,
                                             tag,
                                             TAG,
                                             .nullable = true,
                                             .is_led = true) },
               .n_uniques = 1,
               .uniques = { { 1, { 0 } } } },
};

bool
cells_are_equal(Cell a, Cell b)
{
    return a.kind == b.kind && (a.kind == CELL_NULL || a.number == b.number);
}

unsigned
version_of(const Entity *entity)
{
    for (unsigned i = 0; i < entity->n_fields; i++) {
        if (entity->fields[i].is_version)
            return i;
    }
    return NO_FIELD;
}

unsigned
made_key_of(const Entity *entity)
{
    return entity->fields[0].is_made ? 0 : NO_FIELD;
}

bool
rows_meet(const Unique *unique, const Row *a, const Row *b)
{
    for (unsigned i = 0; i < unique->n_fields; i++) {
        Cell x = a->cells[unique->fields[i]], y = b->cells[unique->fields[i]];
        if (x.kind == CELL_NULL || y.kind == CELL_NULL || !cells_are_equal(x, y))
            return false;
    }
    return true;
}

/* --- reading --------------------------------------------------------------------------------------------- */

typedef struct AnyReference {
    const void *target;
    KithLink link;
} AnyReference;

static int64_t
number_of(const char *text)
{
    char *end = NULL;
    int64_t number = text[0] == 't' ? g_ascii_strtoll(text + 1, &end, 10) : -1;
    return end != NULL && end > text + 1 && *end == '\0' ? number : -1;
}

Cell
field_read(const Field *field, const void *object)
{
    const void *at = (const char *) object + field->offset;
    switch (field->kind) {
    case FIELD_INT32:
        return cell_number(*(const int32_t *) at);
    case FIELD_INT64:
        return cell_number(*(const int64_t *) at);
    case FIELD_OPT_INT32: {
        const KithOptInt32 *value = at;
        return value->has_value ? cell_number(value->value) : cell_null();
    }
    case FIELD_TEXT: {
        const char *text = *(const char *const *) at;
        return text != NULL ? cell_number(number_of(text)) : cell_null();
    }
    case FIELD_REFERENCE:
        break;
    }
    g_assert_not_reached();
}

const void *
field_read_target(const Field *field, const void *object)
{
    const AnyReference *reference = (const void *) ((const char *) object + field->offset);
    return reference->target;
}

Cell
field_read_link(const Field *field, const void *object)
{
    const AnyReference *reference = (const void *) ((const char *) object + field->offset);
    const Field *key = &entities[field->target].fields[0];
    if (!reference->link.has_key)
        return cell_null();
    if (key->kind == FIELD_TEXT)
        return cell_number(number_of(reference->link.key.text));
    return cell_number(key->kind == FIELD_INT32 ? reference->link.key.int32
                                                : reference->link.key.int64);
}

/* --- writing ----------------------------------------------------------------------------------------------- */

char *
text_of(int64_t number)
{
    return g_strdup_printf("t%" G_GINT64_FORMAT, number);
}

void
field_write(const Field *field, void *object, Cell cell, const char *text)
{
    void *at = (char *) object + field->offset;
    switch (field->kind) {
    case FIELD_INT32:
        *(int32_t *) at = (int32_t) cell.number;
        return;
    case FIELD_INT64:
        *(int64_t *) at = cell.number;
        return;
    case FIELD_OPT_INT32:
        *(KithOptInt32 *) at = (KithOptInt32){ .has_value = cell.kind == CELL_NUMBER,
                                               .value = (int32_t) cell.number };
        return;
    case FIELD_TEXT:
        *(const char **) at = cell.kind == CELL_NUMBER ? text : NULL;
        return;
    case FIELD_REFERENCE:
        break;
    }
    g_assert_not_reached();
}

void
field_write_target(const Field *field, void *object, const void *target)
{
    ((AnyReference *) (void *) ((char *) object + field->offset))->target = target;
}

static KithValue
value_of(const Field *field, Cell cell, const char *text, const void *target)
{
    if (cell.kind == CELL_NULL)
        return kith_value_null();
    switch (field->kind) {
    case FIELD_INT32:
    case FIELD_OPT_INT32:
        return kith_value_int32((int32_t) cell.number);
    case FIELD_INT64:
        return kith_value_int64(cell.number);
    case FIELD_TEXT:
        return kith_value_text(text);
    case FIELD_REFERENCE:
        break;
    }
    return kith_value_object(target);
}

void
field_set(const Field *field, const void *object, Cell cell, const void *target)
{
    g_autofree char *text = text_of(cell.number);
    kith_entity_set(object, field->offset, value_of(field, cell, text, target), KITH_HERE);
    if (field->kind == FIELD_TEXT)
        memset(text, 'x', strlen(text)); /* kith_set() copies: this must not be seen */
}

/* --- collections and queries ------------------------------------------------------------------------------------ */

void
append_book(const void *author, const void *book)
{
    kith_append((const Author *) author, books, (const Book *) book);
}

void
remove_book(const void *author, const void *book)
{
    kith_remove((const Author *) author, books, (const Book *) book);
}

const void *const *
books_of(const void *author, GError **error)
{
    return (const void *const *) kith_many((const Author *) author, books, error);
}

const void **
all_of(KithSession *session, const Entity *entity, GError **error)
{
    g_autoptr(KithQuery) query = kith_query_new(session, entity->mapping);
    const void *const *found = kith_query_all(query, KITH_HERE, error);
    return found != NULL
               ? g_memdup2(found, (kith_array_length(found) + 1) * sizeof(const void *))
               : NULL;
}
