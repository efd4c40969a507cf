import { refusal } from './refusal.ts'

/** The code of what forbids to start a coroutine now; 0 when nothing does. */
let code = 0

/** Throws where no coroutine may be started. */
export function checkStart(): void {
  if (code !== 0) throw refusal(code)
}

/** False where `checkStart()` throws. */
export function mayStart(): boolean {
  return code === 0
}

/** Forbids starts while a function runs. */
export function withoutStarts<T>(reason: number, fn: () => T): T {
  const outer = code
  code = reason
  try {
    return fn()
  } finally {
    code = outer
  }
}
