import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'

// A language of one word in a line. Printing is synchronous; each word waits for its spelling.

export const languages = [{ name: 'words', parsers: ['words'], extensions: ['.words'] }]

export const parsers = {
  words: {
    astFormat: 'words',
    parse: (text) => ({ words: wait(delay(1, text.trim().split(/\s+/))) }),
    locStart: () => 0,
    locEnd: () => 0,
  },
}

export const printers = {
  words: {
    print: ({ node }) => node.words.map((word) => `${wait(delay(1, word.toUpperCase()))}\n`),
  },
}
