import { Bank } from '../bank/bank.ts'
import type { PaymentConfig } from '../config/payment-config.ts'
import { Notifications } from '../notifications/notifications.ts'
import type { UpstreamAddress } from '../protection/protections.ts'
import { Registries } from '../registries/registries.ts'
import type { ContractorStatus } from '../status/contractor-status.ts'
import type { Clock } from '../status/status-cache.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'
import type { Database } from '../storage/database.ts'
import { PaymentClaims } from '../storage/payment-claims.ts'
import { PaymentRepository } from '../storage/payment-repository.ts'
import { RegistryRepository } from '../storage/registry-repository.ts'
import { Receipts } from '../tax-authority/receipts.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { Completions } from './completions.ts'
import { PaymentSteps } from './payment-steps.ts'
import { PaymentWorker, type WorkerLog } from './payment-worker.ts'
import { Payments } from './payments.ts'

/** The settings, when it is known where the neighbours are. */
export interface ReadyPaymentConfig extends PaymentConfig {
  readonly bankUrl: string
  readonly notificationsUrl: string
}

export interface PaymentServiceParts {
  readonly config: ReadyPaymentConfig
  readonly database: Database
  readonly contractors: ContractorRepository
  readonly status: ContractorStatus
  readonly taxUpstream: Upstream
  readonly openUpstream: (address: UpstreamAddress) => Upstream
  readonly now: Clock
}

/** Everything about payments, and the workers that carry them out. */
export class PaymentService {
  readonly payments: Payments
  readonly registries: Registries
  readonly workers: readonly PaymentWorker[]

  private constructor(
    payments: Payments,
    registries: Registries,
    workers: readonly PaymentWorker[],
  ) {
    this.payments = payments
    this.registries = registries
    this.workers = workers
  }

  static open(parts: PaymentServiceParts): PaymentService {
    const { config, database, contractors, now } = parts
    const claims = new PaymentClaims(database, config.leaseMs)
    const steps = stepsOf(parts, claims)
    const completions = new Completions()
    const common = { ...config, claims, steps, completions }
    const worker = new PaymentWorker({ ...common, kind: 'single' })
    const registryWorker = new PaymentWorker({
      ...common,
      kind: 'registry',
      concurrency: config.registryConcurrency,
    })
    const payments = new Payments({
      database,
      repository: new PaymentRepository(database),
      contractors,
      worker,
      registryWorker,
      completions,
      answerMs: config.answerMs,
      now,
    })
    const registries = new Registries({
      repository: new RegistryRepository(database),
      contractors,
      worker: registryWorker,
      now,
    })
    return new PaymentService(payments, registries, [worker, registryWorker])
  }

  start(log: WorkerLog): void {
    for (const worker of this.workers) worker.start(log)
  }

  /** Lets payments under way end within the time; the others are left for the next start, or for other replicas. */
  stop(patienceMs: number): void {
    for (const worker of this.workers) worker.stop(patienceMs)
  }
}

function stepsOf(parts: PaymentServiceParts, claims: PaymentClaims): PaymentSteps {
  const { config, database, contractors, status, taxUpstream, openUpstream, now } = parts
  const bank = openUpstream({
    name: 'bank',
    url: config.bankUrl,
    timeoutMs: config.bankTimeoutMs,
    connections: config.bankConnections,
  })
  const notifications = openUpstream({
    name: 'notification service',
    url: config.notificationsUrl,
    timeoutMs: config.notificationsTimeoutMs,
    connections: config.notificationsConnections,
  })
  return new PaymentSteps({
    database,
    claims,
    contractors,
    status,
    bank: new Bank(bank),
    receipts: new Receipts(taxUpstream),
    notifications: new Notifications(notifications),
    now,
  })
}
