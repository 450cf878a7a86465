import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { SimulatorContext } from '../kit/simulator.js';
import { render, type Rendered } from './document.js';
import { edgeRecords, type Graph, type PcoRecord, type VertexType } from './graph.js';
import { type CollectionQuery, readQuery, select } from './query.js';
import type { RateLimiter } from './rate-limit.js';
import type { PcoSeed } from './seed.js';
import { ianaZone } from './time-zone.js';
import { type Vertex, vertices } from './vertices.js';

export interface PcoState {
  readonly seed: PcoSeed;
  readonly graph: Graph;
  readonly limiter: RateLimiter;
}

const titles: Readonly<Record<number, string>> = { 401: 'Unauthorized', 404: 'Not Found', 429: 'Too Many Requests' };

/** The error document of the API. */
export function errorBody(code: string | number, detail: string): unknown {
  return { errors: [{ status: String(code), code: String(code), title: titles[Number(code)] ?? 'Error', detail }] };
}

function failure(c: Context, status: ContentfulStatusCode, detail: string): Response {
  return c.json(errorBody(status, detail), status);
}

/** Who calls, for the rate limit; undefined when the credentials are none of ours. */
function caller(header: string | undefined, { credentials }: PcoSeed): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(/\s+/, 2);
  if (scheme.toLowerCase() === 'bearer') return value === credentials.accessToken ? 'token' : undefined;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const expected = `${credentials.appId}:${credentials.secret}`;
  return Buffer.from(value, 'base64').toString('utf8') === expected ? 'application' : undefined;
}

/**
 * The fault of thread 1394 of planningcenter/developers: in a share of the answers the first records are whole and
 * related records of later ones are missing, while the links to them stay.
 */
function loseIncluded(rendered: Rendered, context: SimulatorContext): Rendered {
  const percent = Number(context.quirk('includes-missing'));
  if (rendered.included.length === 0 || context.random() * 100 >= percent) return rendered;
  const from = Math.min(8, rendered.included.length - 1);
  const included = rendered.included.filter((_, index) => index < from || (index > from && context.random() < 0.5));
  return { data: rendered.data, included };
}

function pageUrl(url: URL, offset: number): string {
  const page = new URL(url);
  page.searchParams.set('offset', String(offset));
  return page.href;
}

interface Collection {
  readonly url: URL;
  readonly query: CollectionQuery;
  readonly vertex: Vertex;
  readonly filters: readonly string[];
  readonly parent: { readonly id: string; readonly type: string };
  readonly total: number;
}

function envelope({ url, query, vertex, filters, parent, total }: Collection, rendered: Rendered): unknown {
  const next = query.offset + query.perPage < total ? query.offset + query.perPage : undefined;
  const previous = query.offset > 0 ? Math.max(0, query.offset - query.perPage) : undefined;
  return {
    links: {
      self: url.href,
      ...(next !== undefined && { next: pageUrl(url, next) }),
      ...(previous !== undefined && { prev: pageUrl(url, previous) }),
    },
    ...rendered,
    meta: {
      total_count: total,
      count: rendered.data.length,
      ...(next !== undefined && { next: { offset: next } }),
      ...(previous !== undefined && { prev: { offset: previous } }),
      can_order_by: vertex.order,
      can_query_by: vertex.where,
      can_include: vertex.include,
      can_filter: filters,
      parent,
    },
  };
}

/** Ranks for equal sort keys. They hold between requests until they are drawn anew, as a database's plan does. */
class TieBreaker {
  readonly #ranks = new Map<PcoRecord, number>();

  constructor(private readonly context: SimulatorContext) {}

  rankFor(): (record: PcoRecord) => number {
    if (this.context.random() * 100 < Number(this.context.quirk('order-flips'))) this.#ranks.clear();
    return (record) => {
      const known = this.#ranks.get(record);
      if (known !== undefined) return known;
      const rank = this.context.random();
      this.#ranks.set(record, rank);
      return rank;
    };
  }
}

/** The Calendar API. `state` is asked at every request, `monotonic` gives milliseconds of real time. */
export function calendarApi(context: SimulatorContext, state: () => PcoState, monotonic: () => number): Hono {
  const app = new Hono();
  let ties = new TieBreaker(context);
  let tiesOf: Graph | undefined;

  const zoneOf = (seed: PcoSeed): string =>
    context.quirk('server-date-equality') === 'utc' ? 'utc' : (ianaZone(seed.organization.zone) ?? 'utc');

  function list(c: Context, type: VertexType, records: readonly PcoRecord[], parent: Collection['parent'], only?: readonly string[]): Response {
    const { seed, graph } = state();
    if (tiesOf !== graph) {
      ties = new TieBreaker(context);
      tiesOf = graph;
    }
    const vertex = vertices[type];
    const url = new URL(c.req.url);
    const query = readQuery(url.searchParams);
    const filters = only ?? Object.keys(vertex.filters);
    const tieRank = ties.rankFor();
    const all = select({ records, vertex, filters, query, zone: zoneOf(seed), now: context.now(), tieRank });
    const page = all.slice(query.offset, query.offset + query.perPage);
    const rendered = loseIncluded(render(page, query.include, query.fields, `${url.origin}/calendar/v2`), context);
    return c.json(envelope({ url, query, vertex, filters, parent, total: all.length }, rendered));
  }

  function one(c: Context, record: PcoRecord): Response {
    const url = new URL(c.req.url);
    const query = readQuery(url.searchParams);
    const { data, included } = loseIncluded(
      render([record], query.include, query.fields, `${url.origin}/calendar/v2`),
      context,
    );
    return c.json({ data: data[0], included, meta: { can_include: vertices[record.type].include } });
  }

  const missing = (c: Context): Response => failure(c, 404, 'The resource you requested could not be found');
  const find = (type: VertexType, id: string): PcoRecord | undefined => state().graph[type].find((each) => each.id === id);

  app.use(async (c, next) => {
    const { seed, limiter } = state();
    const name = caller(c.req.header('authorization'), seed);
    if (name === undefined) {
      c.header('WWW-Authenticate', 'Basic realm="Application"');
      return failure(c, 401, 'You must authenticate to call this endpoint.');
    }
    const verdict = limiter.count(name, monotonic(), { ...seed.rateLimit, dropAfter: Number(context.quirk('limit-drop')) });
    c.header('X-PCO-API-Request-Rate-Limit', String(verdict.limit));
    c.header('X-PCO-API-Request-Rate-Count', String(verdict.count));
    c.header('X-PCO-API-Request-Rate-Period', String(verdict.period));
    if (verdict.limited) {
      c.header('Retry-After', String(verdict.retryAfter));
      const { count, limit, period } = verdict;
      return failure(c, 429, `Rate limit exceeded: ${count} of ${limit} requests per ${period} seconds`);
    }
    return next();
  });

  app.get('/calendar/v2', (c) => {
    const { organization } = state().seed;
    const attributes = {
      date_format: '%m/%d/%Y',
      twenty_four_hour_time: false,
      calendar_starts_on: 'sunday',
      ...organization.attributes,
      name: organization.name,
      time_zone: organization.zone,
    };
    const self = `${new URL(c.req.url).origin}/calendar/v2`;
    return c.json({
      data: { type: 'Organization', id: organization.id, attributes, links: { self } },
      included: [],
      meta: { can_include: [], parent: { id: organization.id, type: 'Organization' } },
    });
  });

  for (const type of Object.keys(vertices) as VertexType[]) {
    const { path, edges } = vertices[type];
    app.get(`/calendar/v2/${path}`, (c) =>
      list(c, type, state().graph[type], { id: state().seed.organization.id, type: 'Organization' }),
    );
    app.get(`/calendar/v2/${path}/:id`, (c) => {
      const record = find(type, c.req.param('id'));
      return record ? one(c, record) : missing(c);
    });
    for (const [name, edge] of Object.entries(edges)) {
      app.get(`/calendar/v2/${path}/:id/${name}`, (c) => {
        const record = find(type, c.req.param('id'));
        const target = record?.edges.get(name);
        if (record === undefined || target === undefined) return missing(c);
        return target.many
          ? list(c, edge.type, edgeRecords(record, name), { id: record.id, type }, edge.filters)
          : one(c, target.record);
      });
    }
  }
  app.notFound(missing);
  return app;
}
