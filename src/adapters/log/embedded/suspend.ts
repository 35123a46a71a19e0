let users = 0

const stop = (): void => void process.kill(process.pid, 'SIGSTOP')

/**
 * A process stopped within a transaction keeps its write lock, and every other process waits until it goes on. Ctrl-Z
 * (SIGTSTP) is therefore obeyed between two turns of the event loop, where no transaction is open. Returns the undoing.
 * SIGSTOP itself cannot be caught.
 */
export function suspendBetweenTransactions(): () => void {
  if (users++ === 0) process.on('SIGTSTP', stop)
  return () => {
    if (--users === 0) process.off('SIGTSTP', stop)
  }
}
