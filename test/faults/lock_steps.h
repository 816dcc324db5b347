/* What the native code of the tests does before each access to the page of locks: see lock_steps.py. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

/* Accesses that are left until the session ends or the process is killed; 0: none of them. */
int steps_left = 0;
/* The socket of the session that is to end; -1: the process is to be killed. */
int steps_socket = -1;
/* Made when the process is there; then it waits for the other file. */
char steps_reached[4096], steps_go_on[4096];

static void step(void) {
  if (steps_left == 0 || --steps_left > 0) return;
  if (steps_socket < 0) kill(getpid(), SIGKILL);
  /* No message in any framing: the server ends the session. */
  if (write(steps_socket, "\xff\xff\xff\xff\xff\xff\xff\xff\r\n\r\n", 12) != 12 || mkdir(steps_reached, 0700) != 0) abort();
  while (access(steps_go_on, F_OK) != 0) usleep(2000);
}
#define STEP() step()
