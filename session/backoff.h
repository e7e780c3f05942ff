/*
 * backoff.h - waiting before another attempt.
 */
#ifndef KITH_SESSION_BACKOFF_PRIVATE_H
#define KITH_SESSION_BACKOFF_PRIVATE_H

#include "kith-transact.h"

#define KITH_DEFAULT_ATTEMPTS 10

/*
 * Wait before attempt number @attempt (the second one is 2): a random time between half
 * of the delay and all of it, so that two that met do not meet again. @options:
 * (nullable).
 */
void kith_backoff(const KithTransactOptions *options, unsigned attempt);

#endif
