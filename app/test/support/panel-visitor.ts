import assert from 'node:assert/strict'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'

export type FormFields = Readonly<Record<string, string | readonly string[]>>

/** A person with a browser: keeps cookies, loads pages, and sends the forms that are on them. */
export class PanelVisitor {
  readonly cookies = new Map<string, string>()
  readonly #server: FastifyInstance

  constructor(server: FastifyInstance) {
    this.#server = server
  }

  static async loggedIn(
    server: FastifyInstance,
    login: string,
    password: string,
  ): Promise<PanelVisitor> {
    const visitor = new PanelVisitor(server)
    const response = await visitor.logIn(login, password)
    assert.equal(response.statusCode, 303, response.body)
    return visitor
  }

  async logIn(login: string, password: string): Promise<LightMyRequestResponse> {
    await this.get('/admin/login')
    return await this.send('/admin/login', { login, password })
  }

  /** Loads a page, whose form's token is used from then on. */
  async get(url: string, accept = 'text/html'): Promise<LightMyRequestResponse> {
    const response = await this.#ask({ method: 'GET', url, headers: { accept } })
    this.token = /name="form_token" value="([^"]+)"/.exec(response.body)?.[1] ?? this.token
    return response
  }

  token: string | undefined

  /** Sends a form with the token of the page that was loaded last. */
  async send(url: string, fields: FormFields = {}): Promise<LightMyRequestResponse> {
    const form = new URLSearchParams(this.token === undefined ? {} : { form_token: this.token })
    for (const [name, values] of Object.entries(fields)) {
      for (const value of [values].flat()) form.append(name, value)
    }
    return await this.#ask({
      method: 'POST',
      url,
      headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
      payload: form.toString(),
    })
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async #ask(options: {
    method: 'GET' | 'POST'
    url: string
    headers: Record<string, string>
    payload?: string
  }): Promise<LightMyRequestResponse> {
    const cookie = this.cookieHeader
    const headers = { ...options.headers, ...(cookie !== '' && { cookie }) }
    const response = await this.#server.inject({ ...options, headers })
    for (const { name, value, maxAge } of response.cookies) {
      if (maxAge === 0) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}
