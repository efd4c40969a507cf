import { monitorEventLoopDelay } from 'node:perf_hooks'
import { settingsOf } from '../harness/program.ts'
import { CrowdOfUsers, type CrowdSettings } from '../load/crowd-of-users.ts'

// Users of the service, a crowd of them in one process. Grows and tells what it has met when it is asked to.

export type UsersRequest =
  | { readonly name: 'grow'; readonly users: number; readonly perSecond: number }
  | { readonly name: 'take' }

const crowd = new CrowdOfUsers(settingsOf<CrowdSettings>())
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

process.on('message', async (request: UsersRequest) => {
  if (request.name === 'grow') {
    await crowd.growTo(request.users, request.perSecond)
    process.send?.({ value: undefined })
    return
  }
  process.send?.({ value: { ...crowd.take(), lateMs: delay.percentile(99) / 1e6 } })
  delay.reset()
})
process.on('disconnect', () => {
  crowd.stop()
  process.exit()
})
