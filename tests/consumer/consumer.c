/*
 * consumer.c - a program outside of Kith's tree, built against an installed Kith: an object goes into
 * a database, and is found again by another session.
 */
#include <kith/kith.h>
#include <stdio.h>
#include <string.h>

typedef struct Note Note;

struct Note {
    int64_t id;
    const char *text;
};

KITH_DECLARE(Note);

KITH_MAPPING(Note, "notes", KITH_KEY(Note, id, .generated = true), KITH_COLUMN(Note, text));

static bool
write_note(KithEngine *engine, int64_t *ret_id, GError **error)
{
    g_autoptr(KithSession) session = kith_session_new(engine);
    const Note *note = kith_add(session, Note, .text = "buy milk");
    if (!kith_commit(session, error))
        return false;
    *ret_id = note->id;
    return true;
}

static bool
read_note(KithEngine *engine, int64_t id, GError **error)
{
    g_autoptr(KithSession) session = kith_session_new(engine);
    const Note *note = kith_get(session, Note, id, error);
    if (note == NULL)
        return false;
    printf("Kith %s: %s\n", kith_version(), note->text);
    return strcmp(note->text, "buy milk") == 0;
}

int
main(void)
{
    const KithOptions options = { .mappings = KITH_MAPPINGS(Note) };
    int64_t id = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(KithEngine) engine = kith_engine_open("sqlite::memory:", &options, &error);
    if (engine != NULL && kith_schema_create(engine, &error)
        && write_note(engine, &id, &error) && read_note(engine, id, &error))
        return 0;
    fprintf(stderr, "consumer: %s\n", error != NULL ? error->message : "the note is lost");
    return 1;
}
