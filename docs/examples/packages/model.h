/*
 * model.h - the objects of this program: what is installed, who looks after it, what it
 * needs.
 *
 * Plain structs. What they are in the database is said in model.c.
 */
#ifndef MODEL_H
#define MODEL_H

#include <kith/kith.h>

#include "dpkg.h" /* Priority and NeedKind: dpkg's own words */

typedef struct Section Section;
typedef struct Maintainer Maintainer;
typedef struct Package Package;
typedef struct Dependency Dependency;

struct Section {
    int64_t id;
    const char *name;
};

struct Maintainer {
    int64_t id;
    const char *name;
    const char *email; /* empty where there is none, so that (name, email) stays unique */
    KITH_MANY(Package) packages;
};

struct Package {
    int64_t id;
    const char *name;
    const char *architecture;
    const char *version;
    const char *summary;
    const char *homepage;        /* can be NULL */
    KithOptInt64 installed_size; /* in KiB */
    Priority priority;
    bool essential;
    KITH_REF(Section) section;       /* can be NULL */
    KITH_REF(Maintainer) maintainer; /* can be NULL */
    KITH_MANY(Dependency) needs;
};

/* 'position' counts the needs of one kind; of one need, 'choice' counts the alternatives.
 */
struct Dependency {
    int64_t id;
    KITH_REF(Package) package;
    NeedKind kind;
    int32_t position;
    int32_t choice;
    const char *name;
    const char *relation; /* ">=" and the like, or NULL: any version will do */
    const char *version;
    KITH_REF(Package)
    met_by; /* the package of that name, or NULL: not installed, or virtual */
};

KITH_DECLARE(Section);
KITH_DECLARE(Maintainer);
KITH_DECLARE(Package);
KITH_DECLARE(Dependency);

#endif
