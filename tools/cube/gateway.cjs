// Ask today's gateway of Cube, with a configuration (the argument), what it makes of queries: a list
// of [query, claims, whether the SQL API sends it] from standard input. Prints each one's filters, or
// why it is refused. Its compiled part, which serves SQL, is not in the package: it is left out.
const { readFileSync } = require('fs');
const { ApiGateway } = require('gateway');
const { CubejsHandlerError } = require('gateway/dist/src/cubejs-handler-error.js');

ApiGateway.prototype.createSQLServerInstance = () => ({});
const { queryRewrite } = require(process.argv[2]);
const compiler = async () => ({ applyRowLevelSecurity: async (query) => ({ query, denied: false }) });
const gateway = new ApiGateway('a secret', compiler, async () => ({}), () => {}, {
  basePath: '/cubejs-api', standalone: true, dataSourceStorage: {}, refreshScheduler: () => ({}), queryRewrite,
});

async function ask([query, securityContext, sql]) {
  const context = { securityContext, ...(sql ? { apiType: 'sql', protocol: 'postgres' } : {}) };
  try {
    const [, queries] = await gateway.getNormalizedQueries(query, context, false, sql);
    return queries.map(({ filters }) => filters);
  } catch (fault) {
    const known = fault.type === 'UserError' || fault instanceof CubejsHandlerError;
    return known ? fault.message : `UNKNOWN ${fault.stack}`;
  }
}

Promise.all(JSON.parse(readFileSync(0, 'utf-8')).map(ask)).then((told) => console.log(JSON.stringify(told)));
