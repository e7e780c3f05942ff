/*
 * plot.c - see the header. A bar for each measure; a line at 1, which is hand-written C,
 * and a tick at the target.
 */
#include "plot.h"

#define BAR_HEIGHT 18
#define LEFT 400  /* names */
#define UNIT 260  /* the length of a ratio of 1 */
#define LONGEST 2 /* a longer bar is cut, and its number tells */
#define WIDTH (LEFT + LONGEST * UNIT + 70)

static const char *
color_of(const PlotBar *bar)
{
    if (bar->target <= 0)
        return "#9aa7b4";
    return bar->ratio <= bar->target ? "#4c9a62" : "#c0563f";
}

static void
append_bar(GString *svg, const PlotBar *bar, unsigned index)
{
    unsigned top = 34 + index * BAR_HEIGHT;
    double length = MIN(bar->ratio, LONGEST) * UNIT;
    g_autofree char *name = g_markup_escape_text(bar->name, -1);
    g_string_append_printf(svg,
                           "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%s</text>\n",
                           LEFT - 8,
                           top + 11,
                           name);
    g_string_append_printf(
        svg,
        "<rect x=\"%d\" y=\"%u\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
        LEFT,
        top,
        length,
        BAR_HEIGHT - 5,
        color_of(bar));
    g_string_append_printf(svg,
                           "<text x=\"%.1f\" y=\"%u\">%.2f</text>\n",
                           LEFT + length + 6,
                           top + 11,
                           bar->ratio);
    if (bar->target > 0)
        g_string_append_printf(
            svg,
            "<path d=\"M%.1f %uv%d\" stroke=\"#222\" stroke-width=\"2\"/>\n",
            LEFT + MIN(bar->target, LONGEST) * UNIT,
            top - 1,
            BAR_HEIGHT - 3);
}

void
plot_ratios(const char *path, const GArray *bars)
{
    unsigned height = 46 + bars->len * BAR_HEIGHT;
    g_autoptr(GString) svg = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_string_append_printf(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
        "height=\"%u\" font-family=\"sans-serif\" font-size=\"11\">\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
        "<text x=\"8\" y=\"18\" font-size=\"13\">Kith against the best "
        "hand-written variant; ticks are targets</text>\n",
        WIDTH,
        height);
    for (guint i = 0; i < bars->len; i++)
        append_bar(svg, &g_array_index(bars, PlotBar, i), i);
    g_string_append_printf(svg,
                           "<path d=\"M%d 28V%u\" stroke=\"#222\" "
                           "stroke-dasharray=\"3 2\"/>\n</svg>\n",
                           LEFT + UNIT,
                           height - 10);
    if (!g_file_set_contents(path, svg->str, (gssize) svg->len, &error))
        g_warning("%s", error->message);
}
