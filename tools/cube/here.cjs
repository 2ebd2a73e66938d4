// What is different where the server runs in tests: loaded before it, with the address to listen at.
require('./listen.cjs');
const { createRequire } = require('module');
const { TrinoDriver } = require('@cubejs-backend/trino-driver');

// The driver for Trino is newer than the server: its SQL is that of the server's own compiler.
const server = createRequire(require.resolve('@cubejs-backend/server-core'));
const { PrestodbQuery } = server('@cubejs-backend/schema-compiler/dist/src/adapter/PrestodbQuery');
TrinoDriver.dialectClass = () => PrestodbQuery;

// What is to be built is looked for each half minute.
const { OptsHandler } = require('@cubejs-backend/server-core/dist/src/core/OptsHandler');
OptsHandler.prototype.getScheduledRefreshInterval = () => 1000;

// What is built is listed in Cube Store, for all servers; in its own memory one would not see what
// another has built since.
const { LocalCacheDriver } = require('@cubejs-backend/query-orchestrator/dist/src/orchestrator/LocalCacheDriver');
const { get } = LocalCacheDriver.prototype;
LocalCacheDriver.prototype.get = async function unlisted(key) {
  return key.includes('SQL_PRE_AGGREGATIONS_TABLES') ? null : get.call(this, key);
};
