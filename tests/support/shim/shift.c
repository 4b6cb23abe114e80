/* Shifts clocks of one process tree: LD_PRELOAD this, with CLOCK_SHIFT naming a file of twice eight bytes, in
 * nanoseconds: the shift of the wall clock, and that of the time since boot, which counts a machine's sleep, too.
 * Both may be changed while the process runs. The monotonic clock stays, as it does in a machine that sleeps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct shifts {
    int64_t wall, boot;
};

static volatile struct shifts *shifts;
static struct shifts none;
static int (*real_gettime)(clockid_t, struct timespec *);

/* At the start; and in a fork that was given a CLOCK_SHIFT of its own. */
__attribute__((constructor)) void take_up_shift(void) {
    const char *path = getenv("CLOCK_SHIFT");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *shifts, PROT_READ, MAP_SHARED, file, 0);
    shifts = map == MAP_FAILED ? &none : map;
    if (file >= 0)
        close(file);
    real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

static void move(struct timespec *at, int64_t by) {
    int64_t nanoseconds = at->tv_nsec + by % 1000000000;
    at->tv_sec += by / 1000000000 + (nanoseconds >= 1000000000) - (nanoseconds < 0);
    at->tv_nsec = (nanoseconds + 1000000000) % 1000000000;
}

int clock_gettime(clockid_t which, struct timespec *at) {
    if (!real_gettime)
        take_up_shift();
    int result = real_gettime(which, at);
    if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        move(at, shifts->wall);
    if (result == 0 && (which == CLOCK_BOOTTIME || which == CLOCK_BOOTTIME_ALARM))
        move(at, shifts->boot);
    return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
