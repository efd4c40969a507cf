import { BugError } from '../errors.ts'
import { moduleClass } from '../lowlevel.ts'

/** What Node.js evaluates an ES module through. */
interface ModuleWrap {
  getStatus(): number
  evaluate(...args: unknown[]): unknown
  evaluateSync(...args: unknown[]): unknown
}

/** v8::Module::kEvaluating */
const EVALUATING = 3

let isDone = false

/**
 * Lets the top level of ES modules wait. While one does, V8 must not be asked to evaluate it once more, as
 * a second `import()` of it would: V8 ends the process then. Such an import waits for the first.
 *
 * @throws BugError where this build of Node.js does not allow it.
 */
export function letImportsWait(): void {
  if (isDone) return
  isDone = true
  const { prototype } = (moduleClass() ?? {}) as { prototype?: unknown }
  if (!isWrap(prototype)) {
    throw new BugError(`The loader of ES modules of Node.js ${process.version} has another form`)
  }
  guard(prototype)
}

function guard(prototype: ModuleWrap): void {
  const { evaluate, evaluateSync } = prototype
  prototype.evaluate = function (...args) {
    if (this.getStatus() !== EVALUATING) return untilEnd(() => evaluate.apply(this, args))
    return whenEvaluated(this).then(() => evaluate.apply(this, args))
  }
  prototype.evaluateSync = function (...args) {
    return untilEnd(() => evaluateSync.apply(this, args))
  }
}

/** Resolves at the end of the next evaluation, whichever it is. */
let end: () => void = () => {}
let nextEnd = newEnd()

function newEnd(): Promise<void> {
  return new Promise((resolve) => {
    end = resolve
  })
}

function untilEnd(evaluate: () => unknown): unknown {
  try {
    return evaluate()
  } finally {
    end()
    nextEnd = newEnd()
  }
}

async function whenEvaluated(module: ModuleWrap): Promise<void> {
  while (module.getStatus() === EVALUATING) await nextEnd
}

function isWrap(value: unknown): value is ModuleWrap {
  const { getStatus, evaluate, evaluateSync } = (value ?? {}) as Partial<ModuleWrap>
  return [getStatus, evaluate, evaluateSync].every((method) => typeof method === 'function')
}
