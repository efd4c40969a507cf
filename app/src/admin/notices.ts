/** What was done, told on the page that follows. An address names one of these; it can't bring words of its own. */
const notices = {
  'key-revoked': 'The key was revoked. It stopped working.',
  'key-was-revoked': 'The key had been revoked before, or never existed.',
  'user-added': 'The user was added.',
  'user-changed': 'The user was changed.',
  'protection-switched': 'The protection was switched.',
  'evening-begun': 'Friday evening has begun.',
  'evening-ended': 'Friday evening is over.',
  'payment-retried': 'The payment is tried again now.',
  'payment-annulled': 'The receipt is being annulled.',
  'logged-out': 'You are logged out.',
} as const

export type Notice = keyof typeof notices

export function noticeOf(name: unknown): string | undefined {
  return typeof name === 'string' && Object.hasOwn(notices, name)
    ? notices[name as Notice]
    : undefined
}
