/*
 * slab.c - see the header. A piece that is back holds the pointer to the next one.
 */
#include "slab.h"

#include <glib.h>

#define FIRST_PIECES 16
#define MOST_PIECES 1024

struct KithSlabChunk {
    KithSlabChunk *older;
    size_t n_pieces;
    /* Behind it: the pieces. */
};

void
kith_slab_init(KithSlab *slab, size_t size)
{
    g_assert(size % sizeof(void *) == 0);
    *slab = (KithSlab){ .size = size };
}

static void
fill_from(KithSlab *slab, KithSlabChunk *chunk)
{
    slab->at = (char *) (chunk + 1);
    slab->end = slab->at + chunk->n_pieces * slab->size;
}

static void
add_chunk(KithSlab *slab)
{
    size_t n_pieces = slab->chunks != NULL ? 2 * slab->chunks->n_pieces : FIRST_PIECES;
    n_pieces = MIN(n_pieces, MOST_PIECES);
    KithSlabChunk *chunk = g_malloc(sizeof *chunk + n_pieces * slab->size);
    chunk->older = slab->chunks;
    chunk->n_pieces = n_pieces;
    slab->chunks = chunk;
    fill_from(slab, chunk);
}

void
kith_slab_finish(KithSlab *slab)
{
    g_assert(slab->n_out == 0);
    while (slab->chunks != NULL) {
        KithSlabChunk *chunk = slab->chunks;
        slab->chunks = chunk->older;
        g_free(chunk);
    }
}

/* All is back: begin anew with the first chunk. */
static void
start_over(KithSlab *slab)
{
    while (slab->chunks->older != NULL) {
        KithSlabChunk *chunk = slab->chunks;
        slab->chunks = chunk->older;
        g_free(chunk);
    }
    slab->back = NULL;
    fill_from(slab, slab->chunks);
}

void *
kith_slab_alloc(KithSlab *slab)
{
    void *piece = slab->back;
    slab->n_out++;
    if (piece != NULL) {
        slab->back = *(void **) piece;
        return piece;
    }
    if (slab->at == slab->end)
        add_chunk(slab);
    piece = slab->at;
    slab->at += slab->size;
    return piece;
}

void
kith_slab_free(KithSlab *slab, void *piece)
{
    *(void **) piece = slab->back;
    slab->back = piece;
    if (--slab->n_out == 0)
        start_over(slab);
}
