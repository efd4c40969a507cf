import autocannon, { type Client, type Request } from 'autocannon'

export interface Answers {
  medianMs: number
  p99Ms: number
  perSecond: number
}

/**
 * What users get, one for each request, who repeat it as soon as it was answered. Any answer but 200 is an
 * error: a figure of failures would be worth nothing.
 */
export async function answersTo(
  url: string,
  requests: readonly Request[],
  durationMs: number,
): Promise<Answers> {
  const {
    latency,
    requests: answered,
    errors,
    non2xx,
  } = await autocannon({
    url,
    connections: requests.length,
    duration: durationMs / 1000,
    timeout: 30,
    setupClient: oneEach(requests),
  })
  if (errors + non2xx > 0) {
    throw new Error(`${url}: ${errors} connections failed, ${non2xx} answers were not 200.`)
  }
  return { medianMs: latency.p50, p99Ms: latency.p99, perSecond: answered.average }
}

function oneEach(requests: readonly Request[]): (client: Client) => void {
  let next = 0
  return (client) => client.setRequests([requests[next++] as Request])
}
