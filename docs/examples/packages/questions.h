/*
 * questions.h - a few things to ask of a database of packages; the answers are printed.
 */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include "model.h"

/*
 * The package of this name; where it is there for several architectures, the first of
 * them. Returns NULL without an error if there is none.
 */
const Package *find_package(KithSession *session, const char *name, GError **error);

/* How many packages are essential? */
bool print_essential(KithSession *session, GError **error);

/* Which maintainers have most packages? */
bool print_busiest_maintainers(KithSession *session, GError **error);

/* What does a package need, and what is there to meet it? */
bool print_needs(KithSession *session, const Package *package, GError **error);

#endif
