/*
 * inheritance.h - objects of entities that extend others: what an object is.
 */
#ifndef KITH_SESSION_INHERITANCE_PRIVATE_H
#define KITH_SESSION_INHERITANCE_PRIVATE_H

#include "flush-plan.h"
#include "session.h"

/* May there be an object that is this and nothing more? Blames the program if not. */
bool kith_set_can_have_objects(KithEntitySet *set, KithPlace place);

/*
 * Let the discriminator of a new object say what it is; blames the program if it says
 * something else already.
 */
void kith_entity_say_what(KithEntity *entity, KithPlace place);

/* Refuses a change of what an object is. Error: MISUSE. */
bool kith_what_check(const KithChange *change, GError **error);

#endif
