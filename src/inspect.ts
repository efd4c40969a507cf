/** What a program that runs looks like from outside: who is suspended where, and what holds up the event loop. */
export {
  type BlockedReport,
  type BlockingMonitor,
  type MonitorOptions,
  monitorBlocking,
} from './inspect/blocking.ts'
export { dump } from './inspect/dump.ts'
