/*
 * test-slab.c - memory for many things of one size: each piece is one's own until it is
 * given back, and what is given back is given out again.
 */
#include "slab.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N_PIECES 5000

typedef struct Piece {
    uint64_t number;
    char filler[40];
} Piece;

static Piece *
take(KithSlab *slab, uint64_t number)
{
    Piece *piece = kith_slab_alloc(slab);
    piece->number = number;
    memset(piece->filler, (int) (number & 0xFF), sizeof piece->filler);
    return piece;
}

static void
assert_is(const Piece *piece, uint64_t number)
{
    assert_int_equal(piece->number, number);
    for (size_t i = 0; i < sizeof piece->filler; i++)
        assert_int_equal((uint8_t) piece->filler[i], number & 0xFF);
}

static void
pieces_do_not_touch_each_other(void **state)
{
    (void) state;
    KithSlab slab;
    g_autofree Piece **pieces = g_new(Piece *, N_PIECES);
    kith_slab_init(&slab, sizeof(Piece));
    for (uint64_t i = 0; i < N_PIECES; i++)
        pieces[i] = take(&slab, i);
    for (uint64_t i = 0; i < N_PIECES; i++)
        assert_is(pieces[i], i);
    assert_int_equal(slab.n_out, N_PIECES);
    for (uint64_t i = 0; i < N_PIECES; i++)
        kith_slab_free(&slab, pieces[i]);
    assert_int_equal(slab.n_out, 0);
    kith_slab_finish(&slab);
}

static void
what_was_given_back_is_given_out_again(void **state)
{
    (void) state;
    KithSlab slab;
    kith_slab_init(&slab, sizeof(Piece));
    Piece *kept = take(&slab, 1);
    Piece *back = take(&slab, 2);
    kith_slab_free(&slab, back);
    assert_ptr_equal(take(&slab, 3), back);
    assert_is(kept, 1);
    kith_slab_free(&slab, back);
    kith_slab_free(&slab, kept);
    kith_slab_finish(&slab);
}

static void
when_all_is_back_only_the_first_chunk_stays(void **state)
{
    (void) state;
    KithSlab slab;
    g_autofree Piece **pieces = g_new(Piece *, N_PIECES);
    kith_slab_init(&slab, sizeof(Piece));
    Piece *first = take(&slab, 0);
    kith_slab_free(&slab, first);
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < N_PIECES; i++)
            pieces[i] = take(&slab, i);
        assert_ptr_equal(pieces[0], first);
        for (uint64_t i = N_PIECES; i-- > 0;)
            kith_slab_free(&slab, pieces[i]);
    }
    kith_slab_finish(&slab);
}

/* A mix of taking and giving back; each piece keeps what was written to it. */
static void
a_piece_stays_what_it_is_until_it_is_given_back(void **state)
{
    (void) state;
    KithSlab slab;
    g_autoptr(GRand) random = g_rand_new_with_seed(42);
    Piece *pieces[100] = { NULL };
    kith_slab_init(&slab, sizeof(Piece));
    for (uint64_t step = 0; step < 100000; step++) {
        size_t place = (size_t) g_rand_int_range(random, 0, 100);
        if (pieces[place] == NULL) {
            pieces[place] = take(&slab, step);
            continue;
        }
        assert_is(pieces[place], pieces[place]->number);
        kith_slab_free(&slab, pieces[place]);
        pieces[place] = NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        if (pieces[i] != NULL)
            kith_slab_free(&slab, pieces[i]);
    }
    assert_int_equal(slab.n_out, 0);
    kith_slab_finish(&slab);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_touch_each_other),
        cmocka_unit_test(what_was_given_back_is_given_out_again),
        cmocka_unit_test(when_all_is_back_only_the_first_chunk_stays),
        cmocka_unit_test(a_piece_stays_what_it_is_until_it_is_given_back),
    };
    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
