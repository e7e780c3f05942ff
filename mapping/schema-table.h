/*
 * schema-table.h - the CREATE TABLE of one table.
 */
#ifndef KITH_MAPPING_SCHEMA_TABLE_PRIVATE_H
#define KITH_MAPPING_SCHEMA_TABLE_PRIVATE_H

#include "mapper.h"

/* The parts in one table (see registry-parts.c); the first one makes it, the others add
 * to it. */
typedef struct KithTable {
    const KithMapper *mapper;
    GPtrArray *parts; /* what is inherited before what inherits it */
} KithTable;

/* The statement, with the foreign keys that it can have. (transfer full) */
char *kith_schema_create_table(const KithTable *table, const KithDialect *dialect);

/* Append CONSTRAINT … FOREIGN KEY … REFERENCES …. */
void kith_schema_append_foreign_key(GString *sql,
                                    const KithDialect *dialect,
                                    const KithMapper *mapper,
                                    const KithForeignKey *foreign_key);

/* ("a", "b") */
void kith_schema_append_columns(GString *sql,
                                const KithMapper *mapper,
                                const unsigned *columns,
                                unsigned n_columns);

/* Does the foreign key mean a table that comes later, in a cycle? */
bool kith_schema_is_forward(const KithMapper *mapper, const KithForeignKey *foreign_key);

/* What a part has of its own comes behind what is inherited within the table. */
static inline unsigned
kith_part_n_inherited_columns(const KithMapper *part)
{
    return part->base != NULL ? part->base->n_columns : 0;
}

static inline unsigned
kith_part_n_inherited_indexes(const KithMapper *part)
{
    return part->base != NULL ? part->base->n_indexes : 0;
}

static inline unsigned
kith_part_n_inherited_foreign_keys(const KithMapper *part)
{
    return part->base != NULL ? part->base->n_foreign_keys : 0;
}

#endif
