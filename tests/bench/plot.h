/*
 * plot.h - ratios as bars, in SVG.
 */
#ifndef KITH_BENCH_PLOT_H
#define KITH_BENCH_PLOT_H

#include <glib.h>

typedef struct PlotBar {
    char *name;
    double ratio;  /* to the best hand-written variant */
    double target; /* 0: none */
} PlotBar;

/* Write the plot of an array of PlotBar. A file that cannot be written is a warning. */
void plot_ratios(const char *path, const GArray *bars);

#endif
