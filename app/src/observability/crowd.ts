/** Clients that try the service: in processes of their own, or, in tests, in this one. */
export interface Crowd {
  readonly figures: CrowdFigures
  /** What they shall do from now on. */
  order(wanted: CrowdOrder): void
}

export interface CrowdOrder {
  /** Where the service listens. */
  readonly url: string
  /** Somebody who keeps asking for a cheap page. */
  readonly front: FrontOrder | null
  /** Somebody who floods the status check, while the tax authority does not answer in time. */
  readonly flood: FloodOrder | null
}

export interface FrontOrder {
  readonly key: string
  readonly path: string
}

export interface FloodOrder {
  readonly key: string
  readonly paths: readonly string[]
  readonly perSecond: number
}

export interface CrowdFigures {
  readonly front: FrontFigures | null
  readonly flood: FloodFigures | null
}

/** Of the last seconds. */
export interface FrontFigures {
  readonly answers: number
  readonly refused: number
  readonly failed: number
  readonly medianMs: number
  readonly slowestMs: number
}

export interface FloodFigures {
  readonly underWay: number
  readonly answered: number
  readonly refused: number
  readonly failed: number
}

export const idleCrowd: CrowdFigures = { front: null, flood: null }
