/**
 * Every construct in one process, first by itself, then all of them mixed; and stacks that rest. Not a test file of its own: the
 * stress script runs it under V8's stress flags, the suite runs the files that it imports.
 */
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { interleaveEverything } from '../support/constructs.ts'

const folder = new URL('constructs/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.test.js'))
if (files.length === 0) throw new Error(`no constructs were found in ${folder}`)
for (const file of files) await import(new URL(file, folder).href)
await import('./rules/resting-stacks.test.ts')

test('the constructs of all areas interleaved', () => interleaveEverything(1))
