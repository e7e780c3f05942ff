/*
 * dpkg.c - the reader of dpkg's status file: paragraphs of 'Field: value', parted by
 * empty lines.
 *
 * Reads line by line and keeps the text of one paragraph at a time. A file that is not
 * quite right is read as far as it makes sense; only a file that cannot be read is an
 * error.
 */
#include "dpkg.h"

#include <string.h>

/* The fields that are wanted. Those of needs have the number of their kind. */
enum {
    FIELD_PRE_DEPENDS = NEED_PRE_DEPENDS,
    FIELD_DEPENDS = NEED_DEPENDS,
    FIELD_RECOMMENDS = NEED_RECOMMENDS,
    FIELD_SUGGESTS = NEED_SUGGESTS,
    FIELD_PACKAGE,
    FIELD_STATUS,
    FIELD_ARCHITECTURE,
    FIELD_VERSION,
    FIELD_DESCRIPTION,
    FIELD_HOMEPAGE,
    FIELD_SECTION,
    FIELD_MAINTAINER,
    FIELD_INSTALLED_SIZE,
    FIELD_PRIORITY,
    FIELD_ESSENTIAL,
    N_FIELDS
};

static const char *const field_names[] = {
    [FIELD_PRE_DEPENDS] = "Pre-Depends",
    [FIELD_DEPENDS] = "Depends",
    [FIELD_RECOMMENDS] = "Recommends",
    [FIELD_SUGGESTS] = "Suggests",
    [FIELD_PACKAGE] = "Package",
    [FIELD_STATUS] = "Status",
    [FIELD_ARCHITECTURE] = "Architecture",
    [FIELD_VERSION] = "Version",
    [FIELD_DESCRIPTION] = "Description",
    [FIELD_HOMEPAGE] = "Homepage",
    [FIELD_SECTION] = "Section",
    [FIELD_MAINTAINER] = "Maintainer",
    [FIELD_INSTALLED_SIZE] = "Installed-Size",
    [FIELD_PRIORITY] = "Priority",
    [FIELD_ESSENTIAL] = "Essential",
};

static const char *const priority_names[] = {
    [PRIORITY_UNKNOWN] = "unknown",     [PRIORITY_REQUIRED] = "required",
    [PRIORITY_IMPORTANT] = "important", [PRIORITY_STANDARD] = "standard",
    [PRIORITY_OPTIONAL] = "optional",   [PRIORITY_EXTRA] = "extra",
};

typedef struct Reader {
    GString *fields[N_FIELDS]; /* of this paragraph; empty: not there */
    GString *open; /* the field that goes on if a line is indented; can be NULL */
    GPtrArray *packages;
    GHashTable *ids; /* of the packages; the texts are theirs */
} Reader;

/* --- memory --------------------------------------------------------------------- */

static void
need_free(void *data)
{
    DpkgNeed *need = data;
    g_free(need->name);
    g_free(need->relation);
    g_free(need->version);
    g_free(need);
}

static void
package_free(void *data)
{
    DpkgPackage *package = data;
    g_free(package->id);
    g_free(package->name);
    g_free(package->architecture);
    g_free(package->version);
    g_free(package->summary);
    g_free(package->homepage);
    g_free(package->section);
    g_free(package->maintainer_name);
    g_free(package->maintainer_email);
    g_ptr_array_unref(package->needs);
    g_free(package);
}

static void
reader_init(Reader *reader)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        reader->fields[i] = g_string_new(NULL);
    reader->open = NULL;
    reader->packages = g_ptr_array_new_with_free_func(package_free);
    reader->ids = g_hash_table_new(g_str_hash, g_str_equal);
}

static void
reader_clear(Reader *reader)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        g_string_free(reader->fields[i], TRUE);
    g_hash_table_unref(reader->ids);
    g_clear_pointer(&reader->packages, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

/* --- what a package needs ------------------------------------------------------- */

/* Read 'name', 'name:any', 'name (>= 1.2)'; what else may follow is left out. */
static DpkgNeed *
parse_need(const char *text)
{
    DpkgNeed *need = g_new0(DpkgNeed, 1);
    need->name = g_strndup(text, strcspn(text, " \t\n:(["));

    const char *open = strchr(text, '(');
    if (open == NULL)
        return need;
    size_t n_relation = strspn(open + 1, "<=>");
    const char *version = open + 1 + n_relation;
    need->relation = n_relation > 0 ? g_strndup(open + 1, n_relation) : g_strdup("=");
    need->version = g_strstrip(g_strndup(version, strcspn(version, ")")));
    return need;
}

/* Add the alternatives of one need. Says whether there were any. */
static bool
add_alternatives(GPtrArray *needs, NeedKind kind, int32_t position, const char *text)
{
    g_auto(GStrv) choices = g_strsplit(text, "|", -1);
    int32_t choice = 0;
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (*g_strstrip(choices[i]) == '\0')
            continue;
        DpkgNeed *need = parse_need(choices[i]);
        need->kind = kind;
        need->position = position;
        need->choice = choice++;
        g_ptr_array_add(needs, need);
    }
    return choice > 0;
}

static void
add_needs(GPtrArray *needs, NeedKind kind, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    int32_t position = 0;
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (add_alternatives(needs, kind, position, parts[i]))
            position++;
    }
}

/* --- a package ------------------------------------------------------------------ */

/* A copy of a field, as text that a database takes; @otherwise where it is not there. */
static char *
copy_field(const Reader *reader, int field, const char *otherwise)
{
    const GString *text = reader->fields[field];
    if (text->len == 0)
        return g_strdup(otherwise);
    return g_utf8_make_valid(text->str, (gssize) text->len);
}

/* The first line of the description; what follows is the long one. */
static char *
copy_summary(const Reader *reader)
{
    char *summary = copy_field(reader, FIELD_DESCRIPTION, "");
    summary[strcspn(summary, "\n")] = '\0';
    return summary;
}

/* Take 'Ann Example <ann@example.org>' apart. */
static void
parse_maintainer(const Reader *reader, DpkgPackage *package)
{
    char *name = copy_field(reader, FIELD_MAINTAINER, NULL);
    if (name == NULL)
        return;
    char *open = strrchr(name, '<');
    package->maintainer_email =
        open != NULL ? g_strndup(open + 1, strcspn(open + 1, ">")) : g_strdup("");
    if (open != NULL)
        *open = '\0';
    package->maintainer_name = g_strstrip(name);
}

static Priority
parse_priority(const char *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(priority_names); i++) {
        if (g_ascii_strcasecmp(text, priority_names[i]) == 0)
            return (Priority) i;
    }
    return PRIORITY_UNKNOWN;
}

static int64_t
parse_size(const char *text)
{
    gint64 size;
    return g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, &size, NULL) ? size : -1;
}

static DpkgPackage *
make_package(const Reader *reader)
{
    DpkgPackage *package = g_new0(DpkgPackage, 1);
    package->name = copy_field(reader, FIELD_PACKAGE, NULL);
    package->architecture = copy_field(reader, FIELD_ARCHITECTURE, "all");
    package->id = g_strdup_printf("%s:%s", package->name, package->architecture);
    package->version = copy_field(reader, FIELD_VERSION, "");
    package->summary = copy_summary(reader);
    package->homepage = copy_field(reader, FIELD_HOMEPAGE, NULL);
    package->section = copy_field(reader, FIELD_SECTION, NULL);
    parse_maintainer(reader, package);
    package->installed_size = parse_size(reader->fields[FIELD_INSTALLED_SIZE]->str);
    package->priority = parse_priority(reader->fields[FIELD_PRIORITY]->str);
    package->essential =
        g_ascii_strcasecmp(reader->fields[FIELD_ESSENTIAL]->str, "yes") == 0;

    package->needs = g_ptr_array_new_with_free_func(need_free);
    for (NeedKind kind = NEED_PRE_DEPENDS; kind <= NEED_SUGGESTS; kind++) {
        g_autofree char *text = copy_field(reader, (int) kind, "");
        add_needs(package->needs, kind, text);
    }
    return package;
}

/* --- paragraphs and lines ------------------------------------------------------- */

/* A status is three words: what is wanted, if that went well, what the package is. */
static bool
is_installed(const Reader *reader)
{
    return reader->fields[FIELD_PACKAGE]->len > 0
           && g_str_has_suffix(reader->fields[FIELD_STATUS]->str, " installed");
}

static void
end_paragraph(Reader *reader)
{
    if (is_installed(reader)) {
        DpkgPackage *package = make_package(reader);
        if (g_hash_table_add(reader->ids, package->id))
            g_ptr_array_add(reader->packages, package);
        else
            package_free(package);
    }
    for (size_t i = 0; i < N_FIELDS; i++)
        g_string_truncate(reader->fields[i], 0);
    reader->open = NULL;
}

static GString *
find_field(Reader *reader, const char *name)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (g_ascii_strcasecmp(name, field_names[i]) == 0)
            return reader->fields[i];
    }
    return NULL;
}

/* 'Field: value' opens a field, or none if it is not wanted. */
static void
read_field(Reader *reader, char *line)
{
    char *colon = strchr(line, ':');
    reader->open = NULL;
    if (colon == NULL)
        return;
    *colon = '\0';
    reader->open = find_field(reader, g_strchomp(line));
    if (reader->open != NULL)
        g_string_assign(reader->open, g_strstrip(colon + 1));
}

/* A line with nothing on it ends a paragraph; an indented one goes on with its field. */
static void
read_line(Reader *reader, char *line)
{
    bool is_indented = *line == ' ' || *line == '\t';
    g_strchomp(line); /* with the CR of a file that came from elsewhere */
    if (*line == '\0')
        end_paragraph(reader);
    else if (!is_indented)
        read_field(reader, line);
    else if (reader->open != NULL)
        g_string_append_printf(reader->open, "\n%s", g_strchug(line));
}

static GIOChannel *
open_file(const char *path, GError **error)
{
    g_autoptr(GIOChannel) file = g_io_channel_new_file(path, "r", error);
    /* Without an encoding the bytes come as they are: one bad name must not end the
     * reading. */
    if (file == NULL
        || g_io_channel_set_encoding(file, NULL, error) != G_IO_STATUS_NORMAL)
        return NULL;
    g_io_channel_set_line_term(file, "\n", 1);
    return g_steal_pointer(&file);
}

static bool
read_lines(Reader *reader, GIOChannel *file, GError **error)
{
    g_autoptr(GString) line = g_string_new(NULL);
    GIOStatus status;
    while ((status = g_io_channel_read_line_string(file, line, NULL, error))
           == G_IO_STATUS_NORMAL)
        read_line(reader, line->str);
    end_paragraph(reader); /* the last one may have no empty line behind it */
    return status == G_IO_STATUS_EOF;
}

GPtrArray *
dpkg_read(const char *path, GError **error)
{
    g_auto(Reader) reader;
    reader_init(&reader);
    g_autoptr(GIOChannel) file = open_file(path, error);
    if (file == NULL || !read_lines(&reader, file, error)) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    return g_steal_pointer(&reader.packages);
}

const char *
dpkg_need_field(NeedKind kind)
{
    return field_names[kind];
}
