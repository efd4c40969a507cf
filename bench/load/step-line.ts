import type { Step } from './scenario.ts'

/** One step for people: how many of the users got an answer in it belongs to what they have to know. */
export function stepLine(step: Step): string {
  const { users, answered, waiting, perSecond, p99Ms, frontP99Ms, residentBytes, refused } = step
  return [
    `${users} users`.padStart(12),
    `${answered} answers, ${waiting} waiting`.padEnd(28),
    `${perSecond.toFixed(0)}/s`.padStart(6),
    `p99 ${p99Ms === null ? '-' : p99Ms.toFixed(0)} ms`.padEnd(14),
    `front p99 ${frontP99Ms >= Number.MAX_VALUE ? '-' : frontP99Ms.toFixed(0)} ms`.padEnd(20),
    `${(residentBytes / 2 ** 20).toFixed(0)} MB`,
    ...(refused > 0 ? [`${refused} refused (429)`] : []),
    ...(step.denied === null ? [] : [`DENIED: ${step.denied}`]),
  ].join('  ')
}
