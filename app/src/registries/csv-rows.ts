import { pipeline, type Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { CsvError, parse } from 'csv-parse'
import { Problem } from '../domain/errors.ts'
import { type GivenRow, mostRegistryBytes, registryTooLong, rowFields } from '../domain/registry.ts'
import { waitingIteration } from './waiting-iteration.ts'

interface CsvRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

const mostRecordLength = 10_000

/**
 * The lines of a CSV file as they arrive, commas or semicolons between the fields. The first line names them.
 *
 * Throws a `Problem` when it is no such file; what is wrong with a single line is for others to find.
 */
export function* csvRows(file: Readable): Generator<GivenRow, void, undefined> {
  const parser = parse({
    bom: true,
    delimiter: [',', ';'],
    info: true,
    max_record_size: mostRecordLength,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  })
  // An error of the file destroys the parser with it, which the loop below then throws.
  pipeline(textOf(file), parser, () => undefined)
  let names: readonly string[] | undefined
  try {
    for (const { record, info } of waitingIteration<CsvRecord>(parser)) {
      if (names === undefined) names = checkedHeader(record)
      else yield { line: info.lines, fields: fieldsOf(names, record) }
    }
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error) : error
  }
  if (names === undefined) throw headerMissing('the file is empty')
}

async function* textOf(file: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let bytes = 0
  for await (const chunk of file as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostRegistryBytes) throw registryTooLong()
    yield decoded(decoder, chunk)
  }
  yield decoded(decoder)
}

function decoded(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch (error) {
    throw new Problem(
      'invalid',
      'REGISTRY_ENCODING',
      'The file is not UTF-8: save it as "CSV UTF-8", or the purposes would come out garbled.',
      {},
      { cause: error },
    )
  }
}

function checkedHeader(record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.toLowerCase())
  const missing = rowFields.filter((field) => !names.includes(field))
  if (missing.length > 0) throw headerMissing(`it has no ${missing.join(', ')}`)
  const [unknown] = names.filter((name) => !rowFields.includes(name as (typeof rowFields)[number]))
  if (unknown !== undefined) throw headerMissing(`${JSON.stringify(unknown)} is none of them`)
  return names
}

function headerMissing(why: string): Problem {
  return new Problem(
    'invalid',
    'REGISTRY_HEADER',
    `The first line of a register names its fields: ${rowFields.join(',')}. Here ${why}.`,
  )
}

/** Fields that are too many have no name, and are told by their number. */
function fieldsOf(names: readonly string[], record: readonly string[]): Record<string, string> {
  return Object.fromEntries(record.map((value, index) => [names[index] ?? `${index + 1}`, value]))
}

function unreadable(error: CsvError): Problem {
  const { lines } = error as CsvError & { lines?: number }
  const where = lines === undefined ? '' : ` near line ${lines}`
  return new Problem(
    'invalid',
    'REGISTRY_CSV',
    `The file can't be read as CSV${where}: a quotation mark is not closed, or a line is too long.`,
    { reason: error.code, ...(lines !== undefined && { line: lines }) },
    { cause: error },
  )
}
