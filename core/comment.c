/*
 * comment.c - see the header. A statement is known by its address: with another comment
 * it has to be another one, so that a driver prepares each text once.
 */
#include "comment.h"

#include <string.h>

/* The statement comes first: to those who use it this is one. */
typedef struct KithCommented {
    KithStatement statement;
    const KithStatement *plain;
    char *file;
    int line;
} KithCommented;

static guint
commented_hash(const void *data)
{
    const KithCommented *commented = data;
    return g_direct_hash(commented->plain) ^ g_str_hash(commented->file)
           ^ (guint) commented->line;
}

static gboolean
commented_equal(const void *a, const void *b)
{
    const KithCommented *one = a, *other = b;
    return one->plain == other->plain && one->line == other->line
           && strcmp(one->file, other->file) == 0;
}

static void
commented_free(void *data)
{
    KithCommented *commented = data;
    g_free((char *) (uintptr_t) commented->statement.sql);
    g_free(commented->file);
    g_free(commented);
}

KithComments *
kith_comments_new(void)
{
    return g_hash_table_new_full(commented_hash, commented_equal, commented_free, NULL);
}

/*
 * The name of the file without its path, and of it only what can neither end a comment
 * nor begin another one in it, which PostgreSQL would want to see ended too.
 */
static char *
comment_text(const char *sql, KithPlace place)
{
    g_autofree char *name = g_path_get_basename(place.file);
    for (char *at = name; *at != '\0'; at++) {
        if (!g_ascii_isalnum(*at) && strchr("._-+ ", *at) == NULL)
            *at = '_';
    }
    return g_strdup_printf("%s /* %s:%d */", sql, name, place.line);
}

const KithStatement *
kith_comments_statement(KithComments *comments,
                        const KithStatement *statement,
                        KithPlace place)
{
    if (place.file == NULL)
        return statement;
    const KithCommented wanted = { .plain = statement,
                                   .file = (char *) (uintptr_t) place.file,
                                   .line = place.line };
    KithCommented *commented = g_hash_table_lookup(comments, &wanted);
    if (commented != NULL)
        return &commented->statement;
    commented = g_new(KithCommented, 1);
    *commented = (KithCommented){ .statement.sql = comment_text(statement->sql, place),
                                  .plain = statement,
                                  .file = g_strdup(place.file),
                                  .line = place.line };
    g_hash_table_add(comments, commented);
    return &commented->statement;
}
