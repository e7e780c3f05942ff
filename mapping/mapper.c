/*
 * mapper.c - questions to a resolved mapping. Resolving is done in registry.c.
 */
#include "mapper.h"

#include "column.h"
#include "sql.h"
#include "trace.h"

unsigned
kith_mapper_column_at(const KithMapper *mapper, size_t offset)
{
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithMember *member = mapper->details[i].member;
        if (member->offset == offset && member->role != KITH_ROLE_REFERENCE)
            return i;
    }
    return KITH_NO_INDEX;
}

unsigned
kith_mapper_reference_at(const KithMapper *mapper, size_t offset)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        if (mapper->foreign_keys[i].reference == offset)
            return i;
    }
    return KITH_NO_INDEX;
}

unsigned
kith_mapper_foreign_key_number(const KithMapper *mapper,
                               const KithForeignKey *foreign_key)
{
    unsigned i = 0;
    while (mapper->foreign_keys[i].columns != foreign_key->columns)
        i++;
    return i;
}

unsigned
kith_mapper_many_at(const KithMapper *mapper, size_t offset)
{
    for (unsigned i = 0; i < mapper->n_many; i++) {
        if (mapper->many[i].member->offset == offset)
            return i;
    }
    return KITH_NO_INDEX;
}

const KithMapper *
kith_mapper_part_with(const KithMapper *mapper, unsigned index)
{
    unsigned i = 0;
    while (!kith_mapper_stores(mapper->parts[i], index))
        i++;
    return mapper->parts[i];
}

void
kith_mapper_append_what(GString *sql, const KithMapper *mapper)
{
    const KithColumn *column = &mapper->columns[mapper->discriminator];
    if (column->kind == KITH_KIND_TEXT)
        kith_sql_literal(sql, mapper->what.as.text);
    else if (column->kind == KITH_KIND_ENUM)
        kith_sql_literal(sql, kith_column_enum_name(column, &mapper->what.as.int32));
    else
        g_string_append_printf(sql,
                               "%" G_GINT64_FORMAT,
                               column->kind == KITH_KIND_INT64 ? mapper->what.as.int64
                                                               : mapper->what.as.int32);
}

const char *
kith_mapper_table_name(const KithMapper *mapper)
{
    const char *dot = strchr(mapper->table, '.');
    return dot != NULL ? dot + 1 : mapper->table;
}

#define LONGEST_NAME 63 /* bytes of an identifier in PostgreSQL; SQLite has no limit */
#define CHECKSUM_DIGITS 8

/* Make room at the end of @name for @n_bytes, in place of which the checksum of all of it
 * stands. */
static void
shorten(GString *name, size_t n_bytes)
{
    g_autofree char *checksum =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, name->str, -1);
    size_t length = LONGEST_NAME - n_bytes - 1 - CHECKSUM_DIGITS;
    while (length > 0 && (name->str[length] & 0xC0) == 0x80)
        length--; /* not within a character */
    g_string_truncate(name, length);
    g_string_append_printf(name, "_%.*s", CHECKSUM_DIGITS, checksum);
}

char *
kith_mapper_constraint_name(const KithMapper *mapper,
                            const unsigned *columns,
                            unsigned n_columns,
                            const char *suffix)
{
    GString *name = g_string_new(kith_mapper_table_name(mapper));
    for (unsigned i = 0; i < n_columns; i++)
        g_string_append_printf(name, "_%s", mapper->columns[columns[i]].name);
    size_t n_bytes = strlen("_") + strlen(suffix);
    if (name->len + n_bytes > LONGEST_NAME)
        shorten(name, n_bytes);
    g_string_append_printf(name, "_%s", suffix);
    return g_string_free(name, FALSE);
}

char *
kith_mapper_column_names(const KithMapper *mapper,
                         const unsigned *columns,
                         unsigned n_columns)
{
    GString *names = g_string_new(NULL);
    for (unsigned i = 0; i < n_columns; i++)
        g_string_append_printf(
            names, "%s%s", i > 0 ? ", " : "", mapper->columns[columns[i]].name);
    return g_string_free(names, FALSE);
}

bool
kith_mapper_can_empty(const KithMapper *mapper, unsigned index)
{
    return mapper->columns[index].nullable && mapper->details[index].computed_sql == NULL;
}

bool
kith_mapper_key_is_missing(const KithMapper *mapper, const void *row)
{
    if (mapper->generated == KITH_NO_INDEX)
        return false;
    const KithColumn *key = &mapper->columns[mapper->generated];
    const void *value = kith_column_get(key, row);
    static const KithUuid no_uuid;
    switch (key->kind) {
    case KITH_KIND_INT32:
        return *(const int32_t *) value == 0;
    case KITH_KIND_INT64:
        return *(const int64_t *) value == 0;
    default:
        return memcmp(value, &no_uuid, sizeof no_uuid) == 0;
    }
}

char *
kith_mapper_key_text(const KithMapper *mapper, const void *row)
{
    if (kith_mapper_key_is_missing(mapper, row))
        return g_strdup("(new)");
    GString *text = g_string_new(mapper->n_keys > 1 ? "(" : NULL);
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        const KithColumn *key = &mapper->columns[mapper->keys[i]];
        g_string_append(text, i > 0 ? ", " : "");
        kith_trace_append_value(text, key->kind, kith_column_get(key, row));
    }
    if (mapper->n_keys > 1)
        g_string_append_c(text, ')');
    return g_string_free(text, FALSE);
}
