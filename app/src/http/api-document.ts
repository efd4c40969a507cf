import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { wait } from 'greenthreads'
import { isApiScope } from '../access/access.ts'

const description = `Payments to self-employed people. Every call but those marked public brings the API key of a client
service, \`Authorization: Bearer gtk_...\`; each route names the scope that the key has to have. Errors have one form.`

// The page comes from this server with everything that it needs, and asks nobody else.
const pagePolicy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/** Describes the routes that are declared after this by their schemas: `/openapi.json`, and a page at `/docs`. */
export function describeApi(server: FastifyInstance): void {
  wait(
    server.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Payments to self-employed people', description, version: '0.1.0' },
        // Relative: the document is right behind whatever address it was loaded from.
        servers: [{ url: '/' }],
        components: {
          securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'gtk_...' } },
        },
      },
      transform: ({ schema, url, route }) => ({
        schema: isForPeople(url) ? { hide: true } : describedRoute(schema, route),
        url,
      }),
    }),
  )
  const hidden = { config: { access: 'public' }, schema: { hide: true } } as const
  server.get('/openapi.json', hidden, function showDocument() {
    return server.swagger()
  })
  wait(
    server.register((docs, _options, done) => {
      docs.decorate('routeAccess', 'public')
      docs.register(swaggerUi, {
        routePrefix: '/docs',
        staticCSP: pagePolicy,
        uiConfig: { docExpansion: 'list', persistAuthorization: false, validatorUrl: null },
      })
      done()
    }),
  )
}

function isForPeople(url: string): boolean {
  return url.startsWith('/admin')
}

/** Adds who may call the route. */
function describedRoute(
  schema: FastifySchema | undefined,
  { config }: RouteOptions,
): FastifySchema {
  const access = config?.access
  if (access === 'public') return { ...schema, security: [] }
  if (!isApiScope(access)) return { hide: true }
  return {
    ...schema,
    description: [schema?.description, `Takes the scope \`${access}\`.`].filter(Boolean).join(' '),
    security: [{ apiKey: [access] }],
  }
}
