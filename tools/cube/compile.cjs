// Compile the models of a folder as today's Cube and as the server beside it do; print each one's cubes.
const { createRequire } = require('module');

const today = createRequire(require.resolve('@cubejs-backend/schema-compiler'));
const server = createRequire(require.resolve('@cubejs-backend/server-core'));
// What renders templates is compiled, and not in the package: it is asked for, and used only by them.
const nativeInstance = { newJinjaEngine: () => null };

async function cubes(own, folder) {
  const { FileRepository } = own('@cubejs-backend/shared');
  const { prepareCompiler } = own('@cubejs-backend/schema-compiler');
  const { compiler, cubeEvaluator } = prepareCompiler(new FileRepository(folder), { nativeInstance });
  await compiler.compile();
  return cubeEvaluator.cubeNames().sort();
}

Promise.allSettled([today, server].map((own) => cubes(own, process.argv[2]))).then((found) =>
  console.log(JSON.stringify(found.map(({ value, reason }) => value || reason.message))),
);
