// Row-level security: every query is narrowed down to the rows that its token's claims allow.
// Whatever cannot be narrowed down is refused. The settings are the environment's.
const crypto = require('crypto');

const { column, sqlUserSees } = __SETTINGS__;

// Known to this process alone, so that no token can say it.
const EVERYTHING = crypto.randomUUID();

const refused = (why) => new Error(`Refused by row-level security: ${why}`);

const allowed = (securityContext) => {
  const claim = securityContext?.[column];
  const values = Array.isArray(claim) ? claim : [claim];
  const plain = (value) => ['string', 'number'].includes(typeof value) && value !== '';
  if (values.length === 0 || !values.every(plain)) {
    throw refused(`the token has no claim ${column}`);
  }
  return values.map(String);
};

// A member is `cube.member` or `cube.member.granularity`; the SQL API also sends expressions, which
// name all cubes that they are made of.
const cubesOf = (member) => {
  if (typeof member === 'string') {
    return [member.split('.')[0]];
  }
  const parsed = member?.definition ? JSON.parse(member.definition) : undefined;
  if (!member?.cubeName || !parsed?.expr) {
    throw refused('a part of the query has a form that is not known');
  }
  const { cubeParams = [], addFilters = [], sourceMeasure } = parsed.expr;
  return [
    member.cubeName,
    ...cubeParams,
    ...addFilters.flatMap((filter) => filter.cubeParams),
    ...(sourceMeasure ? [sourceMeasure.split('.')[0]] : []),
  ];
};

const inFilters = (filters) =>
  filters.flatMap((filter) => {
    const inner = filter.and ?? filter.or;
    return inner ? inFilters(inner) : cubesOf(filter.member ?? filter.dimension);
  });

const cubesIn = (query) => [
  ...new Set([
    ...[query.measures, query.dimensions, query.segments].flatMap((some) => (some ?? []).flatMap(cubesOf)),
    ...(query.timeDimensions ?? []).flatMap((some) => cubesOf(some.dimension)),
    ...inFilters(query.filters ?? []),
    ...(query.joinHints ?? []).flat(),
  ]),
];

const queryRewrite = (query, { securityContext }) => {
  if (securityContext?.everything === EVERYTHING) {
    return query;
  }
  const values = allowed(securityContext);
  if (query.subqueryJoins?.length) {
    throw refused('a subquery is joined, which cannot be narrowed down');
  }
  const cubes = cubesIn(query);
  if (cubes.length === 0) {
    throw refused('the query names no cube');
  }
  const narrow = cubes.map((cube) => ({ member: `${cube}.${column}`, operator: 'equals', values }));
  return { ...query, filters: [...(query.filters ?? []), ...narrow] };
};

const checkSqlAuth = (request, user) => {
  if (user !== process.env.CUBEJS_SQL_USER) {
    throw new Error('Incorrect user name or password');
  }
  const securityContext =
    sqlUserSees === 'all' ? { everything: EVERYTHING } : { [column]: sqlUserSees };
  return { password: process.env.CUBEJS_SQL_PASSWORD, securityContext };
};

module.exports = {
  queryRewrite,
  // Pre-aggregations hold the rows of all; who sees which is decided when they are asked.
  scheduledRefreshContexts: async () => [null],
  ...(sqlUserSees ? { checkSqlAuth } : {}),
};
