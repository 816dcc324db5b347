/*
 * What Node cannot do: make and map shared memory, on which it works with Atomics; make pipes; start a process without
 * copying the page tables of this one; and give a terminal to a process group. No C library is linked: the program that
 * loads this has one, of whatever kind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* What `create` and `map` take and give. `native/load.ts` has the same number and refuses a file with another. */
#define ABI 3

/*
 * create(length): a descriptor of memory that no process can make smaller, so that none of those that map it can be
 * killed by a store into what is gone. Null if the system has none.
 */
static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  int64_t length;
  napi_get_null(env, &result);
  if (napi_get_cb_info(env, info, &count, &argument, 0, 0) != napi_ok || count != 1 ||
      napi_get_value_int64(env, argument, &length) != napi_ok)
    return result;
  int fd = memfd_create("polyproc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return result;
  if (ftruncate(fd, length) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0 &&
      napi_create_int32(env, fd, &result) == napi_ok)
    return result;
  close(fd);
  return result;
}

static void unmapped(node_api_basic_env env, void *data, void *length) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)length);
}

/* map(fd, length): an ArrayBuffer over the file. Null if it cannot be mapped, or the runtime allows no such buffers. */
static napi_value map(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], result;
  int32_t fd;
  int64_t length;
  napi_get_null(env, &result);
  if (napi_get_cb_info(env, info, &count, arguments, 0, 0) != napi_ok || count != 2 ||
      napi_get_value_int32(env, arguments[0], &fd) != napi_ok ||
      napi_get_value_int64(env, arguments[1], &length) != napi_ok || length <= 0)
    return result;
  void *data = mmap(0, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return result;
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, data, (size_t)length, unmapped, (void *)(uintptr_t)length, &buffer) ==
      napi_ok)
    return buffer;
  munmap(data, (size_t)length);
  return result;
}

/* Two descriptors as an array, or null; they are closed if the array cannot be made. */
static napi_value two(napi_env env, int failed, const int *fds) {
  napi_value result, each;
  if (failed) return napi_get_null(env, &result) == napi_ok ? result : 0;
  if (napi_create_array_with_length(env, 2, &result) == napi_ok) {
    int i = 0;
    while (i < 2 && napi_create_int32(env, fds[i], &each) == napi_ok &&
           napi_set_element(env, result, i, each) == napi_ok)
      i++;
    if (i == 2) return result;
  }
  close(fds[0]);
  close(fds[1]);
  return napi_get_null(env, &result) == napi_ok ? result : 0;
}

/* pipe(): [the end to read, the end to write], or null. */
static napi_value make_pipe(napi_env env, napi_callback_info info) {
  int fds[2];
  (void)info;
  return two(env, pipe2(fds, O_CLOEXEC), fds);
}

/* pair(): two sockets that are connected with each other, or null. */
static napi_value make_pair(napi_env env, napi_callback_info info) {
  int fds[2];
  (void)info;
  return two(env, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), fds);
}

/* The bytes of a Uint8Array or the numbers of an Int32Array. Null if it is no array of this type. */
static void *contents(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  napi_typedarray_type type;
  napi_value buffer;
  size_t offset;
  void *data = 0;
  bool is_array;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array ||
      napi_get_typedarray_info(env, value, &type, length, &data, &buffer, &offset) != napi_ok || type != wanted)
    return 0;
  return data;
}

/* Texts that each end with a NUL, as an array of pointers that ends with a null. Null if the last NUL is missing. */
static char **texts(napi_env env, napi_value value) {
  size_t length, count = 0;
  char *data = contents(env, value, napi_uint8_array, &length);
  if (!data || length == 0 || data[length - 1]) return 0;
  for (size_t i = 0; i < length; i++) count += !data[i];
  char **list = malloc((count + 1) * sizeof *list);
  if (!list) return 0;
  for (size_t i = 0; i < count; i++, data += strlen(data) + 1) list[i] = data;
  list[count] = 0;
  return list;
}

/* An older C library may lack it: nothing is started by `spawn` then. */
#pragma weak posix_spawn_file_actions_addchdir_np

/* The most descriptors that `spawn` gives to a process. */
#define MOST 16

/* Descriptor i of the process becomes fds[i], or the null device if that is negative. Sets lifted[i] to be closed. */
static int redirect(posix_spawn_file_actions_t *actions, const int32_t *fds, int count, int *lifted) {
  int error = 0;
  for (int i = 0; i < count && !error; i++) {
    if (fds[i] < 0) {
      error = posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0);
      continue;
    }
    /* Above all targets: one that is among them would be overwritten before its turn. */
    lifted[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, MOST);
    error = lifted[i] < 0 ? errno : posix_spawn_file_actions_adddup2(actions, lifted[i], i);
  }
  return error;
}

/*
 * Starts a program in a new session, or in a new process group of this session, with all signals at their defaults. The
 * C library does not copy this process for it: the child borrows its memory until it has become the program.
 */
static int start(pid_t *pid, char **path, char **argv, char **envp, char **cwd, const int32_t *fds, int count,
                 bool in_session) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int lifted[MOST], error;
  sigset_t every, none;
  if (count > MOST) return EINVAL;
  if (!posix_spawn_file_actions_addchdir_np) return ENOSYS;
  if ((error = posix_spawn_file_actions_init(&actions))) return error;
  if ((error = posix_spawnattr_init(&attributes))) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  for (int i = 0; i < MOST; i++) lifted[i] = -1;
  sigfillset(&every);
  sigemptyset(&none);
  error = redirect(&actions, fds, count, lifted);
  if (!error && cwd) error = posix_spawn_file_actions_addchdir_np(&actions, cwd[0]);
  if (!error) error = posix_spawnattr_setsigdefault(&attributes, &every);
  if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (!error)
    error = posix_spawnattr_setflags(&attributes, (in_session ? POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSID) |
                                                      POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  if (!error) error = posix_spawn(pid, path[0], &actions, &attributes, argv, envp);
  for (int i = 0; i < MOST; i++)
    if (lifted[i] >= 0) close(lifted[i]);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/*
 * spawn(path, arguments, environment, folder, descriptors, in_session): the pid, or an errno as a negative number.
 * Texts are Uint8Arrays in which each text ends with a NUL; an empty `folder` is this process's. `in_session`: a new
 * process group of this session; otherwise a new session. The caller reaps.
 */
static napi_value spawn(napi_env env, napi_callback_info info) {
  size_t count = 6, descriptors = 0;
  napi_value arguments[6], result;
  pid_t pid = -EINVAL;
  bool in_session;
  if (napi_get_cb_info(env, info, &count, arguments, 0, 0) == napi_ok && count == 6 &&
      napi_get_value_bool(env, arguments[5], &in_session) == napi_ok) {
    char **path = texts(env, arguments[0]), **argv = texts(env, arguments[1]);
    char **envp = texts(env, arguments[2]), **cwd = texts(env, arguments[3]);
    int32_t *fds = contents(env, arguments[4], napi_int32_array, &descriptors);
    if (path && argv && envp && fds) {
      int most = descriptors > MOST ? MOST + 1 : (int)descriptors;
      int error = start(&pid, path, argv, envp, cwd, fds, most, in_session);
      if (error) pid = -error;
    }
    free(path);
    free(argv);
    free(envp);
    free(cwd);
  }
  return napi_create_int32(env, pid, &result) == napi_ok ? result : 0;
}

/* reap(pid): null while it runs; else its exit code, or the number of the signal that ended it as a negative number. */
static napi_value reap(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  int32_t pid;
  int status = 0;
  if (napi_get_cb_info(env, info, &count, &argument, 0, 0) == napi_ok && count == 1 &&
      napi_get_value_int32(env, argument, &pid) == napi_ok && pid > 0) {
    pid_t reaped;
    while ((reaped = waitpid(pid, &status, WNOHANG)) < 0 && errno == EINTR);
    if (reaped == 0) return napi_get_null(env, &result) == napi_ok ? result : 0;
    /* Somebody else reaped it: how it ended is not known, and it is gone. */
    if (reaped < 0) status = SIGKILL;
  }
  int how = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return napi_create_int32(env, how, &result) == napi_ok ? result : 0;
}

/* The first `count` arguments as whole numbers. */
static bool numbers(napi_env env, napi_callback_info info, size_t count, int32_t *into) {
  napi_value arguments[2];
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, arguments, 0, 0) != napi_ok || given < count) return false;
  for (size_t i = 0; i < count; i++)
    if (napi_get_value_int32(env, arguments[i], &into[i]) != napi_ok) return false;
  return true;
}

/* stopped(pid): whether a signal has stopped this child since the last call. */
static napi_value stopped(napi_env env, napi_callback_info info) {
  int32_t pid;
  siginfo_t found = {0};
  napi_value result;
  bool is = numbers(env, info, 1, &pid) && waitid(P_PID, (id_t)pid, &found, WSTOPPED | WNOHANG) == 0 &&
            found.si_pid == pid;
  return napi_get_boolean(env, is, &result) == napi_ok ? result : 0;
}

/* group(): the process group of this process. */
static napi_value group(napi_env env, napi_callback_info info) {
  napi_value result;
  (void)info;
  return napi_create_int32(env, getpgrp(), &result) == napi_ok ? result : 0;
}

/* foreground(fd): the process group that has this terminal; negative if it is not the terminal of this session. */
static napi_value foreground(napi_env env, napi_callback_info info) {
  int32_t fd;
  napi_value result;
  pid_t found = numbers(env, info, 1, &fd) ? tcgetpgrp(fd) : -1;
  return napi_create_int32(env, found, &result) == napi_ok ? result : 0;
}

/* Gives the terminal to a group. SIGTTOU would stop a process that does so from the background. */
static bool give(int terminal, pid_t to) {
  sigset_t ttou, before;
  sigemptyset(&ttou);
  sigaddset(&ttou, SIGTTOU);
  sigprocmask(SIG_BLOCK, &ttou, &before);
  bool is = tcsetpgrp(terminal, to) == 0;
  sigprocmask(SIG_SETMASK, &before, 0);
  return is;
}

/* give(fd, group): whether the terminal is that group's now. */
static napi_value give_terminal(napi_env env, napi_callback_info info) {
  int32_t given[2];
  napi_value result;
  bool is = numbers(env, info, 2, given) && give(given[0], given[1]);
  return napi_get_boolean(env, is, &result) == napi_ok ? result : 0;
}

/* Of the processes of a command, at its starter's death. */
#define MOST_GROUPS 64

static void close_from_to(unsigned first, unsigned last) {
  if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
  /* An older kernel has no such call. */
  for (unsigned fd = first; fd <= last && fd < 65536; fd++) close((int)fd);
}

static void close_all_but(unsigned low, unsigned high) {
  if (low > 0) close_from_to(0, low - 1);
  if (high > low + 1) close_from_to(low + 1, high - 1);
  close_from_to(high + 1, ~0u);
}

/* Writes the children of a process into `into`, `most` of them at most; returns how many. */
static int children_of(pid_t pid, pid_t *into, int most) {
  char path[64], text[4096];
  int count = 0;
  pid_t child = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, text, sizeof text);
  close(fd);
  for (ssize_t i = 0; i < got && count < most; i++) {
    if (text[i] >= '0' && text[i] <= '9') {
      child = child * 10 + (text[i] - '0');
    } else if (child > 0) {
      into[count++] = child;
      child = 0;
    }
  }
  return count;
}

/* Adds the groups of a process and of all below it, but not `not_this` and `nor_this`. Returns how many there are. */
static int add_groups(pid_t root, pid_t not_this, pid_t nor_this, pid_t *groups, int count) {
  pid_t tree[256];
  int known = 1;
  tree[0] = root;
  for (int i = 0; i < known; i++) {
    pid_t group = getpgid(tree[i]);
    bool is_new = group > 1 && group != not_this && group != nor_this && count < MOST_GROUPS;
    for (int j = 0; j < count && is_new; j++) is_new = groups[j] != group;
    if (is_new) groups[count++] = group;
    known += children_of(tree[i], tree + known, (int)(sizeof tree / sizeof *tree) - known);
  }
  return count;
}

/* SIGTERM, a second, SIGKILL for these groups. */
static void end_groups(const pid_t *groups, int count) {
  static const struct timespec pause = {0, 50000000};
  for (int look = 0; look <= 20; look++) {
    bool left = false;
    for (int i = 0; i < count; i++) {
      if (groups[i] <= 1 || kill(-groups[i], 0)) continue;
      left = true;
      if (look == 0) kill(-groups[i], SIGTERM);
      if (look == 0) kill(-groups[i], SIGCONT);
      if (look == 20) kill(-groups[i], SIGKILL);
    }
    if (!left) return;
    nanosleep(&pause, 0);
  }
}

/*
 * In a copy of this process, until the pipe `orders` ends: then this process has ended. Each order is the group of the
 * command that has the terminal; negative: it runs without the terminal; 0: none runs. If one is left, it is ended. If
 * it had the terminal, so does its starter's group again, which may be a script's, with the modes of before. `callers`
 * is the group of the starter's parent, an interactive shell maybe: it has taken the terminal itself if it could.
 */
_Noreturn static void watch(int terminal, int orders, pid_t starters, pid_t callers, const struct termios *modes) {
  int32_t order = 0, next;
  ssize_t got;
  setpgid(0, 0);
  close_all_but((unsigned)(terminal < orders ? terminal : orders), (unsigned)(terminal < orders ? orders : terminal));
  while ((got = read(orders, &next, sizeof next)) > 0)
    if (got == sizeof next) order = next;
  if (order == 0) _exit(0);
  /* A shell that controls jobs gives each a group of its own. They are looked for while it lives. */
  pid_t groups[MOST_GROUPS];
  int count = add_groups(order > 0 ? order : -order, starters, callers, groups, 0);
  pid_t now = tcgetpgrp(terminal);
  if (order > 0 && now != callers) {
    if (now != starters && now != order) {
      /* The command is a shell that has given the terminal on. It would take it when that command ends. */
      kill(-order, SIGKILL);
      count = add_groups(now, starters, callers, groups, count);
    }
    /* A shell that has reaped its command has the terminal, and the group of the command is gone. */
    if (kill(-starters, 0) == 0) {
      tcsetattr(terminal, TCSANOW, modes);
      tcsetpgrp(terminal, starters);
    }
  }
  end_groups(groups, count);
  _exit(0);
}

/*
 * guard(fd): starts a copy of this process that watches over a terminal. Its orders, each an int32_t, are written into
 * the descriptor that this returns; null: there is none. No signal ends it but SIGKILL.
 */
static napi_value guard(napi_env env, napi_callback_info info) {
  int32_t terminal;
  int fds[2];
  struct termios modes;
  sigset_t every, before;
  napi_value result;
  napi_get_null(env, &result);
  if (!numbers(env, info, 1, &terminal) || tcgetattr(terminal, &modes) || pipe2(fds, O_CLOEXEC)) return result;
  pid_t starters = getpgrp(), callers = getpgid(getppid());
  sigfillset(&every);
  sigprocmask(SIG_SETMASK, &every, &before);
  pid_t pid = fork();
  if (pid == 0) watch(terminal, fds[0], starters, callers, &modes);
  sigprocmask(SIG_SETMASK, &before, 0);
  close(fds[0]);
  if (pid < 0 || napi_create_int32(env, fds[1], &result) != napi_ok) close(fds[1]);
  return result;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"create", create},         {"map", map},       {"pipe", make_pipe},
                   {"pair", make_pair},        {"spawn", spawn},   {"reap", reap},
                   {"stopped", stopped},       {"group", group},   {"foreground", foreground},
                   {"give", give_terminal},    {"guard", guard}};
  napi_value function, abi;
  if (napi_create_int32(env, ABI, &abi) == napi_ok) napi_set_named_property(env, exports, "abi", abi);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, 0, &function) == napi_ok)
      napi_set_named_property(env, exports, functions[i].name, function);
  return exports;
}
