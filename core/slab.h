/*
 * slab.h - memory for many things of one size that come and go: from chunks, each piece
 * that was given back being given out again first. When all are back, all chunks but the
 * first are freed.
 */
#ifndef KITH_CORE_SLAB_PRIVATE_H
#define KITH_CORE_SLAB_PRIVATE_H

#include <stddef.h>

typedef struct KithSlabChunk KithSlabChunk;

typedef struct KithSlab {
    size_t size;  /* of one piece */
    size_t n_out; /* pieces that were not given back */
    void *back;   /* those that were, each pointing to the next */
    char *at;     /* in the newest chunk: from here on nothing was given out */
    char *end;
    KithSlabChunk *chunks; /* the newest first */
} KithSlab;

/* @size: a multiple of that of a pointer. */
void kith_slab_init(KithSlab *slab, size_t size);

/* Free all; every piece must be back. */
void kith_slab_finish(KithSlab *slab);

/* Memory that is not set to anything, aligned like a pointer. */
void *kith_slab_alloc(KithSlab *slab);
void kith_slab_free(KithSlab *slab, void *piece);

#endif
