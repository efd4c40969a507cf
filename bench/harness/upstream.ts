const latencyMs = 10

export interface Status {
  id: string
  isActive: boolean
}

/** Stands for a service that takes 10 ms: a timer, so that its own cost is out of the comparison. */
export function askUpstream(id: string): Promise<Status> {
  return new Promise((resolve) => {
    setTimeout(() => resolve({ id, isActive: true }), latencyMs)
  })
}
