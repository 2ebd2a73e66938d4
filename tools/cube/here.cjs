// What is different where the server runs in tests: loaded before it, with the address to listen at.
const net = require('net');
const { createRequire } = require('module');
const { TrinoDriver } = require('@cubejs-backend/trino-driver');

// The driver for Trino is newer than the server: its SQL is that of the server's own compiler.
const server = createRequire(require.resolve('@cubejs-backend/server-core'));
const { PrestodbQuery } = server('@cubejs-backend/schema-compiler/dist/src/adapter/PrestodbQuery');
TrinoDriver.dialectClass = () => PrestodbQuery;

// What is to be built is looked for each half minute.
const { OptsHandler } = require('@cubejs-backend/server-core/dist/src/core/OptsHandler');
OptsHandler.prototype.getScheduledRefreshInterval = () => 1000;

const address = process.argv.pop();
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenAt(port, ...rest) {
  return listen.call(this, typeof port === 'object' ? { ...port, host: address } : { port, host: address }, ...rest);
};
