// Cube in front of the files that the embedded demo serves: `serving/current` below its folder.
const { realpathSync } = require('fs');
const { resolve } = require('path');
const { DuckDBDriver } = require('@cubejs-backend/duckdb-driver');

const current = resolve(process.env.FLOE_DEMO_HOME || '.floe-demo', 'serving', 'current');
const follow = () => `SET VARIABLE served = '${realpathSync(current).replaceAll("'", "''")}'`;
const view = (name) =>
  `CREATE VIEW demo_serving.${name} AS FROM read_parquet(getvariable('served') || '/${name}.parquet')`;

// A batch is served by another target of the link. Where that is, is looked up once for a query, so
// that all of its tables are of one batch.
class Served extends DuckDBDriver {
  async query(...asked) {
    await super.query(follow());
    return super.query(...asked);
  }
}

// Its dialect and its limits are looked up by this.
process.env.CUBEJS_DB_TYPE = 'duckdb';

module.exports = {
  driverFactory: () =>
    new Served({
      initSql: [
        "SET TimeZone = 'UTC'",
        follow(),
        'CREATE SCHEMA demo_serving',
        ...['orders', 'order_items', 'customers', 'products', 'revenue', 'published'].map(view),
      ].join(';'),
    }),
};
