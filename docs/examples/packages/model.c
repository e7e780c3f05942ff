/*
 * model.c - the mappings: what each struct of model.h is to a table.
 */
#include "model.h"

/* A mapping is read as a table, one member a line. */
/* clang-format off */

KITH_MAPPING(Section, "sections",
    KITH_KEY(Section, id, .generated = true),
    KITH_COLUMN(Section, name, .unique = true));

KITH_MAPPING(Maintainer, "maintainers",
    KITH_KEY(Maintainer, id, .generated = true),
    KITH_COLUMN(Maintainer, name),
    KITH_COLUMN(Maintainer, email),
    KITH_UNIQUE(Maintainer, name, email),
    KITH_HAS_MANY(Maintainer, packages, Package, maintainer));

KITH_MAPPING(Package, "packages",
    KITH_KEY(Package, id, .generated = true),
    KITH_COLUMN(Package, name),
    KITH_COLUMN(Package, architecture),
    KITH_COLUMN(Package, version),
    KITH_COLUMN(Package, summary),
    KITH_COLUMN(Package, homepage, .nullable = true),
    KITH_COLUMN(Package, installed_size),
    KITH_COLUMN(Package, priority, .names = KITH_NAMES(
        [PRIORITY_UNKNOWN] = "unknown",
        [PRIORITY_REQUIRED] = "required",
        [PRIORITY_IMPORTANT] = "important",
        [PRIORITY_STANDARD] = "standard",
        [PRIORITY_OPTIONAL] = "optional",
        [PRIORITY_EXTRA] = "extra")),
    KITH_COLUMN(Package, essential),
    KITH_UNIQUE(Package, name, architecture),
    KITH_BELONGS_TO(Package, section, Section, .nullable = true, .indexed = true),
    KITH_BELONGS_TO(Package, maintainer, Maintainer, .nullable = true, .indexed = true),
    KITH_HAS_MANY(Package, needs, Dependency, package, .on_delete = KITH_CASCADE));

KITH_MAPPING(Dependency, "dependencies",
    KITH_KEY(Dependency, id, .generated = true),
    KITH_BELONGS_TO(Dependency, package, Package, .on_delete = KITH_CASCADE),
    KITH_COLUMN(Dependency, kind, .names = KITH_NAMES(
        [NEED_PRE_DEPENDS] = "pre-depends",
        [NEED_DEPENDS] = "depends",
        [NEED_RECOMMENDS] = "recommends",
        [NEED_SUGGESTS] = "suggests")),
    KITH_COLUMN(Dependency, position),
    KITH_COLUMN(Dependency, choice),
    KITH_COLUMN(Dependency, name),
    KITH_COLUMN(Dependency, relation, .nullable = true),
    KITH_COLUMN(Dependency, version, .nullable = true),
    KITH_UNIQUE(Dependency, package, kind, position, choice),
    KITH_BELONGS_TO(Dependency, met_by, Package,
                    .nullable = true, .indexed = true, .on_delete = KITH_SET_NULL));
