import {
  type Crowd,
  type CrowdFigures,
  type CrowdOrder,
  idleCrowd,
} from '../src/observability/crowd.ts'
import type { Behaviour } from './behaviour.ts'
import { FrontUser } from './front-user.ts'
import { NoisyNeighbour } from './noisy-neighbour.ts'

/** What of the tax authority the crowd needs: to make it slow, and as it was again. */
interface Slowable {
  readonly behaviour: Behaviour
  change(wanted: Partial<Behaviour>): void
}

/** Slower than anybody waits for it. */
const eveningLatencyMs = 20_000

/** The front user and the noisy neighbour, in this process. */
export class LocalCrowd implements Crowd {
  readonly #taxAuthority: Slowable
  #front: FrontUser | undefined
  #neighbour: NoisyNeighbour | undefined
  #usualLatencyMs: number | undefined

  constructor(taxAuthority: Slowable) {
    this.#taxAuthority = taxAuthority
  }

  get figures(): CrowdFigures {
    return {
      front: this.#front?.figures ?? idleCrowd.front,
      flood: this.#neighbour?.figures ?? idleCrowd.flood,
    }
  }

  order({ url, front, flood }: CrowdOrder): void {
    if (front === null) this.#endFront()
    else this.#front ??= new FrontUser(url, front)
    if (flood === null) this.#endFlood()
    else this.#neighbour ??= this.#beginFlood(new NoisyNeighbour(url, flood))
  }

  close(): void {
    this.#endFront()
    this.#endFlood()
  }

  #beginFlood(neighbour: NoisyNeighbour): NoisyNeighbour {
    this.#usualLatencyMs = this.#taxAuthority.behaviour.latencyMs
    this.#taxAuthority.change({ latencyMs: eveningLatencyMs })
    return neighbour
  }

  #endFlood(): void {
    if (this.#neighbour === undefined) return
    this.#neighbour.close()
    this.#neighbour = undefined
    this.#taxAuthority.change({ latencyMs: this.#usualLatencyMs ?? eveningLatencyMs })
  }

  #endFront(): void {
    this.#front?.close()
    this.#front = undefined
  }
}
