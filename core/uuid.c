/*
 * uuid.c - UUIDs: new ones of version 7 (RFC 9562), and their text.
 *
 * A new one is 48 bits of milliseconds, 12 bits that go on counting where the
 * milliseconds end (the RFC's method 3), and 62 random bits. The first 60 only ever rise
 * within a process, whatever its threads do and wherever the clock is set to, so no two
 * are the same.
 */
#include "kith-core.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#define COUNTS_PER_MSEC 4096

/*
 * The first 60 bits of the next UUID. The one variable of the library that outlives a
 * call: what rises within the process has to be known to the process.
 */
static uint64_t
next_count(void)
{
    static _Atomic uint64_t last_count = 0;
    uint64_t usec = (uint64_t) g_get_real_time();
    uint64_t now = usec / 1000 * COUNTS_PER_MSEC + usec % 1000 * COUNTS_PER_MSEC / 1000;
    uint64_t last = atomic_load_explicit(&last_count, memory_order_relaxed);
    uint64_t next;
    do
        next = MAX(now, last + 1);
    while (!atomic_compare_exchange_weak_explicit(
        &last_count, &last, next, memory_order_relaxed, memory_order_relaxed));
    return next;
}

/*
 * Random bits from the kernel: those of g_random_int() can be foretold from earlier ones,
 * and are the same in parent and child after a fork(). They have to do where the kernel
 * has none to give.
 */
static uint64_t
random_bits(void)
{
    uint64_t bits;
    if (getentropy(&bits, sizeof bits) == 0)
        return bits;
    return (uint64_t) g_random_int() << 32 | g_random_int();
}

static void
put_big_endian(uint8_t *at, uint64_t value)
{
    value = GUINT64_TO_BE(value);
    memcpy(at, &value, sizeof value);
}

KithUuid
kith_uuid_new(void)
{
    const uint64_t version = UINT64_C(0x7000), variant = UINT64_C(1) << 63;
    uint64_t count = next_count();
    uint64_t random = random_bits() & (UINT64_MAX >> 2);
    KithUuid uuid;
    put_big_endian(uuid.bytes,
                   count / COUNTS_PER_MSEC << 16 | version | count % COUNTS_PER_MSEC);
    put_big_endian(uuid.bytes + 8, variant | random);
    return uuid;
}

static bool
is_after_hyphen(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool
kith_uuid_parse(const char *text, KithUuid *ret_uuid)
{
    g_return_val_if_fail(text != NULL && ret_uuid != NULL, false);
    KithUuid uuid;
    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (is_after_hyphen(i) && *text++ != '-')
            return false;
        int high = g_ascii_xdigit_value(text[0]);
        int low = high >= 0 ? g_ascii_xdigit_value(text[1]) : -1;
        if (low < 0)
            return false;
        uuid.bytes[i] = (uint8_t) (high * 16 + low);
        text += 2;
    }
    if (*text != '\0')
        return false;
    *ret_uuid = uuid;
    return true;
}

char *
kith_uuid_format(KithUuid uuid, char buffer[KITH_UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *at = buffer;
    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (is_after_hyphen(i))
            *at++ = '-';
        *at++ = digits[uuid.bytes[i] >> 4];
        *at++ = digits[uuid.bytes[i] & 15];
    }
    *at = '\0';
    return buffer;
}
