/*
 * mapping.h - the program behind a mapping of the documentation: it opens an engine with MAPPINGS,
 * creates the tables, and prints the statements that did.
 */
#include <stdio.h>

int
main(void)
{
    KithOptions options = { .mappings = MAPPINGS };
    g_autoptr(GError) error = NULL;
    g_autoptr(KithEngine) engine = kith_engine_open("sqlite::memory:", &options, &error);
    if (engine == NULL || !kith_schema_create(engine, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    g_autofree char *sql = kith_schema_sql(engine);
    fputs(sql, stdout);
    return 0;
}
