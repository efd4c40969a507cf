// Bridges between the two worlds, in both directions.

import { readFile } from 'node:fs/promises'
import { toAsync, toSync } from 'greenthreads'

// Async to synchronous: the same function, waiting.
const read = toSync(readFile as (path: URL, encoding: 'utf8') => Promise<string>)

function countWords(path: URL): number {
  return read(path, 'utf8').split(/\s+/).filter(Boolean).length
}

// Synchronous to async: each call in a green thread of its own.
const countWordsAsync = toAsync(countWords)

const here = new URL(import.meta.url)
const [first, second] = await Promise.all([countWordsAsync(here), countWordsAsync(here)])
console.log(first === second && first > 50 ? 'counted twice, at the same time' : 'miscounted')
