/*
 * dpkg.h - what dpkg has installed, read from its status file into plain structs.
 *
 * Knows no database.
 */
#ifndef DPKG_H
#define DPKG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum Priority {
    PRIORITY_UNKNOWN, /* not given, or a word that dpkg does not have */
    PRIORITY_REQUIRED,
    PRIORITY_IMPORTANT,
    PRIORITY_STANDARD,
    PRIORITY_OPTIONAL,
    PRIORITY_EXTRA
} Priority;

typedef enum NeedKind {
    NEED_PRE_DEPENDS,
    NEED_DEPENDS,
    NEED_RECOMMENDS,
    NEED_SUGGESTS
} NeedKind;

/* One alternative of a need: of 'Depends: a, b (>= 2) | c', c is position 1, choice 1. */
typedef struct DpkgNeed {
    NeedKind kind;
    int32_t position;
    int32_t choice;
    char *name;     /* without the architecture that may qualify it */
    char *relation; /* NULL, as the version is, where any version will do */
    char *version;
} DpkgNeed;

typedef struct DpkgPackage {
    char *id; /* "name:architecture", as dpkg says it */
    char *name;
    char *architecture;
    char *version;
    char *summary;
    char *homepage; /* NULL where there is none; so are the three below */
    char *section;
    char *maintainer_name;
    char *maintainer_email; /* "" where the maintainer has a name only */
    int64_t installed_size; /* in KiB; -1: not known */
    Priority priority;
    bool essential;
    GPtrArray *needs; /* of DpkgNeed, in the order of the file */
} DpkgPackage;

/*
 * Read the installed packages of a status file. Fields that are not known are skipped,
 * and so are packages without a name; text that is not UTF-8 is made so. Of two packages
 * with one id, the first counts.
 *
 * Returns: (transfer full): an array of DpkgPackage, in the order of the file; NULL on
 * error.
 */
GPtrArray *dpkg_read(const char *path, GError **error);

/* The field that needs of this kind stand in: "Depends". */
const char *dpkg_need_field(NeedKind kind);

#endif
