import { guardVm } from '../binding/vm-guard.ts'
import { keepReplacedWasmCode } from '../binding/wasm-code.ts'
import { guardWasm } from '../binding/wasm-guard.ts'
import { warnOfDeadlocks } from './deadlock.ts'
import { watchUnreachable } from './unreachable.ts'

// What has to be in place before the first green thread runs, once per isolate.
keepReplacedWasmCode()
guardVm()
guardWasm()
warnOfDeadlocks()
watchUnreachable()
