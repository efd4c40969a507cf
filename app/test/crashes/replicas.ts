import { Replica } from './replica.ts'

/** So many processes of the service on one database. Each that is killed is replaced. */
export class Replicas {
  readonly #env: Readonly<Record<string, string>>
  readonly #random: () => number
  readonly #all: Replica[] = []
  readonly #serving = new Map<Replica, string>()
  readonly #waiting: ((url: string) => void)[] = []
  readonly #failure: { reject: (error: unknown) => void; promise: Promise<never> }
  killed = 0
  killedWhileStarting = 0

  constructor(count: number, env: Readonly<Record<string, string>>, random: () => number) {
    this.#env = env
    this.#random = random
    let reject: (error: unknown) => void = () => undefined
    const promise = new Promise<never>((_resolve, fail) => {
      reject = fail
    })
    this.#failure = { promise, reject }
    for (let index = 0; index < count; index++) this.#add()
  }

  /** Rejects when a replica ends by itself. */
  get failed(): Promise<never> {
    return this.#failure.promise
  }

  /** The address of one that serves, as soon as there is one. */
  async url(): Promise<string> {
    const urls = [...this.#serving.values()]
    const url = urls[Math.floor(this.#random() * urls.length)]
    if (url !== undefined) return url
    return await Promise.race([
      this.failed,
      new Promise<string>((resolve) => this.#waiting.push(resolve)),
    ])
  }

  /** Resolves when so many serve that, after the next kill, work goes on or soon will. */
  async mostServe(): Promise<void> {
    while (this.#serving.size < this.#all.length - 1 || this.#serving.size === 0) {
      await Promise.race([
        this.failed,
        new Promise<unknown>((resolve) => this.#waiting.push(resolve)),
      ])
    }
  }

  /** Kills one of them, which may be one that still starts, and starts another in its place. */
  async killOne(): Promise<void> {
    const index = Math.floor(this.#random() * this.#all.length)
    const [victim] = this.#all.splice(index, 1)
    if (victim === undefined) return
    this.killed++
    if (!this.#serving.delete(victim)) this.killedWhileStarting++
    await victim.kill()
    this.#add()
  }

  /** Ends all of them in peace. Throws when one does not end well. */
  async stop(): Promise<void> {
    for (const replica of this.#all.splice(0)) {
      await replica.ready
      const code = await replica.stop()
      if (code !== 0) throw new Error(`A replica ended with ${code}: ${replica.errors}`)
    }
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((replica) => replica.kill()))
  }

  #add(): void {
    const replica = new Replica(this.#env)
    this.#all.push(replica)
    replica.ready.then(
      (url) => {
        if (replica.isKilled) return
        this.#serving.set(replica, url)
        for (const resolve of this.#waiting.splice(0)) resolve(url)
      },
      (error: unknown) => {
        if (!replica.isKilled) this.#failure.reject(error)
      },
    )
  }
}
