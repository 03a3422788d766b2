#ifndef LOADGEN_HISTOGRAM_H
#define LOADGEN_HISTOGRAM_H
#include <stdint.h>
#include <string.h>

/// Round trips in steps of 1 us up to one second.
enum { HISTOGRAM_STEPS = 1000000, HISTOGRAM_STEP_NS = 1000 };
struct histogram {
    uint64_t count;
    uint32_t steps[HISTOGRAM_STEPS];
};

static inline void histogram_clear(struct histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

static inline void histogram_add(struct histogram *histogram, uint64_t ns) {
    uint64_t step = ns / HISTOGRAM_STEP_NS;
    histogram->steps[step < HISTOGRAM_STEPS ? step : HISTOGRAM_STEPS - 1]++;
    histogram->count++;
}

/// Microseconds below which this share of all values lies.
static inline double histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)((double)histogram->count * share), seen = 0;
    for (int i = 0; i < HISTOGRAM_STEPS; i++) {
        seen += histogram->steps[i];
        if (seen > wanted) return (i + 1) * (HISTOGRAM_STEP_NS / 1000.0);
    }
    return 0;
}
#endif
