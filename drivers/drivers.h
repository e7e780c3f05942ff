/*
 * drivers.h - the drivers there are. Which of them are compiled in, drivers.c says.
 */
#ifndef KITH_DRIVERS_H
#define KITH_DRIVERS_H

#include "kith-driver.h"

extern const KithDriver kith_driver_sqlite;
extern const KithDriver kith_driver_postgres;

#endif
