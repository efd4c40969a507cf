import { Coroutine } from '#src/binding/coroutine.js'
import { resume } from '#src/binding/running.js'

/** The smallest coroutine. */
export class Task extends Coroutine {
  readonly #body: (task: Task) => void
  error: unknown = undefined

  constructor(body: (task: Task) => void) {
    super()
    this.#body = body
  }

  override run(): void {
    try {
      this.#body(this)
    } catch (error) {
      this.error = error
    }
  }

  override refused(): void {}
  override thrown(): void {}
  override terminated(): void {}
}

export function resumeWith(task: Task, value: unknown): void {
  task.putValue(value)
  resume(task)
}
