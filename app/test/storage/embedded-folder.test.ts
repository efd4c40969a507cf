import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { toAsync } from 'greenthreads'
import { connectDatabase } from '../../src/storage/connect.ts'
import { demoContractors } from '../../src/storage/seed.ts'
import { TaxStatusRepository } from '../../src/storage/tax-status-repository.ts'

test('the embedded database keeps in its folder what was stored before it was closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'payments-'))
  try {
    await toAsync(storeAndFindAgain)(join(folder, 'database'))
  } finally {
    await rm(folder, { recursive: true })
  }
})

function storeAndFindAgain(folder: string): void {
  const options = {
    databaseUrl: undefined,
    databaseDir: folder,
    databaseConnections: 1,
    demoContractors: 1,
    onIdleError: assert.ifError,
  }
  const inn = demoContractors(1)[0]?.inn
  assert.ok(inn)
  const status = { standing: 'self-employed', checkedAt: new Date('2030-01-01') } as const

  const first = connectDatabase(options)
  new TaxStatusRepository(first).store(inn, status)
  first.close()

  const second = connectDatabase(options)
  assert.deepEqual(new TaxStatusRepository(second).find(inn), status)
  second.close()
}
