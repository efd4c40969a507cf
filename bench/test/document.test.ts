import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { documentFile, withFigures } from '../harness/document.ts'

test('docs/performance.md holds the figures of bench/results and no others', () => {
  const text = readFileSync(documentFile, 'utf8')
  assert.equal(text, withFigures(text), 'Run: npm run bench -- document')
})
