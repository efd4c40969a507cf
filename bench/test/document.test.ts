import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { documentFile, withFigures } from '../harness/document.ts'
import { preloadFile, withPreloadFigures } from '../harness/preload-figures.ts'
import { readmeFile, withReadmeFigures } from '../harness/readme.ts'

test('docs/performance.md holds the figures of bench/results and no others', () => {
  const text = readFileSync(documentFile, 'utf8')
  assert.equal(text, withFigures(text), 'Run: npm run bench -- document')
})

test('the README holds figures of bench/results', () => {
  const text = readFileSync(readmeFile, 'utf8')
  assert.equal(text, withReadmeFigures(text), 'Run: npm run bench -- document')
})

test('docs/wait-anywhere.md holds what bench/results says of the preload', () => {
  const text = readFileSync(preloadFile, 'utf8')
  assert.equal(text, withPreloadFigures(text), 'Run: npm run bench -- document')
})
