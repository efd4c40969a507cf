const signals = ['SIGINT', 'SIGTERM'] as const
// npm hands on the Ctrl-C that the terminal has already sent to everybody: one key press arrives as two signals.
const oneKeyPressMs = 1000

/** Resolves with the first signal to stop. A later one, from somebody out of patience, ends the process at once. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    for (const signal of signals) {
      process.on(signal, () => {
        if (firstAt !== undefined && performance.now() - firstAt > oneKeyPressMs) process.exit(130)
        firstAt ??= performance.now()
        resolve(signal)
      })
    }
  })
}
