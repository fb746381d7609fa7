import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { GatewayAuthError } from '../errors.ts'
import type { AuthService, IssuedTokens } from '../service/service-types.ts'
import { errorHandler, isForm } from './error-handler.ts'
import { formCredentials } from './form-credentials.ts'
import { formParameters, readForms, requiredParameter, scopeParameter } from './form.ts'
import { readJson } from './json-body.ts'
import { limitRate } from './rate-limits.ts'
import { MAX_BODY_BYTES, type RouteContext } from './route-context.ts'
import { answer, bodyOf, errorAnswers, type RouteSchema } from './route-schema.ts'

const tokenBody = z.object({ clientId: z.string().min(1).max(256), clientSecret: z.string().min(1) })
const refreshBody = z.object({ refreshToken: z.string().min(1) })
const formBody = z.object({
  grant_type: z.enum(['client_credentials', 'refresh_token']),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  client_assertion_type: z.string().optional(),
  client_assertion: z.string().optional(),
})
const jsonAnswer = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int(),
  tokenType: z.literal('Bearer'),
})
const formAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string(),
  scope: z.string().optional(),
})

/** `POST /auth/token` and `POST /auth/refresh`: JSON as ever, or a form as in RFC 6749; by the content type. */
export async function tokenRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { auth } = context
  app.setErrorHandler(errorHandler('by-content-type', context.realm))
  await readForms(app)
  await limitRate(app, auth.store, 'token', context.limits.token)
  const answers = {
    200: answer('An access token and a refresh token', jsonAnswer, formAnswer),
    ...errorAnswers([400, 401, 413, 415, 429, 503], ['json', 'oauth']),
  }

  const tokenSchema: RouteSchema = {
    operationId: 'issueTokens',
    summary: 'Get tokens for client credentials',
    tags: ['auth'],
    security: [{}, { clientBasic: [] }],
    body: bodyOf({ json: tokenBody, form: formBody }),
    response: answers,
  }
  app.post(
    '/auth/token',
    { schema: tokenSchema, bodyLimit: MAX_BODY_BYTES, config: { auth: 'none' } },
    async (request) => {
      if (isForm(request)) return formAnswerOf(await grant(auth, request))
      return jsonAnswerOf(await auth.issueTokens(readJson(tokenBody, request.body)))
    },
  )

  const refreshSchema: RouteSchema = {
    operationId: 'refreshTokens',
    summary: 'Get the next tokens for a refresh token, which is used up',
    tags: ['auth'],
    security: [{}, { clientBasic: [] }],
    body: bodyOf({ json: refreshBody, form: formBody.partial({ grant_type: true }) }),
    response: answers,
  }
  app.post(
    '/auth/refresh',
    { schema: refreshSchema, bodyLimit: MAX_BODY_BYTES, config: { auth: 'none' } },
    async (request) => {
      if (isForm(request)) return formAnswerOf(await grant(auth, request, 'refresh_token'))
      const { refreshToken } = readJson(refreshBody, request.body)
      return jsonAnswerOf(await auth.refreshTokens(refreshToken))
    },
  )
}

/** A token request in a form. `only` is the grant type of a route that has but one, where it may be left out. */
async function grant(
  auth: AuthService,
  request: FastifyRequest,
  only?: 'refresh_token',
): Promise<IssuedTokens> {
  const parameters = formParameters(request.body)
  const grantType = parameters.get('grant_type') ?? only ?? requiredParameter(parameters, 'grant_type')
  const isKnown = grantType === 'client_credentials' || grantType === 'refresh_token'
  if (!isKnown || (only !== undefined && grantType !== only)) {
    throw new GatewayAuthError('ERR_GRANT_TYPE_UNSUPPORTED', 'the grant type is not supported')
  }
  const client = formCredentials(request, parameters)
  const scope = scopeParameter(parameters)
  if (grantType === 'client_credentials') return auth.issueTokens(client, { scope })
  return auth.refreshTokens(requiredParameter(parameters, 'refresh_token'), { client, scope })
}

function jsonAnswerOf(tokens: IssuedTokens): z.infer<typeof jsonAnswer> {
  const { accessToken, refreshToken, expiresIn, tokenType } = tokens
  return { accessToken, refreshToken, expiresIn, tokenType }
}

/** A client without capabilities has no scope, and RFC 6749 knows no empty one. */
function formAnswerOf(tokens: IssuedTokens): z.infer<typeof formAnswer> {
  return {
    access_token: tokens.accessToken,
    token_type: tokens.tokenType,
    expires_in: tokens.expiresIn,
    refresh_token: tokens.refreshToken,
    ...(tokens.scope.length > 0 && { scope: tokens.scope.join(' ') }),
  }
}
