/*
 * bulk.h - where KITH_TEST_IN_BULK is set, all that can be written by statements for many
 * rows is written so, however few they are. Some programs run a second time with it.
 */
#ifndef KITH_TESTS_BULK_H
#define KITH_TESTS_BULK_H

#include "engine.h"

static inline void
choose_bulk(KithEngine *engine)
{
    if (g_getenv("KITH_TEST_IN_BULK") != NULL && engine->bulk_from > 0)
        engine->bulk_from = engine->make_keys_from = 1;
}

#endif
