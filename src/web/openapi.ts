import { z } from 'zod';

import { routes, type Route } from './api/routes.ts';
import { failure } from './api/shapes.ts';

/** The description of the API (OpenAPI 3.1), made of the schemas that the server checks requests by. */
export function openApi(version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const [method = '', path = ''] = name.split(' ');
    const place = `/api/v1${path.replace(/:(\w+)/g, '{$1}')}`;
    (paths[place] ??= {})[method.toLowerCase()] = operationOf(name, route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Mitschnitt', version, description: 'Records telephone calls of an Asterisk PBX.' },
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'mitschnitt' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Failure: schemaOf(failure, 'output') },
    },
    paths,
  };
}

function operationOf(name: string, route: Route): Readonly<Record<string, unknown>> {
  const { summary, access, body, upload, response } = route;
  const roles = access === 'anyone' || access === 'signed-in' ? access : access.join(', ');
  return {
    operationId: name.replaceAll(/[^A-Za-z]+/g, '-').toLowerCase(),
    summary,
    description: `For: ${roles}.`,
    ...(access === 'anyone' ? {} : { security: [{ session: [] }, { token: [] }] }),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(body ? { requestBody: contentOf('application/json', schemaOf(body, 'input')) } : {}),
    ...(upload ? { requestBody: contentOf(upload.type, binary) } : {}),
    responses: {
      200: {
        description: 'As asked for',
        ...(typeof response === 'string'
          ? contentOf(response, response === 'audio/wav' ? binary : { type: 'string' })
          : contentOf('application/json', schemaOf(response, 'output'))),
      },
      default: { description: 'It was not done', ...contentOf('application/json', reference) },
    },
  };
}

const binary = { type: 'string', format: 'binary' };
const reference = { $ref: '#/components/schemas/Failure' };

function contentOf(type: string, schema: unknown): Readonly<Record<string, unknown>> {
  return { content: { [type]: { schema } } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const made: Record<string, unknown> = { ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
  // The description as a whole says which it is.
  delete made.$schema;
  return made;
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): readonly unknown[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    ...{ name, in: place, schema: each },
    required: place === 'path' || required.includes(name),
  }));
}
