/*
 * mapper.h - a mapping that has been checked and resolved: what the session works with.
 *
 * Made once by kith_registry_new(), then never changed, so threads share it without
 * locks. A column is known by its index in 'columns'; the arrays of indexes below are in
 * the order of the mapping.
 */
#ifndef KITH_MAPPING_MAPPER_PRIVATE_H
#define KITH_MAPPING_MAPPER_PRIVATE_H

#include "kith-driver.h"
#include "kith-mapping.h"

typedef struct KithMapper KithMapper;

#define KITH_NO_INDEX UINT_MAX

/* What a column is beyond what a driver needs to know of it. */
typedef struct KithColumnDetail {
    const KithMember *member; /* the row of the mapping that it comes from */
    bool is_key;
    size_t max_length;
    const KithNames *names;  /* of an enum, stored as a name or as a number; else NULL */
    const char *default_sql; /* fills the column where an INSERT leaves it out; or NULL */
    const char
        *computed_sql; /* the database computes it, and nobody writes it; or NULL */
} KithColumnDetail;

/* A foreign key: columns of this mapper that hold a key, or a unique value, of another.
 */
typedef struct KithForeignKey {
    const KithMapper *mapper; /* whose it is */
    const KithMapper *target;
    const char *member; /* of the mapping, for messages */
    const char *name;   /* of the constraint */
    unsigned n_columns;
    const unsigned *columns; /* of the mapper */
    const unsigned *targets; /* of the target: the column that each one means */
    bool means_key;   /* the targets are the key of the target, all of it */
    size_t reference; /* offset of the KITH_REF, or KITH_NO_OFFSET for plain columns */
    bool is_via;      /* the columns are members of the program, none is in the KITH_REF */
    bool nullable;    /* there is something to empty */
    /*
     * Of the columns, those that become NULL where the reference does. A column that
     * others need too, such as a tenant that is part of every key, is not among them.
     */
    unsigned n_emptied;
    const unsigned *emptied;
    const bool *is_shared; /* by place in 'columns': is it such a column? */
    KithAction on_delete;
    KithAction on_update;
    bool deferrable;
} KithForeignKey;

/* A collection: the other side of a foreign key that has a reference. */
typedef struct KithMany {
    const KithMember *member;
    size_t offset; /* of the KITH_MANY */
    const KithMapper *target;
    unsigned foreign_key; /* of the target */
} KithMany;

/* A unique constraint or an index. The key is not among them. */
typedef struct KithIndex {
    const char *name;
    bool unique;
    bool deferrable; /* unique, and checked at the end of the transaction */
    unsigned n_columns;
    const unsigned *columns;
} KithIndex;

struct KithMapper {
    const KithMapping *mapping;
    unsigned index; /* in the registry */
    /* Inheritance: the mapper whose struct this one embeds, or NULL; and the one at the top. */
    const KithMapper *base;
    const KithMapper *root; /* itself where there is no base */
    unsigned n_below;       /* mappers that extend this one, at any depth */
    const char *entity;
    const char *table;
    size_t size;
    unsigned n_columns;
    KithColumn *columns;
    KithColumnDetail *details;
    KithLayout layout; /* of all columns */
    bool has_text;     /* or a blob: something that a row points to */
    bool is_filled;    /* some columns have a default, or are computed */
    unsigned rank; /* tables that this one refers to have a lower one, or the same in a
                      cycle */
    bool in_cycle; /* its rows can refer to each other, maybe through other tables */
    unsigned n_keys;
    unsigned *keys;
    unsigned generated;  /* the key column that is generated, or KITH_NO_INDEX */
    bool generates_uuid; /* …by Kith, not by the database */
    unsigned version;    /* the version column, or KITH_NO_INDEX */
    unsigned n_foreign_keys;
    KithForeignKey *foreign_keys;
    unsigned n_referring;
    const KithForeignKey *
        *referring; /* of any mapper, that have this one as their target */
    unsigned n_many;
    KithMany *many;
    unsigned n_indexes;
    KithIndex *indexes;
};

/* Is what @mapper maps a @other too: the same, or one that extends it? */
static inline bool
kith_mapper_is_a(const KithMapper *mapper, const KithMapper *other)
{
    while (mapper != NULL && mapper != other)
        mapper = mapper->base;
    return mapper != NULL;
}

/* The column, foreign key or collection at @offset of the struct; KITH_NO_INDEX if none
 * is. */
unsigned kith_mapper_column_at(const KithMapper *mapper, size_t offset);
unsigned kith_mapper_reference_at(const KithMapper *mapper, size_t offset);
unsigned kith_mapper_many_at(const KithMapper *mapper, size_t offset);

/* The name of the table without its schema: "books" of "library.books". */
const char *kith_mapper_table_name(const KithMapper *mapper);

/*
 * A name for a constraint or an index over @columns: "books_author_id_fkey" for suffix
 * "fkey", as PostgreSQL would name it. Too long a name is cut where PostgreSQL would cut
 * it silently, and gets a checksum, so that two of them stay two. (transfer full)
 */
char *kith_mapper_constraint_name(const KithMapper *mapper,
                                  const unsigned *columns,
                                  unsigned n_columns,
                                  const char *suffix);

/* The names of columns for messages: "row, number". (transfer full) */
char *kith_mapper_column_names(const KithMapper *mapper,
                               const unsigned *columns,
                               unsigned n_columns);

/* Can an UPDATE set the column to NULL? */
bool kith_mapper_can_empty(const KithMapper *mapper, unsigned index);

/* Is the key a single column that the database generates, and is it still zero in @row?
 */
bool kith_mapper_key_is_missing(const KithMapper *mapper, const void *row);

/* The key of @row for messages: "7", "'x'", "(3, 'x')". (transfer full) */
char *kith_mapper_key_text(const KithMapper *mapper, const void *row);

#endif
