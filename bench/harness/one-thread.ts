import { spawn } from 'greenthreads'
import { compare } from './comparison.ts'
import { report, settingsOf } from './program.ts'
import { perAsyncOperation } from './timing.ts'

/** Reports what one operation costs: so many of them in one thread, against as many in one async function. */
export async function reportInOneThread(
  green: (count: number) => void,
  plain: (count: number) => Promise<void>,
): Promise<void> {
  const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
  const inThread = async (): Promise<void> => {
    await spawn(green, count)
  }
  report(
    await compare(
      perAsyncOperation(count, inThread),
      { async: perAsyncOperation(count, () => plain(count)) },
      { rounds },
    ),
  )
}
