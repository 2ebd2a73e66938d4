// Row-level security: every query is narrowed down to the rows that its token's claims allow.
// Whatever cannot be narrowed down is refused. The settings are the environment's.
const crypto = require('crypto');

const { column, sqlUserSees } = __SETTINGS__;

// Known to this process alone, so that no token can say it.
const EVERYTHING = crypto.randomUUID();

// Cube answers errors of this type with 400, and others as faults of its own.
const refused = (why) =>
  Object.assign(new Error(`Refused by row-level security: ${why}`), { type: 'UserError' });

// Cube itself looks into the namespace for models alone.
const namespace = process.env.CUBEJS_JWT_CLAIMS_NAMESPACE;

const allowed = (securityContext) => {
  const claim = (namespace ? securityContext?.[namespace] : securityContext)?.[column];
  const values = Array.isArray(claim) ? claim : [claim];
  const plain = (value) => ['string', 'number'].includes(typeof value) && value !== '';
  if (values.length === 0 || !values.every(plain)) {
    throw refused(`the token has no claim ${column}`);
  }
  return values.map(String);
};

// A member is `cube.member` or `cube.member.granularity`. The SQL API also makes expressions:
// functions, as their parameters, which are cubes, and their body.
const cubesOf = (member) => {
  if (typeof member === 'string') {
    return [member.split('.')[0]];
  }
  const { cubeName, expression } = member ?? {};
  const patch = expression?.type === 'PatchMeasure';
  const functions = patch ? expression.addFilters : [expression];
  if (!cubeName || !functions.every(Array.isArray)) {
    throw refused('a part of the query has a form that is not known');
  }
  return [
    cubeName,
    ...(patch ? cubesOf(expression.sourceMeasure) : []),
    ...functions.flatMap((parts) => parts.slice(0, -1)),
  ];
};

const inFilters = (filters) =>
  filters.flatMap((filter) => {
    const inner = filter.and ?? filter.or;
    return inner ? inFilters(inner) : cubesOf(filter.member ?? filter.dimension);
  });

const cubesIn = (query, members) => [
  ...new Set([
    ...members.flatMap(cubesOf),
    ...(query.timeDimensions ?? []).flatMap((some) => cubesOf(some.dimension)),
    ...inFilters(query.filters ?? []),
    ...(query.joinHints ?? []).flat(),
  ]),
];

const queryRewrite = (query, { securityContext, apiType }) => {
  if (securityContext?.everything === EVERYTHING) {
    return query;
  }
  const values = allowed(securityContext);
  if (query.subqueryJoins?.length) {
    throw refused('a subquery is joined, which cannot be narrowed down');
  }
  const members = [query.measures, query.dimensions, query.segments].flatMap((some) => some ?? []);
  // Cube lets expressions through that a request brings along; `apiType` is the SQL API's alone.
  if (!apiType && members.some((member) => typeof member !== 'string')) {
    throw refused('an expression comes from elsewhere than the SQL API');
  }
  const cubes = cubesIn(query, members);
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
  const claims = { [column]: sqlUserSees };
  const own = namespace ? { [namespace]: claims } : claims;
  const securityContext = sqlUserSees === 'all' ? { everything: EVERYTHING } : own;
  return { password: process.env.CUBEJS_SQL_PASSWORD, securityContext };
};

module.exports = {
  queryRewrite,
  // Pre-aggregations hold the rows of all; who sees which is decided when they are asked.
  scheduledRefreshContexts: async () => [null],
  ...(sqlUserSees ? { checkSqlAuth } : {}),
};
