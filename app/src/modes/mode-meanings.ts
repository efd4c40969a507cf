import type { Mode } from './status-handlers.ts'

export const modeMeanings: Readonly<Record<Mode, string>> = {
  green: 'synchronous code in green threads',
  threads: 'the same code in worker threads, which block',
  async: 'the same method rewritten with async/await',
}

export const modes: readonly Mode[] = Object.keys(modeMeanings) as Mode[]
