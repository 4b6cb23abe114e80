/* Whether this machine has a real-time clock with an alarm, which could wake it: preload this, with ALARM_CLOCK saying
 * "here" or "none". systemd asks by reading the two alarm clocks, and refuses timers with WakeSystem= where it fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int clock_gettime(clockid_t which, struct timespec *at) {
    static int (*real_gettime)(clockid_t, struct timespec *);
    const char *alarm_clock = getenv("ALARM_CLOCK");
    if (!real_gettime)
        real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    if (which != CLOCK_REALTIME_ALARM && which != CLOCK_BOOTTIME_ALARM)
        return real_gettime(which, at);
    if (alarm_clock && strcmp(alarm_clock, "here") == 0)
        return real_gettime(which == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME : CLOCK_BOOTTIME, at);
    errno = EINVAL;
    return -1;
}
