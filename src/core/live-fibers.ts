import type { Coroutine } from '../binding/coroutine.ts'
import { liveCoroutines } from '../binding/occupants.ts'
import { Fiber } from './fiber.ts'

/** Those that have started and not ended. */
export function liveFibers(): Fiber[] {
  return liveCoroutines().filter(isLiveFiber)
}

// One that is over may still be on its stack.
function isLiveFiber(coroutine: Coroutine): coroutine is Fiber {
  return coroutine instanceof Fiber && !coroutine.isOver
}

export function suspendedFibers(): Fiber[] {
  return liveFibers().filter((fiber) => fiber.state === 'suspended')
}
