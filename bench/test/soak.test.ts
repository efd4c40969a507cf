import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatness, type SoakSample } from '../soak/flatness.ts'

const flat = {
  memoryMegabytes: 200,
  descriptors: 100,
  suspendedThreads: 20,
  databaseConnections: 10,
  p99Ms: 60,
}

test('what stays as it is after the warm-up is flat', () => {
  const warmUp = Array.from({ length: 20 }, () => ({
    ...flat,
    memoryMegabytes: 10,
    descriptors: 1,
  }))
  const steady = Array.from({ length: 80 }, () => flat)
  const findings = flatness([...warmUp, ...steady])
  assert.equal(findings.length, 5)
  assert.deepEqual(
    findings.filter(({ isWell }) => !isWell),
    [],
  )
})

for (const sign of Object.keys(flat) as (keyof SoakSample)[]) {
  test(`${sign} that grows all the time is found`, () => {
    const growing = Array.from({ length: 100 }, (_, index) => {
      return { ...flat, [sign]: flat[sign] + index * flat[sign] }
    })
    const found = flatness(growing).filter(({ isWell }) => !isWell)
    assert.equal(found.length, 1)
  })
}

test('too few samples are refused', () => {
  assert.throws(() => flatness([flat, flat, flat]), /too few/)
})
