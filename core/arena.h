/*
 * arena.h - memory that is given back all at once: what a query is made of, what it
 * gives.
 *
 * The first chunk can be memory of the owner, so that little things need no allocation.
 */
#ifndef KITH_CORE_ARENA_PRIVATE_H
#define KITH_CORE_ARENA_PRIVATE_H

#include <glib.h>
#include <stddef.h>

typedef struct KithChunk KithChunk;

typedef struct KithArena {
    char *at;
    char *end;
    KithChunk *chunks; /* the newest first; what was allocated */
    char *first;       /* of the owner; can be NULL */
    size_t first_size;
} KithArena;

/* @first: memory for the first @size bytes; NULL: none. */
void kith_arena_init(KithArena *arena, void *first, size_t size);

/* Give back all; the arena can be used again. */
void kith_arena_clear(KithArena *arena);

/* Memory that is not set to anything. */
void *kith_arena_alloc(KithArena *arena, size_t size);

/* Copies. @data can be NULL only if @size is 0. */
void *kith_arena_copy(KithArena *arena, const void *data, size_t size);
char *kith_arena_text(KithArena *arena, const char *text);

#endif
