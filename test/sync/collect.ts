import type { Channel } from 'greenthreads'

/** Receives until the channel ends. */
export function collect<T>(channel: Channel<T>): T[] {
  return [...channel]
}
