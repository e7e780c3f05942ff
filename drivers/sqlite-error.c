/*
 * sqlite-error.c - SQLite tells what went wrong by an extended result code, and which
 * table and column it is about only in the words of its message. Both are taken apart
 * here, and nowhere else.
 */
#include "sqlite-error.h"

#include "error.h"

#include <string.h>

#define FOREIGN_KEY_FAILED "FOREIGN KEY constraint failed"

static bool
names_something_missing(const char *message)
{
    return g_str_has_prefix(message, "no such table: ")
           || g_str_has_prefix(message, "no such column: ")
           || strstr(message, " has no column named ") != NULL;
}

static KithErrorCode
code_of_constraint(int extended_code, const char *message)
{
    switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return KITH_ERROR_UNIQUE;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return KITH_ERROR_FOREIGN_KEY;
    case SQLITE_CONSTRAINT_NOTNULL:
        return KITH_ERROR_NOT_NULL;
    case SQLITE_CONSTRAINT_TRIGGER:
        /* RESTRICT is made of a trigger of its own. */
        return strcmp(message, FOREIGN_KEY_FAILED) == 0 ? KITH_ERROR_FOREIGN_KEY
                                                        : KITH_ERROR_CHECK;
    case SQLITE_CONSTRAINT_CHECK:
        return KITH_ERROR_CHECK;
    case SQLITE_CONSTRAINT_DATATYPE: /* of a STRICT table */
        return KITH_ERROR_TYPE;
    default:
        return KITH_ERROR_SQL;
    }
}

/* Over the length limit only because it lists the codes. */
static KithErrorCode
code_of(int extended_code, const char *message)
{
    if (extended_code == SQLITE_BUSY_SNAPSHOT)
        return KITH_ERROR_SERIALIZATION;
    switch (extended_code & 0xff) {
    case SQLITE_CONSTRAINT:
        return code_of_constraint(extended_code, message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* lost the race for the locks of the WAL too often */
        return KITH_ERROR_BUSY;
    case SQLITE_INTERRUPT:
        return KITH_ERROR_CANCELLED;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
        return KITH_ERROR_CONNECTION;
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
        return KITH_ERROR_TYPE;
    case SQLITE_ERROR:
        return names_something_missing(message) ? KITH_ERROR_MAPPING : KITH_ERROR_SQL;
    default:
        return KITH_ERROR_SQL;
    }
}

/* --- what it is about -------------------------------------------------------------- */

typedef struct Subject {
    char *table;
    char *column;
    char *constraint;
} Subject;

static void
subject_clear(Subject *subject)
{
    g_free(subject->table);
    g_free(subject->column);
    g_free(subject->constraint);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

/* "authors.name", "line.book, line.place", or "index 'name'" of an expression. */
static void
take_columns(Subject *subject, const char *list)
{
    if (g_str_has_prefix(list, "index '")) {
        const char *name = list + strlen("index '");
        subject->constraint = g_strndup(name, strcspn(name, "'"));
        return;
    }
    g_auto(GStrv) items = g_strsplit(list, ", ", -1);
    g_autoptr(GString) columns = g_string_new(NULL);
    for (size_t i = 0; items[i] != NULL; i++) {
        const char *dot = strchr(items[i], '.');
        g_string_append_printf(
            columns, "%s%s", i > 0 ? ", " : "", dot != NULL ? dot + 1 : items[i]);
        if (i == 0 && dot != NULL)
            subject->table = g_strndup(items[i], (size_t) (dot - items[i]));
    }
    subject->column = g_string_free(g_steal_pointer(&columns), FALSE);
}

/* "no such table: a", "no such column: a.b", "table a has no column named b". */
static void
take_missing(Subject *subject, const char *message, const char *after_colon)
{
    static const char has_no_column[] = " has no column named ";
    const char *found = strstr(message, has_no_column);
    if (found != NULL && g_str_has_prefix(message, "table ")) {
        const char *table = message + strlen("table ");
        subject->table = g_strndup(table, (size_t) (found - table));
        subject->column = g_strdup(found + strlen(has_no_column));
    } else if (g_str_has_prefix(message, "no such table: ")) {
        subject->table = g_strdup(after_colon);
    } else {
        take_columns(subject, after_colon);
    }
}

/* What follows the first ": " of a message, or all of it. */
static const char *
after_colon_of(const char *message)
{
    const char *colon = strstr(message, ": ");
    return colon != NULL ? colon + 2 : message;
}

static void
take_subject(Subject *subject, KithErrorCode code, int extended_code, const char *message)
{
    const char *after_colon = after_colon_of(message);
    if (code == KITH_ERROR_UNIQUE || code == KITH_ERROR_NOT_NULL)
        take_columns(subject, after_colon);
    else if (code == KITH_ERROR_MAPPING)
        take_missing(subject, message, after_colon);
    else if (extended_code == SQLITE_CONSTRAINT_CHECK)
        subject->constraint = g_strdup(after_colon);
}

/* --- the words --------------------------------------------------------------------- */

/* What happened, in words of ours: a %s stands for what the database names. */
static char *
describe(KithErrorCode code,
         int extended_code,
         const Subject *subject,
         const char *named)
{
    switch (code) {
    case KITH_ERROR_UNIQUE:
        return g_strdup_printf("unique: %s is taken already", named);
    case KITH_ERROR_FOREIGN_KEY:
        return g_strdup(
            "foreign key: a row refers to one that is not there, or is referred to");
    case KITH_ERROR_NOT_NULL:
        return g_strdup_printf("not null: %s cannot be NULL", named);
    case KITH_ERROR_CHECK:
        if (extended_code == SQLITE_CONSTRAINT_TRIGGER)
            return g_strdup("check: a trigger refused the row");
        return g_strdup_printf("check: the row is not as %s says", named);
    case KITH_ERROR_SERIALIZATION:
        return g_strdup("serialization: another transaction wrote first; begin again");
    case KITH_ERROR_BUSY:
        return g_strdup("busy: another connection holds the lock");
    case KITH_ERROR_CANCELLED:
        return g_strdup("cancelled: the statement was interrupted");
    case KITH_ERROR_CONNECTION:
        return g_strdup("connection: the database cannot be read or written");
    case KITH_ERROR_TYPE:
        return g_strdup("type: the column cannot hold the value");
    case KITH_ERROR_MAPPING:
        if (subject->column == NULL)
            return g_strdup("mapping: the database has no such table; "
                            "kith_schema_create() makes those of the mappings");
        return g_strdup("mapping: the database has no such column");
    default:
        return g_strdup("sql: the database refused the statement");
    }
}

void
kith_sqlite_set_error(GError **error, sqlite3 *db, const char *table)
{
    if (error == NULL)
        return;
    int extended_code = sqlite3_extended_errcode(db);
    const char *message = sqlite3_errmsg(db);
    KithErrorCode code = code_of(extended_code, message);
    g_auto(Subject) subject = { 0 };
    take_subject(&subject, code, extended_code, message);
    if (subject.table == NULL && (extended_code & 0xff) == SQLITE_CONSTRAINT)
        subject.table = g_strdup(table);
    KithErrorDetails details = {
        .table = subject.table,
        .column = subject.column,
        .constraint = subject.constraint,
    };
    g_autofree char *what = describe(code, extended_code, &subject, after_colon_of(message));
    kith_error_set_details(error, code, &details, "%s: %s", what, message);
}
