import type { NeighbourUrls } from '../src/simulator-process.ts'
import { BankSimulator } from './bank.ts'
import type { Neighbour, NeighbourOptions } from './neighbour.ts'
import { NotificationsSimulator } from './notifications.ts'
import { TaxAuthoritySimulator } from './tax-authority.ts'

/** Every company that the service depends on, on ports of their own. */
export class Neighbours {
  readonly taxAuthority: TaxAuthoritySimulator
  readonly bank: BankSimulator
  readonly notifications: NotificationsSimulator

  constructor(options: NeighbourOptions = {}) {
    this.taxAuthority = new TaxAuthoritySimulator(options)
    this.bank = new BankSimulator(options)
    this.notifications = new NotificationsSimulator(options)
  }

  get all(): readonly Neighbour[] {
    return [this.taxAuthority, this.bank, this.notifications]
  }

  get urls(): NeighbourUrls {
    return {
      taxUrl: this.taxAuthority.url,
      bankUrl: this.bank.url,
      notificationsUrl: this.notifications.url,
    }
  }

  /** On any free ports. */
  async listen(): Promise<void> {
    for (const neighbour of this.all) await neighbour.listen()
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((neighbour) => neighbour.close()))
  }
}
