/* Preloaded before umockdev, whose table of descriptors also counts every open() of /dev/… that failed, and ends the program when it is
 * full: such calls fail here already. Built by hid.sh. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int would_fail(const char *path, int flags) {
  struct stat found;
  /* Nobody may open it: true for root here, too. */
  if (strncmp(path, "/dev/hidraw", 11) == 0 && stat(path, &found) == 0 && (found.st_mode & 0777) == 0) {
    errno = EACCES;
    return 1;
  }
  int way = (flags & O_ACCMODE) == O_RDONLY ? R_OK : (flags & O_ACCMODE) == O_WRONLY ? W_OK : R_OK | W_OK;
  return strncmp(path, "/dev/", 5) == 0 && !(flags & O_CREAT) && access(path, way) != 0;
}

#define OPEN(name)                                               \
  int name(const char *path, int flags, ...) {                   \
    va_list rest;                                                \
    va_start(rest, flags);                                       \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                \
    if (would_fail(path, flags)) return -1;                      \
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
    return next(path, flags, mode);                              \
  }

OPEN(open)
OPEN(open64)
