/*
 * text.h - is it a text that a database takes and gives?
 */
#ifndef KITH_CORE_TEXT_PRIVATE_H
#define KITH_CORE_TEXT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/* Is @text UTF-8, without a zero byte in its @length bytes? */
bool kith_text_is_valid(const char *text, size_t length);

#endif
