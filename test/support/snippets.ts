import { filesBelow, read } from './repository.ts'

export interface Snippet {
  /** A file name that leads back to the document and line. */
  name: string
  code: string
}

/** The ts blocks of a Markdown document. */
export function blocksOf(file: string): Snippet[] {
  return matchesIn(file, read(file), /^ *```ts\n(.*?)^ *```/gms)
}

/** The examples in the doc comments of src: ts blocks, and what follows an `@example` tag. */
export function examplesInComments(): Snippet[] {
  return filesBelow('src', '.ts').flatMap((file) => {
    // Code goes and comments lose their stars, but every line stays where it was.
    const comments = read(file).replaceAll(/\/\*\*.*?\*\/|[^\n]/gs, (part) =>
      part.startsWith('/**') ? part.replaceAll(/^ *\*(?:\/| ?)/gm, '') : '',
    )
    return [
      ...matchesIn(file, comments, /^```ts\n(.*?)^```/gms),
      ...matchesIn(file, comments, /^@example\n(.*?)(?=^@\w|^\s*$|(?![\s\S]))/gms),
    ]
  })
}

/**
 * Declarations of what short examples take for granted: this library's own names (by module), and a
 * few things that their readers know from their own programs.
 */
export function worldOfExamples(ownNames: Record<string, string[]>): string {
  return [
    ...Object.entries(ownNames).flatMap(([module, names]) =>
      names.map((name) => `declare const ${name}: typeof import('${module}').${name}`),
    ),
    `declare const pg: typeof import('pg')`,
    `declare const readFile: typeof import('node:fs/promises').readFile`,
    'declare const url: string',
    'declare const db: { load(id: number): Promise<{ name: string }> }',
    'declare const connection: { close(): Promise<void> }',
    'declare function work(on: typeof connection): void',
    '',
  ].join('\n')
}

function matchesIn(file: string, text: string, pattern: RegExp): Snippet[] {
  return [...text.matchAll(pattern)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1
    return { name: `${file.replaceAll(/[/.]/g, '-')}-line-${line}`, code: match[1] as string }
  })
}
