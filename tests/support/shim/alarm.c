/* A machine without a real-time clock, such as a container, has no clock that could wake it, and systemd refuses timers
   with WakeSystem= there. Preloaded, this answers for the two such clocks as a machine with one would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *at)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (clock == CLOCK_REALTIME_ALARM)
        clock = CLOCK_REALTIME;
    if (clock == CLOCK_BOOTTIME_ALARM)
        clock = CLOCK_BOOTTIME;
    return real(clock, at);
}
