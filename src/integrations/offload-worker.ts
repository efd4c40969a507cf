import { compileFunction, constants } from 'node:vm'
import { GreenThread, InvalidArgumentError } from '../index.ts'
import { pack } from './offload-error.ts'
import type { Answer } from './offload-pool.ts'
import { notSelfContained, type Task } from './offload-task.ts'
import { transferListOf } from './offload-transfer.ts'

// Called by Piscina, in a worker.

type Callable = (...args: readonly unknown[]) => unknown
type Exports = Readonly<Record<string, unknown>>

/** That of the main thread, which computing functions may be used to; see `node --stack-size`. */
const STACK_BYTES = 4 * 1024 * 1024

/** In the stack traces of functions that came as source text. */
const SOURCE_NAME = 'offload:'

/** Runs it in a green thread of the worker, so that it may wait. */
export async function runTask(task: Task): Promise<unknown> {
  try {
    const fn = task.source === undefined ? await exportOf(task) : compiled(task)
    const thread = new GreenThread(fn as () => unknown, {
      name: task.name,
      stackBytes: STACK_BYTES,
    })
    return await sent(await thread.start(...task.args))
  } catch (thrown) {
    const failure = pack(explained(thrown, task))
    return { failure, thrown: failure === undefined ? thrown : undefined } satisfies Answer
  }
}

async function exportOf({ module = '', name }: Task): Promise<Callable> {
  const exported = (await import(module)) as Exports & { default?: Exports }
  // Names that the lexer did not find in a CommonJS module are on its default export.
  const found = exported[name] ?? exported.default?.[name]
  if (typeof found === 'function') return found as Callable
  throw new InvalidArgumentError(
    'exportName',
    `the name of a function that ${module} exports`,
    name,
  )
}

const functions = new Map<string, Callable>()
/** Against programs that generate functions without end. */
const MOST_FUNCTIONS = 1000

function compiled({ source = '', name }: Task): Callable {
  let fn = functions.get(source)
  if (fn === undefined) {
    if (functions.size === MOST_FUNCTIONS) functions.clear()
    const options = {
      filename: `${SOURCE_NAME}${name}`,
      importModuleDynamically: constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }
    fn = compileFunction(`'use strict'; return ${source}`, [], options as never)() as Callable
    functions.set(source, fn)
  }
  return fn
}

async function sent(value: unknown): Promise<unknown> {
  const answer: Answer = { value }
  const list = transferListOf([value])
  if (list.length === 0) return answer
  const { Piscina } = await import('piscina')
  return Piscina.move({
    [Piscina.transferableSymbol]: list,
    [Piscina.valueSymbol]: answer,
  } as never)
}

/** A variable that the function did not bring along is what most mistakes are about. */
function explained(thrown: unknown, { name, source }: Task): unknown {
  if (source === undefined || !(thrown instanceof ReferenceError)) return thrown
  const [, variable] = /^(\S+) is not defined$/.exec(thrown.message) ?? []
  const [, place = ''] = String(thrown.stack).split('\n    at ')
  const isOwnCode = place.includes(SOURCE_NAME) && !place.includes('eval at')
  if (variable === undefined || !isOwnCode) return thrown
  return notSelfContained(
    name,
    `it uses \`${variable}\`, which does not exist in the worker`,
    thrown,
  )
}
