/*
 * comment.c - see the header. A statement is known by its address, and so is a shape: with
 * another comment it has to be another one, so that a driver prepares each text once.
 */
#include "comment.h"

#include <string.h>

/* What goes out in place of what has no comment; which of the two, knows who asks. */
typedef struct KithCommented {
    const void *plain; /* a KithStatement or a KithShape */
    char *file;
    int line;
    char *comment;
    char *sql;
    union {
        KithStatement statement;
        KithShape shape;
    } sent;
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
    g_free(commented->file);
    g_free(commented->comment);
    g_free(commented->sql);
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
comment_text(KithPlace place)
{
    g_autofree char *name = g_path_get_basename(place.file);
    for (char *at = name; *at != '\0'; at++) {
        if (!g_ascii_isalnum(*at) && strchr("._-+ ", *at) == NULL)
            *at = '_';
    }
    return g_strdup_printf(" /* %s:%d */", name, place.line);
}

static KithCommented *
find(KithComments *comments, const void *plain, KithPlace place)
{
    const KithCommented wanted = { .plain = plain,
                                   .file = (char *) (uintptr_t) place.file,
                                   .line = place.line };
    return g_hash_table_lookup(comments, &wanted);
}

static KithCommented *
add(KithComments *comments, const void *plain, const char *sql, KithPlace place)
{
    KithCommented *commented = g_new0(KithCommented, 1);
    commented->plain = plain;
    commented->file = g_strdup(place.file);
    commented->line = place.line;
    commented->comment = comment_text(place);
    commented->sql = g_strconcat(sql, commented->comment, NULL);
    g_hash_table_add(comments, commented);
    return commented;
}

const KithStatement *
kith_comments_statement(KithComments *comments,
                        const KithStatement *statement,
                        KithPlace place)
{
    if (place.file == NULL)
        return statement;
    KithCommented *commented = find(comments, statement, place);
    if (commented == NULL) {
        commented = add(comments, statement, statement->sql, place);
        commented->sent.statement.sql = commented->sql;
    }
    return &commented->sent.statement;
}

/* A batch that is written once more has its comment. */
const KithShape *
kith_comments_shape(KithComments *comments, const KithShape *shape, KithPlace place)
{
    if (place.file == NULL || shape->comment != NULL)
        return shape;
    KithCommented *commented = find(comments, shape, place);
    if (commented == NULL) {
        commented = add(comments, shape, shape->sql, place);
        commented->sent.shape = *shape;
        commented->sent.shape.sql = commented->sql;
        commented->sent.shape.comment = commented->comment;
    }
    return &commented->sent.shape;
}
