import type { StepMeeting } from './users.ts'

export const frontLimitMs = 1000

/**
 * Why the service denies service, or null: the front's p99 is to stay below a second, none of its requests may
 * fail, nobody may get an error that is not a deliberate 429, and the process has to live.
 */
export function whyDenied(
  meeting: Pick<StepMeeting, 'errors' | 'frontErrors' | 'frontP99Ms' | 'frontAsked'>,
  process: { readonly isLiving: boolean; readonly isOverMemory: boolean },
): string | null {
  const { errors, frontErrors, frontP99Ms, frontAsked } = meeting
  checkGenerator({ ...errors, ...frontErrors })
  if (process.isOverMemory) return 'it was killed at the limit of memory'
  if (!process.isLiving) return 'its process ended'
  if (hasAny(frontErrors)) return `the front's requests failed (${listed(frontErrors)})`
  if (hasAny(errors)) return `users got errors (${listed(errors)})`
  if (frontAsked === 0) return 'the front got no answer at all'
  if (frontP99Ms >= frontLimitMs) return `the front's p99 is ${Math.round(frontP99Ms)} ms`
  return null
}

/** Errors of the load generator say nothing about the service. */
function checkGenerator(errors: Readonly<Record<string, number>>): void {
  const own = Object.keys(errors).find((error) => /EMFILE|ENFILE|EADDRNOTAVAIL/.test(error))
  if (own === undefined) return
  throw new Error(
    `The load generator is at its own limit: ${own}. More descriptors (ulimit -n) or ports are needed.`,
  )
}

function hasAny(errors: Readonly<Record<string, number>>): boolean {
  return Object.keys(errors).length > 0
}

function listed(errors: Readonly<Record<string, number>>): string {
  return Object.entries(errors)
    .map(([error, count]) => `${count} x ${error}`)
    .join(', ')
}
