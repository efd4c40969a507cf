import { guardNodeApi } from '../binding/node-api-guard.ts'
import { guardTls } from '../binding/tls-guard.ts'
import { guardVm } from '../binding/vm-guard.ts'
import { guardWasm } from '../binding/wasm-guard.ts'
import { warnOfDeadlocks } from './deadlock.ts'
import { forbidWaitingAtExit } from './exit.ts'
import { watchUnreachable } from './unreachable.ts'

// What has to be in place before the first green thread runs, once per isolate.
guardNodeApi()
guardTls()
guardVm()
guardWasm()
warnOfDeadlocks()
forbidWaitingAtExit()
watchUnreachable()
