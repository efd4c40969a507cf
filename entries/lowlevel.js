import { load } from './shared.cjs'

const loaded = load('lowlevel.js')

export const {
  GreenThread,
  WaitQueue,
  callApart,
  callWhereItMayWait,
  checkFunction,
  checkTimeout,
  checkWaitOptions,
  clock,
  current,
  currentThreadId,
  isInCallback,
  isOnMainStack,
  moduleClass,
  park,
  runTicks,
  shield,
  spawn,
  suspendedThreads,
  takeOverNativeCallbacks,
  takeOverTicks,
  throwIfInterrupted,
  unpark,
  unparkWithError,
  useClock,
  useScheduler,
  wait,
  watchEnd,
} = loaded
