import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Neighbours } from '../../simulator/neighbours.ts'
import { everyDatabase } from '../support/every-database.ts'
import { audits } from './books.ts'
import { CrashDatabase } from './crash-database.ts'
import { Payers } from './payers.ts'
import { seededRandom } from './random.ts'
import { Replicas } from './replicas.ts'

// Kills processes of the service at random moments under a stream of payments, and audits the books in the end.

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    'embedded-kills': { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const seed = Number(options.seed)
const apiKey = 'gtk_of_the_payers_while_replicas_die'
const settleMs = 120_000
/** The moments to kill are drawn from so long a time after most replicas serve. */
const mostServingMs = 1000
let passed = 0
let failed = 0
let skipped = 0

console.log(`seed ${seed}; repeat with  npm run test:crashes -- --seed ${seed}`)
for (const kind of await everyDatabase()) {
  const isEmbedded = kind.name === 'embedded'
  const kills = Number(isEmbedded ? options['embedded-kills'] : options.kills)
  if (kind.skip !== false || kills === 0) {
    console.log(`- ${kind.name}: skipped (${kind.skip || 'no kills'})`)
    skipped += audits.length
    continue
  }
  // An embedded database belongs to one process; replicas share PostgreSQL.
  await run(isEmbedded ? CrashDatabase.embedded() : await CrashDatabase.postgres(kind), kills)
}
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 ? 1 : 0

async function run(database: CrashDatabase, kills: number): Promise<void> {
  const random = seededRandom(seed)
  const behaviour = { latencyMs: 5, failureRate: 0.03, lossRate: 0.03 }
  const neighbours = new Neighbours({ behaviour, random })
  await neighbours.listen()
  const { taxUrl, bankUrl, notificationsUrl } = neighbours.urls
  const env = {
    ...database.env,
    TAX_URL: taxUrl,
    BANK_URL: bankUrl,
    NOTIFICATIONS_URL: notificationsUrl,
    DEMO_API_KEY: apiKey,
    LOG_LEVEL: 'fatal',
    DATABASE_CONNECTIONS: '5',
    PAYMENT_LEASE_MS: '500',
    PAYMENT_RETRY_MS: '20',
    PAYMENT_MOST_RETRY_MS: '200',
    PAYMENT_POLL_MS: '100',
    PAYMENT_ANSWER_MS: '2000',
    BREAKER_CALLS: '0',
    CLIENT_REQUESTS_PER_SECOND: '0',
  }
  const replicas = new Replicas(database.replicas, env, random)
  const began = performance.now()
  try {
    await replicas.url()
    const payers = new Payers({ replicas, apiKey, random, count: 8 })
    await Promise.race([killThem(replicas, kills, random), replicas.failed, payers.failed])
    await Promise.race([payers.stop(), replicas.failed])
    await settled(replicas)
    await replicas.stop()
    await audit(database, neighbours, replicas, payers, performance.now() - began)
  } catch (error) {
    failed++
    console.error(`✖ ${database.name}:`, error)
  } finally {
    await replicas.killAll()
    await neighbours.close()
    await database.drop()
  }
}

async function killThem(replicas: Replicas, kills: number, random: () => number): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    await replicas.mostServe()
    await delay(random() * mostServingMs)
    await replicas.killOne()
    if (kill % 10 === 0) console.log(`  ${kill} of ${kills} killed`)
  }
}

/** Waits until no payment is under way any more. */
async function settled(replicas: Replicas): Promise<void> {
  const until = performance.now() + settleMs
  for (const state of ['created', 'checked', 'paid', 'receipted', 'annulling']) {
    while ((await countOf(replicas, state)) > 0) {
      if (performance.now() > until) throw new Error(`There are still payments that are ${state}.`)
      await delay(100)
    }
  }
}

async function countOf(replicas: Replicas, state: string): Promise<number> {
  const response = await fetch(`${await replicas.url()}/payments?state=${state}&limit=1`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  return ((await response.json()) as { payments: unknown[] }).payments.length
}

async function audit(
  database: CrashDatabase,
  neighbours: Neighbours,
  replicas: Replicas,
  payers: Payers,
  tookMs: number,
): Promise<void> {
  const { accepted, repeated } = payers
  const { payments, incomes, resumed } = await database.read()
  const states = Object.entries(countBy(payments.map(({ state }) => state)))
  console.log(
    `${database.name}: ${replicas.killed} killed (${replicas.killedWhileStarting} while they started) in ` +
      `${(tookMs / 1000).toFixed(0)} s; ${accepted.length} payments accepted ` +
      `(${states.map(([state, count]) => `${count} ${state}`).join(', ')}), ${repeated} requests repeated, ` +
      `${resumed} payments resumed after their process was killed`,
  )
  for (const { name, check } of [
    ...audits,
    {
      name: 'payments were under way when processes were killed, or this would prove nothing',
      check: () => {
        if (resumed === 0) throw new Error('no payment was ever resumed')
      },
    },
  ]) {
    try {
      check({ accepted, payments, incomes, neighbours })
      passed++
      console.log(`✔ ${database.name}: ${name}`)
    } catch (error) {
      failed++
      console.error(`✖ ${database.name}: ${name}\n`, error)
    }
  }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
