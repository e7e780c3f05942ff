/*
 * drivers.c - the one list of the drivers that are compiled in. SQLite is asked first:
 * its URLs have a scheme of their own, while PostgreSQL also takes strings without one.
 */
#include "drivers.h"

#include "drivers-list.h"

static const KithDriver *const drivers[] = {
#ifdef KITH_WITH_SQLITE
    &kith_driver_sqlite,
#endif
#ifdef KITH_WITH_POSTGRES
    &kith_driver_postgres,
#endif
    NULL,
};

const KithDriver *const *
kith_drivers(void)
{
    return drivers;
}
