import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const HEADER_BYTES = 64
const ELF = 0x7f454c46

/**
 * How many bytes a shared library of Linux lacks at its end; 0 for a whole one, and for what is none. The
 * loader maps the file as its header says: where the end is missing, the process dies of SIGBUS.
 */
export function missingBytes(path: string): number {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const isElf = readSync(file, header) === HEADER_BYTES && header.readUInt32BE(0) === ELF
    return isElf ? Math.max(0, endOfSections(header) - fstatSync(file).size) : 0
  } finally {
    closeSync(file)
  }
}

/** The table of sections, which linkers write last. */
function endOfSections(header: Buffer): number {
  const offset = Number(header.readBigUInt64LE(40))
  return offset + header.readUInt16LE(58) * header.readUInt16LE(60)
}
