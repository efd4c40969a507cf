import { readFileSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { sleep } from 'greenthreads'

// Reads its standard input, as a synchronous program does, while everything else goes on.
const say = (...words: unknown[]): void => console.log('>', ...words)

/** Byte by byte: what follows the line is for the next reader. */
function readLine(): string | undefined {
  const bytes: number[] = []
  const byte = Buffer.alloc(1)
  while (readSync(0, byte) === 1 && byte[0] !== 10) bytes.push(byte[0] as number)
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString()
}

const ways: Record<string, () => void> = {
  /** Whoever writes waits for `meanwhile`, which comes only if the first reading suspends. */
  questions() {
    setImmediate(() => say('meanwhile'))
    say(`hello ${readLine()}`)
    setImmediate(() => say('again'))
    say(`bye ${readLine()}`)
  },

  whole() {
    say(readFileSync(0, 'utf8').trimEnd().split('\n').join('+'))
  },

  lines() {
    for (let line = readLine(); line !== undefined; line = readLine()) say(line)
  },

  /** Listeners that wait, each as long as it likes. */
  listener() {
    createInterface({ input: process.stdin }).on('line', (line) => {
      sleep(1)
      say(line)
    })
  },
}

const way = ways[process.argv[2] as string]
if (way === undefined) throw new Error(`There is no way ${process.argv[2]}.`)
way()
