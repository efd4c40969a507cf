import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { toAsync, wait } from 'greenthreads'
import { Completions } from '../../src/payments/completions.ts'
import { PaymentWorker } from '../../src/payments/payment-worker.ts'
import { connectDatabase } from '../../src/storage/connect.ts'
import type { Database } from '../../src/storage/database.ts'
import { type ClaimedPayment, PaymentClaims } from '../../src/storage/payment-claims.ts'
import { PaymentRepository } from '../../src/storage/payment-repository.ts'
import { demoContractors } from '../../src/storage/seed.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { Gate } from '../support/gate.ts'

const leaseMs = 3_600_000
const [contractor] = demoContractors(1)
const outcome = {
  state: 'refused',
  detail: 'of a test',
  refusal: { code: 'BANK_REFUSED', message: 'no' },
} as const

interface Logged {
  readonly level: string
  readonly message: string
}

for (const kind of await everyDatabase()) {
  describe(`a worker, on ${kind.name}`, { skip: kind.skip }, () => {
    let testDatabase: TestDatabase
    let database: Database

    before(async () => {
      testDatabase = await kind.create()
      database = await toAsync(connectDatabase)({
        databaseUrl: testDatabase.url,
        databaseDir: undefined,
        databaseConnections: 4,
        demoContractors: 1,
        onIdleError: assert.ifError,
      })
    })
    after(async () => {
      await toAsync(() => database.close())()
      await testDatabase.drop()
    })

    const green = (name: string, body: () => void): void => void test(name, toAsync(body))

    green(
      'that is stopped gives back what it can not finish, for others to go on with at once',
      () => {
        const id = newPayment()
        const begun = new Gate()
        const worker = start(() => {
          begun.open()
          return wait(new Promise<never>(() => undefined))
        })
        wait(begun.opened)
        assert.equal(worker.active, 1)
        worker.stop(0)
        assert.equal(worker.active, 0)
        const taken = new PaymentClaims(database, leaseMs).take('single', 10)
        assert.deepEqual(
          taken.map((payment) => payment.id),
          [id],
        )
        assert.deepEqual(eventsOf(id), ['created'], 'nobody has vanished')
        new PaymentClaims(database, leaseMs).advance(taken[0] as ClaimedPayment, outcome)
      },
    )

    green('that is stopped lets those end that do so in time', () => {
      const id = newPayment()
      const begun = new Gate()
      const finish = new Gate()
      const worker = start((payment, claims) => {
        begun.open()
        wait(finish.opened)
        return claims.advance(payment, outcome)
      })
      wait(begun.opened)
      setImmediate(() => finish.open())
      worker.stop(60_000)
      assert.equal(new PaymentRepository(database).get(id).state, 'refused')
    })

    green('whose claim was lost says so, and leaves the payment to the one who has it', () => {
      const id = newPayment()
      const begun = new Gate()
      const goOn = new Gate()
      const logged: Logged[] = []
      const worker = start((payment, claims) => {
        begun.open()
        wait(goOn.opened)
        return claims.advance(payment, outcome)
      }, logged)
      wait(begun.opened)
      // This process stood still for longer than the lease: another one takes the payment over.
      database.query('UPDATE payments SET claimed_until = now() WHERE id = $1', [id])
      const claims = new PaymentClaims(database, leaseMs)
      const [taken] = claims.take('single', 1)
      assert.equal(taken?.id, id)
      goOn.open()
      worker.stop(60_000)
      assert.equal(logged.length, 1)
      assert.equal(logged[0]?.level, 'warn')
      assert.match(String(logged[0]?.message), new RegExp(`${id} was taken over by another worker`))
      const { state, attempts } = new PaymentRepository(database).get(id)
      assert.deepEqual([state, attempts], ['created', 0])
      assert.equal(claims.advance(taken, outcome).state, 'refused')
      assert.deepEqual(eventsOf(id), ['created', 'resumed', 'refused'])
    })

    green('that finds something unexpected puts the payment off, and calls for help', () => {
      const id = newPayment()
      const failed = new Gate()
      const logged: Logged[] = []
      const worker = start(() => {
        failed.open()
        throw new TypeError('a mistake of ours')
      }, logged)
      wait(failed.opened)
      worker.stop(60_000)
      assert.deepEqual(
        logged.map(({ level }) => level),
        ['error'],
      )
      const { state, attempts, lastProblem } = new PaymentRepository(database).get(id)
      assert.deepEqual([state, attempts, lastProblem], ['created', 1, 'INTERNAL_ERROR'])
      assert.deepEqual(new PaymentClaims(database, leaseMs).take('single', 1), [], 'not yet')
    })

    function newPayment(): string {
      assert.ok(contractor !== undefined)
      const id = randomUUID()
      const { inn, account } = contractor
      const createdAt = new Date()
      new PaymentRepository(database).create(
        { client: 'a test', key: id, fingerprint: id },
        { id, inn, account, amount: 100n, purpose: 'a test', incomeYear: 2030, createdAt },
      )
      return id
    }

    function eventsOf(id: string): string[] {
      return new PaymentRepository(database).events(id).map(({ event }) => event)
    }

    function start(
      run: (payment: ClaimedPayment, claims: PaymentClaims) => ClaimedPayment,
      logged: Logged[] = [],
    ): PaymentWorker {
      const claims = new PaymentClaims(database, leaseMs)
      const worker = new PaymentWorker({
        kind: 'single',
        concurrency: 2,
        pollMs: leaseMs,
        retryMs: leaseMs,
        mostRetryMs: leaseMs,
        claims,
        steps: { run: (payment) => run(payment, claims) },
        completions: new Completions(),
      })
      const log = (level: string) => (_details: object, message: string) =>
        void logged.push({ level, message })
      worker.start({ info: log('info'), warn: log('warn'), error: log('error') })
      return worker
    }
  })
}
