/*
 * arena.c - chunks, each twice as large as the one before it, filled from the bottom.
 */
#include "arena.h"

#include <stdint.h>
#include <string.h>

#define FIRST_CHUNK 1024
#define ALIGNMENT 16

struct KithChunk {
    KithChunk *older;
    size_t size;
    /* Behind it: the memory. */
};

#define HEADER ((sizeof(KithChunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

void
kith_arena_init(KithArena *arena, void *first, size_t size)
{
    /* Memory that stands anywhere in a struct need not be aligned. */
    size_t skipped = (ALIGNMENT - (uintptr_t) first % ALIGNMENT) % ALIGNMENT;
    *arena = (KithArena){ .first = first, .first_size = size };
    if (first == NULL || size < skipped)
        return;
    arena->at = (char *) first + skipped;
    arena->end = (char *) first + size;
}

void
kith_arena_clear(KithArena *arena)
{
    while (arena->chunks != NULL) {
        KithChunk *chunk = arena->chunks;
        arena->chunks = chunk->older;
        g_free(chunk);
    }
    kith_arena_init(arena, arena->first, arena->first_size);
}

static void
add_chunk(KithArena *arena, size_t size)
{
    size_t wanted = arena->chunks != NULL ? arena->chunks->size * 2 : FIRST_CHUNK;
    KithChunk *chunk = g_malloc(HEADER + MAX(size, wanted));
    chunk->older = arena->chunks;
    chunk->size = MAX(size, wanted);
    arena->chunks = chunk;
    arena->at = (char *) chunk + HEADER;
    arena->end = arena->at + chunk->size;
}

void *
kith_arena_alloc(KithArena *arena, size_t size)
{
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->at == NULL || (size_t) (arena->end - arena->at) < size)
        add_chunk(arena, size);
    void *memory = arena->at;
    arena->at += size;
    return memory;
}

void *
kith_arena_copy(KithArena *arena, const void *data, size_t size)
{
    void *copy = kith_arena_alloc(arena, size);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *
kith_arena_text(KithArena *arena, const char *text)
{
    return kith_arena_copy(arena, text, strlen(text) + 1);
}
