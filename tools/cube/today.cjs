// In place of what is compiled in today's Cube and not in its package: loaded before its server.
// Templates and the SQL API are missing; queries are planned in JavaScript, and results have the
// form that the gateway of the whole server gives them.
require('./listen.cjs');
const native = require('@cubejs-backend/native');
const { transformData } = require('@cubejs-backend/api-gateway/dist/src/helpers/transformData');

Object.assign(process.env, { CUBEJS_TESSERACT_SQL_PLANNER: 'false', CUBEJS_TRANSPILATION_NATIVE: 'false' });

const rows = (told) => {
  const { members, columns } = JSON.parse(told);
  return (columns[0] ?? []).map((_, at) => Object.fromEntries(members.map((name, i) => [name, columns[i][at]])));
};

const result = ({ aliasToMemberNameMap, annotation, query, queryType, resType }, told, rest) => ({
  ...rest,
  data: transformData(aliasToMemberNameMap, annotation, rows(told), query, queryType, resType),
});

Object.assign(native, {
  isFallbackBuild: () => true,
  setupLogger: () => {},
  resetLogger: () => {},
  redactSqlLiterals: (sql) => sql,
  getFinalQueryResult: async (how, told, rest) => Buffer.from(JSON.stringify(result(how, told, rest))),
  getFinalQueryResultMulti: async (how, told, { results, ...rest }) =>
    Buffer.from(JSON.stringify({ ...rest, results: results.map((one, at) => result(how[at], told[at], one)) })),
});
native.NativeInstance.prototype.newJinjaEngine = () => null;
