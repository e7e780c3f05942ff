/*
 * text.c - nearly all text is ASCII, which is seen eight bytes at a time; GLib looks at
 * the rest. Every text that is read or written comes through here.
 */
#include "text.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

#define ONES UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Are the eight bytes ASCII, and none of them zero? */
static bool
is_plain(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return ((word | (word - ONES)) & HIGH_BITS) == 0;
}

bool
kith_text_is_valid(const char *text, size_t length)
{
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        if (!is_plain(text + at))
            return g_utf8_validate_len(text + at, length - at, NULL);
    }
    if (at == length)
        return true;
    if (length >= 8 && is_plain(text + length - 8))
        return true;
    return g_utf8_validate_len(text + at, length - at, NULL);
}
